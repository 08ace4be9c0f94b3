/*
 * The one table of field types: a row names the type's normaliser, its default comparison, the keys it offers to
 * blocking, how its values survive and whether they are personal data. Adding a type is one row here, one normaliser,
 * one test, one entry in docs/types.md.
 */
#ifndef IDEM_RULES_TYPES_H
#define IDEM_RULES_TYPES_H

#include "record/field.h"
#include "rules/config.h"

struct type_info {
    enum field_type type;
    bool personal;              /* sealed by default */
    enum survivor_rule survive; /* default rule */
    const char *group;          /* fields of one group survive together ("name", "address"), or NULL */
    const char *keys;           /* blocking derivations, space separated */
    bool term_frequency;
    const char *says; /* one line for documentation and --help */
};

const struct type_info *type_info(enum field_type type);

/* Names of the levels of the type's comparison, as the matcher has them, best first, without "else"; returns their
 * number, 0 when values of the type are never compared. */
enum { MOST_TYPE_LEVELS = 12 };
unsigned type_levels(enum field_type type, const char *name[MOST_TYPE_LEVELS]);

/* Columns that a source may map to one field. */
enum { MOST_MAPPED_COLUMNS = 64 };

/* A known field name implies its type ("email" -> email, "national_id" -> identifier). False for an unknown name. */
bool type_of_known_field(struct str name, enum field_type *type);
/* The known names one by one, those of the types first; NULL behind the last. */
const char *known_field_name(size_t i);

#endif

/*
 * The types of fields, and the schema: the one list of fields that all sources are mapped to.
 * What a type means (normaliser, default levels, keys, survivorship, personal-data class) is one row of rules/types.c.
 */
#ifndef IDEM_RECORD_FIELD_H
#define IDEM_RECORD_FIELD_H

#include <stdint.h>

#include "base/str.h"

enum field_type {
    FIELD_GIVEN_NAME,
    FIELD_MIDDLE_NAME,
    FIELD_FAMILY_NAME,
    FIELD_NAME_SUFFIX,
    FIELD_FULL_NAME,
    FIELD_ORGANISATION,
    FIELD_EMPLOYER,
    FIELD_BIRTH_DATE,
    FIELD_DATE,
    FIELD_TIMESTAMP,
    FIELD_GENDER,
    FIELD_EMAIL,
    FIELD_PHONE,
    FIELD_ADDRESS,
    FIELD_HOUSE_NUMBER,
    FIELD_CITY,
    FIELD_REGION,
    FIELD_POSTCODE,
    FIELD_COUNTRY,
    FIELD_IDENTIFIER,
    FIELD_URL,
    FIELD_TITLE,
    FIELD_TEXT,
    FIELD_NUMBER,
    FIELD_AMOUNT,
    FIELD_CURRENCY,
    FIELD_CATEGORY,
    FIELD_LATITUDE,
    FIELD_LONGITUDE,
    FIELD_ENCODING,
    FIELD_NAMED_TYPES, /* those above can be named in a configuration */
    /* Tokens in place of values (privacy policy "hashed"); what they stand for is struct field's `plain` */
    FIELD_HASHED = FIELD_NAMED_TYPES,
    FIELD_TYPES
};

/* "given_name", ... as in the configuration. */
const char *field_type_name(enum field_type type);
/* False when there is no such type; "hashed" is none that can be named. */
bool field_type_parse(struct str name, enum field_type *type);

enum { MOST_FIELDS = 64 };

struct field {
    struct str name; /* as in the configuration: "email", "loyalty_no" */
    enum field_type type;
    bool personal;         /* sealed unless at_rest is clear */
    bool derived;          /* not mapped by any source: split off another field (given_name of full_name, ...) */
    enum field_type plain; /* of FIELD_HASHED: the type that its values had */
};

struct schema {
    struct field field[MOST_FIELDS];
    unsigned n_fields;
};

/* What the values are, tokens or not. */
static inline enum field_type field_plain_type(const struct field *f)
{
    return f->type == FIELD_HASHED ? f->plain : f->type;
}

/* Index of the field, or -1. */
int schema_find(const struct schema *s, struct str name);
/* Index of the first field of this type, or -1. */
int schema_find_type(const struct schema *s, enum field_type type);

#endif

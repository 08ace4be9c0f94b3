/*
 * What the columns of a file seem to be, from their names and values: the record id, the fields, the date orders, the
 * kind of entity. Every guess has a confidence from 0 to 1 and a reason; below GUESS_SURE it is listed to be checked,
 * below GUESS_USED it is not used. No value of the file is in any text here.
 */
#ifndef IDEM_ENGINE_GUESS_H
#define IDEM_ENGINE_GUESS_H

#include "engine/header.h"
#include "engine/survey.h"
#include "record/batch.h"
#include "record/field.h"

#define GUESS_SURE 0.7
#define GUESS_USED 0.5

enum guess_use { USE_NONE, USE_FIELD, USE_RECORD_ID, USE_UPDATED_AT, USE_ENTITY, USE_BIRTH_PART };

struct guess_column {
    const struct column_facts *facts;
    struct header_meaning header;
    enum guess_use use;
    const char *field; /* USE_FIELD: a known field name; NULL else */
    unsigned rank;     /* among the columns of one field: the first value of a set */
    const char *type;  /* a type's name: of the field, else what the values look like */
    double confidence; /* of the field, else of the type */
    const char *why;
    const char *order;  /* dates: "dmy", "mdy", or NULL */
    const char *format; /* dates: an ICU pattern, or NULL */
};

struct guess {
    struct guess_column *column; /* [n_columns], as in the survey */
    size_t n_columns;
    int record_id, updated_at, entity_column; /* columns, or -1 */
    double record_id_confidence;
    const char *record_id_why;
    bool record_id_personal; /* the ids are e-mail addresses or other personal values */
    int birth_part[3];       /* columns of year, month (-1: none), day; [0] -1: no such columns */
    enum entity_kind entity; /* of all records; ENTITY_UNKNOWN with a column, or when both occur */
    double entity_confidence;
    const char *entity_why;
    struct str *person_value, *organisation_value; /* of the entity column */
    unsigned n_person_values, n_organisation_values;
    char country[3]; /* "" none */
    const char *country_why;
    struct str *check; /* what a person should look at */
    size_t n_checks, checks_room;
    struct arena *out;
};

/* Everything lives in `out`; the survey must outlive it. `stem` is the file's name without folder and extension. */
void guess_file(const struct survey *s, struct header_words *words, struct str stem, struct arena *out,
                struct guess *g);

/* A line for the list of what to check; the file's name is put in front. */
void guess_check(struct guess *g, const struct survey *s, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The steps of guess_file, each in its own file. */
void guess_columns(struct guess *g, const struct survey *s, struct header_words *words);
void guess_dates(struct guess *g, const struct survey *s);
void guess_names(struct guess *g, const struct survey *s);
void guess_identity(struct guess *g, const struct survey *s, struct str stem);
void guess_entity(struct guess *g, const struct survey *s);
void guess_country(struct guess *g, const struct survey *s);

static inline bool guess_is_field(const struct guess_column *c, const char *field)
{
    return c->use == USE_FIELD && c->field && strcmp(c->field, field) == 0;
}
/* The first column of a field, or -1. */
int guess_find(const struct guess *g, const char *field);
void guess_drop(struct guess_column *c, const char *why);

#endif

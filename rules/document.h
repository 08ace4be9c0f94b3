/*
 * Private to rules/: reading one JSON document into the structs of config.h, with the place of every value at hand.
 *
 * Each object of the configuration is a table of keys (struct key_row): name, function that reads the value into the
 * object's struct, whether it must be there. document_object refuses keys that are not in the table and calls the
 * functions in the order of the table. The tables are listed by config_key_table so that a test holds
 * docs/idem.schema.json and docs/configuration.md to them.
 */
#ifndef IDEM_RULES_DOCUMENT_H
#define IDEM_RULES_DOCUMENT_H

#include "base/buf.h"
#include "base/json.h"
#include "rules/config.h"

struct document {
    struct arena *out;
    struct config *config;
    struct str path;  /* of the file, for messages; may be empty */
    struct buf place; /* "sources[1].fields" */
    struct idem_error *err;
    const json_t *root;
    struct source entity_default; /* what the document says of all sources' records */
};

/* Reads `value`, found at r->place, into `target`, a struct that the table's object says. */
typedef enum idem_status read_fn(struct document *r, const json_t *value, void *target);

struct key_row {
    const char *name;
    read_fn *read;
    bool required;
};

struct key_table {
    const char *object; /* its name in the JSON Schema's "$defs"; "" the document itself */
    const struct key_row *row;
    size_t n;
};

/* A value that is one of a few words. */
struct word_row {
    const char *name;
    int value;
};

struct word_table {
    const char *name; /* in the JSON Schema's "$defs" */
    const struct word_row *row;
    size_t n;
};

/* All tables, in the order of the documentation; NULL behind the last. */
const struct key_table *config_key_table(size_t i);
const struct word_table *config_word_table(size_t i);

/* Policy "hashed": the field's type becomes FIELD_HASHED, after a look at what else is configured of it. */
enum idem_status hash_field(struct document *r, unsigned field);

extern const struct key_table SOURCE_KEYS, UPDATED_AT_KEYS, DELETE_KEYS, ENTITY_KEYS, ALSO_KEYS, RECORD_ID_KEYS;
extern const struct key_table MAPPING_KEYS, LINK_KEYS, FIELD_KEYS;
extern const struct key_table MATCHING_KEYS, RULE_KEYS, COMPARISON_KEYS, LEVEL_KEYS, FREQUENCY_KEYS, THRESHOLDS_KEYS,
    PRECISION_KEYS;
extern const struct key_table QUALITY_KEYS, GATES_KEYS, PRIVACY_KEYS, RETENTION_KEYS;
extern const struct word_table ENTITY_WORDS, FILES_WORDS, ROWS_WORDS, MODE_WORDS, ROLE_WORDS, FORMAT_WORDS, ORDER_WORDS,
    EVIDENCE_WORDS, VERDICT_WORDS, SURVIVOR_WORDS, EXPECT_WORDS, ON_FAIL_WORDS, AT_REST_WORDS, POLICY_WORDS, ID_WORDS;

/* "idem.json: <place>: <message>", IDEM_INVALID. */
enum idem_status document_fail(struct document *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same at a key of the object at hand. */
enum idem_status document_fail_at(struct document *r, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "<what>, did you mean "x"?" with the nearest of the names, or the list of them. */
enum idem_status document_fail_name(struct document *r, const char *what, struct str name, const char *const *known,
                                    size_t n);

/* Go into a key or an element; the result is given to document_leave. */
size_t document_enter_key(struct document *r, const char *key);
size_t document_enter_index(struct document *r, size_t index);
void document_leave(struct document *r, size_t mark);

enum idem_status document_object(struct document *r, const json_t *value, const struct key_table *table, void *target);
/* Values as their types; a message says what was found instead. Texts must not be empty. */
enum idem_status document_is_object(struct document *r, const json_t *value);
enum idem_status document_is_array(struct document *r, const json_t *value);
enum idem_status document_text(struct document *r, const json_t *value, struct str *text);
enum idem_status document_bool(struct document *r, const json_t *value, bool *flag);
/* A number in [least, most]. */
enum idem_status document_number(struct document *r, const json_t *value, double least, double most, double *number);
enum idem_status document_count(struct document *r, const json_t *value, uint64_t least, uint64_t *count);
enum idem_status document_word(struct document *r, const json_t *value, const struct word_table *words, int *word);
/* One text, or an array of one or more without repeats. */
enum idem_status document_texts(struct document *r, const json_t *value, struct str **texts, unsigned *n);
/* Two capital letters of a country that exists. */
enum idem_status document_country(struct document *r, const json_t *value, char country[3]);

/* The name of a field of the schema, or of a source. */
enum idem_status document_field(struct document *r, const json_t *value, unsigned *field);
enum idem_status document_field_name(struct document *r, struct str name, unsigned *field);
enum idem_status document_source(struct document *r, const json_t *value, unsigned *source);
/* Is the field mapped by the source (UINT_MAX: by any)? */
bool document_source_maps(const struct document *r, unsigned source, unsigned field);

/* [A-Za-z_][A-Za-z0-9_]{0,63} */
bool document_is_field_name(struct str name);

/* The parts of the document; each in its own file. */
enum idem_status read_mappings(struct document *r, const json_t *value, const char country[3], struct mapping **mapping,
                               unsigned *n);
read_fn read_sources, read_entity, read_links, read_fields, read_matching, read_survivorship, read_quality, read_gates,
    read_privacy, read_retention;
/* Adds what full names and addresses are split into. */
enum idem_status schema_derive(struct document *r);
/* A field of the schema by name, added when it is new: its type from "fields" or the list of known names. */
enum idem_status schema_map(struct document *r, struct str name, unsigned *field);

bool is_date_type(enum field_type type);

#endif

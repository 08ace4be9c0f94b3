/*
 * The configuration as plain structs: what idem.json says after every check and default. Everything lives in the arena
 * given to config_load and is constant afterwards. docs/configuration.md is the reference, docs/idem.schema.json the
 * JSON Schema.
 */
#ifndef IDEM_RULES_CONFIG_H
#define IDEM_RULES_CONFIG_H

#include "base/arena.h"
#include "base/error.h"
#include "identity/survive.h"
#include "ingest/ingest.h"
#include "normalize/normalize.h"
#include "record/batch.h"
#include "record/field.h"

/* One mapped value of a field: one column, several joined by one space, or a constant. */
struct mapped_value {
    struct str *column; /* names or JSON paths */
    unsigned n_columns; /* 0: constant */
    struct str constant;
};

/* A field of a source: one or more values (a set), and how to read them. */
struct mapping {
    unsigned field; /* index into schema */
    struct mapped_value *value;
    unsigned n_values;
    struct str split; /* several values in one cell, separated by this text; empty: none */
    struct norm_context context;
};

struct also_file {
    struct str path, key; /* key: the column that holds the record id */
    struct mapping *mapping;
    unsigned n_mappings;
    struct ingest_options read;
};

enum source_files { FILES_AUTO, FILES_LATEST, FILES_ALL };
enum source_rows { ROWS_LATEST, ROWS_UNION };
enum source_mode { MODE_WHOLE, MODE_DELTA };
enum source_role { ROLE_NORMAL, ROLE_REFERENCE };

struct source {
    struct str name;
    struct str path;            /* as written; resolved against the configuration's folder by config_source_files */
    struct ingest_options read; /* format, encoding, delimiter, quote, header */
    enum source_files files;
    bool optional, unique;
    enum source_rows rows;
    enum source_mode mode;
    enum source_role role;
    unsigned priority; /* 1 wins; default: order in the file */
    char country[3];
    struct str record_id;               /* column or path */
    struct mapped_value record_id_join; /* when the id is several columns joined */
    struct str updated_at;              /* column, may be empty */
    struct str updated_at_format;
    struct str delete_flag, delete_value; /* delta: column and the value that means deleted ("" any true-like) */
    struct mapping *mapping;
    unsigned n_mappings;
    struct also_file *also;
    unsigned n_also;
    /* entity: fixed kind, or a column with its person and organisation values */
    enum entity_kind entity;
    struct str entity_column, *person_value, *organisation_value;
    unsigned n_person_values, n_organisation_values;
};

struct link {
    unsigned source, to; /* indices into sources */
    struct str column;
    bool strong; /* strong evidence instead of `same` */
};

enum rule_verdict { RULE_SAME, RULE_DIFFERENT };
/* when all `when` fields agree (and are present) and all `differ` fields differ (and are present): verdict */
struct match_rule {
    unsigned when[8], differ[8];
    unsigned n_when, n_differ;
    enum rule_verdict verdict;
};

/* A comparison as the user overrides it; absent ones come from rules/types.c. */
struct comparison_override {
    unsigned field;
    bool off;
    struct str *level; /* names of levels ("exact", "canonical", ...), best first; n_levels 0: default */
    double *m, *u;     /* fixed probabilities, NAN when estimated; [n_levels + 1], the last is "else" */
    unsigned n_levels;
    int term_frequency;         /* -1 default, 0 off, 1 on */
    struct str frequency_table; /* a file of values and counts in place of those of the sources; empty: none */
};

struct blocking_key {
    unsigned field;
    struct str derivation; /* "" exact, "phonetic", "year", "first3", "token", "domain", ... (matcher/keys.h) */
};
struct blocking_rule {
    struct blocking_key key[4];
    unsigned n_keys;
};

struct threshold {
    enum { THRESHOLD_AUTO, THRESHOLD_BITS, THRESHOLD_PRECISION } kind;
    double value;
};

enum quality_kind { QUALITY_NOT_NULL, QUALITY_UNIQUE, QUALITY_VALID, QUALITY_IN, QUALITY_MATCHES, QUALITY_ROWS };
enum quality_action { QUALITY_WARN, QUALITY_REJECT, QUALITY_STOP };
struct quality_rule {
    unsigned source; /* or UINT_MAX: every source */
    unsigned field;
    enum quality_kind kind;
    struct str *value; /* in: the values; matches: one regular expression */
    unsigned n_values;
    double at_least;      /* share 0..1 */
    uint64_t least, most; /* rows */
    enum quality_action on_fail;
};

struct gates {
    double max_churn, max_merged_masters, max_gone; /* shares; NAN: off */
    struct {
        unsigned source;
        uint64_t min_rows;
        int64_t max_age_ms;
    } * per_source;
    unsigned n_per_source;
};

/* How long what is no longer needed is kept, in ms; 0: for ever. */
struct retention_config {
    int64_t gone_records_ms, history_ms, rejects_ms;
};

enum at_rest { AT_REST_SEALED, AT_REST_CLEAR };
/* Record ids: as they are; as tokens, with the id sealed beside the values; as tokens and nothing else. */
enum id_policy { ID_CLEAR, ID_TOKEN, ID_HASHED };
enum field_policy { POLICY_DEFAULT, POLICY_SEALED, POLICY_HASHED, POLICY_CLEAR, POLICY_DROP };

struct config {
    struct str path, folder, text; /* of the file */
    enum entity_kind entity;
    struct schema schema;
    struct source *source;
    unsigned n_sources;
    struct link *link;
    unsigned n_links;
    struct match_rule *rule;
    unsigned n_rules;
    struct comparison_override *comparison;
    unsigned n_comparisons;
    struct blocking_rule *blocking;
    unsigned n_blocking;  /* 0: chosen by the program */
    uint64_t pair_budget; /* 0: default */
    struct threshold match, review;
    enum survivor_rule survivor[MOST_FIELDS];
    struct quality_rule *quality;
    unsigned n_quality;
    struct gates gates;
    enum at_rest at_rest;
    enum field_policy
        policy[MOST_FIELDS];       /* POLICY_DROP: no source maps the field any more, and nothing is split into it */
    enum id_policy record_ids[64]; /* per source, up to 64 sources */
    struct retention_config retention;
    struct str ledger; /* of erasures; relative to the folder; empty: none named */
    struct str key_file;
};

/* Reads and checks the file. IDEM_NOT_FOUND when it is missing; IDEM_INVALID with the path inside the document
 * (`sources[1].feilds: unknown key, did you mean "fields"?`). */
enum idem_status config_load(const char *path, struct arena *out, struct config **config, struct idem_error *err);
/* The same from text; `folder` resolves relative paths. */
enum idem_status config_parse(struct str text, struct str path, struct arena *out, struct config **config,
                              struct idem_error *err);

/* The files of a source today: the newest of dated files, all of them, or one. IDEM_NOT_FOUND unless optional. */
enum idem_status config_source_files(const struct config *c, const struct source *s, struct arena *out,
                                     struct str **paths, size_t *n, struct idem_error *err);

/* The date in a file's name (no folder): bytes [*from, *to). False when it has none. */
bool config_dated_name(struct str name, size_t *from, size_t *to);

/* Index of a source by name, or -1. */
int config_find_source(const struct config *c, struct str name);

/* 16 hex digits over the parts that decide matching and survivorship. */
void config_hash(const struct config *c, char hex[17]);

#endif

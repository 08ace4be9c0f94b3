#include "rules/config.h"

#include <math.h>

#include "base/file.h"
#include "rules/document.h"
#include "rules/types.h"

enum { MOST_CONFIG_BYTES = 16 << 20 };

/* ------------------------------------------------------------------ words */

#define WORDS(table, schema_name, ...)                                                                                 \
    static const struct word_row table##_ROWS[] = {__VA_ARGS__};                                                       \
    const struct word_table table = {schema_name, table##_ROWS, COUNT_OF(table##_ROWS)};

WORDS(ENTITY_WORDS, "entity_kind", {"person", ENTITY_PERSON}, {"organisation", ENTITY_ORGANISATION},
      {"other", ENTITY_OTHER})
WORDS(FILES_WORDS, "files", {"latest", FILES_LATEST}, {"all", FILES_ALL})
WORDS(ROWS_WORDS, "rows", {"latest", ROWS_LATEST}, {"union", ROWS_UNION})
WORDS(MODE_WORDS, "mode", {"whole", MODE_WHOLE}, {"delta", MODE_DELTA})
WORDS(ROLE_WORDS, "role", {"normal", ROLE_NORMAL}, {"reference", ROLE_REFERENCE})
WORDS(FORMAT_WORDS, "format", {"csv", INGEST_CSV}, {"jsonl", INGEST_JSONL})
WORDS(ORDER_WORDS, "order", {"dmy", DATE_ORDER_DMY}, {"mdy", DATE_ORDER_MDY}, {"ymd", DATE_ORDER_YMD},
      {"DMY", DATE_ORDER_DMY}, {"MDY", DATE_ORDER_MDY}, {"YMD", DATE_ORDER_YMD})
WORDS(EVIDENCE_WORDS, "evidence", {"same", false}, {"strong", true})
WORDS(VERDICT_WORDS, "verdict", {"same", RULE_SAME}, {"different", RULE_DIFFERENT})
WORDS(SURVIVOR_WORDS, "survivor_rule", {"source_priority", SURVIVE_PRIORITY}, {"recency", SURVIVE_RECENCY},
      {"most_complete", SURVIVE_COMPLETE}, {"frequency", SURVIVE_FREQUENCY}, {"first", SURVIVE_FIRST},
      {"aggregate", SURVIVE_AGGREGATE})
WORDS(EXPECT_WORDS, "expect", {"not_null", QUALITY_NOT_NULL}, {"unique", QUALITY_UNIQUE}, {"valid", QUALITY_VALID},
      {"in", QUALITY_IN}, {"matches", QUALITY_MATCHES}, {"rows", QUALITY_ROWS})
WORDS(ON_FAIL_WORDS, "on_fail", {"warn", QUALITY_WARN}, {"reject", QUALITY_REJECT}, {"stop", QUALITY_STOP})
WORDS(AT_REST_WORDS, "at_rest", {"sealed", AT_REST_SEALED}, {"clear", AT_REST_CLEAR})
WORDS(POLICY_WORDS, "field_policy", {"sealed", POLICY_SEALED}, {"hashed", POLICY_HASHED}, {"clear", POLICY_CLEAR},
      {"drop", POLICY_DROP})
WORDS(ID_WORDS, "id_policy", {"clear", ID_CLEAR}, {"token", ID_TOKEN}, {"hashed", ID_HASHED})

const struct word_table *config_word_table(size_t i)
{
    static const struct word_table *const TABLES[] = {
        &ENTITY_WORDS, &FILES_WORDS,   &ROWS_WORDS,     &MODE_WORDS,    &ROLE_WORDS,
        &FORMAT_WORDS, &ORDER_WORDS,   &EVIDENCE_WORDS, &VERDICT_WORDS, &SURVIVOR_WORDS,
        &EXPECT_WORDS, &ON_FAIL_WORDS, &AT_REST_WORDS,  &POLICY_WORDS,  &ID_WORDS,
    };
    return i < COUNT_OF(TABLES) ? TABLES[i] : NULL;
}

/* ------------------------------------------------------------------ the document */

/* The document's address for editors that know JSON Schema; it decides nothing. */
static enum idem_status S_read_schema(struct document *r, const json_t *value, void *target)
{
    struct str ignored;
    (void)target;
    return document_text(r, value, &ignored);
}

/* What the records of every source are, unless it says otherwise. */
static enum idem_status S_read_entity(struct document *r, const json_t *value, void *target)
{
    struct config *c = target;
    TRY(read_entity(r, value, &r->entity_default));
    c->entity = r->entity_default.entity;
    return IDEM_OK;
}

static enum idem_status S_read_sources(struct document *r, const json_t *value, void *target)
{
    TRY(read_sources(r, value, target));
    size_t mark = r->place.len;
    r->place.len = 0;
    TRY(schema_derive(r));
    for (unsigned f = 0; f < r->config->schema.n_fields; f++)
        r->config->survivor[f] = type_info(r->config->schema.field[f].type)->survive;
    r->place.len = mark;
    return IDEM_OK;
}

static const struct key_row DOCUMENT_ROWS[] = {
    {"$schema", S_read_schema, false},
    {"entity", S_read_entity, false},
    {"sources", S_read_sources, true},
    {"links", read_links, false},
    {"fields", read_fields, false},
    {"matching", read_matching, false},
    {"survivorship", read_survivorship, false},
    {"quality", read_quality, false},
    {"gates", read_gates, false},
    {"privacy", read_privacy, false},
    {"retention", read_retention, false},
};
static const struct key_table DOCUMENT_KEYS = {"", DOCUMENT_ROWS, COUNT_OF(DOCUMENT_ROWS)};

const struct key_table *config_key_table(size_t i)
{
    static const struct key_table *const TABLES[] = {
        &DOCUMENT_KEYS,   &SOURCE_KEYS,  &RECORD_ID_KEYS, &UPDATED_AT_KEYS, &DELETE_KEYS,    &ENTITY_KEYS,
        &ALSO_KEYS,       &MAPPING_KEYS, &LINK_KEYS,      &FIELD_KEYS,      &MATCHING_KEYS,  &RULE_KEYS,
        &COMPARISON_KEYS, &LEVEL_KEYS,   &FREQUENCY_KEYS, &THRESHOLDS_KEYS, &PRECISION_KEYS, &QUALITY_KEYS,
        &GATES_KEYS,      &PRIVACY_KEYS, &RETENTION_KEYS,
    };
    return i < COUNT_OF(TABLES) ? TABLES[i] : NULL;
}

enum idem_status config_parse(struct str text, struct str path, struct arena *out, struct config **config,
                              struct idem_error *err)
{
    json_t *root;
    *config = NULL;
    TRY(json_parse(text, path.len ? str_cstr(out, path) : "configuration", &root, err));
    struct config *c = ARENA_NEW(out, struct config, 1);
    c->path = str_copy(out, path);
    c->folder = file_folder(out, path);
    c->text = str_copy(out, text);
    c->gates = (struct gates){.max_churn = 0.02, .max_merged_masters = 0.01, .max_gone = 0.1};
    struct document r = {.out = out, .config = c, .path = c->path, .err = err, .root = root};
    enum idem_status status = document_object(&r, root, &DOCUMENT_KEYS, c);
    buf_deinit(&r.place);
    json_decref(root);
    if (status == IDEM_OK)
        *config = c;
    return status;
}

enum idem_status config_load(const char *path, struct arena *out, struct config **config, struct idem_error *err)
{
    struct str text;
    *config = NULL;
    enum idem_status status = file_read(path, MOST_CONFIG_BYTES, out, &text, err);
    if (status == IDEM_NOT_FOUND)
        return error_set(err, status, "%s: there is no configuration; \"idem init FILE...\" writes one", path);
    TRY(status);
    return config_parse(text, str_from(path), out, config, err);
}

int config_find_source(const struct config *c, struct str name)
{
    for (unsigned i = 0; i < c->n_sources; i++)
        if (str_eq(c->source[i].name, name))
            return (int)i;
    return -1;
}

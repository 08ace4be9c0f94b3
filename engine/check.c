/* idem check: is the configuration right, are the files there, do they hold what it says. Changes nothing. */
#include <limits.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/parallel.h"
#include "engine/check_drift.h"
#include "engine/check_source.h"
#include "engine/frequency_file.h"
#include "engine/session.h"
#include "rules/types.h"

void check_finding(struct check *c, enum finding_level level, unsigned source, struct str place, const char *format,
                   ...)
{
    static const char *const NAMES[] = {"note", "warning", "error"};
    va_list args;
    json_t *finding = json_object();
    json_put_str(finding, "level", str_from(NAMES[level]));
    json_put(finding, "source",
             source < c->config->n_sources ? json_from_str(c->config->source[source].name) : json_null());
    json_put_str(finding, "place", place);
    va_start(args, format);
    json_put_str(finding, "message", arena_vprintf(&c->arena, format, args));
    va_end(args);
    json_array_append_new(c->findings, finding);
    c->errors += level == FINDING_ERROR;
}

/* A key that was there and is gone matters to a database only; for a new one it is made. */
static void S_key_file(struct check *c, struct idem_session *s)
{
    bool database = file_exists(s->db_path);
    if (c->config->at_rest == AT_REST_CLEAR)
        return;
    if (file_exists(s->key_path)) {
        struct idem_error err = {0};
        if (database && session_keys(s, &err) == IDEM_OK && !s->keys)
            check_finding(c, FINDING_ERROR, UINT_MAX, STR("privacy.key_file"),
                          "%s: it is protected, and no passphrase was given; without it the stored personal values "
                          "cannot be read",
                          s->key_path);
        return;
    }
    check_finding(c, database ? FINDING_ERROR : FINDING_NOTE, UINT_MAX, STR("privacy.key_file"),
                  database ? "%s: the key is missing; without it the stored personal values cannot be read"
                           : "%s: there is no key yet; the first apply makes it",
                  s->key_path);
}

/* Tables that the next training reads. */
static void S_tables(struct check *c)
{
    for (unsigned i = 0; i < c->config->n_comparisons; i++) {
        const struct comparison_override *o = &c->config->comparison[i];
        struct idem_error err = {0};
        if (!o->frequency_table.len || frequency_file_check(c->config, o, &err) == IDEM_OK)
            continue;
        struct str name = c->config->schema.field[o->field].name;
        struct str place = arena_printf(&c->arena, "matching.comparisons.%.*s.term_frequency.table", STR_ARG(name));
        struct str message = str_from(err.message);
        if (str_starts(message, place))
            message = str_sub(message, place.len + 2, message.len);
        check_finding(c, FINDING_ERROR, UINT_MAX, place, "%.*s", STR_ARG(message));
    }
}

/* Those of the words that are not "exact", with commas between; `of` has them with spaces. */
static struct str S_but_exact(struct check *c, struct str of)
{
    struct str word, list = {0};
    while (str_next_token(&of, " ", &word))
        if (!str_eq(word, STR("exact")))
            list = list.len ? arena_printf(&c->arena, "%.*s, %.*s", STR_ARG(list), STR_ARG(word)) : word;
    return list;
}

static struct str S_levels(struct check *c, enum field_type type)
{
    const char *name[MOST_TYPE_LEVELS];
    struct str list = {0};
    unsigned n = type_levels(type, name);
    for (unsigned i = 0; i < n; i++)
        list = arena_printf(&c->arena, "%.*s %s", STR_ARG(list), name[i]);
    return S_but_exact(c, list);
}

/* What a field that is hashed cannot do. */
static void S_hashed_field(struct check *c, unsigned field)
{
    const struct field *f = &c->config->schema.field[field];
    struct str place = arena_printf(&c->arena, "privacy.fields.%.*s", STR_ARG(f->name));
    struct str levels = S_levels(c, f->plain), keys = S_but_exact(c, str_from(type_info(f->plain)->keys));
    bool splits = f->plain == FIELD_FULL_NAME || f->plain == FIELD_ADDRESS;
    check_finding(c, FINDING_NOTE, UINT_MAX, place, "hashed: values are the same or not%s%.*s%s%.*s%s",
                  levels.len ? "; levels switched off: " : "", STR_ARG(levels),
                  keys.len ? "; blocking keys switched off: " : "", STR_ARG(keys),
                  splits ? "; it is not split into other fields" : "");
}

static bool S_is_part(enum field_type whole, enum field_type type)
{
    if (whole == FIELD_FULL_NAME)
        return type == FIELD_GIVEN_NAME || type == FIELD_MIDDLE_NAME || type == FIELD_FAMILY_NAME;
    return type == FIELD_HOUSE_NUMBER || type == FIELD_CITY || type == FIELD_REGION || type == FIELD_POSTCODE;
}

/* A field whose values another one holds, and shows. */
static void S_held_elsewhere(struct check *c, unsigned field)
{
    static const enum field_type WHOLE[] = {FIELD_FULL_NAME, FIELD_ADDRESS};
    const struct schema *schema = &c->config->schema;
    const struct field *f = &schema->field[field];
    for (size_t w = 0; w < COUNT_OF(WHOLE); w++) {
        int whole = schema_find_type(schema, WHOLE[w]);
        if (whole < 0 || !S_is_part(WHOLE[w], f->plain) || c->config->policy[whole] == POLICY_DROP)
            continue;
        check_finding(c, FINDING_WARNING, UINT_MAX, arena_printf(&c->arena, "privacy.fields.%.*s", STR_ARG(f->name)),
                      "%.*s is not hashed and may hold the same values, which can be shown there",
                      STR_ARG(schema->field[whole].name));
    }
}

static bool S_reads(const struct source *s, unsigned m, struct str column)
{
    for (unsigned v = 0; v < s->mapping[m].n_values; v++)
        for (unsigned k = 0; k < s->mapping[m].value[v].n_columns; k++)
            if (str_eq(s->mapping[m].value[v].column[k], column))
                return true;
    return false;
}

/* A column of record ids that are hashed, read as a field too. */
static void S_id_held(struct check *c, unsigned source, struct str column, unsigned of)
{
    const struct source *s = &c->config->source[source];
    for (unsigned m = 0; m < s->n_mappings; m++) {
        const struct field *f = &c->config->schema.field[s->mapping[m].field];
        if (column.len && f->type != FIELD_HASHED && S_reads(s, m, column))
            check_finding(c, FINDING_WARNING, source,
                          arena_printf(&c->arena, "sources[%u].fields.%.*s", source, STR_ARG(f->name)),
                          "holds record ids of %.*s, which are hashed; of this field they are kept, and shown",
                          STR_ARG(c->config->source[of].name));
    }
}

static void S_hashed_ids(struct check *c)
{
    const struct config *config = c->config;
    for (unsigned s = 0; s < config->n_sources; s++) {
        const struct source *source = &config->source[s];
        if (config->record_ids[s] != ID_HASHED)
            continue;
        S_id_held(c, s, source->record_id, s);
        for (unsigned k = 0; k < source->record_id_join.n_columns; k++)
            S_id_held(c, s, source->record_id_join.column[k], s);
    }
    for (unsigned i = 0; i < config->n_links; i++)
        if (config->record_ids[config->link[i].to] == ID_HASHED)
            S_id_held(c, config->link[i].source, config->link[i].column, config->link[i].to);
}

static void S_hashed(struct check *c)
{
    for (unsigned f = 0; f < c->config->schema.n_fields; f++)
        if (c->config->schema.field[f].type == FIELD_HASHED) {
            S_hashed_field(c, f);
            S_held_elsewhere(c, f);
        }
}

static char *S_result(struct check *c)
{
    json_t *result = json_object();
    json_put(result, "ok", json_boolean(c->errors == 0));
    json_put(result, "findings", json_incref(c->findings));
    json_put(result, "sources", json_incref(c->sources));
    char *text = json_text(result);
    json_decref(result);
    return text;
}

enum idem_status idem_check(struct idem_session *s, char **json, struct idem_error *err)
{
    struct check c = {.threads = parallel_cpus(), .now_ms = clock_now_ms()};
    enum idem_status status;
    *json = NULL;
    TRY(session_config(s, &c.config, err));
    c.findings = json_array();
    c.sources = json_array();
    c.facts = json_array();
    S_key_file(&c, s);
    S_tables(&c);
    S_hashed(&c);
    S_hashed_ids(&c);
    status = IDEM_OK;
    for (unsigned i = 0; i < c.config->n_sources && status == IDEM_OK; i++)
        status = check_source(&c, i, err);
    if (status == IDEM_OK) {
        check_drift(&c, s);
        *json = S_result(&c);
    }
    json_decref(c.findings);
    json_decref(c.sources);
    json_decref(c.facts);
    arena_deinit(&c.arena);
    if (status == IDEM_OK && c.stopped)
        return error_set(err, IDEM_GATE, "a quality rule stops the run; the findings say which");
    return status;
}

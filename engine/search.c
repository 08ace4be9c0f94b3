/*
 * Search: values as a record without a source, its candidates by blocking rules and by the weaker keys of searches,
 * weighed as any two records are; the best record of each master stands for it.
 */
#include <stdlib.h>

#include "base/charset.h"
#include "base/fmath.h"
#include "engine/audit.h"
#include "engine/explain.h"
#include "engine/golden.h"
#include "engine/mask.h"
#include "engine/resolver.h"
#include "matcher/keys.h"

enum { DEFAULT_LIMIT = 10, MOST_HELP = 5 };

struct hit {
    uint32_t row;
    int32_t weight;
    struct store_master master; /* the survivor */
};

struct search {
    struct idem_resolver *resolver;
    const struct idem_search_options *options;
    struct arena arena;
    struct intake_record query;
    struct candidates found;
    struct explain explain;
    struct rule_keys *keys; /* [found.n_reach] of all rows */
    struct hit *hit;
    size_t n_hits;
    uint32_t self; /* row of the query once more */
};

/* ------------------------------------------------------------------ the query */

static enum idem_status S_unknown_field(const struct schema *schema, struct str name, struct arena *scratch,
                                        struct idem_error *err)
{
    const char *known[MOST_FIELDS];
    for (unsigned f = 0; f < schema->n_fields; f++)
        known[f] = str_cstr(scratch, schema->field[f].name);
    const char *nearest = json_nearest_key(name, known, schema->n_fields);
    if (nearest)
        return error_set(err, IDEM_INVALID, "unknown field \"%.*s\", did you mean \"%s\"?", STR_ARG(name), nearest);
    return error_set(err, IDEM_INVALID, "unknown field \"%.*s\"; the database has %u fields, see idem status",
                     STR_ARG(name), schema->n_fields);
}

static enum idem_status S_query(struct search *w, const struct idem_field *field, size_t n, struct idem_error *err)
{
    const struct schema *schema = &w->resolver->probe.schema;
    struct intake_value *value = ARENA_NEW(&w->arena, struct intake_value, n + 1);
    for (size_t i = 0; i < n; i++) {
        struct str name = {field[i].name.ptr, field[i].name.len};
        int at = schema_find(schema, name);
        if (at < 0)
            return S_unknown_field(schema, name, &w->arena, err);
        struct str text = {field[i].value.ptr, field[i].value.len};
        if (charset_utf8_invalid(text) != text.len || str_find_byte(text, 0) != SIZE_MAX)
            return error_set(err, IDEM_INVALID, "%.*s: the value is not UTF-8 text", STR_ARG(name));
        value[i] = (struct intake_value){(unsigned)at, text};
    }
    return intake_values(w->resolver->intake, value, n, &w->arena, &w->query, err);
}

/* ------------------------------------------------------------------ ranking */

static int S_heavier(const void *a, const void *b, void *context)
{
    const struct hit *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return batch_compare_keys(context, x->row, y->row);
}

/* Does anything speak for it? Where all pairs are compared a row may be there that has nothing in common. */
static bool S_agrees(const struct search *w, uint32_t row)
{
    struct pair_levels levels;
    struct score_parts parts;
    bool any = false;
    scorer_levels(&w->explain.scorer, 0, 0, row, &levels);
    scorer_weigh(&w->explain.scorer, 0, row, &levels, &parts);
    for (unsigned i = 0; i < w->resolver->probe.model.n_comparisons; i++)
        any |= parts.comparison[i].weight > 0;
    return any;
}

/* The heaviest records, one for each master. */
static enum idem_status S_rank(struct search *w, struct idem_error *err)
{
    const struct candidates *c = &w->found;
    uint32_t n = w->self - 1;
    size_t limit = w->options->limit ? w->options->limit : DEFAULT_LIMIT;
    struct hit *all = ARENA_NEW(&w->arena, struct hit, n + 1);
    for (uint32_t i = 0; i < n; i++)
        all[i] = (struct hit){.row = i + 1, .weight = scorer_score(&w->explain.scorer, 0, 0, i + 1)};
    if (n)
        qsort_r(all, n, sizeof *all, S_heavier, (void *)&c->batch);
    w->hit = ARENA_NEW(&w->arena, struct hit, limit + 1);
    for (uint32_t i = 0; i < n && w->n_hits < limit; i++) {
        bool seen = false;
        if (!S_agrees(w, all[i].row))
            continue;
        TRY(store_survivor(w->resolver->store, c->mid[all[i].row], &w->arena, &all[i].master, err));
        for (size_t k = 0; k < w->n_hits && !seen; k++)
            seen = w->hit[k].master.mid == all[i].master.mid;
        if (!seen)
            w->hit[w->n_hits++] = all[i];
    }
    return IDEM_OK;
}

/* ------------------------------------------------------------------ what is known of the query */

static struct str S_rule_text(struct search *w, const struct probe_reach *reach)
{
    struct buf text = {0};
    rule_text(reach->rule, w->found.batch.schema, &text);
    struct str copy = str_copy(&w->arena, buf_view(&text));
    buf_deinit(&text);
    return copy;
}

/* Rules that looked for something; a block that is too large is always told. */
static json_t *S_rules(struct search *w)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < w->found.n_reach; i++) {
        const struct probe_reach *reach = &w->found.reach[i];
        json_t *o = json_object();
        json_put_str(o, "rule", S_rule_text(w, reach));
        json_put(o, "kind", json_string(reach->search ? "search" : "blocking"));
        json_put(o, "used", json_boolean(reach->keys > 0));
        json_put(o, "records", json_integer((json_int_t)reach->records));
        json_put(o, "too_large", json_boolean(reach->capped));
        json_array_append_new(list, o);
    }
    return list;
}

static int32_t S_most(const struct comparison *c)
{
    int32_t most = 0;
    for (unsigned l = 0; l < c->n_levels; l++)
        most = c->level[l].weight > most ? c->level[l].weight : most;
    return most;
}

/* Fields that the query lacks, those first that can say most. */
static json_t *S_would_help(struct search *w)
{
    const struct model *m = &w->resolver->probe.model;
    bool told[MOST_COMPARISONS] = {false};
    json_t *list = json_array();
    while (json_array_size(list) < MOST_HELP) {
        int best = -1;
        for (unsigned i = 0; i < m->n_comparisons; i++) {
            const uint32_t *id;
            bool given = column_ids(&w->found.batch.raw[m->comparison[i].field], 0, &id) > 0;
            if (!given && !told[i] && S_most(&m->comparison[i]) > 0 &&
                (best < 0 || S_most(&m->comparison[i]) > S_most(&m->comparison[best])))
                best = (int)i;
        }
        if (best < 0)
            break;
        told[best] = true;
        json_array_append_new(list, json_from_str(w->found.batch.schema->field[m->comparison[best].field].name));
    }
    return list;
}

/* ------------------------------------------------------------------ a result */

static json_t *S_reached_by(struct search *w, uint32_t row)
{
    json_t *list = json_array();
    struct str last = {0};
    for (unsigned i = 0; i < w->found.n_reach; i++) {
        struct str text = S_rule_text(w, &w->found.reach[i]);
        if (!w->found.reach[i].keys || !keys_shared(&w->keys[i], 0, row) || str_eq(text, last))
            continue;
        json_array_append_new(list, json_from_str(text));
        last = text;
    }
    return list;
}

static enum idem_status S_golden(struct search *w, struct golden_reader *reader, const struct store_master *master,
                                 json_t **golden, struct idem_error *err)
{
    struct golden_text *text;
    bool masked = session_masked(w->resolver->session);
    TRY(golden_read(reader, master, &w->arena, &text, err));
    *golden = json_object();
    for (unsigned f = 0; f < reader->schema.n_fields; f++) {
        if (!text[f].n)
            continue;
        json_t *values = json_array();
        for (uint32_t v = 0; v < text[f].n; v++)
            json_array_append_new(values,
                                  json_from_str(mask_if(masked && reader->schema.field[f].personal, reader->store,
                                                        reader->schema.field[f].type, text[f].value[v], &w->arena)));
        json_object_setn_new(*golden, reader->schema.field[f].name.ptr, reader->schema.field[f].name.len, values);
    }
    return IDEM_OK;
}

static void S_move(json_t *to, const json_t *from, const char *key)
{
    json_object_set(to, key, json_object_get(from, key));
}

static void S_put_explanation(struct search *w, const struct hit *hit, json_t *o)
{
    static const char *const KEPT[] = {"never",       "prior_weight", "related_weight", "match_key",
                                       "comparisons", "interactions", "rules"};
    struct explained x;
    explain_pair(&w->explain, 0, hit->row, &x);
    json_t *pair = explain_json(&w->explain, &x, EXPLAIN_VALUES);
    json_put_str(o, "band", str_from(explain_verdict(&w->explain, &x)));
    S_move(o, pair, "match_weight");
    S_move(o, pair, "match_probability");
    json_put(o, "record", json_incref(json_object_get(pair, "b")));
    json_put(o, "reached_by", S_reached_by(w, hit->row));
    for (size_t i = 0; i < COUNT_OF(KEPT) && !w->options->brief; i++)
        S_move(o, pair, KEPT[i]);
    json_decref(pair);
}

static enum idem_status S_result(struct search *w, struct golden_reader *reader, const struct hit *hit, json_t *list,
                                 struct idem_error *err)
{
    char id[37];
    json_t *o = json_object(), *golden = NULL;
    store_uuid_format(hit->master.uuid, id);
    json_array_append_new(list, o);
    json_put(o, "master_id", json_string(id));
    json_put(o, "records", json_integer(hit->master.n));
    S_put_explanation(w, hit, o);
    if (w->options->brief)
        return IDEM_OK;
    TRY(S_golden(w, reader, &hit->master, &golden, err));
    json_put(o, "golden", golden);
    return IDEM_OK;
}

static enum idem_status S_results(struct search *w, json_t *list, struct idem_error *err)
{
    struct golden_reader reader;
    enum idem_status status = golden_open(w->resolver->session, &reader, err);
    for (size_t i = 0; i < w->n_hits && status == IDEM_OK; i++)
        status = S_result(w, &reader, &w->hit[i], list, err);
    golden_close(&reader);
    return status;
}

/* ------------------------------------------------------------------ the whole */

static void S_put_query(struct search *w, json_t *o)
{
    const struct model *m = &w->resolver->probe.model;
    int32_t possible = scorer_score(&w->explain.scorer, 0, 0, w->self);
    const json_t *first = json_array_get(json_object_get(o, "results"), 0);
    json_put_str(o, "verdict", first ? json_str(json_object_get(first, "band")) : STR("nonmatch"));
    json_put(o, "weak", json_boolean(possible < m->match_threshold));
    json_put(o, "best_possible", json_real(weight_to_bits(possible)));
    json_put(o, "would_help", S_would_help(w));
    json_put(o, "threshold", explain_thresholds(m));
    json_put(o, "rules", S_rules(w));
    json_put(o, "found", json_integer((json_int_t)w->found.found));
    json_put(o, "compared", json_integer((json_int_t)w->self - 1));
    json_put(o, "masked", json_boolean(session_masked(w->resolver->session)));
}

/* The query once more, to know what agreement on all of it would weigh; then keys and weights of all rows. */
static enum idem_status S_prepare(struct search *w, struct idem_error *err)
{
    struct probe *p = &w->resolver->probe;
    struct candidates *c = &w->found;
    struct packed_record packed;
    if (!record_unpack(w->query.packed, &w->arena, &packed))
        return error_set(err, IDEM_INVALID, "the query cannot be read");
    w->self = c->batch.n_rows;
    record_append(&c->batch, w->query.source, (struct str){0}, &packed);
    explain_init(&w->explain, &c->batch, &p->model, w->resolver->session->config, session_masked(w->resolver->session));
    w->explain.personal_ids = p->personal_ids;
    w->explain.store = w->resolver->session->store;
    w->keys = ARENA_NEW(&w->arena, struct rule_keys, c->n_reach + 1);
    for (unsigned i = 0; i < c->n_reach; i++)
        if (c->reach[i].keys)
            rule_keys_init(&w->keys[i], &p->model, c->reach[i].rule, &c->batch, !c->reach[i].search);
    return IDEM_OK;
}

/* Whose values are shown. */
static enum idem_status S_note(struct search *w, struct idem_error *err)
{
    struct str *subject = ARENA_NEW(&w->arena, struct str, w->n_hits + 1);
    bool personal_ids;
    TRY(audit_personal_ids(w->resolver->store, &personal_ids, err));
    if (!w->n_hits || (w->options->brief && !personal_ids))
        return IDEM_OK;
    for (size_t i = 0; i < w->n_hits; i++) {
        char id[37];
        store_uuid_format(w->hit[i].master.uuid, id);
        subject[i] = str_copy(&w->arena, str_from(id));
    }
    struct audit_note note = {.verb = "search", .subject = subject, .n_subjects = w->n_hits};
    return audit_disclosure(w->resolver->session, &note, err);
}

static enum idem_status S_search(struct search *w, const struct idem_field *field, size_t n, json_t *o,
                                 struct idem_error *err)
{
    json_t *results = json_array();
    json_put(o, "results", results); /* first: errors release it with `o` */
    TRY(resolver_refresh(w->resolver, err));
    TRY(S_query(w, field, n, err));
    struct probe_query query = {.packed = w->query.packed, .source = w->query.source};
    TRY(probe_find(&w->resolver->probe, &query, PROBE_SEARCH, &w->found, err));
    TRY(S_prepare(w, err));
    TRY(S_rank(w, err));
    TRY(S_results(w, results, err));
    S_put_query(w, o);
    return S_note(w, err);
}

static void S_release(struct search *w)
{
    for (unsigned i = 0; w->keys && i < w->found.n_reach; i++)
        rule_keys_deinit(&w->keys[i]);
    explain_deinit(&w->explain);
    candidates_deinit(&w->found);
    arena_deinit(&w->arena);
}

IDEM_API enum idem_status idem_search(struct idem_resolver *r, const struct idem_field *field, size_t n,
                                      const struct idem_search_options *options, char **json, struct idem_error *err)
{
    static const struct idem_search_options defaults = {0};
    struct search w = {.resolver = r, .options = options ? options : &defaults};
    *json = NULL;
    if (!n)
        return error_set(err, IDEM_INVALID, "search for what? Give at least one field and its value");
    TRY(store_snapshot_begin(r->store, err));
    json_t *o = json_object();
    enum idem_status status = S_search(&w, field, n, o, err);
    store_snapshot_end(r->store);
    if (status == IDEM_OK)
        *json = json_text(o);
    json_decref(o);
    S_release(&w);
    return status;
}

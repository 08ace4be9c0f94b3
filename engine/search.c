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

enum { DEFAULT_LIMIT = 10, MOST_HELP = 5 };

struct hit {
    const struct candidate *candidate;
    int32_t weight;
    struct store_master master; /* the survivor */
};

struct search {
    struct idem_resolver *resolver;
    const struct idem_search_options *options;
    struct arena arena;
    struct intake_record query;
    struct candidates found;
    struct explain *explain; /* of the shelf */
    struct hit *hit;         /* [n_hits] heaviest first */
    size_t n_hits, limit;
    struct buf json;
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

static bool S_is_heavier(const struct search *w, const struct hit *x, const struct hit *y)
{
    if (x->weight != y->weight)
        return x->weight > y->weight;
    return batch_compare_keys(w->explain->batch, x->candidate->row, y->candidate->row) < 0;
}

/* Weight of a candidate, or SCORE_NEVER when it is too light to be among the hits. */
static int32_t S_weigh(const struct search *w, uint32_t row)
{
    const struct scorer *s = &w->explain->scorer;
    int32_t floor = w->n_hits == w->limit ? w->hit[w->limit - 1].weight : SCORE_NEVER;
    if (floor <= SCORE_NEVER)
        return scorer_score(s, 0, SHELF_QUERY, row);
    return scorer_never(s, SHELF_QUERY, row) ? SCORE_NEVER : scorer_score_above(s, 0, SHELF_QUERY, row, floor);
}

/* Takes a hit into the list unless a heavier record of its master is there; the lightest falls off. */
static void S_insert(struct search *w, const struct hit *hit)
{
    size_t at = w->n_hits;
    for (size_t i = 0; i < w->n_hits; i++)
        if (w->hit[i].master.mid == hit->master.mid) {
            if (!S_is_heavier(w, hit, &w->hit[i]))
                return;
            at = i;
        }
    if (at == w->n_hits && w->n_hits == w->limit)
        at--;
    else if (at == w->n_hits)
        w->n_hits++;
    for (; at && S_is_heavier(w, hit, &w->hit[at - 1]); at--)
        w->hit[at] = w->hit[at - 1];
    w->hit[at] = *hit;
}

/* Does anything speak for it? Where all pairs are compared a row may be there that has nothing in common. */
static bool S_agrees(const struct search *w, uint32_t row)
{
    struct pair_levels levels;
    struct score_parts parts;
    bool any = false;
    scorer_levels(&w->explain->scorer, 0, SHELF_QUERY, row, &levels);
    scorer_weigh(&w->explain->scorer, SHELF_QUERY, row, &levels, &parts);
    for (unsigned i = 0; i < w->resolver->probe.model.n_comparisons; i++)
        any |= parts.comparison[i].weight > 0;
    return any;
}

/* The heaviest records, one for each master. */
static enum idem_status S_rank(struct search *w, struct idem_error *err)
{
    if (w->limit > w->found.n)
        w->limit = w->found.n;
    w->hit = ARENA_NEW(&w->arena, struct hit, w->limit + 1);
    for (uint32_t i = 0; i < w->found.n; i++) {
        struct hit hit = {.candidate = &w->found.list[i]};
        hit.weight = S_weigh(w, hit.candidate->row);
        bool light = w->n_hits == w->limit && !S_is_heavier(w, &hit, &w->hit[w->limit - 1]);
        if (light || !S_agrees(w, hit.candidate->row))
            continue;
        TRY(store_survivor(w->resolver->store, hit.candidate->mid, &w->arena, &hit.master, err));
        S_insert(w, &hit);
    }
    return IDEM_OK;
}

/* ------------------------------------------------------------------ JSON, as json_text would write it */

static void S_comma(struct buf *out)
{
    if (out->len && out->ptr[out->len - 1] != '{' && out->ptr[out->len - 1] != '[')
        buf_byte(out, ',');
}

static void S_key(struct buf *out, const char *key)
{
    S_comma(out);
    buf_byte(out, '"');
    buf_str(out, str_from(key));
    buf_str(out, STR("\":"));
}

static void S_put_str(struct buf *out, const char *key, struct str value)
{
    S_key(out, key);
    json_write_str(out, value);
}

static void S_put_count(struct buf *out, const char *key, uint64_t value)
{
    S_key(out, key);
    buf_count(out, value);
}

static void S_put_bool(struct buf *out, const char *key, bool value)
{
    S_key(out, key);
    buf_str(out, value ? STR("true") : STR("false"));
}

static void S_put_real(struct buf *out, const char *key, double value)
{
    S_key(out, key);
    json_write_real(out, value);
}

static void S_put_value(struct buf *out, const char *key, const json_t *value)
{
    char *text = json_text(value);
    S_key(out, key);
    buf_str(out, str_from(text));
    free(text);
}

/* ------------------------------------------------------------------ what is known of the query */

/* Rules that looked for something; a block that is too large is always told. */
static void S_put_rules(struct search *w)
{
    struct buf *out = &w->json;
    S_key(out, "rules");
    buf_byte(out, '[');
    for (unsigned i = 0; i < w->found.n_reach; i++) {
        const struct probe_reach *reach = &w->found.reach[i];
        S_comma(out);
        buf_byte(out, '{');
        S_put_str(out, "rule", reach->text);
        S_put_str(out, "kind", reach->search ? STR("search") : STR("blocking"));
        S_put_bool(out, "used", reach->keys > 0);
        S_put_count(out, "records", reach->records);
        S_put_bool(out, "too_large", reach->capped);
        buf_byte(out, '}');
    }
    buf_byte(out, ']');
}

static int32_t S_most(const struct comparison *c)
{
    int32_t most = 0;
    for (unsigned l = 0; l < c->n_levels; l++)
        most = c->level[l].weight > most ? c->level[l].weight : most;
    return most;
}

/* Fields that the query lacks, those first that can say most. */
static void S_put_would_help(struct search *w)
{
    const struct model *m = &w->resolver->probe.model;
    const struct batch *b = w->explain->batch;
    int32_t most[MOST_COMPARISONS];
    for (unsigned i = 0; i < m->n_comparisons; i++) {
        const uint32_t *id;
        most[i] = column_ids(&b->raw[m->comparison[i].field], SHELF_QUERY, &id) ? 0 : S_most(&m->comparison[i]);
    }
    S_key(&w->json, "would_help");
    buf_byte(&w->json, '[');
    for (unsigned told = 0; told < MOST_HELP; told++) {
        unsigned best = 0;
        for (unsigned i = 1; i < m->n_comparisons; i++)
            best = most[i] > most[best] ? i : best;
        if (!m->n_comparisons || most[best] <= 0)
            break;
        most[best] = 0;
        S_comma(&w->json);
        json_write_str(&w->json, b->schema->field[m->comparison[best].field].name);
    }
    buf_byte(&w->json, ']');
}

/* ------------------------------------------------------------------ a result */

static void S_put_reached_by(struct search *w, const struct candidate *candidate)
{
    const struct probe_reach *last = NULL;
    S_key(&w->json, "reached_by");
    buf_byte(&w->json, '[');
    for (unsigned i = 0; i < w->found.n_reach; i++) {
        const struct probe_reach *reach = &w->found.reach[i];
        if (!probe_reaches(&w->resolver->probe, &w->found, reach, candidate) ||
            (last && str_eq(last->text, reach->text)))
            continue;
        S_comma(&w->json);
        json_write_str(&w->json, reach->text);
        last = reach;
    }
    buf_byte(&w->json, ']');
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

/* Every comparison, and the golden record. */
static enum idem_status S_put_details(struct search *w, struct golden_reader *reader, const struct hit *hit,
                                      const struct explained *x, struct idem_error *err)
{
    static const char *const KEPT[] = {"never",       "prior_weight", "related_weight", "match_key",
                                       "comparisons", "interactions", "rules"};
    json_t *pair = explain_json(w->explain, x, EXPLAIN_VALUES), *golden;
    for (size_t i = 0; i < COUNT_OF(KEPT); i++)
        S_put_value(&w->json, KEPT[i], json_object_get(pair, KEPT[i]));
    json_decref(pair);
    TRY(S_golden(w, reader, &hit->master, &golden, err));
    S_put_value(&w->json, "golden", golden);
    json_decref(golden);
    return IDEM_OK;
}

static enum idem_status S_put_result(struct search *w, struct golden_reader *reader, const struct hit *hit,
                                     struct idem_error *err)
{
    char id[37];
    struct buf *out = &w->json;
    struct explained x;
    store_uuid_format(hit->master.uuid, id);
    explain_pair(w->explain, SHELF_QUERY, hit->candidate->row, &x);
    S_comma(out);
    buf_byte(out, '{');
    S_put_str(out, "master_id", str_from(id));
    S_put_count(out, "records", hit->master.n);
    S_put_str(out, "band", str_from(explain_verdict(w->explain, &x)));
    S_put_real(out, "match_weight", weight_to_bits(x.parts.total));
    S_put_real(out, "match_probability", probability_from_bits(weight_to_bits(x.parts.total)));
    S_key(out, "record");
    explain_write_record(w->explain, hit->candidate->row, out);
    S_put_reached_by(w, hit->candidate);
    if (!w->options->brief)
        TRY(S_put_details(w, reader, hit, &x, err));
    buf_byte(out, '}');
    return IDEM_OK;
}

static enum idem_status S_put_results(struct search *w, struct idem_error *err)
{
    struct golden_reader reader = {.store = NULL};
    enum idem_status status = IDEM_OK;
    if (!w->options->brief)
        TRY(golden_open(w->resolver->session, &reader, err));
    S_key(&w->json, "results");
    buf_byte(&w->json, '[');
    for (size_t i = 0; i < w->n_hits && status == IDEM_OK; i++)
        status = S_put_result(w, &reader, &w->hit[i], err);
    buf_byte(&w->json, ']');
    if (!w->options->brief)
        golden_close(&reader);
    return status;
}

/* ------------------------------------------------------------------ the whole */

static struct str S_verdict(const struct search *w)
{
    struct explained x;
    if (!w->n_hits)
        return STR("nonmatch");
    explain_pair(w->explain, SHELF_QUERY, w->hit[0].candidate->row, &x);
    return str_from(explain_verdict(w->explain, &x));
}

static void S_put_query(struct search *w)
{
    const struct model *m = &w->resolver->probe.model;
    int32_t possible = scorer_score(&w->explain->scorer, 0, SHELF_QUERY, SHELF_QUERY_AGAIN);
    struct buf *out = &w->json;
    S_put_str(out, "verdict", S_verdict(w));
    S_put_bool(out, "weak", possible < m->match_threshold);
    S_put_real(out, "best_possible", weight_to_bits(possible));
    S_put_would_help(w);
    S_key(out, "threshold");
    buf_byte(out, '{');
    S_put_real(out, "match", weight_to_bits(m->match_threshold));
    S_put_real(out, "review", weight_to_bits(m->review_threshold));
    buf_byte(out, '}');
    S_put_rules(w);
    S_put_count(out, "found", w->found.found);
    S_put_count(out, "compared", w->found.n);
    S_put_bool(out, "masked", session_masked(w->resolver->session));
}

/* Whose values are shown. */
static enum idem_status S_note(struct search *w, struct idem_error *err)
{
    struct str *subject = ARENA_NEW(&w->arena, struct str, w->n_hits + 1);
    if (!w->n_hits || (w->options->brief && !w->resolver->probe.any_personal_ids))
        return IDEM_OK;
    for (size_t i = 0; i < w->n_hits; i++) {
        char id[37];
        store_uuid_format(w->hit[i].master.uuid, id);
        subject[i] = str_copy(&w->arena, str_from(id));
    }
    struct audit_note note = {.verb = "search", .subject = subject, .n_subjects = w->n_hits};
    return audit_disclosure(w->resolver->session, &note, err);
}

static enum idem_status S_search(struct search *w, const struct idem_field *field, size_t n, struct idem_error *err)
{
    TRY(resolver_refresh(w->resolver, err));
    TRY(S_query(w, field, n, err));
    w->limit = w->options->limit ? w->options->limit : DEFAULT_LIMIT;
    struct probe_query query = {.packed = w->query.packed, .source = w->query.source, .wanted = w->limit};
    TRY(probe_find(&w->resolver->probe, &query, PROBE_SEARCH, &w->found, err));
    w->explain = &w->resolver->probe.shelf.explain;
    w->explain->masked = session_masked(w->resolver->session);
    w->explain->personal_ids = w->resolver->probe.personal_ids;
    w->explain->store = w->resolver->session->store;
    TRY(S_rank(w, err));
    buf_byte(&w->json, '{');
    TRY(S_put_results(w, err));
    S_put_query(w);
    buf_byte(&w->json, '}');
    return S_note(w, err);
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
    enum idem_status status = S_search(&w, field, n, err);
    store_snapshot_end(r->store);
    if (status == IDEM_OK)
        *json = buf_cstr(&w.json);
    else
        buf_deinit(&w.json);
    candidates_deinit(&w.found);
    arena_deinit(&w.arena);
    return status;
}

/*
 * Why two records are together or apart: the stored records of both sides are scored again under the stored model, by
 * the same code that decided, and every part of the total is shown.
 */
#include <stdlib.h>

#include "base/fmath.h"
#include "base/json.h"
#include "engine/master.h"
#include "engine/matching.h"
#include "record/pack.h"

enum { MOST_MEMBERS = 300 };

/* The members of both sides as one batch. */
struct why {
    struct idem_session *session;
    struct store *store;
    struct arena arena;
    struct schema schema;
    struct batch batch;
    struct store_source *source;
    size_t n_sources;
    struct model model;
    struct scorer scorer;
    bool scores;
    struct master_found found[2];
    uint32_t from[2], to[2]; /* rows of each side; a record alone when the key names one */
    int64_t *rid;            /* [rows] */
    uint32_t n_rows;
};

static enum idem_status S_append(struct why *w, int64_t rid, struct idem_error *err)
{
    struct store_record record;
    struct packed_record packed;
    TRY(store_get_record(w->store, rid, true, &w->arena, &record, err));
    if (!record_unpack(record.packed, &w->arena, &packed))
        return error_set(err, IDEM_CORRUPT, "record %lld of the database cannot be read; run idem verify",
                         (long long)rid);
    uint16_t source = 0;
    for (size_t i = 0; i < w->n_sources; i++)
        if (w->source[i].id == record.source)
            source = (uint16_t)i;
    record_append(&w->batch, source, record.record_id, &packed);
    w->rid = xrealloc(w->rid, ((size_t)w->n_rows + 1) * sizeof *w->rid);
    w->rid[w->n_rows++] = rid;
    return IDEM_OK;
}

static enum idem_status S_side(struct why *w, int side, const char *key, struct idem_error *err)
{
    int64_t *rid;
    size_t n;
    TRY(master_find(w->store, str_from(key), &w->arena, &w->found[side], err));
    w->from[side] = w->n_rows;
    if (w->found[side].rid) {
        TRY(S_append(w, w->found[side].rid, err));
    } else {
        TRY(store_members(w->store, w->found[side].survivor.mid, &w->arena, &rid, &n, err));
        for (size_t i = 0; i < n && i < MOST_MEMBERS; i++)
            TRY(S_append(w, rid[i], err));
    }
    w->to[side] = w->n_rows;
    if (w->to[side] == w->from[side])
        return error_set(err, IDEM_NOT_FOUND, "%s has no records now; idem history tells what became of it", key);
    return IDEM_OK;
}

static enum idem_status S_open(struct why *w, struct idem_session *s, struct idem_error *err)
{
    struct store_model stored;
    *w = (struct why){.session = s};
    TRY(session_store(s, STORE_READ, &w->store, err));
    if (!store_info(w->store)->has_key)
        return error_set(err, IDEM_INVALID,
                         "%s: is sealed and its key file is missing (%s): records cannot be compared", s->db_path,
                         s->key_path);
    TRY(store_get_fields(w->store, &w->arena, &w->schema, err));
    TRY(store_get_sources(w->store, false, &w->arena, &w->source, &w->n_sources, err));
    batch_init(&w->batch, &w->schema);
    struct str *name = ARENA_NEW(&w->arena, struct str, w->n_sources);
    for (size_t i = 0; i < w->n_sources; i++)
        name[i] = w->source[i].name;
    batch_set_sources(&w->batch, name, (uint16_t)w->n_sources);
    TRY(store_get_model(w->store, 0, true, &w->arena, &stored, err));
    if (!model_unpack(stored.body, &w->arena, &w->model))
        return error_set(err, IDEM_CORRUPT, "the stored model cannot be read: run apply --retrain");
    return IDEM_OK;
}

static void S_close(struct why *w)
{
    if (w->scores)
        scorer_deinit(&w->scorer);
    batch_deinit(&w->batch);
    free(w->rid);
    arena_deinit(&w->arena);
}

static void S_scorer(struct why *w)
{
    scorer_init(&w->scorer, &w->model, &w->batch, 1);
    if (w->session->config)
        w->scorer.unique = matching_unique(w->session->config, &w->batch, &w->arena);
}

/* ------------------------------------------------------------------ the pair that speaks for two sides */

static void S_best_pair(const struct why *w, uint32_t *a, uint32_t *b)
{
    int32_t best = INT32_MIN;
    *a = w->from[0];
    *b = w->from[1];
    for (uint32_t x = w->from[0]; x < w->to[0]; x++)
        for (uint32_t y = w->from[1]; y < w->to[1]; y++) {
            if (w->rid[x] == w->rid[y])
                continue;
            int32_t weight = scorer_score(&w->scorer, 0, x, y);
            if (weight > best) {
                best = weight;
                *a = x;
                *b = y;
            }
        }
}

/* ------------------------------------------------------------------ JSON */

static json_t *S_bits(int32_t weight)
{
    return json_real(weight_to_bits(weight));
}

static json_t *S_record(const struct why *w, uint32_t row)
{
    json_t *o = json_object();
    json_put_str(o, "data_source", w->batch.source_name[w->batch.source[row]]);
    json_put_str(o, "record_id", w->batch.record_id[row]);
    return o;
}

static json_t *S_values(const struct why *w, unsigned field, uint32_t row)
{
    const uint32_t *id;
    json_t *list = json_array();
    uint32_t n = column_ids(&w->batch.raw[field], row, &id);
    bool masked = session_masked(w->session) && w->schema.field[field].personal;
    for (uint32_t i = 0; i < n; i++)
        json_array_append_new(list,
                              masked ? json_string("***") : json_from_str(dict_get(&w->batch.raw[field].dict, id[i])));
    return list;
}

static json_t *S_comparisons(const struct why *w, uint32_t a, uint32_t b, const struct pair_levels *levels,
                             const struct score_parts *parts)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < w->model.n_comparisons; i++) {
        const struct comparison *c = &w->model.comparison[i];
        unsigned l = levels->level[i];
        json_t *o = json_object();
        json_put_str(o, "name", c->kind == CMP_MODEL_NUMBER ? STR("model_number") : w->schema.field[c->field].name);
        json_put_str(o, "level", l == LEVEL_NULL ? STR("missing") : str_from(c->level[l].name));
        json_put(o, "a", S_values(w, c->field, a));
        json_put(o, "b", S_values(w, c->field, b));
        json_put(o, "m", l == LEVEL_NULL ? json_null() : json_real(c->level[l].m));
        json_put(o, "u", l == LEVEL_NULL ? json_null() : json_real(c->level[l].u));
        json_put(o, "mw", S_bits(parts->comparison[i].weight));
        json_put(o, "tf_mw", S_bits(parts->comparison[i].tf_weight));
        json_array_append_new(list, o);
    }
    return list;
}

static struct str S_comparison_name(const struct why *w, unsigned i)
{
    return w->schema.field[w->model.comparison[i].field].name;
}

static json_t *S_interactions(const struct why *w, const struct score_parts *parts)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < w->model.n_interactions; i++) {
        if (!parts->interaction[i])
            continue;
        json_t *o = json_object();
        json_put_str(o, "a", S_comparison_name(w, w->model.interaction[i].a));
        json_put_str(o, "b", S_comparison_name(w, w->model.interaction[i].b));
        json_put(o, "mw", S_bits(parts->interaction[i]));
        json_array_append_new(list, o);
    }
    return list;
}

static void S_match_key(const struct why *w, const struct score_parts *parts, json_t *o)
{
    struct buf key = {0};
    for (unsigned i = 0; i < w->model.n_comparisons; i++) {
        int32_t weight = parts->comparison[i].weight + parts->comparison[i].tf_weight;
        struct str name = S_comparison_name(w, i);
        if (!weight)
            continue;
        buf_byte(&key, weight > 0 ? '+' : '-');
        for (size_t k = 0; k < name.len; k++)
            buf_byte(&key, name.ptr[k] >= 'a' && name.ptr[k] <= 'z' ? (char)(name.ptr[k] - 32) : name.ptr[k]);
    }
    json_put_str(o, "match_key", buf_view(&key));
    buf_deinit(&key);
}

static json_t *S_reached_by(const struct why *w, uint32_t a, uint32_t b)
{
    json_t *list = json_array();
    struct key_set keys;
    key_set_init(&keys, &w->model, &w->batch, 1);
    for (unsigned r = 0; r < keys.n_rules; r++)
        if (keys_shared(&keys.rule[r], a, b)) {
            struct buf text = {0};
            rule_text(&w->model.rule[r], &w->schema, &text);
            json_array_append_new(list, json_from_str(buf_view(&text)));
            buf_deinit(&text);
        }
    key_set_deinit(&keys);
    return list;
}

static json_t *S_rules(const struct why *w, uint32_t a, uint32_t b)
{
    json_t *list = json_array();
    unsigned field_of[MOST_FIELDS];
    const struct config *c = w->session->config;
    if (!c || !c->n_rules)
        return list;
    matching_field_map(c, &w->schema, field_of);
    int rule = matching_rule_of(c, &w->batch, field_of, a, b);
    if (rule >= 0) {
        json_t *o = json_object();
        json_put(o, "rule", json_integer(rule));
        json_put_str(o, "then", c->rule[rule].verdict == RULE_SAME ? STR("same") : STR("different"));
        json_array_append_new(list, o);
    }
    return list;
}

/* The chain of matching records from a to b through the members of their master, shortest first. */
static enum idem_status S_path(struct why *w, uint32_t a, uint32_t b, json_t **path, struct idem_error *err)
{
    int64_t *rid;
    size_t n;
    *path = json_array();
    TRY(store_members(w->store, w->found[0].survivor.mid, &w->arena, &rid, &n, err));
    for (size_t i = 0; i < n && i < MOST_MEMBERS; i++)
        if (rid[i] != w->rid[a] && rid[i] != w->rid[b])
            TRY(S_append(w, rid[i], err));
    scorer_deinit(&w->scorer);
    S_scorer(w);
    uint32_t *before = ARENA_NEW(&w->arena, uint32_t, w->n_rows), *queue = ARENA_NEW(&w->arena, uint32_t, w->n_rows);
    uint32_t head = 0, tail = 0;
    memset(before, 0xFF, w->n_rows * sizeof *before);
    queue[tail++] = b;
    before[b] = b;
    while (head < tail && before[a] == UINT32_MAX) {
        uint32_t x = queue[head++];
        for (uint32_t y = 0; y < w->n_rows; y++)
            if (before[y] == UINT32_MAX && scorer_score(&w->scorer, 0, x, y) >= w->model.match_threshold) {
                before[y] = x;
                queue[tail++] = y;
            }
    }
    if (before[a] == UINT32_MAX)
        return IDEM_OK;
    for (uint32_t x = a;; x = before[x]) {
        json_array_append_new(*path, S_record(w, x));
        if (x == b)
            break;
    }
    return IDEM_OK;
}

static void S_thresholds(const struct why *w, json_t *o)
{
    json_t *threshold = json_object();
    json_put(threshold, "match", S_bits(w->model.match_threshold));
    json_put(threshold, "review", S_bits(w->model.review_threshold));
    json_put(o, "threshold", threshold);
}

static enum idem_status S_explain(struct why *w, char **json, struct idem_error *err)
{
    uint32_t a, b;
    struct pair_levels levels;
    struct score_parts parts;
    json_t *o = json_object(), *masters = json_array(), *path = NULL;
    char id[37];
    S_scorer(w);
    w->scores = true;
    S_best_pair(w, &a, &b);
    scorer_levels(&w->scorer, 0, a, b, &levels);
    scorer_weigh(&w->scorer, a, b, &levels, &parts);
    bool together = w->found[0].survivor.mid == w->found[1].survivor.mid;
    bool match = parts.total >= w->model.match_threshold;
    json_put(o, "a", S_record(w, a));
    json_put(o, "b", S_record(w, b));
    json_put_str(o, "verdict",
                 match                                      ? STR("match")
                 : parts.total >= w->model.review_threshold ? STR("review")
                                                            : STR("nonmatch"));
    json_put(o, "together", json_boolean(together));
    json_put(o, "match_weight", S_bits(parts.total));
    json_put(o, "match_probability", json_real(probability_from_bits(weight_to_bits(parts.total))));
    json_put(o, "prior_weight", S_bits(parts.prior));
    json_put(o, "related_weight", S_bits(parts.related));
    S_match_key(w, &parts, o);
    json_put(o, "reached_by", S_reached_by(w, a, b));
    json_put(o, "comparisons", S_comparisons(w, a, b, &levels, &parts));
    json_put(o, "interactions", S_interactions(w, &parts));
    S_thresholds(w, o);
    json_put(o, "decisions", json_array());
    json_put(o, "rules", S_rules(w, a, b));
    enum idem_status status = IDEM_OK;
    if (together && !match)
        status = S_path(w, a, b, &path, err);
    json_put(o, "path", path ? path : json_array());
    for (int side = 0; side < 2; side++) {
        store_uuid_format(w->found[side].survivor.uuid, id);
        json_array_append_new(masters, json_string(id));
    }
    json_put(o, "masters", masters);
    if (status == IDEM_OK)
        *json = json_text(o);
    json_decref(o);
    return status;
}

IDEM_API enum idem_status idem_why(struct idem_session *s, const char *a, const char *b, char **json,
                                   struct idem_error *err)
{
    struct why w;
    enum idem_status status;
    *json = NULL;
    TRY_DONE(S_open(&w, s, err));
    TRY_DONE(S_side(&w, 0, a, err));
    TRY_DONE(S_side(&w, 1, b, err));
    status = S_explain(&w, json, err);
done:
    S_close(&w);
    return status;
}

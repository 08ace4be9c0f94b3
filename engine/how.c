/*
 * How an identity was built: its raw component is clustered once more with a trace, and the joins that made it, the
 * pairs that were cut from it and what forced or forbade are told, each pair weighed by engine/explain.
 */
#include <stdlib.h>

#include "base/fmath.h"
#include "engine/audit.h"
#include "engine/keyless.h"
#include "engine/master.h"
#include "engine/rebuild.h"
#include "store/steward.h"

enum { MOST_CUTS = 500, MOST_GROUP = 50 };

struct how {
    struct idem_session *session;
    struct store *store;
    struct arena arena;
    struct master_found found;
    struct rebuilt rebuilt;
    bool *bridge;   /* [rebuilt.n_edges] */
    uint32_t *into; /* [rows] replay of the joins: the row that a row's group has become part of */
};

static json_t *S_id(const uint8_t uuid[16])
{
    char text[37];
    store_uuid_format(uuid, text);
    return json_string(text);
}

static json_t *S_bits(int32_t weight)
{
    return json_real(weight_to_bits(weight));
}

/* A figure of the trace as a weight: what is above the threshold, and the threshold. */
static json_t *S_figure(const struct how *h, int32_t above)
{
    return S_bits(above + h->rebuilt.stored.model.match_threshold);
}

static bool S_is_mine(const struct how *h, uint32_t row)
{
    return h->rebuilt.result.cluster[row] == h->rebuilt.mine;
}

static json_t *S_record(const struct how *h, uint32_t row)
{
    return explain_record(&h->rebuilt.explain, row);
}

/* ------------------------------------------------------------------ one pair */

/* The blocking rule that found a pair; null when none did, or the model was another one then. */
static json_t *S_found_by(const struct how *h, const struct edge *e)
{
    const struct rebuilt *r = &h->rebuilt;
    struct buf text = {0};
    if (!e || !r->as_kept[e - r->edge])
        return json_null();
    rule_text(&r->stored.model.rule[e->rule], &r->stored.schema, &text);
    json_t *found = json_from_str(buf_view(&text));
    buf_deinit(&text);
    return found;
}

struct decided {
    int64_t a, b;
    bool found;
};

static enum idem_status S_look_for(void *context, const struct store_decision *d, struct idem_error *err)
{
    struct decided *x = context;
    (void)err;
    x->found |= d->verdict != STORE_UNSURE &&
                ((d->rid_a == x->a && d->rid_b == x->b) || (d->rid_a == x->b && d->rid_b == x->a));
    return IDEM_OK;
}

/* Who said that a pair is the same or different: "rule", "decision", or else "link". */
static enum idem_status S_forced_by(struct how *h, const struct forced_pair *f, const char **by, int *rule,
                                    struct idem_error *err)
{
    struct rebuilt *r = &h->rebuilt;
    struct explained x;
    struct decided decided = {r->kept.rid[f->a], r->kept.rid[f->b], false};
    explain_pair(&r->explain, f->a, f->b, &x);
    *rule = -1;
    TRY(steward_each_decision(h->store, decided.a, false, S_look_for, &decided, err));
    bool rules = x.rule >= 0 && (h->session->config->rule[x.rule].verdict == RULE_SAME) == f->same;
    decided.found |= r->kept.n_decided && f >= r->kept.forced && f < r->kept.forced + r->kept.n_decided;
    if (!decided.found && rules)
        *rule = x.rule;
    *by = decided.found ? "decision" : rules ? "rule" : f->same ? "link" : "rule";
    return IDEM_OK;
}

static json_t *S_pair(struct how *h, uint32_t a, uint32_t b)
{
    struct rebuilt *r = &h->rebuilt;
    struct explained x;
    const struct edge *e = rebuild_edge(r, a, b);
    explain_pair(&r->explain, a, b, &x);
    json_t *o = explain_json(&r->explain, &x, EXPLAIN_VALUES);
    json_object_del(o, "threshold");
    json_put(o, "found_by", S_found_by(h, e));
    json_put(o, "bridge", json_boolean(e && h->bridge[e - r->edge]));
    return o;
}

/* ------------------------------------------------------------------ the joins */

static uint32_t S_group_of(const struct how *h, uint32_t row)
{
    while (h->into[row] != row)
        row = h->into[row];
    return row;
}

static json_t *S_group(const struct how *h, uint32_t group)
{
    json_t *list = json_array();
    for (uint32_t row = 0; row < h->rebuilt.kept.n && json_array_size(list) < MOST_GROUP; row++)
        if (S_group_of(h, row) == group)
            json_array_append_new(list, S_record(h, row));
    return list;
}

/* The pair of two groups that weighs most (or least); a `same` before all. */
static void S_extreme_pair(const struct how *h, uint32_t p, uint32_t q, bool least, uint32_t *a, uint32_t *b)
{
    const struct rebuilt *r = &h->rebuilt;
    int64_t best = INT64_MIN;
    for (uint32_t x = 0; x < r->kept.n; x++)
        for (uint32_t y = 0; S_group_of(h, x) == p && y < r->kept.n; y++) {
            if (S_group_of(h, y) != q)
                continue;
            const struct forced_pair *f = r->kept.n_forced ? rebuild_forced(r, x, y) : NULL;
            int64_t weight = scorer_score(&r->explain.scorer, 0, x, y);
            weight = f ? f->same ? INT32_MAX : INT32_MIN : weight;
            weight = least ? -weight : weight;
            if (weight > best) {
                best = weight;
                *a = x;
                *b = y;
            }
        }
}

static void S_put_figures(const struct how *h, const struct cluster_step *s, json_t *o)
{
    json_put(o, "link", S_figure(h, s->link));
    json_put(o, "needs", S_figure(h, s->bar));
    json_put(o, "average", S_figure(h, s->average));
    json_put(o, "best", S_figure(h, s->most));
    json_put(o, "weakest", S_figure(h, s->least));
    json_put(o, "pooled", json_boolean(s->pooled));
}

static json_t *S_join(struct how *h, const struct cluster_step *s, size_t number)
{
    uint32_t p = S_group_of(h, s->a), q = S_group_of(h, s->b), a = p, b = q;
    json_t *o = json_object();
    S_extreme_pair(h, p, q, false, &a, &b);
    json_put(o, "step", json_integer((json_int_t)number));
    json_put_str(o, "kind", s->kind == CLUSTER_FORCED ? STR("forced") : STR("joined"));
    json_put(o, "left", S_group(h, p));
    json_put(o, "right", S_group(h, q));
    json_put(o, "left_records", json_integer(s->n_a));
    json_put(o, "right_records", json_integer(s->n_b));
    S_put_figures(h, s, o);
    json_put(o, "pair", S_pair(h, a, b));
    return o;
}

static json_t *S_steps(struct how *h)
{
    const struct rebuilt *r = &h->rebuilt;
    json_t *list = json_array();
    for (size_t i = 0; i < r->trace.n; i++) {
        const struct cluster_step *s = &r->trace.step[i];
        if (s->kind != CLUSTER_JOINED && s->kind != CLUSTER_FORCED)
            continue;
        if (S_is_mine(h, s->a))
            json_array_append_new(list, S_join(h, s, json_array_size(list) + 1));
        h->into[S_group_of(h, s->b)] = S_group_of(h, s->a);
    }
    return list;
}

/* ------------------------------------------------------------------ the cuts */

/* What stands between two clusters at the end, or NULL: they are of different pieces. */
static const struct cluster_step *S_refusal(const struct how *h, uint32_t a, uint32_t b)
{
    const struct rebuilt *r = &h->rebuilt;
    uint32_t p = r->result.cluster[a], q = r->result.cluster[b];
    for (size_t i = 0; i < r->trace.n; i++) {
        const struct cluster_step *s = &r->trace.step[i];
        uint32_t x = r->result.cluster[s->a], y = r->result.cluster[s->b];
        if ((s->kind == CLUSTER_BELOW || s->kind == CLUSTER_FORBIDDEN) && ((x == p && y == q) || (x == q && y == p)))
            return s;
    }
    return NULL;
}

struct cut {
    const char *reason;
    const struct cluster_step *step;
    uint32_t against_a, against_b; /* the pair that speaks against it */
    bool has_against;
};

/* Which `different`, or which two that can never match, keep two clusters apart. */
static void S_forbidden(const struct how *h, uint32_t a, uint32_t b, struct cut *cut)
{
    const struct rebuilt *r = &h->rebuilt;
    uint32_t p = S_group_of(h, a), q = S_group_of(h, b);
    struct explained x;
    cut->has_against = true;
    cut->reason = "different";
    for (size_t i = 0; i < r->kept.n_forced; i++) {
        const struct forced_pair *f = &r->kept.forced[i];
        uint32_t f_p = S_group_of(h, f->a), f_q = S_group_of(h, f->b);
        if (!f->same && ((f_p == p && f_q == q) || (f_p == q && f_q == p))) {
            cut->against_a = f->a;
            cut->against_b = f->b;
            return;
        }
    }
    S_extreme_pair(h, p, q, true, &cut->against_a, &cut->against_b);
    explain_pair(&r->explain, cut->against_a, cut->against_b, &x);
    cut->reason = x.never == NEVER_UNIQUE ? "unique_source" : "unlike_entities";
}

static struct cut S_why_cut(const struct how *h, uint32_t a, uint32_t b)
{
    struct cut cut = {.reason = "oversized", .step = S_refusal(h, a, b)};
    const struct forced_pair *f = rebuild_forced(&h->rebuilt, a, b);
    if (f && !f->same) {
        cut = (struct cut){.reason = "different", .against_a = a, .against_b = b, .has_against = true};
    } else if (cut.step && cut.step->kind == CLUSTER_FORBIDDEN) {
        S_forbidden(h, a, b, &cut);
        cut.step = NULL;
    } else if (cut.step) {
        cut.reason = cut.step->link >= 0 ? "margin" : cut.step->pooled ? "pooled" : "average";
        cut.has_against = true;
        S_extreme_pair(h, S_group_of(h, a), S_group_of(h, b), true, &cut.against_a, &cut.against_b);
    }
    return cut;
}

static enum idem_status S_put_other(struct how *h, uint32_t row, json_t *o, struct idem_error *err)
{
    struct store_master m;
    json_t *other = json_object();
    json_put(o, "other", other);
    TRY(store_get_master(h->store, h->rebuilt.survivor[row], &h->arena, &m, err));
    json_put(other, "master_id", S_id(m.uuid));
    json_put(other, "records", json_integer(m.n));
    return IDEM_OK;
}

static enum idem_status S_put_against(struct how *h, const struct cut *cut, json_t *o, struct idem_error *err)
{
    const struct forced_pair *f = rebuild_forced(&h->rebuilt, cut->against_a, cut->against_b);
    json_t *against = S_pair(h, cut->against_a, cut->against_b);
    const char *by = NULL;
    int rule = -1;
    json_put(o, "against", against);
    if (f)
        TRY(S_forced_by(h, f, &by, &rule, err));
    json_put(against, "forced_by", by ? json_string(by) : json_null());
    return IDEM_OK;
}

/* a is the master's, b is not. */
static enum idem_status S_cut(struct how *h, uint32_t a, uint32_t b, json_t *list, struct idem_error *err)
{
    struct cut cut = S_why_cut(h, a, b);
    json_t *o = json_object();
    json_array_append_new(list, o);
    json_put_str(o, "reason", str_from(cut.reason));
    json_put(o, "pair", S_pair(h, a, b));
    TRY(S_put_other(h, b, o, err));
    if (cut.step)
        S_put_figures(h, cut.step, o);
    if (cut.has_against)
        return S_put_against(h, &cut, o, err);
    json_put(o, "against", json_null());
    return IDEM_OK;
}

static enum idem_status S_cuts(struct how *h, json_t *result, struct idem_error *err)
{
    const struct rebuilt *r = &h->rebuilt;
    json_t *list = json_array();
    json_put(result, "cuts", list);
    for (size_t i = 0; i < r->n_edges && json_array_size(list) < MOST_CUTS; i++) {
        uint32_t a = r->edge[i].a, b = r->edge[i].b;
        if (r->edge[i].weight >= r->stored.model.match_threshold && S_is_mine(h, a) != S_is_mine(h, b))
            TRY(S_cut(h, S_is_mine(h, a) ? a : b, S_is_mine(h, a) ? b : a, list, err));
    }
    for (size_t i = 0; i < r->kept.n_forced && json_array_size(list) < MOST_CUTS; i++) {
        const struct forced_pair *f = &r->kept.forced[i];
        bool cuts = S_is_mine(h, f->a) != S_is_mine(h, f->b) && !rebuild_edge(r, f->a, f->b);
        if (cuts)
            TRY(S_cut(h, S_is_mine(h, f->a) ? f->a : f->b, S_is_mine(h, f->a) ? f->b : f->a, list, err));
    }
    return IDEM_OK;
}

/* ------------------------------------------------------------------ what was said by rules, links and people */

static enum idem_status S_forced(struct how *h, json_t *result, struct idem_error *err)
{
    const struct rebuilt *r = &h->rebuilt;
    json_t *list = json_array();
    json_put(result, "forced", list);
    for (size_t i = 0; i < r->kept.n_forced; i++) {
        const struct forced_pair *f = &r->kept.forced[i];
        const char *by;
        int rule;
        if (!S_is_mine(h, f->a) && !S_is_mine(h, f->b))
            continue;
        TRY(S_forced_by(h, f, &by, &rule, err));
        json_t *o = json_object();
        json_put(o, "a", S_record(h, f->a));
        json_put(o, "b", S_record(h, f->b));
        json_put_str(o, "then", f->same ? STR("same") : STR("different"));
        json_put_str(o, "by", str_from(by));
        json_put(o, "rule", rule < 0 ? json_null() : json_integer(rule));
        json_array_append_new(list, o);
    }
    return IDEM_OK;
}

static json_t *S_bridges(struct how *h)
{
    const struct rebuilt *r = &h->rebuilt;
    json_t *list = json_array();
    for (size_t i = 0; i < r->n_edges; i++)
        if (h->bridge[i]) {
            json_t *o = json_object();
            json_put(o, "a", S_record(h, r->edge[i].a));
            json_put(o, "b", S_record(h, r->edge[i].b));
            json_put(o, "match_weight", S_bits(r->edge[i].weight));
            json_put(o, "found_by", S_found_by(h, &r->edge[i]));
            json_array_append_new(list, o);
        }
    return list;
}

/* ------------------------------------------------------------------ the whole */

static json_t *S_component(const struct how *h)
{
    const struct rebuilt *r = &h->rebuilt;
    if (!r->is_kept)
        return json_null();
    json_t *o = json_object();
    json_put(o, "records", json_integer(r->kept.n));
    json_put(o, "clusters", json_integer(r->result.n_clusters));
    json_put(o, "pairs", json_integer((json_int_t)r->n_edges));
    json_put(o, "forced", json_integer((json_int_t)r->kept.n_forced));
    return o;
}

static void S_head(const struct how *h, json_t *o)
{
    const struct rebuilt *r = &h->rebuilt;
    json_t *threshold = explain_thresholds(&r->stored.model), *model = json_object(), *records = json_array();
    json_put(o, "master_id", S_id(h->found.survivor.uuid));
    json_put(o, "asked", h->found.asked.mid != h->found.survivor.mid ? S_id(h->found.asked.uuid) : json_null());
    json_put(o, "masked", json_boolean(session_masked(h->session)));
    for (uint32_t row = 0; row < r->kept.n; row++)
        if (r->survivor[row] == h->found.survivor.mid)
            json_array_append_new(records, S_record(h, row));
    json_put(o, "records", records);
    json_put(threshold, "join_groups", S_figure(h, r->stored.model.merge_margin));
    json_put(o, "threshold", threshold);
    json_put(model, "id", json_integer(r->stored.stored_model.id));
    json_put(model, "run_id", json_integer(r->stored.stored_model.run));
    json_put(o, "model", model);
    json_put(o, "component", S_component(h));
    json_put(o, "as_stored", json_boolean(r->agrees));
}

static enum idem_status S_how(struct how *h, const char *key, json_t *o, struct idem_error *err)
{
    TRY(master_find(h->store, str_from(key), &h->arena, &h->found, err));
    if (!h->found.survivor.n)
        return error_set(err, IDEM_NOT_FOUND, "%s has no records now; idem history tells what became of it", key);
    TRY(rebuild_master(&h->rebuilt, h->session, h->store, &h->found.survivor, err));
    h->bridge = ARENA_NEW(&h->arena, bool, h->rebuilt.n_edges + 1);
    h->into = ARENA_NEW(&h->arena, uint32_t, h->rebuilt.kept.n + 1);
    for (uint32_t row = 0; row < h->rebuilt.kept.n; row++)
        h->into[row] = row;
    rebuild_bridges(&h->rebuilt, h->bridge);
    S_head(h, o);
    json_put(o, "steps", S_steps(h));
    TRY(S_forced(h, o, err));
    TRY(S_cuts(h, o, err));
    json_put(o, "bridges", S_bridges(h));
    return IDEM_OK;
}

enum idem_status idem_how(struct idem_session *s, const char *key, char **json, struct idem_error *err)
{
    struct how h = {.session = s};
    json_t *result = json_object();
    bool snapshot = false;
    enum idem_status status;
    *json = NULL;
    TRY_DONE(session_store(s, STORE_READ, &h.store, err));
    TRY_DONE(store_snapshot_begin(h.store, err));
    snapshot = true;
    if (!store_info(h.store)->has_key) {
        TRY_DONE(keyless_how(h.store, key, result, err));
        *json = json_text(result);
        goto done;
    }
    TRY_DONE(S_how(&h, key, result, err));
    struct audit_subjects about = {.n = 0};
    audit_subject_key(&about, key);
    audit_subject_master(&about, h.found.survivor.uuid);
    TRY_DONE(audit_looked_at(s, "how", &about, err));
    *json = json_text(result);
done:
    if (snapshot)
        store_snapshot_end(h.store);
    rebuild_deinit(&h.rebuilt);
    arena_deinit(&h.arena);
    json_decref(result);
    return status;
}

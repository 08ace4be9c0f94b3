#include "engine/keyless.h"

#include "base/clock.h"
#include "base/fmath.h"
#include "engine/mask.h"

enum { MOST_MEMBERS = 300 };

struct side {
    struct master_found found;
    int64_t *rid; /* [n] the record that the key names, or the master's */
    size_t n;
};

struct keyless {
    struct store *store;
    struct arena arena;
    struct store_source *source;
    size_t n_sources;
    struct decisions decisions;
    json_t *threshold;
    struct side side[2];
    struct store_review best; /* the heaviest pair of the two sides in review; rid_a 0: none */
    json_t *review;           /* of keyless_how: pairs in review */
};

/* ------------------------------------------------------------------ what the last run said */

enum idem_status keyless_thresholds(struct store *store, json_t **threshold, struct idem_error *err)
{
    struct arena scratch = {0};
    struct store_run *run;
    size_t n;
    *threshold = NULL;
    enum idem_status status = store_get_runs(store, 0, &scratch, &run, &n, err);
    for (size_t i = 0; status == IDEM_OK && i < n && !*threshold; i++) {
        json_t *report = NULL;
        if (run[i].committed && run[i].report.len && json_parse(run[i].report, "report", &report, NULL) == IDEM_OK)
            *threshold = json_incref(json_object_get(report, "threshold"));
        json_decref(report);
    }
    arena_deinit(&scratch);
    if (!*threshold) {
        *threshold = json_object();
        json_put(*threshold, "match", json_null());
        json_put(*threshold, "review", json_null());
    }
    return status;
}

/* ------------------------------------------------------------------ records, masters, decisions */

static json_t *S_id(const uint8_t uuid[16])
{
    char text[37];
    store_uuid_format(uuid, text);
    return json_string(text);
}

static enum idem_status S_record(struct keyless *k, int64_t rid, json_t **out, struct idem_error *err)
{
    struct store_record row;
    *out = json_object();
    TRY(store_get_record(k->store, rid, false, &k->arena, &row, err));
    for (size_t i = 0; i < k->n_sources; i++)
        if (k->source[i].id == row.source) {
            json_put_str(*out, "data_source", k->source[i].name);
            json_put_str(*out, "record_id", mask_id_if(k->source[i].personal_ids, k->store, row.record_id, &k->arena));
        }
    return IDEM_OK;
}

static enum idem_status S_put_record(struct keyless *k, json_t *o, const char *name, int64_t rid,
                                     struct idem_error *err)
{
    json_t *record;
    enum idem_status status = S_record(k, rid, &record, err);
    json_put(o, name, record);
    return status;
}

json_t *decision_json(const struct store_decision *decision, json_t *a, json_t *b)
{
    static const char *const VERDICTS[] = {"same", "different", "unsure"};
    json_t *o = json_object();
    char at[25];
    clock_format(decision->at_ms, at);
    json_put(o, "decision", json_integer(decision->id));
    json_put(o, "verdict", json_string(VERDICTS[decision->verdict]));
    json_put(o, "a", a);
    json_put(o, "b", b);
    json_put(o, "by", decision->by.len ? json_from_str(decision->by) : json_null());
    json_put(o, "at", json_string(at));
    return o;
}

static bool S_has(const struct side *side, int64_t rid)
{
    for (size_t i = 0; i < side->n; i++)
        if (side->rid[i] == rid)
            return true;
    return false;
}

static enum idem_status S_side(struct keyless *k, struct side *side, const char *key, bool alone,
                               struct idem_error *err)
{
    TRY(master_find(k->store, str_from(key), &k->arena, &side->found, err));
    if (alone && side->found.rid) {
        side->rid = &side->found.rid;
        side->n = 1;
        return IDEM_OK;
    }
    TRY(master_members(k->store, side->found.survivor.mid, &k->arena, &side->rid, &side->n, err));
    if (!side->n)
        return error_set(err, IDEM_NOT_FOUND, "%s has no records now; idem history tells what became of it", key);
    return IDEM_OK;
}

static enum idem_status S_begin(struct keyless *k, struct idem_error *err)
{
    TRY(store_get_sources(k->store, false, &k->arena, &k->source, &k->n_sources, err));
    TRY(decisions_load(k->store, &k->arena, &k->decisions, err));
    return keyless_thresholds(k->store, &k->threshold, err);
}

static void S_end(struct keyless *k)
{
    json_decref(k->threshold);
    json_decref(k->review);
    arena_deinit(&k->arena);
}

static void S_nulls(json_t *o, const char *const *name, size_t n)
{
    for (size_t i = 0; i < n; i++)
        json_put(o, name[i], json_null());
}

/* ------------------------------------------------------------------ why */

static bool S_joins(const struct keyless *k, int64_t a, int64_t b)
{
    return a != b &&
           ((S_has(&k->side[0], a) && S_has(&k->side[1], b)) || (S_has(&k->side[0], b) && S_has(&k->side[1], a)));
}

static enum idem_status S_heavier(void *context, const struct store_review *review, struct idem_error *err)
{
    struct keyless *k = context;
    (void)err;
    if (S_joins(k, review->rid_a, review->rid_b) && (!k->best.rid_a || review->weight > k->best.weight))
        k->best = *review;
    return IDEM_OK;
}

/* The pair that is told: the heaviest in review, else one that was decided on, else the first of each side. */
static void S_pair(const struct keyless *k, int64_t pair[2])
{
    pair[0] = k->side[0].rid[0];
    pair[1] = k->side[1].rid[0] != pair[0] || k->side[1].n < 2 ? k->side[1].rid[0] : k->side[1].rid[1];
    for (size_t i = 0; i < k->decisions.n && !k->best.rid_a; i++)
        if (S_joins(k, k->decisions.item[i].rid_a, k->decisions.item[i].rid_b)) {
            pair[0] = k->decisions.item[i].rid_a;
            pair[1] = k->decisions.item[i].rid_b;
        }
    if (k->best.rid_a) {
        pair[0] = k->best.rid_a;
        pair[1] = k->best.rid_b;
    }
    if (!S_has(&k->side[0], pair[0]) || !S_has(&k->side[1], pair[1])) {
        int64_t first = pair[0];
        pair[0] = pair[1];
        pair[1] = first;
    }
}

static enum idem_status S_decisions(struct keyless *k, json_t *list, struct idem_error *err)
{
    for (size_t i = 0; i < k->decisions.n; i++) {
        const struct store_decision *d = &k->decisions.item[i];
        json_t *a, *b = NULL;
        if (!S_joins(k, d->rid_a, d->rid_b))
            continue;
        enum idem_status status = S_record(k, d->rid_a, &a, err);
        if (status == IDEM_OK)
            status = S_record(k, d->rid_b, &b, err);
        json_array_append_new(list, decision_json(d, a, b ? b : json_null()));
        TRY(status);
    }
    return IDEM_OK;
}

static void S_put_weight(const struct keyless *k, json_t *o)
{
    double bits = weight_to_bits(k->best.weight);
    const json_t *match = json_object_get(k->threshold, "match");
    const char *verdict = !k->best.rid_a || !json_is_number(match) ? NULL
                          : bits >= json_number_value(match)       ? "match"
                                                                   : "review";
    json_put(o, "verdict", verdict ? json_string(verdict) : json_null());
    json_put(o, "match_weight", k->best.rid_a ? json_real(bits) : json_null());
    json_put(o, "match_probability", k->best.rid_a ? json_real(probability_from_bits(bits)) : json_null());
}

static enum idem_status S_why(struct keyless *k, const char *const key[2], json_t *o, struct idem_error *err)
{
    static const char *const SEALED[] = {"never",       "prior_weight", "related_weight", "match_key", "reached_by",
                                         "comparisons", "interactions", "rules",          "path"};
    json_t *decisions = json_array(), *masters = json_array();
    int64_t pair[2];
    json_put(o, "decisions", decisions);
    json_put(o, "masters", masters);
    TRY(S_begin(k, err));
    for (int side = 0; side < 2; side++) {
        TRY(S_side(k, &k->side[side], key[side], true, err));
        json_array_append_new(masters, S_id(k->side[side].found.survivor.uuid));
    }
    for (size_t i = 0; i < k->side[0].n && i < MOST_MEMBERS; i++)
        TRY(steward_reviews_of(k->store, k->side[0].rid[i], S_heavier, k, err));
    S_pair(k, pair);
    TRY(S_put_record(k, o, "a", pair[0], err));
    TRY(S_put_record(k, o, "b", pair[1], err));
    S_put_weight(k, o);
    json_put(o, "together", json_boolean(k->side[0].found.survivor.mid == k->side[1].found.survivor.mid));
    json_put(o, "threshold", json_incref(k->threshold));
    json_put(o, "masked", json_true());
    S_nulls(o, SEALED, COUNT_OF(SEALED));
    return S_decisions(k, decisions, err);
}

enum idem_status keyless_why(struct store *store, const char *const key[2], json_t *result, struct idem_error *err)
{
    struct keyless k = {.store = store};
    enum idem_status status = S_why(&k, key, result, err);
    S_end(&k);
    return status;
}

/* ------------------------------------------------------------------ how */

/* Decisions that name a record of the master. */
static enum idem_status S_forced(struct keyless *k, json_t *list, struct idem_error *err)
{
    for (size_t i = 0; i < k->decisions.n; i++) {
        const struct store_decision *d = &k->decisions.item[i];
        if (d->verdict == STORE_UNSURE || (!S_has(&k->side[0], d->rid_a) && !S_has(&k->side[0], d->rid_b)))
            continue;
        json_t *o = json_object();
        json_array_append_new(list, o);
        TRY(S_put_record(k, o, "a", d->rid_a, err));
        TRY(S_put_record(k, o, "b", d->rid_b, err));
        json_put_str(o, "then", d->verdict == STORE_SAME ? STR("same") : STR("different"));
        json_put_str(o, "by", STR("decision"));
        json_put(o, "rule", json_null());
    }
    return IDEM_OK;
}

/* A pair in review that leads out of the master. */
static enum idem_status S_leads_out(void *context, const struct store_review *review, struct idem_error *err)
{
    struct keyless *k = context;
    bool mine = S_has(&k->side[0], review->rid_a);
    int64_t here = mine ? review->rid_a : review->rid_b, there = mine ? review->rid_b : review->rid_a;
    struct store_record record;
    struct store_master master;
    TRY(store_get_record(k->store, there, false, &k->arena, &record, err));
    TRY(store_survivor(k->store, record.mid, &k->arena, &master, err));
    if (master.mid == k->side[0].found.survivor.mid)
        return IDEM_OK;
    json_t *o = json_object();
    json_array_append_new(k->review, o);
    TRY(S_put_record(k, o, "a", here, err));
    TRY(S_put_record(k, o, "b", there, err));
    json_put(o, "match_weight", json_real(weight_to_bits(review->weight)));
    json_put(o, "master_id", S_id(master.uuid));
    return IDEM_OK;
}

static enum idem_status S_model(struct keyless *k, json_t *o, struct idem_error *err)
{
    struct store_model model;
    json_t *told = json_object();
    json_put(o, "model", told);
    enum idem_status status = store_get_model(k->store, 0, false, &k->arena, &model, err);
    if (status != IDEM_OK)
        return status == IDEM_NOT_FOUND ? IDEM_OK : status;
    json_put(told, "id", json_integer(model.id));
    json_put(told, "run_id", json_integer(model.run));
    return IDEM_OK;
}

static enum idem_status S_how(struct keyless *k, const char *key, json_t *o, struct idem_error *err)
{
    static const char *const SEALED[] = {"component", "as_stored", "steps", "cuts", "bridges"};
    struct side *side = &k->side[0];
    json_t *records = json_array(), *forced = json_array();
    json_put(o, "records", records);
    json_put(o, "forced", forced);
    k->review = json_array();
    TRY(S_begin(k, err));
    TRY(S_side(k, side, key, false, err));
    json_put(o, "master_id", S_id(side->found.survivor.uuid));
    json_put(o, "asked",
             side->found.asked.mid != side->found.survivor.mid ? S_id(side->found.asked.uuid) : json_null());
    json_put(o, "masked", json_true());
    for (size_t i = 0; i < side->n; i++) {
        json_t *record;
        enum idem_status status = S_record(k, side->rid[i], &record, err);
        json_array_append_new(records, record);
        TRY(status);
        if (i < MOST_MEMBERS)
            TRY(steward_reviews_of(k->store, side->rid[i], S_leads_out, k, err));
    }
    json_put(k->threshold, "join_groups", json_null());
    json_put(o, "threshold", json_incref(k->threshold));
    TRY(S_model(k, o, err));
    S_nulls(o, SEALED, COUNT_OF(SEALED));
    json_put(o, "review", json_incref(k->review));
    return S_forced(k, forced, err);
}

enum idem_status keyless_how(struct store *store, const char *key, json_t *result, struct idem_error *err)
{
    struct keyless k = {.store = store};
    enum idem_status status = S_how(&k, key, result, err);
    S_end(&k);
    return status;
}

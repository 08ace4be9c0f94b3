/*
 * Why two records are together or apart: the stored records of both sides are scored again under the stored model, by
 * the same code that decided, and every part of the total is shown.
 */
#include "engine/audit.h"
#include "engine/explain.h"
#include "engine/keyless.h"
#include "engine/mask.h"
#include "engine/master.h"
#include "engine/stored_batch.h"

#include <stdlib.h>

enum { MOST_MEMBERS = 300 };

/* The members of both sides as one batch. */
struct why {
    struct idem_session *session;
    struct store *store;
    struct arena arena;
    struct stored_batch stored;
    struct explain explain;
    bool *personal_ids; /* [n_sources] */
    struct master_found found[2];
    uint32_t from[2], to[2]; /* rows of each side; a record alone when the key names one */
};

static enum idem_status S_side(struct why *w, int side, const char *key, struct idem_error *err)
{
    int64_t *rid;
    size_t n;
    TRY(master_find(w->store, str_from(key), &w->arena, &w->found[side], err));
    w->from[side] = w->stored.batch.n_rows;
    if (w->found[side].rid) {
        TRY(stored_batch_add(&w->stored, &w->found[side].rid, 1, err));
    } else {
        TRY(master_members(w->store, w->found[side].survivor.mid, &w->arena, &rid, &n, err));
        TRY(stored_batch_add(&w->stored, rid, n < MOST_MEMBERS ? n : MOST_MEMBERS, err));
    }
    w->to[side] = w->stored.batch.n_rows;
    if (w->to[side] == w->from[side])
        return error_set(err, IDEM_NOT_FOUND, "%s has no records now; idem history tells what became of it", key);
    return IDEM_OK;
}

static enum idem_status S_open(struct why *w, struct idem_error *err)
{
    TRY(stored_batch_open(&w->stored, w->session, w->store, err));
    TRY(stored_batch_applied_model(&w->stored, err));
    w->personal_ids = ARENA_NEW(&w->arena, bool, w->stored.n_sources + 1);
    for (size_t i = 0; i < w->stored.n_sources; i++)
        w->personal_ids[i] = w->stored.source[i].personal_ids;
    return IDEM_OK;
}

static void S_close(struct why *w)
{
    explain_deinit(&w->explain);
    stored_batch_close(&w->stored);
    arena_deinit(&w->arena);
}

/* Over the rows there are now. */
static void S_begin_explain(struct why *w)
{
    explain_deinit(&w->explain);
    explain_init(&w->explain, &w->stored.batch, &w->stored.model, w->session->config, session_masked(w->session));
    w->explain.store = w->store;
    w->explain.personal_ids = w->personal_ids;
}

/* ------------------------------------------------------------------ the pair that speaks for two sides */

static void S_best_pair(const struct why *w, uint32_t *a, uint32_t *b)
{
    int32_t best = INT32_MIN;
    *a = w->from[0];
    *b = w->from[1];
    for (uint32_t x = w->from[0]; x < w->to[0]; x++)
        for (uint32_t y = w->from[1]; y < w->to[1]; y++) {
            if (w->stored.rid[x] == w->stored.rid[y])
                continue;
            int32_t weight = scorer_score(&w->explain.scorer, 0, x, y);
            if (weight > best) {
                best = weight;
                *a = x;
                *b = y;
            }
        }
}

/* ------------------------------------------------------------------ JSON */

/* The chain of matching records from a to b through the members of their master, shortest first. */
static enum idem_status S_path(struct why *w, uint32_t a, uint32_t b, json_t **path, struct idem_error *err)
{
    int64_t *rid;
    size_t n;
    *path = json_array();
    TRY(master_members(w->store, w->found[0].survivor.mid, &w->arena, &rid, &n, err));
    for (size_t i = 0; i < n && i < MOST_MEMBERS; i++)
        if (rid[i] != w->stored.rid[a] && rid[i] != w->stored.rid[b])
            TRY(stored_batch_add(&w->stored, &rid[i], 1, err));
    S_begin_explain(w);
    uint32_t *before = ARENA_NEW(&w->arena, uint32_t, w->stored.batch.n_rows),
             *queue = ARENA_NEW(&w->arena, uint32_t, w->stored.batch.n_rows);
    uint32_t head = 0, tail = 0;
    memset(before, 0xFF, w->stored.batch.n_rows * sizeof *before);
    queue[tail++] = b;
    before[b] = b;
    while (head < tail && before[a] == UINT32_MAX) {
        uint32_t x = queue[head++];
        for (uint32_t y = 0; y < w->stored.batch.n_rows; y++)
            if (before[y] == UINT32_MAX &&
                scorer_score(&w->explain.scorer, 0, x, y) >= w->stored.model.match_threshold) {
                before[y] = x;
                queue[tail++] = y;
            }
    }
    if (before[a] == UINT32_MAX)
        return IDEM_OK;
    for (uint32_t x = a;; x = before[x]) {
        json_array_append_new(*path, explain_record(&w->explain, x));
        if (x == b)
            break;
    }
    return IDEM_OK;
}

static uint32_t S_row_of(const struct why *w, int side, int64_t rid)
{
    uint32_t row = w->from[side];
    while (row < w->to[side] && w->stored.rid[row] != rid)
        row++;
    return row < w->to[side] ? row : UINT32_MAX;
}

/* What people decided on a record of the one side and one of the other. */
static enum idem_status S_decisions(struct why *w, json_t *list, struct idem_error *err)
{
    struct decisions decisions;
    TRY(decisions_load(w->store, &w->arena, &decisions, err));
    for (size_t i = 0; i < decisions.n; i++) {
        const struct store_decision *d = &decisions.item[i];
        uint32_t a = S_row_of(w, 0, d->rid_a), b = S_row_of(w, 1, d->rid_b);
        if (a == UINT32_MAX || b == UINT32_MAX) {
            a = S_row_of(w, 1, d->rid_a);
            b = S_row_of(w, 0, d->rid_b);
        }
        if (a != UINT32_MAX && b != UINT32_MAX)
            json_array_append_new(list,
                                  decision_json(d, explain_record(&w->explain, a), explain_record(&w->explain, b)));
    }
    return IDEM_OK;
}

static enum idem_status S_explain(struct why *w, char **json, struct idem_error *err)
{
    uint32_t a, b;
    struct explained x;
    json_t *masters = json_array(), *path = NULL;
    char id[37];
    S_begin_explain(w);
    S_best_pair(w, &a, &b);
    explain_pair(&w->explain, a, b, &x);
    json_t *o = explain_json(&w->explain, &x, EXPLAIN_VALUES | EXPLAIN_KEYS);
    bool together = w->found[0].survivor.mid == w->found[1].survivor.mid;
    bool match = x.never == NEVER_NOT && x.parts.total >= w->stored.model.match_threshold;
    json_put(o, "together", json_boolean(together));
    json_t *decisions = json_array();
    json_put(o, "decisions", decisions);
    enum idem_status status = S_decisions(w, decisions, err);
    if (status == IDEM_OK && together && !match)
        status = S_path(w, a, b, &path, err);
    json_put(o, "path", path ? path : json_array());
    for (int side = 0; side < 2; side++) {
        store_uuid_format(w->found[side].survivor.uuid, id);
        json_array_append_new(masters, json_string(id));
    }
    json_put(o, "masters", masters);
    json_put(o, "masked", json_boolean(session_masked(w->session)));
    if (status == IDEM_OK)
        *json = json_text(o);
    json_decref(o);
    return status;
}

/* Without the key: what stands in the clear. */
static enum idem_status S_without_key(struct store *store, const char *a, const char *b, char **json,
                                      struct idem_error *err)
{
    json_t *o = json_object();
    enum idem_status status = keyless_why(store, (const char *const[]){a, b}, o, err);
    if (status == IDEM_OK)
        *json = json_text(o);
    json_decref(o);
    return status;
}

IDEM_API enum idem_status idem_why(struct idem_session *s, const char *a, const char *b, char **json,
                                   struct idem_error *err)
{
    struct why w = {.session = s};
    bool snapshot = false;
    enum idem_status status;
    *json = NULL;
    TRY_DONE(session_store(s, STORE_READ, &w.store, err));
    TRY_DONE(store_snapshot_begin(w.store, err));
    snapshot = true;
    if (!store_info(w.store)->has_key) {
        status = S_without_key(w.store, a, b, json, err);
        goto done;
    }
    TRY_DONE(S_open(&w, err));
    TRY_DONE(S_side(&w, 0, a, err));
    TRY_DONE(S_side(&w, 1, b, err));
    TRY_DONE(S_explain(&w, json, err));
    struct audit_subjects about = {.n = 0};
    audit_subject_key(&about, a);
    audit_subject_key(&about, b);
    for (int side = 0; side < 2; side++)
        audit_subject_master(&about, w.found[side].survivor.uuid);
    status = audit_looked_at(s, "why", &about, err);
done:
    if (status != IDEM_OK) {
        free(*json);
        *json = NULL;
    }
    if (snapshot)
        store_snapshot_end(w.store);
    S_close(&w);
    return status;
}

#include "engine/report.h"

#include <stdlib.h>

#include "base/fmath.h"
#include "engine/audit.h"
#include "engine/components.h"
#include "engine/master.h"

/* ------------------------------------------------------------------ what it is made from */

static enum idem_status S_last_run(struct report *r, struct idem_error *err)
{
    struct store_run *run;
    size_t n;
    TRY(store_get_runs(r->store, 0, &r->arena, &run, &n, err));
    for (size_t i = 0; i < n && !r->run_report; i++)
        if (run[i].committed && run[i].report.len) {
            r->run = run[i];
            TRY(json_parse(run[i].report, "report", &r->run_report, err));
            if (!json_object_get(r->run_report, "command")) /* not a run of apply: only a part was looked at */
                break;
            json_decref(r->run_report);
            r->run_report = NULL;
        }
    return IDEM_OK;
}

/* Masters of the rows, numbered by their first row. */
static enum idem_status S_masters(struct report *r, struct idem_error *err)
{
    uint32_t n = r->stored.batch.n_rows;
    TRY(identities_load(r->store, &r->identities, err));
    uint32_t *number = ARENA_NEW(&r->arena, uint32_t, r->identities.n + 1);
    r->master = ARENA_NEW(&r->arena, uint32_t, n + 1);
    for (uint32_t row = 0; row < n; row++) {
        size_t mid = (size_t)identities_survivor(&r->identities, r->stored.mid[row]);
        if (mid > r->identities.n)
            return error_set(err, IDEM_CORRUPT, "%s: a record has no master; run idem verify", r->session->db_path);
        if (!number[mid])
            number[mid] = ++r->n_masters;
        r->master[row] = number[mid] - 1;
    }
    return IDEM_OK;
}

static void S_fill(struct report *r)
{
    const struct batch *b = &r->stored.batch;
    unsigned n_fields = r->stored.schema.n_fields;
    r->fill = ARENA_NEW(&r->arena, double, n_fields + 1);
    r->has = ARENA_NEW(&r->arena, uint64_t, r->stored.n_sources * n_fields + 1);
    r->of_source = ARENA_NEW(&r->arena, uint64_t, r->stored.n_sources + 1);
    for (uint32_t row = 0; row < b->n_rows; row++)
        r->of_source[b->source[row]]++;
    for (unsigned f = 0; f < n_fields; f++) {
        uint64_t all = 0;
        for (uint32_t row = 0; row < b->n_rows; row++) {
            bool has = b->norm[f].id[row] != 0;
            all += has;
            r->has[(size_t)b->source[row] * n_fields + f] += has;
        }
        r->fill[f] = b->n_rows ? (double)all / b->n_rows : 0;
    }
}

static enum idem_status S_open(struct report *r, struct idem_error *err)
{
    TRY(S_last_run(r, err));
    TRY(stored_batch_open(&r->stored, r->session, r->store, err));
    TRY(stored_batch_applied_model(&r->stored, err));
    TRY(stored_batch_all(&r->stored, 1, err));
    TRY(S_masters(r, err));
    S_fill(r);
    explain_init(&r->explain, &r->stored.batch, &r->stored.model, r->session->config, !r->shows);
    bool *personal = ARENA_NEW(&r->arena, bool, r->stored.n_sources + 1);
    for (size_t i = 0; i < r->stored.n_sources; i++)
        personal[i] = r->stored.source[i].personal_ids;
    r->explain.personal_ids = personal;
    return IDEM_OK;
}

static void S_close(struct report *r)
{
    explain_deinit(&r->explain);
    identities_deinit(&r->identities);
    stored_batch_close(&r->stored);
    json_decref(r->run_report);
    arena_deinit(&r->arena);
}

/* ------------------------------------------------------------------ the pair that is shown part by part */

static int S_compare_rid(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static uint32_t S_row_of(const struct report *r, int64_t rid)
{
    const int64_t *at = bsearch(&rid, r->stored.rid, r->stored.batch.n_rows, sizeof rid, S_compare_rid);
    return at ? (uint32_t)(at - r->stored.rid) : STORED_NONE;
}

struct doubtful {
    const struct report *report;
    int32_t weight;
    uint32_t a, b;
};

/* The lightest pair at or above the threshold that is in one master. */
static enum idem_status S_look_at(void *context, const struct kept_component *c, struct idem_error *err)
{
    struct doubtful *d = context;
    const struct report *r = d->report;
    (void)err;
    for (size_t i = 0; i < c->n_edges; i++) {
        if (c->edge[i].weight >= d->weight || c->edge[i].weight < r->explain.model->match_threshold)
            continue;
        uint32_t a = S_row_of(r, c->rid[c->edge[i].a]), b = S_row_of(r, c->rid[c->edge[i].b]);
        if (a == STORED_NONE || b == STORED_NONE || r->master[a] != r->master[b])
            continue;
        d->weight = c->edge[i].weight;
        d->a = a;
        d->b = b;
    }
    return IDEM_OK;
}

static enum idem_status S_named_row(struct report *r, const char *key, uint32_t *row, struct idem_error *err)
{
    struct str text = str_from(key);
    size_t colon = str_find_byte(text, ':');
    *row = STORED_NONE;
    if (colon != SIZE_MAX)
        *row = stored_batch_find(&r->stored, str_sub(text, 0, colon), str_sub(text, colon + 1, text.len));
    return *row != STORED_NONE ? IDEM_OK
                               : error_set(err, IDEM_NOT_FOUND, "no record has this key; --pair takes two SOURCE:ID");
}

static enum idem_status S_pair(struct report *r, json_t *result, struct idem_error *err)
{
    struct doubtful d = {r, INT32_MAX, STORED_NONE, STORED_NONE};
    struct explained x;
    const struct idem_report_options *o = r->options;
    if (o->a && o->b) {
        TRY(S_named_row(r, o->a, &d.a, err));
        TRY(S_named_row(r, o->b, &d.b, err));
    } else {
        TRY(components_each(r->store, S_look_at, &d, err));
    }
    if (d.a == STORED_NONE) {
        json_put(result, "pair", json_null());
        return IDEM_OK;
    }
    explain_pair(&r->explain, d.a, d.b, &x);
    json_t *pair = explain_json(&r->explain, &x, o->values ? EXPLAIN_VALUES : 0);
    json_put(pair, "chosen", json_boolean(o->a && o->b));
    json_put(pair, "together", json_boolean(r->master[d.a] == r->master[d.b]));
    json_put(result, "pair", pair);
    return IDEM_OK;
}

/* ------------------------------------------------------------------ the whole */

static enum idem_status S_gather(struct report *r, json_t *o, struct idem_error *err)
{
    json_put_str(o, "version", STR(IDEM_VERSION));
    json_put(o, "values", json_boolean(r->shows));
    json_put(o, "run", report_run(r));
    json_put(o, "model", report_model(r));
    json_put(o, "comparisons", report_comparisons(r));
    json_put(o, "priors", report_priors(r));
    json_put(o, "interactions", report_interactions(r));
    json_put(o, "relatives", report_relatives(r));
    json_put(o, "blocking", report_blocking(r));
    json_put(o, "scores", report_scores(r));
    TRY(S_pair(r, o, err));
    json_put(o, "clusters", report_clusters(r));
    json_put(o, "completeness", report_completeness(r));
    json_put(o, "shared_values", report_shared_values(r));
    json_put(o, "unlinkable", report_unlinkable(r));
    json_put(o, "adds_nothing", report_adds_nothing(r));
    return IDEM_OK;
}

enum idem_status idem_report(struct idem_session *s, const struct idem_report_options *options, char **text,
                             struct idem_error *err)
{
    static const struct idem_report_options defaults = {.html = false};
    struct report r = {.session = s, .options = options ? options : &defaults};
    json_t *result = json_object();
    struct buf page = {0};
    bool snapshot = false;
    enum idem_status status;
    *text = NULL;
    r.shows = r.options->values && !session_masked(s);
    TRY_DONE(session_store(s, STORE_READ, &r.store, err));
    TRY_DONE(store_snapshot_begin(r.store, err));
    snapshot = true;
    TRY_DONE(S_open(&r, err));
    TRY_DONE(S_gather(&r, result, err));
    if (r.shows)
        TRY_DONE(audit_disclosure(s, &(struct audit_note){.verb = "report"}, err));
    if (r.options->html) {
        report_page(result, &page);
        *text = buf_cstr(&page);
    } else {
        *text = json_text(result);
    }
done:
    if (snapshot)
        store_snapshot_end(r.store);
    S_close(&r);
    json_decref(result);
    return status;
}

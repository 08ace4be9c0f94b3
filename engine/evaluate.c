#include "engine/evaluate.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/parallel.h"
#include "engine/audit.h"
#include "engine/identities.h"
#include "engine/matching.h"
#include "engine/stored_model.h"
#include "store/steward.h"

enum { MOST_JUDGED = 2000000 };

/* ------------------------------------------------------------------ reading */

/* The model that made the crosswalk, or the newest when no run tells. */
static enum idem_status S_model(struct evaluate *e, struct idem_error *err)
{
    struct stored_batch *b = &e->stored;
    struct store_run *run;
    struct store_model newest;
    size_t n;
    TRY(store_get_runs(b->store, 0, &e->arena, &run, &n, err));
    enum idem_status status = store_get_model(b->store, 0, false, &e->arena, &newest, err);
    if (status == IDEM_NOT_FOUND) /* an empty database, or one that another program filled */
        return IDEM_OK;
    TRY(status);
    int64_t id = 0;
    for (size_t i = 0; i < n && !id; i++)
        id = run[i].committed ? run[i].model : 0;
    id = id ? id : newest.id;
    e->newer_model = id != newest.id;
    TRY(store_get_model(b->store, id, true, &b->arena, &b->stored_model, err));
    TRY(stored_model_unpack(b->store, &b->stored_model, &b->arena, &b->model, err));
    e->has_model = true;
    return IDEM_OK;
}

static uint32_t S_row_of(const struct stored_batch *b, int64_t rid)
{
    uint32_t from = 0, to = b->batch.n_rows;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (b->rid[middle] < rid)
            from = middle + 1;
        else
            to = middle;
    }
    return from < b->batch.n_rows && b->rid[from] == rid ? from : STORED_NONE;
}

static enum idem_status S_take_decision(void *context, const struct store_decision *d, struct idem_error *err)
{
    struct evaluate *e = context;
    uint32_t a = S_row_of(&e->stored, d->rid_a), b = S_row_of(&e->stored, d->rid_b);
    (void)err;
    if (a != STORED_NONE && b != STORED_NONE && d->verdict != STORE_UNSURE)
        pair_set_add(&e->decided, a, b, d->verdict);
    return IDEM_OK;
}

/* ------------------------------------------------------------------ items */

/* Masters of all rows, renumbered from 0 by first appearance. */
static enum idem_status S_masters(struct evaluate *e, uint32_t *master, struct idem_error *err)
{
    struct identities all = {0};
    struct stored_batch *b = &e->stored;
    enum idem_status status = identities_load(b->store, &all, err);
    uint32_t *number = xmalloc((all.n + 1) * sizeof *number);
    memset(number, 0xFF, (all.n + 1) * sizeof *number);
    for (uint32_t row = 0; row < b->batch.n_rows && status == IDEM_OK; row++) {
        int64_t mid = identities_survivor(&all, b->mid[row]);
        if (mid <= 0 || (size_t)mid >= all.n) {
            status = error_set(err, IDEM_CORRUPT, "record %lld belongs to no master; run \"idem verify\"",
                               (long long)b->rid[row]);
            break;
        }
        if (number[mid] == UINT32_MAX)
            number[mid] = e->n_masters++;
        master[row] = number[mid];
    }
    free(number);
    identities_deinit(&all);
    return status;
}

/* A source that the database has not gets a number behind its own. */
static uint32_t S_source(const struct evaluate *e, struct dict *unknown, struct str name)
{
    for (size_t s = 0; s < e->stored.n_sources; s++)
        if (str_eq(e->stored.source[s].name, name))
            return (uint32_t)s;
    return (uint32_t)e->stored.n_sources + dict_add(unknown, name, NULL) - 1;
}

static void S_add_row(struct evaluate *e, uint32_t row, uint32_t master, uint32_t entity)
{
    e->item_of_row[row] = e->n_items;
    e->item[e->n_items++] = (struct item){row, e->stored.batch.source[row], master, entity};
}

static void S_items(struct evaluate *e, const uint32_t *master)
{
    struct dict unknown = {0};
    uint32_t n_rows = e->stored.batch.n_rows;
    bool whole = e->truth.shape == TRUTH_PAIRS;
    e->item = xmalloc(((size_t)n_rows + e->truth.n_records + 1) * sizeof *e->item);
    e->item_of_row = xmalloc(((size_t)n_rows + 1) * sizeof *e->item_of_row);
    e->item_of_record = xmalloc(((size_t)e->truth.n_records + 1) * sizeof *e->item_of_record);
    for (uint32_t row = 0; row < n_rows; row++) {
        e->item_of_row[row] = STORED_NONE;
        if (whole)
            S_add_row(e, row, master[row], 0);
    }
    for (uint32_t i = 0; i < e->truth.n_records; i++) {
        const struct truth_record *r = &e->truth.record[i];
        uint32_t row = stored_batch_find(&e->stored, r->source, r->record_id);
        if (row == STORED_NONE) {
            e->n_missing++;
            e->item[e->n_items++] =
                (struct item){STORED_NONE, S_source(e, &unknown, r->source), e->n_masters++, r->entity};
        } else if (!whole) {
            S_add_row(e, row, master[row], r->entity);
        }
        e->item_of_record[i] = row == STORED_NONE ? e->n_items - 1 : e->item_of_row[row];
    }
    dict_deinit(&unknown);
}

static void S_listed(struct evaluate *e)
{
    for (size_t i = 0; i < e->truth.n_pairs; i++)
        pair_set_add(&e->listed, e->item_of_record[e->truth.pair[i].a], e->item_of_record[e->truth.pair[i].b],
                     (uint32_t)i);
}

/* ------------------------------------------------------------------ the whole */

static enum idem_status S_read(struct evaluate *e, struct store *store, struct idem_error *err)
{
    TRY(stored_batch_open_keys(&e->stored, e->session, store, err));
    TRY(stored_batch_all(&e->stored, e->threads, err));
    if (!e->stored.no_values)
        TRY(S_model(e, err));
    TRY(steward_each_decision(store, 0, false, S_take_decision, e, err));
    uint32_t *master = xmalloc(((size_t)e->stored.batch.n_rows + 1) * sizeof *master);
    enum idem_status status = S_masters(e, master, err);
    if (status == IDEM_OK)
        S_items(e, master);
    free(master);
    TRY(status);
    S_listed(e);
    e->n_buckets = e->stored.n_sources < MOST_BUCKETS ? (unsigned)e->stored.n_sources + 1 : MOST_BUCKETS;
    return IDEM_OK;
}

static void S_score(struct evaluate *e, const struct progress *progress)
{
    uint32_t rows = e->stored.batch.n_rows;
    if (e->session->config)
        matching_field_map(e->session->config, &e->stored.schema, e->field_of);
    stored_batch_scorer(&e->stored, e->threads, &e->scorer);
    key_set_init(&e->keys, &e->stored.model, &e->stored.batch, e->threads);
    e->scores = true;
    progress_stage(progress, "score", 0, rows, "records");
    evaluate_walk(e);
    evaluate_judge(e);
    progress_stage(progress, "score", rows, rows, "records");
}

static void S_close(struct evaluate *e)
{
    if (e->scores) {
        scorer_deinit(&e->scorer);
        key_set_deinit(&e->keys);
    }
    free(e->item);
    free(e->item_of_row);
    free(e->item_of_record);
    free(e->missed.pair);
    free(e->wrong.pair);
    pair_set_deinit(&e->listed);
    pair_set_deinit(&e->decided);
    stored_batch_close(&e->stored);
    truth_deinit(&e->truth);
    arena_deinit(&e->arena);
}

static enum idem_status S_evaluate(struct evaluate *e, char **json, struct idem_error *err)
{
    struct progress progress = {0};
    struct store *store;
    if (e->options->progress)
        progress =
            (struct progress){e->options->progress->stage, e->options->progress->warn, e->options->progress->context};
    TRY(truth_read(e->options->truth_path, &e->truth, err));
    TRY(session_store(e->session, STORE_READ, &store, err));
    TRY(store_snapshot_begin(store, err));
    progress_stage(&progress, "read", 0, 0, "records");
    enum idem_status status = S_read(e, store, err);
    store_snapshot_end(store);
    TRY(status);
    evaluate_count(e);
    if (e->has_model && e->stored.batch.n_rows)
        S_score(e, &progress);
    if (e->options->errors)
        TRY(audit_disclosure(e->session, &(struct audit_note){.verb = "evaluate"}, err));
    json_t *report = evaluate_report(e);
    *json = json_text(report);
    json_decref(report);
    double f1 = evaluate_prf((double)e->pairs.all_right, (double)e->pairs.all_found, (double)e->pairs.all_truth).f1;
    if (e->options->min_f1 > 0 && f1 < e->options->min_f1)
        return error_set(err, IDEM_GATE, "gate min_f1: F1 is %.5f, it must be %.5f", f1, e->options->min_f1);
    return IDEM_OK;
}

IDEM_API enum idem_status idem_evaluate(struct idem_session *s, const struct idem_evaluate_options *options,
                                        char **json, struct idem_error *err)
{
    struct evaluate e = {.session = s, .options = options};
    *json = NULL;
    if (!options->truth_path)
        return error_set(err, IDEM_INVALID, "evaluate needs the path of a truth");
    if (!(options->min_f1 >= 0 && options->min_f1 <= 1))
        return error_set(err, IDEM_INVALID, "min_f1 must be a number from 0 to 1");
    e.threads = options->threads ? options->threads : parallel_cpus();
    e.sample = options->sample ? options->sample : MOST_JUDGED;
    enum idem_status status = S_evaluate(&e, json, err);
    S_close(&e);
    return status;
}

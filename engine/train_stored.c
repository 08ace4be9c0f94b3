/*
 * Train: a model learnt from the stored records, with labels when there are some, stored as the one that the next apply
 * uses.
 *
 * Rows are put in the order that apply gives them, so that training without labels gives the very model that
 * apply --retrain would.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "base/radix.h"
#include "engine/audit.h"
#include "engine/stored_batch.h"
#include "engine/train_report.h"

enum { MOST_SAME = 1000000, MOST_DIFFERENT = 200000 };

struct train {
    struct idem_session *session;
    const struct config *config;
    const struct idem_train_options *options;
    struct progress progress;
    unsigned threads;
    struct arena arena;
    struct truth truth;
    struct load load; /* its batch is that of `stored`, in apply's order */
    struct stored_batch stored;
    struct matching matching;
    struct train_result result;
    uint32_t *row_of; /* [truth.n_records] or STORED_NONE */
    struct labelled_pair *pair;
    size_t n_pairs, pairs_room;
};

static void S_add(struct train *t, uint32_t a, uint32_t b, bool same)
{
    if (t->n_pairs == t->pairs_room) {
        t->pairs_room = t->pairs_room ? t->pairs_room * 2 : 1024;
        t->pair = xrealloc(t->pair, t->pairs_room * sizeof *t->pair);
    }
    t->pair[t->n_pairs++] = (struct labelled_pair){a, b, same};
    *(same ? &t->result.same : &t->result.different) += 1;
}

/* ------------------------------------------------------------------ reading */

static enum idem_status S_read(struct train *t, struct store *store, struct idem_error *err)
{
    TRY(stored_batch_open(&t->stored, t->session, store, err));
    for (unsigned f = 0; f < t->config->schema.n_fields; f++)
        if (schema_find(&t->stored.schema, t->config->schema.field[f].name) < 0)
            return error_set(err, IDEM_INVALID, "field %.*s is configured and not in the database yet; run idem apply",
                             STR_ARG(t->config->schema.field[f].name));
    TRY(stored_batch_all(&t->stored, t->threads, err));
    if (t->stored.batch.n_rows == 0)
        return error_set(err, IDEM_INVALID, "%s: holds no records to learn from", t->session->db_path);
    t->load.batch = t->stored.batch;
    load_settle(&t->load);
    t->stored.batch = t->load.batch; /* rid and mid are in another order now, and not needed */
    return IDEM_OK;
}

/* ------------------------------------------------------------------ labels */

static void S_map_records(struct train *t)
{
    t->row_of = xmalloc(((size_t)t->truth.n_records + 1) * sizeof *t->row_of);
    for (uint32_t i = 0; i < t->truth.n_records; i++) {
        t->row_of[i] = stored_batch_find(&t->stored, t->truth.record[i].source, t->truth.record[i].record_id);
        t->result.missing += t->row_of[i] == STORED_NONE;
    }
}

static void S_listed_pairs(struct train *t)
{
    for (size_t i = 0; i < t->truth.n_pairs; i++) {
        const struct truth_pair *p = &t->truth.pair[i];
        if (t->row_of[p->a] != STORED_NONE && t->row_of[p->b] != STORED_NONE)
            S_add(t, t->row_of[p->a], t->row_of[p->b], p->same);
    }
}

/* Rows by entity. */
static struct key_row *S_by_entity(const struct train *t, size_t *n)
{
    struct key_row *entry = xmalloc(((size_t)t->truth.n_records + 1) * sizeof *entry),
                   *scratch = xmalloc(((size_t)t->truth.n_records + 1) * sizeof *entry);
    *n = 0;
    for (uint32_t i = 0; i < t->truth.n_records; i++)
        if (t->row_of[i] != STORED_NONE)
            entry[(*n)++] = (struct key_row){t->truth.record[i].entity, t->row_of[i]};
    radix_sort(entry, scratch, *n);
    free(scratch);
    return entry;
}

/* All pairs of labelled records, or a sample of the different ones with a fixed seed. */
static void S_cluster_pairs(struct train *t)
{
    size_t n;
    struct key_row *entry = S_by_entity(t, &n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n && entry[j].key == entry[i].key && t->result.same < MOST_SAME; j++)
            S_add(t, entry[i].row, entry[j].row, true);
    uint64_t state = 0x6c6162656c;
    if (n * (n - (n > 0)) / 2 <= MOST_DIFFERENT) {
        for (size_t i = 0; i < n; i++)
            for (size_t j = i + 1; j < n; j++)
                if (entry[i].key != entry[j].key)
                    S_add(t, entry[i].row, entry[j].row, false);
    } else {
        for (unsigned k = 0; k < MOST_DIFFERENT; k++) {
            size_t i = random_below(&state, n), j = random_below(&state, n);
            if (entry[i].key != entry[j].key)
                S_add(t, entry[i].row, entry[j].row, false);
        }
    }
    free(entry);
}

static enum idem_status S_labels(struct train *t, struct idem_error *err)
{
    TRY(truth_check_labels(&t->truth, err));
    S_map_records(t);
    if (t->truth.shape == TRUTH_CLUSTERS)
        S_cluster_pairs(t);
    else
        S_listed_pairs(t);
    if (!t->n_pairs)
        return error_set(err, IDEM_INVALID, "%s: no labelled pair is of records in the database", t->truth.path.ptr);
    return IDEM_OK;
}

/* ------------------------------------------------------------------ threshold */

struct weights {
    struct labelled_weight *at;
    size_t n;
    uint64_t missed; /* same pairs that no rule proposes or that weigh next to nothing */
};

/* Labelled pairs; what a rule of the configuration decides has no need of a threshold. */
static struct weights S_weights_of_pairs(const struct train *t)
{
    struct weights w = {xmalloc((t->n_pairs + 1) * sizeof *w.at), 0, 0};
    unsigned field_of[MOST_FIELDS];
    matching_field_map(t->config, &t->stored.schema, field_of);
    for (size_t i = 0; i < t->n_pairs; i++) {
        const struct labelled_pair *p = &t->pair[i];
        if (scorer_never(&t->matching.scorer, p->a, p->b) ||
            (t->config->n_rules && matching_rule_of(t->config, &t->load.batch, field_of, p->a, p->b) >= 0))
            continue;
        w.at[w.n++] = (struct labelled_weight){scorer_score(&t->matching.scorer, 0, p->a, p->b), p->same};
    }
    return w;
}

/* All candidates among labelled records, so that the few wrong ones that weigh much are among them. */
static struct weights S_weights_of_clusters(const struct train *t)
{
    const struct edge_list *edges = &t->matching.edges;
    struct weights w = {xmalloc((edges->n + 1) * sizeof *w.at), 0, t->result.same};
    uint32_t *entity = xmalloc(((size_t)t->load.batch.n_rows + 1) * sizeof *entity);
    memset(entity, 0xFF, (size_t)t->load.batch.n_rows * sizeof *entity);
    for (uint32_t i = 0; i < t->truth.n_records; i++)
        if (t->row_of[i] != STORED_NONE)
            entity[t->row_of[i]] = t->truth.record[i].entity;
    for (size_t i = 0; i < edges->n; i++) {
        const struct edge *e = &edges->edge[i];
        if (entity[e->a] == UINT32_MAX || entity[e->b] == UINT32_MAX)
            continue;
        bool same = entity[e->a] == entity[e->b];
        w.missed -= same && w.missed > 0;
        w.at[w.n++] = (struct labelled_weight){e->weight, same};
    }
    free(entity);
    return w;
}

static void S_threshold(struct train *t)
{
    struct model *m = &t->stored.model;
    t->result.learnt_threshold = m->match_threshold;
    if (!t->n_pairs || t->config->match.kind != THRESHOLD_AUTO)
        return;
    struct weights w = t->truth.shape == TRUTH_CLUSTERS ? S_weights_of_clusters(t) : S_weights_of_pairs(t);
    m->match_threshold = labels_threshold(w.at, w.n, w.missed, m->match_threshold);
    t->result.calibrated = m->match_threshold != t->result.learnt_threshold;
    matching_review_threshold(t->config, m);
    free(w.at);
}

/* ------------------------------------------------------------------ the whole */

static enum idem_status S_learn(struct train *t, struct idem_error *err)
{
    struct matching_labels labels = {t->pair, t->n_pairs, t->truth.shape == TRUTH_CLUSTERS};
    struct model *m = &t->stored.model;
    TRY(matching_train_labelled(t->config, &t->load.batch, &labels, t->threads, &t->progress, &t->arena, m, NULL, NULL,
                                err));
    TRY(matching_run(t->config, &t->load, m, true, t->threads, &t->progress, &t->matching, err));
    S_threshold(t);
    return IDEM_OK;
}

static enum idem_status S_store(struct train *t, struct idem_error *err)
{
    struct store *store;
    struct buf body = {0};
    TRY(session_store(t->session, STORE_WRITE, &store, err));
    TRY(store_begin(store, err));
    model_pack(&t->stored.model, &body);
    int64_t now = t->options->now_ms ? t->options->now_ms : clock_now_ms();
    t->stored.stored_model = (struct store_model){.created_ms = now, .body = buf_view(&body)};
    enum idem_status status = store_put_model(store, &t->stored.stored_model, err);
    if (status == IDEM_OK)
        status = audit_change(t->session, store, &(struct audit_note){.verb = "train"}, err);
    if (status == IDEM_OK)
        status = store_commit(store, err);
    else
        store_rollback(store);
    buf_deinit(&body);
    return status;
}

static enum idem_status S_train(struct train *t, char **json, struct idem_error *err)
{
    struct store *store;
    if (t->options->labels_path)
        TRY(truth_read(t->options->labels_path, &t->truth, err));
    TRY(session_store(t->session, STORE_READ, &store, err));
    progress_stage(&t->progress, "read", 0, 0, "records");
    TRY(store_snapshot_begin(store, err));
    enum idem_status status = S_read(t, store, err);
    store_snapshot_end(store);
    TRY(status);
    if (t->options->labels_path)
        TRY(S_labels(t, err));
    TRY(S_learn(t, err));
    TRY(S_store(t, err));
    t->result.truth = t->options->labels_path ? &t->truth : NULL;
    json_t *report = train_report(&t->stored, &t->result);
    *json = json_text(report);
    json_decref(report);
    return IDEM_OK;
}

IDEM_API enum idem_status idem_train(struct idem_session *s, const struct idem_train_options *options, char **json,
                                     struct idem_error *err)
{
    static const struct idem_train_options defaults = {0};
    struct train t = {.session = s, .options = options ? options : &defaults};
    *json = NULL;
    TRY(session_config(s, &t.config, err));
    t.threads = t.options->threads ? t.options->threads : parallel_cpus();
    if (t.options->progress)
        t.progress =
            (struct progress){t.options->progress->stage, t.options->progress->warn, t.options->progress->context};
    enum idem_status status = S_train(&t, json, err);
    matching_deinit(&t.matching);
    stored_batch_close(&t.stored);
    truth_deinit(&t.truth);
    free(t.row_of);
    free(t.pair);
    arena_deinit(&t.arena);
    return status;
}

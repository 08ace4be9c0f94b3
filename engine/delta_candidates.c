/*
 * Which stored records the new versions may be: those that share a key of some rule, weighed by the scorer of a whole
 * run. What comes near enough to be joined is touched; what is in doubt is for the review list.
 */
#include <stdlib.h>

#include "base/parallel.h"
#include "base/radix.h"
#include "engine/delta_run.h"
#include "record/pack.h"
#include "store/applied.h"
#include "store/segment_join.h"

enum { PAIRS_A_TASK = 1 << 12 };

/* The keys of the new versions by one rule, and the stored records that have them. */
struct rule_blocks {
    uint64_t *key; /* [n_keys] as stored, ascending */
    size_t n_keys;
    uint32_t *at;  /* [n_keys + 1] into row */
    uint32_t *row; /* new versions with the key */
    struct segment_matches found;
    size_t *found_at; /* [n_keys + 1] into found.match */
};

/* New versions [from, past) of one key with all that share it. */
struct pair_task {
    unsigned rule;
    size_t key, from, past;
};

/* What one worker has found: what comes of it does not depend on who finds what. */
struct found_pairs {
    struct edge_list edges;
    uint64_t pairs;
};

struct candidates {
    struct delta *delta;
    struct key_set keys; /* of the new versions */
    struct rule_blocks rule[MOST_RULES];
    struct pair_task *task;
    size_t n_tasks, tasks_room;
    struct found_pairs *found; /* [threads] */
    struct scorer scorer;
    unsigned field_of[MOST_FIELDS];
    int32_t floor;
};

/* ------------------------------------------------------------------ keys */

static void S_sorted_keys(struct candidates *c, unsigned k)
{
    const struct rule_keys *keys = &c->keys.rule[k];
    struct rule_blocks *b = &c->rule[k];
    uint32_t n_rows = c->keys.n_rows;
    size_t n = keys->at[n_rows];
    struct key_row *entry = xmalloc((n + 1) * sizeof *entry), *scratch = xmalloc((n + 1) * sizeof *scratch);
    for (uint32_t row = 0; row < n_rows; row++)
        for (uint32_t i = keys->at[row]; i < keys->at[row + 1]; i++)
            entry[i] = (struct key_row){segment_key(c->delta->store, keys->key[i]), row};
    radix_sort(entry, scratch, n);
    b->key = xmalloc((n + 1) * sizeof *b->key);
    b->at = xmalloc((n + 2) * sizeof *b->at);
    b->row = xmalloc((n + 1) * sizeof *b->row);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || entry[i].key != entry[i - 1].key) {
            b->at[b->n_keys] = (uint32_t)i;
            b->key[b->n_keys++] = entry[i].key;
        }
        b->row[i] = entry[i].row;
    }
    b->at[b->n_keys] = (uint32_t)n;
    free(entry);
    free(scratch);
}

/* The rule that compares all with all: its key is everybody's. */
static enum idem_status S_everybody(struct candidates *c, struct rule_blocks *b, struct idem_error *err)
{
    struct store_read_options options = {.order = STORE_BY_RID};
    struct store_cursor *cursor;
    size_t room = 0;
    if (!b->n_keys)
        return IDEM_OK;
    TRY(store_records_open(c->delta->store, &options, &cursor, err));
    enum idem_status status = IDEM_OK;
    for (bool more = true; status == IDEM_OK && more;) {
        struct store_record record;
        status = store_records_next(cursor, &record, &more, err);
        if (status != IDEM_OK || !more)
            break;
        if (b->found.n == room) {
            room = room ? room * 2 : 256;
            b->found.match = xrealloc(b->found.match, room * sizeof *b->found.match);
        }
        b->found.match[b->found.n++] = (struct segment_match){0, (uint32_t)record.rid};
    }
    store_records_close(cursor);
    return status;
}

static bool S_is_all(const struct candidates *c, unsigned k)
{
    return c->delta->run->model.rule[k].key[0].derivation == KEY_ALL;
}

/* Leaves those out that are no more what they were; false when the block is, or was, too large to be compared. */
static bool S_index_found(struct candidates *c, unsigned k)
{
    struct rule_blocks *b = &c->rule[k];
    size_t i = 0, kept = 0;
    b->found_at = xmalloc((b->n_keys + 1) * sizeof *b->found_at);
    for (size_t key = 0; key < b->n_keys; key++) {
        size_t before = i;
        b->found_at[key] = kept;
        for (; i < b->found.n && b->found.match[i].key == key; i++)
            if (!delta_leaves(c->delta, b->found.match[i].rid))
                b->found.match[kept++] = b->found.match[i];
        size_t after = kept - b->found_at[key] + (b->at[key + 1] - b->at[key]);
        if (!S_is_all(c, k) && (i - before > MOST_BLOCK || after > MOST_BLOCK))
            return false;
    }
    b->found.n = kept;
    b->found_at[b->n_keys] = kept;
    return true;
}

static enum idem_status S_blocks(struct candidates *c, struct idem_error *err)
{
    struct delta *d = c->delta;
    for (unsigned k = 0; k < c->keys.n_rules && !d->whole; k++) {
        struct rule_blocks *b = &c->rule[k];
        S_sorted_keys(c, k);
        if (S_is_all(c, k))
            TRY(S_everybody(c, b, err));
        else
            TRY(segment_join(d->store, k, b->key, b->n_keys, d->run->threads, &b->found, err));
        d->whole |= !S_index_found(c, k);
    }
    return IDEM_OK;
}

/* ------------------------------------------------------------------ the records behind them */

static int S_ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void S_list(struct candidates *c)
{
    struct delta *d = c->delta;
    size_t n = 0, kept = 0;
    for (unsigned k = 0; k < c->keys.n_rules; k++)
        n += c->rule[k].found.n;
    d->candidate = ARENA_NEW(&d->arena, int64_t, n + 1);
    n = 0;
    for (unsigned k = 0; k < c->keys.n_rules; k++)
        for (size_t i = 0; i < c->rule[k].found.n; i++)
            d->candidate[n++] = c->rule[k].found.match[i].rid;
    if (n)
        qsort(d->candidate, n, sizeof *d->candidate, S_ascending);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || d->candidate[i] != d->candidate[i - 1])
            d->candidate[kept++] = d->candidate[i];
    d->n_candidates = kept;
}

static uint32_t S_row(const struct delta *d, int64_t rid)
{
    const int64_t *at = bsearch(&rid, d->candidate, d->n_candidates, sizeof rid, S_ascending);
    return d->n_new + (uint32_t)(at - d->candidate);
}

static enum idem_status S_append(void *context, size_t i, const struct store_record *record, struct idem_error *err)
{
    struct delta *d = context;
    (void)i;
    return delta_append(d, record, err);
}

/* ------------------------------------------------------------------ pairs */

static void S_add_task(struct candidates *c, unsigned rule, size_t key, size_t from, size_t past)
{
    if (c->n_tasks == c->tasks_room) {
        c->tasks_room = c->tasks_room ? c->tasks_room * 2 : 1024;
        c->task = xrealloc(c->task, c->tasks_room * sizeof *c->task);
    }
    c->task[c->n_tasks++] = (struct pair_task){.rule = rule, .key = key, .from = from, .past = past};
}

static void S_tasks(struct candidates *c)
{
    for (unsigned k = 0; k < c->keys.n_rules; k++) {
        const struct rule_blocks *b = &c->rule[k];
        for (size_t key = 0; key < b->n_keys; key++) {
            size_t others = b->found_at[key + 1] - b->found_at[key] + (b->at[key + 1] - b->at[key]) - 1;
            size_t step = others ? PAIRS_A_TASK / others + 1 : 0;
            for (size_t from = b->at[key]; others && from < b->at[key + 1]; from += step)
                S_add_task(c, k, key, from, from + step < b->at[key + 1] ? from + step : b->at[key + 1]);
        }
    }
}

static void S_visit(struct candidates *c, unsigned worker, uint32_t a, uint32_t b)
{
    const struct apply_run *r = c->delta->run;
    c->found[worker].pairs++;
    if (scorer_never(&c->scorer, a, b))
        return;
    int32_t weight = scorer_score_above(&c->scorer, worker, a, b, c->floor);
    int rule = r->config->n_rules ? matching_rule_of(r->config, &r->load.batch, c->field_of, a, b) : -1;
    if (rule >= 0 && r->config->rule[rule].verdict == RULE_SAME)
        weight = INT32_MAX;
    if (weight >= c->floor)
        edge_list_add(&c->found[worker].edges, (struct edge){a, b, weight, (uint32_t)(rule + 1)});
}

static void S_run_task(void *context, size_t item, unsigned worker)
{
    struct candidates *c = context;
    const struct pair_task *t = &c->task[item];
    const struct rule_blocks *b = &c->rule[t->rule];
    for (size_t i = t->from; i < t->past; i++) {
        for (size_t j = i + 1; j < b->at[t->key + 1]; j++)
            S_visit(c, worker, b->row[i], b->row[j]);
        for (size_t j = b->found_at[t->key]; j < b->found_at[t->key + 1]; j++)
            S_visit(c, worker, b->row[i], S_row(c->delta, b->found.match[j].rid));
    }
}

static int S_by_rows(const void *p, const void *q)
{
    const struct edge *x = p, *y = q;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return (x->b > y->b) - (x->b < y->b);
}

static void S_doubt(struct delta *d, const struct delta_pair *pair)
{
    if (d->n_doubtful == d->doubtful_room) {
        d->doubtful_room = d->doubtful_room ? d->doubtful_room * 2 : 64;
        d->doubtful = xrealloc(d->doubtful, d->doubtful_room * sizeof *d->doubtful);
    }
    d->doubtful[d->n_doubtful++] = *pair;
}

static unsigned S_workers(const struct candidates *c)
{
    return c->delta->run->threads ? c->delta->run->threads : 1;
}

/* Of pairs with stored records: those of two new versions are found again when the part is matched. */
static void S_take_edges(struct candidates *c)
{
    struct delta *d = c->delta;
    struct edge_list all = {0};
    for (unsigned w = 0; w < S_workers(c); w++) {
        struct found_pairs *found = &c->found[w];
        d->pairs += found->pairs;
        for (size_t i = 0; i < found->edges.n; i++)
            if (found->edges.edge[i].b >= d->n_new)
                edge_list_add(&all, found->edges.edge[i]);
        edge_list_deinit(&found->edges);
    }
    if (all.n)
        qsort(all.edge, all.n, sizeof *all.edge, S_by_rows);
    for (size_t i = 0; i < all.n; i++) {
        const struct edge *e = &all.edge[i];
        if (i && S_by_rows(e, e - 1) == 0)
            continue;
        struct delta_pair pair = {d->candidate[e->b - d->n_new], e->a, e->weight};
        if (e->weight >= cluster_near(&d->run->model))
            delta_touch(d, pair.rid);
        if (e->rule == 0 && e->weight >= d->run->model.review_threshold)
            S_doubt(d, &pair);
    }
    edge_list_deinit(&all);
}

static void S_weigh(struct candidates *c)
{
    struct apply_run *r = c->delta->run;
    int32_t near = cluster_near(&r->model), review = r->model.review_threshold;
    c->floor = near < review ? near : review;
    matching_field_map(r->config, r->load.batch.schema, c->field_of);
    scorer_init(&c->scorer, &r->model, &r->load.batch, r->threads);
    c->scorer.unique = matching_unique(r->config, &r->load.batch, &c->delta->arena);
    S_tasks(c);
    c->found = xcalloc(S_workers(c), sizeof *c->found);
    parallel_for(r->threads, c->n_tasks, S_run_task, c);
    S_take_edges(c);
    scorer_deinit(&c->scorer);
}

/* ------------------------------------------------------------------ */

static int S_by_row_and_rid(const void *p, const void *q)
{
    const struct delta_pair *x = p, *y = q;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return (x->rid > y->rid) - (x->rid < y->rid);
}

/* What the caller has found, in the order in which it would have been found here. */
static void S_take_near(struct delta *d)
{
    if (d->n_near)
        qsort(d->near, d->n_near, sizeof *d->near, S_by_row_and_rid);
    for (size_t i = 0; i < d->n_near; i++) {
        const struct delta_pair *pair = &d->near[i];
        if (delta_leaves(d, pair->rid))
            continue;
        if (pair->weight >= cluster_near(&d->run->model))
            delta_touch(d, pair->rid);
        if (pair->weight >= d->run->model.review_threshold)
            S_doubt(d, pair);
    }
}

static enum idem_status S_find(struct candidates *c, struct idem_error *err)
{
    struct delta *d = c->delta;
    key_set_init(&c->keys, &d->run->model, &d->run->load.batch, d->run->threads);
    for (unsigned k = 0; k < c->keys.n_rules; k++)
        d->unrefined_now += c->keys.rule[k].lost;
    d->unkeyed_now = key_set_unkeyed(&c->keys);
    if (d->has_near) {
        S_take_near(d);
        return IDEM_OK;
    }
    TRY(S_blocks(c, err));
    if (d->whole)
        return IDEM_OK;
    S_list(c);
    TRY(store_each_record(d->store, d->candidate, d->n_candidates, d->run->threads, S_append, d, err));
    S_weigh(c);
    return IDEM_OK;
}

enum idem_status delta_candidates(struct delta *d, struct idem_error *err)
{
    struct candidates *c = xcalloc(1, sizeof *c);
    c->delta = d;
    enum idem_status status = S_find(c, err);
    for (unsigned k = 0; k < MOST_RULES; k++) {
        free(c->rule[k].key);
        free(c->rule[k].at);
        free(c->rule[k].row);
        free(c->rule[k].found.match);
        free(c->rule[k].found_at);
    }
    key_set_deinit(&c->keys);
    free(c->task);
    free(c->found);
    free(c);
    return status;
}

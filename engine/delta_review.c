/*
 * The review list after a run over a part. Pairs of two records outside stay; a pair with a record that changed or went
 * is looked for anew; the others are told again with the masters that their records are in now.
 */
#include <stdlib.h>

#include "engine/delta_run.h"
#include "engine/review_list.h"

/* One side of a pair: a cluster of the part, or a master outside. */
struct side {
    int64_t master; /* cluster + 1 of the part, or -mid */
    uint32_t n;     /* records */
};

struct doubt {
    int64_t x, y; /* sides, smaller first */
    struct store_review review;
};

struct doubts {
    struct delta *delta;
    struct store *store;
    uint32_t *size; /* [n_clusters] */
    struct doubt *item;
    size_t n, room;
    struct store_review *list; /* what the list will be */
    size_t n_list, list_room;
    struct arena scratch;
};

static void S_list(struct doubts *d, const struct store_review *review)
{
    if (d->n_list == d->list_room) {
        d->list_room = d->list_room ? d->list_room * 2 : 256;
        d->list = xrealloc(d->list, d->list_room * sizeof *d->list);
    }
    d->list[d->n_list++] = *review;
}

static void S_doubt(struct doubts *d, struct side a, struct side b, struct store_review review)
{
    if (a.master == b.master)
        return;
    if (d->n == d->room) {
        d->room = d->room ? d->room * 2 : 256;
        d->item = xrealloc(d->item, d->room * sizeof *d->item);
    }
    review.effect = a.n < b.n ? a.n : b.n;
    d->item[d->n++] =
        (struct doubt){a.master < b.master ? a.master : b.master, a.master < b.master ? b.master : a.master, review};
}

static struct side S_of_row(const struct doubts *d, uint32_t row)
{
    uint32_t cluster = d->delta->run->matching.clusters.cluster[row];
    return (struct side){(int64_t)cluster + 1, d->size[cluster]};
}

static uint32_t S_row(const struct doubts *d, int64_t rid)
{
    const struct apply_run *r = d->delta->run;
    uint32_t at = previous_record(&r->previous, rid);
    return at == PREVIOUS_NONE ? PREVIOUS_NONE : r->previous.record[at].row;
}

static enum idem_status S_outside(struct doubts *d, int64_t rid, struct side *side, struct idem_error *err)
{
    struct store_record record;
    struct store_master master;
    TRY(store_get_record(d->store, rid, false, &d->scratch, &record, err));
    TRY(store_survivor(d->store, record.mid, &d->scratch, &master, err));
    *side = (struct side){-master.mid, master.n};
    arena_reset(&d->scratch);
    return IDEM_OK;
}

static enum idem_status S_side(struct doubts *d, int64_t rid, struct side *side, struct idem_error *err)
{
    uint32_t row = S_row(d, rid);
    if (row == PREVIOUS_NONE)
        return S_outside(d, rid, side, err);
    *side = S_of_row(d, row);
    return IDEM_OK;
}

/* ------------------------------------------------------------------ where they come from */

static enum idem_status S_stored(void *context, const struct store_review *review, struct idem_error *err)
{
    struct doubts *d = context;
    struct side a, b;
    if (delta_leaves(d->delta, review->rid_a) || delta_leaves(d->delta, review->rid_b))
        return IDEM_OK;
    if (S_row(d, review->rid_a) == PREVIOUS_NONE && S_row(d, review->rid_b) == PREVIOUS_NONE) {
        S_list(d, review);
        return IDEM_OK;
    }
    TRY(S_side(d, review->rid_a, &a, err));
    TRY(S_side(d, review->rid_b, &b, err));
    S_doubt(d, a, b, *review);
    return IDEM_OK;
}

static struct store_review S_review(const struct doubts *d, int64_t a, int64_t b, int32_t weight)
{
    return (struct store_review){
        .rid_a = a < b ? a : b, .rid_b = a < b ? b : a, .weight = weight, .run = store_next_run(d->store)};
}

static void S_inside(struct doubts *d)
{
    const struct apply_run *r = d->delta->run;
    for (size_t i = 0; i < r->matching.edges.n; i++) {
        const struct edge *e = &r->matching.edges.edge[i];
        if (e->weight >= r->model.review_threshold)
            S_doubt(d, S_of_row(d, e->a), S_of_row(d, e->b), S_review(d, r->rid[e->a], r->rid[e->b], e->weight));
    }
}

/* New versions keep their order when the part is settled. */
static uint32_t *S_new_rows(const struct doubts *d, struct arena *out)
{
    const struct apply_run *r = d->delta->run;
    uint32_t *row = ARENA_NEW(out, uint32_t, d->delta->n_new + 1), n = 0;
    for (uint32_t i = 0; i < r->load.batch.n_rows && n < d->delta->n_new; i++)
        if (!r->load.rid[i] || delta_leaves(d->delta, r->load.rid[i]))
            row[n++] = i;
    return row;
}

static enum idem_status S_across(struct doubts *d, struct idem_error *err)
{
    const struct apply_run *r = d->delta->run;
    struct arena rows = {0};
    const uint32_t *row = S_new_rows(d, &rows);
    enum idem_status status = IDEM_OK;
    for (size_t i = 0; status == IDEM_OK && i < d->delta->n_doubtful; i++) {
        const struct delta_pair *pair = &d->delta->doubtful[i];
        struct side other;
        if (S_row(d, pair->rid) != PREVIOUS_NONE)
            continue; /* found inside */
        status = S_outside(d, pair->rid, &other, err);
        if (status == IDEM_OK)
            S_doubt(d, S_of_row(d, row[pair->row]), other,
                    S_review(d, r->rid[row[pair->row]], pair->rid, pair->weight));
    }
    arena_deinit(&rows);
    return status;
}

/* ------------------------------------------------------------------ one pair of each two masters */

static int S_by_sides(const void *a, const void *b)
{
    const struct doubt *p = a, *q = b;
    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    if (p->y != q->y)
        return p->y < q->y ? -1 : 1;
    if (p->review.weight != q->review.weight)
        return p->review.weight > q->review.weight ? -1 : 1;
    if (p->review.rid_a != q->review.rid_a)
        return p->review.rid_a < q->review.rid_a ? -1 : 1;
    return (p->review.rid_b > q->review.rid_b) - (p->review.rid_b < q->review.rid_b);
}

/* Two masters that a decision keeps apart are no question, whichever of their records it names. */
static bool S_is_apart(const struct doubts *d, const struct doubt *x)
{
    const struct matching *m = &d->delta->run->matching;
    for (size_t i = 0; i < m->n_decided; i++) {
        int64_t p = (int64_t)m->clusters.cluster[m->forced[i].a] + 1,
                q = (int64_t)m->clusters.cluster[m->forced[i].b] + 1;
        if (!m->forced[i].same && (p < q ? p : q) == x->x && (p < q ? q : p) == x->y)
            return true;
    }
    return false;
}

static void S_choose(struct doubts *d)
{
    if (d->n)
        qsort(d->item, d->n, sizeof *d->item, S_by_sides);
    for (size_t i = 0; i < d->n; i++) {
        const struct doubt *x = &d->item[i];
        bool first = i == 0 || x->x != x[-1].x || x->y != x[-1].y;
        if (first && !S_is_apart(d, x))
            S_list(d, &x->review);
    }
}

/* The records of the part, those that go too. */
static int64_t *S_rids(struct doubts *d, size_t *n)
{
    const struct apply_run *r = d->delta->run;
    int64_t *rid = xmalloc((r->load.batch.n_rows + d->delta->n_leaving + 1) * sizeof *rid);
    *n = 0;
    for (uint32_t row = 0; row < r->load.batch.n_rows; row++)
        rid[(*n)++] = r->rid[row];
    for (size_t i = 0; i < d->delta->n_leaving; i++)
        rid[(*n)++] = d->delta->leaving[i].rid;
    return rid;
}

/* A few records: only the pairs that name one of them are looked at. */
static enum idem_status S_put_few(struct doubts *d, struct idem_error *err)
{
    const struct apply_run *r = d->delta->run;
    enum idem_status status = IDEM_OK;
    size_t n;
    int64_t *rid = S_rids(d, &n);
    for (size_t i = 0; i < n; i++)
        TRY_DONE(steward_reviews_of(d->store, rid[i], S_stored, d, err));
    S_inside(d);
    TRY_DONE(S_across(d, err));
    S_choose(d);
    status = reviews_change(d->store, &r->decisions, r->model.match_threshold, rid, n, d->list, d->n_list, err);
done:
    free(rid);
    return status;
}

static enum idem_status S_put(struct doubts *d, struct idem_error *err)
{
    enum { FEW = 1000 };
    const struct apply_run *r = d->delta->run;
    d->size = xcalloc((size_t)r->matching.clusters.n_clusters + 1, sizeof *d->size);
    for (uint32_t row = 0; row < r->load.batch.n_rows; row++)
        d->size[r->matching.clusters.cluster[row]]++;
    if (r->load.batch.n_rows + d->delta->n_leaving <= FEW)
        return S_put_few(d, err);
    TRY(steward_each_review(d->store, S_stored, d, err));
    S_inside(d);
    TRY(S_across(d, err));
    S_choose(d);
    return reviews_replace(d->store, &r->decisions, r->model.match_threshold, d->list, d->n_list, err);
}

enum idem_status delta_put_reviews(struct delta *delta, struct store *store, struct idem_error *err)
{
    struct doubts d = {.delta = delta, .store = store};
    enum idem_status status = S_put(&d, err);
    free(d.size);
    free(d.item);
    free(d.list);
    arena_deinit(&d.scratch);
    return status;
}

#include "engine/review_list.h"

#include <stdlib.h>

#include "base/fmath.h"

enum { MOST_REVIEWS = 20000 };

double review_priority(int32_t weight, int32_t match_threshold, uint32_t effect)
{
    double away = weight_to_bits(weight - match_threshold);
    double p = 1 / (1 + fmath_exp2(-away));
    return 4 * p * (1 - p) * effect;
}

/* ------------------------------------------------------------------ finding */

struct pair {
    int64_t a, b;
};

static int S_by_pair(const void *a, const void *b)
{
    const struct pair *p = a, *q = b;
    if (p->a != q->a)
        return p->a < q->a ? -1 : 1;
    return (p->b > q->b) - (p->b < q->b);
}

struct found {
    uint32_t x, y; /* clusters, smaller first */
    struct store_review review;
    double priority;
};

struct finding {
    struct found *item;
    size_t n, room;
};

static int S_by_clusters(const void *a, const void *b)
{
    const struct found *p = a, *q = b;
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

static int S_by_priority(const void *a, const void *b)
{
    const struct found *p = a, *q = b;
    if (p->priority != q->priority)
        return p->priority > q->priority ? -1 : 1;
    if (p->review.rid_a != q->review.rid_a)
        return p->review.rid_a < q->review.rid_a ? -1 : 1;
    return (p->review.rid_b > q->review.rid_b) - (p->review.rid_b < q->review.rid_b);
}

static void S_add(struct finding *f, const struct apply_run *r, const uint32_t *size, const struct edge *e)
{
    uint32_t x = r->matching.clusters.cluster[e->a], y = r->matching.clusters.cluster[e->b];
    int64_t a = r->rid[e->a], b = r->rid[e->b];
    if (f->n == f->room) {
        f->room = 2 * f->room + 256;
        f->item = xrealloc(f->item, f->room * sizeof *f->item);
    }
    struct store_review review = {.rid_a = a < b ? a : b,
                                  .rid_b = a < b ? b : a,
                                  .weight = e->weight,
                                  .effect = size[x] < size[y] ? size[x] : size[y]};
    f->item[f->n++] = (struct found){x < y ? x : y, x < y ? y : x, review,
                                     review_priority(e->weight, r->model.match_threshold, review.effect)};
}

/* Two masters that a decision keeps apart are no question, whichever of their records it names. */
static size_t S_kept_apart(const struct matching *m, struct pair *apart)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n_decided; i++) {
        int64_t x = m->clusters.cluster[m->forced[i].a], y = m->clusters.cluster[m->forced[i].b];
        if (!m->forced[i].same)
            apart[n++] = (struct pair){x < y ? x : y, x < y ? y : x};
    }
    if (n)
        qsort(apart, n, sizeof *apart, S_by_pair);
    return n;
}

static void S_find(const struct apply_run *r, struct finding *f)
{
    const struct matching *m = &r->matching;
    uint32_t *size = xcalloc((size_t)m->clusters.n_clusters + 1, sizeof *size);
    size_t kept = 0;
    for (uint32_t row = 0; row < r->load.batch.n_rows; row++)
        size[m->clusters.cluster[row]]++;
    for (size_t i = 0; i < m->edges.n; i++) {
        const struct edge *e = &m->edges.edge[i];
        if (e->weight >= r->model.review_threshold && m->clusters.cluster[e->a] != m->clusters.cluster[e->b])
            S_add(f, r, size, e);
    }
    if (f->n)
        qsort(f->item, f->n, sizeof *f->item, S_by_clusters);
    struct pair *apart = xmalloc((m->n_decided + 1) * sizeof *apart);
    size_t n_apart = S_kept_apart(m, apart);
    for (size_t i = 0; i < f->n; i++) {
        struct pair masters = {f->item[i].x, f->item[i].y};
        bool first = !kept || f->item[kept - 1].x != f->item[i].x || f->item[kept - 1].y != f->item[i].y;
        if (first && !(n_apart && bsearch(&masters, apart, n_apart, sizeof *apart, S_by_pair)))
            f->item[kept++] = f->item[i];
    }
    f->n = kept;
    free(apart);
    free(size);
}

/* ------------------------------------------------------------------ what nobody has decided on */

static void S_leave_decided(struct finding *f, const struct decisions *d)
{
    struct pair *pair = xmalloc((d->n + 1) * sizeof *pair);
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < d->n; i++)
        if (d->item[i].id)
            pair[n++] = (struct pair){d->item[i].rid_a, d->item[i].rid_b};
    if (n)
        qsort(pair, n, sizeof *pair, S_by_pair);
    for (size_t i = 0; i < f->n; i++) {
        struct pair wanted = {f->item[i].review.rid_a, f->item[i].review.rid_b};
        if (!n || !bsearch(&wanted, pair, n, sizeof *pair, S_by_pair))
            f->item[kept++] = f->item[i];
    }
    f->n = kept;
    free(pair);
}

static enum idem_status S_put(struct store *store, struct finding *f, struct idem_error *err)
{
    size_t n = f->n < MOST_REVIEWS ? f->n : MOST_REVIEWS;
    if (f->n)
        qsort(f->item, f->n, sizeof *f->item, S_by_priority);
    struct store_review *review = xmalloc((n + 1) * sizeof *review);
    for (size_t i = 0; i < n; i++) {
        review[i] = f->item[i].review;
        review[i].run = review[i].run ? review[i].run : store_next_run(store);
    }
    enum idem_status status = steward_put_reviews(store, review, n, err);
    free(review);
    return status;
}

enum idem_status reviews_put(struct apply_run *r, struct store *store, struct idem_error *err)
{
    struct finding f = {.n = 0};
    S_find(r, &f);
    S_leave_decided(&f, &r->decisions);
    enum idem_status status = S_put(store, &f, err);
    free(f.item);
    return status;
}

enum idem_status reviews_replace(struct store *store, const struct decisions *decisions, int32_t match_threshold,
                                 const struct store_review *review, size_t n, struct idem_error *err)
{
    struct finding f = {xmalloc((n + 1) * sizeof *f.item), n, n};
    for (size_t i = 0; i < n; i++)
        f.item[i] = (struct found){.review = review[i],
                                   .priority = review_priority(review[i].weight, match_threshold, review[i].effect)};
    S_leave_decided(&f, decisions);
    enum idem_status status = S_put(store, &f, err);
    free(f.item);
    return status;
}

/* ------------------------------------------------------------------ of a part */

struct joining {
    struct finding *found;
    const struct apply_run *run;
};

static enum idem_status S_take(void *context, const struct store_review *review, struct idem_error *err)
{
    struct joining *j = context;
    struct finding *f = j->found;
    (void)err;
    for (size_t i = 0; i < f->n; i++)
        if (f->item[i].review.rid_a == review->rid_a && f->item[i].review.rid_b == review->rid_b)
            return IDEM_OK;
    if (f->n == f->room) {
        f->room = 2 * f->room + 256;
        f->item = xrealloc(f->item, f->room * sizeof *f->item);
    }
    f->item[f->n++] = (struct found){
        .review = *review, .priority = review_priority(review->weight, j->run->model.match_threshold, review->effect)};
    return IDEM_OK;
}

enum idem_status reviews_add(struct apply_run *r, struct store *store, const struct decisions *decisions,
                             struct idem_error *err)
{
    struct finding f = {.n = 0};
    struct joining joining = {&f, r};
    enum idem_status status = IDEM_OK;
    S_find(r, &f);
    S_leave_decided(&f, decisions);
    if (f.n)
        status = steward_each_review(store, S_take, &joining, err);
    if (f.n && status == IDEM_OK)
        status = S_put(store, &f, err);
    free(f.item);
    return status;
}

struct trimming {
    struct finding found;
    int32_t match_threshold;
};

static enum idem_status S_take_stored(void *context, const struct store_review *review, struct idem_error *err)
{
    struct trimming *t = context;
    (void)err;
    if (t->found.n < t->found.room)
        t->found.item[t->found.n++] = (struct found){
            .review = *review, .priority = review_priority(review->weight, t->match_threshold, review->effect)};
    return IDEM_OK;
}

/* The least urgent leave when the list has grown past its length, not each time that one comes. */
static enum idem_status S_trim(struct store *store, int32_t match_threshold, uint64_t n, struct idem_error *err)
{
    struct trimming t = {.match_threshold = match_threshold};
    if (n <= MOST_REVIEWS + MOST_REVIEWS / 20)
        return IDEM_OK;
    t.found.item = xmalloc(n * sizeof *t.found.item);
    t.found.room = n;
    enum idem_status status = steward_each_review(store, S_take_stored, &t, err);
    if (status == IDEM_OK)
        status = S_put(store, &t.found, err);
    free(t.found.item);
    return status;
}

enum idem_status reviews_change(struct store *store, const struct decisions *decisions, int32_t match_threshold,
                                const int64_t *rid, size_t n_rids, const struct store_review *review, size_t n,
                                struct idem_error *err)
{
    struct finding f = {xmalloc((n + 1) * sizeof *f.item), n, n};
    struct store_review *kept = xmalloc((n + 1) * sizeof *kept);
    uint64_t left = 0;
    for (size_t i = 0; i < n; i++)
        f.item[i] = (struct found){.review = review[i]};
    S_leave_decided(&f, decisions);
    for (size_t i = 0; i < f.n; i++)
        kept[i] = f.item[i].review;
    enum idem_status status = steward_change_reviews(store, rid, n_rids, kept, f.n, &left, err);
    if (status == IDEM_OK)
        status = S_trim(store, match_threshold, left, err);
    free(kept);
    free(f.item);
    return status;
}

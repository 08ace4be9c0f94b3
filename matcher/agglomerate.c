#include "matcher/agglomerate.h"

#include <stdlib.h>

#include "base/fmath.h"

/* What is pooled counts for so much more than the best pair at most. */
enum { CLAMP_BITS = 16, MOST_POOLED_BITS = 2 };
#define NEVER INT32_MIN

struct component {
    const struct cluster_input *in;
    const uint32_t *row;
    uint32_t n;
    unsigned worker;
    int32_t *weight;    /* [n * n] above the threshold, clamped; NEVER for `different` and what can be no match */
    int64_t *sum;       /* [n * n] between groups; INT64_MIN: they must stay apart */
    int32_t *most;      /* [n * n] the heaviest pair between groups */
    int32_t *least;     /* [n * n] the lightest */
    struct pool **pool; /* [n * n] of the pairs between groups that are not below the clamp; NULL: none */
    struct arena arena; /* of the pools */
    int32_t *link;      /* [n * n] how near two groups are; NEVER: not to be joined */
    uint32_t *best;     /* [n] each group's nearest, or itself */
    uint32_t *group;    /* [n] of each member */
    uint32_t *size;     /* [n] of each group, 0: merged away */
    uint32_t *sources;  /* [n] source classes in each group, a bit each */
    uint32_t *first;    /* [n] smallest place of a member in the order of record keys */
    uint64_t scored;
};

static uint32_t S_position(const struct component *c, uint32_t row)
{
    uint32_t from = 0, to = c->n;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (c->row[middle] < row)
            from = middle + 1;
        else
            to = middle;
    }
    return from < c->n && c->row[from] == row ? from : UINT32_MAX;
}

/* ------------------------------------------------------------------ weights of all pairs */

static int32_t S_threshold(const struct component *c)
{
    return c->in->scorer->model->match_threshold;
}

static int32_t S_clamped(int32_t weight, int32_t threshold)
{
    if (weight == SCORE_NEVER)
        return NEVER;
    int32_t w = weight - threshold, most = CLAMP_BITS * WEIGHT_ONE;
    return w > most ? most : w < -most ? -most : w;
}

static void S_set(struct component *c, uint32_t i, uint32_t j, int32_t w)
{
    c->weight[(size_t)i * c->n + j] = c->weight[(size_t)j * c->n + i] = w;
}

/* A pair that no edge tells of: how far below the clamp it is does not matter. */
static int32_t S_score(const struct component *c, uint32_t a, uint32_t b)
{
    int32_t floor = S_threshold(c) - CLAMP_BITS * WEIGHT_ONE;
    if (scorer_never(c->in->scorer, a, b))
        return NEVER;
    int32_t weight = scorer_score_above(c->in->scorer, c->worker, a, b, floor);
    return S_clamped(weight == SCORE_NEVER ? floor : weight, S_threshold(c));
}

static void S_fill_weights(struct component *c, const struct row_edges *edges)
{
    enum { UNKNOWN = INT32_MAX };
    for (size_t k = 0; k < (size_t)c->n * c->n; k++)
        c->weight[k] = UNKNOWN;
    for (uint32_t i = 0; i < c->n; i++)
        for (uint32_t k = edges->at[c->row[i]]; k < edges->at[c->row[i] + 1]; k++) {
            const struct edge *e = edges->to[k];
            uint32_t j = S_position(c, e->a == c->row[i] ? e->b : e->a);
            if (j != UINT32_MAX)
                S_set(c, i, j, S_clamped(e->weight, S_threshold(c)));
        }
    for (uint32_t i = 0; i < c->n; i++)
        for (uint32_t k = edges->forced_at[c->row[i]]; k < edges->forced_at[c->row[i] + 1]; k++) {
            const struct forced_pair *f = edges->forced[k];
            uint32_t j = S_position(c, f->a == c->row[i] ? f->b : f->a);
            if (j != UINT32_MAX && c->weight[(size_t)i * c->n + j] != NEVER)
                S_set(c, i, j, f->same ? CLAMP_BITS * WEIGHT_ONE : NEVER);
        }
    for (uint32_t i = 0; i < c->n; i++)
        for (uint32_t j = i + 1; j < c->n; j++)
            if (c->weight[(size_t)i * c->n + j] == UNKNOWN) {
                S_set(c, i, j, S_score(c, c->row[i], c->row[j]));
                c->scored++;
            }
}

/* Two records alone are never pooled. */
static void S_fill_pools(struct component *c)
{
    for (uint32_t i = 0; i < c->n && c->n > 2; i++)
        for (uint32_t j = i + 1; j < c->n; j++) {
            struct pair_levels levels;
            if (c->weight[(size_t)i * c->n + j] <= -CLAMP_BITS * WEIGHT_ONE)
                continue;
            struct pool *pool = ARENA_NEW(&c->arena, struct pool, 1);
            scorer_levels(c->in->scorer, c->worker, c->row[i], c->row[j], &levels);
            scorer_pool(c->in->scorer, c->row[i], c->row[j], &levels, pool);
            c->pool[(size_t)i * c->n + j] = c->pool[(size_t)j * c->n + i] = pool;
        }
}

/* ------------------------------------------------------------------ how near two groups are */

static int32_t S_average(const struct component *c, uint32_t a, uint32_t b)
{
    return (int32_t)(c->sum[(size_t)a * c->n + b] / ((int64_t)c->size[a] * c->size[b]));
}

/* The least likely of the source pairs: two of a source that shows no duplicates stay two, whatever joins them. */
static int32_t S_least_prior(const struct component *c, uint32_t a, uint32_t b)
{
    int32_t least = INT32_MAX;
    for (unsigned i = 0; i < MOST_PRIOR_SOURCES; i++)
        for (unsigned j = 0; j < MOST_PRIOR_SOURCES; j++) {
            int32_t prior = c->in->scorer->model->prior[i][j];
            if ((c->sources[a] >> i & 1) && (c->sources[b] >> j & 1) && prior < least)
                least = prior;
        }
    return least;
}

static int32_t S_pooled(const struct component *c, uint32_t a, uint32_t b)
{
    size_t at = (size_t)a * c->n + b;
    int32_t weight = scorer_weigh_pool(c->in->scorer, c->pool[at], S_least_prior(c, a, b));
    int32_t pooled = S_clamped(weight, S_threshold(c)), most = c->most[at] + MOST_POOLED_BITS * WEIGHT_ONE;
    return pooled < most ? pooled : most;
}

static bool S_is_pooled(const struct component *c, uint32_t a, uint32_t b)
{
    size_t at = (size_t)a * c->n + b;
    return c->size[a] + c->size[b] > 2 && c->pool[at] &&
           c->most[at] >= cluster_near(c->in->scorer->model) - S_threshold(c);
}

/* A record and a group: mostly what their comparisons say together. Two groups: the average, the more the larger they
 * are. */
static int32_t S_nearness(const struct component *c, uint32_t a, uint32_t b)
{
    int32_t average = S_average(c, a, b);
    if (!S_is_pooled(c, a, b))
        return average;
    int32_t pooled = S_pooled(c, a, b);
    uint32_t smaller = c->size[a] < c->size[b] ? c->size[a] : c->size[b];
    if (smaller > 1)
        return average + (pooled - average) / (int32_t)smaller;
    return (int32_t)(((int64_t)pooled * 3 + average) / 4);
}

static int32_t S_bar(const struct component *c, uint32_t a, uint32_t b)
{
    return c->size[a] > 1 && c->size[b] > 1 ? c->in->scorer->model->merge_margin : 0;
}

/* The nearness of two groups; NEVER when they must stay apart or do not reach their bar. */
static int32_t S_link(const struct component *c, uint32_t a, uint32_t b)
{
    if (c->sum[(size_t)a * c->n + b] == INT64_MIN)
        return NEVER;
    int32_t nearness = S_nearness(c, a, b);
    return nearness >= S_bar(c, a, b) ? nearness : NEVER;
}

/* ------------------------------------------------------------------ what happened, for who asks */

void cluster_note(const struct cluster_input *in, struct cluster_step step)
{
    struct cluster_trace *t = in->trace;
    if (t->n == t->room) {
        t->room = t->room ? t->room * 2 : 64;
        t->step = xrealloc(t->step, t->room * sizeof *t->step);
    }
    t->step[t->n++] = step;
}

static void S_trace(const struct component *c, enum cluster_step_kind kind, uint32_t a, uint32_t b)
{
    size_t at = (size_t)a * c->n + b;
    if (!c->in->trace)
        return;
    struct cluster_step step = {.kind = kind, .a = c->row[a], .b = c->row[b], .n_a = c->size[a], .n_b = c->size[b]};
    if (c->sum[at] != INT64_MIN) {
        step.average = S_average(c, a, b);
        step.most = c->most[at];
        step.least = c->least[at];
        step.link = S_nearness(c, a, b);
        step.bar = S_bar(c, a, b);
        step.pooled = S_is_pooled(c, a, b);
    }
    cluster_note(c->in, step);
}

/* Groups that ended apart although something speaks for them, or because something forbids it. */
static void S_trace_refusals(const struct component *c)
{
    for (uint32_t a = 0; a < c->n && c->in->trace; a++)
        for (uint32_t b = a + 1; c->size[a] && b < c->n; b++) {
            size_t at = (size_t)a * c->n + b;
            if (!c->size[b])
                continue;
            if (c->sum[at] == INT64_MIN)
                S_trace(c, CLUSTER_FORBIDDEN, a, b);
            else if (c->most[at] >= 0)
                S_trace(c, CLUSTER_BELOW, a, b);
        }
}

/* ------------------------------------------------------------------ agglomeration */

/* A total order of pairs of groups by the keys of their first records, whatever the order of rows. */
static bool S_before(const struct component *c, uint32_t a, uint32_t b, uint32_t x, uint32_t y)
{
    uint32_t p = c->first[a], q = c->first[b], r = c->first[x], s = c->first[y];
    uint32_t least = p < q ? p : q, other = r < s ? r : s;
    return least != other ? least < other : (p > q ? p : q) < (r > s ? r : s);
}

static int32_t S_best_link(const struct component *c, uint32_t a)
{
    return c->best[a] == a ? NEVER : c->link[(size_t)a * c->n + c->best[a]];
}

/* Is b nearer to a than a's nearest so far? */
static bool S_is_nearer(const struct component *c, uint32_t a, uint32_t b)
{
    int32_t link = c->link[(size_t)a * c->n + b], so_far = S_best_link(c, a);
    return link != NEVER && (link > so_far || (link == so_far && S_before(c, a, b, a, c->best[a])));
}

static void S_find_best(struct component *c, uint32_t a)
{
    c->best[a] = a;
    for (uint32_t b = 0; b < c->n; b++)
        if (b != a && c->size[b] && S_is_nearer(c, a, b))
            c->best[a] = b;
}

static void S_add(struct component *c, uint32_t a, uint32_t b, uint32_t g)
{
    size_t to = (size_t)a * c->n + g, back = (size_t)g * c->n + a, from = (size_t)b * c->n + g;
    int64_t x = c->sum[to], y = c->sum[from];
    c->sum[to] = c->sum[back] = x == INT64_MIN || y == INT64_MIN ? INT64_MIN : x + y;
    c->most[to] = c->most[back] = c->most[to] > c->most[from] ? c->most[to] : c->most[from];
    c->least[to] = c->least[back] = c->least[to] < c->least[from] ? c->least[to] : c->least[from];
    if (c->pool[to] && c->pool[from])
        scorer_pool_add(c->in->scorer, c->pool[to], c->pool[from]);
    else if (c->pool[from])
        c->pool[to] = c->pool[back] = c->pool[from];
}

/* Joins group b to group a. */
static void S_join(struct component *c, uint32_t a, uint32_t b)
{
    for (uint32_t g = 0; g < c->n; g++)
        if (c->size[g] && g != a && g != b)
            S_add(c, a, b, g);
    c->size[a] += c->size[b];
    c->sources[a] |= c->sources[b];
    c->size[b] = 0;
    c->first[a] = c->first[a] < c->first[b] ? c->first[a] : c->first[b];
    for (uint32_t i = 0; i < c->n; i++)
        if (c->group[i] == b)
            c->group[i] = a;
}

static void S_relink(struct component *c, uint32_t a)
{
    for (uint32_t g = 0; g < c->n; g++)
        if (c->size[g] && g != a)
            c->link[(size_t)a * c->n + g] = c->link[(size_t)g * c->n + a] = S_link(c, a, g);
}

static void S_agglomerate(struct component *c)
{
    for (uint32_t a = 0; a < c->n; a++)
        if (c->size[a])
            S_relink(c, a);
    for (uint32_t a = 0; a < c->n; a++)
        if (c->size[a])
            S_find_best(c, a);
    for (;;) {
        uint32_t top = UINT32_MAX;
        for (uint32_t a = 0; a < c->n; a++)
            if (c->size[a] && S_best_link(c, a) != NEVER &&
                (top == UINT32_MAX || S_best_link(c, a) > S_best_link(c, top) ||
                 (S_best_link(c, a) == S_best_link(c, top) && S_before(c, a, c->best[a], top, c->best[top]))))
                top = a;
        if (top == UINT32_MAX)
            return;
        uint32_t a = top < c->best[top] ? top : c->best[top], b = top < c->best[top] ? c->best[top] : top;
        S_trace(c, CLUSTER_JOINED, a, b);
        S_join(c, a, b);
        S_relink(c, a);
        S_find_best(c, a);
        for (uint32_t g = 0; g < c->n; g++) {
            if (!c->size[g] || g == a)
                continue;
            if (c->best[g] == a || c->best[g] == b)
                S_find_best(c, g);
            else if (S_is_nearer(c, g, a))
                c->best[g] = a;
        }
    }
}

static void S_join_same(struct component *c, const struct row_edges *edges)
{
    for (uint32_t i = 0; i < c->n; i++)
        for (uint32_t k = edges->forced_at[c->row[i]]; k < edges->forced_at[c->row[i] + 1]; k++) {
            const struct forced_pair *f = edges->forced[k];
            uint32_t j = S_position(c, f->a == c->row[i] ? f->b : f->a);
            if (!f->same || j == UINT32_MAX || c->group[i] == c->group[j])
                continue;
            uint32_t a = c->group[i] < c->group[j] ? c->group[i] : c->group[j];
            uint32_t b = c->group[i] < c->group[j] ? c->group[j] : c->group[i];
            if (c->sum[(size_t)a * c->n + b] == INT64_MIN)
                continue;
            S_trace(c, CLUSTER_FORCED, a, b);
            S_join(c, a, b);
        }
}

static int S_by_key(const void *p, const void *q, void *batch)
{
    return batch_compare_keys(batch, *(const uint32_t *)p, *(const uint32_t *)q);
}

/* Place of each member in the order of record keys. */
static void S_rank(struct component *c)
{
    uint32_t *row = xmalloc(c->n * sizeof *row);
    memcpy(row, c->row, c->n * sizeof *row);
    qsort_r(row, c->n, sizeof *row, S_by_key, (void *)(uintptr_t)c->in->scorer->batch);
    for (uint32_t i = 0; i < c->n; i++)
        c->first[S_position(c, row[i])] = i;
    free(row);
}

static void S_init(struct component *c)
{
    size_t cells = (size_t)c->n * c->n;
    c->weight = xmalloc(cells * sizeof *c->weight);
    c->sum = xmalloc(cells * sizeof *c->sum);
    c->most = xmalloc(cells * sizeof *c->most);
    c->least = xmalloc(cells * sizeof *c->least);
    c->pool = xcalloc(cells, sizeof *c->pool);
    c->link = xmalloc(cells * sizeof *c->link);
    c->best = xmalloc(c->n * sizeof *c->best);
    c->group = xmalloc(c->n * sizeof *c->group);
    c->size = xmalloc(c->n * sizeof *c->size);
    c->first = xmalloc(c->n * sizeof *c->first);
    c->sources = xmalloc(c->n * sizeof *c->sources);
    for (uint32_t i = 0; i < c->n; i++) {
        c->group[i] = i;
        c->size[i] = 1;
        c->sources[i] = 1u << c->in->scorer->source_class[c->in->scorer->batch->source[c->row[i]]];
    }
}

static void S_deinit(struct component *c)
{
    free(c->weight);
    free(c->sum);
    free(c->most);
    free(c->least);
    free(c->pool);
    arena_deinit(&c->arena);
    free(c->link);
    free(c->best);
    free(c->group);
    free(c->size);
    free(c->first);
    free(c->sources);
}

/* Two records that one edge joins, and nobody has said anything about: most components. */
static bool S_is_plain_pair(const struct cluster_input *in, const struct row_edges *edges, const uint32_t *row,
                            uint32_t n)
{
    return n == 2 && !in->trace && edges->at[row[0] + 1] - edges->at[row[0]] == 1 &&
           edges->at[row[1] + 1] - edges->at[row[1]] == 1 && edges->forced_at[row[0] + 1] == edges->forced_at[row[0]] &&
           edges->forced_at[row[1] + 1] == edges->forced_at[row[1]];
}

uint64_t agglomerate(const struct cluster_input *in, const struct row_edges *edges, const uint32_t *row, uint32_t n,
                     unsigned worker, uint32_t *label)
{
    struct component c = {.in = in, .row = row, .n = n, .worker = worker};
    if (S_is_plain_pair(in, edges, row, n)) {
        bool joined = edges->to[edges->at[row[0]]]->weight >= S_threshold(&c);
        label[row[0]] = row[0];
        label[row[1]] = joined ? row[0] : row[1];
        return 0;
    }
    size_t cells = (size_t)n * n;
    S_init(&c);
    S_rank(&c);
    S_fill_weights(&c, edges);
    memcpy(c.most, c.weight, cells * sizeof *c.most);
    memcpy(c.least, c.weight, cells * sizeof *c.least);
    for (size_t k = 0; k < cells; k++)
        c.sum[k] = c.weight[k] == NEVER ? INT64_MIN : c.weight[k];
    S_fill_pools(&c);
    S_join_same(&c, edges);
    S_agglomerate(&c);
    S_trace_refusals(&c);
    for (uint32_t i = 0; i < n; i++)
        label[row[i]] = row[c.group[i]];
    S_deinit(&c);
    return c.scored;
}

#include "matcher/agglomerate.h"

#include <assert.h>
#include <stdlib.h>

#include "base/fmath.h"
#include "matcher/component.h"

/* What is pooled counts for so much more than the best pair at most. */
enum { MOST_POOLED_BITS = 2 };

/* ------------------------------------------------------------------ how near two groups are */

static int32_t S_average(const struct component *c, uint32_t a, uint32_t b)
{
    return (int32_t)(c->sum[(size_t)a * c->n + b] / ((int64_t)c->size[a] * c->size[b]));
}

/* The least likely of the source pairs: two of a source that shows no duplicates stay two, whatever joins them. */
static int32_t S_least_prior(const struct component *c, uint32_t a, uint32_t b)
{
    int32_t least = INT32_MAX;
    for (uint32_t left = c->sources[a]; left; left &= left - 1)
        for (uint32_t right = c->sources[b]; right; right &= right - 1) {
            int32_t prior = c->in->scorer->model->prior[__builtin_ctz(left)][__builtin_ctz(right)];
            least = prior < least ? prior : least;
        }
    return least;
}

static int32_t S_pooled(const struct component *c, uint32_t a, uint32_t b)
{
    size_t at = (size_t)a * c->n + b;
    int32_t weight = scorer_weigh_pool(c->in->scorer, c->pool[at], S_least_prior(c, a, b));
    int32_t pooled = component_clamped(weight, component_threshold(c)),
            most = c->most[at] + MOST_POOLED_BITS * WEIGHT_ONE;
    return pooled < most ? pooled : most;
}

static bool S_is_pooled(const struct component *c, uint32_t a, uint32_t b)
{
    size_t at = (size_t)a * c->n + b;
    return c->size[a] + c->size[b] > 2 && c->pool[at] &&
           c->most[at] >= cluster_near(c->in->scorer->model) - component_threshold(c);
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

/* The nearness of two groups; WEIGHT_NEVER when they must stay apart or do not reach their bar. */
static int32_t S_link(const struct component *c, uint32_t a, uint32_t b)
{
    if (c->sum[(size_t)a * c->n + b] == INT64_MIN)
        return WEIGHT_NEVER;
    int32_t nearness = S_nearness(c, a, b);
    return nearness >= S_bar(c, a, b) ? nearness : WEIGHT_NEVER;
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

static int S_by_key(const void *p, const void *q, void *batch)
{
    return batch_compare_keys(batch, *(const uint32_t *)p, *(const uint32_t *)q);
}

/* The first of each group's members in the order of record keys. */
static void S_rank(struct component *c)
{
    uint32_t *row = xmalloc(c->n * sizeof *row);
    memcpy(row, c->row, c->n * sizeof *row);
    qsort_r(row, c->n, sizeof *row, S_by_key, (void *)(uintptr_t)c->in->scorer->batch);
    memset(c->first, 0xFF, c->n * sizeof *c->first);
    for (uint32_t i = 0; i < c->n; i++) {
        uint32_t group = c->group[component_position(c, row[i])];
        c->first[group] = i < c->first[group] ? i : c->first[group];
    }
    free(row);
    c->ranked = true;
}

/* A total order of pairs of groups by the keys of their first records, whatever the order of rows. */
static bool S_before(struct component *c, uint32_t a, uint32_t b, uint32_t x, uint32_t y)
{
    if (!c->ranked)
        S_rank(c);
    uint32_t p = c->first[a], q = c->first[b], r = c->first[x], s = c->first[y];
    uint32_t least = p < q ? p : q, other = r < s ? r : s;
    return least != other ? least < other : (p > q ? p : q) < (r > s ? r : s);
}

static int32_t S_best_link(const struct component *c, uint32_t a)
{
    return c->best[a] == a ? WEIGHT_NEVER : c->link[(size_t)a * c->n + c->best[a]];
}

/* Is b nearer to a than a's nearest so far? */
static bool S_is_nearer(struct component *c, uint32_t a, uint32_t b)
{
    int32_t link = c->link[(size_t)a * c->n + b], so_far = S_best_link(c, a);
    return link != WEIGHT_NEVER && (link > so_far || (link == so_far && S_before(c, a, b, a, c->best[a])));
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
    if (c->least)
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
    if (c->ranked)
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
        for (uint32_t g = 0; g < a; g++)
            if (c->size[a] && c->size[g])
                c->link[(size_t)a * c->n + g] = c->link[(size_t)g * c->n + a] = S_link(c, a, g);
    for (uint32_t a = 0; a < c->n; a++)
        if (c->size[a])
            S_find_best(c, a);
    for (;;) {
        uint32_t top = UINT32_MAX;
        for (uint32_t a = 0; a < c->n; a++)
            if (c->size[a] && S_best_link(c, a) != WEIGHT_NEVER &&
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
    for (uint32_t i = 0; edges->forced_at && i < c->n; i++)
        for (uint32_t k = edges->forced_at[c->row[i]]; k < edges->forced_at[c->row[i] + 1]; k++) {
            const struct forced_pair *f = edges->forced[k];
            uint32_t j = component_position(c, f->a == c->row[i] ? f->b : f->a);
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

/* The arrays of a component in one piece, those of wide elements first. */
static void S_init(struct component *c)
{
    static_assert(sizeof(struct pool *) <= sizeof(int64_t), "a pointer is as wide as a sum at most");
    size_t cells = (size_t)c->n * c->n, narrow = (2 + (c->in->trace != NULL)) * cells + 5 * (size_t)c->n;
    c->room = xmalloc(2 * cells * sizeof *c->room + narrow * sizeof *c->most);
    c->sum = (int64_t *)c->room;
    c->pool = (struct pool **)(c->room + cells);
    c->most = (int32_t *)(c->room + 2 * cells);
    c->link = c->most + cells;
    c->least = c->in->trace ? c->link + cells : NULL;
    c->best = (uint32_t *)(c->link + (c->in->trace ? 2 : 1) * cells);
    c->group = c->best + c->n;
    c->size = c->group + c->n;
    c->sources = c->size + c->n;
    c->first = c->sources + c->n;
    memset(c->pool, 0, cells * sizeof *c->pool);
    for (uint32_t i = 0; i < c->n; i++) {
        c->group[i] = i;
        c->size[i] = 1;
        c->sources[i] = 1u << c->in->scorer->source_class[c->in->scorer->batch->source[c->row[i]]];
    }
}

static void S_cluster(struct component *c, const struct row_edges *edges, uint32_t *label)
{
    size_t cells = (size_t)c->n * c->n;
    if (c->least)
        memcpy(c->least, c->most, cells * sizeof *c->least);
    for (size_t k = 0; k < cells; k++)
        c->sum[k] = c->most[k] == WEIGHT_NEVER ? INT64_MIN : c->most[k];
    S_join_same(c, edges);
    S_agglomerate(c);
    S_trace_refusals(c);
    for (uint32_t i = 0; i < c->n; i++)
        label[c->row[i]] = c->row[c->group[i]];
}

static bool S_is_forced(const struct row_edges *edges, uint32_t row)
{
    return edges->forced_at && edges->forced_at[row + 1] != edges->forced_at[row];
}

/* Two records that an edge joins, and nobody has said anything about: most components. */
static bool S_is_plain_pair(const struct cluster_input *in, const struct row_edges *edges, const uint32_t *row,
                            uint32_t n, uint32_t *label)
{
    if (n != 2 || in->trace || S_is_forced(edges, row[0]) || S_is_forced(edges, row[1]))
        return false;
    for (uint32_t k = edges->at[row[0]]; k < edges->at[row[0] + 1]; k++)
        if (edges->to[k].other == row[1]) {
            bool joined = edges->to[k].weight >= in->scorer->model->match_threshold;
            label[row[0]] = row[0];
            label[row[1]] = joined ? row[0] : row[1];
            return true;
        }
    return false;
}

/* What the components need first, asked for together: where the edges of their rows are, then the edges. */
static void S_prefetch(const struct row_edges *edges, const uint32_t *row, uint32_t n)
{
    enum { AHEAD = 16 };
    for (uint32_t i = 0; i < n + AHEAD; i++) {
        if (i < n)
            __builtin_prefetch(&edges->at[row[i]]);
        if (i >= AHEAD)
            __builtin_prefetch(&edges->to[edges->at[row[i - AHEAD]]]);
    }
}

uint64_t agglomerate(const struct cluster_input *in, const struct row_edges *edges, const uint32_t *row,
                     const uint32_t *at, uint32_t n, unsigned worker, uint32_t *label)
{
    struct component *c = xmalloc((n + 1) * sizeof *c);
    struct arena pools = {0};
    uint32_t open = 0;
    S_prefetch(edges, row + at[0], at[n] - at[0]);
    for (uint32_t i = 0; i < n; i++) {
        if (S_is_plain_pair(in, edges, row + at[i], at[i + 1] - at[i], label))
            continue;
        c[open] = (struct component){.in = in, .row = row + at[i], .n = at[i + 1] - at[i]};
        S_init(&c[open++]);
    }
    uint64_t scored = components_weigh(c, open, edges, worker);
    components_pool(c, open, worker, &pools);
    for (uint32_t i = 0; i < open; i++) {
        S_cluster(&c[i], edges, label);
        free(c[i].room);
    }
    arena_deinit(&pools);
    free(c);
    return scored;
}

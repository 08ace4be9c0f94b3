/*
 * Weights and pools of the pairs of many components. Most components are of two or three records, and what a pair needs
 * is far apart in memory: so the pairs of many of them are scored together (matcher/score_pairs.c).
 */
#include "matcher/component.h"

enum { UNKNOWN = INT32_MAX, SOME = 128 };

/* Pairs on their way to the scorer, and where they belong. */
struct pairs {
    const struct scorer *scorer;
    unsigned worker;
    struct arena *pools;
    unsigned n;
    uint64_t scored;
    struct row_pair pair[SOME];
    struct pair_place {
        struct component *of;
        uint32_t i, j;
    } place[SOME];
};

int32_t component_clamped(int32_t weight, int32_t threshold)
{
    if (weight == SCORE_NEVER)
        return WEIGHT_NEVER;
    int32_t w = weight - threshold, most = CLAMP_BITS * WEIGHT_ONE;
    return w > most ? most : w < -most ? -most : w;
}

uint32_t component_position(const struct component *c, uint32_t row)
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

/* ------------------------------------------------------------------ weights */

static void S_set(struct component *c, uint32_t i, uint32_t j, int32_t w)
{
    c->most[(size_t)i * c->n + j] = c->most[(size_t)j * c->n + i] = w;
}

static void S_take_edges(struct component *c, const struct row_edges *edges)
{
    for (size_t k = 0; k < (size_t)c->n * c->n; k++)
        c->most[k] = UNKNOWN;
    for (uint32_t i = 0; i < c->n; i++)
        for (uint32_t k = edges->at[c->row[i]]; k < edges->at[c->row[i] + 1]; k++) {
            uint32_t j = component_position(c, edges->to[k].other);
            if (j != UINT32_MAX)
                S_set(c, i, j, component_clamped(edges->to[k].weight, component_threshold(c)));
        }
    for (uint32_t i = 0; edges->forced_at && i < c->n; i++)
        for (uint32_t k = edges->forced_at[c->row[i]]; k < edges->forced_at[c->row[i] + 1]; k++) {
            const struct forced_pair *f = edges->forced[k];
            uint32_t j = component_position(c, f->a == c->row[i] ? f->b : f->a);
            if (j != UINT32_MAX && c->most[(size_t)i * c->n + j] != WEIGHT_NEVER)
                S_set(c, i, j, f->same ? CLAMP_BITS * WEIGHT_ONE : WEIGHT_NEVER);
        }
}

/* How far below the clamp a pair is does not matter. */
static void S_score(struct pairs *p)
{
    int32_t weight[SOME], threshold = p->scorer->model->match_threshold, floor = threshold - CLAMP_BITS * WEIGHT_ONE;
    scorer_score_pairs(p->scorer, p->worker, p->pair, p->n, floor, weight);
    for (unsigned k = 0; k < p->n; k++) {
        bool below = weight[k] == SCORE_NEVER && !scorer_never(p->scorer, p->pair[k].a, p->pair[k].b);
        S_set(p->place[k].of, p->place[k].i, p->place[k].j, component_clamped(below ? floor : weight[k], threshold));
    }
    p->scored += p->n;
    p->n = 0;
}

static void S_add(struct pairs *p, struct component *c, uint32_t i, uint32_t j)
{
    p->pair[p->n] = (struct row_pair){c->row[i], c->row[j]};
    p->place[p->n++] = (struct pair_place){c, i, j};
}

uint64_t components_weigh(struct component *c, size_t n, const struct row_edges *edges, unsigned worker)
{
    struct pairs p;
    p.scorer = n ? c->in->scorer : NULL;
    p.worker = worker;
    p.n = 0;
    p.scored = 0;
    for (struct component *end = c + n; c < end; c++) {
        S_take_edges(c, edges);
        for (uint32_t i = 0; i < c->n; i++)
            for (uint32_t j = i + 1; j < c->n; j++) {
                if (c->most[(size_t)i * c->n + j] != UNKNOWN)
                    continue;
                if (p.n == SOME)
                    S_score(&p);
                S_add(&p, c, i, j);
            }
    }
    if (p.n)
        S_score(&p);
    return p.scored;
}

/* ------------------------------------------------------------------ pools */

static void S_pool(struct pairs *p)
{
    struct pair_levels levels[SOME];
    scorer_levels_pairs(p->scorer, p->worker, p->pair, p->n, levels);
    for (unsigned k = 0; k < p->n; k++) {
        struct component *c = p->place[k].of;
        uint32_t i = p->place[k].i, j = p->place[k].j, a = p->pair[k].a, b = p->pair[k].b;
        struct pool *pool = ARENA_NEW(p->pools, struct pool, 1);
        if (scorer_never(p->scorer, a, b)) /* and yet somebody has said that they are the same */
            scorer_levels(p->scorer, p->worker, a, b, &levels[k]);
        scorer_pool(p->scorer, a, b, &levels[k], pool);
        c->pool[(size_t)i * c->n + j] = c->pool[(size_t)j * c->n + i] = pool;
    }
    p->n = 0;
}

/* Two records alone are never pooled. */
void components_pool(struct component *c, size_t n, unsigned worker, struct arena *out)
{
    struct pairs p;
    p.scorer = n ? c->in->scorer : NULL;
    p.worker = worker;
    p.pools = out;
    p.n = 0;
    for (struct component *end = c + n; c < end; c++)
        for (uint32_t i = 0; i < c->n && c->n > 2; i++)
            for (uint32_t j = i + 1; j < c->n; j++) {
                if (c->most[(size_t)i * c->n + j] <= -CLAMP_BITS * WEIGHT_ONE)
                    continue;
                if (p.n == SOME)
                    S_pool(&p);
                S_add(&p, c, i, j);
            }
    if (p.n)
        S_pool(&p);
}

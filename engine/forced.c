#include "engine/forced.h"

#include <stdlib.h>

static int S_by_rows(const void *a, const void *b)
{
    const struct forced_pair *x = a, *y = b;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    if (x->b != y->b)
        return x->b < y->b ? -1 : 1;
    return (x->same > y->same) - (x->same < y->same);
}

/* Rows joined so far; the rows of a group are a ring. */
struct groups {
    const struct matching *matching;
    uint32_t *parent, *next;
    struct forced_pair *apart; /* [n_apart] by rows: what is different */
    size_t n_apart;
};

static uint32_t S_root(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

static void S_join(struct groups *g, uint32_t a, uint32_t b)
{
    uint32_t x = S_root(g->parent, a), y = S_root(g->parent, b);
    if (x == y)
        return;
    g->parent[x > y ? x : y] = x < y ? x : y;
    uint32_t swap = g->next[x];
    g->next[x] = g->next[y];
    g->next[y] = swap;
}

static bool S_are_apart(const struct groups *g, uint32_t x, uint32_t y)
{
    struct forced_pair wanted = {x < y ? x : y, x < y ? y : x, false};
    return scorer_never(&g->matching->scorer, x, y) ||
           (g->n_apart && bsearch(&wanted, g->apart, g->n_apart, sizeof wanted, S_by_rows));
}

/* Is some row of a's group not to be with some row of b's? */
static bool S_forbids(const struct groups *g, uint32_t a, uint32_t b)
{
    uint32_t x = a;
    do {
        uint32_t y = b;
        do {
            if (S_are_apart(g, x, y))
                return true;
            y = g->next[y];
        } while (y != b);
        x = g->next[x];
    } while (x != a);
    return false;
}

/* Rows that a decision reaches through `same` pairs, whoever said so. */
static bool *S_reached(const struct matching *m, uint32_t n_rows, const struct forced_pair *decided, size_t n_decided)
{
    uint32_t *parent = xmalloc(((size_t)n_rows + 1) * sizeof *parent);
    bool *reached = xcalloc((size_t)n_rows + 1, sizeof *reached);
    for (uint32_t i = 0; i < n_rows; i++)
        parent[i] = i;
    for (size_t i = 0; i < m->n_forced + n_decided; i++) {
        struct forced_pair f = i < m->n_forced ? m->forced[i] : decided[i - m->n_forced];
        if (f.same)
            parent[S_root(parent, f.a)] = S_root(parent, f.b);
    }
    for (size_t i = 0; i < n_decided; i++)
        reached[S_root(parent, decided[i].a)] = reached[S_root(parent, decided[i].b)] = true;
    for (uint32_t i = 0; i < n_rows; i++)
        reached[i] = reached[S_root(parent, i)]; /* a root answers for itself */
    free(parent);
    return reached;
}

static void S_keep(struct matching *m, struct forced_pair f)
{
    m->forced[m->n_forced++] = f;
}

static void S_overrule(struct matching *m, struct forced_pair f)
{
    m->overruled[m->n_overruled++] = f;
}

/* First what keeps apart, for it bears on what may be joined. */
static void S_settle(struct matching *m, struct groups *g, const struct forced_pair *other, size_t n,
                     const bool *reached)
{
    for (size_t i = 0; i < n; i++) {
        const struct forced_pair *f = &other[i];
        if (f->same || !(reached[f->a] || reached[f->b]))
            continue;
        if (S_root(g->parent, f->a) == S_root(g->parent, f->b)) {
            S_overrule(m, *f);
            continue;
        }
        g->apart[g->n_apart++] = *f;
        S_keep(m, *f);
    }
    if (g->n_apart)
        qsort(g->apart, g->n_apart, sizeof *g->apart, S_by_rows);
    for (size_t i = 0; i < n; i++) {
        const struct forced_pair *f = &other[i];
        if (!f->same || !reached[f->a])
            continue;
        bool together = S_root(g->parent, f->a) == S_root(g->parent, f->b);
        if (!together && S_forbids(g, f->a, f->b)) {
            S_overrule(m, *f);
            continue;
        }
        S_join(g, f->a, f->b);
        S_keep(m, *f);
    }
}

void forced_settle(struct matching *m, const struct forced_pair *decided, size_t n_decided)
{
    uint32_t n_rows = m->scorer.batch->n_rows;
    size_t n = m->n_forced;
    if (!n_decided) { /* by rows all the same: where they contradict each other the first one counts */
        if (n)
            qsort(m->forced, n, sizeof *m->forced, S_by_rows);
        return;
    }
    bool *reached = S_reached(m, n_rows, decided, n_decided);
    struct forced_pair *other = xmalloc((n + 1) * sizeof *other);
    struct groups g = {.matching = m,
                       .parent = xmalloc(((size_t)n_rows + 1) * sizeof *g.parent),
                       .next = xmalloc(((size_t)n_rows + 1) * sizeof *g.next),
                       .apart = xmalloc((n + n_decided + 1) * sizeof *g.apart)};
    if (n)
        memcpy(other, m->forced, n * sizeof *other);
    qsort(other, n, sizeof *other, S_by_rows);
    m->forced_room = n + n_decided + 1;
    m->forced = xrealloc(m->forced, m->forced_room * sizeof *m->forced);
    m->overruled = xmalloc((n + 1) * sizeof *m->overruled);
    m->n_forced = 0;
    for (uint32_t i = 0; i < n_rows; i++)
        g.parent[i] = g.next[i] = i;
    for (size_t i = 0; i < n_decided; i++) {
        S_keep(m, decided[i]);
        if (decided[i].same)
            S_join(&g, decided[i].a, decided[i].b);
        else
            g.apart[g.n_apart++] = decided[i];
    }
    m->n_decided = n_decided;
    S_settle(m, &g, other, n, reached);
    for (size_t i = 0; i < n; i++)
        if (other[i].same ? !reached[other[i].a] : !reached[other[i].a] && !reached[other[i].b])
            S_keep(m, other[i]);
    free(g.parent);
    free(g.next);
    free(g.apart);
    free(other);
    free(reached);
}

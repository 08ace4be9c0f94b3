#include "engine/decisions.h"

#include <stdlib.h>

/* ------------------------------------------------------------------ reading */

struct loading {
    struct arena *out;
    struct decisions *d;
    size_t room;
};

static enum idem_status S_take(void *context, const struct store_decision *decision, struct idem_error *err)
{
    struct loading *l = context;
    struct decisions *d = l->d;
    (void)err;
    if (d->n == l->room) {
        size_t room = l->room ? l->room * 2 : 64;
        struct store_decision *grown = ARENA_NEW(l->out, struct store_decision, room);
        if (d->n)
            memcpy(grown, d->item, d->n * sizeof *grown);
        d->item = grown;
        l->room = room;
    }
    struct store_decision *to = &d->item[d->n++];
    *to = *decision;
    to->by = str_copy(l->out, decision->by);
    to->via = str_copy(l->out, decision->via);
    to->note = str_copy(l->out, decision->note);
    return IDEM_OK;
}

enum idem_status decisions_load(struct store *store, struct arena *out, struct decisions *d, struct idem_error *err)
{
    struct loading l = {out, d, 0};
    *d = (struct decisions){.n = 0};
    return steward_each_decision(store, 0, false, S_take, &l, err);
}

/* ------------------------------------------------------------------ records as numbers */

/* The records of the `same` and `different` decisions, and for each its neighbours by `same`. */
struct graph {
    int64_t *rid; /* [n] ascending */
    uint32_t n;
    uint32_t *at; /* [n + 1] into tie */
    struct tie {
        uint32_t to;
        const struct store_decision *by;
    } * tie;
};

static int S_ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static uint32_t S_number(const int64_t *rid, uint32_t n, int64_t wanted)
{
    const int64_t *found = n ? bsearch(&wanted, rid, n, sizeof *rid, S_ascending) : NULL;
    return found ? (uint32_t)(found - rid) : UINT32_MAX;
}

static uint32_t S_distinct(int64_t *rid, size_t n)
{
    uint32_t kept = 0;
    if (n)
        qsort(rid, n, sizeof *rid, S_ascending);
    for (size_t i = 0; i < n; i++)
        if (!kept || rid[kept - 1] != rid[i])
            rid[kept++] = rid[i];
    return kept;
}

/* `more`: records that are to have a number too. */
static void S_graph(const struct decisions *d, const int64_t *more, size_t n_more, struct arena *out, struct graph *g)
{
    size_t n = 0;
    *g = (struct graph){.rid = ARENA_NEW(out, int64_t, 2 * d->n + n_more + 1)};
    for (size_t i = 0; i < d->n; i++) {
        g->rid[n++] = d->item[i].rid_a;
        g->rid[n++] = d->item[i].rid_b;
    }
    for (size_t i = 0; i < n_more; i++)
        g->rid[n++] = more[i];
    g->n = S_distinct(g->rid, n);
    g->at = ARENA_NEW(out, uint32_t, (size_t)g->n + 2);
    g->tie = ARENA_NEW(out, struct tie, 2 * d->n + 1);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < d->n; i++) {
            const struct store_decision *x = &d->item[i];
            if (x->verdict != STORE_SAME)
                continue;
            uint32_t a = S_number(g->rid, g->n, x->rid_a), b = S_number(g->rid, g->n, x->rid_b);
            if (!pass) {
                g->at[a + 1]++;
                g->at[b + 1]++;
            } else {
                g->tie[g->at[a]++] = (struct tie){b, x};
                g->tie[g->at[b]++] = (struct tie){a, x};
            }
        }
        if (!pass) /* counts become beginnings; the second pass moves each to its end */
            for (uint32_t i = 0; i < g->n; i++)
                g->at[i + 1] += g->at[i];
    }
    for (uint32_t i = g->n; i > 0; i--)
        g->at[i] = g->at[i - 1];
    g->at[0] = 0;
}

/* Breadth first from `from`: by[x] is the link that x was reached by, back[x] from where; `from` has back[from] = from.
 * Unreached: back UINT32_MAX. */
struct walk {
    uint32_t *back;
    const struct store_decision **by;
};

static void S_walk(const struct graph *g, uint32_t from, struct arena *out, struct walk *w)
{
    uint32_t *queue = ARENA_NEW(out, uint32_t, (size_t)g->n + 1), head = 0, tail = 0;
    w->back = ARENA_NEW(out, uint32_t, (size_t)g->n + 1);
    w->by = ARENA_NEW(out, const struct store_decision *, (size_t)g->n + 1);
    memset(w->back, 0xFF, g->n * sizeof *w->back);
    w->back[from] = from;
    queue[tail++] = from;
    while (head < tail) {
        uint32_t x = queue[head++];
        for (uint32_t k = g->at[x]; k < g->at[x + 1]; k++)
            if (w->back[g->tie[k].to] == UINT32_MAX) {
                w->back[g->tie[k].to] = x;
                w->by[g->tie[k].to] = g->tie[k].by;
                queue[tail++] = g->tie[k].to;
            }
    }
}

/* ------------------------------------------------------------------ classes */

/* Class of each record of the graph: the smallest number in it. */
static uint32_t *S_classes(const struct graph *g, struct arena *out)
{
    uint32_t *class = ARENA_NEW(out, uint32_t, (size_t)g->n + 1), *stack = ARENA_NEW(out, uint32_t, (size_t)g->n + 1);
    memset(class, 0xFF, g->n * sizeof *class);
    for (uint32_t start = 0; start < g->n; start++) {
        uint32_t depth = 0;
        if (class[start] != UINT32_MAX)
            continue;
        class[start] = start;
        stack[depth++] = start;
        while (depth) {
            uint32_t x = stack[--depth];
            for (uint32_t k = g->at[x]; k < g->at[x + 1]; k++)
                if (class[g->tie[k].to] == UINT32_MAX) {
                    class[g->tie[k].to] = start;
                    stack[depth++] = g->tie[k].to;
                }
        }
    }
    return class;
}

size_t decisions_class(const struct decisions *d, const int64_t *rid, size_t n, struct arena *out, int64_t **all)
{
    struct graph g;
    size_t found = 0;
    S_graph(d, rid, n, out, &g);
    uint32_t *class = S_classes(&g, out);
    bool *wanted = ARENA_NEW(out, bool, (size_t)g.n + 1);
    for (size_t i = 0; i < n; i++)
        wanted[class[S_number(g.rid, g.n, rid[i])]] = true;
    *all = ARENA_NEW(out, int64_t, (size_t)g.n + 1);
    for (uint32_t i = 0; i < g.n; i++)
        if (wanted[class[i]])
            (*all)[found++] = g.rid[i];
    return found;
}

/* ------------------------------------------------------------------ contradictions */

size_t decisions_conflict(const struct decisions *d, struct arena *out, const struct store_decision **different,
                          const struct store_decision ***chain)
{
    struct graph g;
    struct walk w;
    size_t length = 0;
    *different = NULL;
    *chain = NULL;
    S_graph(d, NULL, 0, out, &g);
    uint32_t *class = S_classes(&g, out);
    for (size_t i = d->n; i-- > 0 && !*different;) {
        const struct store_decision *x = &d->item[i];
        if (x->verdict == STORE_DIFFERENT &&
            class[S_number(g.rid, g.n, x->rid_a)] == class[S_number(g.rid, g.n, x->rid_b)])
            *different = x;
    }
    if (!*different)
        return 0;
    S_walk(&g, S_number(g.rid, g.n, (*different)->rid_a), out, &w);
    uint32_t to = S_number(g.rid, g.n, (*different)->rid_b);
    for (uint32_t x = to; w.back[x] != x; x = w.back[x])
        length++;
    *chain = ARENA_NEW(out, const struct store_decision *, length + 1);
    for (uint32_t x = to, i = 1; w.back[x] != x; x = w.back[x], i++)
        (*chain)[length - i] = w.by[x];
    return length;
}

/* ------------------------------------------------------------------ for the matcher */

struct placed {
    uint32_t class, row;
};

static int S_by_class(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    if (x->class != y->class)
        return x->class < y->class ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static int S_by_rows(const void *a, const void *b)
{
    const struct forced_pair *x = a, *y = b;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return (x->b > y->b) - (x->b < y->b);
}

static struct forced_pair S_forced(uint32_t a, uint32_t b, bool same)
{
    return (struct forced_pair){a < b ? a : b, a < b ? b : a, same};
}

/* Pairs that stand twice become one. */
static size_t S_sorted(struct forced_pair *pair, size_t n)
{
    size_t kept = 0;
    if (n)
        qsort(pair, n, sizeof *pair, S_by_rows);
    for (size_t i = 0; i < n; i++)
        if (!kept || S_by_rows(&pair[kept - 1], &pair[i]) != 0)
            pair[kept++] = pair[i];
    return kept;
}

size_t decisions_pairs(const struct decisions *d, const int64_t *rid, uint32_t n_rows, struct arena *out,
                       struct forced_pair **pair)
{
    struct graph g;
    size_t n_placed = 0, room = 0, n = 0;
    *pair = NULL;
    if (!d->n)
        return 0;
    S_graph(d, NULL, 0, out, &g);
    uint32_t *class = S_classes(&g, out), *first = ARENA_NEW(out, uint32_t, (size_t)g.n + 1);
    struct placed *placed = ARENA_NEW(out, struct placed, (size_t)g.n + 1);
    memset(first, 0xFF, g.n * sizeof *first);
    for (uint32_t row = 0; row < n_rows; row++) {
        uint32_t number = rid[row] ? S_number(g.rid, g.n, rid[row]) : UINT32_MAX;
        if (number == UINT32_MAX)
            continue;
        placed[n_placed++] = (struct placed){class[number], row};
        first[class[number]] = first[class[number]] < row ? first[class[number]] : row;
    }
    if (n_placed)
        qsort(placed, n_placed, sizeof *placed, S_by_class);
    for (size_t i = 0, from = 0; i < n_placed; i++) {
        from = placed[i].class == placed[from].class ? from : i;
        room += i - from;
    }
    *pair = ARENA_NEW(out, struct forced_pair, room + d->n + 1);
    for (size_t i = 0, from = 0; i < n_placed; i++) {
        from = placed[i].class == placed[from].class ? from : i;
        for (size_t k = from; k < i; k++)
            (*pair)[n++] = S_forced(placed[k].row, placed[i].row, true);
    }
    for (size_t i = 0; i < d->n; i++) {
        if (d->item[i].verdict != STORE_DIFFERENT)
            continue;
        uint32_t a = first[class[S_number(g.rid, g.n, d->item[i].rid_a)]],
                 b = first[class[S_number(g.rid, g.n, d->item[i].rid_b)]];
        if (a != UINT32_MAX && b != UINT32_MAX && a != b)
            (*pair)[n++] = S_forced(a, b, false);
    }
    return S_sorted(*pair, n);
}

#include "engine/rebuild.h"

#include <stdlib.h>

#include "engine/mask.h"
#include "engine/master.h"

/* ------------------------------------------------------------------ the records */

/* The master's own records: what there is to look at when no component was kept. */
static enum idem_status S_members(struct rebuilt *r, struct store *store, const struct store_master *master,
                                  struct idem_error *err)
{
    size_t n;
    r->is_kept = false;
    r->kept = (struct kept_component){.id = 0};
    TRY(master_members(store, master->mid, &r->arena, &r->kept.rid, &n, err));
    r->kept.n = (uint32_t)n;
    return stored_batch_add(&r->stored, r->kept.rid, n, err);
}

static enum idem_status S_open(struct rebuilt *r, struct idem_session *s, struct store *store, struct idem_error *err)
{
    TRY(stored_batch_open(&r->stored, s, store, err));
    return stored_batch_applied_model(&r->stored, err);
}

static enum idem_status S_records(struct rebuilt *r, struct idem_session *s, struct store *store,
                                  const struct store_master *master, struct idem_error *err)
{
    enum idem_status status = IDEM_NOT_FOUND;
    TRY(S_open(r, s, store, err));
    if (master->component)
        status = component_get(store, master->component, &r->arena, &r->kept, err);
    r->is_kept = status == IDEM_OK;
    if (status == IDEM_OK)
        status = stored_batch_add(&r->stored, r->kept.rid, r->kept.n, err);
    if (status != IDEM_NOT_FOUND)
        return status;
    stored_batch_close(&r->stored); /* none is kept, or a record of it is no more */
    TRY(S_open(r, s, store, err));
    return S_members(r, store, master, err);
}

/* ------------------------------------------------------------------ the pairs */

static void S_add_edge(struct rebuilt *r, struct edge e, bool as_kept)
{
    r->as_kept[r->n_edges] = as_kept;
    r->edge[r->n_edges++] = e;
}

static void S_edges(struct rebuilt *r)
{
    const struct scorer *scorer = &r->explain.scorer;
    uint32_t n = r->kept.n;
    int32_t threshold = cluster_near(&r->stored.model);
    size_t most = r->is_kept ? r->kept.n_edges : (size_t)n * n / 2;
    r->edge = ARENA_NEW(&r->arena, struct edge, most + 1);
    r->as_kept = ARENA_NEW(&r->arena, bool, most + 1);
    for (size_t i = 0; i < r->kept.n_edges; i++) {
        struct edge e = r->kept.edge[i];
        int32_t before = e.weight;
        e.weight = scorer_score(scorer, 0, e.a, e.b);
        if (e.weight >= threshold)
            S_add_edge(r, e, e.weight == before && e.rule < r->stored.model.n_rules);
    }
    for (uint32_t a = 0; a < n && !r->is_kept; a++)
        for (uint32_t b = a + 1; b < n; b++) {
            int32_t weight = scorer_score(scorer, 0, a, b);
            if (weight >= threshold)
                S_add_edge(r, (struct edge){a, b, weight, 0}, false);
        }
}

/* ------------------------------------------------------------------ the clusters */

static enum idem_status S_survivors(struct rebuilt *r, struct store *store, struct idem_error *err)
{
    r->survivor = ARENA_NEW(&r->arena, int64_t, r->kept.n + 1);
    for (uint32_t row = 0; row < r->kept.n; row++) {
        struct store_master m;
        TRY(store_survivor(store, r->stored.mid[row], &r->arena, &m, err));
        r->survivor[row] = m.mid;
    }
    return IDEM_OK;
}

/* The cluster with most of the master's records, the first one of several. */
static void S_find_mine(struct rebuilt *r, int64_t mid)
{
    uint32_t *n = ARENA_NEW(&r->arena, uint32_t, r->result.n_clusters + 1), most = 0;
    for (uint32_t row = 0; row < r->kept.n; row++)
        n[r->result.cluster[row]] += r->survivor[row] == mid;
    for (uint32_t c = 0; c < r->result.n_clusters; c++)
        if (n[c] > most) {
            most = n[c];
            r->mine = c;
        }
    r->agrees = true;
    for (uint32_t row = 0; row < r->kept.n; row++)
        r->agrees &= (r->result.cluster[row] == r->mine) == (r->survivor[row] == mid);
}

enum idem_status rebuild_master(struct rebuilt *r, struct idem_session *s, struct store *store,
                                const struct store_master *master, struct idem_error *err)
{
    *r = (struct rebuilt){.mine = 0};
    TRY(S_records(r, s, store, master, err));
    explain_init(&r->explain, &r->stored.batch, &r->stored.model, s->config, session_masked(s));
    r->explain.store = s->store;
    bool *personal = ARENA_NEW(&r->arena, bool, r->stored.n_sources + 1);
    for (size_t i = 0; i < r->stored.n_sources; i++)
        personal[i] = r->stored.source[i].personal_ids;
    r->explain.personal_ids = personal;
    S_edges(r);
    struct cluster_input in = {.scorer = &r->explain.scorer,
                               .edge = r->edge,
                               .n_edges = r->n_edges,
                               .forced = r->kept.forced,
                               .n_forced = r->kept.n_forced,
                               .threads = 1,
                               .trace = &r->trace};
    cluster_records(&in, &r->result);
    TRY(S_survivors(r, store, err));
    S_find_mine(r, master->mid);
    return IDEM_OK;
}

void rebuild_deinit(struct rebuilt *r)
{
    explain_deinit(&r->explain);
    cluster_result_deinit(&r->result);
    free(r->trace.step);
    stored_batch_close(&r->stored);
    arena_deinit(&r->arena);
    *r = (struct rebuilt){0};
}

/* ------------------------------------------------------------------ asked of it */

const struct edge *rebuild_edge(const struct rebuilt *r, uint32_t a, uint32_t b)
{
    for (size_t i = 0; i < r->n_edges; i++)
        if ((r->edge[i].a == a && r->edge[i].b == b) || (r->edge[i].a == b && r->edge[i].b == a))
            return &r->edge[i];
    return NULL;
}

const struct forced_pair *rebuild_forced(const struct rebuilt *r, uint32_t a, uint32_t b)
{
    for (size_t i = 0; i < r->kept.n_forced; i++) {
        const struct forced_pair *f = &r->kept.forced[i];
        if ((f->a == a && f->b == b) || (f->a == b && f->b == a))
            return f;
    }
    return NULL;
}

/* ------------------------------------------------------------------ bridges */

/*
 * Tarjan (1974): an edge is a bridge when nothing behind it in a depth-first walk leads back past it. Without
 * recursion: a master may be a long chain.
 */
struct walk {
    uint32_t *at;                    /* [rows + 1] into link */
    size_t *link;                    /* edges of each row; n_edges and more: forced pairs */
    uint32_t *entered, *low, *stack; /* [rows] */
    uint32_t *next;                  /* [rows] link to look at */
    size_t *came_by;                 /* [rows] */
    uint32_t clock;
};

static void S_ends(const struct rebuilt *r, size_t link, uint32_t *a, uint32_t *b)
{
    bool is_edge = link < r->n_edges;
    *a = is_edge ? r->edge[link].a : r->kept.forced[link - r->n_edges].a;
    *b = is_edge ? r->edge[link].b : r->kept.forced[link - r->n_edges].b;
}

static bool S_is_inside(const struct rebuilt *r, size_t link)
{
    uint32_t a, b;
    S_ends(r, link, &a, &b);
    return r->result.cluster[a] == r->mine && r->result.cluster[b] == r->mine &&
           (link < r->n_edges || r->kept.forced[link - r->n_edges].same);
}

static void S_walk_init(const struct rebuilt *r, struct arena *a, struct walk *w)
{
    size_t n = r->kept.n, n_links = r->n_edges + r->kept.n_forced;
    *w = (struct walk){.at = ARENA_NEW(a, uint32_t, n + 2),
                       .link = ARENA_NEW(a, size_t, 2 * n_links + 1),
                       .entered = ARENA_NEW(a, uint32_t, n + 1),
                       .low = ARENA_NEW(a, uint32_t, n + 1),
                       .stack = ARENA_NEW(a, uint32_t, n + 1),
                       .next = ARENA_NEW(a, uint32_t, n + 1),
                       .came_by = ARENA_NEW(a, size_t, n + 1)};
    uint32_t x, y;
    for (size_t i = 0; i < n_links; i++)
        if (S_is_inside(r, i)) {
            S_ends(r, i, &x, &y);
            w->at[x + 1]++;
            w->at[y + 1]++;
        }
    for (size_t i = 0; i < n; i++)
        w->at[i + 1] += w->at[i];
    for (size_t i = 0; i < n; i++)
        w->next[i] = w->at[i];
    for (size_t i = 0; i < n_links; i++)
        if (S_is_inside(r, i)) {
            S_ends(r, i, &x, &y);
            w->link[w->next[x]++] = i;
            w->link[w->next[y]++] = i;
        }
    for (size_t i = 0; i < n; i++)
        w->next[i] = w->at[i];
}

static void S_walk_from(const struct rebuilt *r, struct walk *w, uint32_t start, bool *bridge)
{
    uint32_t depth = 0;
    w->entered[start] = w->low[start] = ++w->clock;
    w->came_by[start] = SIZE_MAX;
    w->stack[depth++] = start;
    while (depth) {
        uint32_t x = w->stack[depth - 1], a, b;
        if (w->next[x] < w->at[x + 1]) {
            size_t link = w->link[w->next[x]++];
            S_ends(r, link, &a, &b);
            uint32_t y = a == x ? b : a;
            if (link == w->came_by[x])
                continue;
            if (w->entered[y]) {
                w->low[x] = w->entered[y] < w->low[x] ? w->entered[y] : w->low[x];
                continue;
            }
            w->entered[y] = w->low[y] = ++w->clock;
            w->came_by[y] = link;
            w->stack[depth++] = y;
            continue;
        }
        if (--depth) {
            uint32_t up = w->stack[depth - 1];
            w->low[up] = w->low[x] < w->low[up] ? w->low[x] : w->low[up];
            if (w->low[x] > w->entered[up] && w->came_by[x] < r->n_edges)
                bridge[w->came_by[x]] = true;
        }
    }
}

void rebuild_bridges(const struct rebuilt *r, bool *bridge)
{
    struct arena scratch = {0};
    struct walk w;
    memset(bridge, 0, r->n_edges * sizeof *bridge);
    S_walk_init(r, &scratch, &w);
    for (uint32_t row = 0; row < r->kept.n; row++)
        if (r->result.cluster[row] == r->mine && !w.entered[row])
            S_walk_from(r, &w, row, bridge);
    arena_deinit(&scratch);
}

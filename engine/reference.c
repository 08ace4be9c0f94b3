#include "engine/reference.h"

#include <stdlib.h>

/* New row of each row; UINT32_MAX: left out. Rows keep their order. */
struct remap {
    uint32_t *row, *cluster;
    uint32_t n_before, n_rows, n_clusters;
};

bool reference_any(const struct config *c)
{
    for (unsigned s = 0; s < c->n_sources; s++)
        if (c->source[s].role == ROLE_REFERENCE)
            return true;
    return false;
}

/* Sources that only the database knows are no reference. */
static bool S_is_reference(const struct apply_run *r, uint32_t row)
{
    uint16_t source = r->load.batch.source[row];
    return source < r->config->n_sources && r->config->source[source].role == ROLE_REFERENCE;
}

static void S_number(const struct apply_run *r, struct remap *m)
{
    const struct cluster_result *c = &r->matching.clusters;
    bool *holds = xcalloc((size_t)c->n_clusters + 1, sizeof *holds);
    m->n_before = r->load.batch.n_rows;
    for (uint32_t row = 0; row < m->n_before; row++)
        holds[c->cluster[row]] |= !S_is_reference(r, row);
    for (uint32_t k = 0; k < c->n_clusters; k++)
        m->cluster[k] = holds[k] ? m->n_clusters++ : UINT32_MAX;
    for (uint32_t row = 0; row < m->n_before; row++)
        m->row[row] = holds[c->cluster[row]] ? m->n_rows++ : UINT32_MAX;
    free(holds);
}

/* ------------------------------------------------------------------ the matching */

static void S_clusters(struct cluster_result *c, const struct remap *m)
{
    for (uint32_t row = 0; row < m->n_before; row++)
        if (m->row[row] != UINT32_MAX)
            c->cluster[m->row[row]] = m->cluster[c->cluster[row]];
    c->n_clusters = m->n_clusters;
}

static void S_edges(struct edge_list *edges, const struct remap *m)
{
    size_t kept = 0;
    for (size_t i = 0; i < edges->n; i++) {
        struct edge e = edges->edge[i];
        e.a = m->row[e.a];
        e.b = m->row[e.b];
        if (e.a != UINT32_MAX && e.b != UINT32_MAX)
            edges->edge[kept++] = e;
    }
    edges->n = kept;
}

/* Those of decisions stand first: *n_first of them. */
static size_t S_forced(struct forced_pair *pair, size_t n, size_t *n_first, const struct remap *m)
{
    size_t kept = 0, first = 0;
    for (size_t i = 0; i < n; i++) {
        struct forced_pair f = {m->row[pair[i].a], m->row[pair[i].b], pair[i].same};
        if (f.a == UINT32_MAX || f.b == UINT32_MAX)
            continue;
        first += n_first && i < *n_first;
        pair[kept++] = f;
    }
    if (n_first)
        *n_first = first;
    return kept;
}

static void S_keys(struct rule_keys *k, const struct remap *m)
{
    uint32_t n = 0;
    for (uint32_t row = 0; row < m->n_before; row++) {
        uint32_t from = k->at[row], to = k->at[row + 1];
        if (m->row[row] == UINT32_MAX)
            continue;
        k->at[m->row[row]] = n;
        for (uint32_t i = from; i < to; i++)
            k->key[n++] = k->key[i];
    }
    k->at[m->n_rows] = n;
}

static void S_matching(struct matching *x, const struct remap *m)
{
    S_clusters(&x->clusters, m);
    S_edges(&x->edges, m);
    x->n_forced = S_forced(x->forced, x->n_forced, &x->n_decided, m);
    x->n_overruled = S_forced(x->overruled, x->n_overruled, NULL, m);
    for (unsigned k = 0; k < x->keys.n_rules; k++)
        if (x->keys.rule[k].at)
            S_keys(&x->keys.rule[k], m);
    x->keys.n_rows = m->n_rows;
}

/* ------------------------------------------------------------------ the batch, and what was known of its rows */

/* A row that is not stored is not new; one that was stored is gone. */
static void S_uncount(struct apply_run *r, uint32_t row)
{
    struct apply_source_counts *c = &r->counts[r->load.batch.source[row]];
    switch ((enum row_state)r->state[row]) {
    case ROW_NEW:
        c->fresh--;
        r->fresh--;
        return;
    case ROW_CHANGED:
        c->changed--;
        r->changed--;
        break;
    case ROW_SAME:
        c->same--;
        r->same--;
        break;
    }
    c->gone++;
    r->gone++;
}

static void S_leave(struct apply_run *r, const struct remap *m)
{
    struct load *l = &r->load;
    l->superseded = xcalloc((size_t)m->n_before + 1, 1);
    l->superseded_room = m->n_before;
    for (uint32_t row = 0; row < m->n_before; row++) {
        uint32_t to = m->row[row];
        if (to == UINT32_MAX) {
            l->superseded[row] = 1;
            l->source[l->batch.source[row]].unattached++;
            r->unattached++;
            if (r->state)
                S_uncount(r, row);
            continue;
        }
        if (r->state)
            r->state[to] = r->state[row];
        if (r->hash)
            r->hash[to] = r->hash[row];
    }
    load_settle(l);
}

static void S_previous(struct previous *p, const struct remap *m)
{
    for (uint32_t row = 0; row < m->n_before; row++) {
        uint32_t at = p->of_row[row], to = m->row[row];
        if (at != PREVIOUS_NONE)
            p->record[at].row = to == UINT32_MAX ? PREVIOUS_NONE : to;
        if (to != UINT32_MAX)
            p->of_row[to] = at;
    }
}

uint32_t reference_leave(struct apply_run *r)
{
    uint32_t n = r->load.batch.n_rows;
    if (!reference_any(r->config) || n == 0)
        return 0;
    struct remap m = {.row = xmalloc(((size_t)n + 1) * sizeof *m.row),
                      .cluster = xmalloc(((size_t)r->matching.clusters.n_clusters + 1) * sizeof *m.cluster)};
    S_number(r, &m);
    if (m.n_rows < n) {
        S_matching(&r->matching, &m);
        S_previous(&r->previous, &m);
        S_leave(r, &m);
    }
    free(m.row);
    free(m.cluster);
    return n - m.n_rows;
}

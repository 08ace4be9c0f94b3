#include "matcher/cluster.h"

#include <stdlib.h>

#include "base/fmath.h"
#include "base/parallel.h"
#include "matcher/agglomerate.h"

/* A record may join a group although no single pair of theirs reaches the threshold: components take in what is so
 * near. */
enum { COMPONENT_BITS = 1 };

/* ------------------------------------------------------------------ raw components */

static uint32_t S_root(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

static void S_union(uint32_t *parent, uint32_t a, uint32_t b)
{
    a = S_root(parent, a);
    b = S_root(parent, b);
    if (a < b)
        parent[b] = a;
    else
        parent[a] = b;
}

int32_t cluster_near(const struct model *m)
{
    return m->match_threshold - COMPONENT_BITS * WEIGHT_ONE;
}

static int32_t S_near(const struct cluster_input *in)
{
    return cluster_near(in->scorer->model);
}

struct members {
    uint32_t *row; /* rows of one set after another */
    uint32_t *at;  /* [n + 1] */
    uint32_t n;    /* sets of two or more */
};

/* Sets of two or more rows that share a root, in order of their first row. */
static void S_gather(uint32_t *parent, uint32_t n_rows, struct members *m)
{
    uint32_t *size = xcalloc((size_t)n_rows + 1, sizeof *size), total = 0;
    for (uint32_t i = 0; i < n_rows; i++)
        size[S_root(parent, i)]++;
    *m = (struct members){0};
    for (uint32_t i = 0; i < n_rows; i++)
        if (size[i] > 1) {
            total += size[i];
            m->n++;
        }
    m->row = xmalloc(((size_t)total + 1) * sizeof *m->row);
    m->at = xmalloc(((size_t)m->n + 2) * sizeof *m->at);
    uint32_t at = 0, set = 0;
    for (uint32_t i = 0; i < n_rows; i++)
        if (size[i] > 1) {
            m->at[set++] = at;
            uint32_t count = size[i];
            size[i] = at; /* from now on: where the next member goes */
            at += count;
        } else {
            size[i] = UINT32_MAX;
        }
    m->at[set] = at;
    for (uint32_t i = 0; i < n_rows; i++) {
        uint32_t root = S_root(parent, i);
        if (size[root] != UINT32_MAX)
            m->row[size[root]++] = i;
    }
    free(size);
}

/* ------------------------------------------------------------------ one component */

struct cluster_work {
    const struct cluster_input *in;
    const struct row_edges *edges;
    const struct members *pieces;
    uint32_t *label;  /* [n_rows] smallest row of the cluster */
    uint64_t *scored; /* [pieces] */
};

static void S_cluster_piece(void *context, size_t item, unsigned worker)
{
    struct cluster_work *w = context;
    const uint32_t *at = w->pieces->at + item;
    w->scored[item] = agglomerate(w->in, w->edges, w->pieces->row + at[0], at[1] - at[0], worker, w->label);
}

/* ------------------------------------------------------------------ components too large to look at whole */

struct sort_context {
    const struct batch *batch;
};

static int S_heavier(const void *p, const void *q, void *context)
{
    const struct edge *x = *(const struct edge *const *)p, *y = *(const struct edge *const *)q;
    const struct sort_context *s = context;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    int c = batch_compare_keys(s->batch, x->a, y->a);
    return c ? c : batch_compare_keys(s->batch, x->b, y->b);
}

static void S_union_sized(uint32_t *parent, uint32_t *size, uint32_t a, uint32_t b)
{
    S_union(parent, a, b);
    size[a < b ? a : b] = size[a] + size[b];
}

/* Records that are the same stay in one piece, whatever its size. */
static void S_keep_same(const struct row_edges *edges, const struct members *all, uint32_t set, uint32_t *parent,
                        uint32_t *size)
{
    for (uint32_t i = all->at[set]; i < all->at[set + 1]; i++)
        for (uint32_t k = edges->forced_at[all->row[i]]; k < edges->forced_at[all->row[i] + 1]; k++) {
            const struct forced_pair *f = edges->forced[k];
            uint32_t a = S_root(parent, f->a), b = S_root(parent, f->b);
            if (f->same && a != b)
                S_union_sized(parent, size, a, b);
        }
}

/* Joins by descending weight, never past MOST_COMPONENT. */
static void S_cut(const struct cluster_input *in, const struct row_edges *edges, const struct members *all,
                  uint32_t set, uint32_t *parent)
{
    size_t n = 0, room = 0;
    const struct edge **list = NULL;
    uint32_t *size = NULL;
    for (uint32_t i = all->at[set]; i < all->at[set + 1]; i++) {
        uint32_t row = all->row[i];
        parent[row] = row;
        for (uint32_t k = edges->at[row]; k < edges->at[row + 1]; k++)
            if (edges->to[k]->a == row && edges->to[k]->weight >= S_near(in)) {
                if (n == room) {
                    room = room ? room * 2 : 1024;
                    list = xrealloc(list, room * sizeof *list);
                }
                list[n++] = edges->to[k];
            }
    }
    struct sort_context context = {in->scorer->batch};
    if (n)
        qsort_r(list, n, sizeof *list, S_heavier, &context);
    size = xcalloc((size_t)in->scorer->batch->n_rows, sizeof *size);
    for (uint32_t i = all->at[set]; i < all->at[set + 1]; i++)
        size[all->row[i]] = 1;
    S_keep_same(edges, all, set, parent, size);
    for (size_t i = 0; i < n; i++) {
        uint32_t a = S_root(parent, list[i]->a), b = S_root(parent, list[i]->b);
        if (a != b && size[a] + size[b] <= MOST_COMPONENT)
            S_union_sized(parent, size, a, b);
        else if (a != b && in->trace)
            cluster_note(
                in, (struct cluster_step){
                        .kind = CLUSTER_TOO_LARGE, .a = list[i]->a, .b = list[i]->b, .n_a = size[a], .n_b = size[b]});
    }
    free(size);
    free(list);
}

static void S_index_edges(const struct cluster_input *in, uint32_t n_rows, struct row_edges *r)
{
    r->at = xcalloc((size_t)n_rows + 2, sizeof *r->at);
    r->forced_at = xcalloc((size_t)n_rows + 2, sizeof *r->forced_at);
    for (size_t i = 0; i < in->n_edges; i++) {
        r->at[in->edge[i].a + 1]++;
        r->at[in->edge[i].b + 1]++;
    }
    for (size_t i = 0; i < in->n_forced; i++) {
        r->forced_at[in->forced[i].a + 1]++;
        r->forced_at[in->forced[i].b + 1]++;
    }
    for (uint32_t i = 0; i < n_rows; i++) {
        r->at[i + 1] += r->at[i];
        r->forced_at[i + 1] += r->forced_at[i];
    }
    r->to = xmalloc((2 * in->n_edges + 1) * sizeof *r->to);
    r->forced = xmalloc((2 * in->n_forced + 1) * sizeof *r->forced);
    uint32_t *next = xmalloc(((size_t)n_rows + 1) * sizeof *next);
    memcpy(next, r->at, (size_t)n_rows * sizeof *next);
    for (size_t i = 0; i < in->n_edges; i++) {
        r->to[next[in->edge[i].a]++] = &in->edge[i];
        r->to[next[in->edge[i].b]++] = &in->edge[i];
    }
    memcpy(next, r->forced_at, (size_t)n_rows * sizeof *next);
    for (size_t i = 0; i < in->n_forced; i++) {
        r->forced[next[in->forced[i].a]++] = &in->forced[i];
        r->forced[next[in->forced[i].b]++] = &in->forced[i];
    }
    free(next);
}

static void S_number(struct cluster_result *out, const uint32_t *label, uint32_t n_rows)
{
    out->n_clusters = 0;
    for (uint32_t i = 0; i < n_rows; i++)
        out->cluster[i] = label[i] == i ? out->n_clusters++ : out->cluster[label[i]];
}

void cluster_records(const struct cluster_input *in, struct cluster_result *out)
{
    uint32_t n_rows = in->scorer->batch->n_rows;
    struct row_edges edges;
    struct members all, pieces;
    uint32_t *parent = xmalloc(((size_t)n_rows + 1) * sizeof *parent);
    uint32_t *label = xmalloc(((size_t)n_rows + 1) * sizeof *label);
    *out = (struct cluster_result){.cluster = xmalloc(((size_t)n_rows + 1) * sizeof *out->cluster)};
    S_index_edges(in, n_rows, &edges);
    for (uint32_t i = 0; i < n_rows; i++)
        parent[i] = label[i] = i;
    for (size_t i = 0; i < in->n_edges; i++)
        if (in->edge[i].weight >= S_near(in))
            S_union(parent, in->edge[i].a, in->edge[i].b);
    for (size_t i = 0; i < in->n_forced; i++)
        if (in->forced[i].same)
            S_union(parent, in->forced[i].a, in->forced[i].b);
    S_gather(parent, n_rows, &all);
    out->components = all.n;
    for (uint32_t set = 0; set < all.n; set++)
        if (all.at[set + 1] - all.at[set] > MOST_COMPONENT) {
            S_cut(in, &edges, &all, set, parent);
            out->cut_components++;
        }
    S_gather(parent, n_rows, &pieces);
    struct cluster_work w = {in, &edges, &pieces, label, xcalloc((size_t)pieces.n + 1, sizeof *w.scored)};
    parallel_for(in->threads, pieces.n, S_cluster_piece, &w);
    for (uint32_t i = 0; i < pieces.n; i++)
        out->pairs_scored += w.scored[i];
    S_number(out, label, n_rows);
    for (size_t i = 0; i < in->n_edges; i++)
        out->edges_cut += in->edge[i].weight >= in->scorer->model->match_threshold &&
                          out->cluster[in->edge[i].a] != out->cluster[in->edge[i].b];
    free(w.scored);
    free(all.row);
    free(all.at);
    free(pieces.row);
    free(pieces.at);
    free(edges.at);
    free(edges.to);
    free(edges.forced_at);
    free(edges.forced);
    free(parent);
    free(label);
}

void cluster_result_deinit(struct cluster_result *r)
{
    free(r->cluster);
    *r = (struct cluster_result){0};
}

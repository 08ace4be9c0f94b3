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

/* ------------------------------------------------------------------ components, some at a time */

struct cluster_work {
    const struct cluster_input *in;
    const struct row_edges *edges;
    const struct members *pieces;
    uint32_t *group; /* [n_groups + 1] pieces that are clustered together */
    size_t n_groups;
    uint32_t *label;  /* [n_rows] smallest row of the cluster */
    uint64_t *scored; /* [n_groups] */
};

/* Groups of pieces with so many pairs or a few more; a large piece is one by itself. */
static void S_group(struct cluster_work *w)
{
    enum { PAIRS_A_GROUP = 2048 };
    uint64_t pairs = 0;
    w->group = xmalloc(((size_t)w->pieces->n + 1) * sizeof *w->group);
    w->n_groups = 0;
    w->group[0] = 0;
    for (uint32_t i = 0; i < w->pieces->n; i++) {
        uint64_t n = w->pieces->at[i + 1] - w->pieces->at[i], more = n * (n - 1) / 2;
        if (pairs && pairs + more > PAIRS_A_GROUP) {
            w->group[++w->n_groups] = i;
            pairs = 0;
        }
        pairs += more;
    }
    if (pairs)
        w->group[++w->n_groups] = w->pieces->n;
    w->scored = xcalloc(w->n_groups + 1, sizeof *w->scored);
}

static void S_cluster_group(void *context, size_t item, unsigned worker)
{
    struct cluster_work *w = context;
    const struct members *p = w->pieces;
    uint32_t from = w->group[item], to = w->group[item + 1];
    w->scored[item] = agglomerate(w->in, w->edges, p->row, p->at + from, to - from, worker, w->label);
}

/* ------------------------------------------------------------------ components too large to look at whole */

struct sort_context {
    const struct batch *batch;
};

static int S_heavier(const void *p, const void *q, void *context)
{
    const struct edge *x = p, *y = q;
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
    for (uint32_t i = all->at[set]; edges->forced_at && i < all->at[set + 1]; i++)
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
    struct edge *list = NULL;
    uint32_t *size = NULL;
    for (uint32_t i = all->at[set]; i < all->at[set + 1]; i++) {
        uint32_t row = all->row[i];
        parent[row] = row;
        for (uint32_t k = edges->at[row]; k < edges->at[row + 1]; k++)
            if (edges->to[k].other > row && edges->to[k].weight >= S_near(in)) {
                if (n == room) {
                    room = room ? room * 2 : 1024;
                    list = xrealloc(list, room * sizeof *list);
                }
                list[n++] = (struct edge){.a = row, .b = edges->to[k].other, .weight = edges->to[k].weight};
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
        uint32_t a = S_root(parent, list[i].a), b = S_root(parent, list[i].b);
        if (a != b && size[a] + size[b] <= MOST_COMPONENT)
            S_union_sized(parent, size, a, b);
        else if (a != b && in->trace)
            cluster_note(
                in, (struct cluster_step){
                        .kind = CLUSTER_TOO_LARGE, .a = list[i].a, .b = list[i].b, .n_a = size[a], .n_b = size[b]});
    }
    free(size);
    free(list);
}

/* Sums of what stands in at[row + 1]; where each row's begin, in `next`. */
static void S_sum_up(uint32_t *at, uint32_t n_rows, uint32_t *next)
{
    for (uint32_t i = 0; i < n_rows; i++)
        at[i + 1] += at[i];
    memcpy(next, at, (size_t)n_rows * sizeof *next);
}

static void S_index_edges(const struct cluster_input *in, uint32_t n_rows, struct row_edges *r, uint32_t *next)
{
    enum { AHEAD = 16 };
    const struct edge *e = in->edge;
    r->at = xcalloc((size_t)n_rows + 2, sizeof *r->at);
    r->to = xmalloc((2 * in->n_edges + 1) * sizeof *r->to);
    for (size_t i = 0; i < in->n_edges; i++) {
        if (i + AHEAD < in->n_edges) {
            __builtin_prefetch(&r->at[e[i + AHEAD].a + 1], 1);
            __builtin_prefetch(&r->at[e[i + AHEAD].b + 1], 1);
        }
        r->at[e[i].a + 1]++;
        r->at[e[i].b + 1]++;
    }
    S_sum_up(r->at, n_rows, next);
    for (size_t i = 0; i < in->n_edges; i++) {
        if (i + 2 * AHEAD < in->n_edges) {
            __builtin_prefetch(&next[e[i + 2 * AHEAD].a], 1);
            __builtin_prefetch(&next[e[i + 2 * AHEAD].b], 1);
            __builtin_prefetch(&r->to[next[e[i + AHEAD].a]], 1);
            __builtin_prefetch(&r->to[next[e[i + AHEAD].b]], 1);
        }
        r->to[next[e[i].a]++] = (struct row_edge){e[i].b, e[i].weight};
        r->to[next[e[i].b]++] = (struct row_edge){e[i].a, e[i].weight};
    }
}

static void S_index_forced(const struct cluster_input *in, uint32_t n_rows, struct row_edges *r, uint32_t *next)
{
    r->forced_at = NULL;
    r->forced = NULL;
    if (!in->n_forced)
        return;
    r->forced_at = xcalloc((size_t)n_rows + 2, sizeof *r->forced_at);
    r->forced = xmalloc((2 * in->n_forced + 1) * sizeof *r->forced);
    for (size_t i = 0; i < in->n_forced; i++) {
        r->forced_at[in->forced[i].a + 1]++;
        r->forced_at[in->forced[i].b + 1]++;
    }
    S_sum_up(r->forced_at, n_rows, next);
    for (size_t i = 0; i < in->n_forced; i++) {
        r->forced[next[in->forced[i].a]++] = &in->forced[i];
        r->forced[next[in->forced[i].b]++] = &in->forced[i];
    }
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
    struct members all, pieces = {0};
    uint32_t *parent = xmalloc(((size_t)n_rows + 1) * sizeof *parent);
    uint32_t *label = xmalloc(((size_t)n_rows + 1) * sizeof *label);
    *out = (struct cluster_result){.cluster = xmalloc(((size_t)n_rows + 1) * sizeof *out->cluster)};
    S_index_edges(in, n_rows, &edges, label);
    S_index_forced(in, n_rows, &edges, label);
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
    if (out->cut_components)
        S_gather(parent, n_rows, &pieces);
    struct cluster_work w = {.in = in, .edges = &edges, .pieces = out->cut_components ? &pieces : &all, .label = label};
    S_group(&w);
    parallel_for(in->threads, w.n_groups, S_cluster_group, &w);
    for (size_t i = 0; i < w.n_groups; i++)
        out->pairs_scored += w.scored[i];
    S_number(out, label, n_rows);
    for (size_t i = 0; i < in->n_edges; i++)
        out->edges_cut += in->edge[i].weight >= in->scorer->model->match_threshold &&
                          out->cluster[in->edge[i].a] != out->cluster[in->edge[i].b];
    free(w.scored);
    free(w.group);
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

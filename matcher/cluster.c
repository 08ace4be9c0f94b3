#include "matcher/cluster.h"

#include <stdlib.h>

#include "base/parallel.h"

enum { CLAMP_BITS = 16, CONTRADICTION_BITS = 9 };
#define NEVER INT32_MIN

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

static int32_t S_threshold(const struct cluster_input *in)
{
    return in->scorer->model->match_threshold;
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

struct component {
    const struct cluster_input *in;
    const uint32_t *row;
    uint32_t n;
    int32_t *weight; /* [n * n] above the threshold, clamped; NEVER for `different` and what can be no match */
    int64_t *sum;    /* [n * n] between groups */
    int32_t *most;   /* [n * n] the heaviest pair between groups */
    int32_t *least;  /* [n * n] the lightest */
    uint32_t *group; /* [n] of each member */
    uint32_t *size;  /* [n] of each group, 0: merged away */
    uint32_t *first; /* [n] smallest place of a member in the order of record keys */
    uint64_t scored;
};

struct row_edges {
    uint32_t *at;           /* [n_rows + 1] */
    const struct edge **to; /* edges of each row, both ways */
    uint32_t *forced_at;
    const struct forced_pair **forced;
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

static int32_t S_clamped(int32_t weight, int32_t threshold)
{
    if (weight == SCORE_NEVER)
        return NEVER;
    int32_t w = weight - threshold, most = CLAMP_BITS * 4096;
    return w > most ? most : w < -most ? -most : w;
}

static void S_set(struct component *c, uint32_t i, uint32_t j, int32_t w)
{
    c->weight[(size_t)i * c->n + j] = c->weight[(size_t)j * c->n + i] = w;
}

static void S_fill_weights(struct component *c, const struct row_edges *edges, unsigned worker)
{
    enum { UNKNOWN = INT32_MAX };
    int32_t threshold = S_threshold(c->in);
    for (size_t k = 0; k < (size_t)c->n * c->n; k++)
        c->weight[k] = UNKNOWN;
    for (uint32_t i = 0; i < c->n; i++)
        for (uint32_t k = edges->at[c->row[i]]; k < edges->at[c->row[i] + 1]; k++) {
            const struct edge *e = edges->to[k];
            uint32_t j = S_position(c, e->a == c->row[i] ? e->b : e->a);
            if (j != UINT32_MAX)
                S_set(c, i, j, S_clamped(e->weight, threshold));
        }
    for (uint32_t i = 0; i < c->n; i++)
        for (uint32_t k = edges->forced_at[c->row[i]]; k < edges->forced_at[c->row[i] + 1]; k++) {
            const struct forced_pair *f = edges->forced[k];
            uint32_t j = S_position(c, f->a == c->row[i] ? f->b : f->a);
            if (j != UINT32_MAX && c->weight[(size_t)i * c->n + j] != NEVER)
                S_set(c, i, j, f->same ? CLAMP_BITS * 4096 : NEVER);
        }
    for (uint32_t i = 0; i < c->n; i++)
        for (uint32_t j = i + 1; j < c->n; j++)
            if (c->weight[(size_t)i * c->n + j] == UNKNOWN) {
                S_set(c, i, j, S_clamped(scorer_score(c->in->scorer, worker, c->row[i], c->row[j]), threshold));
                c->scored++;
            }
}

/* ------------------------------------------------------------------ what happened, for who asks */

static void S_note(const struct cluster_input *in, struct cluster_step step)
{
    struct cluster_trace *t = in->trace;
    if (t->n == t->room) {
        t->room = t->room ? t->room * 2 : 64;
        t->step = xrealloc(t->step, t->room * sizeof *t->step);
    }
    t->step[t->n++] = step;
}

static bool S_contradicted(const struct component *c, uint32_t a, uint32_t b)
{
    return c->least[(size_t)a * c->n + b] <= -CONTRADICTION_BITS * 4096;
}

static int32_t S_average(const struct component *c, uint32_t a, uint32_t b)
{
    return (int32_t)(c->sum[(size_t)a * c->n + b] / ((int64_t)c->size[a] * c->size[b]));
}

/* How near two groups are that may be one. */
static int32_t S_nearness(const struct component *c, uint32_t a, uint32_t b)
{
    int32_t average = S_average(c, a, b);
    return S_contradicted(c, a, b) ? average : (int32_t)(((int64_t)average + c->most[(size_t)a * c->n + b]) / 2);
}

static int32_t S_bar(const struct component *c, uint32_t a, uint32_t b)
{
    return c->size[a] > 1 && c->size[b] > 1 ? c->in->scorer->model->merge_margin : 0;
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
        step.contradicted = S_contradicted(c, a, b);
    }
    S_note(c->in, step);
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

/* Joins group b to group a. */
static void S_join(struct component *c, uint32_t a, uint32_t b)
{
    for (uint32_t g = 0; g < c->n; g++) {
        if (!c->size[g] || g == a || g == b)
            continue;
        int64_t x = c->sum[(size_t)a * c->n + g], y = c->sum[(size_t)b * c->n + g];
        int64_t both = x == INT64_MIN || y == INT64_MIN ? INT64_MIN : x + y;
        c->sum[(size_t)a * c->n + g] = c->sum[(size_t)g * c->n + a] = both;
        int32_t p = c->most[(size_t)a * c->n + g], q = c->most[(size_t)b * c->n + g];
        c->most[(size_t)a * c->n + g] = c->most[(size_t)g * c->n + a] = p > q ? p : q;
        p = c->least[(size_t)a * c->n + g];
        q = c->least[(size_t)b * c->n + g];
        c->least[(size_t)a * c->n + g] = c->least[(size_t)g * c->n + a] = p < q ? p : q;
    }
    c->size[a] += c->size[b];
    c->size[b] = 0;
    c->first[a] = c->first[a] < c->first[b] ? c->first[a] : c->first[b];
    for (uint32_t i = 0; i < c->n; i++)
        if (c->group[i] == b)
            c->group[i] = a;
}

/* The nearness of two groups; NEVER when they must stay apart or do not reach their bar. */
static int32_t S_link(const struct component *c, uint32_t a, uint32_t b)
{
    if (c->sum[(size_t)a * c->n + b] == INT64_MIN)
        return NEVER;
    int32_t nearness = S_nearness(c, a, b);
    return nearness >= S_bar(c, a, b) ? nearness : NEVER;
}

/* A total order of pairs of groups by the keys of their first records, whatever the order of rows. */
static bool S_before(const struct component *c, uint32_t a, uint32_t b, uint32_t x, uint32_t y)
{
    uint32_t p = c->first[a], q = c->first[b], r = c->first[x], s = c->first[y];
    uint32_t least = p < q ? p : q, other = r < s ? r : s;
    return least != other ? least < other : (p > q ? p : q) < (r > s ? r : s);
}

static void S_agglomerate(struct component *c)
{
    uint32_t *best = xmalloc(c->n * sizeof *best); /* each group's best partner behind it, or itself */
    int32_t *link = xmalloc(c->n * sizeof *link);
    bool stale = true;
    for (;;) {
        for (uint32_t a = 0; a < c->n && stale; a++) {
            best[a] = a;
            link[a] = NEVER;
            for (uint32_t b = a + 1; c->size[a] && b < c->n; b++) {
                int32_t l = c->size[b] ? S_link(c, a, b) : NEVER;
                if (l > link[a] || (l == link[a] && l != NEVER && S_before(c, a, b, a, best[a]))) {
                    link[a] = l;
                    best[a] = b;
                }
            }
        }
        uint32_t top = UINT32_MAX;
        for (uint32_t a = 0; a < c->n; a++)
            if (c->size[a] && link[a] != NEVER &&
                (top == UINT32_MAX || link[a] > link[top] ||
                 (link[a] == link[top] && S_before(c, a, best[a], top, best[top]))))
                top = a;
        if (top == UINT32_MAX)
            break;
        S_trace(c, CLUSTER_JOINED, top, best[top]);
        S_join(c, top, best[top]);
        stale = true;
    }
    free(best);
    free(link);
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
    struct component c = {
        .in = w->in, .row = w->pieces->row + w->pieces->at[item], .n = w->pieces->at[item + 1] - w->pieces->at[item]};
    size_t cells = (size_t)c.n * c.n;
    c.weight = xmalloc(cells * sizeof *c.weight);
    c.sum = xmalloc(cells * sizeof *c.sum);
    c.most = xmalloc(cells * sizeof *c.most);
    c.group = xmalloc(c.n * sizeof *c.group);
    c.size = xmalloc(c.n * sizeof *c.size);
    c.first = xmalloc(c.n * sizeof *c.first);
    S_rank(&c);
    S_fill_weights(&c, w->edges, worker);
    c.least = xmalloc(cells * sizeof *c.least);
    memcpy(c.most, c.weight, cells * sizeof *c.most);
    memcpy(c.least, c.weight, cells * sizeof *c.least);
    for (size_t k = 0; k < cells; k++)
        c.sum[k] = c.weight[k] == NEVER ? INT64_MIN : c.weight[k];
    for (uint32_t i = 0; i < c.n; i++) {
        c.group[i] = i;
        c.size[i] = 1;
    }
    S_join_same(&c, w->edges);
    S_agglomerate(&c);
    S_trace_refusals(&c);
    for (uint32_t i = 0; i < c.n; i++)
        w->label[c.row[i]] = c.row[c.group[i]];
    w->scored[item] = c.scored;
    free(c.weight);
    free(c.sum);
    free(c.most);
    free(c.least);
    free(c.group);
    free(c.size);
    free(c.first);
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
            if (edges->to[k]->a == row && edges->to[k]->weight >= S_threshold(in)) {
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
            S_note(in,
                   (struct cluster_step){
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
        if (in->edge[i].weight >= S_threshold(in))
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
        out->edges_cut +=
            in->edge[i].weight >= S_threshold(in) && out->cluster[in->edge[i].a] != out->cluster[in->edge[i].b];
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

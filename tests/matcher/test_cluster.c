/* Clusters against a slow twin, and what must hold of any partition. */
#include "matcher/cluster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/fmath.h"
#include "base/hash.h"
#include "small_batch.h"

enum { MOST_ROWS = 16, CLAMP = 16 * WEIGHT_ONE, NO_RELATIVES = -30 * WEIGHT_ONE };

/* A graph of a few records without values: what blocking has not reached weighs what the prior of the sources says. */
struct graph {
    struct small_batch s;
    struct model model;
    struct edge edge[MOST_ROWS * MOST_ROWS];
    size_t n_edges;
    struct forced_pair forced[MOST_ROWS * MOST_ROWS];
    size_t n_forced;
    uint32_t plan[MOST_ROWS]; /* forced pairs agree with this partition */
};

static int32_t S_weight(uint64_t *state)
{
    /* few distinct values: ties are frequent; some past the clamp */
    return ((int32_t)random_below(state, 41) - 20) * WEIGHT_ONE;
}

static void S_model(struct model *m, uint64_t *state)
{
    static const struct str name[] = {{"a", 1}, {"b", 1}, {"c", 1}};
    *m = (struct model){.n_sources = 3,
                        .match_threshold = 3 * WEIGHT_ONE,
                        .merge_margin = 2 * WEIGHT_ONE,
                        .related_prior = NO_RELATIVES};
    memcpy(m->source, name, sizeof name);
    for (unsigned i = 0; i < MOST_PRIOR_SOURCES; i++)
        for (unsigned j = 0; j <= i; j++)
            m->prior[i][j] = m->prior[j][i] = S_weight(state);
}

static void S_random_graph(struct graph *g, uint64_t *state)
{
    uint32_t n = 1 + (uint32_t)random_below(state, MOST_ROWS);
    uint64_t density = random_below(state, 101), forced = random_below(state, 3) ? 0 : random_below(state, 15);
    *g = (struct graph){.n_edges = 0};
    small_init(&g->s);
    small_field(&g->s, "x", FIELD_TEXT);
    small_sources(&g->s, 3);
    S_model(&g->model, state);
    for (uint32_t row = 0; row < n; row++) {
        small_record(&g->s, (uint16_t)(row * 3 / n), small_printf(&g->s, "%02u", row), ENTITY_UNKNOWN);
        g->plan[row] = (uint32_t)random_below(state, 4);
    }
    for (uint32_t a = 0; a < n; a++)
        for (uint32_t b = a + 1; b < n; b++) {
            if (random_below(state, 100) < density)
                g->edge[g->n_edges++] = (struct edge){a, b, S_weight(state), 0};
            if (random_below(state, 100) < forced)
                g->forced[g->n_forced++] = (struct forced_pair){a, b, g->plan[a] == g->plan[b]};
        }
}

static void S_cluster(const struct graph *g, unsigned threads, struct cluster_result *out)
{
    struct scorer scorer;
    scorer_init(&scorer, &g->model, &g->s.batch, threads);
    struct cluster_input in = {.scorer = &scorer,
                               .edge = g->edge,
                               .n_edges = g->n_edges,
                               .forced = g->forced,
                               .n_forced = g->n_forced,
                               .threads = threads};
    cluster_records(&in, out);
    scorer_deinit(&scorer);
}

/* ---------------------------------------------------------------- the twin */

struct twin {
    const struct graph *g;
    uint32_t n;
    int32_t weight[MOST_ROWS][MOST_ROWS]; /* above the threshold, clamped; INT32_MIN: must stay apart */
    uint32_t raw[MOST_ROWS], group[MOST_ROWS];
};

static int32_t S_clamp(int64_t w)
{
    return (int32_t)(w > CLAMP ? CLAMP : w < -CLAMP ? -CLAMP : w);
}

static void S_twin_weights(struct twin *t)
{
    const struct graph *g = t->g;
    int32_t threshold = g->model.match_threshold;
    for (uint32_t a = 0; a < t->n; a++)
        for (uint32_t b = 0; b < t->n; b++)
            t->weight[a][b] = S_clamp((int64_t)g->model.prior[g->s.batch.source[a]][g->s.batch.source[b]] - threshold);
    for (size_t i = 0; i < g->n_edges; i++)
        t->weight[g->edge[i].a][g->edge[i].b] = t->weight[g->edge[i].b][g->edge[i].a] =
            S_clamp((int64_t)g->edge[i].weight - threshold);
    for (size_t i = 0; i < g->n_forced; i++)
        t->weight[g->forced[i].a][g->forced[i].b] = t->weight[g->forced[i].b][g->forced[i].a] =
            g->forced[i].same ? CLAMP : INT32_MIN;
}

static void S_rename(uint32_t *label, uint32_t n, uint32_t from, uint32_t to)
{
    for (uint32_t i = 0; i < n; i++)
        if (label[i] == from)
            label[i] = to;
}

static void S_twin_components(struct twin *t)
{
    for (uint32_t i = 0; i < t->n; i++)
        t->raw[i] = t->group[i] = i;
    for (size_t i = 0; i < t->g->n_edges; i++)
        if (t->g->edge[i].weight >= t->g->model.match_threshold - 1 * WEIGHT_ONE)
            S_rename(t->raw, t->n, t->raw[t->g->edge[i].b], t->raw[t->g->edge[i].a]);
    for (size_t i = 0; i < t->g->n_forced; i++)
        if (t->g->forced[i].same) {
            S_rename(t->raw, t->n, t->raw[t->g->forced[i].b], t->raw[t->g->forced[i].a]);
            S_rename(t->group, t->n, t->group[t->g->forced[i].b], t->group[t->g->forced[i].a]);
        }
}

static int32_t S_prior(const struct twin *t, uint32_t a, uint32_t b)
{
    return t->g->model.prior[t->g->s.batch.source[a]][t->g->s.batch.source[b]];
}

/* What joins two groups. There is nothing to compare: pooled comparisons say what the least prior says. */
static int32_t S_linkage(int32_t average, int32_t prior, int64_t size_a, int64_t size_b)
{
    int64_t least = size_a < size_b ? size_a : size_b;
    if (least > 1)
        return average + (prior - average) / (int32_t)least;
    return (int32_t)(((int64_t)prior * 3 + average) / 4);
}

/* How strongly the groups of a and b are drawn together, or INT32_MIN. */
static int32_t S_twin_link(const struct twin *t, uint32_t a, uint32_t b)
{
    enum { NEAR = -1 * WEIGHT_ONE, MOST_POOLED = 2 * WEIGHT_ONE };
    int64_t sum = 0, pairs = 0, size_a = 0, size_b = 0;
    int32_t most = INT32_MIN, prior = INT32_MAX;
    for (uint32_t i = 0; i < t->n; i++) {
        size_a += t->group[i] == t->group[a];
        size_b += t->group[i] == t->group[b];
        for (uint32_t j = 0; j < t->n; j++)
            if (t->group[i] == t->group[a] && t->group[j] == t->group[b]) {
                if (t->weight[i][j] == INT32_MIN)
                    return INT32_MIN;
                sum += t->weight[i][j];
                prior = S_prior(t, i, j) < prior ? S_prior(t, i, j) : prior;
                most = t->weight[i][j] > most ? t->weight[i][j] : most;
                pairs++;
            }
    }
    int32_t link = (int32_t)(sum / pairs);
    if (pairs > 1 && most >= NEAR) {
        int32_t pooled = S_clamp((int64_t)prior - t->g->model.match_threshold);
        link = S_linkage(link, pooled < most + MOST_POOLED ? pooled : most + MOST_POOLED, size_a, size_b);
    }
    return link >= (size_a > 1 && size_b > 1 ? t->g->model.merge_margin : 0) ? link : INT32_MIN;
}

/* Is a the first record of its group? Rows stand in the order of their keys. */
static bool S_is_first(const struct twin *t, uint32_t a)
{
    for (uint32_t i = 0; i < a; i++)
        if (t->group[i] == t->group[a])
            return false;
    return true;
}

static void S_twin(const struct graph *g, struct twin *t)
{
    *t = (struct twin){.g = g, .n = g->s.batch.n_rows};
    S_twin_weights(t);
    S_twin_components(t);
    for (;;) {
        int32_t best = INT32_MIN;
        uint32_t x = 0, y = 0;
        for (uint32_t a = 0; a < t->n; a++)
            for (uint32_t b = a + 1; b < t->n; b++) {
                if (t->raw[a] != t->raw[b] || t->group[a] == t->group[b] || !S_is_first(t, a) || !S_is_first(t, b))
                    continue;
                int32_t link = S_twin_link(t, a, b);
                if (link > best) {
                    best = link;
                    x = a;
                    y = b;
                }
            }
        if (best == INT32_MIN)
            return;
        S_rename(t->group, t->n, t->group[y], t->group[x]);
    }
}

/* ---------------------------------------------------------------- tests on small graphs */

static bool S_same_partition(const uint32_t *x, const uint32_t *y, uint32_t n)
{
    for (uint32_t a = 0; a < n; a++)
        for (uint32_t b = a + 1; b < n; b++)
            if ((x[a] == x[b]) != (y[a] == y[b]))
                return false;
    return true;
}

static void clusters_are_those_of_the_twin(void **unused)
{
    uint64_t state = 81;
    struct graph *g = malloc(sizeof *g);
    unsigned joined = 0;
    (void)unused;
    for (int round = 0; round < 3000; round++) {
        struct cluster_result r;
        struct twin t;
        S_random_graph(g, &state);
        S_cluster(g, 1, &r);
        S_twin(g, &t);
        if (!S_same_partition(r.cluster, t.group, t.n))
            fail_msg("graph %d of %u records", round, t.n);
        joined += t.n - r.n_clusters;
        cluster_result_deinit(&r);
        small_deinit(&g->s);
    }
    assert_in_range(joined, 3000, 40000);
    free(g);
}

static void clusters_are_numbered_by_their_first_record(void **unused)
{
    uint64_t state = 82;
    struct graph *g = malloc(sizeof *g);
    (void)unused;
    for (int round = 0; round < 300; round++) {
        struct cluster_result r;
        S_random_graph(g, &state);
        S_cluster(g, 1, &r);
        uint32_t next = 0;
        for (uint32_t i = 0; i < g->s.batch.n_rows; i++) {
            assert_true(r.cluster[i] <= next);
            next += r.cluster[i] == next;
        }
        assert_int_equal(next, r.n_clusters);
        uint64_t cut = 0;
        for (size_t i = 0; i < g->n_edges; i++)
            cut += g->edge[i].weight >= g->model.match_threshold && r.cluster[g->edge[i].a] != r.cluster[g->edge[i].b];
        assert_int_equal(r.edges_cut, cut);
        cluster_result_deinit(&r);
        small_deinit(&g->s);
    }
    free(g);
}

/* The same graph many times over, side by side: each copy ends as the graph alone does. */
static void many_components_end_as_each_does_alone(void **unused)
{
    enum { COPIES = 400 };
    uint64_t state = 4711;
    (void)unused;
    for (int round = 0; round < 40; round++) {
        struct graph g;
        struct cluster_result alone, all;
        S_random_graph(&g, &state);
        S_cluster(&g, 1, &alone);
        uint32_t n = g.s.batch.n_rows;
        struct small_batch many;
        struct edge *edge = calloc(COPIES * g.n_edges + 1, sizeof *edge);
        struct forced_pair *forced = calloc(COPIES * g.n_forced + 1, sizeof *forced);
        size_t n_edges = 0, n_forced = 0;
        small_init(&many);
        small_field(&many, "x", FIELD_TEXT);
        small_sources(&many, 3);
        for (uint32_t copy = 0; copy < COPIES; copy++) {
            for (uint32_t row = 0; row < n; row++)
                small_record(&many, g.s.batch.source[row], small_printf(&many, "%04u.%02u", copy, row), ENTITY_UNKNOWN);
            for (size_t i = 0; i < g.n_edges; i++)
                edge[n_edges++] = (struct edge){g.edge[i].a + copy * n, g.edge[i].b + copy * n, g.edge[i].weight, 0};
            for (size_t i = 0; i < g.n_forced; i++)
                forced[n_forced++] =
                    (struct forced_pair){g.forced[i].a + copy * n, g.forced[i].b + copy * n, g.forced[i].same};
        }
        struct scorer scorer;
        scorer_init(&scorer, &g.model, &many.batch, 2);
        struct cluster_input in = {
            .scorer = &scorer, .edge = edge, .n_edges = n_edges, .forced = forced, .n_forced = n_forced, .threads = 2};
        cluster_records(&in, &all);
        assert_int_equal(all.n_clusters, COPIES * alone.n_clusters);
        assert_int_equal(all.pairs_scored, COPIES * alone.pairs_scored);
        for (uint32_t row = 0; row < COPIES * n; row++)
            assert_int_equal(all.cluster[row], row / n * alone.n_clusters + alone.cluster[row % n]);
        scorer_deinit(&scorer);
        cluster_result_deinit(&alone);
        cluster_result_deinit(&all);
        free(edge);
        free(forced);
        small_deinit(&many);
        small_deinit(&g.s);
    }
}

static void forced_pairs_have_the_last_word(void **unused)
{
    uint64_t state = 83;
    struct graph *g = malloc(sizeof *g);
    unsigned forced = 0;
    (void)unused;
    for (int round = 0; round < 3000; round++) {
        struct cluster_result r;
        S_random_graph(g, &state);
        S_cluster(g, 1, &r);
        for (size_t i = 0; i < g->n_forced; i++) {
            const struct forced_pair *f = &g->forced[i];
            assert_int_equal(r.cluster[f->a] == r.cluster[f->b], f->same);
            forced++;
        }
        cluster_result_deinit(&r);
        small_deinit(&g->s);
    }
    assert_in_range(forced, 1000, 1000000);
    free(g);
}

/* The same records and pairs with rows in another order. */
static void S_permuted(const struct graph *g, const uint32_t *order, uint64_t *state, struct graph *out)
{
    uint32_t n = g->s.batch.n_rows, place[MOST_ROWS], swap[MOST_ROWS * MOST_ROWS];
    *out = (struct graph){.n_edges = g->n_edges, .n_forced = g->n_forced};
    small_permute(&g->s, order, &out->s);
    out->model = g->model;
    for (uint32_t i = 0; i < n; i++)
        place[order[i]] = i;
    small_shuffle(swap, (uint32_t)g->n_edges, state);
    for (size_t i = 0; i < g->n_edges; i++) {
        struct edge e = g->edge[swap[i]];
        uint32_t a = place[e.a], b = place[e.b];
        out->edge[i] = (struct edge){a < b ? a : b, a < b ? b : a, e.weight, 0};
    }
    for (size_t i = 0; i < g->n_forced; i++) {
        uint32_t a = place[g->forced[i].a], b = place[g->forced[i].b];
        out->forced[i] = (struct forced_pair){a < b ? a : b, a < b ? b : a, g->forced[i].same};
    }
}

static void the_order_of_rows_and_edges_does_not_matter(void **unused)
{
    uint64_t state = 84;
    struct graph *g = malloc(sizeof *g), *p = malloc(sizeof *p);
    (void)unused;
    for (int round = 0; round < 2000; round++) {
        struct cluster_result r, q;
        uint32_t order[MOST_ROWS], back[MOST_ROWS];
        S_random_graph(g, &state);
        uint32_t n = g->s.batch.n_rows;
        small_shuffle(order, n, &state);
        S_permuted(g, order, &state, p);
        S_cluster(g, 1, &r);
        S_cluster(p, 8, &q);
        for (uint32_t i = 0; i < n; i++)
            back[order[i]] = q.cluster[i];
        if (!S_same_partition(r.cluster, back, n))
            fail_msg("graph %d of %u records", round, n);
        cluster_result_deinit(&r);
        cluster_result_deinit(&q);
        small_deinit(&g->s);
        small_deinit(&p->s);
    }
    free(g);
    free(p);
}

/* ---------------------------------------------------------------- entities of unlike kinds */

static void a_person_and_an_organisation_are_never_joined_by_what_lies_between(void **unused)
{
    enum { ROWS = 8 };
    struct small_batch s;
    struct model m = {.match_threshold = 0, .merge_margin = 0, .related_prior = NO_RELATIVES};
    struct scorer scorer;
    struct edge edge[ROWS * ROWS];
    struct cluster_result r;
    size_t n = 0;
    (void)unused;
    small_init(&s);
    small_field(&s, "x", FIELD_TEXT);
    small_sources(&s, 1);
    for (uint32_t row = 0; row < ROWS; row++)
        small_record(&s, 0, small_printf(&s, "%u", row),
                     row == 0   ? ENTITY_PERSON
                     : row == 1 ? ENTITY_ORGANISATION
                                : ENTITY_UNKNOWN);
    for (uint32_t a = 0; a < ROWS; a++)
        for (uint32_t b = a + 1; b < ROWS; b++)
            if (b > 1)
                edge[n++] = (struct edge){a, b, 12 * WEIGHT_ONE, 0};
    scorer_init(&scorer, &m, &s.batch, 1);
    assert_int_equal(scorer_score(&scorer, 0, 0, 1), SCORE_NEVER);
    struct cluster_input in = {.scorer = &scorer, .edge = edge, .n_edges = n, .threads = 1};
    cluster_records(&in, &r);
    assert_true(r.cluster[0] != r.cluster[1]);
    cluster_result_deinit(&r);
    scorer_deinit(&scorer);
    small_deinit(&s);
}

/* ---------------------------------------------------------------- components past the limit */

/* Three groups of records, a source each: strong within, weak bridges between. */
struct large {
    struct small_batch s;
    struct model model;
    struct edge_list edges;
};

enum { GROUP = 300, GROUPS = 3 };

static void S_large(struct large *l)
{
    *l = (struct large){
        .model = {.n_sources = 3, .source = {{"a", 1}, {"b", 1}, {"c", 1}}, .related_prior = NO_RELATIVES}};
    small_init(&l->s);
    small_field(&l->s, "x", FIELD_TEXT);
    small_sources(&l->s, GROUPS);
    for (unsigned i = 0; i < MOST_PRIOR_SOURCES; i++)
        for (unsigned j = 0; j < MOST_PRIOR_SOURCES; j++)
            l->model.prior[i][j] = (i == j ? 10 : -10) * WEIGHT_ONE;
    for (uint32_t row = 0; row < GROUPS * GROUP; row++) {
        small_record(&l->s, (uint16_t)(row / GROUP), small_printf(&l->s, "%04u", row), ENTITY_UNKNOWN);
        if (row)
            edge_list_add(&l->edges, (struct edge){row - 1, row, (row % GROUP ? 10 : 1) * WEIGHT_ONE, 0});
    }
}

static void S_cluster_large(const struct large *l, const struct forced_pair *forced, size_t n_forced,
                            struct cluster_result *r)
{
    struct scorer scorer;
    scorer_init(&scorer, &l->model, &l->s.batch, 2);
    struct cluster_input in = {.scorer = &scorer,
                               .edge = l->edges.edge,
                               .n_edges = l->edges.n,
                               .forced = forced,
                               .n_forced = n_forced,
                               .threads = 2};
    cluster_records(&in, r);
    scorer_deinit(&scorer);
}

static void S_large_deinit(struct large *l)
{
    edge_list_deinit(&l->edges);
    small_deinit(&l->s);
}

static void a_component_past_the_limit_is_cut_where_it_is_weakest(void **unused)
{
    struct large l;
    struct cluster_result r;
    (void)unused;
    S_large(&l);
    S_cluster_large(&l, NULL, 0, &r);
    assert_int_equal(r.components, 1);
    assert_int_equal(r.cut_components, 1);
    assert_int_equal(r.n_clusters, GROUPS);
    for (uint32_t row = 0; row < GROUPS * GROUP; row++)
        assert_int_equal(r.cluster[row], row / GROUP);
    assert_int_equal(r.edges_cut, GROUPS - 1);
    cluster_result_deinit(&r);
    S_large_deinit(&l);
}

static void a_cut_does_not_part_records_that_are_the_same(void **unused)
{
    static const struct forced_pair forced[] = {{5, 2 * GROUP + 7, true}, {GROUP + 1, 2 * GROUP + 1, false}};
    struct large l;
    struct cluster_result r;
    (void)unused;
    S_large(&l);
    S_cluster_large(&l, forced, COUNT_OF(forced), &r);
    assert_int_equal(r.cut_components, 1);
    assert_true(r.cluster[forced[0].a] == r.cluster[forced[0].b]);
    assert_true(r.cluster[forced[1].a] != r.cluster[forced[1].b]);
    cluster_result_deinit(&r);
    S_large_deinit(&l);
}

/* ---------------------------------------------------------------- the trace */

static uint32_t S_group_of(const uint32_t *into, uint32_t row)
{
    while (into[row] != row)
        row = into[row];
    return row;
}

/* The groups that the joins of a trace make; sizes and the two kinds of figures are held to what was joined before. */
static void S_replay(const struct cluster_trace *trace, uint32_t n, uint32_t *into)
{
    uint32_t size[MOST_ROWS];
    for (uint32_t row = 0; row < n; row++) {
        into[row] = row;
        size[row] = 1;
    }
    for (size_t i = 0; i < trace->n; i++) {
        const struct cluster_step *s = &trace->step[i];
        uint32_t a = S_group_of(into, s->a), b = S_group_of(into, s->b);
        assert_int_equal(s->n_a, size[a]);
        assert_int_equal(s->n_b, size[b]);
        assert_true(a != b);
        if (s->kind == CLUSTER_JOINED)
            assert_true(s->link >= s->bar);
        if (s->kind == CLUSTER_BELOW)
            assert_true(s->link < s->bar && s->most >= 0);
        if (s->kind != CLUSTER_JOINED && s->kind != CLUSTER_FORCED)
            continue;
        assert_true(s->least <= s->average && s->average <= s->most);
        into[b] = a;
        size[a] += size[b];
    }
}

static bool S_is_refused(const struct cluster_trace *trace, const uint32_t *into, uint32_t a, uint32_t b)
{
    for (size_t i = 0; i < trace->n; i++) {
        const struct cluster_step *s = &trace->step[i];
        uint32_t p = S_group_of(into, s->a), q = S_group_of(into, s->b);
        if ((s->kind == CLUSTER_BELOW || s->kind == CLUSTER_FORBIDDEN) && ((p == a && q == b) || (p == b && q == a)))
            return true;
    }
    return false;
}

static void the_trace_tells_every_join_and_every_cut(void **unused)
{
    uint64_t state = 77;
    (void)unused;
    for (int round = 0; round < 2000; round++) {
        struct graph g;
        struct scorer scorer;
        struct cluster_trace trace = {0};
        struct cluster_result r;
        uint32_t into[MOST_ROWS];
        S_random_graph(&g, &state);
        scorer_init(&scorer, &g.model, &g.s.batch, 1);
        struct cluster_input in = {.scorer = &scorer,
                                   .edge = g.edge,
                                   .n_edges = g.n_edges,
                                   .forced = g.forced,
                                   .n_forced = g.n_forced,
                                   .threads = 1,
                                   .trace = &trace};
        cluster_records(&in, &r);
        S_replay(&trace, g.s.batch.n_rows, into);
        for (uint32_t a = 0; a < g.s.batch.n_rows; a++)
            for (uint32_t b = 0; b < a; b++)
                assert_true((S_group_of(into, a) == S_group_of(into, b)) == (r.cluster[a] == r.cluster[b]));
        for (size_t i = 0; i < g.n_edges; i++)
            if (g.edge[i].weight >= g.model.match_threshold && r.cluster[g.edge[i].a] != r.cluster[g.edge[i].b])
                assert_true(S_is_refused(&trace, into, S_group_of(into, g.edge[i].a), S_group_of(into, g.edge[i].b)));
        cluster_result_deinit(&r);
        free(trace.step);
        scorer_deinit(&scorer);
        small_deinit(&g.s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clusters_are_those_of_the_twin),
        cmocka_unit_test(clusters_are_numbered_by_their_first_record),
        cmocka_unit_test(many_components_end_as_each_does_alone),
        cmocka_unit_test(forced_pairs_have_the_last_word),
        cmocka_unit_test(the_order_of_rows_and_edges_does_not_matter),
        cmocka_unit_test(a_person_and_an_organisation_are_never_joined_by_what_lies_between),
        cmocka_unit_test(a_component_past_the_limit_is_cut_where_it_is_weakest),
        cmocka_unit_test(a_cut_does_not_part_records_that_are_the_same),
        cmocka_unit_test(the_trace_tells_every_join_and_every_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

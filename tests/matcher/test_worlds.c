/*
 * What training, blocking, scoring and clustering make of made worlds (worlds.h), figure by figure, held to
 * tests/matcher/golden/worlds.txt: whoever changes one of them sees what else it changed. IDEM_GOLDEN=rewrite in the
 * environment writes the text anew; what changed belongs into the message of the commit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "golden_text.h"
#include "matcher/compare.h"
#include "matcher/keys.h"
#include "matcher/threshold.h"
#include "small_match.h"
#include "worlds.h"

enum { PAIRS = 1500, PAIRS_SHOWN = 10 };

/* ------------------------------------------------------------------ the model */

static void S_comparison(const struct comparison *c, struct buf *out)
{
    buf_printf(out, "%s of field %u, relatives from %u, values %u of %llu, floor %u; tokens %u of %llu\n",
               comparison_info(c->kind)->name, c->field, (unsigned)c->related_from, c->tf.n,
               (unsigned long long)c->tf.total, c->tf.floor, c->token.n, (unsigned long long)c->token.total);
    for (unsigned l = 0; l < c->n_levels; l++) {
        const struct level *x = &c->level[l];
        buf_printf(out, "  %s %.9g %.9g %d from %s %.6g, %s %.6g; related %.9g %d\n", x->name, x->m, x->u, x->weight,
                   origin_name((enum origin)x->m_origin), x->m_n, origin_name((enum origin)x->u_origin), x->u_n,
                   x->related, x->related_weight);
    }
}

static void S_rule(const struct rule *r, struct buf *out)
{
    buf_printf(out, "rule");
    for (unsigned k = 0; k < r->n_keys; k++)
        buf_printf(out, " %u.%u", (unsigned)r->key[k].field, (unsigned)r->key[k].derivation);
    for (unsigned k = 0; k < r->n_refine; k++)
        buf_printf(out, "%s%u.%u", k ? " " : ", then ", (unsigned)r->refine[k].field,
                   (unsigned)r->refine[k].derivation);
    buf_printf(out, "; pairs %llu, of matches %.9g, oversized %u\n", (unsigned long long)r->price, r->recall,
               r->n_oversized);
}

static void S_model(const struct model *m, struct buf *out)
{
    for (unsigned c = 0; c < m->n_comparisons; c++)
        S_comparison(&m->comparison[c], out);
    for (unsigned r = 0; r < m->n_rules; r++)
        S_rule(&m->rule[r], out);
    for (unsigned i = 0; i < m->n_interactions; i++)
        buf_printf(out, "%u and %u repeat each other: %d, %d\n", (unsigned)m->interaction[i].a,
                   (unsigned)m->interaction[i].b, m->interaction[i].agree, m->interaction[i].differ);
    for (unsigned i = 0; i <= m->n_sources; i++)
        for (unsigned k = 0; k <= m->n_sources; k++)
            buf_printf(out, "prior %u %u: %d, %.9g of %.9g\n", i, k, m->prior[i][k], m->prior_matches[i][k],
                       m->prior_pairs[i][k]);
    buf_printf(out, "thresholds %d %d, margin %d, relatives %d, expected %.9g %.9g %.9g, %u steps\n",
               m->match_threshold, m->review_threshold, m->merge_margin, m->related_prior, m->expected_matches,
               m->expected_precision, m->expected_recall, m->iterations);
}

/* ------------------------------------------------------------------ pairs and clusters */

static uint64_t S_mix(uint64_t sum, int32_t weight)
{
    return hash_combine(sum, (uint64_t)(int64_t)weight);
}

static void S_edges(const struct small_match *m, struct buf *out)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < m->edges.n; i++) {
        const struct edge *e = &m->edges.edge[i];
        sum = S_mix(hash_combine(hash_combine(sum, e->a), e->b), e->weight + (int32_t)e->rule);
    }
    buf_printf(out, "edges %zu %016llx; lost %llu blocks, %llu pairs, not refined %llu, without a key %llu\n",
               m->edges.n, (unsigned long long)sum, (unsigned long long)m->losses.blocks,
               (unsigned long long)m->losses.pairs, (unsigned long long)m->losses.unrefined,
               (unsigned long long)m->losses.unkeyed);
}

/* Every part of the weight of an edge, on one line. */
static void S_show_pair(const struct small_match *m, const struct row_pair *p, struct buf *out)
{
    struct pair_levels levels;
    struct score_parts parts;
    scorer_levels(&m->scorer, 0, p->a, p->b, &levels);
    scorer_weigh(&m->scorer, p->a, p->b, &levels, &parts);
    buf_printf(out, "%u %u: %d = %d", p->a, p->b, parts.total, parts.prior);
    for (unsigned c = 0; c < m->model.n_comparisons; c++)
        if (levels.level[c] != LEVEL_NULL)
            buf_printf(out, " %u/%u:%d%+d", c, (unsigned)levels.level[c], parts.comparison[c].weight,
                       parts.comparison[c].tf_weight);
    for (unsigned i = 0; i < m->model.n_interactions; i++)
        if (parts.interaction[i])
            buf_printf(out, " x%u:%d", i, parts.interaction[i]);
    buf_printf(out, " r%d\n", parts.related);
}

/* All kinds of pairs: of the same, of neighbours, of any. The ways to weigh them agree, and the sum is recorded. */
static void S_pairs(const struct small_match *m, const uint32_t *entity, uint32_t n_rows, struct buf *out)
{
    uint64_t state = 3, levels_sum = 0, weights_sum = 0;
    for (unsigned i = 0, shown = 0; i < PAIRS; i++) {
        struct row_pair p = {.a = (uint32_t)random_below(&state, n_rows)};
        p.b = (uint32_t)random_below(&state, n_rows);
        for (unsigned k = 0; k < 300 && i % 2 && (p.a == p.b || entity[p.a] / 3 != entity[p.b] / 3); k++)
            p.b = (p.b + 1) % n_rows;
        if (p.a == p.b)
            continue;
        struct pair_levels levels, reversed;
        int32_t weight = scorer_score(&m->scorer, 0, p.a, p.b), many;
        scorer_levels(&m->scorer, 0, p.a, p.b, &levels);
        scorer_levels(&m->scorer, 0, p.b, p.a, &reversed);
        for (unsigned c = 0; c < m->model.n_comparisons; c++) {
            levels_sum = hash_combine(levels_sum, levels.level[c]);
            assert_int_equal(levels.level[c], reversed.level[c]);
        }
        weights_sum = S_mix(weights_sum, weight);
        assert_int_equal(scorer_score(&m->scorer, 0, p.b, p.a), weight);
        assert_int_equal(scorer_score_above(&m->scorer, 0, p.a, p.b, weight), weight);
        if (weight > SCORE_NEVER)
            assert_int_equal(scorer_score_above(&m->scorer, 0, p.a, p.b, weight + 1), SCORE_NEVER);
        scorer_score_pairs(&m->scorer, 0, &p, 1, SCORE_NEVER, &many);
        assert_int_equal(many, weight);
        if (i % 2 && shown < PAIRS_SHOWN && weight > SCORE_NEVER && ++shown)
            S_show_pair(m, &p, out);
    }
    buf_printf(out, "pairs %016llx %016llx\n", (unsigned long long)levels_sum, (unsigned long long)weights_sum);
}

static void S_clusters(const struct small_match *m, uint32_t n_rows, struct buf *out)
{
    struct cluster_trace trace = {0};
    struct cluster_result again;
    struct cluster_input in = {
        .scorer = &m->scorer, .edge = m->edges.edge, .n_edges = m->edges.n, .threads = 1, .trace = &trace};
    uint64_t sum = 0, steps = 0;
    cluster_records(&in, &again);
    for (uint32_t row = 0; row < n_rows; row++) {
        sum = hash_combine(sum, again.cluster[row]);
        assert_int_equal(again.cluster[row], m->clusters.cluster[row]);
    }
    for (size_t i = 0; i < trace.n; i++) {
        const struct cluster_step *t = &trace.step[i];
        steps = S_mix(S_mix(S_mix(hash_combine(steps, (uint64_t)t->kind), t->link), t->bar), t->average + t->least);
    }
    buf_printf(out, "clusters %u %016llx of %llu components, %llu pairs more, %llu edges cut; steps %zu %016llx\n",
               again.n_clusters, (unsigned long long)sum, (unsigned long long)again.components,
               (unsigned long long)again.pairs_scored, (unsigned long long)again.edges_cut, trace.n,
               (unsigned long long)steps);
    cluster_result_deinit(&again);
    free(trace.step);
}

/* ------------------------------------------------------------------ the worlds */

struct way {
    const char *name;
    unsigned worlds; /* a bit each */
    bool labels, fair;
    uint64_t pair_budget, training_pairs;
    struct rule rule;
    double precision;
};

#define IN(kind) (1U << (kind))

static const struct way WAYS[] = {
    {.name = "by itself", .worlds = ~0U, .training_pairs = 20000},
    {.name = "few pairs",
     .worlds = IN(WORLD_PERSONS) | IN(WORLD_PRODUCTS) | IN(WORLD_PLACES),
     .pair_budget = 1500,
     .training_pairs = 2000,
     .precision = 0.99},
    {.name = "picked labels, a rule given",
     .worlds = IN(WORLD_PERSONS),
     .labels = true,
     .training_pairs = 5000,
     .rule = {.key = {{2, KEY_EXACT}}, .n_keys = 1}},
    {.name = "fair labels",
     .worlds = IN(WORLD_WHOLE_NAMES) | IN(WORLD_PRODUCTS),
     .labels = true,
     .fair = true,
     .training_pairs = 5000,
     .precision = 0.8},
};

/* Every pair of the first rows that is of one entity, and as many that are not. */
static size_t S_labels(const uint32_t *entity, struct labelled_pair label[400])
{
    enum { ROWS = 140 };
    size_t n = 0, same = 0;
    for (uint32_t a = 0; a < ROWS; a++)
        for (uint32_t b = a + 1; b < ROWS && n < 400; b++)
            if (entity[a] == entity[b] || n - same <= same) {
                label[n++] = (struct labelled_pair){a, b, entity[a] == entity[b]};
                same += entity[a] == entity[b];
            }
    return n;
}

static void S_world(enum world_kind kind, const struct way *way, struct buf *out)
{
    struct small_batch s;
    struct small_match *m = malloc(sizeof *m);
    uint32_t *entity = malloc(world_records(kind) * sizeof *entity);
    struct labelled_pair label[400];
    world_make(kind, &s, entity);
    struct train_options o = {.threads = 2,
                              .pair_budget = way->pair_budget,
                              .training_pairs = way->training_pairs,
                              .label = label,
                              .n_labels = way->labels ? S_labels(entity, label) : 0,
                              .fair_labels = way->fair,
                              .rule = &way->rule,
                              .n_rules = way->rule.n_keys ? 1 : 0};
    small_match(&s, &o, m);
    if (way->precision > 0)
        threshold_precision(&m->model, m->edges.edge, m->edges.n, way->precision);
    struct small_quality q = small_quality(m, entity, s.batch.n_rows);
    buf_printf(out, "== %s, %s: %u records, precision %.4f, recall %.4f\n", world_name(kind), way->name, s.batch.n_rows,
               q.precision, q.recall);
    S_model(&m->model, out);
    S_edges(m, out);
    S_pairs(m, entity, s.batch.n_rows, out);
    if (way->precision <= 0)
        S_clusters(m, s.batch.n_rows, out);
    small_match_deinit(m);
    small_deinit(&s);
    free(entity);
    free(m);
}

static void made_worlds_are_matched_as_recorded(void **state)
{
    struct buf out = {0};
    (void)state;
    for (unsigned kind = 0; kind < WORLDS; kind++)
        for (size_t w = 0; w < COUNT_OF(WAYS); w++)
            if (WAYS[w].worlds & IN(kind))
                S_world((enum world_kind)kind, &WAYS[w], &out);
    golden_expect(GOLDEN_FOLDER, "worlds.txt", &out);
    buf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_worlds_are_matched_as_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

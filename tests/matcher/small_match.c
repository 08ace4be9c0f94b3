#include "small_match.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "matcher/threshold.h"

static void S_visit(void *context, unsigned worker, const struct row_pair *pair, size_t n, uint32_t rule,
                    struct edge_list *out)
{
    for (size_t i = 0; i < n; i++) {
        int32_t weight = scorer_score(context, worker, pair[i].a, pair[i].b);
        if (weight > -10 * 4096)
            edge_list_add(out, (struct edge){pair[i].a, pair[i].b, weight, rule});
    }
}

void small_match(const struct small_batch *s, const struct train_options *options, struct small_match *m)
{
    struct idem_error err = {0};
    struct key_set keys;
    *m = (struct small_match){0};
    if (model_train(&s->batch, options, &m->arena, &m->model, &err) != IDEM_OK)
        fail_msg("%s", err.message);
    scorer_init(&m->scorer, &m->model, &s->batch, options->threads);
    key_set_init(&keys, &m->model, &s->batch, options->threads);
    struct block_walk walk = {.model = &m->model,
                              .batch = &s->batch,
                              .keys = &keys,
                              .threads = options->threads,
                              .one_in = 1,
                              .visit = S_visit,
                              .context = &m->scorer};
    block_walk(&walk, &m->edges, &m->losses);
    key_set_deinit(&keys);
    threshold_expected_f1(&m->model, m->edges.edge, m->edges.n);
    threshold_review(&m->model);
    struct cluster_input in = {
        .scorer = &m->scorer, .edge = m->edges.edge, .n_edges = m->edges.n, .threads = options->threads};
    cluster_records(&in, &m->clusters);
}

void small_match_deinit(struct small_match *m)
{
    scorer_deinit(&m->scorer);
    edge_list_deinit(&m->edges);
    cluster_result_deinit(&m->clusters);
    arena_deinit(&m->arena);
}

struct small_quality small_quality(const struct small_match *m, const uint32_t *entity, uint32_t n_rows)
{
    struct small_quality q = {0};
    for (uint32_t a = 0; a < n_rows; a++)
        for (uint32_t b = a + 1; b < n_rows; b++) {
            bool found = m->clusters.cluster[a] == m->clusters.cluster[b], is_true = entity[a] == entity[b];
            q.found += found;
            q.true_pairs += is_true;
            q.right += found && is_true;
        }
    q.precision = q.found ? (double)q.right / (double)q.found : 1;
    q.recall = q.true_pairs ? (double)q.right / (double)q.true_pairs : 1;
    return q;
}

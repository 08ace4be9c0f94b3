/* Precision and recall of pairs by weight: all candidates are scored once, counted by weight to the bit. */
#include <stdlib.h>

#include "base/fmath.h"
#include "engine/evaluate.h"

struct curve_walk {
    const struct evaluate *e;
    struct curve *curve; /* [threads] */
};

/* 1 true, 0 false, -1 the truth does not say. */
static int S_is_true(const struct evaluate *e, uint32_t a, uint32_t b)
{
    if (e->truth.shape == TRUTH_CLUSTERS)
        return e->item[a].entity == e->item[b].entity;
    uint32_t at = pair_set_find(&e->listed, a, b);
    if (at == PAIR_NONE)
        return e->truth.shape == TRUTH_PAIRS ? 0 : -1;
    return e->truth.pair[at].same;
}

static void S_note(const struct curve_walk *w, unsigned worker, uint32_t a, uint32_t b)
{
    const struct evaluate *e = w->e;
    struct curve *c = &w->curve[worker];
    uint32_t x = e->item_of_row[a], y = e->item_of_row[b];
    if (x == STORED_NONE || y == STORED_NONE || !evaluate_counts_pair(e, x, y) || scorer_never(&e->scorer, a, b))
        return;
    int right = S_is_true(e, x, y);
    if (right < 0)
        return;
    int32_t floor = CURVE_FROM * WEIGHT_ONE;
    floor = e->stored.model.match_threshold < floor ? e->stored.model.match_threshold : floor;
    int32_t weight = scorer_score_above(&e->scorer, worker, a, b, floor);
    c->candidates++;
    c->candidates_right += (unsigned)right;
    if (weight >= e->stored.model.match_threshold) {
        c->at_pairs++;
        c->at_right += (unsigned)right;
    }
    if (weight < CURVE_FROM * WEIGHT_ONE)
        return;
    int32_t bin = (weight - CURVE_FROM * WEIGHT_ONE) / WEIGHT_ONE;
    bin = bin >= CURVE_BINS ? CURVE_BINS - 1 : bin;
    c->pairs[bin]++;
    c->right[bin] += (unsigned)right;
}

static void S_visit(void *context, unsigned worker, const struct row_pair *pair, size_t n, uint32_t rule,
                    struct edge_list *out)
{
    (void)rule;
    (void)out;
    for (size_t k = 0; k < n; k++)
        S_note(context, worker, pair[k].a, pair[k].b);
}

static void S_add(struct curve *to, const struct curve *from)
{
    for (int i = 0; i < CURVE_BINS; i++) {
        to->pairs[i] += from->pairs[i];
        to->right[i] += from->right[i];
    }
    to->candidates += from->candidates;
    to->candidates_right += from->candidates_right;
    to->at_pairs += from->at_pairs;
    to->at_right += from->at_right;
}

void evaluate_walk(struct evaluate *e)
{
    struct curve_walk w = {e, xcalloc(e->threads, sizeof *w.curve)};
    struct edge_list none = {0};
    struct block_walk walk = {.model = &e->stored.model,
                              .batch = &e->stored.batch,
                              .keys = &e->keys,
                              .threads = e->threads,
                              .one_in = 1,
                              .visit = S_visit,
                              .context = &w};
    block_walk(&walk, &none, &e->curve.losses);
    for (unsigned i = 0; i < e->threads; i++)
        S_add(&e->curve, &w.curve[i]);
    edge_list_deinit(&none);
    free(w.curve);
}

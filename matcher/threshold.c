#include "matcher/threshold.h"

#include <stdlib.h>

#include "base/fmath.h"

enum { LEAST_BITS = -64, MOST_BITS = 192, BINS_A_BIT = 8, BINS = (MOST_BITS - LEAST_BITS) * BINS_A_BIT };

/* What is less likely than one in three is never a match by itself, however few matches there are. */
enum { LEAST_AUTO_BITS = -1 };

/* Pairs and expected matches by weight, an eighth of a bit each. */
struct histogram {
    double pairs[BINS], matches[BINS], all_matches;
};

static int32_t S_weight_of(int bin)
{
    return (int32_t)(((int64_t)bin * WEIGHT_ONE) / BINS_A_BIT + (int64_t)LEAST_BITS * WEIGHT_ONE);
}

static struct histogram *S_histogram(const struct edge *edge, size_t n)
{
    struct histogram *h = xcalloc(1, sizeof *h);
    for (size_t i = 0; i < n; i++) {
        int64_t bin = ((int64_t)edge[i].weight - (int64_t)LEAST_BITS * WEIGHT_ONE) * BINS_A_BIT / WEIGHT_ONE;
        bin = bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
        h->pairs[bin]++;
        h->matches[bin] += probability_from_bits(weight_to_bits(edge[i].weight));
    }
    for (int b = 0; b < BINS; b++)
        h->all_matches += h->matches[b];
    return h;
}

static void S_take(struct model *m, const struct histogram *h, int bin, double pairs, double matches)
{
    m->match_threshold = S_weight_of(bin);
    m->expected_precision = pairs > 0 ? matches / pairs : 1;
    m->expected_recall = h->all_matches > 0 ? matches / h->all_matches : 1;
}

void threshold_expected_f1(struct model *m, const struct edge *edge, size_t n)
{
    struct histogram *h = S_histogram(edge, n);
    double pairs = 0, matches = 0, best = -1;
    S_take(m, h, -LEAST_BITS * BINS_A_BIT, 0, 0);
    for (int b = BINS - 1; b >= 0; b--) {
        pairs += h->pairs[b];
        matches += h->matches[b];
        double f1 = pairs > 0 ? 2 * matches / (pairs + h->all_matches) : -1;
        if (h->pairs[b] > 0 && f1 > best && S_weight_of(b) >= LEAST_AUTO_BITS * WEIGHT_ONE) {
            best = f1;
            S_take(m, h, b, pairs, matches);
        }
    }
    free(h);
}

void threshold_precision(struct model *m, const struct edge *edge, size_t n, double precision)
{
    struct histogram *h = S_histogram(edge, n);
    double pairs = 0, matches = 0;
    S_take(m, h, BINS - 1, 0, 0);
    for (int b = BINS - 1; b >= 0; b--) {
        pairs += h->pairs[b];
        matches += h->matches[b];
        if (h->pairs[b] > 0 && matches >= precision * pairs)
            S_take(m, h, b, pairs, matches);
    }
    free(h);
}

void threshold_review(struct model *m)
{
    int32_t chance = weight_from_bits(-4.25), below = m->match_threshold - 3 * WEIGHT_ONE;
    m->review_threshold = chance < below ? chance : below;
}

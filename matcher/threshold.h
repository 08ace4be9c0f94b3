/*
 * Where to cut: thresholds from the posteriors of scored pairs, no labels. A pair of total weight w is a match with
 * probability 1 / (1 + 2^-w) if the model is right; matcher/em.h works to make it so.
 */
#ifndef IDEM_MATCHER_THRESHOLD_H
#define IDEM_MATCHER_THRESHOLD_H

#include "matcher/block.h"
#include "matcher/model.h"

/* Sets match_threshold where the expected F1 over all pairs is largest, and the figures that go with it. */
void threshold_expected_f1(struct model *m, const struct edge *edge, size_t n);

/* Sets match_threshold to the least weight at which the pairs above are right with this precision, as expected. */
void threshold_precision(struct model *m, const struct edge *edge, size_t n, double precision);

/* Sets review_threshold below match_threshold: pairs that have one chance in twenty or more. */
void threshold_review(struct model *m);

#endif

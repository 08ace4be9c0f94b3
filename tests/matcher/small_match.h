/*
 * A batch from training to clusters in one call, as the engine does it, for tests that look at the result as a whole.
 */
#ifndef IDEM_TESTS_SMALL_MATCH_H
#define IDEM_TESTS_SMALL_MATCH_H

#include "matcher/cluster.h"
#include "matcher/train.h"
#include "small_batch.h"

struct small_match {
    struct arena arena;
    struct model model;
    struct scorer scorer;
    struct edge_list edges;
    struct block_losses losses;
    struct cluster_result clusters;
};

/* Trains and matches; the test fails when training does. The batch must outlive the match. */
void small_match(const struct small_batch *s, const struct train_options *options, struct small_match *m);
void small_match_deinit(struct small_match *m);

/* Pairs of records in one cluster and of one entity ([n_rows] by row). */
struct small_quality {
    uint64_t found, right, true_pairs;
    double precision, recall;
};
struct small_quality small_quality(const struct small_match *m, const uint32_t *entity, uint32_t n_rows);

#endif

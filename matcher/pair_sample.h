/*
 * The candidate pairs of one block in so many, for training: those that block_walk (block.h) would visit with the same
 * one_in, at the cost of the blocks that are looked at. Of a large block one pair in so many is taken instead.
 */
#ifndef IDEM_MATCHER_PAIR_SAMPLE_H
#define IDEM_MATCHER_PAIR_SAMPLE_H

#include "matcher/block.h"

struct sampled_pair {
    struct row_pair pair; /* a < b */
    uint64_t rules;       /* that make the pair a candidate, a bit each: the first of them had it visited */
};

/* Called for some pairs at a time, from several threads, in no order. */
typedef void sampled_fn(void *context, unsigned worker, const struct sampled_pair *pair, size_t n);

struct pair_sample {
    const struct model *model;
    const struct key_set *keys; /* with prints */
    unsigned threads, one_in;
    sampled_fn *visit;
    void *context;
};

/* Returns the number of pairs visited. */
uint64_t pair_sample_walk(const struct pair_sample *sample);

#endif

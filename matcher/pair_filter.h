/*
 * Which pairs of rows have been seen: a hash set that only grows. One thread at a time.
 */
#ifndef IDEM_MATCHER_PAIR_FILTER_H
#define IDEM_MATCHER_PAIR_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pair_filter {
    uint64_t *slot; /* 0: empty */
    size_t room, used;
};

void pair_filter_deinit(struct pair_filter *f);
/* Brings the place of a pair near; for pairs that are asked for in a moment. */
void pair_filter_prefetch(const struct pair_filter *f, uint32_t a, uint32_t b);
/* True when the pair, a < b, is new. */
bool pair_filter_add(struct pair_filter *f, uint32_t a, uint32_t b);

#endif

/*
 * How many rows have each key, for pricing: exactly, by a table of the keys; or in counters that a few keys share,
 * which is a pass over the keys without a sort. Two keys share a counter by chance alone, and how many pairs that makes
 * is known: taken out, what is left is the pairs of equal keys within the square root of it (the second moment of Alon,
 * Matias and Szegedy 1996, with the mean of the error known).
 */
#ifndef IDEM_MATCHER_KEY_COUNTS_H
#define IDEM_MATCHER_KEY_COUNTS_H

#include "matcher/keys.h"

/* A table for counting keys again and again; zeroed to begin with. */
struct key_counter {
    uint64_t *key;
    uint32_t *count;
    size_t slots;
};

/* Pairs of equal keys among n, of which none is 0. */
uint64_t key_counter_pairs(struct key_counter *c, const uint64_t *key, size_t n);
void key_counter_deinit(struct key_counter *c);

struct key_counts {
    uint32_t *at; /* by the top bits of the key */
    unsigned shift;
    const uint64_t *key; /* [n] borrowed */
    size_t n;
};

/* Counts; *c is zeroed, or has counted other keys before. */
void key_counts_init(struct key_counts *c, const uint64_t *key, size_t n);
void key_counts_deinit(struct key_counts *c);

/* Pairs of equal keys: exactly for up to KEY_COUNTS_EXACT keys, nearly for more. */
enum { KEY_COUNTS_EXACT = 1 << 19 };
uint64_t key_counts_pairs(const struct key_counts *c);

/* The keys that more than `least` (at least 1) stand for, sorted by key, and how many; exactly. The caller frees. */
struct counted_key {
    uint64_t key;
    uint64_t n;
};
struct counted_key *key_counts_heavy(const struct key_counts *c, uint32_t least, size_t *n);

#endif

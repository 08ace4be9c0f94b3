/*
 * Which records have one of these keys: the candidate index joined with a sorted list of keys. A few keys are looked up
 * one by one; many are merged with all segments between the first and the last of them, opened on several threads.
 */
#ifndef IDEM_STORE_SEGMENT_JOIN_H
#define IDEM_STORE_SEGMENT_JOIN_H

#include "store/segment.h"

struct segment_match {
    uint32_t key; /* index of the key asked for */
    uint32_t rid;
};

struct segment_matches {
    struct segment_match *match; /* [n] ascending by key, then rid; free() it */
    size_t n, room;
};

/* key[n]: as stored (segment_key), ascending, each once. Deltas are applied. Needs the key of a sealed database. */
enum idem_status segment_join(struct store *s, unsigned rule, const uint64_t *key, size_t n, unsigned threads,
                              struct segment_matches *out, struct idem_error *err);

/* The rule with most entries in the delta table, and how many; 0 and 0 when it is empty. */
enum idem_status segment_most_waiting(struct store *s, unsigned *rule, uint64_t *n, struct idem_error *err);

#endif

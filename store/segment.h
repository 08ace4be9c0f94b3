/*
 * The candidate index: for each blocking rule the sorted (key, rid) entries of all records, cut into segments of 128
 * entries (never inside one key), delta-coded and sealed. A segment is found by the keyed hash it begins with; changes
 * since the last fold are rows of a delta table.
 *
 * Callers give unkeyed 64-bit hashes of block keys; they are keyed (SipHash) before anything is stored, and cut to 48
 * bits: an entry found is a candidate for "same key", to be confirmed on the values. In order of the stored (keyed)
 * key.
 */
#ifndef IDEM_STORE_SEGMENT_H
#define IDEM_STORE_SEGMENT_H

#include "base/radix.h"
#include "store/store.h"

enum { SEGMENT_ENTRIES = 128, SEGMENT_RULES = 1 << 15 };

/* 48-bit keyed key of an unkeyed hash. Any thread. */
static inline uint64_t segment_key(const struct store *s, uint64_t hash)
{
    return store_keyed(s, hash) >> 16;
}

/* Replaces all entries of a rule, deltas included. key: unkeyed hash, row: rid, any order. `entry` is overwritten;
 * `scratch` holds n entries. */
enum idem_status segment_put(struct store *s, unsigned rule, struct key_row *entry, struct key_row *scratch, size_t n,
                             unsigned threads, struct idem_error *err);

struct segment_change {
    uint64_t hash; /* unkeyed */
    int64_t rid;
    uint16_t rule;
    bool gone; /* the record no longer has the key */
};
enum idem_status segment_change(struct store *s, const struct segment_change *change, size_t n, struct idem_error *err);
/* Writes the deltas of a rule into its segments. */
enum idem_status segment_fold(struct store *s, unsigned rule, unsigned threads, struct idem_error *err);
/* Entries waiting in the delta table. */
enum idem_status segment_pending(struct store *s, uint64_t *n, struct idem_error *err);

/* rids with this key, ascending, appended to rid[*n .. room); IDEM_LIMIT when they do not fit. */
enum idem_status segment_probe(struct store *s, unsigned rule, uint64_t hash, int64_t *rid, size_t room, size_t *n,
                               struct idem_error *err);

/* The same as a view, from blocks that were opened lately where they are still right. Inside a snapshot or transaction:
 * valid until it ends, or until something is written to the index. */
enum idem_status segment_find(struct store *s, unsigned rule, uint64_t hash, size_t most, const uint32_t **rid,
                              size_t *n, struct idem_error *err);

/* Every entry of a rule in order of (key, rid), deltas applied: for merging with sorted changes (use segment_key). */
typedef enum idem_status segment_fn(void *context, uint64_t key, int64_t rid, struct idem_error *err);
enum idem_status segment_each(struct store *s, unsigned rule, segment_fn *each, void *context, struct idem_error *err);

/* Takes every entry of these records (ascending) out of all segments and deltas: what is left of a segment is written
 * anew. `gone` gets the old bytes of each segment that changes. *entries: how many were taken out. */
typedef void segment_gone_fn(void *context, struct str body);
enum idem_status segment_remove(struct store *s, const int64_t *rid, size_t n, segment_gone_fn *gone, void *context,
                                uint64_t *entries, struct idem_error *err);

#endif

/* Inside store/: a segment's row number and bytes. See segment.c for what they are. */
#ifndef IDEM_STORE_SEGMENT_CODE_H
#define IDEM_STORE_SEGMENT_CODE_H

#include "base/buf.h"
#include "base/error.h"

struct store;

enum { SEGMENT_KEY_BITS = 48 };

static inline int64_t segment_row_id(unsigned rule, uint64_t key)
{
    return (int64_t)((uint64_t)rule << SEGMENT_KEY_BITS | key);
}

static inline uint64_t segment_key_of(int64_t id)
{
    return (uint64_t)id & ((1ULL << SEGMENT_KEY_BITS) - 1);
}

struct segment_reader {
    struct str rest;
    uint64_t key;
    uint64_t rid;
    bool started;
};

/* *more false at the end; false when the bytes are damaged. */
static inline bool segment_next(struct segment_reader *r, bool *more)
{
    uint64_t step, value;
    *more = r->rest.len > 0;
    if (!*more)
        return true;
    if (!varint_take(&r->rest, &step) || !varint_take(&r->rest, &value))
        return false;
    r->rid = step || !r->started ? value : r->rid + value;
    r->key += step;
    r->started = true;
    return true;
}

/* segment_find.c: the records of a key as it is stored, by the cache of blocks; a view until the next call. */
enum idem_status segment_block_of(struct store *s, unsigned rule, uint64_t key, const uint32_t **rid, size_t *n,
                                  struct idem_error *err);
/* IDEM_LIMIT: there are no rules of such a number. */
enum idem_status segment_check_rule(struct store *s, unsigned rule, struct idem_error *err);
enum idem_status segment_damaged(struct store *s, int64_t id, struct idem_error *err);

#endif

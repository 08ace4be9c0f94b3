/*
 * Inside store/: blocks of the candidate index that were looked up lately, opened. What is kept is lists of rids by
 * keyed key, no values. An entry is right for one state of the index (store.index_state); afterwards it is compared
 * with the stored segment, which is opened again only when its bytes are others.
 *
 * Bounded: emptied when a transaction begins after it has grown past SEGMENT_CACHE_BYTES.
 */
#ifndef IDEM_STORE_SEGMENT_CACHE_H
#define IDEM_STORE_SEGMENT_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEGMENT_CACHE_BYTES = 32 << 20 };

struct segment_block {
    uint64_t key;    /* rule << 48 | keyed key; the slot is empty without `used` */
    uint64_t state;  /* store.index_state for which it is right; 0: to be compared */
    int64_t cached;  /* cached_state of it; counts when `state` is not that of now */
    uint64_t digest; /* of the sealed segment; 0: there was none */
    uint32_t *rid;   /* [n] ascending, as in the segment */
    size_t n;
    uint32_t *now; /* [n_now] with what waits in the delta table; `rid` when nothing does */
    size_t n_now;
    bool used;
};

struct segment_cache;

struct segment_cache *segment_cache_new(void);
void segment_cache_free(struct segment_cache *c);
/* Emptied when it has grown too large: whoever has views into it has ended. */
void segment_cache_trim(struct segment_cache *c);
/* The slot of a key, made when it is not there. Valid until the next call. */
struct segment_block *segment_cache_slot(struct segment_cache *c, uint64_t key);
/* Looks again at a block when it is asked for next. */
void segment_cache_doubt(struct segment_cache *c, uint64_t key);
/* What the segment holds, copied; nothing waits. */
void segment_cache_set(struct segment_cache *c, struct segment_block *b, const uint32_t *rid, size_t n);
/* What it holds with what waits: *now is taken over. NULL: the same as the segment. */
void segment_cache_set_now(struct segment_cache *c, struct segment_block *b, uint32_t **now, size_t n_now);

#endif

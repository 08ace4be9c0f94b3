/*
 * Inside store/: what a store takes from the cache that it shares with others of its process (store/process_cache.h),
 * and what it tells it. Without such a cache, as of a moment in the past, and for what the own transaction has changed,
 * nothing is taken and nothing kept.
 */
#ifndef IDEM_STORE_CACHED_H
#define IDEM_STORE_CACHED_H

#include "store/process_cache.h"
#include "store/sql.h"

/* A snapshot or transaction begins. */
void cached_begin(struct store *s);
/* The open transaction has changed these; nothing is done while it may change anything. */
void cached_touch(struct store *s, enum cached_kind kind, int64_t id);
/* Just before the commit, and after one that failed. */
void cached_commit(struct store *s);
void cached_undo(struct store *s);
/* The store is closed. */
void cached_end(struct store *s);

/* A state for cached_stays: what is read now is right as long as that holds. -1: it never does. */
int64_t cached_state(struct store *s, enum cached_kind kind, int64_t id);
bool cached_stays(struct store *s, enum cached_kind kind, int64_t id, int64_t state);

/* Texts into `out`. False: to be read. */
bool cached_record(struct store *s, int64_t rid, struct arena *out, struct store_record *record, uint64_t *digest);
void cached_put_record(struct store *s, const struct store_record *record, uint64_t digest);
bool cached_master(struct store *s, int64_t mid, struct arena *out, struct store_master *master);
void cached_put_master(struct store *s, const struct store_master *master);

#endif

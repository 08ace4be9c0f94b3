/*
 * Inside store/, but for making and freeing: what the sessions of one process have read and opened lately, in one piece
 * of memory of a fixed size that is written round and round: what is oldest makes way. Values are in it in plain; like
 * an arena it is no part of a core dump, and what leaves it is overwritten.
 *
 * Entries are right for what one database file (`binding`) said from change `base` to change `known`. Each commit of a
 * session that has the cache tells which entries it changed, before others can see it; a state that nobody told of
 * (another process has committed) empties the cache. So an entry that is there is right for every snapshot
 * from the last change of it on; a snapshot that is older than that, or than `base`, does without.
 *
 * Any thread.
 */
#ifndef IDEM_STORE_PROCESS_CACHE_H
#define IDEM_STORE_PROCESS_CACHE_H

#include <stdbool.h>

#include "base/buf.h"

struct store_cache;

/* `bytes`: of the entries; memory is taken as they come. */
struct store_cache *store_cache_new(size_t bytes);
/* After all stores that use it were closed. NULL is fine. */
void store_cache_free(struct store_cache *c);

enum cached_kind { CACHED_RECORD, CACHED_MASTER, CACHED_BLOCK };

/* A number for an entry: of a record, a master, or a block of the candidate index. */
uint64_t cache_tag(enum cached_kind kind, int64_t id);

/* A store on this file begins to use it. Another file than the one before: what is kept is forgotten, and stores that
 * are bound to the one before find nothing any more. */
uint64_t cache_bind(struct store_cache *c, const uint8_t database[16], uint64_t device, uint64_t inode);
/* Somebody begins to fill it: false, when there is hardly room. It is no longer empty. */
bool cache_fills(struct store_cache *c);
/* Nobody has filled it since it was made or emptied. */
bool cache_is_empty(struct store_cache *c);
/* A snapshot of change `seq` begins; false: it does without. */
bool cache_meet(struct store_cache *c, uint64_t binding, int64_t seq);
/* Appends the entry to `out`; false when it is not there, or not for that snapshot. */
bool cache_get(struct store_cache *c, uint64_t binding, uint64_t tag, int64_t seq, struct buf *out);
/* What the snapshot says; left out when that was changed since. */
void cache_put(struct store_cache *c, uint64_t binding, uint64_t tag, int64_t seq, struct str entry);
/* Is what the snapshot `since` said of it still right in snapshot `seq`? */
bool cache_stays(struct store_cache *c, uint64_t binding, uint64_t tag, int64_t since, int64_t seq);

/* Change `from` is about to become `to`, by a transaction that changed these entries; tag NULL: who knows what. */
void cache_change(struct store_cache *c, uint64_t binding, int64_t from, int64_t to, const uint64_t *tag, size_t n);
/* It was not committed after all. */
void cache_forget(struct store_cache *c, uint64_t binding);

#endif

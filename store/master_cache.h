/*
 * Inside store/: all masters of a snapshot in memory (24 bytes each), for those who look up so many records that
 * reading them once costs less than a search for each; where tables can be read page by page (store/table_pages.h), all
 * records too.
 */
#ifndef IDEM_STORE_MASTER_CACHE_H
#define IDEM_STORE_MASTER_CACHE_H

#include "store/roll.h"
#include "store/sql.h"

struct master_cache;

/* Counts look-ups of the open snapshot; reads the masters when it is time. NULL: not yet, or no snapshot. */
enum idem_status master_cache_count(struct store *s, uint32_t lookups, const struct master_cache **out,
                                    struct idem_error *err);
/* NULL: records are to be found by a query. */
const struct store_roll *master_cache_roll(const struct master_cache *c);
/* For who is going to find it: it is fetched from memory. */
void master_cache_fetch(const struct master_cache *c, int64_t mid);
/* The uuid at the end of the redirects. False when the master is not there or redirects go in a circle. */
bool master_cache_find(const struct master_cache *c, int64_t mid, uint8_t uuid[16]);
void master_cache_free(struct master_cache *c);

#endif

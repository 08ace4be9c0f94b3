/*
 * Inside store/: all masters of a snapshot in memory (24 bytes each), for those who look up so many records that
 * reading them once costs less than a search for each: about one for every six masters.
 */
#ifndef IDEM_STORE_MASTER_CACHE_H
#define IDEM_STORE_MASTER_CACHE_H

#include "store/sql.h"

struct master_cache;

/* Counts a look-up of the open snapshot; reads the masters when it is time. NULL: not yet, or no snapshot. */
enum idem_status master_cache_count(struct store *s, const struct master_cache **out, struct idem_error *err);
/* The uuid at the end of the redirects. False when the master is not there or redirects go in a circle. */
bool master_cache_find(const struct master_cache *c, int64_t mid, uint8_t uuid[16]);
void master_cache_free(struct master_cache *c);

#endif

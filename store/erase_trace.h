/*
 * What was removed, remembered as hashes of 16-byte windows of the removed bytes, so that a search of the file can show
 * that nothing of it is left: in pages that were freed, in the unused part of a page, in the write-ahead log.
 *
 * Windows stand at the beginning of a container (its random nonce), every 512 bytes, and at its end, because a long
 * container is spread over pages. A token is one window. The hash is a polynomial one over the window's bytes (Karp and
 * Rabin 1987), which a search rolls on from byte to byte; 64 bits make a chance hit unlikely at any size of file.
 */
#ifndef IDEM_STORE_ERASE_TRACE_H
#define IDEM_STORE_ERASE_TRACE_H

#include <stdint.h>

#include "base/str.h"

enum { TRACE_WINDOW = 16 };

struct erase_trace {
    uint64_t *hash;
    size_t n, room;
};

void trace_deinit(struct erase_trace *t);
/* Bytes that are about to be removed; fewer than TRACE_WINDOW leave no trace. */
void trace_add(struct erase_trace *t, struct str bytes);
/* A window by its hash, from a trace that was kept. */
void trace_add_hash(struct erase_trace *t, uint64_t hash);

/* Reads exactly `len` bytes at `at`; false on an error. */
typedef bool trace_read_fn(void *context, uint64_t at, void *bytes, size_t len);
/* How many windows of `t` the `size` bytes that `read` gives hold. False when reading failed. */
bool trace_search(const struct erase_trace *t, trace_read_fn *read, void *context, uint64_t size, uint64_t *found);

#endif

/*
 * Memory that is there, or the process ends: one line on standard error and status 1. A database is then as it was
 * before the transaction that was not committed, as after a kill (docs/reliability.md).
 */
#ifndef IDEM_BASE_MEMORY_H
#define IDEM_BASE_MEMORY_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `size`: bytes that were asked for in vain; 0: not known. */
void out_of_memory(size_t size) __attribute__((noreturn));

/* Never NULL; of 0 bytes too. Release with free. */
void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);
/* For large arrays that are read at random: starts at a line of the cache, asks for huge pages. Release with free. */
void *xaligned(size_t size);

#ifdef __cplusplus
}
#endif

#endif

/*
 * Memory that is there, or the process ends: one line on standard error and status 1. A database is then as it was
 * before the transaction that was not committed, as after a kill (docs/reliability.md).
 */
#ifndef IDEM_BASE_MEMORY_H
#define IDEM_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `size`: bytes that were asked for in vain; 0: not known. */
void out_of_memory(size_t size) __attribute__((noreturn));

/*
 * Room that a service keeps for itself: the first allocation here or in an arena that fails gives it up and is done
 * again, so that what is under way can end. Of the process, as memory is; nobody else needs to ask for it. Any thread.
 */
/* Room of `size` bytes is there, or is taken now: false when there is none to be had, and it is time to refuse work. */
bool memory_reserve(size_t size);
/* Gives the room up: true when there was some, and another attempt is worth it. */
bool memory_spend(void);

/*
 * Large arrays are mapped each by itself and given back when they are freed; for the start of a program. By itself the
 * allocator soon keeps arrays of up to 32 MB for later: a run over a million records then held 80 MB more than it used.
 */
void memory_give_back(void);

/* Does free know arrays of base/paged.h? Not where the program was linked without --wrap=free. */
bool memory_frees_paged(void);

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

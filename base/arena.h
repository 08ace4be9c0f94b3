/*
 * Arenas: memory by lifetime. Allocate as you go, release everything at once.
 *
 * An arena grows by chunks and never moves what it gave out. Memory is zeroed. It is excluded from core dumps.
 * arena_alloc does not return NULL: when the system has no memory left it calls out_of_memory. Where a foreign library
 * has no memory and says so, the call returns IDEM_NO_MEMORY. One thread at a time.
 */
#ifndef IDEM_BASE_ARENA_H
#define IDEM_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/str.h"

struct arena_chunk;

struct arena {
    struct arena_chunk *chunk; /* newest first */
    char *at, *end;
    size_t next_size; /* bytes of the next chunk */
};

void arena_init(struct arena *a);
/* Releases everything; accepts a zeroed or released arena. */
void arena_deinit(struct arena *a);
/* The same after overwriting all of it: for values that shall not linger in memory. */
void arena_wipe(struct arena *a);
/* Forgets everything but keeps one chunk for reuse. */
void arena_reset(struct arena *a);

/* The same as arena_alloc when the newest chunk has no room: a new one. */
void *arena_alloc_chunk(struct arena *a, size_t size, size_t align);

/* `size` zeroed bytes aligned to `align` (a power of two, at most 64). Never NULL. */
static inline void *arena_alloc(struct arena *a, size_t size, size_t align)
{
    uintptr_t at = ((uintptr_t)a->at + align - 1) & ~(uintptr_t)(align - 1), end = (uintptr_t)a->end;
    if (!a->chunk || at > end || size > end - at)
        return arena_alloc_chunk(a, size, align);
    a->at = (char *)at + size;
    return (void *)at;
}

/* An array of `n` zeroed elements. */
#define ARENA_NEW(a, type, n) ((type *)arena_alloc_array((a), (n), sizeof(type), _Alignof(type)))
void *arena_alloc_array(struct arena *a, size_t n, size_t size, size_t align);

struct str arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct str arena_vprintf(struct arena *a, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* Bytes held from the system. */
size_t arena_held(const struct arena *a);

#endif

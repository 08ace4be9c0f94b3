#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/paged.h"

enum { FIRST_CHUNK = 4096, LARGEST_CHUNK = 16 << 20, MAP_FROM = 1 << 20 };

struct arena_chunk {
    struct arena_chunk *older;
    size_t size; /* with this header */
    int mapped;
};

void arena_init(struct arena *a)
{
    *a = (struct arena){0};
}

static void S_chunk_free(struct arena_chunk *chunk)
{
    if (chunk->mapped)
        munmap(chunk, chunk->size);
    else
        free(chunk); /* or the region's */
}

void arena_deinit(struct arena *a)
{
    if (!a)
        return;
    for (struct arena_chunk *c = a->chunk, *older; c; c = older) {
        older = c->older;
        S_chunk_free(c);
    }
    *a = (struct arena){0};
}

void arena_wipe(struct arena *a)
{
    for (struct arena_chunk *c = a->chunk; c; c = c->older)
        explicit_bzero(c + 1, c->size - sizeof *c);
    arena_deinit(a);
}

void arena_reset(struct arena *a)
{
    struct arena_chunk *keep = a->chunk;
    if (!keep)
        return;
    for (struct arena_chunk *c = keep->older, *older; c; c = older) {
        older = c->older;
        S_chunk_free(c);
    }
    keep->older = NULL;
    char *start = (char *)(keep + 1);
    memset(start, 0, (size_t)(a->at - start)); /* what lies behind `at` was never given out */
    a->at = start;
    a->end = (char *)keep + keep->size;
}

static void S_grow(struct arena *a, size_t need)
{
    size_t size = a->next_size ? a->next_size : FIRST_CHUNK;
    if (need > SIZE_MAX / 2)
        out_of_memory(need);
    if (size < need + sizeof(struct arena_chunk) + 64)
        size = need + sizeof(struct arena_chunk) + 64;
    a->next_size = size * 2 < LARGEST_CHUNK ? size * 2 : LARGEST_CHUNK;
    struct arena_chunk *chunk = paged_alloc(size);
    if (chunk) {
        chunk->mapped = 0;
    } else if (size >= MAP_FROM) {
        size = (size + 4095) & ~(size_t)4095;
        /* cppcheck-suppress invalidFunctionArg ; a map of no file has descriptor -1 */
        do
            chunk = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        while (chunk == MAP_FAILED && memory_spend());
        if (chunk == MAP_FAILED)
            out_of_memory(size);
        madvise(chunk, size, MADV_DONTDUMP);
        chunk->mapped = 1;
    } else {
        do
            chunk = calloc(1, size);
        while (!chunk && memory_spend());
        if (!chunk)
            out_of_memory(size);
        chunk->mapped = 0;
    }
    chunk->size = size;
    chunk->older = a->chunk;
    a->chunk = chunk;
    a->at = (char *)(chunk + 1);
    a->end = (char *)chunk + size;
}

void *arena_alloc_chunk(struct arena *a, size_t size, size_t align)
{
    S_grow(a, size + align);
    uintptr_t at = ((uintptr_t)a->at + align - 1) & ~(uintptr_t)(align - 1);
    a->at = (char *)at + size;
    return (void *)at;
}

void *arena_alloc_array(struct arena *a, size_t n, size_t size, size_t align)
{
    if (size && n > SIZE_MAX / 4 / size)
        out_of_memory(SIZE_MAX);
    return arena_alloc(a, n * size, align);
}

struct str arena_vprintf(struct arena *a, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (len < 0)
        return STR("");
    char *text = arena_alloc(a, (size_t)len + 1, 1);
    vsnprintf(text, (size_t)len + 1, format, args);
    return (struct str){text, (size_t)len};
}

struct str arena_printf(struct arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str result = arena_vprintf(a, format, args);
    va_end(args);
    return result;
}

size_t arena_held(const struct arena *a)
{
    size_t held = 0;
    for (const struct arena_chunk *c = a->chunk; c; c = c->older)
        held += c->size;
    return held;
}

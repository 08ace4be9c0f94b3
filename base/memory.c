#include "base/memory.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/paged.h"

/* Of the linker (--wrap=free): every free of ours is __wrap_free; NULL where it was not told to. */
void __real_free(void *p) __attribute__((weak));
void __wrap_free(void *p);

/* A mapping, its first bytes its size; 0: none. What is short is the process's own, so this is too. */
static atomic_uintptr_t reserve;

bool memory_reserve(size_t size)
{
    if (atomic_load(&reserve))
        return true;
    size_t *room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED && malloc_trim(0)) /* what was freed may be kept by malloc */
        room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        return false;
    *room = size;
    uintptr_t none = 0;
    if (!atomic_compare_exchange_strong(&reserve, &none, (uintptr_t)room))
        munmap(room, size);
    return true;
}

bool memory_spend(void)
{
    size_t *room = (size_t *)atomic_exchange(&reserve, 0);
    return room && munmap(room, *room) == 0;
}

void memory_give_back(void)
{
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
}

/* Nothing here allocates, and nothing that other threads still use is torn down: so not exit. */
void out_of_memory(size_t size)
{
    char text[160];
    int len = snprintf(text, sizeof text,
                       "idem: out of memory (%zu bytes more were needed); what was not committed is undone: run the "
                       "command again when there is more\n",
                       size);
    if (write(STDERR_FILENO, text, (size_t)len) < 0) {
        /* nobody listens; the exit status tells */
    }
    _exit(1);
}

void __wrap_free(void *p)
{
    if (paged_owns(p))
        paged_free(p);
    else
        __real_free(p);
}

bool memory_frees_paged(void)
{
    return __real_free != NULL;
}

void *xmalloc(size_t size)
{
    void *p = paged_alloc(size);
    if (p)
        return p;
    do
        p = malloc(size ? size : 1);
    while (!p && memory_spend());
    if (!p)
        out_of_memory(size);
    return p;
}

void *xcalloc(size_t n, size_t size)
{
    void *p = size && n > SIZE_MAX / size ? NULL : paged_alloc(n * size);
    if (p)
        return p;
    do
        p = calloc(n ? n : 1, size ? size : 1);
    while (!p && memory_spend());
    if (!p)
        out_of_memory(n * size);
    return p;
}

void *xaligned(size_t size)
{
    enum { LINE = 64, HUGE_PAGE = 1 << 21 };
    size_t align = size >= HUGE_PAGE ? HUGE_PAGE : LINE;
    void *p = paged_alloc(size);
    if (p)
        return p;
    do
        p = aligned_alloc(align, (size + align - 1) / align * align + (size ? 0 : align));
    while (!p && memory_spend());
    if (!p)
        out_of_memory(size);
    if (align == HUGE_PAGE)
        madvise(p, size, MADV_HUGEPAGE);
    return p;
}

/* From the region to the region, or between it and malloc; NULL: malloc is asked, for what is malloc's. */
static void *S_realloc_paged(void *old, size_t size)
{
    bool paged = paged_owns(old);
    void *p = paged ? paged_realloc(old, size) : paged_alloc(size);
    if (p && !paged && old) {
        size_t had = malloc_usable_size(old);
        memcpy(p, old, had < size ? had : size);
        free(old);
    } else if (!p && paged) {
        size_t had = paged_size(old);
        p = malloc(size);
        if (!p)
            out_of_memory(size);
        memcpy(p, old, had < size ? had : size);
        paged_free(old);
    }
    return p;
}

void *xrealloc(void *old, size_t size)
{
    void *p = paged_is_on() || paged_owns(old) ? S_realloc_paged(old, size) : NULL;
    if (p)
        return p;
    do
        p = realloc(old, size ? size : 1);
    while (!p && memory_spend());
    if (!p)
        out_of_memory(size);
    return p;
}

char *xstrdup(const char *text)
{
    size_t len = strlen(text) + 1;
    return memcpy(xmalloc(len), text, len);
}

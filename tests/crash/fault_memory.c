/* Allocations that fail: malloc and its kin, of the program and of its libraries. Letter `a`. */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

#include "fault.h"

void *memalign(size_t align, size_t size);

static void *(*S_malloc)(size_t), *(*S_calloc)(size_t, size_t), *(*S_realloc)(void *, size_t);
static void *(*S_aligned)(size_t, size_t);
static int (*S_posix)(void **, size_t, size_t);

/* The function of the next library, looked up at the first call, which comes before any constructor runs. */
static void *S_next(void *known, const char *name)
{
    return known ? known : dlsym(RTLD_NEXT, name);
}

static bool S_fails(void)
{
    if (fault_count('a', false) != FAIL)
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    S_malloc = S_next(S_malloc, "malloc");
    return S_fails() ? NULL : S_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    S_calloc = S_next(S_calloc, "calloc");
    return S_fails() ? NULL : S_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    S_realloc = S_next(S_realloc, "realloc");
    return S_fails() ? NULL : S_realloc(old, size);
}

void *aligned_alloc(size_t align, size_t size)
{
    S_aligned = S_next(S_aligned, "aligned_alloc");
    return S_fails() ? NULL : S_aligned(align, size);
}

void *memalign(size_t align, size_t size)
{
    return aligned_alloc(align, size);
}

int posix_memalign(void **out, size_t align, size_t size)
{
    S_posix = S_next(S_posix, "posix_memalign");
    return S_fails() ? ENOMEM : S_posix(out, align, size);
}

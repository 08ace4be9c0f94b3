#include "matcher/pair_filter.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"

void pair_filter_deinit(struct pair_filter *f)
{
    free(f->slot);
    *f = (struct pair_filter){0};
}

/* b is more than 0, so no pair is 0. */
static uint64_t S_number(uint32_t a, uint32_t b)
{
    return (uint64_t)a << 32 | b;
}

static size_t S_place(const struct pair_filter *f, uint64_t pair)
{
    return hash_u64(pair) & (f->room - 1);
}

static bool S_put(struct pair_filter *f, uint64_t pair)
{
    size_t i = S_place(f, pair);
    for (; f->slot[i]; i = (i + 1) & (f->room - 1))
        if (f->slot[i] == pair)
            return false;
    f->slot[i] = pair;
    f->used++;
    return true;
}

static void S_grow(struct pair_filter *f)
{
    struct pair_filter old = *f;
    f->room = old.room ? old.room * 2 : 4096;
    f->used = 0;
    f->slot = xcalloc(f->room, sizeof *f->slot);
    for (size_t i = 0; i < old.room; i++)
        if (old.slot[i])
            S_put(f, old.slot[i]);
    free(old.slot);
}

void pair_filter_prefetch(const struct pair_filter *f, uint32_t a, uint32_t b)
{
    if (f->room)
        __builtin_prefetch(&f->slot[S_place(f, S_number(a, b))]);
}

bool pair_filter_add(struct pair_filter *f, uint32_t a, uint32_t b)
{
    if (f->used * 2 >= f->room)
        S_grow(f);
    return S_put(f, S_number(a, b));
}

#include "engine/pair_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"

void pair_set_deinit(struct pair_set *s)
{
    free(s->slot);
    *s = (struct pair_set){0};
}

static uint64_t S_pair(uint32_t a, uint32_t b)
{
    return a > b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;
}

/* Where the pair is, or the empty slot where it belongs. */
static struct pair_slot *S_slot(const struct pair_set *s, uint64_t pair)
{
    size_t at = (size_t)hash_u64(pair) & (s->room - 1);
    while (s->slot[at].pair != pair && s->slot[at].pair != UINT64_MAX)
        at = (at + 1) & (s->room - 1);
    return &s->slot[at];
}

static void S_grow(struct pair_set *s)
{
    struct pair_set old = *s;
    s->room = old.room ? old.room * 2 : 256;
    s->slot = xmalloc(s->room * sizeof *s->slot);
    memset(s->slot, 0xFF, s->room * sizeof *s->slot);
    for (size_t i = 0; i < old.room; i++)
        if (old.slot[i].pair != UINT64_MAX)
            *S_slot(s, old.slot[i].pair) = old.slot[i];
    free(old.slot);
}

uint32_t pair_set_add(struct pair_set *s, uint32_t a, uint32_t b, uint32_t value)
{
    if (s->n * 3 >= s->room * 2)
        S_grow(s);
    struct pair_slot *slot = S_slot(s, S_pair(a, b));
    if (slot->pair != UINT64_MAX)
        return slot->value;
    *slot = (struct pair_slot){S_pair(a, b), value};
    s->n++;
    return PAIR_NONE;
}

uint32_t pair_set_find(const struct pair_set *s, uint32_t a, uint32_t b)
{
    if (!s->n)
        return PAIR_NONE;
    const struct pair_slot *slot = S_slot(s, S_pair(a, b));
    return slot->pair == UINT64_MAX ? PAIR_NONE : slot->value;
}

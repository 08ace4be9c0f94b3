#include "record/dict.h"

#include <stdlib.h>

#include "base/hash.h"

struct dict_slot {
    uint32_t id;  /* 0 = empty */
    uint32_t tag; /* high half of the hash */
};

void dict_deinit(struct dict *d)
{
    if (!d)
        return;
    arena_deinit(&d->arena);
    free(d->value);
    free(d->slot);
    *d = (struct dict){0};
}

static void S_grow_slots(struct dict *d)
{
    uint32_t slots = d->slots ? d->slots * 2 : 64;
    free(d->slot);
    d->slot = xcalloc(slots, sizeof *d->slot);
    d->slots = slots;
    for (uint32_t id = 1; id <= d->n; id++) {
        uint64_t hash = hash_str(d->value[id]);
        uint32_t i = (uint32_t)hash & (slots - 1);
        while (d->slot[i].id)
            i = (i + 1) & (slots - 1);
        d->slot[i] = (struct dict_slot){id, (uint32_t)(hash >> 32)};
    }
}

static uint32_t S_new_value(struct dict *d, struct str bytes)
{
    if (d->n + 1 >= d->room) {
        d->room = d->room ? d->room * 2 : 64;
        d->value = xrealloc(d->value, d->room * sizeof *d->value);
        d->value[0] = (struct str){0};
    }
    char *copy = arena_alloc(&d->arena, bytes.len + 1, 1);
    if (bytes.len)
        memcpy(copy, bytes.ptr, bytes.len);
    d->value[++d->n] = (struct str){copy, bytes.len};
    return d->n;
}

uint32_t dict_add(struct dict *d, struct str bytes, bool *fresh)
{
    return dict_add_hashed(d, bytes, hash_str(bytes), fresh);
}

uint32_t dict_add_hashed(struct dict *d, struct str bytes, uint64_t hash, bool *fresh)
{
    if ((d->n + 1) * 3ULL >= d->slots * 2ULL)
        S_grow_slots(d);
    uint32_t tag = (uint32_t)(hash >> 32), i = (uint32_t)hash & (d->slots - 1);
    for (; d->slot[i].id; i = (i + 1) & (d->slots - 1))
        if (d->slot[i].tag == tag && str_eq(d->value[d->slot[i].id], bytes)) {
            if (fresh)
                *fresh = false;
            return d->slot[i].id;
        }
    uint32_t id = S_new_value(d, bytes);
    d->slot[i] = (struct dict_slot){id, tag};
    if (fresh)
        *fresh = true;
    return id;
}

void dict_prefetch(const struct dict *d, uint64_t hash)
{
    if (d->slots)
        __builtin_prefetch(&d->slot[(uint32_t)hash & (d->slots - 1)]);
}

uint32_t dict_find(const struct dict *d, struct str bytes)
{
    if (!d->n)
        return 0;
    uint64_t hash = hash_str(bytes);
    uint32_t tag = (uint32_t)(hash >> 32);
    for (uint32_t i = (uint32_t)hash & (d->slots - 1); d->slot[i].id; i = (i + 1) & (d->slots - 1))
        if (d->slot[i].tag == tag && str_eq(d->value[d->slot[i].id], bytes))
            return d->slot[i].id;
    return 0;
}

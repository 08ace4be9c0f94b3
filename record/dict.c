#include "record/dict.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "record/room.h"

/* The index is the front of the tag, so that the table grows without a look at the values. */
struct dict_slot {
    uint32_t id;  /* 0 = empty */
    uint32_t tag; /* high half of the hash */
};

enum { FIRST_SLOTS = 64, WINDOW = 32, LENGTH_BYTES = 10 };

void dict_deinit(struct dict *d)
{
    if (!d)
        return;
    arena_deinit(&d->arena);
    free(d->at);
    free(d->slot);
    *d = (struct dict){0};
}

void dict_settle(struct dict *d)
{
    free(d->slot);
    d->slot = NULL;
    d->slots = 0;
    if (d->n) {
        d->room = d->n + 1;
        d->at = xrealloc(d->at, d->room * sizeof *d->at);
    }
}

static uint32_t S_tag(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

static uint32_t S_first_slot(const struct dict *d, uint32_t tag)
{
    return (uint32_t)((uint64_t)tag * d->slots >> 32);
}

static void S_put_slot(struct dict *d, uint32_t id, uint32_t tag)
{
    uint32_t i = S_first_slot(d, tag);
    while (d->slot[i].id)
        i = (i + 1) & (d->slots - 1);
    d->slot[i] = (struct dict_slot){id, tag};
}

static void S_grow_slots(struct dict *d)
{
    struct dict_slot *old = d->slot;
    uint32_t n_old = d->slots;
    d->slots = n_old ? n_old * 2 : FIRST_SLOTS;
    while (!n_old && (d->n + 1) * 3ULL >= d->slots * 2ULL)
        d->slots *= 2;
    d->slot = xaligned(d->slots * sizeof *d->slot);
    memset(d->slot, 0, d->slots * sizeof *d->slot);
    for (uint32_t i = 0; i < n_old; i++)
        if (old[i].id)
            S_put_slot(d, old[i].id, old[i].tag);
    for (uint32_t id = 1; !n_old && id <= d->n; id++)
        S_put_slot(d, id, S_tag(hash_str(dict_get(d, id))));
    free(old);
}

/* The place of `bytes` free bytes in one block. */
static uint32_t S_take(struct dict *d, size_t bytes)
{
    uint64_t units = (bytes + DICT_UNIT - 1) / DICT_UNIT, at = d->next ? d->next : 1U << DICT_FIRST_BITS;
    unsigned top = 63 - (unsigned)__builtin_clzll(at);
    while (at + units > UINT64_C(2) << top)
        at = UINT64_C(1) << ++top;
    if (at + units > UINT32_MAX)
        xmalloc(SIZE_MAX / 2); /* ends as memory that is not there does */
    char **block = &d->block[top - DICT_FIRST_BITS];
    if (!*block)
        *block = arena_alloc(&d->arena, (size_t)DICT_UNIT << top, 8);
    d->next = (uint32_t)(at + units);
    return (uint32_t)at;
}

/* Values are short, a call of memcmp is not. */
static inline bool S_same(struct str a, struct str b)
{
    uint64_t x, y;
    if (a.len != b.len)
        return false;
    if (a.len < 8 || a.len > 32)
        return !a.len || memcmp(a.ptr, b.ptr, a.len) == 0;
    for (size_t i = 0; i + 8 < a.len; i += 8) {
        memcpy(&x, a.ptr + i, 8);
        memcpy(&y, b.ptr + i, 8);
        if (x != y)
            return false;
    }
    memcpy(&x, a.ptr + a.len - 8, 8);
    memcpy(&y, b.ptr + b.len - 8, 8);
    return x == y;
}

static uint32_t S_new_value(struct dict *d, struct str bytes)
{
    char head[LENGTH_BYTES];
    size_t n = 0, len = bytes.len;
    for (; len >= 0x80; len >>= 7)
        head[n++] = (char)(len | 0x80);
    head[n++] = (char)len;
    if (d->n + 1 >= d->room) {
        d->room = room_for(d->room, FIRST_SLOTS, (uint64_t)d->n + 2, ROOM_MOST_IDS);
        d->at = xrealloc(d->at, d->room * sizeof *d->at);
        d->at[0] = 0;
    }
    uint32_t at = S_take(d, n + bytes.len);
    char *to = (char *)(uintptr_t)dict_place(d, at);
    memcpy(to, head, n);
    if (bytes.len)
        memcpy(to + n, bytes.ptr, bytes.len);
    d->at[++d->n] = at;
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
    uint32_t tag = S_tag(hash), i = S_first_slot(d, tag);
    for (; d->slot[i].id; i = (i + 1) & (d->slots - 1))
        if (d->slot[i].tag == tag && S_same(dict_get(d, d->slot[i].id), bytes)) {
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
        __builtin_prefetch(&d->slot[S_first_slot(d, S_tag(hash))]);
}

/* The id that the value has, if it is there: it is compared later. 0: surely new. */
static uint32_t S_likely(const struct dict *d, uint32_t tag)
{
    for (uint32_t i = S_first_slot(d, tag); d->slots && d->slot[i].id; i = (i + 1) & (d->slots - 1))
        if (d->slot[i].tag == tag)
            return d->slot[i].id;
    return 0;
}

/* Slot, place and bytes are three accesses, each to where the one before says: a window of values goes through each
 * step together, so that the misses of one step overlap. */
static void S_add_window(struct dict *d, const struct str *bytes, const uint64_t *hash, size_t n, uint32_t *id)
{
    uint32_t likely[WINDOW];
    for (size_t i = 0; i < n; i++)
        dict_prefetch(d, hash[i]);
    for (size_t i = 0; i < n; i++) {
        likely[i] = S_likely(d, S_tag(hash[i]));
        if (likely[i])
            __builtin_prefetch(&d->at[likely[i]]);
    }
    for (size_t i = 0; i < n; i++)
        if (likely[i])
            __builtin_prefetch(dict_place(d, d->at[likely[i]]));
    for (size_t i = 0; i < n; i++)
        id[i] = likely[i] && S_same(dict_get(d, likely[i]), bytes[i]) ? likely[i]
                                                                      : dict_add_hashed(d, bytes[i], hash[i], NULL);
}

void dict_add_many(struct dict *d, const struct str *bytes, const uint64_t *hash, size_t n, uint32_t *id)
{
    for (size_t from = 0; from < n; from += WINDOW)
        S_add_window(d, bytes + from, hash + from, n - from < WINDOW ? n - from : WINDOW, id + from);
}

uint32_t dict_find(const struct dict *d, struct str bytes)
{
    if (!d->slots)
        return 0;
    uint32_t tag = S_tag(hash_str(bytes));
    for (uint32_t i = S_first_slot(d, tag); d->slot[i].id; i = (i + 1) & (d->slots - 1))
        if (d->slot[i].tag == tag && str_eq(dict_get(d, d->slot[i].id), bytes))
            return d->slot[i].id;
    return 0;
}

void dict_keep(struct dict *d, const uint8_t *wanted)
{
    struct dict kept = {.at = xcalloc((size_t)d->n + 1, sizeof *kept.at), .n = d->n, .room = d->n + 1};
    struct dict texts = {0};
    for (uint32_t id = 1; id <= d->n; id++)
        if (wanted[id]) {
            uint32_t at = dict_add(&texts, dict_get(d, id), NULL);
            assert(texts.at);
            kept.at[id] = texts.at[at];
        }
    kept.arena = texts.arena;
    kept.next = texts.next;
    memcpy(kept.block, texts.block, sizeof kept.block);
    texts.arena = (struct arena){0};
    dict_deinit(&texts);
    dict_deinit(d);
    *d = kept;
}

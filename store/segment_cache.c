#include "store/segment_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"

enum { FIRST_SLOTS = 1 << 10 };

struct segment_cache {
    struct segment_block *block; /* [slots] open addressing */
    size_t slots, n, bytes;
};

struct segment_cache *segment_cache_new(void)
{
    return xcalloc(1, sizeof(struct segment_cache));
}

static void S_drop_now(struct segment_cache *c, struct segment_block *b)
{
    if (b->now != b->rid) {
        c->bytes -= b->n_now * sizeof *b->now;
        free(b->now);
    }
    b->now = b->rid;
    b->n_now = b->n;
}

static void S_drop(struct segment_cache *c, struct segment_block *b)
{
    S_drop_now(c, b);
    c->bytes -= b->n * sizeof *b->rid;
    free(b->rid);
    b->rid = b->now = NULL;
    b->n = b->n_now = 0;
}

static void S_clear(struct segment_cache *c)
{
    for (size_t i = 0; i < c->slots; i++)
        S_drop(c, &c->block[i]);
    free(c->block);
    *c = (struct segment_cache){0};
}

void segment_cache_free(struct segment_cache *c)
{
    if (!c)
        return;
    S_clear(c);
    free(c);
}

void segment_cache_trim(struct segment_cache *c)
{
    if (c && c->bytes + c->slots * sizeof *c->block > SEGMENT_CACHE_BYTES)
        S_clear(c);
}

static struct segment_block *S_find(const struct segment_cache *c, uint64_t key)
{
    size_t at = (size_t)hash_u64(key) & (c->slots - 1);
    while (c->block[at].used && c->block[at].key != key)
        at = (at + 1) & (c->slots - 1);
    return &c->block[at];
}

static void S_grow(struct segment_cache *c)
{
    struct segment_block *old = c->block;
    size_t slots = c->slots;
    c->slots = slots ? slots * 2 : FIRST_SLOTS;
    c->block = xcalloc(c->slots, sizeof *c->block);
    for (size_t i = 0; i < slots; i++)
        if (old[i].used)
            *S_find(c, old[i].key) = old[i];
    free(old);
}

struct segment_block *segment_cache_slot(struct segment_cache *c, uint64_t key)
{
    if (c->n * 2 >= c->slots)
        S_grow(c);
    struct segment_block *b = S_find(c, key);
    if (!b->used) {
        *b = (struct segment_block){.key = key, .used = true};
        c->n++;
    }
    return b;
}

void segment_cache_doubt(struct segment_cache *c, uint64_t key)
{
    if (!c || !c->slots)
        return;
    struct segment_block *b = S_find(c, key);
    if (b->used)
        b->state = 0;
}

void segment_cache_set(struct segment_cache *c, struct segment_block *b, const uint32_t *rid, size_t n)
{
    S_drop(c, b);
    b->rid = n ? xmalloc(n * sizeof *rid) : NULL;
    if (n)
        memcpy(b->rid, rid, n * sizeof *rid);
    b->now = b->rid;
    b->n = b->n_now = n;
    c->bytes += n * sizeof *rid;
}

void segment_cache_set_now(struct segment_cache *c, struct segment_block *b, uint32_t **now, size_t n_now)
{
    S_drop_now(c, b);
    if (!now)
        return;
    b->now = *now;
    b->n_now = n_now;
    *now = NULL;
    c->bytes += n_now * sizeof *b->now;
}

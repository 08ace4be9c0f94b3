#include "base/map.h"

#include <stdlib.h>

#include "base/hash.h"

static uint64_t S_hash(struct str key)
{
    uint64_t h = hash_str(key);
    return h ? h : 1;
}

static struct map_slot *S_probe(const struct map *m, struct str key, uint64_t hash)
{
    for (size_t i = hash & (m->room - 1);; i = (i + 1) & (m->room - 1)) {
        struct map_slot *s = &m->slot[i];
        if (!s->hash || (s->hash == hash && str_eq(s->key, key)))
            return s;
    }
}

static void S_grow(struct map *m)
{
    struct map old = *m;
    m->room = old.room ? old.room * 2 : 16;
    m->slot = xcalloc(m->room, sizeof *m->slot);
    for (size_t i = 0; i < old.room; i++)
        if (old.slot[i].hash)
            *S_probe(m, old.slot[i].key, old.slot[i].hash) = old.slot[i];
    free(old.slot);
}

void map_deinit(struct map *m)
{
    if (!m)
        return;
    arena_deinit(&m->arena);
    free(m->slot);
    *m = (struct map){0};
}

bool map_add(struct map *m, struct str key, uint32_t value)
{
    if (m->n * 4 >= m->room * 3)
        S_grow(m);
    uint64_t hash = S_hash(key);
    struct map_slot *s = S_probe(m, key, hash);
    if (s->hash)
        return false;
    *s = (struct map_slot){hash, str_copy(&m->arena, key), value};
    m->n++;
    return true;
}

uint32_t *map_find(const struct map *m, struct str key)
{
    if (!m->n)
        return NULL;
    struct map_slot *s = S_probe(m, key, S_hash(key));
    return s->hash ? &s->value : NULL;
}

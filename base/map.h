/*
 * Hash map from text to a 32-bit number: open addressing, linear probing, keys copied into the map's own arena.
 * Iteration order is not offered on purpose. One thread at a time; look-ups alone may run in parallel.
 */
#ifndef IDEM_BASE_MAP_H
#define IDEM_BASE_MAP_H

#include "base/arena.h"
#include "base/str.h"

struct map_slot {
    uint64_t hash; /* 0 = empty */
    struct str key;
    uint32_t value;
};

struct map {
    struct arena arena;
    struct map_slot *slot;
    size_t room, n; /* room is 0 or a power of two */
};

void map_deinit(struct map *m);
/* Sets key to value; returns false when the key was there already (its value is left as it was). */
bool map_add(struct map *m, struct str key, uint32_t value);
/* Pointer to the value, or NULL. Valid until the next map_add. */
uint32_t *map_find(const struct map *m, struct str key);

#endif

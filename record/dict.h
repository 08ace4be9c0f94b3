/*
 * A dictionary: distinct byte strings numbered 1, 2, ... in order of first appearance; 0 means "no value".
 * Ids never leave the batch that the dictionary belongs to. One thread at a time while adding; look-ups may run in
 * parallel.
 */
#ifndef IDEM_RECORD_DICT_H
#define IDEM_RECORD_DICT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct dict {
    struct arena arena;
    struct str *value; /* [1 .. n] */
    uint32_t n, room;
    struct dict_slot *slot; /* hash table */
    uint32_t slots;         /* 0 or a power of two */
};

void dict_deinit(struct dict *d);
/* The id of these bytes; they are copied when new. `*fresh` (may be NULL) tells whether they were. */
uint32_t dict_add(struct dict *d, struct str bytes, bool *fresh);
/* The same when the caller has hash_str(bytes) already (hash it ahead, dict_prefetch, then add). */
uint32_t dict_add_hashed(struct dict *d, struct str bytes, uint64_t hash, bool *fresh);
void dict_prefetch(const struct dict *d, uint64_t hash);
/* 0 when absent. */
uint32_t dict_find(const struct dict *d, struct str bytes);
static inline struct str dict_get(const struct dict *d, uint32_t id)
{
    return id && id <= d->n ? d->value[id] : (struct str){0};
}

#endif

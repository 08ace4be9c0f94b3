/*
 * A dictionary: distinct byte strings numbered 1, 2, ... in order of first appearance; 0 means "no value".
 * Ids never leave the batch that the dictionary belongs to. One thread at a time while adding; look-ups may run in
 * parallel.
 *
 * A value costs its bytes, one to four more, four for its place and, while values are added, twelve to twenty-four for
 * the hash table. Values lie in blocks that double in size and never move: what dict_get gives is valid for good.
 */
#ifndef IDEM_RECORD_DICT_H
#define IDEM_RECORD_DICT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/* Places are counted in units of four bytes. Block k holds the places [FIRST << k, FIRST << (k + 1)). */
enum { DICT_UNIT = 4, DICT_FIRST_BITS = 8, DICT_BLOCKS = 32 - DICT_FIRST_BITS };

struct dict {
    struct arena arena;
    char *block[DICT_BLOCKS];
    uint32_t *at; /* [1 .. n] place of the value: its length as a varint, then its bytes */
    uint32_t n, room;
    uint32_t next;          /* first free place */
    struct dict_slot *slot; /* hash table */
    uint32_t slots;         /* 0 or a power of two */
};

void dict_deinit(struct dict *d);
/* The id of these bytes; they are copied when new. `*fresh` (may be NULL) tells whether they were. */
uint32_t dict_add(struct dict *d, struct str bytes, bool *fresh);
/* The same when the caller has hash_str(bytes) already (hash it ahead, dict_prefetch, then add). */
uint32_t dict_add_hashed(struct dict *d, struct str bytes, uint64_t hash, bool *fresh);
void dict_prefetch(const struct dict *d, uint64_t hash);
/* Many at once, hash[i] = hash_str(bytes[i]): several times as fast, for the memory is asked for ahead. */
void dict_add_many(struct dict *d, const struct str *bytes, const uint64_t *hash, size_t n, uint32_t *id);
/* 0 when absent. Not after dict_settle. */
uint32_t dict_find(const struct dict *d, struct str bytes);
/* Gives back what only adding needs; a later dict_add makes it again. */
void dict_settle(struct dict *d);

/* Gives back all texts but those of the ids that `wanted` [0 .. n] marks: place 0 from then on, for who looks. Nothing
 * is added to or found in the dictionary after that. */
void dict_keep(struct dict *d, const uint8_t *wanted);

static inline const char *dict_place(const struct dict *d, uint32_t at)
{
    unsigned top = 31 - (unsigned)__builtin_clz(at);
    return d->block[top - DICT_FIRST_BITS] + (size_t)(at ^ 1U << top) * DICT_UNIT;
}

static inline struct str dict_get(const struct dict *d, uint32_t id)
{
    if (!id || id > d->n)
        return (struct str){0};
    const unsigned char *p = (const unsigned char *)dict_place(d, d->at[id]);
    size_t len = *p++;
    for (unsigned shift = 7; len >> shift; shift += 7) /* bit `shift` set: another byte of the length follows */
        len = (len ^ (size_t)1 << shift) | (size_t)*p++ << shift;
    return (struct str){(const char *)p, len};
}

#endif

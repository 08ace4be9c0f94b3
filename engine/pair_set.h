/* A set of pairs of numbers below 2^32 - 1, whichever comes first: true pairs, labelled pairs. Look-ups may run in
 * parallel. */
#ifndef IDEM_ENGINE_PAIR_SET_H
#define IDEM_ENGINE_PAIR_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAIR_NONE UINT32_MAX

struct pair_slot {
    uint64_t pair; /* greater << 32 | lesser; UINT64_MAX: empty */
    uint32_t value;
};

struct pair_set {
    struct pair_slot *slot;
    size_t room, n; /* room 0 or a power of two */
};

void pair_set_deinit(struct pair_set *s);
/* Adds the pair with a value below PAIR_NONE; PAIR_NONE, or the value it has already. */
uint32_t pair_set_add(struct pair_set *s, uint32_t a, uint32_t b, uint32_t value);
/* The pair's value, or PAIR_NONE. */
uint32_t pair_set_find(const struct pair_set *s, uint32_t a, uint32_t b);

#endif

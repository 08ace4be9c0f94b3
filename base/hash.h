/*
 * Unkeyed 64-bit hashes (XXH3) for tables and block keys in memory. Never stored or shown: what is stored is keyed
 * (seal/).
 */
#ifndef IDEM_BASE_HASH_H
#define IDEM_BASE_HASH_H

#include <stdint.h>

#include "base/str.h"

uint64_t hash_str(struct str s);
/* Hash with a seed: the same bytes under another seed are independent. */
uint64_t hash_str_seed(struct str s, uint64_t seed);
/* Mixes one 64-bit number (the finaliser of MurmurHash3): a bijection. */
static inline uint64_t hash_u64(uint64_t x)
{
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdULL;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ULL;
    return x ^ x >> 33;
}
static inline uint64_t hash_combine(uint64_t a, uint64_t b)
{
    return hash_u64(a ^ (b + 0x9e3779b97f4a7c15ULL + (a << 6) + (a >> 2)));
}

/* SplitMix64: a small generator for sampling and generated data. The state is an argument: no global randomness. */
static inline uint64_t random_next(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
}
/* Uniform in [0, n). */
static inline uint64_t random_below(uint64_t *state, uint64_t n)
{
    return (uint64_t)((__extension__(unsigned __int128) random_next(state) * n) >> 64);
}

#endif

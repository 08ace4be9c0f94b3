#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hash_str(struct str s)
{
    return XXH3_64bits(s.ptr, s.len);
}

uint64_t hash_str_seed(struct str s, uint64_t seed)
{
    return XXH3_64bits_withSeed(s.ptr, s.len, seed);
}

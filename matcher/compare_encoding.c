#include "matcher/compare_kinds.h"

#include "record/norm.h"

/* Bits of eight characters of six bits each, '0' and up: none borrows from its neighbour. */
static uint64_t S_bits(struct str s, size_t at)
{
    uint64_t eight = 0x3030303030303030ULL;
    size_t n = s.len - at < 8 ? s.len - at : 8;
    memcpy(&eight, s.ptr + at, n);
    return eight - 0x3030303030303030ULL;
}

/* Dice (1945): twice the bits that both have, of all that either has. */
unsigned compare_encoding(const struct compare_context *context, const struct norm *a, const struct norm *b)
{
    static const unsigned least[] = {95, 90, 85, 80, 75, 70, 65, 60}; /* hundredths, from the second level on */
    struct str x = a->form[NORM_CANON], y = b->form[NORM_CANON];
    uint64_t both = 0, all = 0;
    (void)context;
    if (x.len != y.len || ((a->flags | b->flags) & NORM_INVALID))
        return LEVEL_NULL;
    if (str_eq(x, y))
        return 0;
    for (size_t i = 0; i < x.len; i += 8) {
        uint64_t p = S_bits(x, i), q = S_bits(y, i);
        both += (uint64_t)__builtin_popcountll(p & q);
        all += (uint64_t)(__builtin_popcountll(p) + __builtin_popcountll(q));
    }
    unsigned level = 0;
    while (level < COUNT_OF(least) && both * 200 < least[level] * all)
        level++;
    return level + 1;
}

#include "matcher/block_marks.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/*
 * The two highest bits are those that id_masks calls special. A row of two blocks has the hashes of their numbers, 15
 * bits each; one of more has a set of bits, and where two of its blocks fall onto one bit it is CROWDED: then the bits
 * do not tell how many blocks two rows share.
 */
#define MARK_TWO 0x80000000u
#define MARK_SET 0xC0000000u
#define MARK_CROWDED 0x20000000u
enum { SET_BITS = 29, HASH_BITS = 15, HASH_MASK = (1 << HASH_BITS) - 1, GROUP = 16 };

void block_marks_init(struct block_marks *m, uint32_t n_rows, unsigned n_rules, enum simd level)
{
    m->stride = n_rules <= GROUP / 2 ? GROUP / 2 : (n_rules + GROUP - 1) / GROUP * GROUP;
    size_t bytes = ((size_t)n_rows + 1) * m->stride * sizeof *m->word;
    m->word = xaligned(bytes);
    memset(m->word, 0, bytes);
    m->id_masks = id_masks_for(level);
}

void block_marks_deinit(struct block_marks *m)
{
    free(m->word);
    *m = (struct block_marks){0};
}

static uint32_t S_hash(uint32_t block)
{
    return (block * 0x9E3779B1u) >> (32 - HASH_BITS);
}

static uint32_t S_bit(uint32_t hash)
{
    return 1u << hash % SET_BITS;
}

static bool S_is_set(uint32_t word)
{
    return word >= MARK_SET;
}

static bool S_is_two(uint32_t word)
{
    return word >= MARK_TWO && !S_is_set(word);
}

static uint32_t S_first(uint32_t word)
{
    return S_is_two(word) ? word >> HASH_BITS & HASH_MASK : S_hash(word);
}

static uint32_t S_second(uint32_t word)
{
    return S_is_two(word) ? word & HASH_MASK : S_hash(word);
}

/* Of any word but 0. */
static uint32_t S_bits(uint32_t word)
{
    return S_is_set(word) ? word & (MARK_CROWDED - 1) : S_bit(S_first(word)) | S_bit(S_second(word));
}

static uint32_t S_with(uint32_t word, uint32_t block)
{
    uint32_t hash = S_hash(block), crowded;
    if (!word)
        return block;
    if (word < MARK_TWO && S_hash(word) != hash)
        return MARK_TWO | S_hash(word) << HASH_BITS | hash;
    crowded = S_is_set(word) ? word & MARK_CROWDED : 0;
    if (S_bits(word) & S_bit(hash) || (S_is_two(word) && S_bit(S_first(word)) == S_bit(S_second(word))))
        crowded = MARK_CROWDED;
    return MARK_SET | crowded | S_bits(word) | S_bit(hash);
}

static bool S_is_block(const struct key_row *entry, size_t n, const uint64_t *lost, size_t n_lost)
{
    if (n < 2)
        return false;
    for (size_t i = 0; i < n_lost; i++)
        if (lost[i] == entry->key)
            return false;
    return true;
}

void block_marks_add(struct block_marks *m, unsigned rule, const struct key_row *entry, size_t n, const uint64_t *lost,
                     size_t n_lost)
{
    enum { AHEAD = 24 };
    uint32_t *word = m->word + rule, block = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && entry[end].key == entry[i].key; end++)
            ;
        if (!S_is_block(entry + i, end - i, lost, n_lost))
            continue;
        block++;
        for (size_t k = i; k < end; k++) {
            if (k + AHEAD < n)
                __builtin_prefetch(&word[(size_t)entry[k + AHEAD].row * m->stride], 1);
            uint32_t *w = &word[(size_t)entry[k].row * m->stride];
            *w = S_with(*w, block);
        }
    }
}

/* May the blocks of two words, neither 0, have one in common? */
static bool S_may_meet(uint32_t p, uint32_t q)
{
    if (S_is_set(p) || S_is_set(q))
        return S_bits(p) & S_bits(q);
    return S_first(p) == S_first(q) || S_first(p) == S_second(q) || S_second(p) == S_first(q) ||
           S_second(p) == S_second(q);
}

bool block_marks_share(const struct block_marks *m, unsigned rule, uint32_t a, uint32_t b, uint64_t *perhaps)
{
    const uint32_t *x = m->word + (size_t)a * m->stride, *y = m->word + (size_t)b * m->stride;
    *perhaps = 0;
    for (unsigned from = 0; from < rule; from += GROUP) {
        struct id_masks masks = m->id_masks(x + from, y + from, m->stride < GROUP ? m->stride : GROUP);
        uint32_t before = rule - from < GROUP ? (1u << (rule - from)) - 1 : (1u << GROUP) - 1;
        uint32_t present = before & ~masks.missing;
        if (present & masks.equal & ~masks.special)
            return true;
        for (uint32_t sets = present & masks.special; sets; sets &= sets - 1) {
            unsigned r = from + (unsigned)__builtin_ctz(sets);
            *perhaps |= (uint64_t)S_may_meet(x[r], y[r]) << r;
        }
    }
    return false;
}

bool block_marks_share_two(const struct block_marks *m, unsigned rule, uint32_t a, uint32_t b)
{
    uint32_t p = m->word[(size_t)a * m->stride + rule], q = m->word[(size_t)b * m->stride + rule];
    if (p < MARK_TWO || q < MARK_TWO)
        return false;
    if (S_is_two(p) && S_is_two(q))
        return (S_first(p) == S_first(q) && S_second(p) == S_second(q)) ||
               (S_first(p) == S_second(q) && S_second(p) == S_first(q));
    uint32_t both = S_bits(p) & S_bits(q);
    bool crowded = (S_is_set(p) && p & MARK_CROWDED) || (S_is_set(q) && q & MARK_CROWDED);
    return crowded || (both & (both - 1)) || S_is_two(p) || S_is_two(q);
}

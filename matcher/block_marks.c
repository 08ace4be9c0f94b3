#include "matcher/block_marks.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/*
 * The two highest bits are those that id_masks calls special. A set whose blocks fall onto one bit is CROWDED: then its
 * bits do not tell how many blocks two rows share.
 */
#define MARK_SET 0x80000000u
#define MARK_CROWDED 0x40000000u
enum { MARK_BITS = 30, GROUP = 16 };

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

static uint32_t S_bit(uint32_t block)
{
    return 1u << ((uint64_t)(block * 0x9E3779B1u) * MARK_BITS >> 32);
}

static uint32_t S_with(uint32_t word, uint32_t block)
{
    uint32_t bit = S_bit(block);
    if (!word)
        return block;
    if (!(word & MARK_SET))
        word = MARK_SET | S_bit(word);
    return word | bit | (word & bit ? MARK_CROWDED : 0);
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
            uint32_t p = x[r] & MARK_SET ? x[r] : S_bit(x[r]), q = y[r] & MARK_SET ? y[r] : S_bit(y[r]);
            if (p & q & (MARK_CROWDED - 1))
                *perhaps |= 1ULL << r;
        }
    }
    return false;
}

bool block_marks_share_two(const struct block_marks *m, unsigned rule, uint32_t a, uint32_t b)
{
    uint32_t p = m->word[(size_t)a * m->stride + rule], q = m->word[(size_t)b * m->stride + rule];
    uint32_t both = p & q & (MARK_CROWDED - 1);
    if (!(p & MARK_SET) || !(q & MARK_SET))
        return false;
    return ((p | q) & MARK_CROWDED) || (both & (both - 1));
}

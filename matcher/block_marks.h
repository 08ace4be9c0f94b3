/*
 * Which blocks each row is in, for the question whether an earlier rule or a smaller key has made two rows candidates
 * already. A word for each row and rule, the words of a row side by side: one line of the cache answers for sixteen
 * rules, where looking at the keys would touch four places for each.
 *
 * A word is 0 when the row is alone under each of its keys (or they are lost), the number of its block when it is in
 * one, else hashes of their numbers: of two both, of more a set of bits.
 */
#ifndef IDEM_MATCHER_BLOCK_MARKS_H
#define IDEM_MATCHER_BLOCK_MARKS_H

#include <stdbool.h>

#include "base/radix.h"
#include "matcher/id_masks.h"

struct block_marks {
    uint32_t *word;  /* [n_rows * stride] */
    unsigned stride; /* 8, or a multiple of 16 */
    id_masks_fn *id_masks;
};

void block_marks_init(struct block_marks *m, uint32_t n_rows, unsigned n_rules, enum simd level);
void block_marks_deinit(struct block_marks *m);

/* Takes in the blocks of a rule: entries sorted by key; `lost` (sorted) are no blocks. */
void block_marks_add(struct block_marks *m, unsigned rule, const struct key_row *entry, size_t n, const uint64_t *lost,
                     size_t n_lost);

static inline void block_marks_prefetch(const struct block_marks *m, uint32_t row)
{
    __builtin_prefetch(m->word + (size_t)row * m->stride);
}

/* Of the rules before this one: under some the rows share a block for certain, under others (a bit each) perhaps. */
bool block_marks_share(const struct block_marks *m, unsigned rule, uint32_t a, uint32_t b, uint64_t *perhaps);
/* Two rows that share a block of the rule: may they share another one of it? */
bool block_marks_share_two(const struct block_marks *m, unsigned rule, uint32_t a, uint32_t b);

#endif

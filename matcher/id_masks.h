/*
 * Two records' value ids side by side (scorer.row): which are equal, which are missing, which need a closer look. One
 * bit a comparison. The first look at every candidate pair, so there is a variant for each instruction set; all give
 * the same answer.
 */
#ifndef IDEM_MATCHER_ID_MASKS_H
#define IDEM_MATCHER_ID_MASKS_H

#include <stdint.h>

#include "base/simd.h"

struct id_masks {
    uint32_t equal;   /* the same number, missing ones too */
    uint32_t missing; /* 0 on either side */
    uint32_t special; /* a set of values, or flagged, on either side */
};

/* `n` ids a side: 8 or 16, aligned to 32 bytes. */
typedef struct id_masks id_masks_fn(const uint32_t *a, const uint32_t *b, unsigned n);

/* The variant for the level, or the best one below it that this build has. */
id_masks_fn *id_masks_for(enum simd level);

#endif

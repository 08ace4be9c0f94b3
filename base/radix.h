/*
 * Least-significant-digit radix sort of (key, value) entries: stable, 8 bits a pass, passes whose digit is the same
 * everywhere are skipped. About 12 ns an entry at a million.
 */
#ifndef IDEM_BASE_RADIX_H
#define IDEM_BASE_RADIX_H

#include <stddef.h>
#include <stdint.h>

struct key_row {
    uint64_t key;
    uint32_t row;
};

/* Sorts by key; entries of equal key keep their order. `scratch` holds n entries. */
void radix_sort(struct key_row *entry, struct key_row *scratch, size_t n);
void radix_sort_u64(uint64_t *entry, uint64_t *scratch, size_t n);

#endif

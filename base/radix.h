/*
 * Radix sort of (key, value) entries, stable. Made for keys that are hashes: two passes by their highest bits leave a
 * few entries to sort; other keys are sorted by their digits.
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

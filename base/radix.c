#include "base/radix.h"

#include <assert.h>
#include <string.h>

enum { DIGITS = 8, VALUES = 256 };

void radix_sort(struct key_row *entry, struct key_row *scratch, size_t n)
{
    static_assert(sizeof(uint64_t) == DIGITS, "a key has eight digits");
    size_t count[DIGITS][VALUES];
    memset(count, 0, sizeof count);
    for (size_t i = 0; i < n; i++)
        for (int d = 0; d < DIGITS; d++)
            count[d][entry[i].key >> 8 * d & 0xFF]++;
    struct key_row *from = entry, *to = scratch;
    for (int d = 0; d < DIGITS; d++) {
        size_t at = 0;
        if (n && count[d][from[0].key >> 8 * d & 0xFF] == n)
            continue;
        for (int v = 0; v < VALUES; v++) {
            size_t c = count[d][v];
            count[d][v] = at;
            at += c;
        }
        for (size_t i = 0; i < n; i++)
            to[count[d][from[i].key >> 8 * d & 0xFF]++] = from[i];
        struct key_row *swap = from;
        from = to;
        to = swap;
    }
    if (from != entry && n)
        memcpy(entry, from, n * sizeof *entry);
}

void radix_sort_u64(uint64_t *entry, uint64_t *scratch, size_t n)
{
    size_t count[DIGITS][VALUES];
    memset(count, 0, sizeof count);
    for (size_t i = 0; i < n; i++)
        for (int d = 0; d < DIGITS; d++)
            count[d][entry[i] >> 8 * d & 0xFF]++;
    uint64_t *from = entry, *to = scratch;
    for (int d = 0; d < DIGITS; d++) {
        size_t at = 0;
        if (n && count[d][from[0] >> 8 * d & 0xFF] == n)
            continue;
        for (int v = 0; v < VALUES; v++) {
            size_t c = count[d][v];
            count[d][v] = at;
            at += c;
        }
        for (size_t i = 0; i < n; i++)
            to[count[d][from[i] >> 8 * d & 0xFF]++] = from[i];
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != entry && n)
        memcpy(entry, from, n * sizeof *entry);
}

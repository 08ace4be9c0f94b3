#include "base/radix.h"

#include <assert.h>
#include <string.h>

/*
 * Keys are mostly hashes. Two passes from the highest digit leave them in groups of a few, which insertion sorts in the
 * cache; sorting by all eight digits, lowest first, would move every entry eight times. What is not like that (all
 * equal, small numbers) is sorted by digits.
 */
enum {
    DIGITS = 8,
    VALUES = 256,
    TOP_BITS = 11,
    TOPS = 1 << TOP_BITS,
    FEW = 24,
    LEAST_FOR_DIGITS = 96,
    LEAST_FOR_TOPS = 4096
};

/* ------------------------------------------------------------------ lowest digit first */

static void S_by_digits(struct key_row *entry, struct key_row *scratch, size_t n)
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

static void S_by_digits_u64(uint64_t *entry, uint64_t *scratch, size_t n)
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
/* ------------------------------------------------------------------ highest digit first */

static void S_insert(struct key_row *entry, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct key_row x = entry[i];
        size_t at = i;
        for (; at && entry[at - 1].key > x.key; at--)
            entry[at] = entry[at - 1];
        entry[at] = x;
    }
}

static void S_insert_u64(uint64_t *entry, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t x = entry[i];
        size_t at = i;
        for (; at && entry[at - 1] > x; at--)
            entry[at] = entry[at - 1];
        entry[at] = x;
    }
}

/* Where each of the groups begins; the last place is n. */
static void S_starts(size_t *count, size_t groups)
{
    size_t at = 0;
    for (size_t g = 0; g <= groups; g++) {
        size_t c = g < groups ? count[g] : 0;
        count[g] = at;
        at += c;
    }
}

/* A group of entries that share the top bits: from `from` to `to`, by the eight bits that follow. */
static void S_group(struct key_row *from, struct key_row *to, size_t n)
{
    enum { SHIFT = 64 - TOP_BITS - 8 };
    size_t at[VALUES + 1];
    if (n <= FEW) {
        memcpy(to, from, n * sizeof *to);
        S_insert(to, n);
        return;
    }
    memset(at, 0, sizeof at);
    for (size_t i = 0; i < n; i++)
        at[from[i].key >> SHIFT & 0xFF]++;
    S_starts(at, VALUES);
    for (size_t i = 0; i < n; i++)
        to[at[from[i].key >> SHIFT & 0xFF]++] = from[i];
    for (size_t v = 0, begin = 0; v < VALUES; begin = at[v++])
        if (at[v] - begin <= FEW)
            S_insert(to + begin, at[v] - begin);
        else
            S_by_digits(to + begin, from + begin, at[v] - begin);
}

static void S_group_u64(uint64_t *from, uint64_t *to, size_t n)
{
    enum { SHIFT = 64 - TOP_BITS - 8 };
    size_t at[VALUES + 1];
    if (n <= FEW) {
        memcpy(to, from, n * sizeof *to);
        S_insert_u64(to, n);
        return;
    }
    memset(at, 0, sizeof at);
    for (size_t i = 0; i < n; i++)
        at[from[i] >> SHIFT & 0xFF]++;
    S_starts(at, VALUES);
    for (size_t i = 0; i < n; i++)
        to[at[from[i] >> SHIFT & 0xFF]++] = from[i];
    for (size_t v = 0, begin = 0; v < VALUES; begin = at[v++])
        if (at[v] - begin <= FEW)
            S_insert_u64(to + begin, at[v] - begin);
        else
            S_by_digits_u64(to + begin, from + begin, at[v] - begin);
}

static void S_by_top(struct key_row *entry, struct key_row *scratch, size_t n)
{
    size_t at[TOPS + 1] = {0};
    for (size_t i = 0; i < n; i++)
        at[entry[i].key >> (64 - TOP_BITS)]++;
    S_starts(at, TOPS);
    for (size_t i = 0; i < n; i++)
        scratch[at[entry[i].key >> (64 - TOP_BITS)]++] = entry[i];
    for (size_t g = 0, begin = 0; g < TOPS; begin = at[g++])
        S_group(scratch + begin, entry + begin, at[g] - begin);
}

void radix_sort(struct key_row *entry, struct key_row *scratch, size_t n)
{
    if (n < LEAST_FOR_DIGITS)
        S_insert(entry, n);
    else if (n < LEAST_FOR_TOPS)
        S_by_digits(entry, scratch, n);
    else
        S_by_top(entry, scratch, n);
}

static void S_by_top_u64(uint64_t *entry, uint64_t *scratch, size_t n)
{
    size_t at[TOPS + 1] = {0};
    for (size_t i = 0; i < n; i++)
        at[entry[i] >> (64 - TOP_BITS)]++;
    S_starts(at, TOPS);
    for (size_t i = 0; i < n; i++)
        scratch[at[entry[i] >> (64 - TOP_BITS)]++] = entry[i];
    for (size_t g = 0, begin = 0; g < TOPS; begin = at[g++])
        S_group_u64(scratch + begin, entry + begin, at[g] - begin);
}

void radix_sort_u64(uint64_t *entry, uint64_t *scratch, size_t n)
{
    if (n < LEAST_FOR_DIGITS)
        S_insert_u64(entry, n);
    else if (n < LEAST_FOR_TOPS)
        S_by_digits_u64(entry, scratch, n);
    else
        S_by_top_u64(entry, scratch, n);
}

#include "matcher/key_counts.h"

#include <stdlib.h>

#include "base/radix.h"

/* ------------------------------------------------------------------ exactly */

static void S_make_room(struct key_counter *c, size_t n)
{
    size_t slots = c->slots ? c->slots : 1024;
    while (slots < 2 * n)
        slots *= 2;
    if (slots > c->slots) {
        key_counter_deinit(c);
        *c = (struct key_counter){xaligned(slots * sizeof *c->key), xaligned(slots * sizeof *c->count), slots};
    }
    memset(c->key, 0, c->slots * sizeof *c->key);
}

/* Keys are hashes: their top bits say where to look first. */
uint64_t key_counter_pairs(struct key_counter *c, const uint64_t *key, size_t n)
{
    uint64_t pairs = 0;
    S_make_room(c, n);
    unsigned shift = (unsigned)__builtin_clzll((uint64_t)c->slots) + 1;
    for (size_t i = 0; i < n; i++) {
        size_t at = key[i] >> shift;
        while (c->key[at] && c->key[at] != key[i])
            at = (at + 1) & (c->slots - 1);
        if (!c->key[at])
            c->count[at] = 0;
        c->key[at] = key[i];
        pairs += c->count[at]++;
    }
    return pairs;
}

void key_counter_deinit(struct key_counter *c)
{
    free(c->key);
    free(c->count);
    *c = (struct key_counter){0};
}

/* ------------------------------------------------------------------ in shared counters */

enum { LEAST_BITS = 10, MOST_BITS = 22 };

void key_counts_init(struct key_counts *c, const uint64_t *key, size_t n)
{
    unsigned bits = LEAST_BITS;
    while (bits < MOST_BITS && (size_t)1 << bits < n)
        bits++;
    if (!c->at || c->shift != 64 - bits) {
        free(c->at);
        c->at = xaligned(sizeof *c->at << bits);
    }
    *c = (struct key_counts){.at = c->at, .shift = 64 - bits, .key = key, .n = n};
    memset(c->at, 0, sizeof *c->at << bits);
    for (size_t i = 0; i < n; i++)
        c->at[key[i] >> c->shift]++;
}

void key_counts_deinit(struct key_counts *c)
{
    free(c->at);
    *c = (struct key_counts){0};
}

static double S_pairs_of(double n)
{
    return n * (n - 1) / 2;
}

uint64_t key_counts_pairs(const struct key_counts *c)
{
    size_t slots = (size_t)1 << (64 - c->shift);
    double shared = 0;
    if (c->n <= KEY_COUNTS_EXACT) {
        struct key_counter exact = {0};
        uint64_t pairs = key_counter_pairs(&exact, c->key, c->n);
        key_counter_deinit(&exact);
        return pairs;
    }
    for (size_t i = 0; i < slots; i++)
        shared += S_pairs_of(c->at[i]);
    /* every pair of unlike keys is in one counter with chance 1 / slots */
    double chance = 1 / (double)slots, pairs = (shared - S_pairs_of((double)c->n) * chance) / (1 - chance);
    return pairs > 0 ? (uint64_t)(pairs + 0.5) : 0;
}

struct counted_key *key_counts_heavy(const struct key_counts *c, uint32_t least, size_t *n)
{
    size_t gathered = 0, kept = 0;
    for (size_t i = 0; i < (size_t)1 << (64 - c->shift); i++)
        gathered += c->at[i] > least ? c->at[i] : 0;
    uint64_t *key = xmalloc((gathered + 1) * sizeof *key), *scratch = xmalloc((gathered + 1) * sizeof *scratch);
    gathered = 0;
    for (size_t i = 0; i < c->n; i++)
        if (c->at[c->key[i] >> c->shift] > least)
            key[gathered++] = c->key[i];
    radix_sort_u64(key, scratch, gathered);
    free(scratch);
    struct counted_key *heavy = xmalloc((gathered / (least + 1) + 1) * sizeof *heavy);
    for (size_t i = 0, end; i < gathered; i = end) {
        for (end = i + 1; end < gathered && key[end] == key[i]; end++)
            ;
        if (end - i > least)
            heavy[kept++] = (struct counted_key){key[i], end - i};
    }
    free(key);
    *n = kept;
    return heavy;
}

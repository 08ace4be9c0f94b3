/*
 * Fingerprints: whether two rows share a key of a rule means looking at four places far apart in memory, for each rule.
 * The fingerprints of a row's keys stand side by side, one line of the cache for all rules, and refuse nearly all of
 * them.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "base/parallel.h"
#include "matcher/keys.h"

/* A row without a key, with one (its print is neither), with several. */
enum { NO_KEY = 0, SEVERAL_KEYS = UINT16_MAX, ROWS_A_PIECE = 1 << 14 };

static uint16_t S_print(const struct rule_keys *k, uint32_t row)
{
    uint32_t from = k->at[row], n = k->at[row + 1] - from;
    if (n != 1)
        return n ? SEVERAL_KEYS : NO_KEY;
    return (uint16_t)(1 + hash_u64(k->key[from]) % (SEVERAL_KEYS - 1));
}

static void S_print_rows(void *context, size_t item, unsigned worker)
{
    struct key_set *k = context;
    uint32_t from = (uint32_t)item * ROWS_A_PIECE, to = from + ROWS_A_PIECE;
    (void)worker;
    to = to < k->n_rows ? to : k->n_rows;
    for (unsigned r = 0; r < k->n_rules; r++)
        for (uint32_t row = from; row < to; row++)
            k->print[(size_t)row * k->n_rules + r] = S_print(&k->rule[r], row);
}

void key_set_print(struct key_set *k, unsigned threads)
{
    k->print = xaligned((size_t)k->n_rows * k->n_rules * sizeof *k->print);
    parallel_for(threads, ((size_t)k->n_rows + ROWS_A_PIECE - 1) / ROWS_A_PIECE, S_print_rows, k);
}

void key_set_forget_prints(struct key_set *k)
{
    free(k->print);
    k->print = NULL;
}

uint64_t key_set_may_share(const struct key_set *k, uint32_t a, uint32_t b)
{
    uint64_t rules = 0;
    if (!k->print)
        return k->n_rules < 64 ? (1ULL << k->n_rules) - 1 : UINT64_MAX;
    const uint16_t *x = k->print + (size_t)a * k->n_rules, *y = k->print + (size_t)b * k->n_rules;
    for (unsigned r = 0; r < k->n_rules; r++) {
        bool may = x[r] == y[r] || x[r] == SEVERAL_KEYS || y[r] == SEVERAL_KEYS;
        rules |= (uint64_t)(may && x[r] && y[r]) << r;
    }
    return rules;
}

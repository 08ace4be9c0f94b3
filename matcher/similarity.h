/*
 * String metrics on sequences of symbols: bytes of ASCII text, or code points of anything else.
 *
 * Similarities are integers in [0, SIM_ONE] computed as exact integer ratios and rounded down, so that a level's cutoff
 * is met or missed the same way on every machine. All functions are symmetric and pure. Sequences beyond SIM_MOST
 * symbols are compared on their first SIM_MOST.
 *
 * Methods: Jaro-Winkler (Winkler 1990; prefix bonus 0.1 for up to 4 symbols, only above 0.7); optimal string alignment
 * (restricted Damerau-Levenshtein) by the bit-parallel algorithm of Hyyro 2003.
 */
#ifndef IDEM_MATCHER_SIMILARITY_H
#define IDEM_MATCHER_SIMILARITY_H

#include <stdint.h>

#include "base/str.h"

enum { SIM_ONE = 1000000, SIM_MOST = 64 };

/* A text as symbols, ready to be compared. */
struct symbols {
    uint32_t at[SIM_MOST];
    unsigned n;
};

/* UTF-8 to code points; bytes that are not UTF-8 stand for themselves. */
void symbols_from(struct str s, struct symbols *out);

/* How many there are, SIM_MOST at most; whether the first is the same. Neither text may be empty for the latter. */
unsigned symbols_count(struct str s);
bool symbols_begin_alike(struct str a, struct str b);

int sim_jaro_winkler(struct str a, struct str b);
int sim_jaro_winkler_symbols(const struct symbols *a, const struct symbols *b);

/* Edits between a and b, transpositions of neighbours counting one; `most` + 1 when there are more than `most`. */
unsigned sim_osa(struct str a, struct str b, unsigned most);

#endif

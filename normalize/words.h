/*
 * Word lists compiled by the build: normalize/words/NAME.txt becomes the table words_NAME in the header words_NAME.h,
 * which the one file that uses it includes. A table maps a variant to the canonical word or words it stands for.
 */
#ifndef IDEM_NORMALIZE_WORDS_H
#define IDEM_NORMALIZE_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct tokens;

struct word {
    uint64_t prefix;        /* the variant's first eight bytes, the first one highest, zeros behind its end */
    uint32_t at;            /* of the variant in `text`; its canonical words follow it directly */
    uint16_t canonical_len; /* canonical words, sorted, with | between */
    uint8_t len;            /* bytes of the variant */
};

struct words {
    const char *text;
    const struct word *word;     /* [n] sorted by the variant's bytes */
    const uint16_t *slot;        /* [1 << bits] hash table of 1 + index into word, 0 empty; see words_slot */
    const uint8_t *first, *last; /* [1 << bits] tokens of the longest variant whose first, last token hashes so */
    uint32_t n;
    unsigned bits, most_tokens; /* of the longest variant */
};

/* Is `key` in the table? *canonical (may be NULL) are its canonical words, with | between. */
bool words_find(const struct words *w, struct str key, struct str *canonical);

/* Tokens of the longest variant that may begin with this token; 0: none does. */
unsigned words_most_from(const struct words *w, struct str token);
/* The longest variant that starts at token `from`: its number of tokens, 0 for none. */
unsigned words_find_from(const struct words *w, const struct tokens *t, unsigned from, struct str *canonical);
/* The longest variant whose last token is the one before `to`. */
unsigned words_find_until(const struct words *w, const struct tokens *t, unsigned to, struct str *canonical);

#endif

/*
 * Plain text: what the types of numbers and codes are read from. Folded text (normalizer_fold) whose decimal digits,
 * dashes and decimal signs of any script are those of ASCII.
 */
#ifndef IDEM_NORMALIZE_PLAIN_H
#define IDEM_NORMALIZE_PLAIN_H

#include "normalize/normalizer.h"

/* In scratch memory. */
struct str plain_text(struct normalizer *n, struct str raw);

static inline bool plain_is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static inline bool plain_is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}
static inline bool plain_is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}
static inline char plain_upper(char c)
{
    return plain_is_lower(c) ? (char)(c - 'a' + 'A') : c;
}
static inline char plain_lower(char c)
{
    return plain_is_upper(c) ? (char)(c - 'A' + 'a') : c;
}
/* A letter or digit of ASCII, or any byte of a longer code point. */
static inline bool plain_is_word(char c)
{
    return plain_is_digit(c) || plain_is_lower(c) || plain_is_upper(c) || (unsigned char)c >= 0x80;
}

/* ASCII digits in the text. */
size_t plain_count_digits(struct str text);
/* Its ASCII digits and nothing else, in `out`. */
struct str plain_digits(struct str text, struct arena *out);
/* Its ASCII letters and digits and all longer code points; ASCII letters in upper case; in `out`. */
struct str plain_code(struct str text, struct arena *out);
/* Without '0' at the front; the last digit stays. */
struct str plain_strip_zeros(struct str digits);
/* Lower case of ASCII letters, in `out`. */
struct str plain_lower_case(struct str text, struct arena *out);

#endif

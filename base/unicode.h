/*
 * Unicode services on ICU for normalisation: folding, transliteration, properties of code points.
 * A struct unicode holds ICU handles (transliterators are not thread-safe): one per thread.
 */
#ifndef IDEM_BASE_UNICODE_H
#define IDEM_BASE_UNICODE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

struct unicode;

enum idem_status unicode_open(struct unicode **out, struct idem_error *err);
void unicode_close(struct unicode *u);

/* NFKC with case folding, default ignorables removed. Appends to out. ASCII takes a short way. */
void unicode_fold(struct unicode *u, struct str s, struct buf *out);
/* Accents off letters of Latin, Greek and Cyrillic (combining marks of other scripts are letters there and stay);
 * also ß->ss, ø->o, æ->ae, ł->l, đ->d, ı->i. ё becomes е; й, ў and ї are letters of their own and stay. `s` is folded
 * text. */
void unicode_strip_accents(struct unicode *u, struct str s, struct buf *out);
/* ASCII lower-case transliteration of folded text, per script: accents off for Latin; base/translit.h for Cyrillic,
 * Arabic, Hebrew, Armenian, Hangul; ICU's for the rest (Greek as on passports) but Han, which gives nothing (its
 * reading depends on the language). ASCII is copied; other punctuation and symbols give nothing. */
void unicode_latin(struct unicode *u, struct str s, struct buf *out);

/* Mandarin reading of a name in Han, lower-case ASCII without tones, a space between the syllables ("xi jin ping"). */
void unicode_mandarin(struct unicode *u, struct str s, struct buf *out);
/* Traditional Han as simplified ones; other text is copied. */
void unicode_simplify_han(struct unicode *u, struct str s, struct buf *out);

enum unicode_script {
    SCRIPT_COMMON,
    SCRIPT_LATIN,
    SCRIPT_GREEK,
    SCRIPT_CYRILLIC,
    SCRIPT_ARABIC,
    SCRIPT_HEBREW,
    SCRIPT_HAN,
    SCRIPT_KANA,
    SCRIPT_HANGUL,
    SCRIPT_DEVANAGARI,
    SCRIPT_THAI,
    SCRIPT_ARMENIAN,
    SCRIPT_GEORGIAN,
    SCRIPT_OTHER
};
/* Beyond ASCII; the functions without _wide are for every code point. */
enum unicode_script unicode_script_of_wide(uint32_t code_point);
bool unicode_is_letter_wide(uint32_t code_point);
bool unicode_is_upper_wide(uint32_t code_point);
bool unicode_is_lower_wide(uint32_t code_point);
bool unicode_is_digit_wide(uint32_t code_point);
int unicode_digit_value_wide(uint32_t code_point);
bool unicode_is_space_wide(uint32_t code_point);
bool unicode_is_mark_wide(uint32_t code_point);
uint32_t unicode_next_wide(struct str *rest);

static inline enum unicode_script unicode_script_of(uint32_t c)
{
    if (c < 0x80)
        return (c | 0x20) - 'a' < 26 ? SCRIPT_LATIN : SCRIPT_COMMON;
    return unicode_script_of_wide(c);
}

static inline bool unicode_is_letter(uint32_t c)
{
    return c < 0x80 ? (c | 0x20) - 'a' < 26 : unicode_is_letter_wide(c);
}

/* Of scripts that have case; title case counts. */
static inline bool unicode_is_upper(uint32_t c)
{
    return c < 0x80 ? c - 'A' < 26 : unicode_is_upper_wide(c);
}

static inline bool unicode_is_lower(uint32_t c)
{
    return c < 0x80 ? c - 'a' < 26 : unicode_is_lower_wide(c);
}

/* Any decimal digit; unicode_digit_value gives 0..9 or -1. */
static inline bool unicode_is_digit(uint32_t c)
{
    return c < 0x80 ? c - '0' < 10 : unicode_is_digit_wide(c);
}

static inline int unicode_digit_value(uint32_t c)
{
    return c < 0x80 ? (c - '0' < 10 ? (int)(c - '0') : -1) : unicode_digit_value_wide(c);
}

static inline bool unicode_is_space(uint32_t c)
{
    return c < 0x80 ? c == ' ' || c - '\t' < 5 : unicode_is_space_wide(c);
}

static inline bool unicode_is_mark(uint32_t c)
{
    return c >= 0x300 && unicode_is_mark_wide(c);
}

/* Takes one code point off valid UTF-8. 0 at the end. */
static inline uint32_t unicode_next(struct str *rest)
{
    if (rest->len == 0)
        return 0;
    if (rest->ptr[0] & 0x80)
        return unicode_next_wide(rest);
    rest->len--;
    return (unsigned char)*rest->ptr++;
}

static inline bool unicode_is_ascii(struct str s)
{
    size_t i = 0;
    for (; i + 8 <= s.len; i += 8) {
        uint64_t word;
        memcpy(&word, s.ptr + i, 8);
        if (word & 0x8080808080808080ULL)
            return false;
    }
    for (; i < s.len; i++)
        if (s.ptr[i] & 0x80)
            return false;
    return true;
}

/* Display columns and code points of a text. */
size_t unicode_points(struct str s);
/* IDN domain to Unicode form, lower case (UTS 46). Appends; false when it is not a valid name. */
bool unicode_domain(struct unicode *u, struct str domain, struct buf *out);
/* "72.1 Unicode 15.0" */
const char *unicode_version(void);

#endif

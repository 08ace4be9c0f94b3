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
enum unicode_script unicode_script_of(uint32_t code_point);
bool unicode_is_letter(uint32_t code_point);
bool unicode_is_upper(uint32_t code_point); /* of scripts that have case; title case counts */
bool unicode_is_lower(uint32_t code_point);
bool unicode_is_digit(uint32_t code_point); /* any decimal digit; unicode_digit_value gives 0..9 or -1 */
int unicode_digit_value(uint32_t code_point);
bool unicode_is_space(uint32_t code_point);
bool unicode_is_mark(uint32_t code_point);
/* Takes one code point off valid UTF-8. 0 at the end. */
uint32_t unicode_next(struct str *rest);
/* Display columns and code points of a text. */
size_t unicode_points(struct str s);
/* IDN domain to Unicode form, lower case (UTS 46). Appends; false when it is not a valid name. */
bool unicode_domain(struct unicode *u, struct str domain, struct buf *out);
/* "72.1 Unicode 15.0" */
const char *unicode_version(void);

#endif

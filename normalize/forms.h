/*
 * Forms that several types share: Latin spelling, phonetic codes, tokens of names and texts.
 */
#ifndef IDEM_NORMALIZE_FORMS_H
#define IDEM_NORMALIZE_FORMS_H

#include "normalize/normalizer.h"

/* Tokens of a name: split like tokens_split, but an apostrophe (of any shape) or a Catalan middle dot inside a word
 * goes without splitting it (o'brien -> obrien). `folded` lives in scratch. */
void forms_name_tokens(struct normalizer *n, struct str folded, struct tokens *t);

/* The same without what stands in brackets or double quotes, unless nothing else is there. In scratch. */
struct str forms_without_asides(struct normalizer *n, struct str text);

/* The tokens in Latin letters, in order; one token may give several (Hangul: one for each syllable). None at all when
 * any token has no Latin spelling: half a name would mislead. Views into scratch, or the tokens themselves. */
void forms_latin_tokens(struct normalizer *n, const struct tokens *t, struct tokens *latin);

/* Tokens to compare texts by, in order: in Latin letters where a token has them; pairs of letters for scripts written
 * without spaces. */
void forms_text_tokens(struct normalizer *n, const struct tokens *t, struct tokens *pieces);

/* CANON, LATIN, PHON and TOKENS of a name's tokens, in order. */
void forms_name(struct normalizer *n, const struct tokens *t, struct arena *out, struct norm *value);
/* The same when the caller knows the Latin spelling (none: empty). CANON's tokens are joined by `separator` (0:
 * nothing). */
void forms_name_as(const struct tokens *t, const struct tokens *latin, char separator, struct arena *out,
                   struct norm *value);
/* One phonetic code for each Latin token, in order, with spaces. */
struct str forms_phonetic(const struct tokens *latin, struct arena *out);

/* Are all letters of the text ideographs or syllables of East Asian scripts? */
bool forms_is_east_asian(struct str text);
/* Does the script write without spaces between words: Han, kana, Thai, Lao, Khmer, Myanmar? */
bool forms_is_unspaced(uint32_t code_point);

/* Adds a token's pieces: pairs of neighbouring letters for a script without spaces, the token itself otherwise. Views.
 */
void forms_add_bigrams(struct str token, struct tokens *t);

#endif

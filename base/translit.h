/*
 * Transliteration to lower-case ASCII by our own tables, for the scripts where the spelling on passports and in the
 * press differs from the scholarly one that ICU knows: Cyrillic, Arabic, Hebrew, Armenian, Hangul.
 *
 * `run` is folded text of letters and marks of that one script (UTF-8); what a table does not know is left out.
 *   Cyrillic  Russian by default (ICAO-like, и i, й y, х kh, щ shch, final -ий -ый y); the other languages are told by
 *             letters of their own anywhere in the text: Ukrainian and Belarusian г h, и y; Serbian and Macedonian as
 *             their Latin alphabet without accents; Kazakh, Kyrgyz, Tajik as Russian with their further letters
 *   Arabic    consonants as in English-language press, و and ي as vowels between consonants, a short "a" put in where
 *             three consonants would meet, the article as a word of its own; Persian and Urdu letters included
 *   Hebrew    likewise, without points
 *   Armenian  as on passports, Eastern pronunciation
 *   Hangul    Revised Romanization, each syllable for itself
 */
#ifndef IDEM_BASE_TRANSLIT_H
#define IDEM_BASE_TRANSLIT_H

#include "base/buf.h"
#include "base/str.h"

enum cyrillic_language { CYRILLIC_RUSSIAN, CYRILLIC_UKRAINIAN, CYRILLIC_SERBIAN, CYRILLIC_TURKIC };
/* By the letters of the whole text. */
enum cyrillic_language translit_cyrillic_language(struct str text);
void translit_cyrillic(struct str run, enum cyrillic_language language, struct buf *out);
void translit_arabic(struct str run, struct buf *out);
void translit_hebrew(struct str run, struct buf *out);
void translit_armenian(struct str run, struct buf *out);
void translit_hangul(struct str run, struct buf *out);

#endif

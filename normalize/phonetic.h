/*
 * A phonetic code of one name in ASCII lower case: what English ears and European spellings keep apart.
 *
 * Written after the published description of Double Metaphone (Lawrence Philips, C/C++ Users Journal, June 2000), one
 * code instead of two, and coarser where names of one origin are spelt by several systems:
 *   - vowels count at the start only, all as A; y is one of them; h counts at the start only
 *   - b p -> P, d t th -> T, f v ph pf and w before a vowel -> F, c k q g gh kh -> K, s z and soft c -> S, ch sh sch
 * tsch and Slavic -vic -> X, soft g (dg, geo-, gio-, ...) and zh -> J, x -> KS; j after a consonant or at the end is
 * silent
 *   - equal codes with no vowel between them count once (Schmidt, Schmitt)
 * Meyer = Maier, Catherine = Katharine, Stephen = Steven, Mohammed = Muhammad, Wolodymyr = Volodymyr, Kowalski =
 * Kovalsky.
 */
#ifndef IDEM_NORMALIZE_PHONETIC_H
#define IDEM_NORMALIZE_PHONETIC_H

#include "base/str.h"

enum { MOST_PHONETIC = 6 }; /* bytes of a code */

/* The code in `code`, upper case letters (digits stay digits); returns its length, at least 1 when the token has a
 * letter or digit. */
size_t phonetic_code(struct str token, char code[MOST_PHONETIC]);

#endif

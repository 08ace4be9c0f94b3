/*
 * What words of a normalised name are, for those who compare names: particles, generations, and which given names may
 * stand for each other. Constant tables: safe from any thread, no result depends on anything else.
 */
#ifndef IDEM_NORMALIZE_NAME_WORDS_H
#define IDEM_NORMALIZE_NAME_WORDS_H

#include <stdbool.h>

#include "base/str.h"

enum name_word {
    NAME_WORD,
    NAME_PARTICLE,  /* de, von, al: says little, and is often left out */
    NAME_SON_OF,    /* bin, ibn, ben: the name behind it is the father's */
    NAME_ADDRESS,   /* haji, general: a form of address, no name of its own */
    NAME_GENERATION /* jr, sr, 2: as normalisation writes them */
};

/* `word` is folded and in Latin letters. */
enum name_word name_word_kind(struct str word);

/* Are both short forms, spellings or translations of one given name (Bill, William; Juan, John)? */
bool given_names_meet(struct str a, struct str b);

/* The names a given name may stand for, with | between; by a spelling of its ending when it is not listed itself. */
bool given_name_find(struct str name, struct str *canonical);
/* Are both spellings of one family name that letters do not show (Park, Pak; Tsai, Cai)? */
bool family_names_meet(struct str a, struct str b);

/* Are both known given names and not the same one (Maria, Mario)? Then one letter is no typing error. */
bool given_names_differ(struct str a, struct str b);
/* Or both known family names with spellings of their own (Kim, Lim)? */
bool known_names_differ(struct str a, struct str b);

/* 3 for "3", "3rd", "three", "third"; 0 for other words. */
unsigned number_word_value(struct str word);

/* Does the word of an organisation's name tell little ("the", "group")? */
bool organisation_word_is_filler(struct str word);
/* Are both one word of organisations' names (intl, international)? */
bool organisation_words_meet(struct str a, struct str b);
/* A legal form of one word (oao, ltd)? */
bool organisation_word_is_legal(struct str word);
/* A country, or a word like "europe", "international". */
bool organisation_word_is_place(struct str word);

#endif

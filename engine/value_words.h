/*
 * Small word lists that tell what a column holds; not meant to be complete: a column is judged by many values.
 */
#ifndef IDEM_ENGINE_VALUE_WORDS_H
#define IDEM_ENGINE_VALUE_WORDS_H

#include "base/map.h"
#include "base/str.h"

enum value_words {
    WORDS_GIVEN_NAME,
    WORDS_LEGAL_FORM,
    WORDS_STREET,
    WORDS_MONTH,
    WORDS_GENDER,
    WORDS_BOOLEAN,
    WORDS_COUNTRY,
    WORDS_PLACEHOLDER,
    WORDS_REGION_US,
    WORDS_REGION_AU,
    WORDS_PERSON,
    WORDS_ORGANISATION,
    VALUE_WORD_LISTS
};

/* All lists in one table: made once for a survey. */
struct lexicon {
    struct map map; /* word -> bits of the lists it stands in */
};
void lexicon_init(struct lexicon *l);
void lexicon_deinit(struct lexicon *l);
/* Bits of the lists in which the whole text, ASCII case aside, is a word. */
uint32_t lexicon_lists(const struct lexicon *l, struct str text);

/* Does a word end as street names written in one word do (Hauptstraße, Kerkstraat)? */
bool value_street_ending(struct str word);

#endif

/*
 * How far two spellings of one name are apart: Latin letters are read as sounds (sh, sch, sz are one), and an edit
 * costs little where languages and transliterations differ anyway (o and u, k and q, a vowel more or less), much where
 * names do. Scholz and Schulze, Mohammed and Muhamad, Hsi and Xi are near; Lukashenko and Lukashevich, Tim and Tom are
 * not.
 *
 * Costs are whole numbers, SPELLING_EDIT for a full edit; symmetric; bytes that are no letters count as consonants.
 */
#ifndef IDEM_MATCHER_COMPARE_SPELLING_H
#define IDEM_MATCHER_COMPARE_SPELLING_H

#include "base/str.h"

/* What the two spellings come from: more is forgiven between scripts. */
enum spelling_gap {
    SPELLING_SAME,     /* both in one script */
    SPELLING_SCRIPT,   /* one was transliterated from an alphabet */
    SPELLING_VOWELS,   /* one comes from a script that leaves vowels out: Arabic, Hebrew */
    SPELLING_SYLLABLES /* one comes from syllables: kana, or Han that spell a foreign name */
};

enum { SPELLING_EDIT = 10, SPELLING_MOST = 32 };

/* A word as sounds. */
struct sounds {
    unsigned char at[SPELLING_MOST];
    unsigned n;
};

/* ASCII lower case; other bytes are kept as they are. What follows SPELLING_MOST sounds is left out. */
void sounds_from(struct str word, struct sounds *out);

/* `most` + 1 when it is more than `most`. */
unsigned sounds_distance(const struct sounds *a, const struct sounds *b, enum spelling_gap gap, unsigned most);

/* Near enough to be one name? */
bool sounds_alike(const struct sounds *a, const struct sounds *b, enum spelling_gap gap);
bool spelt_alike(struct str a, struct str b, enum spelling_gap gap);

#endif

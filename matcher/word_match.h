/*
 * The words of two names side by side, whatever their order: which of them stand for each other, and how surely. What
 * compare_full_name.c makes its levels of.
 *
 * Words are paired in passes, the surest first; a word has one partner, but where several words are written as one
 * (Anna Maria, Annamaria). Texts are borrowed from the values that are compared. Nothing is allocated.
 */
#ifndef IDEM_MATCHER_WORD_MATCH_H
#define IDEM_MATCHER_WORD_MATCH_H

#include "matcher/compare_spelling.h"
#include "normalize/name_words.h"

enum { MOST_WORDS = 16 };

enum fit { FIT_NONE, FIT_INITIAL, FIT_NICKNAME, FIT_CLOSE, FIT_EXACT };

/* The passes of word_match_pass, in the order in which they are made. */
enum { PASS_EXACT, PASS_CLOSE, PASS_OTHERWISE, PASS_INITIAL };

struct name_word_of {
    struct str text;
    uint64_t
        consonants; /* how many of each kind, the first one's kind: four bits each; 0: unknown, not of plain letters */
    struct sounds sounds; /* once `heard` */
    bool heard;
    enum name_word kind;
    enum fit fit;
    unsigned partner; /* of a word with a fit; where several stand for one, that one */
};

struct words_of {
    struct name_word_of word[MOST_WORDS];
    unsigned n;
};

struct word_match {
    struct words_of a, b;
    enum spelling_gap gap;
    bool organisations;            /* one of them, or both */
    bool mixed;                    /* one has a legal form, the other not: seen as two persons now */
    bool syllables;                /* both in Han, kana or Hangul, where one letter more or less is another name */
    unsigned count[FIT_EXACT + 1]; /* pairs by their fit */
};

/* The words of a text, without partners. */
void word_match_words(struct str text, struct words_of *w);
/* Looks up particles, generations, forms of address: needed only where something is left over. */
void word_match_kinds(struct words_of *w);
/* What is forgiven between the scripts of two values (NORM_CANON). */
enum spelling_gap word_match_gap(struct str a, struct str b);

/* Pairs words without a partner. */
void word_match_pass(struct word_match *m, int pass);
/* A word of `ones` for two or three neighbours of `several`: the two sides of m, in either order. */
void word_match_join(struct word_match *m, struct words_of *ones, struct words_of *several);

/* Letters of the words that are equal on both sides. */
size_t word_match_equal_letters(const struct words_of *w);
/* One word is left on each side, and they are nearly alike. */
bool word_match_rest_is_weak(const struct word_match *m);
/* Digits, or a Roman number. */
bool word_is_number(struct str s, bool organisations);

#endif

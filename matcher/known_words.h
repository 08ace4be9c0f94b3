/*
 * The words of values of many words, worked out once for a batch: what they weigh, their letters, and which other words
 * of the batch are nearly equal (matcher/compare_kinds.h). Every pair of a small batch may be compared, and each value
 * then stands in thousands of pairs.
 */
#ifndef IDEM_MATCHER_KNOWN_WORDS_H
#define IDEM_MATCHER_KNOWN_WORDS_H

#include "matcher/model.h"
#include "record/column.h"

/* Words of a value, later ones are not compared; letters of a word that may be misspelt. */
enum { MOST_WORDS = 48, LEAST_MISSPELT = 4 };

struct known_word {
    uint64_t prefix;  /* the first eight bytes: the order of texts, as far as they go */
    uint64_t letters; /* letters_of, where `plain` */
    const char *ptr;
    uint32_t len, weight; /* in 1/256 bit */
    uint16_t near;        /* row of the table of near words; 0: there is none */
    bool plain;
};

/* The words of one value, sorted. */
struct word_list {
    const struct known_word *at;
    unsigned n;
    uint64_t sum; /* of weights */
};

struct known_words {
    struct known_word *word;
    uint32_t *first; /* [n_values + 2] by value id */
    uint64_t *sum;   /* [n_values + 1] of weights */
    uint32_t n_values;
    uint64_t *near; /* [n_near + 1] rows of bits */
    unsigned n_near, row;
};

/* `at` has room for MOST_WORDS. Letters are left out: word_learn_letters. `weights` may be NULL: all weigh the same. */
unsigned words_split(const struct frequency_table *weights, struct str sorted, struct known_word *at);
void word_learn_letters(struct known_word *w);
/* Of two that have learnt their letters. */
bool words_nearly_equal(const struct known_word *x, const struct known_word *y);

/* NULL when the batch is so large, or has so many words, that it does not pay. Points into the column. */
struct known_words *known_words_new(const struct frequency_table *weights, const struct column *column,
                                    unsigned threads);
void known_words_free(struct known_words *k);
struct word_list known_words_of(const struct known_words *k, uint32_t id);

static inline bool known_words_near(const struct known_words *k, const struct known_word *x, const struct known_word *y)
{
    return x->near && y->near && (k->near[(size_t)x->near * k->row + y->near / 64] >> (y->near % 64) & 1);
}

static inline struct str word_text(const struct known_word *w)
{
    return (struct str){w->ptr, w->len};
}

/* As str_cmp. */
static inline int word_cmp(const struct known_word *x, const struct known_word *y)
{
    if (x->prefix != y->prefix)
        return (x->prefix > y->prefix) - (x->prefix < y->prefix);
    return x->len <= 8 && y->len <= 8 && x->len == y->len ? 0 : str_cmp(word_text(x), word_text(y));
}

#endif

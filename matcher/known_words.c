#include "matcher/known_words.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/radix.h"
#include "matcher/compare_kinds.h"
#include "record/norm.h"

/* A table of near words takes a bit for every two, and finding them a look at every two. */
enum { FULL_WEIGHT = 256, MOST_VALUES = 1 << 15, MOST_IN_ALL = 1 << 19, MOST_VOCABULARY = 12000 };

/* ------------------------------------------------------------------ one value */

/* log2(total / count), in 1/256 bit, at least 1/4 bit. */
static uint32_t S_weight(const struct frequency_table *t, struct str word)
{
    if (!t || !t->total)
        return FULL_WEIGHT;
    uint64_t total = t->total, count = frequency_of(t, hash_str(word));
    if (count == 0)
        count = 1;
    /* the integer part of log2 and eight linear bits behind it: monotone, and the same on every machine */
    uint64_t ratio = (total << 8) / count;
    unsigned whole = 63 - (unsigned)__builtin_clzll(ratio | 1);
    unsigned fraction = whole >= 8 ? (unsigned)(ratio >> (whole - 8)) & 0xFF : 0;
    unsigned bits = whole * 256 + fraction;
    bits = bits > 8 * 256 ? bits - 8 * 256 : 0;
    return bits < 64 ? 64 : bits;
}

static uint64_t S_prefix(struct str s)
{
    uint64_t prefix = 0;
    for (size_t i = 0; i < 8; i++)
        prefix = prefix << 8 | (i < s.len ? (unsigned char)s.ptr[i] : 0);
    return prefix;
}

unsigned words_split(const struct frequency_table *weights, struct str sorted, struct known_word *at)
{
    struct str word;
    unsigned n = 0;
    while (n < MOST_WORDS && str_next_token(&sorted, " ", &word))
        at[n++] = (struct known_word){
            .prefix = S_prefix(word), .ptr = word.ptr, .len = (uint32_t)word.len, .weight = S_weight(weights, word)};
    return n;
}

void word_learn_letters(struct known_word *w)
{
    w->plain = letters_of(word_text(w), &w->letters);
}

bool words_nearly_equal(const struct known_word *x, const struct known_word *y)
{
    if (x->plain && y->plain &&
        (x->len > y->len + 3 || y->len > x->len + 3 || letters_are_apart(x->letters, x->len, y->letters, y->len)))
        return false;
    return nearly_equal(word_text(x), word_text(y));
}

/* ------------------------------------------------------------------ all values */

static bool S_split_all(struct known_words *k, const struct frequency_table *weights, const struct column *column)
{
    uint32_t n = 0, room = 0;
    for (uint32_t id = 1; id <= k->n_values; id++) {
        struct norm v;
        if (room - n < MOST_WORDS) {
            room = room ? room * 2 : 4096;
            k->word = xrealloc(k->word, room * sizeof *k->word);
        }
        k->first[id] = n;
        if (norm_unpack(dict_get(&column->dict, id), &v))
            n += words_split(weights, v.form[NORM_TOKENS], k->word + n);
        if (n > MOST_IN_ALL)
            return false;
    }
    k->first[k->n_values + 1] = n;
    for (uint32_t i = 0; i < n; i++)
        word_learn_letters(&k->word[i]);
    for (uint32_t id = 1; id <= k->n_values; id++)
        for (uint32_t i = k->first[id]; i < k->first[id + 1]; i++)
            k->sum[id] += k->word[i].weight;
    return true;
}

/* Words that may be misspelt, each once, and where each stands in the values. */
struct vocabulary {
    struct key_row *place; /* by hash of the word */
    size_t n_places;
    uint32_t *first; /* [n + 1] into place */
    uint32_t n;
};

static void S_vocabulary(const struct known_words *k, struct vocabulary *v)
{
    uint32_t n = k->first[k->n_values + 1];
    struct key_row *scratch = xmalloc(((size_t)n + 1) * sizeof *scratch);
    *v = (struct vocabulary){.place = xmalloc(((size_t)n + 1) * sizeof *v->place)};
    for (uint32_t i = 0; i < n; i++)
        if (k->word[i].len >= LEAST_MISSPELT)
            v->place[v->n_places++] = (struct key_row){hash_str(word_text(&k->word[i])), i};
    radix_sort(v->place, scratch, v->n_places);
    free(scratch);
    v->first = xmalloc((v->n_places + 1) * sizeof *v->first);
    for (size_t i = 0; i < v->n_places; i++)
        if (i == 0 || v->place[i].key != v->place[i - 1].key)
            v->first[v->n++] = (uint32_t)i;
    v->first[v->n] = (uint32_t)v->n_places;
}

struct near_search {
    const struct known_words *words;
    const struct vocabulary *vocabulary;
    struct found {
        struct near_pair {
            uint32_t x, y;
        } * pair;
        size_t n, room;
    } * found; /* [workers] */
};

static const struct known_word *S_word(const struct near_search *s, uint32_t i)
{
    return &s->words->word[s->vocabulary->place[s->vocabulary->first[i]].row];
}

static void S_find_near(void *context, size_t item, unsigned worker)
{
    struct near_search *s = context;
    struct found *f = &s->found[worker];
    uint32_t i = (uint32_t)item;
    const struct known_word *x = S_word(s, i);
    for (uint32_t j = i + 1; j < s->vocabulary->n; j++) {
        const struct known_word *y = S_word(s, j);
        if (!words_nearly_equal(x, y))
            continue;
        if (f->n == f->room) {
            f->room = f->room ? f->room * 2 : 256;
            f->pair = xrealloc(f->pair, f->room * sizeof *f->pair);
        }
        f->pair[f->n++] = (struct near_pair){i, j};
    }
}

/* Rows from 1 on, for words that have a near one. */
static void S_number(struct known_words *k, const struct vocabulary *v, const struct near_search *s, unsigned workers,
                     uint16_t *number)
{
    for (unsigned w = 0; w < workers; w++)
        for (size_t p = 0; p < s->found[w].n; p++)
            number[s->found[w].pair[p].x] = number[s->found[w].pair[p].y] = 1;
    for (uint32_t i = 0; i < v->n; i++) {
        if (!number[i])
            continue;
        number[i] = (uint16_t)++k->n_near;
        for (uint32_t at = v->first[i]; at < v->first[i + 1]; at++)
            k->word[v->place[at].row].near = number[i];
    }
}

static void S_tabulate(struct known_words *k, const struct near_search *s, unsigned workers, const uint16_t *number)
{
    k->row = k->n_near / 64 + 1;
    k->near = xcalloc(((size_t)k->n_near + 1) * k->row, sizeof *k->near);
    for (unsigned w = 0; w < workers; w++)
        for (size_t p = 0; p < s->found[w].n; p++) {
            unsigned x = number[s->found[w].pair[p].x], y = number[s->found[w].pair[p].y];
            k->near[(size_t)x * k->row + y / 64] |= 1ULL << (y % 64);
            k->near[(size_t)y * k->row + x / 64] |= 1ULL << (x % 64);
        }
}

static bool S_near_words(struct known_words *k, unsigned threads)
{
    struct vocabulary v;
    S_vocabulary(k, &v);
    bool pays = v.n <= MOST_VOCABULARY;
    if (pays) {
        unsigned workers = threads ? threads : 1;
        struct near_search s = {k, &v, xcalloc(workers, sizeof *s.found)};
        uint16_t *number = xcalloc((size_t)v.n + 1, sizeof *number);
        parallel_for(workers, v.n, S_find_near, &s);
        S_number(k, &v, &s, workers, number);
        S_tabulate(k, &s, workers, number);
        for (unsigned w = 0; w < workers; w++)
            free(s.found[w].pair);
        free(s.found);
        free(number);
    }
    free(v.place);
    free(v.first);
    return pays;
}

struct known_words *known_words_new(const struct frequency_table *weights, const struct column *column,
                                    unsigned threads)
{
    if (column->dict.n > MOST_VALUES)
        return NULL;
    struct known_words *k = xcalloc(1, sizeof *k);
    k->n_values = column->dict.n;
    k->first = xcalloc((size_t)k->n_values + 2, sizeof *k->first);
    k->sum = xcalloc((size_t)k->n_values + 1, sizeof *k->sum);
    if (S_split_all(k, weights, column) && S_near_words(k, threads))
        return k;
    known_words_free(k);
    return NULL;
}

void known_words_free(struct known_words *k)
{
    if (!k)
        return;
    free(k->word);
    free(k->first);
    free(k->sum);
    free(k->near);
    free(k);
}

struct word_list known_words_of(const struct known_words *k, uint32_t id)
{
    return (struct word_list){k->word + k->first[id], k->first[id + 1] - k->first[id], k->sum[id]};
}

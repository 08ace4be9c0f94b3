/*
 * Two texts, the halves of the input around its last line break, as values of a type, as packed values, and as bare
 * strings: every comparison is symmetric and gives a level that there is; a value is what it is; and what is worked out
 * in haste is what the slow twins say. The first byte chooses the type, the second how the texts are meant.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/charset.h"
#include "matcher/compare_email_name.h"
#include "matcher/compare_kinds.h"
#include "matcher/compare_spelling.h"
#include "normalize/normalize.h"
#include "tests/fuzz/fuzz.h"
#include "tests/matcher/compare_twin.h"
#include "tests/matcher/similarity_twin.h"

/* ------------------------------------------------------------------ bare strings */

static void S_metrics(struct str x, struct str y)
{
    static const unsigned LIMITS[] = {0, 1, 2, 3, 8, 64};
    struct symbols a, b;
    symbols_from(x, &a);
    symbols_from(y, &b);
    fuzz_require(symbols_count(x) == a.n, "symbols are counted otherwise");
    unsigned edits = osa_twin(&a, &b);
    for (size_t i = 0; i < COUNT_OF(LIMITS); i++) {
        unsigned expect = edits <= LIMITS[i] ? edits : LIMITS[i] + 1;
        fuzz_require(sim_osa(x, y, LIMITS[i]) == expect && sim_osa(y, x, LIMITS[i]) == expect,
                     "other edits than the twin");
    }
    double similarity = jaro_winkler_twin(&a, &b) * SIM_ONE;
    int got = sim_jaro_winkler(x, y);
    fuzz_require(got <= similarity + 1e-6 && got >= similarity - 1 - 1e-6, "another Jaro-Winkler than the twin");
    fuzz_require(got == sim_jaro_winkler(y, x), "Jaro-Winkler is not symmetric");
    fuzz_require(nearly_equal(x, y) == nearly_equal_twin(x, y), "nearly equal, or not, unlike the twin");
    fuzz_require(nearly_equal(x, y) == nearly_equal(y, x), "nearly equal one way");
    fuzz_require(similar(x, y) == similar_twin(x, y), "similar, or not, unlike the twin");
}

/* A limit leaves the table early; it must not change what is below it. */
static void S_sounds(struct str x, struct str y)
{
    struct sounds a, b;
    sounds_from(x, &a);
    sounds_from(y, &b);
    for (int gap = SPELLING_SAME; gap <= SPELLING_SYLLABLES; gap++) {
        unsigned whole = sounds_distance(&a, &b, (enum spelling_gap)gap, 100000);
        fuzz_require(sounds_distance(&b, &a, (enum spelling_gap)gap, 100000) == whole, "sounds are not symmetric");
        fuzz_require(sounds_distance(&a, &a, (enum spelling_gap)gap, 0) == 0, "a word is far from itself");
        for (unsigned most = 0; most < 64; most += 7) {
            unsigned expect = whole <= most ? whole : most + 1;
            fuzz_require(sounds_distance(&a, &b, (enum spelling_gap)gap, most) == expect, "a limit changes a distance");
        }
        fuzz_require(spelt_alike(x, y, (enum spelling_gap)gap) == spelt_alike(y, x, (enum spelling_gap)gap),
                     "spelt alike one way");
    }
}

static int S_compare_str(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The words of a text, sorted, each once. */
static struct str S_sorted(struct str text, struct arena *a)
{
    struct str word[64];
    size_t n = 0;
    struct buf out = {0};
    while (n < COUNT_OF(word) && str_next_token(&text, " ", &word[n]))
        n++;
    qsort(word, n, sizeof *word, S_compare_str);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || !str_eq(word[i], word[i - 1])) {
            if (out.len)
                buf_byte(&out, ' ');
            buf_str(&out, word[i]);
        }
    struct str sorted = str_copy(a, buf_view(&out));
    buf_deinit(&out);
    return sorted;
}

static void S_strings(struct str x, struct str y, struct arena *a)
{
    S_metrics(x, y);
    S_sounds(x, y);
    struct str p = S_sorted(x, a), q = S_sorted(y, a);
    fuzz_require(token_overlap(NULL, p, q) == token_overlap_twin(p, q), "another overlap than the twin");
    email_name_agreement(x, &p, 1, &q, 1);
}

/* ------------------------------------------------------------------ values */

static unsigned S_level(enum comparison_kind kind, const struct norm *x, const struct norm *y)
{
    unsigned level = compare_values(kind, NULL, x, y);
    fuzz_require(level == LEVEL_NULL || level < comparison_levels(kind), "a level that there is not");
    fuzz_require(compare_values(kind, NULL, y, x) == level, "a comparison is not symmetric");
    return level;
}

static void S_against_twins(enum comparison_kind kind, const struct norm *x, const struct norm *y, unsigned level)
{
    struct str a = x->form[NORM_CANON], b = y->form[NORM_CANON];
    unsigned flags = x->flags | y->flags, expect;
    if (flags & (NORM_GENERIC | NORM_INVALID | NORM_PARTIAL))
        return;
    if (kind == CMP_ENCODING && a.len == b.len)
        fuzz_require(level == dice_level_twin(a, b), "another Dice coefficient than the twin");
    if (kind == CMP_DATE && a.len == 10 && b.len == 10)
        fuzz_require(level == date_level_twin(a, b), "dates are compared unlike the twin");
    if (kind == CMP_NUMBER && number_level_twin(a, b, &expect))
        fuzz_require(level == expect, "numbers are compared unlike the twin");
}

/* The text up to its first malformed byte. */
static struct str S_valid(struct str text)
{
    return str_sub(text, 0, charset_utf8_invalid(text));
}

static struct normalizer *normalizer; /* one for all inputs */

static void S_free(void)
{
    normalizer_free(normalizer);
}

static void S_values(enum field_type type, unsigned how, struct str x, struct str y, struct arena *a)
{
    static const char COUNTRIES[][3] = {"", "US", "DE", "GB"};
    struct norm_context context = {.date_order = (how >> 4) & 3};
    enum comparison_kind kind;
    struct norm p, q;
    if (!comparison_kind_of(type, &kind))
        return;
    if (!normalizer) {
        fuzz_require(normalizer_new(&normalizer, NULL) == IDEM_OK, "no normaliser");
        atexit(S_free);
    }
    memcpy(context.country, COUNTRIES[(how >> 2) & 3], sizeof context.country);
    normalize_value(normalizer, type, &context, S_valid(x), a, &p);
    normalize_value(normalizer, type, &context, S_valid(y), a, &q);
    if (p.form[NORM_CANON].len && q.form[NORM_CANON].len) {
        unsigned level = S_level(kind, &p, &q);
        S_against_twins(kind, &p, &q, level);
        bool plain = !(p.flags & (NORM_GENERIC | NORM_PARTIAL | NORM_INVALID));
        fuzz_require(!plain || S_level(kind, &p, &p) == 0, "a value is not equal to itself");
    }
}

/* Given and family names of two records, as a whole. */
static void S_names(const struct norm *p, const struct norm *q)
{
    const struct name_parts one = {.given = {*p}, .family = {*q}, .n_given = 1, .n_family = 1};
    const struct name_parts other = {
        .given = {*q}, .family = {*p}, .middle = {*q}, .n_given = 1, .n_middle = 1, .n_family = 1};
    unsigned given, family, given_back, family_back;
    compare_names(&one, &other, &given, &family);
    compare_names(&other, &one, &given_back, &family_back);
    fuzz_require(given == given_back && family == family_back, "names are not compared alike both ways");
}

/* Whatever forms a damaged database gives. */
static void S_packed(struct str x, struct str y)
{
    struct norm p, q;
    if (!norm_unpack(x, &p) || !norm_unpack(y, &q))
        return;
    for (int kind = 0; kind < CMP_KINDS; kind++) {
        unsigned level = compare_values((enum comparison_kind)kind, NULL, &p, &q);
        fuzz_require(level == LEVEL_NULL || level < comparison_levels((enum comparison_kind)kind), "no such level");
    }
    S_names(&p, &q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena a = {0};
    if (len < 3 || len > 4096)
        return 0;
    struct str text = {(const char *)data + 2, len - 2};
    size_t at = text.len;
    while (at && text.ptr[at - 1] != '\n')
        at--;
    struct str x = str_sub(text, 0, at ? at - 1 : text.len), y = str_sub(text, at, text.len);
    if ((data[1] & 3) == 0)
        S_strings(x, y, &a);
    else if ((data[1] & 3) == 1)
        S_packed(x, y);
    else
        S_values((enum field_type)(data[0] % FIELD_TYPES), data[1], x, y, &a);
    arena_deinit(&a);
    return 0;
}

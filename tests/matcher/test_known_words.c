/* What is worked out once about the words of a batch changes no comparison. */
#include "matcher/known_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "matcher/compare.h"
#include "matcher/frequency.h"
#include "small_batch.h"

enum { VALUES = 80 };

static const char *const vocabulary[] = {
    "north",   "norht",   "nort",    "gateway", "gatewey", "getaway",   "blue",   "bleu",        "printers",
    "printer", "pinters", "ink",     "inc",     "a",       "cartouche", "straße", "strasse",     "strase",
    "日本語",  "日本",    "kitchen", "kichen",  "chicken", "wx4520",    "wx4521", "westminster", "westminister"};

static int S_by_text(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static void S_random_value(struct small_batch *s, unsigned field, uint64_t *state)
{
    const char *word[16], *text = "";
    size_t n = random_below(state, 12);
    for (size_t i = 0; i < n; i++)
        word[i] = vocabulary[random_below(state, COUNT_OF(vocabulary))];
    qsort(word, n, sizeof *word, S_by_text);
    for (size_t i = 0; i < n; i++)
        text = small_printf(s, i ? "%s %s" : "%s%s", text, word[i]);
    struct norm v = {.form = {[NORM_CANON] = str_from(small_printf(s, "v%u", (unsigned)random_below(state, 1 << 20))),
                              [NORM_TOKENS] = str_from(text)}};
    small_norm(s, field, &v);
}

static void S_compare_all(const struct small_batch *s, enum comparison_kind kind, const struct frequency_table *token,
                          const struct known_words *words)
{
    const struct dict *d = &s->batch.norm[0].dict;
    for (uint32_t a = 1; a <= d->n; a++)
        for (uint32_t b = 1; b <= d->n; b++) {
            struct norm x, y;
            struct compare_context plain = {.token = token}, known = {token, words, a, b, 0};
            assert_true(norm_unpack(dict_get(d, a), &x) && norm_unpack(dict_get(d, b), &y));
            assert_int_equal(compare_values(kind, &known, &x, &y), compare_values(kind, &plain, &x, &y));
            assert_int_equal(token_overlap(&known, x.form[NORM_TOKENS], y.form[NORM_TOKENS]),
                             token_overlap(&plain, x.form[NORM_TOKENS], y.form[NORM_TOKENS]));
        }
}

static void known_words_change_no_comparison(void **unused)
{
    static const enum comparison_kind kinds[] = {CMP_TEXT, CMP_ORGANISATION, CMP_ADDRESS};
    (void)unused;
    for (uint64_t state = 1; state < 8; state++) {
        struct small_batch s;
        struct arena arena = {0};
        uint64_t random = state;
        small_init(&s);
        unsigned field = small_field(&s, "title", FIELD_TITLE);
        small_sources(&s, 1);
        for (unsigned row = 0; row < VALUES; row++) {
            S_random_value(&s, field, &random);
            small_record(&s, 0, small_printf(&s, "%u", row), ENTITY_UNKNOWN);
        }
        for (size_t k = 0; k < COUNT_OF(kinds); k++) {
            struct comparison c;
            comparison_init(&c, kinds[k], field);
            frequency_count(&c, &s.batch, &arena);
            const struct frequency_table *token = state % 2 ? &c.token : NULL;
            struct known_words *words = known_words_new(token, &s.batch.norm[field], (unsigned)(state % 3));
            assert_non_null(words);
            assert_true(words->n_near > 10);
            S_compare_all(&s, kinds[k], token, words);
            known_words_free(words);
        }
        small_deinit(&s);
        arena_deinit(&arena);
    }
}

static void words_are_ordered_as_texts_are(void **unused)
{
    static const char *const word[] = {"",  "a",     "ab",    "abcdefgh", "abcdefgha", "abcdefghb",
                                       "b", "norht", "north", "straße",   "日本",      "日本語"};
    (void)unused;
    for (size_t i = 1; i < COUNT_OF(word); i++)
        for (size_t j = 1; j < COUNT_OF(word); j++) {
            struct known_word x[MOST_WORDS], y[MOST_WORDS];
            assert_int_equal(words_split(NULL, str_from(word[i]), x), 1);
            assert_int_equal(words_split(NULL, str_from(word[j]), y), 1);
            int expected = str_cmp(str_from(word[i]), str_from(word[j])), got = word_cmp(x, y);
            assert_int_equal((got > 0) - (got < 0), (expected > 0) - (expected < 0));
        }
    struct known_word many[MOST_WORDS];
    assert_int_equal(words_split(NULL, str_from(word[0]), many), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_words_change_no_comparison),
        cmocka_unit_test(words_are_ordered_as_texts_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

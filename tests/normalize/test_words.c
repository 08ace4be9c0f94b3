/* Word lists: written as normalisation leaves words, or they would never be found; look-ups against a linear search. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/file.h"
#include "normalize/normalizer.h"
#include "normalize/words.h"
#include "words_legal_forms.h"
#include "words_nicknames.h"

/* Lists whose variants are looked up as tokens of a folded name, and those looked up without spaces too. */
static const char *const lists[] = {
    "titles",      "suffixes",       "particles",           "name_parts",
    "nicknames",   "family_iberian", "legal_forms",         "legal_strong",
    "legal_first", "organisation",   "organisation_filler", "cities",
    "city_parts",  "regions",        "family_east_asian",   "family_vietnamese",
    "units",
};

static bool S_is_token_text(struct str word)
{
    while (word.len) {
        uint32_t c = unicode_next(&word);
        if (c != ' ' && !unicode_is_letter(c) && !unicode_is_digit(c) && !unicode_is_mark(c))
            return false;
    }
    return true;
}

static void S_check_list(struct normalizer *n, const char *name)
{
    char path[512];
    struct arena a;
    struct str content, line, word;
    arena_init(&a);
    snprintf(path, sizeof path, "%s/%s.txt", WORD_FOLDER, name);
    assert_int_equal(file_read(path, 1 << 22, &a, &content, NULL), IDEM_OK);
    unsigned words = 0;
    while (str_next_piece(&content, '\n', &line)) {
        if (!line.len || line.ptr[0] == '#')
            continue;
        if (line.ptr[0] == '=') /* a label, not a word */
            line = str_sub(line, str_find_byte(line, '|') + 1, line.len);
        while (str_next_piece(&line, '|', &word)) {
            arena_reset(&n->scratch);
            struct str folded = normalizer_fold(n, word);
            words++;
            if (!str_eq(folded, word) || !S_is_token_text(word))
                fail_msg("%s: %.*s is never met: normalisation makes it %.*s", name, STR_ARG(word), STR_ARG(folded));
        }
    }
    assert_true(words > 0);
    arena_deinit(&a);
}

static void words_are_written_as_normalisation_leaves_them(void **state)
{
    (void)state;
    struct normalizer *n;
    assert_int_equal(normalizer_new(&n, NULL), IDEM_OK);
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        S_check_list(n, lists[i]);
    normalizer_free(n);
}

static void the_search_agrees_with_a_linear_one(void **state)
{
    (void)state;
    const struct words *w = &words_nicknames;
    assert_true(w->n > 1200);
    for (uint32_t i = 0; i < w->n; i++) {
        struct str key = {w->text + w->word[i].at, w->word[i].len}, canonical;
        assert_true(words_find(w, key, &canonical));
        assert_int_equal(canonical.len, w->word[i].canonical_len);
        assert_ptr_equal(canonical.ptr, key.ptr + key.len);
        if (i > 0)
            assert_true(str_cmp((struct str){w->text + w->word[i - 1].at, w->word[i - 1].len}, key) < 0);
    }
    assert_false(words_find(w, STR(""), NULL));
    assert_false(words_find(w, STR("zzzzzz"), NULL));
    assert_false(words_find(w, STR("wil liam"), NULL));
}

static void the_longest_run_of_tokens_wins(void **state)
{
    (void)state;
    struct tokens t;
    struct str class;
    tokens_split(STR("acme sp z oo co ltd"), &t);
    assert_int_equal(words_find_until(&words_legal_forms, &t, t.n, &class), 2);
    assert_true(str_eq(class, STR("ltd")));
    assert_int_equal(words_find_until(&words_legal_forms, &t, 4, &class), 3);
    assert_true(str_eq(class, STR("spzoo")));
    assert_int_equal(words_find_from(&words_legal_forms, &t, 1, &class), 3);
    assert_int_equal(words_find_from(&words_legal_forms, &t, 0, &class), 0);
    assert_int_equal(words_find_from(&words_legal_forms, &t, t.n, &class), 0);
    assert_int_equal(words_find_until(&words_legal_forms, &t, 0, &class), 0);
}

static void different_names_share_no_nickname(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"mary", "margaret"}, {"anna", "hannah"},    {"john", "james"},      {"robert", "rupert"}, {"jane", "janet"},
        {"michael", "mark"},  {"karl", "konrad"},    {"william", "wilfred"}, {"helen", "elaine"},  {"laura", "lauren"},
        {"james", "jacob"},   {"olga", "helga"},     {"maria", "marion"},    {"peter", "paul"},    {"eva", "evgenia"},
        {"edward", "edwin"},  {"albert", "herbert"}, {"sonia", "sandra"},    {"daniel", "david"},  {"luis", "lois"},
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct str of_left, rest, left, right;
        assert_true(words_find(&words_nicknames, str_from(pairs[i][0]), &of_left));
        while (str_next_piece(&of_left, '|', &left)) {
            assert_true(words_find(&words_nicknames, str_from(pairs[i][1]), &rest));
            while (str_next_piece(&rest, '|', &right))
                if (str_eq(left, right))
                    fail_msg("%s and %s share %.*s", pairs[i][0], pairs[i][1], STR_ARG(left));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_written_as_normalisation_leaves_them),
        cmocka_unit_test(the_search_agrees_with_a_linear_one),
        cmocka_unit_test(the_longest_run_of_tokens_wins),
        cmocka_unit_test(different_names_share_no_nickname),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

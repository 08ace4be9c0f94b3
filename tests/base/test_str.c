#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"

static void text_is_trimmed_of_ascii_white_space(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", ""}, {" ", ""}, {" a ", "a"}, {"\t\r\n\v\fa b\n", "a b"}, {"a", "a"}, {"\xC2\xA0", "\xC2\xA0"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_true(str_eq(str_trim(str_from(cases[i][0])), str_from(cases[i][1])));
}

static void a_prefix_comes_before_the_longer_text_and_bytes_compare_unsigned(void **state)
{
    (void)state;
    static const char *const order[] = {"", "A", "AB", "B", "a", "a\x01", "ab", "\x7F", "\x80", "\xFF"};
    for (size_t i = 0; i < COUNT_OF(order); i++)
        for (size_t k = 0; k < COUNT_OF(order); k++) {
            int c = str_cmp(str_from(order[i]), str_from(order[k]));
            assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
            assert_int_equal(str_eq(str_from(order[i]), str_from(order[k])), i == k);
        }
}

static void needles_are_found_where_they_are(void **state)
{
    (void)state;
    struct str text = STR("banana");
    assert_int_equal(str_find(text, STR("ana")), 1);
    assert_int_equal(str_find(text, STR("")), 0);
    assert_int_equal(str_find(text, STR("nab")), SIZE_MAX);
    assert_int_equal(str_find((struct str){0}, STR("a")), SIZE_MAX);
    assert_int_equal(str_find_byte(text, 'n'), 2);
    assert_int_equal(str_find_byte(text, 'x'), SIZE_MAX);
    assert_int_equal(str_find_byte((struct str){0}, 'x'), SIZE_MAX);
    assert_true(str_starts(text, STR("ban")) && !str_starts(STR("ba"), STR("ban")));
    assert_true(str_ends(text, STR("nana")) && !str_ends(STR("na"), STR("ana")));
}

static void case_is_ignored_for_ascii_letters_alone(void **state)
{
    (void)state;
    assert_true(str_eq_nocase(STR("UTF-8"), STR("utf-8")));
    assert_false(str_eq_nocase(STR("a"), STR("b")));
    assert_false(str_eq_nocase(STR("@"), STR("`")));
    assert_false(str_eq_nocase(STR("\xC3\x89"), STR("\xC3\xA9")));
    assert_false(str_eq_nocase(STR("ab"), STR("a")));
}

/* The parts of a text joined by bars. */
static const char *S_join(struct buf *b, struct str text, bool tokens)
{
    struct str part;
    buf_clear(b);
    while (tokens ? str_next_token(&text, ", ", &part) : str_next_piece(&text, ',', &part)) {
        buf_str(b, part);
        buf_byte(b, '|');
    }
    return buf_cstr(b);
}

static void tokens_leave_empty_ones_out_and_pieces_keep_them(void **state)
{
    (void)state;
    static const struct {
        const char *text, *tokens, *pieces;
    } cases[] = {{"a,b", "a|b|", "a|b|"}, {",a,,b ,", "a|b|", "|a||b ||"}, {"", "", "|"}, {" , ", "", " | |"}};
    struct buf b = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_string_equal(S_join(&b, str_from(cases[i].text), true), cases[i].tokens);
        assert_string_equal(S_join(&b, str_from(cases[i].text), false), cases[i].pieces);
    }
    assert_string_equal(S_join(&b, (struct str){0}, false), "");
    buf_deinit(&b);
}

static void whole_numbers_are_read_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        uint64_t value;
    } cases[] = {{"0", true, 0},
                 {"007", true, 7},
                 {"18446744073709551615", true, UINT64_MAX},
                 {"18446744073709551616", false, 0},
                 {"", false, 0},
                 {"-1", false, 0},
                 {"+1", false, 0},
                 {" 1", false, 0},
                 {"1x", false, 0},
                 {"99999999999999999999", false, 0}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t value = 0;
        assert_int_equal(str_to_u64(str_from(cases[i].text), &value), cases[i].ok);
        assert_true(value == cases[i].value);
    }
}

static void decimal_numbers_are_read_in_the_c_locale(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        double value;
    } cases[] = {{"1", true, 1},       {"-2.5", true, -2.5}, {"+.5", true, .5},  {"5.", true, 5},   {"1e3", true, 1000},
                 {"25E-1", true, 2.5}, {"", false, 0},       {".", false, 0},    {"1,5", false, 0}, {"1e", false, 0},
                 {"e3", false, 0},     {"1e+", false, 0},    {"0x10", false, 0}, {"nan", false, 0}, {"inf", false, 0},
                 {"1e999", false, 0},  {"1 ", false, 0},     {"--1", false, 0}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double value = 0;
        if (str_to_double(str_from(cases[i].text), &value) != cases[i].ok)
            fail_msg("\"%s\"", cases[i].text);
        if (cases[i].ok && (value < cases[i].value - 1e-12 || value > cases[i].value + 1e-12))
            fail_msg("\"%s\" read as %g", cases[i].text, value);
    }
}

static void copies_are_terminated_and_outlive_the_original(void **state)
{
    (void)state;
    struct arena arena = {0};
    char text[] = "abc";
    struct str copy = str_copy(&arena, (struct str){text, 2});
    text[0] = 'x';
    assert_string_equal(copy.ptr, "ab");
    assert_int_equal(copy.len, 2);
    assert_string_equal(str_cstr(&arena, (struct str){0}), "");
    arena_deinit(&arena);
}

static void a_part_of_no_text_is_no_text(void **state)
{
    (void)state;
    struct str part = str_sub((struct str){0}, 0, 0);
    assert_null(part.ptr);
    assert_int_equal(part.len, 0);
    part = str_sub(STR("abcd"), 1, 3);
    assert_true(str_eq(part, STR("bc")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_trimmed_of_ascii_white_space),
        cmocka_unit_test(a_prefix_comes_before_the_longer_text_and_bytes_compare_unsigned),
        cmocka_unit_test(a_part_of_no_text_is_no_text),
        cmocka_unit_test(needles_are_found_where_they_are),
        cmocka_unit_test(case_is_ignored_for_ascii_letters_alone),
        cmocka_unit_test(tokens_leave_empty_ones_out_and_pieces_keep_them),
        cmocka_unit_test(whole_numbers_are_read_strictly),
        cmocka_unit_test(decimal_numbers_are_read_in_the_c_locale),
        cmocka_unit_test(copies_are_terminated_and_outlive_the_original),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

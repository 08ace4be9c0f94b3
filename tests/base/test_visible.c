#include "base/visible.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *text, *within, *lines; /* lines NULL: the same */
} CASES[] = {
    {"", "", NULL},
    {"Zoë 한 👩‍👧 نام", "Zoë 한 👩‍👧 نام", NULL},
    {"\x1b[31mred", "\\u001b[31mred", NULL},
    {"a\x7f", "a\\u007f", NULL},
    {"\xc2\x9b"
     "2J",
     "\\u009b2J", NULL},
    {"\xe2\x80\xae"
     "abc",
     "\\u202eabc", NULL},
    {"a\xe2\x80\x8b"
     "b",
     "a\\u200bb", NULL},
    {"\xf3\xa0\x81\x81", "\\udb40\\udc41", NULL},
    {"a\nb\tc\r\nd\re", "a\\u000ab\\u0009c\\u000d\\u000ad\\u000de", "a\nb\tc\r\nd\\u000de"},
    {"\x9b"
     "2J",
     "\\x9b2J", NULL},
    {"\xc0\xaf", "\\xc0\\xaf", NULL},
    {"\xed\xa0\x80", "\\xed\\xa0\\x80", NULL},
    {"ab\xe2\x80", "ab\\xe2\\x80", NULL},
};

static void what_would_steer_a_terminal_is_an_escape(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct buf within = {0}, lines = {0};
        visible_add(&within, str_from(CASES[i].text), VISIBLE_TEXT);
        visible_add(&lines, str_from(CASES[i].text), VISIBLE_LINES);
        assert_string_equal(buf_cstr(&within), CASES[i].within);
        assert_string_equal(buf_cstr(&lines), CASES[i].lines ? CASES[i].lines : CASES[i].within);
        buf_deinit(&within);
        buf_deinit(&lines);
    }
}

static void harmless_text_is_not_copied(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct str plain = STR("Anna"), bell = STR("a\x07");
    assert_ptr_equal(visible_text(&arena, plain).ptr, plain.ptr);
    assert_true(str_eq(visible_text(&arena, bell), STR("a\\u0007")));
    arena_deinit(&arena);
}

static void what_the_next_bytes_decide_waits_for_them(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t waits;
    } ENDS[] = {{"", 0},         {"ab", 0},       {"a\r", 1},
                {"\xc2", 1},     {"\xe2\x80", 2}, {"\xf0\x9f\x91", 3},
                {"\xc3\xab", 0}, {"\x80\x80", 0}, {"\x80\x80\x80\x80", 0}};
    for (size_t i = 0; i < COUNT_OF(ENDS); i++)
        assert_int_equal(visible_unfinished(str_from(ENDS[i].text)), ENDS[i].waits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_would_steer_a_terminal_is_an_escape),
        cmocka_unit_test(harmless_text_is_not_copied),
        cmocka_unit_test(what_the_next_bytes_decide_waits_for_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

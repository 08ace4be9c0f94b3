/* Folding, accents, transliteration by ICU, properties of code points, domains. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/unicode.h"

typedef void text_fn(struct unicode *u, struct str s, struct buf *out);

static void S_fold_and_strip(struct unicode *u, struct str s, struct buf *out)
{
    struct buf folded = {0};
    unicode_fold(u, s, &folded);
    unicode_strip_accents(u, buf_view(&folded), out);
    buf_deinit(&folded);
}

static void S_fold_and_latin(struct unicode *u, struct str s, struct buf *out)
{
    struct buf folded = {0};
    unicode_fold(u, s, &folded);
    unicode_latin(u, buf_view(&folded), out);
    buf_deinit(&folded);
}

struct text_case {
    text_fn *function;
    const char *from, *to;
};

static const struct text_case cases[] = {
    {unicode_fold, "", ""},
    {unicode_fold, "Hello, World-42", "hello, world-42"},
    {unicode_fold, "STRASSE", "strasse"},
    {unicode_fold, "Straße", "strasse"},
    {unicode_fold, "ﬁne", "fine"},
    {unicode_fold, "ＡＢＣ１２", "abc12"},
    {unicode_fold, "ΣΊΣΥΦΟΣ", "σίσυφοσ"},
    {unicode_fold,
     "co\xc2\xad"
     "op",
     "coop"},                                /* soft hyphen */
    {unicode_fold, "e\xcc\x81", "\xc3\xa9"}, /* combining acute */
    {unicode_fold, "㈱", "(株)"},
    {unicode_fold, "ﾊﾝｶｸ", "ハンカク"},
    {S_fold_and_strip, "Åse Šimůnková", "ase simunkova"},
    {S_fold_and_strip, "Łódź øre ÆØÅ đ ħ ŋ œ þ ð ı", "lodz ore aeoa d h ng oe th d i"},
    {S_fold_and_strip, "İstanbul", "istanbul"},
    {S_fold_and_strip, "Nguyễn Đình", "nguyen dinh"},
    {S_fold_and_strip, "Ёлка Йод Київ Быкаў", "елка йод київ быкаў"},
    {S_fold_and_strip, "Άγγελος Ϊ", "αγγελοσ ι"},
    {S_fold_and_strip, "นี้", "นี้"},
    {S_fold_and_strip, "नी", "नी"},
    {S_fold_and_strip, "가각", "가각"},
    {S_fold_and_strip, "が", "が"},
    {S_fold_and_strip, "\xcc\x81", "\xcc\x81"}, /* a mark without a base */
    {S_fold_and_latin, "Ÿ É", "y e"},
    {S_fold_and_latin, "Αθηνά", "athina"},
    {S_fold_and_latin, "Москва", "moskva"},
    {S_fold_and_latin, "ひらがな カタカナ", "hiragana katakana"},
    {S_fold_and_latin, "ラーメン", "ramen"},
    {S_fold_and_latin, "漢字", ""},
    {S_fold_and_latin, "漢字 abc", " abc"},
    {S_fold_and_latin, "თბილისი", "tbilisi"},
    {S_fold_and_latin, "राम", "rama"},
    {S_fold_and_latin, "१२", "12"},
    {S_fold_and_latin, "😀", ""},
    {S_fold_and_latin, "a\xe2\x80\x93z", "az"},
};

static void texts_come_out_as_expected(void **state)
{
    struct unicode *u = *state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf b = {0};
        cases[i].function(u, str_from(cases[i].from), &b);
        assert_string_equal(buf_cstr(&b), cases[i].to);
        buf_deinit(&b);
    }
}

static void results_are_appended(void **state)
{
    struct buf b = {0};
    buf_str(&b, STR("x"));
    unicode_fold(*state, STR("AB"), &b);
    unicode_strip_accents(*state, STR("é"), &b);
    unicode_latin(*state, STR("я"), &b);
    assert_string_equal(buf_cstr(&b), "xabeya");
    buf_deinit(&b);
}

/* What expands most: one code point of three bytes becomes eighteen letters. */
static void texts_may_grow(void **state)
{
    struct buf from = {0}, to = {0};
    for (int i = 0; i < 1000; i++)
        buf_str(&from, STR("\xef\xb7\xba")); /* U+FDFA */
    unicode_fold(*state, buf_view(&from), &to);
    assert_true(to.len > 30 * 1000);
    buf_clear(&from);
    unicode_latin(*state, buf_view(&to), &from);
    assert_true(from.len > 10 * 1000);
    buf_deinit(&from);
    buf_deinit(&to);
}

static void folding_twice_changes_nothing_for_any_code_point(void **state)
{
    struct unicode *u = *state;
    struct buf raw = {0}, once = {0}, twice = {0};
    for (uint32_t c = 0; c < 0x30000; c++) {
        if (c >= 0xd800 && c < 0xe000)
            continue;
        buf_clear(&raw), buf_clear(&once), buf_clear(&twice);
        buf_utf8(&raw, c);
        S_fold_and_strip(u, buf_view(&raw), &once);
        S_fold_and_strip(u, buf_view(&once), &twice);
        if (!str_eq(buf_view(&once), buf_view(&twice)))
            fail_msg("U+%04X", c);
    }
    buf_deinit(&raw), buf_deinit(&once), buf_deinit(&twice);
}

static void latin_is_ascii_for_any_code_point(void **state)
{
    struct buf raw = {0}, latin = {0};
    for (uint32_t c = 1; c < 0x30000; c++) {
        if (c >= 0xd800 && c < 0xe000)
            continue;
        buf_clear(&raw), buf_clear(&latin);
        buf_utf8(&raw, c);
        S_fold_and_latin(*state, buf_view(&raw), &latin);
        for (size_t i = 0; i < latin.len; i++)
            if ((latin.ptr[i] & 0x80) || (latin.ptr[i] >= 'A' && latin.ptr[i] <= 'Z'))
                fail_msg("U+%04X", c);
    }
    buf_deinit(&raw), buf_deinit(&latin);
}

static void code_points_have_properties(void **state)
{
    (void)state;
    assert_int_equal(unicode_script_of('a'), SCRIPT_LATIN);
    assert_int_equal(unicode_script_of('1'), SCRIPT_COMMON);
    assert_int_equal(unicode_script_of('@'), SCRIPT_COMMON);
    assert_int_equal(unicode_script_of('['), SCRIPT_COMMON);
    assert_int_equal(unicode_script_of(0xe9), SCRIPT_LATIN);
    assert_int_equal(unicode_script_of(0x3b1), SCRIPT_GREEK);
    assert_int_equal(unicode_script_of(0x436), SCRIPT_CYRILLIC);
    assert_int_equal(unicode_script_of(0x639), SCRIPT_ARABIC);
    assert_int_equal(unicode_script_of(0x5d0), SCRIPT_HEBREW);
    assert_int_equal(unicode_script_of(0x6f22), SCRIPT_HAN);
    assert_int_equal(unicode_script_of(0x3005), SCRIPT_HAN);
    assert_int_equal(unicode_script_of(0x30fc), SCRIPT_KANA);
    assert_int_equal(unicode_script_of(0xac00), SCRIPT_HANGUL);
    assert_int_equal(unicode_script_of(0x1f600), SCRIPT_COMMON);
    assert_int_equal(unicode_script_of(0x12a0), SCRIPT_OTHER);
    assert_true(unicode_is_letter('Z') && unicode_is_letter(0xaa) && !unicode_is_letter('1') &&
                !unicode_is_letter('_'));
    assert_true(unicode_is_upper(0xc9) && unicode_is_lower(0xe9) && !unicode_is_upper('a') && !unicode_is_lower('A'));
    assert_true(unicode_is_digit('0') && unicode_is_digit(0x967) && !unicode_is_digit(0xbd));
    assert_int_equal(unicode_digit_value('7'), 7);
    assert_int_equal(unicode_digit_value(0x967), 1);
    assert_int_equal(unicode_digit_value('x'), -1);
    assert_true(unicode_is_space(' ') && unicode_is_space('\n') && unicode_is_space(0x3000) && unicode_is_space(0xa0));
    assert_false(unicode_is_space('x') || unicode_is_space(0));
    assert_true(unicode_is_mark(0x301) && unicode_is_mark(0x94d) && !unicode_is_mark('a'));
}

static void text_is_taken_point_by_point(void **state)
{
    (void)state;
    struct str s = STR("aé漢😀");
    assert_int_equal(unicode_points(s), 4);
    assert_int_equal(unicode_next(&s), 'a');
    assert_int_equal(unicode_next(&s), 0xe9);
    assert_int_equal(unicode_next(&s), 0x6f22);
    assert_int_equal(unicode_next(&s), 0x1f600);
    assert_int_equal(unicode_next(&s), 0);
    struct str broken = STR("\xe6\xbc"
                            "x\xff");
    assert_int_equal(unicode_next(&broken), 0xfffd);
    assert_int_equal(unicode_next(&broken), 'x');
    assert_int_equal(unicode_next(&broken), 0xfffd);
    assert_int_equal(broken.len, 0);
}

static void domains_are_read_as_browsers_do(void **state)
{
    static const struct {
        const char *from, *to; /* NULL: no valid name */
    } domains[] = {
        {"Example.COM", "example.com"},
        {"xn--mnchen-3ya.de", "münchen.de"},
        {"MÜNCHEN.de", "münchen.de"},
        {"faß.de", "faß.de"},
        {"", NULL},
        {"xn--a", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(domains); i++) {
        struct buf b = {0};
        bool valid = unicode_domain(*state, str_from(domains[i].from), &b);
        assert_int_equal(valid, domains[i].to != NULL);
        if (valid)
            assert_string_equal(buf_cstr(&b), domains[i].to);
        buf_deinit(&b);
    }
    assert_non_null(strstr(unicode_version(), "Unicode"));
}

static struct str S_mandarin(struct unicode *u, const uint32_t *point, unsigned n, struct buf *text, struct buf *out)
{
    buf_clear(text);
    buf_clear(out);
    for (unsigned i = 0; i < n; i++)
        buf_utf8(text, point[i]);
    unicode_mandarin(u, buf_view(text), out);
    return buf_view(out);
}

/* A word that ends in a character without a place in the table goes through ICU, and that character changes nothing
 * before it. */
static void ideographs_are_read_as_icu_reads_them(void **state)
{
    enum { FIRST = 0x4e00, CHARS = 0x9fff - FIRST + 1, OTHER = 0x3400, LONGEST = 4, WORDS = 2 * CHARS };
    struct unicode *u = *state;
    struct buf text = {0}, quick = {0}, slow = {0};
    uint64_t random = 5;
    for (unsigned i = 0; i < WORDS; i++) {
        uint32_t point[LONGEST + 1] = {FIRST + i % CHARS};
        unsigned n = 1 + i / CHARS;
        for (unsigned k = 1; k < LONGEST; k++)
            point[k] = FIRST + (uint32_t)random_below(&random, CHARS);
        if (n > 1) { /* behind another, and then some */
            n = 2 + (unsigned)random_below(&random, LONGEST - 1);
            point[1] = point[0];
            point[0] = 0x738b;
        }
        struct str known = S_mandarin(u, point, n, &text, &quick);
        point[n] = OTHER;
        struct str whole = S_mandarin(u, point, n + 1, &text, &slow);
        if (whole.len <= known.len || !str_starts(whole, known) || (known.len && whole.ptr[known.len] != ' '))
            fail_msg("U+%04X: \"%.*s\" and \"%.*s\"", point[n > 1], STR_ARG(known), STR_ARG(whole));
    }
    buf_deinit(&text);
    buf_deinit(&quick);
    buf_deinit(&slow);
}

static int S_open(void **state)
{
    struct unicode *u;
    int status = unicode_open(&u, NULL);
    *state = u;
    return status;
}

static int S_close(void **state)
{
    unicode_close(*state);
    unicode_close(NULL);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_come_out_as_expected),
        cmocka_unit_test(results_are_appended),
        cmocka_unit_test(texts_may_grow),
        cmocka_unit_test(folding_twice_changes_nothing_for_any_code_point),
        cmocka_unit_test(latin_is_ascii_for_any_code_point),
        cmocka_unit_test(code_points_have_properties),
        cmocka_unit_test(text_is_taken_point_by_point),
        cmocka_unit_test(ideographs_are_read_as_icu_reads_them),
        cmocka_unit_test(domains_are_read_as_browsers_do),
    };
    return cmocka_run_group_tests(tests, S_open, S_close);
}

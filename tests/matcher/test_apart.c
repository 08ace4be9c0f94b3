/* Signatures against the comparisons that they stand for. */
#include "matcher/apart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/hash.h"
#include "matcher/compare.h"
#include "matcher/compare_kinds.h"

enum { MOST = 80, VALUES = 400, NEIGHBOURS = 40 };

/* A value whose forms are parts of one text. */
struct made {
    char text[MOST];
    size_t len;
};

static const struct kind_case {
    enum comparison_kind kind;
    const char *letters;
    size_t shortest, longest;
    double least; /* of unlike pairs, told without a look */
} cases[] = {
    {CMP_GIVEN, "abcdeinrst", 2, 13, .5},
    {CMP_FAMILY, "abcdeinrst -", 1, 14, .2},
    {CMP_PLACE, "abcdeinrst -", 1, 16, .2},
    {CMP_EMAIL, "abcdein.19-@", 5, 70, .3},
    {CMP_PHONE, "0123456789", 4, 17, .6},
    {CMP_DATE, "0123456789", 8, 8, .99},
    {CMP_POSTCODE, "0123456789AB", 1, 7, .4},
    {CMP_IDENTIFIER, "0123456789ABC", 1, 12, .3},
    {CMP_CODE, "abc", 1, 3, .99},
    {CMP_ADDRESS, "abcdefghilmnorstuvz  ", 3, 24, .2},
};

static void S_random(const struct kind_case *c, struct made *v, uint64_t *state)
{
    size_t n = strlen(c->letters);
    v->len = c->shortest + random_below(state, c->longest - c->shortest + 1);
    for (size_t i = 0; i < v->len; i++)
        v->text[i] = c->letters[random_below(state, n)];
}

static void S_edit(const struct kind_case *c, struct made *v, uint64_t *state)
{
    size_t at = random_below(state, v->len);
    char fresh = c->letters[random_below(state, strlen(c->letters))];
    unsigned way = (unsigned)random_below(state, 4);
    if (way == 0 && v->len > c->shortest) {
        memmove(v->text + at, v->text + at + 1, --v->len - at);
    } else if (way == 1 && v->len < c->longest) {
        memmove(v->text + at + 1, v->text + at, v->len++ - at);
        v->text[at] = fresh;
    } else if (way == 2 && at + 1 < v->len) {
        char swap = v->text[at];
        v->text[at] = v->text[at + 1];
        v->text[at + 1] = swap;
    } else {
        v->text[at] = fresh;
    }
}

static struct norm S_norm(const struct kind_case *c, struct made *v)
{
    struct str s = {v->text, v->len}, local = str_sub(s, 0, s.len / 2);
    struct norm n = {.form = {[NORM_CANON] = s}};
    bool name = c->kind == CMP_GIVEN || c->kind == CMP_FAMILY;
    if (name || c->kind == CMP_PLACE)
        n.form[NORM_LATIN] = s;
    if (name)
        n.form[NORM_PHON] = str_sub(s, 0, s.len < 3 ? s.len : 3);
    if (c->kind == CMP_GIVEN)
        n.form[NORM_NICK] = str_sub(s, 0, s.len < 4 ? s.len : 4);
    if (c->kind == CMP_EMAIL || c->kind == CMP_PHONE)
        n.form[NORM_BASE] = s;
    if (c->kind == CMP_EMAIL)
        n.form[NORM_LOCAL] = local;
    if (c->kind == CMP_ADDRESS) {
        size_t end = str_find_byte(s, ' ');
        n.form[NORM_TOKENS] = s;
        n.form[NORM_BASE] = str_sub(s, 0, end == SIZE_MAX ? s.len : end);
    }
    if (c->kind == CMP_POSTCODE)
        n.form[NORM_BASE] = str_sub(s, 0, s.len < 3 ? s.len : 3);
    return n;
}

/* Dates are digits with dashes between them. */
static void S_finish(const struct kind_case *c, struct made *v)
{
    if (c->kind != CMP_DATE)
        return;
    char digits[8];
    memcpy(digits, v->text, sizeof digits);
    snprintf(v->text, sizeof v->text, "%.4s-%.2s-%.2s", digits, digits + 4, digits + 6);
    v->len = 10;
}

static int S_signed_level(const struct kind_case *c, const struct norm *a, const struct norm *b)
{
    struct signature x = apart_signature(c->kind, a), y = apart_signature(c->kind, b);
    if (!signature_is_known(&x) || !signature_is_known(&y))
        return APART_UNKNOWN;
    int level = apart_for(c->kind)(&x, &y);
    assert_int_equal(apart_for(c->kind)(&y, &x), level);
    return level == APART_ELSE ? (int)comparison_levels(c->kind) - 1 : level;
}

static void S_check_names(const struct norm *a, const struct norm *b)
{
    struct signature x = apart_signature(CMP_GIVEN, a), y = apart_signature(CMP_FAMILY, b);
    if (signature_is_known(&x) && signature_is_known(&y) && apart_names(&x, &y))
        assert_true(compare_values(CMP_FAMILY, NULL, a, b) > FAMILY_CLOSE);
}

static void S_check(const struct kind_case *c, const struct made *v, const struct made *w, unsigned *told)
{
    struct made x = *v, y = *w;
    S_finish(c, &x);
    S_finish(c, &y);
    struct norm a = S_norm(c, &x), b = S_norm(c, &y);
    if (str_eq(a.form[NORM_CANON], b.form[NORM_CANON]))
        return;
    int level = S_signed_level(c, &a, &b);
    *told += level != APART_UNKNOWN;
    if (level != APART_UNKNOWN)
        assert_int_equal(level, compare_values(c->kind, NULL, &a, &b));
    if (c->kind == CMP_GIVEN)
        S_check_names(&a, &b);
}

static void signatures_say_what_the_comparison_says(void **unused)
{
    (void)unused;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        uint64_t state = 7 + k;
        unsigned told = 0, near = 0;
        for (unsigned i = 0; i < VALUES; i++) {
            struct made v, w;
            S_random(&cases[k], &v, &state);
            w = v;
            for (unsigned j = 0; j < NEIGHBOURS; j++) {
                struct made other;
                S_edit(&cases[k], &w, &state);
                S_check(&cases[k], &v, &w, &near);
                S_random(&cases[k], &other, &state);
                S_check(&cases[k], &v, &other, &told);
                S_check(&cases[k], &other, &w, &near);
            }
        }
        assert_true(told >= (unsigned)(cases[k].least * VALUES * NEIGHBOURS) / 2);
    }
}

static void what_is_not_one_plain_latin_word_has_no_signature(void **unused)
{
    static const struct {
        const char *canon, *latin, *generation;
    } names[] = {{"анна", "anna", ""},
                 {"anna maria", "anna maria", ""},
                 {"a", "a", ""},
                 {"anna", "", ""},
                 {"morris", "morris", "jr"}};
    (void)unused;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct norm v = {.form = {[NORM_CANON] = str_from(names[i].canon),
                                  [NORM_LATIN] = str_from(names[i].latin),
                                  [NORM_GENERATION] = str_from(names[i].generation)}};
        struct signature s = apart_signature(CMP_FAMILY, &v);
        assert_false(signature_is_known(&s));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_say_what_the_comparison_says),
        cmocka_unit_test(what_is_not_one_plain_latin_word_has_no_signature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

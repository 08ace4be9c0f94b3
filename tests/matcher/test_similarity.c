/* String metrics against twins that follow the definitions word by word. */
#include "matcher/similarity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "tests/matcher/similarity_twin.h"

/* ---------------------------------------------------------------- random strings */

enum { MOST_TEXT = 70 };

struct text {
    const char *symbol[2 * MOST_TEXT];
    unsigned n;
    char bytes[8 * MOST_TEXT + 1];
    struct str str;
};

/* Small alphabets, so that many symbols agree. */
static const char *const alphabets[][8] = {
    {"a", "b", 0},
    {"a", "b", "c", "d", "e", "f", 0},
    {"a", "\xC3\xA9", "\xC3\x9F", "\xD1\x8F", "\xE6\x97\xA5", "\xF0\x90\x8D\x88", 0},
    {"\xCE\xB1", "\xCE\xB2", "\xCE\xB3", 0},
};

static void S_write(struct text *t)
{
    size_t at = 0;
    for (unsigned i = 0; i < t->n; i++)
        at += (size_t)snprintf(t->bytes + at, sizeof t->bytes - at, "%s", t->symbol[i]);
    t->str = (struct str){t->bytes, at};
}

static const char *S_symbol(const char *const *alphabet, uint64_t *state)
{
    unsigned n = 0;
    while (alphabet[n])
        n++;
    return alphabet[random_below(state, n)];
}

static void S_random(struct text *t, const char *const *alphabet, uint64_t *state)
{
    t->n = (unsigned)random_below(state, MOST_TEXT + 1);
    if (random_below(state, 2))
        t->n %= 9; /* names are short */
    for (unsigned i = 0; i < t->n; i++)
        t->symbol[i] = S_symbol(alphabet, state);
    S_write(t);
}

/* A few edits away. */
static void S_edit(const struct text *from, struct text *t, const char *const *alphabet, uint64_t *state)
{
    *t = *from;
    for (uint64_t edits = random_below(state, 6); edits; edits--) {
        unsigned at = (unsigned)random_below(state, t->n + 1);
        uint64_t what = random_below(state, 4);
        if (what == 0 && t->n < MOST_TEXT) {
            memmove(t->symbol + at + 1, t->symbol + at, (t->n - at) * sizeof *t->symbol);
            t->symbol[at] = S_symbol(alphabet, state);
            t->n++;
        } else if (what == 1 && at < t->n) {
            memmove(t->symbol + at, t->symbol + at + 1, (t->n - at - 1) * sizeof *t->symbol);
            t->n--;
        } else if (what == 2 && at < t->n) {
            t->symbol[at] = S_symbol(alphabet, state);
        } else if (at + 1 < t->n) {
            const char *keep = t->symbol[at];
            t->symbol[at] = t->symbol[at + 1];
            t->symbol[at + 1] = keep;
        }
    }
    S_write(t);
}

static void S_pair(struct text *a, struct text *b, uint64_t *state)
{
    const char *const *alphabet = alphabets[random_below(state, COUNT_OF(alphabets))];
    S_random(a, alphabet, state);
    if (random_below(state, 3))
        S_edit(a, b, alphabet, state);
    else
        S_random(b, alphabet, state);
}

/* ---------------------------------------------------------------- tests */

static void edits_are_those_of_the_whole_table(void **unused)
{
    static const unsigned limits[] = {0, 1, 2, 3, 7, 64, 1000};
    uint64_t state = 11;
    (void)unused;
    for (int i = 0; i < 20000; i++) {
        struct text a, b;
        struct symbols x, y;
        S_pair(&a, &b, &state);
        symbols_from(a.str, &x);
        symbols_from(b.str, &y);
        unsigned edits = osa_twin(&x, &y);
        for (unsigned l = 0; l < COUNT_OF(limits); l++) {
            unsigned expect = edits <= limits[l] ? edits : limits[l] + 1, got = sim_osa(a.str, b.str, limits[l]);
            if (got != expect || sim_osa(b.str, a.str, limits[l]) != got)
                fail_msg("'%s' '%s' at most %u: %u, expected %u", a.bytes, b.bytes, limits[l], got, expect);
        }
    }
}

static void jaro_winkler_is_what_the_definition_gives(void **unused)
{
    uint64_t state = 12;
    (void)unused;
    for (int i = 0; i < 50000; i++) {
        struct text a, b;
        struct symbols x, y;
        S_pair(&a, &b, &state);
        symbols_from(a.str, &x);
        symbols_from(b.str, &y);
        double expect = jaro_winkler_twin(&x, &y) * SIM_ONE;
        int got = sim_jaro_winkler(a.str, b.str);
        /* rounded down from the exact ratio */
        if (got > expect + 1e-6 || got < expect - 1 - 1e-6 || got != sim_jaro_winkler(b.str, a.str))
            fail_msg("'%s' '%s': %d, expected %f", a.bytes, b.bytes, got, expect);
        assert_int_equal(got, sim_jaro_winkler_symbols(&x, &y));
        assert_in_range(got, 0, SIM_ONE);
    }
}

struct published {
    const char *a, *b;
    int jaro_winkler;
    unsigned edits;
};

/* Winkler's own examples and those that textbooks repeat. */
static const struct published published[] = {
    {"MARTHA", "MARHTA", 961111, 1},
    {"DWAYNE", "DUANE", 840000, 2},
    {"DIXON", "DICKSONX", 813333, 4},
    {"JONES", "JOHNSON", 832380, 4},
    {"ABROMS", "ABRAMS", 922222, 1},
    {"DUNNINGHAM", "CUNNIGHAM", 896296, 2},
    {"NICHLESON", "NICHULSON", 955555, 2},
    {"MASSEY", "MASSIE", 933333, 2},
    {"JERALDINE", "GERALDINE", 925925, 1},
    {"MICHELLE", "MICHAEL", 921428, 3},
    {"ca", "abc", 0, 3},
    {"abc", "abc", 1000000, 0},
    {"abc", "xyz", 0, 3},
    {"", "", 1000000, 0},
    {"", "abc", 0, 3},
    {"a", "a", 1000000, 0},
    {"a", "b", 0, 1},
    {"ab", "ba", 0, 1},
    {"stra\xC3\x9F"
     "e",
     "strasse", 909523, 2},
    {"\xD0\xB0\xD0\xB1\xD0\xB2", "\xD0\xB0\xD0\xB2\xD0\xB1", 555555, 1},
};

static void published_values_come_out(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < COUNT_OF(published); i++) {
        const struct published *p = &published[i];
        int jw = sim_jaro_winkler(str_from(p->a), str_from(p->b));
        unsigned edits = sim_osa(str_from(p->a), str_from(p->b), 100);
        if (jw != p->jaro_winkler || edits != p->edits)
            fail_msg("%s %s: %d %u", p->a, p->b, jw, edits);
    }
}

static void what_lies_past_the_limit_is_not_looked_at(void **unused)
{
    char a[100], b[100];
    (void)unused;
    memset(a, 'x', sizeof a);
    memset(b, 'x', sizeof b);
    b[SIM_MOST] = 'y';
    assert_int_equal(sim_osa((struct str){a, 100}, (struct str){b, 90}, 5), 0);
    assert_int_equal(sim_jaro_winkler((struct str){a, 100}, (struct str){b, 90}), SIM_ONE);
    b[SIM_MOST - 1] = 'y';
    assert_int_equal(sim_osa((struct str){a, 100}, (struct str){b, 90}, 5), 1);
}

struct symbol_case {
    const char *bytes;
    uint32_t at[4];
    unsigned n;
};

static const struct symbol_case symbol_cases[] = {
    {"a\xC3\xA9\xE6\x97\xA5", {'a', 0xE9, 0x65E5}, 3},
    {"\xF0\x90\x8D\x88", {0x10348}, 1},
    {"\xC3", {0xC3}, 1},             /* cut short */
    {"\xE2\x82", {0xE2, 0x82}, 2},   /* cut short */
    {"\xC3(x", {0xC3, '(', 'x'}, 3}, /* not followed by what it asks for */
    {"\x80z\xFF", {0x80, 'z', 0xFF}, 3},
};

static void bytes_that_are_no_text_stand_for_themselves(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < COUNT_OF(symbol_cases); i++) {
        struct symbols s;
        symbols_from(str_from(symbol_cases[i].bytes), &s);
        assert_int_equal(s.n, symbol_cases[i].n);
        for (unsigned k = 0; k < s.n; k++)
            assert_int_equal(s.at[k], symbol_cases[i].at[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edits_are_those_of_the_whole_table),
        cmocka_unit_test(jaro_winkler_is_what_the_definition_gives),
        cmocka_unit_test(published_values_come_out),
        cmocka_unit_test(what_lies_past_the_limit_is_not_looked_at),
        cmocka_unit_test(bytes_that_are_no_text_stand_for_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

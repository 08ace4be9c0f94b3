/* The figures that the program ships, held to the texts in tests/matcher/golden: how sounds of letters are weighed, and
 * what levels comparisons have before anything was learnt. IDEM_GOLDEN=rewrite in the environment writes the texts
 * anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "golden_text.h"
#include "matcher/compare.h"
#include "matcher/compare_spelling.h"

static unsigned S_distance(const char *a, const char *b, enum spelling_gap gap)
{
    struct sounds x, y;
    sounds_from(str_from(a), &x);
    sounds_from(str_from(b), &y);
    unsigned there = sounds_distance(&x, &y, gap, 99), back = sounds_distance(&y, &x, gap, 99);
    assert_int_equal(there, back);
    return there;
}

/* A letter for another, between vowels and between consonants, in one script and between syllables; and a letter more.
 */
static void letters_cost_what_they_did(void **state)
{
    static const char *const PLACE[] = {"ba%sab", "ad%sma", "%sarda", "darda%s"};
    struct buf out = {0};
    (void)state;
    for (char a = 'a'; a <= 'z'; a++)
        for (char b = a; b <= 'z'; b++) {
            buf_printf(&out, a == b ? "%c -" : "%c %c", a, b);
            for (size_t i = 0; i < COUNT_OF(PLACE); i++)
                for (unsigned gap = SPELLING_SAME; gap <= SPELLING_SYLLABLES; gap++) {
                    char one[16], other[16], letter[2] = {a, 0}, second[2] = {b, 0};
                    snprintf(one, sizeof one, PLACE[i], letter);
                    snprintf(other, sizeof other, PLACE[i], a == b ? "" : second);
                    buf_printf(&out, "%s%u", gap ? " " : "  ", S_distance(one, other, (enum spelling_gap)gap));
                }
            buf_byte(&out, '\n');
        }
    golden_expect(GOLDEN_FOLDER, "letters.txt", &out);
    buf_deinit(&out);
}

static void comparisons_begin_with_the_figures_they_did(void **state)
{
    struct buf out = {0};
    (void)state;
    for (unsigned kind = 0; kind < CMP_KINDS; kind++) {
        struct comparison c;
        double m = 0, u = 0;
        comparison_init(&c, (enum comparison_kind)kind, 0);
        buf_printf(&out, "%s, relatives from %u\n", comparison_info((enum comparison_kind)kind)->name,
                   (unsigned)c.related_from);
        for (unsigned l = 0; l < c.n_levels; l++) {
            const struct level_info *info = &comparison_info((enum comparison_kind)kind)->level[l];
            buf_printf(&out, "    %-12s %.5f %.7f %.2f %d\n", c.level[l].name, c.level[l].m, c.level[l].u,
                       (double)info->tf, (int)c.level[l].weight);
            m += c.level[l].m;
            u += c.level[l].u;
        }
        assert_true(m > .9999 && m < 1.0001 && u > .9999 && u < 1.0001);
    }
    golden_expect(GOLDEN_FOLDER, "comparisons.txt", &out);
    buf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(letters_cost_what_they_did),
                                       cmocka_unit_test(comparisons_begin_with_the_figures_they_did)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

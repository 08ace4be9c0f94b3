/* Labelled pairs: how their levels are counted, and where they say to cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/fmath.h"
#include "matcher/labels.h"

enum { MOST = 400 };

struct run {
    int from, to; /* weights in bits, `to` included */
    unsigned each;
    bool same;
};

static size_t S_weights(const struct run *run, size_t n_runs, struct labelled_weight *w)
{
    size_t n = 0;
    for (size_t r = 0; r < n_runs; r++)
        for (int bits = run[r].from; bits <= run[r].to; bits++)
            for (unsigned k = 0; k < run[r].each && n < MOST; k++)
                w[n++] = (struct labelled_weight){bits * WEIGHT_ONE, run[r].same};
    return n;
}

static void S_expect(const struct run *run, size_t n_runs, uint64_t missed, int32_t current, int32_t expected)
{
    struct labelled_weight w[MOST];
    size_t n = S_weights(run, n_runs, w);
    assert_int_equal(labels_threshold(w, n, missed, current), expected);
}

static void a_threshold_that_separates_the_labels_stays(void **state)
{
    static const struct run RUNS[] = {{5, 14, 10, true}, {-14, -5, 10, false}};
    (void)state;
    S_expect(RUNS, 2, 0, 2 * WEIGHT_ONE, 2 * WEIGHT_ONE);
    S_expect(RUNS, 2, 0, -4 * WEIGHT_ONE, -4 * WEIGHT_ONE);
    S_expect(RUNS, 2, 50, 0, 0);
}

static void one_that_does_not_moves_between_the_nearest_pairs(void **state)
{
    static const struct run RUNS[] = {{5, 14, 10, true}, {-14, -5, 10, false}};
    (void)state;
    S_expect(RUNS, 2, 0, 10 * WEIGHT_ONE, 0);
    S_expect(RUNS, 2, 0, -9 * WEIGHT_ONE, 0);
}

static void too_few_labels_of_a_kind_move_nothing(void **state)
{
    static const struct run FEW_SAME[] = {{5, 11, 7, true}, {-14, -5, 10, false}};
    static const struct run FEW_DIFFERENT[] = {{5, 14, 10, true}, {-7, -1, 7, false}};
    (void)state;
    S_expect(FEW_SAME, 2, 1000, 10 * WEIGHT_ONE, 10 * WEIGHT_ONE);
    S_expect(FEW_DIFFERENT, 2, 0, 10 * WEIGHT_ONE, 10 * WEIGHT_ONE);
}

static void one_pair_more_is_chance_and_moves_nothing(void **state)
{
    static const struct run ONE[] = {{5, 14, 10, true}, {-14, -5, 10, false}, {1, 1, 1, true}};
    static const struct run TWO[] = {{5, 14, 10, true}, {-14, -5, 10, false}, {1, 1, 2, true}};
    (void)state;
    S_expect(ONE, 3, 0, 3 * WEIGHT_ONE, 3 * WEIGHT_ONE);
    S_expect(TWO, 3, 0, 3 * WEIGHT_ONE, -2 * WEIGHT_ONE);
}

/* By hand: keeping 8..14 has 70 right; each bit below 8 adds 5 right and 6 wrong: worse for F1 all the way down. */
static void where_labels_overlap_f1_decides(void **state)
{
    static const struct run RUNS[] = {{8, 14, 10, true}, {0, 7, 5, true}, {-5, 7, 12, false}};
    (void)state;
    S_expect(RUNS, 3, 0, -3 * WEIGHT_ONE, 7 * WEIGHT_ONE + (WEIGHT_ONE + 1) / 2);
}

static void the_order_of_labels_does_not_matter(void **state)
{
    static const struct run RUNS[] = {{8, 14, 10, true}, {0, 7, 5, true}, {-5, 7, 12, false}};
    struct labelled_weight w[MOST], turned[MOST];
    size_t n = S_weights(RUNS, 3, w);
    (void)state;
    for (size_t i = 0; i < n; i++)
        turned[i] = w[n - 1 - i];
    assert_int_equal(labels_threshold(w, n, 3, 0), labels_threshold(turned, n, 3, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_threshold_that_separates_the_labels_stays),
        cmocka_unit_test(one_that_does_not_moves_between_the_nearest_pairs),
        cmocka_unit_test(too_few_labels_of_a_kind_move_nothing),
        cmocka_unit_test(one_pair_more_is_chance_and_moves_nothing),
        cmocka_unit_test(where_labels_overlap_f1_decides),
        cmocka_unit_test(the_order_of_labels_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/fmath.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"

static double S_random_double(uint64_t *seed)
{
    uint64_t bits = (random_next(seed) & 0xFFFFFFFFFFFFFULL) | (1 + random_below(seed, 2046)) << 52;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static double S_abs(double x)
{
    return x < 0 ? -x : x;
}

static void log2_agrees_with_the_c_library(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 200000; i++) {
        double x = i % 2 ? S_random_double(&seed) : 1 + (double)(int64_t)random_below(&seed, 2000000) / 1e6 - 0.5;
        double exact = log2(x), got = fmath_log2(x);
        if (S_abs(got - exact) > 1e-14 * S_abs(exact) + 1e-15)
            fail_msg("log2(%.17g) = %.17g, not %.17g", x, got, exact);
    }
}

static void exp2_agrees_with_the_c_library(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int i = 0; i < 200000; i++) {
        double x = ((double)random_below(&seed, 1 << 30) / (1 << 30) - 0.5) * (i % 2 ? 2040 : 8);
        double exact = exp2(x), got = fmath_exp2(x);
        if (S_abs(got - exact) > 1e-14 * exact)
            fail_msg("exp2(%.17g) = %.17g, not %.17g", x, got, exact);
    }
}

static void probabilities_of_weights_are_those_of_bits(void **state)
{
    static struct fmath_powers powers;
    uint64_t seed = 3;
    (void)state;
    fmath_powers_init(&powers);
    for (int i = 0; i < 200000; i++) {
        uint64_t range = i % 4 == 0 ? 1u << 31 : i % 4 == 1 ? 2200 * WEIGHT_ONE : 40 * WEIGHT_ONE;
        int32_t weight = i < 20000 ? (i - 10000) * (WEIGHT_ONE / 2)
                                   : (int32_t)((int64_t)random_below(&seed, range) - (int64_t)range / 2);
        double exact = probability_from_bits(weight_to_bits(weight)), got = fmath_probability(&powers, weight);
        if (memcmp(&got, &exact, sizeof got) != 0)
            fail_msg("of %d: %.17g, not %.17g", weight, got, exact);
    }
}

static void powers_of_two_are_exact(void **state)
{
    (void)state;
    for (int e = -1022; e < 1024; e++) {
        assert_true(fmath_log2(ldexp(1, e)) == e);
        assert_true(fmath_exp2(e) == ldexp(1, e));
    }
}

static void the_edges_are_finite(void **state)
{
    (void)state;
    assert_true(fmath_log2(0) == -1074);
    assert_true(fmath_log2(-1) == 0);
    assert_true(S_abs(fmath_log2(4.9406564584124654e-324) + 1074) < 1e-9);
    assert_true(fmath_log2(INFINITY) <= 1024);
    assert_true(fmath_exp2(-2000) == 0);
    assert_true(isfinite(fmath_exp2(5000)));
    for (double x = -1074; x < -1020; x += 0.25)
        assert_true(fmath_exp2(x) <= fmath_exp2(x + 0.25));
}

static void weights_round_to_nearest_and_are_symmetric(void **state)
{
    (void)state;
    uint64_t seed = 3;
    static const struct {
        double bits;
        int32_t weight;
    } cases[] = {{0, 0},           {1, 4096},      {-1, -4096},       {0.5 / 4096, 1}, {-0.5 / 4096, -1},
                 {0.49 / 4096, 0}, {1e9, 1 << 30}, {-1e9, -(1 << 30)}};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(weight_from_bits(cases[i].bits), cases[i].weight);
    for (int i = 0; i < 10000; i++) {
        double bits = (double)(int64_t)random_next(&seed) / 9e18 * 50;
        assert_int_equal(weight_from_bits(bits), -weight_from_bits(-bits));
        assert_int_equal(weight_from_bits(weight_to_bits(weight_from_bits(bits))), weight_from_bits(bits));
    }
}

static void probabilities_of_opposite_weights_sum_to_one(void **state)
{
    (void)state;
    assert_true(probability_from_bits(0) == 0.5);
    for (double bits = 0; bits < 60; bits += 0.37) {
        assert_true(S_abs(probability_from_bits(bits) + probability_from_bits(-bits) - 1) < 1e-15);
        assert_true(probability_from_bits(bits + 0.37) >= probability_from_bits(bits));
    }
    assert_true(probability_from_bits(5000) == 1 && probability_from_bits(-5000) < 1e-300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log2_agrees_with_the_c_library),
        cmocka_unit_test(exp2_agrees_with_the_c_library),
        cmocka_unit_test(powers_of_two_are_exact),
        cmocka_unit_test(probabilities_of_weights_are_those_of_bits),
        cmocka_unit_test(the_edges_are_finite),
        cmocka_unit_test(weights_round_to_nearest_and_are_symmetric),
        cmocka_unit_test(probabilities_of_opposite_weights_sum_to_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

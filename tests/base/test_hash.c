#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void equal_bytes_hash_equal_and_a_seed_makes_them_others(void **state)
{
    (void)state;
    char a[] = "abc", b[] = "abc";
    assert_true(hash_str(STR("abc")) == hash_str((struct str){a, 3}));
    assert_true(hash_str_seed((struct str){a, 3}, 1) == hash_str_seed((struct str){b, 3}, 1));
    assert_true(hash_str_seed(STR("abc"), 1) != hash_str_seed(STR("abc"), 2));
    assert_true(hash_str(STR("abc")) != hash_str(STR("abd")));
    assert_true(hash_str((struct str){0}) == hash_str(STR("")));
}

static void the_mixer_is_a_bijection_on_a_sample(void **state)
{
    (void)state;
    uint64_t seen[4096];
    for (uint64_t i = 0; i < COUNT_OF(seen); i++) {
        seen[i] = hash_u64(i);
        for (uint64_t k = 0; k < i; k++)
            assert_true(seen[k] != seen[i]);
    }
    assert_true(hash_combine(1, 2) != hash_combine(2, 1));
}

static void random_numbers_are_the_same_everywhere_and_spread_evenly(void **state)
{
    (void)state;
    uint64_t seed = 1234567;
    size_t count[10] = {0};
    assert_true(random_next(&seed) == 6457827717110365317ULL); /* the published first values of SplitMix64 */
    assert_true(random_next(&seed) == 3203168211198807973ULL);
    for (int i = 0; i < 100000; i++)
        count[random_below(&seed, 10)]++;
    for (int i = 0; i < 10; i++)
        assert_in_range(count[i], 9500, 10500);
    assert_int_equal(random_below(&seed, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_bytes_hash_equal_and_a_seed_makes_them_others),
        cmocka_unit_test(the_mixer_is_a_bijection_on_a_sample),
        cmocka_unit_test(random_numbers_are_the_same_everywhere_and_spread_evenly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

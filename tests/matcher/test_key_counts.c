#include "matcher/key_counts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"

/* n keys; `heavy` of them are one key, the others are drawn from `values`. Returns the pairs of equal ones. */
static uint64_t S_draw(uint64_t *key, size_t n, size_t heavy, uint32_t values)
{
    uint32_t *count = calloc(values, sizeof *count);
    uint64_t state = 7, pairs = heavy * (heavy - (heavy > 0)) / 2;
    for (size_t i = 0; i < n; i++) {
        uint64_t value = random_below(&state, values);
        if (i < heavy) {
            key[i] = hash_u64(UINT64_MAX);
            continue;
        }
        key[i] = hash_u64(1 + value);
        pairs += count[value]++;
    }
    free(count);
    return pairs;
}

struct draw {
    size_t n, heavy;
    uint32_t values;
};

static void few_keys_are_counted_exactly(void **state)
{
    static const struct draw draws[] = {{0, 0, 1},     {1, 0, 1},       {2, 0, 1},        {2, 0, 100000},
                                        {1000, 0, 30}, {1000, 1000, 1}, {5000, 40, 3000}, {300000, 900, 200000}};
    struct key_counter counter = {0};
    struct key_counts counts = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(draws); i++) {
        const struct draw *d = &draws[i];
        uint64_t *key = malloc((d->n + 1) * sizeof *key), pairs = S_draw(key, d->n, d->heavy, d->values);
        key_counts_init(&counts, key, d->n);
        assert_int_equal(key_counter_pairs(&counter, key, d->n), pairs);
        assert_int_equal(key_counts_pairs(&counts), pairs);
        free(key);
    }
    key_counts_deinit(&counts);
    key_counter_deinit(&counter);
}

static void many_keys_are_counted_within_one_in_a_hundred(void **state)
{
    static const struct draw draws[] = {{1000000, 0, 2000000}, {1000000, 0, 700000}, {1500000, 1200, 3000000}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(draws); i++) {
        const struct draw *d = &draws[i];
        uint64_t *key = malloc(d->n * sizeof *key), pairs = S_draw(key, d->n, d->heavy, d->values);
        struct key_counts counts = {0};
        assert_true(d->n > KEY_COUNTS_EXACT);
        key_counts_init(&counts, key, d->n);
        double about = (double)key_counts_pairs(&counts), off = about / (double)pairs - 1;
        if (off > 0.01 || off < -0.01)
            fail_msg("draw %zu: %.0f pairs, not %llu", i, about, (unsigned long long)pairs);
        key_counts_deinit(&counts);
        free(key);
    }
}

static void heavy_keys_are_found_with_their_exact_number(void **state)
{
    static const struct draw draws[] = {{100, 17, 1000}, {1000000, 17, 700000}, {1000000, 16, 700000}, {50, 50, 1}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(draws); i++) {
        const struct draw *d = &draws[i];
        uint64_t *key = malloc(d->n * sizeof *key);
        struct key_counts counts = {0};
        size_t n;
        S_draw(key, d->n, d->heavy, d->values);
        key_counts_init(&counts, key, d->n);
        struct counted_key *heavy = key_counts_heavy(&counts, 16, &n);
        assert_int_equal(n, d->heavy > 16);
        for (size_t k = 0; k < n; k++) {
            assert_true(heavy[k].key == hash_u64(UINT64_MAX));
            assert_int_equal(heavy[k].n, d->heavy);
        }
        free(heavy);
        key_counts_deinit(&counts);
        free(key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_keys_are_counted_exactly),
        cmocka_unit_test(many_keys_are_counted_within_one_in_a_hundred),
        cmocka_unit_test(heavy_keys_are_found_with_their_exact_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

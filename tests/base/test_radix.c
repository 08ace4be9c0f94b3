#include "base/radix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"

static void entries_are_sorted_by_key_and_equal_keys_keep_their_order(void **state)
{
    (void)state;
    static const unsigned key_bits[] = {1, 4, 8, 16, 33, 64};
    static const size_t sizes[] = {0, 1, 2, 3, 100, 5000};
    uint64_t seed = 11;
    for (size_t b = 0; b < COUNT_OF(key_bits); b++)
        for (size_t s = 0; s < COUNT_OF(sizes); s++) {
            size_t n = sizes[s];
            struct key_row *entry = calloc(n + 1, sizeof *entry), *scratch = calloc(n + 1, sizeof *scratch);
            uint64_t sum = 0, *key = calloc(n + 1, sizeof *key), *spare = calloc(n + 1, sizeof *spare);
            assert_true(entry && scratch && key && spare);
            for (size_t i = 0; i < n; i++) {
                entry[i] = (struct key_row){random_next(&seed) >> (64 - key_bits[b]), (uint32_t)i};
                key[i] = entry[i].key;
                sum += hash_u64(entry[i].key);
            }
            radix_sort(entry, scratch, n);
            radix_sort_u64(key, spare, n);
            for (size_t i = 0; i < n; i++) {
                assert_true(key[i] == entry[i].key);
                sum -= hash_u64(entry[i].key);
                if (i && (entry[i - 1].key > entry[i].key ||
                          (entry[i - 1].key == entry[i].key && entry[i - 1].row >= entry[i].row)))
                    fail_msg("%u bits, %zu entries: %zu is out of order", key_bits[b], n, i);
            }
            assert_true(sum == 0);
            free(entry);
            free(scratch);
            free(key);
            free(spare);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_sorted_by_key_and_equal_keys_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

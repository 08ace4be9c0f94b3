#include "record/dict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"

static struct str S_value(char text[32], uint32_t i)
{
    return (struct str){text, (size_t)snprintf(text, 32, "value %u", i)};
}

static void values_are_numbered_in_order_of_first_appearance(void **state)
{
    (void)state;
    struct dict d = {0};
    char text[32];
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < 5000; i++) {
            bool fresh;
            struct str value = S_value(text, i);
            dict_prefetch(&d, hash_str(value));
            assert_int_equal(i % 2 ? dict_add(&d, value, &fresh) : dict_add_hashed(&d, value, hash_str(value), &fresh),
                             i + 1);
            assert_int_equal(fresh, round == 0);
        }
    assert_int_equal(d.n, 5000);
    for (uint32_t i = 0; i < 6000; i++) {
        struct str value = S_value(text, i);
        assert_int_equal(dict_find(&d, value), i < 5000 ? i + 1 : 0);
        if (i < 5000)
            assert_true(str_eq(dict_get(&d, i + 1), value));
    }
    dict_deinit(&d);
    dict_deinit(&d);
    dict_deinit(NULL);
}

static void zero_and_numbers_not_given_are_no_value(void **state)
{
    (void)state;
    struct dict d = {0};
    assert_int_equal(dict_find(&d, STR("a")), 0);
    assert_null(dict_get(&d, 0).ptr);
    assert_int_equal(dict_add(&d, STR("a"), NULL), 1);
    assert_null(dict_get(&d, 0).ptr);
    assert_null(dict_get(&d, 2).ptr);
    assert_int_equal(dict_add(&d, STR(""), NULL), 2);
    assert_int_equal(dict_add(&d, STR("a\0b"), NULL), 3);
    assert_int_equal(dict_find(&d, STR("a\0c")), 0);
    dict_deinit(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_numbered_in_order_of_first_appearance),
        cmocka_unit_test(zero_and_numbers_not_given_are_no_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

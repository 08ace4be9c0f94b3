#include "base/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"

static void what_was_added_is_found_and_nothing_else(void **state)
{
    (void)state;
    struct map m = {0};
    char key[32];
    assert_null(map_find(&m, STR("key 1")));
    for (uint32_t i = 0; i < 5000; i++) {
        int len = snprintf(key, sizeof key, "key %u", i);
        assert_true(map_add(&m, (struct str){key, (size_t)len}, i));
    }
    assert_int_equal(m.n, 5000);
    for (uint32_t i = 0; i < 6000; i++) {
        int len = snprintf(key, sizeof key, "key %u", i);
        uint32_t *value = map_find(&m, (struct str){key, (size_t)len});
        assert_int_equal(value != NULL, i < 5000);
        assert_true(!value || *value == i);
    }
    map_deinit(&m);
    map_deinit(&m);
    map_deinit(NULL);
}

static void a_key_that_is_there_keeps_its_value(void **state)
{
    (void)state;
    struct map m = {0};
    assert_true(map_add(&m, STR(""), 1));
    assert_false(map_add(&m, STR(""), 2));
    assert_int_equal(*map_find(&m, STR("")), 1);
    assert_true(map_add(&m, STR("a\0b"), 3));
    assert_null(map_find(&m, STR("a")));
    *map_find(&m, STR("")) = 9;
    assert_int_equal(*map_find(&m, STR("")), 9);
    map_deinit(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added_is_found_and_nothing_else),
        cmocka_unit_test(a_key_that_is_there_keeps_its_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

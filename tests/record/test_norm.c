#include "record/norm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"

static struct norm S_random_norm(uint64_t *seed)
{
    static const char text[] = "abcdefghijklmnopqrstuvwxyz";
    struct norm n = {.flags = (uint32_t)random_below(seed, 16)};
    for (int f = 0; f < NORM_FORMS; f++)
        if (random_below(seed, 2))
            n.form[f] = (struct str){text, random_below(seed, sizeof text)};
    return n;
}

static void a_packed_value_comes_back_and_no_cut_of_it_does(void **state)
{
    (void)state;
    uint64_t seed = 4;
    for (int i = 0; i < 2000; i++) {
        struct buf b = {0};
        struct norm n = S_random_norm(&seed), back;
        norm_pack(&n, &b);
        assert_true(norm_unpack(buf_view(&b), &back));
        assert_int_equal(back.flags, n.flags);
        for (int f = 0; f < NORM_FORMS; f++)
            assert_true(str_eq(back.form[f], n.form[f]));
        for (size_t cut = 0; cut < b.len; cut++)
            assert_false(norm_unpack((struct str){b.ptr, cut}, &back));
        buf_byte(&b, 'x');
        assert_false(norm_unpack(buf_view(&b), &back));
        buf_deinit(&b);
    }
}

static void equal_values_pack_to_equal_bytes(void **state)
{
    (void)state;
    struct buf a = {0}, b = {0};
    struct norm n = {.form = {STR("anna")}}, m = {.form = {STR("anna"), {"x", 0}, {0}, {"", 0}}};
    norm_pack(&n, &a);
    norm_pack(&m, &b);
    assert_true(str_eq(buf_view(&a), buf_view(&b)));
    buf_deinit(&a);
    buf_deinit(&b);
}

static void damaged_bytes_are_refused_or_stay_within_their_bounds(void **state)
{
    (void)state;
    uint64_t seed = 6;
    for (int i = 0; i < 20000; i++) {
        struct buf b = {0};
        struct norm n = S_random_norm(&seed), back;
        norm_pack(&n, &b);
        b.ptr[random_below(&seed, b.len)] = (char)random_below(&seed, 256);
        if (norm_unpack(buf_view(&b), &back))
            for (int f = 0; f < NORM_FORMS; f++)
                assert_true(!back.form[f].len ||
                            (back.form[f].ptr >= b.ptr && back.form[f].ptr + back.form[f].len <= b.ptr + b.len));
        buf_deinit(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packed_value_comes_back_and_no_cut_of_it_does),
        cmocka_unit_test(equal_values_pack_to_equal_bytes),
        cmocka_unit_test(damaged_bytes_are_refused_or_stay_within_their_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void text_grows_byte_by_byte_and_by_the_piece(void **state)
{
    (void)state;
    struct buf b = {0};
    for (int i = 0; i < 1000; i++) {
        buf_byte(&b, 'a');
        buf_str(&b, STR("bc"));
        buf_add(&b, NULL, 0);
        buf_printf(&b, "%d", i % 10);
    }
    assert_int_equal(b.len, 4000);
    for (int i = 0; i < 1000; i++) {
        assert_memory_equal(b.ptr + 4 * i, "abc", 3);
        assert_int_equal(b.ptr[4 * i + 3], '0' + i % 10);
    }
    assert_int_equal(strlen(buf_cstr(&b)), 4000);
    buf_clear(&b);
    assert_int_equal(buf_view(&b).len, 0);
    assert_string_equal(buf_cstr(&b), "");
    buf_deinit(&b);
    buf_deinit(&b);
    buf_deinit(NULL);
}

static void numbers_come_back_from_their_varints(void **state)
{
    (void)state;
    for (unsigned shift = 0; shift < 64; shift++)
        for (int off = -1; off <= 1; off++) {
            struct buf b = {0};
            uint64_t value = (1ULL << shift) + (uint64_t)(int64_t)off, back;
            buf_varint(&b, value);
            struct str rest = buf_view(&b);
            assert_true(varint_take(&rest, &back) && back == value && rest.len == 0);
            for (size_t cut = 0; cut < b.len; cut++) {
                rest = (struct str){b.ptr, cut};
                assert_false(varint_take(&rest, &back));
            }
            buf_deinit(&b);
        }
}

static void a_varint_of_more_than_64_bits_is_refused(void **state)
{
    (void)state;
    static const struct {
        struct str bytes;
        bool ok;
    } cases[] = {
        {{"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 10}, true},
        {{"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 11}, false},
        {{"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02", 10}, false},
        {{"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7F", 10}, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str rest = cases[i].bytes;
        uint64_t value;
        if (varint_take(&rest, &value) != cases[i].ok)
            fail_msg("case %zu", i);
    }
}

static void code_points_become_utf8(void **state)
{
    (void)state;
    static const struct {
        uint32_t point;
        const char *utf8;
    } cases[] = {{0x41, "A"},
                 {0x7F, "\x7F"},
                 {0x80, "\xC2\x80"},
                 {0x7FF, "\xDF\xBF"},
                 {0x800, "\xE0\xA0\x80"},
                 {0xFFFF, "\xEF\xBF\xBF"},
                 {0x10000, "\xF0\x90\x80\x80"},
                 {0x10FFFF, "\xF4\x8F\xBF\xBF"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf b = {0};
        buf_utf8(&b, cases[i].point);
        assert_string_equal(buf_cstr(&b), cases[i].utf8);
        buf_deinit(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_grows_byte_by_byte_and_by_the_piece),
        cmocka_unit_test(numbers_come_back_from_their_varints),
        cmocka_unit_test(a_varint_of_more_than_64_bits_is_refused),
        cmocka_unit_test(code_points_become_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

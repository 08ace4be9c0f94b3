/* Numbers as pages write them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/page.h"

#define THIN "\xE2\x80\xAF"
#define MINUS "\xE2\x88\x92"

static void numbers_of_any_size_are_written(void **state)
{
    static const struct {
        double value;
        const char *text;
    } CASES[] = {
        {0, "0"},
        {7, "7"},
        {999, "999"},
        {1000, "1" THIN "000"},
        {1234.4, "1" THIN "234"},
        {1234567, "1" THIN "234" THIN "567"},
        {-1234, MINUS "1" THIN "234"},
        {12.345, "12.35"},
        {0.001, "0.001"},
        {0.00012, "1.2e-04"},
        {999999999999999, "999" THIN "999" THIN "999" THIN "999" THIN "999"},
        {1e15, "1e+15"},
        {-2.5e40, "-2.5e+40"},
        {1e308, "1e+308"},
        {(double)INFINITY, "inf"},
    };
    struct buf out = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        buf_clear(&out);
        page_number(&out, CASES[i].value);
        buf_byte(&out, 0);
        assert_string_equal(out.ptr, CASES[i].text);
    }
    buf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_of_any_size_are_written)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

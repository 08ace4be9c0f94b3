#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void days_and_dates_are_inverse_over_the_gregorian_calendar(void **state)
{
    (void)state;
    int y = 1600, m = 1, d = 1;
    static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int64_t days = clock_days(1600, 1, 1); y < 2401; days++) {
        int year, month, day;
        clock_civil(days, &year, &month, &day);
        if (year != y || month != m || day != d || clock_days(y, m, d) != days)
            fail_msg("day %lld is %04d-%02d-%02d, not %04d-%02d-%02d", (long long)days, year, month, day, y, m, d);
        bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
        if (++d > month_days[m - 1] + (m == 2 && leap)) {
            d = 1;
            if (++m > 12) {
                m = 1;
                y++;
            }
        }
    }
    assert_int_equal(clock_days(1970, 1, 1), 0);
}

static void times_are_written_as_iso_8601(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{0, "1970-01-01T00:00:00.000Z"},
                 {1763715480123, "2025-11-21T08:58:00.123Z"},
                 {-1, "1969-12-31T23:59:59.999Z"},
                 {951782400000, "2000-02-29T00:00:00.000Z"},
                 {-62135596800000, "0001-01-01T00:00:00.000Z"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[25];
        int64_t back;
        clock_format(cases[i].ms, text);
        assert_string_equal(text, cases[i].text);
        assert_true(clock_parse(str_from(text), &back));
        assert_true(back == cases[i].ms);
    }
}

static void times_are_read_with_offset_or_without(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int64_t ms;
    } cases[] = {
        {"2025-11-21", true, 1763683200000},
        {" 2025-11-21 ", true, 1763683200000},
        {"20251121", true, 1763683200000},
        {"2025-11-21T08:58", true, 1763715480000},
        {"2025-11-21 08:58:00", true, 1763715480000},
        {"2025-11-21T08:58:00.1239Z", true, 1763715480123},
        {"2025-11-21T08:58:00,5Z", true, 1763715480500},
        {"2025-11-21T08:58:00+01:00", true, 1763711880000},
        {"2025-11-21T08:58:00-0130", true, 1763720880000},
        {"2025-11-21T08:58:00+01", true, 1763711880000},
        {"1763715480123", true, 1763715480123},
        {"", false, 0},
        {"2025", false, 0},
        {"2025-13-01", false, 0},
        {"2025-11-32", false, 0},
        {"2025-11-21T25:00", false, 0},
        {"2025-11-21T08:61", false, 0},
        {"2025-11-21Tx", false, 0},
        {"2025-11-21T08:58:00+99:00", false, 0},
        {"21.11.2025", false, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t ms = 0;
        bool ok = clock_parse(str_from(cases[i].text), &ms);
        if (ok != cases[i].ok || (ok && ms != cases[i].ms))
            fail_msg("\"%s\": %d, %lld", cases[i].text, ok, (long long)ms);
    }
}

static void the_clocks_go_forward(void **state)
{
    (void)state;
    double start = clock_seconds();
    assert_true(clock_now_ms() > 1700000000000);
    assert_true(clock_seconds() >= start);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_and_dates_are_inverse_over_the_gregorian_calendar),
        cmocka_unit_test(times_are_written_as_iso_8601),
        cmocka_unit_test(times_are_read_with_offset_or_without),
        cmocka_unit_test(the_clocks_go_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

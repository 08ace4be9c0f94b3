#include "base/clock.h"

#include <stdio.h>
#include <time.h>

int64_t clock_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

double clock_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Howard Hinnant's days_from_civil and civil_from_days. */
int64_t clock_days(int year, int month, int day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

void clock_civil(int64_t days, int *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = (int)(yoe + era * 400 + (*month <= 2));
}

void clock_format(int64_t ms, char text[25])
{
    int64_t days = (ms >= 0 ? ms : ms - 86399999) / 86400000;
    int64_t rest = ms - days * 86400000;
    int year, month, day;
    clock_civil(days, &year, &month, &day);
    unsigned y = year < 0 ? 0U : (unsigned)year % 10000U, s = (unsigned)(rest / 1000), milli = (unsigned)(rest % 1000);
    snprintf(text, 25, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", y, (unsigned)month % 100U, (unsigned)day % 100U,
             s / 3600 % 24U, s / 60 % 60, s % 60, milli % 1000U);
}

static bool S_number(struct str *s, size_t digits, int *value)
{
    uint64_t v;
    if (s->len < digits || !str_to_u64(str_sub(*s, 0, digits), &v))
        return false;
    *s = str_sub(*s, digits, s->len);
    *value = (int)v;
    return true;
}

static bool S_byte(struct str *s, char byte)
{
    if (!s->len || s->ptr[0] != byte)
        return false;
    *s = str_sub(*s, 1, s->len);
    return true;
}

static bool S_offset(struct str *s, int64_t *ms)
{
    int hour, minute = 0;
    if (S_byte(s, 'Z') || s->len == 0)
        return s->len == 0;
    bool minus = s->ptr[0] == '-';
    if (!S_byte(s, '-') && !S_byte(s, '+'))
        return false;
    if (!S_number(s, 2, &hour))
        return false;
    S_byte(s, ':');
    if (s->len && !S_number(s, 2, &minute))
        return false;
    int64_t offset = ((int64_t)hour * 60 + minute) * 60000;
    *ms += minus ? offset : -offset;
    return s->len == 0 && hour < 24 && minute < 60;
}

bool clock_parse(struct str text, int64_t *ms)
{
    struct str s = str_trim(text);
    int year, month = 1, day = 1, hour = 0, minute = 0, second = 0;
    uint64_t number;
    if (s.len > 8 && str_to_u64(s, &number)) {
        *ms = (int64_t)number;
        return true;
    }
    if (!S_number(&s, 4, &year))
        return false;
    bool dashed = S_byte(&s, '-');
    if (!S_number(&s, 2, &month) || (dashed && !S_byte(&s, '-')) || !S_number(&s, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    *ms = clock_days(year, month, day) * 86400000;
    if (!s.len)
        return true;
    if (!S_byte(&s, 'T') && !S_byte(&s, 't') && !S_byte(&s, ' '))
        return false;
    if (!S_number(&s, 2, &hour) || !S_byte(&s, ':') || !S_number(&s, 2, &minute))
        return false;
    if (S_byte(&s, ':') && !S_number(&s, 2, &second))
        return false;
    if (hour > 24 || minute > 59 || second > 60)
        return false;
    *ms += ((int64_t)hour * 3600 + (int64_t)minute * 60 + second) * 1000;
    if (S_byte(&s, '.') || S_byte(&s, ',')) {
        int64_t unit = 100;
        for (; s.len && s.ptr[0] >= '0' && s.ptr[0] <= '9'; unit /= 10, s = str_sub(s, 1, s.len))
            *ms += (s.ptr[0] - '0') * unit;
    }
    s = str_trim(s);
    return S_offset(&s, ms);
}

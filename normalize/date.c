#include "normalize/date.h"

#include "base/clock.h"
#include "normalize/generic.h"
#include "normalize/plain.h"

enum { BIRTH_PIVOT = 2025, DATE_PIVOT = 2049 };

/* Days that systems write where they have none; day 0: the whole year. */
static const struct {
    int year, month, day;
} generic_days[] = {{1, 1, 1},      {1753, 1, 1},   {1800, 1, 1},   {1899, 12, 30}, {1899, 12, 31},
                    {1900, 1, 0},   {1900, 1, 1},   {1901, 1, 1},   {1904, 1, 1},   {1970, 1, 1},
                    {1111, 11, 11}, {2099, 12, 31}, {2999, 12, 31}, {2222, 2, 2}};

static int S_days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year == DATE_UNKNOWN || (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
    return days[month - 1] + (month == 2 && leap);
}

bool date_exists(const struct date *d)
{
    if (d->year != DATE_UNKNOWN && (d->year < 1 || d->year > 9999))
        return false;
    if (d->month == DATE_UNKNOWN)
        return d->day == DATE_UNKNOWN && d->year != DATE_UNKNOWN;
    if (d->month < 1 || d->month > 12)
        return false;
    return d->day == DATE_UNKNOWN ? d->year != DATE_UNKNOWN
                                  : d->day >= 1 && d->day <= S_days_in_month(d->year, d->month);
}

static bool S_is_generic(const struct date *d)
{
    if (d->year == 9999 || (d->year == 0 && d->month == 0 && d->day == 0))
        return true;
    for (size_t i = 0; i < COUNT_OF(generic_days); i++)
        if (generic_days[i].year == d->year && (generic_days[i].month == d->month || d->month == DATE_UNKNOWN) &&
            (generic_days[i].day == d->day || (generic_days[i].day == 0 && d->day == DATE_UNKNOWN)))
            return true;
    return false;
}

/* ------------------------------------------------------------------ writing */

/* A number of two or four digits; of more, if it has them. */
static char *S_put(char *to, int value, unsigned digits)
{
    char text[12];
    unsigned n = 0;
    for (unsigned v = value < 0 ? 0u - (unsigned)value : (unsigned)value; v || !n; v /= 10)
        text[n++] = (char)('0' + v % 10);
    if (value < 0)
        *to++ = '-';
    for (unsigned i = n + (value < 0); i < digits; i++)
        *to++ = '0';
    while (n)
        *to++ = text[--n];
    return to;
}

static struct str S_write(const struct date *d, struct arena *out)
{
    enum { MOST = 40 };
    char *text = arena_alloc(out, MOST, 1), *to = text;
    if (d->year != DATE_UNKNOWN)
        to = S_put(to, d->year, 4);
    else
        *to++ = '-';
    if (d->month != DATE_UNKNOWN || d->year == DATE_UNKNOWN) {
        *to++ = '-';
        to = S_put(to, d->month, 2);
        if (d->day != DATE_UNKNOWN || d->year == DATE_UNKNOWN) {
            *to++ = '-';
            to = S_put(to, d->day, 2);
        }
    }
    return (struct str){text, (size_t)(to - text)};
}

static bool S_is_whole(const struct date *d)
{
    return d->year != DATE_UNKNOWN && d->month != DATE_UNKNOWN && d->day != DATE_UNKNOWN;
}

static void S_finish(const struct date *d, struct arena *out, struct norm *value)
{
    value->form[NORM_CANON] = S_write(d, out);
    value->flags |= d->unsure ? NORM_UNSURE : 0;
    value->flags |= date_exists(d) ? (S_is_whole(d) ? 0 : NORM_PARTIAL) : NORM_INVALID;
    value->flags |= S_is_generic(d) ? NORM_GENERIC : 0;
}

/* ------------------------------------------------------------------ reading */

/* Where the pattern has month and day tells the order of values that do not keep to it. */
static int S_order_of_format(struct str format)
{
    size_t year = str_find_byte(format, 'y'), month = str_find_byte(format, 'M'), day = str_find_byte(format, 'd');
    if (month == SIZE_MAX || day == SIZE_MAX)
        return DATE_ORDER_UNKNOWN;
    if (year != SIZE_MAX && year < month && month < day)
        return DATE_ORDER_YMD;
    return month < day ? DATE_ORDER_MDY : DATE_ORDER_DMY;
}

static struct date_hints S_hints(const struct norm_context *c, int pivot_year)
{
    struct date_hints h = {(int)c->date_order, c->pivot_year ? c->pivot_year : pivot_year, {0}};
    memcpy(h.country, c->country, sizeof h.country);
    if (h.order == DATE_ORDER_UNKNOWN && c->date_format.len)
        h.order = S_order_of_format(c->date_format);
    return h;
}

static int S_two_digits(const char *at)
{
    return (at[0] - '0') * 10 + at[1] - '0';
}

/* "1984-03-02", perhaps with more behind it: the form that needs no looking around. */
static bool S_read_iso(struct str raw, struct date *d)
{
    if (raw.len < 10 || raw.ptr[4] != '-' || raw.ptr[7] != '-')
        return false;
    for (size_t i = 0; i < 10; i++)
        if (i != 4 && i != 7 && !plain_is_digit(raw.ptr[i]))
            return false;
    *d = date_nothing();
    d->year = S_two_digits(raw.ptr) * 100 + S_two_digits(raw.ptr + 2);
    d->month = S_two_digits(raw.ptr + 5);
    d->day = S_two_digits(raw.ptr + 8);
    return d->year >= 100 && date_exists(d);
}

static bool S_read(struct normalizer *n, const struct norm_context *c, int pivot_year, struct str raw, struct date *d)
{
    struct date_hints hints = S_hints(c, pivot_year);
    struct str text = plain_text(n, raw);
    if (c->date_format.len && date_match_format(text, c->date_format, &hints, d))
        return true;
    return date_read_text(text, &hints, d);
}

static void S_unread(struct normalizer *n, struct str raw, struct arena *out, struct norm *value)
{
    normalizer_invalid(n, raw, out, value);
    struct str digits = plain_digits(value->form[NORM_CANON], &n->scratch);
    bool zeros = digits.len && plain_strip_zeros(digits).ptr[0] == '0';
    value->flags |= generic_text(value->form[NORM_CANON]) || zeros ? NORM_GENERIC : 0;
}

static void S_normalize_day(struct normalizer *n, const struct norm_context *c, int pivot_year, struct str raw,
                            struct arena *out, struct norm *value)
{
    struct date d;
    if (!c->date_format.len && S_read_iso(raw, &d) && (raw.len == 10 || raw.ptr[10] == ' ' || raw.ptr[10] == 'T')) {
        value->form[NORM_CANON] = str_copy(out, str_sub(raw, 0, 10));
        value->flags |= S_is_generic(&d) ? NORM_GENERIC : 0;
        return;
    }
    if (S_read(n, c, pivot_year, raw, &d))
        S_finish(&d, out, value);
    else
        S_unread(n, raw, out, value);
}

void normalize_birth_date(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                          struct norm *value)
{
    S_normalize_day(n, context, BIRTH_PIVOT, raw, out, value);
}

void normalize_date(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                    struct norm *value)
{
    S_normalize_day(n, context, DATE_PIVOT, raw, out, value);
}

/* ------------------------------------------------------------------ timestamps */

/* Seconds since 1970 of a whole date with a time; a time without zone is UTC. */
static int64_t S_seconds(const struct date *d)
{
    int second = d->second > 59 ? 59 : d->second;
    return clock_days(d->year, d->month, d->day) * 86400 + (d->hour * 60 + d->minute - d->zone) * 60 + second;
}

static void S_write_instant(int64_t seconds, struct arena *out, struct norm *value)
{
    int64_t days = seconds / 86400 - (seconds % 86400 < 0), rest = seconds - days * 86400;
    struct date d = date_nothing();
    clock_civil(days, &d.year, &d.month, &d.day);
    struct str day = S_write(&d, out);
    char *text = arena_alloc(out, day.len + sizeof "T00:00:00Z", 1), *to = text + day.len;
    memcpy(text, day.ptr, day.len);
    *to++ = 'T';
    to = S_put(to, (int)(rest / 3600), 2);
    *to++ = ':';
    to = S_put(to, (int)(rest / 60 % 60), 2);
    *to++ = ':';
    to = S_put(to, (int)(rest % 60), 2);
    *to++ = 'Z';
    value->form[NORM_CANON] = (struct str){text, (size_t)(to - text)};
    value->flags |= rest == 0 && S_is_generic(&d) ? NORM_GENERIC : 0;
}

/* Seconds, milliseconds, microseconds or nanoseconds since 1970: 9 to 11, 12 to 13, 15 to 16, 18 to 19 digits, unless
 * 14 or 12 of them are a compact date. A fraction is cut off. */
static bool S_read_unix(struct str text, int64_t *seconds)
{
    size_t point = str_find_byte(text, '.');
    struct str digits = point == SIZE_MAX ? text : str_sub(text, 0, point);
    uint64_t value;
    if (point != SIZE_MAX && plain_count_digits(str_sub(text, point, text.len)) != text.len - point - 1)
        return false;
    if (!str_to_u64(digits, &value) || digits.len < 9 || digits.len == 14 || digits.len == 17)
        return false;
    static const uint64_t unit[] = {1, 1000, 1000000, 1000000000};
    *seconds = (int64_t)(value / unit[digits.len <= 11 ? 0 : digits.len <= 13 ? 1 : digits.len <= 16 ? 2 : 3]);
    return true;
}

static bool S_is_compact(struct norm_context const *c, struct normalizer *n, struct str text, struct date *d)
{
    return text.len == 12 && S_read(n, c, DATE_PIVOT, text, d) && date_exists(d) && d->hour < 24 && d->minute < 60;
}

void normalize_timestamp(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                         struct norm *value)
{
    struct str text = str_trim(raw);
    struct date d;
    int64_t seconds;
    if (!S_is_compact(context, n, text, &d) && S_read_unix(text, &seconds)) {
        S_write_instant(seconds, out, value);
        return;
    }
    if (!S_read(n, context, DATE_PIVOT, raw, &d)) {
        S_unread(n, raw, out, value);
        return;
    }
    bool clock = d.hour != DATE_UNKNOWN && d.hour <= 24 && d.minute <= 59 && d.second <= 60;
    if (!clock || !S_is_whole(&d) || !date_exists(&d)) {
        S_finish(&d, out, value);
        return;
    }
    S_write_instant(S_seconds(&d), out, value);
    value->flags |= d.unsure ? NORM_UNSURE : 0;
}

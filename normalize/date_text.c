/*
 * Dates in free text. The time is taken out first; what is left is a row of numbers and words; the words give a month
 * or nothing; how many numbers remain, how long they are and what stands between them decides which is the year, the
 * month and the day. Where two readings remain, the context's order decides, then the country's, then the day comes
 * first.
 */
#include "normalize/date.h"

#include "base/clock.h"
#include "normalize/plain.h"
#include "normalize/words.h"
#include "words_date_filler.h"
#include "words_month.h"

enum { MOST_ITEMS = 8, EARLIEST_COMPACT = 1850, LATEST_COMPACT = 2100 };

struct item {
    struct str text;
    int value;  /* of a number */
    char after; /* byte that follows, 0 at the end */
    char before;
    bool is_number;
};

struct items {
    struct item item[MOST_ITEMS];
    unsigned n;
};

int date_month(struct str word)
{
    struct str canonical;
    if (!words_find(&words_month, word, &canonical) || plain_is_digit(word.ptr[0]))
        return 0;
    return (canonical.ptr[0] - '0') * 10 + canonical.ptr[1] - '0';
}

int date_expand_year(int two_digits, int pivot_year)
{
    int year = pivot_year - pivot_year % 100 + two_digits;
    return year > pivot_year ? year - 100 : year;
}

/* ------------------------------------------------------------------ items */

/* Value of the first nine digits. */
static int S_value(struct str digits)
{
    int value = 0;
    for (size_t i = 0; i < digits.len && i < 9; i++)
        value = value * 10 + (digits.ptr[i] - '0');
    return value;
}

static struct item S_item(struct str text, size_t from, size_t to)
{
    struct item item = {.text = str_sub(text, from, to), .is_number = plain_is_digit(text.ptr[from])};
    item.value = item.is_number ? S_value(item.text) : 0;
    item.before = from ? text.ptr[from - 1] : 0;
    item.after = to < text.len ? text.ptr[to] : 0;
    return item;
}

static bool S_is_letter_byte(char c)
{
    return plain_is_word(c) && !plain_is_digit(c);
}

/* Appends the numbers and words of a text; false when there are too many. */
static bool S_add_items(struct str text, struct items *items)
{
    for (size_t i = 0; i < text.len;) {
        size_t from = i;
        if (plain_is_digit(text.ptr[i]))
            while (i < text.len && plain_is_digit(text.ptr[i]))
                i++;
        else if (S_is_letter_byte(text.ptr[i]))
            while (i < text.len && S_is_letter_byte(text.ptr[i]))
                i++;
        else {
            i++;
            continue;
        }
        if (items->n == MOST_ITEMS)
            return false;
        items->item[items->n++] = S_item(text, from, i);
    }
    return true;
}

/* Finds "8:58" and takes the time around it out, leaving what stood before and after as two texts. */
static bool S_cut_time(struct str text, struct date *d, struct str *before, struct str *after)
{
    for (size_t i = 1; i + 1 < text.len; i++) {
        if (text.ptr[i] != ':' || !plain_is_digit(text.ptr[i - 1]) || !plain_is_digit(text.ptr[i + 1]))
            continue;
        size_t from = i - 1;
        if (from && plain_is_digit(text.ptr[from - 1]))
            from--;
        struct str rest = str_sub(text, from, text.len);
        if ((from && plain_is_digit(text.ptr[from - 1])) || !date_take_time(&rest, d))
            return false;
        *before = str_sub(text, 0, from);
        *after = rest;
        return true;
    }
    return false;
}

/* ------------------------------------------------------------------ which part is which */

static bool S_fits(int day, int month)
{
    return day <= 31 && month <= 12;
}

/* 1 month first, 0 day first, -1 not known: by the context, then by the country. */
static int S_month_first(const struct date_hints *h)
{
    static const char *const month_first[] = {"US", "PH", "FM", "GU", "MH", "MP", "PR", "PW", "VI", "AS"};
    static const char *const mixed[] = {"CA", "CN", "JP", "KR", "TW", "HK", "SG", "MY", "ZA", "KE"};
    if (h->order == DATE_ORDER_MDY || h->order == DATE_ORDER_DMY)
        return h->order == DATE_ORDER_MDY;
    for (size_t i = 0; i < COUNT_OF(month_first); i++)
        if (memcmp(h->country, month_first[i], 2) == 0)
            return 1;
    for (size_t i = 0; i < COUNT_OF(mixed); i++)
        if (memcmp(h->country, mixed[i], 2) == 0)
            return -1;
    return h->country[0] ? 0 : -1;
}

/* Day and month of a date whose year stands elsewhere, in the order of the text. */
static void S_day_and_month(const struct item *a, const struct item *b, const struct date_hints *h, struct date *d)
{
    int first = S_month_first(h);
    if (first < 0 && a->after == '.')
        first = 0;
    bool swap = first == 1, plain = S_fits(a->value, b->value), swapped = S_fits(b->value, a->value);
    if (swap ? !swapped && plain : !plain && swapped) {
        swap = !swap;
        d->unsure = first >= 0;
    } else if (first < 0 && plain && swapped && a->value != b->value) {
        d->unsure = true;
    }
    d->day = swap ? b->value : a->value;
    d->month = swap ? a->value : b->value;
}

static int S_year(const struct item *i, const struct date_hints *h)
{
    return i->text.len <= 2 ? date_expand_year(i->value, h->pivot_year) : i->value;
}

/* Year, month, day; or year, day, month where only that fits. */
static void S_year_first(const struct item *i, const struct date_hints *h, struct date *d)
{
    bool swap = i[1].value > 12 && S_fits(i[1].value, i[2].value);
    d->year = S_year(&i[0], h);
    d->month = i[swap ? 2 : 1].value;
    d->day = i[swap ? 1 : 2].value;
    d->unsure |= swap;
}

static bool S_three(const struct item *i, const struct date_hints *h, struct date *d)
{
    if (i[0].text.len > 4 || i[1].text.len > 4 || i[2].text.len > 4)
        return false;
    bool year_first = i[0].text.len >= 3 || (i[2].text.len <= 2 && i[0].value > 31 && i[2].value <= 31) ||
                      (i[2].text.len <= 2 && h->order == DATE_ORDER_YMD);
    if (year_first) {
        S_year_first(i, h, d);
        return true;
    }
    bool middle = i[1].text.len == 4 && i[2].text.len <= 2;
    d->year = S_year(&i[middle ? 1 : 2], h);
    S_day_and_month(&i[0], &i[middle ? 2 : 1], h, d);
    bool no_century = i[2].text.len <= 2 && i[2].value <= 31 && i[0].after != '.';
    d->unsure |= middle || (no_century && h->order == DATE_ORDER_UNKNOWN);
    return true;
}

/* The n-th day of a year. */
static void S_ordinal(int year, int n, struct date *d)
{
    clock_civil(clock_days(year, 1, 1) + n - 1, &d->year, &d->month, &d->day);
}

static bool S_two(const struct item *i, bool no_year, const struct date_hints *h, struct date *d)
{
    if (i[0].text.len > 4 || i[1].text.len > 4)
        return false;
    if (no_year) { /* --03-02 */
        d->month = i[0].value;
        d->day = i[1].value;
    } else if (i[0].text.len == 4 && i[1].text.len == 3 && i[1].value >= 1 && i[1].value <= 366) {
        S_ordinal(i[0].value, i[1].value, d);
    } else if (i[0].text.len == 4 || (i[0].value > 31 && i[1].value <= 12)) {
        d->year = S_year(&i[0], h);
        d->month = i[1].value <= 12 ? i[1].value : DATE_UNKNOWN;
        d->unsure |= i[1].value > 12;
    } else if (i[1].text.len == 4 || i[1].value > 31) {
        d->year = S_year(&i[1], h);
        d->month = i[0].value;
    } else {
        S_day_and_month(&i[0], &i[1], h, d);
    }
    return true;
}

/* ------------------------------------------------------------------ compact digits */

/* "YMD": four, two, two digits; 'y' is a year of two digits. */
static bool S_unpack(struct str digits, const char *shape, const struct date_hints *h, struct date *d)
{
    struct date got = date_nothing();
    size_t at = 0;
    for (; *shape; shape++) {
        size_t width = *shape == 'Y' ? 4 : *shape == '1' ? 1 : 2;
        if (at + width > digits.len)
            return false;
        int value = S_value(str_sub(digits, at, at + width));
        int *field = *shape == 'M' ? &got.month : *shape == 'D' || *shape == '1' ? &got.day : &got.year;
        *field = *shape == 'y' ? date_expand_year(value, h->pivot_year) : value;
        at += width;
    }
    bool whole = at == digits.len && date_exists(&got) && got.month != 0 && got.day != 0;
    if (!whole || got.year < EARLIEST_COMPACT || got.year > LATEST_COMPACT)
        return false;
    got.unsure = d->unsure;
    *d = got;
    return true;
}

/* Shapes of a compact date by its length; the context's order goes first. */
static const struct compact {
    size_t n_digits;
    int order;
    const char *shape;
} compacts[] = {{8, DATE_ORDER_YMD, "YMD"}, {8, DATE_ORDER_DMY, "DMY"}, {8, DATE_ORDER_MDY, "MDY"},
                {7, DATE_ORDER_DMY, "1MY"}, {6, DATE_ORDER_DMY, "DMy"}, {6, DATE_ORDER_YMD, "yMD"},
                {6, DATE_ORDER_MDY, "MDy"}, {6, DATE_ORDER_YMD, "YM"},  {4, DATE_ORDER_YMD, "Y"}};

static bool S_compact_as(struct str digits, const struct date_hints *h, bool only_hinted, struct date *d)
{
    for (size_t i = 0; i < COUNT_OF(compacts); i++) {
        if (compacts[i].n_digits != digits.len || (only_hinted && compacts[i].order != h->order))
            continue;
        if (S_unpack(digits, compacts[i].shape, h, d))
            return true;
    }
    return false;
}

/* Readings that exist in different shapes of the same width. */
static unsigned S_count_readings(struct str digits, const struct date_hints *h)
{
    unsigned n = 0;
    struct date first = date_nothing(), d = first;
    for (size_t i = 0; i < COUNT_OF(compacts); i++) {
        if (compacts[i].n_digits != digits.len || !S_unpack(digits, compacts[i].shape, h, &d))
            continue;
        n += n == 0 || d.year != first.year || d.month != first.month || d.day != first.day;
        first = n == 1 ? d : first;
    }
    return n;
}

static bool S_compact(struct str digits, const struct date_hints *h, struct date *d)
{
    struct date_hints hints = *h;
    if (digits.len == 14 || digits.len == 12) { /* a time follows */
        d->hour = S_value(str_sub(digits, 8, 10));
        d->minute = S_value(str_sub(digits, 10, 12));
        d->second = digits.len == 14 ? S_value(str_sub(digits, 12, 14)) : 0;
        struct date day = *d;
        if (!S_unpack(str_sub(digits, 0, 8), "YMD", h, &day))
            return false;
        d->year = day.year, d->month = day.month, d->day = day.day;
        return true;
    }
    if (hints.order == DATE_ORDER_UNKNOWN && S_month_first(h) == 1)
        hints.order = DATE_ORDER_MDY;
    bool hinted = hints.order != DATE_ORDER_UNKNOWN && S_compact_as(digits, &hints, true, d);
    if (hinted || S_compact_as(digits, &hints, false, d)) {
        bool iso = digits.len == 8 && S_value(str_sub(digits, 0, 4)) == d->year;
        d->unsure |= digits.len == 7 || (!hinted && !iso && S_count_readings(digits, h) > 1);
        return true;
    }
    return false;
}

/* Eight digits that are no date: kept in the order in which they would be read. */
static bool S_compact_impossible(struct str digits, const struct date_hints *h, struct date *d)
{
    if (digits.len != 8)
        return false;
    int head = S_value(str_sub(digits, 0, 4));
    bool year_first = h->order == DATE_ORDER_YMD || (head >= EARLIEST_COMPACT && head <= LATEST_COMPACT) || head == 0;
    size_t rest = year_first ? 4 : 0;
    bool month_first = year_first || S_month_first(h) == 1;
    d->year = year_first ? head : S_value(str_sub(digits, 4, 8));
    int a = S_value(str_sub(digits, rest, rest + 2));
    int b = S_value(str_sub(digits, rest + 2, rest + 4));
    d->month = month_first ? a : b;
    d->day = month_first ? b : a;
    return true;
}

/* ------------------------------------------------------------------ words */

/* "1984-W09-5": year, week and day of the week as ISO 8601 counts them. */
static bool S_week(const struct items *t, struct date *d)
{
    const struct item *i = t->item;
    if (t->n != 4 || i[0].text.len != 4 || !str_eq(i[1].text, STR("w")) || !i[2].is_number || !i[3].is_number)
        return false;
    if (i[2].value < 1 || i[2].value > 53 || i[3].value < 1 || i[3].value > 7)
        return false;
    int64_t fourth = clock_days(i[0].value, 1, 4); /* always in week 1 */
    int64_t monday = fourth - (fourth + 3) % 7;    /* day 0 was a Thursday */
    clock_civil(monday + (i[2].value - 1) * 7 + i[3].value - 1, &d->year, &d->month, &d->day);
    return true;
}

/* A roman numeral of one letter is a month between numbers only. */
static int S_month_at(const struct items *t, unsigned at)
{
    const struct item *i = &t->item[at];
    if (i->is_number ||
        (i->text.len == 1 && (at == 0 || at + 1 == t->n || !t->item[at - 1].is_number || !t->item[at + 1].is_number)))
        return 0;
    return date_month(i->text);
}

/* With a named month the other numbers are a day and a year. */
static bool S_named(const struct item *number, unsigned n, bool month_first, const struct date_hints *h, struct date *d)
{
    const struct item *year = NULL, *day = NULL;
    for (unsigned i = 0; i < n && i < 2; i++) {
        bool is_year = number[i].text.len >= 3 || number[i].value > 31 || number[i].before == '\'';
        if (!day && (!is_year || year))
            day = &number[i];
        else
            year = &number[i];
    }
    if (n >= 2 && h->order == DATE_ORDER_YMD && year == &number[1] && year->text.len <= 2 && year->value <= 31)
        day = &number[1], year = &number[0];
    if (n == 1 && day && month_first && day->text.len == 2 && day->before == '-')
        year = day, day = NULL, d->unsure = true; /* Mar-05 */
    d->year = year ? S_year(year, h) : DATE_UNKNOWN;
    d->day = day ? day->value : DATE_UNKNOWN;
    return n > 0;
}

/* Splits the items into numbers and at most one month. */
static bool S_read_items(const struct items *t, struct str text, const struct date_hints *h, struct date *d)
{
    struct item number[MOST_ITEMS];
    unsigned n = 0, at_month = 0;
    if (S_week(t, d))
        return true;
    for (unsigned i = 0; i < t->n; i++) {
        int month = d->month == DATE_UNKNOWN ? S_month_at(t, i) : 0;
        if (month) {
            d->month = month;
            at_month = n;
        } else if (t->item[i].is_number) {
            number[n++] = t->item[i];
        } else if (!words_find(&words_date_filler, t->item[i].text, NULL)) {
            d->unsure = true;
        }
    }
    if (d->month != DATE_UNKNOWN)
        return S_named(number, n, at_month == 0, h, d);
    if (n >= 3)
        return S_three(number, h, d);
    if (n == 2)
        return S_two(number, str_starts(text, STR("--")), h, d);
    return n == 1 && (S_compact(number[0].text, h, d) || S_compact_impossible(number[0].text, h, d));
}

/* Zeros stand for parts that are not known; a year of four digits below 100 lost its century. */
static void S_settle(const struct date_hints *h, struct date *d)
{
    if (d->year == 0 && d->month == 0 && d->day == 0)
        return;
    d->day = d->day == 0 ? DATE_UNKNOWN : d->day;
    if (d->month == 0)
        d->month = d->day = DATE_UNKNOWN;
    if (d->year == 0)
        d->year = DATE_UNKNOWN;
    if (d->year > 0 && d->year < 100) {
        d->year = date_expand_year(d->year, h->pivot_year);
        d->unsure = true;
    }
}

bool date_read_text(struct str text, const struct date_hints *hints, struct date *d)
{
    struct items items = {0};
    struct str before = text, after = {0};
    *d = date_nothing();
    S_cut_time(text, d, &before, &after);
    if (!S_add_items(before, &items) || !S_add_items(after, &items) || !S_read_items(&items, text, hints, d))
        return false;
    S_settle(hints, d);
    return d->year != DATE_UNKNOWN || d->month != DATE_UNKNOWN;
}

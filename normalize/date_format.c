/*
 * ICU date patterns, the part of them that data files use: y u M L d E a H h K k m s S z Z X x O V, quoted text. Fields
 * may be shorter than the pattern says (a day of one digit), and the end of the text may be missing: the date is then
 * partial.
 */
#include "normalize/date.h"

#include "normalize/plain.h"

struct matcher {
    struct str text, pattern; /* what is left */
    const struct date_hints *hints;
    struct date *d;
};

static unsigned S_digits(struct str s, unsigned most)
{
    unsigned n = 0;
    while (n < most && n < s.len && plain_is_digit(s.ptr[n]))
        n++;
    return n;
}

static int S_take(struct matcher *m, unsigned n)
{
    int value = 0;
    for (unsigned i = 0; i < n; i++)
        value = value * 10 + (m->text.ptr[i] - '0');
    m->text = str_sub(m->text, n, m->text.len);
    return value;
}

/* Does another field of digits follow directly, so that this one ends at its width? */
static bool S_is_packed(const struct matcher *m, size_t width)
{
    return m->pattern.len > width && strchr("yuMLdHhKkmsS", m->pattern.ptr[width]) != NULL;
}

static struct str S_take_word(struct matcher *m)
{
    size_t n = 0;
    while (n < m->text.len && plain_is_word(m->text.ptr[n]) && !plain_is_digit(m->text.ptr[n]))
        n++;
    struct str word = str_sub(m->text, 0, n);
    m->text = str_sub(m->text, n, m->text.len);
    if (m->text.len && m->text.ptr[0] == '.')
        m->text = str_sub(m->text, 1, m->text.len);
    return word;
}

static bool S_year(struct matcher *m, unsigned width)
{
    unsigned most = S_is_packed(m, width) ? (width == 2 ? 2 : 4) : 4;
    unsigned n = S_digits(m->text, most);
    if (n != 2 && n != 4)
        return false;
    m->d->year = S_take(m, n);
    if (n == 2)
        m->d->year = date_expand_year(m->d->year, m->hints->pivot_year);
    return true;
}

static bool S_month_name(struct matcher *m)
{
    int month = date_month(S_take_word(m));
    m->d->month = month;
    return month > 0;
}

/* A number of one or two digits; of exactly two when packed. */
static bool S_number(struct matcher *m, unsigned width, int *value)
{
    unsigned n = S_digits(m->text, 2);
    if (n == 0 || (S_is_packed(m, width) && n < width))
        return false;
    *value = S_take(m, n);
    return true;
}

static bool S_month(struct matcher *m, unsigned width)
{
    return width >= 3 ? S_month_name(m) : S_number(m, width, &m->d->month);
}

static bool S_day(struct matcher *m, unsigned width)
{
    return S_number(m, width, &m->d->day);
}

static bool S_hour(struct matcher *m, unsigned width)
{
    return S_number(m, width, &m->d->hour);
}

static bool S_minute(struct matcher *m, unsigned width)
{
    return S_number(m, width, &m->d->minute);
}

static bool S_second(struct matcher *m, unsigned width)
{
    return S_number(m, width, &m->d->second);
}

static bool S_fraction(struct matcher *m, unsigned width)
{
    (void)width;
    m->text = str_sub(m->text, S_digits(m->text, 9), m->text.len);
    return true;
}

static bool S_weekday(struct matcher *m, unsigned width)
{
    (void)width;
    return S_take_word(m).len > 0;
}

static bool S_half(struct matcher *m, unsigned width)
{
    (void)width;
    return date_take_half(&m->text, m->d);
}

static bool S_zone(struct matcher *m, unsigned width)
{
    (void)width;
    date_take_zone(&m->text, m->d);
    return true;
}

static const struct {
    const char *letters;
    bool (*take)(struct matcher *m, unsigned width);
} fields[] = {{"yu", S_year},  {"ML", S_month},   {"d", S_day},       {"HhKk", S_hour}, {"m", S_minute},
              {"s", S_second}, {"S", S_fraction}, {"Eec", S_weekday}, {"a", S_half},    {"zZXxOV", S_zone}};

static bool S_take_byte(struct matcher *m, char c)
{
    if (!m->text.len || m->text.ptr[0] != plain_lower(c))
        return false;
    m->text = str_sub(m->text, 1, m->text.len);
    return true;
}

static char S_next_of_pattern(struct matcher *m)
{
    char c = m->pattern.ptr[0];
    m->pattern = str_sub(m->pattern, 1, m->pattern.len);
    return c;
}

/* Text in single quotes; '' is a quote. */
static bool S_quoted(struct matcher *m)
{
    bool empty = true;
    S_next_of_pattern(m);
    while (m->pattern.len) {
        char c = S_next_of_pattern(m);
        if (c == '\'' && !empty)
            return true;
        if (!S_take_byte(m, c))
            return false;
        if (c == '\'')
            return true;
        empty = false;
    }
    return false;
}

static bool S_literal(struct matcher *m)
{
    char c = S_next_of_pattern(m);
    if (c != ' ')
        return S_take_byte(m, c);
    m->text = str_trim(m->text);
    return true;
}

static bool S_step(struct matcher *m)
{
    char c = m->pattern.ptr[0];
    unsigned width = 1;
    if (c == '\'')
        return S_quoted(m);
    if (!plain_is_lower(c) && !plain_is_upper(c))
        return S_literal(m);
    while (width < m->pattern.len && m->pattern.ptr[width] == c)
        width++;
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        if (!strchr(fields[i].letters, c))
            continue;
        bool ok = fields[i].take(m, width);
        m->pattern = str_sub(m->pattern, width, m->pattern.len);
        return ok;
    }
    return false;
}

bool date_match_format(struct str text, struct str pattern, const struct date_hints *hints, struct date *d)
{
    *d = date_nothing();
    struct matcher m = {str_trim(text), str_trim(pattern), hints, d};
    while (m.pattern.len) {
        if (!m.text.len && (d->year != DATE_UNKNOWN || d->month != DATE_UNKNOWN))
            break;
        if (!S_step(&m))
            return false;
    }
    m.text = str_trim(m.text);
    if (m.text.len && d->hour == DATE_UNKNOWN)
        date_take_time(&m.text, d);
    return str_trim(m.text).len == 0 && (d->year != DATE_UNKNOWN || d->month != DATE_UNKNOWN);
}

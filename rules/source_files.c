/* Which files a source has today. */
#include "base/file.h"
#include "rules/config.h"

static bool S_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* n digits at `at`, or -1. */
static int64_t S_digits(struct str s, size_t at, size_t n)
{
    int64_t value = 0;
    if (at + n > s.len)
        return -1;
    for (size_t i = at; i < at + n; i++) {
        if (!S_digit(s.ptr[i]))
            return -1;
        value = value * 10 + (s.ptr[i] - '0');
    }
    return value;
}

static bool S_is_day(int64_t year, int64_t month, int64_t day)
{
    return year >= 1900 && year < 2200 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* A date as yyyymmddhhmmss and where it ends; date < 0: none. */
struct found_date {
    int64_t date;
    size_t to;
};

/* The time of day behind a date: "T0830", "_08-30-15". */
static struct found_date S_with_time(struct str s, int64_t day, size_t at)
{
    struct found_date found = {day * 1000000, at};
    int64_t time = 0;
    for (unsigned part = 0; part < 3; part++) {
        size_t skip = at < s.len && s.ptr[at] && strchr("-_T.:", s.ptr[at]) ? 1 : 0;
        int64_t two = S_digits(s, at + skip, 2);
        if (two < 0 || two > (part ? 59 : 23))
            break;
        at += skip + 2;
        time = time * 100 + two;
        if (part > 0)
            found = (struct found_date){day * 1000000 + (part == 1 ? time * 100 : time), at};
    }
    return found;
}

static bool S_separator(struct str s, size_t at)
{
    return at < s.len && s.ptr[at] && strchr("-_.", s.ptr[at]);
}

/* 20260131, 2026-01-31, 2026-01, with - _ or . between the parts */
static struct found_date S_year_first(struct str s, size_t at, int64_t year)
{
    size_t step = S_digits(s, at, 8) >= 0 ? 0 : 1;
    if (step && !S_separator(s, at + 4))
        return (struct found_date){-1, 0};
    int64_t month = S_digits(s, at + 4 + step, 2);
    bool again = !step || (at + 7 < s.len && s.ptr[at + 7] == s.ptr[at + 4]);
    int64_t day = again ? S_digits(s, at + 6 + 2 * step, 2) : -1;
    if (S_is_day(year, month, day))
        return S_with_time(s, (year * 100 + month) * 100 + day, at + 8 + 2 * step);
    if (S_is_day(year, month, 1) && step && day < 0)
        return (struct found_date){(year * 100 + month) * 100 * 1000000, at + 7};
    return (struct found_date){-1, 0};
}

/* 31-01-2026 */
static struct found_date S_day_first(struct str s, size_t at)
{
    int64_t day = S_digits(s, at, 2), month = S_digits(s, at + 3, 2), year = S_digits(s, at + 6, 4);
    if (!S_separator(s, at + 2) || at + 5 >= s.len || s.ptr[at + 5] != s.ptr[at + 2] || !S_is_day(year, month, day))
        return (struct found_date){-1, 0};
    return S_with_time(s, (year * 100 + month) * 100 + day, at + 10);
}

/* The first date in a name. It does not begin inside a run of digits. */
static struct found_date S_find(struct str name, size_t *from)
{
    for (size_t at = 0; at < name.len; at++) {
        if (!S_digit(name.ptr[at]) || (at && S_digit(name.ptr[at - 1])))
            continue;
        int64_t year = S_digits(name, at, 4);
        struct found_date found = year >= 0 ? S_year_first(name, at, year) : S_day_first(name, at);
        *from = at;
        if (found.date >= 0)
            return found;
    }
    return (struct found_date){-1, 0};
}

static int64_t S_date_of(struct str path)
{
    size_t from;
    return S_find(file_base(path), &from).date;
}

bool config_dated_name(struct str name, size_t *from, size_t *to)
{
    struct found_date found = S_find(name, from);
    *to = found.to;
    return found.date >= 0;
}

/* Keeps the files of the newest date, or the last one by name when no name has a date. */
static void S_keep_latest(struct str *path, size_t *n)
{
    int64_t newest = -1;
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++)
        if (S_date_of(path[i]) > newest)
            newest = S_date_of(path[i]);
    if (newest < 0) {
        path[0] = path[*n - 1];
        *n = 1;
        return;
    }
    for (size_t i = 0; i < *n; i++)
        if (S_date_of(path[i]) == newest)
            path[kept++] = path[i];
    *n = kept;
}

static bool S_dated(const struct str *path, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (S_date_of(path[i]) >= 0)
            return true;
    return false;
}

enum idem_status config_source_files(const struct config *c, const struct source *s, struct arena *out,
                                     struct str **paths, size_t *n, struct idem_error *err)
{
    struct str pattern = file_join(out, c->folder, s->path);
    enum idem_status status = file_glob(pattern, out, paths, n, err);
    if (status != IDEM_NOT_FOUND)
        TRY(status);
    bool single = status == IDEM_OK && *n == 1 && str_eq((*paths)[0], pattern);
    if (status == IDEM_NOT_FOUND || (single && !str_eq(pattern, STR("-")) && !file_exists(str_cstr(out, pattern))))
        *n = 0;
    if (*n == 0 && s->optional)
        return IDEM_OK;
    if (*n == 0)
        return error_set(err, IDEM_NOT_FOUND,
                         "%.*s: there is no such file; source \"%.*s\" needs it (\"optional\": true if not)",
                         STR_ARG(pattern), STR_ARG(s->name));
    if (s->files == FILES_LATEST || (s->files == FILES_AUTO && S_dated(*paths, *n)))
        S_keep_latest(*paths, n);
    return IDEM_OK;
}

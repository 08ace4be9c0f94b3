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

/* The time of day behind a date, "T0830", "_08-30-15", as hhmmss; 0 when there is none. */
static int64_t S_time(struct str s, size_t at)
{
    int64_t value = 0;
    for (unsigned part = 0; part < 3; part++) {
        size_t skip = at < s.len && strchr("-_T.:", s.ptr[at]) && s.ptr[at] ? 1 : 0;
        int64_t two = S_digits(s, at + skip, 2);
        if (two < 0 || two > (part ? 59 : 23))
            return part < 2 ? 0 : value * 100;
        value = value * 100 + two;
        at += skip + 2;
    }
    return value;
}

/* A date that begins at `at`, as yyyymmddhhmmss, or -1: 20260131, 2026-01-31, 2026-01, 31-01-2026, each with - _ or .
 */
static int64_t S_date_at(struct str s, size_t at)
{
    int64_t year = S_digits(s, at, 4), month, day;
    if (year >= 0) {
        bool compact = S_digits(s, at, 8) >= 0;
        size_t step = compact ? 0 : 1;
        bool separated = at + 4 < s.len && strchr("-_.", s.ptr[at + 4]) && s.ptr[at + 4];
        if (!compact && !separated)
            return -1;
        month = S_digits(s, at + 4 + step, 2);
        bool again = compact || (at + 7 < s.len && s.ptr[at + 7] == s.ptr[at + 4]);
        day = again ? S_digits(s, at + 6 + 2 * step, 2) : -1;
        if (S_is_day(year, month, day))
            return ((year * 100 + month) * 100 + day) * 1000000 + S_time(s, at + 8 + 2 * step);
        return S_is_day(year, month, 1) && !compact && day < 0 ? (year * 100 + month) * 100 * 1000000 : -1;
    }
    day = S_digits(s, at, 2);
    month = S_digits(s, at + 3, 2);
    year = S_digits(s, at + 6, 4);
    bool separated = at + 5 < s.len && strchr("-_.", s.ptr[at + 2]) && s.ptr[at + 2] && s.ptr[at + 5] == s.ptr[at + 2];
    return separated && S_is_day(year, month, day) ? ((year * 100 + month) * 100 + day) * 1000000 + S_time(s, at + 10)
                                                   : -1;
}

/* The last date in a file's name, or -1. A date does not begin inside a run of digits. */
static int64_t S_date_of(struct str path)
{
    struct str name = file_base(path);
    int64_t found = -1;
    for (size_t at = 0; at < name.len; at++) {
        int64_t date = S_digit(name.ptr[at]) && !(at && S_digit(name.ptr[at - 1])) ? S_date_at(name, at) : -1;
        if (date >= 0 && found < 0)
            found = date;
    }
    return found;
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

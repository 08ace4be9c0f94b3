/* Times of day and zones. */
#include "normalize/date.h"

#include "normalize/plain.h"

struct zone {
    const char *name;
    int minutes; /* east of UTC */
};

/* Abbreviations that mean one zone to nearly everybody. */
static const struct zone zones[] = {
    {"z", 0},      {"utc", 0},    {"gmt", 0},    {"wet", 0},    {"west", 60},  {"bst", 60},   {"cet", 60},
    {"mez", 60},   {"cest", 120}, {"mesz", 120}, {"eet", 120},  {"eest", 180}, {"msk", 180},  {"est", -300},
    {"edt", -240}, {"cst", -360}, {"cdt", -300}, {"mst", -420}, {"mdt", -360}, {"pst", -480}, {"pdt", -420},
    {"jst", 540},  {"kst", 540},  {"aest", 600}, {"aedt", 660}, {"nzst", 720}, {"nzdt", 780}};

static char S_peek(struct str s)
{
    return s.len ? s.ptr[0] : 0;
}

static void S_skip_spaces(struct str *s)
{
    while (S_peek(*s) == ' ')
        *s = str_sub(*s, 1, s->len);
}

/* Takes one to `most` digits; how many. */
static unsigned S_take_number(struct str *s, unsigned most, int *value)
{
    unsigned n = 0;
    *value = 0;
    while (n < most && n < s->len && plain_is_digit(s->ptr[n]))
        *value = *value * 10 + (s->ptr[n++] - '0');
    *s = str_sub(*s, n, s->len);
    return n;
}

static bool S_take_sign(struct str *s, const char *signs)
{
    if (!s->len || !strchr(signs, s->ptr[0]))
        return false;
    *s = str_sub(*s, 1, s->len);
    return true;
}

static struct str S_take_letters(struct str *s)
{
    size_t n = 0;
    while (n < s->len && plain_is_lower(s->ptr[n]))
        n++;
    struct str word = str_sub(*s, 0, n);
    *s = str_sub(*s, n, s->len);
    return word;
}

/* "+02:00", "-0500", "+2" */
static bool S_take_offset(struct str *s, struct date *d)
{
    struct str rest = *s;
    int sign = S_peek(rest) == '-' ? -1 : 1, hours, minutes = 0;
    if (!S_take_sign(&rest, "+-"))
        return false;
    unsigned digits = S_take_number(&rest, 2, &hours);
    if (!digits || (S_take_sign(&rest, ":") && S_take_number(&rest, 2, &minutes) != 2))
        return false;
    if (digits == 2 && rest.len && plain_is_digit(rest.ptr[0]) && S_take_number(&rest, 2, &minutes) != 2)
        return false;
    if (hours > 14 || minutes > 59 || (rest.len && (plain_is_digit(rest.ptr[0]) || strchr("-./", rest.ptr[0]))))
        return false;
    d->has_zone = true;
    d->zone = sign * (hours * 60 + minutes);
    *s = rest;
    return true;
}

void date_take_zone(struct str *s, struct date *d)
{
    struct str rest = *s;
    S_skip_spaces(&rest);
    struct str word = S_take_letters(&rest);
    bool known = false;
    for (size_t i = 0; i < COUNT_OF(zones) && word.len; i++) {
        if (!str_eq(word, str_from(zones[i].name)))
            continue;
        d->has_zone = known = true;
        d->zone = zones[i].minutes;
    }
    if (word.len && !known)
        return;
    struct str bare = rest;
    S_skip_spaces(&bare);
    if (S_take_offset(known ? &rest : &bare, d))
        *s = known ? rest : bare;
    else if (known)
        *s = rest;
}

bool date_take_half(struct str *s, struct date *d)
{
    static const char *const words[] = {"a.m.", "p.m.", "am", "pm"};
    struct str rest = *s;
    S_skip_spaces(&rest);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        struct str word = str_from(words[i]);
        if (!str_starts(rest, word) || (rest.len > word.len && plain_is_lower(rest.ptr[word.len])))
            continue;
        if (d->hour >= 1 && d->hour <= 12)
            d->hour = d->hour % 12 + (word.ptr[0] == 'p' ? 12 : 0);
        *s = str_sub(rest, word.len, rest.len);
        return true;
    }
    return false;
}

static void S_take_seconds(struct str *s, struct date *d)
{
    struct str rest = *s;
    int ignored;
    if (!S_take_sign(&rest, ":.") || S_take_number(&rest, 2, &d->second) != 2) {
        d->second = 0;
        return;
    }
    *s = rest;
    if ((S_take_sign(&rest, ".,") && S_take_number(&rest, 9, &ignored)) ||
        (S_take_sign(&rest, ":") && S_take_number(&rest, 6, &ignored))) /* milliseconds behind a colon */
        *s = rest;
}

bool date_take_time(struct str *text, struct date *d)
{
    struct str rest = *text;
    struct date t = *d;
    while (rest.len && strchr(" t,", rest.ptr[0]))
        rest = str_sub(rest, 1, rest.len);
    if (!S_take_number(&rest, 2, &t.hour))
        return false;
    if (S_take_sign(&rest, ":h")) {
        if (S_take_number(&rest, 2, &t.minute) != 2)
            return false;
        S_take_seconds(&rest, &t);
        date_take_half(&rest, &t);
    } else if (!date_take_half(&rest, &t)) {
        return false;
    }
    if (t.hour > 24 || t.minute > 59 || t.second > 60 || (rest.len && plain_is_digit(rest.ptr[0])))
        return false;
    date_take_zone(&rest, &t);
    *d = t;
    *text = rest;
    return true;
}

/*
 * Latitudes and longitudes: decimal degrees, or degrees, minutes and seconds with a letter for the hemisphere.
 */
#include "normalize/numeric.h"
#include "normalize/plain.h"

enum { MILLION = 1000000, MOST_PARTS = 3 };

/* Numbers in a text, in millionths; a comma between digits is decimal. */
struct parts {
    int64_t part[MOST_PARTS];
    unsigned n;
    bool negative;
    char hemisphere; /* n s e w o, 0 none */
};

static size_t S_take_millionths(struct str s, int64_t *value)
{
    size_t i = 0;
    int64_t whole = 0, fraction = 0, unit = MILLION;
    for (; i < s.len && plain_is_digit(s.ptr[i]); i++)
        whole = whole < 100000 ? whole * 10 + (s.ptr[i] - '0') : whole;
    if (i + 1 < s.len && (s.ptr[i] == '.' || s.ptr[i] == ',') && plain_is_digit(s.ptr[i + 1])) {
        for (i++; i < s.len && plain_is_digit(s.ptr[i]); i++) {
            unit /= 10;
            fraction += unit * (s.ptr[i] - '0');
        }
    }
    *value = whole * MILLION + fraction;
    return i;
}

static bool S_take_parts(struct str text, struct parts *p)
{
    for (size_t i = 0; i < text.len;) {
        char c = text.ptr[i];
        if (plain_is_digit(c)) {
            if (p->n == MOST_PARTS)
                return false;
            i += S_take_millionths(str_sub(text, i, text.len), &p->part[p->n++]);
            continue;
        }
        if (c == '-' && p->n == 0)
            p->negative = true;
        bool alone =
            (i == 0 || !plain_is_lower(text.ptr[i - 1])) && (i + 1 == text.len || !plain_is_lower(text.ptr[i + 1]));
        if (alone && strchr("nsewo", c))
            p->hemisphere = c;
        i++;
    }
    return p->n > 0;
}

/* Of "52.52, 13.405" in one value the latitude is the first, the longitude the second. */
static struct str S_one_of_pair(struct str text, bool longitude)
{
    size_t comma = str_find_byte(text, ',');
    size_t at = comma == SIZE_MAX ? str_find_byte(text, ';') : comma;
    if (at == SIZE_MAX)
        return text;
    struct str first = str_sub(text, 0, at), second = str_sub(text, at + 1, text.len);
    bool pair = plain_count_digits(first) && plain_count_digits(second) &&
                (text.ptr[at] == ';' || (second.len && second.ptr[0] == ' ') ||
                 (str_find_byte(first, '.') != SIZE_MAX && str_find_byte(second, '.') != SIZE_MAX));
    return pair ? (longitude ? second : first) : text;
}

/* West and south are negative. A lone O is east in German, west in the Romance languages. */
static bool S_is_negative(const struct parts *p, const char *country, bool *unsure)
{
    if (p->hemisphere == 'o') {
        *unsure = !country[0];
        return str_find(STR("DE AT CH LI LU"), (struct str){country, 2}) == SIZE_MAX || !country[0];
    }
    return p->negative || p->hemisphere == 's' || p->hemisphere == 'w';
}

static void S_coordinate(struct normalizer *n, const struct norm_context *c, struct str raw, bool longitude,
                         struct arena *out, struct norm *value)
{
    struct str text = S_one_of_pair(plain_text(n, raw), longitude), canon;
    struct parts p = {0};
    bool unsure = false, read = S_take_parts(text, &p);
    int64_t millionths = 0, most = (longitude ? 180 : 90) * (int64_t)MILLION;
    for (unsigned i = 0, unit = 1; i < p.n; i++, unit *= 60)
        millionths += (p.part[i] + unit / 2) / unit;
    bool minutes = (p.n < 2 || p.part[1] < 60 * (int64_t)MILLION) && (p.n < 3 || p.part[2] < 60 * (int64_t)MILLION);
    if (!read || !minutes) {
        normalizer_invalid(n, raw, out, value);
        return;
    }
    bool negative = S_is_negative(&p, c->country, &unsure), ignored = false;
    canon = numeric_from_millionths(negative ? -millionths : millionths, out);
    if (p.n == 1 && !p.hemisphere) /* decimal as it is: digits past the sixth stay */
        numeric_read(text, SINGLE_NEVER_GROUPS, out, &canon, &ignored);
    value->form[NORM_CANON] = canon;
    value->flags |= millionths > most ? NORM_INVALID : 0;
    value->flags |= unsure ? NORM_UNSURE : 0;
    value->flags |= millionths == 0 ? NORM_GENERIC : 0; /* off the coast of Africa, where unknown places are */
}

void normalize_latitude(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                        struct norm *value)
{
    S_coordinate(n, context, raw, false, out, value);
}

void normalize_longitude(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                         struct norm *value)
{
    S_coordinate(n, context, raw, true, out, value);
}

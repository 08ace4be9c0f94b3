/*
 * Dates, mailboxes, numbers and codes: short values with a structure of their own.
 */
#include "matcher/compare_kinds.h"

/* ------------------------------------------------------------------ dates */

struct date_parts {
    struct str year, month, day;
};

/* CANON is "1984-03-02", "1984-03", "1984" or "--03-02"; anything else has no parts. */
static struct date_parts S_parts(struct str s)
{
    struct date_parts p = {0};
    if (s.len >= 2 && s.ptr[0] == '-' && s.ptr[1] == '-') {
        s = str_sub(s, 2, s.len);
    } else {
        if (s.len < 4)
            return p;
        p.year = str_sub(s, 0, 4);
        s = str_sub(s, s.len > 4 ? 5 : 4, s.len);
    }
    if (s.len >= 2)
        p.month = str_sub(s, 0, 2);
    if (s.len >= 5)
        p.day = str_sub(s, 3, 5);
    return p;
}

static bool S_same(struct str a, struct str b)
{
    return a.len && str_eq(a, b);
}

unsigned compare_date(const struct compare_context *context, const struct norm *a, const struct norm *b)
{
    enum { EXACT, SWAPPED, DIGIT, PARTIAL, TWO_PARTS, DIGITS, YEAR, ELSE };
    struct str x = a->form[NORM_CANON], y = b->form[NORM_CANON];
    (void)context;
    bool partial = (a->flags | b->flags) & NORM_PARTIAL;
    if (str_eq(x, y))
        return partial ? PARTIAL : EXACT;
    struct date_parts p = S_parts(x), q = S_parts(y);
    bool year = S_same(p.year, q.year), month = S_same(p.month, q.month), day = S_same(p.day, q.day);
    if (partial) {
        bool clash = (p.year.len && q.year.len && !year) || (p.month.len && q.month.len && !month) ||
                     (p.day.len && q.day.len && !day);
        return clash || !(year || (month && day)) ? (year ? YEAR : ELSE) : PARTIAL;
    }
    if (year && S_same(p.day, q.month) && S_same(p.month, q.day))
        return SWAPPED;
    if (sim_osa(x, y, 1) <= 1)
        return DIGIT;
    if (year + month + day >= 2)
        return TWO_PARTS;
    if (sim_osa(x, y, 2) <= 2)
        return DIGITS;
    return year ? YEAR : ELSE;
}

/* ------------------------------------------------------------------ mailboxes and phones */

unsigned compare_email(const struct compare_context *context, const struct norm *a, const struct norm *b)
{
    enum { EXACT, LOCAL, CLOSE, ELSE };
    struct str x = a->form[NORM_BASE].len ? a->form[NORM_BASE] : a->form[NORM_CANON];
    struct str y = b->form[NORM_BASE].len ? b->form[NORM_BASE] : b->form[NORM_CANON];
    struct str local_x = a->form[NORM_LOCAL], local_y = b->form[NORM_LOCAL];
    (void)context;
    if (str_eq(x, y) || str_eq(a->form[NORM_CANON], b->form[NORM_CANON]))
        return EXACT;
    if (local_x.len && str_eq(local_x, local_y))
        return LOCAL;
    if (x.len >= 6 && y.len >= 6 && sim_osa(x, y, 2) <= 2)
        return CLOSE;
    return ELSE;
}

unsigned compare_phone(const struct compare_context *context, const struct norm *a, const struct norm *b)
{
    enum { EXACT, NATIONAL, DIGIT, DIGITS, ELSE };
    struct str x = a->form[NORM_CANON], y = b->form[NORM_CANON];
    (void)context;
    if (str_eq(x, y))
        return EXACT;
    struct str nx = a->form[NORM_BASE].len ? a->form[NORM_BASE] : x;
    struct str ny = b->form[NORM_BASE].len ? b->form[NORM_BASE] : y;
    if (nx.len >= 6 && str_eq(nx, ny))
        return NATIONAL;
    if (nx.len >= 7 && ny.len >= 7 && (str_ends(nx, ny) || str_ends(ny, nx)))
        return NATIONAL;
    if (nx.len >= 6 && ny.len >= 6 && sim_osa(nx, ny, 1) <= 1)
        return DIGIT;
    if (nx.len >= 8 && ny.len >= 8 && sim_osa(nx, ny, 3) <= 3)
        return DIGITS;
    return ELSE;
}

/* ------------------------------------------------------------------ places, postcodes, numbers */

unsigned compare_place(const struct compare_context *context, const struct norm *a, const struct norm *b)
{
    enum { EXACT, CLOSE, CONTAINED, SIMILAR, ELSE };
    struct str x, y;
    (void)context;
    shared_script(a, b, &x, &y);
    if (str_eq(a->form[NORM_CANON], b->form[NORM_CANON]) || (x.len && str_eq(x, y)) ||
        (a->form[NORM_BASE].len && str_eq(a->form[NORM_BASE], b->form[NORM_BASE])))
        return EXACT;
    if (nearly_equal(x, y))
        return CLOSE;
    if (x.len >= 4 && y.len >= 4 && (str_find(x, y) != SIZE_MAX || str_find(y, x) != SIZE_MAX))
        return CONTAINED;
    if (x.len >= 5 && y.len >= 5 && sim_jaro_winkler(x, y) >= 900000)
        return CLOSE;
    return similar(x, y) ? SIMILAR : ELSE;
}

unsigned compare_postcode(const struct compare_context *context, const struct norm *a, const struct norm *b)
{
    enum { EXACT, DIGIT, AREA, ELSE };
    struct str x = a->form[NORM_CANON], y = b->form[NORM_CANON];
    (void)context;
    if (str_eq(x, y))
        return EXACT;
    if (sim_osa(x, y, 1) <= 1)
        return DIGIT;
    return a->form[NORM_BASE].len && str_eq(a->form[NORM_BASE], b->form[NORM_BASE]) ? AREA : ELSE;
}

unsigned compare_house_number(const struct compare_context *context, const struct norm *a, const struct norm *b)
{
    enum { EXACT, CLOSE, ELSE };
    struct str x = a->form[NORM_CANON], y = b->form[NORM_CANON];
    (void)context;
    if (str_eq(x, y))
        return EXACT;
    if (a->form[NORM_BASE].len && str_eq(a->form[NORM_BASE], b->form[NORM_BASE]))
        return CLOSE;
    return x.len >= 2 && y.len >= 2 && sim_osa(x, y, 1) <= 1 ? CLOSE : ELSE;
}

/* Spreadsheets take leading zeros off. */
static struct str S_without_zeros(struct str s)
{
    while (s.len && s.ptr[0] == '0')
        s = str_sub(s, 1, s.len);
    return s;
}

unsigned compare_identifier(const struct compare_context *context, const struct norm *a, const struct norm *b)
{
    enum { EXACT, DIGIT, DIGITS, ELSE };
    struct str x = a->form[NORM_CANON], y = b->form[NORM_CANON];
    (void)context;
    if (str_eq(x, y))
        return EXACT;
    struct str bare_x = S_without_zeros(x), bare_y = S_without_zeros(y);
    if (bare_x.len >= 5 && str_eq(bare_x, bare_y))
        return DIGIT;
    if (x.len >= 5 && y.len >= 5 && sim_osa(x, y, 1) <= 1)
        return DIGIT;
    return x.len >= 7 && y.len >= 7 && sim_osa(x, y, 2) <= 2 ? DIGITS : ELSE;
}

unsigned compare_code(const struct compare_context *context, const struct norm *a, const struct norm *b)
{
    (void)context;
    return !str_eq(a->form[NORM_CANON], b->form[NORM_CANON]);
}

unsigned compare_number(const struct compare_context *context, const struct norm *a, const struct norm *b)
{
    enum { EXACT, NEAR, CLOSE, FAR, ELSE };
    double x, y;
    (void)context;
    if (str_eq(a->form[NORM_CANON], b->form[NORM_CANON]))
        return EXACT;
    if (!str_to_double(a->form[NORM_CANON], &x) || !str_to_double(b->form[NORM_CANON], &y))
        return ELSE;
    double gap = x > y ? x - y : y - x, ax = x < 0 ? -x : x, ay = y < 0 ? -y : y, size = ax > ay ? ax : ay;
    return gap * 100 <= size ? NEAR : gap * 10 <= size ? CLOSE : gap * 2 <= size ? FAR : ELSE;
}

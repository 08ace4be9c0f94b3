/* Dates: three columns that make a birth date, the order of day and month, the time of the last change. */
#include "engine/guess.h"

/* ------------------------------------------------------------------ birth dates in parts */

static bool S_within(const struct column_facts *f, int64_t least, int64_t greatest)
{
    return column_share(f, VALUE_INTEGER) > 0.95 && f->least >= least && f->greatest <= greatest;
}

static int S_part(const struct guess *g, enum header_says says, int64_t least, int64_t greatest)
{
    for (size_t i = 0; i < g->n_columns; i++)
        if (g->column[i].header.says == says && g->column[i].header.share >= 0.9 && g->column[i].use == USE_NONE &&
            S_within(g->column[i].facts, least, greatest))
            return (int)i;
    return -1;
}

static void S_birth_parts(struct guess *g)
{
    int year = S_part(g, SAYS_BIRTH_YEAR, 1850, 2100), month = S_part(g, SAYS_BIRTH_MONTH, 1, 12),
        day = S_part(g, SAYS_BIRTH_DAY, 1, 31);
    if (guess_find(g, "birth_date") >= 0 || year < 0 || (day >= 0 && month < 0))
        return;
    const int part[3] = {year, month, day};
    for (unsigned i = 0; i < 3; i++) {
        g->birth_part[i] = part[i];
        if (part[i] < 0)
            continue;
        struct guess_column *c = &g->column[part[i]];
        c->use = USE_BIRTH_PART;
        c->field = "birth_date";
        c->type = "birth_date";
        c->confidence = c->facts->name.len <= 3 ? 0.8 : 0.95;
        c->why = "name and range of the numbers";
    }
}

/* ------------------------------------------------------------------ day and month */

/* Does one reading hold for all but a few slips of the pen? */
static bool S_mostly(uint64_t for_it, uint64_t against)
{
    return for_it > 0 && against * 20 <= for_it;
}

static void S_order(struct guess *g, const struct survey *s, struct guess_column *c)
{
    const struct column_facts *f = c->facts;
    struct str name = f->name;
    uint64_t open = f->dates - f->year_first;
    if (column_share(f, VALUE_COMPACT_DMY) > 0.5)
        c->format = "ddMMyyyy";
    if (open == 0)
        return;
    if (S_mostly(f->first_over_12, f->second_over_12))
        c->order = "dmy";
    else if (S_mostly(f->second_over_12, f->first_over_12))
        c->order = "mdy";
    else if (f->first_over_12 + f->second_over_12 == 0)
        guess_check(
            g, s,
            "unsure: no date of column \"%.*s\" has a day over 12; say whether day or month comes first (\"order\")",
            STR_ARG(name));
    else
        guess_check(g, s,
                    "unsure: column \"%.*s\" has dates with the day first and with the month first; say which is usual "
                    "(\"order\")",
                    STR_ARG(name));
    if (!c->order)
        c->confidence = c->confidence < 0.65 ? c->confidence : 0.65;
    if (c->order && f->first_over_12 && f->second_over_12)
        guess_check(g, s, "a few dates of column \"%.*s\" have day and month the other way round", STR_ARG(name));
}

/* ------------------------------------------------------------------ last change */

/* The pattern of times written with the day or the month first, which have no other reading then. */
static const char *S_time_format(const struct guess_column *c)
{
    const struct column_facts *f = c->facts;
    bool time = column_share(f, VALUE_TIMESTAMP) > 0.5, dots = false, slashes = false, dashes = false;
    if (!c->order || f->year_first)
        return NULL;
    for (size_t i = 0; i < f->n_shapes; i++) {
        dots |= str_starts(f->shape[i].shape, STR("99.99.9999"));
        slashes |= str_starts(f->shape[i].shape, STR("99/99/9999"));
        dashes |= str_starts(f->shape[i].shape, STR("99-99-9999"));
    }
    if (dots + slashes + dashes != 1)
        return NULL;
    bool day = strcmp(c->order, "dmy") == 0;
    if (dots)
        return time ? "dd.MM.yyyy HH:mm" : "dd.MM.yyyy";
    if (dashes)
        return time ? (day ? "dd-MM-yyyy HH:mm" : "MM-dd-yyyy HH:mm") : day ? "dd-MM-yyyy" : "MM-dd-yyyy";
    return time ? (day ? "dd/MM/yyyy HH:mm" : "MM/dd/yyyy HH:mm") : day ? "dd/MM/yyyy" : "MM/dd/yyyy";
}

static void S_updated_at(struct guess *g, const struct survey *s)
{
    int best = -1;
    for (size_t i = 0; i < g->n_columns; i++) {
        const struct guess_column *c = &g->column[i];
        bool time = column_share(c->facts, VALUE_DATE) > 0.9 ||
                    (column_share(c->facts, VALUE_INTEGER) > 0.99 && c->facts->least > 100000000000);
        if (c->header.says != SAYS_UPDATED || c->use != USE_NONE || !time)
            continue;
        if (best < 0 || c->facts->filled > g->column[best].facts->filled)
            best = (int)i;
    }
    if (best < 0)
        return;
    struct guess_column *c = &g->column[best];
    g->updated_at = best;
    c->use = USE_UPDATED_AT;
    c->type = "timestamp";
    c->confidence = 0.95;
    c->why = "name and values";
    S_order(g, s, c);
    c->format = S_time_format(c);
}

void guess_dates(struct guess *g, const struct survey *s)
{
    S_birth_parts(g);
    for (size_t i = 0; i < g->n_columns; i++)
        if (guess_is_field(&g->column[i], "birth_date"))
            S_order(g, s, &g->column[i]);
    S_updated_at(g, s);
}

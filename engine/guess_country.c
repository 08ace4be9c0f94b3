/* The country whose phones and addresses a file holds: from calling codes, names of states, forms of numbers. */
#include "engine/guess.h"

struct calling_row {
    unsigned code;
    char country[3];
};

/* One country for each calling code: the largest that has it. */
static const struct calling_row CALLING[] = {
    {1, "US"},   {7, "RU"},   {20, "EG"},  {27, "ZA"},  {30, "GR"},  {31, "NL"},  {32, "BE"},  {33, "FR"},  {34, "ES"},
    {36, "HU"},  {39, "IT"},  {40, "RO"},  {41, "CH"},  {43, "AT"},  {44, "GB"},  {45, "DK"},  {46, "SE"},  {47, "NO"},
    {48, "PL"},  {49, "DE"},  {51, "PE"},  {52, "MX"},  {54, "AR"},  {55, "BR"},  {56, "CL"},  {57, "CO"},  {60, "MY"},
    {61, "AU"},  {62, "ID"},  {63, "PH"},  {64, "NZ"},  {65, "SG"},  {66, "TH"},  {81, "JP"},  {82, "KR"},  {84, "VN"},
    {86, "CN"},  {90, "TR"},  {91, "IN"},  {92, "PK"},  {234, "NG"}, {254, "KE"}, {351, "PT"}, {352, "LU"}, {353, "IE"},
    {354, "IS"}, {358, "FI"}, {359, "BG"}, {370, "LT"}, {371, "LV"}, {372, "EE"}, {380, "UA"}, {381, "RS"}, {385, "HR"},
    {386, "SI"}, {420, "CZ"}, {421, "SK"}, {852, "HK"}, {886, "TW"}, {966, "SA"}, {971, "AE"}, {972, "IL"},
};

static void S_set(struct guess *g, const char *country, const char *why)
{
    memcpy(g->country, country, 3);
    g->country_why = why;
}

static void S_by_calling_code(struct guess *g, const struct column_facts *f)
{
    uint64_t all = 0;
    for (size_t i = 0; i < COUNT_OF(f->calling); i++)
        all += f->calling[i];
    for (size_t i = 0; i < COUNT_OF(CALLING) && all >= 3; i++)
        if ((uint64_t)f->calling[CALLING[i].code] * 5 >= all * 4)
            S_set(g, CALLING[i].country, "calling codes");
}

static void S_by_region(struct guess *g, const struct column_facts *f)
{
    double us = column_share(f, VALUE_REGION_US), au = column_share(f, VALUE_REGION_AU);
    if (f->distinct < 3 || f->values < 10)
        return;
    if (us >= 0.8 && us > au)
        S_set(g, "US", "names of states");
    else if (au >= 0.8 && au > us)
        S_set(g, "AU", "names of states");
}

/* 415/673-1888, 212-371-7777, (213) 848-6677 */
static void S_by_shape(struct guess *g, const struct column_facts *f)
{
    uint64_t n = 0;
    for (size_t i = 0; i < f->n_shapes; i++) {
        struct str shape = f->shape[i].shape;
        struct str end = shape.len >= 8 ? str_sub(shape, shape.len - 8, shape.len) : shape;
        bool ten = (shape.len == 12 || shape.len == 13 || shape.len == 14) && str_eq(end, STR("999-9999"));
        n += ten ? f->shape[i].n : 0;
    }
    if (n * 5 >= f->values * 4)
        S_set(g, "US", "the form of phone numbers");
}

/* A column of country codes that are nearly all the same. */
static void S_by_country(struct guess *g, const struct column_facts *f)
{
    for (unsigned i = 0; i < f->n_categories && !f->many; i++) {
        struct str code = f->category[i];
        bool letters =
            code.len == 2 && code.ptr[0] >= 'A' && code.ptr[0] <= 'Z' && code.ptr[1] >= 'A' && code.ptr[1] <= 'Z';
        if (letters && f->category_n[i] * 10 >= f->values * 9 && !str_eq(code, STR("UK")) &&
            column_share(f, VALUE_COUNTRY) > 0.9)
            S_set(g, (const char[3]){code.ptr[0], code.ptr[1], 0}, "the column of countries");
    }
}

void guess_country(struct guess *g, const struct survey *s)
{
    static const struct {
        const char *field;
        void (*by)(struct guess *g, const struct column_facts *f);
    } WAYS[] = {
        {"country", S_by_country}, {"phone", S_by_calling_code}, {"region", S_by_region}, {"phone", S_by_shape}};
    bool useful = guess_find(g, "phone") >= 0 || guess_find(g, "address") >= 0 || guess_find(g, "postcode") >= 0;
    for (size_t k = 0; k < COUNT_OF(WAYS) && useful; k++)
        for (size_t i = 0; i < g->n_columns && !g->country[0]; i++)
            if (guess_is_field(&g->column[i], WAYS[k].field))
                WAYS[k].by(g, g->column[i].facts);
    if (g->country[0])
        guess_check(g, s, "country %s guessed from %s: it decides how phones, addresses and dates are read", g->country,
                    g->country_why);
}

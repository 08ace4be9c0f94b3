#include "engine/guess.h"

#include <stdlib.h>

#include "rules/types.h"

/* ------------------------------------------------------------------ do the values look like the field? */

typedef double looks_fn(const struct column_facts *f);

static double S_is(const struct column_facts *f, enum value_kind kind)
{
    return column_share(f, kind);
}

static double S_average_len(const struct column_facts *f)
{
    return f->values ? (double)f->total_len / (double)f->values : 0;
}

static double S_looks_name(const struct column_facts *f)
{
    return S_is(f, VALUE_WORDS);
}

static double S_looks_wordy(const struct column_facts *f)
{
    return 1 - S_is(f, VALUE_NUMBER) - S_is(f, VALUE_EMAIL) - S_is(f, VALUE_URL);
}

static double S_looks_email(const struct column_facts *f)
{
    return S_is(f, VALUE_EMAIL);
}

static double S_looks_phone(const struct column_facts *f)
{
    return S_is(f, VALUE_PHONE);
}

static double S_looks_date(const struct column_facts *f)
{
    double years = S_is(f, VALUE_YEAR);
    return S_is(f, VALUE_DATE) > years ? S_is(f, VALUE_DATE) : years * 0.7;
}

static double S_looks_gender(const struct column_facts *f)
{
    return S_is(f, VALUE_GENDER) * (f->distinct <= 24 ? 1 : 0.9);
}

static double S_looks_house_number(const struct column_facts *f)
{
    return S_average_len(f) <= 8 ? S_is(f, VALUE_STARTS_DIGIT) : 0;
}

static double S_looks_postcode(const struct column_facts *f)
{
    return S_average_len(f) <= 11 ? S_is(f, VALUE_HAS_DIGIT) : 0;
}

static double S_looks_country(const struct column_facts *f)
{
    double known = S_is(f, VALUE_COUNTRY), words = S_is(f, VALUE_WORDS);
    return known > 0.5 ? known : f->distinct <= 300 ? words * 0.8 : words * 0.3;
}

static double S_looks_region(const struct column_facts *f)
{
    return f->distinct <= 500 ? S_is(f, VALUE_WORDS) + S_is(f, VALUE_HAS_DIGIT) * 0.5 : S_is(f, VALUE_WORDS) * 0.6;
}

static double S_looks_identifier(const struct column_facts *f)
{
    double distinct = f->values ? (double)f->distinct / (double)f->values : 0;
    double digits = S_is(f, VALUE_HAS_DIGIT) * (S_is(f, VALUE_BOOLEAN) > 0.5 ? 0 : 1);
    return f->values >= 20 && distinct < 0.05 ? digits * 0.3 : digits;
}

static double S_looks_year(const struct column_facts *f)
{
    return S_is(f, VALUE_YEAR);
}

static double S_looks_price(const struct column_facts *f)
{
    double amounts = S_is(f, VALUE_AMOUNT), numbers = S_is(f, VALUE_NUMBER);
    return amounts > numbers ? amounts : numbers;
}

static double S_looks_coordinate(const struct column_facts *f)
{
    return S_is(f, VALUE_NUMBER);
}

/* 128 bits or more, and every value another one. */
static double S_looks_encoding(const struct column_facts *f)
{
    enum { LEAST_LEN = 22 };
    return f->values && f->min_len >= LEAST_LEN && f->distinct * 2 > f->values ? 1 - S_is(f, VALUE_WORDS) : 0;
}

static double S_looks_url(const struct column_facts *f)
{
    return S_is(f, VALUE_EMAIL) + S_is(f, VALUE_NUMBER) > 0.3 ? 0 : 1;
}

static double S_looks_anything(const struct column_facts *f)
{
    (void)f;
    return 1;
}

static looks_fn *const LOOKS[FIELD_TYPES] = {
    [FIELD_GIVEN_NAME] = S_looks_name,
    [FIELD_MIDDLE_NAME] = S_looks_name,
    [FIELD_FAMILY_NAME] = S_looks_name,
    [FIELD_NAME_SUFFIX] = S_looks_wordy,
    [FIELD_FULL_NAME] = S_looks_wordy,
    [FIELD_ORGANISATION] = S_looks_wordy,
    [FIELD_EMPLOYER] = S_looks_wordy,
    [FIELD_BIRTH_DATE] = S_looks_date,
    [FIELD_DATE] = S_looks_date,
    [FIELD_TIMESTAMP] = S_looks_date,
    [FIELD_GENDER] = S_looks_gender,
    [FIELD_EMAIL] = S_looks_email,
    [FIELD_PHONE] = S_looks_phone,
    [FIELD_ADDRESS] = S_looks_wordy,
    [FIELD_HOUSE_NUMBER] = S_looks_house_number,
    [FIELD_CITY] = S_looks_name,
    [FIELD_REGION] = S_looks_region,
    [FIELD_POSTCODE] = S_looks_postcode,
    [FIELD_COUNTRY] = S_looks_country,
    [FIELD_IDENTIFIER] = S_looks_identifier,
    [FIELD_URL] = S_looks_url,
    [FIELD_TITLE] = S_looks_wordy,
    [FIELD_TEXT] = S_looks_wordy,
    [FIELD_NUMBER] = S_looks_year,
    [FIELD_AMOUNT] = S_looks_price,
    [FIELD_CURRENCY] = S_looks_anything,
    [FIELD_CATEGORY] = S_looks_anything,
    [FIELD_LATITUDE] = S_looks_coordinate,
    [FIELD_LONGITUDE] = S_looks_coordinate,
    [FIELD_ENCODING] = S_looks_encoding,
};

/* ------------------------------------------------------------------ a column by its name */

static void S_use(struct guess_column *c, const char *field, double confidence, const char *why)
{
    enum field_type type = FIELD_TEXT;
    type_of_known_field(str_from(field), &type);
    c->field = field;
    c->type = field_type_name(type);
    c->confidence = confidence;
    c->why = why;
    c->use = confidence >= GUESS_USED ? USE_FIELD : USE_NONE;
}

void guess_drop(struct guess_column *c, const char *why)
{
    c->use = USE_NONE;
    c->field = NULL;
    c->why = why;
}

static void S_by_name(struct guess_column *c)
{
    enum field_type type;
    if (!type_of_known_field(str_from(c->header.field), &type))
        return;
    double looks = LOOKS[type](c->facts), named = 0.55 + 0.43 * c->header.share;
    bool few = c->facts->values < 5;
    if (looks >= 0.75)
        S_use(c, c->header.field, few && named > 0.8 ? 0.8 : named, few ? "name; few values" : "name and values");
    else if (looks >= 0.4)
        S_use(c, c->header.field, named - 0.3 + 0.3 * looks, "name; not all values look like it");
    else
        S_use(c, c->header.field, few && looks > 0 ? 0.55 : 0.3, "name, but the values do not look like it");
}

/* ------------------------------------------------------------------ a column by its values alone */

static void S_by_values(struct guess_column *c)
{
    const struct column_facts *f = c->facts;
    const struct {
        bool is;
        const char *field;
        double confidence;
    } FOUND[] = {
        {S_is(f, VALUE_EMAIL) >= 0.9, "email", 0.85},
        {S_is(f, VALUE_IBAN) >= 0.9, "iban", 0.8},
        {S_is(f, VALUE_PHONE_PLUS) >= 0.8, "phone", 0.75},
        {S_is(f, VALUE_COMMA_NAME) >= 0.8 && S_is(f, VALUE_KNOWN_GIVEN) >= 0.2, "full_name", 0.65},
        {S_is(f, VALUE_SEVERAL_WORDS) >= 0.7 && S_is(f, VALUE_KNOWN_GIVEN) >= 0.4, "full_name", 0.65},
        {S_is(f, VALUE_WORDS) >= 0.95 && S_is(f, VALUE_SEVERAL_WORDS) < 0.3 && S_is(f, VALUE_KNOWN_GIVEN) >= 0.5 &&
             f->distinct > 20,
         "given_name", 0.6},
    };
    for (size_t i = 0; i < COUNT_OF(FOUND) && f->values >= 5; i++)
        if (FOUND[i].is) {
            S_use(c, FOUND[i].field, FOUND[i].confidence, "values alone");
            return;
        }
}

/* What to call the values of a column that is no field. */
static void S_type(struct guess_column *c)
{
    const struct column_facts *f = c->facts;
    const struct {
        bool is;
        const char *type;
        double confidence;
    } FOUND[] = {
        {S_is(f, VALUE_EMAIL) >= 0.8, "email", S_is(f, VALUE_EMAIL)},
        {S_is(f, VALUE_URL) >= 0.8, "url", S_is(f, VALUE_URL)},
        {S_is(f, VALUE_UUID) >= 0.8, "identifier", 0.9},
        {S_is(f, VALUE_TIMESTAMP) >= 0.8, "timestamp", S_is(f, VALUE_TIMESTAMP)},
        {S_is(f, VALUE_DATE) >= 0.8 && S_is(f, VALUE_PHONE_PLUS) < 0.5, "date", S_is(f, VALUE_DATE)},
        {S_is(f, VALUE_AMOUNT) >= 0.8, "amount", S_is(f, VALUE_AMOUNT)},
        {S_is(f, VALUE_BOOLEAN) >= 0.95 && f->distinct <= 4, "category", 0.9},
        {S_is(f, VALUE_NUMBER) >= 0.9 && f->repeated == 0 && f->values > 20, "identifier", 0.6},
        {S_is(f, VALUE_NUMBER) >= 0.9, "number", S_is(f, VALUE_NUMBER)},
        {!f->many && f->values >= 20 && f->distinct * 4 < f->values, "category", 0.8},
        {S_is(f, VALUE_CODE) >= 0.8 && f->repeated == 0, "identifier", 0.7},
    };
    for (size_t i = 0; i < COUNT_OF(FOUND); i++)
        if (FOUND[i].is) {
            c->type = FOUND[i].type;
            c->confidence = FOUND[i].confidence;
            return;
        }
    c->type = f->values ? "text" : NULL;
    c->confidence = f->values ? 0.5 : 0;
}

static const char *S_why_not(const struct header_meaning *m)
{
    static const char *const WHY[] = {
        [SAYS_REFERENCE] = "the number of something",         [SAYS_CREATED] = "when the record was made",
        [SAYS_UPDATED] = "when the record changed",           [SAYS_IGNORE] = "no evidence of identity",
        [SAYS_ADDRESS_LINE2] = "belongs to a street address", [SAYS_ID] = "another number of the record",
    };
    return (size_t)m->says < COUNT_OF(WHY) && WHY[m->says] ? WHY[m->says] : "not recognised";
}

static void S_column(struct guess_column *c)
{
    c->why = S_why_not(&c->header);
    if (c->facts->values == 0) {
        c->why = "empty";
        return;
    }
    if (c->header.whose == WHOSE_OTHERS && (c->header.says == SAYS_FIELD || c->header.says == SAYS_NAME))
        c->why = "seems to be somebody else's";
    else if (c->header.says == SAYS_FIELD)
        S_by_name(c);
    else if (c->header.says == SAYS_NOTHING)
        S_by_values(c);
    if (c->use == USE_NONE && !c->field)
        S_type(c);
}

void guess_columns(struct guess *g, const struct survey *s, struct header_words *words)
{
    g->n_columns = s->n_columns;
    g->column = ARENA_NEW(g->out, struct guess_column, s->n_columns);
    for (size_t i = 0; i < s->n_columns; i++) {
        struct guess_column *c = &g->column[i];
        c->facts = &s->column[i];
        c->header = header_meaning(words, c->facts->name);
        S_column(c);
    }
}

/* ------------------------------------------------------------------ the whole file */

int guess_find(const struct guess *g, const char *field)
{
    for (size_t i = 0; i < g->n_columns; i++)
        if (guess_is_field(&g->column[i], field))
            return (int)i;
    return -1;
}

void guess_check(struct guess *g, const struct survey *s, const char *format, ...)
{
    va_list args;
    if (g->n_checks == g->checks_room) {
        size_t room = g->checks_room ? g->checks_room * 2 : 16;
        struct str *more = ARENA_NEW(g->out, struct str, room);
        if (g->n_checks)
            memcpy(more, g->check, g->n_checks * sizeof *more);
        g->check = more;
        g->checks_room = room;
    }
    va_start(args, format);
    struct str text = arena_vprintf(g->out, format, args);
    va_end(args);
    g->check[g->n_checks++] = arena_printf(g->out, "%.*s: %.*s", STR_ARG(s->path), STR_ARG(text));
}

/* Guesses that were used, but not surely; and numbers that might be identifiers. */
static void S_list_unsure(struct guess *g, const struct survey *s)
{
    for (size_t i = 0; i < g->n_columns; i++) {
        const struct guess_column *c = &g->column[i];
        struct str name = c->facts->name;
        if (c->use == USE_FIELD && c->confidence < GUESS_SURE)
            guess_check(g, s, "unsure: is column \"%.*s\" the field %s? (%s)", STR_ARG(name), c->field, c->why);
        else if (c->use == USE_NONE && c->field)
            guess_check(g, s, "column \"%.*s\" is named like %s and was left out: %s", STR_ARG(name), c->field, c->why);
        else if (c->use == USE_NONE && c->facts->values && c->header.whose == WHOSE_OTHERS &&
                 c->header.says == SAYS_FIELD)
            guess_check(g, s, "column \"%.*s\" was left out: %s", STR_ARG(name), c->why);
        else if (c->use == USE_NONE && c->header.says == SAYS_REFERENCE && c->facts->values)
            guess_check(g, s,
                        "column \"%.*s\" could be an identifier, or a link to another source: map it if it is one",
                        STR_ARG(name));
        else if (c->use == USE_NONE && c->header.says == SAYS_NOTHING && c->type && strcmp(c->type, "identifier") == 0)
            guess_check(g, s, "column \"%.*s\" could be an identifier: map it if it is one", STR_ARG(name));
        else if (c->use == USE_NONE && c->header.says == SAYS_NOTHING && c->type && strcmp(c->type, "date") == 0)
            guess_check(g, s, "column \"%.*s\" holds dates: map it if they are birth dates", STR_ARG(name));
    }
}

void guess_file(const struct survey *s, struct header_words *words, struct str stem, struct arena *out, struct guess *g)
{
    *g = (struct guess){.record_id = -1, .updated_at = -1, .entity_column = -1, .birth_part = {-1, -1, -1}, .out = out};
    guess_columns(g, s, words);
    guess_identity(g, s, stem);
    guess_dates(g, s);
    guess_names(g, s);
    guess_entity(g, s);
    guess_country(g, s);
    S_list_unsure(g, s);
}

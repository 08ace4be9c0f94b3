/* The record id, and the column that says what a record is. */
#include "engine/guess.h"

/* ------------------------------------------------------------------ record id */

static char S_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* "customers.csv" and "customer_id" begin alike. */
static bool S_fits_file(struct str stem, struct str name)
{
    size_t n = 0;
    while (n < stem.len && n < name.len && S_lower(stem.ptr[n]) == S_lower(name.ptr[n]))
        n++;
    return n >= 4 && n + 1 >= stem.len;
}

/* An identifier that a system of its own gives out. */
static bool S_numbers_records(const struct guess_column *c)
{
    static const char *const FIELDS[] = {"loyalty_no", "insurance_no", "registration_no", "product_no", "gtin",
                                         "isbn",       "doi"};
    for (size_t i = 0; i < COUNT_OF(FIELDS); i++)
        if (guess_is_field(c, FIELDS[i]))
            return true;
    return false;
}

/* How much the name says that the column numbers the records. */
static double S_named(const struct guess_column *c, struct str stem)
{
    static const char *const BEST[] = {"id", "recordid", "internalid", "uuid", "guid", "recid"};
    struct str name = c->facts->name;
    if (S_numbers_records(c))
        return 0.75;
    if (c->header.says == SAYS_REFERENCE)
        return S_fits_file(stem, name) ? 0.93 : 0.8;
    if (c->header.says != SAYS_ID)
        return 0;
    char plain[16];
    size_t n = 0;
    for (size_t i = 0; i < name.len && n < sizeof plain; i++)
        if (!strchr("_- .", name.ptr[i]))
            plain[n++] = S_lower(name.ptr[i]);
    for (size_t i = 0; i < COUNT_OF(BEST); i++)
        if (str_eq((struct str){plain, n}, str_from(BEST[i])))
            return 0.96;
    return name.len <= 4 ? 0.7 : 0.85;
}

static double S_unnamed(const struct guess_column *c, size_t at)
{
    const struct column_facts *f = c->facts;
    double confidence = at == 0 ? 0.1 : 0;
    if (column_share(f, VALUE_UUID) > 0.9)
        return confidence + 0.65;
    if (column_share(f, VALUE_CODE) > 0.9 && column_share(f, VALUE_DATE) < 0.5 && column_share(f, VALUE_EMAIL) < 0.5)
        return confidence + 0.45;
    if (column_share(f, VALUE_EMAIL) > 0.9)
        return confidence + 0.3;
    return confidence + 0.15;
}

/* Confidence that column `at` is the record id. */
static double S_rate(const struct guess *g, size_t at, struct str stem)
{
    const struct guess_column *c = &g->column[at];
    const struct column_facts *f = c->facts;
    if (f->filled == 0 || f->rows == 0)
        return 0;
    double rate = S_named(c, stem), full = (double)f->filled / (double)f->rows;
    if (rate <= 0)
        rate = S_unnamed(c, at);
    if (c->use == USE_FIELD && !S_numbers_records(c) && column_share(f, VALUE_EMAIL) < 0.9)
        rate *= 0.5;
    double repeated = (double)f->repeated / (double)f->values;
    if (repeated > 0)
        rate *= repeated < 0.02 ? 0.8 : repeated < 0.5 ? 0.5 : 0.2;
    return rate * (full > 0.999 ? 1 : full > 0.95 ? 0.8 : 0.3);
}

static void S_record_id(struct guess *g, const struct survey *s, struct str stem)
{
    double best = 0;
    for (size_t i = 0; i < g->n_columns; i++) {
        double rate = S_rate(g, i, stem);
        if (rate > best) {
            best = rate;
            g->record_id = (int)i;
        }
    }
    if (g->record_id < 0)
        return;
    struct guess_column *c = &g->column[g->record_id];
    const struct column_facts *f = c->facts;
    bool named = c->header.says == SAYS_ID || c->header.says == SAYS_REFERENCE || S_numbers_records(c);
    g->record_id_confidence = best;
    g->record_id_why = named ? (f->repeated ? "named like an id, but it repeats" : "unique, named like an id")
                             : (f->repeated ? "the least repeated column" : "unique");
    g->record_id_personal = column_share(f, VALUE_EMAIL) > 0.5 || column_share(f, VALUE_IBAN) > 0.5 ||
                            (c->field && (strcmp(c->field, "ssn") == 0 || strcmp(c->field, "national_id") == 0));
    struct str name = f->name;
    if (f->repeated)
        guess_check(
            g, s,
            "%.1f %% of the values of the record id \"%.*s\" repeat: of several rows the latest counts (\"rows\")",
            100.0 * (double)f->repeated / (double)f->values, STR_ARG(name));
    if (f->filled < f->rows)
        guess_check(g, s, "rows without a value in the record id \"%.*s\" will be set aside: %llu", STR_ARG(name),
                    (unsigned long long)(f->rows - f->filled));
    if (best < GUESS_SURE)
        guess_check(g, s, "unsure: is \"%.*s\" the record id? It must name a record for ever", STR_ARG(name));
    if (g->record_id_personal)
        guess_check(g, s, "the record ids in \"%.*s\" are personal data: they are stored as tokens", STR_ARG(name));
    if (c->use == USE_FIELD)
        return;
    c->use = USE_RECORD_ID;
    c->confidence = best;
    c->why = g->record_id_why;
}

/* ------------------------------------------------------------------ kind of entity */

static uint64_t S_meaning(const struct column_facts *f, bool *person, bool *organisation, const struct lexicon *words)
{
    uint64_t known = 0;
    for (unsigned i = 0; i < f->n_categories; i++) {
        uint64_t kinds = value_kinds(words, f->category[i]);
        person[i] = value_is(kinds, VALUE_PERSON_WORD);
        organisation[i] = value_is(kinds, VALUE_ORGANISATION_WORD) && !person[i];
        known += person[i] || organisation[i] ? f->category_n[i] : 0;
    }
    return known;
}

static void S_booleans(const struct column_facts *f, bool yes_is_person, bool *person, bool *organisation,
                       const struct lexicon *words)
{
    for (unsigned i = 0; i < f->n_categories; i++) {
        bool yes = strchr("tTyY1jJoOsSдД", f->category[i].ptr[0]) != NULL;
        bool known = value_is(value_kinds(words, f->category[i]), VALUE_BOOLEAN);
        person[i] = known && yes == yes_is_person;
        organisation[i] = known && !person[i];
    }
}

static struct str *S_take(struct arena *out, const struct column_facts *f, const bool *taken, unsigned *n)
{
    struct str *value = ARENA_NEW(out, struct str, f->n_categories);
    *n = 0;
    for (unsigned i = 0; i < f->n_categories; i++)
        if (taken[i])
            value[(*n)++] = f->category[i];
    return value;
}

static bool S_is_kind_column(const struct guess_column *c, const bool *organisation, uint64_t known)
{
    const struct column_facts *f = c->facts;
    bool some = false;
    for (unsigned i = 0; i < f->n_categories; i++)
        some |= organisation[i];
    bool named = c->header.says == SAYS_KIND;
    return known * 10 >= f->values * 9 && (named || (c->header.says == SAYS_NOTHING && some && f->n_categories >= 2));
}

static void S_entity_column(struct guess *g)
{
    bool person[MOST_CATEGORIES], organisation[MOST_CATEGORIES];
    struct lexicon words;
    lexicon_init(&words);
    for (size_t i = 0; i < g->n_columns && g->entity_column < 0; i++) {
        struct guess_column *c = &g->column[i];
        const struct column_facts *f = c->facts;
        bool boolean = c->header.says == SAYS_IS_PERSON || c->header.says == SAYS_IS_ORGANISATION;
        if (f->many || !f->n_categories || c->use != USE_NONE || f->filled * 2 < f->rows)
            continue;
        bool found = false;
        if (boolean && f->n_categories <= 3) {
            S_booleans(f, c->header.says == SAYS_IS_PERSON, person, organisation, &words);
            found = true;
        } else if (!boolean) {
            found = S_is_kind_column(c, organisation, S_meaning(f, person, organisation, &words));
        }
        if (!found)
            continue;
        g->entity_column = (int)i;
        g->person_value = S_take(g->out, f, person, &g->n_person_values);
        g->organisation_value = S_take(g->out, f, organisation, &g->n_organisation_values);
        c->use = USE_ENTITY;
        c->type = "category";
        c->confidence = boolean || c->header.says == SAYS_KIND ? 0.95 : 0.75;
        c->why = "its values are kinds of party";
    }
    lexicon_deinit(&words);
}

void guess_identity(struct guess *g, const struct survey *s, struct str stem)
{
    S_record_id(g, s, stem);
    S_entity_column(g);
}

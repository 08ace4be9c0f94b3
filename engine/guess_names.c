/* Columns in the light of each other: several of one field, names that may be anything's, what belongs to whom. */
#include "engine/guess.h"
#include "rules/types.h"

/* Fields of which a record has one value; of several columns one is taken. */
static const char *const SINGLE[] = {"birth_date", "gender",  "house_number", "city",        "region",
                                     "postcode",   "country", "name_suffix",  "title",       "description",
                                     "price",      "year",    "venue",        "manufacturer"};
/* Fields of which a second set is left to a person: mixed up they would make addresses that nobody has. */
static const char *const OF_ADDRESS[] = {"address", "house_number", "city", "region", "postcode", "country"};
/* Fields that say something of a person. */
static const char *const OF_PERSON[] = {"given_name", "family_name", "middle_name",
                                        "birth_date", "gender",      "birth_name"};
static const char *const OF_PRODUCT[] = {"price", "manufacturer", "description", "product_no", "gtin"};
static const char *const OF_PUBLICATION[] = {"authors", "venue", "isbn", "doi"};
static const char *const OF_ORGANISATION[] = {"organisation", "registration_no", "duns", "lei", "vat_id"};

#define ANY(g, list) S_any((g), (list), COUNT_OF(list))

static bool S_in(const char *field, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n && field; i++)
        if (strcmp(list[i], field) == 0)
            return true;
    return false;
}

static bool S_any(const struct guess *g, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (guess_find(g, list[i]) >= 0)
            return true;
    return false;
}

static bool S_of_persons(const struct guess *g)
{
    return ANY(g, OF_PERSON) || g->birth_part[0] >= 0;
}

/* ------------------------------------------------------------------ several columns of one field */

static void S_second_given_name(struct guess *g)
{
    int first = -1;
    for (size_t i = 0; i < g->n_columns; i++) {
        struct guess_column *c = &g->column[i];
        if (!guess_is_field(c, "given_name"))
            continue;
        if (first < 0)
            first = (int)i;
        else if (c->header.number >= 2 && guess_find(g, "middle_name") < 0) {
            c->field = c->type = "middle_name";
            c->why = "the second of two given names";
        }
    }
}

static void S_address_lines(struct guess *g)
{
    bool address = guess_find(g, "address") >= 0;
    for (size_t i = 0; i < g->n_columns; i++) {
        struct guess_column *c = &g->column[i];
        if (c->header.says != SAYS_ADDRESS_LINE2 || c->use != USE_NONE || !address || !c->facts->values ||
            c->header.whose != WHOSE_OWN)
            continue;
        c->use = USE_FIELD;
        c->field = c->type = "address";
        c->confidence = 0.85;
        c->why = "a further line of the address";
    }
}

static bool S_has_own(const struct guess *g, const char *field)
{
    for (size_t i = 0; i < g->n_columns; i++)
        if (guess_is_field(&g->column[i], field) && g->column[i].header.whose == WHOSE_OWN)
            return true;
    return false;
}

static void S_second_address(struct guess *g, const struct survey *s)
{
    bool own = S_has_own(g, "address") || S_has_own(g, "city") || S_has_own(g, "postcode"), told = false;
    for (size_t i = 0; i < g->n_columns; i++) {
        struct guess_column *c = &g->column[i];
        if (!own || c->use != USE_FIELD || c->header.whose != WHOSE_SECOND ||
            !S_in(c->field, OF_ADDRESS, COUNT_OF(OF_ADDRESS)))
            continue;
        if (!told)
            guess_check(g, s, "a second address (\"%.*s\", ...) was left out", STR_ARG(c->facts->name));
        told = true;
        guess_drop(c, "belongs to a second address");
    }
}

static void S_single(struct guess *g)
{
    for (size_t k = 0; k < COUNT_OF(SINGLE); k++) {
        int best = -1;
        for (size_t i = 0; i < g->n_columns; i++)
            if (guess_is_field(&g->column[i], SINGLE[k]) &&
                (best < 0 || g->column[i].confidence > g->column[best].confidence + 0.01))
                best = (int)i;
        for (size_t i = 0; i < g->n_columns; i++)
            if (guess_is_field(&g->column[i], SINGLE[k]) && (int)i != best)
                guess_drop(&g->column[i], "another column says it better");
    }
}

/* The order of a set: one's own first, then by the number in the name, then as in the file. */
static void S_ranks(struct guess *g)
{
    for (size_t i = 0; i < g->n_columns; i++)
        for (size_t k = 0; k < g->n_columns; k++) {
            const struct guess_column *a = &g->column[i], *b = &g->column[k];
            if (i == k || a->use != USE_FIELD || !guess_is_field(b, a->field))
                continue;
            bool after = a->header.whose != b->header.whose     ? a->header.whose > b->header.whose
                         : a->header.number != b->header.number ? a->header.number > b->header.number
                                                                : i > k;
            g->column[i].rank += after;
        }
}

/* A configuration that maps more columns to a field is refused: the last ones of the set go. */
static void S_most_columns(struct guess *g, const struct survey *s, const char *field)
{
    enum { MOST_NAMED = 8 };
    size_t n = 0;
    struct buf names = {0};
    for (size_t i = 0; i < g->n_columns; i++) {
        struct guess_column *c = &g->column[i];
        if (!guess_is_field(c, field) || c->rank < MOST_MAPPED_COLUMNS)
            continue;
        guess_drop(c, "a field has as many columns as it may");
        if (n++ < MOST_NAMED)
            buf_printf(&names, "%s\"%.*s\"", n > 1 ? ", " : "", STR_ARG(c->facts->name));
    }
    if (n)
        guess_check(g, s, "%s: %d columns are mapped, the most that a field can have; left out: %zu (%.*s%s)", field,
                    MOST_MAPPED_COLUMNS, n, STR_ARG(buf_view(&names)), n > MOST_NAMED ? ", ..." : "");
    buf_deinit(&names);
}

/* ------------------------------------------------------------------ names of anything */

static bool S_of_things(const struct guess *g)
{
    bool contact = guess_find(g, "phone") >= 0 || guess_find(g, "email") >= 0 || guess_find(g, "address") >= 0 ||
                   guess_find(g, "postcode") >= 0;
    return !contact && !S_of_persons(g) && (ANY(g, OF_PRODUCT) || ANY(g, OF_PUBLICATION));
}

struct reading {
    const char *field;
    double confidence;
    const char *why;
};

/* What "name" names, by its own values and what stands beside it. */
static struct reading S_read_name(const struct guess *g, const struct guess_column *c)
{
    const struct column_facts *f = c->facts;
    double given = column_share(f, VALUE_KNOWN_GIVEN), legal = column_share(f, VALUE_LEGAL_FORM);
    double comma = column_share(f, VALUE_COMMA_NAME), several = column_share(f, VALUE_SEVERAL_WORDS);
    bool persons = S_of_persons(g), place = guess_find(g, "address") >= 0 || guess_find(g, "phone") >= 0;
    if (S_of_things(g))
        return (struct reading){"title", given < 0.3 ? 0.85 : 0.6,
                                "name of a thing: price, maker or description stand beside it"};
    if (guess_find(g, "given_name") < 0 && guess_find(g, "family_name") >= 0 && several < 0.2)
        return (struct reading){"given_name", given >= 0.25 ? 0.9 : 0.65, "stands beside a family name"};
    if (legal >= 0.1 && given < 0.15)
        return (struct reading){"organisation", 0.88, "legal forms in the values"};
    if (comma >= 0.5 || given >= 0.3)
        return (struct reading){"full_name", 0.92, "names of persons in the values"};
    if (g->entity_column >= 0 || (legal >= 0.03 && given >= 0.1))
        return (struct reading){"full_name", 0.85, "names of persons and organisations in the values"};
    if (persons || (given >= 0.15 && several >= 0.5))
        return (struct reading){"full_name", 0.8, "stands beside what persons have"};
    if (ANY(g, OF_ORGANISATION))
        return (struct reading){"organisation", 0.75, "stands beside what organisations have"};
    if (place && given < 0.2)
        return (struct reading){"organisation", 0.65, "no given names in the values"};
    return (struct reading){"full_name", 0.6, "a name, of whom is open"};
}

/* "Name" beside given and family name repeats them. */
static bool S_repeats(const struct guess *g, const struct guess_column *c)
{
    int given = guess_find(g, "given_name"), family = guess_find(g, "family_name");
    if (given < 0 || family < 0)
        return false;
    uint64_t both = column_both_filled(c->facts, g->column[family].facts),
             alone = column_only_filled(c->facts, g->column[family].facts);
    return alone * 10 < both;
}

static void S_plain_names(struct guess *g)
{
    for (size_t i = 0; i < g->n_columns; i++) {
        struct guess_column *c = &g->column[i];
        if (c->header.says != SAYS_NAME || c->use != USE_NONE || !c->facts->values || c->header.whose == WHOSE_OTHERS)
            continue;
        if (S_repeats(g, c)) {
            c->why = "repeats given and family name";
            continue;
        }
        struct reading reading = S_read_name(g, c);
        bool taken = guess_find(g, reading.field) >= 0 && strcmp(reading.field, "title") == 0;
        if (taken || column_share(c->facts, VALUE_NUMBER) > 0.5)
            continue;
        c->use = USE_FIELD;
        c->field = c->type = reading.field;
        c->confidence = reading.confidence;
        c->why = reading.why;
    }
}

/* ------------------------------------------------------------------ whose name, whose title */

/* A company beside a person's name is where the person works; without one it is the record itself. */
static void S_employers(struct guess *g)
{
    int name = guess_find(g, "family_name");
    if (name < 0)
        name = guess_find(g, "full_name");
    if (name < 0 || guess_find(g, "employer") >= 0)
        return;
    for (size_t i = 0; i < g->n_columns; i++) {
        struct guess_column *c = &g->column[i];
        if (!guess_is_field(c, "organisation"))
            continue;
        uint64_t both = column_both_filled(c->facts, g->column[name].facts);
        if (both * 2 <= c->facts->filled)
            continue;
        c->field = c->type = "employer";
        c->why = "stands beside a person's name";
        if (c->confidence > 0.8)
            c->confidence = 0.8;
    }
}

static void S_out_of_place(struct guess *g)
{
    bool things = S_of_things(g), persons = S_of_persons(g) || guess_find(g, "full_name") >= 0;
    bool organisations = guess_find(g, "organisation") >= 0;
    for (size_t i = 0; i < g->n_columns; i++) {
        struct guess_column *c = &g->column[i];
        if (c->use != USE_FIELD)
            continue;
        bool thing = S_in(c->field, OF_PRODUCT, COUNT_OF(OF_PRODUCT)) ||
                     S_in(c->field, OF_PUBLICATION, COUNT_OF(OF_PUBLICATION)) || strcmp(c->field, "year") == 0;
        if (thing && !things)
            guess_drop(c, "no evidence of identity");
        else if (strcmp(c->field, "title") == 0 && (persons || organisations))
            guess_drop(c, "a form of address, or a position");
        else if ((strcmp(c->field, "website") == 0 || strcmp(c->field, "fax") == 0) && !(organisations && !persons))
            guess_drop(c, "shared by many persons");
        else if (strcmp(c->field, "latitude") == 0 || strcmp(c->field, "longitude") == 0)
            guess_drop(c, "follows from the address");
    }
}

void guess_names(struct guess *g, const struct survey *s)
{
    S_second_given_name(g);
    S_address_lines(g);
    S_second_address(g, s);
    S_plain_names(g);
    S_employers(g);
    S_out_of_place(g);
    S_single(g);
    S_ranks(g);
    for (size_t i = 0; known_field_name(i); i++)
        S_most_columns(g, s, known_field_name(i));
}

void guess_entity(struct guess *g, const struct survey *s)
{
    bool persons = S_of_persons(g), full_name = guess_find(g, "full_name") >= 0;
    bool organisations = guess_find(g, "organisation") >= 0;
    g->entity = ENTITY_UNKNOWN;
    g->entity_confidence = 0.9;
    if (g->entity_column >= 0) {
        g->entity_why = "a column says it";
    } else if (organisations && (persons || full_name)) {
        g->entity_why = "persons and organisations stand side by side";
        guess_check(
            g, s, "persons and organisations stand side by side: a column that says which is which helps (\"entity\")");
    } else if (persons || guess_find(g, "employer") >= 0) {
        g->entity = ENTITY_PERSON;
        g->entity_why = "columns that persons have";
    } else if (full_name) {
        const struct column_facts *f = g->column[guess_find(g, "full_name")].facts;
        bool mixed = column_share(f, VALUE_LEGAL_FORM) >= 0.03;
        g->entity = mixed ? ENTITY_UNKNOWN : ENTITY_PERSON;
        g->entity_confidence = 0.75;
        g->entity_why = mixed ? "legal forms among the names" : "names of persons";
    } else if (organisations) {
        g->entity = ENTITY_ORGANISATION;
        g->entity_confidence = g->column[guess_find(g, "organisation")].confidence;
        g->entity_why = "names of organisations";
    } else {
        bool contact = guess_find(g, "email") >= 0 || guess_find(g, "phone") >= 0;
        g->entity = contact ? ENTITY_UNKNOWN : ENTITY_OTHER;
        g->entity_confidence = 0.7;
        g->entity_why = contact ? "no names" : "neither persons nor organisations";
    }
}

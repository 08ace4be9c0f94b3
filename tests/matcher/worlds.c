#include "worlds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/hash.h"
#include "normalize/normalize.h"

static const char *const GIVEN[] = {"William", "Bill",  "Robert",   "Bob",   "Elizabeth", "Liz",   "Katharina", "Katja",
                                    "José",    "Jose",  "Anna",     "Анна",  "Jürgen",    "Hans",  "Peter",     "Pedro",
                                    "Maria",   "Mary",  "Margaret", "Peggy", "James",     "Jim",   "Jean",      "Luc",
                                    "Li",      "Wei",   "Thomas",   "Tom",   "Sophie",    "Sofia", "Michael",   "Mike",
                                    "Erika",   "Heike", "Dieter",   "Ines"};
static const char *const FAMILY[] = {
    "Smith", "Smyth",   "Jones",    "Müller",  "Mueller",   "Schmidt", "Schmitt", "García", "O'Brien", "Fischer",
    "Weber", "Lefèvre", "Lefebvre", "van Dyk", "Brown",     "Johnson", "Иванов",  "Ivanov", "Nowak",   "Kowalska",
    "Rossi", "Bianchi", "Hansen",   "Jensen",  "Andersson", "Larsen",  "Meier",   "Maier",  "Becker",  "Hoffmann",
    "Clark", "Lewis",   "Walker",   "Hall",    "Young",     "King",    "Wright",  "Scott",  "Green",   "Baker"};
static const char *const STREET[] = {"High Street", "Main Street", "Station Road", "Mill Lane",   "Hauptstr.",
                                     "Bahnhofstr.", "Gartenweg",   "Rue de Lyon",  "Park Avenue", "Church Rd"};
static const char *const TOWN[][3] = {{"London", "SW1A 1AA", "GB"}, {"St Albans", "AL1 3JE", "GB"},
                                      {"Berlin", "10115", "DE"},    {"Köln", "50667", "DE"},
                                      {"Lyon", "69001", "FR"},      {"Springfield", "62701", "US"}};
static const char *const TRADE[] = {"Machine", "Foods", "Textiles", "Shipping", "Software", "Bau", "Chemie", "Media"};
static const char *const LEGAL[] = {"GmbH", "Ltd", "Limited", "Inc.", "S.A.", "AG", ""};
static const char *const MAKER[] = {"Sony", "Canon", "Bosch", "Philips", "Braun", "Dell", "Epson"};
static const char *const THING[] = {"camera", "printer", "lens", "shaver", "monitor", "cable", "headphones", "drill"};
static const char *const COLOUR[] = {"black", "silver", "white", "blue"};

struct maker {
    struct small_batch *s;
    struct normalizer *n;
    uint64_t state;
    uint32_t *entity;
    unsigned field; /* the next value's */
    const char *country;
};

static unsigned S_below(struct maker *k, unsigned n)
{
    return (unsigned)random_below(&k->state, n);
}

#define PICK(k, list) ((list)[S_below(k, COUNT_OF(list))])

/* One ASCII letter left out, doubled, changed or swapped with the next. */
static const char *S_typo(struct maker *k, const char *text)
{
    char *out = ARENA_NEW(&k->s->arena, char, strlen(text) + 2);
    size_t n = strlen(text), at = n ? S_below(k, (unsigned)n) : 0;
    strcpy(out, text);
    if (n < 3 || (unsigned char)text[at] >= 0x80 || (unsigned char)text[at + 1] >= 0x80)
        return text;
    switch (S_below(k, 4)) {
    case 0:
        memmove(out + at, out + at + 1, n - at);
        break;
    case 1:
        memmove(out + at + 1, out + at, n - at + 1);
        break;
    case 2:
        out[at] = (char)('a' + S_below(k, 26));
        break;
    default:
        if (at + 1 < n) {
            out[at] = text[at + 1];
            out[at + 1] = text[at];
        }
    }
    return out;
}

/* The value of the next field: missing in `gap` of a hundred records, with a typo in `typo` of them. */
static void S_value(struct maker *k, const char *text, unsigned gap, unsigned typo)
{
    unsigned field = k->field++;
    struct norm v;
    struct norm_context context = {0};
    snprintf(context.country, sizeof context.country, "%s", k->country ? k->country : "");
    context.date_order = DATE_ORDER_YMD;
    context.identifier_kind = k->s->schema.field[field].name;
    if (S_below(k, 100) < gap)
        return;
    if (S_below(k, 100) < typo)
        text = S_typo(k, text);
    normalize_value(k->n, k->s->schema.field[field].type, &context, str_from(text), &k->s->arena, &v);
    if (v.form[NORM_CANON].len)
        small_norm(k->s, field, &v);
}

static void S_record(struct maker *k, uint16_t source, uint32_t entity, enum entity_kind kind)
{
    uint32_t row = small_record(k->s, source, small_printf(k->s, "%05u", k->s->batch.n_rows), kind);
    k->entity[row] = entity;
    k->field = 0;
}

/* What stays the same of thing i, whoever writes it down. */
static uint64_t S_of(unsigned i, const char *what)
{
    return hash_combine(hash_str(str_from(what)), i);
}

#define OF(i, what, list) ((list)[S_of(i, what) % COUNT_OF(list)])

/* ------------------------------------------------------------------ persons */

enum { HOUSE_OF = 3 };

static const char *S_birth(struct maker *k, unsigned person)
{
    unsigned year = 1930 + (unsigned)(S_of(person, "year") % 75), month = 1 + (unsigned)(S_of(person, "month") % 12);
    unsigned day = 1 + (unsigned)(S_of(person, "day") % 28);
    switch (S_below(k, 20)) {
    case 0:
        return small_printf(k->s, "%u", year);
    case 1:
        return small_printf(k->s, "%u-%02u-%02u", year, day <= 12 ? day : month, day <= 12 ? month : day);
    case 2:
        return small_printf(k->s, "%u-%02u-%02u", year + 10, month, day);
    default:
        return small_printf(k->s, "%u-%02u-%02u", year, month, day);
    }
}

static const char *S_mail(struct maker *k, unsigned person)
{
    static const char *const AT[] = {"gmail.com", "example.org", "firma.example", "mail.example"};
    if (S_below(k, 25) == 0)
        return "info@example.org";
    return small_printf(k->s, "%c.person%u@%s", 'a' + (char)(S_of(person, "mail") % 26), person, OF(person, "at", AT));
}

static void S_contact(struct maker *k, unsigned person, unsigned house)
{
    S_value(k, S_mail(k, S_below(k, 12) ? person : person - person % HOUSE_OF), 25, 4);
    S_value(k,
            small_printf(k->s, "%s%07u", OF(house, "town", TOWN)[2][0] == 'D' ? "030 " : "020 7",
                         (unsigned)(S_of(S_below(k, 3) ? person : house, "phone") % 9000000 + 1000000)),
            30, 3);
}

static void S_home(struct maker *k, unsigned house)
{
    const char *const *town = OF(house, "town", TOWN);
    S_value(k,
            small_printf(k->s, "%u %s%s", (unsigned)(S_of(house, "number") % 60 + 1), OF(house, "street", STREET),
                         S_below(k, 15) ? "" : ", Flat 2"),
            12, 5);
    S_value(k, town[0], 8, 4);
    S_value(k, town[1], 10, 3);
}

static void S_person(struct maker *k, unsigned i)
{
    unsigned person = S_below(k, 240), house = S_below(k, 14) ? person / HOUSE_OF : person + 500;
    const char *given = OF(person, "given", GIVEN), *family = OF(house, "family", FAMILY);
    bool swapped = S_below(k, 40) == 0;
    k->country = OF(house, "town", TOWN)[2];
    if (S_of(person, "given") % 2 == 0 && S_below(k, 8) == 0)
        given = GIVEN[(S_of(person, "given") % COUNT_OF(GIVEN)) ^ 1]; /* the short form stands beside the long one */
    S_value(k, swapped ? family : given, 3, 4);
    S_value(k, small_printf(k->s, S_below(k, 2) ? "%s" : "%.1s.", OF(person, "middle", GIVEN)), 70, 2);
    S_value(k, swapped ? given : family, 2, 5);
    S_value(k, S_of(person, "suffix") % 9 ? "" : "Jr.", 20, 0);
    S_value(k, S_birth(k, person), 12, 2);
    S_value(k, S_of(person, "gender") % 2 ? "F" : "M", 10, 0);
    S_contact(k, person, house);
    S_home(k, house);
    S_value(k, small_printf(k->s, "%08u", (unsigned)(S_of(person, "ssn") % 90000000 + 10000000)), 60, 3);
    S_record(k, i % 7 == 0 ? 2 : (uint16_t)(i % 2), person, i % 11 ? ENTITY_PERSON : ENTITY_UNKNOWN);
}

static void S_whole_name(struct maker *k, unsigned i)
{
    static const char *const WAYS[] = {"%s %s", "%2$s, %1$s", "Dr. %s %s", "%.1s. %s", "%s M. %s", "%s %s Jr."};
    unsigned person = S_below(k, 160), house = person / HOUSE_OF;
    const char *way = S_below(k, 2) ? WAYS[0] : PICK(k, WAYS);
    k->country = OF(house, "town", TOWN)[2];
    S_value(k, small_printf(k->s, way, OF(person, "given", GIVEN), OF(house, "family", FAMILY)), 2, 6);
    S_value(k, S_birth(k, person), 20, 2);
    S_contact(k, person, house);
    S_home(k, house);
    S_value(k, small_printf(k->s, "%s & Sons Ltd", OF(house / 4, "family", FAMILY)), 30, 3);
    S_record(k, (uint16_t)(i % 2), person, ENTITY_PERSON);
}

/* ------------------------------------------------------------------ organisations, products, places */

static void S_organisation(struct maker *k, unsigned i)
{
    unsigned firm = S_below(k, 150);
    const char *legal = S_below(k, 4) ? OF(firm, "legal", LEGAL) : PICK(k, LEGAL);
    k->country = OF(firm, "town", TOWN)[2];
    const char *name = small_printf(k->s, "%s %s %s", OF(firm, "family", FAMILY), OF(firm, "trade", TRADE), legal);
    if (S_below(k, 15) == 0)
        name = small_printf(k->s, "%s of %s %s %s", OF(firm, "trade", TRADE), OF(firm, "town", TOWN)[0],
                            OF(firm, "family", FAMILY), legal);
    S_value(k, name, 2, 6);
    S_home(k, firm);
    S_value(k, small_printf(k->s, "020 7%07u", (unsigned)(S_of(firm, "phone") % 9000000 + 1000000)), 30, 3);
    S_value(k, small_printf(k->s, "https://www.firm%u.example/", firm), 40, 3);
    S_value(k, small_printf(k->s, "HRB %u", 10000 + firm * 37), 50, 3);
    S_value(k, k->country, 10, 0);
    S_record(k, 0, firm, i % 9 ? ENTITY_ORGANISATION : ENTITY_UNKNOWN);
}

static void S_product(struct maker *k, unsigned i)
{
    unsigned thing = S_below(k, 170), series = thing / 4;
    const char *maker = OF(series, "maker", MAKER), *what = OF(series, "thing", THING);
    const char *number = small_printf(k->s, "%c%c-%u", 'a' + (char)(S_of(series, "x") % 26), 'k' + (char)(series % 9),
                                      100 + series * 10 + thing % 4);
    /* drawn one after the other: compilers work out arguments in an order of their own */
    const char *shown = S_below(k, 4) ? number : "", *colour = S_below(k, 3) ? OF(thing, "colour", COLOUR) : "new";
    const char *title = small_printf(k->s, "%s %s %s %s %u GB", maker, shown, what, colour, 1U << thing % 4);
    k->country = NULL;
    S_value(k, title, 0, 8);
    S_value(k, number, 40, 4);
    S_value(k, maker, 15, 2);
    S_value(k, small_printf(k->s, "%u.%02u", 20 + (unsigned)(S_of(thing, "price") % 400), S_below(k, 3) ? 99 : 49), 20,
            3);
    S_value(k, small_printf(k->s, "a %s by %s for every day, in %s", what, maker, PICK(k, COLOUR)), 35, 5);
    S_value(k, what, 30, 0);
    S_record(k, (uint16_t)(i % 2), thing, ENTITY_OTHER);
}

/* A filter of 1,024 bits as another program encodes it, some bits of it changed. */
static const char *S_filter(struct maker *k, unsigned place)
{
    static const char digits[] = "0123456789abcdef";
    char text[257];
    for (unsigned i = 0; i < 256; i++) {
        uint64_t bits = S_of(place * 256 + i, "bits") & S_of(i * 91 + place, "sparse") & 15;
        text[i] = digits[S_below(k, 20) ? bits : bits ^ 1];
    }
    text[256] = 0;
    return small_printf(k->s, "%s", text);
}

static void S_place(struct maker *k, unsigned i)
{
    unsigned place = S_below(k, 140);
    const char *const *town = OF(place, "town", TOWN);
    k->country = town[2];
    S_value(k, small_printf(k->s, "%s %s", OF(place, "family", FAMILY), S_below(k, 3) ? "Hotel" : "Inn"), 1, 5);
    S_value(k, small_printf(k->s, "%.4f", 48 + (double)(S_of(place, "lat") % 100000) / 10000 + S_below(k, 4) * 0.0001),
            15, 1);
    S_value(k, small_printf(k->s, "%.4f", 2 + (double)(S_of(place, "lon") % 90000) / 10000 + S_below(k, 4) * 0.0001),
            15, 1);
    S_value(k, small_printf(k->s, "%u", (unsigned)(S_of(place, "no") % 90 + 1)), 30, 3);
    S_value(k, town[0], 5, 3);
    S_value(k, small_printf(k->s, "20%02u-0%u-11", (unsigned)(S_of(place, "open") % 24), 1 + (unsigned)(place % 9)), 30,
            2);
    S_value(k, S_filter(k, place), 25, 0);
    S_value(k, S_of(place, "kind") % 3 ? "hotel" : "inn", 10, 0);
    S_record(k, (uint16_t)(i % 4), place, ENTITY_UNKNOWN);
}

/* ------------------------------------------------------------------ the table */

struct world {
    const char *name;
    uint32_t records;
    uint16_t sources;
    struct {
        const char *name;
        enum field_type type;
    } field[14];
    void (*record)(struct maker *k, unsigned i);
};

static const struct world WORLD[WORLDS] = {
    [WORLD_PERSONS] = {"persons",
                       480,
                       3,
                       {{"given_name", FIELD_GIVEN_NAME},
                        {"middle_name", FIELD_MIDDLE_NAME},
                        {"family_name", FIELD_FAMILY_NAME},
                        {"name_suffix", FIELD_NAME_SUFFIX},
                        {"birth_date", FIELD_BIRTH_DATE},
                        {"gender", FIELD_GENDER},
                        {"email", FIELD_EMAIL},
                        {"phone", FIELD_PHONE},
                        {"address", FIELD_ADDRESS},
                        {"city", FIELD_CITY},
                        {"postcode", FIELD_POSTCODE},
                        {"national_id", FIELD_IDENTIFIER}},
                       S_person},
    [WORLD_WHOLE_NAMES] = {"whole names",
                           320,
                           2,
                           {{"full_name", FIELD_FULL_NAME},
                            {"birth_date", FIELD_BIRTH_DATE},
                            {"email", FIELD_EMAIL},
                            {"phone", FIELD_PHONE},
                            {"address", FIELD_ADDRESS},
                            {"city", FIELD_CITY},
                            {"postcode", FIELD_POSTCODE},
                            {"employer", FIELD_EMPLOYER}},
                           S_whole_name},
    [WORLD_ORGANISATIONS] = {"organisations",
                             300,
                             1,
                             {{"organisation", FIELD_ORGANISATION},
                              {"address", FIELD_ADDRESS},
                              {"city", FIELD_CITY},
                              {"postcode", FIELD_POSTCODE},
                              {"phone", FIELD_PHONE},
                              {"website", FIELD_URL},
                              {"registration_no", FIELD_IDENTIFIER},
                              {"country", FIELD_COUNTRY}},
                             S_organisation},
    [WORLD_PRODUCTS] = {"products",
                        360,
                        2,
                        {{"title", FIELD_TITLE},
                         {"product_no", FIELD_IDENTIFIER},
                         {"manufacturer", FIELD_CATEGORY},
                         {"price", FIELD_AMOUNT},
                         {"description", FIELD_TEXT},
                         {"category", FIELD_CATEGORY}},
                        S_product},
    [WORLD_PLACES] = {"places",
                      280,
                      4,
                      {{"title", FIELD_TITLE},
                       {"latitude", FIELD_LATITUDE},
                       {"longitude", FIELD_LONGITUDE},
                       {"house_number", FIELD_HOUSE_NUMBER},
                       {"region", FIELD_REGION},
                       {"opened", FIELD_DATE},
                       {"encoding", FIELD_ENCODING},
                       {"kind", FIELD_CATEGORY}},
                      S_place},
};

const char *world_name(enum world_kind kind)
{
    return WORLD[kind].name;
}

uint32_t world_records(enum world_kind kind)
{
    return WORLD[kind].records;
}

void world_make(enum world_kind kind, struct small_batch *s, uint32_t *entity)
{
    const struct world *w = &WORLD[kind];
    struct maker k = {.s = s, .state = 7 + (uint64_t)kind, .entity = entity};
    assert_int_equal(normalizer_new(&k.n, NULL), IDEM_OK);
    small_init(s);
    for (unsigned f = 0; f < COUNT_OF(w->field) && w->field[f].name; f++)
        small_field(s, w->field[f].name, w->field[f].type);
    small_sources(s, w->sources);
    for (unsigned i = 0; i < w->records; i++)
        w->record(&k, i);
    normalizer_free(k.n);
}

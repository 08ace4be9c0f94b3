/* Comparisons: which level two raw values reach, through the normaliser. Cases are tables; symmetry holds for all
 * kinds. */
#include "matcher/compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "matcher/compare_kinds.h"
#include "normalize/normalize.h"

static struct normalizer *normalizer;
static struct arena arena;

static int S_setup(void **state)
{
    struct idem_error err = {0};
    (void)state;
    arena_init(&arena);
    return normalizer_new(&normalizer, &err) == IDEM_OK ? 0 : -1;
}

static int S_teardown(void **state)
{
    (void)state;
    normalizer_free(normalizer);
    arena_deinit(&arena);
    return 0;
}

static struct norm S_norm(enum field_type type, const char *country, const char *raw)
{
    struct norm value;
    struct norm_context context = {.country = ""};
    if (country)
        memcpy(context.country, country, sizeof context.country);
    normalize_value(normalizer, type, &context, str_from(raw), &arena, &value);
    return value;
}

static const char *S_level_name(enum comparison_kind kind, unsigned level)
{
    return level == LEVEL_NULL ? "null" : comparison_info(kind)->level[level].name;
}

/* ---------------------------------------------------------------- one value a side */

struct value_case {
    enum field_type type;
    const char *left, *right, *level;
    const char *country; /* default of both sides; NULL: none */
};

static bool S_holds(enum comparison_kind kind, const struct value_case *c)
{
    struct norm a = S_norm(c->type, c->country, c->left), b = S_norm(c->type, c->country, c->right);
    const char *there = S_level_name(kind, compare_values(kind, NULL, &a, &b));
    const char *back = S_level_name(kind, compare_values(kind, NULL, &b, &a));
    bool holds = !strcmp(there, c->level) && !strcmp(back, c->level);
    if (!holds)
        print_error("%s: '%s' '%s': %s, back %s, expected %s\n", field_type_name(c->type), c->left, c->right, there,
                    back, c->level);
    return holds;
}

static const struct value_case value_cases[] = {
    /* given names */
    {FIELD_GIVEN_NAME, "Jos\xC3\xA9", "JOSE", "exact", 0},
    {FIELD_GIVEN_NAME, "Hans Peter", "Hans-Peter", "exact", 0},
    {FIELD_GIVEN_NAME, "Bill", "William", "nickname", 0},
    {FIELD_GIVEN_NAME, "Bob", "Robert", "nickname", 0},
    {FIELD_GIVEN_NAME, "Leopold", "Leopodl", "close", 0},
    {FIELD_GIVEN_NAME, "Leopold", "Leopol", "close", 0},
    {FIELD_GIVEN_NAME, "Anna", "Anna Maria", "contained", 0},
    {FIELD_GIVEN_NAME, "J.", "Jonathan", "initial", 0},
    {FIELD_GIVEN_NAME, "J", "Peter", "else", 0},
    {FIELD_GIVEN_NAME, "Olga", "Peter", "else", 0},
    {FIELD_GIVEN_NAME, "Kimberly", "Okmbcrly", "similar", 0},
    {FIELD_GIVEN_NAME, "Chloe", "ChJ0e", "similar", 0},
    {FIELD_GIVEN_NAME, "Anna", "Olga", "else", 0},
    {FIELD_GIVEN_NAME, "\xD0\x9E\xD0\xBB\xD1\x8C\xD0\xB3\xD0\xB0", "Olga", "exact", 0},
    /* family names */
    {FIELD_FAMILY_NAME, "M\xC3\xBCller", "MULLER", "exact", 0},
    {FIELD_FAMILY_NAME, "De La Cruz", "Delacruz", "exact", 0},
    {FIELD_FAMILY_NAME, "O'Neill", "ONeill", "exact", 0},
    {FIELD_FAMILY_NAME, "Johnson", "Jonhson", "close", 0},
    {FIELD_FAMILY_NAME, "Thompson", "Thomson", "close", 0},
    {FIELD_FAMILY_NAME,
     "Garc\xC3\xAD"
     "a M\xC3\xA1rquez",
     "Marquez", "contained", 0},
    {FIELD_FAMILY_NAME, "Smith-Jones", "Smith", "contained", 0},
    {FIELD_FAMILY_NAME, "Smith-Jones", "Jones Smith", "contained", 0},
    {FIELD_FAMILY_NAME, "Meyer", "Maier", "phonetic", 0},
    {FIELD_FAMILY_NAME, "Baker", "Miller", "else", 0},
    {FIELD_FAMILY_NAME, "Robinson", "R0b1ns0n", "similar", 0},
    {FIELD_FAMILY_NAME, "Noble", "Mason", "else", 0},
    /* middle names and suffixes */
    {FIELD_MIDDLE_NAME, "Ann", "ann", "exact", 0},
    {FIELD_MIDDLE_NAME, "A.", "Ann", "initial", 0},
    {FIELD_MIDDLE_NAME, "Elizabeth", "Elisabeth", "close", 0},
    {FIELD_MIDDLE_NAME, "Ann", "Rose", "else", 0},
    {FIELD_NAME_SUFFIX, "Jr.", "junior", "exact", 0},
    {FIELD_NAME_SUFFIX, "Jr.", "Sr.", "else", 0},
    /* whole names */
    {FIELD_FULL_NAME, "Ann Smith", "ANN SMITH", "exact", 0},
    {FIELD_FULL_NAME, "Ann Smith", "Smith Ann", "tokens", 0},
    {FIELD_FULL_NAME, "Johnathan Smith", "Jonathan Smyth", "close", 0},
    {FIELD_FULL_NAME, "Ann Mary Smith", "Ann Smith", "contained", 0},
    {FIELD_FULL_NAME, "J. Smith", "John Smith", "nickname", 0},
    {FIELD_FULL_NAME, "Bill Smith", "William Smith", "nickname", 0},
    {FIELD_FULL_NAME, "Peter Smith", "Oliver Smith", "partial", 0},
    {FIELD_FULL_NAME, "Peter Smith", "Olga Brown", "else", 0},
    {FIELD_FULL_NAME, "Ai R", "I Arrr", "else", 0}, /* which of them takes partners first must not matter */
    /* organisations */
    {FIELD_ORGANISATION, "Acme Trading Ltd", "ACME Trading Ltd", "exact", 0},
    {FIELD_ORGANISATION, "Acme Trading Ltd", "Acme Trading Inc.", "base", 0},
    {FIELD_ORGANISATION, "Meier Metallbau GmbH", "Meier Metallbau", "base", 0},
    {FIELD_ORGANISATION, "Northwind Logistics", "Northwnd Logistics", "close", 0},
    {FIELD_ORGANISATION, "Logistics Northwind", "Northwind Logistics Ltd", "close", 0},
    {FIELD_ORGANISATION, "Northwind", "Northwind Global Logistics", "contained", 0},
    {FIELD_ORGANISATION, "International Widget Manufacturers", "IWM", "acronym", 0},
    {FIELD_ORGANISATION, "Northwind Logistics", "Contoso Bakery", "else", 0},
    {FIELD_ORGANISATION, "M\xC3\xBCller & S\xC3\xB6hne GmbH", "Mueller und Soehne", "close", 0},
    {FIELD_ORGANISATION, "Northwind Logistics Ltd", "Northwind Bakery Ltd", "partial", 0},
    /* dates */
    {FIELD_BIRTH_DATE, "1984-03-02", "2 March 1984", "exact", 0},
    {FIELD_BIRTH_DATE, "1984-03-02", "1984-02-03", "swapped", 0},
    {FIELD_BIRTH_DATE, "1984-03-02", "1985-03-02", "digit", 0},
    {FIELD_BIRTH_DATE, "1984-03-02", "1948-03-02", "digit", 0},
    {FIELD_BIRTH_DATE, "1984-03-02", "1984-03", "partial", 0},
    {FIELD_BIRTH_DATE, "1984", "1984", "partial", 0},
    {FIELD_BIRTH_DATE, "1984-03-02", "1984", "partial", 0},
    {FIELD_BIRTH_DATE, "1984-03-12", "1984-03-25", "two_parts", 0},
    {FIELD_BIRTH_DATE, "1984-03-12", "1961-03-12", "two_parts", 0},
    {FIELD_BIRTH_DATE, "1984-03-12", "1984-10-25", "year", 0},
    {FIELD_BIRTH_DATE, "1984-03", "1984-05-02", "year", 0},
    {FIELD_BIRTH_DATE, "1984-03-12", "1962-11-25", "else", 0},
    {FIELD_BIRTH_DATE, "1984-03-12", "1985-03-22", "digits", 0},
    {FIELD_BIRTH_DATE, "1984-03-12", "1985-04-22", "else", 0},
    {FIELD_BIRTH_DATE, "1984-03", "1985-03-02", "else", 0},
    {FIELD_BIRTH_DATE, "1900-01-01", "1900-01-01", "null", 0},
    {FIELD_BIRTH_DATE, "1984-03-02", "1984-03-20", "digit", 0},
    {FIELD_BIRTH_DATE, "1984", "1985", "else", 0},
    /* mailboxes */
    {FIELD_EMAIL, "Ann.Smith@Example.org", "ann.smith@example.org", "exact", 0},
    {FIELD_EMAIL, "ann.smith+shop@gmail.com", "annsmith@gmail.com", "exact", 0},
    {FIELD_EMAIL, "ann.smith@example.org", "ann.smith@example.net", "local", 0},
    {FIELD_EMAIL, "ann.smith@example.org", "ann.smiht@example.org", "close", 0},
    {FIELD_EMAIL, "ann.smith@example.org", "peter@other.net", "else", 0},
    {FIELD_EMAIL, "info@example.org", "info@example.org", "null", 0},
    /* phones */
    {FIELD_PHONE, "+44 20 7946 0018", "020 7946 0018", "exact", "GB"},
    {FIELD_PHONE, "(415) 555-2671", "+1 415 555 2671", "exact", "US"},
    {FIELD_PHONE, "+44 20 7946 0018", "020 7946 0018", "national", 0},
    {FIELD_PHONE, "+1 415 555 2671", "+1 415 555 2672", "digit", "US"},
    {FIELD_PHONE, "+1 415 555 2671", "+1 415 555 6271", "digit", "US"},
    {FIELD_PHONE, "+1 415 555 2671", "+1 212 867 5309", "else", "US"},
    {FIELD_PHONE, "+1 415 555 2671", "+1 415 556 2692", "digits", "US"},
    {FIELD_PHONE, "+1 415 555 2671", "+1 416 566 2792", "else", "US"},
    {FIELD_PHONE, "0000000000", "0000000000", "null", "US"},
    /* addresses */
    {FIELD_ADDRESS, "12 Main Street", "12 main st.", "exact", "US"},
    {FIELD_ADDRESS, "12 Main Street Apt 4", "12 Main St", "number_street", "US"},
    {FIELD_ADDRESS,
     "Hauptstra\xC3\x9F"
     "e 12",
     "Hauptstr. 14", "street", "DE"},
    {FIELD_ADDRESS,
     "Hauptstra\xC3\x9F"
     "e 12",
     "Hauptstr 12", "exact", "DE"},
    {FIELD_ADDRESS, "PO Box 1234", "P.O. Box 1234, Main St", "number_street", "US"},
    {FIELD_ADDRESS, "12 Main Street", "98 Orchard Avenue", "else", "US"},
    {FIELD_ADDRESS, "12 Main Street Apt 4", "12 Main St Apt 3", "street", "US"},
    {FIELD_ADDRESS, "Flat 3, 12 Orchard Road", "12 Orchard Rd Flat 3", "number_street", "GB"},
    {FIELD_ADDRESS, "12 Orchard Road", "12 Orchrd Road", "number_street", "GB"},
    {FIELD_ADDRESS, "12 Orchard Road", "21 Orchard Road", "street", "GB"},
    {FIELD_HOUSE_NUMBER, "No. 12 a", "12A", "exact", 0},
    {FIELD_HOUSE_NUMBER, "12", "12a", "close", 0},
    {FIELD_HOUSE_NUMBER, "12", "79", "else", 0},
    {FIELD_CITY, "Saint Louis", "St. Louis", "exact", "US"},
    {FIELD_CITY, "Manchester", "Manchster", "close", 0},
    {FIELD_CITY, "Hamburg", "Hamburg-Altona", "contained", "DE"},
    {FIELD_CITY, "Paris", "Berlin", "else", 0},
    {FIELD_CITY, "Melbourne", "melnolunrs", "similar", 0},
    {FIELD_POSTCODE, "SW1A 1AA", "sw1a1aa", "exact", "GB"},
    {FIELD_POSTCODE, "10115", "10151", "digit", "DE"},
    {FIELD_POSTCODE, "SW1A 1AA", "SW1A 2BB", "area", "GB"},
    {FIELD_POSTCODE, "10115", "80331", "else", "DE"},
    /* identifiers, codes, numbers */
    {FIELD_IDENTIFIER, "AB-123 456", "ab123456", "exact", 0},
    {FIELD_IDENTIFIER, "AB123456", "AB123465", "digit", 0},
    {FIELD_IDENTIFIER, "AB123456", "AB12345", "digit", 0},
    {FIELD_IDENTIFIER, "A12", "A13", "else", 0},
    {FIELD_IDENTIFIER, "AB123456", "BA123456", "digit", 0},
    {FIELD_IDENTIFIER, "AB123456", "AB132465", "digits", 0},
    {FIELD_IDENTIFIER, "AB12345", "AB13244", "digits", 0},
    {FIELD_IDENTIFIER, "AB1234", "AB1355", "else", 0},
    {FIELD_IDENTIFIER, "00734512", "734512", "digit", 0},
    {FIELD_IDENTIFIER, "AB123456", "XY998877", "else", 0},
    {FIELD_GENDER, "female", "F", "exact", 0},
    {FIELD_GENDER, "female", "male", "else", 0},
    {FIELD_COUNTRY, "Germany", "DE", "exact", 0},
    {FIELD_COUNTRY, "Germany", "France", "else", 0},
    {FIELD_URL, "https://www.example.org/", "example.org", "exact", 0},
    {FIELD_NUMBER, "1,000", "1000.0", "exact", "US"},
    {FIELD_NUMBER, "1000", "1009", "near", 0},
    {FIELD_NUMBER, "1000", "1090", "close", 0},
    {FIELD_NUMBER, "1000", "1500", "far", 0},
    {FIELD_NUMBER, "1000", "2100", "else", 0},
    {FIELD_NUMBER, "-1000", "1000", "else", 0},
    {FIELD_NUMBER, "0", "0.000", "exact", 0},
    /* linkage encodings: a hundred bits a side, so many of them the same */
    {FIELD_ENCODING, "fffffffffffffffffffffffff0000000000000000000000000",
     "fffffffffffffffffffffffff0000000000000000000000000", "exact", 0},
    {FIELD_ENCODING, "fffffffffffffffffffffffff0000000000000000000000000",
     "ffffffffffffffffffffffffe8000000000000000000000000", "dice_95", 0},
    {FIELD_ENCODING, "fffffffffffffffffffffffff0000000000000000000000000",
     "fffffffffffffffffffffffe0f800000000000000000000000", "dice_95", 0},
    {FIELD_ENCODING, "fffffffffffffffffffffffff0000000000000000000000000",
     "fffffffffffffffffffffffc0fc00000000000000000000000", "dice_90", 0},
    {FIELD_ENCODING, "fffffffffffffffffffffffff0000000000000000000000000",
     "ffffffffffffffffffffffc00ffc0000000000000000000000", "dice_90", 0},
    {FIELD_ENCODING, "fffffffffffffffffffffffff0000000000000000000000000",
     "ffffffffffffffffffffff800ffe0000000000000000000000", "dice_85", 0},
    {FIELD_ENCODING, "fffffffffffffffffffffffff0000000000000000000000000",
     "fffffffffffffffffffff8000fffe000000000000000000000", "dice_85", 0},
    {FIELD_ENCODING, "fffffffffffffffffffffffff0000000000000000000000000",
     "fffffffffffffffffffff0000ffff000000000000000000000", "dice_80", 0},
    {FIELD_ENCODING, "fffffffffffffffffffffffff0000000000000000000000000",
     "ffffffffffffffffffff00000fffff00000000000000000000", "dice_80", 0},
    {FIELD_ENCODING, "fffffffffffffffffffffffff0000000000000000000000000",
     "fffffffffffffffffffe00000fffff80000000000000000000", "dice_75", 0},
    {FIELD_ENCODING, "fffffffffffffffffffffffff0000000000000000000000000",
     "ffffffffffffffffffe000000ffffff8000000000000000000", "dice_75", 0},
    {FIELD_ENCODING, "fffffffffffffffffffffffff0000000000000000000000000",
     "ffffffffffffffffffc000000ffffffc000000000000000000", "dice_70", 0},
    {FIELD_ENCODING, "fffffffffffffffffffffffff0000000000000000000000000",
     "fffffffffffffffffc0000000fffffffc00000000000000000", "dice_70", 0},
    {FIELD_ENCODING, "fffffffffffffffffffffffff0000000000000000000000000",
     "fffffffffffffffff80000000fffffffe00000000000000000", "dice_65", 0},
    {FIELD_ENCODING, "fffffffffffffffffffffffff0000000000000000000000000",
     "ffffffffffffffff800000000ffffffffe0000000000000000", "dice_65", 0},
    {FIELD_ENCODING, "fffffffffffffffffffffffff0000000000000000000000000",
     "ffffffffffffffff000000000fffffffff0000000000000000", "dice_60", 0},
    {FIELD_ENCODING, "fffffffffffffffffffffffff0000000000000000000000000",
     "fffffffffffffff0000000000ffffffffff000000000000000", "dice_60", 0},
    {FIELD_ENCODING, "fffffffffffffffffffffffff0000000000000000000000000",
     "ffffffffffffffe0000000000ffffffffff800000000000000", "else", 0},
    {FIELD_ENCODING, "fffffffffffffffffffffffff0000000000000000000000000",
     "0000000000000000000000000fffffffffffffffffffffffff", "else", 0},
    {FIELD_ENCODING, "fffffffffffffffffffffffff0000000000000000000000000;one two",
     "fffffffffffffffffffffffff0000000000000000000000000;three", "exact", 0},
    {FIELD_ENCODING, "fffffffffffffffffffffffff0000000000000000000000000",
     "fffffffffffffffffffffffff0000000000000000000000000000000", "null", 0},
    {FIELD_ENCODING, "fffffffffffffffffffffffff0000000000000000000000000", "none", "null", 0},
    /* titles and texts */
    {FIELD_TITLE, "Red leather sofa, two seats", "red leather sofa two seats", "exact", 0},
    {FIELD_TITLE, "Red leather sofa two seats", "sofa two seats red leather", "very_high", 0},
    {FIELD_TITLE, "red leather sofa two seats", "red leather sofa three seats", "high", 0},
    {FIELD_TITLE, "alpha beta gamma delta epsilon", "alpha beta gamma kappa lambda", "mid", 0},
    {FIELD_TITLE, "alpha beta gamma delta", "alpha beta kappa lambda", "some", 0},
    {FIELD_TITLE, "alpha beta gamma delta", "alpha kappa lambda omega nu xi", "else", 0},
    {FIELD_TITLE, "red leather sofa", "blue plastic chair", "else", 0},
    {FIELD_TITLE, "history of the northern towns and their people volume 2",
     "history of the northern towns and their people volume 3", "mid", 0},
    {FIELD_TITLE, "northern memory card for cameras and phones black 4gb",
     "northern memory card for cameras and phones black 8gb", "mid", 0},
    {FIELD_TITLE, "northern memory card for cameras and phones black 4gb",
     "northern memory card for cameras and phones 4gb", "very_high", 0},
};

static void two_values_reach_the_level_expected(void **unused)
{
    unsigned wrong = 0;
    (void)unused;
    for (unsigned i = 0; i < COUNT_OF(value_cases); i++) {
        enum comparison_kind kind;
        assert_true(comparison_kind_of(value_cases[i].type, &kind));
        wrong += !S_holds(kind, &value_cases[i]);
    }
    assert_int_equal(wrong, 0);
}

static void model_numbers_in_titles_begin_alike_or_differ(void **unused)
{
    static const struct value_case cases[] = {
        {FIELD_TITLE, "Camera DSC-W120/B", "Camera DSCW120", "shared", 0},
        {FIELD_TITLE, "Sony KDL40V2500", "Sony KDL46W4100", "else", 0},
        {FIELD_TITLE, "Sony television", "Sony KDL46W4100", "null", 0},
        {FIELD_TITLE, "Camera DSC-W120", "Camera dsc w120", "shared", 0},
        {FIELD_TITLE, "Fridge LFC25770ST", "Fridge LFC25770SS", "contained", 0},
        {FIELD_TITLE, "Navigator 010-00718-40", "Navigator 0100071840", "shared", 0},
        {FIELD_TITLE, "Card 2gb", "Card 2 gb 1080p 15.4in", "null", 0},
        {FIELD_TITLE, "Display 1920x1080 25.0 cu", "Display KDL46", "null", 0},
    };
    unsigned wrong = 0;
    (void)unused;
    for (unsigned i = 0; i < COUNT_OF(cases); i++)
        wrong += !S_holds(CMP_MODEL_NUMBER, &cases[i]);
    assert_int_equal(wrong, 0);
}

/* ---------------------------------------------------------------- names of two records */

struct person_case {
    const char *says;
    const char *left[3], *right[3]; /* given, middle, family; "" none */
    const char *given, *family;
};

static const struct person_case person_cases[] = {
    {"the same person", {"Ann", "", "Smith"}, {"ann", "", "SMITH"}, "exact", "exact"},
    {"names have changed places", {"Ann", "", "Smith"}, {"Smith", "", "Ann"}, "swapped", "null"},
    {"and one with a typing error", {"Ann", "", "Johnson"}, {"Jonhson", "", "Ann"}, "swapped", "null"},
    {"one stands in the other's place", {"Ann", "", "Smith"}, {"Smith", "", "Brown"}, "crossed", "null"},
    {"the given name as middle name", {"Peter", "", "Smith"}, {"John", "Peter", "Smith"}, "contained", "exact"},
    {"no family name on one side", {"Ann", "", ""}, {"Ann", "", "Smith"}, "exact", "null"},
    {"no given name on one side", {"", "", "Smith"}, {"Ann", "", "Smith"}, "null", "exact"},
    {"no names at all", {"", "", ""}, {"", "", ""}, "null", "null"},
    {"a married name", {"Ann", "", "Smith"}, {"Ann", "", "Brown"}, "exact", "else"},
    {"a sister", {"Ann", "", "Smith"}, {"Olga", "", "Smith"}, "else", "exact"},
    {"a stranger", {"Ann", "", "Smith"}, {"Olga", "", "Brown"}, "else", "else"},
};

static unsigned S_part(enum field_type type, const char *raw, struct norm out[4])
{
    if (!*raw)
        return 0;
    out[0] = S_norm(type, NULL, raw);
    return 1;
}

static struct name_parts S_person(const char *const name[3])
{
    struct name_parts p = {.n_given = 0};
    p.n_given = S_part(FIELD_GIVEN_NAME, name[0], p.given);
    p.n_middle = S_part(FIELD_MIDDLE_NAME, name[1], p.middle);
    p.n_family = S_part(FIELD_FAMILY_NAME, name[2], p.family);
    return p;
}

static void names_of_two_records_are_looked_at_together(void **unused)
{
    unsigned wrong = 0;
    (void)unused;
    for (unsigned i = 0; i < COUNT_OF(person_cases); i++) {
        const struct person_case *c = &person_cases[i];
        struct name_parts a = S_person(c->left), b = S_person(c->right);
        for (int turn = 0; turn < 2; turn++) {
            unsigned given, family;
            compare_names(turn ? &b : &a, turn ? &a : &b, &given, &family);
            if (strcmp(S_level_name(CMP_GIVEN, given), c->given) ||
                strcmp(S_level_name(CMP_FAMILY, family), c->family)) {
                print_error("%s: %s, %s\n", c->says, S_level_name(CMP_GIVEN, given), S_level_name(CMP_FAMILY, family));
                wrong++;
            }
        }
    }
    assert_int_equal(wrong, 0);
}

/* ---------------------------------------------------------------- what holds for all kinds */

/* Words that the random values of each type are made of. */
static const struct {
    enum field_type type;
    const char *word[10];
} vocabulary[] = {
    {FIELD_GIVEN_NAME,
     {"Ann", "Anna", "Bill", "William", "J.", "Maria", "Jos\xC3\xA9", "\xD0\x9E\xD0\xBB\xD1\x8C\xD0\xB3\xD0\xB0",
      "Olga", "X"}},
    {FIELD_FAMILY_NAME,
     {"Smith", "Smyth", "Schmidt", "de la", "Cruz",
      "Garc\xC3\xAD"
      "a",
      "Jones", "O'Neill", "M\xC3\xBCller", "\xE7\x8E\x8B"}},
    {FIELD_MIDDLE_NAME, {"A.", "Ann", "Anne", "Peter", "P", "Maria", "M", "\xE6\x98\x8E", "B", "Rose"}},
    {FIELD_NAME_SUFFIX, {"Jr.", "Sr.", "II", "III", "junior", "2", "x", "iv", "senior", "3rd"}},
    {FIELD_FULL_NAME, {"Ann", "Smith", "Smyth", "William", "Bill", "J.", "Jones", "Maria", "de la Cruz", "Dr."}},
    {FIELD_ORGANISATION,
     {"Acme", "Acmee", "Trading", "Ltd", "GmbH", "International", "IBM", "Northwind", "& Co.", "AG"}},
    {FIELD_BIRTH_DATE,
     {"1984-03-02", "1984-02-03", "1984-03", "1984", "1985-03-02", "1948-03-02", "2 March 1984", "12/13/1984", "x1984",
      "--"}},
    {FIELD_EMAIL,
     {"ann@a.org", "ann@b.org", "an@a.org", "ann+x@gmail.com", "ann", "a.nn@gmail.com", "info@a.org",
      "anna.smith@a.org", "anna.smit@b.org", "@"}},
    {FIELD_PHONE,
     {"+442079460018", "02079460018", "2079460018", "+14155552671", "+14155552672", "4155552671", "555 2671", "x", "0",
      "+49301234567"}},
    {FIELD_ADDRESS, {"12", "14", "Main", "Street", "St", "Apt 4", "PO Box 9", "Hauptstr.", "Orchard", "Avenue"}},
    {FIELD_HOUSE_NUMBER, {"12", "12a", "12-14", "21", "No. 7", "7 bis", "12 b", "1", "x", "112"}},
    {FIELD_CITY, {"Saint", "St.", "Louis", "Paris", "Pariss", "Berlin", "City of", "Hamburg", "Altona", "x"}},
    {FIELD_POSTCODE, {"SW1A 1AA", "SW1A1AB", "10115", "10151", "1011", "80331", "x", "12345-6789", "12345", "SW1"}},
    {FIELD_IDENTIFIER,
     {"AB123456", "ab-123456", "AB123465", "12345", "123456", "AB", "X9", "000000", "AB1234567", "BA123456"}},
    {FIELD_TITLE, {"red", "leather", "sofa", "KDL40V2500", "KDL40V", "sofas", "X100", "black", "two", "100"}},
    {FIELD_NUMBER, {"1000", "1001", "-5", "0", "1.5", "1e9", "x", "99999999999999999999", "1050", "1400"}},
    {FIELD_GENDER, {"f", "m", "female", "x", "unknown", "male", "?", "divers", "w", "1"}},
};

static const char *S_random_value(unsigned v, uint64_t *state)
{
    bool single = vocabulary[v].type == FIELD_BIRTH_DATE || vocabulary[v].type == FIELD_EMAIL ||
                  vocabulary[v].type == FIELD_PHONE || vocabulary[v].type == FIELD_NUMBER;
    unsigned n = 1 + (unsigned)random_below(state, single ? 1 : 4);
    struct str text = STR("");
    for (unsigned i = 0; i < n; i++)
        text =
            arena_printf(&arena, "%.*s%s%s", STR_ARG(text), i ? " " : "", vocabulary[v].word[random_below(state, 10)]);
    return str_cstr(&arena, text);
}

/* Token weights of a text with a few words that everybody uses. */
static struct frequency_table S_token_table(void)
{
    static uint64_t hash[3];
    static uint32_t count[3] = {500, 500, 500};
    const char *const word[3] = {"street", "trading", "red"};
    for (int i = 0; i < 3; i++)
        hash[i] = hash_str(str_from(word[i]));
    for (int i = 0; i < 3; i++)
        for (int j = i + 1; j < 3; j++)
            if (hash[j] < hash[i]) {
                uint64_t keep = hash[i];
                hash[i] = hash[j];
                hash[j] = keep;
            }
    return (struct frequency_table){.hash = hash, .count = count, .n = 3, .total = 1000, .floor = 1};
}

static void S_check_pair(enum comparison_kind kind, const struct norm *a, const struct norm *b, const char *left,
                         const char *right)
{
    struct frequency_table token = S_token_table();
    const struct compare_context context = {.token = &token};
    for (int weighted = 0; weighted < 2; weighted++) {
        const struct compare_context *c = weighted ? &context : NULL;
        unsigned there = compare_values(kind, c, a, b), back = compare_values(kind, c, b, a);
        if (there != back || (there != LEVEL_NULL && there >= comparison_levels(kind)))
            fail_msg("%s: '%s' '%s': %u, back %u", comparison_info(kind)->name, left, right, there, back);
        if ((a->flags | b->flags) & NORM_GENERIC)
            assert_int_equal(there, LEVEL_NULL);
    }
}

static void every_comparison_is_symmetric(void **unused)
{
    uint64_t state = 61;
    (void)unused;
    for (unsigned v = 0; v < COUNT_OF(vocabulary); v++)
        for (int i = 0; i < 1500; i++) {
            enum comparison_kind kind;
            const char *left = S_random_value(v, &state), *right = S_random_value(v, &state);
            struct norm a = S_norm(vocabulary[v].type, "US", left),
                        b = S_norm(vocabulary[v].type, i % 2 ? "US" : NULL, right);
            assert_true(comparison_kind_of(vocabulary[v].type, &kind));
            S_check_pair(kind, &a, &b, left, right);
            if (kind == CMP_TEXT)
                S_check_pair(CMP_MODEL_NUMBER, &a, &b, left, right);
            assert_int_equal(token_overlap(NULL, a.form[NORM_TOKENS], b.form[NORM_TOKENS]),
                             token_overlap(NULL, b.form[NORM_TOKENS], a.form[NORM_TOKENS]));
            if (i % 100 == 0)
                arena_reset(&arena);
        }
}

static void a_value_is_the_same_as_itself(void **unused)
{
    uint64_t state = 62;
    (void)unused;
    for (unsigned v = 0; v < COUNT_OF(vocabulary); v++)
        for (int i = 0; i < 200; i++) {
            enum comparison_kind kind;
            const char *text = S_random_value(v, &state);
            struct norm a = S_norm(vocabulary[v].type, "US", text), b = S_norm(vocabulary[v].type, "US", text);
            assert_true(comparison_kind_of(vocabulary[v].type, &kind));
            unsigned level = compare_values(kind, NULL, &a, &b);
            bool as_good = level == 0 || level == LEVEL_NULL || (kind == CMP_DATE && a.flags & NORM_PARTIAL);
            if (!as_good)
                fail_msg("%s: '%s' reaches %s", comparison_info(kind)->name, text, S_level_name(kind, level));
            if (level == LEVEL_NULL)
                assert_true(a.flags & NORM_GENERIC);
        }
}

static void names_are_symmetric_in_any_combination(void **unused)
{
    uint64_t state = 63;
    (void)unused;
    for (int i = 0; i < 4000; i++) {
        struct name_parts p[2];
        unsigned given, family, given_back, family_back;
        for (int side = 0; side < 2; side++) {
            p[side] = (struct name_parts){.n_given = (unsigned)random_below(&state, 3),
                                          .n_middle = (unsigned)random_below(&state, 2),
                                          .n_family = (unsigned)random_below(&state, 3)};
            for (unsigned k = 0; k < p[side].n_given; k++)
                p[side].given[k] = S_norm(FIELD_GIVEN_NAME, NULL, vocabulary[i % 2].word[random_below(&state, 10)]);
            for (unsigned k = 0; k < p[side].n_middle; k++)
                p[side].middle[k] = S_norm(FIELD_MIDDLE_NAME, NULL, vocabulary[0].word[random_below(&state, 10)]);
            for (unsigned k = 0; k < p[side].n_family; k++)
                p[side].family[k] = S_norm(FIELD_FAMILY_NAME, NULL, vocabulary[1].word[random_below(&state, 10)]);
        }
        compare_names(&p[0], &p[1], &given, &family);
        compare_names(&p[1], &p[0], &given_back, &family_back);
        assert_int_equal(given, given_back);
        assert_int_equal(family, family_back);
        if (i % 100 == 0)
            arena_reset(&arena);
    }
}

static void rare_words_count_more(void **unused)
{
    struct frequency_table token = S_token_table();
    struct compare_context context = {.token = &token};
    (void)unused;
    int frequent = token_overlap(&context, STR("quay street"), STR("hill street"));
    int rare = token_overlap(&context, STR("quay street"), STR("quay hill"));
    assert_true(frequent < rare);
    assert_int_equal(token_overlap(NULL, STR("quay street"), STR("hill street")), SIM_ONE / 2);
    assert_int_equal(token_overlap(&context, STR("quay street"), STR("quay street")), SIM_ONE);
    assert_int_equal(token_overlap(NULL, STR(""), STR("quay")), 0);
}

static void a_rare_model_number_in_both_titles_is_shared(void **unused)
{
    uint64_t hash[1] = {hash_str(STR("x100"))};
    uint32_t count[1] = {400};
    struct frequency_table token = {.hash = hash, .count = count, .n = 1, .total = 1000, .floor = 1};
    struct compare_context context = {.token = &token, .most_records = 4};
    struct norm a = S_norm(FIELD_TITLE, NULL, "Sony television KDL40V2500 black");
    struct norm b = S_norm(FIELD_TITLE, NULL, "KDL40V2500 Sony 40 inch");
    struct norm c = S_norm(FIELD_TITLE, NULL, "camera X100"), d = S_norm(FIELD_TITLE, NULL, "bag for X100");
    (void)unused;
    assert_string_equal(S_level_name(CMP_MODEL_NUMBER, compare_values(CMP_MODEL_NUMBER, &context, &a, &b)), "shared");
    assert_int_equal(compare_values(CMP_MODEL_NUMBER, &context, &c, &d), LEVEL_NULL);
    assert_int_equal(compare_values(CMP_MODEL_NUMBER, &context, &a, &d), LEVEL_NULL);
}

static void shipped_figures_sum_to_one(void **unused)
{
    unsigned wrong = 0;
    (void)unused;
    for (unsigned kind = 0; kind < CMP_KINDS; kind++) {
        double m = 0, u = 0;
        unsigned n = comparison_levels((enum comparison_kind)kind);
        assert_in_range(n, 2, MOST_LEVELS);
        for (unsigned l = 0; l < n; l++) {
            const struct level_info *info = &comparison_info((enum comparison_kind)kind)->level[l];
            m += info->m;
            u += info->u;
            assert_true(info->m > 0 && info->u > 0);
        }
        if (m < 0.9999 || m > 1.0001 || u < 0.9999 || u > 1.0001)
            print_error("%s: m %f u %f, %u\n", comparison_info((enum comparison_kind)kind)->name, m, u, ++wrong);
        assert_string_equal(comparison_info((enum comparison_kind)kind)->level[n - 1].name, "else");
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_values_reach_the_level_expected),
        cmocka_unit_test(model_numbers_in_titles_begin_alike_or_differ),
        cmocka_unit_test(a_rare_model_number_in_both_titles_is_shared),
        cmocka_unit_test(names_of_two_records_are_looked_at_together),
        cmocka_unit_test(every_comparison_is_symmetric),
        cmocka_unit_test(a_value_is_the_same_as_itself),
        cmocka_unit_test(names_are_symmetric_in_any_combination),
        cmocka_unit_test(rare_words_count_more),
        cmocka_unit_test(shipped_figures_sum_to_one),
    };
    return cmocka_run_group_tests(tests, S_setup, S_teardown);
}

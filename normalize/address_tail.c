/*
 * The end of a full address: city, region, postcode, country, in the orders of the world's posts:
 *   City, ST 12345 USA      City NSW 2000      Town, County AB1 2CD UK      City, Province A1A 1A1
 *   12345 City              1234 AB City       123 45 City, Country         City 123456, Country
 * The postcode, or a state, is what gives the end away; without either only a country is taken off.
 */
#include "normalize/address.h"
#include "normalize/place.h"
#include "normalize/plain.h"
#include "normalize/words.h"
#include "words_state.h"

static const struct address_token *S_at(const struct address *a, unsigned i)
{
    return &a->token[i];
}

static bool S_is(const struct address *a, unsigned i, unsigned kinds)
{
    return a->token[i].kinds & kinds;
}

static void S_mark(struct address *a, unsigned from, unsigned to, enum address_part part)
{
    for (unsigned i = from; i < to; i++)
        a->token[i].part = part;
}

static size_t S_digits(const struct address *a, unsigned i)
{
    struct str text = S_at(a, i)->text;
    return plain_count_digits(text) == text.len ? text.len : 0;
}

static bool S_has_digit(const struct address *a, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++)
        if (plain_count_digits(S_at(a, i)->text))
            return true;
    return false;
}

static bool S_has_type(const struct address *a, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++)
        if (S_is(a, i, WORD_TYPE | WORD_STEM))
            return true;
    return false;
}

/* Is there a word that is neither number nor part of a building? */
static bool S_has_name(const struct address *a, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++)
        if (!S_at(a, i)->number && !S_is(a, i, WORD_UNIT))
            return true;
    return false;
}

/* First token of the comma segment that holds token i. */
static unsigned S_segment(const struct address *a, unsigned i)
{
    while (i && S_at(a, i)->before != ',')
        i--;
    return i;
}

/* ------------------------------------------------------------------ shapes of postcodes */

/* Does `text` fit: 'A' letter, '9' digit, '?' digit or letter; as a whole. */
static bool S_fits(struct str text, const char *pattern)
{
    size_t i = 0;
    for (; *pattern; pattern++, i++) {
        char c = i < text.len ? text.ptr[i] : 0;
        if ((*pattern == 'A' && !plain_is_lower(c)) || (*pattern == '9' && !plain_is_digit(c)) ||
            (*pattern == '?' && !plain_is_lower(c) && !plain_is_digit(c)))
            return false;
    }
    return i == text.len;
}

static bool S_fits_any(struct str text, const char *const *patterns, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (S_fits(text, patterns[i]))
            return true;
    return false;
}

static const char *const british_whole[] = {"A99AA", "A999AA", "A9A9AA", "AA99AA", "AA999AA", "AA9A9AA"};
static const char *const british_outward[] = {"A9", "A99", "A9A", "AA9", "AA99", "AA9A"};

/* A British or Canadian code that ends before token `end`: how many tokens. */
static unsigned S_lettered_postcode(const struct address *a, unsigned end, const char **country)
{
    struct str last = S_at(a, end - 1)->text;
    struct str first = end >= 2 ? S_at(a, end - 2)->text : (struct str){0};
    *country = "GB";
    if (S_fits(last, "9AA") && S_fits_any(first, british_outward, COUNT_OF(british_outward)))
        return 2;
    if (S_fits_any(last, british_whole, COUNT_OF(british_whole)))
        return 1;
    *country = "CA";
    if (S_fits(last, "9A9") && S_fits(first, "A9A"))
        return 2;
    return S_fits(last, "A9A9A9") ? 1 : 0;
}

/* A code of digits that ends before token `end`: 12345, 12345-6789, 123 45, 00-950, 1000-205, 1234 AB, CH-8000. */
static unsigned S_digit_postcode(const struct address *a, unsigned end)
{
    size_t last = S_digits(a, end - 1), before = end >= 2 ? S_digits(a, end - 2) : 0;
    char sign = S_at(a, end - 1)->before;
    if (end >= 2 && before == 4 && S_fits(S_at(a, end - 1)->text, "AA") && sign == ' ')
        return 2;
    if ((before == 5 && last == 4 && sign == '-') || (before == 2 && last == 3 && sign == '-') ||
        (before == 4 && last == 3 && sign == '-') || (before == 3 && last == 4 && sign == '-') ||
        (before == 5 && last == 3 && sign == '-') || (before == 3 && last == 2 && sign == ' '))
        return 2;
    if (S_fits(S_at(a, end - 1)->text, "9999AA"))
        return 1;
    return last >= 4 && last <= 6 ? 1 : 0;
}

/* "D-12345": the sign of the country belongs to the code. */
static unsigned S_with_sign(const struct address *a, unsigned from)
{
    if (from == 0 || S_at(a, from)->before != '-')
        return from;
    struct str text = S_at(a, from - 1)->text;
    return text.len <= 2 && plain_is_lower(text.ptr[0]) ? from - 1 : from;
}

/* ------------------------------------------------------------------ country */

/* Words after which a country's name is that of a street: rue de France, Via Francia. */
static bool S_names_street(const struct address *a, unsigned i)
{
    static const char *const words[] = {"de", "d", "du", "del", "della", "di", "do", "da", "of", "la", "the", "van"};
    if (S_at(a, i)->before == ',')
        return false;
    struct str text = S_at(a, i - 1)->text;
    for (size_t k = 0; k < COUNT_OF(words); k++)
        if (str_eq(text, str_from(words[k])))
            return true;
    return S_is(a, i - 1, WORD_TYPE_FIRST) || S_digits(a, i - 1) == 1;
}

/* A code of two letters is a country only behind a postcode with its city, or a lone segment behind one: elsewhere it
 * is a state. */
static bool S_code_may_be_country(const struct address *a, unsigned i)
{
    bool comma = S_at(a, i)->before == ',';
    for (unsigned k = 1; k < i; k++)
        if (S_digits(a, k) >= 4 || (k >= 2 && S_fits(S_at(a, k)->text, "9AA")))
            return comma || k + 1 <= i;
    return comma && !words_find(&words_state, S_at(a, i)->text, NULL) && S_has_digit(a, 0, i);
}

/* Two and three letters, but for those that mean nothing else. */
static bool S_is_short_code(struct str text)
{
    return text.len <= 3 && !str_eq(text, STR("uk")) && !str_eq(text, STR("usa")) && !str_eq(text, STR("uae"));
}

static unsigned S_take_country(struct address *a, unsigned end)
{
    const struct words *countries = place_countries();
    struct str code;
    unsigned most = end > countries->most_tokens ? countries->most_tokens : end - 1;
    for (unsigned n = most; n; n--) {
        unsigned from = end - n;
        if (!address_find(countries, a, from, end, &code) || S_names_street(a, from))
            continue;
        bool short_code = n == 1 && S_is_short_code(S_at(a, from)->text);
        bool state = words_find(&words_state, S_at(a, from)->text, NULL) && n == 1 && !short_code;
        if (short_code && S_is(a, from, WORD_TYPE))
            continue;
        if ((short_code && !S_code_may_be_country(a, from)) || (state && S_at(a, from)->before != ','))
            continue;
        S_mark(a, from, end, PART_COUNTRY);
        for (unsigned k = 0; k < 2 && code.len >= 2; k++)
            a->country[k] = plain_upper(code.ptr[k]);
        return from;
    }
    return end;
}

/* ------------------------------------------------------------------ region */

/* A state or county that ends before token `end` and begins after `least`; its first token, or `end`. */
static unsigned S_region(const struct address *a, unsigned least, unsigned end, bool alone, struct str *countries)
{
    unsigned most = end - least < words_state.most_tokens ? end - least : words_state.most_tokens;
    for (unsigned n = most; n; n--) {
        unsigned from = end - n;
        bool whole = S_at(a, from)->before == ',';
        if (from > 0 && (whole || !alone) && address_find(&words_state, a, from, end, countries))
            return from;
    }
    return end;
}

static bool S_lists(struct str countries, const char *country)
{
    struct str one;
    while (str_next_piece(&countries, '|', &one))
        if (one.len == 2 && plain_upper(one.ptr[0]) == country[0] && plain_upper(one.ptr[1]) == country[1])
            return true;
    return false;
}

/* ------------------------------------------------------------------ city */

/* Where a city may begin that follows the street without a comma: behind the last number but the first token's, or the
 * last strong kind of street, or else the first weak one, and a direction behind that. `end` when there is nothing of
 * it. */
static unsigned S_behind_street(const struct address *a, unsigned from, unsigned end)
{
    unsigned at = end, weak = end;
    for (unsigned i = from + 1; i < end; i++) {
        struct str text = S_at(a, i)->text;
        bool saint = str_eq(text, STR("st")) && (at == i || (i && S_is(a, i - 1, WORD_DIRECTION)));
        if (S_at(a, i)->number || (S_is(a, i, WORD_STRONG) && !saint))
            at = i + 1;
        else if (weak == end && S_is(a, i, WORD_TYPE))
            weak = i + 1;
    }
    bool number = at < end && S_at(a, at - 1)->number;
    if (at == end || (number && weak < end && weak > at))
        at = weak;
    return at + 1 < end && S_is(a, at, WORD_DIRECTION) ? at + 1 : at;
}

/* The city that ends before `end`: the segment, or what stands behind the street in it. Its first token, or `end`. */
static unsigned S_city(const struct address *a, unsigned end)
{
    enum { LONGEST_CITY = 5 };
    if (end < 2)
        return end;
    unsigned from = S_segment(a, end - 1);
    bool street = from == 0 || S_has_digit(a, from, end);
    if (street)
        from = S_behind_street(a, from, end);
    bool place = from > 0 && from < end && end - from <= LONGEST_CITY && !S_has_digit(a, from, end);
    return place && !S_is(a, end - 1, WORD_STRONG) ? from : end;
}

/* A segment "King County" between city and state says nothing more. */
static unsigned S_skip_county(struct address *a, unsigned end)
{
    unsigned from = end ? S_segment(a, end - 1) : 0;
    if (from == 0 || end - from < 2 || !str_eq(S_at(a, end - 1)->text, STR("county")))
        return end;
    S_mark(a, from, end, PART_ASIDE);
    return from;
}

/* ------------------------------------------------------------------ orders */

static unsigned S_mark_city(struct address *a, unsigned end)
{
    end = S_skip_county(a, end);
    unsigned from = S_city(a, end);
    S_mark(a, from, end, PART_CITY);
    return from;
}

/* City, ST 12345. */
static bool S_state_and_digits(struct address *a, unsigned end, unsigned *rest)
{
    struct str countries = {0};
    size_t digits = S_digits(a, end - 1), before = end >= 2 ? S_digits(a, end - 2) : 0;
    unsigned from = end - ((before == 5 && digits == 4 && S_at(a, end - 1)->before == '-') ? 2 : 1);
    size_t len = S_digits(a, from);
    if ((len != 5 && len != 4) || from < 2)
        return false;
    unsigned region = S_region(a, 1, from, false, &countries);
    bool known = len == 4 ? S_lists(countries, "AU") : S_lists(countries, "US") || S_lists(countries, "MX");
    if (region == from || !known)
        return false;
    S_mark(a, from, end, PART_POSTCODE);
    S_mark(a, region, from, PART_REGION);
    *rest = S_mark_city(a, region);
    return true;
}

/* Town, County AB1 2CD; City, Province A1A 1A1. */
static bool S_lettered(struct address *a, unsigned end, unsigned *rest)
{
    const char *country;
    struct str countries;
    unsigned n = S_lettered_postcode(a, end, &country);
    if (!n || n >= end)
        return false;
    S_mark(a, end - n, end, PART_POSTCODE);
    end -= n;
    if (!a->country[0] && end >= 2) /* the code behind the country */
        end = S_take_country(a, end);
    unsigned region = S_region(a, 1, end, country[0] == 'G', &countries);
    if (region < end && S_lists(countries, country)) {
        unsigned county = S_region(a, 1, region, true, &countries); /* Greater London, England */
        S_mark(a, region, end, county < region ? PART_ASIDE : PART_REGION);
        S_mark(a, county, region, PART_REGION);
        end = county;
    }
    *rest = S_mark_city(a, end);
    return true;
}

/* Italy writes the province behind the city: Roma RM. */
static bool S_is_province(const struct address *a, unsigned from, unsigned end)
{
    struct str raw = S_at(a, end - 1)->raw;
    return end - from >= 2 && raw.len == 2 && plain_is_upper(raw.ptr[0]) && plain_is_upper(raw.ptr[1]);
}

/* 12345 City; the city may be followed by a region in a segment of its own. */
static bool S_digits_and_city(struct address *a, unsigned end, unsigned *rest)
{
    enum { LONGEST_CITY = 4 };
    struct str countries;
    unsigned city_end = S_region(a, 1, end, true, &countries);
    for (unsigned from = city_end - 1; from >= 2 && city_end - from <= LONGEST_CITY; from--) {
        if (S_at(a, from)->number)
            return false;
        unsigned n = S_digit_postcode(a, from), code = from - n;
        if (!n || code == 0 || S_has_type(a, from, city_end))
            continue;
        code = S_with_sign(a, code);
        bool alone = S_digits(a, from - 1) == 4 && S_at(a, code)->before != ',' && !S_has_digit(a, 0, code);
        if (code == 0 || alone)
            continue;
        unsigned province = S_is_province(a, from, city_end) ? 1 : 0;
        S_mark(a, city_end - province, end, PART_REGION);
        S_mark(a, from, city_end - province, PART_CITY);
        S_mark(a, code, from, PART_POSTCODE);
        *rest = code;
        return true;
    }
    return false;
}

/* City 123456, or City, 1234: only behind a house number, lest one be taken for a postcode. */
static bool S_city_and_digits(struct address *a, unsigned end, unsigned *rest)
{
    size_t digits = S_digits(a, end - 1);
    unsigned n = S_digit_postcode(a, end);
    if (!n || n + 1 >= end)
        return false;
    unsigned code = end - n, segment = S_segment(a, code - 1);
    bool own = digits >= 5 && S_at(a, code)->before == ',';
    bool separate = segment > 0 && !S_has_digit(a, segment, code) && !S_has_type(a, segment, code);
    bool number = S_is(a, code - 1, WORD_TYPE | WORD_STEM | WORD_UNIT) || !S_has_digit(a, 0, code);
    if ((!own && number) || (digits == 4 && !separate))
        return false;
    S_mark(a, code, end, PART_POSTCODE);
    *rest = S_mark_city(a, code);
    return true;
}

/* City, ST without a postcode, in the states that have codes; "Boston MA". */
static bool S_state_alone(struct address *a, unsigned end, unsigned *rest)
{
    struct str countries;
    unsigned region = S_region(a, 1, end, false, &countries);
    if (region == end || region == 0 ||
        (!S_lists(countries, "US") && !S_lists(countries, "CA") && !S_lists(countries, "AU")))
        return false;
    unsigned city = S_city(a, region);
    bool comma = S_at(a, region)->before == ',' || (city < region && S_at(a, city)->before == ',');
    if (!comma || city == region || S_is(a, region, WORD_TYPE))
        return false;
    S_mark(a, region, end, PART_REGION);
    S_mark(a, city, region, PART_CITY);
    *rest = city;
    return true;
}

/* Street 12, City: a last segment of words behind one with a number. */
static bool S_last_segment(struct address *a, unsigned end, unsigned *rest)
{
    enum { LONGEST_CITY = 3 };
    unsigned from = S_segment(a, end - 1);
    if (from < 2 || end - from > LONGEST_CITY || S_has_digit(a, from, end) || !S_has_digit(a, 0, from))
        return false;
    if (S_is(a, end - 1, WORD_BUILDING) || S_is(a, from, WORD_BUILDING))
        return false;
    if (S_is(a, end - 1, WORD_STRONG) || S_is(a, from, WORD_UNIT) || S_at(a, end - 1)->text.len < 3 ||
        !S_has_name(a, 0, from))
        return false;
    S_mark(a, from, end, PART_CITY);
    *rest = from;
    return true;
}

typedef bool order_fn(struct address *a, unsigned end, unsigned *rest);
static order_fn *const orders[] = {S_state_and_digits, S_lettered,    S_digits_and_city,
                                   S_city_and_digits,  S_state_alone, S_last_segment};

void address_tail(struct normalizer *n, struct address *a)
{
    unsigned end = a->n, rest;
    (void)n;
    if (end < 2)
        return;
    end = S_take_country(a, end);
    rest = end;
    for (size_t i = 0; i < COUNT_OF(orders) && end >= 2; i++)
        if (orders[i](a, end, &rest))
            break;
    if (rest == end && end < a->n && end >= 1) { /* a country and before it a segment without number: its city */
        unsigned city = S_segment(a, end - 1);
        if ((city > 0 || !S_has_digit(a, 0, end)) && !S_has_digit(a, city, end) && !S_has_type(a, city, end)) {
            S_mark(a, city, end, PART_CITY);
            rest = city;
        }
    }
    a->end = rest;
}

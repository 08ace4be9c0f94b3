/*
 * Postal codes. The shape tells British, Canadian and Dutch codes apart from the rest wherever they stand; the
 * context's country says how many digits there should be, so that zeros which a spreadsheet dropped come back.
 */
#include "normalize/generic.h"
#include "normalize/plain.h"

/* A shape: 'A' a letter, '9' a digit, '*' one letter or digit or nothing, ' ' is where BASE ends. */
struct shape {
    char country[3]; /* "" any */
    const char *pattern;
};

static const struct shape shapes[] = {
    {"", "A9 9AA"},      {"", "A99 9AA"},    {"", "A9A 9AA"},
    {"", "AA9 9AA"},     {"", "AA99 9AA"},   {"", "AA9A 9AA"}, /* GB */
    {"", "A9A 9A9"},                                           /* CA */
    {"", "9999 AA"},                                           /* NL */
    {"IE", "A99 ****"},  {"IE", "A9A ****"}, {"MT", "AAA 9999"},
    {"AR", "A9999 AAA"}, {"BM", "AA 99"},    {"SZ", "A999"},
};

/* How many digits the codes of countries have. */
static const struct {
    unsigned n;
    const char *countries;
} lengths[] = {
    {3, "AD IS"},
    {4, "AT AU BE BG CH CY DK HU LI LU LV MD MK NO NZ PH SI TN VE ZA"},
    {5, "CR CZ DE DO DZ EE EG ES FI FR GR GT HR ID IT KR LT MA ME MX MY PE PK PL PR RS SA SE SK TH TR TW UA US UY"},
    {6, "BY CN CO EC IN KZ RO RU SG VN"},
    {7, "CL IL JP PT"},
    {8, "BR"},
};

enum { BASE_DIGITS = 3, MOST_SIGNS = 10 };

static bool S_is_digits(struct str s)
{
    return s.len && plain_count_digits(s) == s.len;
}

/* ------------------------------------------------------------------ shapes */

/* Letters and digits that are mistaken for each other where the other kind must stand. */
static char S_as_digit(char c)
{
    return c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
}

static char S_as_letter(char c)
{
    return c == '0' ? 'O' : c == '1' ? 'I' : c;
}

/* Does the code have the shape, when up to `most` confusable signs are set right in `fixed`? *base is BASE's length. */
static bool S_has_shape(struct str code, const char *pattern, unsigned most, char *fixed, size_t *base)
{
    size_t i = 0;
    unsigned changes = 0;
    *base = 0;
    for (; *pattern; pattern++) {
        if (*pattern == ' ') {
            *base = i;
            continue;
        }
        if (i == code.len)
            return false;
        char c = code.ptr[i];
        fixed[i] = *pattern == '9' ? S_as_digit(c) : *pattern == 'A' ? S_as_letter(c) : c;
        changes += fixed[i] != c;
        if ((*pattern == '9' && !plain_is_digit(fixed[i])) || (*pattern == 'A' && !plain_is_upper(fixed[i])))
            return false;
        i++;
    }
    return i == code.len && changes <= most;
}

static bool S_by_shape(struct str code, const char *country, unsigned most, struct arena *out, struct norm *value)
{
    char fixed[16];
    size_t base;
    if (code.len >= sizeof fixed)
        return false;
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        if (shapes[i].country[0] && memcmp(shapes[i].country, country, 2) != 0)
            continue;
        if (!S_has_shape(code, shapes[i].pattern, most, fixed, &base))
            continue;
        value->form[NORM_CANON] = str_copy(out, (struct str){fixed, code.len});
        value->form[NORM_BASE] = str_sub(value->form[NORM_CANON], 0, base ? base : code.len);
        return true;
    }
    return false;
}

/* ------------------------------------------------------------------ digits */

/* "D-12345", "CH 8000", "PL00-950": the sign of a country before digits. */
static struct str S_without_country(struct str text)
{
    size_t i = 0;
    while (i < text.len && plain_is_lower(text.ptr[i]))
        i++;
    size_t letters = i;
    while (i < text.len && (text.ptr[i] == '-' || text.ptr[i] == ' '))
        i++;
    bool signed_ = letters >= 1 && letters <= 3 && i > letters && text.ptr[letters] == '-';
    bool spaced = letters == 2 && i > letters;
    struct str rest = str_sub(text, i, text.len);
    bool digits = rest.len && plain_is_digit(rest.ptr[0]) && plain_count_digits(rest) >= 3;
    return digits && (signed_ || spaced) ? rest : text;
}

/* "02139-4307" and its nine digits are 02139; "12345.0" comes from a spreadsheet. */
static struct str S_short(struct str text)
{
    if (text.len > 2 && str_ends(text, STR(".0")) && S_is_digits(str_sub(text, 0, text.len - 2)))
        return str_sub(text, 0, text.len - 2);
    size_t dash = str_find_byte(text, '-');
    if (dash == 5 && text.len == 10 && plain_count_digits(text) == 9)
        return str_sub(text, 0, 5);
    return text;
}

static size_t S_length(const char *country)
{
    for (size_t i = 0; i < COUNT_OF(lengths) && country[0]; i++)
        if (str_find(str_from(lengths[i].countries), (struct str){country, 2}) != SIZE_MAX)
            return lengths[i].n;
    return 0;
}

static void S_by_length(struct str digits, const char *country, struct arena *out, struct norm *value)
{
    if (memcmp(country, "US", 2) == 0 && (digits.len == 9 || digits.len == 8)) /* ZIP+4 without its dash */
        digits = str_sub(digits, 0, digits.len - 4);
    size_t n = S_length(country), lost = n > digits.len && n - digits.len <= 2 ? n - digits.len : 0;
    char *to = arena_alloc(out, lost + digits.len, 1);
    memset(to, '0', lost);
    memcpy(to + lost, digits.ptr, digits.len);
    value->form[NORM_CANON] = (struct str){to, lost + digits.len};
}

static void S_set_base(struct norm *value)
{
    struct str canon = value->form[NORM_CANON], rest = canon;
    for (unsigned i = 0; i < BASE_DIGITS && rest.len; i++)
        unicode_next(&rest);
    value->form[NORM_BASE] = str_sub(canon, 0, canon.len - rest.len);
}

static bool S_is_generic(struct str code)
{
    bool same = code.len >= 4;
    for (size_t i = 1; i < code.len; i++)
        same = same && code.ptr[i] == code.ptr[0];
    return (same && (code.ptr[0] == '0' || code.ptr[0] == '9' || code.ptr[0] == 'X')) || str_eq(code, STR("12345"));
}

void normalize_postcode(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                        struct norm *value)
{
    struct str text = plain_text(n, raw);
    struct str code = plain_code(S_short(S_without_country(text)), &n->scratch);
    if (!code.len || generic_text(text)) {
        normalizer_invalid(n, raw, out, value);
        value->flags |= generic_text(text) ? NORM_GENERIC : 0;
        return;
    }
    if (S_is_digits(code)) {
        S_by_length(code, context->country, out, value);
        S_set_base(value);
    } else if (!S_by_shape(code, context->country, 0, out, value) &&
               !S_by_shape(code, context->country, 1, out, value)) {
        value->form[NORM_CANON] = str_copy(out, code);
        S_set_base(value);
        value->flags |= plain_count_digits(code) ? 0 : NORM_INVALID;
    }
    value->flags |= S_is_generic(value->form[NORM_CANON]) ? NORM_GENERIC : 0;
    value->flags |= code.len > MOST_SIGNS ? NORM_INVALID : 0;
}

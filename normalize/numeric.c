#include "normalize/numeric.h"

#include "normalize/generic.h"
#include "normalize/plain.h"

#include <stdio.h>

/* Countries that write a decimal comma. */
static const char comma_countries[] = "AL AM AO AR AT AZ BA BE BG BO BR BY CL CO CR CZ DE DK EC EE ES FI FO FR GE GF "
                                      "GL GP GR HR HU ID IS IT KG KZ LT LU LV MA MC MD ME "
                                      "MK MQ MZ NL NO PL PT PY RE RO RS RU SE SI SK SM SN TN TR UA UY UZ VE VN XK ZA";

enum numeric_single numeric_single_of_country(const char country[3])
{
    if (!country[0])
        return SINGLE_UNKNOWN;
    return str_find(STR(comma_countries), (struct str){country, 2}) != SIZE_MAX ? SINGLE_COMMA_DECIMAL
                                                                                : SINGLE_POINT_DECIMAL;
}

/* ------------------------------------------------------------------ the number in the text */

/* Length of a sign that may stand between digits of one number: separators, spaces, apostrophes of any kind. */
static size_t S_separator(struct str s)
{
    static const char *const signs[] = {".", ",", "'", " ", "_", "\xe2\x80\x99"};
    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (str_starts(s, str_from(signs[i])))
            return strlen(signs[i]);
    return 0;
}

/* Cuts the digits with what stands between them out of the text. False when there is a second number. */
static bool S_body(struct str text, struct str *before, struct str *body, struct str *after)
{
    size_t from = 0, to;
    while (from < text.len && !plain_is_digit(text.ptr[from]))
        from++;
    if (from == text.len)
        return false;
    for (to = from; to < text.len;) {
        size_t step = 1;
        if (!plain_is_digit(text.ptr[to])) {
            step = S_separator(str_sub(text, to, text.len));
            if (!step || to + step >= text.len || !plain_is_digit(text.ptr[to + step]))
                break;
        }
        to += step;
    }
    if (from && (text.ptr[from - 1] == '.' || text.ptr[from - 1] == ',')) /* ".5" */
        from--;
    *before = str_sub(text, 0, from);
    *body = str_sub(text, from, to);
    *after = str_sub(text, to, text.len);
    return plain_count_digits(*after) == 0;
}

/* ------------------------------------------------------------------ separators */

struct separators {
    size_t last_point, last_comma; /* SIZE_MAX: none */
    unsigned points, commas, others;
};

static struct separators S_count(struct str body)
{
    struct separators s = {SIZE_MAX, SIZE_MAX, 0, 0, 0};
    for (size_t i = 0; i < body.len; i++) {
        if (body.ptr[i] == '.') {
            s.last_point = i;
            s.points++;
        } else if (body.ptr[i] == ',') {
            s.last_comma = i;
            s.commas++;
        } else if (!plain_is_digit(body.ptr[i])) {
            s.others++;
        }
    }
    return s;
}

/* Is the only separator at `at` decimal? */
static bool S_single_is_decimal(struct str body, size_t at, enum numeric_single single, bool *unsure)
{
    bool could_group = body.len - at - 1 == 3 && at >= 1 && at <= 3 && body.ptr[0] != '0';
    if (!could_group || single == SINGLE_NEVER_GROUPS)
        return true;
    *unsure |= single == SINGLE_UNKNOWN;
    return (body.ptr[at] == ',') == (single == SINGLE_COMMA_DECIMAL);
}

/* Where the decimal separator is, or SIZE_MAX: of two kinds the last; one kind more than once groups. */
static size_t S_decimal_at(struct str body, enum numeric_single single, bool *unsure)
{
    struct separators s = S_count(body);
    if (s.points && s.commas)
        return s.last_point > s.last_comma ? (s.points == 1 ? s.last_point : SIZE_MAX)
                                           : (s.commas == 1 ? s.last_comma : SIZE_MAX);
    if (s.points + s.commas != 1)
        return SIZE_MAX;
    size_t at = s.points ? s.last_point : s.last_comma;
    return s.others || S_single_is_decimal(body, at, single, unsure) ? at : SIZE_MAX;
}

/* ------------------------------------------------------------------ sign and result */

static bool S_is_negative(struct str before, struct str after)
{
    struct str a = str_trim(before), b = str_trim(after);
    bool brackets = str_find_byte(a, '(') != SIZE_MAX && str_find_byte(b, ')') != SIZE_MAX;
    bool in_front = str_find_byte(a, '-') != SIZE_MAX;
    bool behind = (b.len && b.ptr[0] == '-') && !(b.len >= 2 && b.ptr[1] == '-'); /* SAP writes 12.50- */
    return brackets || in_front || behind;
}

/* "1.5e3": moves the point. Larger exponents than a column of numbers has are not read. */
static int S_exponent(struct str text, struct str *mantissa)
{
    size_t e = str_find_byte(text, 'e');
    uint64_t value;
    *mantissa = text;
    if (e == SIZE_MAX || e == 0 || !plain_is_digit(text.ptr[e - 1]))
        return 0;
    struct str digits = str_trim(str_sub(text, e + 1, text.len));
    bool negative = digits.len && digits.ptr[0] == '-';
    if (digits.len && (digits.ptr[0] == '-' || digits.ptr[0] == '+'))
        digits = str_sub(digits, 1, digits.len);
    if (!str_to_u64(digits, &value) || value > 30)
        return 0;
    *mantissa = str_sub(text, 0, e);
    return negative ? -(int)value : (int)value;
}

/* Digits with the point after the first `whole` of them. */
static struct str S_compose(bool negative, struct str digits, size_t whole, struct arena *out)
{
    size_t from = 0, to = digits.len, len = 0;
    char *text = arena_alloc(out, digits.len + 4, 1);
    while (from < whole && digits.ptr[from] == '0')
        from++;
    while (to > whole && digits.ptr[to - 1] == '0')
        to--;
    if (negative && (from < whole || to > whole))
        text[len++] = '-';
    if (from >= whole)
        text[len++] = '0';
    for (size_t i = from; i < to; i++) {
        if (i == whole)
            text[len++] = '.';
        text[len++] = digits.ptr[i];
    }
    return (struct str){text, len};
}

bool numeric_read(struct str text, enum numeric_single single, struct arena *out, struct str *canon, bool *unsure)
{
    struct str before, body, after, mantissa;
    int exponent = S_exponent(text, &mantissa);
    if (!S_body(mantissa, &before, &body, &after))
        return false;
    size_t at = S_decimal_at(body, single, unsure);
    struct buf b = {0};
    struct str digits = plain_digits(body, out);
    long whole = (long)(at == SIZE_MAX ? digits.len : plain_count_digits(str_sub(body, 0, at))) + exponent;
    for (; whole < 0; whole++)
        buf_byte(&b, '0');
    buf_str(&b, digits);
    while (b.len < (size_t)whole)
        buf_byte(&b, '0');
    *canon = S_compose(S_is_negative(before, after), buf_view(&b), (size_t)whole, out);
    buf_deinit(&b);
    return true;
}

struct str numeric_from_millionths(int64_t millionths, struct arena *out)
{
    int64_t size = millionths < 0 ? -millionths : millionths;
    char digits[32];
    snprintf(digits, sizeof digits, "%07lld", (long long)size);
    struct str s = str_from(digits);
    return S_compose(millionths < 0, s, s.len - 6, out);
}

/* ------------------------------------------------------------------ types */

/* Words beside a number: a unit, whose meaning is lost. */
static bool S_has_word(struct str text)
{
    unsigned run = 0;
    for (size_t i = 0; i < text.len; i++) {
        run = plain_is_lower(text.ptr[i]) ? run + 1 : 0;
        if (run == 2)
            return true;
    }
    return false;
}

static void S_number(struct normalizer *n, const struct norm_context *c, struct str raw, bool units, struct arena *out,
                     struct norm *value)
{
    bool unsure = false;
    struct str text = plain_text(n, raw);
    if (!numeric_read(text, numeric_single_of_country(c->country), out, &value->form[NORM_CANON], &unsure)) {
        normalizer_invalid(n, raw, out, value);
        value->flags |= generic_text(text) ? NORM_GENERIC : 0;
        return;
    }
    value->flags |= unsure || (!units && S_has_word(text)) ? NORM_UNSURE : 0;
}

void normalize_number(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                      struct norm *value)
{
    S_number(n, context, raw, false, out, value);
}

/* Words beside an amount are its currency. */
void normalize_amount(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                      struct norm *value)
{
    S_number(n, context, raw, true, out, value);
}

/*
 * Numbers that stand for somebody: accounts, tax numbers, passports. What is written between their letters and digits
 * says nothing. The field's name (context's identifier_kind) adds what is known of its kind.
 */
#include "normalize/generic.h"
#include "normalize/plain.h"

/* ------------------------------------------------------------------ kinds */

/* Does the kind, a field name such as "vat_id", have this word? */
static bool S_kind_has(struct str kind, struct str word)
{
    for (size_t i = 0; i + word.len <= kind.len; i++) {
        bool start = i == 0 || !plain_is_word(kind.ptr[i - 1]) || kind.ptr[i - 1] == '_';
        bool end = i + word.len == kind.len || !plain_is_word(kind.ptr[i + word.len]);
        if (start && end && str_eq_nocase(str_sub(kind, i, i + word.len), word))
            return true;
    }
    return false;
}

/* Social security numbers of the United States: nine digits, of which spreadsheets lose zeros in front; areas that are
 * never issued. Other countries have other numbers of the name. */
static void S_social_security(const struct norm_context *c, struct arena *out, struct norm *value)
{
    struct str digits = value->form[NORM_BASE];
    bool american = memcmp(c->country, "US", 2) == 0;
    if (american && (digits.len == 7 || digits.len == 8) && value->form[NORM_CANON].len == digits.len) {
        digits = arena_printf(out, "%.*s%.*s", (int)(9 - digits.len), "00", STR_ARG(digits));
        value->form[NORM_CANON] = value->form[NORM_BASE] = digits;
    }
    if (digits.len != 9) {
        value->flags |= american ? NORM_INVALID : 0;
        return;
    }
    bool issued = !str_starts(digits, STR("000")) && !str_starts(digits, STR("666")) && digits.ptr[0] != '9' &&
                  memcmp(digits.ptr + 3, "00", 2) != 0 && memcmp(digits.ptr + 5, "0000", 4) != 0;
    value->flags |= issued ? 0 : NORM_INVALID;
    if (str_eq(digits, STR("078051120")) || str_eq(digits, STR("219099999"))) /* printed on sample cards */
        value->flags |= NORM_GENERIC;
}

/* ISO 13616: the check digits make the number, letters as 10 to 35, one more than a multiple of 97. */
static void S_iban(const struct norm_context *c, struct arena *out, struct norm *value)
{
    struct str s = value->form[NORM_CANON];
    unsigned rest = 0;
    (void)c, (void)out;
    bool ok = s.len >= 15 && s.len <= 34 && plain_is_upper(s.ptr[0]) && plain_is_upper(s.ptr[1]);
    for (size_t i = 0; ok && i < s.len; i++) {
        char sign = s.ptr[(i + 4) % s.len];
        if (plain_is_digit(sign))
            rest = (rest * 10 + (unsigned)(sign - '0')) % 97;
        else if (plain_is_upper(sign))
            rest = (rest * 100 + (unsigned)(sign - 'A') + 10) % 97;
        else
            ok = false;
    }
    value->flags |= ok && rest == 1 ? 0 : NORM_INVALID;
}

/* A VAT number without its country gets the context's: DE123456789. */
static void S_vat(const struct norm_context *c, struct arena *out, struct norm *value)
{
    struct str s = value->form[NORM_CANON];
    const char *prefix = memcmp(c->country, "GR", 2) == 0 ? "EL" : c->country;
    if (c->country[0] && s.len && plain_is_digit(s.ptr[0]))
        value->form[NORM_CANON] = arena_printf(out, "%s%.*s", prefix, STR_ARG(s));
}

static const struct {
    const char *word;
    void (*refine)(const struct norm_context *c, struct arena *out, struct norm *value);
} kinds[] = {{"ssn", S_social_security},
             {"social_security", S_social_security},
             {"iban", S_iban},
             {"vat", S_vat},
             {"ustid", S_vat},
             {"ust_id", S_vat},
             {"ust", S_vat},
             {"tva", S_vat}};

static void S_refine(const struct norm_context *c, struct arena *out, struct norm *value)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (S_kind_has(c->identifier_kind, str_from(kinds[i].word))) {
            kinds[i].refine(c, out, value);
            return;
        }
    }
}

/* ------------------------------------------------------------------ the value */

/* "SSN: 123-45-6789", "No. 17", "# 17": without the label. */
static struct str S_without_label(struct str text)
{
    size_t colon = str_find_byte(text, ':');
    struct str rest = colon == SIZE_MAX ? text : str_trim(str_sub(text, colon + 1, text.len));
    if (colon != SIZE_MAX && plain_count_digits(str_sub(text, 0, colon)) == 0 && plain_count_digits(rest))
        text = rest;
    static const char *const labels[] = {"no.", "nr.", "no ", "nr ", "n°", "no:", "num.", "#"};
    for (size_t i = 0; i < COUNT_OF(labels); i++) {
        struct str label = str_from(labels[i]);
        if (str_starts(text, label) && plain_count_digits(text))
            return str_trim(str_sub(text, label.len, text.len));
    }
    return text;
}

/* "1.23457E+11": a spreadsheet kept six digits of a long number. */
static bool S_is_mangled(struct str text)
{
    size_t e = str_find(text, STR("e+"));
    return e != SIZE_MAX && e > 0 && e + 2 < text.len && plain_is_digit(text.ptr[e - 1]) &&
           plain_count_digits(str_sub(text, e + 2, text.len)) == text.len - e - 2 &&
           plain_count_digits(str_sub(text, 0, e)) + 1 >= e;
}

/* "12345.0": a number column of a spreadsheet. */
static struct str S_whole(struct str text)
{
    bool float_ = text.len > 2 && str_ends(text, STR(".0")) && plain_count_digits(text) == text.len - 1;
    return float_ ? str_sub(text, 0, text.len - 2) : text;
}

/* Counting up is common in real short numbers: from six digits on it is taken for a placeholder. */
static bool S_is_generic(struct str canon)
{
    bool same = canon.len >= 3;
    for (size_t i = 1; i < canon.len; i++)
        same = same && canon.ptr[i] == canon.ptr[0];
    return same || (canon.len >= 6 && plain_count_digits(canon) == canon.len && generic_digits(canon)) ||
           (canon.len == 1 && (canon.ptr[0] == '0' || canon.ptr[0] == 'X'));
}

void normalize_identifier(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                          struct norm *value)
{
    struct str text = plain_text(n, raw);
    bool generic = generic_text(text);
    struct str code = generic ? (struct str){0} : plain_code(S_whole(S_without_label(text)), out);
    if (!code.len) {
        normalizer_invalid(n, raw, out, value);
        value->flags |= generic ? NORM_GENERIC : 0;
        return;
    }
    value->form[NORM_CANON] = code;
    value->form[NORM_BASE] = plain_digits(code, out);
    value->flags |= S_is_mangled(text) ? NORM_INVALID : 0;
    S_refine(context, out, value);
    value->flags |= S_is_generic(code) || S_is_generic(value->form[NORM_CANON]) ? NORM_GENERIC : 0;
}

/* Countries, currencies and gender: words of many languages as one code. */
#include "normalize/place.h"

#include "normalize/generic.h"
#include "normalize/plain.h"
#include "normalize/words.h"
#include "words_country.h"
#include "words_currency.h"
#include "words_gender.h"

/* Without full stops, and with what brackets enclose off: "Korea (Rep. of)". */
static struct str S_bare(struct str text, bool brackets, struct arena *a)
{
    char *to = arena_alloc(a, text.len + 1, 1);
    size_t len = 0;
    bool inside = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (brackets && (c == '(' || c == '['))
            inside = true;
        if (!inside && c != '.')
            to[len++] = c;
        if (c == ')' || c == ']')
            inside = false;
    }
    return str_trim((struct str){to, len});
}

/* Tries the text as it is, without stops, and without brackets. */
static bool S_find(const struct words *w, struct str text, struct arena *a, struct str *canonical)
{
    return words_find(w, text, canonical) || words_find(w, S_bare(text, false, a), canonical) ||
           words_find(w, S_bare(text, true, a), canonical);
}

/* The code in upper case; of a word with several meanings the first, unsure. */
static void S_code(struct str canonical, bool upper, struct arena *out, struct norm *value)
{
    size_t bar = str_find_byte(canonical, '|');
    struct str code = str_sub(canonical, 0, bar == SIZE_MAX ? canonical.len : bar);
    value->form[NORM_CANON] = upper ? plain_code(code, out) : code;
    value->flags |= bar != SIZE_MAX ? NORM_UNSURE : 0;
}

static void S_unknown(struct normalizer *n, struct str raw, struct str text, struct arena *out, struct norm *value)
{
    normalizer_invalid(n, raw, out, value);
    value->flags |= generic_text(text) ? NORM_GENERIC : 0;
}

void normalize_country(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                       struct norm *value)
{
    (void)context;
    struct str text = plain_text(n, raw), canonical;
    if (S_find(&words_country, text, &n->scratch, &canonical))
        S_code(canonical, true, out, value);
    else
        S_unknown(n, raw, text, out, value);
}

void normalize_gender(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                      struct norm *value)
{
    (void)context;
    struct str text = plain_text(n, raw), canonical;
    if (S_find(&words_gender, text, &n->scratch, &canonical)) {
        S_code(canonical, false, out, value);
        return;
    }
    S_unknown(n, raw, text, out, value);
    bool nothing = str_eq(text, STR("u")) || str_eq(text, STR("0")) || str_eq(text, STR("9"));
    value->flags |= nothing ? NORM_GENERIC : 0; /* ISO 5218: not known, not applicable */
}

/* Signs that several currencies share: the country decides. */
static const struct {
    const char *sign;
    char country[3]; /* "" any other */
    const char *code;
} shared_signs[] = {
    {"$", "CA", "CAD"},   {"$", "AU", "AUD"},    {"$", "NZ", "NZD"},    {"$", "MX", "MXN"},     {"$", "AR", "ARS"},
    {"$", "CL", "CLP"},   {"$", "CO", "COP"},    {"$", "UY", "UYU"},    {"$", "SG", "SGD"},     {"$", "HK", "HKD"},
    {"$", "TW", "TWD"},   {"$", "US", "USD"},    {"$", "", "USD"},      {"kr", "DK", "DKK"},    {"kr", "NO", "NOK"},
    {"kr", "IS", "ISK"},  {"kr", "SE", "SEK"},   {"kr", "", "SEK"},     {"krone", "DK", "DKK"}, {"krone", "", "NOK"},
    {"krona", "", "SEK"}, {"peso", "AR", "ARS"}, {"peso", "CL", "CLP"}, {"peso", "CO", "COP"},  {"peso", "PH", "PHP"},
    {"peso", "", "MXN"},  {"franc", "", "CHF"},  {"crown", "", "CZK"},  {"¥", "CN", "CNY"}};

static bool S_shared_sign(struct str text, const char *country, struct arena *out, struct norm *value)
{
    for (size_t i = 0; i < COUNT_OF(shared_signs); i++) {
        bool any = !shared_signs[i].country[0];
        if (!str_eq(text, str_from(shared_signs[i].sign)) || (!any && memcmp(shared_signs[i].country, country, 2) != 0))
            continue;
        value->form[NORM_CANON] = str_copy(out, str_from(shared_signs[i].code));
        value->flags |= any ? NORM_UNSURE : 0;
        return true;
    }
    return false;
}

void normalize_currency(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                        struct norm *value)
{
    struct str text = plain_text(n, raw), canonical;
    if (S_shared_sign(text, context->country, out, value))
        return;
    if (S_find(&words_currency, text, &n->scratch, &canonical))
        S_code(canonical, true, out, value);
    else
        S_unknown(n, raw, text, out, value);
}

const struct words *place_countries(void)
{
    return &words_country;
}

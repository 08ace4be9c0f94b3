#include "normalize/house_number.h"

#include "normalize/generic.h"
#include "normalize/plain.h"

/* "no. 12", "nr 12", "# 12", "n° 12", "house 12": without what stands before the first digit, if that is a label. */
static struct str S_without_label(struct str text)
{
    static const char *const labels[] = {"house number", "house no", "house",  "number", "hausnummer", "hausnr", "haus",
                                         "numero",       "num",      "nummer", "nr",     "no",         "n",      "nro",
                                         "hnr",          "№",        "д",      "дом",    "dom",        "km"};
    size_t i = 0;
    while (i < text.len && !plain_is_digit(text.ptr[i]))
        i++;
    struct str label = str_trim(str_sub(text, 0, i));
    while (label.len && strchr(".#:-°º ", label.ptr[label.len - 1]))
        label = str_sub(label, 0, label.len - 1);
    bool known = label.len == 0;
    for (size_t k = 0; k < COUNT_OF(labels); k++)
        known |= str_eq(label, str_from(labels[k]));
    return known && i < text.len ? str_sub(text, i, text.len) : text;
}

/* "12 1/2" is one number, "12.0" a spreadsheet's. */
static struct str S_whole(struct str text)
{
    bool float_ = text.len > 2 && str_ends(text, STR(".0")) && plain_count_digits(text) == text.len - 1;
    return float_ ? str_sub(text, 0, text.len - 2) : text;
}

/* Letters, digits, and the signs - and / between them; zeros in front off. */
struct str house_number_canonical(struct str text, struct arena *out)
{
    text = S_whole(S_without_label(str_trim(text)));
    char *to = arena_alloc(out, text.len + 1, 1);
    size_t len = 0;
    char sign = 0;
    if (!plain_count_digits(text))
        return (struct str){0};
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!plain_is_word(c)) {
            bool space_in_fraction =
                c == ' ' && len && plain_is_digit(to[len - 1]) && i + 1 < text.len && plain_is_digit(text.ptr[i + 1]);
            sign = c == '-' || c == '+' || c == '&' || c == ',' ? '-'
                   : c == '/' || c == '\\'                      ? '/'
                   : sign                                       ? sign
                   : space_in_fraction                          ? ' '
                                                                : 0;
            continue;
        }
        bool letter_follows = sign == '-' && len && plain_is_digit(to[len - 1]) && !plain_is_digit(c); /* 12-a is 12a */
        if (sign && len && !letter_follows)
            to[len++] = sign;
        sign = 0;
        to[len++] = c;
    }
    return plain_strip_zeros((struct str){to, len});
}

void normalize_house_number(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                            struct norm *value)
{
    struct str text = plain_text(n, raw);
    struct str number = house_number_canonical(text, out);
    size_t digits = 0;
    (void)context;
    if (!number.len) { /* a name of a house, or nothing */
        value->form[NORM_CANON] = str_copy(out, text.len ? text : str_trim(raw));
        value->flags |= generic_text(text) ? NORM_GENERIC | NORM_INVALID : 0;
        return;
    }
    while (digits < number.len && plain_is_digit(number.ptr[digits]))
        digits++;
    value->form[NORM_CANON] = number;
    value->form[NORM_BASE] = str_sub(number, 0, digits);
    value->flags |= str_eq(number, STR("0")) || digits > 5 ? NORM_INVALID : 0;
}

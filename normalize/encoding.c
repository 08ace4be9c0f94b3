/*
 * Linkage encodings: the filter of a record as base64 or hexadecimal text, and behind a semicolon the tokens that came
 * with it. The bits become six to a character, in consecutive characters, so that comparisons need no table.
 */
#include "normalize/plain.h"

enum { LEAST_BITS = 128, MOST_BITS = 8192 };

/* Of standard and of URL-safe base64; -1: of neither. */
static int S_six_bits(char c)
{
    if (plain_is_upper(c))
        return c - 'A';
    if (plain_is_lower(c))
        return c - 'a' + 26;
    if (plain_is_digit(c))
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

static int S_four_bits(char c)
{
    if (plain_is_digit(c))
        return c - '0';
    char low = plain_lower(c);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* Base64 of so many characters is never made of these sixteen alone. */
static bool S_is_hexadecimal(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (S_four_bits(text.ptr[i]) < 0)
            return false;
    return text.len % 2 == 0;
}

static struct str S_without_padding(struct str text)
{
    for (unsigned i = 0; i < 2 && text.len && text.ptr[text.len - 1] == '='; i++)
        text.len--;
    return text;
}

/* The bits in `out`, six a character; empty when the text is no filter. */
static struct str S_bits(struct str text, struct arena *out)
{
    bool hexadecimal = S_is_hexadecimal(text);
    unsigned width = hexadecimal ? 4 : 6, have = 0, kept = 0;
    text = S_without_padding(text);
    size_t n_bits = hexadecimal ? text.len * 4 : text.len * 6 / 8 * 8, n = 0;
    if (n_bits < LEAST_BITS || n_bits > MOST_BITS)
        return (struct str){0};
    char *bits = arena_alloc(out, n_bits / 6 + 1, 1);
    for (size_t i = 0; i < text.len; i++) {
        int value = hexadecimal ? S_four_bits(text.ptr[i]) : S_six_bits(text.ptr[i]);
        if (value < 0)
            return (struct str){0};
        kept = (kept << width | (unsigned)value) & 0xfff;
        have += width;
        if (have >= 6) {
            have -= 6;
            bits[n++] = (char)('0' + (kept >> have & 63));
        }
    }
    if (have)
        bits[n++] = (char)('0' + (kept << (6 - have) & 63));
    return (struct str){bits, n};
}

void normalize_encoding(struct normalizer *n, const struct norm_context *context, struct str raw, struct arena *out,
                        struct norm *value)
{
    struct tokens tokens = {.n = 0};
    size_t at = str_find_byte(raw, ';');
    struct str rest = at == SIZE_MAX ? (struct str){0} : str_sub(raw, at + 1, raw.len);
    (void)context;
    value->form[NORM_CANON] = S_bits(str_trim(str_sub(raw, 0, at == SIZE_MAX ? raw.len : at)), out);
    if (!value->form[NORM_CANON].len) {
        normalizer_invalid(n, raw, out, value);
        return;
    }
    while (tokens.n < MOST_TOKENS && str_next_token(&rest, " \t;,", &tokens.token[tokens.n]))
        tokens.n++;
    tokens_sort(&tokens, true);
    value->form[NORM_TOKENS] = tokens_join(&tokens, ' ', out);
}

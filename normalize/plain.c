#include "normalize/plain.h"

/* The ASCII sign that a code point stands for: digits, dashes and minus, the decimal and thousands signs of Arabic; 0:
 * none. */
static char S_ascii_sign(uint32_t c)
{
    int digit = unicode_digit_value(c);
    if (digit >= 0)
        return (char)('0' + digit);
    if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xfe58)
        return '-';
    return c == 0x66b ? '.' : c == 0x66c ? ',' : 0;
}

struct str plain_text(struct normalizer *n, struct str raw)
{
    struct str folded = normalizer_fold(n, raw);
    if (unicode_is_ascii(folded))
        return folded;
    char *to = arena_alloc(&n->scratch, folded.len, 1);
    size_t len = 0;
    for (struct str rest = folded; rest.len;) {
        const char *from = rest.ptr;
        char sign = S_ascii_sign(unicode_next(&rest));
        size_t bytes = (size_t)(rest.ptr - from);
        if (sign) {
            to[len++] = sign;
        } else {
            memcpy(to + len, from, bytes);
            len += bytes;
        }
    }
    return (struct str){to, len};
}

size_t plain_count_digits(struct str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += plain_is_digit(text.ptr[i]);
    return n;
}

struct str plain_digits(struct str text, struct arena *out)
{
    char *to = arena_alloc(out, text.len, 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++)
        if (plain_is_digit(text.ptr[i]))
            to[len++] = text.ptr[i];
    return (struct str){to, len};
}

struct str plain_code(struct str text, struct arena *out)
{
    char *to = arena_alloc(out, text.len, 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++)
        if (plain_is_word(text.ptr[i]))
            to[len++] = plain_upper(text.ptr[i]);
    return (struct str){to, len};
}

struct str plain_strip_zeros(struct str digits)
{
    while (digits.len > 1 && digits.ptr[0] == '0')
        digits = str_sub(digits, 1, digits.len);
    return digits;
}

/* Eight bytes at once: 0x20 where the low seven bits reach 'A' and do not pass 'Z', and the eighth is not set. */
static uint64_t S_lower_word(uint64_t word)
{
    const uint64_t each = 0x0101010101010101ULL, low = word & 0x7f * each;
    uint64_t from_a = low + (0x80 - 'A') * each, past_z = low + (0x80 - 'Z' - 1) * each;
    return word | ((from_a & ~past_z & ~word & 0x80 * each) >> 2);
}

struct str plain_lower_case(struct str text, struct arena *out)
{
    char *to = arena_alloc(out, text.len, 1);
    size_t i = 0;
    for (uint64_t word; i + sizeof word <= text.len; i += sizeof word) {
        memcpy(&word, text.ptr + i, sizeof word);
        word = S_lower_word(word);
        memcpy(to + i, &word, sizeof word);
    }
    for (; i < text.len; i++)
        to[i] = plain_lower(text.ptr[i]);
    return (struct str){to, text.len};
}

#include "ingest/jsontext.h"

#include <stdint.h>
#include <string.h>

static int S_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The value of four hex digits, or -1. */
static int S_hex4(const char *text)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = S_hex_digit(text[i]);
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

bool jsontext_escapes_ok(const char *text, size_t len)
{
    const char *end = text + len;
    while (text < end && (text = memchr(text, '\\', (size_t)(end - text)))) {
        if (end - text < 2 || !text[1] || !strchr("\"\\/bfnrtu", text[1]))
            return false;
        if (text[1] != 'u') {
            text += 2;
            continue;
        }
        if (end - text < 6 || S_hex4(text + 2) < 0)
            return false;
        text += 6;
    }
    return true;
}

static char *S_put(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xC0 | c >> 6);
        *to++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *to++ = (char)(0xE0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    } else {
        *to++ = (char)(0xF0 | c >> 18);
        *to++ = (char)(0x80 | (c >> 12 & 0x3F));
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    }
    return to;
}

/* \uXXXX at `text`, or two of them that make one character; `*used` is 6 or 12. */
static uint32_t S_unicode(const char *text, const char *end, size_t *used)
{
    uint32_t c = (uint32_t)S_hex4(text + 2);
    *used = 6;
    if (c < 0xD800 || c > 0xDFFF)
        return c;
    if (c < 0xDC00 && end - text >= 12 && text[6] == '\\' && text[7] == 'u') {
        uint32_t low = (uint32_t)S_hex4(text + 8);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            *used = 12;
            return 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        }
    }
    return 0xFFFD;
}

size_t jsontext_unescape(const char *text, size_t len, char *to)
{
    static const char from[] = "bfnrt", into[] = "\b\f\n\r\t";
    const char *end = text + len, *start = to;
    while (text < end) {
        const char *escape = memchr(text, '\\', (size_t)(end - text));
        size_t run = (size_t)((escape ? escape : end) - text);
        memcpy(to, text, run);
        to += run;
        text += run;
        if (!escape)
            break;
        if (text[1] == 'u') {
            size_t used;
            to = S_put(to, S_unicode(text, end, &used));
            text += used;
        } else {
            const char *named = strchr(from, text[1]);
            *to++ = named ? into[named - from] : text[1];
            text += 2;
        }
    }
    return (size_t)(to - start);
}

static const char *S_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

bool jsontext_is_number(const char *text, size_t len)
{
    const char *p = text, *end = text + len, *digits;
    if (p < end && *p == '-')
        p++;
    digits = p;
    p = S_digits(p, end);
    if (p == digits || (*digits == '0' && p - digits > 1))
        return false;
    if (p < end && *p == '.') {
        digits = ++p;
        p = S_digits(p, end);
        if (p == digits)
            return false;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        digits = p;
        p = S_digits(p, end);
        if (p == digits)
            return false;
    }
    return p == end;
}

#include "base/str.h"

#include <math.h>

#include "base/arena.h"

size_t str_find_byte(struct str s, char byte)
{
    const char *at = s.len ? memchr(s.ptr, byte, s.len) : NULL;
    return at ? (size_t)(at - s.ptr) : SIZE_MAX;
}

size_t str_find(struct str s, struct str needle)
{
    if (needle.len == 0)
        return 0;
    const char *at = s.len ? memmem(s.ptr, s.len, needle.ptr, needle.len) : NULL;
    return at ? (size_t)(at - s.ptr) : SIZE_MAX;
}

static char S_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (S_lower(a.ptr[i]) != S_lower(b.ptr[i]))
            return false;
    return true;
}

/* The usual case: one separator. */
static bool S_next_between(struct str *rest, char separator, struct str *token)
{
    const char *at = rest->ptr, *end = rest->len ? at + rest->len : at;
    while (at != end && *at == separator)
        at++;
    const char *from = at;
    while (at != end && *at != separator)
        at++;
    *token = (struct str){from, (size_t)(at - from)};
    *rest = (struct str){at, (size_t)(end - at)};
    return token->len > 0;
}

bool str_next_token(struct str *rest, const char *separators, struct str *token)
{
    size_t i = 0;
    if (separators[0] && !separators[1])
        return S_next_between(rest, separators[0], token);
    while (i < rest->len && strchr(separators, rest->ptr[i]) && rest->ptr[i])
        i++;
    size_t from = i;
    while (i < rest->len && !(rest->ptr[i] && strchr(separators, rest->ptr[i])))
        i++;
    *token = str_sub(*rest, from, i);
    *rest = str_sub(*rest, i, rest->len);
    return token->len > 0;
}

bool str_next_piece(struct str *rest, char separator, struct str *piece)
{
    if (!rest->ptr)
        return false;
    size_t at = str_find_byte(*rest, separator);
    if (at == SIZE_MAX) {
        *piece = *rest;
        *rest = (struct str){0};
    } else {
        *piece = str_sub(*rest, 0, at);
        *rest = str_sub(*rest, at + 1, rest->len);
    }
    return true;
}

bool str_to_u64(struct str s, uint64_t *value)
{
    uint64_t v = 0;
    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned char)s.ptr[i] - '0';
        if (digit > 9 || v > (UINT64_MAX - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    *value = v;
    return true;
}

static double S_pow10(int exponent)
{
    double result = 1, base = 10;
    for (unsigned n = (unsigned)(exponent < 0 ? -exponent : exponent); n; n >>= 1) {
        if (n & 1)
            result *= base;
        base *= base;
    }
    return result;
}

bool str_to_double(struct str s, double *value)
{
    size_t i = 0;
    bool negative = false, digits = false;
    double v = 0;
    int scale = 0;
    if (i < s.len && (s.ptr[i] == '-' || s.ptr[i] == '+'))
        negative = s.ptr[i++] == '-';
    for (; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++, digits = true)
        v = v * 10 + (s.ptr[i] - '0');
    if (i < s.len && s.ptr[i] == '.')
        for (i++; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++, digits = true, scale--)
            v = v * 10 + (s.ptr[i] - '0');
    if (!digits)
        return false;
    if (i < s.len && (s.ptr[i] == 'e' || s.ptr[i] == 'E')) {
        int exponent = 0;
        bool minus = false, any = false;
        i++;
        if (i < s.len && (s.ptr[i] == '-' || s.ptr[i] == '+'))
            minus = s.ptr[i++] == '-';
        for (; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++, any = true)
            if (exponent < 10000)
                exponent = exponent * 10 + (s.ptr[i] - '0');
        if (!any)
            return false;
        scale += minus ? -exponent : exponent;
    }
    if (i != s.len)
        return false;
    v = scale < 0 ? v / S_pow10(scale) : v * S_pow10(scale);
    *value = negative ? -v : v;
    return isfinite(*value);
}

struct str str_copy(struct arena *out, struct str s)
{
    char *copy = arena_alloc(out, s.len + 1, 1);
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = 0;
    return (struct str){copy, s.len};
}

char *str_cstr(struct arena *out, struct str s)
{
    return (char *)(uintptr_t)str_copy(out, s).ptr;
}

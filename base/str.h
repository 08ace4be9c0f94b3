/*
 * Borrowed text: a pointer and a length in bytes, passed by value, never NUL-terminated by promise.
 * Nothing here allocates except str_copy and str_cstr, which take the arena that owns the result.
 */
#ifndef IDEM_BASE_STR_H
#define IDEM_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena;

struct str {
    const char *ptr;
    size_t len; /* bytes */
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_ARG(s) (int)(s).len, (s).ptr /* for "%.*s" */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static inline struct str str_from(const char *cstr)
{
    return (struct str){cstr, cstr ? strlen(cstr) : 0};
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Byte order; a prefix comes before the longer text. */
static inline int str_cmp(struct str a, struct str b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.ptr, b.ptr, n) : 0;
    return c ? c : (a.len > b.len) - (a.len < b.len);
}

static inline struct str str_sub(struct str s, size_t from, size_t to)
{
    return (struct str){from ? s.ptr + from : s.ptr, to - from}; /* no arithmetic on a NULL text */
}

static inline bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && memcmp(s.ptr, prefix.ptr, prefix.len) == 0;
}

static inline bool str_ends(struct str s, struct str suffix)
{
    return s.len >= suffix.len && memcmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len) == 0;
}

static inline bool str_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Without ASCII white space at both ends. */
static inline struct str str_trim(struct str s)
{
    while (s.len && str_is_space(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len && str_is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

/* Index of the byte, or SIZE_MAX. */
size_t str_find_byte(struct str s, char byte);

/* Index of the first occurrence of `needle`, or SIZE_MAX. An empty needle is at 0. */
size_t str_find(struct str s, struct str needle);

/* Equal but for ASCII case. */
bool str_eq_nocase(struct str a, struct str b);

/*
 * Takes the next token off `*rest`, split at any of the bytes in `separators`; empty tokens are skipped.
 * False when nothing is left.
 */
bool str_next_token(struct str *rest, const char *separators, struct str *token);

/* Takes the text up to the next `separator` byte off `*rest`, empty pieces included. False at the end. */
bool str_next_piece(struct str *rest, char separator, struct str *piece);

/* Decimal digits only, no sign. False on anything else, or past UINT64_MAX. */
bool str_to_u64(struct str s, uint64_t *value);
/* A plain decimal number with optional sign, point and exponent; the C locale's syntax whatever the locale. */
bool str_to_double(struct str s, double *value);

struct str str_copy(struct arena *out, struct str s);
/* A NUL-terminated copy, for foreign interfaces. */
char *str_cstr(struct arena *out, struct str s);

#endif

#include "base/json.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As many as people read; 17 would write 4.73 as 4.7300000000000004. */
enum { REAL_DIGITS = 10 };

void json_checks_memory(void)
{
    json_set_alloc_funcs(xmalloc, free);
}

enum idem_status json_parse(struct str text, const char *name, json_t **out, struct idem_error *err)
{
    json_error_t e;
    *out = json_loadb(text.ptr ? text.ptr : "", text.len, JSON_REJECT_DUPLICATES, &e);
    if (!*out)
        return error_set(err, IDEM_INVALID, "%s:%d:%d: %s", name, e.line, e.column, e.text);
    return IDEM_OK;
}

struct str json_str(const json_t *value)
{
    if (!json_is_string(value))
        return (struct str){0};
    return (struct str){json_string_value(value), json_string_length(value)};
}

/* Length of the valid UTF-8 sequence at the start of s, or 0. */
static size_t S_sequence(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    assert(p);
    if (p[0] < 0x80)
        return 1;
    size_t n = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC2 || p[0] > 0xF4 || s.len < n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) || (p[0] == 0xF0 && p[1] < 0x90) ||
        (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return n;
}

json_t *json_from_str(struct str s)
{
    json_t *value = json_stringn(s.ptr ? s.ptr : "", s.len);
    if (value)
        return value;
    struct buf fixed = {0};
    while (s.len) {
        size_t n = S_sequence(s);
        if (n)
            buf_add(&fixed, s.ptr, n);
        else
            buf_utf8(&fixed, 0xFFFD);
        s = str_sub(s, n ? n : 1, s.len);
    }
    value = json_stringn(fixed.ptr ? fixed.ptr : "", fixed.len);
    buf_deinit(&fixed);
    return value;
}

void json_put(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

void json_put_str(json_t *object, const char *key, struct str value)
{
    json_object_set_new(object, key, json_from_str(value));
}

char *json_text(const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(REAL_DIGITS));
    return text ? text : xcalloc(1, 1);
}

static bool S_is_plain(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
            return false;
    }
    return true;
}

void json_write_str(struct buf *out, struct str s)
{
    if (S_is_plain(s)) {
        buf_byte(out, '"');
        buf_str(out, s);
        buf_byte(out, '"');
        return;
    }
    json_t *value = json_from_str(s);
    char *text = json_text(value);
    buf_str(out, str_from(text));
    free(text);
    json_decref(value);
}

void json_write_real(struct buf *out, double value)
{
    char text[40];
    int n = snprintf(text, sizeof text, "%.*g", REAL_DIGITS, value);
    if (n <= 0 || strpbrk(text, "en")) { /* an exponent, which is told in another way; no number at all */
        json_t *real = json_real(value);
        char *told = real ? json_text(real) : NULL;
        buf_str(out, told ? str_from(told) : STR("null"));
        free(told);
        json_decref(real);
        return;
    }
    buf_add(out, text, (size_t)n);
    if (!strchr(text, '.'))
        buf_str(out, STR(".0"));
}

/* SIZE_MAX: of names as long as nobody gives. */
static size_t S_distance(struct str a, struct str b)
{
    size_t row[65];
    if (a.len > 64 || b.len > 64)
        return SIZE_MAX;
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t cost = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < cost)
                cost = row[j] + 1;
            if (row[j - 1] + 1 < cost)
                cost = row[j - 1] + 1;
            row[j] = cost;
        }
    }
    return row[b.len];
}

const char *json_nearest_key(struct str key, const char *const *known, size_t n)
{
    const char *best = NULL;
    size_t limit = key.len / 3 > 2 ? key.len / 3 : 2, best_distance = limit + 1;
    for (size_t i = 0; i < n; i++) {
        size_t d = S_distance(key, str_from(known[i]));
        if (d < best_distance && d < key.len) {
            best = known[i];
            best_distance = d;
        }
    }
    return best;
}

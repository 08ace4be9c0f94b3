#include "serve/query.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int S_hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Decodes in place. */
static bool S_decode(struct str *s, bool plus)
{
    char *out = (char *)(uintptr_t)s->ptr;
    size_t n = 0;
    for (size_t i = 0; i < s->len; i++) {
        char c = s->ptr[i];
        if (c == '%') {
            int high = i + 2 < s->len ? S_hex(s->ptr[i + 1]) : -1, low = high >= 0 ? S_hex(s->ptr[i + 2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0))
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (plus && c == '+') {
            c = ' ';
        }
        out[n++] = c;
    }
    s->len = n;
    return true;
}

static bool S_is_dots(struct str s)
{
    return str_eq(s, STR(".")) || str_eq(s, STR(".."));
}

static bool S_path(struct target *t, struct str path)
{
    struct str piece;
    assert(path.ptr || !path.len);
    if (path.len == 0 || path.ptr[0] != '/')
        return false;
    path = str_sub(path, 1, path.len);
    if (path.len == 0)
        return true;
    for (bool more = true; more;) {
        const char *slash = memchr(path.ptr, '/', path.len);
        size_t len = slash ? (size_t)(slash - path.ptr) : path.len;
        piece = str_sub(path, 0, len);
        more = slash != NULL;
        if (more)
            path = str_sub(path, len + 1, path.len);
        if (t->n_segments == MOST_SEGMENTS || S_is_dots(piece) || !S_decode(&piece, false) || S_is_dots(piece))
            return false;
        t->segment[t->n_segments++] = piece;
    }
    return true;
}

static bool S_query(struct target *t, struct str query)
{
    struct str piece;
    while (query.len && str_next_piece(&query, '&', &piece)) {
        size_t equals = str_find_byte(piece, '=');
        struct parameter p = {.name = piece};
        if (!piece.len)
            continue;
        if (equals != SIZE_MAX) {
            p.name = str_sub(piece, 0, equals);
            p.value = str_sub(piece, equals + 1, piece.len);
        } else {
            p.value = str_sub(piece, piece.len, piece.len);
        }
        if (t->n_parameters == MOST_PARAMETERS || !S_decode(&p.name, true) || !S_decode(&p.value, true))
            return false;
        t->parameter[t->n_parameters++] = p;
    }
    return true;
}

/* "http://host/path" is a target too: what counts is the path. */
static struct str S_origin(struct str uri)
{
    size_t at = str_starts(uri, STR("http://")) ? 7 : str_starts(uri, STR("https://")) ? 8 : 0;
    if (!at)
        return uri;
    struct str rest = str_sub(uri, at, uri.len);
    size_t slash = str_find_byte(rest, '/');
    return slash == SIZE_MAX ? STR("/") : str_sub(rest, slash, rest.len);
}

void target_parse(struct target *t, const char *uri)
{
    *t = (struct target){.text = strdup(uri)};
    if (!t->text)
        return;
    struct str all = S_origin(str_from(t->text));
    for (size_t i = 0; i < all.len; i++)
        if ((unsigned char)all.ptr[i] <= ' ' || all.ptr[i] == 0x7f || all.ptr[i] == '#' || all.ptr[i] == '\\')
            return;
    size_t mark = str_find_byte(all, '?');
    struct str path = mark == SIZE_MAX ? all : str_sub(all, 0, mark);
    struct str query = mark == SIZE_MAX ? str_sub(all, all.len, all.len) : str_sub(all, mark + 1, all.len);
    t->good = S_path(t, path) && S_query(t, query);
}

void target_deinit(struct target *t)
{
    free(t->text);
    t->text = NULL;
}

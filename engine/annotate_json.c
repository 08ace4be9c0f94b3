/*
 * JSON lines, one object a line: the new key goes behind the last one. The line is read byte by byte as far as it takes
 * to find the record id and the object's end; numbers and escapes stay as they are. A line that is no object is left
 * alone.
 */
#include "engine/annotate.h"

#include "base/json.h"

enum { MOST_DEPTH = 256 };

struct scan {
    const char *at, *end;
};

static void S_space(struct scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\r' || *s->at == '\n'))
        s->at++;
}

static bool S_take(struct scan *s, char byte)
{
    S_space(s);
    if (s->at == s->end || *s->at != byte)
        return false;
    s->at++;
    return true;
}

/* A string from its opening quote; `text` without the quotes, escapes as they are. */
static bool S_string(struct scan *s, struct str *text)
{
    if (!S_take(s, '"'))
        return false;
    const char *from = s->at;
    for (; s->at < s->end && *s->at != '"'; s->at++)
        if (*s->at == '\\' && ++s->at == s->end)
            return false;
    if (s->at == s->end)
        return false;
    *text = (struct str){from, (size_t)(s->at - from)};
    s->at++;
    return true;
}

/* Behind a value of any kind; `text` is all of it. Brackets are counted, not matched. */
static bool S_skip(struct scan *s, struct str *text)
{
    unsigned depth = 0;
    struct str ignored;
    S_space(s);
    const char *from = s->at;
    while (s->at < s->end) {
        char byte = *s->at;
        if (byte == '"') {
            if (!S_string(s, &ignored))
                return false;
            if (!depth)
                break;
            continue;
        }
        if (byte == '{' || byte == '[') {
            if (++depth > MOST_DEPTH)
                return false;
        } else if (byte == '}' || byte == ']') {
            if (!depth)
                break;
            if (!--depth) {
                s->at++;
                break;
            }
        } else if (!depth && (byte == ',' || byte == ' ' || byte == '\t' || byte == '\r')) {
            break;
        }
        s->at++;
    }
    *text = (struct str){from, (size_t)(s->at - from)};
    return text->len > 0;
}

/* The text behind a string's escapes, in `out`. */
static struct str S_unescape(struct str text, struct buf *out)
{
    json_t *value = NULL;
    struct idem_error ignored;
    struct buf document = {0};
    buf_clear(out);
    buf_printf(&document, "[\"%.*s\"]", STR_ARG(text));
    if (json_parse(buf_view(&document), "key", &value, &ignored) == IDEM_OK)
        buf_str(out, json_str(json_array_get(value, 0)));
    json_decref(value);
    buf_deinit(&document);
    return buf_view(out);
}

/* A string's characters, or a number's or boolean's text; empty for null, objects and arrays. */
static struct str S_scalar(struct annotator *a, struct str value)
{
    if (!value.len || str_eq(value, STR("null")) || value.ptr[0] == '{' || value.ptr[0] == '[')
        return (struct str){0};
    if (value.ptr[0] != '"')
        return value;
    struct str inner = str_sub(value, 1, value.len - 1);
    return memchr(inner.ptr, '\\', inner.len) ? S_unescape(inner, &a->cell) : inner;
}

static bool S_key_is(struct annotator *a, struct str key, struct str wanted)
{
    if (memchr(key.ptr, '\\', key.len))
        key = S_unescape(key, &a->cell);
    return str_eq(key, wanted);
}

/* The value of a member of an object; empty when there is none. */
static struct str S_member(struct annotator *a, struct str object, struct str wanted)
{
    struct scan s = {object.ptr, object.ptr + object.len};
    struct str key, value;
    if (!S_take(&s, '{'))
        return (struct str){0};
    while (S_string(&s, &key) && S_take(&s, ':') && S_skip(&s, &value)) {
        if (S_key_is(a, key, wanted))
            return value;
        if (!S_take(&s, ','))
            break;
    }
    return (struct str){0};
}

/* The first element of an array, for as long as it is one. */
static struct str S_first(struct str value)
{
    while (value.len && value.ptr[0] == '[') {
        struct scan s = {value.ptr + 1, value.ptr + value.len};
        if (!S_skip(&s, &value))
            return (struct str){0};
    }
    return value;
}

/* The value at a path: "user.id" is the key of that name or, without one, id of user. */
static struct str S_path(struct annotator *a, struct str object, struct str path)
{
    struct str value = S_member(a, object, path), key;
    struct str rest = path;
    if (value.ptr)
        return S_first(value);
    value = object;
    while (value.ptr && str_next_piece(&rest, '.', &key))
        value = S_first(S_member(a, value, key));
    return value;
}

/* Whether the line is one object: where its last brace is, whether it is empty, whether it has the new key. */
struct shape {
    const char *brace;
    bool empty, taken;
};

static bool S_shape(struct annotator *a, struct str line, struct shape *shape)
{
    struct scan s = {line.ptr, line.ptr + line.len};
    struct str key, value;
    *shape = (struct shape){.empty = true};
    if (!S_take(&s, '{'))
        return false;
    if (!S_take(&s, '}')) {
        shape->empty = false;
        do {
            if (!S_string(&s, &key) || !S_take(&s, ':') || !S_skip(&s, &value))
                return false;
            shape->taken |= S_key_is(a, key, a->column);
        } while (S_take(&s, ','));
        if (!S_take(&s, '}'))
            return false;
    }
    shape->brace = s.at - 1;
    S_space(&s);
    return s.at == s.end;
}

static void S_insert(struct annotator *a, const struct annotated *row, struct buf *out)
{
    if (row->leading_comma)
        buf_byte(out, ',');
    buf_str(out, a->key);
    buf_byte(out, ':');
    if (row->master_id[0])
        buf_printf(out, "\"%s\"", row->master_id);
    else
        buf_str(out, STR("null"));
}

static enum idem_status S_line(struct annotator *a, struct str line, struct idem_error *err)
{
    struct shape shape;
    struct annotated row = {.from = a->at, .insert = a->at + line.len, .end = a->at + line.len};
    annotate_begin_id(a);
    if (!str_trim(line).len)
        return annotate_queue(a, &row, err);
    a->result.rows++;
    if (!S_shape(a, line, &shape)) {
        a->result.bad++;
        return annotate_queue(a, &row, err);
    }
    if (shape.taken)
        return error_set(err, IDEM_CONFLICT, "line %llu: the object has a key %.*s already; name another with --column",
                         (unsigned long long)a->line, STR_ARG(a->key));
    for (unsigned i = 0; i < a->n_id_columns; i++)
        annotate_add_id(a, S_scalar(a, S_path(a, line, a->id_column[i])));
    row.asked = true;
    row.leading_comma = !shape.empty;
    row.insert = a->at + (size_t)(shape.brace - line.ptr);
    return annotate_queue(a, &row, err);
}

static enum idem_status S_lines(struct annotator *a, struct idem_error *err)
{
    for (;;) {
        size_t rest = a->in.len - a->at;
        const char *begin = a->in.ptr + a->at, *feed = rest ? memchr(begin, '\n', rest) : NULL;
        if (!feed && !a->ended) {
            TRY(annotate_more(a, err));
            continue;
        }
        if (!rest)
            return IDEM_OK;
        size_t len = feed ? (size_t)(feed - begin) + 1 : rest;
        TRY(S_line(a, (struct str){begin, len}, err));
        a->at += len;
        a->line++;
    }
}

enum idem_status annotate_json(struct annotator *a, struct idem_error *err)
{
    json_t *key = json_from_str(a->column);
    char *name = json_text(key);
    a->key = str_from(name);
    a->insert = S_insert;
    enum idem_status status = S_lines(a, err);
    if (status == IDEM_OK)
        status = annotate_answer(a, err);
    idem_free(name);
    json_decref(key);
    return status;
}

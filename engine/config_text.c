#include "engine/config_text.h"

#include <stdlib.h>

enum { LINE = 110, INDENT = 2 };

static void S_write(const json_t *value, size_t indent, size_t lead, struct buf *out);

static char *S_flat(const json_t *value)
{
    return json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
}

static void S_new_line(struct buf *out, size_t indent)
{
    buf_byte(out, '\n');
    for (size_t i = 0; i < indent; i++)
        buf_byte(out, ' ');
}

static void S_object(const json_t *value, size_t indent, struct buf *out)
{
    const char *key;
    json_t *member;
    bool first = true;
    buf_byte(out, '{');
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        json_t *name = json_string(key);
        char *text = S_flat(name);
        if (!first)
            buf_byte(out, ',');
        first = false;
        S_new_line(out, indent + INDENT);
        buf_printf(out, "%s: ", text);
        S_write(member, indent + INDENT, indent + INDENT + strlen(text) + 2, out);
        free(text);
        json_decref(name);
    }
    S_new_line(out, indent);
    buf_byte(out, '}');
}

static void S_array(const json_t *value, size_t indent, struct buf *out)
{
    buf_byte(out, '[');
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (i)
            buf_byte(out, ',');
        S_new_line(out, indent + INDENT);
        S_write(json_array_get(value, i), indent + INDENT, indent + INDENT, out);
    }
    S_new_line(out, indent);
    buf_byte(out, ']');
}

/* `lead` columns stand on the line already. */
static void S_write(const json_t *value, size_t indent, size_t lead, struct buf *out)
{
    char *flat = S_flat(value);
    bool fits = lead + strlen(flat) <= LINE && indent > 0;
    bool record = json_is_object(value) && json_object_size(value) > 4;
    if (!(json_is_object(value) || json_is_array(value)) || (fits && !record))
        buf_str(out, str_from(flat));
    else if (json_is_object(value))
        S_object(value, indent, out);
    else
        S_array(value, indent, out);
    free(flat);
}

void config_text(const json_t *root, struct buf *out)
{
    S_write(root, 0, 0, out);
    buf_byte(out, '\n');
}

#include "cli/render.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/visible.h"
#include "cli/table.h"
#include "cli/units.h"

enum number_kind { NUMBER_COUNT, NUMBER_BYTES, NUMBER_SECONDS, NUMBER_SHARE, NUMBER_PLAIN };

/* What a number means, by its key. */
static const struct {
    const char *key;
    enum number_kind kind;
} MEANING[] = {
    {"bytes", NUMBER_BYTES},  {"memory", NUMBER_BYTES},     {"seconds", NUMBER_SECONDS}, {"share", NUMBER_SHARE},
    {"fill", NUMBER_SHARE},   {"confidence", NUMBER_SHARE}, {"run_id", NUMBER_PLAIN},    {"id", NUMBER_PLAIN},
    {"model", NUMBER_PLAIN},  {"seed", NUMBER_PLAIN},       {"schema", NUMBER_PLAIN},    {"line", NUMBER_PLAIN},
    {"column", NUMBER_PLAIN},
};

static enum number_kind S_meaning(const char *key)
{
    for (size_t i = 0; key && i < COUNT_OF(MEANING); i++)
        if (strcmp(MEANING[i].key, key) == 0)
            return MEANING[i].kind;
    return NUMBER_COUNT;
}

static struct str S_number(struct arena *out, const char *key, const json_t *value)
{
    double x = json_number_value(value);
    switch (S_meaning(key)) {
    case NUMBER_BYTES:
        return units_size(out, x);
    case NUMBER_SECONDS:
        return units_seconds(out, x);
    case NUMBER_SHARE:
        return units_share(out, x);
    case NUMBER_COUNT:
        if (json_is_integer(value))
            return units_count(out, json_integer_value(value));
        break;
    case NUMBER_PLAIN:
        break;
    }
    if (json_is_integer(value))
        return arena_printf(out, "%lld", (long long)json_integer_value(value));
    return arena_printf(out, "%.4g", x);
}

static struct str S_taken(struct arena *out, struct buf *text)
{
    struct str copy = str_copy(out, buf_view(text));
    buf_deinit(text);
    return copy;
}

static struct str S_list(struct arena *out, const char *key, const json_t *list)
{
    struct buf text = {0};
    for (size_t i = 0; i < json_array_size(list); i++) {
        buf_str(&text, i ? STR(", ") : STR(""));
        buf_str(&text, render_value(out, key, json_array_get(list, i)));
    }
    return S_taken(out, &text);
}

static struct str S_object(struct arena *out, const json_t *object)
{
    struct str source = json_str(json_object_get(object, "data_source")),
               id = json_str(json_object_get(object, "record_id"));
    if (source.len && id.ptr && json_object_size(object) == 2)
        return arena_printf(out, "%.*s:%.*s", STR_ARG(source), STR_ARG(id));
    struct buf text = {0};
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        struct str item = render_value(out, key, value);
        buf_printf(&text, "%s%s ", text.len ? ", " : "", key);
        buf_str(&text, item);
    }
    return S_taken(out, &text);
}

struct str render_value(struct arena *out, const char *key, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        return json_str(value);
    case JSON_INTEGER:
    case JSON_REAL:
        return S_number(out, key, value);
    case JSON_TRUE:
        return STR("yes");
    case JSON_FALSE:
        return STR("no");
    case JSON_ARRAY:
        return S_list(out, key, value);
    case JSON_OBJECT:
        return S_object(out, value);
    case JSON_NULL:
        break;
    }
    return STR("-");
}

void render_heading(const struct cli *c, struct output *o, const char *text)
{
    output_printf(o, "\n%s%s%s\n", style_on(c, STYLE_BOLD), text, style_off(c, STYLE_BOLD));
}

/* Keys of a list's objects, each once, in order of appearance. */
static unsigned S_columns(const json_t *list, const char *wanted, struct arena *scratch, const char **keys,
                          unsigned most)
{
    unsigned n = 0;
    struct str rest = str_from(wanted), word;
    while (wanted && n < most && str_next_token(&rest, " ", &word))
        keys[n++] = str_cstr(scratch, word);
    for (size_t i = 0; !wanted && i < json_array_size(list); i++) {
        const char *key;
        json_t *value;
        json_object_foreach(json_array_get(list, i), key, value)
        {
            unsigned k = 0;
            while (k < n && strcmp(keys[k], key) != 0)
                k++;
            if (k == n && n < most)
                keys[n++] = key;
        }
    }
    return n;
}

static bool S_all_numbers(const json_t *list, const char *key)
{
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *value = json_object_get(json_array_get(list, i), key);
        if (value && !json_is_null(value) && !json_is_number(value))
            return false;
        n += json_is_number(value);
    }
    return n > 0;
}

/* "data_source" as "DATA SOURCE" */
static const char *S_title(struct arena *scratch, const char *key)
{
    char *title = str_cstr(scratch, str_from(key));
    for (char *p = title; *p; p++)
        *p = *p == '_' ? ' ' : *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
    return title;
}

void render_table(const struct cli *c, struct output *o, const json_t *list, const char *columns)
{
    enum { MOST_TABLE_COLUMNS = 32 };
    const char *keys[MOST_TABLE_COLUMNS];
    struct arena scratch;
    arena_init(&scratch);
    unsigned n = S_columns(list, columns, &scratch, keys, MOST_TABLE_COLUMNS);
    struct table *t = table_new(c);
    for (unsigned k = 0; k < n; k++)
        table_column(t, S_title(&scratch, keys[k]),
                     S_all_numbers(list, keys[k]) ? TABLE_RIGHT
                     : k + 1 == n                 ? TABLE_WRAP
                                                  : TABLE_PLAIN);
    for (size_t i = 0; i < json_array_size(list); i++) {
        table_row(t);
        for (unsigned k = 0; k < n; k++) {
            const json_t *value = json_object_get(json_array_get(list, i), keys[k]);
            table_cell(t, value ? render_value(&scratch, keys[k], value) : STR(""), STYLE_NONE);
        }
    }
    table_print(t, o);
    table_free(t);
    arena_deinit(&scratch);
}

static bool S_is_table(const json_t *value)
{
    return json_array_size(value) > 0 && json_is_object(json_array_get(value, 0));
}

static void S_lines(const struct cli *c, struct output *o, const json_t *object, const char *parent)
{
    struct arena scratch;
    const char *key;
    json_t *value;
    struct table *t = table_new(c);
    arena_init(&scratch);
    table_column(t, "", TABLE_PLAIN);
    table_column(t, "", TABLE_WRAP);
    json_object_foreach((json_t *)object, key, value)
    {
        if (json_is_object(value) || S_is_table(value) || (json_is_array(value) && !json_array_size(value)))
            continue;
        table_row(t);
        table_cell(t, arena_printf(&scratch, "%s%s", parent ? "  " : "", key), STYLE_DIM);
        bool stage = parent && strcmp(parent, "stages") == 0;
        table_cell(t, render_value(&scratch, stage ? "seconds" : key, value), STYLE_NONE);
    }
    table_headless(t);
    table_print(t, o);
    table_free(t);
    arena_deinit(&scratch);
}

void render_object(const struct cli *c, struct output *o, const json_t *object)
{
    const char *key;
    json_t *value;
    S_lines(c, o, object, NULL);
    json_object_foreach((json_t *)object, key, value)
    {
        if (json_is_object(value) && json_object_size(value)) {
            render_heading(c, o, key);
            S_lines(c, o, value, key);
        } else if (S_is_table(value)) {
            render_heading(c, o, key);
            render_table(c, o, value, NULL);
        }
    }
}

static json_t *S_visible_string(const json_t *value)
{
    struct arena scratch;
    arena_init(&scratch);
    json_t *shown = json_from_str(visible_text(&scratch, json_str(value)));
    arena_deinit(&scratch);
    return shown;
}

json_t *render_visible(const json_t *value)
{
    json_t *copy, *inner;
    const char *key;
    struct arena scratch;
    switch (json_typeof(value)) {
    case JSON_STRING:
        return S_visible_string(value);
    case JSON_ARRAY:
        copy = json_array();
        for (size_t i = 0; i < json_array_size(value); i++)
            json_array_append_new(copy, render_visible(json_array_get(value, i)));
        return copy;
    case JSON_OBJECT:
        copy = json_object();
        arena_init(&scratch);
        json_object_foreach((json_t *)(uintptr_t)value, key, inner)
            json_put(copy, str_cstr(&scratch, visible_text(&scratch, str_from(key))), render_visible(inner));
        arena_deinit(&scratch);
        return copy;
    default:
        return json_incref((json_t *)(uintptr_t)value);
    }
}

enum idem_status render_result(const struct cli *c, char *text, render_fn *human, struct idem_error *err)
{
    enum idem_status status = IDEM_OK;
    struct output o;
    json_t *result = NULL, *shown = NULL;
    output_stdout(&o);
    if (c->common.json) {
        output_foreign(&o);
        output_printf(&o, "%s\n", text);
    } else {
        status = json_parse(str_from(text), "result", &result, err);
        if (status == IDEM_OK)
            human(c, &o, shown = render_visible(result));
    }
    json_decref(shown);
    json_decref(result);
    idem_free(text);
    return output_close(&o, status, err);
}

enum idem_status render_summary(const struct cli *c, char *text, render_fn *human, struct idem_error *err)
{
    if (!c->common.quiet || c->common.json)
        return render_result(c, text, human, err);
    idem_free(text);
    return IDEM_OK;
}

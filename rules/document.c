#include "rules/document.h"

#include <limits.h>
#include <stdlib.h>

#include "normalize/phone_plan.h"

/* ------------------------------------------------------------------ places and errors */

static enum idem_status S_fail(struct document *r, const char *key, const char *message)
{
    bool dot = key && r->place.len;
    bool colon = r->place.len || key;
    return error_set(r->err, IDEM_INVALID, "%.*s%s%.*s%s%s%s%s", STR_ARG(r->path), r->path.len ? ": " : "",
                     (int)r->place.len, r->place.ptr ? r->place.ptr : "", dot ? "." : "", key ? key : "",
                     colon ? ": " : "", message);
}

enum idem_status document_fail(struct document *r, const char *format, ...)
{
    struct arena scratch = {0};
    va_list args;
    va_start(args, format);
    struct str message = arena_vprintf(&scratch, format, args);
    va_end(args);
    enum idem_status status = S_fail(r, NULL, message.ptr);
    arena_deinit(&scratch);
    return status;
}

enum idem_status document_fail_at(struct document *r, const char *key, const char *format, ...)
{
    struct arena scratch = {0};
    va_list args;
    va_start(args, format);
    struct str message = arena_vprintf(&scratch, format, args);
    va_end(args);
    enum idem_status status = S_fail(r, key, message.ptr);
    arena_deinit(&scratch);
    return status;
}

/* Names for a message, the first few of them. */
static void S_list(struct buf *text, const char *const *known, size_t n)
{
    enum { MOST_LISTED = 16 };
    for (size_t i = 0; i < n && i < MOST_LISTED; i++)
        buf_printf(text, "%s\"%s\"", i ? ", " : "", known[i]);
    if (n > MOST_LISTED)
        buf_printf(text, ", ...");
}

enum idem_status document_fail_name(struct document *r, const char *what, struct str name, const char *const *known,
                                    size_t n)
{
    struct buf text = {0};
    const char *nearest = json_nearest_key(name, known, n);
    buf_printf(&text, "%s", what);
    if (nearest) {
        buf_printf(&text, ", did you mean \"%s\"?", nearest);
    } else if (n) {
        buf_printf(&text, "; it can be ");
        S_list(&text, known, n);
    }
    enum idem_status status = document_fail(r, "%s", buf_cstr(&text));
    buf_deinit(&text);
    return status;
}

size_t document_enter_key(struct document *r, const char *key)
{
    size_t mark = r->place.len;
    buf_printf(&r->place, "%s%s", mark ? "." : "", key);
    return mark;
}

size_t document_enter_index(struct document *r, size_t index)
{
    size_t mark = r->place.len;
    buf_printf(&r->place, "[%zu]", index);
    return mark;
}

void document_leave(struct document *r, size_t mark)
{
    r->place.len = mark;
}

/* ------------------------------------------------------------------ objects */

static const char *S_kind(const json_t *value)
{
    static const char *const KINDS[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "text", [JSON_INTEGER] = "a number",
        [JSON_REAL] = "a number",    [JSON_TRUE] = "true",      [JSON_FALSE] = "false", [JSON_NULL] = "null"};
    return KINDS[json_typeof(value)];
}

static enum idem_status S_wanted(struct document *r, const char *wanted, const json_t *value)
{
    return document_fail(r, "must be %s, not %s", wanted, S_kind(value));
}

/* Required keys that are missing come first: the unknown one is likeliest one of them. */
static enum idem_status S_unknown_key(struct document *r, const json_t *object, const char *key,
                                      const struct key_table *table)
{
    const char **known = xmalloc((table->n + 1) * sizeof *known);
    size_t n = 0;
    for (int missing = 1; missing >= 0; missing--)
        for (size_t i = 0; i < table->n; i++)
            if ((table->row[i].required && !json_object_get(object, table->row[i].name)) == missing)
                known[n++] = table->row[i].name;
    size_t mark = document_enter_key(r, key);
    enum idem_status status = document_fail_name(r, "unknown key", str_from(key), known, n);
    document_leave(r, mark);
    free(known);
    return status;
}

static bool S_has_row(const struct key_table *table, const char *key)
{
    for (size_t i = 0; i < table->n; i++)
        if (strcmp(table->row[i].name, key) == 0)
            return true;
    return false;
}

enum idem_status document_object(struct document *r, const json_t *value, const struct key_table *table, void *target)
{
    const char *key;
    json_t *member;
    TRY(document_is_object(r, value));
    json_object_foreach((json_t *)(uintptr_t)value, key,
                        member) if (!S_has_row(table, key)) return S_unknown_key(r, value, key, table);
    for (size_t i = 0; i < table->n; i++) {
        const struct key_row *row = &table->row[i];
        const json_t *at = json_object_get(value, row->name);
        if (!at && row->required)
            return document_fail_at(r, row->name, "missing; it is required");
        if (!at)
            continue;
        size_t mark = document_enter_key(r, row->name);
        TRY(row->read(r, at, target));
        document_leave(r, mark);
    }
    return IDEM_OK;
}

/* ------------------------------------------------------------------ values */

enum idem_status document_is_object(struct document *r, const json_t *value)
{
    return json_is_object(value) ? IDEM_OK : S_wanted(r, "an object", value);
}

enum idem_status document_is_array(struct document *r, const json_t *value)
{
    return json_is_array(value) ? IDEM_OK : S_wanted(r, "an array", value);
}

enum idem_status document_text(struct document *r, const json_t *value, struct str *text)
{
    if (!json_is_string(value))
        return S_wanted(r, "text", value);
    if (json_string_length(value) == 0)
        return document_fail(r, "must not be empty; leave the key out instead");
    *text = str_copy(r->out, json_str(value));
    return IDEM_OK;
}

enum idem_status document_bool(struct document *r, const json_t *value, bool *flag)
{
    if (!json_is_boolean(value))
        return S_wanted(r, "true or false", value);
    *flag = json_is_true(value);
    return IDEM_OK;
}

enum idem_status document_number(struct document *r, const json_t *value, double least, double most, double *number)
{
    if (!json_is_number(value))
        return S_wanted(r, "a number", value);
    *number = json_number_value(value);
    if (*number < least || *number > most)
        return document_fail(r, "must be from %g to %g", least, most);
    return IDEM_OK;
}

enum idem_status document_count(struct document *r, const json_t *value, uint64_t least, uint64_t *count)
{
    if (!json_is_integer(value))
        return S_wanted(r, "a whole number", value);
    if (json_integer_value(value) < 0 || (uint64_t)json_integer_value(value) < least)
        return document_fail(r, "must be at least %llu", (unsigned long long)least);
    *count = (uint64_t)json_integer_value(value);
    return IDEM_OK;
}

enum idem_status document_word(struct document *r, const json_t *value, const struct word_table *words, int *word)
{
    const char *known[16];
    struct str name = json_str(value);
    if (!json_is_string(value))
        return S_wanted(r, "text", value);
    for (size_t i = 0; i < words->n; i++) {
        known[i] = words->row[i].name;
        if (str_eq(name, str_from(known[i]))) {
            *word = words->row[i].value;
            return IDEM_OK;
        }
    }
    return document_fail_name(r, "unknown value", name, known, words->n);
}

enum idem_status document_texts(struct document *r, const json_t *value, struct str **texts, unsigned *n)
{
    bool one = json_is_string(value);
    if (!one)
        TRY(json_is_array(value) ? IDEM_OK : S_wanted(r, "text or an array of texts", value));
    size_t count = one ? 1 : json_array_size(value);
    if (count == 0)
        return document_fail(r, "must not be empty");
    *texts = ARENA_NEW(r->out, struct str, count);
    for (size_t i = 0; i < count; i++) {
        size_t mark = one ? r->place.len : document_enter_index(r, i);
        TRY(document_text(r, one ? value : json_array_get(value, i), &(*texts)[i]));
        for (size_t k = 0; k < i; k++)
            if (str_eq((*texts)[k], (*texts)[i]))
                return document_fail(r, "is named twice");
        document_leave(r, mark);
    }
    *n = (unsigned)count;
    return IDEM_OK;
}

enum idem_status document_country(struct document *r, const json_t *value, char country[3])
{
    const char *area;
    struct str text = {0};
    TRY(document_text(r, value, &text));
    bool letters = text.len == 2;
    for (size_t i = 0; i < text.len && letters; i++)
        letters = text.ptr[i] >= 'A' && text.ptr[i] <= 'Z';
    if (!letters)
        return document_fail(r, "must be two capital letters (ISO 3166), such as \"DE\"");
    memcpy(country, text.ptr, 2);
    country[2] = 0;
    if (!phone_plan_of_country(country, &area))
        return document_fail(r, str_eq(text, STR("UK")) ? "no such country; the United Kingdom is \"GB\""
                                                        : "no such country (ISO 3166)");
    return IDEM_OK;
}

/* ------------------------------------------------------------------ names */

bool document_is_field_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i && c >= '0' && c <= '9'))
            return false;
    }
    return name.len > 0 && name.len <= 64;
}

enum idem_status document_field_name(struct document *r, struct str name, unsigned *field)
{
    const char *known[MOST_FIELDS];
    const struct schema *schema = &r->config->schema;
    int found = schema_find(schema, name);
    if (found >= 0) {
        *field = (unsigned)found;
        return IDEM_OK;
    }
    for (unsigned i = 0; i < schema->n_fields; i++)
        known[i] = schema->field[i].name.ptr;
    return document_fail_name(r, "no source maps a field of this name", name, known, schema->n_fields);
}

enum idem_status document_field(struct document *r, const json_t *value, unsigned *field)
{
    struct str name = {0};
    TRY(document_text(r, value, &name));
    return document_field_name(r, name, field);
}

enum idem_status document_source(struct document *r, const json_t *value, unsigned *source)
{
    struct str name = {0};
    TRY(document_text(r, value, &name));
    int found = config_find_source(r->config, name);
    if (found >= 0) {
        *source = (unsigned)found;
        return IDEM_OK;
    }
    const char **known = xmalloc((r->config->n_sources + 1) * sizeof *known);
    for (unsigned i = 0; i < r->config->n_sources; i++)
        known[i] = r->config->source[i].name.ptr;
    enum idem_status status = document_fail_name(r, "no such source", name, known, r->config->n_sources);
    free(known);
    return status;
}

static bool S_maps(const struct source *s, unsigned field)
{
    for (unsigned i = 0; i < s->n_mappings; i++)
        if (s->mapping[i].field == field)
            return true;
    for (unsigned i = 0; i < s->n_also; i++)
        for (unsigned k = 0; k < s->also[i].n_mappings; k++)
            if (s->also[i].mapping[k].field == field)
                return true;
    return false;
}

bool document_source_maps(const struct document *r, unsigned source, unsigned field)
{
    for (unsigned i = 0; i < r->config->n_sources; i++)
        if ((source == UINT_MAX || source == i) && S_maps(&r->config->source[i], field))
            return true;
    return false;
}

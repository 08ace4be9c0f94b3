#include "engine/init_source.h"

#include "rules/types.h"

const char *init_entity_name(enum entity_kind kind)
{
    static const char *const NAMES[] = {
        [ENTITY_PERSON] = "person", [ENTITY_ORGANISATION] = "organisation", [ENTITY_OTHER] = "other"};
    return NAMES[kind];
}

/* ------------------------------------------------------------------ fields */

/* The columns of a field by rank, as names. */
static json_t *S_columns(const struct guess *g, const char *field, const struct guess_column **first)
{
    json_t *columns = json_array();
    size_t n = 0;
    *first = NULL;
    for (size_t i = 0; i < g->n_columns; i++)
        n += guess_is_field(&g->column[i], field);
    for (unsigned rank = 0; rank < g->n_columns && json_array_size(columns) < n; rank++)
        for (size_t i = 0; i < g->n_columns; i++) {
            const struct guess_column *c = &g->column[i];
            if (!guess_is_field(c, field) || c->rank != rank)
                continue;
            *first = *first ? *first : c;
            json_array_append_new(columns, json_from_str(c->facts->name));
        }
    return columns;
}

static json_t *S_unwrapped(json_t *columns)
{
    if (json_array_size(columns) != 1)
        return columns;
    json_t *one = json_incref(json_array_get(columns, 0));
    json_decref(columns);
    return one;
}

static json_t *S_field(const struct guess *g, const char *field)
{
    const struct guess_column *first;
    json_t *columns = S_columns(g, field, &first);
    if (!first) {
        json_decref(columns);
        return NULL;
    }
    if (!first->order && !first->format)
        return S_unwrapped(columns);
    json_t *mapping = json_object();
    json_put(mapping, "column", S_unwrapped(columns));
    if (first->format)
        json_put_str(mapping, "format", str_from(first->format));
    else
        json_put_str(mapping, "order", str_from(first->order));
    return mapping;
}

static json_t *S_birth_parts(const struct guess *g)
{
    static const char *const FORMATS[] = {"yyyy", "yyyy M", "yyyy M d"};
    json_t *columns = json_array(), *mapping = json_object();
    for (unsigned i = 0; i < 3; i++)
        if (g->birth_part[i] >= 0)
            json_array_append_new(columns, json_from_str(g->column[g->birth_part[i]].facts->name));
    size_t n = json_array_size(columns);
    json_put(mapping, n > 1 ? "join" : "column", n > 1 ? columns : S_unwrapped(columns));
    json_put_str(mapping, "format", str_from(FORMATS[n - 1]));
    return mapping;
}

/* All known names have their place; those of the types come first. */
static json_t *S_fields(const struct guess *g)
{
    json_t *fields = json_object();
    for (size_t i = 0; known_field_name(i); i++) {
        const char *field = known_field_name(i);
        bool parts = strcmp(field, "birth_date") == 0 && g->birth_part[0] >= 0;
        json_t *mapping = parts ? S_birth_parts(g) : S_field(g, field);
        if (mapping)
            json_put(fields, field, mapping);
    }
    return fields;
}

/* ------------------------------------------------------------------ the source */

static json_t *S_texts(const struct str *text, unsigned n)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < n; i++)
        json_array_append_new(list, json_from_str(text[i]));
    return list;
}

static void S_file_keys(json_t *source, const struct survey *s, struct str path)
{
    const struct reader_facts *f = &s->facts;
    char one[2] = {f->delimiter, 0};
    if (f->format == INGEST_JSONL) {
        bool named = str_find(path, STR(".jsonl")) != SIZE_MAX || str_find(path, STR(".ndjson")) != SIZE_MAX;
        if (!named)
            json_put_str(source, "format", STR("jsonl"));
        return;
    }
    if (f->encoding.len && !str_eq_nocase(f->encoding, STR("UTF-8")))
        json_put_str(source, "encoding", f->encoding);
    if (f->delimiter != ',')
        json_put_str(source, "delimiter", f->delimiter == '\t' ? STR("tab") : str_from(one));
    one[0] = f->quote;
    if (f->quote == '\1')
        json_put_str(source, "quote", STR("none"));
    else if (f->quote && f->quote != '"')
        json_put_str(source, "quote", str_from(one));
    if (!f->has_header)
        json_put(source, "header", json_false());
}

static json_t *S_entity_column(const struct guess *g)
{
    json_t *entity = json_object();
    json_put_str(entity, "column", g->column[g->entity_column].facts->name);
    if (g->n_person_values)
        json_put(entity, "person", S_texts(g->person_value, g->n_person_values));
    if (g->n_organisation_values)
        json_put(entity, "organisation", S_texts(g->organisation_value, g->n_organisation_values));
    return entity;
}

static json_t *S_updated_at(const struct guess *g)
{
    const struct guess_column *c = &g->column[g->updated_at];
    if (!c->format)
        return json_from_str(c->facts->name);
    json_t *updated = json_object();
    json_put_str(updated, "column", c->facts->name);
    json_put_str(updated, "format", str_from(c->format));
    return updated;
}

json_t *init_source_config(const struct survey *s, const struct guess *g, struct str name, struct str path, bool dated,
                           struct arena *out)
{
    json_t *source = json_object(), *fields = S_fields(g);
    (void)out;
    json_put_str(source, "name", name);
    json_put_str(source, "path", path);
    if (dated)
        json_put_str(source, "files", STR("latest"));
    S_file_keys(source, s, path);
    if (g->entity_column >= 0)
        json_put(source, "entity", S_entity_column(g));
    if (g->country[0])
        json_put_str(source, "country", str_from(g->country));
    if (g->record_id >= 0)
        json_put_str(source, "record_id", g->column[g->record_id].facts->name);
    if (g->updated_at >= 0)
        json_put(source, "updated_at", S_updated_at(g));
    bool empty = json_object_size(fields) == 0 || g->record_id < 0;
    json_put(source, "fields", fields);
    if (!empty)
        return source;
    json_decref(source);
    return NULL;
}

/* ------------------------------------------------------------------ what is said of it */

static double S_rounded(double confidence)
{
    return (double)(int)(confidence * 100 + 0.5) / 100;
}

static json_t *S_guess(const struct guess_column *c, double confidence, const char *why)
{
    json_t *guess = json_object();
    json_put_str(guess, "column", c->facts->name);
    json_put(guess, "confidence", json_real(S_rounded(confidence)));
    json_put_str(guess, "why", str_from(why));
    return guess;
}

static json_t *S_field_report(const struct guess_column *c)
{
    json_t *field = json_object();
    json_put_str(field, "column", c->facts->name);
    json_put_str(field, "field", str_from(c->field));
    enum field_type type = FIELD_TEXT;
    type_of_known_field(str_from(c->field), &type);
    json_put_str(field, "type", str_from(field_type_name(type)));
    json_put(field, "confidence", json_real(S_rounded(c->confidence)));
    json_put_str(field, "why", str_from(c->why));
    json_put(field, "sure", json_boolean(c->confidence >= GUESS_SURE));
    return field;
}

json_t *init_source_report(const struct survey *s, const struct guess *g, struct str name, struct str path)
{
    json_t *source = json_object(), *fields = json_array(), *ignored = json_array();
    const struct reader_facts *f = &s->facts;
    char delimiter[2] = {f->delimiter, 0};
    json_put_str(source, "name", name);
    json_put_str(source, "path", path);
    json_put_str(source, "format", f->format == INGEST_JSONL ? STR("jsonl") : STR("csv"));
    json_put_str(source, "encoding", f->encoding);
    json_put(source, "delimiter", f->format == INGEST_JSONL ? json_null() : json_string(delimiter));
    json_put(source, "rows", s->whole ? json_integer((json_int_t)s->rows) : json_null());
    json_put(source, "rows_read", json_integer((json_int_t)s->rows));
    const char *entity = init_entity_name(g->entity);
    json_put(source, "entity", entity ? json_string(entity) : json_null());
    json_put(source, "entity_column",
             g->entity_column >= 0 ? json_from_str(g->column[g->entity_column].facts->name) : json_null());
    json_put(source, "country", g->country[0] ? json_string(g->country) : json_null());
    json_put(source, "record_id",
             g->record_id >= 0 ? S_guess(&g->column[g->record_id], g->record_id_confidence, g->record_id_why)
                               : json_null());
    json_put(source, "updated_at",
             g->updated_at >= 0
                 ? S_guess(&g->column[g->updated_at], g->column[g->updated_at].confidence, g->column[g->updated_at].why)
                 : json_null());
    for (size_t i = 0; i < g->n_columns; i++) {
        const struct guess_column *c = &g->column[i];
        if (c->use == USE_FIELD || c->use == USE_BIRTH_PART)
            json_array_append_new(fields, S_field_report(c));
        else if (c->use == USE_NONE)
            json_array_append_new(ignored, json_from_str(c->facts->name));
    }
    json_put(source, "fields", fields);
    json_put(source, "ignored", ignored);
    return source;
}

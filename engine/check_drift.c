#include "engine/check_drift.h"

#include <limits.h>

#include "base/file.h"
#include "engine/drift.h"
#include "engine/survey.h"

/* Rows of a file that are looked at to find out what a column has become. */
enum { SURVEY_ROWS = 20000 };

static struct str S_place(struct check *c, unsigned source, const json_t *one)
{
    struct str field = json_str(json_object_get(one, "field"));
    if (field.len)
        return arena_printf(&c->arena, "sources[%u].fields.%.*s", source, STR_ARG(field));
    return arena_printf(&c->arena, "sources[%u].path", source);
}

static bool S_has(const json_t *list, struct str text)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (str_eq(json_str(json_array_get(list, i)), text))
            return true;
    return false;
}

/* Is a column gone from which a field was read? */
static bool S_lost_column(const json_t *now, const json_t *before)
{
    const char *name;
    json_t *field;
    bool lost = false;
    json_object_foreach(json_object_get(before, "fields"), name, field)
    {
        const json_t *columns = json_object_get(field, "columns");
        for (size_t i = 0; i < json_array_size(columns); i++)
            lost |= S_has(json_object_get(before, "columns"), json_str(json_array_get(columns, i))) &&
                    !S_has(json_object_get(now, "columns"), json_str(json_array_get(columns, i)));
    }
    return lost;
}

static json_t *S_shapes_of(const struct column_facts *column)
{
    struct shape_tally tally = {0};
    for (size_t i = 0; i < column->n_shapes; i++)
        shape_tally_add_shape(&tally, column->shape[i].shape, column->shape[i].n);
    json_t *shapes = shape_tally_json(&tally);
    shape_tally_deinit(&tally);
    return shapes;
}

/* The shapes of columns that were not there: one of them may be what a missing one has become. */
static void S_look_at_new_columns(struct check *c, unsigned source, json_t *now, const json_t *before)
{
    const json_t *files = json_object_get(json_array_get(c->sources, source), "files");
    struct str path = json_str(json_array_get(files, json_array_size(files) - 1));
    struct survey survey;
    struct idem_error ignored;
    if (!path.len || !S_lost_column(now, before) ||
        survey_file(str_cstr(&c->arena, path), SURVEY_ROWS, &survey, &ignored) != IDEM_OK)
        return;
    json_t *shapes = json_object();
    for (size_t i = 0; i < survey.n_columns; i++)
        if (!S_has(json_object_get(before, "columns"), survey.column[i].name))
            json_put(shapes, str_cstr(&c->arena, survey.column[i].name), S_shapes_of(&survey.column[i]));
    json_put(now, "new_shapes", shapes);
    survey_deinit(&survey);
}

static void S_source(struct check *c, unsigned source, const struct store_source *stored)
{
    json_t *now = json_array_get(c->facts, source), *before = NULL;
    struct idem_error ignored;
    const json_t *files = json_object_get(json_array_get(c->sources, source), "files");
    if (!now || !json_array_size(files) || !stored->facts.len ||
        json_parse(stored->facts, "facts", &before, &ignored) != IDEM_OK)
        return;
    S_look_at_new_columns(c, source, now, before);
    json_t *found = drift_compare(now, before, c->config->source[source].mode == MODE_WHOLE);
    for (size_t i = 0; i < json_array_size(found); i++) {
        const json_t *one = json_array_get(found, i);
        struct str kind = json_str(json_object_get(one, "kind"));
        bool minor = str_eq(kind, STR("column_new")) || str_eq(kind, STR("column_missing"));
        check_finding(c, minor ? FINDING_NOTE : FINDING_WARNING, source, S_place(c, source, one), "%.*s",
                      STR_ARG(json_str(json_object_get(one, "message"))));
    }
    json_decref(found);
    json_decref(before);
}

static void S_compare(struct check *c, const struct store_source *stored, size_t n)
{
    bool known[64] = {false};
    for (size_t i = 0; i < n; i++) {
        int at = config_find_source(c->config, stored[i].name);
        if (at >= 0 && at < 64)
            known[at] = true;
        if (at >= 0)
            S_source(c, (unsigned)at, &stored[i]);
        else
            check_finding(c, FINDING_NOTE, UINT_MAX, STR("sources"),
                          "source %.*s was there in the last run and is gone: its records stay",
                          STR_ARG(stored[i].name));
    }
    for (unsigned i = 0; i < c->config->n_sources && i < 64; i++)
        if (!known[i])
            check_finding(c, FINDING_NOTE, i, arena_printf(&c->arena, "sources[%u].name", i),
                          "is new since the last run");
}

/* A field is hashed from its first run on, or never: apply will refuse the others. */
static void S_hashed(struct check *c, const struct schema *stored)
{
    for (unsigned f = 0; f < stored->n_fields; f++) {
        int at = schema_find(&c->config->schema, stored->field[f].name);
        bool was = stored->field[f].type == FIELD_HASHED;
        if (at < 0 || was == (c->config->schema.field[at].type == FIELD_HASHED))
            continue;
        check_finding(c, FINDING_ERROR, UINT_MAX,
                      arena_printf(&c->arena, "privacy.fields.%.*s", STR_ARG(stored->field[f].name)),
                      was ? "the database has tokens of this field, and they cannot become values again; keep it "
                            "hashed, or give it another name"
                          : "the database has values of this field; to hash them give it another name, or make a new "
                            "database");
    }
}

/* The same of record ids. */
static void S_hashed_ids(struct check *c, const struct store_source *stored, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int at = config_find_source(c->config, stored[i].name);
        if (at < 0 || stored[i].hashed_ids == (c->config->record_ids[at] == ID_HASHED))
            continue;
        check_finding(
            c, FINDING_ERROR, (unsigned)at, STR("privacy.record_ids"),
            stored[i].hashed_ids
                ? "the database has tokens of this source's record ids, and they cannot become ids again; keep "
                  "them hashed, or give the source another name"
                : "the database has this source's record ids; to hash them give the source another name, or "
                  "make a new database");
    }
}

void check_drift(struct check *c, struct idem_session *s)
{
    struct store *store;
    struct store_source *stored = NULL;
    struct schema fields = {.n_fields = 0};
    struct idem_error err = {0};
    size_t n = 0;
    if (!file_exists(s->db_path))
        return;
    enum idem_status status = session_store(s, STORE_READ, &store, &err);
    if (status == IDEM_OK)
        status = store_get_sources(store, false, &c->arena, &stored, &n, &err);
    if (status == IDEM_OK)
        status = store_get_fields(store, &c->arena, &fields, &err);
    S_hashed(c, &fields);
    S_hashed_ids(c, stored, n);
    if (status == IDEM_OK)
        S_compare(c, stored, n);
    else
        check_finding(c, FINDING_WARNING, UINT_MAX, STR(""), "%s; what changed since the last run is not known",
                      err.message);
}

/*
 * A source has up to two encoders: one for its raw columns, one for fields by name. Both see a row as the readers of
 * files give it: one cell for each column of each mapping.
 */
#include "engine/intake.h"

#include <stdlib.h>

#include "engine/encode.h"
#include "engine/hashed.h"
#include "engine/matching.h"
#include "engine/quality.h"
#include "engine/row_facts.h"
#include "engine/row_values.h"
#include "record/pack.h"

enum {
    MOST_RECORD_ID = 1024,
    MOST_ROWS = 16384, /* encoders and their dictionaries are made anew after so many */
    MOST_VALUES_OF_CELL = 64
};

struct form {
    struct source source; /* as configured, or fields by name in place of columns */
    struct encode_source encode;
    unsigned *cell_of;
    struct str *column; /* [n_columns] of each cell */
    unsigned n_columns;
    struct encoder *encoder; /* NULL: not needed yet */
};

struct intake {
    const struct probe *probe;
    const struct config *config; /* NULL: none */
    struct arena arena;
    struct batch batch;
    struct normalizer *normalizer;
    unsigned field_of[MOST_FIELDS];
    bool dropped[MOST_FIELDS];
    struct form *columns;   /* [config->n_sources] */
    struct form *by_fields; /* [config->n_sources + 1]; the last one is without a source */
    unsigned n_sources;
};

/* ------------------------------------------------------------------ set-up */

static void S_plan_cells(struct intake *in, struct form *f)
{
    unsigned n = 0;
    for (unsigned m = 0; m < f->source.n_mappings; m++)
        for (unsigned v = 0; v < f->source.mapping[m].n_values; v++)
            n += f->source.mapping[m].value[v].n_columns;
    f->cell_of = ARENA_NEW(&in->arena, unsigned, n + 1);
    f->column = ARENA_NEW(&in->arena, struct str, n + 1);
    for (unsigned m = 0; m < f->source.n_mappings; m++)
        for (unsigned v = 0; v < f->source.mapping[m].n_values; v++)
            for (unsigned k = 0; k < f->source.mapping[m].value[v].n_columns; k++) {
                f->cell_of[f->n_columns] = f->n_columns;
                f->column[f->n_columns++] = f->source.mapping[m].value[v].column[k];
            }
    f->encode = (struct encode_source){.source = &f->source,
                                       .schema = &in->probe->schema,
                                       .field_of = in->field_of,
                                       .cell_of = f->cell_of,
                                       .dropped = in->dropped,
                                       .keys = in->probe->session->keys};
}

static const struct norm_context *S_mapped_context(const struct source *s, unsigned field)
{
    for (unsigned m = 0; m < s->n_mappings; m++)
        if (s->mapping[m].field == field)
            return &s->mapping[m].context;
    return NULL;
}

/* A field by name: the hints of the source's own mapping, but for the format of its dates. */
static void S_map_field(struct intake *in, const struct schema *schema, unsigned field, struct mapping *m)
{
    m->field = field;
    m->value = ARENA_NEW(&in->arena, struct mapped_value, 1);
    m->value->column = ARENA_NEW(&in->arena, struct str, 1);
    *m->value->column = schema->field[field].name;
    m->value->n_columns = 1;
    m->n_values = 1;
    m->context.date_format = (struct str){0};
    if (field_plain_type(&schema->field[field]) == FIELD_IDENTIFIER)
        m->context.identifier_kind = schema->field[field].name;
}

static void S_plan_fields(struct intake *in, const struct source *source, struct form *f)
{
    const struct schema *schema = in->config ? &in->config->schema : &in->probe->schema;
    if (source)
        f->source = *source;
    else
        hashed_country(in->config, f->source.country);
    f->source.mapping = ARENA_NEW(&in->arena, struct mapping, schema->n_fields + 1);
    f->source.n_mappings = schema->n_fields;
    for (unsigned i = 0; i < schema->n_fields; i++) {
        const struct norm_context *context = source ? S_mapped_context(source, i) : NULL;
        if (context)
            f->source.mapping[i].context = *context;
        S_map_field(in, schema, i, &f->source.mapping[i]);
    }
    S_plan_cells(in, f);
}

static void S_plan(struct intake *in)
{
    const struct config *c = in->config;
    for (unsigned f = 0; f < MOST_FIELDS; f++)
        in->field_of[f] = f;
    if (c) {
        matching_field_map(c, &in->probe->schema, in->field_of);
        for (unsigned f = 0; f < c->schema.n_fields; f++)
            in->dropped[in->field_of[f]] |= c->policy[f] == POLICY_DROP;
    }
    in->n_sources = c ? c->n_sources : 0;
    in->columns = ARENA_NEW(&in->arena, struct form, in->n_sources + 1);
    in->by_fields = ARENA_NEW(&in->arena, struct form, in->n_sources + 1);
    for (unsigned i = 0; i < in->n_sources; i++) {
        in->columns[i].source = c->source[i];
        S_plan_cells(in, &in->columns[i]);
        S_plan_fields(in, &c->source[i], &in->by_fields[i]);
    }
    S_plan_fields(in, NULL, &in->by_fields[in->n_sources]);
}

static void S_start_batch(struct intake *in)
{
    batch_init(&in->batch, &in->probe->schema);
    batch_set_sources(&in->batch, in->probe->name, (uint16_t)(in->probe->n_sources + 1));
}

/* Every field that the configuration has must be stored: values of others would be lost. */
static enum idem_status S_check_fields(const struct intake *in, struct idem_error *err)
{
    for (unsigned f = 0; in->config && f < in->config->schema.n_fields; f++) {
        const struct field *configured = &in->config->schema.field[f];
        int at = schema_find(&in->probe->schema, configured->name);
        if (at < 0)
            return error_set(err, IDEM_CONFLICT,
                             "the database does not have the field %.*s yet; run idem apply, then resolve",
                             STR_ARG(configured->name));
        if ((in->probe->schema.field[at].type == FIELD_HASHED) != (configured->type == FIELD_HASHED))
            return error_set(err, IDEM_CONFLICT,
                             "the field %.*s is %shashed in the configuration, and otherwise in the database",
                             STR_ARG(configured->name), configured->type == FIELD_HASHED ? "" : "not ");
    }
    return IDEM_OK;
}

enum idem_status intake_new(const struct probe *p, struct intake **out, struct idem_error *err)
{
    struct intake *in = xcalloc(1, sizeof *in);
    *in = (struct intake){.probe = p, .config = p->session->config};
    S_start_batch(in);
    enum idem_status status = S_check_fields(in, err);
    if (status == IDEM_OK)
        status = normalizer_new(&in->normalizer, err);
    if (status == IDEM_OK)
        S_plan(in);
    if (status != IDEM_OK) {
        intake_free(in);
        in = NULL;
    }
    *out = in;
    return status;
}

static void S_free_encoders(struct intake *in)
{
    for (unsigned i = 0; in->by_fields && i <= in->n_sources; i++) {
        encoder_free(in->columns[i].encoder);
        encoder_free(in->by_fields[i].encoder);
        in->columns[i].encoder = in->by_fields[i].encoder = NULL;
    }
}

void intake_free(struct intake *in)
{
    if (!in)
        return;
    S_free_encoders(in);
    batch_deinit(&in->batch);
    normalizer_free(in->normalizer);
    arena_deinit(&in->arena);
    free(in);
}

/* ------------------------------------------------------------------ a row */

struct row_intake {
    struct intake *intake;
    struct arena *out;
    struct row_batch rows; /* one row */
    size_t n_more, more_room;
};

static void S_row_init(struct row_intake *r, struct intake *in, struct arena *out, unsigned n_columns)
{
    *r = (struct row_intake){.intake = in, .out = out};
    r->rows.n_rows = 1;
    r->rows.n_cols = n_columns;
    r->rows.cell = ARENA_NEW(out, struct cell, n_columns + 1);
    r->rows.line = ARENA_NEW(out, uint64_t, 1);
}

/* One more value of a cell. */
static void S_add_value(struct row_intake *r, unsigned column, struct str text)
{
    struct cell *c = &r->rows.cell[column];
    struct cell value = {text.ptr ? text.ptr : "", (uint32_t)text.len, 0};
    if (!c->ptr) {
        *c = value;
        return;
    }
    if (r->n_more == r->more_room) {
        size_t room = r->more_room ? r->more_room * 2 : 8;
        struct cell *grown = ARENA_NEW(r->out, struct cell, room);
        if (r->n_more)
            memcpy(grown, r->rows.more, r->n_more * sizeof *grown);
        r->rows.more = grown;
        r->more_room = room;
    }
    c = &r->rows.cell[column];
    while (c->more)
        c = &r->rows.more[c->more - 1];
    r->rows.more[r->n_more++] = value;
    c->more = (uint32_t)r->n_more;
}

/* Encodes the row and packs it. */
static enum idem_status S_encode(struct row_intake *r, struct form *f, int64_t updated_at, enum entity_kind entity,
                                 struct intake_record *record, struct idem_error *err)
{
    struct intake *in = r->intake;
    const uint32_t first = 0;
    struct buf packed = {0};
    if (in->batch.n_rows >= MOST_ROWS) {
        S_free_encoders(in);
        batch_deinit(&in->batch);
        S_start_batch(in);
    }
    if (!f->encoder)
        TRY(encoder_new(&f->encode, &in->batch, 1, &f->encoder, err));
    uint32_t row = batch_append(&in->batch, record->source, record->record_id, updated_at, entity);
    encoder_rows(f->encoder, &r->rows, &first, NULL, 1, NULL, NULL, 1);
    record_pack(&in->batch, row, &packed);
    record->packed = str_copy(r->out, buf_view(&packed));
    buf_deinit(&packed);
    return IDEM_OK;
}

enum idem_status intake_values(struct intake *in, const struct intake_value *value, size_t n, struct arena *out,
                               struct intake_record *record, struct idem_error *err)
{
    struct form *f = &in->by_fields[in->n_sources];
    struct row_intake row;
    *record = (struct intake_record){.source = (uint16_t)in->probe->n_sources};
    S_row_init(&row, in, out, f->n_columns);
    for (size_t i = 0; i < n; i++)
        for (unsigned m = 0; m < f->source.n_mappings; m++)
            if (in->field_of[f->source.mapping[m].field] == value[i].field)
                S_add_value(&row, m, value[i].text);
    return S_encode(&row, f, INT64_MIN, in->config ? in->config->entity : ENTITY_UNKNOWN, record, err);
}

/* ------------------------------------------------------------------ JSON */

struct value_list {
    struct str text[MOST_VALUES_OF_CELL];
    unsigned n;
};

static struct str S_scalar(const json_t *value, struct arena *out)
{
    if (json_is_string(value))
        return json_str(value);
    if (json_is_boolean(value))
        return json_is_true(value) ? STR("true") : STR("false");
    if (json_is_integer(value))
        return arena_printf(out, "%lld", (long long)json_integer_value(value));
    return arena_printf(out, "%.15g", json_number_value(value));
}

static void S_take(const json_t *value, struct arena *out, struct value_list *list)
{
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++)
            S_take(json_array_get(value, i), out, list);
    } else if (value && !json_is_null(value) && !json_is_object(value) && list->n < MOST_VALUES_OF_CELL) {
        list->text[list->n++] = S_scalar(value, out);
    }
}

/* The values at a path "user.email"; arrays on the way give several. */
static void S_at_path(const json_t *value, struct str path, struct arena *out, struct value_list *list)
{
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++)
            S_at_path(json_array_get(value, i), path, out, list);
        return;
    }
    const json_t *whole = json_is_object(value) ? json_object_getn(value, path.ptr, path.len) : NULL;
    size_t dot = str_find_byte(path, '.');
    if (whole)
        S_take(whole, out, list);
    else if (dot != SIZE_MAX && json_is_object(value))
        S_at_path(json_object_getn(value, path.ptr, dot), str_sub(path, dot + 1, path.len), out, list);
}

static struct str S_first_at(const json_t *object, struct str path, struct arena *out)
{
    struct value_list list;
    list.n = 0;
    if (path.len)
        S_at_path(object, path, out, &list);
    return list.n ? str_trim(list.text[0]) : (struct str){0};
}

/* Fields by name say "person" or "organisation" themselves. */
static enum entity_kind S_entity(const struct intake *in, const struct source *s, struct str text, bool by_fields)
{
    if (!by_fields || !text.len)
        return row_entity(in->config, s, text);
    if (str_eq_nocase(text, STR("person")))
        return ENTITY_PERSON;
    return str_eq_nocase(text, STR("organisation")) ? ENTITY_ORGANISATION : row_entity(in->config, s, text);
}

/* The record's id: given, or in the source's own columns. */
static struct str S_record_id(const struct source *s, const json_t *object, struct arena *out)
{
    struct str id = S_first_at(object, STR("record_id"), out);
    if (id.len)
        return id;
    if (!s->record_id_join.n_columns)
        return S_first_at(object, s->record_id, out);
    for (unsigned i = 0; i < s->record_id_join.n_columns; i++) {
        struct str part = S_first_at(object, s->record_id_join.column[i], out);
        if (!part.len)
            return (struct str){0};
        id = id.len ? arena_printf(out, "%.*s %.*s", STR_ARG(id), STR_ARG(part)) : part;
    }
    return id;
}

static enum idem_status S_find_source(const struct intake *in, const json_t *object, int *configured,
                                      struct intake_record *record, struct idem_error *err)
{
    struct str name = json_str(json_object_get(object, "data_source"));
    if (!name.len)
        return error_set(err, IDEM_INVALID, "\"data_source\" is missing: the name of a source of the configuration");
    *configured = config_find_source(in->config, name);
    if (*configured < 0)
        return error_set(err, IDEM_INVALID, "data_source: the configuration has no such source");
    for (size_t i = 0; i < in->probe->n_sources; i++)
        if (str_eq(in->probe->name[i], name)) {
            record->source = (uint16_t)i;
            return IDEM_OK;
        }
    return error_set(err, IDEM_CONFLICT, "source %.*s is not in the database yet; run idem apply, then resolve",
                     STR_ARG(in->config->source[*configured].name));
}

static bool S_holds_object(const json_t *value)
{
    for (size_t i = 0; i < json_array_size(value); i++)
        if (S_holds_object(json_array_get(value, i)))
            return true;
    return json_is_object(value);
}

static enum idem_status S_check_keys(const struct intake *in, const json_t *fields, struct idem_error *err)
{
    const char *key, *known[MOST_FIELDS + 1];
    json_t *value;
    struct arena scratch = {0};
    const struct schema *schema = &in->config->schema;
    enum idem_status status = IDEM_OK;
    json_object_foreach((json_t *)fields, key, value)
    {
        if (status != IDEM_OK)
            continue;
        int field = schema_find(schema, str_from(key));
        if (field >= 0 && S_holds_object(value))
            status = error_set(err, IDEM_INVALID, "fields.%.*s: a value is a text, a number, or a list of them",
                               STR_ARG(schema->field[field].name));
        if (field >= 0)
            continue;
        for (unsigned f = 0; f < schema->n_fields; f++)
            known[f] = str_cstr(&scratch, schema->field[f].name);
        const char *nearest = json_nearest_key(str_from(key), known, schema->n_fields);
        status = nearest ? error_set(err, IDEM_INVALID, "fields: unknown field, did you mean \"%s\"?", nearest)
                         : error_set(err, IDEM_INVALID, "fields: a field that the configuration does not have");
    }
    arena_deinit(&scratch);
    return status;
}

static bool S_has_path(const json_t *value, struct str path)
{
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++)
            if (S_has_path(json_array_get(value, i), path))
                return true;
        return false;
    }
    size_t dot = str_find_byte(path, '.');
    if (!json_is_object(value))
        return false;
    return json_object_getn(value, path.ptr, path.len) ||
           (dot != SIZE_MAX && S_has_path(json_object_getn(value, path.ptr, dot), str_sub(path, dot + 1, path.len)));
}

/* An object that says nothing of the record is a mistake: as a record it would empty what is stored. */
static enum idem_status S_check_shape(const struct intake *in, const struct form *columns, const json_t *object,
                                      const json_t *fields, struct idem_error *err)
{
    const json_t *deleted = json_object_get(object, "deleted");
    if (fields && !json_is_object(fields))
        return error_set(err, IDEM_INVALID, "\"fields\" is an object of field names and values");
    if (fields && deleted && !json_is_boolean(deleted))
        return error_set(err, IDEM_INVALID, "\"deleted\" is true or false");
    if (fields)
        return S_check_keys(in, fields, err);
    for (unsigned c = 0; c < columns->n_columns; c++)
        if (S_has_path(object, columns->column[c]))
            return IDEM_OK;
    return error_set(err, IDEM_INVALID,
                     "the record has neither \"fields\" nor a column of its source, nor is \"deleted\" true");
}

/* What quality rules set aside in a file is refused here. */
static enum idem_status S_check_quality(const struct intake *in, unsigned source, const struct form *f,
                                        const struct row_intake *row, struct idem_error *err)
{
    struct quality *quality;
    struct arena scratch = {0};
    if (!in->config->n_quality)
        return IDEM_OK;
    TRY(quality_open(in->config, source, &quality, err));
    struct row_values values = {.source = &f->source, .cell_of = f->cell_of, .rows = &row->rows, .scratch = &scratch};
    bool right = quality_row(quality, row_values, &values);
    quality_close(quality);
    arena_deinit(&scratch);
    return right ? IDEM_OK : error_set(err, IDEM_INVALID, "a quality rule of the configuration sets this record aside");
}

/* What is kept of an id that a record comes with. It is an id whatever it looks like, as in a file. */
static struct str S_kept_id(const struct intake *in, unsigned source, struct str id, struct arena *out)
{
    const struct keyring *keys = in->probe->session->keys;
    if (!keys || in->config->record_ids[source] != ID_HASHED)
        return id;
    char *text = arena_alloc(out, SEAL_HASHED_ID, 1);
    return seal_hashed_id(keys, in->config->source[source].name, id, text);
}

static enum idem_status S_check_ids(const struct intake *in, unsigned source, const struct intake_record *record,
                                    struct idem_error *err)
{
    bool hashed = in->config->record_ids[source] == ID_HASHED;
    if (hashed == in->probe->source[record->source].hashed_ids)
        return IDEM_OK;
    return error_set(err, IDEM_CONFLICT,
                     "the record ids of source %.*s are %shashed in the configuration, and otherwise in the database",
                     STR_ARG(in->config->source[source].name), hashed ? "" : "not ");
}

static void S_links(const struct intake *in, unsigned source, const json_t *object, struct arena *out,
                    struct intake_record *record)
{
    record->link = ARENA_NEW(out, struct intake_link, in->config->n_links + 1);
    for (unsigned i = 0; i < in->config->n_links; i++) {
        struct str id = {0};
        if (in->config->link[i].source == source)
            id = S_first_at(object, in->config->link[i].column, out);
        if (id.len)
            record->link[record->n_links++] = (struct intake_link){i, S_kept_id(in, in->config->link[i].to, id, out)};
    }
}

enum idem_status intake_json(struct intake *in, const json_t *object, struct arena *out, struct intake_record *record,
                             struct idem_error *err)
{
    int at = 0;
    struct row_intake row;
    *record = (struct intake_record){.source = 0};
    if (!in->config)
        return error_set(err, IDEM_INVALID, "this call needs a configuration; name one when opening the session");
    if (!json_is_object(object))
        return error_set(err, IDEM_INVALID, "a record is a JSON object");
    TRY(S_find_source(in, object, &at, record, err));
    const struct source *s = &in->config->source[at];
    const json_t *fields = json_object_get(object, "fields");
    record->record_id = S_record_id(s, object, out);
    record->deleted = json_is_true(json_object_get(object, "deleted")) ||
                      (!fields && row_is_deleted(s, S_first_at(object, s->delete_flag, out)));
    if (!record->record_id.len || record->record_id.len > MOST_RECORD_ID)
        return error_set(err, IDEM_INVALID,
                         record->record_id.len ? "\"record_id\" is longer than %d bytes"
                                               : "\"record_id\" is missing (at most %d bytes)",
                         MOST_RECORD_ID);
    TRY(S_check_ids(in, (unsigned)at, record, err));
    record->record_id = S_kept_id(in, (unsigned)at, record->record_id, out);
    if (record->deleted)
        return IDEM_OK;
    TRY(S_check_shape(in, &in->columns[at], object, fields, err));
    struct form *f = fields ? &in->by_fields[at] : &in->columns[at];
    S_row_init(&row, in, out, f->n_columns);
    for (unsigned c = 0; c < f->n_columns; c++) {
        struct value_list list;
        list.n = 0;
        S_at_path(fields ? fields : object, f->column[c], out, &list);
        for (unsigned v = 0; v < list.n; v++)
            S_add_value(&row, c, list.text[v]);
    }
    TRY(S_check_quality(in, (unsigned)at, f, &row, err));
    S_links(in, (unsigned)at, object, out, record);
    struct str updated = S_first_at(object, fields ? STR("updated_at") : s->updated_at, out);
    struct str entity = S_first_at(object, fields ? STR("entity") : s->entity_column, out);
    int64_t updated_ms = row_updated_at(in->normalizer, s, updated, out);
    if (fields && updated.len && updated_ms == INT64_MIN)
        return error_set(err, IDEM_INVALID, "updated_at: this is no time; write it as 2026-03-01T12:00:00Z");
    return S_encode(&row, f, updated_ms, S_entity(in, s, entity, fields != NULL), record, err);
}

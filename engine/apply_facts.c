#include "base/hash.h"
#include "engine/apply_run.h"
#include "engine/drift.h"
#include "engine/load_scan.h"

static json_t *S_files(const struct load_source *l)
{
    json_t *files = json_array();
    for (size_t f = 0; f < l->n_files; f++) {
        json_t *file = json_object();
        json_put_str(file, "path", l->file[f].path);
        json_put(file, "bytes", json_integer(l->file[f].bytes));
        json_put(file, "changed_ms", json_integer(l->file[f].changed_ms));
        json_put(file, "rows", json_integer((json_int_t)l->file[f].rows));
        json_array_append_new(files, file);
    }
    return files;
}

static json_t *S_columns(const struct load_source *l)
{
    json_t *columns = json_array();
    for (size_t i = 0; i < l->n_columns; i++)
        json_array_append_new(columns, json_from_str(l->column[i]));
    return columns;
}

static json_t *S_columns_of(const struct mapping *m)
{
    json_t *columns = json_array();
    for (unsigned v = 0; v < m->n_values; v++)
        for (unsigned k = 0; k < m->value[v].n_columns; k++)
            json_array_append_new(columns, json_from_str(m->value[v].column[k]));
    return columns;
}

/* Fill of all rows of the source, shapes of some, evenly spread. */
static json_t *S_field(const struct apply_run *r, unsigned source, const struct mapping *m)
{
    const struct batch *b = &r->load.batch;
    int field = schema_find(&r->schema, r->config->schema.field[m->field].name);
    const struct column *column = &b->raw[field < 0 ? 0 : field];
    uint64_t rows = 0, filled = 0, every = r->load.source[source].rows / SHAPE_ROWS + 1;
    struct shape_tally tally = {0};
    json_t *o = json_object();
    for (uint32_t row = 0; row < b->n_rows && field >= 0; row++) {
        const uint32_t *id;
        if (b->source[row] != source)
            continue;
        uint32_t n = column_ids(column, row, &id);
        filled += n > 0;
        if (rows++ % every == 0 && r->schema.field[field].type != FIELD_HASHED)
            for (uint32_t i = 0; i < n; i++)
                shape_tally_add(&tally, dict_get(&column->dict, id[i]));
    }
    json_put(o, "fill", rows ? json_real((double)filled / (double)rows) : json_null());
    json_put(o, "columns", S_columns_of(m));
    json_put(o, "shapes", shape_tally_json(&tally));
    shape_tally_deinit(&tally);
    return o;
}

/* As counted while the rows went by. */
static json_t *S_counted_field(const struct load_facts *facts, unsigned m, const struct mapping *mapping)
{
    json_t *o = json_object();
    json_put(o, "fill", facts->rows ? json_real((double)facts->filled[m] / (double)facts->rows) : json_null());
    json_put(o, "columns", S_columns_of(mapping));
    json_put(o, "shapes", shape_tally_json(&facts->shapes[m]));
    return o;
}

static json_t *S_facts(struct apply_run *r, unsigned s)
{
    const struct load_source *l = &r->load.source[s];
    const struct source *source = &r->config->source[s];
    json_t *o = json_object(), *fields = json_object();
    json_put(o, "files", S_files(l));
    json_put(o, "rows", json_integer((json_int_t)l->rows));
    json_put(o, "rejected", json_integer((json_int_t)l->rejected));
    json_put(o, "columns", S_columns(l));
    for (unsigned m = 0; m < source->n_mappings; m++)
        json_put(fields, str_cstr(&r->arena, r->config->schema.field[source->mapping[m].field].name),
                 l->facts ? S_counted_field(l->facts, m, &source->mapping[m]) : S_field(r, s, &source->mapping[m]));
    json_put(o, "fields", fields);
    return o;
}

static void S_drift(struct apply_run *r, unsigned s)
{
    json_t *before = NULL, *one;
    struct idem_error ignored;
    struct str facts = r->previous.source[s].stored.facts, name = r->config->source[s].name;
    size_t i;
    if (!facts.len || json_parse(facts, "facts", &before, &ignored) != IDEM_OK)
        return;
    json_t *found = drift_compare(json_array_get(r->facts, s), before, r->config->source[s].mode == MODE_WHOLE);
    json_array_foreach(found, i, one)
    {
        json_t *told = json_object();
        json_put_str(told, "source", name);
        json_object_update(told, one);
        json_array_append_new(r->drift, told);
    }
    json_decref(found);
    json_decref(before);
}

void apply_facts(struct apply_run *r)
{
    for (unsigned s = 0; s < r->config->n_sources; s++) {
        bool read = r->load.source[s].read;
        json_array_append_new(r->facts, read ? S_facts(r, s) : json_null());
        if (read)
            S_drift(r, s);
    }
}

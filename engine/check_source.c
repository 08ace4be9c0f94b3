#include "engine/check_source.h"

#include <limits.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/look_alike.h"
#include "base/map.h"
#include "engine/drift.h"
#include "engine/quality.h"
#include "engine/value_kind.h"

enum { MOST_WANTED = 1024, MOST_RECORD_ID = 1024, MOST_VALUES = 64 };

/* A column that the configuration names, and where it does. */
struct wanted {
    struct str column, place;
    bool seen; /* JSON: a row had it */
};

struct reading {
    struct check *check;
    unsigned number;
    const struct source *source;
    struct wanted want[MOST_WANTED];
    unsigned n_want;
    unsigned id[16], n_id;
    int entity;
    unsigned *cell_of;                /* of every column of every value of every mapping, in order */
    unsigned first_cell[MOST_FIELDS]; /* by mapping */
    uint64_t rows, rejected, rejected_by[REJECT_REASONS], set_aside;
    struct str first_reject_file;
    uint64_t first_reject_line;
    uint64_t no_id, long_id, repeated_id, mail_id, other_entity;
    uint64_t filled[MOST_FIELDS], mixed[MOST_FIELDS]; /* mixed: values with a word of two alphabets */
    uint64_t mixed_line[MOST_FIELDS];                 /* the first one's */
    struct shape_tally shapes[MOST_FIELDS];
    struct map ids;
    json_t *columns; /* of the last file */
    struct quality *quality;
    /* the row at hand */
    const struct row_batch *batch;
    size_t row;
    struct str value[MOST_VALUES];
    struct arena scratch;
};

/* ------------------------------------------------------------------ what to read */

static unsigned S_want(struct reading *r, struct str column, struct str place)
{
    for (unsigned i = 0; i < r->n_want; i++)
        if (str_eq(r->want[i].column, column))
            return i;
    if (r->n_want == MOST_WANTED)
        return MOST_WANTED - 1;
    r->want[r->n_want] = (struct wanted){.column = column, .place = place};
    return r->n_want++;
}

static void S_want_mappings(struct reading *r, const struct mapping *mapping, unsigned n, struct str place)
{
    const struct schema *schema = &r->check->config->schema;
    unsigned cells = 0;
    for (unsigned m = 0; m < n; m++)
        for (unsigned v = 0; v < mapping[m].n_values; v++)
            cells += mapping[m].value[v].n_columns;
    r->cell_of = ARENA_NEW(&r->check->arena, unsigned, cells);
    cells = 0;
    for (unsigned m = 0; m < n; m++) {
        struct str field = arena_printf(&r->check->arena, "%.*s.fields.%.*s", STR_ARG(place),
                                        STR_ARG(schema->field[mapping[m].field].name));
        r->first_cell[m] = cells;
        for (unsigned v = 0; v < mapping[m].n_values; v++)
            for (unsigned k = 0; k < mapping[m].value[v].n_columns; k++)
                r->cell_of[cells++] = S_want(r, mapping[m].value[v].column[k], field);
    }
}

static struct str S_place(struct reading *r, const char *key)
{
    return arena_printf(&r->check->arena, "sources[%u]%s%s", r->number, key[0] ? "." : "", key);
}

static void S_plan(struct reading *r)
{
    const struct source *s = r->source;
    const struct config *c = r->check->config;
    r->n_want = r->n_id = 0;
    if (!s->record_id_join.n_columns)
        r->id[r->n_id++] = S_want(r, s->record_id, S_place(r, "record_id"));
    for (unsigned i = 0; i < s->record_id_join.n_columns && r->n_id < COUNT_OF(r->id); i++)
        r->id[r->n_id++] = S_want(r, s->record_id_join.column[i], S_place(r, "record_id"));
    if (s->updated_at.len)
        S_want(r, s->updated_at, S_place(r, "updated_at"));
    if (s->delete_flag.len)
        S_want(r, s->delete_flag, S_place(r, "delete"));
    r->entity = s->entity_column.len ? (int)S_want(r, s->entity_column, S_place(r, "entity")) : -1;
    S_want_mappings(r, s->mapping, s->n_mappings, S_place(r, ""));
    for (unsigned i = 0; i < c->n_links; i++)
        if (c->link[i].source == r->number)
            S_want(r, c->link[i].column, arena_printf(&r->check->arena, "links[%u].column", i));
}

/* ------------------------------------------------------------------ columns */

static void S_missing(struct reading *r, const struct reader_facts *facts, const struct wanted *w, struct str file)
{
    struct check *c = r->check;
    const char **known = ARENA_NEW(&c->arena, const char *, facts->n_columns);
    for (size_t i = 0; i < facts->n_columns; i++)
        known[i] = str_cstr(&c->arena, facts->column[i]);
    const char *nearest = json_nearest_key(w->column, known, facts->n_columns);
    check_finding(c, FINDING_ERROR, r->number, w->place, "%.*s has no column \"%.*s\"%s%s%s", STR_ARG(file),
                  STR_ARG(w->column), nearest ? ", did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
}

/* Absent columns of a CSV file; of JSON lines only the rows can tell. */
static void S_columns(struct reading *r, const struct reader_facts *facts, struct str file)
{
    for (unsigned i = 0; i < r->n_want; i++) {
        bool found = facts->format == INGEST_JSONL || str_eq(r->want[i].column, STR("."));
        for (size_t k = 0; k < facts->n_columns && !found; k++)
            found = str_eq(facts->column[k], r->want[i].column);
        if (!found)
            S_missing(r, facts, &r->want[i], file);
        r->want[i].seen |= facts->format != INGEST_JSONL;
    }
}

/* ------------------------------------------------------------------ a row */

static struct cell S_cell(const struct reading *r, unsigned want)
{
    return r->batch->cell[r->row * r->batch->n_cols + want];
}

static struct str S_text(struct cell cell)
{
    return cell.ptr ? str_trim((struct str){cell.ptr, cell.len}) : (struct str){0};
}

static void S_add_value(struct reading *r, struct str text, struct str split, unsigned *n)
{
    while (split.len && text.len) {
        size_t at = str_find(text, split);
        struct str piece = str_trim(at == SIZE_MAX ? text : str_sub(text, 0, at));
        if (piece.len && *n < MOST_VALUES)
            r->value[(*n)++] = piece;
        text = at == SIZE_MAX ? (struct str){0} : str_sub(text, at + split.len, text.len);
    }
    if (text.len && *n < MOST_VALUES)
        r->value[(*n)++] = text;
}

static struct str S_joined(struct reading *r, const struct mapped_value *v, const unsigned *cell_of)
{
    struct str joined = {0};
    for (unsigned k = 0; k < v->n_columns; k++) {
        struct str part = S_text(S_cell(r, cell_of[k]));
        if (part.len)
            joined = joined.len ? arena_printf(&r->scratch, "%.*s %.*s", STR_ARG(joined), STR_ARG(part)) : part;
    }
    return joined;
}

/* All values of a mapping in the row at hand. */
static void S_mapped(struct reading *r, unsigned mapping, unsigned *n)
{
    const struct mapping *m = &r->source->mapping[mapping];
    const unsigned *cell_of = r->cell_of + r->first_cell[mapping];
    for (unsigned v = 0; v < m->n_values; cell_of += m->value[v].n_columns, v++) {
        const struct mapped_value *value = &m->value[v];
        if (value->n_columns != 1) {
            S_add_value(r, value->n_columns ? S_joined(r, value, cell_of) : value->constant, m->split, n);
            continue;
        }
        struct cell cell = S_cell(r, cell_of[0]);
        for (;; cell = r->batch->more[cell.more - 1]) {
            S_add_value(r, S_text(cell), m->split, n);
            if (!cell.more)
                break;
        }
    }
}

static unsigned S_values(void *context, unsigned field, const struct str **value)
{
    struct reading *r = context;
    unsigned n = 0;
    for (unsigned m = 0; m < r->source->n_mappings; m++)
        if (r->source->mapping[m].field == field)
            S_mapped(r, m, &n);
    *value = r->value;
    return n;
}

static void S_record_id(struct reading *r)
{
    struct str id = S_text(S_cell(r, r->id[0]));
    for (unsigned i = 1; i < r->n_id; i++)
        id = arena_printf(&r->scratch, "%.*s %.*s", STR_ARG(id), STR_ARG(S_text(S_cell(r, r->id[i]))));
    if (id.len == 0)
        r->no_id++;
    else if (id.len > MOST_RECORD_ID)
        r->long_id++;
    else if (!map_add(&r->ids, id, 1))
        r->repeated_id++;
    r->mail_id += id.len && value_is(value_kinds(NULL, id), VALUE_EMAIL);
}

static void S_entity(struct reading *r)
{
    const struct source *s = r->source;
    struct str value = S_text(S_cell(r, (unsigned)r->entity));
    bool known = value.len == 0;
    for (unsigned i = 0; i < s->n_person_values; i++)
        known |= str_eq_nocase(value, s->person_value[i]);
    for (unsigned i = 0; i < s->n_organisation_values; i++)
        known |= str_eq_nocase(value, s->organisation_value[i]);
    r->other_entity += !known;
}

/* Names and addresses that look like others. */
static void S_look_at(struct reading *r, unsigned field, struct str value)
{
    static const enum field_type TYPES[] = {FIELD_EMAIL,       FIELD_URL,       FIELD_GIVEN_NAME,   FIELD_MIDDLE_NAME,
                                            FIELD_FAMILY_NAME, FIELD_FULL_NAME, FIELD_ORGANISATION, FIELD_EMPLOYER};
    enum field_type type = field_plain_type(&r->check->config->schema.field[field]);
    for (size_t i = 0; i < COUNT_OF(TYPES); i++)
        if (type == TYPES[i] && look_alike_mixed(value) && !r->mixed[field]++)
            r->mixed_line[field] = r->batch->line[r->row];
}

static void S_row(struct reading *r)
{
    const struct str *value;
    bool filled[MOST_FIELDS] = {false};
    r->rows++;
    for (unsigned i = 0; i < r->n_want; i++)
        r->want[i].seen |= S_cell(r, i).ptr != NULL;
    S_record_id(r);
    if (r->entity >= 0)
        S_entity(r);
    for (unsigned m = 0; m < r->source->n_mappings; m++) {
        unsigned field = r->source->mapping[m].field;
        unsigned n = filled[field] ? 0 : S_values(r, field, &value);
        filled[field] |= n > 0;
        r->filled[field] += n > 0;
        for (unsigned i = 0; i < n; i++) {
            shape_tally_add(&r->shapes[field], value[i]);
            S_look_at(r, field, value[i]);
        }
    }
    if (quality_rules(r->quality))
        r->set_aside += !quality_row(r->quality, S_values, r);
    arena_reset(&r->scratch);
}

/* ------------------------------------------------------------------ files */

static void S_batch(struct reading *r, const struct row_batch *batch)
{
    r->batch = batch;
    for (size_t i = 0; i < batch->n_rejects; i++) {
        if (!r->rejected++) {
            r->first_reject_file = str_copy(&r->check->arena, batch->reject[i].file);
            r->first_reject_line = batch->reject[i].line;
        }
        r->rejected_by[batch->reject[i].reason]++;
    }
    for (r->row = 0; r->row < batch->n_rows; r->row++)
        S_row(r);
}

static enum idem_status S_read(struct reading *r, struct str path, struct idem_error *err)
{
    struct ingest_options options = r->source->read;
    struct reader *reader = NULL;
    struct row_batch batch;
    struct str columns[MOST_WANTED];
    enum idem_status status;
    for (unsigned i = 0; i < r->n_want; i++)
        columns[i] = r->want[i].column;
    options.path = str_cstr(&r->check->arena, path);
    options.want = columns;
    options.n_want = r->n_want;
    options.threads = r->check->threads;
    options.missing_columns_ok = true;
    TRY(reader_open(&options, &reader, err));
    S_columns(r, reader_facts(reader), file_base(path));
    json_array_clear(r->columns);
    for (size_t i = 0; i < reader_facts(reader)->n_columns; i++)
        json_array_append_new(r->columns, json_from_str(reader_facts(reader)->column[i]));
    do {
        status = reader_next(reader, &batch, err);
        if (status == IDEM_OK)
            S_batch(r, &batch);
    } while (status == IDEM_OK && (batch.n_rows || batch.n_rejects));
    if (reader_facts(reader)->swallowed)
        check_finding(r->check, FINDING_WARNING, r->number, S_place(r, "path"),
                      "%.*s:%llu: a quote seems never to be closed: %llu lines that look like rows are part of others",
                      STR_ARG(path), (unsigned long long)reader_facts(reader)->swallowed_line,
                      (unsigned long long)reader_facts(reader)->swallowed);
    reader_close(reader);
    return status;
}

/* Only that further files can be opened and have their columns. */
static void S_also(struct reading *r)
{
    struct check *c = r->check;
    for (unsigned i = 0; i < r->source->n_also; i++) {
        const struct also_file *also = &r->source->also[i];
        struct ingest_options options = also->read;
        struct reader *reader;
        struct idem_error err = {0};
        struct str place = arena_printf(&c->arena, "sources[%u].also[%u]", r->number, i);
        struct str path = file_join(&c->arena, c->config->folder, also->path);
        options.path = str_cstr(&c->arena, path);
        options.missing_columns_ok = true;
        if (reader_open(&options, &reader, &err) != IDEM_OK) {
            check_finding(c, FINDING_ERROR, r->number, place, "%s", err.message);
            continue;
        }
        r->n_want = 0;
        S_want(r, also->key, arena_printf(&c->arena, "%.*s.key", STR_ARG(place)));
        S_want_mappings(r, also->mapping, also->n_mappings, place);
        S_columns(r, reader_facts(reader), file_base(path));
        reader_close(reader);
    }
}

/* ------------------------------------------------------------------ what it comes to */

static void S_tell_rejects(struct reading *r)
{
    struct buf text = {0};
    if (!r->rejected)
        return;
    for (int i = 0; i < REJECT_REASONS; i++)
        if (r->rejected_by[i])
            buf_printf(&text, "%s%llu %s", text.len ? ", " : "", (unsigned long long)r->rejected_by[i],
                       reject_reason_name((enum reject_reason)i));
    check_finding(r->check, FINDING_WARNING, r->number, S_place(r, "path"),
                  "rows that cannot be read and will be set aside: %llu (%s); the first at %.*s:%llu",
                  (unsigned long long)r->rejected, buf_cstr(&text), STR_ARG(r->first_reject_file),
                  (unsigned long long)r->first_reject_line);
    buf_deinit(&text);
}

static double S_percent(uint64_t part, uint64_t all)
{
    return all ? 100.0 * (double)part / (double)all : 0;
}

static void S_tell_ids(struct reading *r)
{
    struct check *c = r->check;
    struct str place = S_place(r, "record_id");
    if (r->no_id + r->long_id)
        check_finding(c, FINDING_WARNING, r->number, place,
                      "rows without a record id, or with one of more than 1,024 bytes, will be set aside: %llu",
                      (unsigned long long)(r->no_id + r->long_id));
    if (r->repeated_id)
        check_finding(c, FINDING_NOTE, r->number, place, "rows that repeat a record id: %llu; %s",
                      (unsigned long long)r->repeated_id,
                      r->source->rows == ROWS_UNION ? "their values are joined" : "the latest row of each counts");
    if (r->mail_id * 2 > r->rows && c->config->record_ids[r->number] == ID_CLEAR)
        check_finding(c, FINDING_WARNING, r->number, place,
                      "the record ids are e-mail addresses and would be stored in the clear: \"privacy\": "
                      "{\"record_ids\": {\"%.*s\": \"token\"}}",
                      STR_ARG(r->source->name));
}

/* What drift.h compares. */
static json_t *S_facts(struct reading *r)
{
    json_t *facts = json_object(), *fields = json_object();
    json_put(facts, "rows", json_integer((json_int_t)r->rows));
    json_put(facts, "columns", json_incref(r->columns));
    for (unsigned m = 0; m < r->source->n_mappings; m++) {
        const struct mapping *mapping = &r->source->mapping[m];
        json_t *field = json_object(), *columns = json_array();
        for (unsigned v = 0; v < mapping->n_values; v++)
            for (unsigned k = 0; k < mapping->value[v].n_columns; k++)
                json_array_append_new(columns, json_from_str(mapping->value[v].column[k]));
        json_put(field, "fill", r->rows ? json_real(S_percent(r->filled[mapping->field], r->rows) / 100) : json_null());
        json_put(field, "columns", columns);
        json_put(field, "shapes", shape_tally_json(&r->shapes[mapping->field]));
        json_put(fields, str_cstr(&r->check->arena, r->check->config->schema.field[mapping->field].name), field);
    }
    json_put(facts, "fields", fields);
    return facts;
}

static void S_tell_fields(struct reading *r, json_t *fields)
{
    struct check *c = r->check;
    for (unsigned m = 0; m < r->source->n_mappings; m++) {
        unsigned field = r->source->mapping[m].field;
        struct str name = c->config->schema.field[field].name;
        char *key = str_cstr(&c->arena, name);
        json_put(fields, key, r->rows ? json_real(S_percent(r->filled[field], r->rows) / 100) : json_null());
        if (r->rows && !r->filled[field])
            check_finding(c, FINDING_WARNING, r->number,
                          arena_printf(&c->arena, "sources[%u].fields.%s", r->number, key), "no row has a value");
        if (r->mixed[field])
            check_finding(
                c, FINDING_WARNING, r->number, arena_printf(&c->arena, "sources[%u].fields.%s", r->number, key),
                "values with letters of two alphabets in one word, which look like others: %llu; the first on "
                "line %llu",
                (unsigned long long)r->mixed[field], (unsigned long long)r->mixed_line[field]);
    }
    for (unsigned i = 0; i < r->n_want && r->rows; i++)
        if (!r->want[i].seen && str_find(r->want[i].place, STR(".fields.")) == SIZE_MAX)
            check_finding(c, FINDING_ERROR, r->number, r->want[i].place, "no row has \"%.*s\"",
                          STR_ARG(r->want[i].column));
    if (r->other_entity)
        check_finding(c, FINDING_NOTE, r->number, S_place(r, "entity"),
                      "%.1f %% of the rows are neither a person nor an organisation by this column",
                      S_percent(r->other_entity, r->rows));
}

static void S_tell_quality(struct reading *r)
{
    struct check *c = r->check;
    for (size_t i = 0; i < quality_rules(r->quality); i++) {
        struct quality_result q = quality_result(r->quality, i);
        struct str place = arena_printf(&c->arena, "quality[%u]", q.number);
        const char *field = q.rule->kind == QUALITY_ROWS ? "" : c->config->schema.field[q.rule->field].name.ptr;
        enum finding_level level = q.rule->on_fail == QUALITY_STOP ? FINDING_ERROR : FINDING_WARNING;
        if (q.rule->on_fail == QUALITY_REJECT && q.right < q.checked)
            check_finding(c, FINDING_WARNING, r->number, place, "rows that will be set aside: %llu (%s %s)",
                          (unsigned long long)(q.checked - q.right), quality_kind_name(q.rule->kind), field);
        if (q.passed)
            continue;
        c->stopped |= level == FINDING_ERROR;
        if (q.rule->kind == QUALITY_ROWS)
            check_finding(c, level, r->number, place, "rows: %llu, not as many as expected",
                          (unsigned long long)q.checked);
        else
            check_finding(c, level, r->number, place, "%s %s holds for %.2f %%, expected at least %.2f %%",
                          quality_kind_name(q.rule->kind), field, S_percent(q.right, q.checked),
                          100 * q.rule->at_least);
    }
}

static void S_tell_gates(struct reading *r, const struct str *path, size_t n)
{
    const struct gates *g = &r->check->config->gates;
    int64_t newest = -1;
    for (size_t i = 0; i < n; i++) {
        int64_t changed = file_changed_ms(str_cstr(&r->check->arena, path[i]));
        newest = changed > newest ? changed : newest;
    }
    for (unsigned i = 0; i < g->n_per_source; i++) {
        if (g->per_source[i].source != r->number)
            continue;
        if (r->rows < g->per_source[i].min_rows)
            check_finding(r->check, FINDING_WARNING, r->number, STR("gates.min_rows"),
                          "rows: %llu, fewer than %llu: the gate would stop the run", (unsigned long long)r->rows,
                          (unsigned long long)g->per_source[i].min_rows);
        if (g->per_source[i].max_age_ms && newest >= 0 && r->check->now_ms - newest > g->per_source[i].max_age_ms)
            check_finding(r->check, FINDING_WARNING, r->number, STR("gates.max_age"),
                          "the newest file is %.1f hours old: the gate would stop the run",
                          (double)(r->check->now_ms - newest) / 3.6e6);
    }
}

static void S_tell(struct reading *r, const struct str *path, size_t n)
{
    json_t *source = json_object(), *files = json_array(), *fields = json_object();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(files, json_from_str(path[i]));
    json_put_str(source, "name", r->source->name);
    json_put(source, "files", files);
    json_put(source, "rows", json_integer((json_int_t)r->rows));
    json_put(source, "rejected", json_integer((json_int_t)(r->rejected + r->set_aside)));
    json_put(source, "columns", json_incref(r->columns));
    json_put(source, "fill", fields);
    json_array_append_new(r->check->sources, source);
    json_array_append_new(r->check->facts, S_facts(r));
    S_tell_rejects(r);
    if (n && r->rows == 0)
        check_finding(r->check, FINDING_WARNING, r->number, S_place(r, "path"), "no rows");
    S_tell_ids(r);
    S_tell_fields(r, fields);
    S_tell_quality(r);
    S_tell_gates(r, path, n);
}

static enum idem_status S_source(struct reading *r, struct idem_error *err)
{
    struct check *c = r->check;
    struct str *path = NULL;
    size_t n = 0;
    struct idem_error found = {0};
    TRY(quality_open(c->config, r->number, &r->quality, err));
    if (config_source_files(c->config, r->source, &c->arena, &path, &n, &found) != IDEM_OK)
        check_finding(c, FINDING_ERROR, r->number, S_place(r, "path"), "%s", found.message);
    else if (n == 0)
        check_finding(c, FINDING_NOTE, r->number, S_place(r, "path"), "there is no file; the source is optional");
    S_plan(r);
    for (size_t i = 0; i < n; i++)
        if (S_read(r, path[i], &found) != IDEM_OK)
            check_finding(c, FINDING_ERROR, r->number, S_place(r, "path"), "%s", found.message);
    S_tell(r, path, n);
    S_also(r);
    return IDEM_OK;
}

enum idem_status check_source(struct check *c, unsigned source, struct idem_error *err)
{
    struct reading *r = xcalloc(1, sizeof *r);
    r->check = c;
    r->number = source;
    r->source = &c->config->source[source];
    r->columns = json_array();
    enum idem_status status = S_source(r, err);
    quality_close(r->quality);
    map_deinit(&r->ids);
    for (unsigned f = 0; f < MOST_FIELDS; f++)
        shape_tally_deinit(&r->shapes[f]);
    json_decref(r->columns);
    arena_deinit(&r->scratch);
    free(r);
    return status;
}

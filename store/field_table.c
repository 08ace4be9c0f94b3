/*
 * The stored fields: their order is that of the packed records for ever, so they are only appended. Each has a column
 * in t_golden; whether a value may stand in it is decided at every put.
 */
#include <stdio.h>

#include "store/field_table.h"
#include "store/schema_sql.h"

static const char HASHED[] = "hashed ";

/* "email", or of tokens "hashed email". */
static bool S_parse_type(struct str text, struct field *f)
{
    if (!str_starts(text, str_from(HASHED)))
        return field_type_parse(text, &f->type);
    f->type = FIELD_HASHED;
    return field_type_parse(str_sub(text, sizeof HASHED - 1, text.len), &f->plain);
}

static struct str S_type_text(const struct field *f, char room[64])
{
    int n = snprintf(room, 64, "%s%s", f->type == FIELD_HASHED ? HASHED : "", field_type_name(field_plain_type(f)));
    return (struct str){room, (size_t)n};
}

enum idem_status fields_load(struct store *s, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    if (s->fields_loaded)
        return IDEM_OK;
    unsigned known = s->fields.n_fields;
    s->fields.n_fields = 0;
    TRY(sql_get(s, SQL_FIELDS, &st, err));
    for (;;) {
        TRY(sql_step(s, st, &row, err));
        if (!row)
            break;
        struct field *f = &s->fields.field[s->fields.n_fields];
        if (s->fields.n_fields == MOST_FIELDS || !S_parse_type(sql_bytes(st, 1), f)) {
            sqlite3_reset(st);
            return error_set(err, IDEM_CORRUPT, "%s: the stored list of fields is damaged; restore a backup",
                             s->info.path);
        }
        if (s->fields.n_fields >= known || !str_eq(f->name, sql_bytes(st, 0)))
            f->name = str_copy(&s->arena, sql_bytes(st, 0));
        f->personal = sqlite3_column_int(st, 2) != 0;
        f->derived = sqlite3_column_int(st, 3) != 0;
        s->fields.n_fields++;
    }
    s->fields_loaded = true;
    return IDEM_OK;
}

enum idem_status store_get_fields(struct store *s, struct arena *out, struct schema *schema, struct idem_error *err)
{
    if (!s->writing)
        s->fields_loaded = false; /* another process may have added some */
    TRY(fields_load(s, err));
    *schema = s->fields;
    for (unsigned i = 0; i < schema->n_fields; i++)
        schema->field[i].name = str_copy(out, schema->field[i].name);
    return IDEM_OK;
}

static enum idem_status S_check_appended(struct store *s, const struct schema *schema, struct idem_error *err)
{
    for (unsigned i = 0; i < s->fields.n_fields; i++) {
        const struct field *stored = &s->fields.field[i];
        if (i >= schema->n_fields || !str_eq(schema->field[i].name, stored->name) ||
            schema->field[i].type != stored->type || field_plain_type(&schema->field[i]) != field_plain_type(stored))
            return error_set(err, IDEM_INVALID,
                             "%s: field %.*s is stored with type %s; it can be left unmapped, but not removed or given "
                             "another type: use another name",
                             s->info.path, STR_ARG(stored->name), field_type_name(stored->type));
    }
    return IDEM_OK;
}

static enum idem_status S_put(struct store *s, unsigned i, const struct field *f, struct idem_error *err)
{
    sqlite3_stmt *st;
    char type[64];
    TRY(sql_get(s, SQL_FIELD_PUT, &st, err));
    sqlite3_bind_int(st, 1, (int)i);
    sql_bind_text(st, 2, f->name);
    sql_bind_text(st, 3, S_type_text(f, type));
    sqlite3_bind_int(st, 4, f->personal);
    sqlite3_bind_int(st, 5, f->derived);
    return sql_finish(s, st, err);
}

/* A new column, or one whose values may no longer stand in the clear. */
static enum idem_status S_column(struct store *s, unsigned i, bool is_new, struct idem_error *err)
{
    char text[80];
    snprintf(text, sizeof text, is_new ? "ALTER TABLE t_golden ADD COLUMN c%u TEXT" : "UPDATE t_golden SET c%u = NULL",
             i);
    return sql_run(s, text, err);
}

enum idem_status store_put_fields(struct store *s, const struct schema *schema, struct idem_error *err)
{
    TRY(store_check_writing(s, err));
    TRY(fields_load(s, err));
    TRY(S_check_appended(s, schema, err));
    unsigned known = s->fields.n_fields;
    for (unsigned i = 0; i < schema->n_fields; i++) {
        const struct field *f = &schema->field[i];
        bool closed = i < known && f->personal && !s->fields.field[i].personal && s->info.sealed;
        TRY(S_put(s, i, f, err));
        if (i >= known || closed)
            TRY(S_column(s, i, i >= known, err));
    }
    s->fields_loaded = false;
    if (schema->n_fields > known) {
        sqlite3_finalize(s->statement[SQL_GOLDEN_PUT]);
        s->statement[SQL_GOLDEN_PUT] = NULL;
        TRY(schema_golden_view(s, schema, err));
    }
    return fields_load(s, err);
}

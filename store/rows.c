/*
 * The virtual table idem_rows: the rows of a C array, so that one INSERT ... SELECT feeds a whole batch (a third faster
 * than a step for each row). Columns are c0 .. c11; what they mean is the feeding function's (struct rows).
 */
#include "store/sql.h"

struct rows_table {
    sqlite3_vtab base;
    const struct rows *rows;
};

struct rows_cursor {
    sqlite3_vtab_cursor base;
    size_t at;
};

static int S_connect(sqlite3 *db, void *context, int argc, const char *const *argv, sqlite3_vtab **out, char **message)
{
    (void)argc, (void)argv, (void)message;
    int code = sqlite3_declare_vtab(db, "CREATE TABLE rows(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11)");
    if (code != SQLITE_OK)
        return code;
    struct rows_table *t = sqlite3_malloc(sizeof *t);
    if (!t)
        return SQLITE_NOMEM;
    *t = (struct rows_table){.rows = context};
    *out = &t->base;
    return SQLITE_OK;
}

static int S_disconnect(sqlite3_vtab *table)
{
    sqlite3_free(table);
    return SQLITE_OK;
}

static int S_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    const struct rows *rows = ((struct rows_table *)table)->rows;
    info->estimatedRows = (sqlite3_int64)rows->n;
    info->estimatedCost = (double)rows->n;
    return SQLITE_OK;
}

static int S_open(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
    (void)table;
    struct rows_cursor *c = sqlite3_malloc(sizeof *c);
    if (!c)
        return SQLITE_NOMEM;
    *c = (struct rows_cursor){.at = 0};
    *out = &c->base;
    return SQLITE_OK;
}

static int S_close(sqlite3_vtab_cursor *cursor)
{
    sqlite3_free(cursor);
    return SQLITE_OK;
}

static int S_filter(sqlite3_vtab_cursor *cursor, int number, const char *text, int argc, sqlite3_value **argv)
{
    (void)number, (void)text, (void)argc, (void)argv;
    ((struct rows_cursor *)cursor)->at = 0;
    return SQLITE_OK;
}

static int S_next(sqlite3_vtab_cursor *cursor)
{
    ((struct rows_cursor *)cursor)->at++;
    return SQLITE_OK;
}

static int S_eof(sqlite3_vtab_cursor *cursor)
{
    return ((struct rows_cursor *)cursor)->at >= ((struct rows_table *)cursor->pVtab)->rows->n;
}

static int S_column(sqlite3_vtab_cursor *cursor, sqlite3_context *out, int column)
{
    const struct rows *rows = ((struct rows_table *)cursor->pVtab)->rows;
    rows->column(out, rows->base, ((struct rows_cursor *)cursor)->at, column);
    return SQLITE_OK;
}

static int S_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *rowid)
{
    *rowid = (sqlite3_int64)((struct rows_cursor *)cursor)->at;
    return SQLITE_OK;
}

static const sqlite3_module ROWS_MODULE = {
    .iVersion = 0,
    .xConnect = S_connect, /* no xCreate: the table is there under its name alone */
    .xBestIndex = S_best_index,
    .xDisconnect = S_disconnect,
    .xOpen = S_open,
    .xClose = S_close,
    .xFilter = S_filter,
    .xNext = S_next,
    .xEof = S_eof,
    .xColumn = S_column,
    .xRowid = S_rowid,
};

int rows_register(struct store *s)
{
    return sqlite3_create_module(s->db, "idem_rows", &ROWS_MODULE, &s->rows);
}

enum idem_status sql_rows(struct store *s, enum statement which, const void *base, size_t n, rows_column_fn *column,
                          struct idem_error *err)
{
    if (!n)
        return IDEM_OK;
    sqlite3_stmt *st;
    TRY(sql_get(s, which, &st, err));
    s->rows = (struct rows){base, n, column};
    enum idem_status status = sql_finish(s, st, err);
    s->rows = (struct rows){0};
    if (s->build)
        build_write_out(s->build);
    return status;
}

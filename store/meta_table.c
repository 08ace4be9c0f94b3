#include "store/sql.h"

static enum idem_status S_get(struct store *s, const char *key, sqlite3_stmt **st, bool *row, struct idem_error *err)
{
    TRY(sql_get(s, SQL_META_GET, st, err));
    sql_bind_text(*st, 1, str_from(key));
    return sql_step(s, *st, row, err);
}

enum idem_status meta_get_number(struct store *s, const char *key, int64_t *value, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    *value = 0;
    TRY(S_get(s, key, &st, &row, err));
    if (row)
        *value = sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
    return IDEM_OK;
}

enum idem_status meta_get_bytes(struct store *s, const char *key, struct arena *out, struct str *value,
                                struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    *value = (struct str){0};
    TRY(S_get(s, key, &st, &row, err));
    if (row)
        *value = str_copy(out, sql_bytes(st, 0));
    sqlite3_reset(st);
    return IDEM_OK;
}

enum idem_status meta_put_number(struct store *s, const char *key, int64_t value, struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(sql_get(s, SQL_META_PUT, &st, err));
    sql_bind_text(st, 1, str_from(key));
    sqlite3_bind_int64(st, 2, value);
    return sql_finish(s, st, err);
}

enum idem_status meta_put_text(struct store *s, const char *key, struct str value, struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(sql_get(s, SQL_META_PUT, &st, err));
    sql_bind_text(st, 1, str_from(key));
    sql_bind_text(st, 2, value);
    return sql_finish(s, st, err);
}

enum idem_status meta_put_blob(struct store *s, const char *key, struct str value, struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(sql_get(s, SQL_META_PUT, &st, err));
    sql_bind_text(st, 1, str_from(key));
    sql_bind_blob(st, 2, value);
    return sql_finish(s, st, err);
}

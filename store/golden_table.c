/*
 * Golden values that may be read with sqlite3. What is personal stays NULL in a sealed database whatever the caller
 * gives. The statement has as many columns as there are fields, so its text is made here.
 */
#include "store/field_table.h"

static enum idem_status S_statement(struct store *s, sqlite3_stmt **out, struct idem_error *err)
{
    if (!s->statement[SQL_GOLDEN_PUT]) {
        struct buf sql = {0};
        buf_str(&sql, STR("INSERT OR REPLACE INTO t_golden(mid"));
        for (unsigned i = 0; i < s->fields.n_fields; i++)
            buf_printf(&sql, ", c%u", i);
        buf_str(&sql, STR(") VALUES(?1"));
        for (unsigned i = 0; i < s->fields.n_fields; i++)
            buf_printf(&sql, ", ?%u", i + 2);
        buf_byte(&sql, ')');
        enum idem_status status = sql_prepare(s, buf_cstr(&sql), &s->statement[SQL_GOLDEN_PUT], err);
        buf_deinit(&sql);
        TRY(status);
    }
    *out = s->statement[SQL_GOLDEN_PUT];
    return IDEM_OK;
}

enum idem_status store_put_golden(struct store *s, const struct store_golden *golden, size_t n, struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(store_check_writing(s, err));
    TRY(fields_load(s, err));
    TRY(S_statement(s, &st, err));
    for (size_t i = 0; i < n; i++) {
        sqlite3_bind_int64(st, 1, golden[i].mid);
        for (unsigned f = 0; f < s->fields.n_fields; f++) {
            struct str value = golden[i].value[f];
            if (value.ptr && !(s->info.sealed && s->fields.field[f].personal))
                sql_bind_text(st, (int)f + 2, value);
            else
                sqlite3_bind_null(st, (int)f + 2);
        }
        TRY(sql_finish(s, st, err));
    }
    return IDEM_OK;
}

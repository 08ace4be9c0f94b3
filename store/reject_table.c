/* Rows that were set aside: where and why in the clear, the row itself sealed. */
#include "store/sql.h"

enum idem_status store_clear_rejects(struct store *s, int64_t source, struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(store_check_writing(s, err));
    TRY(sql_get(s, SQL_REJECTS_CLEAR, &st, err));
    sqlite3_bind_int64(st, 1, source);
    return sql_finish(s, st, err);
}

static enum idem_status S_put(struct store *s, sqlite3_stmt *st, int64_t id, const struct store_reject *r,
                              struct buf *sealed, struct idem_error *err)
{
    buf_clear(sealed);
    sqlite3_bind_int64(st, 1, r->run);
    sqlite3_bind_int64(st, 2, r->source);
    sql_bind_text(st, 3, r->file);
    sql_bind_id(st, 4, (int64_t)r->line);
    sql_bind_text(st, 5, r->reason);
    sqlite3_bind_null(st, 6);
    if (r->raw.len) {
        struct seal_place place = store_place(s, "reject", id, (uint32_t)r->run);
        seal_container(s->keys, &place, r->raw, sealed);
        sql_bind_blob(st, 6, buf_view(sealed));
    }
    sqlite3_bind_int64(st, 7, id);
    return sql_finish(s, st, err);
}

enum idem_status store_put_rejects(struct store *s, const struct store_reject *reject, size_t n, struct idem_error *err)
{
    sqlite3_stmt *st;
    int64_t last;
    struct buf sealed = {0};
    TRY(store_check_writing(s, err));
    TRY(sql_number(s, "SELECT max(id) FROM t_reject", &last, err));
    TRY(sql_get(s, SQL_REJECT_PUT, &st, err));
    enum idem_status status = IDEM_OK;
    for (size_t i = 0; status == IDEM_OK && i < n; i++)
        status = S_put(s, st, ++last, &reject[i], &sealed, err);
    buf_deinit(&sealed);
    return status;
}

enum idem_status store_each_reject(struct store *s, store_reject_fn *each, void *context, struct idem_error *err)
{
    struct buf raw = {0};
    sqlite3_stmt *st;
    bool row;
    TRY(sql_prepare(s, "SELECT id, run, source, file, line, reason, raw FROM t_reject ORDER BY source, file, line, id",
                    &st, err));
    enum idem_status status = sql_step(s, st, &row, err);
    while (status == IDEM_OK && row) {
        struct store_reject r = {.run = sqlite3_column_int64(st, 1),
                                 .source = sqlite3_column_int64(st, 2),
                                 .file = sql_bytes(st, 3),
                                 .line = (uint64_t)sqlite3_column_int64(st, 4),
                                 .reason = sql_bytes(st, 5)};
        buf_clear(&raw);
        if (s->info.has_key && sqlite3_column_type(st, 6) != SQLITE_NULL)
            status =
                store_unseal(s, "reject", sqlite3_column_int64(st, 0), (uint32_t)r.run, sql_bytes(st, 6), &raw, err);
        r.raw = buf_view(&raw);
        if (status == IDEM_OK)
            status = each(context, &r, err);
        if (status == IDEM_OK)
            status = sql_step(s, st, &row, err);
    }
    sqlite3_finalize(st);
    buf_deinit(&raw);
    return status;
}

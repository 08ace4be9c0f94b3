/*
 * Masters. master_id is TEXT in the table: a WHERE on the view must find the index (formatting a BLOB would scan).
 */
#include <stdlib.h>

#include "store/bulk.h"
#include "store/cached.h"
#include "store/moment.h"

enum { CHUNK_ROWS = 8192, MOST_REDIRECTS = 10000 };

struct master_row {
    const struct store_master *master;
    char uuid[37];
};

static void S_column(sqlite3_context *out, const void *base, size_t row, int column)
{
    const struct master_row *r = (const struct master_row *)base + row;
    const struct store_master *m = r->master;
    switch (column) {
    case 0:
        sqlite3_result_int64(out, m->mid);
        break;
    case 1:
        sqlite3_result_text(out, r->uuid, 36, SQLITE_STATIC);
        break;
    case 2:
        sqlite3_result_int(out, (int)m->status);
        break;
    case 3:
        sql_result_id(out, m->target);
        break;
    case 4:
        sqlite3_result_int64(out, m->n);
        break;
    case 5:
        sql_result_id(out, m->seq);
        break;
    case 6:
        sqlite3_result_int64(out, m->run ? m->run : 1);
        break;
    case 7:
        sql_result_id(out, m->component);
        break;
    case 8:
        if (m->prov.len)
            sqlite3_result_blob64(out, m->prov.ptr, m->prov.len, SQLITE_STATIC);
        break;
    }
}

static enum idem_status S_put_chunk(struct store *s, const struct store_master *master, size_t n,
                                    struct master_row *row, struct idem_error *err)
{
    for (size_t i = 0; i < n && s->build; i++)
        TRY(bulk_add_master(s, &master[i], err));
    if (s->build)
        return IDEM_OK;
    for (size_t i = 0; i < n; i++) {
        if (master[i].mid < 1 || (i && master[i].mid <= master[i - 1].mid))
            return error_set(err, IDEM_INVALID, "%s: masters are not in ascending order", s->info.path);
        row[i].master = &master[i];
        store_uuid_format(master[i].uuid, row[i].uuid);
    }
    TRY(sql_rows(s, SQL_MASTER_HISTORY, row, n, S_column, err));
    TRY(sql_rows(s, SQL_MASTER_UPSERT, row, n, S_column, err));
    return sql_rows(s, SQL_GOLDEN_ENDS, row, n, S_column, err);
}

enum idem_status store_put_masters(struct store *s, const struct store_master *master, size_t n, struct idem_error *err)
{
    TRY(store_check_writing(s, err));
    for (size_t i = 0; i < n; i++)
        cached_touch(s, CACHED_MASTER, master[i].mid);
    struct master_row *row = xmalloc((n < CHUNK_ROWS ? n + 1 : CHUNK_ROWS) * sizeof *row);
    enum idem_status status = IDEM_OK;
    for (size_t from = 0; status == IDEM_OK && from < n; from += CHUNK_ROWS)
        status = S_put_chunk(s, master + from, n - from < CHUNK_ROWS ? n - from : CHUNK_ROWS, row, err);
    free(row);
    return status;
}

static enum idem_status S_take(struct store *s, sqlite3_stmt *st, struct store_master *m, struct idem_error *err)
{
    *m = (struct store_master){
        .mid = sqlite3_column_int64(st, 0),
        .status = (enum store_master_status)sqlite3_column_int(st, 2),
        .target = sqlite3_column_int64(st, 3),
        .n = (uint32_t)sqlite3_column_int64(st, 4),
        .seq = sqlite3_column_int64(st, 5),
        .run = sqlite3_column_int64(st, 6),
        .component = sqlite3_column_int64(st, 7),
        .prov = sql_bytes(st, 8),
    };
    if (!store_uuid_parse(sql_bytes(st, 1), m->uuid) || m->status > STORE_MASTER_ERASED)
        return error_set(err, IDEM_CORRUPT, "%s: master %lld is damaged; restore a backup", s->info.path,
                         (long long)m->mid);
    return IDEM_OK;
}

enum idem_status store_each_master(struct store *s, bool with_prov, store_master_fn *each, void *context,
                                   struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    TRY(sql_prepare(s,
                    with_prov ? "SELECT mid, uuid, status, target, n, coalesce(seq, mid), run, component, prov"
                                " FROM t_master ORDER BY mid"
                              : "SELECT mid, uuid, status, target, n, coalesce(seq, mid), run, component, NULL"
                                " FROM t_master ORDER BY mid",
                    &st, err));
    enum idem_status status = sql_step(s, st, &row, err);
    while (status == IDEM_OK && row) {
        struct store_master master;
        status = S_take(s, st, &master, err);
        if (status == IDEM_OK)
            status = each(context, &master, err);
        if (status == IDEM_OK)
            status = sql_step(s, st, &row, err);
    }
    sqlite3_finalize(st);
    return status;
}

/* The one row of a bound statement. */
static enum idem_status S_one(struct store *s, sqlite3_stmt *st, struct arena *out, struct store_master *master,
                              struct idem_error *err)
{
    bool row;
    TRY(sql_step(s, st, &row, err));
    if (!row)
        return error_set(err, IDEM_NOT_FOUND, "no such master");
    enum idem_status status = S_take(s, st, master, err);
    master->prov = str_copy(out, master->prov);
    sqlite3_reset(st);
    return status == IDEM_OK ? moment_master(s, out, master, err) : status;
}

enum idem_status store_get_master(struct store *s, int64_t mid, struct arena *out, struct store_master *master,
                                  struct idem_error *err)
{
    sqlite3_stmt *st;
    if (cached_master(s, mid, out, master))
        return IDEM_OK;
    TRY(sql_get(s, SQL_MASTER_GET, &st, err));
    sqlite3_bind_int64(st, 1, mid);
    TRY(S_one(s, st, out, master, err));
    cached_put_master(s, master);
    return IDEM_OK;
}

enum idem_status store_find_master(struct store *s, struct str master_id, struct arena *out,
                                   struct store_master *master, struct idem_error *err)
{
    sqlite3_stmt *st;
    uint8_t uuid[16];
    char text[37];
    if (!store_uuid_parse(master_id, uuid))
        return error_set(err, IDEM_INVALID, "not a master_id: it looks like 01935d2e-7a10-7c33-8f00-3b1d0c5e9a42");
    store_uuid_format(uuid, text);
    TRY(sql_get(s, SQL_MASTER_FIND, &st, err));
    sql_bind_text(st, 1, (struct str){text, 36});
    return S_one(s, st, out, master, err);
}

enum idem_status store_survivor(struct store *s, int64_t mid, struct arena *out, struct store_master *master,
                                struct idem_error *err)
{
    for (unsigned hops = 0; hops <= MOST_REDIRECTS; hops++) {
        TRY(store_get_master(s, mid, out, master, err));
        if (!master->target)
            return IDEM_OK;
        mid = master->target;
    }
    return error_set(err, IDEM_CORRUPT, "%s: redirects go in a circle; run: idem verify", s->info.path);
}

enum idem_status store_redirected_from(struct store *s, int64_t mid, struct arena *out, int64_t **from, size_t *n,
                                       struct idem_error *err)
{
    sqlite3_stmt *st;
    if (s->moment.seq)
        return moment_ids(s, SQL_REDIRECTED_THEN, mid, out, from, n, err);
    TRY(sql_get(s, SQL_REDIRECTED_FROM, &st, err));
    sqlite3_bind_int64(st, 1, mid);
    return sql_id_list(s, st, out, from, n, err);
}

enum idem_status store_active_masters(struct store *s, struct arena *out, int64_t **mid, size_t *n,
                                      struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(sql_prepare(s, "SELECT mid FROM t_master WHERE status = 0 ORDER BY mid", &st, err));
    enum idem_status status = sql_id_list(s, st, out, mid, n, err);
    sqlite3_finalize(st);
    return status;
}

/* Bytes by number: term frequencies and raw components, sealed. */
#include "store/sql.h"

static const struct kind {
    const char *name;
    enum statement put, get, remove;
    const char *all;
} KINDS[STORE_BLOBS] = {
    [STORE_TF] = {"tf", SQL_TF_PUT, SQL_TF_GET, SQL_TF_DELETE, "SELECT version, body, id FROM t_tf ORDER BY id"},
    [STORE_COMPONENT] = {"component", SQL_COMPONENT_PUT, SQL_COMPONENT_GET, SQL_COMPONENT_DELETE,
                         "SELECT version, body, id FROM t_component ORDER BY id"},
};

static enum idem_status S_version(struct store *s, const struct kind *k, int64_t id, uint32_t *version,
                                  struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    TRY(sql_get(s, k->get, &st, err));
    sqlite3_bind_int64(st, 1, id);
    TRY(sql_step(s, st, &row, err));
    *version = row ? (uint32_t)sqlite3_column_int64(st, 0) : 0;
    sqlite3_reset(st);
    return IDEM_OK;
}

static enum idem_status S_put(struct store *s, const struct kind *k, int64_t id, uint32_t version, struct str body,
                              struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(sql_get(s, k->put, &st, err));
    sqlite3_bind_int64(st, 1, id);
    sqlite3_bind_int64(st, 2, version);
    sql_bind_blob(st, 3, body);
    return sql_finish(s, st, err);
}

enum idem_status store_put_blob(struct store *s, enum store_blob kind, int64_t id, struct str body,
                                struct idem_error *err)
{
    const struct kind *k = &KINDS[kind];
    uint32_t version = 0;
    sqlite3_stmt *st;
    TRY(store_check_writing(s, err));
    if (!body.len) {
        TRY(sql_get(s, k->remove, &st, err));
        sqlite3_bind_int64(st, 1, id);
        return sql_finish(s, st, err);
    }
    TRY(S_version(s, k, id, &version, err));
    struct buf sealed = {0};
    struct seal_place place = store_place(s, k->name, id, version + 1);
    seal_container(s->keys, &place, body, &sealed);
    enum idem_status status = S_put(s, k, id, version + 1, buf_view(&sealed), err);
    buf_deinit(&sealed);
    return status;
}

/* The row that the statement stands on. */
static enum idem_status S_take(struct store *s, const struct kind *k, sqlite3_stmt *st, int64_t id, struct buf *body,
                               struct idem_error *err)
{
    return store_unseal(s, k->name, id, (uint32_t)sqlite3_column_int64(st, 0), sql_bytes(st, 1), body, err);
}

enum idem_status store_get_blob(struct store *s, enum store_blob kind, int64_t id, struct buf *body,
                                struct idem_error *err)
{
    const struct kind *k = &KINDS[kind];
    sqlite3_stmt *st;
    bool row;
    TRY(sql_get(s, k->get, &st, err));
    sqlite3_bind_int64(st, 1, id);
    TRY(sql_step(s, st, &row, err));
    if (!row)
        return error_set(err, IDEM_NOT_FOUND, "%s: no %s %lld", s->info.path, k->name, (long long)id);
    enum idem_status status = S_take(s, k, st, id, body, err);
    sqlite3_reset(st);
    return status;
}

enum idem_status store_each_blob(struct store *s, enum store_blob kind, store_blob_fn *each, void *context,
                                 struct idem_error *err)
{
    const struct kind *k = &KINDS[kind];
    struct buf body = {0};
    sqlite3_stmt *st;
    bool row;
    TRY(sql_prepare(s, k->all, &st, err));
    enum idem_status status = sql_step(s, st, &row, err);
    while (status == IDEM_OK && row) {
        int64_t id = sqlite3_column_int64(st, 2);
        buf_clear(&body);
        status = S_take(s, k, st, id, &body, err);
        if (status == IDEM_OK)
            status = each(context, id, buf_view(&body), err);
        if (status == IDEM_OK)
            status = sql_step(s, st, &row, err);
    }
    sqlite3_finalize(st);
    buf_deinit(&body);
    return status;
}

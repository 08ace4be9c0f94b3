#include "store/service_table.h"

#include "store/sql.h"

static struct str S_bytes(const uint8_t digest[32])
{
    return (struct str){(const char *)digest, 32};
}

/* ------------------------------------------------------------------ tokens */

enum idem_status store_put_token(struct store *s, struct store_token *token, struct idem_error *err)
{
    sqlite3_stmt *st;
    int64_t last;
    TRY(store_check_writing(s, err));
    TRY(sql_number(s, "SELECT max(id) FROM t_api_token", &last, err));
    token->id = last + 1;
    TRY(sql_prepare(s,
                    "INSERT INTO t_api_token(id, digest, name, scope, created, expires) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                    &st, err));
    sqlite3_bind_int64(st, 1, token->id);
    sql_bind_blob(st, 2, S_bytes(token->digest));
    sql_bind_text(st, 3, token->name);
    sql_bind_text(st, 4, token->scope);
    sqlite3_bind_int64(st, 5, token->created_ms);
    sql_bind_id(st, 6, token->expires_ms);
    enum idem_status status = sql_finish(s, st, err);
    sqlite3_finalize(st);
    return status;
}

static void S_take(sqlite3_stmt *st, struct arena *out, struct store_token *t)
{
    struct str digest = sql_bytes(st, 1);
    *t = (struct store_token){.id = sqlite3_column_int64(st, 0),
                              .name = str_copy(out, sql_bytes(st, 2)),
                              .scope = str_copy(out, sql_bytes(st, 3)),
                              .created_ms = sqlite3_column_int64(st, 4),
                              .expires_ms = sqlite3_column_int64(st, 5),
                              .revoked_ms = sqlite3_column_int64(st, 6)};
    if (digest.len == sizeof t->digest)
        memcpy(t->digest, digest.ptr, digest.len);
}

enum idem_status store_find_token(struct store *s, const uint8_t digest[32], struct arena *out,
                                  struct store_token *token, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    TRY(sql_get(s, SQL_TOKEN_FIND, &st, err));
    sql_bind_blob(st, 1, S_bytes(digest));
    TRY(sql_step(s, st, &row, err));
    if (!row)
        return error_set(err, IDEM_NOT_FOUND, "there is no such token");
    S_take(st, out, token);
    sqlite3_reset(st);
    return IDEM_OK;
}

enum idem_status store_get_tokens(struct store *s, struct arena *out, struct store_token **token, size_t *n,
                                  struct idem_error *err)
{
    sqlite3_stmt *st;
    int64_t count;
    bool row;
    *n = 0;
    TRY(sql_number(s, "SELECT count(*) FROM t_api_token", &count, err));
    *token = ARENA_NEW(out, struct store_token, (size_t)count + 1);
    TRY(sql_prepare(s, "SELECT id, digest, name, scope, created, expires, revoked FROM t_api_token ORDER BY id", &st,
                    err));
    enum idem_status status = sql_step(s, st, &row, err);
    while (status == IDEM_OK && row && *n < (size_t)count) {
        S_take(st, out, &(*token)[(*n)++]);
        status = sql_step(s, st, &row, err);
    }
    sqlite3_finalize(st);
    return status;
}

enum idem_status store_revoke_token(struct store *s, int64_t id, int64_t at_ms, struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(store_check_writing(s, err));
    TRY(sql_prepare(s, "UPDATE t_api_token SET revoked = ?2 WHERE id = ?1 AND revoked IS NULL", &st, err));
    sqlite3_bind_int64(st, 1, id);
    sqlite3_bind_int64(st, 2, at_ms);
    enum idem_status status = sql_finish(s, st, err);
    sqlite3_finalize(st);
    if (status == IDEM_OK && sqlite3_changes(s->db) == 0)
        status = error_set(err, IDEM_NOT_FOUND, "there is no token %lld that holds; idem token list shows them",
                           (long long)id);
    return status;
}

/* ------------------------------------------------------------------ answers that are kept */

/* The row of a container is a number: the first bytes of the digest, which is a hash. */
static int64_t S_row(const uint8_t digest[32])
{
    int64_t row;
    memcpy(&row, digest, sizeof row);
    return row;
}

enum idem_status store_put_request(struct store *s, const uint8_t digest[32], int64_t at_ms, int status,
                                   struct str body, struct idem_error *err)
{
    struct seal_place place = store_place(s, "request", S_row(digest), 1);
    struct buf sealed = {0};
    sqlite3_stmt *st;
    TRY(store_check_writing(s, err));
    TRY(sql_get(s, SQL_REQUEST_PUT, &st, err));
    seal_container(s->keys, &place, body, &sealed);
    sql_bind_blob(st, 1, S_bytes(digest));
    sqlite3_bind_int64(st, 2, at_ms);
    sqlite3_bind_int(st, 3, status);
    sql_bind_blob(st, 4, buf_view(&sealed));
    enum idem_status done = sql_finish(s, st, err);
    buf_deinit(&sealed);
    return done;
}

enum idem_status store_find_request(struct store *s, const uint8_t digest[32], struct buf *body, int64_t *at_ms,
                                    int *status, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    TRY(sql_get(s, SQL_REQUEST_FIND, &st, err));
    sql_bind_blob(st, 1, S_bytes(digest));
    TRY(sql_step(s, st, &row, err));
    if (!row)
        return IDEM_NOT_FOUND;
    *at_ms = sqlite3_column_int64(st, 0);
    *status = sqlite3_column_int(st, 1);
    enum idem_status opened = store_unseal(s, "request", S_row(digest), 1, sql_bytes(st, 2), body, err);
    sqlite3_reset(st);
    return opened;
}

enum idem_status store_forget_requests(struct store *s, int64_t before_ms, struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(store_check_writing(s, err));
    TRY(sql_prepare(s, "DELETE FROM t_request WHERE at < ?1", &st, err));
    sqlite3_bind_int64(st, 1, before_ms);
    enum idem_status status = sql_finish(s, st, err);
    sqlite3_finalize(st);
    return status;
}

static enum idem_status S_reseal(struct store *s, sqlite3_stmt *all, sqlite3_stmt *update, struct idem_error *err)
{
    struct buf plain = {0}, sealed = {0};
    bool row = true;
    enum idem_status status = sql_step(s, all, &row, err);
    while (status == IDEM_OK && row) {
        uint8_t digest[32] = {0};
        struct str key = sql_bytes(all, 0);
        memcpy(digest, key.ptr, key.len < sizeof digest ? key.len : sizeof digest);
        struct seal_place place = store_place(s, "request", S_row(digest), 1);
        buf_clear(&plain);
        buf_clear(&sealed);
        status = store_unseal(s, "request", place.row, 1, sql_bytes(all, 1), &plain, err);
        if (status != IDEM_OK)
            break;
        seal_container(s->keys, &place, buf_view(&plain), &sealed);
        sql_bind_blob(update, 1, buf_view(&sealed));
        sql_bind_blob(update, 2, S_bytes(digest));
        status = sql_finish(s, update, err);
        if (status == IDEM_OK)
            status = sql_step(s, all, &row, err);
    }
    buf_deinit(&plain);
    buf_deinit(&sealed);
    return status;
}

enum idem_status requests_reseal(struct store *s, struct idem_error *err)
{
    sqlite3_stmt *all = NULL, *update = NULL;
    enum idem_status status;
    TRY_DONE(sql_prepare(s, "SELECT digest, body FROM t_request WHERE body IS NOT NULL", &all, err));
    TRY_DONE(sql_prepare(s, "UPDATE t_request SET body = ?1 WHERE digest = ?2", &update, err));
    status = S_reseal(s, all, update, err);
done:
    sqlite3_finalize(all);
    sqlite3_finalize(update);
    return status;
}

/* ------------------------------------------------------------------ many stores on one file */

enum idem_status store_data_version(struct store *s, uint64_t *version, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    TRY(sql_get(s, SQL_DATA_VERSION, &st, err));
    TRY(sql_step(s, st, &row, err));
    if (row)
        *version = (uint64_t)sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
    return IDEM_OK;
}

enum idem_status store_share(struct store *s, struct idem_error *err)
{
    s->shared = true;
    return sql_run(s, "PRAGMA cache_size = -16000; PRAGMA mmap_size = 0", err);
}

enum idem_status store_map(struct store *s, struct idem_error *err)
{
    return sql_run(s, "PRAGMA mmap_size = 2147418112", err);
}

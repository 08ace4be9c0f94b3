/* Models: immutable, known by the digest of their bytes. They hold frequent values, so they are sealed. */
#include "store/sql.h"

enum { MODEL_VERSION = 1 };

static enum idem_status S_find(struct store *s, const uint8_t hash[32], int64_t *id, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    *id = 0;
    TRY(sql_get(s, SQL_MODEL_FIND, &st, err));
    sql_bind_blob(st, 1, (struct str){(const char *)hash, 32});
    TRY(sql_step(s, st, &row, err));
    if (row)
        *id = sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
    return IDEM_OK;
}

static enum idem_status S_newest(struct store *s, int64_t *id, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    TRY(sql_get(s, SQL_MODEL_NEWEST, &st, err));
    TRY(sql_step(s, st, &row, err));
    *id = row ? sqlite3_column_int64(st, 0) : 0;
    sqlite3_reset(st);
    return IDEM_OK;
}

/* A model that is put again is the newest from now on. */
static enum idem_status S_renew(struct store *s, const struct store_model *model, struct idem_error *err)
{
    sqlite3_stmt *st;
    int64_t newest;
    TRY(S_newest(s, &newest, err));
    if (newest == model->id)
        return IDEM_OK;
    TRY(sql_get(s, SQL_MODEL_RENEW, &st, err));
    sqlite3_bind_int64(st, 1, model->id);
    sqlite3_bind_int64(st, 2, model->created_ms);
    return sql_finish(s, st, err);
}

/* In a sealed database the digest in the clear is a token: equal models are found, the content cannot be guessed from
 * it. */
static void S_stored_hash(const struct store *s, struct store_model *model, uint8_t stored[32])
{
    seal_digest(model->body, model->hash);
    memcpy(stored, model->hash, 32);
    if (!s->info.sealed)
        return;
    struct str hash = {(const char *)model->hash, 32};
    seal_token(s->keys, STR("idem model 1"), hash, stored);
    seal_token(s->keys, STR("idem model 2"), hash, stored + 16);
    memcpy(model->hash, stored, 32);
}

enum idem_status store_put_model(struct store *s, struct store_model *model, struct idem_error *err)
{
    uint8_t stored[32];
    int64_t last;
    sqlite3_stmt *st;
    TRY(store_check_writing(s, err));
    S_stored_hash(s, model, stored);
    TRY(S_find(s, stored, &model->id, err));
    if (model->id)
        return S_renew(s, model, err);
    TRY(sql_number(s, "SELECT max(id) FROM t_model", &last, err));
    model->id = last + 1;
    struct buf sealed = {0};
    struct seal_place place = store_place(s, "model", model->id, MODEL_VERSION);
    seal_container(s->keys, &place, model->body, &sealed);
    enum idem_status status = sql_get(s, SQL_MODEL_PUT, &st, err);
    if (status == IDEM_OK) {
        sqlite3_bind_int64(st, 1, model->id);
        sql_bind_blob(st, 2, (struct str){(const char *)stored, 32});
        sql_bind_id(st, 3, model->run);
        sqlite3_bind_int64(st, 4, model->created_ms);
        sql_bind_blob(st, 5, buf_view(&sealed));
        status = sql_finish(s, st, err);
    }
    buf_deinit(&sealed);
    return status;
}

enum idem_status store_rewrite_model(struct store *s, int64_t id, struct str body, struct idem_error *err)
{
    struct store_model model = {.id = id, .body = body};
    struct buf sealed = {0};
    uint8_t stored[32];
    sqlite3_stmt *st;
    TRY(store_check_writing(s, err));
    S_stored_hash(s, &model, stored);
    struct seal_place place = store_place(s, "model", id, MODEL_VERSION);
    seal_container(s->keys, &place, body, &sealed);
    enum idem_status status = sql_prepare(s, "UPDATE t_model SET hash = ?2, body = ?3 WHERE id = ?1", &st, err);
    if (status == IDEM_OK) {
        sqlite3_bind_int64(st, 1, id);
        sql_bind_blob(st, 2, (struct str){(const char *)stored, 32});
        sql_bind_blob(st, 3, buf_view(&sealed));
        status = sql_finish(s, st, err);
        sqlite3_finalize(st);
    }
    buf_deinit(&sealed);
    return status;
}

static enum idem_status S_body(struct store *s, sqlite3_stmt *st, struct arena *out, struct store_model *model,
                               struct idem_error *err)
{
    struct buf plain = {0};
    enum idem_status status = store_unseal(s, "model", model->id, MODEL_VERSION, sql_bytes(st, 4), &plain, err);
    if (status == IDEM_OK)
        model->body = str_copy(out, buf_view(&plain));
    buf_deinit(&plain);
    return status;
}

enum idem_status store_get_model(struct store *s, int64_t id, bool with_body, struct arena *out,
                                 struct store_model *model, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    if (!id)
        TRY(S_newest(s, &id, err));
    TRY(sql_get(s, SQL_MODEL_GET, &st, err));
    sqlite3_bind_int64(st, 1, id);
    TRY(sql_step(s, st, &row, err));
    if (!row)
        return error_set(err, IDEM_NOT_FOUND, "%s: no model yet; idem apply trains one", s->info.path);
    *model =
        (struct store_model){.id = id, .run = sqlite3_column_int64(st, 2), .created_ms = sqlite3_column_int64(st, 3)};
    struct str hash = sql_bytes(st, 1);
    if (hash.len == sizeof model->hash)
        memcpy(model->hash, hash.ptr, sizeof model->hash);
    enum idem_status status = with_body ? S_body(s, st, out, model, err) : IDEM_OK;
    sqlite3_reset(st);
    return status;
}

void model_hash(const struct store *s, struct str body, uint8_t hash[32])
{
    struct store_model model = {.body = body};
    S_stored_hash(s, &model, hash);
}

static enum idem_status S_rehash(struct store *s, int64_t id, struct arena *scratch, struct idem_error *err)
{
    struct store_model model = {0};
    uint8_t stored[32];
    sqlite3_stmt *st;
    TRY(store_get_model(s, id, true, scratch, &model, err));
    S_stored_hash(s, &model, stored);
    TRY(sql_prepare(s, "UPDATE t_model SET hash = ?1 WHERE id = ?2", &st, err));
    sql_bind_blob(st, 1, (struct str){(const char *)stored, sizeof stored});
    sqlite3_bind_int64(st, 2, id);
    enum idem_status status = sql_finish(s, st, err);
    sqlite3_finalize(st);
    return status;
}

enum idem_status model_rehash(struct store *s, struct idem_error *err)
{
    struct arena scratch = {0};
    sqlite3_stmt *st;
    int64_t *id;
    size_t n = 0;
    TRY(sql_prepare(s, "SELECT id FROM t_model ORDER BY id", &st, err));
    enum idem_status status = sql_id_list(s, st, &scratch, &id, &n, err);
    sqlite3_finalize(st);
    for (size_t i = 0; status == IDEM_OK && i < n; i++)
        status = S_rehash(s, id[i], &scratch, err);
    arena_deinit(&scratch);
    return status;
}

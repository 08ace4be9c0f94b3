/* Pinned values of golden records, and ids of other systems. */
#include "store/sql.h"
#include "store/steward.h"

static enum idem_status S_end_pin(struct store *s, int64_t mid, unsigned field, int64_t seq, int *ended,
                                  struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(sql_get(s, SQL_PIN_END, &st, err));
    sqlite3_bind_int64(st, 1, mid);
    sqlite3_bind_int64(st, 2, field);
    sqlite3_bind_int64(st, 3, seq);
    TRY(sql_finish(s, st, err));
    *ended = sqlite3_changes(s->db);
    return IDEM_OK;
}

enum idem_status steward_pin(struct store *s, struct store_pin *pin, struct idem_error *err)
{
    sqlite3_stmt *st;
    int64_t last;
    int ended;
    struct buf sealed = {0};
    TRY(store_check_writing(s, err));
    TRY(S_end_pin(s, pin->mid, pin->field, pin->seq, &ended, err));
    TRY(sql_number(s, "SELECT max(id) FROM t_pin", &last, err));
    TRY(sql_get(s, SQL_PIN_PUT, &st, err));
    pin->id = last + 1;
    struct seal_place place = store_place(s, "pin", pin->id, 1);
    seal_container(s->keys, &place, pin->value, &sealed);
    sqlite3_bind_int64(st, 1, pin->id);
    sqlite3_bind_int64(st, 2, pin->mid);
    sql_bind_id(st, 3, pin->rid);
    sqlite3_bind_int64(st, 4, pin->field);
    sql_bind_blob(st, 5, buf_view(&sealed));
    sqlite3_bind_int64(st, 6, pin->seq);
    sqlite3_bind_int64(st, 7, pin->at_ms);
    sql_bind_text(st, 8, pin->by);
    enum idem_status status = sql_finish(s, st, err);
    buf_deinit(&sealed);
    return status;
}

enum idem_status steward_unpin(struct store *s, int64_t mid, unsigned field, int64_t seq, struct idem_error *err)
{
    int ended;
    TRY(store_check_writing(s, err));
    TRY(S_end_pin(s, mid, field, seq, &ended, err));
    return ended ? IDEM_OK : error_set(err, IDEM_NOT_FOUND, "this field is not pinned");
}

enum idem_status steward_each_pin(struct store *s, int64_t mid, steward_pin_fn *each, void *context,
                                  struct idem_error *err)
{
    struct buf value = {0};
    sqlite3_stmt *st;
    bool row;
    TRY(sql_prepare(s,
                    mid ? "SELECT id, mid, rid, field, body, seq, at, by FROM t_pin WHERE mid = ?1"
                          " AND seq <= ?2 AND coalesce(withdrawn_seq, ?3) > ?2 ORDER BY field"
                        : "SELECT id, mid, rid, field, body, seq, at, by FROM t_pin"
                          " WHERE seq <= ?2 AND coalesce(withdrawn_seq, ?3) > ?2 ORDER BY mid, field",
                    &st, err));
    if (mid)
        sqlite3_bind_int64(st, 1, mid);
    sqlite3_bind_int64(st, 2, s->moment.seq ? s->moment.seq : INT64_MAX - 1);
    sqlite3_bind_int64(st, 3, INT64_MAX);
    enum idem_status status = sql_step(s, st, &row, err);
    while (status == IDEM_OK && row) {
        struct store_pin pin = {.id = sqlite3_column_int64(st, 0),
                                .mid = sqlite3_column_int64(st, 1),
                                .rid = sqlite3_column_int64(st, 2),
                                .field = (unsigned)sqlite3_column_int(st, 3),
                                .seq = sqlite3_column_int64(st, 5),
                                .at_ms = sqlite3_column_int64(st, 6),
                                .by = sql_bytes(st, 7)};
        buf_clear(&value);
        if (s->info.has_key)
            status = store_unseal(s, "pin", pin.id, 1, sql_bytes(st, 4), &value, err);
        pin.value = buf_view(&value);
        if (status == IDEM_OK)
            status = each(context, &pin, err);
        if (status == IDEM_OK)
            status = sql_step(s, st, &row, err);
    }
    sqlite3_finalize(st);
    buf_deinit(&value);
    return status;
}

static enum idem_status S_find_alias(struct store *s, struct str scheme, struct str alias, int64_t *mid,
                                     struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    *mid = 0;
    TRY(sql_get(s, SQL_ALIAS_FIND, &st, err));
    sql_bind_text(st, 1, scheme);
    sql_bind_text(st, 2, alias);
    TRY(sql_step(s, st, &row, err));
    if (row)
        *mid = sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
    return IDEM_OK;
}

enum idem_status steward_put_alias(struct store *s, struct str scheme, struct str alias, int64_t mid, int64_t rid,
                                   int64_t seq, struct idem_error *err)
{
    sqlite3_stmt *st;
    int64_t owner;
    TRY(store_check_writing(s, err));
    TRY(S_find_alias(s, scheme, alias, &owner, err));
    if (owner && owner != mid)
        return error_set(err, IDEM_CONFLICT, "%s: an id of %.*s belongs to another master already", s->info.path,
                         STR_ARG(scheme));
    if (owner)
        return IDEM_OK;
    TRY(sql_get(s, SQL_ALIAS_PUT, &st, err));
    sql_bind_text(st, 1, scheme);
    sql_bind_text(st, 2, alias);
    sqlite3_bind_int64(st, 3, mid);
    sql_bind_id(st, 4, rid);
    sqlite3_bind_int64(st, 5, seq);
    return sql_finish(s, st, err);
}

enum idem_status steward_find_alias(struct store *s, struct str scheme, struct str alias, int64_t *mid,
                                    struct idem_error *err)
{
    TRY(S_find_alias(s, scheme, alias, mid, err));
    return *mid ? IDEM_OK : error_set(err, IDEM_NOT_FOUND, "no such id of %.*s", STR_ARG(scheme));
}

enum idem_status steward_each_alias(struct store *s, steward_alias_fn *each, void *context, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    TRY(sql_prepare(s, "SELECT scheme, alias, mid, rid FROM t_alias ORDER BY scheme, alias", &st, err));
    enum idem_status status = sql_step(s, st, &row, err);
    while (status == IDEM_OK && row) {
        struct store_alias alias = {sql_bytes(st, 0), sql_bytes(st, 1), sqlite3_column_int64(st, 2),
                                    sqlite3_column_int64(st, 3)};
        status = each(context, &alias, err);
        if (status == IDEM_OK)
            status = sql_step(s, st, &row, err);
    }
    sqlite3_finalize(st);
    return status;
}

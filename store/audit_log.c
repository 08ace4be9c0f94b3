#include "store/audit_log.h"

#include "store/sql.h"

static void S_number(struct buf *b, int64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        buf_byte(b, (char)((uint64_t)value >> 8 * i));
}

static void S_text(struct buf *b, struct str text)
{
    S_number(b, (int64_t)text.len);
    buf_str(b, text);
}

static void S_mac(const struct store *s, struct buf *b, uint8_t mac[SEAL_MAC_BYTES])
{
    seal_mac(s->keys, SEAL_AUDIT, buf_view(b), mac);
    buf_deinit(b);
}

void store_audit_start(const struct store *s, uint8_t mac[SEAL_MAC_BYTES])
{
    struct buf b = {0};
    S_text(&b, STR("start"));
    buf_add(&b, s->info.id, sizeof s->info.id);
    S_mac(s, &b, mac);
}

void store_audit_digest(const struct store *s, int64_t n, struct str payload, uint8_t digest[SEAL_MAC_BYTES])
{
    struct buf b = {0};
    S_text(&b, STR("payload"));
    S_number(&b, n);
    buf_str(&b, payload);
    S_mac(s, &b, digest);
}

void store_audit_mac(const struct store *s, const uint8_t before[SEAL_MAC_BYTES], const struct store_audit *e,
                     uint8_t mac[SEAL_MAC_BYTES])
{
    struct buf b = {0};
    S_text(&b, STR("entry"));
    buf_add(&b, before, SEAL_MAC_BYTES);
    S_number(&b, e->n);
    S_number(&b, e->at_ms);
    S_text(&b, e->actor);
    S_text(&b, e->verb);
    S_text(&b, e->subjects);
    S_text(&b, e->has_payload ? (struct str){(const char *)e->digest, SEAL_MAC_BYTES} : (struct str){0});
    S_mac(s, &b, mac);
}

static void S_seal(const struct store *s, const struct store_audit_head *head, uint8_t mac[SEAL_MAC_BYTES])
{
    struct buf b = {0};
    S_text(&b, STR("head"));
    S_number(&b, head->n);
    buf_add(&b, head->mac, SEAL_MAC_BYTES);
    S_mac(s, &b, mac);
}

void store_audit_token(const struct store *s, struct str subject, uint8_t token[AUDIT_TOKEN_BYTES])
{
    uint8_t mac[SEAL_MAC_BYTES];
    struct buf b = {0};
    S_text(&b, STR("subject"));
    buf_str(&b, subject);
    S_mac(s, &b, mac);
    memcpy(token, mac, AUDIT_TOKEN_BYTES);
}

/* ------------------------------------------------------------------ the end of the chain */

static enum idem_status S_last(struct store *s, struct store_audit_head *head, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    store_audit_start(s, head->mac);
    head->n = 0;
    TRY(sql_get(s, SQL_AUDIT_LAST, &st, err));
    TRY(sql_step(s, st, &row, err));
    struct str mac = row ? sql_bytes(st, 1) : (struct str){0};
    if (row)
        head->n = sqlite3_column_int64(st, 0);
    if (mac.len == SEAL_MAC_BYTES)
        memcpy(head->mac, mac.ptr, SEAL_MAC_BYTES);
    else if (row)
        memset(head->mac, 0, SEAL_MAC_BYTES);
    sqlite3_reset(st);
    return IDEM_OK;
}

enum idem_status store_audit_head(struct store *s, struct store_audit_head *head, bool *sealed, struct idem_error *err)
{
    struct arena scratch = {0};
    struct str kept;
    uint8_t seal[SEAL_MAC_BYTES];
    TRY(store_check_key(s, err));
    TRY(S_last(s, head, err));
    enum idem_status status = meta_get_bytes(s, "audit_seal", &scratch, &kept, err);
    S_seal(s, head, seal);
    /* A database from before there was a log has neither. */
    *sealed = kept.len ? kept.len == SEAL_MAC_BYTES && seal_equal(kept.ptr, seal, SEAL_MAC_BYTES) : head->n == 0;
    arena_deinit(&scratch);
    return status;
}

/* ------------------------------------------------------------------ writing */

static enum idem_status S_put_payload(struct store *s, const struct store_audit *e, struct idem_error *err)
{
    struct seal_place place = store_place(s, "audit_payload", e->n, 1);
    struct buf sealed = {0};
    sqlite3_stmt *st;
    seal_container(s->keys, &place, e->payload, &sealed);
    enum idem_status status = sql_get(s, SQL_AUDIT_PAYLOAD_PUT, &st, err);
    if (status == IDEM_OK) {
        sqlite3_bind_int64(st, 1, e->n);
        sql_bind_blob(st, 2, buf_view(&sealed));
        status = sql_finish(s, st, err);
    }
    buf_deinit(&sealed);
    return status;
}

static enum idem_status S_put(struct store *s, const struct store_audit *e, struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(sql_get(s, SQL_AUDIT_PUT, &st, err));
    sqlite3_bind_int64(st, 1, e->n);
    sqlite3_bind_int64(st, 2, e->at_ms);
    sql_bind_text(st, 3, e->actor.ptr ? e->actor : STR(""));
    sql_bind_text(st, 4, e->verb);
    sqlite3_bind_null(st, 5);
    if (e->subjects.len)
        sql_bind_blob(st, 5, e->subjects);
    sqlite3_bind_null(st, 6);
    if (e->has_payload)
        sql_bind_blob(st, 6, (struct str){(const char *)e->digest, SEAL_MAC_BYTES});
    sql_bind_blob(st, 7, (struct str){(const char *)e->mac, SEAL_MAC_BYTES});
    return sql_finish(s, st, err);
}

enum idem_status store_audit_add(struct store *s, struct store_audit *e, struct idem_error *err)
{
    struct store_audit_head head;
    uint8_t seal[SEAL_MAC_BYTES];
    bool sealed;
    TRY(store_check_writing(s, err));
    TRY(store_audit_head(s, &head, &sealed, err));
    if (!sealed)
        return error_set(
            err, IDEM_CORRUPT,
            "%s: the audit log does not end where its seal says; run \"idem verify\", and restore a backup",
            s->info.path);
    e->n = head.n + 1;
    e->has_payload = e->payload.len > 0;
    if (e->has_payload)
        store_audit_digest(s, e->n, e->payload, e->digest);
    store_audit_mac(s, head.mac, e, e->mac);
    head.n = e->n;
    memcpy(head.mac, e->mac, sizeof head.mac);
    S_seal(s, &head, seal);
    TRY(S_put(s, e, err));
    if (e->has_payload)
        TRY(S_put_payload(s, e, err));
    return meta_put_blob(s, "audit_seal", (struct str){(const char *)seal, sizeof seal}, err);
}

enum idem_status store_audit_forget(struct store *s, int64_t n, struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(store_check_writing(s, err));
    TRY(sql_get(s, SQL_AUDIT_PAYLOAD_DELETE, &st, err));
    sqlite3_bind_int64(st, 1, n);
    TRY(sql_finish(s, st, err));
    return sqlite3_changes(s->db) ? IDEM_OK
                                  : error_set(err, IDEM_NOT_FOUND, "audit entry %lld has no payload", (long long)n);
}

/* ------------------------------------------------------------------ reading */

static void S_take_mac(struct str stored, uint8_t mac[SEAL_MAC_BYTES])
{
    memset(mac, 0, SEAL_MAC_BYTES);
    if (stored.len == SEAL_MAC_BYTES)
        memcpy(mac, stored.ptr, SEAL_MAC_BYTES);
}

static enum idem_status S_take(struct store *s, sqlite3_stmt *st, struct buf *plain, struct store_audit *e,
                               struct idem_error *err)
{
    struct str sealed = sql_bytes(st, 7);
    *e = (struct store_audit){
        .n = sqlite3_column_int64(st, 0),
        .at_ms = sqlite3_column_int64(st, 1),
        .actor = sql_bytes(st, 2),
        .verb = sql_bytes(st, 3),
        .subjects = sql_bytes(st, 4),
        .has_payload = sqlite3_column_type(st, 5) != SQLITE_NULL,
        .payload_there = sqlite3_column_type(st, 7) != SQLITE_NULL,
    };
    S_take_mac(sql_bytes(st, 5), e->digest);
    S_take_mac(sql_bytes(st, 6), e->mac);
    buf_clear(plain);
    if (!e->payload_there || !s->info.has_key)
        return IDEM_OK;
    enum idem_status status = store_unseal(s, "audit_payload", e->n, 1, sealed, plain, err);
    if (status == IDEM_OK)
        e->payload = buf_view(plain);
    return status == IDEM_CORRUPT ? IDEM_OK : status;
}

enum idem_status store_audit_each(struct store *s, int64_t since, store_audit_fn *each, void *context,
                                  struct idem_error *err)
{
    sqlite3_stmt *st;
    struct buf plain = {0};
    bool row;
    TRY(sql_prepare(s,
                    "SELECT a.n, a.at, a.actor, a.verb, a.subject, a.payload_digest, a.mac, p.body FROM t_audit a"
                    " LEFT JOIN t_audit_payload p ON p.n = a.n WHERE a.n > ?1 ORDER BY a.n",
                    &st, err));
    sqlite3_bind_int64(st, 1, since);
    enum idem_status status = sql_step(s, st, &row, err);
    while (status == IDEM_OK && row) {
        struct store_audit e;
        status = S_take(s, st, &plain, &e, err);
        if (status == IDEM_OK)
            status = each(context, &e, err);
        if (status == IDEM_OK)
            status = sql_step(s, st, &row, err);
    }
    sqlite3_finalize(st);
    buf_deinit(&plain);
    return status;
}

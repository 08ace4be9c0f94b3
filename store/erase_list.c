/* The list of who was erased. */
#include "store/removal.h"
#include "store/sql.h"

/* In a clear database there is no secret to key the digests with: its number at least makes them its own. */
void erased_digest(const struct store *s, enum erased_kind kind, struct str name, struct str value,
                   uint8_t digest[ERASED_DIGEST])
{
    static const char *const KINDS[ERASED_KINDS] = {"erased record ", "erased identifier ", "erased given name "};
    struct buf domain = {0};
    buf_str(&domain, str_from(KINDS[kind]));
    if (!s->info.sealed)
        buf_add(&domain, s->info.id, sizeof s->info.id);
    buf_str(&domain, name);
    seal_kept_token(s->keys, SEAL_RECEIPTS, buf_view(&domain), value, digest);
    buf_deinit(&domain);
}

static struct str S_bytes(const uint8_t digest[ERASED_DIGEST])
{
    return (struct str){(const char *)digest, ERASED_DIGEST};
}

enum idem_status erased_put(struct store *s, const struct store_erased *erased, struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(store_check_writing(s, err));
    TRY(sql_prepare(s, "INSERT OR IGNORE INTO t_erased(kind, digest, person, seq, at) VALUES(?1, ?2, ?3, ?4, ?5)", &st,
                    err));
    sqlite3_bind_int(st, 1, (int)erased->kind);
    sql_bind_blob(st, 2, S_bytes(erased->digest));
    sqlite3_bind_int64(st, 3, erased->person);
    sqlite3_bind_int64(st, 4, erased->seq);
    sqlite3_bind_int64(st, 5, erased->at_ms);
    enum idem_status status = sql_finish(s, st, err);
    sqlite3_finalize(st);
    return status;
}

enum idem_status erased_each(struct store *s, erased_fn *each, void *context, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    TRY(sql_prepare(s, "SELECT kind, digest, person, seq, at FROM t_erased ORDER BY seq, kind, digest, person", &st,
                    err));
    enum idem_status status = sql_step(s, st, &row, err);
    while (status == IDEM_OK && row) {
        struct store_erased erased = {.kind = (enum erased_kind)sqlite3_column_int(st, 0),
                                      .person = sqlite3_column_int64(st, 2),
                                      .seq = sqlite3_column_int64(st, 3),
                                      .at_ms = sqlite3_column_int64(st, 4)};
        struct str digest = sql_bytes(st, 1);
        if (digest.len == ERASED_DIGEST)
            memcpy(erased.digest, digest.ptr, ERASED_DIGEST);
        status = each(context, &erased, err);
        if (status == IDEM_OK)
            status = sql_step(s, st, &row, err);
    }
    sqlite3_finalize(st);
    return status;
}

enum idem_status erased_count(struct store *s, uint64_t *n, struct idem_error *err)
{
    int64_t there;
    TRY(sql_number(s, "SELECT count(*) FROM t_erased", &there, err));
    *n = (uint64_t)there;
    return IDEM_OK;
}

enum idem_status erased_has_record(struct store *s, struct str source, struct str record_id, bool *erased,
                                   struct idem_error *err)
{
    uint8_t digest[ERASED_DIGEST];
    const struct source_entry *entry;
    char text[SEAL_HASHED_ID];
    sqlite3_stmt *st;
    *erased = false;
    if (!s->info.has_key)
        return IDEM_OK;
    TRY(source_by_name(s, source, &entry, err));
    TRY(source_given_id(s, entry, &record_id, text, err));
    erased_digest(s, ERASED_RECORD, source, record_id, digest);
    TRY(sql_get(s, SQL_ERASED_FIND, &st, err));
    sql_bind_blob(st, 1, S_bytes(digest));
    TRY(sql_step(s, st, erased, err));
    sqlite3_reset(st);
    return IDEM_OK;
}

enum idem_status erased_get_ledger(struct store *s, struct arena *out, struct str *state, struct idem_error *err)
{
    return meta_get_bytes(s, "ledger", out, state, err);
}

enum idem_status erased_set_ledger(struct store *s, struct str state, struct idem_error *err)
{
    TRY(store_check_writing(s, err));
    return meta_put_text(s, "ledger", state, err);
}

enum idem_status erased_forgive(struct store *s, const uint8_t digest[ERASED_DIGEST], int64_t person,
                                struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(store_check_writing(s, err));
    TRY(sql_prepare(s,
                    "DELETE FROM t_erased WHERE (kind = 0 AND digest = ?1) OR (kind <> 0 AND person = ?2 AND ?2 <> 0)",
                    &st, err));
    sql_bind_blob(st, 1, S_bytes(digest));
    sqlite3_bind_int64(st, 2, person);
    enum idem_status status = sql_finish(s, st, err);
    sqlite3_finalize(st);
    return status;
}

void erase_sign(const struct store *s, struct str message, uint8_t public_key[SEAL_PUBLIC_BYTES],
                uint8_t signature[SEAL_SIGNATURE_BYTES])
{
    struct str instead = {(const char *)s->info.id, sizeof s->info.id};
    seal_public_key(s->keys, instead, public_key);
    seal_sign(s->keys, instead, message, signature);
}

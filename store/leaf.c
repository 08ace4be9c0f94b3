#include "store/leaf.h"

#include "base/hash.h"

enum { LEAF_FORMAT = 1 };

void leaf_start(struct buf *plain)
{
    buf_byte(plain, LEAF_FORMAT);
}

void leaf_empty_slot(struct buf *plain)
{
    buf_byte(plain, 0);
}

void leaf_add_slot(struct buf *plain, struct str record_id, struct str packed)
{
    buf_varint(plain, record_id.len + 1);
    buf_str(plain, record_id);
    buf_varint(plain, packed.len);
    buf_str(plain, packed);
}

static bool S_take(struct str *rest, uint64_t len, struct str *out)
{
    if (len > rest->len)
        return false;
    *out = str_sub(*rest, 0, (size_t)len);
    *rest = str_sub(*rest, (size_t)len, rest->len);
    return true;
}

bool leaf_parse(struct str plain, struct leaf_slot slot[LEAF_SLOTS])
{
    if (plain.len == 0 || plain.ptr[0] != LEAF_FORMAT)
        return false;
    struct str rest = str_sub(plain, 1, plain.len);
    for (unsigned i = 0; i < LEAF_SLOTS; i++) {
        uint64_t len;
        slot[i] = (struct leaf_slot){0};
        if (!varint_take(&rest, &len))
            return false;
        if (len == 0)
            continue;
        slot[i].used = true;
        if (!S_take(&rest, len - 1, &slot[i].record_id) || !varint_take(&rest, &len) ||
            !S_take(&rest, len, &slot[i].packed))
            return false;
    }
    return rest.len == 0;
}

enum idem_status leaf_damaged(struct store *s, int64_t lid, struct idem_error *err)
{
    return error_set(err, IDEM_CORRUPT, "%s: leaf %lld is damaged; restore a backup", s->info.path, (long long)lid);
}

enum idem_status leaf_read(struct store *s, int64_t lid, struct buf *plain, struct leaf_slot slot[LEAF_SLOTS],
                           uint32_t *version, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    *version = 0;
    memset(slot, 0, LEAF_SLOTS * sizeof *slot);
    TRY(sql_get(s, SQL_LEAF_GET, &st, err));
    sqlite3_bind_int64(st, 1, lid);
    TRY(sql_step(s, st, &row, err));
    if (!row)
        return IDEM_OK;
    *version = (uint32_t)sqlite3_column_int64(st, 0);
    buf_clear(plain);
    enum idem_status status = store_unseal(s, "leaf", lid, *version, sql_bytes(st, 1), plain, err);
    sqlite3_reset(st);
    TRY(status);
    return leaf_parse(buf_view(plain), slot) ? IDEM_OK : leaf_damaged(s, lid, err);
}

uint64_t leaf_digest(struct str sealed, uint32_t version)
{
    return hash_str_seed(sealed, version) | 1;
}

enum idem_status leaf_read_changed(struct store *s, int64_t lid, uint64_t *digest, bool *same, struct buf *plain,
                                   struct leaf_slot slot[LEAF_SLOTS], struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    TRY(sql_get(s, SQL_LEAF_GET, &st, err));
    sqlite3_bind_int64(st, 1, lid);
    TRY(sql_step(s, st, &row, err));
    if (!row)
        return leaf_damaged(s, lid, err);
    uint32_t version = (uint32_t)sqlite3_column_int64(st, 0);
    uint64_t now = leaf_digest(sql_bytes(st, 1), version);
    enum idem_status status = IDEM_OK;
    *same = now == *digest;
    *digest = now;
    if (!*same)
        status = store_unseal(s, "leaf", lid, version, sql_bytes(st, 1), plain, err);
    sqlite3_reset(st);
    TRY(status);
    return *same || leaf_parse(buf_view(plain), slot) ? IDEM_OK : leaf_damaged(s, lid, err);
}

#include "store/applied.h"

#include <stdlib.h>

#include "base/parallel.h"
#include "store/leaf.h"

static const char APPLIED[] = "applied";

enum idem_status store_set_applied(struct store *s, struct str text, struct idem_error *err)
{
    TRY(store_check_writing(s, err));
    return meta_put_text(s, APPLIED, text, err);
}

enum idem_status store_get_applied(struct store *s, struct arena *out, struct str *text, struct idem_error *err)
{
    return meta_get_bytes(s, APPLIED, out, text, err);
}

enum idem_status store_count_masters(struct store *s, uint64_t *n, struct idem_error *err)
{
    int64_t there;
    TRY(sql_number(s, "SELECT count(*) FROM t_master WHERE status = 0", &there, err));
    *n = (uint64_t)there;
    return IDEM_OK;
}

struct str store_stored_id(const struct store *s, const struct store_source *source, struct str record_id,
                           uint8_t token[16])
{
    if (!source->personal_ids || !s->info.sealed)
        return record_id;
    seal_token(s->keys, source->name, record_id, token);
    return (struct str){(const char *)token, 16};
}

bool store_old_id(const struct store *s, const struct store_source *source, struct str record_id, uint8_t token[16])
{
    if (!source->personal_ids || !s->info.sealed || !keyring_has_old_tokens(s->keys))
        return false;
    seal_old_token(s->keys, source->name, record_id, token);
    return true;
}

/* ------------------------------------------------------------------ many records */

enum { AHEAD = 256 };

struct fetched_leaf {
    int64_t lid;
    uint32_t version;
    struct buf sealed, plain;
    struct leaf_slot slot[LEAF_SLOTS];
    enum idem_status status;
    struct idem_error err;
};

struct fetch {
    struct store *s;
    struct fetched_leaf *leaf; /* [AHEAD] */
    size_t n;
};

static void S_open_leaf(void *context, size_t item, unsigned worker)
{
    struct fetch *f = context;
    struct fetched_leaf *leaf = &f->leaf[item];
    (void)worker;
    buf_clear(&leaf->plain);
    leaf->status =
        store_unseal(f->s, "leaf", leaf->lid, leaf->version, buf_view(&leaf->sealed), &leaf->plain, &leaf->err);
    if (leaf->status == IDEM_OK && !leaf_parse(buf_view(&leaf->plain), leaf->slot))
        leaf->status = leaf_damaged(f->s, leaf->lid, &leaf->err);
}

static enum idem_status S_fetch_leaf(struct fetch *f, int64_t lid, struct idem_error *err)
{
    struct fetched_leaf *leaf = &f->leaf[f->n++];
    sqlite3_stmt *st;
    bool row;
    TRY(sql_get(f->s, SQL_LEAF_GET, &st, err));
    sqlite3_bind_int64(st, 1, lid);
    TRY(sql_step(f->s, st, &row, err));
    if (!row)
        return leaf_damaged(f->s, lid, err);
    leaf->lid = lid;
    leaf->version = (uint32_t)sqlite3_column_int64(st, 0);
    buf_clear(&leaf->sealed);
    buf_str(&leaf->sealed, sql_bytes(st, 1));
    sqlite3_reset(st);
    return IDEM_OK;
}

/* Leaves of rid[from ..], as many as fit; *to is the first rid whose leaf does not. */
static enum idem_status S_fetch(struct fetch *f, const int64_t *rid, size_t from, size_t n, size_t *to,
                                unsigned threads, struct idem_error *err)
{
    f->n = 0;
    for (*to = from; *to < n; ++*to) {
        int64_t lid = leaf_of(rid[*to]);
        if (f->n && f->leaf[f->n - 1].lid == lid)
            continue;
        if (f->n == AHEAD)
            break;
        TRY(S_fetch_leaf(f, lid, err));
    }
    parallel_for(threads ? threads : 1, f->n, S_open_leaf, f);
    return IDEM_OK;
}

static enum idem_status S_tell(struct fetch *f, const int64_t *rid, size_t from, size_t to, store_record_fn *each,
                               void *context, struct idem_error *err)
{
    struct fetched_leaf *leaf = f->leaf;
    for (size_t i = from; i < to; i++) {
        sqlite3_stmt *st;
        struct store_record record;
        bool row;
        while (leaf->lid != leaf_of(rid[i]))
            leaf++;
        if (leaf->status != IDEM_OK)
            return error_set(err, leaf->status, "%s", leaf->err.message);
        const struct leaf_slot *slot = &leaf->slot[leaf_slot_of(rid[i])];
        TRY(sql_get(f->s, SQL_RECORD_GET, &st, err));
        sqlite3_bind_int64(st, 1, rid[i]);
        TRY(sql_step(f->s, st, &row, err));
        if (!row || !slot->used)
            return leaf_damaged(f->s, leaf->lid, err);
        record_take(st, &record);
        record.record_id = slot->record_id;
        record.packed = slot->packed;
        sqlite3_reset(st);
        TRY(each(context, i, &record, err));
    }
    return IDEM_OK;
}

enum idem_status store_each_record(struct store *s, const int64_t *rid, size_t n, unsigned threads,
                                   store_record_fn *each, void *context, struct idem_error *err)
{
    struct fetch f = {s, xcalloc(AHEAD, sizeof *f.leaf), 0};
    enum idem_status status = store_check_key(s, err);
    for (size_t from = 0, to; status == IDEM_OK && from < n; from = to) {
        status = S_fetch(&f, rid, from, n, &to, threads, err);
        if (status == IDEM_OK)
            status = S_tell(&f, rid, from, to, each, context, err);
    }
    for (size_t i = 0; i < AHEAD; i++) {
        buf_deinit(&f.leaf[i].sealed);
        buf_deinit(&f.leaf[i].plain);
    }
    free(f.leaf);
    return status;
}

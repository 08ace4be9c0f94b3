/* Records are taken out of the candidate index for good. Every segment is looked at: which keys a record had when it
 * was indexed need not be known, and none can be forgotten. Opening a million records' segments takes a tenth of a
 * second. */
#include <stdlib.h>

#include "store/segment.h"
#include "store/segment_code.h"
#include "store/sql.h"

struct removal {
    struct store *s;
    const int64_t *rid;
    size_t n;
    segment_gone_fn *gone;
    void *context;
    int64_t *id; /* segments that hold one of them */
    size_t n_ids, room;
    uint64_t entries;
};

static int S_ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static bool S_is_gone(const struct removal *r, uint64_t rid)
{
    int64_t wanted = (int64_t)rid;
    return bsearch(&wanted, r->rid, r->n, sizeof wanted, S_ascending) != NULL;
}

static enum idem_status S_look(struct removal *r, int64_t id, struct str plain, struct idem_error *err)
{
    struct segment_reader reader = {.rest = plain, .key = segment_key_of(id)};
    for (bool more = true;;) {
        if (!segment_next(&reader, &more))
            return segment_damaged(r->s, id, err);
        if (!more)
            return IDEM_OK;
        if (S_is_gone(r, reader.rid))
            break;
    }
    if (r->n_ids == r->room) {
        r->room = r->room * 2 + 64;
        r->id = xrealloc(r->id, r->room * sizeof *r->id);
    }
    r->id[r->n_ids++] = id;
    return IDEM_OK;
}

static enum idem_status S_find(struct removal *r, struct idem_error *err)
{
    struct buf plain = {0};
    sqlite3_stmt *st;
    bool row;
    TRY(sql_prepare(r->s, "SELECT id, version, body FROM t_segment ORDER BY id", &st, err));
    enum idem_status status = sql_step(r->s, st, &row, err);
    while (status == IDEM_OK && row) {
        int64_t id = sqlite3_column_int64(st, 0);
        buf_clear(&plain);
        status =
            store_unseal(r->s, "segment", id, (uint32_t)sqlite3_column_int64(st, 1), sql_bytes(st, 2), &plain, err);
        if (status == IDEM_OK)
            status = S_look(r, id, buf_view(&plain), err);
        if (status == IDEM_OK)
            status = sql_step(r->s, st, &row, err);
    }
    sqlite3_finalize(st);
    buf_deinit(&plain);
    return status;
}

struct left {
    struct buf plain;
    uint64_t first;
    size_t n;
};

static enum idem_status S_filter(struct removal *r, int64_t id, struct str plain, struct left *left,
                                 struct idem_error *err)
{
    struct segment_reader reader = {.rest = plain, .key = segment_key_of(id)};
    uint64_t key = 0, rid = 0;
    for (bool more = true;;) {
        if (!segment_next(&reader, &more))
            return segment_damaged(r->s, id, err);
        if (!more)
            return IDEM_OK;
        if (S_is_gone(r, reader.rid)) {
            r->entries++;
            continue;
        }
        if (!left->n++)
            left->first = key = reader.key;
        buf_varint(&left->plain, reader.key - key);
        buf_varint(&left->plain, reader.key == key ? reader.rid - rid : reader.rid);
        key = reader.key;
        rid = reader.rid;
    }
}

static enum idem_status S_put(struct removal *r, int64_t old, const struct left *left, struct idem_error *err)
{
    struct buf sealed = {0};
    sqlite3_stmt *st;
    int64_t id = (int64_t)((uint64_t)old & ~segment_key_of(-1)) | (int64_t)left->first;
    uint32_t version = (uint32_t)r->s->counters.next_run;
    if (!left->n)
        return IDEM_OK;
    struct seal_place place = store_place(r->s, "segment", id, version);
    seal_container(r->s->keys, &place, buf_view(&left->plain), &sealed);
    enum idem_status status =
        sql_prepare(r->s, "INSERT INTO t_segment(id, n, version, body) VALUES(?1, ?2, ?3, ?4)", &st, err);
    if (status == IDEM_OK) {
        sqlite3_bind_int64(st, 1, id);
        sqlite3_bind_int64(st, 2, (int64_t)left->n);
        sqlite3_bind_int64(st, 3, version);
        sql_bind_blob(st, 4, buf_view(&sealed));
        status = sql_finish(r->s, st, err);
        sqlite3_finalize(st);
    }
    buf_deinit(&sealed);
    return status;
}

static enum idem_status S_take(struct removal *r, sqlite3_stmt *get, int64_t id, struct left *left,
                               struct idem_error *err)
{
    struct buf plain = {0};
    bool row;
    sqlite3_bind_int64(get, 1, id);
    TRY(sql_step(r->s, get, &row, err));
    if (!row)
        return segment_damaged(r->s, id, err);
    enum idem_status status =
        store_unseal(r->s, "segment", id, (uint32_t)sqlite3_column_int64(get, 0), sql_bytes(get, 1), &plain, err);
    r->gone(r->context, sql_bytes(get, 1));
    sqlite3_reset(get);
    if (status == IDEM_OK)
        status = S_filter(r, id, buf_view(&plain), left, err);
    buf_deinit(&plain);
    return status;
}

static enum idem_status S_rewrite(struct removal *r, sqlite3_stmt *get, sqlite3_stmt *drop, struct idem_error *err)
{
    for (size_t i = 0; i < r->n_ids; i++) {
        struct left left = {.n = 0};
        enum idem_status status = S_take(r, get, r->id[i], &left, err);
        if (status == IDEM_OK) {
            sqlite3_bind_int64(drop, 1, r->id[i]);
            status = sql_finish(r->s, drop, err);
        }
        if (status == IDEM_OK)
            status = S_put(r, r->id[i], &left, err);
        buf_deinit(&left.plain);
        TRY(status);
    }
    return IDEM_OK;
}

static enum idem_status S_deltas(struct removal *r, struct idem_error *err)
{
    sqlite3_stmt *st;
    enum idem_status status = sql_prepare(r->s, "DELETE FROM t_key_delta WHERE rid = ?1", &st, err);
    for (size_t i = 0; i < r->n && status == IDEM_OK; i++) {
        sqlite3_bind_int64(st, 1, r->rid[i]);
        status = sql_finish(r->s, st, err);
        r->entries += (uint64_t)sqlite3_changes(r->s->db);
    }
    sqlite3_finalize(st);
    return status;
}

enum idem_status segment_remove(struct store *s, const int64_t *rid, size_t n, segment_gone_fn *gone, void *context,
                                uint64_t *entries, struct idem_error *err)
{
    struct removal r = {.s = s, .rid = rid, .n = n, .gone = gone, .context = context};
    sqlite3_stmt *get = NULL, *drop = NULL;
    enum idem_status status;
    TRY(store_check_writing(s, err));
    s->index_state++;
    TRY_DONE(S_find(&r, err));
    TRY_DONE(sql_prepare(s, "SELECT version, body FROM t_segment WHERE id = ?1", &get, err));
    TRY_DONE(sql_prepare(s, "DELETE FROM t_segment WHERE id = ?1", &drop, err));
    TRY_DONE(S_rewrite(&r, get, drop, err));
    TRY_DONE(S_deltas(&r, err));
    *entries = r.entries;
done:
    sqlite3_finalize(get);
    sqlite3_finalize(drop);
    free(r.id);
    return status;
}

/*
 * The records of one key. A block that was opened before is used again while nothing was written to the index; after
 * that its segment is sought and compared, and opened only if it is another one.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "store/cached.h"
#include "store/segment.h"
#include "store/segment_cache.h"
#include "store/segment_code.h"
#include "store/sql.h"

/* Rids of one key, ascending. */
struct rids {
    uint32_t *rid;
    size_t n, room;
};

static void S_put(struct rids *r, size_t at, uint32_t rid)
{
    if (r->n == r->room) {
        r->room = r->room ? r->room * 2 : 16;
        r->rid = xrealloc(r->rid, r->room * sizeof *r->rid);
    }
    memmove(r->rid + at + 1, r->rid + at, (r->n - at) * sizeof *r->rid);
    r->rid[at] = rid;
    r->n++;
}

static size_t S_place(const struct rids *r, uint32_t rid)
{
    size_t from = 0, to = r->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (r->rid[middle] < rid)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static enum idem_status S_open(struct store *s, int64_t id, struct str plain, uint64_t key, struct rids *out,
                               struct idem_error *err)
{
    struct segment_reader r = {.rest = plain, .key = segment_key_of(id)};
    for (bool more = true;;) {
        if (!segment_next(&r, &more))
            return segment_damaged(s, id, err);
        if (!more || r.key > key)
            return IDEM_OK;
        if (r.key == key)
            S_put(out, out->n, (uint32_t)r.rid);
    }
}

/* Seeks the segment that holds the key; it is opened when its bytes are not those of `digest`. */
static enum idem_status S_stored(struct store *s, unsigned rule, uint64_t key, uint64_t *digest, bool *same,
                                 struct rids *out, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    uint64_t before = *digest;
    struct buf plain = {0};
    TRY(sql_get(s, SQL_SEGMENT_AT, &st, err));
    sqlite3_bind_int64(st, 1, segment_row_id(rule, key));
    sqlite3_bind_int64(st, 2, segment_row_id(rule, 0));
    TRY(sql_step(s, st, &row, err));
    *digest = 0;
    *same = !row && !before;
    if (!row)
        return IDEM_OK;
    int64_t id = sqlite3_column_int64(st, 0);
    *digest = hash_str_seed(sql_bytes(st, 2), (uint64_t)id) | 1;
    *same = *digest == before;
    enum idem_status status = IDEM_OK;
    if (!*same)
        status = store_unseal(s, "segment", id, (uint32_t)sqlite3_column_int64(st, 1), sql_bytes(st, 2), &plain, err);
    sqlite3_reset(st);
    if (status == IDEM_OK && !*same)
        status = S_open(s, id, buf_view(&plain), key, out, err);
    buf_deinit(&plain);
    return status;
}

static void S_change(struct rids *r, uint32_t rid, bool gone)
{
    size_t at = S_place(r, rid);
    bool there = at < r->n && r->rid[at] == rid;
    if (there && gone)
        memmove(r->rid + at, r->rid + at + 1, (--r->n - at) * sizeof *r->rid);
    else if (!there && !gone)
        S_put(r, at, rid);
}

/* The block with what waits in the delta table; *any: something does. */
static enum idem_status S_changes(struct store *s, unsigned rule, uint64_t key, const struct segment_block *b,
                                  struct rids *now, bool *any, struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(sql_get(s, SQL_DELTA_AT, &st, err));
    sqlite3_bind_int64(st, 1, rule);
    sqlite3_bind_int64(st, 2, (int64_t)key);
    TRY(sql_step(s, st, any, err));
    for (size_t i = 0; i < b->n && *any; i++)
        S_put(now, i, b->rid[i]);
    for (bool row = *any; row;) {
        S_change(now, (uint32_t)sqlite3_column_int64(st, 0), sqlite3_column_int(st, 1) != 0);
        TRY(sql_step(s, st, &row, err));
    }
    return IDEM_OK;
}

/* `b` is right for what is stored now. */
static enum idem_status S_refresh(struct store *s, unsigned rule, uint64_t key, struct segment_block *b,
                                  struct idem_error *err)
{
    struct rids stored = {0}, now = {0};
    bool same, any = false;
    uint64_t digest = b->digest;
    enum idem_status status = S_stored(s, rule, key, &digest, &same, &stored, err);
    if (status == IDEM_OK && !same) {
        segment_cache_set(s->segments, b, stored.rid, stored.n);
        b->digest = digest;
    }
    if (status == IDEM_OK)
        status = S_changes(s, rule, key, b, &now, &any, err);
    if (status == IDEM_OK) {
        segment_cache_set_now(s->segments, b, any ? &now.rid : NULL, now.n);
        b->state = s->index_state;
        b->cached = cached_state(s, CACHED_BLOCK, segment_row_id(rule, key));
    }
    free(stored.rid);
    free(now.rid);
    return status;
}

enum idem_status segment_block_of(struct store *s, unsigned rule, uint64_t key, const uint32_t **rid, size_t *n,
                                  struct idem_error *err)
{
    TRY(segment_check_rule(s, rule, err));
    TRY(store_check_key(s, err));
    if (!s->segments)
        s->segments = segment_cache_new();
    struct segment_block *b = segment_cache_slot(s->segments, (uint64_t)segment_row_id(rule, key));
    bool open = s->writing || s->snapshot;
    if (open && b->state && b->state != s->index_state &&
        cached_stays(s, CACHED_BLOCK, segment_row_id(rule, key), b->cached))
        b->state = s->index_state;
    if (b->state != s->index_state || !open)
        TRY(S_refresh(s, rule, key, b, err));
    *rid = b->now;
    *n = b->n_now;
    return IDEM_OK;
}

enum idem_status segment_find(struct store *s, unsigned rule, uint64_t hash, size_t most, const uint32_t **rid,
                              size_t *n, struct idem_error *err)
{
    TRY(segment_block_of(s, rule, segment_key(s, hash), rid, n, err));
    return *n <= most ? IDEM_OK
                      : error_set(err, IDEM_LIMIT, "%s: more than %zu records share one key", s->info.path, most);
}

enum idem_status segment_probe(struct store *s, unsigned rule, uint64_t hash, int64_t *rid, size_t room, size_t *n,
                               struct idem_error *err)
{
    const uint32_t *found;
    size_t n_found;
    TRY(segment_find(s, rule, hash, room - *n, &found, &n_found, err));
    for (size_t i = 0; i < n_found; i++)
        rid[(*n)++] = (int64_t)found[i];
    return IDEM_OK;
}

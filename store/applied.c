#include "store/applied.h"

#include <stdlib.h>

#include "base/parallel.h"
#include "store/cached.h"
#include "store/leaf.h"
#include "store/roll.h"

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

/* Records [from, to) of the call, and their leaves. */
struct fetched {
    struct store *s;
    struct fetched_leaf *leaf; /* [room] */
    size_t room, n, from, to;
    unsigned threads; /* that open leaves */
};

struct fetch {
    struct store *s;
    struct fetched half[2]; /* while the records of one are told, the leaves of the other are opened */
    struct arena arena;
    struct store_record *known; /* [n of the call] from the cache; rid 0: to be read. NULL: there is no cache */
};

static void S_take_known(struct fetch *f, const int64_t *rid, size_t n)
{
    uint64_t digest;
    if (!f->s->cache)
        return;
    f->known = ARENA_NEW(&f->arena, struct store_record, n + 1);
    for (size_t i = 0; i < n; i++)
        if (!cached_record(f->s, rid[i], &f->arena, &f->known[i], &digest))
            f->known[i].rid = 0;
}

static bool S_is_known(const struct fetch *f, size_t i)
{
    return f->known && f->known[i].rid;
}

static void S_open_leaf(void *context, size_t item, unsigned worker)
{
    struct fetched *f = context;
    struct fetched_leaf *leaf = &f->leaf[item];
    (void)worker;
    buf_clear(&leaf->plain);
    leaf->status =
        store_unseal(f->s, "leaf", leaf->lid, leaf->version, buf_view(&leaf->sealed), &leaf->plain, &leaf->err);
    if (leaf->status == IDEM_OK && !leaf_parse(buf_view(&leaf->plain), leaf->slot))
        leaf->status = leaf_damaged(f->s, leaf->lid, &leaf->err);
}

static void S_open_leaves(void *context)
{
    struct fetched *f = context;
    parallel_for(f->threads, f->n, S_open_leaf, f);
}

static enum idem_status S_fetch_leaf(struct fetched *f, int64_t lid, struct idem_error *err)
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

/* Leaves of rid[from ..], as many as fit; half->to is the first rid whose leaf does not. */
static enum idem_status S_fetch(struct fetch *f, struct fetched *half, const int64_t *rid, size_t from, size_t n,
                                struct idem_error *err)
{
    half->n = 0;
    half->from = from;
    for (half->to = from; half->to < n; half->to++) {
        int64_t lid = leaf_of(rid[half->to]);
        if (S_is_known(f, half->to) || (half->n && half->leaf[half->n - 1].lid == lid))
            continue;
        if (half->n == half->room)
            break;
        TRY(S_fetch_leaf(half, lid, err));
    }
    return IDEM_OK;
}

/* The record's row, without its id. */
static enum idem_status S_row(struct store *s, int64_t rid, struct store_record *record, bool *row,
                              struct idem_error *err)
{
    sqlite3_stmt *st;
    if (s->roll) {
        uint32_t at = store_roll_of_rid(s->roll, rid);
        *row = at != ROLL_NONE;
        if (*row)
            *record = store_roll_record(s->roll, at);
        return IDEM_OK;
    }
    TRY(sql_get(s, SQL_RECORD_GET, &st, err));
    sqlite3_bind_int64(st, 1, rid);
    TRY(sql_step(s, st, row, err));
    if (!*row)
        return IDEM_OK;
    record_take(st, record);
    sqlite3_reset(st);
    return IDEM_OK;
}

static enum idem_status S_tell(struct fetch *f, const struct fetched *half, const int64_t *rid, store_record_fn *each,
                               void *context, struct idem_error *err)
{
    struct fetched_leaf *leaf = half->leaf;
    for (size_t i = half->from; i < half->to; i++) {
        struct store_record record;
        bool row;
        if (S_is_known(f, i)) {
            TRY(each(context, i, &f->known[i], err));
            continue;
        }
        while (leaf->lid != leaf_of(rid[i]))
            leaf++;
        if (leaf->status != IDEM_OK)
            return error_set(err, leaf->status, "%s", leaf->err.message);
        const struct leaf_slot *slot = &leaf->slot[leaf_slot_of(rid[i])];
        TRY(S_row(f->s, rid[i], &record, &row, err));
        if (!row || !slot->used)
            return leaf_damaged(f->s, leaf->lid, err);
        record.record_id = slot->record_id;
        record.packed = slot->packed;
        if (f->s->cache && !f->s->roll)
            cached_put_record(f->s, &record, leaf_digest(buf_view(&leaf->sealed), leaf->version));
        TRY(each(context, i, &record, err));
    }
    return IDEM_OK;
}

static void S_half_init(struct fetched *half, struct store *s, size_t n, unsigned threads)
{
    *half = (struct fetched){.s = s, .room = n < AHEAD ? n + 1 : AHEAD, .threads = threads};
    half->leaf = xcalloc(half->room, sizeof *half->leaf);
}

static void S_half_deinit(struct fetched *half)
{
    for (size_t i = 0; i < half->room; i++) {
        buf_deinit(&half->leaf[i].sealed);
        buf_deinit(&half->leaf[i].plain);
    }
    free(half->leaf);
}

/* Few records are opened by who asks for them. */
static enum idem_status S_each(struct fetch *f, const int64_t *rid, size_t n, unsigned threads, store_record_fn *each,
                               void *context, struct idem_error *err)
{
    struct fetched *now = &f->half[0], *next = &f->half[1];
    bool beside = threads > 1 && n > AHEAD;
    TRY(S_fetch(f, now, rid, 0, n, err));
    parallel_for(threads, now->n, S_open_leaf, now);
    while (now->from < n) {
        enum idem_status fetched = S_fetch(f, next, rid, now->to, n, err), told;
        struct parallel_task *task = fetched == IDEM_OK && beside ? parallel_start(S_open_leaves, next) : NULL;
        if (fetched == IDEM_OK && !task)
            S_open_leaves(next);
        told = fetched == IDEM_OK ? S_tell(f, now, rid, each, context, err) : fetched;
        parallel_join(task);
        TRY(told);
        struct fetched *done = now;
        now = next;
        next = done;
    }
    return IDEM_OK;
}

enum idem_status store_each_record(struct store *s, const int64_t *rid, size_t n, unsigned threads,
                                   store_record_fn *each, void *context, struct idem_error *err)
{
    struct fetch f = {.s = s};
    for (unsigned i = 0; i < 2; i++)
        S_half_init(&f.half[i], s, n, threads > 2 ? threads - 1 : 1);
    enum idem_status status = store_check_key(s, err);
    if (status == IDEM_OK) {
        S_take_known(&f, rid, n);
        status = S_each(&f, rid, n, threads ? threads : 1, each, context, err);
    }
    for (unsigned i = 0; i < 2; i++)
        S_half_deinit(&f.half[i]);
    arena_deinit(&f.arena);
    return status;
}

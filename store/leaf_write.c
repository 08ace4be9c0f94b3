/*
 * Writing values. Leaves that are new are packed and sealed in parallel, some hundred at a time, and fed to one INSERT;
 * leaves that are there already are read, changed in parallel and replaced under the next version, their old values
 * kept in the history.
 */
#include <stdlib.h>

#include "base/parallel.h"
#include "store/cached.h"
#include "store/leaf.h"

enum { CHUNK_LEAVES = 512, CHUNK_CHANGED = 128 };

/* One leaf on its way: records [from, to) of the call. */
struct new_leaf {
    int64_t lid;
    size_t from, to;
    struct buf plain, packed, sealed;
};

struct leaf_job {
    struct store *s;
    const struct store_record *record;
    store_pack_fn *pack;
    void *context;
    struct new_leaf *leaf;
};

static void S_make(void *context, size_t item, unsigned worker)
{
    (void)worker;
    struct leaf_job *job = context;
    struct new_leaf *leaf = &job->leaf[item];
    buf_clear(&leaf->plain);
    buf_clear(&leaf->sealed);
    leaf_start(&leaf->plain);
    size_t at = leaf->from;
    for (unsigned slot = 0; slot < LEAF_SLOTS; slot++) {
        if (at == leaf->to || leaf_slot_of(job->record[at].rid) != slot) {
            leaf_empty_slot(&leaf->plain);
            continue;
        }
        buf_clear(&leaf->packed);
        job->pack(job->context, at, &leaf->packed);
        leaf_add_slot(&leaf->plain, job->record[at].record_id, buf_view(&leaf->packed));
        at++;
    }
    struct seal_place place = store_place(job->s, "leaf", leaf->lid, 1);
    seal_container(job->s->keys, &place, buf_view(&leaf->plain), &leaf->sealed);
}

static void S_column(sqlite3_context *out, const void *base, size_t row, int column)
{
    const struct new_leaf *leaf = (const struct new_leaf *)base + row;
    switch (column) {
    case 0:
        sqlite3_result_int64(out, leaf->lid);
        break;
    case 1:
        sqlite3_result_int(out, 1);
        break;
    case 2:
        sqlite3_result_blob64(out, leaf->sealed.ptr, leaf->sealed.len, SQLITE_STATIC);
        break;
    }
}

static enum idem_status S_write_new(struct leaf_job *job, size_t n, unsigned threads, struct idem_error *err)
{
    parallel_for(threads, n, S_make, job);
    if (n)
        job->s->last_leaf = job->leaf[n - 1].lid;
    return sql_rows(job->s, SQL_LEAF_ADD, job->leaf, n, S_column, err);
}

static enum idem_status S_keep_old(struct store *s, int64_t rid, struct str packed, int64_t seq, struct idem_error *err)
{
    struct buf sealed = {0};
    sqlite3_stmt *st;
    struct seal_place place = store_place(s, "record_history", rid, (uint32_t)seq);
    seal_container(s->keys, &place, packed, &sealed);
    enum idem_status status = sql_get(s, SQL_VALUES_HISTORY, &st, err);
    if (status == IDEM_OK) {
        sqlite3_bind_int64(st, 1, rid);
        sqlite3_bind_int64(st, 2, seq);
        sql_bind_blob(st, 3, buf_view(&sealed));
        status = sql_finish(s, st, err);
    }
    buf_deinit(&sealed);
    return status;
}

/* A leaf that is there already. */
struct changed_leaf {
    int64_t lid;
    size_t from, to;
    uint32_t version; /* 0: there is none */
    struct buf stored, old, plain, packed, sealed;
    struct leaf_slot slot[LEAF_SLOTS]; /* views into `old` */
    bool replaced[LEAF_SLOTS];         /* by other values */
    enum idem_status status;
    struct idem_error err;
};

struct changed_job {
    struct leaf_job *job;
    struct changed_leaf *leaf; /* [room] */
    size_t n, room;
};

static enum idem_status S_fetch_stored(struct store *s, struct changed_leaf *leaf, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    leaf->version = 0;
    buf_clear(&leaf->stored);
    TRY(sql_get(s, SQL_LEAF_GET, &st, err));
    sqlite3_bind_int64(st, 1, leaf->lid);
    TRY(sql_step(s, st, &row, err));
    if (!row)
        return IDEM_OK;
    leaf->version = (uint32_t)sqlite3_column_int64(st, 0);
    buf_str(&leaf->stored, sql_bytes(st, 1));
    sqlite3_reset(st);
    return IDEM_OK;
}

static enum idem_status S_open_stored(const struct leaf_job *job, struct changed_leaf *leaf)
{
    memset(leaf->slot, 0, sizeof leaf->slot);
    buf_clear(&leaf->old);
    if (!leaf->version)
        return IDEM_OK;
    TRY(store_unseal(job->s, "leaf", leaf->lid, leaf->version, buf_view(&leaf->stored), &leaf->old, &leaf->err));
    return leaf_parse(buf_view(&leaf->old), leaf->slot) ? IDEM_OK : leaf_damaged(job->s, leaf->lid, &leaf->err);
}

static void S_change(void *context, size_t item, unsigned worker)
{
    struct changed_job *c = context;
    const struct leaf_job *job = c->job;
    struct changed_leaf *leaf = &c->leaf[item];
    (void)worker;
    leaf->status = S_open_stored(job, leaf);
    if (leaf->status != IDEM_OK)
        return;
    buf_clear(&leaf->plain);
    buf_clear(&leaf->sealed);
    leaf_start(&leaf->plain);
    size_t at = leaf->from;
    for (unsigned slot = 0; slot < LEAF_SLOTS; slot++) {
        const struct leaf_slot *old = &leaf->slot[slot];
        leaf->replaced[slot] = false;
        if (at == leaf->to || leaf_slot_of(job->record[at].rid) != slot) {
            if (old->used)
                leaf_add_slot(&leaf->plain, old->record_id, old->packed);
            else
                leaf_empty_slot(&leaf->plain);
            continue;
        }
        buf_clear(&leaf->packed);
        job->pack(job->context, at, &leaf->packed);
        leaf->replaced[slot] = old->used && !str_eq(old->packed, buf_view(&leaf->packed));
        leaf_add_slot(&leaf->plain, job->record[at].record_id, buf_view(&leaf->packed));
        at++;
    }
    struct seal_place place = store_place(job->s, "leaf", leaf->lid, leaf->version + 1);
    seal_container(job->s->keys, &place, buf_view(&leaf->plain), &leaf->sealed);
}

static enum idem_status S_replace(struct store *s, const struct changed_leaf *leaf, int64_t seq, struct idem_error *err)
{
    sqlite3_stmt *st;
    if (leaf->status != IDEM_OK)
        return error_set(err, leaf->status, "%s", leaf->err.message);
    for (unsigned slot = 0; slot < LEAF_SLOTS && !s->build; slot++)
        if (leaf->replaced[slot])
            TRY(S_keep_old(s, (leaf->lid << LEAF_SHIFT) + slot, leaf->slot[slot].packed, seq, err));
    TRY(sql_get(s, SQL_LEAF_REPLACE, &st, err));
    sqlite3_bind_int64(st, 1, leaf->lid);
    sqlite3_bind_int64(st, 2, leaf->version + 1);
    sql_bind_blob(st, 3, buf_view(&leaf->sealed));
    return sql_finish(s, st, err);
}

static enum idem_status S_write_changed(struct changed_job *c, int64_t seq, unsigned threads, struct idem_error *err)
{
    for (size_t i = 0; i < c->n; i++)
        TRY(S_fetch_stored(c->job->s, &c->leaf[i], err));
    parallel_for(threads, c->n, S_change, c);
    for (size_t i = 0; i < c->n; i++)
        TRY(S_replace(c->job->s, &c->leaf[i], seq, err));
    c->n = 0;
    return IDEM_OK;
}

static size_t S_end_of_leaf(const struct store_record *record, size_t from, size_t n)
{
    size_t to = from + 1;
    while (to < n && leaf_of(record[to].rid) == leaf_of(record[from].rid))
        to++;
    return to;
}

static enum idem_status S_write_all(struct leaf_job *job, size_t n, int64_t seq, unsigned threads,
                                    struct changed_job *changed, struct idem_error *err)
{
    size_t waiting = 0;
    for (size_t from = 0, to; from < n; from = to) {
        int64_t lid = leaf_of(job->record[from].rid);
        to = S_end_of_leaf(job->record, from, n);
        if (lid <= job->s->last_leaf) {
            struct changed_leaf *leaf = &changed->leaf[changed->n++];
            leaf->lid = lid;
            leaf->from = from;
            leaf->to = to;
            if (changed->n == changed->room)
                TRY(S_write_changed(changed, seq, threads, err));
            continue;
        }
        struct new_leaf *leaf = &job->leaf[waiting++];
        leaf->lid = lid;
        leaf->from = from;
        leaf->to = to;
        if (waiting == CHUNK_LEAVES || to == n) {
            TRY(S_write_new(job, waiting, threads, err));
            waiting = 0;
        }
    }
    return S_write_changed(changed, seq, threads, err);
}

static void S_changed_deinit(struct changed_job *c)
{
    for (size_t i = 0; i < c->room; i++) {
        buf_deinit(&c->leaf[i].stored);
        buf_deinit(&c->leaf[i].old);
        buf_deinit(&c->leaf[i].plain);
        buf_deinit(&c->leaf[i].packed);
        buf_deinit(&c->leaf[i].sealed);
    }
    free(c->leaf);
}

static bool S_ascending(const struct store_record *record, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (record[i].rid < 1 || (i && record[i].rid <= record[i - 1].rid))
            return false;
    return true;
}

enum idem_status store_put_leaves(struct store *s, const struct store_record *record, size_t n, store_pack_fn *pack,
                                  void *context, int64_t seq, unsigned threads, struct idem_error *err)
{
    TRY(store_check_writing(s, err));
    if (!S_ascending(record, n))
        return error_set(err, IDEM_INVALID, "%s: records are not in ascending order", s->info.path);
    for (size_t i = 0; i < n; i++)
        cached_touch(s, CACHED_RECORD, record[i].rid);
    struct leaf_job job = {s, record, pack, context, xcalloc(CHUNK_LEAVES, sizeof *job.leaf)};
    struct changed_job changed = {.job = &job, .room = n < CHUNK_CHANGED ? n + 1 : CHUNK_CHANGED};
    changed.leaf = xcalloc(changed.room, sizeof *changed.leaf);
    enum idem_status status = S_write_all(&job, n, seq, threads ? threads : 1, &changed, err);
    for (size_t i = 0; i < CHUNK_LEAVES; i++) {
        buf_deinit(&job.leaf[i].plain);
        buf_deinit(&job.leaf[i].packed);
        buf_deinit(&job.leaf[i].sealed);
    }
    free(job.leaf);
    S_changed_deinit(&changed);
    return status;
}

/*
 * Transactions. A later run is one BEGIN IMMEDIATE .. COMMIT in the write-ahead log, synced at commit, followed by a
 * checkpoint when the log has grown (of a shared store when its owner says so: store_rest). A first build is one
 * transaction without a journal: what fails is thrown away whole.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "store/bulk.h"
#include "store/cached.h"
#include "store/master_cache.h"
#include "store/segment_cache.h"
#include "store/turn.h"

enum {
    CHECKPOINT_BYTES = 8 << 20,
    LONG_LOG = 256 << 20,
    PATIENCE_MS = 2000 /* of who has the turn, for what others had begun */
};

static const struct counter {
    const char *key;
    size_t offset;
} COUNTERS[] = {
    {"change_seq", offsetof(struct counters, change_seq)}, {"next_rid", offsetof(struct counters, next_rid)},
    {"next_mid", offsetof(struct counters, next_mid)},     {"next_run", offsetof(struct counters, next_run)},
    {"last_id_ms", offsetof(struct counters, last_id_ms)}, {"first_rids", offsetof(struct counters, first_rids)},
    {"first_mids", offsetof(struct counters, first_mids)},
};

enum idem_status counters_load(struct store *s, struct idem_error *err)
{
    for (size_t i = 0; i < COUNT_OF(COUNTERS); i++)
        TRY(meta_get_number(s, COUNTERS[i].key, (int64_t *)((char *)&s->counters + COUNTERS[i].offset), err));
    return IDEM_OK;
}

enum idem_status counters_save(struct store *s, struct idem_error *err)
{
    for (size_t i = 0; i < COUNT_OF(COUNTERS); i++)
        TRY(meta_put_number(s, COUNTERS[i].key, *(int64_t *)((char *)&s->counters + COUNTERS[i].offset), err));
    return IDEM_OK;
}

static enum idem_status S_do(struct store *s, enum statement which, struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(sql_get(s, which, &st, err));
    return sql_finish(s, st, err);
}

/* What was kept of the state before is to be looked at again when somebody has changed something. */
static void S_note_state(struct store *s)
{
    segment_cache_trim(s->segments);
    cached_begin(s);
    if (s->state && s->counters.change_seq == s->state_seq)
        return;
    s->state++;
    s->index_state++;
    s->state_seq = s->counters.change_seq;
}

uint64_t store_state(const struct store *s)
{
    return s->state;
}

void store_set_wait(struct store *s, unsigned wait_ms)
{
    s->wait_ms = wait_ms < INT32_MAX ? wait_ms : INT32_MAX;
    sqlite3_busy_timeout(s->db, (int)s->wait_ms);
}

/* Others let him go ahead who has the turn, also when he asked for it between their look and the lock. */
static enum idem_status S_begin_immediate(struct store *s, struct idem_error *err)
{
    double until = clock_seconds() + s->wait_ms / 1e3;
    if (s->has_turn) {
        if (s->wait_ms < PATIENCE_MS)
            sqlite3_busy_timeout(s->db, PATIENCE_MS);
        enum idem_status status = S_do(s, SQL_BEGIN_WRITING, err);
        sqlite3_busy_timeout(s->db, (int)s->wait_ms);
        return status;
    }
    for (;;) {
        TRY(turn_await(s, until, err));
        TRY(S_do(s, SQL_BEGIN_WRITING, err));
        if (!turn_is_taken(s))
            return IDEM_OK;
        TRY(sql_run(s, "ROLLBACK", err));
    }
}

enum idem_status store_expect_many(struct store *s, bool many, struct idem_error *err)
{
    return sql_run(s, many ? "PRAGMA cache_size = -196000" : "PRAGMA cache_size = -48000", err);
}

enum idem_status store_limit_cache(struct store *s, uint64_t bytes, struct idem_error *err)
{
    char query[64];
    snprintf(query, sizeof query, "PRAGMA cache_size = -%llu", bytes ? (unsigned long long)bytes / 1024 : 48000ULL);
    return sql_run(s, query, err);
}

enum idem_status store_begin(struct store *s, struct idem_error *err)
{
    if (!s->writable || s->writing || s->snapshot)
        return error_set(err, IDEM_INVALID, "%s: %s", s->info.path,
                         !s->writable ? "opened for reading only"
                         : s->writing ? "a write transaction is open already"
                                      : "a snapshot is open: end it first");
    TRY(S_begin_immediate(s, err));
    s->begun = clock_seconds();
    s->writing = true;
    enum idem_status status = counters_load(s, err);
    s->begin_seq = s->counters.change_seq;
    s->file_version = 0;
    S_note_state(s);
    if (status == IDEM_OK)
        status = keys_refresh(s, err);
    if (status == IDEM_OK)
        status = sql_number(s, "SELECT coalesce(max(lid), -1) FROM t_leaf", &s->last_leaf, err);
    if (status != IDEM_OK)
        store_rollback(s);
    return status;
}

void store_rollback(struct store *s)
{
    if (!s->writing)
        return;
    s->writing = false;
    s->fields_loaded = false;
    s->state_seq = -1;
    s->keys_version = -1; /* what was not written is not to be used: taken anew by the next transaction */
    sources_forget(s);
    if (!s->build && !sqlite3_get_autocommit(s->db))
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    if (!s->build)
        counters_load(s, NULL);
}

/*
 * Pages of the log are moved to the file, while others write; then the log is emptied if nobody reads from it. Where
 * somebody does, this comes again when the log has grown by as much: each time costs two syncs.
 */
bool store_rest(struct store *s)
{
    struct arena scratch = {0};
    char *wal = str_cstr(&scratch, arena_printf(&scratch, "%s-wal", s->info.path));
    int64_t size = (int64_t)file_size(wal);
    if (size < s->log_seen)
        s->log_seen = 0;
    if (size >= s->log_seen + CHECKPOINT_BYTES) {
        sqlite3_busy_timeout(s->db, 0);
        sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
        bool emptied = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) == SQLITE_OK;
        s->log_seen = emptied ? 0 : size;
        sqlite3_busy_timeout(s->db, (int)s->wait_ms);
    }
    arena_deinit(&scratch);
    return s->log_seen >= LONG_LOG;
}

/*
 * A snapshot that is taken when nothing is in the log that is not in the file does not read from the log, and does not
 * hinder that it begins anew.
 */
bool store_empty_log(struct store *s, void (*renew)(void *context), void *context)
{
    int frames = 0, moved = -1;
    if (s->writing || s->build)
        return false;
    sqlite3_busy_timeout(s->db, 0);
    renew(context);
    bool all = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, &moved) == SQLITE_OK &&
               frames == moved;
    if (all)
        renew(context);
    all = all && sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) == SQLITE_OK;
    sqlite3_busy_timeout(s->db, (int)s->wait_ms);
    return all;
}

/* Closing the last connection folds the log into the file and removes it: what is published is one file. */
static enum idem_status S_finish_build(struct store *s, struct idem_error *err)
{
    struct counters *c = &s->counters;
    if (!c->next_mid)
        c->next_mid = c->next_rid;
    c->first_rids = c->next_rid - 1;
    c->first_mids = c->next_mid - 1;
    if (c->change_seq < c->first_mids)
        c->change_seq = c->first_mids;
    uint32_t root[BULK_TREES];
    TRY(counters_save(s, err));
    TRY(bulk_roots(s, root, err));
    TRY(sql_run(s, "COMMIT", err));
    sql_forget(s);
    TRY(sql_run(s, "PRAGMA journal_mode = WAL", err));
    int code = sqlite3_close(s->db);
    s->db = NULL;
    if (code != SQLITE_OK)
        return error_set(err, IDEM_IO, "%s: closing failed (%s)", s->info.path, sqlite3_errstr(code));
    TRY(bulk_write(s->bulk, build_file(s->build), s->info.path, root, err));
    TRY(build_publish(s->build, err));
    build_end(s->build);
    s->build = NULL;
    bulk_free(s->bulk);
    s->bulk = NULL;
    enum idem_status status = database_reopen(s, err);
    if (status != IDEM_OK)
        error_prefix(err, "the database was made, but not opened again: ");
    return status;
}

double store_held_seconds(const struct store *s)
{
    return s->held;
}

enum idem_status store_commit(struct store *s, struct idem_error *err)
{
    TRY(store_check_writing(s, err));
    if (s->build) {
        enum idem_status status = S_finish_build(s, err);
        s->writing = false;
        if (status != IDEM_OK) {
            build_end(s->build);
            s->build = NULL;
        }
        return status;
    }
    enum idem_status status = counters_save(s, err);
    if (status == IDEM_OK) {
        cached_commit(s);
        status = S_do(s, SQL_COMMIT, err);
    }
    if (status != IDEM_OK) {
        cached_undo(s);
        store_rollback(s);
        return status;
    }
    s->held = clock_seconds() - s->begun;
    s->writing = false;
    s->state_seq = s->counters.change_seq; /* what this transaction has changed was noted when it did */
    if (!s->shared)
        store_rest(s);
    return IDEM_OK;
}

/* The first read fixes what is seen. The same file as in the snapshot before has the same counters and keys. */
static enum idem_status S_read_snapshot(struct store *s, struct idem_error *err)
{
    uint32_t version = 0;
    TRY(meta_get_number(s, "change_seq", &s->counters.change_seq, err));
    if (sqlite3_file_control(s->db, "main", SQLITE_FCNTL_DATA_VERSION, &version) != SQLITE_OK)
        version = 0;
    if (!version || version != s->file_version) {
        TRY(counters_load(s, err));
        TRY(keys_refresh(s, err));
    }
    s->file_version = version;
    S_note_state(s);
    return IDEM_OK;
}

enum idem_status store_snapshot_begin(struct store *s, struct idem_error *err)
{
    if (s->writing || s->snapshot)
        return error_set(err, IDEM_INVALID, "%s: a transaction is open already", s->info.path);
    TRY(S_do(s, SQL_BEGIN, err));
    s->snapshot = true;
    enum idem_status status = S_read_snapshot(s, err);
    if (status != IDEM_OK) {
        s->file_version = 0;
        store_snapshot_end(s);
    }
    return status;
}

void store_snapshot_end(struct store *s)
{
    if (s->snapshot)
        S_do(s, SQL_COMMIT, NULL);
    s->snapshot = false;
    s->roll = NULL;
    master_cache_free(s->master_cache);
    s->master_cache = NULL;
    s->snapshot_lookups = 0;
}

enum idem_status store_change_seq(struct store *s, int64_t *seq, struct idem_error *err)
{
    if (s->writing || s->snapshot) {
        *seq = s->counters.change_seq;
        return IDEM_OK;
    }
    return meta_get_number(s, "change_seq", seq, err);
}

static int64_t S_take(int64_t *next, uint64_t n)
{
    int64_t first = *next;
    *next += (int64_t)n;
    return first;
}

int64_t store_take_rids(struct store *s, uint64_t n)
{
    return S_take(&s->counters.next_rid, n);
}

int64_t store_take_mids(struct store *s, uint64_t n)
{
    if (s->build && !s->counters.next_mid)
        s->counters.next_mid = s->counters.next_rid;
    return S_take(&s->counters.next_mid, n);
}

int64_t store_take_seqs(struct store *s, uint64_t n)
{
    int64_t next = s->counters.change_seq + 1, first = S_take(&next, n);
    s->state++;
    s->counters.change_seq = next - 1;
    return first;
}

int64_t store_last_id_ms(struct store *s)
{
    return s->counters.last_id_ms;
}

void store_set_last_id_ms(struct store *s, int64_t ms)
{
    s->counters.last_id_ms = ms;
}

int64_t store_next_run(struct store *s)
{
    return s->counters.next_run;
}

int64_t store_next_rid(const struct store *s)
{
    return s->counters.next_rid;
}

enum idem_status store_set_normaliser(struct store *s, struct str version, struct idem_error *err)
{
    TRY(store_check_writing(s, err));
    s->info.normaliser = str_copy(&s->arena, version);
    return meta_put_text(s, "normaliser", version, err);
}

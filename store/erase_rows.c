/*
 * Taking records and masters out. secure_delete is on for every writer, so that SQLite overwrites what it deletes;
 * containers and tokens are remembered (erase_trace.h) before they go, so that the scrub can search for them.
 */
#include "store/leaf.h"
#include "store/removal.h"
#include "store/segment.h"

void erase_begin(struct erase *e, struct store *s)
{
    *e = (struct erase){.store = s};
}

void erase_end(struct erase *e)
{
    trace_deinit(&e->trace);
}

/* In a clear database containers hold the values of others too, in the same bytes: the file is written anew instead. */
static void S_gone(void *context, struct str body)
{
    struct erase *e = context;
    if (e->store->info.sealed)
        trace_add(&e->trace, body);
}

/* ------------------------------------------------------------------ rows by number */

/* `read`: the containers that go, NULL none. Both are bound to one number. */
struct removal {
    const char *read, *remove;
    size_t counter; /* in struct erase_counts */
};
#define COUNTER(name) offsetof(struct erase_counts, name)

static enum idem_status S_watch(struct erase *e, const char *query, int64_t number, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    TRY(sql_prepare(e->store, query, &st, err));
    sqlite3_bind_int64(st, 1, number);
    enum idem_status status = sql_step(e->store, st, &row, err);
    while (status == IDEM_OK && row) {
        if (sqlite3_column_type(st, 0) == SQLITE_BLOB)
            S_gone(e, sql_bytes(st, 0));
        status = sql_step(e->store, st, &row, err);
    }
    sqlite3_finalize(st);
    return status;
}

static enum idem_status S_run(struct erase *e, const char *query, int64_t number, int64_t *changed,
                              struct idem_error *err)
{
    sqlite3_stmt *st;
    *changed = 0;
    TRY(sql_prepare(e->store, query, &st, err));
    sqlite3_bind_int64(st, 1, number);
    enum idem_status status = sql_finish(e->store, st, err);
    if (status == IDEM_OK)
        *changed = sqlite3_changes(e->store->db);
    sqlite3_finalize(st);
    return status;
}

static enum idem_status S_remove(struct erase *e, const struct removal *list, size_t n, int64_t number,
                                 struct idem_error *err)
{
    TRY(store_check_writing(e->store, err));
    for (size_t i = 0; i < n; i++) {
        int64_t changed;
        if (list[i].read)
            TRY(S_watch(e, list[i].read, number, err));
        TRY(S_run(e, list[i].remove, number, &changed, err));
        *(uint64_t *)((char *)&e->counts + list[i].counter) += (uint64_t)changed;
    }
    return IDEM_OK;
}

/* ------------------------------------------------------------------ what people said */

static const struct removal STEWARD[] = {
    {"SELECT note FROM t_decision WHERE rid_a = ?1 OR rid_b = ?1",
     "DELETE FROM t_decision WHERE rid_a = ?1 OR rid_b = ?1", COUNTER(decisions)},
    {"SELECT body FROM t_pin WHERE rid = ?1", "DELETE FROM t_pin WHERE rid = ?1", COUNTER(pins)},
    {NULL, "DELETE FROM t_review WHERE rid_a = ?1 OR rid_b = ?1", COUNTER(reviews)},
};

enum idem_status erase_steward(struct erase *e, const int64_t *rid, size_t n, struct idem_error *err)
{
    for (size_t i = 0; i < n; i++)
        TRY(S_remove(e, STEWARD, COUNT_OF(STEWARD), rid[i], err));
    return IDEM_OK;
}

enum idem_status erase_watch_component(struct erase *e, int64_t component, struct idem_error *err)
{
    return S_watch(e, "SELECT body FROM t_component WHERE id = ?1 >> 6", component, err);
}

enum idem_status erase_watch_payload(struct erase *e, int64_t n, struct idem_error *err)
{
    return S_watch(e, "SELECT body FROM t_audit_payload WHERE n = ?1", n, err);
}

/* ------------------------------------------------------------------ values */

/* A leaf without these records; `left`: how many it still holds. */
static enum idem_status S_left(struct erase *e, int64_t lid, const int64_t *rid, size_t n, struct buf *plain,
                               unsigned *left, uint32_t *version, struct idem_error *err)
{
    struct leaf_slot slot[LEAF_SLOTS];
    struct buf old = {0};
    *left = 0;
    enum idem_status status = leaf_read(e->store, lid, &old, slot, version, err);
    for (size_t i = 0; i < n; i++)
        slot[leaf_slot_of(rid[i])].used = false;
    leaf_start(plain);
    for (unsigned k = 0; k < LEAF_SLOTS && status == IDEM_OK; k++) {
        if (slot[k].used)
            leaf_add_slot(plain, slot[k].record_id, slot[k].packed);
        else
            leaf_empty_slot(plain);
        *left += slot[k].used;
    }
    buf_deinit(&old);
    return status;
}

static enum idem_status S_put_leaf(struct erase *e, int64_t lid, uint32_t version, struct str plain,
                                   struct idem_error *err)
{
    struct buf sealed = {0};
    sqlite3_stmt *st;
    struct seal_place place = store_place(e->store, "leaf", lid, version);
    seal_container(e->store->keys, &place, plain, &sealed);
    enum idem_status status = sql_get(e->store, SQL_LEAF_REPLACE, &st, err);
    if (status == IDEM_OK) {
        sqlite3_bind_int64(st, 1, lid);
        sqlite3_bind_int64(st, 2, version);
        sql_bind_blob(st, 3, buf_view(&sealed));
        status = sql_finish(e->store, st, err);
    }
    buf_deinit(&sealed);
    return status;
}

static enum idem_status S_leaf(struct erase *e, const int64_t *rid, size_t n, struct idem_error *err)
{
    struct buf plain = {0};
    unsigned left;
    uint32_t version;
    int64_t lid = leaf_of(rid[0]), changed;
    TRY(S_watch(e, "SELECT body FROM t_leaf WHERE lid = ?1", lid, err));
    enum idem_status status = S_left(e, lid, rid, n, &plain, &left, &version, err);
    if (status == IDEM_OK && left)
        status = S_put_leaf(e, lid, version + 1, buf_view(&plain), err);
    else if (status == IDEM_OK)
        status = S_run(e, "DELETE FROM t_leaf WHERE lid = ?1", lid, &changed, err);
    buf_deinit(&plain);
    e->counts.leaves++;
    return status;
}

static enum idem_status S_leaves(struct erase *e, const int64_t *rid, size_t n, struct idem_error *err)
{
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && leaf_of(rid[to]) == leaf_of(rid[from]);)
            to++;
        TRY(S_leaf(e, rid + from, to - from, err));
    }
    return IDEM_OK;
}

/* ------------------------------------------------------------------ records */

/* A record id that looks personal is a token, and a BLOB then. */
static const struct removal RECORD[] = {
    {"SELECT body FROM t_record_history WHERE rid = ?1", "DELETE FROM t_record_history WHERE rid = ?1",
     COUNTER(versions)},
    {NULL, "DELETE FROM t_membership WHERE rid = ?1", COUNTER(memberships)},
    {NULL, "DELETE FROM t_event WHERE rid = ?1", COUNTER(events)},
    {NULL, "DELETE FROM t_alias WHERE rid = ?1", COUNTER(aliases)},
    {"SELECT record_id FROM t_record WHERE rid = ?1", "DELETE FROM t_record WHERE rid = ?1", COUNTER(records)},
};

/* A row that was set aside is no record yet and carries no number: it goes when it names the record's id. */
static enum idem_status S_rejects(struct erase *e, int64_t rid, struct idem_error *err)
{
    struct buf raw = {0};
    struct arena scratch = {0};
    struct store_record record;
    sqlite3_stmt *st = NULL;
    bool row = false;
    enum idem_status status = store_get_record(e->store, rid, true, &scratch, &record, err);
    if (status == IDEM_OK)
        status =
            sql_prepare(e->store, "SELECT id, run, raw FROM t_reject WHERE source = ?1 AND raw IS NOT NULL", &st, err);
    if (status == IDEM_OK) {
        sqlite3_bind_int64(st, 1, record.source);
        status = sql_step(e->store, st, &row, err);
    }
    while (status == IDEM_OK && row) {
        int64_t id = sqlite3_column_int64(st, 0), changed = 0;
        buf_clear(&raw);
        status =
            store_unseal(e->store, "reject", id, (uint32_t)sqlite3_column_int64(st, 1), sql_bytes(st, 2), &raw, err);
        if (status == IDEM_OK && str_find(buf_view(&raw), record.record_id) != SIZE_MAX) {
            S_gone(e, sql_bytes(st, 2));
            status = S_run(e, "UPDATE t_reject SET raw = NULL WHERE id = ?1", id, &changed, err);
        }
        e->counts.rejects += (uint64_t)changed;
        if (status == IDEM_OK)
            status = sql_step(e->store, st, &row, err);
    }
    sqlite3_finalize(st);
    buf_deinit(&raw);
    arena_deinit(&scratch);
    return status;
}

/* Replies that a service keeps to answer a repeated request may hold anything: all go. */
static enum idem_status S_replies(struct erase *e, struct idem_error *err)
{
    TRY(sql_run(e->store, "DELETE FROM t_request", err));
    e->counts.replies += (uint64_t)sqlite3_changes(e->store->db);
    return IDEM_OK;
}

enum idem_status erase_records(struct erase *e, const int64_t *rid, size_t n, struct idem_error *err)
{
    uint64_t entries = 0;
    if (!n)
        return IDEM_OK;
    for (size_t i = 0; i < n; i++)
        TRY(S_rejects(e, rid[i], err));
    TRY(S_leaves(e, rid, n, err));
    for (size_t i = 0; i < n; i++)
        TRY(S_remove(e, RECORD, COUNT_OF(RECORD), rid[i], err));
    TRY(segment_remove(e->store, rid, n, S_gone, e, &entries, err));
    e->counts.entries += entries;
    return S_replies(e, err);
}

/* ------------------------------------------------------------------ masters */

static const struct removal MASTER[] = {
    {NULL, "DELETE FROM t_master_history WHERE mid = ?1", COUNTER(states)},
    {NULL, "DELETE FROM t_golden WHERE mid = ?1", COUNTER(states)},
    {"SELECT body FROM t_pin WHERE mid = ?1", "DELETE FROM t_pin WHERE mid = ?1", COUNTER(pins)},
    {NULL, "DELETE FROM t_alias WHERE mid = ?1", COUNTER(aliases)},
    {NULL, "DELETE FROM t_event WHERE mid = ?1", COUNTER(events)},
};

enum idem_status erase_master(struct erase *e, int64_t mid, int64_t seq, struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(S_remove(e, MASTER, COUNT_OF(MASTER), mid, err));
    TRY(sql_prepare(e->store,
                    "UPDATE t_master SET status = 3, target = NULL, n = 0, seq = ?2, component = NULL, prov = NULL"
                    " WHERE mid = ?1",
                    &st, err));
    sqlite3_bind_int64(st, 1, mid);
    sqlite3_bind_int64(st, 2, seq);
    enum idem_status status = sql_finish(e->store, st, err);
    sqlite3_finalize(st);
    e->counts.masters++;
    return status;
}

enum idem_status erase_provenance(struct erase *e, int64_t mid, struct idem_error *err)
{
    int64_t changed;
    return S_run(e, "UPDATE t_master_history SET prov = NULL WHERE mid = ?1", mid, &changed, err);
}

enum idem_status erase_golden(struct erase *e, int64_t mid, struct idem_error *err)
{
    int64_t changed;
    return S_run(e, "DELETE FROM t_golden WHERE mid = ?1", mid, &changed, err);
}

enum idem_status erase_model(struct erase *e, int64_t id, struct str body, struct idem_error *err)
{
    TRY(store_check_writing(e->store, err));
    TRY(S_watch(e, "SELECT body FROM t_model WHERE id = ?1", id, err));
    e->counts.models++;
    return store_rewrite_model(e->store, id, body, err);
}

/* ------------------------------------------------------------------ which */

static enum idem_status S_ids(struct store *s, const char *query, int64_t number, struct arena *out, int64_t **id,
                              size_t *n, struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(sql_prepare(s, query, &st, err));
    sqlite3_bind_int64(st, 1, number);
    enum idem_status status = sql_id_list(s, st, out, id, n, err);
    sqlite3_finalize(st);
    return status;
}

enum idem_status erase_rids_of_master(struct store *s, int64_t mid, struct arena *out, int64_t **rid, size_t *n,
                                      struct idem_error *err)
{
    return S_ids(s, "SELECT rid FROM t_record WHERE master = ?1 ORDER BY rid", mid, out, rid, n, err);
}

/* With those that they were or are merged into. */
enum idem_status erase_mids_of_record(struct store *s, int64_t rid, struct arena *out, int64_t **mid, size_t *n,
                                      struct idem_error *err)
{
    return S_ids(s,
                 "WITH RECURSIVE was(mid) AS (SELECT master FROM t_record WHERE rid = ?1 UNION"
                 " SELECT mid FROM t_membership WHERE rid = ?1 UNION"
                 " SELECT t.target FROM was JOIN t_master t ON t.mid = was.mid WHERE t.target IS NOT NULL UNION"
                 " SELECT h.target FROM was JOIN t_master_history h ON h.mid = was.mid WHERE h.target IS NOT NULL)"
                 " SELECT mid FROM was WHERE mid IS NOT NULL ORDER BY mid",
                 rid, out, mid, n, err);
}

enum idem_status erase_is_empty(struct store *s, int64_t mid, bool *empty, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool some;
    TRY(sql_prepare(s,
                    "SELECT 1 FROM t_record WHERE master = ?1 UNION ALL SELECT 1 FROM t_membership WHERE mid = ?1"
                    " LIMIT 1",
                    &st, err));
    sqlite3_bind_int64(st, 1, mid);
    enum idem_status status = sql_step(s, st, &some, err);
    *empty = !some;
    sqlite3_finalize(st);
    return status;
}

enum idem_status erase_models(struct store *s, struct arena *out, int64_t **id, size_t *n, struct idem_error *err)
{
    return S_ids(s, "SELECT id FROM t_model WHERE id > ?1 ORDER BY id", 0, out, id, n, err);
}

enum idem_status erase_gone_before(struct store *s, int64_t seq, struct arena *out, int64_t **rid, size_t *n,
                                   struct idem_error *err)
{
    return S_ids(s, "SELECT rid FROM t_record WHERE status <> 0 AND coalesce(seq, rid) <= ?1 ORDER BY rid", seq, out,
                 rid, n, err);
}

enum idem_status removal_old_rejects(struct store *s, int64_t before_ms, uint64_t *n, struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(store_check_writing(s, err));
    TRY(sql_prepare(s, "DELETE FROM t_reject WHERE run IN (SELECT id FROM t_run WHERE now < ?1)", &st, err));
    sqlite3_bind_int64(st, 1, before_ms);
    enum idem_status status = sql_finish(s, st, err);
    *n = status == IDEM_OK ? (uint64_t)sqlite3_changes(s->db) : 0;
    sqlite3_finalize(st);
    return status;
}

/*
 * The past. A row of t_record and t_master holds since its seq; what held before is in t_membership, t_record_history
 * and t_master_history, each row under the change that ended it. So the state at a seq is the row itself when it is not
 * younger, else the history's first row that ended later.
 */
#include "store/moment.h"

#include <assert.h>

#include "store/leaf.h"

enum { BEFORE_ALL = -1 }; /* a seq before the first: nothing is known */

/* ------------------------------------------------------------------ moments */

static enum idem_status S_one_moment(struct store *s, const char *query, int64_t bound, struct store_moment *moment,
                                     bool *found, struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(sql_prepare(s, query, &st, err));
    sqlite3_bind_int64(st, 1, bound);
    enum idem_status status = sql_step(s, st, found, err);
    if (status == IDEM_OK && *found)
        *moment = (struct store_moment){sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
                                        sqlite3_column_int64(st, 2)};
    sqlite3_finalize(st);
    return status;
}

static enum idem_status S_check_kept(struct store *s, const struct store_moment *moment, struct idem_error *err)
{
    int64_t kept;
    TRY(store_history_from(s, &kept, err));
    if (moment->seq < kept)
        return error_set(err, IDEM_LIMIT, "history is kept from seq %lld on; that moment is seq %lld", (long long)kept,
                         (long long)moment->seq);
    return IDEM_OK;
}

enum idem_status store_moment_of_run(struct store *s, int64_t run, struct store_moment *moment, struct idem_error *err)
{
    bool found;
    TRY(S_one_moment(s, "SELECT last_seq, id, now FROM t_run WHERE id = ?1", run, moment, &found, err));
    if (!found)
        return error_set(err, IDEM_NOT_FOUND, "there is no run %lld; idem runs lists them", (long long)run);
    return S_check_kept(s, moment, err);
}

enum idem_status store_moment_of_time(struct store *s, int64_t ms, struct store_moment *moment, struct idem_error *err)
{
    bool found;
    TRY(S_one_moment(s, "SELECT last_seq, id, now FROM t_run WHERE now <= ?1 ORDER BY last_seq DESC, id DESC LIMIT 1",
                     ms, moment, &found, err));
    if (!found) {
        *moment = (struct store_moment){BEFORE_ALL, 0, ms};
        return IDEM_OK;
    }
    return S_check_kept(s, moment, err);
}

enum idem_status store_moment_of_seq(struct store *s, int64_t seq, struct store_moment *moment, struct idem_error *err)
{
    bool found;
    TRY(S_one_moment(s, "SELECT ?1, id, now FROM t_run WHERE first_seq <= ?1 ORDER BY first_seq DESC, id DESC LIMIT 1",
                     seq, moment, &found, err));
    if (!found)
        return error_set(err, IDEM_NOT_FOUND, "no run had changed anything at seq %lld", (long long)seq);
    return S_check_kept(s, moment, err);
}

void store_set_moment(struct store *s, const struct store_moment *moment)
{
    s->moment = moment ? *moment : (struct store_moment){0};
}

enum idem_status store_history_from(struct store *s, int64_t *seq, struct idem_error *err)
{
    return meta_get_number(s, "history_from", seq, err);
}

/* ------------------------------------------------------------------ rows at a moment */

static enum idem_status S_bound(struct store *s, enum statement which, int64_t id, sqlite3_stmt **st, bool *row,
                                struct idem_error *err)
{
    TRY(sql_get(s, which, st, err));
    sqlite3_bind_int64(*st, 1, id);
    sqlite3_bind_int64(*st, 2, s->moment.seq);
    return sql_step(s, *st, row, err);
}

/* Between two memberships: gone, and in the master that it was in last. */
static enum idem_status S_gone_then(struct store *s, struct store_record *r, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    TRY(S_bound(s, SQL_MEMBERSHIP_BEFORE, r->rid, &st, &row, err));
    if (!row)
        return error_set(err, IDEM_NOT_FOUND, "no such record at that time");
    r->status = STORE_RECORD_GONE;
    r->mid = sqlite3_column_int64(st, 0);
    r->seq = sqlite3_column_int64(st, 1);
    sqlite3_reset(st);
    return IDEM_OK;
}

enum idem_status moment_record(struct store *s, struct store_record *r, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    if (!s->moment.seq)
        return IDEM_OK;
    if (r->run > s->moment.run)
        return error_set(err, IDEM_NOT_FOUND, "no such record at that time");
    if (r->seq <= s->moment.seq)
        return IDEM_OK;
    TRY(S_bound(s, SQL_MEMBERSHIP_AFTER, r->rid, &st, &row, err));
    int64_t from = row ? sqlite3_column_int64(st, 1) : INT64_MAX;
    if (!row || from > s->moment.seq) {
        sqlite3_reset(st);
        return S_gone_then(s, r, err);
    }
    r->status = STORE_RECORD_CURRENT;
    r->mid = sqlite3_column_int64(st, 0);
    r->seq = from;
    sqlite3_reset(st);
    return IDEM_OK;
}

enum idem_status moment_values(struct store *s, int64_t rid, struct arena *out, struct str *packed,
                               struct idem_error *err)
{
    sqlite3_stmt *st;
    struct buf plain = {0};
    bool row;
    if (!s->moment.seq)
        return IDEM_OK;
    TRY(S_bound(s, SQL_VALUES_AFTER, rid, &st, &row, err));
    if (!row)
        return IDEM_OK;
    enum idem_status status =
        store_unseal(s, "record_history", rid, (uint32_t)sqlite3_column_int64(st, 0), sql_bytes(st, 1), &plain, err);
    sqlite3_reset(st);
    if (status == IDEM_OK)
        *packed = str_copy(out, buf_view(&plain));
    buf_deinit(&plain);
    return status;
}

/* The change that began the state which ended later: the end of the one before it, or the beginning of its run. */
static enum idem_status S_master_since(struct store *s, struct store_master *m, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    TRY(S_bound(s, SQL_MASTER_SINCE, m->mid, &st, &row, err));
    if (row)
        m->seq = sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
    return IDEM_OK;
}

enum idem_status moment_master(struct store *s, struct arena *out, struct store_master *m, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    if (!s->moment.seq)
        return IDEM_OK;
    if (m->run > s->moment.run)
        return error_set(err, IDEM_NOT_FOUND, "no such master at that time");
    if (m->seq <= s->moment.seq)
        return IDEM_OK;
    TRY(S_bound(s, SQL_MASTER_AFTER, m->mid, &st, &row, err));
    if (!row)
        return IDEM_OK;
    m->status = (enum store_master_status)sqlite3_column_int(st, 0);
    m->target = sqlite3_column_int64(st, 1);
    m->n = (uint32_t)sqlite3_column_int64(st, 2);
    m->prov = str_copy(out, sql_bytes(st, 3));
    sqlite3_reset(st);
    if (m->status > STORE_MASTER_ERASED)
        return error_set(err, IDEM_CORRUPT, "%s: the history of master %lld is damaged; restore a backup", s->info.path,
                         (long long)m->mid);
    return S_master_since(s, m, err);
}

enum idem_status moment_ids(struct store *s, enum statement which, int64_t id, struct arena *out, int64_t **list,
                            size_t *n, struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(sql_get(s, which, &st, err));
    sqlite3_bind_int64(st, 1, id);
    sqlite3_bind_int64(st, 2, s->moment.seq);
    sqlite3_bind_int64(st, 3, s->moment.run);
    return sql_id_list(s, st, out, list, n, err);
}

enum idem_status moment_lookup(struct store *s, int64_t rid, char master_id[37], struct idem_error *err)
{
    struct arena scratch = {0};
    struct store_record record;
    struct store_master master;
    enum idem_status status = store_get_record(s, rid, false, &scratch, &record, err);
    if (status == IDEM_OK && record.status == STORE_RECORD_GONE)
        status = IDEM_NOT_FOUND;
    if (status == IDEM_OK)
        status = store_survivor(s, record.mid, &scratch, &master, err);
    if (status == IDEM_OK)
        store_uuid_format(master.uuid, master_id);
    arena_deinit(&scratch);
    return status;
}

/* ------------------------------------------------------------------ what happened */

enum idem_status store_memberships(struct store *s, int64_t rid, struct arena *out, struct store_membership **list,
                                   size_t *n, struct idem_error *err)
{
    struct store_record record;
    sqlite3_stmt *st;
    int64_t ended;
    bool row;
    *n = 0;
    TRY(store_get_record(s, rid, false, out, &record, err));
    TRY(sql_prepare(s,
                    "SELECT mid, seq_from, seq_to, count(*) OVER () FROM t_membership WHERE rid = ?1 ORDER BY seq_to",
                    &st, err));
    sqlite3_bind_int64(st, 1, rid);
    enum idem_status status = sql_step(s, st, &row, err);
    ended = status == IDEM_OK && row ? sqlite3_column_int64(st, 3) : 0;
    *list = ARENA_NEW(out, struct store_membership, (size_t)ended + 1);
    while (status == IDEM_OK && row) {
        (*list)[(*n)++] = (struct store_membership){sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
                                                    sqlite3_column_int64(st, 2)};
        status = sql_step(s, st, &row, err);
    }
    sqlite3_finalize(st);
    if (status == IDEM_OK && record.status == STORE_RECORD_CURRENT)
        (*list)[(*n)++] = (struct store_membership){record.mid, record.seq, 0};
    return status;
}

static enum idem_status S_ids_of(struct store *s, const char *query, int64_t bound, struct arena *out, int64_t **list,
                                 size_t *n, struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(sql_prepare(s, query, &st, err));
    sqlite3_bind_int64(st, 1, bound);
    enum idem_status status = sql_id_list(s, st, out, list, n, err);
    sqlite3_finalize(st);
    return status;
}

enum idem_status store_value_changes(struct store *s, int64_t rid, struct arena *out, int64_t **seq, size_t *n,
                                     struct idem_error *err)
{
    return S_ids_of(s, "SELECT seq_to FROM t_record_history WHERE rid = ?1 ORDER BY seq_to", rid, out, seq, n, err);
}

enum idem_status store_records_since(struct store *s, int64_t seq, struct arena *out, int64_t **rid, size_t *n,
                                     struct idem_error *err)
{
    return S_ids_of(s,
                    "SELECT rid FROM t_record WHERE coalesce(seq, rid) > ?1 UNION"
                    " SELECT rid FROM t_record_history WHERE seq_to > ?1 ORDER BY 1",
                    seq, out, rid, n, err);
}

enum idem_status store_masters_since(struct store *s, int64_t seq, struct arena *out, int64_t **mid, size_t *n,
                                     struct idem_error *err)
{
    return S_ids_of(s,
                    "SELECT mid FROM t_master WHERE coalesce(seq, mid) > ?1 UNION"
                    " SELECT mid FROM t_master_history WHERE seq_to > ?1 ORDER BY 1",
                    seq, out, mid, n, err);
}

enum idem_status store_undo_decisions(struct store *s, int64_t since, int64_t seq, int64_t at_ms,
                                      struct idem_error *err)
{
    static const char *const STEPS[] = {
        "UPDATE t_decision SET withdrawn_seq = NULL, withdrawn_at = NULL WHERE seq <= ?1 AND withdrawn_seq > ?1",
        "UPDATE t_decision SET withdrawn_seq = ?2, withdrawn_at = ?3 WHERE seq > ?1 AND withdrawn_seq IS NULL",
        "UPDATE t_pin SET withdrawn_seq = NULL WHERE seq <= ?1 AND withdrawn_seq > ?1",
        "UPDATE t_pin SET withdrawn_seq = ?2 WHERE seq > ?1 AND withdrawn_seq IS NULL"};
    TRY(store_check_writing(s, err));
    for (size_t i = 0; i < COUNT_OF(STEPS); i++) {
        sqlite3_stmt *st;
        TRY(sql_prepare(s, STEPS[i], &st, err));
        const int64_t bound[] = {since, seq, at_ms};
        int n = sqlite3_bind_parameter_count(st);
        assert(n <= (int)COUNT_OF(bound));
        for (int k = 0; k < n; k++)
            sqlite3_bind_int64(st, k + 1, bound[k]);
        enum idem_status status = sql_finish(s, st, err);
        sqlite3_finalize(st);
        TRY(status);
    }
    return IDEM_OK;
}

enum idem_status store_forget_history(struct store *s, int64_t seq, struct idem_error *err)
{
    static const char *const OLD[] = {
        "DELETE FROM t_event WHERE seq <= ?1", "DELETE FROM t_membership WHERE seq_to <= ?1",
        "DELETE FROM t_record_history WHERE seq_to <= ?1", "DELETE FROM t_master_history WHERE seq_to <= ?1"};
    int64_t kept;
    TRY(store_check_writing(s, err));
    TRY(store_history_from(s, &kept, err));
    if (seq <= kept)
        return IDEM_OK;
    for (size_t i = 0; i < COUNT_OF(OLD); i++) {
        sqlite3_stmt *st;
        TRY(sql_prepare(s, OLD[i], &st, err));
        sqlite3_bind_int64(st, 1, seq);
        enum idem_status status = sql_finish(s, st, err);
        sqlite3_finalize(st);
        TRY(status);
    }
    return meta_put_number(s, "history_from", seq, err);
}

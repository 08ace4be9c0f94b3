/*
 * Events. The first build writes none: a record's number is the seq of its `attached`, a master's that of its
 * `created`, so that reading from a seq is a range of each table's own key.
 */
#include <stdio.h>

#include "store/sql.h"

static const char *const NAMES[STORE_EVENT_KINDS] = {"created", "attached", "detached", "moved",      "updated",
                                                     "merged",  "split",    "revived",  "redirected", "retired",
                                                     "erased",  "decided",  "withdrawn"};

const char *store_event_name(enum store_event_kind kind)
{
    return (unsigned)kind < STORE_EVENT_KINDS ? NAMES[kind] : "unknown";
}

static const char *const REASONS[STORE_REASONS] = {
    "", "new_record", "changed_record", "gone_record", "returned_record", "model", "decision", "rollback", "erasure"};

const char *store_reason_name(enum store_reason reason)
{
    return (unsigned)reason < STORE_REASONS ? REASONS[reason] : "";
}

static void S_column(sqlite3_context *out, const void *base, size_t row, int column)
{
    const struct store_event *e = (const struct store_event *)base + row;
    const int64_t number[] = {e->seq, e->run, 0, e->rid, e->mid, e->other, e->at_ms};
    if (column == 2)
        sqlite3_result_int(out, (int)e->kind);
    else if (column < (int)COUNT_OF(number))
        sql_result_id(out, number[column]);
    else if (column == 7 && e->fields.len)
        sqlite3_result_text64(out, e->fields.ptr, e->fields.len, SQLITE_STATIC, SQLITE_UTF8);
    else if (column == 8)
        sql_result_id(out, e->reason || e->kind < STORE_DECIDED ? (int64_t)e->reason : STORE_DECISION);
}

enum idem_status store_put_events(struct store *s, const struct store_event *event, size_t n, struct idem_error *err)
{
    TRY(store_check_writing(s, err));
    if (s->build && n)
        return error_set(err, IDEM_INVALID, "%s: a first build has no events of its own", s->info.path);
    return sql_rows(s, SQL_EVENT_PUT, event, n, S_column, err);
}

/* seq, run, kind, rid, mid, other, at, fields, reason. ?1 since, ?2 rid, ?3 mid, ?4 last rid and ?5 last mid of the
 * first build
 */
#define FIRST_TIME "(SELECT now FROM t_run WHERE id = 1)"
#define FIRST_MASTER                                                                                                   \
    "coalesce((SELECT h.mid FROM t_membership h WHERE h.rid = r.rid ORDER BY h.seq_to LIMIT 1), r.master)"
#define EVENT_TIME "coalesce(e.at, (SELECT now FROM t_run u WHERE u.id = e.run))"
#define EVENT_COLUMNS "e.seq, e.run, e.kind, e.rid, e.mid, e.other, " EVENT_TIME ", e.fields, e.reason"

static const char *const FEED[] = {
    "SELECT r.rid, 1, 1, r.rid, " FIRST_MASTER ", NULL, " FIRST_TIME ", NULL, 1 FROM t_record r"
    " WHERE r.rid > ?1 AND r.rid <= ?4 ORDER BY r.rid",
    "SELECT m.mid, 1, 0, NULL, m.mid, NULL, " FIRST_TIME ", NULL, 1 FROM t_master m"
    " WHERE m.mid > max(?1, ?4) AND m.mid <= ?5 ORDER BY m.mid",
    "SELECT " EVENT_COLUMNS " FROM t_event e WHERE e.seq > ?1 ORDER BY e.seq",
};
static const char *const OF_RECORD[] = {
    "SELECT r.rid, 1, 1, r.rid, " FIRST_MASTER ", NULL, " FIRST_TIME ", NULL, 1 FROM t_record r"
    " WHERE r.rid = ?2 AND r.rid > ?1 AND r.rid <= ?4",
    "SELECT " EVENT_COLUMNS " FROM t_event e WHERE e.rid = ?2 AND e.seq > ?1 ORDER BY e.seq",
};
static const char *const OF_MASTER[] = {
    "SELECT r.rid, 1, 1, r.rid, ?3, NULL, " FIRST_TIME
    ", NULL, 1 FROM t_record r WHERE r.rid > ?1 AND r.rid <= ?4 AND r.rid IN"
    " (SELECT x.rid FROM t_record x WHERE x.master = ?3 UNION SELECT h.rid FROM t_membership h WHERE h.mid = ?3)"
    " AND " FIRST_MASTER " = ?3 ORDER BY r.rid",
    "SELECT m.mid, 1, 0, NULL, m.mid, NULL, " FIRST_TIME ", NULL, 1 FROM t_master m"
    " WHERE m.mid = ?3 AND m.mid > ?1 AND m.mid <= ?5",
    "SELECT " EVENT_COLUMNS " FROM t_event e WHERE e.seq > ?1 AND e.seq IN"
    " (SELECT seq FROM t_event WHERE mid = ?3 UNION SELECT seq FROM t_event WHERE other = ?3) ORDER BY e.seq",
};

static void S_take(sqlite3_stmt *st, struct store_event *e)
{
    *e = (struct store_event){
        .seq = sqlite3_column_int64(st, 0),
        .run = sqlite3_column_int64(st, 1),
        .kind = (enum store_event_kind)sqlite3_column_int(st, 2),
        .rid = sqlite3_column_int64(st, 3),
        .mid = sqlite3_column_int64(st, 4),
        .other = sqlite3_column_int64(st, 5),
        .at_ms = sqlite3_column_int64(st, 6),
        .fields = sql_bytes(st, 7),
        .reason = (enum store_reason)sqlite3_column_int(st, 8),
    };
}

static enum idem_status S_each(struct store *s, const char *query, const int64_t bound[5], store_event_fn *each,
                               void *context, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    TRY(sql_prepare(s, query, &st, err));
    for (int i = 0; i < 5; i++) /* a query without one of them has no such place: that is no error */
        sqlite3_bind_int64(st, i + 1, bound[i]);
    enum idem_status status = sql_step(s, st, &row, err);
    while (status == IDEM_OK && row) {
        struct store_event event;
        S_take(st, &event);
        status = each(context, &event, err);
        if (status == IDEM_OK)
            status = sql_step(s, st, &row, err);
    }
    sqlite3_finalize(st);
    return status;
}

enum idem_status store_each_event(struct store *s, int64_t since, int64_t rid, int64_t mid, store_event_fn *each,
                                  void *context, struct idem_error *err)
{
    int64_t first_rids, first_mids, kept;
    TRY(store_history_from(s, &kept, err));
    since = since > kept ? since : kept; /* what came before is not whole */
    TRY(meta_get_number(s, "first_rids", &first_rids, err));
    TRY(meta_get_number(s, "first_mids", &first_mids, err));
    const int64_t bound[5] = {since, rid, mid, first_rids, first_mids};
    const char *const *query = rid ? OF_RECORD : mid ? OF_MASTER : FEED;
    size_t n = rid ? COUNT_OF(OF_RECORD) : mid ? COUNT_OF(OF_MASTER) : COUNT_OF(FEED);
    for (size_t i = 0; i < n; i++)
        TRY(S_each(s, query[i], bound, each, context, err));
    return IDEM_OK;
}

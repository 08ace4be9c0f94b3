/* Decisions, and the pairs that wait for one. */
#include "store/sql.h"
#include "store/steward.h"

static void S_ascending(int64_t *a, int64_t *b)
{
    if (*a > *b) {
        int64_t swap = *a;
        *a = *b;
        *b = swap;
    }
}

static void S_bind_text_or_null(sqlite3_stmt *st, int at, struct str text)
{
    if (text.len)
        sql_bind_text(st, at, text);
    else
        sqlite3_bind_null(st, at);
}

enum idem_status steward_decide(struct store *s, struct store_decision *d, struct idem_error *err)
{
    sqlite3_stmt *st;
    int64_t last;
    struct buf note = {0};
    TRY(store_check_writing(s, err));
    TRY(sql_number(s, "SELECT max(id) FROM t_decision", &last, err));
    TRY(sql_get(s, SQL_DECISION_PUT, &st, err));
    d->id = last + 1;
    S_ascending(&d->rid_a, &d->rid_b);
    sqlite3_bind_int64(st, 1, d->id);
    sqlite3_bind_int(st, 2, (int)d->verdict);
    sqlite3_bind_int64(st, 3, d->rid_a);
    sqlite3_bind_int64(st, 4, d->rid_b);
    sqlite3_bind_int64(st, 5, d->seq);
    sqlite3_bind_int64(st, 6, d->at_ms);
    S_bind_text_or_null(st, 7, d->by);
    sql_bind_text(st, 8, d->via);
    sql_bind_id(st, 9, d->batch);
    sqlite3_bind_null(st, 10);
    if (d->note.len) {
        struct seal_place place = store_place(s, "decision", d->id, 1);
        seal_container(s->keys, &place, d->note, &note);
        sql_bind_blob(st, 10, buf_view(&note));
    }
    enum idem_status status = sql_finish(s, st, err);
    buf_deinit(&note);
    return status;
}

enum idem_status steward_withdraw(struct store *s, int64_t id, int64_t seq, int64_t at_ms, struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(store_check_writing(s, err));
    TRY(sql_get(s, SQL_DECISION_WITHDRAW, &st, err));
    sqlite3_bind_int64(st, 1, id);
    sqlite3_bind_int64(st, 2, seq);
    sqlite3_bind_int64(st, 3, at_ms);
    TRY(sql_finish(s, st, err));
    if (sqlite3_changes(s->db) == 0)
        return error_set(err, IDEM_NOT_FOUND, "decision %lld does not stand", (long long)id);
    return IDEM_OK;
}

static enum idem_status S_take(struct store *s, sqlite3_stmt *st, struct store_decision *d, struct buf *note,
                               struct idem_error *err)
{
    *d = (struct store_decision){.id = sqlite3_column_int64(st, 0),
                                 .verdict = (enum store_verdict)sqlite3_column_int(st, 1),
                                 .rid_a = sqlite3_column_int64(st, 2),
                                 .rid_b = sqlite3_column_int64(st, 3),
                                 .seq = sqlite3_column_int64(st, 4),
                                 .at_ms = sqlite3_column_int64(st, 5),
                                 .by = sql_bytes(st, 6),
                                 .via = sql_bytes(st, 7),
                                 .batch = sqlite3_column_int64(st, 8),
                                 .withdrawn_seq = sqlite3_column_int64(st, 10),
                                 .withdrawn_ms = sqlite3_column_int64(st, 11)};
    buf_clear(note);
    if (d->verdict > STORE_UNSURE)
        return error_set(err, IDEM_CORRUPT, "%s: decision %lld is damaged; restore a backup", s->info.path,
                         (long long)d->id);
    if (s->info.has_key && sqlite3_column_type(st, 9) != SQLITE_NULL)
        TRY(store_unseal(s, "decision", d->id, 1, sql_bytes(st, 9), note, err));
    d->note = buf_view(note);
    return IDEM_OK;
}

#define DECISION_COLUMNS                                                                                               \
    "SELECT id, verdict, rid_a, rid_b, seq, at, by, via, batch, note, withdrawn_seq, withdrawn_at FROM t_decision"

enum idem_status steward_each_decision(struct store *s, int64_t rid, bool withdrawn, steward_decision_fn *each,
                                       void *context, struct idem_error *err)
{
    struct buf note = {0};
    sqlite3_stmt *st;
    bool row;
    TRY(sql_prepare(s,
                    rid ? DECISION_COLUMNS
                        " WHERE (rid_a = ?1 OR rid_b = ?1) AND (?2 OR withdrawn_seq IS NULL) ORDER BY id"
                        : DECISION_COLUMNS " WHERE ?2 OR withdrawn_seq IS NULL ORDER BY id",
                    &st, err));
    sqlite3_bind_int64(st, 1, rid);
    sqlite3_bind_int(st, 2, withdrawn);
    enum idem_status status = sql_step(s, st, &row, err);
    while (status == IDEM_OK && row) {
        struct store_decision decision;
        status = S_take(s, st, &decision, &note, err);
        if (status == IDEM_OK)
            status = each(context, &decision, err);
        if (status == IDEM_OK)
            status = sql_step(s, st, &row, err);
    }
    sqlite3_finalize(st);
    buf_deinit(&note);
    return status;
}

enum idem_status steward_changed_since(struct store *s, int64_t rid, int64_t seq, bool *changed, struct idem_error *err)
{
    sqlite3_stmt *st;
    *changed = false;
    TRY(sql_prepare(s, "SELECT 1 FROM t_record_history WHERE rid = ?1 AND seq_to > ?2 LIMIT 1", &st, err));
    sqlite3_bind_int64(st, 1, rid);
    sqlite3_bind_int64(st, 2, seq);
    enum idem_status status = sql_step(s, st, changed, err);
    sqlite3_finalize(st);
    return status;
}

static void S_column(sqlite3_context *out, const void *base, size_t row, int column)
{
    struct store_review r = ((const struct store_review *)base)[row];
    S_ascending(&r.rid_a, &r.rid_b);
    const int64_t value[] = {r.rid_a, r.rid_b, r.weight, r.effect, r.run};
    if (column < (int)COUNT_OF(value))
        sqlite3_result_int64(out, value[column]);
}

enum idem_status steward_put_reviews(struct store *s, const struct store_review *review, size_t n,
                                     struct idem_error *err)
{
    TRY(store_check_writing(s, err));
    TRY(sql_run(s, "DELETE FROM t_review", err));
    return sql_rows(s, SQL_REVIEW_PUT, review, n, S_column, err);
}

static enum idem_status S_drop(struct store *s, enum statement which, int64_t rid, struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(sql_get(s, which, &st, err));
    sqlite3_bind_int64(st, 1, rid);
    return sql_finish(s, st, err);
}

enum idem_status steward_change_reviews(struct store *s, const int64_t *rid, size_t n_rids,
                                        const struct store_review *review, size_t n, uint64_t *left,
                                        struct idem_error *err)
{
    int64_t there;
    TRY(store_check_writing(s, err));
    for (size_t i = 0; i < n_rids; i++) {
        TRY(S_drop(s, SQL_REVIEW_DROP_LEFT, rid[i], err));
        TRY(S_drop(s, SQL_REVIEW_DROP_RIGHT, rid[i], err));
    }
    if (n)
        TRY(sql_rows(s, SQL_REVIEW_PUT, review, n, S_column, err));
    TRY(sql_number(s, "SELECT count(*) FROM t_review", &there, err));
    *left = (uint64_t)there;
    return IDEM_OK;
}

static struct store_review S_review(sqlite3_stmt *st)
{
    return (struct store_review){sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1), sqlite3_column_int(st, 2),
                                 (uint32_t)sqlite3_column_int64(st, 3), sqlite3_column_int64(st, 4)};
}

/* A pair is visited when the statement is at rest: the visitor may ask for other things. */
enum idem_status steward_reviews_of(struct store *s, int64_t rid, steward_review_fn *each, void *context,
                                    struct idem_error *err)
{
    struct buf found = {0};
    sqlite3_stmt *st;
    bool row;
    TRY(sql_get(s, SQL_REVIEW_OF, &st, err));
    sqlite3_bind_int64(st, 1, rid);
    enum idem_status status = sql_step(s, st, &row, err);
    while (status == IDEM_OK && row) {
        struct store_review r = S_review(st);
        buf_add(&found, &r, sizeof r);
        status = sql_step(s, st, &row, err);
    }
    sqlite3_reset(st);
    for (size_t at = 0; status == IDEM_OK && at < found.len; at += sizeof(struct store_review)) {
        struct store_review r;
        memcpy(&r, found.ptr + at, sizeof r);
        status = each(context, &r, err);
    }
    buf_deinit(&found);
    return status;
}

enum idem_status steward_each_review(struct store *s, steward_review_fn *each, void *context, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    TRY(sql_prepare(
        s, "SELECT rid_a, rid_b, weight, effect, run FROM t_review ORDER BY effect DESC, weight DESC, rid_a, rid_b",
        &st, err));
    enum idem_status status = sql_step(s, st, &row, err);
    while (status == IDEM_OK && row) {
        struct store_review r = S_review(st);
        status = each(context, &r, err);
        if (status == IDEM_OK)
            status = sql_step(s, st, &row, err);
    }
    sqlite3_finalize(st);
    return status;
}

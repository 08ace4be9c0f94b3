#include "store/sql.h"

static struct str S_digest(const uint8_t *bytes, size_t n)
{
    return (struct str){(const char *)bytes, n};
}

enum idem_status store_put_run(struct store *s, struct store_run *run, struct idem_error *err)
{
    sqlite3_stmt *st;
    TRY(store_check_writing(s, err));
    struct counters *c = &s->counters;
    run->id = c->next_run++;
    run->first_seq = s->begin_seq + 1;
    run->last_seq = s->build ? (c->next_mid ? c->next_mid : c->next_rid) - 1 : c->change_seq;
    TRY(sql_get(s, SQL_RUN_PUT, &st, err));
    const int64_t number[] = {run->id,     run->committed, run->started_ms, run->finished_ms,
                              run->now_ms, run->first_seq, run->last_seq};
    for (size_t i = 0; i < COUNT_OF(number); i++)
        sqlite3_bind_int64(st, (int)i + 1, number[i]);
    sql_bind_blob(st, 8, S_digest(run->config_hash, sizeof run->config_hash));
    sql_bind_id(st, 9, run->model);
    sql_bind_blob(st, 10, S_digest(run->seed, sizeof run->seed));
    const struct str text[] = {run->by, run->version, run->normaliser, run->report};
    for (size_t i = 0; i < COUNT_OF(text); i++)
        if (text[i].ptr)
            sql_bind_text(st, (int)i + 11, text[i]);
        else
            sqlite3_bind_null(st, (int)i + 11);
    return sql_finish(s, st, err);
}

static void S_copy_bytes(uint8_t *to, size_t n, struct str from)
{
    if (from.len == n)
        memcpy(to, from.ptr, n);
}

static void S_take(sqlite3_stmt *st, struct arena *out, struct store_run *r)
{
    *r = (struct store_run){
        .id = sqlite3_column_int64(st, 0),
        .committed = sqlite3_column_int(st, 1) != 0,
        .started_ms = sqlite3_column_int64(st, 2),
        .finished_ms = sqlite3_column_int64(st, 3),
        .now_ms = sqlite3_column_int64(st, 4),
        .first_seq = sqlite3_column_int64(st, 5),
        .last_seq = sqlite3_column_int64(st, 6),
        .model = sqlite3_column_int64(st, 8),
        .by = str_copy(out, sql_bytes(st, 10)),
        .version = str_copy(out, sql_bytes(st, 11)),
        .normaliser = str_copy(out, sql_bytes(st, 12)),
        .report = str_copy(out, sql_bytes(st, 13)),
    };
    S_copy_bytes(r->config_hash, sizeof r->config_hash, sql_bytes(st, 7));
    S_copy_bytes(r->seed, sizeof r->seed, sql_bytes(st, 9));
}

static enum idem_status S_read(struct store *s, sqlite3_stmt *st, struct arena *out, struct store_run *run, size_t room,
                               size_t *n, struct idem_error *err)
{
    bool row;
    while (*n < room) {
        TRY(sql_step(s, st, &row, err));
        if (!row)
            return IDEM_OK;
        S_take(st, out, &run[(*n)++]);
    }
    return IDEM_OK;
}

enum idem_status store_get_runs(struct store *s, size_t most, struct arena *out, struct store_run **run, size_t *n,
                                struct idem_error *err)
{
    return store_get_runs_before(s, INT64_MAX, most, out, run, n, err);
}

enum idem_status store_get_runs_before(struct store *s, int64_t before, size_t most, struct arena *out,
                                       struct store_run **run, size_t *n, struct idem_error *err)
{
    int64_t there = (int64_t)most;
    sqlite3_stmt *st;
    *n = 0;
    if (!most)
        TRY(sql_number(s, "SELECT count(*) FROM t_run", &there, err));
    size_t room = (size_t)there;
    *run = ARENA_NEW(out, struct store_run, room + 1);
    TRY(sql_prepare(
        s,
        "SELECT id, committed, started, finished, now, first_seq, last_seq, config_hash, model, seed, started_by,"
        " version, normaliser, report FROM t_run WHERE id < ?1 ORDER BY id DESC",
        &st, err));
    sqlite3_bind_int64(st, 1, before);
    enum idem_status status = S_read(s, st, out, *run, room, n, err);
    sqlite3_finalize(st);
    return status;
}

/* idem verify: SQLite's own check of pages and indexes, references between tables, and every container opened. */
#include <stdlib.h>

#include "store/segment.h"
#include "store/sql.h"

static enum idem_status S_pages(struct store *s, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    TRY(sql_prepare(s, "PRAGMA integrity_check(1)", &st, err));
    enum idem_status status = sql_step(s, st, &row, err);
    if (status == IDEM_OK && row && !str_eq(sql_bytes(st, 0), STR("ok")))
        status = error_set(err, IDEM_CORRUPT, "%s: the database is damaged (%.*s); restore a backup", s->info.path,
                           STR_ARG(sql_bytes(st, 0)));
    sqlite3_finalize(st);
    return status;
}

/* Each counts rows that must not exist. */
static const struct rule {
    const char *query, *says;
} RULES[] = {
    {"SELECT 16 - count(*) FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL", "indexes missing"},
    {"SELECT count(*) FROM t_record r LEFT JOIN t_master m ON m.mid = r.master WHERE r.status = 0 AND m.mid IS NULL",
     "records without a master"},
    {"SELECT count(*) FROM t_record r LEFT JOIN t_source s ON s.id = r.source WHERE s.id IS NULL",
     "records without a source"},
    {"SELECT count(*) FROM t_record r LEFT JOIN t_leaf l ON l.lid = r.rid >> 4 WHERE l.lid IS NULL",
     "records without values"},
    {"SELECT count(*) FROM t_master m LEFT JOIN t_master t ON t.mid = m.target WHERE m.status = 1 AND t.mid IS NULL",
     "redirects that lead nowhere"},
    /* A merged master's records may keep its number: they count for the survivor. */
    {"SELECT count(*) FROM t_master m WHERE m.status <> 3 AND m.n <> CASE m.status WHEN 1 THEN 0 ELSE"
     " (SELECT count(*) FROM t_record r WHERE r.master = m.mid AND r.status = 0) +"
     " (SELECT count(*) FROM t_master o JOIN t_record r ON r.master = o.mid AND r.status = 0 WHERE o.target = m.mid)"
     " END",
     "masters whose number of records is wrong"},
    {"SELECT count(*) FROM t_master m WHERE m.status > 1 AND EXISTS"
     " (SELECT 1 FROM t_record r WHERE r.master = m.mid AND r.status = 0)",
     "masters that are not active but have records"},
    {"SELECT count(*) FROM t_master m JOIN t_master t ON t.mid = m.target WHERE t.target IS NOT NULL",
     "redirects that lead to redirects"},
};

static enum idem_status S_references(struct store *s, struct idem_error *err)
{
    for (size_t i = 0; i < COUNT_OF(RULES); i++) {
        int64_t n;
        TRY(sql_number(s, RULES[i].query, &n, err));
        if (n)
            return error_set(err, IDEM_CORRUPT, "%s: %lld %s; restore a backup", s->info.path, (long long)n,
                             RULES[i].says);
    }
    return IDEM_OK;
}

static enum idem_status S_leaves(struct store *s, unsigned threads, struct idem_error *err)
{
    struct store_read_options options = {.values = true, .gone = true, .threads = threads};
    struct store_cursor *c;
    bool more = true;
    TRY(store_records_open(s, &options, &c, err));
    enum idem_status status = IDEM_OK;
    while (status == IDEM_OK && more) {
        struct store_record record;
        status = store_records_next(c, &record, &more, err);
    }
    store_records_close(c);
    return status;
}

/* Tables whose containers are known by (row, version). */
static const struct sealed_table {
    const char *table, *query;
} SEALED[] = {
    {"segment", "SELECT id, version, body FROM t_segment"},
    {"tf", "SELECT id, version, body FROM t_tf"},
    {"component", "SELECT id, version, body FROM t_component"},
    {"model", "SELECT id, 1, body FROM t_model"},
    {"record_history", "SELECT rid, seq_to, body FROM t_record_history"},
    {"decision", "SELECT id, 1, note FROM t_decision WHERE note IS NOT NULL"},
    {"pin", "SELECT id, 1, body FROM t_pin"},
    {"reject", "SELECT id, run, raw FROM t_reject WHERE raw IS NOT NULL"},
};

static enum idem_status S_containers(struct store *s, const struct sealed_table *t, struct idem_error *err)
{
    struct buf plain = {0};
    sqlite3_stmt *st;
    bool row;
    TRY(sql_prepare(s, t->query, &st, err));
    enum idem_status status = sql_step(s, st, &row, err);
    while (status == IDEM_OK && row) {
        buf_clear(&plain);
        status = store_unseal(s, t->table, sqlite3_column_int64(st, 0), (uint32_t)sqlite3_column_int64(st, 1),
                              sql_bytes(st, 2), &plain, err);
        if (status == IDEM_OK)
            status = sql_step(s, st, &row, err);
    }
    sqlite3_finalize(st);
    buf_deinit(&plain);
    return status;
}

enum idem_status store_verify(struct store *s, unsigned threads, struct idem_error *err)
{
    TRY(S_pages(s, err));
    TRY(S_references(s, err));
    if (!s->info.has_key)
        return IDEM_OK;
    TRY(S_leaves(s, threads, err));
    for (size_t i = 0; i < COUNT_OF(SEALED); i++)
        TRY(S_containers(s, &SEALED[i], err));
    return IDEM_OK;
}

#include <stdio.h>

#include "base/file.h"
#include "store/sql.h"

/* The numbers of a query with two columns: index, count. */
static enum idem_status S_counts(struct store *s, const char *query, uint64_t *count, size_t n, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    TRY(sql_prepare(s, query, &st, err));
    enum idem_status status = sql_step(s, st, &row, err);
    while (status == IDEM_OK && row) {
        int64_t at = sqlite3_column_int64(st, 0);
        if (at >= 0 && (size_t)at < n)
            count[at] = (uint64_t)sqlite3_column_int64(st, 1);
        status = sql_step(s, st, &row, err);
    }
    sqlite3_finalize(st);
    return status;
}

enum idem_status store_statistics(struct store *s, struct store_statistics *out, struct idem_error *err)
{
    static const struct {
        const char *query;
        size_t offset;
    } numbers[] = {{"PRAGMA page_size", offsetof(struct store_statistics, page_bytes)},
                   {"PRAGMA page_count", offsetof(struct store_statistics, pages)},
                   {"PRAGMA freelist_count", offsetof(struct store_statistics, free_pages)}};
    uint64_t records[2] = {0}, masters[4] = {0};
    *out = (struct store_statistics){0};
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        TRY(sql_number(s, numbers[i].query, (int64_t *)((char *)out + numbers[i].offset), err));
    TRY(S_counts(s, "SELECT status, count(*) FROM t_record GROUP BY status", records, 2, err));
    TRY(S_counts(s, "SELECT status, count(*) FROM t_master GROUP BY status", masters, 4, err));
    out->current = records[STORE_RECORD_CURRENT];
    out->gone = records[STORE_RECORD_GONE];
    out->active = masters[STORE_MASTER_ACTIVE];
    out->redirected = masters[STORE_MASTER_REDIRECTED];
    out->retired = masters[STORE_MASTER_RETIRED];
    out->erased = masters[STORE_MASTER_ERASED];
    struct arena scratch = {0};
    int64_t bytes = file_size(s->info.path);
    int64_t wal = file_size(str_cstr(&scratch, arena_printf(&scratch, "%s-wal", s->info.path)));
    out->bytes = bytes > 0 ? (uint64_t)bytes : 0;
    out->wal_bytes = wal > 0 ? (uint64_t)wal : 0;
    arena_deinit(&scratch);
    return IDEM_OK;
}

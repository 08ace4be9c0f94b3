/*
 * From "deleted" to "gone". A commit leaves what was deleted in two places: the write-ahead log, and the pages of the
 * file until the log is emptied into it. Emptying it (TRUNCATE) waits for readers; when it has succeeded the file's
 * pages are those of now, with what was deleted overwritten by zeros.
 *
 * One thing secure_delete does not reach: when SQLite moves rows between pages to balance a tree, the unused middle of
 * a page may keep what stood there. So the bytes are searched, and the file is written anew when anything is found.
 *
 * The database is read through SQLite's own file: closing another descriptor of it would drop the locks this process
 * holds on it.
 */
#include "store/removal.h"
#include "store/sql.h"

static enum idem_status S_truncate(struct store *s, bool *done, struct idem_error *err)
{
    int code = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    *done = code == SQLITE_OK;
    return code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED ? IDEM_OK
                                                                                               : sql_error(s, err);
}

static bool S_read(void *context, uint64_t at, void *bytes, size_t len)
{
    sqlite3_file *file = context;
    return file->pMethods->xRead(file, bytes, (int)len, (sqlite3_int64)at) == SQLITE_OK;
}

/* `which`: the database or its log. */
static enum idem_status S_search_file(struct store *s, const struct erase_trace *trace, int which,
                                      struct erase_scrub *scrub, struct idem_error *err)
{
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0;
    uint64_t found = 0;
    if (sqlite3_file_control(s->db, "main", which, &file) != SQLITE_OK || !file || !file->pMethods)
        return IDEM_OK; /* no log is open: there is none */
    if (file->pMethods->xFileSize(file, &size) != SQLITE_OK ||
        !trace_search(trace, S_read, file, (uint64_t)size, &found))
        return error_set(err, IDEM_IO, "%s: cannot be read back to search it", s->info.path);
    scrub->searched += (uint64_t)size;
    scrub->found += found;
    return IDEM_OK;
}

static enum idem_status S_search(struct store *s, const struct erase_trace *trace, struct erase_scrub *scrub,
                                 struct idem_error *err)
{
    scrub->searched = scrub->found = 0;
    TRY(S_search_file(s, trace, SQLITE_FCNTL_FILE_POINTER, scrub, err));
    return S_search_file(s, trace, SQLITE_FCNTL_JOURNAL_POINTER, scrub, err);
}

/* The copy that VACUUM makes may be as large as the database: in a file, not in memory. */
static enum idem_status S_rewrite(struct store *s, bool *done, struct idem_error *err)
{
    TRY(sql_run(s, "PRAGMA temp_store = FILE", err));
    enum idem_status status = sql_run(s, "VACUUM", err);
    sqlite3_exec(s->db, "PRAGMA temp_store = MEMORY", NULL, NULL, NULL);
    if (status == IDEM_BUSY) {
        *done = false;
        return IDEM_OK;
    }
    return status == IDEM_OK ? S_truncate(s, done, err) : status;
}

enum idem_status erase_scrub(struct store *s, const struct erase_trace *trace, struct erase_scrub *scrub,
                             struct idem_error *err)
{
    *scrub = (struct erase_scrub){.windows = trace->n};
    TRY(S_truncate(s, &scrub->done, err));
    if (!scrub->done)
        return IDEM_OK;
    TRY(S_search(s, trace, scrub, err));
    if (!scrub->found && s->info.sealed)
        return IDEM_OK;
    scrub->rewritten = true;
    TRY(S_rewrite(s, &scrub->done, err));
    if (!scrub->done)
        return IDEM_OK;
    TRY(S_search(s, trace, scrub, err));
    if (scrub->found)
        return error_set(err, IDEM_CORRUPT, "%s: %llu pieces of what was erased are still in the file", s->info.path,
                         (unsigned long long)scrub->found);
    return IDEM_OK;
}

/* ------------------------------------------------------------------ what waits */

static const char RECEIPT_KEY[] = "erasing", TRACE_KEY[] = "erasing_trace", LAST_KEY[] = "erased_receipt";

enum idem_status erase_put_pending(struct store *s, struct str receipt, const struct erase_trace *trace,
                                   struct idem_error *err)
{
    TRY(store_check_writing(s, err));
    TRY(meta_put_text(s, RECEIPT_KEY, receipt, err));
    struct str bytes = {(const char *)trace->hash, trace->n * sizeof *trace->hash};
    return meta_put_blob(s, TRACE_KEY, bytes, err);
}

enum idem_status erase_end_pending(struct store *s, struct str receipt, struct idem_error *err)
{
    TRY(store_check_writing(s, err));
    TRY(meta_put_text(s, LAST_KEY, receipt, err));
    return sql_run(s, "DELETE FROM t_meta WHERE key IN ('erasing', 'erasing_trace')", err);
}

enum idem_status erase_last_receipt(struct store *s, struct arena *out, struct str *receipt, struct idem_error *err)
{
    return meta_get_bytes(s, LAST_KEY, out, receipt, err);
}

enum idem_status erase_get_pending(struct store *s, struct arena *out, struct str *receipt, struct erase_trace *trace,
                                   struct idem_error *err)
{
    struct str bytes;
    TRY(meta_get_bytes(s, RECEIPT_KEY, out, receipt, err));
    TRY(meta_get_bytes(s, TRACE_KEY, out, &bytes, err));
    if (!receipt->len)
        return error_set(err, IDEM_NOT_FOUND, "%s: no erasure waits to be finished", s->info.path);
    trace->n = trace->room = bytes.len / sizeof *trace->hash;
    trace->hash = xmalloc(bytes.len + 1);
    if (bytes.len)
        memcpy(trace->hash, bytes.ptr, trace->n * sizeof *trace->hash);
    return IDEM_OK;
}

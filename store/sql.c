#include "store/sql.h"

#include <errno.h>
#include <stdio.h>

/* Status and advice for SQLite's result codes; the first row whose code fits (extended before primary) counts. */
static const struct meaning {
    int code;
    enum idem_status status;
    bool with_errno;
    const char *text;
} MEANINGS[] = {
    {SQLITE_BUSY_SNAPSHOT, IDEM_CONFLICT, false, "another process has written meanwhile; run it again"},
    {SQLITE_READONLY_DBMOVED, IDEM_CONFLICT, false, "the file was moved or replaced while it was open; run it again"},
    {SQLITE_BUSY, IDEM_BUSY, false, "another process is writing; try again, or wait for it with --wait 60s"},
    {SQLITE_LOCKED, IDEM_BUSY, false, "in use by another part of this process; try again"},
    {SQLITE_NOTADB, IDEM_CORRUPT, false,
     "not a database: it was not made by idem, or its beginning is damaged; give another --db or restore a backup"},
    {SQLITE_CORRUPT, IDEM_CORRUPT, false, "the database is damaged; restore a backup, or move it away and apply again"},
    {SQLITE_FULL, IDEM_IO, false, "the disk is full; make room and run it again: nothing was changed"},
    {SQLITE_READONLY, IDEM_IO, false, "it may not be written; check the permissions of the file and its folder"},
    {SQLITE_PERM, IDEM_IO, true, "permission denied"},
    {SQLITE_CANTOPEN, IDEM_IO, true, "cannot be opened; check the permissions of the file and its folder"},
    {SQLITE_IOERR, IDEM_IO, true, "reading or writing failed; nothing was changed"},
    {SQLITE_NOMEM, IDEM_NO_MEMORY, false, "no memory"},
    {SQLITE_TOOBIG, IDEM_LIMIT, false, "a value is larger than the limit of 1 GB"},
    {SQLITE_CONSTRAINT, IDEM_CONFLICT, false, "contradicts what is stored"},
};

static const struct meaning *S_meaning(int extended)
{
    for (size_t i = 0; i < COUNT_OF(MEANINGS); i++)
        if (MEANINGS[i].code == extended || MEANINGS[i].code == (extended & 0xff))
            return &MEANINGS[i];
    return NULL;
}

enum idem_status sql_error(struct store *s, struct idem_error *err)
{
    int code = sqlite3_extended_errcode(s->db), errnum = sqlite3_system_errno(s->db);
    const char *path = s->info.path;
    if ((code & 0xff) == SQLITE_IOERR && errnum == ENOSPC)
        code = SQLITE_FULL;
    const struct meaning *m = S_meaning(code);
    if (!m) /* SQLite's texts name tables and columns, never values */
        return error_set(err, IDEM_CORRUPT, "%s: the database cannot be used: %s", path, sqlite3_errmsg(s->db));
    if (m->with_errno && errnum)
        return error_set(err, m->status, "%s: %s (%s)", path, m->text, strerror(errnum));
    if ((code & 0xff) == SQLITE_CONSTRAINT)
        return error_set(err, m->status, "%s: %s (%s)", path, m->text, sqlite3_errmsg(s->db));
    return error_set(err, m->status, "%s: %s", path, m->text);
}

enum idem_status sql_run(struct store *s, const char *text, struct idem_error *err)
{
    return sqlite3_exec(s->db, text, NULL, NULL, NULL) == SQLITE_OK ? IDEM_OK : sql_error(s, err);
}

enum idem_status sql_prepare(struct store *s, const char *text, sqlite3_stmt **out, struct idem_error *err)
{
    return sqlite3_prepare_v2(s->db, text, -1, out, NULL) == SQLITE_OK ? IDEM_OK : sql_error(s, err);
}

enum idem_status sql_get(struct store *s, enum statement which, sqlite3_stmt **out, struct idem_error *err)
{
    sqlite3_stmt **slot = &s->statement[which];
    if (!*slot &&
        sqlite3_prepare_v3(s->db, statement_text(which), -1, SQLITE_PREPARE_PERSISTENT, slot, NULL) != SQLITE_OK)
        return sql_error(s, err);
    *out = *slot;
    return IDEM_OK;
}

enum idem_status sql_step(struct store *s, sqlite3_stmt *st, bool *row, struct idem_error *err)
{
    int code = sqlite3_step(st);
    *row = code == SQLITE_ROW;
    if (*row)
        return IDEM_OK;
    enum idem_status status = code == SQLITE_DONE ? IDEM_OK : sql_error(s, err);
    sqlite3_reset(st);
    return status;
}

enum idem_status sql_finish(struct store *s, sqlite3_stmt *st, struct idem_error *err)
{
    int code = sqlite3_step(st);
    enum idem_status status = code == SQLITE_DONE || code == SQLITE_ROW ? IDEM_OK : sql_error(s, err);
    sqlite3_reset(st);
    return status;
}

enum idem_status sql_number(struct store *s, const char *text, int64_t *value, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    *value = 0;
    TRY(sql_prepare(s, text, &st, err));
    enum idem_status status = sql_step(s, st, &row, err);
    if (status == IDEM_OK && row)
        *value = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return status;
}

void sql_forget(struct store *s)
{
    for (unsigned i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(s->statement[i]);
        s->statement[i] = NULL;
    }
}

void sql_bind_id(sqlite3_stmt *st, int at, int64_t id)
{
    if (id)
        sqlite3_bind_int64(st, at, id);
    else
        sqlite3_bind_null(st, at);
}

void sql_bind_text(sqlite3_stmt *st, int at, struct str text)
{
    sqlite3_bind_text64(st, at, text.ptr ? text.ptr : "", text.len, SQLITE_STATIC, SQLITE_UTF8);
}

void sql_bind_blob(sqlite3_stmt *st, int at, struct str bytes)
{
    sqlite3_bind_blob64(st, at, bytes.ptr ? bytes.ptr : "", bytes.len, SQLITE_STATIC);
}

void sql_result_id(sqlite3_context *out, int64_t id)
{
    if (id)
        sqlite3_result_int64(out, id);
}

struct str sql_bytes(sqlite3_stmt *st, int column)
{
    const void *ptr = sqlite3_column_blob(st, column);
    return (struct str){ptr, ptr ? (size_t)sqlite3_column_bytes(st, column) : 0};
}

enum idem_status store_check_writing(struct store *s, struct idem_error *err)
{
    return s->writing ? IDEM_OK : error_set(err, IDEM_INVALID, "%s: no write transaction is open", s->info.path);
}

enum idem_status store_check_key(struct store *s, struct idem_error *err)
{
    return s->info.has_key ? IDEM_OK
                           : error_set(err, IDEM_INVALID,
                                       "%s: personal values are sealed under key %s; give its file with --key, and its "
                                       "passphrase if it has one",
                                       s->info.path, s->info.key_id);
}

enum idem_status store_unseal(struct store *s, const char *table, int64_t row, uint32_t version, struct str sealed,
                              struct buf *plain, struct idem_error *err)
{
    TRY(store_check_key(s, err));
    struct seal_place place = store_place(s, table, row, version);
    enum idem_status status = open_container(s->keys, &place, sealed, plain, err);
    if (status == IDEM_CORRUPT && !s->writing && !s->snapshot && s->keys && keyring_is_strange(s->keys, sealed) &&
        keys_refresh(s, err) == IDEM_OK)
        status = open_container(s->keys, &place, sealed, plain, err);
    if (status != IDEM_OK)
        error_prefix(err, "%s: ", s->info.path);
    return status;
}

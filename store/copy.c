/*
 * Backup by SQLite's online copy: pages as of one moment, while others read and write. It is built like a first
 * database: in a temporary file that is synced and linked to its name.
 */
#include "store/sql.h"

static enum idem_status S_copy(struct store *s, const char *path, const char *temporary, struct idem_error *err)
{
    sqlite3 *to = NULL;
    int code = sqlite3_open_v2(temporary, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE, NULL);
    sqlite3_backup *backup = code == SQLITE_OK ? sqlite3_backup_init(to, "main", s->db, "main") : NULL;
    if (backup) {
        sqlite3_backup_step(backup, -1);
        code = sqlite3_backup_finish(backup);
    } else if (code == SQLITE_OK) {
        code = sqlite3_extended_errcode(to);
    }
    int errnum = to ? sqlite3_system_errno(to) : 0;
    sqlite3_close(to);
    if (code == SQLITE_OK)
        return IDEM_OK;
    if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_CORRUPT)
        return sql_error(s, err);
    if (code == SQLITE_FULL)
        return error_set(err, IDEM_IO, "%s: the disk is full; make room, or give another place", path);
    return error_set(err, IDEM_IO, "%s: writing the copy failed (%s)", path,
                     errnum ? strerror(errnum) : sqlite3_errstr(code));
}

enum idem_status store_backup(struct store *s, const char *path, struct idem_error *err)
{
    struct build *b;
    if (s->writing)
        return error_set(err, IDEM_INVALID, "%s: a write transaction is open", s->info.path);
    TRY(build_start(path, &b, err));
    enum idem_status status = S_copy(s, path, build_path(b), err);
    if (status == IDEM_OK)
        status = build_publish(b, err);
    build_end(b);
    return status;
}

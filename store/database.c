/*
 * Opening: what the file is (SQLite, idem's, whole, of a version we know), what it says of itself, and its keys.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/charset.h"
#include "base/file.h"
#include "store/bulk.h"
#include "store/cached.h"
#include "store/schema_sql.h"
#include "store/segment_cache.h"
#include "store/turn.h"

/* Readers live with SQLite's page cache. */
static const char COMMON_SETTINGS[] =
    "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -48000; PRAGMA trusted_schema = OFF;"
    "PRAGMA foreign_keys = OFF;";
/* A reader is a writer that may not write, so that the last one to leave clears the log and its index away.
 * Mapped pages save a copy for each one read: look-ups are several times as fast. The file never shrinks under a
 * reader. */
static const char READER_SETTINGS[] = "PRAGMA mmap_size = 2147418112; PRAGMA query_only = ON;";
static const char WRITER_SETTINGS[] =
    "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 0; PRAGMA cell_size_check = ON;";
/* All large tables of a build are appended to: a small cache serves as well, while a run still holds its records. */
static const char BUILD_SETTINGS[] =
    "PRAGMA page_size = 8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA secure_delete = OFF; PRAGMA auto_vacuum = NONE; PRAGMA encoding = 'UTF-8'; PRAGMA cache_size = -8000;";

static enum idem_status S_open_file(struct store *s, const char *name, int flags, struct idem_error *err)
{
    if (sqlite3_open_v2(name, &s->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL) != SQLITE_OK)
        return s->db ? sql_error(s, err) : error_set(err, IDEM_NO_MEMORY, "%s: no memory", s->info.path);
    /* idem makes no triggers: those of a file that somebody hands over do not run. */
    if (sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL) != SQLITE_OK)
        return sql_error(s, err);
    sqlite3_busy_timeout(s->db, (int)(s->wait_ms > INT32_MAX ? INT32_MAX : s->wait_ms));
    return rows_register(s) == SQLITE_OK ? IDEM_OK : sql_error(s, err);
}

static void S_close_file(struct store *s)
{
    sql_forget(s);
    sqlite3_close_v2(s->db);
    s->db = NULL;
}

/* "file:<path>?immutable=1" with the path's special bytes escaped. */
static struct str S_immutable_uri(struct arena *out, const char *path)
{
    struct buf uri = {0};
    buf_str(&uri, STR("file:"));
    for (const unsigned char *p = (const unsigned char *)path; *p; p++)
        if (*p == '?' || *p == '#' || *p == '%')
            buf_printf(&uri, "%%%02x", *p);
        else
            buf_byte(&uri, (char)*p);
    buf_str(&uri, STR("?immutable=1"));
    struct str copy = str_copy(out, buf_view(&uri));
    buf_deinit(&uri);
    return copy;
}

/* A database in WAL mode on a medium that cannot be written: no reader can keep its index beside it, and nobody writes.
 */
static enum idem_status S_open_immutable(struct store *s, const char *path, struct idem_error *err)
{
    S_close_file(s);
    struct arena scratch = {0};
    char *uri = str_cstr(&scratch, S_immutable_uri(&scratch, path));
    enum idem_status status = S_open_file(s, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
    arena_deinit(&scratch);
    return status;
}

static bool S_has_wal(const char *path)
{
    struct arena scratch = {0};
    bool has = file_size(str_cstr(&scratch, arena_printf(&scratch, "%s-wal", path))) > 0;
    arena_deinit(&scratch);
    return has;
}

static enum idem_status S_check_version(struct store *s, bool write, struct idem_error *err)
{
    int64_t application, version;
    TRY(sql_number(s, "PRAGMA application_id", &application, err));
    TRY(sql_number(s, "PRAGMA user_version", &version, err));
    if (application != APPLICATION_ID)
        return error_set(err, IDEM_CORRUPT, "%s: an SQLite database, but not one of idem; give another --db",
                         s->info.path);
    if (version > SCHEMA_VERSION)
        return error_set(err, IDEM_CORRUPT,
                         "%s: made by a newer idem (schema %lld, this one knows %d); install that version or later",
                         s->info.path, (long long)version, SCHEMA_VERSION);
    if (version < SCHEMA_VERSION && !write)
        return error_set(err, IDEM_INVALID,
                         "%s: made by an older idem (schema %lld); run: idem apply, which brings it to %d",
                         s->info.path, (long long)version, SCHEMA_VERSION);
    if (version < SCHEMA_VERSION)
        TRY(schema_migrate(s, (unsigned)version, err));
    s->info.schema = SCHEMA_VERSION;
    return IDEM_OK;
}

static enum idem_status S_read_meta(struct store *s, struct str *wrapped, struct idem_error *err)
{
    struct str id, at_rest, key_id;
    TRY(meta_get_bytes(s, "database_id", &s->arena, &id, err));
    TRY(meta_get_bytes(s, "at_rest", &s->arena, &at_rest, err));
    TRY(meta_get_bytes(s, "normaliser", &s->arena, &s->info.normaliser, err));
    TRY(meta_get_bytes(s, "key_id", &s->arena, &key_id, err));
    TRY(meta_get_bytes(s, "keys", &s->arena, wrapped, err));
    TRY(meta_get_number(s, "created_ms", &s->info.created_ms, err));
    s->info.sealed = !str_eq(at_rest, STR("clear"));
    if (id.len != sizeof s->info.id || (s->info.sealed && (wrapped->len == 0 || key_id.len != 8)))
        return error_set(err, IDEM_CORRUPT,
                         "%s: the database is damaged (its description is incomplete); restore a backup", s->info.path);
    memcpy(s->info.id, id.ptr, id.len);
    if (s->info.sealed)
        memcpy(s->info.key_id, key_id.ptr, key_id.len);
    return IDEM_OK;
}

static enum idem_status S_take_keys(struct store *s, struct str wrapped, struct keyring *keys, struct idem_error *err)
{
    s->info.has_key = !s->info.sealed;
    if (!s->info.sealed)
        return IDEM_OK;
    if (!keys && s->writable)
        return error_set(err, IDEM_INVALID,
                         "%s: its personal values are sealed under key %s; give its file with --key, and its "
                         "passphrase if it has one",
                         s->info.path, s->info.key_id);
    if (!keys)
        return IDEM_OK;
    enum idem_status status = keyring_unwrap(keys, wrapped, err);
    if (status != IDEM_OK) {
        error_prefix(err, "%s: ", s->info.path);
        return status;
    }
    s->keys = keys;
    s->info.has_key = true;
    return meta_get_number(s, "keys_version", &s->keys_version, err);
}

/* The key file may be another one by now: what the ring holds is right until keys_refresh finds it is not. */
static void S_share_keys(struct store *s, const struct store *beside)
{
    s->keys = beside->keys;
    s->keys_version = beside->keys_version;
    s->info.has_key = true;
}

enum idem_status keys_refresh(struct store *s, struct idem_error *err)
{
    int64_t version;
    struct arena scratch = {0};
    struct str wrapped;
    if (!s->keys || s->build)
        return IDEM_OK;
    TRY(meta_get_number(s, "keys_version", &version, err));
    if (version == s->keys_version)
        return IDEM_OK;
    enum idem_status status = meta_get_bytes(s, "keys", &scratch, &wrapped, err);
    if (status == IDEM_OK)
        status = keyring_unwrap(s->keys, wrapped, NULL);
    if (status == IDEM_OK)
        s->keys_version = version;
    else
        error_set(err, IDEM_INVALID,
                  "%s: its keys were replaced, and the key file too, since it was opened; open it again", s->info.path);
    keyring_id(s->keys, s->info.key_id);
    arena_deinit(&scratch);
    return status;
}

static enum idem_status S_start_journal(struct store *s, struct idem_error *err)
{
    sqlite3_stmt *st;
    bool row;
    TRY(sql_run(s, WRITER_SETTINGS, err));
    TRY(sql_prepare(s, "PRAGMA journal_mode = WAL", &st, err));
    enum idem_status status = sql_step(s, st, &row, err);
    if (status == IDEM_OK && (!row || !str_eq_nocase(sql_bytes(st, 0), STR("wal"))))
        status = error_set(err, IDEM_IO,
                           "%s: this file system cannot keep a write-ahead log; put the database on a local disk",
                           s->info.path);
    sqlite3_finalize(st);
    return status;
}

static enum idem_status S_connect(struct store *s, const char *path, bool write, struct idem_error *err)
{
    TRY(S_open_file(s, path, SQLITE_OPEN_READWRITE, err)); /* falls back to reading where the file may not be written */
    if (write && sqlite3_db_readonly(s->db, "main") == 1)
        return error_set(err, IDEM_IO, "%s: it may not be written; check the permissions of the file and its folder",
                         s->info.path);
    s->info.read_only = sqlite3_db_readonly(s->db, "main") == 1;
    int64_t n;
    enum idem_status status = sql_number(s, "SELECT count(*) FROM sqlite_schema", &n, err);
    int code = sqlite3_errcode(s->db) & 0xff;
    if (status != IDEM_OK && !write && (code == SQLITE_CANTOPEN || code == SQLITE_READONLY) && !S_has_wal(path)) {
        TRY(S_open_immutable(s, path, err));
        s->info.read_only = true;
        status = sql_number(s, "SELECT count(*) FROM sqlite_schema", &n, err);
    }
    return status == IDEM_OK ? sql_run(s, COMMON_SETTINGS, err) : status;
}

static enum idem_status S_open(struct store *s, const struct store_options *options, struct idem_error *err)
{
    struct str wrapped;
    struct stat st;
    if (stat(options->path, &st) != 0)
        return errno == ENOENT
                   ? error_set(err, IDEM_NOT_FOUND, "%s: no database there; idem apply makes it", options->path)
                   : error_errno(err, errno, "%s", options->path);
    if (!S_ISREG(st.st_mode) || st.st_size == 0)
        return error_set(err, IDEM_CORRUPT, "%s: %s; give another --db", options->path,
                         S_ISREG(st.st_mode) ? "an empty file, not a database" : "not a regular file");
    TRY(S_connect(s, options->path, s->writable, err));
    TRY(S_check_version(s, s->writable, err));
    TRY(S_read_meta(s, &wrapped, err));
    if (options->beside && options->beside->keys)
        S_share_keys(s, options->beside);
    else
        TRY(S_take_keys(s, wrapped, options->keys, err));
    TRY(s->writable ? S_start_journal(s, err) : sql_run(s, READER_SETTINGS, err));
    return counters_load(s, err);
}

enum idem_status database_reopen(struct store *s, struct idem_error *err)
{
    TRY(S_connect(s, s->info.path, true, err));
    TRY(S_start_journal(s, err));
    return counters_load(s, err);
}

static struct store *S_new(const char *path, unsigned wait_ms, bool writable)
{
    struct store *s = xcalloc(1, sizeof *s);
    s->info.path = str_cstr(&s->arena, str_from(path));
    s->wait_ms = wait_ms;
    s->writable = writable;
    return s;
}

enum idem_status store_open(const struct store_options *options, struct store **out, struct idem_error *err)
{
    struct store *s = S_new(options->path, options->wait_ms, options->mode == STORE_WRITE);
    enum idem_status status = S_open(s, options, err);
    if (status != IDEM_OK) {
        store_close(s);
        s = NULL;
    }
    if (s && s->writable)
        turn_tidy(s);
    *out = s;
    return status;
}

static enum idem_status S_write_meta(struct store *s, const struct store_create_options *options,
                                     struct idem_error *err)
{
    s->info.normaliser = str_copy(&s->arena, options->normaliser);
    s->info.created_ms = options->now_ms;
    TRY(meta_put_blob(s, "database_id", (struct str){(const char *)s->info.id, sizeof s->info.id}, err));
    TRY(meta_put_text(s, "at_rest", s->info.sealed ? STR("sealed") : STR("clear"), err));
    TRY(meta_put_text(s, "normaliser", s->info.normaliser, err));
    TRY(meta_put_number(s, "created_ms", s->info.created_ms, err));
    if (!s->info.sealed)
        return IDEM_OK;
    struct buf wrapped = {0};
    keyring_wrap(s->keys, &wrapped);
    enum idem_status status = meta_put_blob(s, "keys", buf_view(&wrapped), err);
    buf_deinit(&wrapped);
    TRY(status);
    return meta_put_text(s, "key_id", str_from(s->info.key_id), err);
}

static enum idem_status S_create(struct store *s, const struct store_create_options *options, struct idem_error *err)
{
    TRY(build_start(options->path, &s->build, err));
    TRY(S_open_file(s, build_path(s->build), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err));
    TRY(sql_run(s, COMMON_SETTINGS, err));
    TRY(sql_run(s, BUILD_SETTINGS, err));
    TRY(sql_run(s, "BEGIN", err));
    seal_random(s->info.id, sizeof s->info.id);
    if (options->keys) {
        if (options->data_keys)
            keyring_take_keys(options->keys, options->data_keys);
        else
            TRY(keyring_make_keys(options->keys, err));
        keyring_id(options->keys, s->info.key_id);
        s->keys = options->keys;
        s->info.sealed = true;
    }
    s->info.has_key = true;
    s->info.schema = SCHEMA_VERSION;
    TRY(schema_create(s, err));
    TRY(schema_create_indexes(s, err));
    TRY(S_write_meta(s, options, err));
    s->counters = (struct counters){.next_rid = 1, .next_mid = 0, .next_run = 1};
    s->bulk = bulk_new();
    s->last_leaf = -1;
    s->writing = true;
    return IDEM_OK;
}

enum idem_status store_create(const struct store_create_options *options, struct store **out, struct idem_error *err)
{
    struct store *s = S_new(options->path, options->wait_ms, true);
    enum idem_status status = S_create(s, options, err);
    if (status != IDEM_OK) {
        store_close(s);
        s = NULL;
    }
    *out = s;
    return status;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    store_rollback(s);
    store_snapshot_end(s);
    store_give_turn(s);
    S_close_file(s);
    build_end(s->build);
    bulk_free(s->bulk);
    sources_forget(s);
    cached_end(s);
    segment_cache_free(s->segments);
    free(s->source);
    arena_deinit(&s->arena);
    free(s);
}

const struct store_info *store_info(const struct store *s)
{
    return &s->info;
}

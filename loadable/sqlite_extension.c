/*
 * The loadable SQLite extension: SQL functions over the database file of the connection that loads it.
 *
 *   .load ./idem
 *   idem_golden(master_id, field)         the golden value, to who has the key
 *   idem_lookup(data_source, record_id)   the master_id
 *
 * Each connection gets a session of its own, opened by the first call: SQLite's transaction of the query goes on, and
 * the session sees what was committed last. The key is found as the program finds it: IDEM_KEY_FILE, the credential
 * idem.key of systemd, idem.key beside the database; its passphrase in the file IDEM_PASSPHRASE_FILE.
 *
 * The host's SQLite has to be the one this file is linked to: two copies in one process lose each other's locks.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3ext.h>

#include "base/file.h"
#include "idem.h"

SQLITE_EXTENSION_INIT1

enum { WAIT_MS = 5000, PATH_BYTES = 4096 };

static const char NO_FILE[] = "idem: this connection has no database file; open idem.db with it";
static const char WRITING[] = "idem: the connection is in a write transaction, and what is shown must be noted in the "
                              "audit log of the same file: commit first";

/* Of one connection; both functions refer to it. */
struct extension {
    sqlite3 *db;
    unsigned uses;
    struct idem_session *session; /* NULL: not opened yet */
    struct idem_golden *golden;   /* NULL: not opened yet */
};

static void S_release(void *context)
{
    struct extension *x = context;
    if (--x->uses)
        return;
    idem_golden_close(x->golden);
    idem_close(x->session);
    free(x);
}

/* ------------------------------------------------------------------ the session */

static const char *S_environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* As named, else the credential that systemd hands to a service, else NULL: beside the database. */
static const char *S_key_path(char path[PATH_BYTES])
{
    const char *named = S_environment("IDEM_KEY_FILE"), *credentials = S_environment("CREDENTIALS_DIRECTORY");
    if (named || !credentials)
        return named;
    int len = snprintf(path, PATH_BYTES, "%s/idem.key", credentials);
    return len < PATH_BYTES && file_exists(path) ? path : NULL;
}

/* The first line of the file, without its end. */
static bool S_passphrase(void *context, char *text, size_t room, size_t *len)
{
    const char *path = S_environment("IDEM_PASSPHRASE_FILE");
    (void)context;
    FILE *f = path ? fopen(path, "re") : NULL;
    int byte;
    *len = 0;
    if (!f)
        return false;
    setvbuf(f, NULL, _IONBF, 0); /* no copy in a buffer */
    while (*len < room && (byte = getc(f)) != EOF && byte != '\n')
        text[(*len)++] = (char)byte;
    fclose(f);
    if (*len && text[*len - 1] == '\r')
        (*len)--;
    return *len > 0;
}

static enum idem_status S_open(struct extension *x, struct idem_error *err)
{
    static const struct idem_passphrase passphrase = {S_passphrase, NULL};
    char key[PATH_BYTES];
    const char *file = sqlite3_db_filename(x->db, "main");
    struct passwd entry, *user = NULL;
    char names[4096];
    if (x->session)
        return IDEM_OK;
    getpwuid_r(geteuid(), &entry, names, sizeof names, &user); /* the program around us may have threads */
    if (!file || !*file) {
        err->status = IDEM_INVALID;
        snprintf(err->message, sizeof err->message, "%s", NO_FILE);
        return err->status;
    }
    struct idem_open_options options = {.db_path = file,
                                        .key_path = S_key_path(key),
                                        .passphrase = &passphrase,
                                        .mode = IDEM_READ,
                                        .wait_ms = WAIT_MS,
                                        .by = user ? user->pw_name : NULL};
    return idem_open(&options, &x->session, err);
}

/* ------------------------------------------------------------------ the functions */

static struct idem_str S_text(sqlite3_value *value)
{
    const char *text = (const char *)sqlite3_value_text(value);
    return (struct idem_str){text, text ? (size_t)sqlite3_value_bytes(value) : 0};
}

static void S_fail(sqlite3_context *context, const struct idem_error *err)
{
    static const char NAME[] = "idem: ";
    char text[sizeof NAME + sizeof err->message];
    bool named = strncmp(err->message, NAME, sizeof NAME - 1) == 0;
    snprintf(text, sizeof text, "%s%s", named ? "" : NAME, err->message);
    sqlite3_result_error(context, text, -1);
    if (err->status == IDEM_BUSY)
        sqlite3_result_error_code(context, SQLITE_BUSY);
}

static enum idem_status S_value(struct extension *x, struct idem_str master_id, struct idem_str field,
                                struct idem_str *value, struct idem_error *err)
{
    enum idem_status status = S_open(x, err);
    if (status == IDEM_OK && !x->golden)
        status = idem_golden_open(x->session, &x->golden, err);
    return status == IDEM_OK ? idem_golden_value(x->golden, master_id, field, value, err) : status;
}

static void S_golden(sqlite3_context *context, int n, sqlite3_value **argument)
{
    struct extension *x = sqlite3_user_data(context);
    struct idem_str master_id = S_text(argument[0]), field = S_text(argument[1]), value = {NULL, 0};
    struct idem_error err = {0};
    (void)n;
    if (!master_id.ptr || !field.ptr)
        return;
    if (sqlite3_txn_state(x->db, "main") == SQLITE_TXN_WRITE) {
        sqlite3_result_error(context, WRITING, -1);
        return;
    }
    enum idem_status status = S_value(x, master_id, field, &value, &err);
    if (status == IDEM_OK && value.ptr)
        sqlite3_result_text64(context, value.ptr, value.len, SQLITE_TRANSIENT, SQLITE_UTF8);
    else if (status != IDEM_OK && status != IDEM_NOT_FOUND)
        S_fail(context, &err);
}

static void S_lookup(sqlite3_context *context, int n, sqlite3_value **argument)
{
    struct extension *x = sqlite3_user_data(context);
    struct idem_str source = S_text(argument[0]), record_id = S_text(argument[1]);
    struct idem_error err = {0};
    char master_id[37];
    (void)n;
    if (!source.len || !record_id.ptr)
        return;
    enum idem_status status = S_open(x, &err);
    if (status != IDEM_OK) {
        S_fail(context, &err);
        return;
    }
    status = idem_lookup(x->session, source, record_id, master_id, &err);
    if (status == IDEM_OK)
        sqlite3_result_text(context, master_id, -1, SQLITE_TRANSIENT);
    else if (status != IDEM_NOT_FOUND)
        S_fail(context, &err);
}

/* ------------------------------------------------------------------ loading */

static const struct {
    const char *name;
    int flags;
    void (*call)(sqlite3_context *, int, sqlite3_value **);
} FUNCTIONS[] = {
    /* not from views and triggers of a file that somebody else has made */
    {"idem_golden", SQLITE_UTF8 | SQLITE_DIRECTONLY, S_golden},
    {"idem_lookup", SQLITE_UTF8, S_lookup},
};

/* The text of a version stands once in each copy of SQLite. */
static bool S_another_sqlite(const sqlite3_api_routines *api)
{
#undef sqlite3_libversion
    return api->libversion() != sqlite3_libversion();
}

__attribute__((visibility("default"))) int sqlite3_idem_init(sqlite3 *db, char **message,
                                                             const sqlite3_api_routines *api);

int sqlite3_idem_init(sqlite3 *db, char **message, const sqlite3_api_routines *api)
{
    SQLITE_EXTENSION_INIT2(api);
    if (S_another_sqlite(api)) {
        *message = sqlite3_mprintf("idem: this program carries a SQLite of its own; load idem into one that uses the "
                                   "system's libsqlite3");
        return SQLITE_ERROR;
    }
    struct extension *x = calloc(1, sizeof *x);
    if (!x)
        return SQLITE_NOMEM;
    int code = SQLITE_OK;
    x->db = db;
    x->uses = 1;
    for (size_t i = 0; code == SQLITE_OK && i < sizeof FUNCTIONS / sizeof *FUNCTIONS; i++) {
        x->uses++; /* given back by S_release, also when it fails */
        code = sqlite3_create_function_v2(db, FUNCTIONS[i].name, 2, FUNCTIONS[i].flags, x, FUNCTIONS[i].call, NULL,
                                          NULL, S_release);
    }
    S_release(x);
    return code == SQLITE_OK ? SQLITE_OK_LOAD_PERMANENTLY : code;
}

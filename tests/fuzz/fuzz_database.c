/*
 * A database whose bytes are damaged is opened and worked with: a clean error or an answer, never a crash, a leak or a
 * hang. The input: a byte that chooses the calls, a byte that chooses database and kind of damage, then the damage:
 *   bytes   place (4), how many (1), the bytes: anywhere in the file
 *   values  the same, inside a text or blob that idem wrote: idem's own formats where SQLite's are sound
 *   rows    table, column, row, kind, how many, the bytes: a value replaced by another, as SQL does it
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/buf.h"
#include "base/file.h"
#include "tests/fuzz/fuzz_shop.h"

enum { MOST_VALUES = 8192, MOST_COLUMNS = 512 };
enum { DAMAGE_BYTES, DAMAGE_VALUES, DAMAGE_ROWS };

struct column_place {
    char table[40], column[40];
    bool rowid;
};

struct value_place {
    size_t at, len;
};

struct image {
    struct fuzz_shop shop;
    struct arena arena;
    struct str bytes;                      /* of the sound database */
    struct value_place value[MOST_VALUES]; /* inside the file */
    size_t n_values;
    struct column_place column[MOST_COLUMNS];
    size_t n_columns;
};

static struct image images[2]; /* clear, sealed */

/* ------------------------------------------------------------------ the sound database */

static int S_by_place(const void *a, const void *b)
{
    const struct value_place *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

static void S_add_value(struct image *image, const void *bytes, size_t len)
{
    if (len < 4 || image->n_values == MOST_VALUES)
        return;
    const char *at = memmem(image->bytes.ptr, image->bytes.len, bytes, len);
    if (at)
        image->value[image->n_values++] = (struct value_place){(size_t)(at - image->bytes.ptr), len};
}

static bool S_has_rowid(sqlite3 *db, const char *table)
{
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT rowid FROM \"%s\"", table);
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static void S_add_columns(struct image *image, sqlite3 *db, sqlite3_stmt *st, const char *table)
{
    bool rowid = S_has_rowid(db, table);
    for (int i = 0; i < sqlite3_column_count(st) && image->n_columns < MOST_COLUMNS; i++) {
        struct column_place *place = &image->column[image->n_columns++];
        snprintf(place->table, sizeof place->table, "%s", table);
        snprintf(place->column, sizeof place->column, "%s", sqlite3_column_name(st, i));
        place->rowid = rowid;
    }
}

static void S_find_values(struct image *image, sqlite3 *db, const char *table)
{
    char sql[128];
    sqlite3_stmt *st;
    snprintf(sql, sizeof sql, "SELECT * FROM \"%s\"", table);
    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
        return;
    S_add_columns(image, db, st, table);
    while (sqlite3_step(st) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(st); i++)
            if (sqlite3_column_type(st, i) >= SQLITE_TEXT)
                S_add_value(image, sqlite3_column_blob(st, i), (size_t)sqlite3_column_bytes(st, i));
    sqlite3_finalize(st);
}

static void S_make(struct image *image, bool sealed)
{
    sqlite3 *db;
    sqlite3_stmt *st;
    struct idem_error err = {0};
    fuzz_shop_open(&image->shop, sealed);
    fuzz_require(sqlite3_open(image->shop.db, &db) == SQLITE_OK, "the database does not open");
    sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
    fuzz_require(file_read(image->shop.db, (size_t)1 << 30, &image->arena, &image->bytes, &err) == IDEM_OK,
                 err.message);
    sqlite3_prepare_v2(db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 't\\_%' ESCAPE '\\'", -1,
                       &st, NULL);
    while (sqlite3_step(st) == SQLITE_ROW)
        S_find_values(image, db, (const char *)sqlite3_column_text(st, 0));
    sqlite3_finalize(st);
    sqlite3_close(db);
    qsort(image->value, image->n_values, sizeof *image->value, S_by_place);
}

static void S_forget(void)
{
    arena_deinit(&images[0].arena);
    arena_deinit(&images[1].arena);
}

/* ------------------------------------------------------------------ the damage */

static size_t S_place(const struct image *image, bool in_values, uint32_t number, size_t *room)
{
    size_t at = number % image->bytes.len;
    *room = image->bytes.len - at;
    if (!in_values)
        return at;
    const struct value_place *value = &image->value[(number >> 12) % image->n_values];
    size_t within = (number & 0xfff) % value->len;
    *room = value->len - within;
    return value->at + within;
}

static void S_damage_bytes(const struct image *image, bool in_values, struct str edits)
{
    int fd = open(image->shop.db, O_RDWR | O_CLOEXEC);
    while (edits.len >= 6) {
        uint32_t number;
        size_t room;
        memcpy(&number, edits.ptr, sizeof number);
        size_t n = (unsigned char)edits.ptr[4] % 16u + 1, at = S_place(image, in_values, number, &room);
        edits = str_sub(edits, 5, edits.len);
        n = n < edits.len ? n : edits.len;
        fuzz_require(pwrite(fd, edits.ptr, n < room ? n : room, (off_t)at) >= 0, "cannot write");
        edits = str_sub(edits, n, edits.len);
    }
    close(fd);
}

/* Numbers of one and eight bytes, NULL, text, a blob; a blob that is cut; one with bytes behind it; a number near by. @
 * stands for the column. */
static const char *const REPLACED[] = {
    "?1", "?2", "NULL", "CAST(?3 AS TEXT)", "?3", "substr(@, 1, ?1)", "CAST(@ || ?3 AS BLOB)", "@ + ?1"};

static void S_update(const struct column_place *place, unsigned row, unsigned kind, struct buf *sql)
{
    buf_printf(sql, "UPDATE OR IGNORE \"%s\" SET \"%s\" = ", place->table, place->column);
    for (const char *c = REPLACED[kind]; *c; c++)
        if (*c == '@')
            buf_printf(sql, "\"%s\"", place->column);
        else
            buf_byte(sql, *c);
    if (place->rowid)
        buf_printf(sql, " WHERE rowid IN (SELECT rowid FROM \"%s\" LIMIT 1 OFFSET %u)", place->table, row);
}

static void S_replace(sqlite3 *db, const struct column_place *place, unsigned row, unsigned kind, struct str bytes)
{
    struct buf sql = {0};
    sqlite3_stmt *st;
    int64_t number = 0;
    memcpy(&number, bytes.ptr, bytes.len < sizeof number ? bytes.len : sizeof number);
    S_update(place, row, kind, &sql);
    if (sqlite3_prepare_v2(db, buf_cstr(&sql), -1, &st, NULL) == SQLITE_OK) {
        sqlite3_bind_int64(st, 1, bytes.len ? (signed char)bytes.ptr[0] : 0);
        sqlite3_bind_int64(st, 2, number);
        sqlite3_bind_blob(st, 3, bytes.ptr, (int)bytes.len, SQLITE_STATIC);
        sqlite3_step(st);
    }
    sqlite3_finalize(st);
    buf_deinit(&sql);
}

static void S_damage_rows(const struct image *image, struct str edits)
{
    sqlite3 *db;
    fuzz_require(sqlite3_open(image->shop.db, &db) == SQLITE_OK, "the database does not open");
    sqlite3_exec(db, "PRAGMA synchronous = OFF; BEGIN", NULL, NULL, NULL);
    while (edits.len >= 5) {
        const unsigned char *e = (const unsigned char *)edits.ptr;
        const struct column_place *place = &image->column[(e[0] | e[1] << 8) % image->n_columns];
        size_t n = e[4] % 16u;
        struct str bytes = str_sub(edits, 5, edits.len);
        bytes = str_sub(bytes, 0, n < bytes.len ? n : bytes.len);
        S_replace(db, place, e[2], e[3] % COUNT_OF(REPLACED), bytes);
        edits = str_sub(edits, 5 + bytes.len, edits.len);
    }
    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    sqlite3_close(db);
}

static void S_damage(const struct image *image, unsigned kind, struct str edits)
{
    fuzz_shop_write(&image->shop, "idem.db", image->bytes);
    if (kind == DAMAGE_ROWS)
        S_damage_rows(image, edits);
    else
        S_damage_bytes(image, kind == DAMAGE_VALUES, edits);
}

static void S_remove_beside(const struct image *image)
{
    static const char *const NAMES[] = {"idem.db-wal", "idem.db-shm", "idem.db-journal"};
    char path[128];
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        fuzz_shop_path(&image->shop, NAMES[i], path);
        unlink(path);
    }
}

/* ------------------------------------------------------------------ the calls */

static bool S_swallow(void *context, const void *bytes, size_t len)
{
    (void)context, (void)bytes, (void)len;
    return true;
}

static const char *const KEYS[] = {"crm:c1", "crm:c3", "crm:c9", "billing:b9", "crm:c12", "crm:c20"};

typedef enum idem_status call_fn(struct idem_session *s, char **json, struct idem_error *err);

static enum idem_status S_look(struct idem_session *s, char **json, struct idem_error *err)
{
    char master[37];
    enum idem_status status = IDEM_OK;
    for (size_t i = 0; i < COUNT_OF(KEYS) && (status == IDEM_OK || status == IDEM_NOT_FOUND); i++) {
        struct str key = str_from(KEYS[i]), source;
        str_next_piece(&key, ':', &source);
        status =
            idem_lookup(s, (struct idem_str){source.ptr, source.len}, (struct idem_str){key.ptr, key.len}, master, err);
    }
    idem_free(*json);
    *json = NULL;
    return status;
}

static enum idem_status S_show(struct idem_session *s, char **json, struct idem_error *err)
{
    for (size_t i = 0; i < COUNT_OF(KEYS); i++) {
        char *text = NULL;
        fuzz_answered(idem_show(s, KEYS[i], &text, err), err, &text);
        fuzz_answered(idem_history(s, KEYS[i], &text, err), err, &text);
    }
    *json = NULL;
    return IDEM_OK;
}

static enum idem_status S_why(struct idem_session *s, char **json, struct idem_error *err)
{
    char *text = NULL;
    fuzz_answered(idem_how(s, "crm:c12", &text, err), err, &text);
    return idem_why(s, "crm:c9", "billing:b9", json, err);
}

static enum idem_status S_export(struct idem_session *s, char **json, struct idem_error *err)
{
    static const enum idem_export_kind KINDS[] = {IDEM_EXPORT_CROSSWALK, IDEM_EXPORT_GOLDEN,  IDEM_EXPORT_RECORDS,
                                                  IDEM_EXPORT_REJECTS,   IDEM_EXPORT_CHANGES, IDEM_EXPORT_REVIEW,
                                                  IDEM_EXPORT_ALIASES};
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        struct idem_export_options options = {
            .kind = KINDS[i], .format = i % 2 ? IDEM_JSONL : IDEM_CSV, .provenance = true};
        fuzz_answered(idem_export(s, &options, S_swallow, NULL, err), err, NULL);
    }
    *json = NULL;
    return IDEM_OK;
}

static enum idem_status S_verify(struct idem_session *s, char **json, struct idem_error *err)
{
    const struct idem_verify_options options = {.threads = 1};
    return idem_verify(s, &options, json, err);
}

static enum idem_status S_tell(struct idem_session *s, char **json, struct idem_error *err)
{
    const struct idem_report_options options = {.html = true, .values = true};
    char *text = NULL;
    fuzz_answered(idem_runs(s, &text, err), err, &text);
    fuzz_answered(idem_diff(s, 1, 2, 0, &text, err), err, &text);
    fuzz_answered(idem_report(s, &options, &text, err), err, &text);
    return idem_db_status(s, json, err);
}

static enum idem_status S_people(struct idem_session *s, char **json, struct idem_error *err)
{
    const struct idem_audit_options audit = {.most = 100};
    char *text = NULL;
    fuzz_answered(idem_review(s, 0, &text, err), err, &text);
    fuzz_answered(idem_audit(s, &audit, &text, err), err, &text);
    return idem_dossier(s, "crm:c12", IDEM_DOSSIER_HTML, json, err);
}

static enum idem_status S_resolve(struct idem_session *s, char **json, struct idem_error *err)
{
    static const char RECORD[] = "{\"data_source\":\"billing\",\"record_id\":\"b77\",\"fields\":{\"full_name\":\"Elsa "
                                 "Moreau\",\"email\":\"p20@mail.example\",\"birth_date\":\"1960-03-16\"}}";
    const struct idem_field field[] = {{{"email", 5}, {"p20@mail.example", 16}}, {{"family_name", 11}, {"Rossi", 5}}};
    const struct idem_resolve_options options = {.now_ms = 1770000000000, .seed = 5};
    struct idem_str record = {RECORD, sizeof RECORD - 1};
    struct idem_resolver *r;
    char *text = NULL;
    size_t n_failed;
    enum idem_status status = idem_resolver_open(s, &r, err);
    if (status != IDEM_OK)
        return status;
    fuzz_answered(idem_search(r, field, COUNT_OF(field), NULL, &text, err), err, &text);
    status = idem_resolve(r, &record, 1, &options, json, &n_failed, err);
    idem_resolver_close(r);
    return status;
}

static enum idem_status S_apply(struct idem_session *s, char **json, struct idem_error *err)
{
    const struct idem_apply_options options = {.threads = 1, .seed = 3, .now_ms = 1771000000000};
    return idem_apply(s, &options, json, err);
}

static enum idem_status S_decide(struct idem_session *s, char **json, struct idem_error *err)
{
    const struct idem_steward_options options = {.now_ms = 1771000000000, .seed = 3};
    return idem_decide(s, "crm:c5", "billing:b5", "different", &options, json, err);
}

static enum idem_status S_erase(struct idem_session *s, char **json, struct idem_error *err)
{
    static const char *const key[] = {"crm:c12"};
    const struct idem_erase_options options = {.now_ms = 1771000000000, .seed = 3};
    return idem_erase(s, key, 1, &options, json, err);
}

static enum idem_status S_roll_back(struct idem_session *s, char **json, struct idem_error *err)
{
    const struct idem_rollback_options options = {.run = 5, .now_ms = 1771000000000, .threads = 1};
    return idem_rollback(s, &options, json, err);
}

static enum idem_status S_train(struct idem_session *s, char **json, struct idem_error *err)
{
    const struct idem_train_options options = {.now_ms = 1771000000000, .threads = 1};
    return idem_train(s, &options, json, err);
}

static const struct {
    call_fn *call;
    enum idem_open_mode mode;
    const char *as_of;
} CALLS[] = {{S_look, IDEM_READ, NULL},    {S_show, IDEM_READ, NULL},     {S_why, IDEM_READ, NULL},
             {S_export, IDEM_READ, NULL},  {S_verify, IDEM_READ, NULL},   {S_tell, IDEM_READ, NULL},
             {S_people, IDEM_READ, NULL},  {S_resolve, IDEM_WRITE, NULL}, {S_apply, IDEM_WRITE, NULL},
             {S_decide, IDEM_WRITE, NULL}, {S_erase, IDEM_WRITE, NULL},   {S_roll_back, IDEM_WRITE, NULL},
             {S_train, IDEM_WRITE, NULL},  {S_look, IDEM_READ, "1"},      {S_show, IDEM_READ, "1"}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2)
        return 0;
    struct image *image = &images[data[1] & 1];
    if (!image->bytes.len) {
        if (!images[0].bytes.len && !images[1].bytes.len)
            atexit(S_forget);
        S_make(image, data[1] & 1);
    }
    struct idem_error err = {0};
    S_remove_beside(image);
    S_damage(image, (data[1] >> 1) % 3, fuzz_text(data + 2, len - 2));
    unsigned call = data[0] % COUNT_OF(CALLS);
    struct idem_session *s = fuzz_shop_session_then(&image->shop, CALLS[call].mode, CALLS[call].as_of, &err);
    if (s) {
        char *json = NULL;
        err = (struct idem_error){0};
        enum idem_status status = CALLS[call].call(s, &json, &err);
        fuzz_answered(status, &err, &json);
        idem_close(s);
    }
    return 0;
}

/* What the tests of store/ share: a folder that goes away, keys, and a small database of known content. */
#ifndef IDEM_TESTS_STORE_FIXTURE_H
#define IDEM_TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/file.h"
#include "store/segment.h"
#include "store/store.h"

static char fixture_folder[64];

static int fixture_start(void **state)
{
    (void)state;
    snprintf(fixture_folder, sizeof fixture_folder, "/tmp/idem-store-XXXXXX");
    return mkdtemp(fixture_folder) ? 0 : -1;
}

static int fixture_end(void **state)
{
    (void)state;
    char command[256];
    snprintf(command, sizeof command, "chmod -R u+w %s; rm -rf %s", fixture_folder, fixture_folder);
    return system(command);
}

/* One of four rotating buffers. */
static inline const char *fixture_path(const char *name)
{
    static char path[4][256];
    static unsigned next;
    char *p = path[next++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", fixture_folder, name);
    return p;
}

/* Fails the test with the error's message. */
#define OK(call)                                                                                                       \
    do {                                                                                                               \
        enum idem_status ok_status_ = (call);                                                                          \
        if (ok_status_ != IDEM_OK)                                                                                     \
            fail_msg("%s: %s", #call, err.message);                                                                    \
    } while (0)

static inline struct keyring *fixture_keys(const char *name)
{
    struct idem_error err = {0};
    struct keyring *k = NULL;
    if (!file_exists(fixture_path(name)))
        OK(seal_key_file_create(fixture_path(name), &err));
    OK(keyring_open(fixture_path(name), &k, &err));
    return k;
}

/* "<rid>/<generation>": a packed record to the store is any bytes. */
static inline void fixture_pack(void *context, size_t i, struct buf *out)
{
    const struct store_record *record = context;
    buf_printf(out, "packed %lld/%lld", (long long)record[i].rid, (long long)record[i].run);
}

enum { FIXTURE_RECORDS = 100, FIXTURE_MASTERS = 60 };

/* Record k (from 0): source 1 + k % 3, id "R-<k>", master of k % 60. */
static inline void fixture_record(struct store_record *r, char id[24], int64_t k, int64_t first_mid)
{
    snprintf(id, 24, "R-%03lld", (long long)k);
    *r = (struct store_record){.rid = k + 1,
                               .source = 1 + k % 3,
                               .record_id = str_from(id),
                               .mid = first_mid + k % FIXTURE_MASTERS,
                               .fingerprint = 1000 + (uint64_t)k,
                               .run = 1};
}

static inline void fixture_uuid(uint8_t uuid[16], int64_t k)
{
    memset(uuid, 0, 16);
    uuid[0] = 0x01;
    uuid[6] = 0x70;
    uuid[8] = 0x80;
    uuid[14] = (uint8_t)(k >> 8);
    uuid[15] = (uint8_t)k;
}

static inline void fixture_master(struct store_master *m, int64_t k, int64_t first_mid)
{
    *m = (struct store_master){
        .mid = first_mid + k, .n = k < FIXTURE_RECORDS - FIXTURE_MASTERS ? 2 : 1, .prov = STR("prov")};
    fixture_uuid(m->uuid, k);
}

static const struct schema fixture_schema = {.n_fields = 3,
                                             .field = {{.name = {"email", 5}, .type = FIELD_EMAIL, .personal = true},
                                                       {.name = {"city", 4}, .type = FIELD_CITY},
                                                       {.name = {"say \"hi\"", 8}, .type = FIELD_TEXT}}};

/* Fills an open write transaction of a first build. Source 3 ("support") has personal ids. */
static inline void fixture_fill(struct store *s)
{
    struct idem_error err = {0};
    static const char *const names[] = {"crm", "billing", "support"};
    struct store_record record[FIXTURE_RECORDS];
    struct store_master master[FIXTURE_MASTERS];
    char id[FIXTURE_RECORDS][24];
    for (unsigned i = 0; i < 3; i++)
        OK(store_put_source(
            s, &(struct store_source){.name = str_from(names[i]), .personal_ids = i == 2, .facts = STR("{}")}, &err));
    OK(store_put_fields(s, &fixture_schema, &err));
    assert_int_equal(store_take_rids(s, FIXTURE_RECORDS), 1);
    int64_t mid = store_take_mids(s, FIXTURE_MASTERS);
    for (int64_t k = 0; k < FIXTURE_RECORDS; k++)
        fixture_record(&record[k], id[k], k, mid);
    for (int64_t k = 0; k < FIXTURE_MASTERS; k++)
        fixture_master(&master[k], k, mid);
    OK(store_put_leaves(s, record, FIXTURE_RECORDS, fixture_pack, record, 0, 2, &err));
    OK(store_put_masters(s, master, FIXTURE_MASTERS, &err));
    OK(store_put_records(s, record, FIXTURE_RECORDS, &err));
    struct str value[3] = {STR("a@example.org"), STR("Leeds"), {NULL, 0}};
    OK(store_put_golden(s, &(struct store_golden){mid, value}, 1, &err));
    store_set_last_id_ms(s, 1700000000000);
    OK(store_put_run(s,
                     &(struct store_run){.committed = true,
                                         .started_ms = 1700000000000,
                                         .finished_ms = 1700000001500,
                                         .now_ms = 1700000000123,
                                         .by = STR("tester"),
                                         .version = STR("0.1.0"),
                                         .normaliser = STR("n1"),
                                         .report = STR("{\"read\":100}")},
                     &err));
}

/* A committed database; `keys` NULL: clear. The store is open for writing. */
static inline struct store *fixture_build(const char *name, struct keyring *keys)
{
    struct idem_error err = {0};
    struct store *s;
    unlink(fixture_path(name));
    struct store_create_options options = {
        .path = fixture_path(name), .keys = keys, .normaliser = STR("n1"), .now_ms = 1700000000000};
    OK(store_create(&options, &s, &err));
    fixture_fill(s);
    OK(store_commit(s, &err));
    return s;
}

static inline struct store *fixture_open(const char *name, enum store_mode mode, struct keyring *keys)
{
    struct idem_error err = {0};
    struct store *s;
    OK(store_open(&(struct store_options){.path = fixture_path(name), .mode = mode, .keys = keys}, &s, &err));
    return s;
}

/* Runs SQL as sqlite3 would; the rows as "a|b\nc|d\n". Freed by the caller. */
static inline char *fixture_sql(const char *name, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *st;
    struct buf out = {0};
    assert_int_equal(sqlite3_open_v2(fixture_path(name), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL),
                     SQLITE_OK);
    for (const char *rest = sql; *rest;) {
        if (sqlite3_prepare_v2(db, rest, -1, &st, &rest) != SQLITE_OK)
            fail_msg("%s: %s", sql, sqlite3_errmsg(db));
        int code = SQLITE_DONE;
        while (st && (code = sqlite3_step(st)) == SQLITE_ROW)
            for (int i = 0, n = sqlite3_column_count(st); i < n; i++)
                buf_printf(&out, "%s%s",
                           sqlite3_column_type(st, i) == SQLITE_NULL ? "NULL"
                                                                     : (const char *)sqlite3_column_text(st, i),
                           i + 1 < n ? "|" : "\n");
        if (code != SQLITE_DONE)
            fail_msg("%s: %s", sql, sqlite3_errmsg(db));
        sqlite3_finalize(st);
    }
    sqlite3_close(db);
    return buf_cstr(&out);
}

static inline void fixture_expect_sql(const char *name, const char *sql, const char *expected)
{
    char *got = fixture_sql(name, sql);
    if (strcmp(got, expected) != 0)
        fail_msg("%s\n  gives    %s\n  expected %s", sql, got, expected);
    free(got);
}

#endif

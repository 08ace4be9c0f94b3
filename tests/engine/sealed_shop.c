#include "sealed_shop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/buf.h"
#include "base/file.h"

static const char CONFIG[] =
    "{'entity':'person','sources':["
    "{'name':'crm','path':'crm.csv','record_id':'id','fields':{'given_name':'first','family_name':'last',"
    "'birth_date':'dob','email':'email','city':'city'}},"
    "{'name':'web','path':'web.csv','record_id':'email','fields':{'given_name':'first','family_name':'last',"
    "'birth_date':'dob','email':'email','city':'city'}}],"
    "'matching':{'thresholds':{'match':4},'blocking':[['family_name.phonetic','birth_date'],['email']]},'gates':{'max_"
    "churn':1,'max_merged_masters':1,'max_gone':1},"
    "'privacy':{'record_ids':{'web':'token'},'key_file':'idem.key'}}";

static void S_person(struct buf *out, int i, bool crm, const char *city)
{
    static const char *const FIRST[] = {"Ann", "Bert", "Carla", "Dirk", "Elsa", "Fred", "Gina", "Hugo", "Ines", "Jan"};
    static const char *const LAST[] = {"Moreau", "Petersen", "Quandt", "Rossi",  "Silva",
                                       "Tanaka", "Ulrich",   "Vargas", "Wagner", "Zeman"};
    const char *f = FIRST[i % 10], *l = LAST[(i / 10 + i) % 10];
    if (crm)
        buf_printf(out, "c%d,", i);
    buf_printf(out, "%s,%s,19%02d-0%d-1%d,%s.%s%d@mail.example,%s%d\n", f, l, 40 + i / 2, 1 + i % 9, i % 7, f, l, i,
               city, i % 5);
}

static void S_files(struct workshop *w, const char *city)
{
    struct buf crm = {0}, web = {0};
    buf_str(&crm, STR("id,first,last,dob,email,city\n"));
    buf_str(&web, STR("first,last,dob,email,city\n"));
    for (int i = 0; i < 80; i++)
        S_person(&crm, i, true, i < 10 ? city : "Town");
    for (int i = 0; i < 80; i += 2)
        S_person(&web, i, false, "Town");
    buf_str(&crm, STR("c900,\"Rejected,Row\n"));
    workshop_write(w, "crm.csv", buf_cstr(&crm));
    workshop_write(w, "web.csv", buf_cstr(&web));
    buf_deinit(&crm);
    buf_deinit(&web);
}

static void S_done(struct workshop *w, enum idem_status status, char **json)
{
    if (status != IDEM_OK)
        fail_msg("%s", w->err.message);
    idem_free(*json);
}

static void S_steward(struct workshop *w)
{
    const struct idem_steward_options options = {
        .by = "ada", .reason = "they told us", .now_ms = 1795000000001, .seed = 77};
    const char *const pair[] = {"crm:c3", "crm:c5"};
    struct idem_session *s = sealed_shop_session(w, IDEM_WRITE, false);
    char *json = NULL;
    S_done(w, idem_decide(s, "crm:c1", "crm:c7", "different", &options, &json, &w->err), &json);
    S_done(w, idem_merge(s, pair, 2, &options, &json, &w->err), &json);
    S_done(w, idem_pin(s, "crm:c9", "city", "Pinned", NULL, &options, &json, &w->err), &json);
    idem_close(s);
}

void sealed_shop_open(struct workshop *w)
{
    workshop_open(w);
    workshop_config(w, CONFIG);
    if (idem_key_create(workshop_path(w, "idem.key"), NULL, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    S_files(w, "Town");
    workshop_run(w);
    S_files(w, "City");
    workshop_run(w);
    S_steward(w);
}

struct idem_session *sealed_shop_session(struct workshop *w, enum idem_open_mode mode, bool masked)
{
    struct idem_open_options options = {.config_path = workshop_path(w, "idem.json"),
                                        .db_path = workshop_path(w, "idem.db"),
                                        .mode = mode,
                                        .masked = masked,
                                        .wait_ms = 10000,
                                        .by = "tester",
                                        .purpose = "a test"};
    struct idem_session *s;
    if (idem_open(&options, &s, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    return s;
}

static void S_cell(struct buf *out, sqlite3_stmt *st, int i)
{
    const unsigned char *bytes = sqlite3_column_blob(st, i);
    if (sqlite3_column_type(st, i) != SQLITE_BLOB) {
        buf_printf(out, "%s",
                   sqlite3_column_type(st, i) == SQLITE_NULL ? "NULL" : (const char *)sqlite3_column_text(st, i));
        return;
    }
    for (int k = 0; k < sqlite3_column_bytes(st, i); k++)
        buf_printf(out, "%02x", bytes[k]);
}

const char *sealed_shop_sql(struct workshop *w, const char *name, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *st;
    struct buf out = {0};
    assert_int_equal(sqlite3_open_v2(workshop_path(w, name), &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    for (const char *rest = sql; *rest;) {
        int code = SQLITE_DONE;
        if (sqlite3_prepare_v2(db, rest, -1, &st, &rest) != SQLITE_OK)
            fail_msg("%s: %s", sql, sqlite3_errmsg(db));
        while (st && (code = sqlite3_step(st)) == SQLITE_ROW)
            for (int i = 0, n = sqlite3_column_count(st); i < n; i++) {
                S_cell(&out, st, i);
                buf_byte(&out, i + 1 < n ? '|' : '\n');
            }
        if (code != SQLITE_DONE)
            fail_msg("%s: %s", sql, sqlite3_errmsg(db));
        sqlite3_finalize(st);
    }
    sqlite3_close(db);
    const char *text = str_cstr(&w->arena, buf_view(&out));
    buf_deinit(&out);
    return text;
}

void sealed_shop_copy(struct workshop *w, const char *from, const char *to)
{
    struct str bytes;
    struct arena a = {0};
    if (file_read(workshop_path(w, from), (size_t)1 << 30, &a, &bytes, &w->err) != IDEM_OK ||
        file_write_atomic(workshop_path(w, to), bytes, 0600, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    arena_deinit(&a);
}

json_t *sealed_shop_verify(struct workshop *w, const char *head, enum idem_status *status)
{
    struct idem_verify_options options = {.head = head, .threads = 2};
    struct idem_session *s = sealed_shop_session(w, IDEM_READ, false);
    json_t *result = NULL;
    char *text = NULL;
    *status = idem_verify(s, &options, &text, &w->err);
    idem_close(s);
    if (text && json_parse(str_from(text), "verify", &result, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    idem_free(text);
    return result;
}

const char *sealed_shop_broken(struct workshop *w, const char *head)
{
    enum idem_status status;
    struct buf out = {0};
    json_t *result = sealed_shop_verify(w, head, &status), *checks = json_object_get(result, "checks");
    if (!result)
        fail_msg("%s", w->err.message);
    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *check = json_array_get(checks, i), *places = json_object_get(check, "places");
        for (size_t k = 0; k < json_array_size(places); k++)
            buf_printf(&out, "%s: %s\n", json_string_value(json_object_get(check, "check")),
                       json_string_value(json_array_get(places, k)));
    }
    assert_int_equal(status, out.len ? IDEM_CORRUPT : IDEM_OK);
    assert_int_equal(json_is_true(json_object_get(result, "sound")), out.len == 0);
    const char *text = str_cstr(&w->arena, buf_view(&out));
    buf_deinit(&out);
    json_decref(result);
    return text;
}

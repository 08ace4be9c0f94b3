/* The loadable extension, through SQLite's own interface, on a sealed database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "sealed_shop.h"

static sqlite3 *S_connect(struct workshop *w, const char *name, int mode)
{
    sqlite3 *db;
    char *message = NULL;
    const char *path = strcmp(name, ":memory:") == 0 ? name : workshop_path(w, name);
    assert_int_equal(sqlite3_open_v2(path, &db, mode, NULL), SQLITE_OK);
    sqlite3_enable_load_extension(db, 1);
    if (sqlite3_load_extension(db, EXTENSION, NULL, &message) != SQLITE_OK)
        fail_msg("%s", message);
    return db;
}

static sqlite3 *S_open(struct workshop *w)
{
    return S_connect(w, "idem.db", SQLITE_OPEN_READONLY);
}

/* The first column of the first row, "NULL", or the message of the error. */
static const char *S_ask(struct workshop *w, sqlite3 *db, const char *sql)
{
    sqlite3_stmt *st;
    const char *text;
    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
        return str_cstr(&w->arena, str_from(sqlite3_errmsg(db)));
    int code = sqlite3_step(st);
    if (code == SQLITE_ROW)
        text = sqlite3_column_type(st, 0) == SQLITE_NULL ? "NULL" : (const char *)sqlite3_column_text(st, 0);
    else
        text = code == SQLITE_DONE ? "no row" : sqlite3_errmsg(db);
    text = str_cstr(&w->arena, str_from(text));
    sqlite3_finalize(st);
    return text;
}

static const char *S_value(struct workshop *w, sqlite3 *db, const char *key, const char *field)
{
    struct str whole = str_from(key);
    size_t colon = str_find_byte(whole, ':');
    struct str source = str_sub(whole, 0, colon), id = str_sub(whole, colon + 1, whole.len);
    return S_ask(w, db,
                 str_cstr(&w->arena, arena_printf(&w->arena, "SELECT idem_golden(idem_lookup('%.*s', '%.*s'), '%s')",
                                                  STR_ARG(source), STR_ARG(id), field)));
}

static unsigned S_notes(struct workshop *w, const char *verb)
{
    return (unsigned)atoi(sealed_shop_sql(
        w, "idem.db",
        str_cstr(&w->arena, arena_printf(&w->arena, "SELECT count(*) FROM t_audit WHERE verb = '%s'", verb))));
}

static void the_values_are_those_of_show(void **state)
{
    (void)state;
    static const char *const FIELDS[] = {"given_name", "family_name", "birth_date", "email", "city"};
    struct workshop w;
    sealed_shop_open(&w);
    sqlite3 *db = S_open(&w);
    for (int i = 0; i < 80; i += 3)
        for (size_t f = 0; f < COUNT_OF(FIELDS); f++) {
            const char *key = str_cstr(&w.arena, arena_printf(&w.arena, "crm:c%d", i));
            assert_string_equal(S_value(&w, db, key, FIELDS[f]), workshop_golden(&w, key, FIELDS[f]));
        }
    assert_string_equal(S_value(&w, db, "crm:c9", "city"), "Pinned");
    assert_string_equal(S_value(&w, db, "web:Elsa.Silva4@mail.example", "given_name"), "Elsa");
    sqlite3_close(db);
    workshop_close(&w);
}

static void a_whole_table_is_read_by_one_query(void **state)
{
    (void)state;
    struct workshop w;
    sealed_shop_open(&w);
    sqlite3 *db = S_open(&w);
    const char *n = S_ask(&w, db, "SELECT count(*) FROM golden");
    assert_true(atoi(n) > 60);
    assert_string_equal(S_ask(&w, db,
                              "SELECT count(*) FROM golden AS g WHERE g.email IS NULL AND "
                              "idem_golden(g.master_id, 'email') LIKE '%@mail.example'"),
                        n);
    assert_string_equal(S_ask(&w, db,
                              "SELECT count(*) FROM crosswalk WHERE data_source = 'crm' AND "
                              "idem_lookup(data_source, record_id) = master_id"),
                        "80");
    sqlite3_close(db);
    workshop_close(&w);
}

static void an_id_that_was_merged_gives_the_survivor(void **state)
{
    (void)state;
    struct workshop w;
    sealed_shop_open(&w);
    sqlite3 *db = S_open(&w);
    assert_int_not_equal(atoi(S_ask(&w, db, "SELECT count(*) FROM master WHERE status = 'redirected'")), 0);
    assert_string_equal(S_ask(&w, db,
                              "SELECT count(*) FROM master WHERE status = 'redirected' AND "
                              "idem_golden(master_id, 'email') IS NOT idem_golden(redirect_to, 'email')"),
                        "0");
    assert_string_equal(S_ask(&w, db,
                              "SELECT count(*) FROM master WHERE status = 'redirected' AND "
                              "idem_golden(master_id, 'email') IS NULL"),
                        "0");
    sqlite3_close(db);
    workshop_close(&w);
}

static void what_is_unknown_is_null_and_what_is_wrong_says_so(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *gives;
    } CASES[] = {
        {"SELECT idem_golden('01935d2e-7a10-7c33-8f00-3b1d0c5e9a42', 'email')", "NULL"},
        {"SELECT idem_golden('nobody', 'email')", "NULL"},
        {"SELECT idem_golden(NULL, 'email')", "NULL"},
        {"SELECT idem_golden(idem_lookup('crm', 'c1'), NULL)", "NULL"},
        {"SELECT idem_lookup('crm', 'nobody')", "NULL"},
        {"SELECT idem_lookup('nowhere', 'c1')", "NULL"},
        {"SELECT idem_lookup('', 'c1')", "NULL"},
        {"SELECT idem_lookup('crm', NULL)", "NULL"},
        {"SELECT idem_golden(idem_lookup('crm', 'c1'), 'emial')",
         "idem: unknown field \"emial\", did you mean \"email\"?"},
        {"SELECT idem_golden('nobody', 'shoe_size_of_the_person')",
         "idem: unknown field \"shoe_size_of_the_person\"; the columns of the view golden are the fields"},
        {"SELECT idem_golden('x')", "wrong number of arguments to function idem_golden()"},
    };
    struct workshop w;
    sealed_shop_open(&w);
    sqlite3 *db = S_open(&w);
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        assert_string_equal(S_ask(&w, db, CASES[i].sql), CASES[i].gives);
    assert_int_equal(S_notes(&w, "sql"), 0);
    sqlite3_close(db);
    db = S_connect(&w, ":memory:", SQLITE_OPEN_READWRITE);
    assert_non_null(strstr(S_ask(&w, db, "SELECT idem_lookup('crm', 'c1')"), "no database file"));
    sqlite3_close(db);
    workshop_close(&w);
}

static void what_a_connection_shows_is_noted_once(void **state)
{
    (void)state;
    struct workshop w;
    sealed_shop_open(&w);
    sqlite3 *db = S_open(&w);
    S_ask(&w, db, "SELECT idem_lookup('crm', 'c1')");
    assert_int_equal(S_notes(&w, "sql"), 0); /* an id is no value */
    assert_string_equal(S_value(&w, db, "crm:c4", "given_name"), "Elsa");
    assert_int_equal(S_notes(&w, "sql"), 1);
    S_value(&w, db, "crm:c5", "given_name");
    assert_int_equal(S_notes(&w, "sql"), 1);
    sqlite3 *other = S_open(&w);
    S_value(&w, other, "crm:c5", "given_name");
    assert_int_equal(S_notes(&w, "sql"), 2);
    sqlite3_close(other);
    sqlite3_close(db);
    assert_string_equal(sealed_shop_broken(&w, NULL), "");
    workshop_close(&w);
}

static void what_others_commit_is_seen(void **state)
{
    (void)state;
    struct workshop w;
    char *json = NULL;
    sealed_shop_open(&w);
    sqlite3 *db = S_open(&w);
    assert_string_not_equal(S_value(&w, db, "crm:c20", "city"), "Newtown");
    struct idem_session *s = sealed_shop_session(&w, IDEM_WRITE, false);
    assert_int_equal(idem_pin(s, "crm:c20", "city", "Newtown", NULL, NULL, &json, &w.err), IDEM_OK);
    idem_free(json);
    idem_close(s);
    assert_string_equal(S_value(&w, db, "crm:c20", "city"), "Newtown");
    sqlite3_close(db);
    workshop_close(&w);
}

static void without_the_key_there_are_ids_and_no_values(void **state)
{
    (void)state;
    struct workshop w;
    sealed_shop_open(&w);
    const char *known = workshop_master(&w, "crm:c4");
    assert_int_equal(rename(workshop_path(&w, "idem.key"), workshop_path(&w, "other.key")), 0);
    sqlite3 *db = S_open(&w);
    assert_string_equal(S_ask(&w, db, "SELECT idem_lookup('crm', 'c4')"), known);
    assert_non_null(strstr(S_value(&w, db, "crm:c4", "email"), "idem: the values are sealed and the key file"));
    assert_non_null(strstr(S_ask(&w, db, "SELECT idem_lookup('web', 'Elsa.Silva4@mail.example')"), "key"));
    sqlite3_close(db);
    setenv("IDEM_KEY_FILE", workshop_path(&w, "other.key"), 1);
    db = S_open(&w);
    assert_string_equal(S_value(&w, db, "crm:c4", "given_name"), "Elsa");
    sqlite3_close(db);
    unsetenv("IDEM_KEY_FILE");
    workshop_close(&w);
}

static bool S_passphrase(void *context, char *text, size_t room, size_t *len)
{
    (void)room;
    *len = strlen(context);
    memcpy(text, context, *len);
    return true;
}

static void the_passphrase_comes_from_its_file(void **state)
{
    (void)state;
    struct workshop w;
    char words[] = "correct horse";
    struct idem_passphrase after = {S_passphrase, words};
    sealed_shop_open(&w);
    assert_int_equal(idem_key_passphrase(workshop_path(&w, "idem.key"), NULL, &after, &w.err), IDEM_OK);
    sqlite3 *db = S_open(&w);
    assert_non_null(strstr(S_value(&w, db, "crm:c4", "given_name"), "idem: "));
    sqlite3_close(db);
    workshop_write(&w, "words", "correct horse\n");
    setenv("IDEM_PASSPHRASE_FILE", workshop_path(&w, "words"), 1);
    db = S_open(&w);
    assert_string_equal(S_value(&w, db, "crm:c4", "given_name"), "Elsa");
    sqlite3_close(db);
    unsetenv("IDEM_PASSPHRASE_FILE");
    workshop_close(&w);
}

static void nothing_is_shown_inside_a_write_transaction(void **state)
{
    (void)state;
    struct workshop w;
    sealed_shop_open(&w);
    sqlite3 *db = S_connect(&w, "idem.db", SQLITE_OPEN_READWRITE);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_non_null(strstr(S_value(&w, db, "crm:c4", "given_name"), "commit first"));
    assert_int_equal(sqlite3_exec(db, "COMMIT; BEGIN", NULL, NULL, NULL), SQLITE_OK);
    assert_string_equal(S_value(&w, db, "crm:c4", "given_name"), "Elsa");
    sqlite3_close(db);
    workshop_close(&w);
}

/* In a process without root's rights: 0 when the value is masked. */
static int S_masked_child(struct workshop *w)
{
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
        return 2;
    sqlite3 *db = S_connect(w, "idem.db", SQLITE_OPEN_READONLY);
    const char *value = S_value(w, db, "crm:c4", "given_name");
    sqlite3_close(db);
    if (strncmp(value, "E*** ~", 6) == 0)
        return 0;
    fprintf(stderr, "%s\n", value);
    return 1;
}

static void a_database_that_cannot_be_written_is_masked(void **state)
{
    (void)state;
    struct workshop w;
    int status;
    sealed_shop_open(&w);
    assert_int_equal(chmod(workshop_path(&w, "idem.db"), 0444), 0);
    assert_int_equal(chown(workshop_path(&w, "idem.key"), geteuid() ? geteuid() : 65534, (gid_t)-1), 0);
    assert_int_equal(chmod(w.folder, 0555), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child)
        _exit(S_masked_child(&w));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(chmod(w.folder, 0755), 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    workshop_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_values_are_those_of_show),
        cmocka_unit_test(a_whole_table_is_read_by_one_query),
        cmocka_unit_test(an_id_that_was_merged_gives_the_survivor),
        cmocka_unit_test(what_is_unknown_is_null_and_what_is_wrong_says_so),
        cmocka_unit_test(what_a_connection_shows_is_noted_once),
        cmocka_unit_test(what_others_commit_is_seen),
        cmocka_unit_test(without_the_key_there_are_ids_and_no_values),
        cmocka_unit_test(the_passphrase_comes_from_its_file),
        cmocka_unit_test(nothing_is_shown_inside_a_write_transaction),
        cmocka_unit_test(a_database_that_cannot_be_written_is_masked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

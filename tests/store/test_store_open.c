#include "store_fixture.h"

#include <fcntl.h>

static void a_database_says_what_it_is(void **state)
{
    (void)state;
    struct keyring *k = fixture_keys("a.key"), *again = fixture_keys("a.key");
    store_close(fixture_build("a.db", k));
    struct store *s = fixture_open("a.db", STORE_READ, again);
    const struct store_info *info = store_info(s);
    char id[9];
    keyring_id(k, id);
    assert_true(info->sealed && info->has_key);
    assert_string_equal(info->key_id, id);
    assert_int_equal(info->schema, 4);
    assert_true(info->created_ms == 1700000000000);
    assert_true(str_eq(info->normaliser, STR("n1")));
    assert_true(store_last_id_ms(s) == 1700000000000);
    assert_int_equal(store_next_run(s), 2);
    store_close(s);
    keyring_close(k);
    keyring_close(again);
}

static void a_clear_database_needs_no_key(void **state)
{
    (void)state;
    store_close(fixture_build("clear.db", NULL));
    struct store *s = fixture_open("clear.db", STORE_WRITE, NULL);
    assert_true(!store_info(s)->sealed && store_info(s)->has_key);
    store_close(s);
}

static void a_database_is_not_for_everybody_to_read(void **state)
{
    (void)state;
    struct stat st;
    store_close(fixture_build("mode.db", NULL));
    assert_int_equal(stat(fixture_path("mode.db"), &st), 0);
    assert_int_equal(st.st_mode & 07, 0);
}

static void S_expect(const char *name, enum store_mode mode, struct keyring *keys, enum idem_status status,
                     const char *says)
{
    struct idem_error err = {0};
    struct store *s;
    assert_int_equal(
        store_open(&(struct store_options){.path = fixture_path(name), .mode = mode, .keys = keys}, &s, &err), status);
    assert_null(s);
    if (!strstr(err.message, says) || !strstr(err.message, name) || strchr(err.message, '\n'))
        fail_msg("message \"%s\" does not name %s and say \"%s\" in one line", err.message, name, says);
}

static void what_is_not_there_is_not_found(void **state)
{
    (void)state;
    S_expect("none.db", STORE_READ, NULL, IDEM_NOT_FOUND, "idem apply");
    S_expect("none.db", STORE_WRITE, NULL, IDEM_NOT_FOUND, "idem apply");
    assert_false(file_exists(fixture_path("none.db")));
}

static void what_is_not_a_database_is_refused(void **state)
{
    (void)state;
    struct idem_error err = {0};
    char noise[20000];
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (char)(i * 7 + 13);
    OK(file_write_new(fixture_path("text.db"), STR("data_source,record_id\n"), 0600, &err));
    OK(file_write_new(fixture_path("noise.db"), (struct str){noise, sizeof noise}, 0600, &err));
    OK(file_write_new(fixture_path("empty.db"), STR(""), 0600, &err));
    for (int mode = STORE_READ; mode <= STORE_WRITE; mode++) {
        S_expect("text.db", (enum store_mode)mode, NULL, IDEM_CORRUPT, "not a database");
        S_expect("noise.db", (enum store_mode)mode, NULL, IDEM_CORRUPT, "not a database");
        S_expect("empty.db", (enum store_mode)mode, NULL, IDEM_CORRUPT, "empty file");
        S_expect(".", (enum store_mode)mode, NULL, IDEM_CORRUPT, "not a regular file");
    }
}

static void a_database_of_another_program_is_refused(void **state)
{
    (void)state;
    sqlite3 *db;
    assert_int_equal(sqlite3_open(fixture_path("other.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE t(x)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    S_expect("other.db", STORE_READ, NULL, IDEM_CORRUPT, "not one of idem");
    S_expect("other.db", STORE_WRITE, NULL, IDEM_CORRUPT, "not one of idem");
}

static void a_newer_schema_is_refused(void **state)
{
    (void)state;
    store_close(fixture_build("newer.db", NULL));
    free(fixture_sql("newer.db", "PRAGMA user_version = 5"));
    S_expect("newer.db", STORE_READ, NULL, IDEM_CORRUPT, "made by a newer idem");
    S_expect("newer.db", STORE_WRITE, NULL, IDEM_CORRUPT, "made by a newer idem");
}

static void a_truncated_file_is_damaged(void **state)
{
    (void)state;
    for (unsigned pages = 1; pages < 20; pages += 6) {
        store_close(fixture_build("cut.db", NULL));
        assert_int_equal(truncate(fixture_path("cut.db"), pages * 8192 + 100), 0);
        S_expect("cut.db", STORE_READ, NULL, IDEM_CORRUPT, "damaged");
        S_expect("cut.db", STORE_WRITE, NULL, IDEM_CORRUPT, "damaged");
    }
}

static void a_missing_description_is_damage(void **state)
{
    (void)state;
    store_close(fixture_build("nometa.db", NULL));
    free(fixture_sql("nometa.db", "DELETE FROM t_meta WHERE key = 'database_id'"));
    S_expect("nometa.db", STORE_READ, NULL, IDEM_CORRUPT, "damaged");
    free(fixture_sql("nometa.db", "DROP VIEW meta; DROP VIEW event; DROP TABLE t_meta"));
    S_expect("nometa.db", STORE_READ, NULL, IDEM_CORRUPT, "cannot be used");
}

static void the_wrong_key_is_named(void **state)
{
    (void)state;
    struct keyring *k = fixture_keys("a.key"), *other = fixture_keys("other.key");
    store_close(fixture_build("key.db", k));
    S_expect("key.db", STORE_READ, other, IDEM_INVALID, "wrong key");
    S_expect("key.db", STORE_WRITE, other, IDEM_INVALID, "wrong key");
    keyring_close(k);
    keyring_close(other);
}

static void without_its_key_a_sealed_database_is_read_but_not_written(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct keyring *k = fixture_keys("a.key");
    struct arena a = {0};
    struct store_record record;
    char uuid[37];
    store_close(fixture_build("nokey.db", k));
    keyring_close(k);
    S_expect("nokey.db", STORE_WRITE, NULL, IDEM_INVALID, "--key");
    struct store *s = fixture_open("nokey.db", STORE_READ, NULL);
    assert_false(store_info(s)->has_key);
    OK(store_lookup(s, STR("crm"), STR("R-000"), uuid, &err));
    assert_int_equal(store_lookup(s, STR("support"), STR("R-002"), uuid, &err), IDEM_INVALID);
    assert_non_null(strstr(err.message, "--key"));
    assert_int_equal(store_get_record(s, 1, true, &a, &record, &err), IDEM_INVALID);
    OK(store_get_record(s, 1, false, &a, &record, &err));
    arena_deinit(&a);
    store_close(s);
}

static void another_writer_makes_it_busy(void **state)
{
    (void)state;
    struct idem_error err = {0};
    store_close(fixture_build("busy.db", NULL));
    struct store *one = fixture_open("busy.db", STORE_WRITE, NULL), *two = fixture_open("busy.db", STORE_WRITE, NULL);
    OK(store_begin(one, &err));
    assert_int_equal(store_begin(two, &err), IDEM_BUSY);
    assert_non_null(strstr(err.message, "another process is writing"));
    char uuid[37];
    OK(store_lookup(two, STR("crm"), STR("R-000"), uuid, &err)); /* readers go on */
    store_rollback(one);
    OK(store_begin(two, &err));
    store_close(one);
    store_close(two);
}

static void a_busy_wait_ends_in_time(void **state)
{
    (void)state;
    struct idem_error err = {0};
    store_close(fixture_build("wait.db", NULL));
    struct store *one = fixture_open("wait.db", STORE_WRITE, NULL), *two;
    OK(store_open(&(struct store_options){.path = fixture_path("wait.db"), .mode = STORE_WRITE, .wait_ms = 50}, &two,
                  &err));
    OK(store_begin(one, &err));
    assert_int_equal(store_begin(two, &err), IDEM_BUSY);
    store_close(one);
    OK(store_begin(two, &err));
    store_close(two);
}

static void a_read_only_folder_can_be_read(void **state)
{
    (void)state;
    struct idem_error err = {0};
    if (geteuid() == 0)
        skip();
    assert_int_equal(mkdir(fixture_path("ro"), 0700), 0);
    store_close(fixture_build("ro/x.db", NULL));
    chmod(fixture_path("ro"), 0500);
    struct store *s = fixture_open("ro/x.db", STORE_READ, NULL);
    char uuid[37];
    OK(store_lookup(s, STR("crm"), STR("R-000"), uuid, &err));
    store_close(s);
    assert_int_equal(
        store_open(&(struct store_options){.path = fixture_path("ro/x.db"), .mode = STORE_WRITE}, &s, &err), IDEM_IO);
    struct store_create_options options = {.path = fixture_path("ro/y.db"), .normaliser = STR("n1")};
    assert_int_equal(store_create(&options, &s, &err), IDEM_IO);
    assert_non_null(strstr(err.message, "--db"));
}

static void a_store_opened_for_reading_is_not_written(void **state)
{
    (void)state;
    struct idem_error err = {0};
    store_close(fixture_build("r.db", NULL));
    struct store *s = fixture_open("r.db", STORE_READ, NULL);
    assert_int_equal(store_begin(s, &err), IDEM_INVALID);
    assert_int_equal(store_put_records(s, NULL, 0, &err), IDEM_INVALID);
    store_close(s);
}

/* A file that somebody handed over may hold triggers, which would run in our transactions. */
static void triggers_of_a_foreign_hand_do_not_run(void **state)
{
    (void)state;
    struct idem_error err = {0};
    store_close(fixture_build("trap.db", NULL));
    free(fixture_sql("trap.db", "CREATE TRIGGER trap AFTER INSERT ON t_record BEGIN DELETE FROM t_master; END"));
    struct store *s = fixture_open("trap.db", STORE_WRITE, NULL);
    OK(store_begin(s, &err));
    struct store_record record = {
        .rid = store_take_rids(s, 1), .source = 1, .record_id = STR("new"), .mid = 1, .run = 2};
    OK(store_put_records(s, &record, 1, &err));
    OK(store_commit(s, &err));
    store_close(s);
    char *left = fixture_sql("trap.db", "SELECT count(*) FROM t_master");
    assert_string_equal(left, "60\n");
    free(left);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_database_says_what_it_is),
        cmocka_unit_test(a_clear_database_needs_no_key),
        cmocka_unit_test(a_database_is_not_for_everybody_to_read),
        cmocka_unit_test(what_is_not_there_is_not_found),
        cmocka_unit_test(what_is_not_a_database_is_refused),
        cmocka_unit_test(a_database_of_another_program_is_refused),
        cmocka_unit_test(a_newer_schema_is_refused),
        cmocka_unit_test(a_truncated_file_is_damaged),
        cmocka_unit_test(a_missing_description_is_damage),
        cmocka_unit_test(the_wrong_key_is_named),
        cmocka_unit_test(without_its_key_a_sealed_database_is_read_but_not_written),
        cmocka_unit_test(another_writer_makes_it_busy),
        cmocka_unit_test(a_busy_wait_ends_in_time),
        cmocka_unit_test(a_read_only_folder_can_be_read),
        cmocka_unit_test(a_store_opened_for_reading_is_not_written),
        cmocka_unit_test(triggers_of_a_foreign_hand_do_not_run),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_end);
}

#include "store_fixture.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* Files in the folder whose name begins with `prefix`. */
static unsigned S_count(const char *prefix)
{
    DIR *dir = opendir(fixture_folder);
    unsigned n = 0;
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));)
        n += strncmp(e->d_name, prefix, strlen(prefix)) == 0;
    closedir(dir);
    return n;
}

static struct store *S_create(const char *name)
{
    struct idem_error err = {0};
    struct store *s;
    struct store_create_options options = {.path = fixture_path(name), .normaliser = STR("n1"), .now_ms = 1};
    OK(store_create(&options, &s, &err));
    return s;
}

static void nothing_is_at_the_name_before_the_commit(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct store *s = S_create("name.db");
    fixture_fill(s);
    assert_false(file_exists(fixture_path("name.db")));
    OK(store_commit(s, &err));
    assert_true(file_exists(fixture_path("name.db")));
    store_close(s);
    assert_int_equal(S_count("name.db"), 1);
}

static void a_build_that_is_given_up_leaves_nothing(void **state)
{
    (void)state;
    struct store *s = S_create("up.db");
    fixture_fill(s);
    store_rollback(s);
    store_close(s);
    s = S_create("up.db");
    store_close(s);
    assert_int_equal(S_count("up.db"), 0);
}

static void a_build_that_is_killed_leaves_nothing_at_the_name(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct store *s = S_create("kill.db");
        fixture_fill(s);
        raise(SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_false(file_exists(fixture_path("kill.db")));
    assert_int_equal(S_count("kill.db.build-"), 1);
    struct store *other = S_create("kill.db"); /* one that runs is not swept away */
    assert_int_equal(S_count("kill.db.build-"), 1);
    struct store *s = S_create("kill.db");
    assert_int_equal(S_count("kill.db.build-"), 2);
    store_close(s);
    store_close(other);
    assert_int_equal(S_count("kill.db"), 0);
}

static void an_existing_database_is_never_replaced(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct store *first = S_create("race.db"), *second = S_create("race.db"), *third;
    fixture_fill(first);
    fixture_fill(second);
    OK(store_commit(first, &err));
    uint8_t id[16];
    memcpy(id, store_info(first)->id, sizeof id);
    assert_int_equal(store_commit(second, &err), IDEM_CONFLICT);
    assert_non_null(strstr(err.message, "race.db"));
    store_close(second);
    store_close(first);
    struct store_create_options options = {.path = fixture_path("race.db"), .normaliser = STR("n1")};
    assert_int_equal(store_create(&options, &third, &err), IDEM_CONFLICT);
    first = fixture_open("race.db", STORE_READ, NULL);
    assert_memory_equal(store_info(first)->id, id, sizeof id);
    store_close(first);
    assert_int_equal(S_count("race.db.build-"), 0);
}

static void the_last_one_out_leaves_one_file(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct store *writer = fixture_build("one.db", NULL), *reader = fixture_open("one.db", STORE_READ, NULL);
    char uuid[37];
    OK(store_begin(writer, &err));
    OK(store_put_blob(writer, STORE_TF, 1, STR("x"), &err));
    OK(store_commit(writer, &err));
    OK(store_lookup(reader, STR("crm"), STR("R-000"), uuid, &err));
    assert_int_equal(S_count("one.db"), 3);
    store_close(writer);
    store_close(reader);
    assert_int_equal(S_count("one.db"), 1);
}

static void a_missing_folder_is_said(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct store *s;
    struct store_create_options options = {.path = fixture_path("no/such/x.db"), .normaliser = STR("n1")};
    assert_int_equal(store_create(&options, &s, &err), IDEM_NOT_FOUND);
    assert_non_null(strstr(err.message, "folder does not exist"));
}

/* Puts leaves until one fails or there is a megabyte of them. */
static enum idem_status S_write_much(struct store *s, struct idem_error *err)
{
    struct store_record record[FIXTURE_RECORDS];
    char id[FIXTURE_RECORDS][24];
    int64_t first = store_take_rids(s, FIXTURE_RECORDS * 500);
    for (int64_t round = 0; round < 500; round++) {
        for (int64_t k = 0; k < FIXTURE_RECORDS; k++) {
            fixture_record(&record[k], id[k], k, 1);
            record[k].rid = first + round * FIXTURE_RECORDS + k;
        }
        TRY(store_put_leaves(s, record, FIXTURE_RECORDS, fixture_pack, record, 0, 1, err));
    }
    return IDEM_OK;
}

static void S_limit_files(rlim_t bytes)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_ends_a_first_build_cleanly(void **state)
{
    (void)state;
    for (rlim_t bytes = 0; bytes < 2000000; bytes = bytes * 2 + 4096) {
        struct idem_error err = {0};
        struct store *s = NULL;
        struct store_create_options options = {.path = fixture_path("full.db"), .normaliser = STR("n1")};
        S_limit_files(bytes);
        enum idem_status status = store_create(&options, &s, &err);
        if (status == IDEM_OK)
            status = S_write_much(s, &err);
        if (status == IDEM_OK)
            status = store_commit(s, &err);
        store_close(s);
        S_limit_files(RLIM_INFINITY);
        assert_int_equal(status, IDEM_IO);
        assert_non_null(strstr(err.message, "full.db"));
        assert_int_equal(S_count("full.db"), 0);
    }
}

static void a_full_disk_leaves_an_existing_database_as_it_was(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct keyring *k = fixture_keys("a.key");
    store_close(fixture_build("later.db", k));
    char *before = fixture_sql(
        "later.db",
        "SELECT * FROM crosswalk; SELECT * FROM event; SELECT * FROM meta; SELECT lid, hex(body) FROM t_leaf");
    for (rlim_t bytes = 1000; bytes < 1000000; bytes += 150000) {
        struct store *s = fixture_open("later.db", STORE_WRITE, k);
        OK(store_begin(s, &err));
        S_limit_files(bytes);
        enum idem_status status = S_write_much(s, &err);
        if (status == IDEM_OK)
            status = store_commit(s, &err);
        S_limit_files(RLIM_INFINITY);
        assert_int_equal(status, IDEM_IO);
        assert_non_null(strstr(err.message, "nothing was changed"));
        store_close(s);
        fixture_expect_sql(
            "later.db",
            "SELECT * FROM crosswalk; SELECT * FROM event; SELECT * FROM meta; SELECT lid, hex(body) FROM t_leaf",
            before);
    }
    free(before);
    keyring_close(k);
}

static void a_backup_is_the_same_database(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct keyring *k = fixture_keys("a.key");
    struct store *s = fixture_build("b.db", k);
    OK(store_backup(s, fixture_path("copy.db"), &err));
    assert_int_equal(store_backup(s, fixture_path("copy.db"), &err), IDEM_CONFLICT);
    assert_int_equal(store_backup(s, fixture_path("no/such/copy.db"), &err), IDEM_NOT_FOUND);
    char *is = fixture_sql("b.db", "SELECT * FROM crosswalk; SELECT * FROM meta; SELECT hex(body) FROM t_leaf");
    fixture_expect_sql("copy.db", "SELECT * FROM crosswalk; SELECT * FROM meta; SELECT hex(body) FROM t_leaf", is);
    free(is);
    store_close(s);
    s = fixture_open("copy.db", STORE_WRITE, k);
    OK(store_verify(s, 2, &err));
    OK(store_begin(s, &err));
    store_close(s);
    assert_int_equal(S_count("copy.db"), 1);
    s = fixture_open("b.db", STORE_READ, k);
    S_limit_files(30000);
    assert_int_equal(store_backup(s, fixture_path("small.db"), &err), IDEM_IO);
    S_limit_files(RLIM_INFINITY);
    store_close(s);
    assert_int_equal(S_count("small.db"), 0);
    keyring_close(k);
}

static void statistics_count_what_is_there(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct store *s = fixture_build("st.db", NULL);
    struct store_statistics st;
    OK(store_statistics(s, &st, &err));
    assert_true(st.current == FIXTURE_RECORDS && st.gone == 0 && st.active == FIXTURE_MASTERS && st.redirected == 0);
    assert_true(st.page_bytes == 8192 && st.bytes == st.pages * st.page_bytes);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_at_the_name_before_the_commit),
        cmocka_unit_test(a_build_that_is_given_up_leaves_nothing),
        cmocka_unit_test(a_build_that_is_killed_leaves_nothing_at_the_name),
        cmocka_unit_test(an_existing_database_is_never_replaced),
        cmocka_unit_test(the_last_one_out_leaves_one_file),
        cmocka_unit_test(a_missing_folder_is_said),
        cmocka_unit_test(a_full_disk_ends_a_first_build_cleanly),
        cmocka_unit_test(a_full_disk_leaves_an_existing_database_as_it_was),
        cmocka_unit_test(a_backup_is_the_same_database),
        cmocka_unit_test(statistics_count_what_is_there),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_end);
}

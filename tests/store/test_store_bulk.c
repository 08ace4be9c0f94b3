#include "store_fixture.h"

#include "base/hash.h"

/*
 * The rows and indexes that a first build writes as pages, against SQLite's own: what the index finds must be what a
 * scan finds, and rebuilding the indexes must change no answer.
 */
enum { RECORDS = 6000, MASTERS = 4000, FIRST_MID = RECORDS + 1 };

enum order { ASCENDING, DESCENDING, MIXED, LONG_PREFIX, ORDERS };

static void S_id(char id[200], enum order order, uint64_t k)
{
    static const char long_prefix[] = "a-prefix-that-is-longer-than-any-window-of-eight-bytes-";
    switch (order) {
    case ASCENDING:
        snprintf(id, 200, "C-%08llu", (unsigned long long)k);
        break;
    case DESCENDING:
        snprintf(id, 200, "%llu", (unsigned long long)(RECORDS * 2 - k));
        break;
    case MIXED:
        snprintf(id, 200, "%s%llx", k % 7 ? "" : "\xff", (unsigned long long)hash_u64(k));
        break;
    default:
        snprintf(id, 200, "%s%s%llu", long_prefix, k % 2 ? "tail tail tail tail " : "",
                 (unsigned long long)hash_u64(k));
    }
}

static void S_build(enum order order, struct keyring *keys)
{
    struct idem_error err = {0};
    struct store *s;
    unlink(fixture_path("bulk.db"));
    struct store_create_options options = {.path = fixture_path("bulk.db"), .keys = keys, .normaliser = STR("n1")};
    OK(store_create(&options, &s, &err));
    for (int i = 0; i < 3; i++) {
        char name[2] = {(char)('a' + i), 0};
        OK(store_put_source(s, &(struct store_source){.name = str_from(name), .personal_ids = i == 2}, &err));
    }
    store_take_rids(s, RECORDS);
    store_take_mids(s, MASTERS);
    static char id[RECORDS][200];
    static struct store_record r[RECORDS];
    for (uint64_t k = 0; k < RECORDS; k++) {
        S_id(id[k], order, k);
        r[k] =
            (struct store_record){.rid = (int64_t)k + 1,
                                  .source = 1 + (int64_t)(order == MIXED ? k % 3 : k / (RECORDS / 3)),
                                  .record_id = str_from(id[k]),
                                  .mid = FIRST_MID + (int64_t)(order == ASCENDING ? k * 2 / 3 : hash_u64(k) % MASTERS),
                                  .fingerprint = hash_u64(k ^ 5)};
    }
    OK(store_put_leaves(s, r, RECORDS, fixture_pack, r, 0, 1, &err));
    for (size_t from = 0; from < RECORDS; from += 1000)
        OK(store_put_records(s, r + from, 1000, &err));
    for (int64_t k = 0; k < MASTERS; k++) {
        struct store_master m = {
            .mid = FIRST_MID + k, .n = 1, .component = k % 5, .prov = k % 3 ? STR("p") : (struct str){0}};
        char big[20000];
        memset(big, 'p', sizeof big);
        if (k == 77)
            m.prov = (struct str){big, sizeof big};
        for (unsigned b = 0; b < 8; b++) {
            m.uuid[b] = (uint8_t)((order == ASCENDING ? (uint64_t)k : hash_u64((uint64_t)k / 3)) >> (56 - 8 * b));
            m.uuid[8 + b] = (uint8_t)(hash_u64((uint64_t)k + 9) >> (56 - 8 * b));
        }
        OK(store_put_masters(s, &m, 1, &err));
    }
    OK(store_put_run(s, &(struct store_run){.committed = true}, &err));
    OK(store_commit(s, &err));
    store_close(s);
}

static void indexes_written_as_pages_answer_as_sqlites_own(void **state)
{
    (void)state;
    struct keyring *k = fixture_keys("a.key");
    /* the indexes read from end to end, and every record and master asked for through them */
    static const char questions[] =
        "SELECT source, record_id, status, master, rid FROM t_record INDEXED BY record_key ORDER BY source, record_id;"
        "SELECT master, rid FROM t_record INDEXED BY record_master ORDER BY master, rid;"
        "SELECT uuid, mid FROM t_master INDEXED BY master_uuid ORDER BY uuid;"
        "SELECT count(*) FROM t_record x JOIN t_record y INDEXED BY record_key ON y.source = x.source AND y.record_id "
        "= x.record_id AND y.rid = x.rid;"
        "SELECT count(*) FROM t_master x JOIN t_master y INDEXED BY master_uuid ON y.uuid = x.uuid;"
        "SELECT count(*), sum(length(prov)) FROM t_master";
    for (int order = 0; order < ORDERS; order++) {
        S_build((enum order)order, order % 2 ? k : NULL);
        char *written = fixture_sql("bulk.db", questions);
        /* integrity_check sees a database with views as a part of one: it is done without them */
        fixture_expect_sql("bulk.db",
                           "DROP VIEW crosswalk; DROP VIEW crosswalk_history; DROP VIEW master; DROP VIEW golden;"
                           "DROP VIEW event; DROP VIEW run; DROP VIEW decision; DROP VIEW review; DROP VIEW reject;"
                           "DROP VIEW meta; PRAGMA integrity_check",
                           "ok\n");
        free(fixture_sql("bulk.db", "REINDEX"));
        fixture_expect_sql("bulk.db", questions, written);
        free(written);
    }
    keyring_close(k);
}

static void a_master_id_cannot_be_stored_twice(void **state)
{
    (void)state;
    struct idem_error err = {0};
    for (int order = 0; order < 2; order++) {
        struct store *s;
        unlink(fixture_path("twice.db"));
        struct store_create_options options = {.path = fixture_path("twice.db"), .normaliser = STR("n1")};
        OK(store_create(&options, &s, &err));
        struct store_master m[3] = {
            {.mid = 1, .uuid = {(uint8_t)(order ? 9 : 1)}}, {.mid = 2, .uuid = {2}}, {.mid = 3, .uuid = {2}}};
        OK(store_put_masters(s, m, 3, &err));
        assert_int_equal(store_commit(s, &err), IDEM_CONFLICT);
        store_close(s);
        assert_false(file_exists(fixture_path("twice.db")));
    }
}

static void an_empty_first_build_is_a_database(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct store *s;
    struct store_create_options options = {.path = fixture_path("empty.db"), .normaliser = STR("n1")};
    OK(store_create(&options, &s, &err));
    OK(store_commit(s, &err));
    OK(store_verify(s, 1, &err));
    OK(store_begin(s, &err));
    assert_true(store_take_rids(s, 1) == 1 && store_take_mids(s, 1) == 1);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(indexes_written_as_pages_answer_as_sqlites_own),
        cmocka_unit_test(a_master_id_cannot_be_stored_twice),
        cmocka_unit_test(an_empty_first_build_is_a_database),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_end);
}

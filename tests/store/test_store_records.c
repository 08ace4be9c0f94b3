#include "store_fixture.h"

#include "base/hash.h"
#include "store/leaf.h"

enum { FIRST_MID = FIXTURE_RECORDS + 1 };

static struct store *S_build(struct keyring **k)
{
    *k = fixture_keys("a.key");
    return fixture_build("a.db", *k);
}

static void every_record_comes_back_with_its_values(void **state)
{
    (void)state;
    struct idem_error err = {0};
    for (int sealed = 0; sealed < 2; sealed++) {
        struct keyring *k = sealed ? fixture_keys("a.key") : NULL;
        struct store *s = fixture_build("a.db", k);
        struct store_cursor *c;
        struct store_read_options options = {.values = true, .threads = 2};
        OK(store_records_open(s, &options, &c, &err));
        for (int64_t i = 0; i <= FIXTURE_RECORDS; i++) {
            struct store_record r, expected;
            char id[24], packed[40];
            bool more;
            OK(store_records_next(c, &r, &more, &err));
            assert_int_equal(more, i < FIXTURE_RECORDS);
            if (!more)
                break;
            fixture_record(&expected, id, i, FIRST_MID);
            snprintf(packed, sizeof packed, "packed %lld/1", (long long)i + 1);
            assert_true(r.rid == expected.rid && r.source == expected.source && r.mid == expected.mid);
            assert_true(r.fingerprint == expected.fingerprint && r.seq == r.rid && r.run == 1);
            assert_int_equal(r.status, STORE_RECORD_CURRENT);
            assert_true(str_eq(r.record_id, expected.record_id));
            assert_true(str_eq(r.packed, str_from(packed)));
        }
        bool more = true;
        struct store_record r;
        OK(store_records_next(c, &r, &more, &err));
        assert_false(more);
        store_records_close(c);
        store_close(s);
        keyring_close(k);
    }
}

static void one_record_is_found_by_its_key(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct keyring *k;
    struct arena a = {0};
    struct store *s = S_build(&k);
    static const char *const names[] = {"crm", "billing", "support"};
    for (int64_t i = 0; i < FIXTURE_RECORDS; i++) {
        struct store_record expected, r;
        char id[24], uuid[37], expected_uuid[37];
        uint8_t bytes[16];
        int64_t rid = 0;
        fixture_record(&expected, id, i, FIRST_MID);
        fixture_uuid(bytes, i % FIXTURE_MASTERS);
        store_uuid_format(bytes, expected_uuid);
        struct str source = str_from(names[i % 3]);
        OK(store_find_record(s, source, expected.record_id, &rid, &err));
        assert_true(rid == expected.rid);
        OK(store_lookup(s, source, expected.record_id, uuid, &err));
        assert_string_equal(uuid, expected_uuid);
        OK(store_get_record(s, rid, true, &a, &r, &err));
        assert_true(str_eq(r.record_id, expected.record_id));
        assert_int_equal(store_lookup(s, str_from(names[(i + 1) % 3]), expected.record_id, uuid, &err), IDEM_NOT_FOUND);
    }
    char uuid[37];
    int64_t rid;
    assert_int_equal(store_lookup(s, STR("nowhere"), STR("R-000"), uuid, &err), IDEM_NOT_FOUND);
    assert_int_equal(store_find_record(s, STR("nowhere"), STR("R-000"), &rid, &err), IDEM_NOT_FOUND);
    assert_int_equal(store_find_record(s, STR("crm"), STR("secret"), &rid, &err), IDEM_NOT_FOUND);
    assert_null(strstr(err.message, "secret"));
    struct store_record r;
    assert_int_equal(store_get_record(s, FIXTURE_RECORDS + 1, false, &a, &r, &err), IDEM_NOT_FOUND);
    arena_deinit(&a);
    store_close(s);
    keyring_close(k);
}

static void odd_record_ids_are_kept_byte_for_byte(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct arena a = {0};
    char longest[1024];
    memset(longest, 'x', sizeof longest);
    const struct str ids[] = {STR(""),  STR("a:b"), STR("1001"),  STR("\xff\xfe"),          STR("\xc3\xa9"),
                              STR("x"), STR("x "),  STR("'\"\n"), {longest, sizeof longest}};
    struct store *s;
    struct store_create_options options = {.path = fixture_path("odd.db"), .normaliser = STR("n1")};
    OK(store_create(&options, &s, &err));
    OK(store_put_source(s, &(struct store_source){.name = STR("crm")}, &err));
    struct store_record record[COUNT_OF(ids)];
    store_take_rids(s, COUNT_OF(ids));
    int64_t mid = store_take_mids(s, 1);
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        record[i] = (struct store_record){.rid = (int64_t)i + 1, .source = 1, .mid = mid, .record_id = ids[i]};
    OK(store_put_leaves(s, record, COUNT_OF(ids), fixture_pack, record, 0, 1, &err));
    OK(store_put_records(s, record, COUNT_OF(ids), &err));
    OK(store_put_masters(s, &(struct store_master){.mid = mid, .n = COUNT_OF(ids)}, 1, &err));
    OK(store_commit(s, &err));
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        int64_t rid;
        struct store_record r;
        OK(store_find_record(s, STR("crm"), ids[i], &rid, &err));
        assert_true(rid == (int64_t)i + 1);
        OK(store_get_record(s, rid, false, &a, &r, &err));
        assert_true(str_eq(r.record_id, ids[i]));
    }
    fixture_expect_sql("odd.db", "SELECT count(*) FROM crosswalk WHERE data_source = 'crm' AND record_id = 1001",
                       "1\n");
    arena_deinit(&a);
    store_close(s);
}

static void members_and_masters_come_back(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct keyring *k;
    struct arena a = {0};
    struct store *s = S_build(&k);
    int64_t *rid;
    size_t n;
    struct store_master m;
    char text[37];
    uint8_t uuid[16];
    OK(store_members(s, FIRST_MID + 5, &a, &rid, &n, &err));
    assert_int_equal(n, 2);
    assert_true(rid[0] == 6 && rid[1] == 66);
    OK(store_members(s, FIRST_MID + 55, &a, &rid, &n, &err));
    assert_int_equal(n, 1);
    OK(store_members(s, 1, &a, &rid, &n, &err));
    assert_int_equal(n, 0);
    fixture_uuid(uuid, 5);
    store_uuid_format(uuid, text);
    for (char *c = text; *c; c++)
        *c = *c >= 'a' ? (char)(*c - 32) : *c;
    OK(store_find_master(s, str_from(text), &a, &m, &err));
    assert_true(m.mid == FIRST_MID + 5 && m.n == 2 && m.seq == m.mid && m.run == 1 && m.target == 0 &&
                m.component == 0);
    assert_memory_equal(m.uuid, uuid, 16);
    assert_true(str_eq(m.prov, STR("prov")));
    assert_int_equal(store_find_master(s, STR("not one"), &a, &m, &err), IDEM_INVALID);
    assert_int_equal(store_find_master(s, STR("01935d2e-7a10-7c33-8f00-3b1d0c5e9a42"), &a, &m, &err), IDEM_NOT_FOUND);
    arena_deinit(&a);
    store_close(s);
    keyring_close(k);
}

static enum idem_status S_count_masters(void *context, const struct store_master *m, struct idem_error *err)
{
    (void)err;
    int64_t *last = context;
    assert_true(m->mid == *last + 1);
    *last = m->mid;
    return IDEM_OK;
}

static enum idem_status S_stop(void *context, const struct store_master *m, struct idem_error *err)
{
    (void)context, (void)m;
    return error_set(err, IDEM_LIMIT, "enough");
}

static void all_masters_are_walked_in_order(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct keyring *k;
    struct store *s = S_build(&k);
    int64_t last = FIRST_MID - 1;
    OK(store_each_master(s, true, S_count_masters, &last, &err));
    assert_true(last == FIRST_MID + FIXTURE_MASTERS - 1);
    assert_int_equal(store_each_master(s, false, S_stop, NULL, &err), IDEM_LIMIT);
    store_close(s);
    keyring_close(k);
}

static void records_are_walked_by_key_too(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct store *s = fixture_build("clear.db", NULL);
    struct store_cursor *c;
    bool more = true;
    int64_t source = 0;
    unsigned n = 0;
    char last[24] = "";
    OK(store_records_open(s, &(struct store_read_options){.order = STORE_BY_KEY}, &c, &err));
    for (;; n++) {
        struct store_record r;
        OK(store_records_next(c, &r, &more, &err));
        if (!more)
            break;
        if (r.source == source)
            assert_true(str_cmp(str_from(last), r.record_id) < 0);
        assert_true(r.source >= source);
        source = r.source;
        snprintf(last, sizeof last, "%.*s", STR_ARG(r.record_id));
    }
    assert_int_equal(n, FIXTURE_RECORDS);
    store_records_close(c);
    assert_int_equal(
        store_records_open(s, &(struct store_read_options){.order = STORE_BY_KEY, .values = true}, &c, &err),
        IDEM_INVALID);
    store_close(s);
}

static void a_personal_id_stands_in_no_file_in_the_clear(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct keyring *k = fixture_keys("a.key");
    struct arena a = {0};
    struct str bytes;
    struct store *s;
    struct store_create_options options = {.path = fixture_path("personal.db"), .keys = k, .normaliser = STR("n1")};
    OK(store_create(&options, &s, &err));
    OK(store_put_source(s, &(struct store_source){.name = STR("mail"), .personal_ids = true}, &err));
    OK(store_put_fields(s, &fixture_schema, &err));
    store_take_rids(s, 1);
    int64_t mid = store_take_mids(s, 1);
    struct store_record r = {.rid = 1, .source = 1, .mid = mid, .record_id = STR("jane.doe@example.org")};
    OK(store_put_leaves(s, &r, 1, fixture_pack, &r, 0, 1, &err));
    OK(store_put_records(s, &r, 1, &err));
    OK(store_put_masters(s, &(struct store_master){.mid = mid, .n = 1}, 1, &err));
    struct str value[3] = {STR("jane.doe@example.org"), STR("Leeds"), {NULL, 0}};
    OK(store_put_golden(s, &(struct store_golden){mid, value}, 1, &err));
    OK(store_put_rejects(
        s,
        &(struct store_reject){
            .run = 1, .source = 1, .file = STR("f.csv"), .line = 3, .reason = STR("bad"), .raw = STR("jane.doe")},
        1, &err));
    OK(store_put_model(s, &(struct store_model){.body = STR("frequent: jane.doe")}, &err));
    OK(store_put_blob(s, STORE_TF, 1, STR("jane.doe 17"), &err));
    OK(store_commit(s, &err));
    char uuid[37];
    OK(store_lookup(s, STR("mail"), STR("jane.doe@example.org"), uuid, &err));
    store_close(s);
    OK(file_read(fixture_path("personal.db"), 1 << 28, &a, &bytes, &err));
    assert_int_equal(str_find(bytes, STR("jane.doe")), SIZE_MAX);
    assert_int_equal(str_find(bytes, STR("packed 1")), SIZE_MAX);
    assert_int_not_equal(str_find(bytes, STR("Leeds")), SIZE_MAX);
    arena_deinit(&a);
    keyring_close(k);
}

static void exchanged_and_altered_leaves_are_noticed(void **state)
{
    (void)state;
    static const char *const deeds[] = {
        "UPDATE t_leaf SET body = (SELECT body FROM t_leaf WHERE lid = 2) WHERE lid = 3",
        "UPDATE t_leaf SET version = version + 1 WHERE lid = 3",
        "UPDATE t_leaf SET body = zeroblob(length(body)) WHERE lid = 3",
        "UPDATE t_leaf SET body = substr(body, 1, length(body) - 1) WHERE lid = 3",
        "UPDATE t_leaf SET body = x'' WHERE lid = 3",
        "DELETE FROM t_leaf WHERE lid = 3",
        "UPDATE t_leaf SET lid = 100 WHERE lid = 3",
    };
    for (size_t i = 0; i < COUNT_OF(deeds); i++) {
        struct idem_error err = {0};
        struct keyring *k;
        struct arena a = {0};
        store_close(S_build(&k));
        free(fixture_sql("a.db", deeds[i]));
        struct store *s = fixture_open("a.db", STORE_READ, k);
        struct store_record r;
        OK(store_get_record(s, 47, true, &a, &r, &err));
        assert_int_equal(store_get_record(s, 48, true, &a, &r, &err), IDEM_CORRUPT);
        assert_non_null(strstr(err.message, "a.db"));
        assert_int_equal(store_verify(s, 1, &err), IDEM_CORRUPT);
        arena_deinit(&a);
        store_close(s);
        keyring_close(k);
    }
}

static void a_leaf_of_another_database_does_not_open(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct keyring *k = fixture_keys("a.key");
    struct arena a = {0};
    struct store_record r;
    store_close(fixture_build("one.db", k));
    store_close(fixture_build("two.db", k));
    char sql[600];
    snprintf(sql, sizeof sql,
             "ATTACH '%s' AS o; UPDATE t_leaf SET body = (SELECT body FROM o.t_leaf x WHERE x.lid = t_leaf.lid)",
             fixture_path("two.db"));
    free(fixture_sql("one.db", sql));
    struct store *s = fixture_open("one.db", STORE_READ, k);
    assert_int_equal(store_get_record(s, 1, true, &a, &r, &err), IDEM_CORRUPT);
    store_close(s);
    /* with the other's wrapped keys too, the database id still tells */
    snprintf(sql, sizeof sql,
             "ATTACH '%s' AS o; UPDATE t_meta SET value = (SELECT value FROM o.t_meta WHERE key = 'keys') WHERE key = "
             "'keys'",
             fixture_path("two.db"));
    free(fixture_sql("one.db", sql));
    s = fixture_open("one.db", STORE_READ, k);
    assert_int_equal(store_get_record(s, 1, true, &a, &r, &err), IDEM_CORRUPT);
    arena_deinit(&a);
    store_close(s);
    keyring_close(k);
}

static void leaves_may_be_written_in_any_portions(void **state)
{
    (void)state;
    static const size_t portions[] = {1, 2, 7, 15, 16, 17, 100};
    for (size_t p = 0; p < COUNT_OF(portions); p++) {
        struct idem_error err = {0};
        struct arena a = {0};
        struct store *s;
        struct store_record record[FIXTURE_RECORDS];
        char id[FIXTURE_RECORDS][24];
        unlink(fixture_path("part.db"));
        struct store_create_options options = {.path = fixture_path("part.db"), .normaliser = STR("n1")};
        OK(store_create(&options, &s, &err));
        for (int i = 0; i < 3; i++) {
            char name[2] = {(char)('a' + i), 0};
            OK(store_put_source(s, &(struct store_source){.name = str_from(name)}, &err));
        }
        store_take_rids(s, FIXTURE_RECORDS);
        for (int64_t k = 0; k < FIXTURE_RECORDS; k++)
            fixture_record(&record[k], id[k], k, FIRST_MID);
        for (size_t from = 0; from < FIXTURE_RECORDS; from += portions[p]) {
            size_t n = FIXTURE_RECORDS - from < portions[p] ? FIXTURE_RECORDS - from : portions[p];
            OK(store_put_leaves(s, record + from, n, fixture_pack, record + from, 0, 2, &err));
            OK(store_put_records(s, record + from, n, &err));
        }
        OK(store_commit(s, &err));
        for (int64_t k = 1; k <= FIXTURE_RECORDS; k++) {
            struct store_record r;
            char packed[40];
            snprintf(packed, sizeof packed, "packed %lld/1", (long long)k);
            OK(store_get_record(s, k, true, &a, &r, &err));
            assert_true(str_eq(r.packed, str_from(packed)));
        }
        arena_deinit(&a);
        store_close(s);
    }
}

static void a_leaf_of_any_bytes_is_read_or_refused(void **state)
{
    (void)state;
    struct buf good = {0};
    unsigned refused = 0;
    uint64_t seed = 1;
    leaf_start(&good);
    for (unsigned i = 0; i < LEAF_SLOTS; i++)
        if (i % 3)
            leaf_add_slot(&good, STR("record-id"), STR("a packed record of some length"));
        else
            leaf_empty_slot(&good);
    for (unsigned i = 0; i < 50000; i++) {
        struct leaf_slot slot[LEAF_SLOTS];
        size_t len = random_below(&seed, good.len + 1), total = 0;
        char *bytes = malloc(len + 1); /* exact room: a read behind the end is found */
        memcpy(bytes, good.ptr, len);
        for (unsigned n = (unsigned)random_below(&seed, 4); len && n; n--)
            bytes[random_below(&seed, len)] = (char)random_next(&seed);
        if (i % 10 == 0) {
            free(bytes);
            len = good.len;
            bytes = malloc(len);
            memcpy(bytes, good.ptr, len);
            bytes[random_below(&seed, len)] = (char)random_next(&seed);
        }
        bool parsed = leaf_parse((struct str){bytes, len}, slot);
        for (unsigned j = 0; parsed && j < LEAF_SLOTS; j++)
            total += slot[j].record_id.len + slot[j].packed.len;
        assert_true(total <= len);
        refused += !parsed;
        free(bytes);
    }
    assert_true(refused > 10000 && refused < 50000);
    buf_deinit(&good);
}

static void records_out_of_order_are_refused(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct store *s;
    struct store_record r[2] = {{.rid = 2, .source = 1}, {.rid = 2, .source = 1}};
    struct store_create_options options = {.path = fixture_path("order.db"), .normaliser = STR("n1")};
    OK(store_create(&options, &s, &err));
    OK(store_put_source(s, &(struct store_source){.name = STR("crm")}, &err));
    assert_int_equal(store_put_leaves(s, r, 2, fixture_pack, r, 0, 1, &err), IDEM_INVALID);
    assert_int_equal(store_put_records(s, r, 2, &err), IDEM_INVALID);
    r[0].source = 9;
    assert_int_equal(store_put_records(s, r, 1, &err), IDEM_INVALID);
    store_close(s);
}

static void one_record_id_cannot_be_stored_twice(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct store *s;
    struct store_create_options options = {.path = fixture_path("twice.db"), .normaliser = STR("n1")};
    OK(store_create(&options, &s, &err));
    OK(store_put_source(s, &(struct store_source){.name = STR("crm")}, &err));
    store_take_rids(s, 2);
    struct store_record r[2] = {{.rid = 1, .source = 1, .record_id = STR("secret")},
                                {.rid = 2, .source = 1, .record_id = STR("secret")}};
    OK(store_put_records(s, r, 2, &err));
    assert_int_equal(store_commit(s, &err), IDEM_CONFLICT);
    assert_null(strstr(err.message, "secret"));
    store_close(s);
    assert_false(file_exists(fixture_path("twice.db")));
    s = fixture_build("twice.db", NULL);
    OK(store_begin(s, &err));
    struct store_record again = {
        .rid = store_take_rids(s, 1), .source = 1, .record_id = STR("R-000"), .mid = FIRST_MID, .run = 2};
    assert_int_equal(store_put_records(s, &again, 1, &err), IDEM_CONFLICT);
    store_rollback(s);
    OK(store_begin(s, &err));
    for (int i = 0; i < 2; i++)
        r[i] = (struct store_record){
            .rid = store_take_rids(s, 1), .source = 1, .record_id = STR("new"), .mid = FIRST_MID, .run = 2};
    assert_int_equal(store_put_records(s, r, 2, &err), IDEM_CONFLICT);
    store_close(s);
}

static void uuids_are_written_and_read(void **state)
{
    (void)state;
    uint8_t uuid[16], again[16];
    char text[37];
    for (unsigned i = 0; i < 16; i++)
        uuid[i] = (uint8_t)(i * 17);
    store_uuid_format(uuid, text);
    assert_string_equal(text, "00112233-4455-6677-8899-aabbccddeeff");
    assert_true(store_uuid_parse(str_from(text), again));
    assert_memory_equal(uuid, again, 16);
    static const char *const bad[] = {"",
                                      "00112233-4455-6677-8899-aabbccddeef",
                                      "00112233-4455-6677-8899-aabbccddeefff",
                                      "00112233x4455-6677-8899-aabbccddeeff",
                                      "g0112233-4455-6677-8899-aabbccddeeff",
                                      "001122334455-6677-8899-aabbccddeeff--"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(store_uuid_parse(str_from(bad[i]), again));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_comes_back_with_its_values),
        cmocka_unit_test(one_record_is_found_by_its_key),
        cmocka_unit_test(odd_record_ids_are_kept_byte_for_byte),
        cmocka_unit_test(members_and_masters_come_back),
        cmocka_unit_test(all_masters_are_walked_in_order),
        cmocka_unit_test(records_are_walked_by_key_too),
        cmocka_unit_test(a_personal_id_stands_in_no_file_in_the_clear),
        cmocka_unit_test(exchanged_and_altered_leaves_are_noticed),
        cmocka_unit_test(a_leaf_of_another_database_does_not_open),
        cmocka_unit_test(leaves_may_be_written_in_any_portions),
        cmocka_unit_test(a_leaf_of_any_bytes_is_read_or_refused),
        cmocka_unit_test(records_out_of_order_are_refused),
        cmocka_unit_test(one_record_id_cannot_be_stored_twice),
        cmocka_unit_test(uuids_are_written_and_read),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_end);
}

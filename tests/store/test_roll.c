#include "store_fixture.h"

#include "base/hash.h"
#include "store/roll.h"
#include "store/row_code.h"
#include "store/table_pages.h"

/*
 * All records at once: what stands on the pages must be what a query says, whatever a later run has changed; where the
 * log holds something the query is asked, and the answers are the same.
 */
enum { RECORDS = 9000, MASTERS = 5000, FIRST_MID = RECORDS + 1 };

static const char *const NAMES[] = {"a", "b", "personal"};

static void S_id(char id[300], uint64_t k)
{
    static const char longer[] = "an id that is longer than most, ";
    snprintf(id, 300, "%s%s%llx", k % 11 ? "" : "\xff", k % 500 ? "" : longer, (unsigned long long)hash_u64(k));
}

static void S_uuid(uint8_t uuid[16], uint64_t k)
{
    for (unsigned b = 0; b < 16; b++)
        uuid[b] = (uint8_t)(hash_u64(k + b / 8) >> 8 * (b % 8));
}

static void S_build(struct keyring *keys)
{
    struct idem_error err = {0};
    struct store *s;
    unlink(fixture_path("roll.db"));
    struct store_create_options options = {.path = fixture_path("roll.db"), .keys = keys, .normaliser = STR("n1")};
    OK(store_create(&options, &s, &err));
    for (int i = 0; i < 3; i++)
        OK(store_put_source(s, &(struct store_source){.name = str_from(NAMES[i]), .personal_ids = i == 2}, &err));
    store_take_rids(s, RECORDS);
    store_take_mids(s, MASTERS);
    static char id[RECORDS][300];
    static struct store_record r[RECORDS];
    for (uint64_t k = 0; k < RECORDS; k++) {
        S_id(id[k], k);
        r[k] = (struct store_record){.rid = (int64_t)k + 1,
                                     .source = 1 + (int64_t)(k % 3),
                                     .record_id = str_from(id[k]),
                                     .mid = FIRST_MID + (int64_t)(hash_u64(k) % MASTERS),
                                     .fingerprint = hash_u64(k ^ 5)};
    }
    OK(store_put_leaves(s, r, RECORDS, fixture_pack, r, 0, 1, &err));
    OK(store_put_records(s, r, RECORDS, &err));
    for (int64_t k = 0; k < MASTERS; k++) {
        static char big[20000];
        struct store_master m = {.mid = FIRST_MID + k, .n = 1, .prov = STR("p")};
        if (k % 1000 == 77) /* longer than a page: what comes first is read all the same */
            m.prov = (struct str){big, sizeof big};
        S_uuid(m.uuid, (uint64_t)k);
        OK(store_put_masters(s, &m, 1, &err));
    }
    OK(store_put_run(s, &(struct store_run){.committed = true}, &err));
    OK(store_commit(s, &err));
    store_close(s);
}

/* A later run: every 70th record is gone, every 90th in another master, some masters are merged. */
static void S_change(struct keyring *keys)
{
    struct idem_error err = {0};
    struct store *s = fixture_open("roll.db", STORE_WRITE, keys);
    OK(store_begin(s, &err));
    int64_t seq = store_take_seqs(s, 1);
    for (uint64_t k = 0; k < RECORDS; k += 10) {
        char id[300];
        S_id(id, k);
        struct store_record r = {.rid = (int64_t)k + 1,
                                 .source = 1 + (int64_t)(k % 3),
                                 .record_id = str_from(id),
                                 .mid = FIRST_MID + (int64_t)(k % 90 ? hash_u64(k) % MASTERS : k / 90),
                                 .fingerprint = k,
                                 .seq = seq,
                                 .status = k % 70 ? STORE_RECORD_CURRENT : STORE_RECORD_GONE};
        OK(store_put_records(s, &r, 1, &err));
    }
    for (int64_t k = 3; k < MASTERS; k += 100) {
        struct store_master m = {
            .mid = FIRST_MID + k, .status = STORE_MASTER_REDIRECTED, .target = FIRST_MID + k - 1, .seq = seq};
        S_uuid(m.uuid, (uint64_t)k);
        OK(store_put_masters(s, &m, 1, &err));
    }
    OK(store_put_run(s, &(struct store_run){.committed = true}, &err));
    OK(store_commit(s, &err));
    store_close(s); /* the last one folds the log into the file */
}

static void S_same_as_query(struct store *s, const struct store_roll *roll)
{
    struct idem_error err = {0};
    const struct store_read_options options = {.order = STORE_BY_RID, .gone = true};
    struct store_cursor *cursor;
    struct store_record r;
    uint32_t n = 0;
    bool more;
    OK(store_records_open(s, &options, &cursor, &err));
    for (;; n++) {
        OK(store_records_next(cursor, &r, &more, &err));
        if (!more)
            break;
        assert_true(n < roll->n);
        struct store_record own = store_roll_record(roll, n);
        assert_int_equal(own.rid, r.rid);
        assert_int_equal(own.mid, r.mid);
        assert_int_equal(own.seq, r.seq);
        assert_int_equal(own.source, r.source);
        assert_int_equal(own.status, r.status);
        assert_true(own.fingerprint == r.fingerprint);
        assert_true(str_eq(own.record_id, r.record_id));
        uint64_t hash = store_roll_hash(r.source, r.record_id);
        assert_int_equal(store_roll_find(roll, r.source, r.record_id, hash), n);
        assert_int_equal(store_roll_find(roll, r.source + 1, r.record_id, store_roll_hash(r.source + 1, r.record_id)),
                         ROLL_NONE);
        assert_int_equal(store_roll_of_rid(roll, r.rid), n);
    }
    assert_int_equal(n, roll->n);
    assert_int_equal(store_roll_of_rid(roll, RECORDS + 1), ROLL_NONE);
    store_records_close(cursor);
}

static void S_check_roll(struct keyring *keys, unsigned threads, bool by_pages)
{
    struct idem_error err = {0};
    struct store_roll roll;
    struct store *s = fixture_open("roll.db", STORE_READ, keys);
    OK(store_snapshot_begin(s, &err));
    struct table_pages *pages = table_pages_open(s, "t_record");
    assert_int_equal(pages != NULL, by_pages);
    table_pages_close(pages);
    OK(store_roll_read(s, threads, &roll, &err));
    S_same_as_query(s, &roll);
    store_roll_deinit(&roll);
    store_snapshot_end(s);
    assert_null(table_pages_open(s, "t_record")); /* without a snapshot nothing holds them */
    store_close(s);
}

static void S_check_lookups(struct keyring *keys)
{
    struct idem_error err = {0};
    struct store *one = fixture_open("roll.db", STORE_READ, keys), *many = fixture_open("roll.db", STORE_READ, keys);
    static char id[RECORDS + 100][300];
    static struct store_key key[RECORDS + 100];
    unsigned found = 0;
    for (uint64_t k = 0; k < RECORDS + 100; k++) {
        S_id(id[k], k);
        key[k] =
            (struct store_key){.source = str_from(k % 97 ? NAMES[k % 3] : "nowhere"), .record_id = str_from(id[k])};
    }
    OK(store_snapshot_begin(many, &err));
    for (int round = 0; round < 3; round++)
        OK(store_lookup_many(many, key, RECORDS + 100, 1 + (unsigned)round, &err));
    for (uint64_t k = 0; k < RECORDS + 100; k++) {
        char uuid[37];
        enum idem_status status = store_lookup(one, key[k].source, key[k].record_id, uuid, &err);
        assert_int_equal(key[k].found, status == IDEM_OK);
        found += key[k].found;
        if (key[k].found)
            assert_string_equal(key[k].master_id, uuid);
    }
    assert_true(found > RECORDS / 2 && found < RECORDS);
    store_close(one);
    store_close(many);
}

static void the_roll_is_what_a_query_says(void **state)
{
    (void)state;
    struct keyring *keys = fixture_keys("a.key");
    S_build(keys);
    S_check_roll(keys, 1, true);
    S_check_roll(keys, 3, true);
    S_change(keys);
    S_check_roll(keys, 2, true);
    keyring_close(keys);
}

static void what_is_in_the_log_is_asked_by_query(void **state)
{
    (void)state;
    struct keyring *keys = fixture_keys("a.key");
    S_build(keys);
    struct store *reader = fixture_open("roll.db", STORE_READ, keys); /* keeps the log in its place */
    struct idem_error err = {0};
    OK(store_snapshot_begin(reader, &err));
    S_change(keys);
    S_check_roll(keys, 2, false);
    S_check_lookups(keys);
    store_close(reader);
    keyring_close(keys);
}

static void many_lookups_are_answered_as_one_by_one(void **state)
{
    (void)state;
    struct keyring *keys = fixture_keys("a.key");
    S_build(keys);
    S_check_lookups(keys);
    S_change(keys);
    S_check_lookups(keys);
    keyring_close(keys);
}

static void rows_are_decoded_as_they_were_encoded(void **state)
{
    (void)state;
    for (uint64_t k = 0; k < 5000; k++) {
        struct row_value in[8], out[9];
        struct buf code = {0};
        for (unsigned i = 0; i < 8; i++) {
            uint64_t random = hash_u64(k * 8 + i);
            int64_t number = (int64_t)random >> (random & 63);
            static const char bytes[300];
            struct str text = {bytes, random % sizeof bytes};
            in[i] = random >> 62 == 0   ? row_null()
                    : random >> 62 == 1 ? row_integer(number)
                    : random >> 62 == 2 ? row_text(text)
                                        : row_blob(text);
        }
        row_encode(in, 8, &code);
        assert_true(row_decode(buf_view(&code), out, 9));
        assert_int_equal(out[8].type, ROW_NULL);
        for (unsigned i = 0; i < 8; i++) {
            assert_int_equal(out[i].type, in[i].type);
            assert_int_equal(out[i].number, in[i].number);
            assert_true(str_eq(out[i].bytes, in[i].bytes));
        }
        for (size_t len = 0; len < code.len; len++) /* whatever is missing, nothing is read behind the end */
            (void)row_decode(str_sub(buf_view(&code), 0, len), out, 8);
        buf_deinit(&code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_roll_is_what_a_query_says),
        cmocka_unit_test(what_is_in_the_log_is_asked_by_query),
        cmocka_unit_test(many_lookups_are_answered_as_one_by_one),
        cmocka_unit_test(rows_are_decoded_as_they_were_encoded),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_end);
}

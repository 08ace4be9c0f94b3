#include "store_fixture.h"

enum { FIRST_MID = FIXTURE_RECORDS + 1 };
#define UUID(hex) "01000000-0000-7000-8000-0000000000" hex

/* A second run: R-000 moves to the master of is gone, master 10 merges into 11. */
static void S_second_run(struct store *s)
{
    struct idem_error err = {0};
    struct arena a = {0};
    OK(store_begin(s, &err));
    int64_t seq = store_take_seqs(s, 4);
    static const int64_t rids[] = {1, 11, 60, 71}, mids[] = {0, 1, 10, 11, 59};
    struct store_record r[COUNT_OF(rids)];
    struct store_master m[COUNT_OF(mids)];
    for (size_t i = 0; i < COUNT_OF(rids); i++)
        OK(store_get_record(s, rids[i], true, &a, &r[i], &err));
    for (size_t i = 0; i < COUNT_OF(mids); i++)
        OK(store_get_master(s, FIRST_MID + mids[i], &a, &m[i], &err));
    r[0].mid = FIRST_MID + 1, r[0].seq = seq;
    r[2].status = STORE_RECORD_GONE, r[2].seq = seq + 1;
    r[1].mid = r[3].mid = FIRST_MID + 11, r[1].seq = r[3].seq = seq + 2;
    m[0].n = 1, m[0].seq = seq;
    m[1].n = 3, m[1].seq = seq;
    m[2].n = 0, m[2].seq = seq + 3, m[2].status = STORE_MASTER_REDIRECTED, m[2].target = FIRST_MID + 11;
    m[3].n = 4, m[3].seq = seq + 2;
    m[4].n = 0, m[4].seq = seq + 1, m[4].status = STORE_MASTER_RETIRED;
    OK(store_put_records(s, r, COUNT_OF(rids), &err));
    OK(store_put_masters(s, m, COUNT_OF(mids), &err));
    const struct store_event event[] = {{seq, 2, STORE_MOVED, 1, FIRST_MID + 1, FIRST_MID, 0, {0}, 0},
                                        {seq + 1, 2, STORE_DETACHED, 60, FIRST_MID + 59, 0, 1700000077000, {0}, 0},
                                        {seq + 2, 2, STORE_MERGED, 0, FIRST_MID + 11, FIRST_MID + 10, 0, {0}, 0},
                                        {seq + 3, 2, STORE_REDIRECTED, 0, FIRST_MID + 10, FIRST_MID + 11, 0, {0}, 0}};
    OK(store_put_events(s, event, COUNT_OF(event), &err));
    OK(store_put_run(s, &(struct store_run){.committed = true, .now_ms = 1700000050500}, &err));
    OK(store_commit(s, &err));
    arena_deinit(&a);
}

static void S_two_runs(const char *name, struct keyring *k)
{
    store_close(fixture_build(name, k));
    struct store *s = fixture_open(name, STORE_WRITE, k);
    S_second_run(s);
    store_close(s);
}

static void views_answer_what_people_ask(void **state)
{
    (void)state;
    static const struct {
        const char *query, *answer;
    } cases[] = {
        {"SELECT count(*) FROM crosswalk", "99\n"},
        {"SELECT * FROM crosswalk WHERE data_source = 'crm' AND record_id = 'R-003'", "crm|R-003|" UUID("03") "\n"},
        {"SELECT record_id FROM crosswalk WHERE master_id = '" UUID("01") "' ORDER BY record_id",
         "R-000\nR-001\nR-061\n"},
        {"SELECT * FROM crosswalk WHERE record_id = 'R-059'", ""},
        {"SELECT master_id FROM crosswalk WHERE record_id = 'R-010'", UUID("0b") "\n"},
        {"SELECT master_id, valid_from, valid_to, from_seq, to_seq, run_id FROM crosswalk_history"
         " WHERE data_source = 'crm' AND record_id = 'R-000' ORDER BY from_seq",
         UUID("00") "|2023-11-14T22:13:20.123Z|2023-11-14T22:14:10.500Z|1|161|1\n" UUID(
             "01") "|2023-11-14T22:14:10.500Z|NULL|161|NULL|2\n"},
        {"SELECT master_id, valid_to FROM crosswalk_history WHERE record_id = 'R-059'",
         UUID("3b") "|2023-11-14T22:14:37.000Z\n"},
        {"SELECT count(*) FROM crosswalk_history WHERE valid_to IS NULL", "99\n"},
        {"SELECT master_id, from_seq, to_seq, run_id FROM crosswalk_history WHERE record_id = 'R-010' ORDER BY "
         "from_seq",
         UUID("0a") "|11|163|1\n" UUID("0b") "|163|NULL|2\n"},
        {"SELECT * FROM master WHERE master_id = '" UUID("0a") "'", UUID("0a") "|redirected|" UUID("0b") "|0|1|164\n"},
        {"SELECT status, redirect_to, records, seq FROM master WHERE master_id = '" UUID("03") "'",
         "active|NULL|2|104\n"},
        {"SELECT status FROM master WHERE master_id = '" UUID("3b") "'", "retired\n"},
        {"SELECT count(*) FROM golden", "58\n"},
        {"SELECT master_id, records, email, city, \"say \"\"hi\"\"\", sealed FROM golden WHERE master_id = '" UUID(
             "00") "'",
         UUID("00") "|1|a@example.org|Leeds|NULL|0\n"},
        {"SELECT count(*), min(seq), max(seq) FROM event", "164|1|164\n"},
        {"SELECT * FROM event WHERE seq = 1",
         "1|attached|crm|R-000|" UUID("00") "|NULL|1|2023-11-14T22:13:20.123Z|NULL|new_record\n"},
        {"SELECT * FROM event WHERE seq = 101",
         "101|created|NULL|NULL|" UUID("00") "|NULL|1|2023-11-14T22:13:20.123Z|NULL|new_record\n"},
        {"SELECT * FROM event WHERE seq > 160 ORDER BY seq",
         "161|moved|crm|R-000|" UUID("01") "|" UUID(
             "00") "|2|2023-11-14T22:14:10.500Z|NULL|NULL\n"
                   "162|detached|support|R-059|" UUID(
                       "3b") "|NULL|2|2023-11-14T22:14:37.000Z|NULL|NULL\n"
                             "163|merged|NULL|NULL|" UUID("0b") "|" UUID(
                                 "0a") "|2|2023-11-14T22:14:10.500Z|NULL|NULL\n"
                                       "164|redirected|NULL|NULL|" UUID("0a") "|" UUID(
                                           "0b") "|2|2023-11-14T22:14:10.500Z|NULL|NULL\n"},
        {"SELECT run_id, status, now, first_seq, last_seq, report FROM run WHERE run_id = 1",
         "1|committed|2023-11-14T22:13:20.123Z|1|160|{\"read\":100}\n"},
        {"SELECT key, value FROM meta WHERE key IN ('at_rest', 'normaliser', 'change_seq', 'keys')",
         "at_rest|clear\nchange_seq|164\nnormaliser|n1\n"},
        {"SELECT count(*) FROM decision", "0\n"},
        {"SELECT count(*) FROM review", "0\n"},
        {"SELECT count(*) FROM reject", "0\n"},
    };
    S_two_runs("v.db", NULL);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        fixture_expect_sql("v.db", cases[i].query, cases[i].answer);
}

static void a_sealed_database_shows_no_personal_value(void **state)
{
    (void)state;
    struct keyring *k = fixture_keys("a.key");
    S_two_runs("s.db", k);
    fixture_expect_sql("s.db", "SELECT email, city, sealed FROM golden WHERE master_id = '" UUID("00") "'",
                       "NULL|Leeds|1\n");
    fixture_expect_sql("s.db", "SELECT typeof(record_id), length(record_id), count(*) FROM crosswalk GROUP BY 1, 2",
                       "blob|16|32\ntext|5|67\n");
    fixture_expect_sql("s.db", "SELECT data_source FROM crosswalk WHERE typeof(record_id) = 'blob' LIMIT 1",
                       "support\n");
    fixture_expect_sql("s.db", "SELECT count(*) FROM meta WHERE key = 'keys'", "0\n");
    keyring_close(k);
}

/* What may be read whole: the rows that a view's parts have found, and a recursion's own. */
static bool S_is_a_result(const char *scanned)
{
    static const char *const results[] = {"crosswalk_history\n", "event\n", "chain\n"};
    for (size_t i = 0; i < COUNT_OF(results); i++)
        if (strncmp(scanned, results[i], strlen(results[i])) == 0)
            return true;
    return false;
}

static void questions_by_record_master_or_seq_use_an_index(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "SELECT master_id FROM crosswalk WHERE data_source = 'crm' AND record_id = 'R-003'",
        "SELECT data_source, record_id FROM crosswalk WHERE master_id = '" UUID("05") "'",
        "SELECT * FROM crosswalk_history WHERE data_source = 'crm' AND record_id = 'R-003'",
        "SELECT * FROM crosswalk_history WHERE master_id = '" UUID("05") "'",
        "SELECT * FROM golden WHERE master_id = '" UUID("05") "'",
        "SELECT status, redirect_to FROM master WHERE master_id = '" UUID("05") "'",
        "SELECT * FROM event WHERE seq > 150",
        "SELECT * FROM event WHERE seq = 3",
        "SELECT * FROM run WHERE run_id = 1",
        "SELECT city FROM crosswalk JOIN golden USING(master_id) WHERE data_source = 'crm' AND record_id = 'R-003'",
    };
    S_two_runs("q.db", NULL);
    for (size_t i = 0; i < COUNT_OF(queries); i++) {
        char sql[500];
        snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", queries[i]);
        char *plan = fixture_sql("q.db", sql);
        for (char *scan = strstr(plan, "SCAN "); scan; scan = strstr(scan + 1, "SCAN "))
            if (!S_is_a_result(scan + 5))
                fail_msg("%s\n%s", queries[i], plan);
        assert_non_null(strstr(plan, "SEARCH"));
        free(plan);
    }
}

/* Every ```sql block of docs/sql.md. */
static void what_the_documentation_shows_runs(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct arena a = {0};
    struct str rest;
    unsigned n = 0;
    S_two_runs("doc.db", NULL);
    OK(file_read(DOCS "/sql.md", 1 << 20, &a, &rest, &err));
    for (size_t at; (at = str_find(rest, STR("```sql\n"))) != SIZE_MAX; n++) {
        rest = str_sub(rest, at + 7, rest.len);
        at = str_find(rest, STR("```"));
        assert_int_not_equal(at, SIZE_MAX);
        free(fixture_sql("doc.db", str_cstr(&a, str_sub(rest, 0, at))));
        rest = str_sub(rest, at + 3, rest.len);
    }
    assert_true(n >= 9);
    arena_deinit(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_documentation_shows_runs),
        cmocka_unit_test(views_answer_what_people_ask),
        cmocka_unit_test(a_sealed_database_shows_no_personal_value),
        cmocka_unit_test(questions_by_record_master_or_seq_use_an_index),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_end);
}

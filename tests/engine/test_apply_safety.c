/* What apply must never do: lose what it was not told to drop, write after a gate, leave half a database, or let a
 * personal value stand in a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "workshop.h"

#define MATCHING "'matching':{'rules':[{'when':['national_id'],'then':'same'}],'thresholds':{'match':200}}"
#define FIELDS "'fields':{'full_name':'name','email':'email','national_id':'nid'}"
#define CRM "{'name':'crm','path':'crm.csv','record_id':'id'," FIELDS "}"
#define CLEAR "'privacy':{'at_rest':'clear'}"
#define NO_GATES "'gates':{'max_churn':false,'max_merged_masters':false,'max_gone':false}"

static int S_setup(void **state)
{
    struct workshop *w = malloc(sizeof *w);
    workshop_open(w);
    *state = w;
    return 0;
}

static int S_teardown(void **state)
{
    workshop_close(*state);
    free(*state);
    return 0;
}

/* crm.csv with records from..to-1, one person each unless `same` says that all after that number are one. */
static void S_people(struct workshop *w, unsigned from, unsigned to, unsigned same)
{
    struct buf text = {0};
    buf_printf(&text, "id,name,email,nid\n");
    for (unsigned i = from; i < to; i++)
        buf_printf(&text, "%u,Person Number%u,person%u@mail.example,N%u\n", i, i, i, i < same ? 1000 + i : 5000);
    workshop_write(w, "crm.csv", buf_cstr(&text));
    buf_deinit(&text);
}

/* ---------------------------------------------------------------- deltas */

static void S_delta(struct workshop *w, const char *text)
{
    workshop_write(w, "crm.csv", text);
    workshop_run(w);
}

static void a_delta_changes_what_it_names_and_nothing_else(void **state)
{
    struct workshop *w = *state;
    workshop_config(w,
                    "{'sources':[{'name':'crm','path':'crm.csv','record_id':'id','mode':'delta','delete':'gone'," FIELDS
                    "}]," MATCHING "," NO_GATES "," CLEAR "}");
    S_delta(w, "id,name,email,nid,gone\n1,Ann Smith,ann@a.example,N1,\n2,Peter Brown,peter@b.example,N2,\n3,Olga "
               "Jones,olga@c.example,N3,no\n");
    const char *before = workshop_crosswalk(w);
    S_delta(w, "id,name,email,nid,gone\n2,Peter Miller,peter@b.example,N2,\n4,Jan Novak,jan@d.example,N4,\n");
    assert_string_equal(workshop_golden(w, "crm:2", "full_name"), "Peter Miller");
    assert_string_equal(workshop_golden(w, "crm:1", "full_name"), "Ann Smith");
    assert_int_equal(strncmp(workshop_crosswalk(w), before, strlen(before)), 0);
}

static void a_delta_deletes_what_it_says_is_deleted(void **state)
{
    struct workshop *w = *state;
    workshop_config(w,
                    "{'sources':[{'name':'crm','path':'crm.csv','record_id':'id','mode':'delta','delete':'gone'," FIELDS
                    "}]," MATCHING "," NO_GATES "," CLEAR "}");
    S_delta(w, "id,name,email,nid,gone\n1,Ann Smith,ann@a.example,N1,\n2,Peter Brown,peter@b.example,N2,\n");
    workshop_write(w, "crm.csv",
                   "id,name,email,nid,gone\n1,Ann Smith,ann@a.example,N1,true\n9,Never Known,no@z.example,,true\n");
    json_t *report = workshop_apply(w);
    assert_int_equal(workshop_count(report, "records.deleted"), 2);
    assert_int_equal(workshop_count(report, "records.gone"), 1);
    assert_int_equal(workshop_count(report, "masters.retired"), 1);
    json_decref(report);
    assert_string_equal(workshop_partition(w), "data_source,record_id,master_id\ncrm,2,crm:2\n");
    S_delta(w, "id,name,email,nid,gone\n1,Ann Smith,ann@a.example,N1,\n");
    assert_string_equal(workshop_partition(w), "data_source,record_id,master_id\ncrm,1,crm:1\ncrm,2,crm:2\n");
}

static void a_row_that_deletes_ends_the_rows_before_it(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, "{'sources':[{'name':'crm','path':'crm.csv','record_id':'id','mode':'delta',"
                       "'delete':{'column':'op','value':'D'}," FIELDS "}]," MATCHING "," NO_GATES "," CLEAR "}");
    S_delta(w, "id,name,email,nid,op\n1,Ann Smith,ann@a.example,N1,U\n2,Peter Brown,peter@b.example,N2,U\n1,Ann "
               "Smith,ann@a.example,N1,D\n");
    assert_string_equal(workshop_partition(w), "data_source,record_id,master_id\ncrm,2,crm:2\n");
}

/* ---------------------------------------------------------------- gates and failures */

static void S_stops(struct workshop *w, const char *gate)
{
    const char *before = workshop_crosswalk(w);
    json_t *report;
    assert_int_equal(workshop_try(w, &report), IDEM_GATE);
    if (!strstr(w->err.message, gate))
        fail_msg("%s", w->err.message);
    assert_non_null(report);
    assert_string_equal(json_string_value(json_object_get(report, "status")), "stopped");
    bool told = false;
    json_t *entry;
    size_t i;
    json_array_foreach(json_object_get(report, "gates"), i, entry) told |=
        json_is_false(json_object_get(entry, "passed")) &&
        !strcmp(json_string_value(json_object_get(entry, "gate")), gate);
    assert_true(told);
    json_decref(report);
    assert_string_equal(workshop_crosswalk(w), before);
}

static void a_source_that_vanishes_stops_the_run(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, "{'sources':[" CRM "]," MATCHING "," CLEAR "}");
    S_people(w, 0, 40, 40);
    workshop_run(w);
    S_people(w, 0, 20, 20);
    S_stops(w, "max_gone");
    S_people(w, 0, 37, 37); /* three of forty are within the limit */
    workshop_run(w);
}

static void masters_that_merge_stop_the_run(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, "{'sources':[" CRM "]," MATCHING ",'gates':{'max_churn':false}," CLEAR "}");
    S_people(w, 0, 40, 40);
    workshop_run(w);
    S_people(w, 0, 40, 30);
    S_stops(w, "max_merged_masters");
}

static void records_that_change_masters_stop_the_run(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, "{'sources':[" CRM "]," MATCHING ",'gates':{'max_merged_masters':false}," CLEAR "}");
    S_people(w, 0, 40, 30);
    workshop_run(w);
    S_people(w, 0, 40, 40); /* ten records of one person are ten persons */
    S_stops(w, "max_churn");
}

static void a_first_run_that_fails_leaves_no_database(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, "{'sources':[" CRM "]," MATCHING "," CLEAR "}");
    assert_int_equal(workshop_try(w, NULL), IDEM_NOT_FOUND);
    assert_non_null(strstr(w->err.message, "crm"));
    assert_false(file_exists(workshop_path(w, "idem.db")));
    assert_int_equal(workshop_grep(w, "idem.db", ""), 0);
    S_people(w, 0, 5, 5);
    workshop_run(w);
    assert_true(file_exists(workshop_path(w, "idem.db")));
}

static void a_later_run_that_fails_changes_nothing(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, "{'sources':[" CRM "]," MATCHING "," NO_GATES "," CLEAR "}");
    S_people(w, 0, 5, 5);
    workshop_run(w);
    const char *before = workshop_crosswalk(w);
    unlink(workshop_path(w, "crm.csv"));
    assert_int_equal(workshop_try(w, NULL), IDEM_NOT_FOUND);
    assert_string_equal(workshop_crosswalk(w), before);
}

static void no_records_at_all_are_no_error(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, "{'sources':[" CRM "]," MATCHING "," NO_GATES "," CLEAR "}");
    S_people(w, 0, 0, 0);
    workshop_run(w);
    assert_string_equal(workshop_crosswalk(w), "data_source,record_id,master_id\n");
    S_people(w, 0, 3, 3);
    workshop_run(w);
    S_people(w, 0, 0, 0);
    workshop_run(w);
    assert_string_equal(workshop_crosswalk(w), "data_source,record_id,master_id\n");
}

/* ---------------------------------------------------------------- at rest */

static void S_secret(struct workshop *w, const char *privacy)
{
    struct str config = arena_printf(&w->arena, "{'sources':[" CRM "]," MATCHING "," NO_GATES "%s}", privacy);
    workshop_config(w, str_cstr(&w->arena, config));
    workshop_write(
        w, "crm.csv",
        "id,name,email,nid\n1,Zerubbabel Quux,zquux@rare.example,N77\n2,Zerubbabel Quux,zq@rare.example,N77\n");
    workshop_run(w);
}

static void sealed_values_stand_in_no_file(void **state)
{
    struct workshop *w = *state;
    S_secret(w, "");
    static const char *const secret[] = {"Zerubbabel", "zerubbabel",   "ZERUBBABEL", "quux",
                                         "Quux",       "rare.example", "N77",        "n77"};
    for (unsigned i = 0; i < sizeof secret / sizeof *secret; i++)
        if (workshop_grep(w, "idem.", secret[i]))
            fail_msg("%s stands in a file", secret[i]);
    assert_string_equal(workshop_golden(w, "crm:1", "full_name"), "Zerubbabel Quux");
    struct stat key;
    assert_int_equal(stat(workshop_path(w, "idem.key"), &key), 0);
    assert_int_equal(key.st_mode & 077, 0);
}

static void clear_values_need_no_key(void **state)
{
    struct workshop *w = *state;
    S_secret(w, "," CLEAR);
    assert_false(file_exists(workshop_path(w, "idem.key")));
    assert_true(workshop_grep(w, "idem.db", "Zerubbabel") > 0);
    assert_string_equal(workshop_golden(w, "crm:1", "full_name"), "Zerubbabel Quux");
}

static void without_the_right_key_nothing_is_written_or_shown(void **state)
{
    struct workshop *w = *state;
    S_secret(w, "");
    rename(workshop_path(w, "idem.key"), workshop_path(w, "right.key"));
    assert_int_equal(workshop_try(w, NULL), IDEM_INVALID);
    assert_non_null(strstr(w->err.message, "key"));
    assert_false(file_exists(workshop_path(w, "idem.key"))); /* no new key for an old database */
    assert_string_not_equal(workshop_golden(w, "crm:1", "full_name"), "Zerubbabel Quux");
    struct workshop other;
    workshop_open(&other);
    S_secret(&other, "");
    rename(workshop_path(&other, "idem.key"), workshop_path(w, "idem.key"));
    workshop_close(&other);
    assert_int_equal(workshop_try(w, NULL), IDEM_INVALID);
    assert_non_null(strstr(w->err.message, "key"));
    rename(workshop_path(w, "right.key"), workshop_path(w, "idem.key"));
    workshop_run(w);
}

/* Values are on their way into the new file while the run still matches. */
static void a_first_run_that_is_stopped_after_matching_leaves_neither_database_nor_key(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, "{'sources':[" CRM "]," MATCHING "}");
    S_people(w, 0, 200, 200);
    struct idem_open_options open = {
        .config_path = workshop_path(w, "idem.json"), .db_path = workshop_path(w, "idem.db"), .mode = IDEM_WRITE};
    struct idem_apply_options options = {.threads = 2, .expect = "0123456789abcdef0123456789abcdef"};
    struct idem_session *s;
    char *text = NULL;
    assert_int_equal(idem_open(&open, &s, &w->err), IDEM_OK);
    assert_int_equal(idem_apply(s, &options, &text, &w->err), IDEM_GATE);
    idem_free(text);
    idem_close(s);
    struct str *file, pattern = str_from(workshop_path(w, "idem.db*"));
    size_t n;
    if (file_glob(pattern, &w->arena, &file, &n, &w->err) == IDEM_OK)
        assert_int_equal(n, 0);
    assert_false(file_exists(workshop_path(w, "idem.key")));
    w->threads = 2;
    workshop_run(w);
    assert_true(file_exists(workshop_path(w, "idem.key")));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, S_setup, S_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_delta_changes_what_it_names_and_nothing_else),
        TEST(a_delta_deletes_what_it_says_is_deleted),
        TEST(a_row_that_deletes_ends_the_rows_before_it),
        TEST(a_source_that_vanishes_stops_the_run),
        TEST(masters_that_merge_stop_the_run),
        TEST(records_that_change_masters_stop_the_run),
        TEST(a_first_run_that_fails_leaves_no_database),
        TEST(a_later_run_that_fails_changes_nothing),
        TEST(a_first_run_that_is_stopped_after_matching_leaves_neither_database_nor_key),
        TEST(no_records_at_all_are_no_error),
        TEST(sealed_values_stand_in_no_file),
        TEST(clear_values_need_no_key),
        TEST(without_the_right_key_nothing_is_written_or_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

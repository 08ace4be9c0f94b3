/* idem verify: what is sound is called sound, and damage of every kind is found where it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "sealed_shop.h"

static void a_database_that_nobody_touched_is_sound(void **state)
{
    (void)state;
    struct workshop w;
    enum idem_status status;
    sealed_shop_open(&w);
    json_t *result = sealed_shop_verify(&w, NULL, &status), *checks = json_object_get(result, "checks");
    assert_int_equal(status, IDEM_OK);
    assert_true(json_array_size(checks) >= 9);
    for (size_t i = 0; i < json_array_size(checks); i++)
        assert_string_equal(json_string_value(json_object_get(json_array_get(checks, i), "status")), "sound");
    json_decref(result);
    workshop_close(&w);
}

/* What one source says itself, another has by splitting a full name. */
static void golden_values_of_sources_that_split_names_are_sound(void **state)
{
    (void)state;
    struct workshop w;
    workshop_open(&w);
    workshop_config(&w, "{'entity':'person','sources':["
                        "{'name':'billing','path':'billing.csv','record_id':'id','fields':{'full_name':'name',"
                        "'birth_date':'dob','email':'email'}},"
                        "{'name':'crm','path':'crm.csv','record_id':'id','fields':{'given_name':'first',"
                        "'family_name':'last','birth_date':'dob','email':'email'}}],'matching':{'rules':["
                        "{'when':['email'],'then':'same'}]}}");
    workshop_write(&w, "billing.csv",
                   "id,name,dob,email\n1,\"Michel, Claire\",1976-07-10,claire@mail.example\n"
                   "2,Jan Moreau,1950-01-02,jan@mail.example\n");
    workshop_write(&w, "crm.csv",
                   "id,first,last,dob,email\nC1,Clara,Michell,1976-07-10,claire@mail.example\n"
                   "C2,Jan,Moreau,1950-01-02,jan@mail.example\n");
    workshop_run(&w);
    assert_true(workshop_together(&w, "billing:1", "crm:C1"));
    assert_string_equal(workshop_golden(&w, "billing:1", "given_name"), "Clara");
    assert_string_equal(sealed_shop_broken(&w, NULL), "");
    workshop_close(&w);
}

static void damage_of_every_kind_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *says;
    } CASES[] = {
        {"UPDATE t_leaf SET body = CAST(substr(body, 1, 60) || x'00' || substr(body, 62) AS BLOB) WHERE lid = 1",
         "records: table leaf, row 1: the sealed container was altered"},
        {"UPDATE t_leaf SET body = (SELECT body FROM t_leaf WHERE lid = 2) WHERE lid = 1",
         "records: table leaf, row 1: the sealed container was altered or moved here"},
        {"UPDATE t_leaf SET version = version + 1 WHERE lid = 1", "records: table leaf, row 1"},
        {"DELETE FROM t_leaf WHERE lid = 1", "references: record 16 has no values"},
        {"UPDATE t_segment SET body = CAST(substr(body, 1, 40) || x'00' AS BLOB) WHERE id = (SELECT min(id) FROM"
         " t_segment)",
         "containers: table segment"},
        {"DELETE FROM t_segment WHERE id = (SELECT min(id) FROM t_segment)", "index: rule 0 of the candidate index"},
        {"INSERT OR REPLACE INTO t_key_delta(rule, key, rid, gone) VALUES(0, 1, 5, 0)",
         "index: rule 0 of the candidate index: 0 entries are missing, 1 are of no record"},
        {"UPDATE t_record SET record_id = 'c4711' WHERE rid = 3",
         "records: record 3 has the values of another record id"},
        {"UPDATE t_record SET master = (SELECT master FROM t_record WHERE rid = 9) WHERE rid = 3",
         "references: master"},
        {"UPDATE t_record SET master = 999999 WHERE rid = 3", "references: record 3 has no master"},
        {"DELETE FROM t_record WHERE rid = 3", "leaf 0 has values of record 3, which is not there"},
        {"UPDATE t_master SET n = n + 1 WHERE mid = (SELECT master FROM t_record WHERE rid = 3)",
         "has another number of records than it says"},
        {"UPDATE t_master SET status = 2 WHERE mid = (SELECT master FROM t_record WHERE rid = 3)",
         "is not active but has records"},
        {"UPDATE t_master SET target = 999999 WHERE status = 1", "is redirected to none"},
        {"UPDATE t_master SET component = NULL WHERE component IS NOT NULL", "components: record"},
        {"DELETE FROM t_component", "components: master"},
        {"UPDATE t_master SET prov = NULL WHERE mid = (SELECT master FROM t_record WHERE rid = 3)", "goldens: master"},
        {"UPDATE t_master SET prov = (SELECT m.prov FROM t_record r JOIN t_master m ON m.mid = r.master WHERE r.rid = "
         "40)"
         " WHERE mid = (SELECT master FROM t_record WHERE rid = 30)",
         "which is not in it"},
        {"UPDATE t_model SET hash = zeroblob(32)", "models: model 1 is not the one of its hash"},
        {"UPDATE t_decision SET verdict = 1 - verdict", "stands, and its records are not where it says"},
        {"UPDATE t_decision SET note = CAST(substr(note, 1, 30) || x'00' AS BLOB)",
         "containers: table decision, row 1"},
        {"UPDATE t_pin SET mid = 999999", "pin 1 is of a master that is not there"},
        {"INSERT INTO t_membership SELECT 3, 5, master, 5 FROM t_record WHERE rid = 3", "less than no time"},
        {"DROP INDEX record_key", "indexes are missing"},
    };
    struct workshop w;
    sealed_shop_open(&w);
    sealed_shop_copy(&w, "idem.db", "good.db");
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        sealed_shop_copy(&w, "good.db", "idem.db");
        sealed_shop_sql(&w, "idem.db", CASES[i].sql);
        const char *broken = sealed_shop_broken(&w, NULL);
        if (!strstr(broken, CASES[i].says))
            fail_msg("%s\n  gives \"%s\", not \"%s\"", CASES[i].sql, broken, CASES[i].says);
    }
    workshop_close(&w);
}

static void without_the_key_what_needs_none_is_checked(void **state)
{
    (void)state;
    struct workshop w;
    enum idem_status status;
    sealed_shop_open(&w);
    assert_int_equal(rename(workshop_path(&w, "idem.key"), workshop_path(&w, "away.key")), 0);
    json_t *result = sealed_shop_verify(&w, NULL, &status), *checks = json_object_get(result, "checks");
    assert_int_equal(status, IDEM_OK);
    for (size_t i = 0; i < json_array_size(checks); i++)
        assert_string_equal(json_string_value(json_object_get(json_array_get(checks, i), "status")),
                            i < 2 ? "sound" : "skipped");
    json_decref(result);
    workshop_close(&w);
}

/* What is written beside the matching is not written once more after it. */
static void a_first_run_writes_each_leaf_and_segment_once_on_any_number_of_threads(void **state)
{
    (void)state;
    const char *counted[2];
    for (unsigned threads = 1; threads <= 2; threads++) {
        struct workshop w;
        struct buf text = {0};
        workshop_open(&w);
        w.threads = threads;
        workshop_config(&w, "{'sources':[{'name':'crm','path':'crm.csv','record_id':'id','fields':{'full_name':'name',"
                            "'email':'email'}}]}");
        buf_printf(&text, "id,name,email\n");
        for (unsigned i = 0; i < 300; i++)
            buf_printf(&text, "%u,Person Number%u,person%u@mail.example\n", i, i, i);
        workshop_write(&w, "crm.csv", buf_cstr(&text));
        buf_deinit(&text);
        workshop_run(&w);
        assert_string_equal(sealed_shop_sql(&w, "idem.db", "SELECT count(*), max(version) FROM t_leaf"), "19|1\n");
        counted[threads - 1] = sealed_shop_sql(&w, "idem.db", "SELECT id >> 48, sum(n) FROM t_segment GROUP BY 1");
        if (threads == 2)
            assert_string_equal(counted[0], counted[1]);
        else
            counted[0] = strdup(counted[0]);
        workshop_close(&w);
    }
    free((void *)(uintptr_t)counted[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_database_that_nobody_touched_is_sound),
        cmocka_unit_test(golden_values_of_sources_that_split_names_are_sound),
        cmocka_unit_test(a_first_run_writes_each_leaf_and_segment_once_on_any_number_of_threads),
        cmocka_unit_test(damage_of_every_kind_is_found),
        cmocka_unit_test(without_the_key_what_needs_none_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

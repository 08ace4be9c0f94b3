/* Sources with "role": "reference": they match, and never make a master. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "workshop.h"

#define FIELDS "'fields':{'full_name':'name','email':'mail','national_id':'nid'}"
#define CONFIG                                                                                                         \
    "{'sources':[{'name':'register','path':'register.csv','record_id':'id','role':'reference'," FIELDS "},"            \
    "{'name':'crm','path':'crm.csv','record_id':'id'," FIELDS "}],"                                                    \
    "'matching':{'rules':[{'when':['national_id'],'then':'same'}],'thresholds':{'match':200}},"                        \
    "'gates':{'max_churn':false,'max_merged_masters':false,'max_gone':false},'privacy':{'at_rest':'clear'}}"

static const char crm[] = "id,name,mail,nid\n"
                          "1,Ann Smith,ann@a.example,N100\n"
                          "2,Olga Jones,,N200\n",
                  without_ann[] = "id,name,mail,nid\n"
                                  "2,Olga Jones,,N200\n",
                  reg[] = "id,name,mail,nid\n"
                          "a,Ann Smith-Berg,register@a.example,N100\n"
                          "o,Olga Jones,olga@b.example,N200\n"
                          "x,Nobody Known,x@c.example,N900\n"
                          "y,Nobody Known,y@c.example,N900\n";

static int S_setup(void **state)
{
    struct workshop *w = malloc(sizeof *w);
    workshop_open(w);
    workshop_write(w, "crm.csv", crm);
    workshop_write(w, "register.csv", reg);
    workshop_config(w, CONFIG);
    *state = w;
    return 0;
}

static int S_teardown(void **state)
{
    workshop_close(*state);
    free(*state);
    return 0;
}

static void a_reference_joins_a_master_and_makes_none(void **state)
{
    struct workshop *w = *state;
    json_t *report = workshop_apply(w);
    assert_int_equal(workshop_count(report, "masters.created"), 2);
    assert_int_equal(workshop_count(report, "masters.active"), 2);
    assert_int_equal(workshop_count(report, "records.new"), 4);
    assert_int_equal(workshop_count(report, "records.unattached"), 2);
    assert_int_equal(workshop_count(report, "sources.0.new"), 2);
    assert_int_equal(workshop_count(report, "sources.0.unattached"), 2);
    assert_int_equal(workshop_count(report, "sources.1.unattached"), 0);
    json_decref(report);
    assert_true(workshop_together(w, "crm:1", "register:a"));
    assert_true(workshop_together(w, "crm:2", "register:o"));
    assert_string_equal(workshop_master(w, "register:x"), "");
    assert_string_equal(workshop_master(w, "register:y"), "");
    assert_int_equal(workshop_grep(w, "idem.db", "x@c.example"), 0);
    report = workshop_apply(w);
    assert_string_equal(json_string_value(json_object_get(report, "status")), "unchanged");
    json_decref(report);
}

static void its_values_stand_behind_those_of_other_sources(void **state)
{
    struct workshop *w = *state;
    workshop_run(w);
    assert_string_equal(workshop_golden(w, "crm:1", "email"), "ann@a.example");
    assert_string_equal(workshop_golden(w, "crm:1", "full_name"), "Ann Smith");
    assert_string_equal(workshop_golden(w, "crm:2", "email"), "olga@b.example");
}

static void the_master_retires_with_its_last_other_record_and_comes_back(void **state)
{
    struct workshop *w = *state;
    workshop_run(w);
    char id[64];
    snprintf(id, sizeof id, "%s", workshop_master(w, "crm:1"));
    workshop_write(w, "crm.csv", without_ann);
    json_t *report = workshop_apply(w);
    assert_int_equal(workshop_count(report, "masters.retired"), 1);
    assert_int_equal(workshop_count(report, "masters.active"), 1);
    assert_int_equal(workshop_count(report, "records.gone"), 2);
    assert_int_equal(workshop_count(report, "records.unattached"), 3);
    json_decref(report);
    assert_string_equal(workshop_master(w, "register:a"), "");
    report = workshop_apply(w);
    assert_string_equal(json_string_value(json_object_get(report, "status")), "unchanged");
    json_decref(report);
    workshop_write(w, "crm.csv", crm);
    report = workshop_apply(w);
    assert_int_equal(workshop_count(report, "masters.revived"), 1);
    assert_int_equal(workshop_count(report, "masters.created"), 0);
    json_decref(report);
    assert_string_equal(workshop_master(w, "crm:1"), id);
    assert_string_equal(workshop_master(w, "register:a"), id);
}

static void a_run_for_another_source_reads_it_too(void **state)
{
    struct workshop *w = *state;
    workshop_run(w);
    workshop_write(w, "crm.csv",
                   "id,name,mail,nid\n"
                   "1,Ann Smith,ann@a.example,N100\n"
                   "2,Olga Jones,,N200\n"
                   "3,N. Known,,N900\n");
    w->only = "crm";
    json_t *report = workshop_apply(w);
    assert_int_equal(workshop_count(report, "masters.created"), 1);
    assert_int_equal(workshop_count(report, "records.unattached"), 0);
    json_decref(report);
    assert_true(workshop_together(w, "crm:3", "register:x"));
    assert_true(workshop_together(w, "crm:3", "register:y"));
}

static void a_plan_counts_as_the_run_does(void **state)
{
    struct workshop *w = *state;
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    char *text;
    json_t *plan;
    assert_int_equal(idem_plan(s, NULL, 0, &text, &w->err), IDEM_OK);
    idem_close(s);
    assert_int_equal(json_parse(str_from(text), "plan", &plan, &w->err), IDEM_OK);
    idem_free(text);
    assert_int_equal(workshop_count(plan, "masters.created"), 2);
    assert_int_equal(workshop_count(plan, "records.unattached"), 2);
    json_decref(plan);
}

static void a_reference_that_a_steward_splits_off_makes_no_master(void **state)
{
    struct workshop *w = *state;
    struct idem_steward_options options = {.seed = 7};
    char *text;
    workshop_run(w);
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    assert_int_equal(idem_decide(s, "crm:1", "register:a", "different", &options, &text, &w->err), IDEM_OK);
    idem_close(s);
    idem_free(text);
    assert_string_equal(workshop_master(w, "register:a"), "");
    assert_string_not_equal(workshop_master(w, "crm:1"), "");
    workshop_run(w);
    assert_string_equal(workshop_master(w, "register:a"), "");
    assert_string_not_equal(workshop_master(w, "crm:1"), "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, S_setup, S_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_reference_joins_a_master_and_makes_none),
        TEST(its_values_stand_behind_those_of_other_sources),
        TEST(the_master_retires_with_its_last_other_record_and_comes_back),
        TEST(a_run_for_another_source_reads_it_too),
        TEST(a_plan_counts_as_the_run_does),
        TEST(a_reference_that_a_steward_splits_off_makes_no_master),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

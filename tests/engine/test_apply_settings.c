/* Every setting of the configuration that apply must follow has an effect here: quality rules, gates of a source,
 * sources without duplicates, what is kept of a field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "workshop.h"

#define MATCHING "'matching':{'rules':[{'when':['national_id'],'then':'same'}],'thresholds':{'match':200}},"
#define NO_SHARES "'max_churn':false,'max_merged_masters':false,'max_gone':false"
#define OPEN "'gates':{" NO_SHARES "},'privacy':{'at_rest':'clear'}"
#define FIELDS "'fields':{'full_name':'name','email':'email','national_id':'nid'}"
#define CRM "'name':'crm','path':'crm.csv','record_id':'id'," FIELDS
#define ONE "{'sources':[{" CRM "}]," MATCHING

static const char rows[] = "id,name,email,nid\n"
                           "1,Ann Smith,ann@a.example,N100\n"
                           "2,Ann Smith,,N100\n"
                           "3,Olga Jones,olga@c.example,N300\n"
                           "4,Maria Lopez,maria@d.example,\n";

static int S_setup(void **state)
{
    struct workshop *w = malloc(sizeof *w);
    workshop_open(w);
    workshop_write(w, "crm.csv", rows);
    *state = w;
    return 0;
}

static int S_teardown(void **state)
{
    workshop_close(*state);
    free(*state);
    return 0;
}

static const json_t *S_gate(const json_t *report, const char *name)
{
    json_t *gate;
    size_t i;
    json_array_foreach(json_object_get(report, "gates"), i,
                       gate) if (!strcmp(json_string_value(json_object_get(gate, "gate")), name)) return gate;
    fail_msg("no gate %s in the report", name);
    return NULL;
}

static void S_stops(struct workshop *w, const char *gate)
{
    json_t *report;
    assert_int_equal(workshop_try(w, &report), IDEM_GATE);
    if (!strstr(w->err.message, gate))
        fail_msg("%s", w->err.message);
    assert_non_null(report);
    assert_string_equal(json_string_value(json_object_get(report, "status")), "stopped");
    assert_true(json_is_false(json_object_get(S_gate(report, gate), "passed")));
    json_decref(report);
}

/* ---------------------------------------------------------------- quality */

static void a_row_that_a_rule_finds_wrong_is_set_aside(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, ONE "'quality':[{'expect':'not_null','field':'email','on_fail':'reject'}]," OPEN "}");
    json_t *report = workshop_apply(w);
    assert_int_equal(workshop_count(report, "records.rejected"), 1);
    assert_int_equal(workshop_count(report, "records.new"), 3);
    json_decref(report);
    assert_string_equal(workshop_master(w, "crm:2"), "");
    struct idem_export_options options = {.kind = IDEM_EXPORT_REJECTS, .format = IDEM_CSV};
    assert_non_null(strstr(workshop_export(w, &options), "crm.csv,3,"));
}

static void a_row_that_deletes_is_not_set_aside(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, "{'sources':[{" CRM ",'mode':'delta','delete':'gone'}]," MATCHING
                       "'quality':[{'expect':'not_null','field':'email','on_fail':'reject'}]," OPEN "}");
    workshop_write(w, "crm.csv",
                   "id,name,email,nid,gone\n1,Ann Smith,ann@a.example,N100,\n2,Olga Jones,o@c.example,N300,\n");
    workshop_run(w);
    workshop_write(w, "crm.csv", "id,name,email,nid,gone\n1,,,,true\n");
    json_t *report = workshop_apply(w);
    assert_int_equal(workshop_count(report, "records.rejected"), 0);
    assert_int_equal(workshop_count(report, "records.gone"), 1);
    json_decref(report);
}

static void a_rule_stops_the_first_run_too(void **state)
{
    struct workshop *w = *state;
    static const char *const rule[] = {
        "{'expect':'not_null','field':'email','on_fail':'stop'}",
        "{'expect':'unique','field':'national_id','on_fail':'stop'}", "{'expect':'rows','at_least':5,'on_fail':'stop'}",
        "{'expect':'rows','at_most':3,'on_fail':'stop'}",
        "{'expect':'matches','field':'email','pattern':'^ann','at_least':0.9,'on_fail':'stop'}"};
    for (unsigned i = 0; i < sizeof rule / sizeof *rule; i++) {
        struct str text = arena_printf(&w->arena, ONE "'quality':[%s]," OPEN "}", rule[i]);
        workshop_config(w, text.ptr);
        S_stops(w, "quality[0]");
    }
    workshop_config(w,
                    ONE "'quality':[{'expect':'not_null','field':'email','at_least':0.7,'on_fail':'stop'}]," OPEN "}");
    json_t *report = workshop_apply(w);
    assert_true(json_is_true(json_object_get(S_gate(report, "quality[0]"), "passed")));
    json_decref(report);
}

static void a_later_run_that_a_rule_stops_changes_nothing(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, ONE "'quality':[{'expect':'rows','at_least':4,'on_fail':'stop'}]," OPEN "}");
    workshop_run(w);
    const char *before = workshop_crosswalk(w);
    workshop_write(w, "crm.csv", "id,name,email,nid\n1,Ann Smith,ann@a.example,N100\n");
    S_stops(w, "quality[0]");
    assert_string_equal(workshop_crosswalk(w), before);
}

static void a_rule_that_warns_warns(void **state)
{
    struct workshop *w = *state;
    workshop_config(w,
                    ONE "'quality':[{'expect':'not_null','field':'email'},{'expect':'rows','at_least':1}]," OPEN "}");
    json_t *report = workshop_apply(w), *warnings = json_object_get(report, "warnings");
    assert_int_equal(json_array_size(warnings), 1);
    assert_non_null(
        strstr(json_string_value(json_array_get(warnings, 0)), "quality[0]: not_null email holds for 3 of 4"));
    json_decref(report);
}

/* ---------------------------------------------------------------- gates of a source */

static void too_few_rows_stop_a_later_run(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, ONE "'gates':{" NO_SHARES ",'min_rows':{'crm':5}},'privacy':{'at_rest':'clear'}}");
    workshop_run(w);
    S_stops(w, "min_rows");
    workshop_config(w, ONE "'gates':{" NO_SHARES ",'min_rows':4},'privacy':{'at_rest':'clear'}}");
    json_t *report = workshop_apply(w);
    assert_true(json_is_true(json_object_get(S_gate(report, "min_rows"), "passed")));
    json_decref(report);
}

/* The runs of a workshop are on 2026-11-18; the file is as old as the test sets it. */
static void an_old_file_stops_a_later_run(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, ONE "'gates':{" NO_SHARES ",'max_age':'36h'},'privacy':{'at_rest':'clear'}}");
    workshop_run(w);
    workshop_touch(w, "crm.csv", 37 * 3600);
    S_stops(w, "max_age");
    workshop_touch(w, "crm.csv", 35 * 3600);
    workshop_run(w);
}

/* ---------------------------------------------------------------- sources without duplicates */

static void two_records_of_a_unique_source_are_never_one(void **state)
{
    struct workshop *w = *state;
    workshop_write(w, "web.csv", "id,name,email,nid\nA,Ann Smith,ann@a.example,N100\nB,Ann Smith,,N100\n");
    static const char source[] =
        "{'sources':[{" CRM "%s},{'name':'web','path':'web.csv','record_id':'id'," FIELDS "}]," MATCHING OPEN "}";
    struct str text = arena_printf(&w->arena, source, "");
    workshop_config(w, text.ptr);
    workshop_run(w);
    assert_true(workshop_together(w, "crm:1", "crm:2"));
    text = arena_printf(&w->arena, source, ",'unique':true");
    workshop_config(w, text.ptr);
    workshop_run(w);
    assert_false(workshop_together(w, "crm:1", "crm:2"));
    assert_true(workshop_together(w, "web:A", "crm:1") || workshop_together(w, "web:A", "crm:2"));
    assert_true(workshop_together(w, "web:A", "web:B"));
}

/* ---------------------------------------------------------------- what is kept of a field */

static void a_dropped_field_is_kept_nowhere(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, ONE "'gates':{" NO_SHARES "},'privacy':{'at_rest':'clear'}}");
    workshop_run(w);
    assert_true(workshop_grep(w, "idem.db", "olga@c.example") > 0);
    workshop_config(w, ONE "'gates':{" NO_SHARES "},'privacy':{'at_rest':'clear','fields':{'email':'drop'}}}");
    workshop_run(w);
    assert_string_equal(workshop_golden(w, "crm:3", "email"), "");
    assert_string_equal(workshop_golden(w, "crm:3", "full_name"), "Olga Jones");
}

static void a_part_that_is_dropped_is_not_split_off(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, ONE OPEN "}");
    workshop_run(w);
    assert_string_equal(workshop_golden(w, "crm:3", "family_name"), "Jones");
    workshop_config(w, ONE "'gates':{" NO_SHARES "},'privacy':{'at_rest':'clear','fields':{'family_name':'drop'}}}");
    workshop_run(w);
    assert_string_equal(workshop_golden(w, "crm:3", "family_name"), "");
    assert_string_equal(workshop_golden(w, "crm:3", "given_name"), "Olga");
}

static void a_field_stands_in_the_clear_where_the_configuration_says_so(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, ONE "'gates':{" NO_SHARES "},'privacy':{'fields':{'email':'clear'}}}");
    workshop_run(w);
    assert_true(workshop_grep(w, "idem.db", "olga@c.example") > 0);
    assert_int_equal(workshop_grep(w, "idem.db", "Olga Jones"), 0);
    workshop_config(w, ONE "'gates':{" NO_SHARES "}}");
    json_t *report = workshop_apply(w); /* no record changed, and yet it is written */
    assert_string_equal(json_string_value(json_object_get(report, "status")), "committed");
    json_decref(report);
    report = workshop_apply(w);
    assert_string_equal(json_string_value(json_object_get(report, "status")), "unchanged");
    json_decref(report);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, S_setup, S_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_row_that_a_rule_finds_wrong_is_set_aside),
        TEST(a_row_that_deletes_is_not_set_aside),
        TEST(a_rule_stops_the_first_run_too),
        TEST(a_later_run_that_a_rule_stops_changes_nothing),
        TEST(a_rule_that_warns_warns),
        TEST(too_few_rows_stop_a_later_run),
        TEST(an_old_file_stops_a_later_run),
        TEST(two_records_of_a_unique_source_are_never_one),
        TEST(a_dropped_field_is_kept_nowhere),
        TEST(a_part_that_is_dropped_is_not_split_off),
        TEST(a_field_stands_in_the_clear_where_the_configuration_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

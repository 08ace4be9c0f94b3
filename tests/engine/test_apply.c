/* What apply must do to records, whatever the model: sources, duplicates, rules, links, and the same bytes every time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "workshop.h"

/* Records are joined where their national_id agrees and nowhere else: no test here depends on what a model learns. */
#define MATCHING "'matching':{'rules':[{'when':['national_id'],'then':'same'}],'thresholds':{'match':200}},"
#define OPEN "'gates':{'max_churn':false,'max_merged_masters':false,'max_gone':false},'privacy':{'at_rest':'clear'}}"
#define FIELDS "'fields':{'full_name':'name','email':'email','national_id':'nid'}"
#define CRM "{'name':'crm','path':'crm.csv','record_id':'id','updated_at':'changed'," FIELDS "}"
#define BILLING "{'name':'billing','path':'billing.csv','record_id':'id'," FIELDS "}"
#define BOTH "{'sources':[" CRM "," BILLING "]," MATCHING OPEN

static const char crm[] = "id,name,email,nid,changed\n"
                          "1,Ann Smith,ann@a.example,N100,2026-01-01\n"
                          "2,Peter Brown,peter@b.example,N200,2026-01-01\n"
                          "3,Olga Jones,olga@c.example,N300,2026-01-01\n"
                          "4,Maria Lopez,maria@d.example,,2026-01-01\n";
static const char billing[] = "id,name,email,nid\n"
                              "A,Ann Smith,ann@a.example,N100\n"
                              "B,Peter Brown,p.brown@e.example,N200\n"
                              "C,Ivan Petrov,ivan@f.example,N400\n";

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

static void S_both(struct workshop *w)
{
    workshop_config(w, BOTH);
    workshop_write(w, "crm.csv", crm);
    workshop_write(w, "billing.csv", billing);
}

/* ---------------------------------------------------------------- one master each, and the same one tomorrow */

static void every_record_has_one_master(void **state)
{
    struct workshop *w = *state;
    S_both(w);
    json_t *report = workshop_apply(w);
    assert_int_equal(workshop_count(report, "records.read"), 7);
    assert_int_equal(workshop_count(report, "records.new"), 7);
    assert_int_equal(workshop_count(report, "masters.created"), 5);
    assert_int_equal(workshop_count(report, "masters.active"), 5);
    json_decref(report);
    assert_string_equal(workshop_partition(w), "data_source,record_id,master_id\n"
                                               "billing,A,billing:A\n"
                                               "billing,B,billing:B\n"
                                               "billing,C,billing:C\n"
                                               "crm,1,billing:A\n"
                                               "crm,2,billing:B\n"
                                               "crm,3,crm:3\n"
                                               "crm,4,crm:4\n");
    assert_string_equal(workshop_golden(w, "crm:1", "full_name"), "Ann Smith");
}

static void the_same_files_again_change_nothing(void **state)
{
    struct workshop *w = *state;
    S_both(w);
    json_t *first = workshop_apply(w);
    const char *before = workshop_crosswalk(w);
    json_t *second = workshop_apply(w);
    assert_string_equal(json_string_value(json_object_get(second, "status")), "unchanged");
    assert_true(json_is_null(json_object_get(second, "run_id")));
    assert_int_equal(workshop_count(second, "seq"), workshop_count(first, "seq"));
    assert_int_equal(workshop_count(second, "records.unchanged"), 7);
    assert_int_equal(workshop_count(second, "masters.created"), 0);
    assert_string_equal(workshop_crosswalk(w), before);
    json_decref(first);
    json_decref(second);
}

static void edited_and_added_records_keep_the_ids_of_the_others(void **state)
{
    struct workshop *w = *state;
    S_both(w);
    workshop_run(w);
    const char *ann = workshop_master(w, "crm:1"), *olga = workshop_master(w, "crm:3");
    workshop_write(w, "crm.csv",
                   "id,name,email,nid,changed\n"
                   "1,Ann Miller,ann@a.example,N100,2026-02-01\n"
                   "2,Peter Brown,peter@b.example,N200,2026-01-01\n"
                   "3,Olga Jones,olga@c.example,N300,2026-01-01\n"
                   "4,Maria Lopez,maria@d.example,,2026-01-01\n"
                   "5,O. Jones,oj@g.example,N300,2026-02-01\n"
                   "6,Jan Novak,jan@h.example,N600,2026-02-01\n");
    json_t *report = workshop_apply(w);
    assert_string_equal(json_string_value(json_object_get(report, "status")), "committed");
    assert_int_equal(workshop_count(report, "records.new"), 2);
    assert_int_equal(workshop_count(report, "records.changed"), 1);
    assert_int_equal(workshop_count(report, "records.unchanged"), 6);
    assert_int_equal(workshop_count(report, "masters.created"), 1);
    assert_int_equal(workshop_count(report, "masters.attached"), 1);
    json_decref(report);
    assert_string_equal(workshop_master(w, "crm:1"), ann);
    assert_string_equal(workshop_master(w, "billing:A"), ann);
    assert_string_equal(workshop_golden(w, "crm:1", "full_name"), "Ann Miller");
    assert_string_equal(workshop_master(w, "crm:5"), olga);
}

static void removed_records_go_and_come_back_to_their_master(void **state)
{
    struct workshop *w = *state;
    S_both(w);
    workshop_run(w);
    const char *before = workshop_crosswalk(w), *olga = workshop_master(w, "crm:3");
    workshop_write(w, "crm.csv", "id,name,email,nid,changed\n1,Ann Smith,ann@a.example,N100,2026-01-01\n");
    json_t *report = workshop_apply(w);
    assert_int_equal(workshop_count(report, "records.gone"), 3);
    assert_int_equal(workshop_count(report, "masters.retired"), 2);
    assert_int_equal(workshop_count(report, "masters.active"), 3);
    json_decref(report);
    assert_string_equal(workshop_partition(w), "data_source,record_id,master_id\n"
                                               "billing,A,billing:A\n"
                                               "billing,B,billing:B\n"
                                               "billing,C,billing:C\n"
                                               "crm,1,billing:A\n");
    struct idem_session *s = workshop_session(w, IDEM_READ);
    char *text;
    assert_int_equal(idem_show(s, olga, &text, &w->err), IDEM_OK);
    assert_non_null(strstr(text, "\"status\":\"retired\""));
    idem_free(text);
    idem_close(s);
    workshop_write(w, "crm.csv", crm);
    workshop_run(w);
    assert_string_equal(workshop_crosswalk(w), before);
}

static void masters_merge_and_part_again_with_their_ids(void **state)
{
    struct workshop *w = *state;
    S_both(w);
    workshop_run(w);
    const char *before = workshop_crosswalk(w), *olga = workshop_master(w, "crm:3");
    workshop_write(w, "billing.csv",
                   "id,name,email,nid\n"
                   "A,Ann Smith,ann@a.example,N100\n"
                   "B,Peter Brown,p.brown@e.example,N200\n"
                   "C,Ivan Petrov,ivan@f.example,N300\n");
    json_t *report = workshop_apply(w);
    assert_int_equal(workshop_count(report, "masters.merged"), 1);
    json_decref(report);
    assert_true(workshop_together(w, "crm:3", "billing:C"));
    struct idem_session *s = workshop_session(w, IDEM_READ);
    char *text;
    assert_int_equal(idem_show(s, olga, &text, &w->err), IDEM_OK); /* the old id still resolves */
    assert_non_null(strstr(text, workshop_master(w, "crm:3")));
    assert_non_null(strstr(text, "\"record_id\":\"3\""));
    assert_non_null(strstr(text, "\"record_id\":\"C\""));
    idem_free(text);
    idem_close(s);
    report = workshop_apply(w);
    assert_string_equal(json_string_value(json_object_get(report, "status")), "unchanged");
    json_decref(report);
    workshop_write(w, "billing.csv", billing);
    report = workshop_apply(w);
    assert_int_equal(workshop_count(report, "masters.revived"), 1);
    assert_int_equal(workshop_count(report, "masters.created"), 0);
    json_decref(report);
    assert_string_equal(workshop_crosswalk(w), before);
}

/* ---------------------------------------------------------------- the same partition from any order and batching */

static int S_by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static size_t S_sorted_lines(struct workshop *w, const char *text, struct str **line)
{
    struct str rest = str_from(text), piece;
    size_t n = 0;
    *line = ARENA_NEW(&w->arena, struct str, rest.len + 1);
    while (str_next_token(&rest, "\n", &piece))
        (*line)[n++] = piece;
    qsort(*line, n, sizeof **line, S_by_text);
    return n;
}

static void S_same_lines(struct workshop *w, const char *x, const char *y)
{
    struct str *a, *b;
    size_t n = S_sorted_lines(w, x, &a);
    assert_int_equal(n, S_sorted_lines(w, y, &b));
    for (size_t i = 0; i < n; i++)
        if (!str_eq(a[i], b[i]))
            fail_msg("%.*s is not %.*s", STR_ARG(a[i]), STR_ARG(b[i]));
}

static void the_order_of_rows_and_sources_does_not_matter(void **state)
{
    struct workshop *w = *state;
    S_both(w);
    workshop_run(w);
    const char *before = workshop_partition(w);
    struct workshop other;
    workshop_open(&other);
    workshop_config(&other, "{'sources':[" BILLING "," CRM "]," MATCHING OPEN);
    workshop_write(&other, "crm.csv",
                   "id,name,email,nid,changed\n"
                   "4,Maria Lopez,maria@d.example,,2026-01-01\n"
                   "2,Peter Brown,peter@b.example,N200,2026-01-01\n"
                   "1,Ann Smith,ann@a.example,N100,2026-01-01\n"
                   "3,Olga Jones,olga@c.example,N300,2026-01-01\n");
    workshop_write(&other, "billing.csv",
                   "id,name,email,nid\n"
                   "C,Ivan Petrov,ivan@f.example,N400\n"
                   "B,Peter Brown,p.brown@e.example,N200\n"
                   "A,Ann Smith,ann@a.example,N100\n");
    workshop_run(&other);
    S_same_lines(w, workshop_partition(&other), before);
    S_same_lines(w, workshop_crosswalk(&other), workshop_crosswalk(w)); /* the seed was the same */
    workshop_close(&other);
}

static void sources_one_by_one_give_what_all_at_once_give(void **state)
{
    struct workshop *w = *state;
    S_both(w);
    workshop_run(w);
    const char *before = workshop_partition(w);
    struct workshop other;
    workshop_open(&other);
    S_both(&other);
    other.only = "crm";
    workshop_run(&other);
    const char *ann = workshop_master(&other, "crm:1");
    other.only = "billing";
    json_t *report = workshop_apply(&other);
    assert_int_equal(workshop_count(report, "records.gone"), 0);
    assert_int_equal(workshop_count(report, "records.new"), 3);
    json_decref(report);
    assert_string_equal(workshop_partition(&other), before);
    assert_string_equal(workshop_master(&other, "billing:A"), ann);
    other.only = "mail";
    assert_int_equal(workshop_try(&other, NULL), IDEM_INVALID);
    assert_non_null(strstr(other.err.message, "mail"));
    workshop_close(&other);
}

/* ---------------------------------------------------------------- several rows, several files */

static void of_two_rows_of_a_record_the_later_counts(void **state)
{
    struct workshop *w = *state;
    S_both(w);
    workshop_write(w, "crm.csv",
                   "id,name,email,nid,changed\n"
                   "1,Ann New,ann@a.example,N100,2026-03-01\n"
                   "1,Ann Old,ann@a.example,N100,2026-01-01\n"
                   "2,Peter First,peter@b.example,N200,2026-01-01\n"
                   "2,Peter Second,peter@b.example,N200,2026-01-01\n");
    workshop_write(w, "billing.csv",
                   "id,name,email,nid\nC,Ivan One,ivan@f.example,N400\nC,Ivan Two,ivan@f.example,N400\n");
    json_t *report = workshop_apply(w);
    assert_int_equal(workshop_count(report, "records.duplicates"), 3);
    assert_int_equal(workshop_count(report, "records.new"), 3);
    assert_int_equal(workshop_count(report, "masters.active"), 3);
    json_decref(report);
    assert_string_equal(workshop_golden(w, "crm:1", "full_name"), "Ann New");
    assert_string_equal(workshop_golden(w, "crm:2", "full_name"), "Peter Second");
    assert_string_equal(workshop_golden(w, "billing:C", "full_name"), "Ivan Two");
}

/* The line of one record in the export of records. */
static const char *S_record(struct workshop *w, const char *record_id)
{
    struct idem_export_options options = {.kind = IDEM_EXPORT_RECORDS, .format = IDEM_JSONL};
    struct str rest = str_from(workshop_export(w, &options)), line;
    struct str wanted = arena_printf(&w->arena, "\"record_id\":\"%s\"", record_id);
    while (str_next_piece(&rest, '\n', &line))
        if (str_find(line, wanted) != SIZE_MAX)
            return str_cstr(&w->arena, line);
    fail_msg("no record %s", record_id);
    return "";
}

static void rows_of_a_record_unite_their_values(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, "{'sources':[{'name':'crm','path':'crm.csv','record_id':'id','rows':'union'," FIELDS
                       "}]," MATCHING OPEN);
    workshop_write(w, "crm.csv",
                   "id,name,email,nid\n"
                   "1,Ann Smith,one@a.example,N100\n"
                   "2,Peter Brown,peter@b.example,N200\n"
                   "1,Ann Smith,two@a.example,\n"
                   "1,Ann Smith,one@a.example,N101\n");
    json_t *report = workshop_apply(w);
    assert_int_equal(workshop_count(report, "masters.active"), 2);
    json_decref(report);
    const char *text = S_record(w, "1");
    assert_non_null(strstr(text, "one@a.example"));
    assert_non_null(strstr(text, "two@a.example"));
    assert_non_null(strstr(text, "N100"));
    assert_non_null(strstr(text, "N101"));
    assert_null(strstr(strstr(text, "one@a.example") + 1, "one@a.example")); /* once */
}

static void further_files_give_values_to_the_same_records(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, "{'sources':[{'name':'crm','path':'crm.csv','record_id':'id'," FIELDS ","
                       "'also':[{'path':'phones.csv','key':'crm_id','fields':{'phone':'number'}}]}]," MATCHING OPEN);
    workshop_write(w, "crm.csv", crm);
    workshop_write(w, "phones.csv",
                   "crm_id,number\n1,+442079460018\n1,+442079460019\n3,+442079460020\n99,+442079460021\n,+44\n");
    json_t *report = workshop_apply(w);
    assert_int_equal(workshop_count(report, "sources.0.unlinked"), 1);
    assert_int_equal(workshop_count(report, "sources.0.rejected"), 1);
    assert_int_equal(workshop_count(report, "records.new"), 4);
    json_decref(report);
    assert_non_null(strstr(S_record(w, "1"), "+442079460018"));
    assert_non_null(strstr(S_record(w, "1"), "+442079460019"));
    assert_string_equal(workshop_golden(w, "crm:2", "phone"), "");
    assert_string_equal(workshop_golden(w, "crm:3", "phone"), "+442079460020");
}

/* ---------------------------------------------------------------- what joins and what parts */

static void a_link_joins_records_of_two_sources(void **state)
{
    struct workshop *w = *state;
    workshop_config(
        w, "{'sources':[" CRM ",{'name':'billing','path':'billing.csv','record_id':'id',"
           "'fields':{'full_name':'name'}}],'links':[{'source':'billing','column':'ref','to':'crm'}]," MATCHING OPEN);
    workshop_write(w, "crm.csv", crm);
    workshop_write(w, "billing.csv", "id,name,ref\nA,A. Smith,1\nB,Nobody Known,77\nC,Olga J.,3\nD,No Reference,\n");
    workshop_run(w);
    assert_true(workshop_together(w, "crm:1", "billing:A"));
    assert_true(workshop_together(w, "crm:3", "billing:C"));
    assert_false(workshop_together(w, "crm:1", "billing:C"));
    assert_false(workshop_together(w, "billing:B", "billing:D"));
}

static void a_rule_parts_what_would_be_joined(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, "{'sources':[" CRM "," BILLING
                       "],'matching':{'rules':[{'differ':['national_id'],'then':'different'},"
                       "{'when':['email'],'then':'same'}],'thresholds':{'match':200}}," OPEN);
    workshop_write(w, "crm.csv",
                   "id,name,email,nid,changed\n"
                   "1,Ann Smith,ann@a.example,N100,2026-01-01\n"
                   "2,Ann Smith,ann@a.example,N200,2026-01-01\n"
                   "3,Peter Brown,peter@b.example,,2026-01-01\n");
    workshop_write(w, "billing.csv",
                   "id,name,email,nid\nA,Ann Smith,ann@a.example,N100\nB,Peter Brown,peter@b.example,N300\n");
    workshop_run(w);
    assert_true(workshop_together(w, "crm:1", "billing:A"));
    assert_false(workshop_together(w, "crm:1", "crm:2"));
    assert_false(workshop_together(w, "billing:A", "crm:2"));
    assert_true(workshop_together(w, "crm:3", "billing:B")); /* a missing number is no difference */
}

static void a_person_and_an_organisation_stay_apart(void **state)
{
    struct workshop *w = *state;
    workshop_config(
        w, "{'sources':[{'name':'crm','path':'crm.csv','record_id':'id','entity':{'column':'kind','person':['P'],"
           "'organisation':'C'}," FIELDS "}],'matching':{'thresholds':{'match':-40}}," OPEN);
    workshop_write(w, "crm.csv",
                   "id,name,email,nid,kind\n"
                   "1,Ann Smith,ann@a.example,N100,P\n"
                   "2,Ann Smith,ann@a.example,N100,C\n"
                   "3,Ann Smith,ann@a.example,N100,p\n");
    workshop_run(w);
    assert_true(workshop_together(w, "crm:1", "crm:3"));
    assert_false(workshop_together(w, "crm:1", "crm:2"));
}

/* ---------------------------------------------------------------- what is set aside */

static void rows_that_cannot_be_read_are_listed_with_their_place(void **state)
{
    struct workshop *w = *state;
    S_both(w);
    workshop_write(w, "crm.csv",
                   "id,name,email,nid,changed\n"
                   "1,Ann Smith,ann@a.example,N100,2026-01-01\n"
                   ",No Number,no@b.example,N200,2026-01-01\n"
                   "3,Olga Jones,olga@c.example,N300,2026-01-01,and,more,cells\n");
    json_t *report = workshop_apply(w);
    assert_int_equal(workshop_count(report, "records.rejected"), 2);
    assert_int_equal(workshop_count(report, "losses.rejected_rows"), 2);
    assert_int_equal(workshop_count(report, "sources.0.rejected"), 2);
    json_decref(report);
    struct idem_export_options options = {.kind = IDEM_EXPORT_REJECTS, .format = IDEM_JSONL};
    const char *text = workshop_export(w, &options);
    assert_non_null(strstr(text, "crm.csv"));
    assert_non_null(strstr(text, ":3"));
    assert_non_null(strstr(text, ":4"));
    assert_null(strstr(text, "no@b.example"));
    assert_null(strstr(text, "Olga"));
    workshop_write(w, "crm.csv", crm); /* a clean file clears the list */
    workshop_run(w);
    assert_string_equal(workshop_export(w, &options), "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, S_setup, S_teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_record_has_one_master),
        TEST(the_same_files_again_change_nothing),
        TEST(edited_and_added_records_keep_the_ids_of_the_others),
        TEST(removed_records_go_and_come_back_to_their_master),
        TEST(masters_merge_and_part_again_with_their_ids),
        TEST(the_order_of_rows_and_sources_does_not_matter),
        TEST(sources_one_by_one_give_what_all_at_once_give),
        TEST(of_two_rows_of_a_record_the_later_counts),
        TEST(rows_of_a_record_unite_their_values),
        TEST(further_files_give_values_to_the_same_records),
        TEST(a_link_joins_records_of_two_sources),
        TEST(a_rule_parts_what_would_be_joined),
        TEST(a_person_and_an_organisation_stay_apart),
        TEST(rows_that_cannot_be_read_are_listed_with_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

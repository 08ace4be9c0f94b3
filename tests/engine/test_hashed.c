/* Fields of which nothing but tokens is kept: what matches, what is shown, and what keys, erasures and rebuilds do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/str.h"
#include "workshop.h"

#define CRM                                                                                                            \
    "{'name':'crm','path':'crm.csv','record_id':'id','fields':{'given_name':'first','family_name':'last',"             \
    "'email':'mail','tax_id':'tax'}}"
#define BILL                                                                                                           \
    "{'name':'bill','path':'bill.csv','record_id':'nr','country':'AT','fields':{'full_name':'name','email':'mail',"    \
    "'tax_id':'tax'}}"
#define RULE "'matching':{'rules':[{'when':['tax_id'],'then':'same'}],'blocking':[['tax_id'],['family_name']]},"
#define GATES "'gates':{'max_churn':false,'max_merged_masters':false,'max_gone':false}"
#define DOCUMENT(fields) "{'entity':'person','sources':[" CRM "," BILL "]," RULE GATES ",'privacy':{" fields "}}"

static const char HASHED[] = DOCUMENT("'fields':{'tax_id':'hashed','email':'hashed'}");
static const char SEALED[] = DOCUMENT("'at_rest':'sealed'");

static void S_open(struct workshop *w, const char *config)
{
    workshop_open(w);
    workshop_config(w, config);
    workshop_write(w, "crm.csv",
                   "id,first,last,mail,tax\n"
                   "1,Maria,Huber,maria@huber.example,AT-123 456 789\n"
                   "2,Jon,Smith,jon@smith.example,GB 999888777\n"
                   "3,Jane,Doe,jane@doe.example,n/a\n"
                   "4,Janet,Dow,janet@dow.example,n/a\n"
                   "5,Rosa,Lang,rosa@lang.example,\n");
    workshop_write(w, "bill.csv",
                   "nr,name,mail,tax\n"
                   "A,Hubermann Mitzi,,at123456789\n"
                   "B,Peter Pan,peter@pan.example,DE111222333\n");
}

static enum idem_status S_resolve(struct workshop *w, const char *line, const char **answer)
{
    static const struct idem_resolve_options options = {.by = "ada"};
    const struct idem_str record = {line, strlen(line)};
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    struct idem_resolver *r = NULL;
    char *text = NULL;
    size_t n_failed = 0;
    enum idem_status status = idem_resolver_open(s, &r, &w->err);
    if (status == IDEM_OK)
        status = idem_resolve(r, &record, 1, &options, &text, &n_failed, &w->err);
    *answer = str_cstr(&w->arena, str_from(text ? text : ""));
    idem_free(text);
    idem_resolver_close(r);
    idem_close(s);
    return status;
}

static const char *S_tool(struct workshop *w, bool data)
{
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    char *text = NULL;
    const char *told = "";
    if (data) {
        const struct idem_key_rotate_options options = {.data = true, .threads = 2, .by = "ada"};
        if (idem_key_rotate(s, &options, &text, &w->err) != IDEM_OK)
            fail_msg("%s", w->err.message);
        idem_free(text);
    }
    assert_int_equal(idem_key_info(s, &text, &w->err), IDEM_OK);
    told = str_cstr(&w->arena, str_from(text));
    idem_free(text);
    idem_close(s);
    return told;
}

/* ------------------------------------------------------------------ matching */

static void equal_values_match_however_they_are_written(void **state)
{
    (void)state;
    struct workshop w;
    S_open(&w, HASHED);
    workshop_run(&w);
    assert_true(workshop_together(&w, "crm:1", "bill:A"));
    assert_false(workshop_together(&w, "crm:2", "bill:B"));
    const char *one = workshop_golden(&w, "crm:1", "tax_id"), *other = workshop_golden(&w, "crm:2", "tax_id");
    assert_true(str_starts(str_from(one), STR("(hashed) ~")));
    assert_string_not_equal(one, other);
    workshop_close(&w);
}

static void placeholders_stay_placeholders(void **state)
{
    (void)state;
    struct workshop w;
    S_open(&w, HASHED);
    workshop_run(&w);
    assert_string_equal(workshop_golden(&w, "crm:3", "tax_id"), workshop_golden(&w, "crm:4", "tax_id"));
    assert_false(workshop_together(&w, "crm:3", "crm:4"));
    workshop_close(&w);
}

static void the_groups_are_those_of_values_that_are_sealed(void **state)
{
    (void)state;
    struct workshop hashed, sealed;
    S_open(&hashed, HASHED);
    workshop_run(&hashed);
    S_open(&sealed, SEALED);
    workshop_run(&sealed);
    assert_string_equal(workshop_partition(&hashed), workshop_partition(&sealed));
    workshop_close(&hashed);
    workshop_close(&sealed);
}

/* A full name is split into a hashed family name: its tokens are those of a column of its own. */
static void pieces_of_other_values_become_the_same_tokens(void **state)
{
    (void)state;
    struct workshop w;
    S_open(&w, "{'entity':'person','sources':[" CRM "," BILL
               "],'matching':{'rules':[{'when':['family_name'],'then':'same'}],'blocking':[['family_name']]}," GATES
               ",'privacy':{'fields':{'family_name':'hashed'}}}");
    workshop_write(&w, "bill.csv", "nr,name,mail,tax\nA,Maria HUBER,,\nB,Peter Pan,,\n");
    workshop_run(&w);
    assert_true(workshop_together(&w, "crm:1", "bill:A"));
    assert_false(workshop_together(&w, "crm:1", "bill:B"));
    const char *before = workshop_partition(&w);
    w.rebuild = true;
    workshop_run(&w);
    assert_string_equal(workshop_partition(&w), before);
    workshop_close(&w);
}

/* ------------------------------------------------------------------ runs */

static void a_plan_of_the_first_run_is_what_the_run_does(void **state)
{
    (void)state;
    struct workshop w;
    char *json;
    json_t *plan;
    S_open(&w, HASHED);
    struct idem_session *s = workshop_session(&w, IDEM_WRITE);
    struct idem_apply_options options = {.seed = 9, .now_ms = 1795000000000};
    assert_int_equal(idem_plan(s, &options, 0, &json, &w.err), IDEM_OK);
    assert_int_equal(json_parse(str_from(json), "plan", &plan, &w.err), IDEM_OK);
    idem_free(json);
    options.expect = json_string_value(json_object_get(plan, "digest"));
    assert_non_null(options.expect);
    if (idem_apply(s, &options, &json, &w.err) != IDEM_OK)
        fail_msg("%s", w.err.message);
    idem_free(json);
    json_decref(plan);
    idem_close(s);
    workshop_close(&w);
}

static void what_was_made_of_values_stays_when_all_is_normalised_again(void **state)
{
    (void)state;
    struct workshop w;
    S_open(&w, HASHED);
    workshop_run(&w);
    const char *before = workshop_export(&w, &(struct idem_export_options){.kind = IDEM_EXPORT_RECORDS});
    w.rebuild = true;
    workshop_run(&w);
    assert_string_equal(workshop_export(&w, &(struct idem_export_options){.kind = IDEM_EXPORT_RECORDS}), before);
    workshop_close(&w);
}

static void a_field_cannot_become_hashed_nor_cease_to_be(void **state)
{
    (void)state;
    static const char *const ORDER[][2] = {{SEALED, HASHED}, {HASHED, SEALED}};
    for (size_t i = 0; i < 2; i++) {
        struct workshop w;
        const char *answer;
        S_open(&w, ORDER[i][0]);
        workshop_run(&w);
        workshop_config(&w, ORDER[i][1]);
        assert_int_equal(workshop_try(&w, NULL), IDEM_CONFLICT);
        assert_non_null(strstr(w.err.message, i ? "is hashed in the database" : "is not hashed in the database"));
        assert_int_equal(
            S_resolve(&w, "{\"data_source\":\"crm\",\"record_id\":\"9\",\"fields\":{\"tax_id\":\"1\"}}", &answer),
            IDEM_CONFLICT);
        workshop_close(&w);
    }
}

/* ------------------------------------------------------------------ one by one */

static void a_record_finds_its_master_by_value_also_after_keys_were_replaced(void **state)
{
    (void)state;
    struct workshop w;
    const char *answer;
    S_open(&w, HASHED);
    workshop_run(&w);
    assert_non_null(strstr(S_tool(&w, false), "\"hashed_key\":\"present\""));
    const char *shown = workshop_golden(&w, "crm:2", "tax_id");
    assert_non_null(strstr(S_tool(&w, true), "\"hashed_key\":\"legacy\""));
    assert_string_equal(workshop_golden(&w, "crm:2", "tax_id"), shown);
    if (S_resolve(&w, "{\"data_source\":\"bill\",\"record_id\":\"Z\",\"fields\":{\"tax_id\":\"gb-999-888-777\"}}",
                  &answer) != IDEM_OK)
        fail_msg("%s", w.err.message);
    assert_non_null(strstr(answer, workshop_master(&w, "crm:2")));
    assert_null(strstr(answer, "999"));
    workshop_close(&w);
}

static void a_pinned_value_is_kept_as_a_token(void **state)
{
    (void)state;
    struct workshop w;
    char *json;
    S_open(&w, HASHED);
    workshop_run(&w);
    struct idem_session *s = workshop_session(&w, IDEM_WRITE);
    const struct idem_steward_options options = {.by = "ada"};
    if (idem_pin(s, "crm:5", "tax_id", "GB999888777", NULL, &options, &json, &w.err) != IDEM_OK)
        fail_msg("%s", w.err.message);
    assert_null(strstr(json, "999888777"));
    idem_free(json);
    idem_close(s);
    assert_string_equal(workshop_golden(&w, "crm:5", "tax_id"), workshop_golden(&w, "crm:2", "tax_id"));
    workshop_close(&w);
}

static void an_erased_person_is_known_again_by_two_tokens(void **state)
{
    (void)state;
    struct workshop w;
    char *json;
    S_open(&w, HASHED);
    workshop_run(&w);
    struct idem_session *s = workshop_session(&w, IDEM_WRITE);
    const char *key = "crm:2";
    static const struct idem_erase_options options = {.by = "ada"};
    if (idem_erase(s, &key, 1, &options, &json, &w.err) != IDEM_OK)
        fail_msg("%s", w.err.message);
    idem_free(json);
    idem_close(s);
    workshop_write(&w, "crm.csv",
                   "id,first,last,mail,tax\n"
                   "1,Maria,Huber,maria@huber.example,AT-123 456 789\n"
                   "77,Jon,Smyth,JON@smith.example,GB-999-888-777\n"
                   "78,Joe,Other,joe@other.example,GB 999 888 778\n");
    json_t *report = workshop_apply(&w);
    assert_int_equal(workshop_count(report, "records.set_aside"), 1);
    json_decref(report);
    workshop_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_values_match_however_they_are_written),
        cmocka_unit_test(placeholders_stay_placeholders),
        cmocka_unit_test(the_groups_are_those_of_values_that_are_sealed),
        cmocka_unit_test(pieces_of_other_values_become_the_same_tokens),
        cmocka_unit_test(a_plan_of_the_first_run_is_what_the_run_does),
        cmocka_unit_test(what_was_made_of_values_stays_when_all_is_normalised_again),
        cmocka_unit_test(a_field_cannot_become_hashed_nor_cease_to_be),
        cmocka_unit_test(a_record_finds_its_master_by_value_also_after_keys_were_replaced),
        cmocka_unit_test(a_pinned_value_is_kept_as_a_token),
        cmocka_unit_test(an_erased_person_is_known_again_by_two_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What is held about a person is told in full and of nobody else; what is too old goes by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "workshop.h"

#define CONFIG(more)                                                                                                   \
    "{'sources':[{'name':'crm','path':'crm.csv','record_id':'id','fields':{'given_name':'given','family_name':"        \
    "'family','email':'email','national_id':'nid'}}],'matching':{'rules':[{'when':['national_id'],'then':'same'}],"    \
    "'thresholds':{'match':200}},'gates':{'max_churn':false,'max_merged_masters':false,'max_gone':false}" more "}"
static const char HEAD[] = "id,given,family,email,nid\n";
static const char WANDA[] = "1,Wanda,Wunderlich,first@wanda.example,Q1\n";
static const char OTTO[] = "3,Otto,Ohnesorg,otto@sorg.example,Q3\n";

static void S_write(struct workshop *w, const char *first, const char *second, const char *third)
{
    char text[1000];
    snprintf(text, sizeof text, "%s%s%s%s", HEAD, first, second, third);
    workshop_write(w, "crm.csv", text);
}

static void S_apply_at(struct workshop *w, const char *time, json_t **report)
{
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    struct idem_apply_options options = {.threads = 1, .seed = ++w->seed};
    char *text = NULL;
    assert_true(clock_parse(str_from(time), &options.now_ms));
    if (idem_apply(s, &options, &text, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    if (report)
        assert_int_equal(json_parse(str_from(text), "report", report, NULL), IDEM_OK);
    idem_free(text);
    idem_close(s);
}

static char *S_dossier(struct workshop *w, const char *key, enum idem_dossier_form form)
{
    struct idem_session *s = workshop_session(w, IDEM_READ);
    char *text;
    if (idem_dossier(s, key, form, &text, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    idem_close(s);
    return text;
}

static void a_dossier_tells_all_of_one_person_in_every_form(void **state)
{
    (void)state;
    static const enum idem_dossier_form FORMS[] = {IDEM_DOSSIER_JSON, IDEM_DOSSIER_HTML, IDEM_DOSSIER_TEXT};
    static const char *const HELD[] = {
        "Wanda", "Wunderlich", "first@wanda.example", "second@wanda.example", "wunderlich", "maiden", "different"};
    struct workshop w;
    char *text;
    workshop_open(&w);
    workshop_config(&w, CONFIG(""));
    S_write(&w, WANDA, "2,Wanda,Maiden,,Q1\n", OTTO);
    workshop_run(&w);
    S_write(&w, "1,Wanda,Wunderlich,second@wanda.example,Q1\n", "", OTTO);
    workshop_run(&w);
    struct idem_session *s = workshop_session(&w, IDEM_WRITE);
    assert_int_equal(idem_decide(s, "crm:1", "crm:3", "different", NULL, &text, &w.err), IDEM_OK);
    idem_free(text);
    idem_close(s);
    for (size_t i = 0; i < COUNT_OF(FORMS); i++) {
        text = S_dossier(&w, "crm:1", FORMS[i]);
        for (size_t k = 0; k < COUNT_OF(HELD); k++)
            if (!strstr(text, HELD[k]))
                fail_msg("%s is not in form %zu", HELD[k], i);
        assert_null(strstr(text, "Otto"));
        assert_null(strstr(text, "sorg"));
        idem_free(text);
    }
    text = S_dossier(&w, "crm:1", IDEM_DOSSIER_JSON);
    assert_non_null(strstr(text, "\"verb\":\"dossier\"")); /* the looks before this one */
    idem_free(text);
    s = workshop_session(&w, IDEM_WRITE);
    assert_int_equal(idem_dossier(s, "crm:none", IDEM_DOSSIER_JSON, &text, &w.err), IDEM_NOT_FOUND);
    assert_null(text);
    idem_close(s);
    struct idem_open_options masked = {
        .config_path = workshop_path(&w, "idem.json"), .db_path = workshop_path(&w, "idem.db"), .masked = true};
    assert_int_equal(idem_open(&masked, &s, &w.err), IDEM_OK);
    assert_int_equal(idem_dossier(s, "crm:1", IDEM_DOSSIER_JSON, &text, &w.err), IDEM_OK);
    assert_non_null(strstr(text, "\"masked\":true"));
    for (size_t i = 0; i < COUNT_OF(HELD) - 1; i++) /* the verdict is no value */
        assert_null(strstr(text, HELD[i]));
    idem_free(text);
    idem_close(s);
    workshop_close(&w);
}

static void what_is_older_than_the_configuration_says_is_removed(void **state)
{
    (void)state;
    struct workshop w;
    json_t *report;
    workshop_open(&w);
    workshop_config(&w, CONFIG(",'retention':{'gone_records':'90d','history':'1y','rejects':'30d'}"));
    S_write(&w, WANDA, "", OTTO);
    S_apply_at(&w, "2024-01-01", NULL);
    S_write(&w, OTTO, "", "");
    S_apply_at(&w, "2024-02-01", &report);
    assert_int_equal(workshop_count(report, "records.gone"), 1);
    assert_int_equal(workshop_count(report, "retention.gone_records"), 0);
    json_decref(report);
    S_apply_at(&w, "2024-04-01", &report);
    assert_int_equal(workshop_count(report, "retention.gone_records"), 0);
    json_decref(report);
    S_apply_at(&w, "2024-06-01", &report);
    assert_int_equal(workshop_count(report, "retention.gone_records"), 1);
    assert_int_equal(workshop_count(report, "retention.history_from_seq"), 0);
    json_decref(report);
    S_write(&w, OTTO, WANDA, "");
    S_apply_at(&w, "2024-07-01", &report);
    assert_int_equal(workshop_count(report, "records.set_aside"), 0); /* nobody asked to be forgotten */
    assert_int_equal(workshop_count(report, "records.new"), 1);
    json_decref(report);
    S_apply_at(&w, "2025-09-01", &report);
    assert_true(workshop_count(report, "retention.history_from_seq") > 0);
    json_decref(report);
    struct idem_session *s = workshop_session(&w, IDEM_READ);
    struct idem_export_options changes = {.kind = IDEM_EXPORT_CHANGES};
    assert_int_equal(idem_export(s, &changes, NULL, NULL, &w.err), IDEM_LIMIT);
    assert_non_null(strstr(w.err.message, "resync from a snapshot at"));
    idem_close(s);
    workshop_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dossier_tells_all_of_one_person_in_every_form),
        cmocka_unit_test(what_is_older_than_the_configuration_says_is_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

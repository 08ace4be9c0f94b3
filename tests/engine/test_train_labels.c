/* Training from stored records and labels, and that the next apply uses what was learnt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "workshop.h"

enum { PERSONS = 60 };

/* Each person stands in both sources; every fourth has another e-mail there. */
static void S_files(struct workshop *w)
{
    struct buf crm = {0}, billing = {0}, truth = {0};
    static const char *const GIVEN[] = {"Ann", "Peter", "Olga", "Ivan", "Maria", "Zoe"}, *const FAMILY[] = {
                                                                                             "Smith",  "Brown",
                                                                                             "Jones",  "Petrov",
                                                                                             "Lopez",  "Adams",
                                                                                             "Müller", "Okoye",
                                                                                             "Tanaka", "Novak"};
    buf_printf(&crm, "id,name,email\n");
    buf_printf(&billing, "id,name,email\n");
    buf_printf(&truth, "source,record_id,entity_id\n");
    for (unsigned i = 0; i < PERSONS; i++) {
        const char *given = GIVEN[i % 6], *family = FAMILY[i / 6];
        buf_printf(&crm, "%u,%s %s,%c%s%u@x.example\n", i, given, family, *given, family, i);
        buf_printf(&billing, "%u,%s %s,%c%s%u@%s.example\n", i, given, family, *given, family, i,
                   i % 4 ? "x" : "other");
        buf_printf(&truth, "crm,%u,E%u\nbilling,%u,E%u\n", i, i, i, i);
    }
    workshop_write(w, "crm.csv", buf_cstr(&crm));
    workshop_write(w, "billing.csv", buf_cstr(&billing));
    workshop_write(w, "labels.csv", buf_cstr(&truth));
    buf_deinit(&crm);
    buf_deinit(&billing);
    buf_deinit(&truth);
}

static int S_setup(void **state)
{
    struct workshop *w = malloc(sizeof *w);
    workshop_open(w);
    workshop_config(w, "{'sources':[{'name':'crm','path':'crm.csv','record_id':'id','fields':{'full_name':'name',"
                       "'email':'email'}},{'name':'billing','path':'billing.csv','record_id':'id','fields':{"
                       "'full_name':'name','email':'email'}}],'privacy':{'at_rest':'clear'},"
                       "'gates':{'max_churn':false,'max_merged_masters':false,'max_gone':false}}");
    S_files(w);
    workshop_run(w);
    *state = w;
    return 0;
}

static int S_teardown(void **state)
{
    workshop_close(*state);
    free(*state);
    return 0;
}

static enum idem_status S_try(struct workshop *w, const char *labels, json_t **result)
{
    struct idem_train_options options = {.labels_path = labels ? workshop_path(w, labels) : NULL, .threads = 2};
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    char *text;
    enum idem_status status = idem_train(s, &options, &text, &w->err);
    idem_close(s);
    *result = NULL;
    if (text)
        assert_int_equal(json_parse(str_from(text), "result", result, NULL), IDEM_OK);
    idem_free(text);
    return status;
}

static json_t *S_train(struct workshop *w, const char *labels)
{
    json_t *result;
    if (S_try(w, labels, &result) != IDEM_OK)
        fail_msg("%s", w->err.message);
    return result;
}

static const char *S_m_from(const json_t *result)
{
    const json_t *comparison = json_array_get(json_object_get(result, "comparisons"), 0);
    const json_t *level = json_array_get(json_object_get(comparison, "levels"), 0);
    return json_string_value(json_object_get(level, "m_from"));
}

static void without_labels_it_learns_what_apply_learnt(void **state)
{
    json_t *result = S_train(*state, NULL);
    assert_int_equal(workshop_count(result, "model"), 1); /* the very same bytes */
    assert_int_equal(workshop_count(result, "records"), 2 * PERSONS);
    assert_true(json_is_null(json_object_get(result, "labels")));
    json_decref(result);
}

static void labels_make_another_model_and_apply_uses_it(void **state)
{
    struct workshop *w = *state;
    json_t *result = S_train(w, "labels.csv");
    assert_int_equal(workshop_count(result, "model"), 2);
    assert_int_equal(workshop_count(result, "labels.same"), PERSONS);
    assert_int_equal(workshop_count(result, "labels.different"), 2 * PERSONS * (2 * PERSONS - 1) / 2 - PERSONS);
    assert_string_equal(S_m_from(result), "labels");
    json_decref(result);
    json_t *report = workshop_apply(w);
    assert_int_equal(workshop_count(report, "model.id"), 2);
    assert_string_equal(json_string_value(json_object_get(report, "status")), "committed");
    json_decref(report);
    report = workshop_apply(w);
    assert_string_equal(json_string_value(json_object_get(report, "status")), "unchanged");
    json_decref(report);
    for (unsigned i = 0; i < PERSONS; i += 7) {
        char a[16], b[16];
        snprintf(a, sizeof a, "crm:%u", i);
        snprintf(b, sizeof b, "billing:%u", i);
        assert_true(workshop_together(w, a, b));
    }
}

static void training_again_without_labels_brings_the_first_model_back(void **state)
{
    struct workshop *w = *state;
    json_decref(S_train(w, "labels.csv"));
    json_t *result = S_train(w, NULL);
    assert_int_equal(workshop_count(result, "model"), 1);
    json_decref(result);
    json_t *report = workshop_apply(w);
    assert_int_equal(workshop_count(report, "model.id"), 1);
    json_decref(report);
}

static void pairs_are_labels_too_and_those_unknown_are_counted(void **state)
{
    struct workshop *w = *state;
    workshop_write(w, "pairs.csv",
                   "left_source,left_id,right_source,right_id,label\n"
                   "crm,1,billing,1,1\ncrm,2,billing,3,0\ncrm,4,billing,4,unsure\n"
                   "crm,5,nowhere,5,same\n");
    json_t *result = S_train(w, "pairs.csv");
    assert_int_equal(workshop_count(result, "labels.same"), 1);
    assert_int_equal(workshop_count(result, "labels.different"), 1);
    assert_int_equal(workshop_count(result, "labels.unsure"), 1);
    assert_int_equal(workshop_count(result, "labels.missing_records"), 1);
    json_decref(result);
}

static void labels_that_contradict_each_other_are_refused_with_the_chain(void **state)
{
    static const struct {
        const char *labels, *says;
        enum idem_status status;
    } CASES[] = {
        {"crm,1,billing,1,same\ncrm,2,billing,1,same\ncrm,7,billing,8,same\ncrm,2,crm,1,different\n",
         "labels.csv:5: says different, but the same pairs of lines 3, 2 join the two records", IDEM_CONFLICT},
        {"crm,1,billing,1,same\nbilling,1,crm,1,no\n", "labels.csv:3: line 2 says the opposite", IDEM_INVALID},
        {"old,1,billing,1,same\n", "no labelled pair is of records in the database", IDEM_INVALID},
        {"crm,1,billing,1,perhaps\n", "labels.csv:2: the label is none of", IDEM_INVALID},
    };
    struct workshop *w = *state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct str text =
            arena_printf(&w->arena, "left_source,left_id,right_source,right_id,label\n%s", CASES[i].labels);
        json_t *result;
        workshop_write(w, "labels.csv", str_cstr(&w->arena, text));
        assert_int_equal(S_try(w, "labels.csv", &result), CASES[i].status);
        assert_null(result);
        if (!strstr(w->err.message, CASES[i].says))
            fail_msg("\"%s\" does not say \"%s\"", w->err.message, CASES[i].says);
    }
    json_t *report = workshop_apply(w);
    assert_int_equal(workshop_count(report, "model.id"), 1);
    json_decref(report);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, S_setup, S_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_labels_it_learns_what_apply_learnt),
        TEST(labels_make_another_model_and_apply_uses_it),
        TEST(training_again_without_labels_brings_the_first_model_back),
        TEST(pairs_are_labels_too_and_those_unknown_are_counted),
        TEST(labels_that_contradict_each_other_are_refused_with_the_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

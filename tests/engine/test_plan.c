/* A plan says what apply then does, and writes nothing; diff says what a run did. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "workshop.h"

#define FIELDS "'fields':{'full_name':'name','email':'email','national_id':'nid'}"
#define SOURCE(name) "{'name':'" name "','path':'" name ".csv','record_id':'id'," FIELDS "}"
#define RULE "'rules':[{'when':['national_id'],'then':'same'}]"
#define MATCHING "'matching':{" RULE ",'thresholds':{'match':200}}"
#define NO_GATES "'gates':{'max_churn':false,'max_merged_masters':false,'max_gone':false}"
#define CLEAR "'privacy':{'at_rest':'clear'}"

static const int64_t NOW = 1795000000000;

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

/* ---------------------------------------------------------------- asking */

static json_t *S_parsed(char *text)
{
    json_t *parsed = NULL;
    struct idem_error err;
    assert_non_null(text);
    assert_int_equal(json_parse(str_from(text), "result", &parsed, &err), IDEM_OK);
    idem_free(text);
    return parsed;
}

static enum idem_status S_plan_with(struct workshop *w, const struct idem_apply_options *options, json_t **plan)
{
    char *text;
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    w->err = (struct idem_error){.status = IDEM_OK};
    enum idem_status status = idem_plan(s, options, 1000, &text, &w->err);
    idem_close(s);
    *plan = text ? S_parsed(text) : NULL;
    return status;
}

static json_t *S_plan(struct workshop *w, unsigned threads)
{
    struct idem_apply_options options = {.threads = threads, .retrain = w->retrain, .now_ms = NOW};
    json_t *plan;
    if (S_plan_with(w, &options, &plan) != IDEM_OK)
        fail_msg("%s", w->err.message);
    return plan;
}

static enum idem_status S_apply_with(struct workshop *w, const struct idem_apply_options *options, json_t **report)
{
    char *text;
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    w->err = (struct idem_error){.status = IDEM_OK};
    enum idem_status status = idem_apply(s, options, &text, &w->err);
    idem_close(s);
    *report = text ? S_parsed(text) : NULL;
    return status;
}

static json_t *S_diff(struct workshop *w, int64_t from, int64_t to)
{
    char *text;
    struct idem_session *s = workshop_session(w, IDEM_READ);
    if (idem_diff(s, from, to, 1000, &text, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    idem_close(s);
    return S_parsed(text);
}

static const char *S_digest(const json_t *plan)
{
    return json_string_value(json_object_get(plan, "digest"));
}

static const json_t *S_change(const json_t *result, const char *kind, size_t i)
{
    const json_t *list = json_object_get(json_object_get(json_object_get(result, "changes"), kind), "list");
    if (i >= json_array_size(list))
        fail_msg("%s has no entry %zu", kind, i);
    return json_array_get(list, i);
}

static const char *S_record_id(const json_t *holder, const char *key)
{
    return json_string_value(json_object_get(json_object_get(holder, key), "record_id"));
}

/* What a plan must leave as it is: everything but the audit log, which notes that somebody looked. */
static const char *S_state(struct workshop *w)
{
    static const enum idem_export_kind kinds[] = {IDEM_EXPORT_CROSSWALK, IDEM_EXPORT_GOLDEN, IDEM_EXPORT_RECORDS,
                                                  IDEM_EXPORT_CHANGES};
    const char *state = "";
    if (!file_exists(workshop_path(w, "idem.db")))
        return state;
    for (unsigned k = 0; k < COUNT_OF(kinds); k++)
        state =
            arena_printf(&w->arena, "%s%s", state, workshop_export(w, &(struct idem_export_options){.kind = kinds[k]}))
                .ptr;
    return state;
}

/* ---------------------------------------------------------------- random histories */

enum { PEOPLE = 40, STEPS = 9, HISTORIES = 5 };

static const char *const KIND[] = {"created", "attached", "merged",     "moved",  "split",
                                   "revived", "detached", "redirected", "retired"};
enum { KINDS = sizeof KIND / sizeof *KIND };

struct world {
    uint32_t random;
    bool there[2][PEOPLE];
    unsigned person[2][PEOPLE], version[2][PEOPLE];
};

static uint32_t S_random(struct world *x, uint32_t below)
{
    x->random = x->random * 1664525u + 1013904223u;
    return (x->random >> 8) % below;
}

static void S_write_world(struct workshop *w, const struct world *x)
{
    static const char *const FILES[] = {"crm.csv", "shop.csv"};
    for (unsigned s = 0; s < 2; s++) {
        struct buf text = {0};
        buf_printf(&text, "id,name,email,nid\n");
        for (unsigned i = 0; i < PEOPLE; i++)
            if (x->there[s][i])
                buf_printf(&text, "%u,Person %u,p%uv%u@mail.example,N%u\n", i, x->person[s][i], x->person[s][i],
                           x->version[s][i], x->person[s][i]);
        workshop_write(w, FILES[s], buf_cstr(&text));
        buf_deinit(&text);
    }
}

/* Records come, go, come back, are edited, and become somebody else. */
static void S_step_world(struct world *x)
{
    for (unsigned k = 0; k < 12; k++) {
        unsigned s = S_random(x, 2), i = S_random(x, PEOPLE), what = S_random(x, 4);
        if (what == 0)
            x->there[s][i] = !x->there[s][i];
        else if (what == 1)
            x->version[s][i]++;
        else
            x->person[s][i] = S_random(x, PEOPLE / 2);
    }
}

static void S_same_object(const json_t *plan, const json_t *report, const char *key)
{
    char *a = json_text(json_object_get(plan, key)), *b = json_text(json_object_get(report, key));
    assert_string_equal(a, b);
    free(a);
    free(b);
}

/* The numbers of events that the plan announced are those that the run wrote. */
static void S_same_events(struct workshop *w, const json_t *plan, const json_t *report)
{
    int64_t run = json_integer_value(json_object_get(report, "run_id"));
    const char *kind;
    json_t *one;
    if (run < 2)
        return;
    json_t *diff = S_diff(w, run - 1, run);
    json_object_foreach(json_object_get(plan, "changes"), kind, one)
    {
        int64_t done = json_integer_value(json_object_get(json_object_get(diff, "events"), kind));
        if (json_integer_value(json_object_get(one, "n")) != done)
            fail_msg("%s: the run wrote %lld", kind, (long long)done);
    }
    json_decref(diff);
}

static void S_plan_then_apply(struct workshop *w, uint64_t seen[KINDS])
{
    const char *before = S_state(w);
    json_t *plan = S_plan(w, 1), *again = S_plan(w, 4), *report;
    assert_string_equal(S_state(w), before);
    assert_string_equal(S_digest(plan), S_digest(again));
    S_same_object(plan, again, "changes");
    for (unsigned k = 0; k < KINDS; k++)
        seen[k] += (uint64_t)json_integer_value(
            json_object_get(json_object_get(json_object_get(plan, "changes"), KIND[k]), "n"));
    struct idem_apply_options options = {.retrain = w->retrain,
                                         .seed = w->seed++,
                                         .now_ms = NOW + 1000 * (int64_t)w->seed,
                                         .threads = 3,
                                         .expect = S_digest(plan)};
    if (S_apply_with(w, &options, &report) != IDEM_OK)
        fail_msg("%s", w->err.message);
    S_same_object(plan, report, "records");
    S_same_object(plan, report, "masters");
    S_same_object(plan, report, "pairs");
    if (!strcmp(json_string_value(json_object_get(report, "status")), "committed"))
        S_same_events(w, plan, report);
    else
        assert_string_equal(json_string_value(json_object_get(plan, "status")), "unchanged");
    json_decref(plan);
    json_decref(again);
    json_decref(report);
}

static void what_is_planned_is_what_apply_does(void **state)
{
    uint64_t seen[KINDS] = {0};
    (void)state;
    for (uint32_t h = 0; h < HISTORIES; h++) {
        struct workshop w;
        struct world x = {.random = 77 + h}, past;
        past = x;
        workshop_open(&w);
        workshop_config(&w, "{'sources':[" SOURCE("crm") "," SOURCE("shop") "]," MATCHING "," NO_GATES "," CLEAR "}");
        for (unsigned s = 0; s < 2; s++)
            for (unsigned i = 0; i < PEOPLE; i++) {
                x.there[s][i] = S_random(&x, 4) > 0;
                x.person[s][i] = S_random(&x, PEOPLE / 2);
            }
        for (unsigned step = 0; step < STEPS; step++) {
            S_write_world(&w, &x);
            S_plan_then_apply(&w, seen);
            struct world now = x;
            S_step_world(&x);
            if (step % 3 == 2) { /* take back what the step before did */
                memcpy(x.there, past.there, sizeof x.there);
                memcpy(x.person, past.person, sizeof x.person);
            }
            past = now;
        }
        workshop_close(&w);
    }
    for (unsigned k = 0; k < KINDS; k++)
        if (!seen[k])
            fail_msg("no history had anything %s", KIND[k]);
}

/* ---------------------------------------------------------------- with a model */

static const char CUSTOMERS[] =
    "{'sources':[{'name':'crm','path':'crm.csv','record_id':'customer_id','fields':{'given_name':'first','family_name':"
    "'last','birth_date':'dob','email':'email','phone':'phone','city':'town','postcode':'zip'}},"
    "{'name':'billing','path':'billing.csv','delimiter':';','record_id':'kdnr','fields':{'full_name':'name','email':"
    "'mail','phone':'telefon','city':'ort','postcode':'plz'}}]," NO_GATES "," CLEAR "%s}";

static void S_customers(struct workshop *w, const char *more)
{
    struct str text = arena_printf(&w->arena, CUSTOMERS, more);
    workshop_config(w, str_cstr(&w->arena, text));
}

static void S_generate(struct workshop *w, uint64_t records)
{
    struct idem_generate_options options = {.folder = w->folder, .records = records, .seed = 11, .overwrite = true};
    char *json;
    if (idem_generate(&options, &json, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    idem_free(json);
}

static void plans_with_a_model_and_of_a_new_one_are_kept(void **state)
{
    struct workshop *w = *state;
    uint64_t seen[KINDS] = {0};
    S_customers(w, "");
    S_generate(w, 300);
    S_plan_then_apply(w, seen); /* trains */
    S_generate(w, 360);
    S_plan_then_apply(w, seen); /* under the stored model */
    w->retrain = true;
    S_customers(w, ",'matching':{'thresholds':{'match':14}}"); /* another model, another threshold */
    S_plan_then_apply(w, seen);
    assert_true(seen[0] && seen[1] && seen[4]);
}

/* ---------------------------------------------------------------- one at a time */

static void S_two_people(struct workshop *w, const char *second)
{
    workshop_config(w, "{'sources':[" SOURCE("crm") "]," MATCHING "," NO_GATES "," CLEAR "}");
    struct str text = arena_printf(
        &w->arena, "id,name,email,nid\n1,Ann Smith,ann@a.example,N1\n2,Bob Brown,bob@b.example,%s\n", second);
    workshop_write(w, "crm.csv", str_cstr(&w->arena, text));
}

static void a_plan_for_an_empty_database_leaves_no_file(void **state)
{
    struct workshop *w = *state;
    S_two_people(w, "N2");
    json_t *plan = S_plan(w, 1);
    assert_false(file_exists(workshop_path(w, "idem.db")));
    assert_false(file_exists(workshop_path(w, "idem.key")));
    assert_int_equal(workshop_count(plan, "masters.created"), 2);
    assert_int_equal(workshop_count(plan, "changes.created.n"), 2);
    assert_string_equal(json_string_value(json_object_get(S_change(plan, "created", 0), "master_id")), "new-1");
    assert_true(json_is_true(json_object_get(plan, "first")));
    json_decref(plan);
}

static void a_merge_is_planned_with_the_pair_that_speaks_for_it(void **state)
{
    struct workshop *w = *state;
    S_two_people(w, "N2");
    workshop_run(w);
    const char *second = workshop_master(w, "crm:2");
    S_two_people(w, "N1");
    json_t *plan = S_plan(w, 1);
    const json_t *merged = S_change(plan, "merged", 0), *joined = json_object_get(merged, "joined");
    assert_string_equal(json_string_value(json_object_get(merged, "master_id")), second);
    assert_string_equal(json_string_value(json_object_get(merged, "into")), workshop_master(w, "crm:1"));
    assert_int_equal(workshop_count(merged, "records"), 2);
    assert_string_equal(S_record_id(joined, "a"), "1");
    assert_string_equal(S_record_id(joined, "b"), "2");
    assert_string_equal(json_string_value(json_object_get(joined, "by")), "rule");
    json_decref(plan);
    assert_false(workshop_together(w, "crm:1", "crm:2"));
}

static void a_split_is_planned_with_what_still_speaks_for_the_pair(void **state)
{
    struct workshop *w = *state;
    workshop_config(w,
                    "{'sources':[" SOURCE("crm") "],'matching':{" RULE
                                                 ",'thresholds':{'match':200,'review':-50}}," NO_GATES "," CLEAR "}");
    workshop_write(w, "crm.csv", "id,name,email,nid\n1,Ann Smith,ann@a.example,N1\n2,Ann Smith,ann@a.example,N1\n");
    workshop_run(w);
    workshop_write(w, "crm.csv", "id,name,email,nid\n1,Ann Smith,ann@a.example,N1\n2,Ann Smith,ann@a.example,\n");
    json_t *plan = S_plan(w, 1);
    const json_t *split = S_change(plan, "split", 0), *apart = json_object_get(split, "apart");
    assert_string_equal(S_record_id(split, "record"), "2");
    assert_string_equal(json_string_value(json_object_get(split, "from")), workshop_master(w, "crm:1"));
    assert_true(json_is_object(apart));
    assert_true(json_number_value(json_object_get(apart, "match_weight")) < 200);
    assert_true(json_number_value(json_object_get(json_object_get(plan, "churn"), "share")) == 0.5);
    json_decref(plan);
}

static void a_run_that_would_do_something_else_than_planned_does_nothing(void **state)
{
    struct workshop *w = *state;
    S_two_people(w, "N2");
    workshop_run(w);
    S_two_people(w, "N3");
    json_t *plan = S_plan(w, 1), *report;
    const char *before = workshop_crosswalk(w);
    S_two_people(w, "N1"); /* the file changes under the plan */
    struct idem_apply_options options = {.seed = 9, .now_ms = NOW, .expect = S_digest(plan)};
    assert_int_equal(S_apply_with(w, &options, &report), IDEM_GATE);
    assert_string_equal(json_string_value(json_object_get(report, "status")), "stopped");
    json_decref(report);
    assert_string_equal(workshop_crosswalk(w), before);
    S_two_people(w, "N3"); /* and back: the digest is of contents, not of files */
    assert_int_equal(S_apply_with(w, &options, &report), IDEM_OK);
    json_decref(report);
    assert_int_equal(S_apply_with(w, &options, &report), IDEM_GATE); /* it was done: now it is another state */
    json_decref(report);
    json_decref(plan);
}

static void another_configuration_is_another_plan(void **state)
{
    struct workshop *w = *state;
    S_two_people(w, "N2");
    json_t *plan = S_plan(w, 1);
    workshop_config(w, "{'sources':[" SOURCE("crm") "]," MATCHING "," NO_GATES
                                                    ",'survivorship':{'email':'recency'}," CLEAR "}");
    json_t *other = S_plan(w, 1);
    assert_string_not_equal(S_digest(plan), S_digest(other));
    json_decref(plan);
    json_decref(other);
}

static void a_plan_takes_the_options_of_apply(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, "{'sources':[" SOURCE("crm") "," SOURCE("shop") "]," MATCHING "," NO_GATES "," CLEAR "}");
    workshop_write(w, "crm.csv", "id,name,email,nid\n1,Ann Smith,ann@a.example,N1\n");
    workshop_write(w, "shop.csv", "id,name,email,nid\n7,Ann Smith,ann@a.example,N1\n");
    workshop_run(w);
    workshop_write(w, "shop.csv", "id,name,email,nid\n");
    workshop_write(w, "other.csv", "id,name,email,nid\n1,Ann Smith,ann@a.example,N1\n2,Bob Brown,b@b.example,N2\n");
    const char *only[] = {"crm"};
    const struct idem_source_path path = {"crm", workshop_path(w, "other.csv")};
    struct idem_apply_options options = {.only = only, .n_only = 1, .path = &path, .n_paths = 1, .retrain = true};
    json_t *plan;
    assert_int_equal(S_plan_with(w, &options, &plan), IDEM_OK);
    assert_int_equal(workshop_count(plan, "records.new"), 1);
    assert_int_equal(workshop_count(plan, "records.gone"), 0);
    assert_true(json_is_true(json_object_get(json_object_get(plan, "model"), "trained")));
    json_decref(plan);
}

static void a_plan_tells_of_every_gate_and_stops_at_none(void **state)
{
    struct workshop *w = *state;
    struct buf text = {0};
    workshop_config(w,
                    "{'sources':[" SOURCE("crm") "]," MATCHING ",'gates':{'min_rows':30},'quality':[{'source':'crm',"
                                                 "'expect':'not_null','field':'email','on_fail':'stop'}]," CLEAR "}");
    buf_printf(&text, "id,name,email,nid\n");
    for (int i = 0; i < 40; i++)
        buf_printf(&text, "%d,Person %d,p%d@mail.example,N%d\n", i, i, i, i);
    workshop_write(w, "crm.csv", buf_cstr(&text));
    workshop_run(w);
    buf_clear(&text);
    buf_printf(&text, "id,name,email,nid\n");
    for (int i = 0; i < 20; i++)
        buf_printf(&text, "%d,Person %d,,N%d\n", i, i, i);
    workshop_write(w, "crm.csv", buf_cstr(&text));
    buf_deinit(&text);
    json_t *plan, *gate;
    size_t i, failed = 0;
    assert_int_equal(S_plan_with(w, &(struct idem_apply_options){.now_ms = NOW}, &plan), IDEM_GATE);
    assert_string_equal(json_string_value(json_object_get(plan, "status")), "stopped");
    assert_int_equal(workshop_count(plan, "changes.detached.n"), 20);
    json_array_foreach(json_object_get(plan, "gates"), i, gate) failed +=
        json_is_false(json_object_get(gate, "passed"));
    assert_int_equal(failed, 3); /* quality[0], min_rows, max_gone */
    json_decref(plan);
    static const char *const allow[] = {"max_gone:crm", "min_rows", "quality[0]"};
    struct idem_apply_options options = {.now_ms = NOW, .allow = allow, .n_allow = 3, .reason = "half a shop"};
    assert_int_equal(S_plan_with(w, &options, &plan), IDEM_OK);
    json_decref(plan);
}

static void personal_record_ids_are_masked_where_values_are(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, "{'sources':[" SOURCE("crm") "]," MATCHING "," NO_GATES ",'privacy':{'record_ids':'token'}}");
    workshop_write(w, "crm.csv", "id,name,email,nid\nann@a.example,Ann Smith,,N1\nbob@b.example,Bob Brown,,N2\n");
    workshop_run(w);
    workshop_write(w, "crm.csv", "id,name,email,nid\nann@a.example,Ann Smith,,N1\ncid@c.example,Cid Jones,,N1\n");
    struct idem_open_options open = {.config_path = workshop_path(w, "idem.json"),
                                     .db_path = workshop_path(w, "idem.db"),
                                     .mode = IDEM_WRITE,
                                     .masked = true};
    struct idem_session *s;
    char *text;
    assert_int_equal(idem_open(&open, &s, &w->err), IDEM_OK);
    assert_int_equal(idem_plan(s, NULL, 0, &text, &w->err), IDEM_OK);
    assert_null(strstr(text, "example"));
    idem_free(text);
    idem_close(s);
    json_t *plan = S_plan(w, 1);
    assert_string_equal(S_record_id(S_change(plan, "detached", 0), "record"), "bob@b.example");
    assert_string_equal(S_record_id(S_change(plan, "attached", 0), "record"), "cid@c.example");
    json_decref(plan);
}

/* ---------------------------------------------------------------- diff */

static void a_diff_leaves_out_what_went_back_and_forth(void **state)
{
    struct workshop *w = *state;
    S_two_people(w, "N2");
    workshop_run(w);
    S_two_people(w, "N1"); /* merged */
    workshop_run(w);
    S_two_people(w, "N2"); /* and apart again, with the old id */
    workshop_run(w);
    json_t *merged = S_diff(w, 2, 1), *whole = S_diff(w, 1, 3);
    assert_int_equal(workshop_count(merged, "changes.merged.n"), 1);
    assert_int_equal(workshop_count(merged, "changes.moved.n"), 0); /* the old id resolves to the new one */
    assert_int_equal(workshop_count(merged, "from.run_id"), 1);
    static const char *const NETS[] = {"added", "gone", "moved", "created", "merged", "retired", "revived"};
    for (size_t i = 0; i < COUNT_OF(NETS); i++) {
        const json_t *changes = json_object_get(whole, "changes");
        assert_int_equal(json_integer_value(json_object_get(json_object_get(changes, NETS[i]), "n")), 0);
    }
    assert_int_equal(workshop_count(whole, "events.merged"), 1);
    assert_int_equal(workshop_count(whole, "events.revived"), 1);
    json_decref(merged);
    json_decref(whole);
}

static void a_diff_names_what_came_and_went(void **state)
{
    struct workshop *w = *state;
    S_two_people(w, "N2");
    workshop_run(w);
    const char *second = workshop_master(w, "crm:2");
    workshop_write(w, "crm.csv", "id,name,email,nid\n1,Ann Smith,ann@a.example,N1\n3,Cid Jones,c@c.example,N3\n");
    workshop_run(w);
    json_t *diff = S_diff(w, 1, 2);
    assert_string_equal(S_record_id(S_change(diff, "gone", 0), "record"), "2");
    assert_string_equal(json_string_value(json_object_get(S_change(diff, "gone", 0), "from")), second);
    assert_string_equal(json_string_value(json_object_get(S_change(diff, "retired", 0), "master_id")), second);
    assert_string_equal(S_record_id(S_change(diff, "added", 0), "record"), "3");
    assert_string_equal(json_string_value(json_object_get(S_change(diff, "created", 0), "master_id")),
                        workshop_master(w, "crm:3"));
    json_decref(diff);
}

static void a_run_that_never_was_is_not_found(void **state)
{
    struct workshop *w = *state;
    char *text;
    S_two_people(w, "N2");
    workshop_run(w);
    struct idem_session *s = workshop_session(w, IDEM_READ);
    assert_int_equal(idem_diff(s, 1, 7, 0, &text, &w->err), IDEM_NOT_FOUND);
    assert_non_null(strstr(w->err.message, "run 7"));
    assert_null(text);
    idem_close(s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, S_setup, S_teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_planned_is_what_apply_does),
        TEST(plans_with_a_model_and_of_a_new_one_are_kept),
        TEST(a_plan_for_an_empty_database_leaves_no_file),
        TEST(a_merge_is_planned_with_the_pair_that_speaks_for_it),
        TEST(a_split_is_planned_with_what_still_speaks_for_the_pair),
        TEST(a_run_that_would_do_something_else_than_planned_does_nothing),
        TEST(another_configuration_is_another_plan),
        TEST(a_plan_takes_the_options_of_apply),
        TEST(a_plan_tells_of_every_gate_and_stops_at_none),
        TEST(personal_record_ids_are_masked_where_values_are),
        TEST(a_diff_leaves_out_what_went_back_and_forth),
        TEST(a_diff_names_what_came_and_went),
        TEST(a_run_that_never_was_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* How identities were built: every join and every cut is told with its reason, and the re-run gives what is stored. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "workshop.h"

#define FIELDS                                                                                                         \
    "'fields':{'given_name':'first','family_name':'last','birth_date':'dob','email':'email','phone':'phone',"          \
    "'tax_id':'tax','loyalty_no':'card'}}"
#define CONFIG_AT(UNIQUE, BITS)                                                                                        \
    "{'entity':'person','sources':[{'name':'crm','path':'crm.csv','record_id':'id'," UNIQUE FIELDS ","                 \
    "{'name':'web','path':'web.csv','record_id':'id'," FIELDS "],"                                                     \
    "'fields':{'loyalty_no':{'type':'category'},'tax_id':{'type':'category'}},"                                        \
    "'matching':{'comparisons':{'loyalty_no':{'off':true},'tax_id':{'off':true}},"                                     \
    "'rules':[{'differ':['tax_id'],'then':'different'},{'when':['loyalty_no'],'then':'same'}],"                        \
    "'thresholds':{'match':" BITS "}},'privacy':{'at_rest':'clear'}}"

#define CONFIG(UNIQUE) CONFIG_AT(UNIQUE, "5")

static const char HEAD[] = "id,first,last,dob,email,phone,tax,card\n";

/* People who are what they seem: in the CRM all of them, every third one on the web too. */
static void S_crowd(struct buf *crm, struct buf *web)
{
    static const char *const first[] = {"Ann", "Bert", "Carla", "Dirk", "Elsa", "Fred", "Gina", "Hugo", "Ines", "Jan"};
    static const char *const last[] = {"Moreau", "Petersen", "Quandt", "Rossi",  "Silva",
                                       "Tanaka", "Ulrich",   "Vargas", "Wagner", "Zeman"};
    buf_str(crm, str_from(HEAD));
    buf_str(web, str_from(HEAD));
    for (int i = 0; i < 100; i++) {
        const char *f = first[i % 10], *l = last[(i / 10 + i) % 10];
        buf_printf(crm, "p%02d,%s,%s,19%02d-0%d-1%d,%s.%s%d@mail.example,+49 30 55%04d,,\n", i, f, l, 40 + i / 2,
                   1 + i % 9, i % 7, f, l, i, 7 * i);
        if (i % 3 == 0)
            buf_printf(web, "p%02d,%s,%s,19%02d-0%d-1%d,%s.%s%d@mail.example,+49 30 55%04d,,\n", i, f, l, 40 + i / 2,
                       1 + i % 9, i % 7, f, l, i, 7 * i);
    }
}

static void S_make(struct workshop *w, const char *config, const char *more_crm, const char *more_web)
{
    struct buf crm = {0}, web = {0};
    S_crowd(&crm, &web);
    buf_str(&crm, str_from(more_crm));
    buf_str(&web, str_from(more_web));
    workshop_write(w, "crm.csv", buf_cstr(&crm));
    workshop_write(w, "web.csv", buf_cstr(&web));
    workshop_config(w, config);
    workshop_run(w);
    buf_deinit(&crm);
    buf_deinit(&web);
}

static json_t *S_how(struct workshop *w, const char *key)
{
    struct idem_session *s = workshop_session(w, IDEM_READ);
    char *text;
    json_t *how;
    if (idem_how(s, key, &text, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    assert_int_equal(json_parse(str_from(text), "how", &how, &w->err), IDEM_OK);
    idem_free(text);
    idem_close(s);
    return how;
}

static const char *S_text(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : "";
}

static double S_number(const json_t *o, const char *key)
{
    return json_number_value(json_object_get(o, key));
}

/* The parts of a pair sum to its weight, but for the digits that JSON gives. */
static void S_check_pair(const json_t *pair)
{
    double sum = S_number(pair, "prior_weight") + S_number(pair, "related_weight");
    json_t *one;
    size_t i;
    json_array_foreach(json_object_get(pair, "comparisons"), i, one) sum +=
        S_number(one, "mw") + S_number(one, "tf_mw");
    json_array_foreach(json_object_get(pair, "interactions"), i, one) sum += S_number(one, "mw");
    assert_true(fabs(sum - S_number(pair, "match_weight")) < 1e-6);
}

/* What must hold of any answer. */
static void S_check(const json_t *how)
{
    const json_t *steps = json_object_get(how, "steps");
    json_t *one;
    size_t i, n = json_array_size(json_object_get(how, "records"));
    assert_true(json_is_true(json_object_get(how, "as_stored")));
    assert_int_equal(json_array_size(steps), n - 1);
    json_array_foreach(steps, i, one)
    {
        assert_int_equal(S_number(one, "step"), i + 1);
        assert_true(!strcmp(S_text(one, "kind"), "forced") || S_number(one, "link") >= S_number(one, "needs"));
        S_check_pair(json_object_get(one, "pair"));
    }
    json_array_foreach(json_object_get(how, "cuts"), i, one)
    {
        assert_true(*S_text(one, "reason") != 0);
        if (json_object_get(one, "link"))
            assert_true(S_number(one, "link") < S_number(one, "needs"));
        S_check_pair(json_object_get(one, "pair"));
    }
}

/* The reason of the only kind of cut there is; the test fails when there are others. */
static const char *S_reason(struct workshop *w, const json_t *how)
{
    const json_t *cuts = json_object_get(how, "cuts");
    assert_true(json_array_size(cuts) > 0);
    const char *reason = S_text(json_array_get(cuts, 0), "reason");
    for (size_t i = 1; i < json_array_size(cuts); i++)
        assert_string_equal(S_text(json_array_get(cuts, i), "reason"), reason);
    return str_cstr(&w->arena, str_from(reason));
}

static const char *S_record_id(const json_t *pair, const char *side)
{
    return S_text(json_object_get(pair, side), "record_id");
}

/* ---------------------------------------------------------------- */

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

static void two_records_are_one_step(void **state)
{
    struct workshop *w = *state;
    S_make(w, CONFIG(""), "", "");
    json_t *how = S_how(w, "crm:p03");
    S_check(how);
    const json_t *step = json_array_get(json_object_get(how, "steps"), 0), *pair = json_object_get(step, "pair");
    assert_int_equal(json_array_size(json_object_get(how, "steps")), 1);
    assert_string_equal(S_text(step, "kind"), "joined");
    assert_true(S_number(step, "best") <= S_number(pair, "match_weight"));
    assert_true(json_is_string(json_object_get(pair, "found_by")));
    assert_true(json_is_true(json_object_get(pair, "bridge")));
    assert_int_equal(json_array_size(json_object_get(how, "bridges")), 1);
    assert_int_equal(json_array_size(json_object_get(how, "cuts")), 0);
    json_decref(how);
}

static void a_record_that_is_alone_has_no_steps(void **state)
{
    struct workshop *w = *state;
    S_make(w, CONFIG(""), "x1,Oskar,Ypsilon,1931-12-24,oy@alone.example,+49 89 1,,\n", "");
    json_t *how = S_how(w, "crm:x1");
    S_check(how);
    json_decref(how);
}

static void a_chain_is_cut_where_its_ends_contradict(void **state)
{
    struct workshop *w = *state;
    /* a - b by e-mail, b - c by phone, a and c are two people */
    S_make(w, CONFIG_AT("", "-2"),
           "a,Nora,Lindqvist,1950-03-04,nora@home.example,+49 40 1112223,,\n"
           "c,Mats,Lindqvist,1988-11-30,mats@work.example,+49 40 9998887,,\n",
           "b,,Lindqvist,,nora@home.example,+49 40 9998887,,\n");
    json_t *how = S_how(w, "web:b");
    S_check(how);
    assert_int_equal(json_array_size(json_object_get(how, "records")), 2);
    const json_t *cut = json_array_get(json_object_get(how, "cuts"), 0), *against = json_object_get(cut, "against");
    const char *reason = S_reason(w, how);
    assert_true(!strcmp(reason, "pooled") || !strcmp(reason, "average"));
    assert_true(S_number(against, "match_weight") < S_number(json_object_get(how, "threshold"), "match"));
    assert_true(strchr("ac", *S_record_id(against, "a")) && strchr("ac", *S_record_id(against, "b")));
    assert_string_equal(S_text(json_object_get(cut, "other"), "master_id"),
                        workshop_master(w, workshop_together(w, "web:b", "crm:a") ? "crm:c" : "crm:a"));
    json_decref(how);
}

/* Every so many records of generated customers; masters of several records that were cut from others are among them. */
static void generated_masters_are_built_as_they_are_stored(void **state)
{
    struct workshop *w = *state;
    struct idem_generate_options generate = {.folder = w->folder, .records = 1500, .seed = 11, .households = IDEM_AMOUNT_HIGH};
    const char *files[] = {workshop_path(w, "crm.csv"), workshop_path(w, "billing.csv")};
    struct idem_init_options init = {
        .file = files, .n_files = 2, .config_path = workshop_path(w, "idem.json"), .no_key = true};
    char *text;
    size_t steps = 0, cuts = 0;
    assert_int_equal(idem_generate(&generate, &text, &w->err), IDEM_OK);
    idem_free(text);
    assert_int_equal(idem_init(&init, &text, &w->err), IDEM_OK);
    idem_free(text);
    workshop_run(w);
    struct str rest = str_from(workshop_crosswalk(w)), line, cell[3];
    str_next_piece(&rest, '\n', &line);
    for (size_t i = 0; str_next_piece(&rest, '\n', &line) && line.len; i++) {
        for (int k = 0; k < 3; k++)
            str_next_piece(&line, ',', &cell[k]);
        if (i % 8)
            continue;
        json_t *how = S_how(w, str_cstr(&w->arena, cell[2]));
        S_check(how);
        steps += json_array_size(json_object_get(how, "steps"));
        cuts += json_array_size(json_object_get(how, "cuts"));
        json_decref(how);
    }
    assert_true(steps > 50);
    assert_true(cuts > 0);
}

static void a_rule_that_says_different_is_named(void **state)
{
    struct workshop *w = *state;
    S_make(w, CONFIG(""), "a,Nora,Lindqvist,1950-03-04,nora@home.example,+49 40 111222,T1,\n",
           "b,Nora,Lindqvist,1950-03-04,nora@home.example,+49 40 111222,T2,\n");
    json_t *how = S_how(w, "crm:a");
    S_check(how);
    const json_t *cut = json_array_get(json_object_get(how, "cuts"), 0);
    assert_string_equal(S_reason(w, how), "different");
    assert_string_equal(S_text(json_object_get(cut, "against"), "forced_by"), "rule");
    const json_t *forced = json_array_get(json_object_get(how, "forced"), 0);
    assert_string_equal(S_text(forced, "then"), "different");
    assert_int_equal(S_number(forced, "rule"), 0);
    json_decref(how);
}

static void a_rule_that_says_same_is_a_forced_step(void **state)
{
    struct workshop *w = *state;
    S_make(w, CONFIG(""), "a,Nora,Lindqvist,1950-03-04,nora@home.example,+49 40 111222,,C77\n",
           "b,Nora,Sundberg,1950-03-04,ns@other.example,,,C77\n");
    json_t *how = S_how(w, "crm:a");
    S_check(how);
    const json_t *step = json_array_get(json_object_get(how, "steps"), 0);
    assert_string_equal(S_text(step, "kind"), "forced");
    const json_t *forced = json_array_get(json_object_get(how, "forced"), 0);
    assert_string_equal(S_text(forced, "by"), "rule");
    assert_int_equal(S_number(forced, "rule"), 1);
    json_decref(how);
}

static void two_records_of_a_unique_source_are_kept_apart(void **state)
{
    struct workshop *w = *state;
    S_make(w, CONFIG("'unique':true,"),
           "a,Nora,Lindqvist,1950-03-04,nora@home.example,+49 40 111222,,\n"
           "c,Nora,Lindqvist,1950-03-04,nora@home.example,+49 40 111222,,\n",
           "b,Nora,Lindqvist,1950-03-04,nora@home.example,+49 40 111222,,\n");
    json_t *how = S_how(w, "web:b");
    S_check(how);
    const json_t *cut = json_array_get(json_object_get(how, "cuts"), 0), *against = json_object_get(cut, "against");
    assert_string_equal(S_reason(w, how), "unique_source");
    assert_string_equal(S_text(against, "never"), "unique source");
    assert_string_equal(S_text(against, "verdict"), "nonmatch");
    S_check_pair(against);
    json_decref(how);
}

static void another_configuration_since_is_noticed(void **state)
{
    struct workshop *w = *state;
    S_make(w, CONFIG(""), "", "");
    workshop_config(w, CONFIG("'unique':true,"));
    json_t *how = S_how(w, "crm:p03");
    S_check(how); /* no two of the CRM were one */
    json_decref(how);
    S_make(w, CONFIG(""),
           "a,Nora,Lindqvist,1950-03-04,nora@home.example,+49 40 111222,,\n"
           "c,Nora,Lindqvist,1950-03-04,nora@home.example,+49 40 111222,,\n",
           "");
    workshop_config(w, CONFIG("'unique':true,"));
    how = S_how(w, "crm:a");
    assert_true(json_is_false(json_object_get(how, "as_stored")));
    json_decref(how);
}

static void a_model_that_was_trained_since_does_not_count_yet(void **state)
{
    struct workshop *w = *state;
    struct idem_open_options open = {
        .config_path = workshop_path(w, "idem.json"), .db_path = workshop_path(w, "idem.db"), .mode = IDEM_WRITE};
    struct idem_session *s;
    char *text;
    S_make(w, CONFIG(""), "", "");
    json_t *before = S_how(w, "crm:p03");
    workshop_config(w, CONFIG_AT("", "9"));
    assert_int_equal(idem_open(&open, &s, &w->err), IDEM_OK);
    if (idem_train(s, NULL, &text, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    idem_free(text);
    idem_close(s);
    json_t *after = S_how(w, "crm:p03");
    S_check(after);
    assert_true(json_equal(before, after));
    json_decref(before);
    json_decref(after);
}

static void components_follow_later_runs(void **state)
{
    struct workshop *w = *state;
    S_make(w, CONFIG(""), "", "b,Nora,Lindqvist,1950-03-04,nora@home.example,,,\n");
    S_make(w, CONFIG(""), "a,Nora,Lindqvist,1950-03-04,nora@home.example,+49 40 111222,,\n",
           "b,Nora,Lindqvist,1950-03-04,nora@home.example,,,\n");
    json_t *how = S_how(w, "web:b");
    S_check(how);
    assert_int_equal(json_array_size(json_object_get(how, "records")), 2);
    assert_true(json_is_object(json_object_get(how, "component")));
    json_decref(how);
    S_make(w, CONFIG(""), "", "b,Nora,Lindqvist,1950-03-04,nora@home.example,,,\n");
    how = S_how(w, "web:b");
    S_check(how);
    assert_int_equal(json_array_size(json_object_get(how, "records")), 1);
    json_decref(how);
}

static void what_is_not_there_is_not_found(void **state)
{
    struct workshop *w = *state;
    char *text;
    S_make(w, CONFIG(""), "", "");
    struct idem_session *s = workshop_session(w, IDEM_READ);
    assert_int_equal(idem_how(s, "crm:nobody", &text, &w->err), IDEM_NOT_FOUND);
    assert_null(text);
    idem_close(s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, S_setup, S_teardown)
    const struct CMUnitTest tests[] = {
        TEST(two_records_are_one_step),
        TEST(a_record_that_is_alone_has_no_steps),
        TEST(a_chain_is_cut_where_its_ends_contradict),
        TEST(generated_masters_are_built_as_they_are_stored),
        TEST(a_rule_that_says_different_is_named),
        TEST(a_rule_that_says_same_is_a_forced_step),
        TEST(two_records_of_a_unique_source_are_kept_apart),
        TEST(another_configuration_since_is_noticed),
        TEST(a_model_that_was_trained_since_does_not_count_yet),
        TEST(components_follow_later_runs),
        TEST(what_is_not_there_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

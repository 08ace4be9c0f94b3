/* What stops a run: every gate, quality rules; an export that did not come whole; what lets one pass, and the record of
 * it. What the report and check tell of drift. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "workshop.h"

#define FIELDS "'fields':{'full_name':'name','email':'email','national_id':'nid'}"
#define CRM "{'name':'crm','path':'crm.csv','record_id':'id'," FIELDS "}"
#define MATCHING "'matching':{'rules':[{'when':['national_id'],'then':'same'}],'thresholds':{'match':200}}"
#define NO_SHARES "'max_churn':false,'max_merged_masters':false,'max_gone':false"
#define CLEAR "'privacy':{'at_rest':'clear'}"
#define PLAIN "{'sources':[" CRM "]," MATCHING "," CLEAR "}"

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

/* ---------------------------------------------------------------- helpers */

/* crm.csv with records from..to-1; those after number `same` are one person; `mail` false: without e-mail. */
static void S_people(struct workshop *w, unsigned from, unsigned to, unsigned same, bool mail)
{
    struct buf text = {0};
    buf_printf(&text, "id,name,email,nid\n");
    for (unsigned i = from; i < to; i++) {
        buf_printf(&text, "%u,Person Number%u,", i, i);
        if (mail)
            buf_printf(&text, "person%u@mail.example", i);
        buf_printf(&text, ",N%u\n", i < same ? 1000 + i : 5000);
    }
    workshop_write(w, "crm.csv", buf_cstr(&text));
    buf_deinit(&text);
}

static json_t *S_parsed(char *text)
{
    json_t *parsed = NULL;
    struct idem_error err;
    assert_int_equal(json_parse(str_from(text), "result", &parsed, &err), IDEM_OK);
    idem_free(text);
    return parsed;
}

static enum idem_status S_allow(struct workshop *w, const char *gate, const char *reason, json_t **report)
{
    struct idem_apply_options options = {.seed = w->seed++,
                                         .now_ms = NOW,
                                         .threads = 2,
                                         .allow = &gate,
                                         .n_allow = gate != NULL,
                                         .reason = reason,
                                         .by = "ann"};
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    char *text;
    w->err = (struct idem_error){.status = IDEM_OK};
    enum idem_status status = idem_apply(s, &options, &text, &w->err);
    idem_close(s);
    if (report)
        *report = text ? S_parsed(text) : NULL;
    else
        idem_free(text);
    return status;
}

/* Newest first. */
static json_t *S_runs(struct workshop *w)
{
    struct idem_session *s = workshop_session(w, IDEM_READ);
    char *text;
    assert_int_equal(idem_runs(s, &text, &w->err), IDEM_OK);
    idem_close(s);
    json_t *result = S_parsed(text), *runs = json_incref(json_object_get(result, "runs"));
    json_decref(result);
    return runs;
}

static const json_t *S_gate(const json_t *report, const char *name)
{
    json_t *gate;
    size_t i;
    json_array_foreach(json_object_get(report, "gates"), i, gate)
    {
        if (!strcmp(json_string_value(json_object_get(gate, "gate")), name))
            return gate;
    }
    fail_msg("no gate %s in the report", name);
    return NULL;
}

static const char *S_text(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : "";
}

/* ---------------------------------------------------------------- each gate */

struct gate_case {
    const char *gate, *settings; /* of the configuration */
    unsigned from, to, same;     /* of the second export; the first has 40 persons, 30 the same from `before` on */
    unsigned before;
    bool mail;
    int64_t age; /* seconds */
    double value;
};

static const struct gate_case CASES[] = {
    {"max_gone", "", 0, 30, 40, 40, true, 0, 0.25},
    {"max_merged_masters", ",'gates':{'max_churn':false}", 0, 40, 30, 40, true, 0, 0.225},
    {"max_churn", ",'gates':{'max_merged_masters':false}", 0, 40, 40, 30, true, 0, 0.225},
    {"min_rows", ",'gates':{'max_gone':false,'min_rows':40}", 0, 39, 40, 40, true, 0, 39},
    {"max_age", ",'gates':{'max_age':'1h'}", 0, 41, 41, 40, true, 7200, 7200},
    {"quality[0]", ",'quality':[{'expect':'not_null','field':'email','on_fail':'stop'}]", 0, 40, 40, 40, false, 0, 0},
};

static void S_prepare(struct workshop *w, const struct gate_case *c)
{
    struct str config = arena_printf(&w->arena, "{'sources':[" CRM "]," MATCHING "," CLEAR "%s}", c->settings);
    workshop_config(w, str_cstr(&w->arena, config));
    S_people(w, 0, 40, c->before, true);
    workshop_touch(w, "crm.csv", 0);
    workshop_run(w);
    S_people(w, c->from, c->to, c->same, c->mail);
    workshop_touch(w, "crm.csv", c->age);
}

static void S_stops_and_is_on_record(struct workshop *w, const struct gate_case *c)
{
    const char *before = workshop_crosswalk(w);
    json_t *report;
    assert_int_equal(S_allow(w, NULL, NULL, &report), IDEM_GATE);
    if (!strstr(w->err.message, c->gate))
        fail_msg("%s: %s", c->gate, w->err.message);
    assert_string_equal(S_text(report, "status"), "stopped");
    assert_true(json_is_false(json_object_get(S_gate(report, c->gate), "passed")));
    double value = json_number_value(json_object_get(S_gate(report, c->gate), "value"));
    if (value < c->value - 1e-9 || value > c->value + 1e-9)
        fail_msg("%s: %g", c->gate, value);
    assert_string_equal(workshop_crosswalk(w), before);
    json_t *runs = S_runs(w);
    assert_int_equal(json_array_size(runs), 2);
    assert_string_equal(S_text(json_array_get(runs, 0), "status"), "stopped");
    assert_string_equal(S_text(json_array_get(runs, 0), "by"), "ann");
    assert_int_equal(workshop_count(json_array_get(runs, 0), "run_id"), workshop_count(report, "run_id"));
    assert_true(
        json_is_false(json_object_get(S_gate(json_object_get(json_array_get(runs, 0), "report"), c->gate), "passed")));
    json_decref(runs);
    json_decref(report);
}

static void S_passes_when_allowed(struct workshop *w, const struct gate_case *c)
{
    json_t *report;
    const char *other = strcmp(c->gate, "max_gone") ? "max_gone" : "max_churn";
    assert_int_equal(S_allow(w, other, "another gate", NULL), IDEM_GATE);
    if (S_allow(w, c->gate, "it is as it should be", &report) != IDEM_OK)
        fail_msg("%s: %s", c->gate, w->err.message);
    assert_string_equal(S_text(report, "status"), "committed");
    assert_true(json_is_true(json_object_get(S_gate(report, c->gate), "allowed")));
    json_decref(report);
    json_t *runs = S_runs(w), *last = json_array_get(runs, 0),
           *allowed = json_array_get(json_object_get(json_object_get(last, "report"), "allowed"), 0);
    assert_string_equal(S_text(last, "status"), "committed");
    assert_string_equal(S_text(allowed, "gate"), c->gate);
    assert_string_equal(S_text(allowed, "by"), "ann");
    assert_string_equal(S_text(allowed, "reason"), "it is as it should be");
    json_decref(runs);
}

static void every_gate_stops_is_on_record_and_can_be_allowed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct workshop w;
        workshop_open(&w);
        S_prepare(&w, &CASES[i]);
        S_stops_and_is_on_record(&w, &CASES[i]);
        S_passes_when_allowed(&w, &CASES[i]);
        workshop_close(&w);
    }
}

static void a_gate_is_allowed_by_its_name_its_source_and_with_a_reason(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, PLAIN);
    S_people(w, 0, 40, 40, true);
    workshop_run(w);
    S_people(w, 0, 10, 40, true);
    assert_int_equal(S_allow(w, "max_gone", NULL, NULL), IDEM_INVALID);
    assert_int_equal(S_allow(w, "max_gone", "  ", NULL), IDEM_INVALID);
    assert_int_equal(S_allow(w, NULL, "no gate", NULL), IDEM_INVALID);
    assert_int_equal(S_allow(w, "max_gon", "misspelt", NULL), IDEM_INVALID);
    assert_non_null(strstr(w->err.message, "max_gone"));
    assert_int_equal(S_allow(w, "quality[0]", "there is none", NULL), IDEM_INVALID);
    assert_int_equal(S_allow(w, "max_gone:shop", "no such source", NULL), IDEM_INVALID);
    assert_int_equal(S_allow(w, "max_gone:crm", "three quarters left", NULL), IDEM_OK);
}

static void a_stopped_run_leaves_everything_after_it_as_it_was(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, PLAIN);
    S_people(w, 0, 40, 40, true);
    workshop_run(w);
    S_people(w, 0, 10, 40, true);
    assert_int_equal(S_allow(w, NULL, NULL, NULL), IDEM_GATE);
    S_people(w, 0, 40, 40, true);
    json_t *report = workshop_apply(w);
    assert_string_equal(S_text(report, "status"), "unchanged"); /* and no model or figure is taken for a new one */
    json_decref(report);
    S_people(w, 0, 41, 41, true);
    report = workshop_apply(w);
    assert_int_equal(workshop_count(report, "run_id"), 3);
    assert_int_equal(workshop_count(report, "model.id"), 1);
    json_decref(report);
}

static void a_first_run_has_no_gates_but_quality(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, "{'sources':[" CRM "]," MATCHING "," CLEAR ",'gates':{'min_rows':100},"
                       "'quality':[{'expect':'rows','at_least':20,'on_fail':'stop'}]}");
    S_people(w, 0, 10, 40, true);
    assert_int_equal(workshop_try(w, NULL), IDEM_GATE);
    assert_false(file_exists(workshop_path(w, "idem.db")));
    S_people(w, 0, 20, 40, true);
    workshop_run(w);
}

/* ---------------------------------------------------------------- two in the morning */

static const struct {
    const char *says, *text;
} BROKEN[] = {
    {"a header and no row", "id,name,email,nid\n"},
    {"not a byte", ""},
    {"nothing but line breaks", "\n\n"},
    {"cut in its second row", "id,name,email,nid\n1,Ann Smith,ann@a.example,N1\n2,Bob Br"},
    {"cut in its header", "id,na"},
    {"cut inside quotes", "id,name,email,nid\n1,Ann Smith,ann@a.example,N1\n2,\"Bob Br"},
};

static void an_export_that_did_not_come_whole_retires_nobody(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, PLAIN);
    workshop_write(w, "crm.csv",
                   "id,name,email,nid\n1,Ann Smith,ann@a.example,N1\n2,Bob Brown,bob@b.example,N2\n"
                   "3,Cid Jones,cid@c.example,N3\n");
    workshop_run(w);
    const char *before = workshop_crosswalk(w);
    for (size_t i = 0; i < COUNT_OF(BROKEN); i++) {
        workshop_write(w, "crm.csv", BROKEN[i].text);
        if (workshop_try(w, NULL) == IDEM_OK)
            fail_msg("a file with %s was taken", BROKEN[i].says);
        assert_string_equal(workshop_crosswalk(w), before);
    }
    workshop_write(w, "crm.csv", "id,name,email,nid\n1,Ann Smith,ann@a.example,N1\n3,Cid Jones,cid@c.example,N3\n");
    workshop_run(w); /* a small source that shrinks is no export that broke off */
}

static void a_cut_file_of_many_retires_nobody_even_below_the_limit(void **state)
{
    struct workshop *w = *state;
    struct str whole;
    workshop_config(w, PLAIN);
    S_people(w, 0, 100, 100, true);
    workshop_run(w);
    const char *path = workshop_path(w, "crm.csv"), *before = workshop_crosswalk(w);
    assert_int_equal(file_read(path, 1 << 20, &w->arena, &whole, &w->err), IDEM_OK);
    workshop_write(w, "crm.csv", str_cstr(&w->arena, str_sub(whole, 0, whole.len - 60)));
    json_t *report;
    assert_int_equal(workshop_try(w, &report), IDEM_GATE);
    assert_true(json_number_value(json_object_get(S_gate(report, "max_gone"), "value")) < 0.1);
    assert_non_null(strstr(w->err.message, "middle of a row"));
    json_decref(report);
    assert_string_equal(workshop_crosswalk(w), before);
    S_people(w, 0, 95, 100, true); /* whole, with a last line that is no record */
    assert_int_equal(file_read(path, 1 << 20, &w->arena, &whole, &w->err), IDEM_OK);
    struct str footer = arena_printf(&w->arena, "%.*s95 rows\n", STR_ARG(whole));
    workshop_write(w, "crm.csv", str_cstr(&w->arena, footer));
    workshop_run(w);
}

static void an_empty_delta_changes_nothing(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, "{'sources':[{'name':'crm','path':'crm.csv','record_id':'id','mode':'delta'," FIELDS
                       "}]," MATCHING "," CLEAR "}");
    S_people(w, 0, 12, 40, true);
    workshop_run(w);
    S_people(w, 0, 0, 0, true);
    json_t *report = workshop_apply(w);
    assert_string_equal(S_text(report, "status"), "unchanged");
    json_decref(report);
}

/* ---------------------------------------------------------------- drift */

static void S_table(struct workshop *w, const char *header, const char *row)
{
    struct buf text = {0};
    buf_printf(&text, "%s\n", header);
    for (int i = 0; i < 200; i++) {
        for (const char *c = row; *c; c++)
            if (*c == '#')
                buf_printf(&text, "%03d", i);
            else
                buf_byte(&text, *c);
        buf_byte(&text, '\n');
    }
    workshop_write(w, "crm.csv", buf_cstr(&text));
    buf_deinit(&text);
}

static const struct drift_case {
    const char *header, *row, *mail; /* mail: column of the configuration */
    const char *kind, *of, *message;
} DRIFT[] = {
    {"id,name,email,nid", "#,Ann Hill,a#@x.example,N#", "email", NULL, NULL, NULL},
    {"id,name,email,nid,extra", "#,Ann Hill,a#@x.example,N#,1", "email", "column_new", "extra", "extra"},
    {"id,name,nid,e_mail", "#,Ann Hill,N#,a#@x.example", "e_mail", "column_renamed", "email", "probably it is"},
    {"id,name,nid,contact", "#,Ann Hill,N#,a#@x.example", "contact", "column_renamed", "email", "\"contact\""},
    {"id,name,email,nid", "#,Ann Hill,,N#", "email", "fill", "email", "0.0 %"},
    {"id,name,email,nid", "#,Ann Hill,a#@x.example,12-#", "email", "shape", "national_id", "another shape"},
};

static void S_drift_config(struct workshop *w, const char *mail)
{
    struct str config =
        arena_printf(&w->arena,
                     "{'sources':[{'name':'crm','path':'crm.csv','record_id':'id','fields':{'full_name':'name',"
                     "'email':'%s','national_id':'nid'}}]," MATCHING "," CLEAR ",'gates':{" NO_SHARES "}}",
                     mail);
    workshop_config(w, str_cstr(&w->arena, config));
}

static void S_drift_case(const struct drift_case *c)
{
    struct workshop w;
    workshop_open(&w);
    S_drift_config(&w, "email");
    S_table(&w, DRIFT[0].header, DRIFT[0].row);
    workshop_run(&w);
    S_drift_config(&w, c->mail);
    S_table(&w, c->header, c->row);
    json_t *report = workshop_apply(&w), *drift = json_object_get(report, "drift"), *one = json_array_get(drift, 0);
    assert_int_equal(json_array_size(drift), c->kind ? 1 : 0);
    if (c->kind) {
        assert_string_equal(S_text(one, "kind"), c->kind);
        assert_string_equal(S_text(one, "source"), "crm");
        assert_string_equal(*S_text(one, "field") ? S_text(one, "field") : S_text(one, "column"), c->of);
        assert_non_null(strstr(S_text(one, "message"), c->message));
    }
    json_decref(report);
    workshop_close(&w);
}

static void what_looks_different_is_told_in_the_report(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(DRIFT); i++)
        S_drift_case(&DRIFT[i]);
}

static void check_finds_what_a_column_has_become(void **state)
{
    struct workshop *w = *state;
    char *text;
    S_drift_config(w, "email");
    S_table(w, DRIFT[0].header, DRIFT[0].row);
    workshop_run(w);
    S_table(w, "id,name,nid,contact,hobby", "#,Ann Hill,N#,a#@x.example,tea"); /* the configuration is the old one */
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    assert_int_equal(idem_check(s, &text, &w->err), IDEM_OK);
    idem_close(s);
    if (!strstr(text, "\\\"email\\\" was there in the last run and is gone: probably it is \\\"contact\\\" now"))
        fail_msg("%s", text);
    assert_non_null(strstr(text, "\\\"hobby\\\" is new since the last run"));
    assert_null(strstr(text, "Hill"));
    idem_free(text);
}

static void the_stored_facts_hold_no_value(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, "{'sources':[" CRM "]," MATCHING "}");
    S_table(w, "id,name,email,nid", "#,Zerubbabel Quux,quux#@rare.example,K-777-#");
    workshop_run(w);
    assert_int_equal(workshop_grep(w, "idem.db", "Quux"), 0);
    assert_int_equal(workshop_grep(w, "idem.db", "rare.example"), 0);
    assert_int_equal(workshop_grep(w, "idem.db", "K-777"), 0);
    assert_true(workshop_grep(w, "idem.db", "shapes") > 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, S_setup, S_teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_gate_stops_is_on_record_and_can_be_allowed),
        TEST(a_gate_is_allowed_by_its_name_its_source_and_with_a_reason),
        TEST(a_stopped_run_leaves_everything_after_it_as_it_was),
        TEST(a_first_run_has_no_gates_but_quality),
        TEST(an_export_that_did_not_come_whole_retires_nobody),
        TEST(a_cut_file_of_many_retires_nobody_even_below_the_limit),
        TEST(an_empty_delta_changes_nothing),
        TEST(what_looks_different_is_told_in_the_report),
        TEST(check_finds_what_a_column_has_become),
        TEST(the_stored_facts_hold_no_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a run would cost, and runs that may not cost so much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "workshop.h"

enum { PEOPLE = 300 };

/* Each person twice. */
static int S_setup(void **state)
{
    struct workshop *w = malloc(sizeof *w);
    struct buf text = {0};
    workshop_open(w);
    buf_str(&text, STR("id,name,mail\n"));
    for (unsigned i = 0; i < 2 * PEOPLE; i++)
        buf_printf(&text, "%u,Ann Berger%u,ann%u@example.org\n", i, i / 2, i / 2);
    buf_byte(&text, '\0');
    workshop_write(w, "a.csv", buf_view(&text).ptr);
    buf_deinit(&text);
    workshop_config(w, "{'sources':[{'name':'a','path':'a.csv','record_id':'id',"
                       "'fields':{'full_name':'name','email':'mail'}}],'privacy':{'at_rest':'clear'}}");
    *state = w;
    return 0;
}

static int S_teardown(void **state)
{
    workshop_close(*state);
    free(*state);
    return 0;
}

static json_t *S_estimate(struct workshop *w)
{
    struct idem_apply_options options = {.threads = 2};
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    char *text = NULL;
    json_t *cost = NULL;
    if (idem_estimate(s, &options, &text, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    idem_close(s);
    assert_int_equal(json_parse(str_from(text), "estimate", &cost, &w->err), IDEM_OK);
    idem_free(text);
    return cost;
}

static int64_t S_number(const json_t *cost, const char *name)
{
    return json_integer_value(json_object_get(cost, name));
}

/* 600 records are few enough for all pairs. */
static void an_estimate_counts_pairs_and_writes_nothing(void **state)
{
    struct workshop *w = *state;
    json_t *cost = S_estimate(w);
    const json_t *rule = json_array_get(json_object_get(cost, "rules"), 0), *memory = json_object_get(cost, "memory");
    assert_int_equal(S_number(cost, "records"), 2 * PEOPLE);
    assert_int_equal(S_number(cost, "pairs"), 2 * PEOPLE * (2 * PEOPLE - 1) / 2);
    assert_int_equal(S_number(rule, "pairs"), S_number(cost, "pairs"));
    assert_int_equal(S_number(rule, "largest_block"), 2 * PEOPLE);
    assert_true(json_is_true(json_object_get(cost, "trained")));
    assert_true(S_number(cost, "kept_pairs") >= PEOPLE && S_number(cost, "kept_pairs") <= S_number(cost, "pairs"));
    assert_true(S_number(memory, "expected") >= S_number(memory, "held"));
    assert_false(file_exists(workshop_path(w, "idem.db")));
    json_decref(cost);
}

static void an_estimate_with_a_database_uses_its_model(void **state)
{
    struct workshop *w = *state;
    workshop_run(w);
    json_t *cost = S_estimate(w);
    assert_false(json_is_true(json_object_get(cost, "trained")));
    assert_int_equal(S_number(cost, "records"), 2 * PEOPLE);
    assert_true(S_number(cost, "pairs") > 0);
    json_decref(cost);
}

static void a_run_that_would_take_more_memory_stops_and_leaves_nothing(void **state)
{
    struct workshop *w = *state;
    struct idem_apply_options options = {.threads = 1, .memory = 1000000};
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    char *text = NULL;
    assert_int_equal(idem_apply(s, &options, &text, &w->err), IDEM_LIMIT);
    assert_non_null(strstr(w->err.message, "--memory allows 1 MB"));
    assert_non_null(strstr(w->err.message, "at least --memory "));
    assert_null(text);
    assert_int_equal(idem_plan(s, &options, 10, &text, &w->err), IDEM_LIMIT);
    idem_close(s);
    assert_false(file_exists(workshop_path(w, "idem.db")));
    workshop_run(w); /* half of the machine is enough */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_estimate_counts_pairs_and_writes_nothing, S_setup, S_teardown),
        cmocka_unit_test_setup_teardown(an_estimate_with_a_database_uses_its_model, S_setup, S_teardown),
        cmocka_unit_test_setup_teardown(a_run_that_would_take_more_memory_stops_and_leaves_nothing, S_setup,
                                        S_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

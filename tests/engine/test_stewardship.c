/* What stewards do: decisions, merges, splits and pins take effect at once, hold, and can be taken back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "workshop.h"

static const char CONFIG[] =
    "{'entity':'person','sources':["
    "{'name':'crm','path':'crm.csv','record_id':'id','fields':{'given_name':'first','family_name':'last',"
    "'birth_date':'dob','email':'email','city':'city'}},"
    "{'name':'web','path':'web.csv','record_id':'id','fields':{'given_name':'first','family_name':'last',"
    "'birth_date':'dob','email':'email','city':'city','loyalty_no':'card'}}],"
    "'fields':{'loyalty_no':{'type':'identifier'}},"
    "'matching':{'thresholds':{'match':4}},'gates':{'max_churn':1,'max_merged_masters':1,'max_gone':1},"
    "'privacy':{'at_rest':'clear'}}";

static void S_person(struct buf *out, int i, const char *prefix, const char *more)
{
    static const char *const FIRST[] = {"Ann", "Bert", "Carla", "Dirk", "Elsa", "Fred", "Gina", "Hugo", "Ines", "Jan"};
    static const char *const LAST[] = {"Moreau", "Petersen", "Quandt", "Rossi",  "Silva",
                                       "Tanaka", "Ulrich",   "Vargas", "Wagner", "Zeman"};
    const char *f = FIRST[i % 10], *l = LAST[(i / 10 + i) % 10];
    buf_printf(out, "%s%d,%s,%s,19%02d-0%d-1%d,%s.%s%d@mail.example,Town%d%s\n", prefix, i, f, l, 40 + i / 2, 1 + i % 9,
               i % 7, f, l, i, i % 5, more);
}

/* crm: 60 persons; web: every third of them again. */
static void S_open(struct workshop *w)
{
    struct buf crm = {0}, web = {0};
    workshop_open(w);
    buf_str(&crm, STR("id,first,last,dob,email,city\n"));
    buf_str(&web, STR("id,first,last,dob,email,city,card\n"));
    for (int i = 0; i < 60; i++)
        S_person(&crm, i, "c", "");
    for (int i = 0; i < 60; i += 3)
        S_person(&web, i, "w", ",");
    workshop_write(w, "crm.csv", buf_cstr(&crm));
    workshop_write(w, "web.csv", buf_cstr(&web));
    workshop_config(w, CONFIG);
    workshop_run(w);
    buf_deinit(&crm);
    buf_deinit(&web);
}

/* ------------------------------------------------------------------ calls */

static uint64_t S_next_seed(struct workshop *w)
{
    return w->seed++;
}

typedef enum idem_status verb_fn(struct idem_session *s, const struct idem_steward_options *options,
                                 const char *const *arg, size_t n, char **json, struct idem_error *err);

static enum idem_status S_decide(struct idem_session *s, const struct idem_steward_options *options,
                                 const char *const *arg, size_t n, char **json, struct idem_error *err)
{
    (void)n;
    return idem_decide(s, arg[0], arg[1], arg[2], options, json, err);
}

static enum idem_status S_merge(struct idem_session *s, const struct idem_steward_options *options,
                                const char *const *arg, size_t n, char **json, struct idem_error *err)
{
    return idem_merge(s, arg, n, options, json, err);
}

static enum idem_status S_split(struct idem_session *s, const struct idem_steward_options *options,
                                const char *const *arg, size_t n, char **json, struct idem_error *err)
{
    return idem_split(s, arg[0], arg + 1, n - 1, options, json, err);
}

static enum idem_status S_undo(struct idem_session *s, const struct idem_steward_options *options,
                               const char *const *arg, size_t n, char **json, struct idem_error *err)
{
    (void)n;
    return idem_undo(s, atoll(arg[0]), options, json, err);
}

static enum idem_status S_pin(struct idem_session *s, const struct idem_steward_options *options,
                              const char *const *arg, size_t n, char **json, struct idem_error *err)
{
    return idem_pin(s, arg[0], arg[1], n == 3 ? arg[2] : NULL, n == 4 ? arg[3] : NULL, options, json, err);
}

static enum idem_status S_unpin(struct idem_session *s, const struct idem_steward_options *options,
                                const char *const *arg, size_t n, char **json, struct idem_error *err)
{
    (void)n;
    return idem_unpin(s, arg[0], arg[1], options, json, err);
}

static enum idem_status S_import(struct idem_session *s, const struct idem_steward_options *options,
                                 const char *const *arg, size_t n, char **json, struct idem_error *err)
{
    (void)n;
    return idem_import_crosswalk(s, arg[0], arg[1], options, json, err);
}

static enum idem_status S_file(struct idem_session *s, const struct idem_steward_options *options,
                               const char *const *arg, size_t n, char **json, struct idem_error *err)
{
    (void)n;
    return idem_decide_file(s, arg[0], options, json, err);
}

/* Status, and the result when there is one. Arguments end with NULL. */
static enum idem_status S_try(struct workshop *w, json_t **result, bool dry, verb_fn *verb, ...)
{
    const char *arg[16];
    size_t n = 0;
    char *text;
    va_list args;
    va_start(args, verb);
    while ((arg[n] = va_arg(args, const char *)))
        n++;
    va_end(args);
    struct idem_steward_options options = {
        .by = "ada", .reason = "seen", .dry_run = dry, .now_ms = 1700000000000, .seed = S_next_seed(w)};
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    enum idem_status status = verb(s, &options, arg, n, &text, &w->err);
    idem_close(s);
    if (result)
        *result = NULL;
    if (status == IDEM_OK && result)
        assert_int_equal(json_parse(str_from(text), "result", result, &w->err), IDEM_OK);
    idem_free(text);
    return status;
}

#define TRIED(w, ...) S_try(w, NULL, false, __VA_ARGS__, (const char *)NULL)
#define DONE(w, ...)                                                                                                   \
    do {                                                                                                               \
        if (TRIED(w, __VA_ARGS__) != IDEM_OK)                                                                          \
            fail_msg("%s", (w)->err.message);                                                                          \
    } while (0)

static const char *S_goldens(struct workshop *w)
{
    struct idem_export_options options = {.kind = IDEM_EXPORT_GOLDEN, .format = IDEM_JSONL, .provenance = true};
    return workshop_export(w, &options);
}

static int64_t S_decision_of(json_t *result)
{
    return json_integer_value(json_object_get(json_array_get(json_object_get(result, "decisions"), 0), "decision"));
}

/* ------------------------------------------------------------------ tests */

static void same_and_different_take_effect_at_once_and_hold_in_the_next_run(void **state)
{
    struct workshop w;
    (void)state;
    S_open(&w);
    assert_true(workshop_together(&w, "crm:c3", "web:w3"));
    DONE(&w, S_decide, "crm:c3", "web:w3", "different");
    assert_false(workshop_together(&w, "crm:c3", "web:w3"));
    DONE(&w, S_decide, "crm:c1", "crm:c2", "same");
    assert_true(workshop_together(&w, "crm:c1", "crm:c2"));
    const char *before = workshop_crosswalk(&w);
    json_t *report = workshop_apply(&w);
    assert_string_equal(json_string_value(json_object_get(report, "status")), "unchanged");
    json_decref(report);
    assert_string_equal(workshop_crosswalk(&w), before);
    w.retrain = true;
    workshop_run(&w);
    assert_false(workshop_together(&w, "crm:c3", "web:w3"));
    assert_true(workshop_together(&w, "crm:c1", "crm:c2"));
    workshop_close(&w);
}

static void decisions_hold_through_others(void **state)
{
    struct workshop w;
    (void)state;
    S_open(&w);
    DONE(&w, S_decide, "crm:c1", "crm:c2", "same");
    DONE(&w, S_decide, "crm:c2", "crm:c4", "same");
    DONE(&w, S_decide, "crm:c4", "crm:c5", "different");
    assert_true(workshop_together(&w, "crm:c1", "crm:c4"));
    assert_int_equal(TRIED(&w, S_decide, "crm:c1", "crm:c5", "same"), IDEM_CONFLICT);
    assert_non_null(strstr(w.err.message, "crm:c4 and crm:c5 are different"));
    assert_non_null(strstr(w.err.message, "crm:c1 = crm:c2 (decision 1)"));
    assert_non_null(strstr(w.err.message, "crm:c2 = crm:c4 (decision 2)"));
    assert_int_equal(TRIED(&w, S_decide, "crm:c1", "crm:c4", "different"), IDEM_CONFLICT);
    assert_true(workshop_together(&w, "crm:c1", "crm:c4"));
    assert_false(workshop_together(&w, "crm:c1", "crm:c5"));
    workshop_close(&w);
}

static void a_merge_and_a_split_give_back_goldens_and_ids_byte_for_byte(void **state)
{
    struct workshop w;
    (void)state;
    S_open(&w);
    const char *goldens = S_goldens(&w), *crosswalk = workshop_crosswalk(&w), *old = workshop_master(&w, "crm:c6");
    DONE(&w, S_pin, "crm:c6", "city", "Paris");
    DONE(&w, S_unpin, "crm:c6", "city");
    assert_string_equal(S_goldens(&w), goldens);
    DONE(&w, S_merge, workshop_master(&w, "crm:c3"), old);
    assert_true(workshop_together(&w, "crm:c3", "web:w6"));
    struct idem_session *s = workshop_session(&w, IDEM_READ);
    char resolved[37];
    assert_int_equal(idem_lookup(s, (struct idem_str){"", 0}, (struct idem_str){old, strlen(old)}, resolved, &w.err),
                     IDEM_OK);
    idem_close(s);
    assert_string_equal(resolved, workshop_master(&w, "crm:c3"));
    DONE(&w, S_split, workshop_master(&w, "crm:c3"), "crm:c6", "web:w6");
    assert_string_equal(workshop_crosswalk(&w), crosswalk);
    assert_string_equal(S_goldens(&w), goldens);
    workshop_close(&w);
}

static void undo_takes_back_a_whole_command_and_what_it_withdrew(void **state)
{
    struct workshop w;
    json_t *result;
    char number[32];
    (void)state;
    S_open(&w);
    const char *goldens = S_goldens(&w);
    DONE(&w, S_merge, "crm:c3", "crm:c6");
    const char *merged = S_goldens(&w);
    assert_int_equal(S_try(&w, &result, false, S_split, "crm:c3", "crm:c6", "web:w6", (const char *)NULL), IDEM_OK);
    snprintf(number, sizeof number, "%lld", (long long)S_decision_of(result));
    assert_int_equal(json_array_size(json_object_get(result, "decisions")), 4);
    assert_true(json_array_size(json_object_get(result, "withdrawn")) >= 1); /* and what held the rest together */
    json_decref(result);
    assert_string_equal(S_goldens(&w), goldens);
    DONE(&w, S_undo, number);
    assert_string_equal(S_goldens(&w), merged);
    assert_int_equal(TRIED(&w, S_undo, number), IDEM_NOT_FOUND);
    workshop_close(&w);
}

static void a_dry_run_tells_and_changes_nothing(void **state)
{
    struct workshop w;
    json_t *result;
    (void)state;
    S_open(&w);
    const char *goldens = S_goldens(&w), *crosswalk = workshop_crosswalk(&w);
    assert_int_equal(S_try(&w, &result, true, S_merge, "crm:c3", "crm:c6", (const char *)NULL), IDEM_OK);
    json_t *master = json_array_get(json_object_get(result, "masters"), 0);
    assert_int_equal(json_array_size(json_object_get(master, "records")), 4);
    assert_true(json_object_size(json_object_get(master, "golden")) > 3);
    assert_string_equal(json_string_value(json_object_get(result, "status")), "dry_run");
    json_decref(result);
    assert_string_equal(workshop_crosswalk(&w), crosswalk);
    assert_string_equal(S_goldens(&w), goldens);
    workshop_close(&w);
}

static void pinned_values_hold_through_runs_and_merges(void **state)
{
    struct workshop w;
    (void)state;
    S_open(&w);
    DONE(&w, S_pin, "crm:c3", "city", "Paris");
    DONE(&w, S_pin, "crm:c6", "city", "Rome");
    DONE(&w, S_pin, "crm:c6", "email", "from", "web:w6");
    assert_string_equal(workshop_golden(&w, "crm:c3", "city"), "Paris");
    w.retrain = true;
    workshop_run(&w);
    w.retrain = false;
    assert_string_equal(workshop_golden(&w, "crm:c3", "city"), "Paris");
    const char *goldens = S_goldens(&w);
    DONE(&w, S_merge, "crm:c3", "crm:c6");
    assert_string_equal(workshop_golden(&w, "crm:c3", "city"), "Paris");
    DONE(&w, S_split, "crm:c3", "crm:c6", "web:w6");
    assert_string_equal(S_goldens(&w), goldens);
    assert_string_equal(workshop_golden(&w, "crm:c6", "city"), "Rome");
    DONE(&w, S_unpin, "crm:c6", "city");
    assert_string_equal(workshop_golden(&w, "crm:c6", "city"), "Town1");
    assert_int_equal(TRIED(&w, S_unpin, "crm:c6", "city"), IDEM_NOT_FOUND);
    assert_int_equal(TRIED(&w, S_pin, "crm:c6", "citty", "Rome"), IDEM_INVALID);
    assert_int_equal(TRIED(&w, S_pin, "crm:c6", "email", "from", "crm:c3"), IDEM_INVALID);
    workshop_close(&w);
}

static json_t *S_review(struct workshop *w)
{
    struct idem_session *s = workshop_session(w, IDEM_READ);
    char *text;
    json_t *review;
    if (idem_review(s, 0, &text, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    assert_int_equal(json_parse(str_from(text), "review", &review, &w->err), IDEM_OK);
    idem_free(text);
    idem_close(s);
    return review;
}

static bool S_waits(struct workshop *w, const char *kind, const char *a)
{
    json_t *review = S_review(w), *items = json_object_get(review, "items");
    bool found = false;
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        found |= strcmp(json_string_value(json_object_get(item, "kind")), kind) == 0 &&
                 strcmp(json_string_value(json_object_get(json_object_get(item, "a"), "record_id")), a) == 0;
    }
    json_decref(review);
    return found;
}

static void a_decision_is_stale_when_its_records_changed_until_it_is_made_again(void **state)
{
    struct workshop w;
    struct buf web = {0};
    (void)state;
    S_open(&w);
    DONE(&w, S_decide, "crm:c3", "web:w3", "different");
    assert_false(S_waits(&w, "stale", "c3"));
    buf_str(&web, STR("id,first,last,dob,email,city,card\n"));
    for (int i = 0; i < 60; i += 3)
        S_person(&web, i, "w", i == 3 ? ",777" : ",");
    workshop_write(&w, "web.csv", buf_cstr(&web));
    workshop_run(&w);
    assert_false(workshop_together(&w, "crm:c3", "web:w3"));
    assert_true(S_waits(&w, "stale", "c3"));
    DONE(&w, S_decide, "crm:c3", "web:w3", "different");
    assert_false(S_waits(&w, "stale", "c3"));
    buf_deinit(&web);
    workshop_close(&w);
}

static void ids_that_a_company_has_resolve_and_put_records_together(void **state)
{
    struct workshop w;
    json_t *result;
    char id[37];
    (void)state;
    S_open(&w);
    workshop_write(&w, "old.csv",
                   "data_source,record_id,company_id\ncrm,c1,K-1\ncrm,c2,K-1\nweb,w6,K-2\ncrm,none,K-3\n");
    assert_int_equal(TRIED(&w, S_import, workshop_path(&w, "old.csv"), "legacy"), IDEM_INVALID);
    workshop_write(&w, "old.csv",
                   "data_source,record_id,entity_id\ncrm,c1,K-1\ncrm,c2,K-1\nweb,w6,K-2\ncrm,none,K-3\n");
    if (S_try(&w, &result, false, S_import, workshop_path(&w, "old.csv"), "legacy", (const char *)NULL) != IDEM_OK)
        fail_msg("%s", w.err.message);
    assert_int_equal(workshop_count(result, "aliases"), 2);
    assert_int_equal(workshop_count(result, "unknown"), 1);
    json_decref(result);
    assert_true(workshop_together(&w, "crm:c1", "crm:c2"));
    struct idem_session *s = workshop_session(&w, IDEM_READ);
    assert_int_equal(idem_lookup(s, (struct idem_str){"legacy", 6}, (struct idem_str){"K-2", 3}, id, &w.err), IDEM_OK);
    idem_close(s);
    assert_string_equal(id, workshop_master(&w, "crm:c6"));
    workshop_close(&w);
}

static void a_file_of_decisions_is_taken_whole_or_not_at_all(void **state)
{
    struct workshop w;
    (void)state;
    S_open(&w);
    const char *crosswalk = workshop_crosswalk(&w);
    workshop_write(&w, "d.csv",
                   "left_source,left_id,right_source,right_id,verdict,reason\n"
                   "crm,c1,crm,c2,same,seen\ncrm,c2,crm,c4,,\ncrm,c2,crm,c5,same,\ncrm,c1,crm,c5,different,\n");
    assert_int_equal(TRIED(&w, S_file, workshop_path(&w, "d.csv")), IDEM_CONFLICT);
    assert_string_equal(workshop_crosswalk(&w), crosswalk);
    workshop_write(&w, "d.csv",
                   "left_source,left_id,right_source,right_id,verdict\n"
                   "crm,c1,crm,c2,same\ncrm,c2,crm,c4,\ncrm,c2,crm,c5,maybe\n");
    assert_int_equal(TRIED(&w, S_file, workshop_path(&w, "d.csv")), IDEM_INVALID);
    assert_non_null(strstr(w.err.message, "d.csv:4: "));
    workshop_write(&w, "d.csv",
                   "left_source,left_id,right_source,right_id,verdict\n"
                   "crm,c1,crm,c2,same\ncrm,c2,crm,c4,\ncrm,c3,web,w3,different\n");
    DONE(&w, S_file, workshop_path(&w, "d.csv"));
    assert_true(workshop_together(&w, "crm:c1", "crm:c2"));
    assert_false(workshop_together(&w, "crm:c3", "web:w3"));
    workshop_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_and_different_take_effect_at_once_and_hold_in_the_next_run),
        cmocka_unit_test(decisions_hold_through_others),
        cmocka_unit_test(a_merge_and_a_split_give_back_goldens_and_ids_byte_for_byte),
        cmocka_unit_test(undo_takes_back_a_whole_command_and_what_it_withdrew),
        cmocka_unit_test(a_dry_run_tells_and_changes_nothing),
        cmocka_unit_test(pinned_values_hold_through_runs_and_merges),
        cmocka_unit_test(a_decision_is_stale_when_its_records_changed_until_it_is_made_again),
        cmocka_unit_test(ids_that_a_company_has_resolve_and_put_records_together),
        cmocka_unit_test(a_file_of_decisions_is_taken_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

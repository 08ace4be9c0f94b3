/* Record ids of which nothing but tokens is kept: who is found by an id, what is shown, what keys and runs do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"
#include "workshop.h"

#define DOCUMENT(more)                                                                                                 \
    "{'entity':'person','sources':["                                                                                   \
    "{'name':'crm','path':'crm.csv','record_id':'id','fields':{'full_name':'name','tax_id':'tax'}},"                   \
    "{'name':'bill','path':'bill.csv','record_id':'nr','fields':{'full_name':'name','tax_id':'tax'}}],"                \
    "'links':[{'source':'bill','column':'customer','to':'crm'}],"                                                      \
    "'matching':{'rules':[{'when':['tax_id'],'then':'same'}],'blocking':[['tax_id'],['full_name']]},"                  \
    "'gates':{'max_churn':false,'max_merged_masters':false,'max_gone':false}" more "}"

static const char HASHED[] = DOCUMENT(",'privacy':{'record_ids':{'crm':'hashed','bill':'clear'}}");
static const char TOKEN[] = DOCUMENT(",'privacy':{'record_ids':{'crm':'token','bill':'clear'}}");
static const char CLEAR[] = DOCUMENT("");

static const char CRM[] = "id,name,tax\n"
                          "KX-1,Maria Huber,AT1\n"
                          "KX-2,Jon Smith,GB2\n"
                          "KX-3,Jane Doe,\n"
                          "KX-4,Rosa Lang,\n";
static const char *const KEYS[] = {"crm:KX-1", "crm:KX-2", "crm:KX-3", "crm:KX-4", "bill:A", "bill:B", "bill:C"};

static void S_open(struct workshop *w, const char *config)
{
    workshop_open(w);
    workshop_config(w, config);
    workshop_write(w, "crm.csv", CRM);
    workshop_write(w, "bill.csv",
                   "nr,name,tax,customer\nA,Hubermann Mitzi,AT1,\nB,Langer Roswitha,,KX-4\nC,Peter Pan,DE3,\n");
}

static const char *S_told(struct workshop *w, enum idem_status status, char **json)
{
    if (status != IDEM_OK)
        fail_msg("%s", w->err.message);
    const char *told = str_cstr(&w->arena, str_from(json && *json ? *json : ""));
    if (json) {
        idem_free(*json);
        *json = NULL;
    }
    return told;
}

static const char *S_show(struct workshop *w, const char *key)
{
    struct idem_session *s = workshop_session(w, IDEM_READ);
    char *json = NULL;
    const char *told = S_told(w, idem_show(s, key, &json, &w->err), &json);
    idem_close(s);
    return told;
}

/* The key by which the crosswalk has the record of a master_id in the source crm. */
static const char *S_shown_key(struct workshop *w, const char *master_id)
{
    struct str rest = str_from(workshop_crosswalk(w)), line;
    while (str_next_token(&rest, "\n", &line))
        if (str_starts(line, STR("crm,")) && str_find(line, str_from(master_id)) != SIZE_MAX) {
            struct str id = str_sub(line, 4, str_find(line, str_from(master_id)) - 1);
            return str_cstr(&w->arena, arena_printf(&w->arena, "crm:%.*s", STR_ARG(id)));
        }
    fail_msg("the crosswalk has no such master");
    return "";
}

static void S_rotate(struct workshop *w)
{
    const struct idem_key_rotate_options options = {.data = true, .threads = 2, .by = "ada"};
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    char *json = NULL;
    S_told(w, idem_key_rotate(s, &options, &json, &w->err), &json);
    idem_close(s);
}

static void S_resolve(struct workshop *w, const char *line, const char **answer)
{
    const struct idem_str record = {line, strlen(line)};
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    struct idem_resolver *r = NULL;
    char *text = NULL;
    size_t n_failed = 0;
    S_told(w, idem_resolver_open(s, &r, &w->err), NULL);
    *answer = S_told(w, idem_resolve(r, &record, 1, NULL, &text, &n_failed, &w->err), &text);
    if (n_failed)
        fail_msg("%s", *answer);
    idem_resolver_close(r);
    idem_close(s);
}

/* ------------------------------------------------------------------ who is found */

static void the_groups_are_those_of_ids_in_the_clear(void **state)
{
    (void)state;
    struct workshop hashed, clear;
    S_open(&hashed, HASHED);
    workshop_run(&hashed);
    S_open(&clear, CLEAR);
    workshop_run(&clear);
    for (size_t i = 0; i < COUNT_OF(KEYS); i++)
        for (size_t k = i + 1; k < COUNT_OF(KEYS); k++)
            assert_int_equal(workshop_together(&hashed, KEYS[i], KEYS[k]), workshop_together(&clear, KEYS[i], KEYS[k]));
    assert_true(workshop_together(&hashed, "crm:KX-4", "bill:B")); /* by the link */
    assert_true(workshop_together(&hashed, "crm:KX-1", "bill:A"));
    workshop_close(&hashed);
    workshop_close(&clear);
}

static void what_is_shown_is_a_key_too_and_tells_no_id(void **state)
{
    (void)state;
    struct workshop w;
    S_open(&w, HASHED);
    workshop_run(&w);
    const char *master = workshop_master(&w, "crm:KX-2");
    const char *shown = S_shown_key(&w, master);
    assert_int_equal(strlen(shown), strlen("crm:~") + 32);
    assert_string_equal(workshop_master(&w, shown), master);
    assert_string_equal(S_show(&w, shown), S_show(&w, "crm:KX-2"));
    assert_null(strstr(S_show(&w, "crm:KX-2"), "KX-"));
    assert_null(strstr(workshop_crosswalk(&w), "KX-"));
    for (int kind = IDEM_EXPORT_CROSSWALK; kind <= IDEM_EXPORT_CHANGES; kind++)
        assert_null(
            strstr(workshop_export(&w, &(struct idem_export_options){.kind = (enum idem_export_kind)kind}), "KX-"));
    workshop_close(&w);
}

static bool S_read(void *context, void *bytes, size_t room, size_t *got)
{
    struct str *rest = context;
    *got = rest->len < room ? rest->len : room;
    memcpy(bytes, rest->ptr, *got);
    *rest = str_sub(*rest, *got, rest->len);
    return true;
}

static bool S_write(void *context, const void *bytes, size_t len)
{
    buf_add(context, bytes, len);
    return true;
}

static void rows_with_plain_ids_are_annotated(void **state)
{
    (void)state;
    struct workshop w;
    struct str in = STR("id,x\nKX-1,a\nKX-9,b\n");
    struct buf out = {0};
    struct idem_annotate_result result;
    const struct idem_annotate_options options = {.source = "crm", .format = IDEM_CSV, .delimiter = ','};
    S_open(&w, HASHED);
    workshop_run(&w);
    S_rotate(&w);
    struct idem_session *s = workshop_session(&w, IDEM_READ);
    S_told(&w, idem_annotate(s, &options, S_read, &in, S_write, &out, &result, &w.err), NULL);
    idem_close(s);
    assert_int_equal(result.known, 1);
    assert_int_equal(result.unknown, 1);
    assert_true(str_find(buf_view(&out), str_from(workshop_master(&w, "bill:A"))) != SIZE_MAX);
    buf_deinit(&out);
    workshop_close(&w);
}

static void a_list_of_truth_is_judged_by_plain_ids(void **state)
{
    (void)state;
    struct workshop w;
    char *json = NULL;
    S_open(&w, HASHED);
    workshop_run(&w);
    workshop_write(&w, "truth.csv", "data_source,record_id,entity_id\ncrm,KX-1,1\nbill,A,1\ncrm,KX-2,2\ncrm,KX-3,3\n");
    const struct idem_evaluate_options options = {.truth_path = workshop_path(&w, "truth.csv")};
    struct idem_session *s = workshop_session(&w, IDEM_READ);
    const char *told = S_told(&w, idem_evaluate(s, &options, &json, &w.err), &json);
    idem_close(s);
    assert_non_null(strstr(told, "\"missing_records\":0"));
    workshop_close(&w);
}

/* ------------------------------------------------------------------ runs */

static void a_run_changes_only_what_changed_also_after_keys_were_replaced(void **state)
{
    (void)state;
    struct workshop w;
    S_open(&w, HASHED);
    workshop_run(&w);
    const char *master = workshop_master(&w, "crm:KX-2"), *shown = S_shown_key(&w, master);
    for (int rotated = 0; rotated < 2; rotated++) {
        workshop_write(&w, "crm.csv",
                       rotated ? "id,name,tax\nKX-1,Maria Huber,AT1\nKX-2,Jon Smith,GB2\nKX-5,Hubermann Mizzi,AT1\n"
                               : "id,name,tax\nKX-1,Maria Huber,AT1\nKX-2,Jon Smyth,GB2\nKX-3,Jane Doe,\n");
        json_t *report = workshop_apply(&w);
        assert_int_equal(workshop_count(report, "records.new"), rotated);
        assert_int_equal(workshop_count(report, "records.changed"), 1);
        assert_int_equal(workshop_count(report, "records.gone"), 1);
        json_decref(report);
        assert_string_equal(workshop_master(&w, "crm:KX-2"), master);
        S_rotate(&w);
        assert_string_equal(workshop_master(&w, "crm:KX-2"), master);
        assert_string_equal(S_shown_key(&w, master), shown);
    }
    assert_true(workshop_together(&w, "crm:KX-5", "crm:KX-1"));
    struct idem_session *s = workshop_session(&w, IDEM_READ);
    char *json = NULL;
    assert_non_null(strstr(S_told(&w, idem_key_info(s, &json, &w.err), &json), "\"hashed_key\":\"legacy\""));
    assert_non_null(strstr(S_told(&w, idem_verify(s, NULL, &json, &w.err), &json), "\"sound\":true"));
    idem_close(s);
    workshop_close(&w);
}

static void a_plan_of_the_first_run_is_what_the_run_does(void **state)
{
    (void)state;
    for (int other = 0; other < 2; other++) {
        struct workshop w;
        char *json = NULL;
        S_open(&w, HASHED);
        struct idem_session *s = workshop_session(&w, IDEM_WRITE);
        struct idem_apply_options options = {.seed = 9, .now_ms = 1795000000000};
        json_t *plan;
        const char *text = S_told(&w, idem_plan(s, &options, 0, &json, &w.err), &json);
        assert_int_equal(json_parse(str_from(text), "plan", &plan, &w.err), IDEM_OK);
        options.expect = json_string_value(json_object_get(plan, "digest"));
        assert_non_null(options.expect);
        if (other)
            workshop_write(&w, "bill.csv", "nr,name,tax,customer\nA,Hubermann Mitzi,AT1,\nB,Langer R,,KX-4\n");
        enum idem_status status = idem_apply(s, &options, &json, &w.err);
        idem_free(json);
        assert_int_equal(status, other ? IDEM_GATE : IDEM_OK);
        json_decref(plan);
        idem_close(s);
        workshop_close(&w);
    }
}

static void ids_cannot_become_hashed_nor_cease_to_be(void **state)
{
    (void)state;
    static const char *const ORDER[][2] = {{CLEAR, HASHED}, {TOKEN, HASHED}, {HASHED, TOKEN}, {HASHED, CLEAR}};
    for (size_t i = 0; i < COUNT_OF(ORDER); i++) {
        struct workshop w;
        S_open(&w, ORDER[i][0]);
        workshop_run(&w);
        workshop_config(&w, ORDER[i][1]);
        assert_int_equal(workshop_try(&w, NULL), IDEM_CONFLICT);
        assert_non_null(strstr(w.err.message, "record ids of source crm are"));
        static const char RECORD[] = "{\"data_source\":\"crm\",\"record_id\":\"KX-8\",\"fields\":{\"tax_id\":\"1\"}}";
        const struct idem_str record = {RECORD, sizeof RECORD - 1};
        struct idem_session *s = workshop_session(&w, IDEM_WRITE);
        struct idem_resolver *r = NULL;
        char *json = NULL;
        size_t n_failed = 0;
        S_told(&w, idem_resolver_open(s, &r, &w.err), NULL);
        assert_int_equal(idem_resolve(r, &record, 1, NULL, &json, &n_failed, &w.err), IDEM_CONFLICT);
        idem_resolver_close(r);
        idem_close(s);
        workshop_close(&w);
    }
}

/* ------------------------------------------------------------------ one by one */

static void a_record_that_is_resolved_replaces_the_one_of_its_id(void **state)
{
    (void)state;
    struct workshop w;
    const char *answer;
    S_open(&w, HASHED);
    workshop_run(&w);
    S_rotate(&w);
    const char *master = workshop_master(&w, "crm:KX-3");
    S_resolve(&w, "{\"data_source\":\"crm\",\"record_id\":\"KX-3\",\"fields\":{\"full_name\":\"Jane Doe-Roe\"}}",
              &answer);
    assert_non_null(strstr(answer, master));
    assert_null(strstr(answer, "KX-"));
    S_resolve(&w, "{\"data_source\":\"crm\",\"record_id\":\"KX-7\",\"fields\":{\"tax_id\":\"DE3\"}}", &answer);
    assert_true(workshop_together(&w, "crm:KX-7", "bill:C"));
    workshop_write(&w, "crm.csv", "id,name,tax\nKX-3,Jane Doe-Roe,\nKX-7,,DE3\n");
    json_t *report = workshop_apply(&w);
    assert_int_equal(workshop_count(report, "records.new"), 0);
    json_decref(report);
    workshop_close(&w);
}

/* An id that looks like the text of a token is an id where records come from. */
static void a_record_cannot_pass_for_another_by_the_text_of_its_token(void **state)
{
    (void)state;
    struct workshop w;
    const char *answer;
    S_open(&w, HASHED);
    workshop_run(&w);
    const char *shown = S_shown_key(&w, workshop_master(&w, "crm:KX-2"));
    struct str line = arena_printf(
        &w.arena, "{\"data_source\":\"crm\",\"record_id\":\"%s\",\"fields\":{\"tax_id\":\"AT1\"}}", shown + 4);
    S_resolve(&w, str_cstr(&w.arena, line), &answer);
    assert_false(workshop_together(&w, "crm:KX-2", "crm:KX-1"));
    workshop_close(&w);
}

static void an_erased_record_is_known_again_by_its_id(void **state)
{
    (void)state;
    struct workshop w;
    static const char *const key[] = {"crm:KX-2"};
    static const struct idem_erase_options options = {.by = "ada"};
    char *json = NULL, master_id[37];
    S_open(&w, HASHED);
    workshop_run(&w);
    struct idem_session *s = workshop_session(&w, IDEM_WRITE);
    const char *told = S_told(&w, idem_erase(s, key, 1, &options, &json, &w.err), &json);
    assert_null(strstr(told, "KX-"));
    assert_int_equal(idem_lookup(s, (struct idem_str){"crm", 3}, (struct idem_str){"KX-2", 4}, master_id, &w.err),
                     IDEM_NOT_FOUND);
    assert_string_equal(master_id, "erased");
    idem_close(s);
    json_t *report = workshop_apply(&w);
    assert_int_equal(workshop_count(report, "records.set_aside"), 1);
    json_decref(report);
    workshop_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_groups_are_those_of_ids_in_the_clear),
        cmocka_unit_test(what_is_shown_is_a_key_too_and_tells_no_id),
        cmocka_unit_test(rows_with_plain_ids_are_annotated),
        cmocka_unit_test(a_list_of_truth_is_judged_by_plain_ids),
        cmocka_unit_test(a_run_changes_only_what_changed_also_after_keys_were_replaced),
        cmocka_unit_test(a_plan_of_the_first_run_is_what_the_run_does),
        cmocka_unit_test(ids_cannot_become_hashed_nor_cease_to_be),
        cmocka_unit_test(a_record_that_is_resolved_replaces_the_one_of_its_id),
        cmocka_unit_test(a_record_cannot_pass_for_another_by_the_text_of_its_token),
        cmocka_unit_test(an_erased_record_is_known_again_by_its_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The audit log: what is noted, and that no change of it goes unnoticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "sealed_shop.h"

static json_t *S_entries(struct workshop *w, const struct idem_audit_options *options)
{
    struct idem_session *s = sealed_shop_session(w, IDEM_READ, false);
    json_t *result;
    char *text = NULL;
    if (idem_audit(s, options, &text, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    idem_close(s);
    assert_int_equal(json_parse(str_from(text), "audit", &result, &w->err), IDEM_OK);
    idem_free(text);
    json_t *list = json_incref(json_object_get(result, "entries"));
    json_decref(result);
    return list;
}

static const char *S_head(struct workshop *w)
{
    char head[IDEM_AUDIT_HEAD];
    struct idem_session *s = sealed_shop_session(w, IDEM_READ, false);
    if (idem_audit_head(s, head, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    idem_close(s);
    return str_cstr(&w->arena, str_from(head));
}

static void S_show(struct workshop *w, const char *key, bool masked)
{
    struct idem_session *s = sealed_shop_session(w, IDEM_READ, masked);
    char *text = NULL;
    if (idem_show(s, key, &text, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    idem_free(text);
    idem_close(s);
}

static const char *S_member(const json_t *list, size_t i, const char *key)
{
    return json_string_value(json_object_get(json_array_get(list, i), key));
}

static void what_changes_and_what_shows_values_is_noted(void **state)
{
    (void)state;
    static const char *const VERBS[] = {"apply", "apply", "decide", "merge", "pin", "show"};
    struct workshop w;
    sealed_shop_open(&w);
    S_show(&w, "crm:c4", false);
    S_show(&w, "crm:c4", true); /* masked: nothing to note */
    json_t *list = S_entries(&w, NULL);
    assert_int_equal(json_array_size(list), COUNT_OF(VERBS));
    for (size_t i = 0; i < COUNT_OF(VERBS); i++)
        assert_string_equal(S_member(list, i, "verb"), VERBS[i]);
    assert_string_equal(S_member(list, 2, "by"), "ada");
    assert_string_equal(S_member(list, 2, "reason"), "they told us");
    assert_string_equal(S_member(list, 5, "by"), "tester");
    assert_string_equal(S_member(list, 5, "reason"), "a test");
    json_decref(list);
    workshop_close(&w);
}

/* A dry run changes nothing, and shows golden values, or record ids that are personal, all the same. */
static void what_a_dry_run_shows_is_noted(void **state)
{
    (void)state;
    static const char *const VERBS[] = {"decide", "erase", "resolve"}, *const KEYS[] = {"crm:c4"};
    struct workshop w;
    char *text = NULL;
    size_t failed;
    sealed_shop_open(&w);
    json_t *list = S_entries(&w, NULL);
    size_t before = json_array_size(list) + 1; /* this look at the log */
    json_decref(list);
    for (int masked = 1; masked >= 0; masked--) {
        const struct idem_steward_options look = {.dry_run = true, .by = "ada", .reason = "what if"};
        const struct idem_erase_options preview = {.dry_run = true};
        const struct idem_resolve_options dry = {.dry_run = true};
        static const char LINE[] = "{\"data_source\":\"crm\",\"record_id\":\"c4x\",\"fields\":{\"given_name\":\"Elsa\","
                                   "\"family_name\":\"Silva\",\"email\":\"Elsa.Silva4@mail.example\"}}";
        const struct idem_str record = {LINE, sizeof LINE - 1};
        struct idem_resolver *r = NULL;
        struct idem_session *s = sealed_shop_session(&w, IDEM_WRITE, masked);
        assert_int_equal(idem_decide(s, "crm:c4", "crm:c5", "different", &look, &text, &w.err), IDEM_OK);
        idem_free(text);
        if (idem_erase(s, KEYS, 1, &preview, &text, &w.err) != IDEM_OK)
            fail_msg("%s", w.err.message);
        idem_free(text);
        assert_int_equal(idem_resolver_open(s, &r, &w.err), IDEM_OK);
        if (idem_resolve(r, &record, 1, &dry, &text, &failed, &w.err) != IDEM_OK)
            fail_msg("%s", w.err.message);
        assert_non_null(strstr(text, "\"candidates\":[{"));
        idem_free(text);
        idem_resolver_close(r);
        idem_close(s);
    }
    list = S_entries(&w, NULL);
    assert_int_equal(json_array_size(list), before + COUNT_OF(VERBS)); /* those that were not masked */
    for (size_t i = 0; i < COUNT_OF(VERBS); i++) {
        assert_string_equal(S_member(list, before + i, "verb"), VERBS[i]);
        assert_true(
            json_is_true(json_object_get(json_object_get(json_array_get(list, before + i), "detail"), "dry_run")));
    }
    assert_string_equal(S_member(list, before, "reason"), "what if");
    json_decref(list);
    workshop_close(&w);
}

static void the_notes_about_a_person_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *key, *verbs;
    } CASES[] = {
        {"crm:c4", "show "},   {"web:Elsa.Silva4@mail.example", "show "}, /* the same person's other record */
        {"crm:c3", "merge "},  {"crm:c5", "merge "},
        {"crm:c7", "decide "}, {"crm:nobody", ""},
    };
    struct workshop w;
    sealed_shop_open(&w);
    S_show(&w, "crm:c4", false);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct buf verbs = {0};
        json_t *list = S_entries(&w, &(struct idem_audit_options){.subject = CASES[i].key});
        for (size_t k = 0; k < json_array_size(list); k++)
            if (strcmp(S_member(list, k, "verb"), "audit") != 0)
                buf_printf(&verbs, "%s ", S_member(list, k, "verb"));
        assert_string_equal(buf_cstr(&verbs), CASES[i].verbs);
        buf_deinit(&verbs);
        json_decref(list);
    }
    workshop_close(&w);
}

static void no_personal_value_stands_in_the_log(void **state)
{
    (void)state;
    struct workshop w;
    sealed_shop_open(&w);
    S_show(&w, "web:Elsa.Silva4@mail.example", false);
    assert_int_equal(workshop_grep(&w, "idem.db", "Elsa.Silva4"), 0);
    assert_int_equal(workshop_grep(&w, "idem.db", "they told us"), 0);
    json_t *list = S_entries(&w, &(struct idem_audit_options){.verb = "show"});
    assert_string_equal(json_string_value(json_array_get(json_object_get(json_array_get(list, 0), "subjects"), 0)),
                        "web:Elsa.Silva4@mail.example");
    json_decref(list);
    workshop_close(&w);
}

static void every_edit_of_the_log_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *says;
    } CASES[] = {
        {"UPDATE t_audit SET at = at + 1 WHERE n = 2", "entry 2 was altered"},
        {"UPDATE t_audit SET actor = 'eve' WHERE n = 3", "entry 3 was altered"},
        {"UPDATE t_audit SET verb = 'show' WHERE n = 1", "entry 1 was altered"},
        {"UPDATE t_audit SET subject = NULL WHERE n = 4", "entry 4 was altered"},
        {"UPDATE t_audit SET payload_digest = NULL WHERE n = 4", "entry 4 was altered"},
        {"UPDATE t_audit SET mac = zeroblob(32) WHERE n = 5", "altered"},
        {"DELETE FROM t_audit WHERE n = 1", "entries 1 to 1 are missing"},
        {"DELETE FROM t_audit WHERE n = 3", "entries 3 to 3 are missing"},
        {"DELETE FROM t_audit WHERE n = 5", "its seal says otherwise"},
        {"DELETE FROM t_audit", "its seal says otherwise"},
        {"DELETE FROM t_audit WHERE n = 3; UPDATE t_audit SET n = n - 1 WHERE n > 3", "entry 3 was altered"},
        {"UPDATE t_audit SET n = -1 WHERE n = 2; UPDATE t_audit SET n = 2 WHERE n = 3; UPDATE t_audit SET n = 3 WHERE "
         "n = -1",
         "entry 2 was altered"},
        {"INSERT INTO t_audit SELECT 6, at, actor, verb, subject, payload_digest, mac FROM t_audit WHERE n = 5",
         "entry 6 was altered"},
        {"DELETE FROM t_audit_payload WHERE n = 3", "entry 3 has lost its payload"},
        {"UPDATE t_audit_payload SET n = n + 1 WHERE n = 5; UPDATE t_audit SET n = n + 1 WHERE n = 5", "missing"},
        {"DELETE FROM t_meta WHERE key = 'audit_seal'", "its seal says otherwise"},
    };
    struct workshop w;
    sealed_shop_open(&w);
    sealed_shop_copy(&w, "idem.db", "good.db");
    assert_string_equal(sealed_shop_broken(&w, NULL), "");
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        sealed_shop_copy(&w, "good.db", "idem.db");
        sealed_shop_sql(&w, "idem.db", CASES[i].sql);
        const char *broken = sealed_shop_broken(&w, NULL);
        if (!strstr(broken, CASES[i].says))
            fail_msg("%s\n  gives \"%s\", not \"%s\"", CASES[i].sql, broken, CASES[i].says);
    }
    workshop_close(&w);
}

static void a_log_that_was_cut_takes_nothing_more(void **state)
{
    (void)state;
    struct workshop w;
    char *text = NULL;
    sealed_shop_open(&w);
    sealed_shop_sql(&w, "idem.db", "DELETE FROM t_audit WHERE n = 5; DELETE FROM t_audit_payload WHERE n = 5");
    struct idem_session *s = sealed_shop_session(&w, IDEM_READ, false);
    assert_int_equal(idem_show(s, "crm:c1", &text, &w.err), IDEM_CORRUPT);
    assert_null(text);
    assert_non_null(strstr(w.err.message, "audit log"));
    idem_close(s);
    workshop_close(&w);
}

static void an_exported_head_shows_a_file_that_was_put_back(void **state)
{
    (void)state;
    struct workshop w;
    sealed_shop_open(&w);
    const char *early = S_head(&w);
    sealed_shop_copy(&w, "idem.db", "older.db");
    S_show(&w, "crm:c2", false);
    const char *late = S_head(&w);
    assert_string_equal(sealed_shop_broken(&w, early), "");
    assert_string_equal(sealed_shop_broken(&w, late), "");
    sealed_shop_copy(&w, "older.db", "idem.db");
    assert_string_equal(sealed_shop_broken(&w, NULL), ""); /* in itself it is whole */
    assert_non_null(strstr(sealed_shop_broken(&w, late), "its end was cut off, or the file was put back"));
    S_show(&w, "crm:c8", false); /* it grows again, to another entry of that number */
    assert_non_null(strstr(sealed_shop_broken(&w, late), "not the one of the given head"));
    workshop_close(&w);
}

static void what_is_no_head_is_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {"", "5", "5:", "5:00", "x:0000", "-1:00"};
    struct workshop w;
    sealed_shop_open(&w);
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        enum idem_status status;
        json_decref(sealed_shop_verify(&w, BAD[i], &status));
        assert_int_equal(status, IDEM_INVALID);
    }
    workshop_close(&w);
}

/* As somebody who may not write, whoever runs the tests. */
static int S_as_reader(struct workshop *w)
{
    struct idem_session *s;
    struct idem_open_options options = {.config_path = workshop_path(w, "idem.json"),
                                        .db_path = workshop_path(w, "idem.db")};
    char *text = NULL;
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
        return 10;
    if (idem_open(&options, &s, &w->err) != IDEM_OK)
        return 11;
    if (idem_masking(s) != IDEM_MASK_READ_ONLY)
        return 12;
    if (idem_show(s, "crm:c4", &text, &w->err) != IDEM_OK)
        return 13;
    return strstr(text, "Silva") || !strstr(text, "\"masked\":true") ? 14 : 0;
}

static void a_database_that_cannot_be_written_shows_masks(void **state)
{
    (void)state;
    struct workshop w;
    int status;
    sealed_shop_open(&w);
    S_show(&w, "crm:c4", false);
    assert_int_equal(chmod(workshop_path(&w, "idem.db"), 0444), 0);
    assert_int_equal(chown(workshop_path(&w, "idem.key"), geteuid() ? geteuid() : 65534, (gid_t)-1), 0);
    assert_int_equal(chmod(w.folder, 0555), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(S_as_reader(&w));
    waitpid(child, &status, 0);
    assert_int_equal(chmod(w.folder, 0755), 0);
    assert_int_equal(WEXITSTATUS(status), 0);
    workshop_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changes_and_what_shows_values_is_noted),
        cmocka_unit_test(what_a_dry_run_shows_is_noted),
        cmocka_unit_test(the_notes_about_a_person_are_found),
        cmocka_unit_test(no_personal_value_stands_in_the_log),
        cmocka_unit_test(every_edit_of_the_log_is_found),
        cmocka_unit_test(a_log_that_was_cut_takes_nothing_more),
        cmocka_unit_test(an_exported_head_shows_a_file_that_was_put_back),
        cmocka_unit_test(what_is_no_head_is_refused),
        cmocka_unit_test(a_database_that_cannot_be_written_shows_masks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

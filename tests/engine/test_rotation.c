/* Keys of a database, replaced: values and look-ups stay what they are, at whatever moment it is interrupted. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "sealed_shop.h"

enum { TABLES = 11 };

static const char *S_golden(struct workshop *w)
{
    return workshop_export(w, &(struct idem_export_options){.kind = IDEM_EXPORT_GOLDEN, .provenance = true});
}

static const char *S_records(struct workshop *w)
{
    return workshop_export(w, &(struct idem_export_options){.kind = IDEM_EXPORT_RECORDS});
}

static json_t *S_rotate(struct workshop *w, bool data, uint64_t steps)
{
    struct idem_session *s = sealed_shop_session(w, IDEM_WRITE, false);
    struct idem_key_rotate_options options = {.data = data, .steps = steps, .threads = 2, .by = "ada"};
    json_t *result = NULL;
    char *text = NULL;
    if (idem_key_rotate(s, &options, &text, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    idem_close(s);
    assert_int_equal(json_parse(str_from(text), "rotate", &result, &w->err), IDEM_OK);
    idem_free(text);
    return result;
}

static const char *S_info(struct workshop *w, const char *object, const char *key)
{
    struct idem_session *s = sealed_shop_session(w, IDEM_READ, false);
    json_t *result;
    char *text = NULL;
    assert_int_equal(idem_key_info(s, &text, &w->err), IDEM_OK);
    idem_close(s);
    assert_int_equal(json_parse(str_from(text), "info", &result, &w->err), IDEM_OK);
    const json_t *value = json_object_get(json_object_get(result, object), key);
    const char *copy = json_is_string(value) ? str_cstr(&w->arena, json_str(value)) : "";
    json_decref(result);
    idem_free(text);
    return copy;
}

/* ------------------------------------------------------------------ the wrapping key */

static void a_new_wrapping_key_opens_and_the_former_one_is_kept_for_backups(void **state)
{
    (void)state;
    struct workshop w;
    sealed_shop_open(&w);
    const char *before = S_golden(&w), *id = S_info(&w, "database", "key");
    sealed_shop_copy(&w, "idem.db", "backup.db");
    sealed_shop_copy(&w, "idem.key", "former.key");
    json_t *result = S_rotate(&w, false, 0);
    assert_string_not_equal(S_info(&w, "database", "key"), id);
    assert_string_equal(S_golden(&w), before);
    assert_string_equal(sealed_shop_broken(&w, NULL), "");
    const char *kept = json_string_value(json_array_get(json_object_get(result, "kept"), 0));
    assert_true(str_ends(str_from(kept), str_from(id)));
    /* the backup: under the kept key, not under the new one */
    struct idem_session *s;
    struct idem_open_options open = {.db_path = workshop_path(&w, "backup.db"), .key_path = kept};
    assert_int_equal(idem_open(&open, &s, &w.err), IDEM_OK);
    idem_close(s);
    open.key_path = workshop_path(&w, "idem.key");
    assert_int_equal(idem_open(&open, &s, &w.err), IDEM_INVALID);
    assert_non_null(strstr(w.err.message, "wrong key"));
    /* the database: not under the former key */
    open = (struct idem_open_options){.db_path = workshop_path(&w, "idem.db"),
                                      .key_path = workshop_path(&w, "former.key")};
    assert_int_equal(idem_open(&open, &s, &w.err), IDEM_INVALID);
    json_decref(result);
    workshop_close(&w);
}

static void a_wrapping_key_rotation_that_broke_off_is_gone_on_with(void **state)
{
    (void)state;
    struct workshop w;
    sealed_shop_open(&w);
    const char *before = S_golden(&w);
    sealed_shop_copy(&w, "idem.db", "before.db");
    sealed_shop_copy(&w, "idem.key", "before.key");
    json_decref(S_rotate(&w, false, 0));
    struct arena a = {0};
    struct str new_key, old_key;
    assert_int_equal(file_read(workshop_path(&w, "idem.key"), 500, &a, &new_key, &w.err), IDEM_OK);
    assert_int_equal(file_read(workshop_path(&w, "before.key"), 500, &a, &old_key, &w.err), IDEM_OK);
    workshop_write(&w, "idem.key", str_cstr(&a, arena_printf(&a, "%.*s%.*s", STR_ARG(new_key), STR_ARG(old_key))));
    assert_int_equal(chmod(workshop_path(&w, "idem.key"), 0600), 0);
    for (int written = 0; written < 2; written++) { /* died before, or after, the database was wrapped again */
        if (!written)
            sealed_shop_copy(&w, "before.db", "idem.db");
        assert_string_equal(S_golden(&w), before);
        if (!written)
            continue;
        json_decref(S_rotate(&w, false, 0));
        struct str left;
        assert_int_equal(file_read(workshop_path(&w, "idem.key"), 500, &a, &left, &w.err), IDEM_OK);
        assert_true(str_eq(left, new_key));
        assert_string_equal(S_golden(&w), before);
    }
    arena_deinit(&a);
    workshop_close(&w);
}

/* ------------------------------------------------------------------ data keys */

static void data_keys_are_replaced_step_by_step_and_nothing_changes(void **state)
{
    (void)state;
    struct workshop w;
    sealed_shop_open(&w);
    const char *golden = S_golden(&w), *records = S_records(&w),
               *master = workshop_master(&w, "web:Ann.Moreau0@mail.example");
    const char *key = S_info(&w, "database", "containers");
    const char *leaf = sealed_shop_sql(&w, "idem.db", "SELECT substr(body, 5, 24) FROM t_leaf WHERE lid = 0");
    const char *token = sealed_shop_sql(&w, "idem.db", "SELECT record_id FROM t_record WHERE source = 2 LIMIT 1");
    bool finished = false;
    unsigned rounds = 0;
    while (!finished) {
        json_t *result = S_rotate(&w, true, 1), *data = json_object_get(result, "data");
        finished = json_is_true(json_object_get(data, "finished"));
        assert_int_equal(json_is_true(json_object_get(data, "resumed")), rounds > 0);
        if (finished)
            assert_true(json_is_true(json_object_get(data, "old_key_destroyed")));
        json_decref(result);
        rounds++;
        assert_string_equal(S_golden(&w), golden);
        assert_string_equal(S_records(&w), records);
        assert_string_equal(workshop_master(&w, "web:Ann.Moreau0@mail.example"), master);
        assert_string_equal(sealed_shop_broken(&w, NULL), "");
        if (rounds == 3)
            workshop_run(&w); /* a run in the middle of it */
    }
    assert_true(rounds >= TABLES - 1);
    assert_string_not_equal(S_info(&w, "database", "containers"), key);
    assert_string_equal(S_info(&w, "database", "old_containers"), "");
    assert_string_equal(S_info(&w, "database", "rotation"), "none");
    assert_string_not_equal(sealed_shop_sql(&w, "idem.db", "SELECT substr(body, 5, 24) FROM t_leaf WHERE lid = 0"),
                            leaf);
    assert_string_not_equal(sealed_shop_sql(&w, "idem.db", "SELECT record_id FROM t_record WHERE source = 2 LIMIT 1"),
                            token);
    workshop_run(&w); /* unchanged sources are unchanged */
    assert_string_equal(S_golden(&w), golden);
    workshop_close(&w);
}

enum { MANY = 9000 };

/* More records with personal ids than one step makes tokens of. */
static void S_many(struct workshop *w)
{
    struct buf csv = {0};
    workshop_open(w);
    workshop_config(w, "{'entity':'person','sources':[{'name':'web','path':'web.csv','record_id':'login','fields':{"
                       "'family_name':'last','email':'email'}}],'matching':{'blocking':[['email']],'rules':[{'when':"
                       "['email'],'then':'same'}]},'privacy':{'record_ids':{'web':'token'},'key_file':'idem.key'}}");
    buf_str(&csv, STR("login,last,email\n"));
    for (int i = 0; i < MANY; i++)
        buf_printf(&csv, "user%d,Name%d,mail%d@mail.example\n", i, i, i / 2);
    workshop_write(w, "web.csv", buf_cstr(&csv));
    buf_deinit(&csv);
    workshop_run(w);
}

static void S_assert_all_found(struct workshop *w, const char *const *master)
{
    struct idem_session *s = sealed_shop_session(w, IDEM_READ, false);
    for (int i = 0; i < MANY; i += 7) {
        char id[37], login[20];
        int len = snprintf(login, sizeof login, "user%d", i);
        const struct idem_str source = {"web", 3}, record = {login, (size_t)len};
        if (idem_lookup(s, source, record, id, &w->err) != IDEM_OK || strcmp(id, master[i]) != 0)
            fail_msg("%s is %s, not %s", login, id, master[i]);
    }
    idem_close(s);
}

static const char **S_masters(struct workshop *w)
{
    const char **master = ARENA_NEW(&w->arena, const char *, MANY);
    struct str rest = str_from(workshop_crosswalk(w)), line;
    while (str_next_piece(&rest, '\n', &line)) {
        struct str id;
        uint64_t i;
        if (str_next_piece(&line, ',', &id) && str_next_piece(&line, ',', &id) && str_starts(id, STR("user")) &&
            str_to_u64(str_sub(id, 4, id.len), &i) && i < MANY)
            master[i] = str_cstr(&w->arena, line);
    }
    return master;
}

/* While some record ids are under the new key of tokens and some under the old one. */
static void record_ids_are_found_while_their_tokens_are_made_again(void **state)
{
    (void)state;
    static const char COUNT[] = "SELECT count(*) FROM t_record WHERE record_id = x'%s'";
    struct workshop w;
    char query[120];
    S_many(&w);
    const char **master = S_masters(&w), *golden = S_golden(&w);
    const char *first = sealed_shop_sql(&w, "idem.db", "SELECT record_id FROM t_record WHERE rid = 1"),
               *last = sealed_shop_sql(&w, "idem.db", "SELECT record_id FROM t_record ORDER BY rid DESC LIMIT 1");
    unsigned mixed = 0;
    for (bool finished = false; !finished;) {
        json_t *result = S_rotate(&w, true, 1);
        finished = json_is_true(json_object_get(json_object_get(result, "data"), "finished"));
        json_decref(result);
        if (strcmp(S_info(&w, "database", "rotation"), "record_ids") != 0)
            continue;
        S_assert_all_found(&w, master);
        if (++mixed != 2)
            continue;
        snprintf(query, sizeof query, COUNT, str_cstr(&w.arena, str_trim(str_from(first))));
        assert_string_equal(sealed_shop_sql(&w, "idem.db", query), "0\n");
        snprintf(query, sizeof query, COUNT, str_cstr(&w.arena, str_trim(str_from(last))));
        assert_string_equal(sealed_shop_sql(&w, "idem.db", query), "1\n");
        assert_string_equal(sealed_shop_broken(&w, NULL), "");
        json_t *report = NULL; /* a run finds its records under either key */
        assert_int_equal(workshop_try(&w, &report), IDEM_OK);
        assert_string_equal(json_string_value(json_object_get(report, "status")), "unchanged");
        json_decref(report);
    }
    assert_true(mixed >= 3);
    snprintf(query, sizeof query, COUNT, str_cstr(&w.arena, str_trim(str_from(last))));
    assert_string_equal(sealed_shop_sql(&w, "idem.db", query), "0\n");
    S_assert_all_found(&w, master);
    assert_string_equal(S_golden(&w), golden);
    assert_string_equal(sealed_shop_broken(&w, NULL), "");
    workshop_close(&w);
}

static void a_rotation_killed_at_any_moment_is_gone_on_with(void **state)
{
    (void)state;
    struct workshop w;
    sealed_shop_open(&w);
    const char *golden = S_golden(&w);
    for (unsigned i = 0; i < 24; i++) {
        pid_t child = fork();
        if (child == 0) {
            json_decref(S_rotate(&w, true, 0));
            _exit(0);
        }
        usleep(1000 + i * 2500);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        assert_string_equal(S_golden(&w), golden);
        assert_string_equal(sealed_shop_broken(&w, NULL), "");
    }
    json_decref(S_rotate(&w, true, 0));
    assert_string_equal(S_info(&w, "database", "rotation"), "none");
    assert_string_equal(S_golden(&w), golden);
    workshop_close(&w);
}

static void a_session_that_was_open_before_reads_on(void **state)
{
    (void)state;
    struct workshop w;
    char *text = NULL, id[37], id_after[37];
    sealed_shop_open(&w);
    struct idem_session *s = sealed_shop_session(&w, IDEM_READ, false);
    const struct idem_str source = {"web", 3}, record = {"Ann.Moreau0@mail.example", 24};
    assert_int_equal(idem_lookup(s, source, record, id, &w.err), IDEM_OK);
    json_decref(S_rotate(&w, true, 0));
    assert_int_equal(idem_lookup(s, source, record, id_after, &w.err), IDEM_OK);
    json_decref(S_rotate(&w, false, 0));
    if (idem_lookup(s, source, record, id_after, &w.err) != IDEM_OK)
        fail_msg("%s", w.err.message);
    assert_string_equal(id, id_after);
    if (idem_show(s, "crm:c0", &text, &w.err) != IDEM_OK)
        fail_msg("%s", w.err.message);
    assert_non_null(strstr(text, "Moreau"));
    idem_free(text);
    json_decref(S_rotate(&w, true, 0)); /* under a key file that it does not know */
    assert_int_equal(idem_lookup(s, source, record, id_after, &w.err), IDEM_INVALID);
    assert_int_equal(idem_show(s, "crm:c0", &text, &w.err), IDEM_INVALID);
    assert_non_null(strstr(w.err.message, "open it again"));
    idem_close(s);
    workshop_close(&w);
}

static void a_container_that_does_not_open_keeps_the_old_key_in_place(void **state)
{
    (void)state;
    struct workshop w;
    char *text = NULL;
    sealed_shop_open(&w);
    sealed_shop_sql(&w, "idem.db",
                    "UPDATE t_component SET body = CAST(substr(body, 1, 40) || x'00' || substr(body, 42) AS BLOB)"
                    " WHERE id = (SELECT min(id) FROM t_component)");
    struct idem_session *s = sealed_shop_session(&w, IDEM_WRITE, false);
    assert_int_equal(idem_key_rotate(s, &(struct idem_key_rotate_options){.data = true}, &text, &w.err), IDEM_CORRUPT);
    assert_non_null(strstr(w.err.message, "component"));
    idem_close(s);
    assert_string_not_equal(S_info(&w, "database", "old_containers"), "");
    workshop_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_wrapping_key_opens_and_the_former_one_is_kept_for_backups),
        cmocka_unit_test(a_wrapping_key_rotation_that_broke_off_is_gone_on_with),
        cmocka_unit_test(data_keys_are_replaced_step_by_step_and_nothing_changes),
        cmocka_unit_test(record_ids_are_found_while_their_tokens_are_made_again),
        cmocka_unit_test(a_rotation_killed_at_any_moment_is_gone_on_with),
        cmocka_unit_test(a_session_that_was_open_before_reads_on),
        cmocka_unit_test(a_container_that_does_not_open_keeps_the_old_key_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

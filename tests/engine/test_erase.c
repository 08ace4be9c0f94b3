/* Erasure: what was there is gone, in rows and in bytes; what remains is right; nobody comes back unasked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/buf.h"
#include "base/file.h"
#include "erase_shop.h"

/* ------------------------------------------------------------------ bytes */

struct needles {
    struct buf bytes[200];
    size_t n;
};

/* Every BLOB that the queries give. */
static void S_collect(struct workshop *w, struct needles *list, const char *query)
{
    sqlite3 *db;
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_open_v2(workshop_path(w, "idem.db"), &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(db, query, -1, &st, NULL) != SQLITE_OK)
        fail_msg("%s: %s", query, sqlite3_errmsg(db));
    while (sqlite3_step(st) == SQLITE_ROW)
        if (sqlite3_column_type(st, 0) == SQLITE_BLOB && list->n < 200)
            buf_add(&list->bytes[list->n++], sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0));
    sqlite3_finalize(st);
    sqlite3_close(db);
}

/* How many of them stand in the database or its log: by their first bytes, which are a random nonce or a token. */
static unsigned S_present(struct workshop *w, const struct needles *list)
{
    unsigned n = 0;
    for (size_t i = 0; i < list->n; i++) {
        struct str head = str_sub(buf_view(&list->bytes[i]), 0, 16);
        n += erase_shop_count_in(w, "idem.db", head) + erase_shop_count_in(w, "idem.db-wal", head) > 0;
    }
    return n;
}

static void S_free(struct needles *list)
{
    for (size_t i = 0; i < list->n; i++)
        buf_deinit(&list->bytes[i]);
}

static void neither_ciphertext_nor_tokens_of_the_person_are_left(void **state)
{
    (void)state;
    struct workshop w;
    struct needles list = {.n = 0};
    erase_shop_open(&w, CONFIG(SEALED));
    const char *master = workshop_master(&w, "crm:1");
    struct idem_session *s = workshop_session(&w, IDEM_WRITE);
    char *text;
    assert_int_equal(idem_decide(s, "crm:1", "crm:3", "different", &(struct idem_steward_options){.reason = "twins?"},
                                 &text, &w.err),
                     IDEM_OK);
    idem_free(text);
    assert_int_equal(idem_pin(s, "crm:1", "city", "Hall", NULL, NULL, &text, &w.err), IDEM_OK);
    idem_free(text);
    idem_close(s);
    s = workshop_session(&w, IDEM_READ); /* noted in the audit log */
    assert_int_equal(idem_show(s, master, &text, &w.err), IDEM_OK);
    idem_free(text);
    idem_close(s);
    workshop_write(&w, "crm.csv",
                   "id,given,family,born,email,phone,nid,town\n"
                   "1,Wilhelmina,Zauberflote,1971-03-04,other@mozart.example,,Q771,Innsbruck\n"
                   "3,Berta,Birnbaum,1990-07-08,berta@baum.example,+43 512 445566,Q333,Graz\n");
    workshop_run(&w);
    S_collect(&w, &list,
              "SELECT l.body FROM t_leaf l WHERE l.lid IN (SELECT rid >> 4 FROM t_record WHERE record_id = '1')");
    S_collect(&w, &list,
              "SELECT body FROM t_record_history WHERE rid IN (SELECT rid FROM t_record WHERE record_id = '1')");
    S_collect(&w, &list,
              "SELECT record_id FROM t_record WHERE typeof(record_id) = 'blob' AND master ="
              " (SELECT master FROM t_record WHERE record_id = '1' AND source = 1)");
    S_collect(&w, &list, "SELECT body FROM t_pin");
    S_collect(&w, &list, "SELECT note FROM t_decision");
    S_collect(&w, &list, "SELECT body FROM t_audit_payload WHERE n IN (SELECT n FROM t_audit WHERE verb = 'show')");
    assert_true(list.n >= 6);
    assert_int_equal(S_present(&w, &list), list.n);
    json_t *result = erase_shop_erase(&w, master);
    erase_shop_expect(result, "status", "erased");
    assert_int_equal(workshop_count(result, "receipt.search.found"), 0);
    assert_true(workshop_count(result, "receipt.search.sequences") > 0);
    assert_int_equal(workshop_count(result, "removed.records"), 2);
    json_decref(result);
    assert_int_equal(S_present(&w, &list), 0);
    assert_int_equal(file_size(workshop_path(&w, "idem.db-wal")) > 0, 0);
    assert_int_equal(erase_shop_number(&w, "SELECT count(*) FROM t_record"), 4);
    assert_int_equal(erase_shop_number(&w, "SELECT count(*) FROM t_pin"), 0);
    assert_int_equal(erase_shop_number(&w, "SELECT count(*) FROM t_decision"), 0);
    assert_int_equal(erase_shop_number(&w, "SELECT count(*) FROM t_erased WHERE kind = 0"), 2);
    S_free(&list);
    s = workshop_session(&w, IDEM_READ);
    if (idem_verify(s, &(struct idem_verify_options){.threads = 1}, &text, &w.err) != IDEM_OK)
        fail_msg("%s\n%s", w.err.message, text);
    idem_free(text);
    idem_close(s);
    workshop_close(&w);
}

static void in_a_clear_database_no_value_of_the_person_is_left(void **state)
{
    (void)state;
    static const char *const VALUES[] = {"Wilhelmina", "Zauberflote", "zauberflote@mozart", "998877",      "Q771",
                                         "1971-03-04", "wilhelmina",  "minnie@zauber",      "other@mozart"};
    struct workshop w;
    erase_shop_open(&w, CONFIG("'at_rest':'clear'"));
    workshop_write(&w, "crm.csv",
                   "id,given,family,born,email,phone,nid,town\n"
                   "1,Wilhelmina,Zauberflote,1971-03-04,other@mozart.example,,Q771,Innsbruck\n"
                   "3,Berta,Birnbaum,1990-07-08,berta@baum.example,+43 512 445566,Q333,Graz\n");
    workshop_run(&w);
    for (size_t i = 0; i < COUNT_OF(VALUES); i++)
        if (!erase_shop_count_in(&w, "idem.db", str_from(VALUES[i])) &&
            !erase_shop_count_in(&w, "idem.db-wal", str_from(VALUES[i])))
            fail_msg("%s was not there in the first place", VALUES[i]);
    json_decref(erase_shop_erase(&w, workshop_master(&w, "crm:1")));
    for (size_t i = 0; i < COUNT_OF(VALUES); i++)
        if (erase_shop_count_in(&w, "idem.db", str_from(VALUES[i])) ||
            erase_shop_count_in(&w, "idem.db-wal", str_from(VALUES[i])))
            fail_msg("%s is still there", VALUES[i]);
    assert_true(erase_shop_count_in(&w, "idem.db", STR("Birnbaum")) > 0);
    workshop_close(&w);
}

/* ------------------------------------------------------------------ for ever */

static void the_id_and_the_keys_answer_erased_for_ever(void **state)
{
    (void)state;
    static const char *const MOMENTS[] = {NULL, "1", "2"};
    struct workshop w;
    erase_shop_open(&w, CONFIG(SEALED));
    const char *master = workshop_master(&w, "crm:1");
    json_decref(erase_shop_erase(&w, master));
    for (size_t i = 0; i < COUNT_OF(MOMENTS); i++) {
        static const char *const KEYS[][2] = {{"", NULL}, {"crm", "1"}, {"billing", "minnie@zauber.example"}};
        struct idem_open_options options = {.config_path = workshop_path(&w, "idem.json"),
                                            .db_path = workshop_path(&w, "idem.db"),
                                            .as_of = MOMENTS[i]};
        struct idem_session *s;
        assert_int_equal(idem_open(&options, &s, &w.err), IDEM_OK);
        for (size_t k = 0; k < COUNT_OF(KEYS); k++) {
            const char *id = KEYS[k][1] ? KEYS[k][1] : master;
            char found[37] = "";
            assert_int_equal(idem_lookup(s, (struct idem_str){KEYS[k][0], strlen(KEYS[k][0])},
                                         (struct idem_str){id, strlen(id)}, found, &w.err),
                             IDEM_NOT_FOUND);
            assert_string_equal(found, "erased");
        }
        idem_close(s);
    }
    struct idem_session *s = workshop_session(&w, IDEM_READ);
    char *text = NULL;
    assert_int_equal(idem_show(s, master, &text, &w.err), IDEM_OK);
    assert_non_null(strstr(text, "\"status\":\"erased\""));
    idem_free(text);
    assert_int_equal(idem_show(s, "crm:1", &text, &w.err), IDEM_NOT_FOUND);
    assert_non_null(strstr(w.err.message, "erased"));
    assert_int_equal(idem_history(s, master, &text, &w.err), IDEM_OK);
    assert_null(strstr(text, "\"record_id\""));
    assert_non_null(strstr(text, "\"erased\""));
    idem_free(text);
    idem_close(s);
    json_t *again = erase_shop_erase(&w, master);
    erase_shop_expect(again, "status", "nothing");
    assert_int_equal(workshop_count(again, "already_erased"), 1);
    json_decref(again);
    workshop_close(&w);
}

static void neither_an_erasure_nor_a_run_before_it_is_undone(void **state)
{
    (void)state;
    struct workshop w;
    char *text = NULL;
    erase_shop_open(&w, CONFIG(SEALED));
    const char *master = workshop_master(&w, "crm:1");
    json_decref(erase_shop_erase(&w, master));
    struct idem_session *s = workshop_session(&w, IDEM_WRITE);
    assert_int_equal(idem_rollback(s, &(struct idem_rollback_options){.run = 2}, &text, &w.err), IDEM_CONFLICT);
    assert_int_equal(idem_rollback(s, &(struct idem_rollback_options){.run = 1}, &text, &w.err), IDEM_CONFLICT);
    idem_close(s);
    workshop_write(&w, "crm.csv", "id,given,family,born,email,phone,nid,town\n9,Neu,Neumann,1999-09-09,,,Q999,Wien\n");
    workshop_run(&w);
    s = workshop_session(&w, IDEM_WRITE);
    if (idem_rollback(s, &(struct idem_rollback_options){.run = 3}, &text, &w.err) != IDEM_OK)
        fail_msg("%s", w.err.message);
    idem_free(text);
    idem_close(s);
    assert_string_equal(workshop_master(&w, "crm:1"), "");
    assert_true(*workshop_master(&w, "crm:3"));
    workshop_close(&w);
}

/* ------------------------------------------------------------------ what remains */

static void one_record_goes_and_the_person_stays(void **state)
{
    (void)state;
    struct workshop w;
    erase_shop_open(&w, CONFIG(SEALED));
    const char *master = workshop_master(&w, "crm:1");
    json_t *result = erase_shop_erase(&w, "crm:1");
    assert_int_equal(workshop_count(result, "persons"), 0);
    json_decref(result);
    assert_string_equal(workshop_master(&w, "crm:1"), "");
    assert_string_equal(workshop_master(&w, "billing:minnie@zauber.example"), master);
    assert_string_equal(workshop_golden(&w, master, "given_name"), "Minnie");
    assert_string_equal(workshop_golden(&w, master, "email"), "minnie@zauber.example");
    json_t *report = workshop_apply(&w);
    assert_int_equal(workshop_count(report, "records.set_aside"), 1);
    json_decref(report);
    assert_string_equal(workshop_master(&w, "crm:1"), "");
    workshop_close(&w);
}

/* A copy that is kept by the feed alone: attached and the like set a record's master, `erased` empties a master. */
static void S_follow(json_t *copy, const char *feed, int64_t *seq)
{
    struct str rest = str_from(feed), line;
    while (rest.len && str_next_piece(&rest, '\n', &line)) {
        json_t *e;
        if (!line.len)
            continue;
        assert_int_equal(json_parse(line, "feed", &e, NULL), IDEM_OK);
        struct str kind = json_str(json_object_get(e, "event")), master = json_str(json_object_get(e, "master_id"));
        const json_t *id = json_object_get(e, "record_id");
        *seq = json_integer_value(json_object_get(e, "seq"));
        if (str_eq(kind, STR("erased"))) {
            const char *key;
            void *next;
            json_t *of;
            json_object_foreach_safe(copy, next, key, of) if (str_eq(json_str(of), master)) json_object_del(copy, key);
        } else if (json_is_string(id)) {
            char key[128];
            snprintf(key, sizeof key, "%s:%s", json_string_value(json_object_get(e, "data_source")),
                     json_string_value(id));
            if (str_eq(kind, STR("detached")))
                json_object_del(copy, key);
            else if (!str_eq(kind, STR("updated")))
                json_object_set_new(copy, key, json_from_str(master));
        }
        json_decref(e);
    }
}

static void S_expect_copy(struct workshop *w, const json_t *copy)
{
    struct str rest = str_from(workshop_crosswalk(w)), line;
    size_t n = 0;
    while (rest.len && str_next_piece(&rest, '\n', &line)) {
        struct str source, id;
        char key[128];
        if (!line.len || str_starts(line, STR("data_source")))
            continue;
        assert_true(str_next_piece(&line, ',', &source) && str_next_piece(&line, ',', &id));
        snprintf(key, sizeof key, "%.*s:%.*s", STR_ARG(source), STR_ARG(id));
        if (!str_eq(json_str(json_object_get(copy, key)), line))
            fail_msg("%s: the copy says otherwise", key);
        n++;
    }
    assert_int_equal(json_object_size(copy), n);
}

static void the_feed_keeps_a_copy_in_step_and_names_nobody(void **state)
{
    (void)state;
    struct workshop w;
    int64_t seq = 0;
    json_t *copy = json_object();
    erase_shop_open(&w, CONFIG(SEALED));
    struct idem_export_options all = {.kind = IDEM_EXPORT_CHANGES, .format = IDEM_JSONL};
    S_follow(copy, workshop_export(&w, &all), &seq);
    S_expect_copy(&w, copy);
    json_decref(erase_shop_erase(&w, "crm:2"));
    json_decref(erase_shop_erase(&w, workshop_master(&w, "crm:1")));
    all.since = seq;
    const char *feed = workshop_export(&w, &all);
    S_follow(copy, feed, &seq);
    S_expect_copy(&w, copy);
    assert_null(strstr(feed, "minnie"));
    json_decref(copy);
    copy = json_object();
    all.since = 0;
    S_follow(copy, workshop_export(&w, &all), &seq);
    S_expect_copy(&w, copy);
    json_decref(copy);
    workshop_close(&w);
}

static void a_preview_tells_all_and_changes_nothing(void **state)
{
    (void)state;
    struct workshop w;
    json_t *result;
    struct idem_erase_options options = {.dry_run = true};
    erase_shop_open(&w, CONFIG(SEALED));
    const char *before = workshop_crosswalk(&w);
    int64_t size = file_size(workshop_path(&w, "idem.db"));
    assert_int_equal(erase_shop_try(&w, workshop_master(&w, "crm:1"), &options, &result), IDEM_OK);
    erase_shop_expect(result, "status", "preview");
    assert_int_equal(json_array_size(json_object_get(result, "records")), 2);
    erase_shop_expect(json_array_get(json_object_get(result, "masters"), 0), "becomes", "erased");
    assert_null(json_object_get(result, "receipt"));
    json_decref(result);
    assert_string_equal(before, workshop_crosswalk(&w));
    assert_int_equal(size, file_size(workshop_path(&w, "idem.db")));
    assert_int_equal(erase_shop_try(&w, "crm:77", NULL, &result), IDEM_NOT_FOUND);
    assert_null(strstr(w.err.message, "77"));
    assert_string_equal(before, workshop_crosswalk(&w));
    workshop_close(&w);
}

/* ------------------------------------------------------------------ coming back */

static void who_was_erased_is_set_aside_and_who_is_alike_is_not(void **state)
{
    (void)state;
    static const struct {
        const char *row;
        bool taken;
    } ROWS[] = {
        {"1,Somebody,Else,1960-01-01,,,,Wien", false},                         /* the key */
        {"20,W.,Zauber,,zauberflote@mozart.example,,Q771,Wien", false},        /* an initial speaks against nothing */
        {"21,,Zauber,,zauberflote@mozart.example,,Q771,Wien", false},          /* e-mail and national id */
        {"22,Wilhelmina,Zauberflote,1971-03-04,,+43 512 998877,,Wien", false}, /* name and birth date, phone */
        {"23,Papageno,Zauberflote,,zauberflote@mozart.example,+43 512 998877,,Innsbruck", true}, /* who lives with */
        {"24,Wilhelmina,Zauberflote,,zauberflote@mozart.example,,,Wien", true},                  /* only one agrees */
    };
    struct workshop w;
    struct buf text = {0};
    erase_shop_open(&w, CONFIG(SEALED));
    json_decref(erase_shop_erase(&w, workshop_master(&w, "crm:1")));
    buf_printf(&text, "id,given,family,born,email,phone,nid,town\n");
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        buf_printf(&text, "%s\n", ROWS[i].row);
    workshop_write(&w, "crm.csv", buf_cstr(&text));
    buf_deinit(&text);
    json_t *report = workshop_apply(&w);
    assert_int_equal(workshop_count(report, "records.set_aside"), 5); /* one of billing */
    json_decref(report);
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        char key[16];
        snprintf(key, sizeof key, "crm:%.*s", (int)strcspn(ROWS[i].row, ","), ROWS[i].row);
        if ((*workshop_master(&w, key) != 0) != ROWS[i].taken)
            fail_msg("%s: %s", ROWS[i].row, ROWS[i].taken ? "was set aside" : "was taken");
    }
    workshop_close(&w);
}

static void S_apply_allowing(struct workshop *w)
{
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    char *text = NULL;
    if (idem_apply(s, &(struct idem_apply_options){.allow_return = true, .threads = 1}, &text, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    idem_free(text);
    idem_close(s);
}

static void who_is_let_in_stays_under_a_new_id(void **state)
{
    (void)state;
    struct workshop w;
    erase_shop_open(&w, CONFIG(SEALED));
    const char *master = workshop_master(&w, "crm:1");
    json_decref(erase_shop_erase(&w, master));
    S_apply_allowing(&w);
    const char *back = workshop_master(&w, "crm:1");
    assert_true(*back && strcmp(back, master) != 0);
    workshop_run(&w);
    assert_string_equal(workshop_master(&w, "crm:1"), back);
    assert_true(workshop_together(&w, "crm:1", "billing:minnie@zauber.example"));
    workshop_close(&w);
}

static size_t S_resolve(struct workshop *w, const char *line, bool allow)
{
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    struct idem_resolve_options options = {.allow_return = allow};
    struct idem_resolver *r;
    char *lines = NULL;
    size_t n_failed = 0;
    if (idem_resolver_open(s, &r, &w->err) != IDEM_OK ||
        idem_resolve(r, &(struct idem_str){line, strlen(line)}, 1, &options, &lines, &n_failed, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    idem_free(lines);
    idem_resolver_close(r);
    idem_close(s);
    return n_failed;
}

static void resolve_refuses_who_was_erased(void **state)
{
    (void)state;
    static const char KEY[] = "{\"data_source\":\"crm\",\"record_id\":\"1\",\"fields\":{\"city\":\"Wien\"}}";
    static const char PERSON[] = "{\"data_source\":\"crm\",\"record_id\":\"50\",\"fields\":{\"email\":"
                                 "\"zauberflote@mozart.example\",\"national_id\":\"Q771\"}}";
    static const char OTHER[] = "{\"data_source\":\"crm\",\"record_id\":\"51\",\"fields\":{\"email\":"
                                "\"zauberflote@mozart.example\"}}";
    struct workshop w;
    erase_shop_open(&w, CONFIG(SEALED));
    json_decref(erase_shop_erase(&w, workshop_master(&w, "crm:1")));
    assert_int_equal(S_resolve(&w, KEY, false), 1);
    assert_int_equal(S_resolve(&w, PERSON, false), 1);
    assert_int_equal(S_resolve(&w, OTHER, false), 0);
    assert_string_equal(workshop_master(&w, "crm:1"), "");
    assert_string_equal(workshop_master(&w, "crm:50"), "");
    assert_true(*workshop_master(&w, "crm:51"));
    assert_int_equal(S_resolve(&w, PERSON, true), 0);
    assert_true(*workshop_master(&w, "crm:50"));
    workshop_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neither_ciphertext_nor_tokens_of_the_person_are_left),
        cmocka_unit_test(in_a_clear_database_no_value_of_the_person_is_left),
        cmocka_unit_test(the_id_and_the_keys_answer_erased_for_ever),
        cmocka_unit_test(neither_an_erasure_nor_a_run_before_it_is_undone),
        cmocka_unit_test(one_record_goes_and_the_person_stays),
        cmocka_unit_test(the_feed_keeps_a_copy_in_step_and_names_nobody),
        cmocka_unit_test(a_preview_tells_all_and_changes_nothing),
        cmocka_unit_test(who_was_erased_is_set_aside_and_who_is_alike_is_not),
        cmocka_unit_test(who_is_let_in_stays_under_a_new_id),
        cmocka_unit_test(resolve_refuses_who_was_erased),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

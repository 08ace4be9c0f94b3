/*
 * Records one by one: the same as all at once. Longer than other files: every test is told in the rows and lines of the
 * one made shop that stands first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "engine/session.h"
#include "store/segment.h"
#include "workshop.h"

static const char CONFIG[] =
    "{'entity':'person','sources':["
    "{'name':'crm','path':'crm.csv','record_id':'id','mode':'%s','updated_at':'seen','fields':{'given_name':'first',"
    "'family_name':'last','birth_date':{'column':'dob','format':'dd/MM/yyyy'},'email':['email','email2'],"
    "'city':'city'}},"
    "{'name':'web','path':'web.jsonl','record_id':'user.id','mode':'%s','fields':{'full_name':'user.name',"
    "'email':'user.mails'}}],"
    "'gates':{'max_churn':1,'max_merged_masters':1,'max_gone':1},'matching':{'blocking':[['family_name.first3',"
    "'birth_date'],['email'],['given_name.any_name']],'thresholds':{'match':%d}},'privacy':{'at_rest':'%s'}}";

static const char *const FIRST[] = {"Ann",  "Bert", "Carla", "Dirk", "Elsa",   "Fred", "Gina",
                                    "Hugo", "Ines", "Jan",   "Karl", "Louisa", "Mina"};
static const char *const LAST[] = {"Moreau", "Petersen", "Quandt", "Rossi", "Silva",  "Tanaka",
                                   "Ulrich", "Vargas",   "Wagner", "Zeman", "Schmidt"};

static void S_config(struct workshop *w, const char *mode, const char *at_rest)
{
    struct str text = arena_printf(&w->arena, CONFIG, mode, mode, 4, at_rest);
    workshop_config(w, str_cstr(&w->arena, text));
}

/* Person p as crm has it in version v: now and then with another city, a second mailbox, a typing error. */
struct person {
    char first[32], last[32], dob[16], iso[16], email[64], email2[64], city[16];
};

static struct person S_person(int p, int v)
{
    struct person x = {.email2 = ""};
    snprintf(x.first, sizeof x.first, "%s", FIRST[p % 13]);
    snprintf(x.last, sizeof x.last, "%s%s", LAST[p % 11], v % 3 == 2 ? "e" : "");
    snprintf(x.dob, sizeof x.dob, "1%d/0%d/19%02d", p % 7, 1 + p % 9, 30 + p % 67);
    snprintf(x.iso, sizeof x.iso, "19%02d-0%d-1%d", 30 + p % 67, 1 + p % 9, p % 7);
    snprintf(x.email, sizeof x.email, "%s.%s%d@mail.example", FIRST[p % 13], LAST[p % 11], p);
    if (v % 2)
        snprintf(x.email2, sizeof x.email2, "%s%d@other.example", FIRST[p % 13], p);
    snprintf(x.city, sizeof x.city, "Town%d", (p + v) % 5);
    return x;
}

static void S_crm_row(struct buf *out, int id, int p, int v)
{
    struct person x = S_person(p, v);
    buf_printf(out, "c%d,%s,%s,%s,%s,%s,%s,2026-01-0%d\n", id, x.first, x.last, x.dob, x.email, x.email2, x.city,
               1 + v % 9);
}

static void S_crm_raw(struct buf *out, int id, int p, int v)
{
    struct person x = S_person(p, v);
    buf_printf(
        out,
        "{\"data_source\":\"crm\",\"id\":\"c%d\",\"first\":\"%s\",\"last\":\"%s\",\"dob\":\"%s\",\"email\":\"%s\","
        "\"email2\":\"%s\",\"city\":\"%s\",\"seen\":\"2026-01-0%d\"}",
        id, x.first, x.last, x.dob, x.email, x.email2, x.city, 1 + v % 9);
}

static void S_crm_fields(struct buf *out, int id, int p, int v)
{
    struct person x = S_person(p, v);
    buf_printf(out,
               "{\"data_source\":\"crm\",\"record_id\":\"c%d\",\"updated_at\":\"2026-01-0%d\",\"fields\":{"
               "\"given_name\":\"%s\",\"family_name\":\"%s\",\"birth_date\":\"%s\",\"email\":[\"%s\",\"%s\"],"
               "\"city\":\"%s\"}}",
               id, 1 + v % 9, x.first, x.last, x.iso, x.email, x.email2, x.city);
}

/* As the line of a file; `resolve` adds the name of the source. */
static void S_web(struct buf *out, int id, int p, bool resolve)
{
    struct person x = S_person(p, 0);
    buf_printf(out, "{%s\"user\":{\"id\":\"w%d\",\"name\":\"%s %s\",\"mails\":[\"%s\"]}}",
               resolve ? "\"data_source\":\"web\"," : "", id, x.first, x.last, x.email);
}

static void S_delete(struct buf *out, const char *source, const char *prefix, int id)
{
    buf_printf(out, "{\"data_source\":\"%s\",\"record_id\":\"%s%d\",\"deleted\":true}", source, prefix, id);
}

/* ------------------------------------------------------------------ calls */

struct line_list {
    struct arena arena;
    struct idem_str line[512];
    size_t n;
    size_t before; /* lines of other calls: ids are made of it */
};

static void S_push(struct line_list *l, const struct buf *text)
{
    struct str copy = str_copy(&l->arena, buf_view(text));
    assert_true(l->n < COUNT_OF(l->line));
    l->line[l->n++] = (struct idem_str){copy.ptr, copy.len};
}

static void S_push_text(struct line_list *l, const char *text)
{
    struct buf b = {0};
    buf_str(&b, str_from(text));
    S_push(l, &b);
    buf_deinit(&b);
}

/* An array of the answers; the caller decrefs. NULL when the call failed. */
static json_t *S_resolve(struct workshop *w, const struct line_list *l, size_t group, bool dry_run, size_t *refused)
{
    struct idem_session *s = workshop_session(w, dry_run ? IDEM_READ : IDEM_WRITE);
    struct idem_resolver *r = NULL;
    json_t *answers = json_array();
    enum idem_status status = idem_resolver_open(s, &r, &w->err);
    *refused = 0;
    for (size_t from = 0; from < l->n && status == IDEM_OK; from += group) {
        struct idem_resolve_options options = {.dry_run = dry_run,
                                               .now_ms = 1767225600000 + (int64_t)from,
                                               .seed = 77 + l->before + from,
                                               .line = from + 1};
        size_t failed, n = l->n - from < group ? l->n - from : group;
        char *lines = NULL;
        status = idem_resolve(r, l->line + from, n, &options, &lines, &failed, &w->err);
        struct str rest = str_from(lines ? lines : ""), line;
        *refused += failed;
        while (str_next_piece(&rest, '\n', &line)) {
            json_t *answer;
            if (!line.len)
                continue;
            assert_int_equal(json_parse(line, "answer", &answer, NULL), IDEM_OK);
            json_array_append_new(answers, answer);
        }
        idem_free(lines);
    }
    idem_resolver_close(r);
    idem_close(s);
    if (status != IDEM_OK) {
        json_decref(answers);
        answers = NULL;
    }
    return answers;
}

static const char *S_text(const json_t *answers, size_t i, const char *key)
{
    const char *text = json_string_value(json_object_get(json_array_get(answers, i), key));
    return text ? text : "";
}

static json_t *S_resolve_well(struct workshop *w, const struct line_list *l, size_t group, bool dry_run)
{
    size_t refused;
    json_t *answers = S_resolve(w, l, group, dry_run, &refused);
    if (!answers)
        fail_msg("%s", w->err.message);
    for (size_t i = 0; i < json_array_size(answers); i++) {
        json_t *error = json_object_get(json_array_get(answers, i), "error");
        if (error)
            fail_msg("%s", json_string_value(json_object_get(error, "message")));
    }
    assert_int_equal(refused, 0);
    return answers;
}

/* crm with n persons, every third twice; web with every fourth. */
static void S_files(struct workshop *w, int n)
{
    struct buf crm = {0}, web = {0};
    buf_str(&crm, STR("id,first,last,dob,email,email2,city,seen\n"));
    for (int p = 0; p < n; p++) {
        S_crm_row(&crm, p, p, 0);
        if (p % 3 == 0)
            S_crm_row(&crm, 1000 + p, p, 2);
        if (p % 4 == 0) {
            S_web(&web, p, p, false);
            buf_byte(&web, '\n');
        }
    }
    workshop_write(w, "crm.csv", buf_cstr(&crm));
    workshop_write(w, "web.jsonl", web.len ? buf_cstr(&web) : "");
    buf_deinit(&crm);
    buf_deinit(&web);
}

static void S_open(struct workshop *w, int n, const char *at_rest)
{
    workshop_open(w);
    S_files(w, n);
    S_config(w, "delta", at_rest);
    workshop_run(w);
}

/* ------------------------------------------------------------------ one record */

static void a_record_joins_its_master_or_founds_one(void **state)
{
    struct workshop w;
    struct line_list l = {.n = 0};
    struct buf b = {0};
    (void)state;
    S_open(&w, 60, "sealed");
    S_crm_fields(&b, 500, 7, 0); /* whom crm has as c7 */
    S_push(&l, &b);
    buf_clear(&b);
    S_crm_raw(&b, 501, 300, 0); /* nobody */
    S_push(&l, &b);
    json_t *answers = S_resolve_well(&w, &l, 10, false);
    assert_int_equal(json_array_size(answers), 2);
    assert_string_equal(S_text(answers, 0, "event"), "attached");
    assert_string_equal(S_text(answers, 0, "band"), "match");
    assert_string_equal(S_text(answers, 0, "record_id"), "c500");
    assert_string_equal(S_text(answers, 0, "master_id"), workshop_master(&w, "crm:c7"));
    assert_string_equal(S_text(answers, 0, "master_id"), workshop_master(&w, "crm:c500"));
    assert_string_equal(S_text(answers, 1, "event"), "created");
    assert_string_equal(S_text(answers, 1, "master_id"), workshop_master(&w, "crm:c501"));
    json_t *near = json_object_get(json_array_get(answers, 0), "candidates");
    assert_string_equal(json_string_value(json_object_get(json_array_get(near, 0), "master_id")),
                        workshop_master(&w, "crm:c7"));
    json_decref(answers);
    buf_deinit(&b);
    arena_deinit(&l.arena);
    workshop_close(&w);
}

static json_t *S_resolve_persons(struct workshop *w, int id, int first, int n)
{
    struct line_list l = {.before = 10000 + (size_t)id};
    for (int i = 0; i < n; i++) {
        struct buf b = {0};
        S_crm_fields(&b, id + i, first + i, 0);
        S_push(&l, &b);
        buf_deinit(&b);
    }
    json_t *answers = S_resolve_well(w, &l, 10, false);
    arena_deinit(&l.arena);
    return answers;
}

static void S_train(struct workshop *w)
{
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    char *text = NULL;
    if (idem_train(s, NULL, &text, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    idem_free(text);
    idem_close(s);
}

static void after_training_records_are_written_under_the_model_of_the_last_run(void **state)
{
    struct workshop w;
    (void)state;
    S_open(&w, 60, "sealed");
    json_decref(S_resolve_persons(&w, 500, 300, 40));
    S_train(&w);
    for (int round = 0; round < 2; round++) { /* then under the new one */
        json_t *answers = S_resolve_persons(&w, 600 + 100 * round, 7, 1);
        assert_string_equal(S_text(answers, 0, "master_id"), workshop_master(&w, "crm:c7"));
        json_decref(answers);
        workshop_run(&w);
    }
    workshop_close(&w);
}

static uint64_t S_waiting_keys(struct workshop *w)
{
    struct idem_session *s = workshop_session(w, IDEM_READ);
    struct store *store;
    uint64_t n;
    assert_int_equal(session_store(s, STORE_READ, &store, &w->err), IDEM_OK);
    assert_int_equal(segment_pending(store, &n, &w->err), IDEM_OK);
    idem_close(s);
    return n;
}

/* Persons of names that nobody shares, written in groups. */
static void S_resolve_strangers(struct workshop *w, int first, int n, size_t group)
{
    struct line_list l = {.before = 1000 + (size_t)first};
    for (int i = first; i < first + n; i++) {
        char text[200];
        snprintf(text, sizeof text,
                 "{\"data_source\":\"crm\",\"record_id\":\"s%d\",\"fields\":{\"family_name\":\"%c%c%c%c\",\"email\":"
                 "\"s%d@x.example\"}}",
                 i, 'A' + i % 23, 'a' + i / 23 % 23, 'b' + i / 529 % 23, 'a' + i % 7, i);
        S_push_text(&l, text);
    }
    json_decref(S_resolve_well(w, &l, group, false));
    arena_deinit(&l.arena);
}

static void keys_that_wait_are_folded_into_the_index_in_time(void **state)
{
    enum { GROUP = 17, CALL = 10 * GROUP, PERSONS = 26 * CALL };
    struct workshop w;
    (void)state;
    S_open(&w, 60, "sealed");
    for (int first = 0; first < PERSONS; first += CALL)
        S_resolve_strangers(&w, first, CALL, GROUP);
    assert_in_range(S_waiting_keys(&w), 1, 2 * PERSONS - 4096);
    json_t *answers = S_resolve_persons(&w, 600, 7, 1);
    assert_string_equal(S_text(answers, 0, "master_id"), workshop_master(&w, "crm:c7"));
    json_decref(answers);
    workshop_run(&w);
    assert_string_equal(workshop_master(&w, "crm:c600"), workshop_master(&w, "crm:c7"));
    workshop_close(&w);
}

static void a_dry_run_says_the_same_and_writes_nothing(void **state)
{
    struct workshop w;
    struct line_list l = {.n = 0};
    struct buf b = {0};
    (void)state;
    S_open(&w, 60, "sealed");
    const char *before = workshop_crosswalk(&w);
    S_crm_fields(&b, 500, 7, 0);
    S_push(&l, &b);
    json_t *answers = S_resolve_well(&w, &l, 1, true);
    assert_string_equal(S_text(answers, 0, "event"), "attached");
    assert_string_equal(S_text(answers, 0, "master_id"), workshop_master(&w, "crm:c7"));
    assert_string_equal(workshop_crosswalk(&w), before);
    json_decref(answers);
    buf_deinit(&b);
    arena_deinit(&l.arena);
    workshop_close(&w);
}

static void a_record_that_comes_again_changes_nothing(void **state)
{
    struct workshop w;
    struct line_list l = {.n = 0};
    struct buf b = {0};
    (void)state;
    S_open(&w, 60, "sealed");
    const char *before = workshop_crosswalk(&w);
    S_crm_raw(&b, 7, 7, 0);
    S_push(&l, &b);
    json_t *answers = S_resolve_well(&w, &l, 1, false);
    assert_string_equal(S_text(answers, 0, "event"), "unchanged");
    assert_string_equal(S_text(answers, 0, "master_id"), workshop_master(&w, "crm:c7"));
    assert_string_equal(workshop_crosswalk(&w), before);
    json_decref(answers);
    buf_deinit(&b);
    arena_deinit(&l.arena);
    workshop_close(&w);
}

static void a_deleted_record_is_gone_and_comes_back(void **state)
{
    struct workshop w;
    struct line_list l = {.n = 0};
    struct buf b = {0};
    (void)state;
    S_open(&w, 60, "sealed");
    const char *home = workshop_master(&w, "crm:c7");
    S_delete(&b, "crm", "c", 7);
    S_push(&l, &b);
    S_push(&l, &b); /* once more: it is absent */
    buf_clear(&b);
    S_crm_raw(&b, 7, 7, 0);
    S_push(&l, &b);
    json_t *answers = S_resolve_well(&w, &l, 1, false);
    assert_string_equal(S_text(answers, 0, "event"), "detached");
    assert_string_equal(S_text(answers, 1, "event"), "absent");
    assert_string_equal(S_text(answers, 2, "master_id"), home);
    assert_string_equal(workshop_master(&w, "crm:c7"), home);
    json_decref(answers);
    buf_deinit(&b);
    arena_deinit(&l.arena);
    workshop_close(&w);
}

/* Entries of resolve in the audit log, all or about a record. */
static size_t S_noted(struct workshop *w, const char *subject)
{
    struct idem_session *s = workshop_session(w, IDEM_READ);
    struct idem_audit_options options = {.verb = "resolve", .subject = subject};
    json_t *result;
    char *text = NULL;
    if (idem_audit(s, &options, &text, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    idem_close(s);
    assert_int_equal(json_parse(str_from(text), "audit", &result, NULL), IDEM_OK);
    idem_free(text);
    size_t n = json_array_size(json_object_get(result, "entries"));
    json_decref(result);
    return n;
}

static void what_is_written_is_noted_in_the_audit_log(void **state)
{
    static const struct {
        bool dry_run;
        size_t noted; /* after it: an entry names up to 32 records */
    } STEPS[] = {{true, 0}, {false, 2}, {false, 2}};
    struct workshop w;
    struct line_list l = {.n = 0};
    size_t refused;
    (void)state;
    S_open(&w, 20, "sealed");
    for (int i = 0; i < 40; i++) {
        struct buf b = {0};
        S_crm_fields(&b, 500 + i, i, 0);
        S_push(&l, &b);
        buf_deinit(&b);
    }
    for (size_t i = 0; i < COUNT_OF(STEPS); i++) { /* the last time nothing changes */
        json_t *answers = S_resolve(&w, &l, 100, STEPS[i].dry_run, &refused);
        assert_non_null(answers);
        json_decref(answers);
        assert_int_equal(S_noted(&w, NULL), STEPS[i].noted);
    }
    assert_int_equal(S_noted(&w, "crm:c500"), 1);
    assert_int_equal(S_noted(&w, "crm:c539"), 1);
    assert_int_equal(S_noted(&w, "crm:c900"), 0);
    arena_deinit(&l.arena);
    workshop_close(&w);
}

static void a_line_that_cannot_be_taken_is_told_and_the_rest_goes_on(void **state)
{
    static const struct {
        const char *line, *message;
    } WRONG[] = {
        {"{", "record:1:"},
        {"[]", "JSON object"},
        {"{\"record_id\":\"1\",\"fields\":{}}", "data_source"},
        {"{\"data_source\":\"crn\",\"record_id\":\"1\",\"fields\":{}}", "no such source"},
        {"{\"data_source\":\"crm\",\"fields\":{}}", "record_id"},
        {"{\"data_source\":\"crm\",\"record_id\":\"1\",\"fields\":{\"emial\":\"x\"}}", "did you mean \"email\""},
        {"{\"data_source\":\"crm\",\"record_id\":\"1\",\"fields\":7}", "object of field names"},
        {"{\"data_source\":\"crm\",\"record_id\":\"c7\",\"fields\":{\"email\":[{\"home\":\"a@b.c\"}]}}",
         "fields.email: a value is"},
        {"{\"data_source\":\"crm\",\"record_id\":\"c7\",\"fields\":{},\"deleted\":\"yes\"}", "true or false"},
        {"{\"data_source\":\"crm\",\"record_id\":\"c7\",\"deleted\":\"yes\"}", "neither \"fields\" nor a column"},
        {"{\"data_source\":\"crm\",\"record_id\":\"c7\",\"field\":{\"email\":\"a@b.c\"}}",
         "neither \"fields\" nor a column"},
        {"{\"data_source\":\"crm\",\"record_id\":\"c7\",\"updated_at\":\"soon\",\"fields\":{}}",
         "updated_at: this is no time"},
    };
    struct workshop w;
    struct line_list l = {.n = 0};
    struct buf b = {0};
    size_t refused;
    (void)state;
    S_open(&w, 20, "sealed");
    for (size_t i = 0; i < COUNT_OF(WRONG); i++)
        S_push_text(&l, WRONG[i].line);
    S_push_text(&l, " ");
    S_crm_fields(&b, 500, 7, 0);
    S_push(&l, &b);
    json_t *answers = S_resolve(&w, &l, 100, false, &refused);
    assert_non_null(answers);
    assert_int_equal(refused, COUNT_OF(WRONG));
    assert_int_equal(json_array_size(answers), COUNT_OF(WRONG) + 1);
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
        const json_t *answer = json_array_get(answers, i);
        const char *message = json_string_value(json_object_get(json_object_get(answer, "error"), "message"));
        assert_int_equal(json_integer_value(json_object_get(answer, "line")), i + 1);
        if (!message || !strstr(message, WRONG[i].message))
            fail_msg("line %zu: %s", i, message ? message : "no error");
    }
    assert_string_equal(S_text(answers, COUNT_OF(WRONG), "event"), "attached");
    json_decref(answers);
    buf_deinit(&b);
    arena_deinit(&l.arena);
    workshop_close(&w);
}

/* ------------------------------------------------------------------ and searched for */

static int64_t S_found(struct workshop *w, const char *field, const char *value)
{
    struct idem_field asked = {{field, strlen(field)}, {value, strlen(value)}};
    struct idem_session *s = workshop_session(w, IDEM_READ);
    struct idem_resolver *r;
    char *text;
    json_t *found;
    assert_int_equal(idem_resolver_open(s, &r, &w->err), IDEM_OK);
    assert_int_equal(idem_search(r, &asked, 1, NULL, &text, &w->err), IDEM_OK);
    assert_int_equal(json_parse(str_from(text), "search", &found, NULL), IDEM_OK);
    int64_t n = json_integer_value(json_object_get(found, "found"));
    json_decref(found);
    idem_free(text);
    idem_resolver_close(r);
    idem_close(s);
    return n;
}

static void what_was_resolved_is_found_by_the_keys_of_searches(void **state)
{
    struct workshop w;
    struct line_list l = {.n = 0};
    (void)state;
    S_open(&w, 60, "sealed");
    assert_int_equal(S_found(&w, "family_name", "Quimby"), 0);
    S_push_text(&l, "{\"data_source\":\"crm\",\"record_id\":\"q\",\"fields\":{\"given_name\":\"Zoe\","
                    "\"family_name\":\"Quimby\"}}");
    json_decref(S_resolve_well(&w, &l, 1, false));
    assert_int_equal(S_found(&w, "family_name", "Quimby"), 1);
    assert_int_equal(S_found(&w, "full_name", "Quimbi, Zoe"), 1);
    l.n = 0;
    S_push_text(&l, "{\"data_source\":\"crm\",\"record_id\":\"q\",\"deleted\":true}");
    json_decref(S_resolve_well(&w, &l, 1, false));
    assert_int_equal(S_found(&w, "family_name", "Quimby"), 0);
    arena_deinit(&l.arena);
    workshop_close(&w);
}

/* ------------------------------------------------------------------ from nothing */

static void the_first_record_in_an_empty_database_works(void **state)
{
    struct workshop w;
    struct line_list l = {.n = 0};
    struct buf b = {0};
    (void)state;
    workshop_open(&w);
    S_config(&w, "delta", "sealed");
    S_crm_fields(&b, 1, 1, 0);
    S_push(&l, &b);
    buf_clear(&b);
    S_crm_fields(&b, 2, 1, 0);
    S_push(&l, &b);
    buf_clear(&b);
    S_crm_fields(&b, 3, 3, 0);
    S_push(&l, &b);
    json_t *answers = S_resolve_well(&w, &l, 1, false);
    assert_string_equal(S_text(answers, 0, "event"), "created");
    assert_string_equal(S_text(answers, 1, "event"), "attached");
    assert_string_equal(S_text(answers, 2, "event"), "created");
    assert_true(workshop_together(&w, "crm:c1", "crm:c2"));
    assert_false(workshop_together(&w, "crm:c1", "crm:c3"));
    json_decref(answers);
    buf_deinit(&b);
    arena_deinit(&l.arena);
    workshop_close(&w);
}

/* ------------------------------------------------------------------ one by one is all at once */

static uint32_t S_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* What crm and web hold at the end of a random stream. */
struct end_state {
    int crm_person[80], crm_version[80]; /* person -1: not there */
    int web_person[40];
};

static void S_stream(uint32_t seed, int base, struct line_list *l, struct end_state *end)
{
    struct buf b = {0};
    uint32_t state = seed;
    for (int i = 0; i < 160; i++) {
        uint32_t kind = S_random(&state) % 10;
        int id = (int)(S_random(&state) % 80), p = (int)(S_random(&state) % (uint32_t)base),
            v = (int)(S_random(&state) % 4);
        buf_clear(&b);
        if (kind < 4) {
            S_crm_raw(&b, 2000 + id, p, v);
        } else if (kind < 7) {
            S_crm_fields(&b, 2000 + id, p, v);
        } else if (kind < 9) {
            id %= 40;
            S_web(&b, 2000 + id, p, true);
            end->web_person[id] = p;
        } else {
            S_delete(&b, "crm", "c", 2000 + id);
        }
        if (kind < 7) {
            end->crm_person[id] = p;
            end->crm_version[id] = v;
        } else if (kind == 9) {
            end->crm_person[id] = -1;
        }
        S_push(l, &b);
    }
    buf_deinit(&b);
}

/* The same as files over the base. */
static void S_write_end(struct workshop *w, const struct end_state *end)
{
    struct buf crm = {0}, web = {0};
    buf_str(&crm, STR("id,first,last,dob,email,email2,city,seen\n"));
    for (int id = 0; id < 80; id++)
        if (end->crm_person[id] >= 0)
            S_crm_row(&crm, 2000 + id, end->crm_person[id], end->crm_version[id]);
    for (int id = 0; id < 40; id++)
        if (end->web_person[id] >= 0) {
            S_web(&web, 2000 + id, end->web_person[id], false);
            buf_byte(&web, '\n');
        }
    workshop_write(w, "crm.csv", buf_cstr(&crm));
    workshop_write(w, "web.jsonl", web.len ? buf_cstr(&web) : "");
    buf_deinit(&crm);
    buf_deinit(&web);
}

static void resolving_one_by_one_is_applying_all_at_once(void **state)
{
    static const size_t GROUP[] = {1, 7, 200};
    (void)state;
    for (uint32_t seed = 1; seed <= 3; seed++) {
        struct line_list l = {.n = 0};
        struct end_state end;
        struct workshop one, all;
        memset(&end, 0xFF, sizeof end);
        S_stream(seed, 70, &l, &end);
        S_open(&one, 60, "clear");
        json_decref(S_resolve_well(&one, &l, GROUP[seed % COUNT_OF(GROUP)], false));
        S_open(&all, 60, "clear");
        S_write_end(&all, &end);
        workshop_run(&all);
        assert_string_equal(workshop_partition(&one), workshop_partition(&all));
        workshop_close(&all);
        workshop_close(&one);
        arena_deinit(&l.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_joins_its_master_or_founds_one),
        cmocka_unit_test(after_training_records_are_written_under_the_model_of_the_last_run),
        cmocka_unit_test(keys_that_wait_are_folded_into_the_index_in_time),
        cmocka_unit_test(a_dry_run_says_the_same_and_writes_nothing),
        cmocka_unit_test(a_record_that_comes_again_changes_nothing),
        cmocka_unit_test(a_deleted_record_is_gone_and_comes_back),
        cmocka_unit_test(what_is_written_is_noted_in_the_audit_log),
        cmocka_unit_test(a_line_that_cannot_be_taken_is_told_and_the_rest_goes_on),
        cmocka_unit_test(what_was_resolved_is_found_by_the_keys_of_searches),
        cmocka_unit_test(the_first_record_in_an_empty_database_works),
        cmocka_unit_test(resolving_one_by_one_is_applying_all_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

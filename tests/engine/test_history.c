/* Random histories of adds, edits, moves, deletes and returns: what the database knew is still there, the feed keeps a
 * copy in step, and a run that is rolled back leaves no trace in an export. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "history_world.h"
#include "store/store.h"

enum { HISTORIES = 10 };

/* ---------------------------------------------------------------- exports */

typedef void line_fn(void *context, json_t *line);

static const char *S_export(struct world *x, enum idem_export_kind kind, int64_t since)
{
    struct idem_export_options options = {.kind = kind, .format = IDEM_JSONL, .since = since};
    return workshop_export(x->w, &options);
}

static void S_lines(struct world *x, enum idem_export_kind kind, int64_t since, line_fn *each, void *context)
{
    struct str rest = str_from(S_export(x, kind, since)), line;
    struct idem_error err;
    while (rest.len && str_next_piece(&rest, '\n', &line)) {
        json_t *parsed;
        if (!line.len)
            continue;
        assert_int_equal(json_parse(line, "line", &parsed, &err), IDEM_OK);
        each(context, parsed);
        json_decref(parsed);
    }
}

static const char *S_member(const json_t *line, const char *key)
{
    const char *text = json_string_value(json_object_get(line, key));
    return text ? text : "";
}

static void S_take_record(void *context, json_t *line)
{
    json_object_set(context, S_member(line, "record_id"), json_object_get(line, "master_id"));
}

static void S_take_golden(void *context, json_t *line)
{
    json_object_set(context, S_member(line, "master_id"), line);
}

static json_t *S_crosswalk(struct world *x)
{
    json_t *all = json_object();
    S_lines(x, IDEM_EXPORT_CROSSWALK, 0, S_take_record, all);
    return all;
}

static json_t *S_golden(struct world *x)
{
    json_t *all = json_object();
    S_lines(x, IDEM_EXPORT_GOLDEN, 0, S_take_golden, all);
    return all;
}

static void S_know(struct world *x, int64_t run)
{
    x->known[x->n_known++] = (struct known){run, S_crosswalk(x), S_golden(x)};
}

/* ---------------------------------------------------------------- a copy */

struct feed {
    struct world *x;
    json_t *whole; /* {"0193...":true}: golden records to fetch */
    json_t *parts; /* {"0193...":["email"]}: golden fields to fetch */
};

static bool S_is(const char *event, const char *list)
{
    struct str rest = str_from(list), word;
    while (rest.len && str_next_piece(&rest, ' ', &word))
        if (str_eq(word, str_from(event)))
            return true;
    return false;
}

static void S_drop(struct feed *f, const char *master)
{
    json_object_del(f->x->golden, master);
    json_object_del(f->whole, master);
    json_object_del(f->parts, master);
}

static void S_want(struct feed *f, const char *master, const json_t *fields)
{
    json_t *list = json_object_get(f->parts, master);
    if (!list)
        json_object_set_new(f->parts, master, list = json_array());
    if (json_is_array(fields))
        json_array_extend(list, (json_t *)fields);
    else
        json_array_append(list, (json_t *)fields);
}

static void S_follow(void *context, json_t *line)
{
    struct feed *f = context;
    const char *event = S_member(line, "event"), *master = S_member(line, "master_id"),
               *record = S_member(line, "record_id");
    int64_t seq = json_integer_value(json_object_get(line, "seq"));
    assert_true(seq > f->x->seq);
    f->x->seq = seq;
    assert_true(*S_member(line, "reason"));
    if (S_is(event, "created split revived"))
        json_object_set_new(f->whole, master, json_true());
    if (*record && S_is(event, "created attached moved split revived"))
        json_object_set_new(f->x->crosswalk, record, json_string(master));
    else if (S_is(event, "detached"))
        json_object_del(f->x->crosswalk, record);
    else if (S_is(event, "merged redirected")) {
        const char *key, *other = S_member(line, "other_master_id");
        json_t *holder;
        json_object_foreach(f->x->crosswalk, key, holder) if (!strcmp(json_string_value(holder), master))
            json_string_set(holder, other);
        S_drop(f, master);
    } else if (S_is(event, "retired"))
        S_drop(f, master);
    else if (S_is(event, "updated"))
        S_want(f, master, json_object_get(line, "fields"));
}

/* Applies what is new, fetches the golden values that it names, and no others; then copy and database are the same. */
static void S_catch_up(struct world *x)
{
    struct feed f = {x, json_object(), json_object()};
    json_t *crosswalk = S_crosswalk(x), *golden = S_golden(x), *value, *field;
    const char *key;
    size_t i;
    S_lines(x, IDEM_EXPORT_CHANGES, x->seq, S_follow, &f);
    json_object_foreach(f.whole, key, value)
    {
        json_t *copied = json_deep_copy(json_object_get(golden, key));
        if (copied)
            json_object_set_new(x->golden, key, copied);
    }
    json_object_foreach(f.parts, key, value) json_array_foreach(value, i, field)
    {
        json_t *now = json_object_get(json_object_get(golden, key), json_string_value(field));
        if (now && json_object_get(x->golden, key))
            json_object_set_new(json_object_get(x->golden, key), json_string_value(field), json_deep_copy(now));
    }
    assert_true(json_equal(x->crosswalk, crosswalk));
    assert_true(json_equal(x->golden, golden));
    json_decref(f.whole);
    json_decref(f.parts);
    json_decref(crosswalk);
    json_decref(golden);
}

/* ---------------------------------------------------------------- as of then */

static struct idem_session *S_session_then(struct world *x, const char *as_of)
{
    struct idem_open_options options = {.config_path = workshop_path(x->w, "idem.json"),
                                        .db_path = workshop_path(x->w, "idem.db"),
                                        .mode = IDEM_READ,
                                        .as_of = as_of};
    struct idem_session *s;
    if (idem_open(&options, &s, &x->w->err) != IDEM_OK)
        fail_msg("%s", x->w->err.message);
    return s;
}

/* Every golden value that the export told is shown, and no other. */
static void S_check_shown(struct world *x, struct idem_session *s, const char *key, const json_t *golden)
{
    char *text;
    json_t *shown, *values = json_object(), *one, *expected;
    const char *field;
    size_t i;
    if (idem_show(s, key, &text, &x->w->err) != IDEM_OK)
        fail_msg("%s", x->w->err.message);
    assert_int_equal(json_parse(str_from(text), "show", &shown, &x->w->err), IDEM_OK);
    idem_free(text);
    assert_string_equal(S_member(shown, "master_id"), S_member(golden, "master_id"));
    json_array_foreach(json_object_get(shown, "golden"), i, one)
        json_object_set(values, S_member(one, "field"), json_array_get(json_object_get(one, "values"), 0));
    json_object_foreach((json_t *)golden, field, expected)
    {
        json_t *is = json_object_get(values, field);
        if (strcmp(field, "master_id") != 0 && !(json_is_null(expected) ? !is : json_equal(is, expected)))
            fail_msg("field %s of record %s is not what it was", field, key);
    }
    json_decref(values);
    json_decref(shown);
}

static void S_check_then(struct world *x, const struct known *known)
{
    char run[24], key[24], id[24], master[37];
    snprintf(run, sizeof run, "%lld", (long long)known->run);
    struct idem_session *s = S_session_then(x, run);
    for (unsigned i = 0; i < PEOPLE; i++) {
        snprintf(id, sizeof id, "%u", i);
        snprintf(key, sizeof key, "crm:%u", i);
        const char *was = json_string_value(json_object_get(known->crosswalk, id));
        enum idem_status status =
            idem_lookup(s, (struct idem_str){"crm", 3}, (struct idem_str){id, strlen(id)}, master, &x->w->err);
        assert_int_equal(status, was ? IDEM_OK : IDEM_NOT_FOUND);
        if (was)
            assert_string_equal(master, was);
        if (was)
            S_check_shown(x, s, key, json_object_get(known->golden, was));
    }
    idem_close(s);
}

/* ---------------------------------------------------------------- rolling back */

static enum idem_status S_undo(struct world *x, int64_t run)
{
    struct idem_session *s = workshop_session(x->w, IDEM_WRITE);
    struct idem_rollback_options options = {.run = run, .now_ms = 1795000000000, .threads = 2};
    char *text = NULL;
    enum idem_status status = idem_rollback(s, &options, &text, &x->w->err);
    idem_free(text);
    idem_close(s);
    return status;
}

/* Rolls the last run back; the texts of all exports are those of before it. */
static void S_check_undo(struct world *x, int64_t run, const char *const before[3])
{
    static const enum idem_export_kind kinds[] = {IDEM_EXPORT_CROSSWALK, IDEM_EXPORT_GOLDEN, IDEM_EXPORT_RECORDS};
    if (S_undo(x, run) != IDEM_OK)
        fail_msg("%s", x->w->err.message);
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        assert_string_equal(S_export(x, kinds[i], 0), before[i]);
    S_know(x, run + 1);
    if (history_world_random(x, 2))
        S_catch_up(x);
}

static void S_verify(struct world *x)
{
    struct store_options options = {.path = workshop_path(x->w, "idem.db"), .mode = STORE_READ};
    struct store *s;
    assert_int_equal(store_open(&options, &s, &x->w->err), IDEM_OK);
    if (store_verify(s, 2, &x->w->err) != IDEM_OK)
        fail_msg("%s", x->w->err.message);
    store_close(s);
}

/* ---------------------------------------------------------------- people */

static int64_t S_last_run(struct world *x)
{
    struct idem_session *s = workshop_session(x->w, IDEM_READ);
    json_t *status;
    char *text;
    assert_int_equal(idem_db_status(s, &text, &x->w->err), IDEM_OK);
    idem_close(s);
    assert_int_equal(json_parse(str_from(text), "status", &status, &x->w->err), IDEM_OK);
    idem_free(text);
    int64_t run = json_integer_value(json_object_get(json_object_get(status, "last_run"), "run_id"));
    json_decref(status);
    return run;
}

/* A merge, a decision or a pin; what contradicts an earlier one is refused. */
static void S_steward(struct world *x)
{
    const struct idem_steward_options options = {
        .by = "ann", .now_ms = 1795000000000, .seed = 1000 + history_world_random(x, 1000)};
    static const char *const verdicts[] = {"same", "different", "unsure", "withdraw"};
    char a[16], b[16], mail[40], *text = NULL;
    unsigned one = history_world_random(x, PEOPLE), other = history_world_random(x, PEOPLE),
             kind = history_world_random(x, 3);
    enum idem_status status = IDEM_OK;
    if (!x->person[one].here || !x->person[other].here || one == other)
        return;
    snprintf(a, sizeof a, "crm:%u", one);
    snprintf(b, sizeof b, "crm:%u", other);
    snprintf(mail, sizeof mail, "pinned%u@a.example", history_world_random(x, 9));
    struct idem_session *s = workshop_session(x->w, IDEM_WRITE);
    if (kind == 0)
        status = idem_merge(s, (const char *const[]){a, b}, 2, &options, &text, &x->w->err);
    else if (kind == 1)
        status = idem_decide(s, a, b, verdicts[history_world_random(x, 4)], &options, &text, &x->w->err);
    else
        status = idem_pin(s, a, "email", mail, NULL, &options, &text, &x->w->err);
    idem_free(text);
    idem_close(s);
    if (status != IDEM_OK && status != IDEM_CONFLICT && status != IDEM_NOT_FOUND && status != IDEM_INVALID)
        fail_msg("%d %s", (int)status, x->w->err.message);
}

static void S_sources(struct world *x)
{
    history_world_change(x);
    workshop_run(x->w);
}

/* One step: sources change and apply runs, or a person decides; now and then it is undone. Returns the number of the
 * last run. */
static int64_t S_step(struct world *x, int64_t run)
{
    const char *before[3] = {NULL};
    if (run)
        for (int i = 0; i < 3; i++)
            before[i] = S_export(x, (enum idem_export_kind)i, 0);
    if (run && history_world_random(x, 3) == 0)
        S_steward(x);
    else
        S_sources(x);
    if (S_last_run(x) == run)
        return run;
    S_know(x, ++run);
    if (history_world_random(x, 3))
        S_catch_up(x);
    if (run > 1 && history_world_random(x, 3) == 0)
        S_check_undo(x, run++, before);
    return run;
}

static void what_was_known_the_feed_and_undone_runs_agree_over_random_histories(void **state)
{
    for (uint64_t seed = 1; seed <= HISTORIES; seed++) {
        struct world x;
        int64_t run = 0;
        history_world_begin(&x, *state, seed, seed % 3 ? "clear" : "sealed");
        for (unsigned round = 0; round < ROUNDS; round++)
            run = S_step(&x, run);
        S_catch_up(&x);
        x.seq = 0; /* and once more from nothing, in one go */
        json_object_clear(x.crosswalk);
        json_object_clear(x.golden);
        S_catch_up(&x);
        for (size_t i = 0; i < x.n_known; i++)
            S_check_then(&x, &x.known[i]);
        if (seed % 3)
            S_verify(&x);
        history_world_end(&x);
    }
}

/* ---------------------------------------------------------------- limits */

static void only_the_last_run_and_not_the_first_can_be_undone(void **state)
{
    struct world x;
    history_world_begin(&x, *state, 3, "clear");
    workshop_run(x.w);
    assert_int_equal(S_undo(&x, 1), IDEM_CONFLICT);
    history_world_change(&x);
    workshop_run(x.w);
    assert_int_equal(S_undo(&x, 1), IDEM_CONFLICT);
    assert_int_equal(S_undo(&x, 9), IDEM_CONFLICT);
    assert_int_equal(S_undo(&x, 2), IDEM_OK);
    history_world_end(&x);
}

static bool S_discard(void *context, const void *bytes, size_t len)
{
    (void)context, (void)bytes, (void)len;
    return true;
}

static enum idem_status S_feed(struct world *x, int64_t since)
{
    struct idem_export_options options = {.kind = IDEM_EXPORT_CHANGES, .since = since};
    struct idem_session *s = workshop_session(x->w, IDEM_READ);
    enum idem_status status = idem_export(s, &options, S_discard, NULL, &x->w->err);
    idem_close(s);
    return status;
}

static int64_t S_forget(struct world *x)
{
    struct store_options options = {.path = workshop_path(x->w, "idem.db"), .mode = STORE_WRITE};
    struct store_moment moment;
    struct store *s;
    assert_int_equal(store_open(&options, &s, &x->w->err), IDEM_OK);
    assert_int_equal(store_moment_of_run(s, 2, &moment, &x->w->err), IDEM_OK);
    assert_int_equal(store_begin(s, &x->w->err), IDEM_OK);
    assert_int_equal(store_forget_history(s, moment.seq, &x->w->err), IDEM_OK);
    assert_int_equal(store_commit(s, &x->w->err), IDEM_OK);
    store_close(s);
    return moment.seq;
}

static void behind_what_is_kept_the_feed_says_where_to_begin_again(void **state)
{
    struct world x;
    history_world_begin(&x, *state, 5, "clear");
    for (int i = 0; i < 4; i++) {
        history_world_change(&x);
        workshop_run(x.w);
        S_know(&x, i + 1);
    }
    int64_t kept = S_forget(&x);
    assert_int_equal(S_feed(&x, kept), IDEM_OK);
    assert_int_equal(S_feed(&x, kept - 1), IDEM_LIMIT);
    assert_non_null(strstr(x.w->err.message, "resync from a snapshot at "));
    assert_int_equal(S_feed(&x, 100000), IDEM_LIMIT);
    S_check_then(&x, &x.known[2]);
    S_check_then(&x, &x.known[1]);
    struct idem_open_options options = {.db_path = workshop_path(x.w, "idem.db"), .as_of = "1"};
    struct idem_session *s;
    assert_int_equal(idem_open(&options, &s, &x.w->err), IDEM_LIMIT);
    history_world_end(&x);
}

static void before_the_first_run_nothing_was_known(void **state)
{
    struct world x;
    char master[37];
    history_world_begin(&x, *state, 6, "sealed");
    workshop_run(x.w);
    struct idem_session *s = S_session_then(&x, "2001-01-01");
    assert_int_equal(idem_lookup(s, (struct idem_str){"crm", 3}, (struct idem_str){"0", 1}, master, &x.w->err),
                     IDEM_NOT_FOUND);
    idem_close(s);
    s = S_session_then(&x, "2100-01-01T00:00:00Z");
    assert_int_equal(idem_lookup(s, (struct idem_str){"crm", 3}, (struct idem_str){"0", 1}, master, &x.w->err),
                     IDEM_OK);
    idem_close(s);
    history_world_end(&x);
}

/* ---------------------------------------------------------------- killed */

static void a_rollback_that_is_killed_did_all_or_nothing(void **state)
{
    struct world x;
    int64_t run = 2;
    history_world_begin(&x, *state, 8, "sealed");
    workshop_run(x.w);
    const char *before = workshop_crosswalk(x.w);
    x.person[1] = (struct person){true, 0, 39, 2};
    x.person[2] = (struct person){!x.person[2].here, 1, 38, 1};
    history_world_write(&x);
    workshop_run(x.w);
    const char *after = workshop_crosswalk(x.w);
    for (int i = 0; i < 25; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(S_undo(&x, run) != IDEM_OK);
        struct timespec pause = {.tv_nsec = i * 2000000L};
        nanosleep(&pause, NULL);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        bool undone = !strcmp(workshop_crosswalk(x.w), before);
        if (!undone)
            assert_string_equal(workshop_crosswalk(x.w), after);
        if (undone)
            workshop_run(x.w);
        run += undone ? 2 : 0;
        assert_string_equal(workshop_crosswalk(x.w), after);
    }
    history_world_end(&x);
}

/* ---------------------------------------------------------------- history */

static void the_history_of_a_record_tells_events_in_order_with_reasons(void **state)
{
    struct world x;
    char *text;
    json_t *history;
    struct buf told = {0};
    history_world_begin(&x, *state, 9, "sealed");
    x.person[1] = (struct person){true, 100, 1, 1};
    x.person[2] = (struct person){true, 101, 1, 1};
    history_world_write(&x);
    workshop_run(x.w);
    x.person[1].number = 101;
    history_world_write(&x);
    workshop_run(x.w);
    x.person[2].here = false;
    history_world_write(&x);
    workshop_run(x.w);
    struct idem_session *s = workshop_session(x.w, IDEM_READ);
    assert_int_equal(idem_history(s, "crm:2", &text, &x.w->err), IDEM_OK);
    idem_close(s);
    assert_int_equal(json_parse(str_from(text), "history", &history, &x.w->err), IDEM_OK);
    idem_free(text);
    size_t i;
    json_t *event;
    json_array_foreach(json_object_get(history, "events"), i, event)
        buf_printf(&told, "%lld %s %s\n", (long long)json_integer_value(json_object_get(event, "run_id")),
                   S_member(event, "event"), S_member(event, "reason"));
    assert_string_equal(buf_cstr(&told), "1 attached new_record\n2 merged changed_record\n3 detached gone_record\n");
    assert_string_equal(S_member(history, "status"), "gone");
    assert_int_equal(workshop_grep(x.w, "idem.db", "mail1@a.example"), 0);
    buf_deinit(&told);
    json_decref(history);
    history_world_end(&x);
}

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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, S_setup, S_teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_was_known_the_feed_and_undone_runs_agree_over_random_histories),
        TEST(only_the_last_run_and_not_the_first_can_be_undone),
        TEST(behind_what_is_kept_the_feed_says_where_to_begin_again),
        TEST(before_the_first_run_nothing_was_known),
        TEST(a_rollback_that_is_killed_did_all_or_nothing),
        TEST(the_history_of_a_record_tells_events_in_order_with_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

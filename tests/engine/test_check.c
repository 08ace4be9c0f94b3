/* check and profile: findings with their places, and no value in what is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"

struct place {
    char folder[32];
    struct arena arena;
};

static struct place S_place(void)
{
    struct place p = {.folder = "/tmp/idem-check-XXXXXX"};
    assert_non_null(mkdtemp(p.folder));
    return p;
}

static const char *S_write(struct place *p, const char *name, const char *text)
{
    struct idem_error err;
    const char *path = arena_printf(&p->arena, "%s/%s", p->folder, name).ptr;
    assert_int_equal(file_write_atomic(path, str_from(text), 0644, &err), IDEM_OK);
    return path;
}

static void S_leave(struct place *p)
{
    struct str *path;
    size_t n;
    struct idem_error err;
    assert_int_equal(file_glob(arena_printf(&p->arena, "%s/*", p->folder), &p->arena, &path, &n, &err), IDEM_OK);
    for (size_t i = 0; i < n; i++)
        unlink(path[i].ptr);
    assert_int_equal(rmdir(p->folder), 0);
    arena_deinit(&p->arena);
}

#define SOURCE(more)                                                                                                   \
    "{\"sources\":[{\"name\":\"crm\",\"path\":\"crm.csv\",\"record_id\":\"id\",\"fields\":{\"email\":\"mail\",\"full_" \
    "name\":\"name\"}" more

struct case_row {
    const char *config, *csv;
    const char *level, *place, *message; /* of a finding that must be there; level NULL: none but notes */
    enum idem_status status;
};

static const char GOOD[] = "id,mail,name\n1,a@example.org,Ann\n2,b@example.org,Bob\n";

static const struct case_row CASES[] = {
    {SOURCE("}]}"), GOOD, NULL, NULL, NULL, IDEM_OK},
    {SOURCE("}]}"), NULL, "error", "sources[0].path", "there is no such file", IDEM_OK},
    {SOURCE(",\"optional\":true}]}"), NULL, "note", "sources[0].path", "optional", IDEM_OK},
    {SOURCE("}]}"), "id,mial,name\n1,a@example.org,Ann\n", "error", "sources[0].fields.email", "did you mean \"mial\"?",
     IDEM_OK},
    {SOURCE("}]}"), "nr,mail,name\n1,a@example.org,Ann\n", "error", "sources[0].record_id", "has no column \"id\"",
     IDEM_OK},
    {SOURCE("}]}"), "id,mail,name\n1,,Ann\n", "warning", "sources[0].fields.email", "no row has a value", IDEM_OK},
    {SOURCE("}]}"), "id,mail,name\n1,a@example.org,Ann\n1,b@example.org,Bob\n", "note", "sources[0].record_id",
     "repeat a record id: 1", IDEM_OK},
    {SOURCE("}]}"), "id,mail,name\n,a@example.org,Ann\n", "warning", "sources[0].record_id", "without a record id",
     IDEM_OK},
    {SOURCE("}]}"), "id,mail,name\n1,a@example.org\n2,b@example.org,Bob\n", "warning", "sources[0].path", "crm.csv:2",
     IDEM_OK},
    {SOURCE("}]}"), "id,mail,name\n", "warning", "sources[0].path", "no rows", IDEM_OK},
    {SOURCE("}]}"),
     "id,mail,name\n1,b@example.org,Ann\n2,\xD0\xB0@example.org,Ann\n3,\xD0\xB0"
     "nna@example.org,Ann\n",
     "warning", "sources[0].fields.email", "look like others: 1; the first on line 4", IDEM_OK},
    {SOURCE("}]}"), "id,mail,name\na@example.org,a@example.org,Ann\n", "warning", "sources[0].record_id", "\"token\"",
     IDEM_OK},
    {SOURCE(",\"also\":[{\"path\":\"p.csv\",\"key\":\"id\",\"fields\":{\"phone\":\"tel\"}}]}]}"), GOOD, "error",
     "sources[0].also[0]", "p.csv", IDEM_OK},
    {SOURCE("}],\"quality\":[{\"expect\":\"rows\",\"at_least\":3}]}"), GOOD, "warning", "quality[0]", "rows: 2",
     IDEM_OK},
    {SOURCE("}],\"quality\":[{\"expect\":\"rows\",\"at_least\":3,\"on_fail\":\"stop\"}]}"), GOOD, "error", "quality[0]",
     "rows: 2", IDEM_GATE},
    {SOURCE("}],\"quality\":[{\"expect\":\"rows\",\"at_most\":2,\"on_fail\":\"stop\"}]}"), GOOD, NULL, NULL, NULL,
     IDEM_OK},
    {SOURCE("}],\"quality\":[{\"expect\":\"not_null\",\"field\":\"email\",\"at_least\":0.9,\"on_fail\":\"stop\"}]}"),
     "id,mail,name\n1,,Ann\n2,b@example.org,Bob\n", "error", "quality[0]", "50.00 %", IDEM_GATE},
    {SOURCE("}],\"quality\":[{\"expect\":\"not_null\",\"field\":\"email\",\"at_least\":0.5,\"on_fail\":\"stop\"}]}"),
     "id,mail,name\n1,,Ann\n2,b@example.org,Bob\n", NULL, NULL, NULL, IDEM_OK},
    {SOURCE("}],\"quality\":[{\"expect\":\"unique\",\"field\":\"email\"}]}"),
     "id,mail,name\n1,a@example.org,Ann\n2,a@example.org,Bob\n", "warning", "quality[0]",
     "unique email holds for 50.00 %", IDEM_OK},
    {SOURCE("}],\"quality\":[{\"expect\":\"matches\",\"field\":\"email\",\"pattern\":\"@example[.]org$\"}]}"), GOOD,
     NULL, NULL, NULL, IDEM_OK},
    {SOURCE("}],\"quality\":[{\"expect\":\"matches\",\"field\":\"email\",\"pattern\":\"^a\"}]}"), GOOD, "warning",
     "quality[0]", "matches email", IDEM_OK},
    {SOURCE("}],\"quality\":[{\"expect\":\"in\",\"field\":\"full_name\",\"values\":[\"Ann\",\"Bob\"]}]}"), GOOD, NULL,
     NULL, NULL, IDEM_OK},
    {SOURCE(
         "}],\"quality\":[{\"expect\":\"in\",\"field\":\"full_name\",\"values\":[\"Ann\"],\"on_fail\":\"reject\"}]}"),
     GOOD, "warning", "quality[0]", "set aside: 1", IDEM_OK},
    {SOURCE("}],\"quality\":[{\"expect\":\"valid\",\"field\":\"email\"}]}"),
     "id,mail,name\n1,nonsense,Ann\n2,b@example.org,Bob\n", "warning", "quality[0]", "valid email", IDEM_OK},
    {SOURCE("}],\"gates\":{\"min_rows\":10}}"), GOOD, "warning", "gates.min_rows", "fewer than 10", IDEM_OK},
    {SOURCE(",\"entity\":{\"column\":\"name\",\"person\":\"ann\"}}]}"), GOOD, "note", "sources[0].entity", "50.0 %",
     IDEM_OK},
};

static const json_t *S_find(const json_t *findings, const struct case_row *row)
{
    size_t i;
    json_t *finding;
    json_array_foreach((json_t *)(uintptr_t)findings, i, finding)
    {
        bool there = str_eq(json_str(json_object_get(finding, "level")), str_from(row->level)) &&
                     str_eq(json_str(json_object_get(finding, "place")), str_from(row->place)) &&
                     str_find(json_str(json_object_get(finding, "message")), str_from(row->message)) != SIZE_MAX;
        if (there)
            return finding;
    }
    return NULL;
}

static unsigned S_count(const json_t *findings, const char *level)
{
    size_t i;
    json_t *finding;
    unsigned n = 0;
    json_array_foreach((json_t *)(uintptr_t)findings, i, finding) n +=
        str_eq(json_str(json_object_get(finding, "level")), str_from(level));
    return n;
}

static void S_case(const struct case_row *row)
{
    struct place p = S_place();
    struct idem_session *s = NULL;
    struct idem_error err = {0};
    char *text = NULL;
    json_t *result;
    const char *config = S_write(&p, "idem.json", row->config),
               *db = arena_printf(&p.arena, "%s/idem.db", p.folder).ptr;
    if (row->csv)
        S_write(&p, "crm.csv", row->csv);
    struct idem_open_options options = {.config_path = config, .db_path = db, .mode = IDEM_WRITE};
    if (idem_open(&options, &s, &err) != IDEM_OK)
        fail_msg("%s", err.message);
    enum idem_status status = idem_check(s, &text, &err);
    if (status != row->status || !text)
        fail_msg("status %d: %s\n%s", (int)status, err.message, text ? text : "");
    assert_int_equal(json_parse(str_from(text), "result", &result, &err), IDEM_OK);
    const json_t *findings = json_object_get(result, "findings");
    if (row->level && !S_find(findings, row))
        fail_msg("%s\n%s", row->config, text);
    if (!row->level && S_count(findings, "error") + S_count(findings, "warning"))
        fail_msg("%s\n%s", row->config, text);
    assert_int_equal(json_is_true(json_object_get(result, "ok")), S_count(findings, "error") == 0);
    assert_null(strstr(text, "a@example.org"));
    json_decref(result);
    idem_free(text);
    idem_close(s);
    S_leave(&p);
}

static void every_fault_is_found_at_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        S_case(&CASES[i]);
}

/* ------------------------------------------------------------------ drift */

static const char *S_people(struct place *p, int n)
{
    struct buf text = {0};
    buf_printf(&text, "id,mail,name\n");
    for (int i = 0; i < n; i++)
        buf_printf(&text, "%d,person%d@example.org,Ann Hill\n", i, i);
    const char *copy = str_copy(&p->arena, buf_view(&text)).ptr;
    buf_deinit(&text);
    return copy;
}

static struct str S_check(struct place *p, const struct idem_open_options *options, bool apply)
{
    struct idem_session *s = NULL;
    struct idem_error err = {0};
    struct idem_apply_options run = {.seed = 1, .threads = 1};
    char *text = NULL;
    if (idem_open(options, &s, &err) != IDEM_OK)
        fail_msg("%s", err.message);
    enum idem_status status = apply ? idem_apply(s, &run, &text, &err) : idem_check(s, &text, &err);
    if (status != IDEM_OK)
        fail_msg("%s", err.message);
    struct str copy = str_copy(&p->arena, str_from(text));
    idem_free(text);
    idem_close(s);
    return copy;
}

static void what_changed_since_the_last_run_is_told(void **state)
{
    struct place p = S_place();
    (void)state;
    const char *config = S_write(&p, "idem.json", SOURCE("}]}")),
               *db = arena_printf(&p.arena, "%s/idem.db", p.folder).ptr;
    struct idem_open_options options = {.config_path = config, .db_path = db, .mode = IDEM_WRITE};
    S_write(&p, "crm.csv", S_people(&p, 200));
    S_check(&p, &options, true);
    assert_int_equal(str_find(S_check(&p, &options, false), STR("last run")), SIZE_MAX);
    S_write(&p, "crm.csv", S_people(&p, 50));
    assert_int_not_equal(
        str_find(S_check(&p, &options, false), STR("rows: 50, 75.0 % fewer than in the last run (200)")), SIZE_MAX);
    S_leave(&p);
}

/* ------------------------------------------------------------------ profile */

static const char MIXED[] = "id,dob,phone,note\n1,31/12/1980, +49 30 1234567,n/a\n2,12/31/1980,+49 30 "
                            "7654321,same\n3,1980-12-31,+49 30 1111222,same\n"
                            "4,05/06/81,+49 30 3333444,same\n5,notadate,+49 30 5555666,\n";

static const json_t *S_column(const json_t *result, const char *name)
{
    size_t i;
    json_t *column, *file = json_array_get(json_object_get(result, "files"), 0);
    json_array_foreach(json_object_get(file, "columns"), i,
                       column) if (str_eq(json_str(json_object_get(column, "name")), str_from(name))) return column;
    fail_msg("no column %s", name);
    return NULL;
}

static bool S_odd(const json_t *column, const char *part)
{
    size_t i;
    json_t *line;
    json_array_foreach(json_object_get(column, "oddities"), i,
                       line) if (str_find(json_str(line), str_from(part)) != SIZE_MAX) return true;
    return false;
}

static void a_profile_tells_shapes_and_oddities_and_no_value(void **state)
{
    static const char *const VALUES[] = {"1980", "1234567", "same", "notadate", "7654321"};
    struct place p = S_place();
    struct idem_error err = {0};
    char *text;
    json_t *result;
    (void)state;
    const char *file = S_write(&p, "people.csv", MIXED);
    if (idem_profile(&file, 1, &text, &err) != IDEM_OK)
        fail_msg("%s", err.message);
    for (size_t i = 0; i < COUNT_OF(VALUES); i++)
        if (strstr(text, VALUES[i]))
            fail_msg("%s is shown", VALUES[i]);
    assert_int_equal(json_parse(str_from(text), "result", &result, &err), IDEM_OK);
    const json_t *dob = S_column(result, "dob"), *note = S_column(result, "note"), *id = S_column(result, "id");
    assert_true(S_odd(dob, "month first"));
    assert_true(S_odd(dob, "two digits"));
    assert_true(S_odd(dob, "no dates"));
    assert_true(S_odd(S_column(result, "phone"), "white space"));
    assert_true(S_odd(note, "placeholders"));
    assert_int_equal(json_integer_value(json_object_get(note, "distinct")), 2);
    assert_true(json_is_true(json_object_get(id, "unique")));
    assert_true(json_number_value(json_object_get(note, "fill")) > 0.79 &&
                json_number_value(json_object_get(note, "fill")) < 0.81);
    json_decref(result);
    idem_free(text);
    S_leave(&p);
}

static void a_missing_file_is_not_found(void **state)
{
    const char *file = "/nonexistent/people.csv";
    struct idem_error err = {0};
    char *text;
    (void)state;
    assert_int_equal(idem_profile(&file, 1, &text, &err), IDEM_NOT_FOUND);
    assert_non_null(strstr(err.message, file));
    assert_null(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_is_found_at_its_place),
        cmocka_unit_test(what_changed_since_the_last_run_is_told),
        cmocka_unit_test(a_profile_tells_shapes_and_oddities_and_no_value),
        cmocka_unit_test(a_missing_file_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

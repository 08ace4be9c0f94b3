/*
 * init looks at files. Every file of tests/engine/golden/init is looked at alone; beside it stands what init says and
 * writes (IDEM_REWRITE=1 in the environment writes that anew). The data is made up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "rules/config.h"

static const char GOLDEN[] = TESTS "/engine/golden/init/";

struct place {
    char folder[32];
    struct arena arena;
};

static struct place S_place(void)
{
    struct place p = {.folder = "/tmp/idem-init-XXXXXX"};
    assert_non_null(mkdtemp(p.folder));
    return p;
}

static void S_leave(struct place *p)
{
    static const char *const PATTERNS[] = {"%s/*", "%s/.gitignore"};
    struct str *path;
    size_t n;
    struct idem_error err;
    for (size_t k = 0; k < COUNT_OF(PATTERNS); k++) {
        struct str pattern =
            k ? arena_printf(&p->arena, "%s/.gitignore", p->folder) : arena_printf(&p->arena, "%s/*", p->folder);
        assert_int_equal(file_glob(pattern, &p->arena, &path, &n, &err), IDEM_OK);
        for (size_t i = 0; i < n; i++)
            unlink(path[i].ptr);
    }
    assert_int_equal(rmdir(p->folder), 0);
    arena_deinit(&p->arena);
}

static const char *S_path(struct place *p, const char *name)
{
    return arena_printf(&p->arena, "%s/%s", p->folder, name).ptr;
}

static struct str S_read(struct arena *a, const char *path)
{
    struct str text;
    struct idem_error err;
    if (file_read(path, 1 << 24, a, &text, &err) != IDEM_OK)
        fail_msg("%s", err.message);
    return text;
}

static const char *S_write(struct place *p, const char *name, struct str text)
{
    struct idem_error err;
    const char *path = S_path(p, name);
    assert_int_equal(file_write_atomic(path, text, 0644, &err), IDEM_OK);
    return path;
}

static enum idem_status S_init(struct place *p, const char *const *file, size_t n, bool add, json_t **result,
                               struct idem_error *err)
{
    char *text;
    const char *config = S_path(p, "idem.json");
    struct idem_init_options options = {.file = file, .n_files = n, .config_path = config, .add = add};
    *result = NULL;
    enum idem_status status = idem_init(&options, &text, err);
    if (status == IDEM_OK)
        assert_int_equal(json_parse(str_from(text), "result", result, err), IDEM_OK);
    free(text);
    return status;
}

static void S_must_init(struct place *p, const char *const *file, size_t n, bool add, json_t **result)
{
    struct idem_error err = {0};
    if (S_init(p, file, n, add, result, &err) != IDEM_OK)
        fail_msg("%s", err.message);
}

static struct str S_get(const json_t *object, const char *key)
{
    return json_str(json_object_get(object, key));
}

static bool S_lists(const json_t *list, const char *part)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (str_find(json_str(json_array_get(list, i)), str_from(part)) != SIZE_MAX)
            return true;
    return false;
}

/* ------------------------------------------------------------------ golden files */

static void S_add_line(struct buf *out, const char *folder, struct str line)
{
    struct str prefix = str_from(folder);
    for (size_t at; (at = str_find(line, prefix)) != SIZE_MAX; line = str_sub(line, at + prefix.len + 1, line.len))
        buf_str(out, str_sub(line, 0, at));
    buf_str(out, line);
    buf_byte(out, '\n');
}

static void S_transcript(struct place *p, const json_t *result, struct buf *out)
{
    size_t i;
    json_t *source, *field, *line;
    json_array_foreach(json_object_get(result, "sources"), i, source)
    {
        size_t k;
        json_array_foreach(json_object_get(source, "fields"), k, field)
            buf_printf(out, "%s%.*s = %.*s (%.*s)\n",
                       json_is_true(json_object_get(field, "sure")) ? "" : "unsure: ", STR_ARG(S_get(field, "column")),
                       STR_ARG(S_get(field, "field")), STR_ARG(S_get(field, "why")));
        buf_printf(out, "not used:");
        json_array_foreach(json_object_get(source, "ignored"), k, line)
            buf_printf(out, " [%.*s]", STR_ARG(json_str(line)));
        buf_printf(out, "\n");
    }
    json_array_foreach(json_object_get(result, "check"), i, line) S_add_line(out, p->folder, json_str(line));
    buf_printf(out, "---\n");
    buf_str(out, S_read(&p->arena, S_path(p, "idem.json")));
}

static void S_golden(struct str path)
{
    struct place p = S_place();
    json_t *result;
    struct buf transcript = {0};
    struct idem_error err;
    const char *expected = arena_printf(&p.arena, "%.*s.expected", STR_ARG(path)).ptr;
    const char *file = S_write(&p, str_cstr(&p.arena, file_base(path)), S_read(&p.arena, path.ptr));
    S_must_init(&p, &file, 1, false, &result);
    S_transcript(&p, result, &transcript);
    if (getenv("IDEM_REWRITE"))
        assert_int_equal(file_write_atomic(expected, buf_view(&transcript), 0644, &err), IDEM_OK);
    struct str wanted = S_read(&p.arena, expected);
    if (!str_eq(wanted, buf_view(&transcript)))
        fail_msg("%s\n  is:\n%s", expected, buf_cstr(&transcript));
    buf_deinit(&transcript);
    json_decref(result);
    S_leave(&p);
}

static void exports_in_many_languages_are_recognised(void **state)
{
    static const char *const ENDINGS[] = {"*.csv", "*.jsonl"};
    struct arena a = {0};
    unsigned all = 0;
    (void)state;
    for (size_t k = 0; k < COUNT_OF(ENDINGS); k++) {
        struct str *path;
        size_t n;
        struct idem_error err;
        assert_int_equal(file_glob(arena_printf(&a, "%s%s", GOLDEN, ENDINGS[k]), &a, &path, &n, &err), IDEM_OK);
        for (size_t i = 0; i < n; i++, all++)
            S_golden(path[i]);
    }
    assert_true(all >= 20);
    arena_deinit(&a);
}

/* ------------------------------------------------------------------ files that are written */

static const char PEOPLE[] =
    "customer_id,first_name,last_name,email\nC1,Ann,Hill,ann@example.org\nC2,Tom,Vale,tom@example.org\n"
    "C3,Eve,Moor,eve@example.org\nC4,Ian,Dale,ian@example.org\nC5,Amy,Ford,amy@example.org\n";

static void the_key_is_private_and_kept_out_of_the_repository(void **state)
{
    struct place p = S_place();
    json_t *result;
    struct stat st;
    (void)state;
    S_write(&p, ".gitignore", STR("build\nidem.key"));
    const char *file = S_write(&p, "crm.csv", STR(PEOPLE));
    S_must_init(&p, &file, 1, false, &result);
    assert_int_equal(stat(S_path(&p, "idem.key"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_string_equal(S_read(&p.arena, S_path(&p, ".gitignore")).ptr, "build\nidem.key\nidem.key.old-*\nidem.db*\n");
    assert_true(str_eq(S_get(result, "key_file"), STR("idem.key")));
    assert_int_equal(json_array_size(json_object_get(result, "written")), 3);
    assert_true(S_lists(json_object_get(result, "notes"), "a lost key loses the stored personal values"));
    json_decref(result);
    S_leave(&p);
}

static void without_a_key_nothing_is_sealed(void **state)
{
    struct place p = S_place();
    char *text;
    struct config *config;
    struct idem_error err = {0};
    (void)state;
    const char *file = S_write(&p, "crm.csv", STR(PEOPLE)), *path = S_path(&p, "idem.json");
    struct idem_init_options options = {
        .file = &file, .n_files = 1, .config_path = path, .no_key = true, .entity = "organisation"};
    assert_int_equal(idem_init(&options, &text, &err), IDEM_OK);
    free(text);
    assert_false(file_exists(S_path(&p, "idem.key")));
    assert_int_equal(config_load(path, &p.arena, &config, &err), IDEM_OK);
    assert_int_equal(config->at_rest, AT_REST_CLEAR);
    assert_int_equal(config->entity, ENTITY_ORGANISATION);
    S_leave(&p);
}

static void an_existing_configuration_is_not_overwritten(void **state)
{
    struct place p = S_place();
    json_t *result;
    struct idem_error err = {0};
    (void)state;
    const char *file = S_write(&p, "crm.csv", STR(PEOPLE));
    S_write(&p, "idem.json", STR("{}"));
    assert_int_equal(S_init(&p, &file, 1, false, &result, &err), IDEM_CONFLICT);
    assert_non_null(strstr(err.message, "init --add"));
    assert_string_equal(S_read(&p.arena, S_path(&p, "idem.json")).ptr, "{}");
    S_leave(&p);
}

static void adding_a_file_keeps_what_was_edited_by_hand(void **state)
{
    static const char EDITED[] =
        "{ \"sources\": [ {\"record_id\": \"customer_id\", \"priority\": 2, \"name\": \"crm\", \"path\": \"crm.csv\",\n"
        "   \"fields\": {\"family_name\": \"last_name\", \"given_name\": \"first_name\"}} ],\n"
        "  \"gates\": {\"max_gone\": 0.3}, \"privacy\": {\"at_rest\": \"sealed\", \"key_file\": \"my.key\"},\n"
        "  \"survivorship\": {\"*\": \"recency\"} }";
    struct place p = S_place();
    json_t *result, *root;
    struct idem_error err = {0};
    (void)state;
    const char *file[2] = {S_write(&p, "crm.csv", STR(PEOPLE)), S_write(&p, "shop.csv", STR(PEOPLE))};
    S_write(&p, "idem.json", STR(EDITED));
    S_must_init(&p, file, 2, true, &result);
    assert_int_equal(json_array_size(json_object_get(result, "sources")), 1);
    assert_true(S_lists(json_object_get(result, "notes"), "is in the configuration already"));
    assert_int_equal(json_parse(S_read(&p.arena, S_path(&p, "idem.json")), "idem.json", &root, &err), IDEM_OK);
    json_t *sources = json_object_get(root, "sources");
    assert_int_equal(json_array_size(sources), 2);
    assert_true(str_eq(S_get(json_array_get(sources, 1), "name"), STR("shop")));
    json_t *before;
    assert_int_equal(json_parse(STR(EDITED), "before", &before, &err), IDEM_OK);
    json_array_remove(sources, 1);
    char *is = json_text(root), *was = json_text(before);
    json_object_del(root, "entity");
    char *without = json_text(root);
    assert_true(strcmp(is, was) == 0 || strcmp(without, was) == 0);
    assert_true(file_exists(S_path(&p, "my.key")));
    free(is);
    free(was);
    free(without);
    json_decref(before);
    json_decref(root);
    json_decref(result);
    S_leave(&p);
}

static void dated_files_become_one_source_of_a_pattern(void **state)
{
    struct place p = S_place();
    json_t *result;
    struct config *config;
    struct str *path;
    size_t n;
    struct idem_error err = {0};
    (void)state;
    const char *file[3] = {S_write(&p, "crm_2026-01-31.csv", STR(PEOPLE)),
                           S_write(&p, "crm_2026-02-01.csv", STR(PEOPLE)), S_write(&p, "crm.csv", STR(PEOPLE))};
    S_must_init(&p, file, 3, false, &result);
    assert_int_equal(config_load(S_path(&p, "idem.json"), &p.arena, &config, &err), IDEM_OK);
    assert_int_equal(config->n_sources, 2);
    assert_true(str_eq(config->source[0].path, STR("crm_*.csv")));
    assert_true(str_eq(config->source[0].name, STR("crm")));
    assert_true(str_eq(config->source[1].name, STR("crm_2")));
    assert_int_equal(config_source_files(config, &config->source[0], &p.arena, &path, &n, &err), IDEM_OK);
    assert_int_equal(n, 1);
    assert_string_equal(path[0].ptr, file[1]);
    json_decref(result);
    S_leave(&p);
}

static void a_column_of_another_sources_record_ids_is_suggested_as_a_link(void **state)
{
    struct place p = S_place();
    struct buf crm = {0}, billing = {0};
    json_t *result;
    (void)state;
    buf_printf(&crm, "id,first_name,last_name\n");
    buf_printf(&billing, "invoice_id,customer_name,crm_id\n");
    for (int i = 0; i < 40; i++) {
        buf_printf(&crm, "CR-%04d,Ann,Hill\n", i);
        buf_printf(&billing, "%d,Ann Hill,CR-%04d\n", 900 + i, 39 - i);
    }
    const char *file[2] = {S_write(&p, "crm.csv", buf_view(&crm)), S_write(&p, "billing.csv", buf_view(&billing))};
    S_must_init(&p, file, 2, false, &result);
    assert_true(S_lists(json_object_get(result, "check"), "\"crm_id\" holds record ids of crm"));
    json_decref(result);
    buf_deinit(&crm);
    buf_deinit(&billing);
    S_leave(&p);
}

/* Every step is linear in the columns: with a step that is not this test takes minutes. */
static void a_file_of_thousands_of_columns_is_looked_at(void **state)
{
    enum { COLUMNS = 12000, ROWS = 3 };
    struct place p = S_place();
    struct buf text = {0};
    json_t *result;
    (void)state;
    buf_printf(&text, "customer_id,first_name,last_name,email");
    for (unsigned c = 4; c < COLUMNS; c++)
        buf_printf(&text, ",attr_%u", c);
    for (unsigned r = 0; r < ROWS; r++) {
        buf_printf(&text, "\nC%u,Ann,Smith%u,ann%u@mail.example", r, r, r);
        for (unsigned c = 4; c < COLUMNS; c++)
            buf_printf(&text, ",v%u", c * r % 97);
    }
    const char *file = S_write(&p, "wide.csv", buf_view(&text));
    S_must_init(&p, &file, 1, false, &result);
    const json_t *source = json_array_get(json_object_get(result, "sources"), 0);
    size_t n_fields = json_array_size(json_object_get(source, "fields"));
    assert_true(n_fields >= 2);
    assert_int_equal(json_array_size(json_object_get(source, "ignored")), COLUMNS - 1 - n_fields);
    json_decref(result);
    buf_deinit(&text);
    S_leave(&p);
}

/* A configuration with more columns of a field is refused, and nothing would be written. */
static void columns_beyond_what_a_field_may_have_are_left_out_and_named(void **state)
{
    static const struct {
        unsigned n_emails, mapped, ignored;
    } CASES[] = {{63, 63, 0}, {64, 64, 0}, {65, 64, 1}, {99, 64, 35}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        enum { ROWS = 30 };
        struct place p = S_place();
        struct buf text = {0};
        json_t *result;
        buf_printf(&text, "customer_id,first_name");
        for (unsigned c = 0; c < CASES[i].n_emails; c++)
            buf_printf(&text, ",email_%u", CASES[i].n_emails - c);
        for (unsigned r = 0; r < ROWS; r++) {
            buf_printf(&text, "\nC%u,Ann", r);
            for (unsigned c = 0; c < CASES[i].n_emails; c++)
                buf_printf(&text, ",ann%u@mail%u.example", r, c);
        }
        const char *file = S_write(&p, "wide.csv", buf_view(&text));
        S_must_init(&p, &file, 1, false, &result);
        const json_t *source = json_array_get(json_object_get(result, "sources"), 0);
        assert_int_equal(json_array_size(json_object_get(source, "fields")), 1 + CASES[i].mapped);
        assert_int_equal(json_array_size(json_object_get(source, "ignored")), CASES[i].ignored);
        assert_int_equal(S_lists(json_object_get(result, "check"), "email: 64 columns are mapped"),
                         CASES[i].ignored > 0);
        /* the set is ordered by the numbers in the names, so the highest ones go: they stand first in the file */
        assert_int_equal(S_lists(json_object_get(source, "ignored"), "email_65"), CASES[i].ignored > 0);
        assert_false(S_lists(json_object_get(source, "ignored"), "email_64"));
        json_decref(result);
        buf_deinit(&text);
        S_leave(&p);
    }
}

static void what_cannot_be_looked_at_is_refused(void **state)
{
    static const struct {
        const char *name, *text;
        enum idem_status status;
        const char *says;
    } CASES[] = {
        {"-", NULL, IDEM_INVALID, "standard input"},
        {"absent.csv", NULL, IDEM_NOT_FOUND, "absent.csv"},
        {"numbers.csv", "a,b\n1,2\n3,4\n5,6\n", IDEM_INVALID, "no column was recognised"},
        {"empty.csv", "", IDEM_INVALID, "empty.csv"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct place p = S_place();
        json_t *result;
        struct idem_error err = {0};
        const char *file = CASES[i].text                     ? S_write(&p, CASES[i].name, str_from(CASES[i].text))
                           : strcmp(CASES[i].name, "-") == 0 ? "-"
                                                             : S_path(&p, CASES[i].name);
        assert_int_equal(S_init(&p, &file, 1, false, &result, &err), CASES[i].status);
        if (!strstr(err.message, CASES[i].says))
            fail_msg("%s: %s", CASES[i].name, err.message);
        assert_false(file_exists(S_path(&p, "idem.json")));
        assert_false(file_exists(S_path(&p, "idem.key")));
        S_leave(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exports_in_many_languages_are_recognised),
        cmocka_unit_test(the_key_is_private_and_kept_out_of_the_repository),
        cmocka_unit_test(without_a_key_nothing_is_sealed),
        cmocka_unit_test(an_existing_configuration_is_not_overwritten),
        cmocka_unit_test(adding_a_file_keeps_what_was_edited_by_hand),
        cmocka_unit_test(dated_files_become_one_source_of_a_pattern),
        cmocka_unit_test(a_column_of_another_sources_record_ids_is_suggested_as_a_link),
        cmocka_unit_test(a_file_of_thousands_of_columns_is_looked_at),
        cmocka_unit_test(columns_beyond_what_a_field_may_have_are_left_out_and_named),
        cmocka_unit_test(what_cannot_be_looked_at_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which files a source has today. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "rules/config.h"

struct case_row {
    const char *path, *files; /* of the source; "": not given */
    const char *in_folder;    /* space separated */
    const char *chosen;       /* space separated, "-" an error, "" none */
};

static const struct case_row CASES[] = {
    {"crm.csv", "", "crm.csv", "crm.csv"},
    {"crm.csv", "", "", "-"},
    {"crm_*.csv", "", "crm_2026-01-31.csv crm_2026-02-01.csv", "crm_2026-02-01.csv"},
    {"crm_*.csv", "all", "crm_2026-01-31.csv crm_2026-02-01.csv", "crm_2026-01-31.csv crm_2026-02-01.csv"},
    {"crm_*.csv", "", "crm_20260131.csv crm_20251231.csv", "crm_20260131.csv"},
    {"crm_*.csv", "", "crm_31-01-2026.csv crm_01-02-2026.csv", "crm_01-02-2026.csv"},
    {"crm_*.csv", "", "crm_2026-01.csv crm_2025-12.csv", "crm_2026-01.csv"},
    {"crm_*.csv", "", "crm_20260131_0900.csv crm_20260131_1000.csv", "crm_20260131_1000.csv"},
    {"crm_*.csv", "", "crm_20260131T090000.csv crm_20260131T085959.csv", "crm_20260131T090000.csv"},
    {"crm_*.csv", "", "crm_20260131_a.csv crm_20260131_b.csv crm_20260130_a.csv",
     "crm_20260131_a.csv crm_20260131_b.csv"},
    {"crm_*.csv", "", "crm_a.csv crm_b.csv", "crm_a.csv crm_b.csv"},
    {"crm_*.csv", "latest", "crm_a.csv crm_b.csv", "crm_b.csv"},
    {"crm_*.csv", "latest", "crm_9.csv crm_2026-01-01.csv", "crm_2026-01-01.csv"},
    {"crm_*.csv", "", "crm_20261331.csv crm_20260101.csv", "crm_20260101.csv"},
    {"crm_*.csv", "", "crm_1.csv crm_123456789012345678.csv", "crm_1.csv crm_123456789012345678.csv"},
    {"crm_*.csv", "", "other.csv", "-"},
    {"nowhere/crm_*.csv", "", "", "-"},
};

static void S_make(const char *folder, const char *names)
{
    struct arena a = {0};
    struct str rest = str_from(names), name;
    struct idem_error err;
    while (str_next_token(&rest, " ", &name)) {
        struct str path = arena_printf(&a, "%s/%.*s", folder, STR_ARG(name));
        assert_int_equal(file_write_new(path.ptr, STR("id\n1\n"), 0600, &err), IDEM_OK);
    }
    arena_deinit(&a);
}

static void S_remove(const char *folder)
{
    struct arena a = {0};
    struct str *path;
    size_t n;
    struct idem_error err;
    assert_int_equal(file_glob(arena_printf(&a, "%s/*", folder), &a, &path, &n, &err), IDEM_OK);
    for (size_t i = 0; i < n; i++)
        unlink(str_cstr(&a, path[i]));
    rmdir(folder);
    arena_deinit(&a);
}

static void S_run(const struct case_row *row, bool optional)
{
    char folder[] = "/tmp/idem-files-XXXXXX";
    struct arena a = {0};
    struct buf text = {0}, chosen = {0};
    struct config *c;
    struct str *path;
    size_t n = 0;
    struct idem_error err = {0};
    assert_non_null(mkdtemp(folder));
    S_make(folder, row->in_folder);
    buf_printf(
        &text,
        "{\"sources\":[{\"name\":\"crm\",\"path\":\"%s\",%s%s%s%s\"record_id\":\"id\",\"fields\":{\"email\":\"m\"}}]}",
        row->path, row->files[0] ? "\"files\":\"" : "", row->files, row->files[0] ? "\"," : "",
        optional ? "\"optional\":true," : "");
    if (config_parse(buf_view(&text), arena_printf(&a, "%s/idem.json", folder), &a, &c, &err) != IDEM_OK)
        fail_msg("%s", err.message);
    enum idem_status status = config_source_files(c, &c->source[0], &a, &path, &n, &err);
    for (size_t i = 0; i < n && status == IDEM_OK; i++)
        buf_printf(&chosen, "%s%.*s", i ? " " : "", STR_ARG(file_base(path[i])));
    bool missing = strcmp(row->chosen, "-") == 0;
    assert_int_equal(status, missing && !optional ? IDEM_NOT_FOUND : IDEM_OK);
    if (missing && !optional)
        assert_non_null(strstr(err.message, "source \"crm\""));
    assert_string_equal(buf_cstr(&chosen), missing ? "" : row->chosen);
    buf_deinit(&text);
    buf_deinit(&chosen);
    arena_deinit(&a);
    S_remove(folder);
}

static void the_newest_dated_file_is_taken_and_undated_ones_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        S_run(&CASES[i], false);
}

static void an_optional_source_may_have_no_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        S_run(&CASES[i], true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_dated_file_is_taken_and_undated_ones_all),
        cmocka_unit_test(an_optional_source_may_have_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

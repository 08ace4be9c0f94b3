/*
 * Every file of tests/rules/golden/errors is a configuration with one fault; beside it stands the message it must give.
 * IDEM_REWRITE=1 in the environment writes the messages anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "rules/config.h"

static const char FOLDER[] = TESTS "/rules/golden/";

static struct str S_read(struct arena *a, struct str path)
{
    struct str text;
    struct idem_error err;
    if (file_read(str_cstr(a, path), 1 << 20, a, &text, &err) != IDEM_OK)
        fail_msg("%s", err.message);
    return text;
}

static void S_files(struct arena *a, const char *folder, struct str **path, size_t *n)
{
    struct idem_error err;
    assert_int_equal(file_glob(arena_printf(a, "%s%s/*.json", FOLDER, folder), a, path, n, &err), IDEM_OK);
}

static void S_check_message(struct arena *a, struct str path, const char *message)
{
    struct str expected = arena_printf(a, "%.*s.expected", (int)(path.len - 5), path.ptr);
    struct str line = arena_printf(a, "%s\n", message);
    struct idem_error err;
    if (getenv("IDEM_REWRITE"))
        assert_int_equal(file_write_atomic(str_cstr(a, expected), line, 0644, &err), IDEM_OK);
    struct str wanted = S_read(a, expected);
    if (!str_eq(wanted, line))
        fail_msg("%.*s\n  wanted: %.*s  is:     %s", STR_ARG(file_base(path)), STR_ARG(wanted), message);
}

static void a_faulty_configuration_is_refused_with_its_place_and_the_fix(void **state)
{
    struct arena a = {0};
    struct str *path;
    size_t n;
    (void)state;
    S_files(&a, "errors", &path, &n);
    assert_true(n > 100);
    for (size_t i = 0; i < n; i++) {
        struct config *config;
        struct idem_error err = {0};
        struct arena out = {0};
        struct str text = S_read(&a, path[i]);
        enum idem_status status = config_parse(text, STR("idem.json"), &out, &config, &err);
        if (status != IDEM_INVALID)
            fail_msg("%.*s: was not refused", STR_ARG(file_base(path[i])));
        assert_null(config);
        assert_int_equal(err.status, IDEM_INVALID);
        S_check_message(&a, path[i], err.message);
        arena_deinit(&out);
    }
    arena_deinit(&a);
}

static void a_right_configuration_is_read(void **state)
{
    struct arena a = {0};
    struct str *path;
    size_t n;
    (void)state;
    S_files(&a, "valid", &path, &n);
    assert_true(n >= 2);
    for (size_t i = 0; i < n; i++) {
        struct config *config;
        struct idem_error err = {0};
        if (config_load(str_cstr(&a, path[i]), &a, &config, &err) != IDEM_OK)
            fail_msg("%s", err.message);
    }
    arena_deinit(&a);
}

static void a_missing_configuration_is_not_found(void **state)
{
    struct arena a = {0};
    struct config *config;
    struct idem_error err = {0};
    (void)state;
    assert_int_equal(config_load("/nonexistent/idem.json", &a, &config, &err), IDEM_NOT_FOUND);
    assert_string_equal(err.message,
                        "/nonexistent/idem.json: there is no configuration; \"idem init FILE...\" writes one");
    arena_deinit(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_faulty_configuration_is_refused_with_its_place_and_the_fix),
        cmocka_unit_test(a_right_configuration_is_read),
        cmocka_unit_test(a_missing_configuration_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

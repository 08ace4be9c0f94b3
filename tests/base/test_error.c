#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>

static void the_message_is_written_once_and_may_get_a_place_in_front(void **state)
{
    (void)state;
    struct idem_error err = {0};
    assert_int_equal(error_set(&err, IDEM_INVALID, "line %d is bad", 3), IDEM_INVALID);
    assert_int_equal(err.status, IDEM_INVALID);
    assert_string_equal(err.message, "line 3 is bad");
    assert_int_equal(error_prefix(&err, "%s: ", "crm.csv"), IDEM_INVALID);
    assert_string_equal(err.message, "crm.csv: line 3 is bad");
}

static void a_long_message_is_cut_and_no_error_struct_is_fine(void **state)
{
    (void)state;
    struct idem_error err = {0};
    char text[3000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    error_set(&err, IDEM_IO, "%s", text);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    error_prefix(&err, "%s", text);
    assert_in_range(strlen(err.message), 1, sizeof err.message - 1);
    assert_int_equal(error_set(NULL, IDEM_BUSY, "x"), IDEM_BUSY);
}

static void the_systems_errors_have_a_status(void **state)
{
    (void)state;
    static const struct {
        int errnum;
        enum idem_status status;
    } cases[] = {{ENOENT, IDEM_NOT_FOUND}, {ENOMEM, IDEM_NO_MEMORY}, {EACCES, IDEM_IO}, {ENOSPC, IDEM_IO}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct idem_error err = {0};
        assert_int_equal(error_errno(&err, cases[i].errnum, "%s", "crm.csv"), cases[i].status);
        assert_memory_equal(err.message, "crm.csv: ", 9);
    }
}

static enum idem_status S_fails(struct idem_error *err)
{
    TRY(IDEM_OK);
    TRY(error_set(err, IDEM_LIMIT, "too many"));
    return IDEM_OK;
}

static void try_passes_a_failure_up(void **state)
{
    (void)state;
    struct idem_error err = {0};
    assert_int_equal(S_fails(&err), IDEM_LIMIT);
    assert_string_equal(err.message, "too many");
}

static void every_status_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int a = IDEM_OK; a <= IDEM_GATE; a++)
        for (int b = a + 1; b <= IDEM_GATE; b++)
            assert_string_not_equal(error_status_name((enum idem_status)a), error_status_name((enum idem_status)b));
    assert_string_equal(error_status_name(IDEM_NOT_FOUND), "not_found");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_message_is_written_once_and_may_get_a_place_in_front),
        cmocka_unit_test(a_long_message_is_cut_and_no_error_struct_is_fine),
        cmocka_unit_test(the_systems_errors_have_a_status),
        cmocka_unit_test(try_passes_a_failure_up),
        cmocka_unit_test(every_status_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

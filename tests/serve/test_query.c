#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "serve/route.h"

static void a_target_is_taken_apart_and_decoded_once(void **state)
{
    static const struct {
        const char *uri;
        bool good;
        unsigned n;
        const char *last; /* segment */
    } CASES[] = {
        {"/healthz", true, 1, "healthz"},
        {"/v1/masters/a%2Fb", true, 3, "a/b"},
        {"/v1/masters/a%252Fb", true, 3, "a%2Fb"},
        {"/v1/records/crm/%C3%A4", true, 4, "\xC3\xA4"},
        {"http://localhost:8480/healthz?x=1", true, 1, "healthz"},
        {"/v1/masters/", true, 3, ""},
        {"/", true, 0, NULL},
        {"/v1/../etc/passwd", false, 0, NULL},
        {"/v1/%2e%2E/etc", false, 0, NULL},
        {"/v1/./x", false, 0, NULL},
        {"/v1/a%00b", false, 0, NULL},
        {"/v1/a%0", false, 0, NULL},
        {"/v1/a%zz", false, 0, NULL},
        {"/v1/a%", false, 0, NULL},
        {"/v1/a#b", false, 0, NULL},
        {"/v1/a\\b", false, 0, NULL},
        {"v1", false, 0, NULL},
        {"", false, 0, NULL},
        {"*", false, 0, NULL},
        {"/a/b/c/d/e/f/g/h/i", false, 0, NULL},
        {"/x?a=%", false, 0, NULL},
        {"/x?a=%00", false, 0, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct target t;
        target_parse(&t, CASES[i].uri);
        if (t.good != CASES[i].good)
            fail_msg("%s", CASES[i].uri);
        if (t.good) {
            assert_int_equal(t.n_segments, CASES[i].n);
            if (CASES[i].last)
                assert_true(str_eq(t.segment[t.n_segments - 1], str_from(CASES[i].last)));
        }
        target_deinit(&t);
    }
}

static void parameters_are_decoded_with_plus_as_a_blank(void **state)
{
    struct target t;
    (void)state;
    target_parse(&t, "/v1/lookup?source=crm&id=a+b%2Bc%3D1&empty=&bare&&id2==");
    assert_true(t.good);
    assert_int_equal(t.n_parameters, 5);
    assert_true(str_eq(t.parameter[1].value, STR("a b+c=1")));
    assert_true(str_eq(t.parameter[2].value, STR("")));
    assert_true(t.parameter[3].value.ptr != NULL && t.parameter[3].value.len == 0);
    assert_true(str_eq(t.parameter[4].value, STR("=")));
    target_deinit(&t);
}

static void a_route_is_found_by_method_and_path(void **state)
{
    static const struct {
        const char *method, *uri, *operation;
        unsigned status;
    } CASES[] = {
        {"GET", "/healthz", "health", 0},        {"HEAD", "/healthz", "health", 0},
        {"GET", "/v1/masters/x", "master", 0},   {"GET", "/v1/masters/x/how", "masterHow", 0},
        {"POST", "/v1/lookup", "lookupMany", 0}, {"PATCH", "/v1/lookup", NULL, 405},
        {"GET", "/v1/masters/", NULL, 404},      {"GET", "/v1//masters", NULL, 404},
        {"GET", "/healthz/", NULL, 404},         {"GET", "/", NULL, 404},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct target t;
        unsigned status = 0;
        char allow[64];
        target_parse(&t, CASES[i].uri);
        const struct route *route = route_find(CASES[i].method, &t, &status, allow);
        if (CASES[i].operation) {
            assert_non_null(route);
            assert_string_equal(route->operation, CASES[i].operation);
        } else {
            assert_null(route);
            assert_int_equal(status, CASES[i].status);
        }
        target_deinit(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_is_taken_apart_and_decoded_once),
        cmocka_unit_test(parameters_are_decoded_with_plus_as_a_blank),
        cmocka_unit_test(a_route_is_found_by_method_and_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

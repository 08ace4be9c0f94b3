#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"

static void a_document_is_parsed_or_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message; /* NULL: good */
    } cases[] = {{"{\"a\":[1,2]}", NULL}, {"{\"a\":1,\"a\":2}", "x.json:1:"},   {"{\n\"a\":}", "x.json:2:"},
                 {"", "x.json:1:"},       {"{\"a\":\"\\u0000\"}", "x.json:1:"}, {"{} {}", "x.json:1:"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        json_t *value;
        struct idem_error err = {0};
        enum idem_status status = json_parse(str_from(cases[i].text), "x.json", &value, &err);
        assert_int_equal(status, cases[i].message ? IDEM_INVALID : IDEM_OK);
        if (cases[i].message && !strstr(err.message, cases[i].message))
            fail_msg("%s: %s", cases[i].text, err.message);
        json_decref(value);
    }
}

static void deep_nesting_is_refused_and_does_not_overflow_the_stack(void **state)
{
    (void)state;
    struct buf text = {0};
    json_t *value;
    struct idem_error err = {0};
    for (int i = 0; i < 100000; i++)
        buf_byte(&text, '[');
    assert_int_equal(json_parse(buf_view(&text), "x.json", &value, &err), IDEM_INVALID);
    buf_deinit(&text);
}

static void bytes_that_are_not_utf8_become_replacement_characters(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"abc", "abc"},
                                           {"a\xFFz", "a\xEF\xBF\xBDz"},
                                           {"\xC3", "\xEF\xBF\xBD"},
                                           {"\xC3\xA9", "\xC3\xA9"},
                                           {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
                                           {"", ""}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        json_t *value = json_from_str(str_from(cases[i][0]));
        assert_true(str_eq(json_str(value), str_from(cases[i][1])));
        json_decref(value);
    }
    json_t *number = json_integer(1);
    assert_int_equal(json_str(number).len, 0);
    json_decref(number);
}

static void objects_are_written_in_order_of_insertion(void **state)
{
    (void)state;
    json_t *object = json_object();
    json_put_str(object, "z", STR("1"));
    json_put(object, "a", json_integer(2));
    char *text = json_text(object);
    assert_string_equal(text, "{\"z\":\"1\",\"a\":2}");
    free(text);
    json_decref(object);
}

static void reals_are_written_as_people_write_them(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {{4.73, "4.73"}, {0.1 + 0.2, "0.3"}, {-12.5, "-12.5"}, {1, "1.0"}, {0.00001, "1e-5"}, {0, "0.0"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        json_t *value = json_real(cases[i].value);
        char *text = json_text(value);
        assert_string_equal(text, cases[i].text);
        free(text);
        json_decref(value);
    }
}

static void the_nearest_key_is_near(void **state)
{
    (void)state;
    static const char *const known[] = {"fields", "record_id", "path", "email"};
    static const struct {
        const char *key, *nearest;
    } cases[] = {{"feilds", "fields"}, {"recordid", "record_id"}, {"emial", "email"},
                 {"pth", "path"},      {"telephone", NULL},       {"", NULL},
                 {"xy", NULL}};
    char much[256];
    memset(much, 'x', sizeof much);
    assert_null(json_nearest_key((struct str){much, sizeof much}, known, COUNT_OF(known)));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *nearest = json_nearest_key(str_from(cases[i].key), known, COUNT_OF(known));
        if ((nearest == NULL) != (cases[i].nearest == NULL) || (nearest && strcmp(nearest, cases[i].nearest) != 0))
            fail_msg("%s: %s", cases[i].key, nearest ? nearest : "none");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_parsed_or_refused_with_its_place),
        cmocka_unit_test(deep_nesting_is_refused_and_does_not_overflow_the_stack),
        cmocka_unit_test(bytes_that_are_not_utf8_become_replacement_characters),
        cmocka_unit_test(objects_are_written_in_order_of_insertion),
        cmocka_unit_test(reals_are_written_as_people_write_them),
        cmocka_unit_test(the_nearest_key_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

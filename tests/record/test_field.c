#include "record/field.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void every_type_has_a_name_that_leads_back_to_it(void **state)
{
    (void)state;
    for (int i = 0; i < FIELD_NAMED_TYPES; i++) {
        enum field_type type;
        assert_true(field_type_parse(str_from(field_type_name((enum field_type)i)), &type));
        assert_int_equal(type, i);
    }
    enum field_type type;
    assert_false(field_type_parse(STR("unknown"), &type));
    assert_false(field_type_parse(STR(""), &type));
    assert_false(field_type_parse(STR("hashed"), &type));
    assert_string_equal(field_type_name(FIELD_TYPES), "unknown");
}

static void fields_are_found_by_name_and_by_type(void **state)
{
    (void)state;
    struct schema s = {.n_fields = 3,
                       .field = {{.name = STR("email"), .type = FIELD_EMAIL},
                                 {.name = STR("work_email"), .type = FIELD_EMAIL},
                                 {.name = STR("city"), .type = FIELD_CITY}}};
    assert_int_equal(schema_find(&s, STR("work_email")), 1);
    assert_int_equal(schema_find(&s, STR("mail")), -1);
    assert_int_equal(schema_find_type(&s, FIELD_EMAIL), 0);
    assert_int_equal(schema_find_type(&s, FIELD_CITY), 2);
    assert_int_equal(schema_find_type(&s, FIELD_PHONE), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_has_a_name_that_leads_back_to_it),
        cmocka_unit_test(fields_are_found_by_name_and_by_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The table of field types is complete and consistent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "matcher/keys.h"
#include "rules/types.h"

static void every_type_has_its_row(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FIELD_TYPES; i++) {
        const struct type_info *info = type_info((enum field_type)i);
        assert_int_equal(info->type, i);
        assert_true(strncmp(info->keys, "exact", 5) == 0);
        assert_true(strlen(info->says) > 5);
    }
}

static void every_type_but_timestamps_is_compared_by_levels_that_begin_with_exact(void **state)
{
    const char *level[MOST_TYPE_LEVELS];
    (void)state;
    for (unsigned i = 0; i < FIELD_TYPES; i++) {
        unsigned n = type_levels((enum field_type)i, level);
        assert_int_equal(n == 0, i == FIELD_TIMESTAMP);
        assert_true(n == 0 || strcmp(level[0], "exact") == 0);
    }
}

static void every_key_of_a_type_is_known_to_the_matcher(void **state)
{
    (void)state;
    for (unsigned t = 0; t < FIELD_TYPES; t++) {
        struct str rest = str_from(type_info((enum field_type)t)->keys), key;
        enum derivation d;
        while (str_next_token(&rest, " ", &key))
            if (!derivation_parse(key, &d))
                fail_msg("%s: no key \"%.*s\"", field_type_name((enum field_type)t), STR_ARG(key));
    }
}

static void a_known_name_implies_its_type(void **state)
{
    static const struct {
        const char *name;
        enum field_type type;
    } CASES[] = {{"email", FIELD_EMAIL},           {"national_id", FIELD_IDENTIFIER}, {"mobile", FIELD_PHONE},
                 {"birth_date", FIELD_BIRTH_DATE}, {"authors", FIELD_TEXT},           {"price", FIELD_AMOUNT}};
    enum field_type type;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_true(type_of_known_field(str_from(CASES[i].name), &type));
        assert_int_equal(type, CASES[i].type);
    }
    assert_false(type_of_known_field(STR("first_name"), &type));
    assert_false(type_of_known_field(STR(""), &type));
}

static void known_names_are_listed_once_each(void **state)
{
    enum field_type type;
    size_t n = 0;
    (void)state;
    for (; known_field_name(n); n++) {
        assert_true(type_of_known_field(str_from(known_field_name(n)), &type));
        for (size_t i = 0; i < n; i++)
            assert_string_not_equal(known_field_name(i), known_field_name(n));
    }
    assert_true(n > FIELD_TYPES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_has_its_row),
        cmocka_unit_test(every_type_but_timestamps_is_compared_by_levels_that_begin_with_exact),
        cmocka_unit_test(every_key_of_a_type_is_known_to_the_matcher),
        cmocka_unit_test(a_known_name_implies_its_type),
        cmocka_unit_test(known_names_are_listed_once_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

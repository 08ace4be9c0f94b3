/* What rules/types.c says of levels and keys is what the matcher has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "matcher/compare.h"
#include "matcher/keys.h"
#include "rules/types.h"

static void every_type_lists_the_levels_of_its_comparison(void **state)
{
    (void)state;
    for (unsigned t = 0; t < FIELD_TYPES; t++) {
        const struct type_info *info = type_info((enum field_type)t);
        enum comparison_kind kind;
        struct buf levels = {0};
        if (comparison_kind_of((enum field_type)t, &kind))
            for (unsigned l = 0; l + 1 < comparison_levels(kind); l++)
                buf_printf(&levels, "%s%s", l ? " " : "", comparison_info(kind)->level[l].name);
        if (strcmp(buf_cstr(&levels), info->levels) != 0)
            fail_msg("%s: \"%s\" here, \"%s\" in the matcher", field_type_name((enum field_type)t), info->levels,
                     buf_cstr(&levels));
        buf_deinit(&levels);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_lists_the_levels_of_its_comparison),
        cmocka_unit_test(every_key_of_a_type_is_known_to_the_matcher),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

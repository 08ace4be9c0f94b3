/* Does a mailbox name the person? */
#include "matcher/compare_email_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_mailbox_names_the_person(void **state)
{
    enum { NONE = EMAIL_NAME_NONE, WEAK = EMAIL_NAME_WEAK, STRONG = EMAIL_NAME_STRONG };
    static const struct {
        const char *local, *given, *family;
        int agreement;
    } rows[] = {
        {"anna.berger", "anna", "berger", STRONG},
        {"berger.anna", "anna", "berger", STRONG},
        {"annaberger84", "anna", "berger", STRONG},
        {"a.berger", "anna", "berger", STRONG},
        {"bergera", "anna", "berger", STRONG},
        {"am.berger", "anna maria", "berger", STRONG},
        {"bill.harris", "william", "harris", STRONG},
        {"alex_petrov", "alexander", "petrov", STRONG},
        {"maria.delacruz", "maria", "de la cruz", STRONG},
        {"annemarie.berger", "anne", "berger", STRONG},
        {"berger", "anna", "berger", WEAK},
        {"o.berger", "anna", "berger", NONE},
        {"anna", "anna", "berger", WEAK},
        {"annab", "anna", "berger", WEAK},
        {"olga.berger", "anna", "berger", NONE},
        {"anna.weber", "anna", "berger", NONE},
        {"info", "anna", "berger", NONE},
        {"li", "wei", "li", NONE},
        {"", "anna", "berger", NONE},
        {"12345", "anna", "berger", NONE},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct str given = str_from(rows[i].given), family = str_from(rows[i].family);
        int got = (int)email_name_agreement(str_from(rows[i].local), &given, 1, &family, 1);
        if (got != rows[i].agreement)
            fail_msg("%s %s %s: %d, expected %d", rows[i].local, rows[i].given, rows[i].family, got, rows[i].agreement);
    }
}

static void the_best_of_several_names_counts(void **state)
{
    struct str given[] = {STR("olga"), STR("anna")}, family[] = {STR("weber"), STR("berger")};
    (void)state;
    assert_int_equal(email_name_agreement(STR("anna.berger"), given, 2, family, 2), EMAIL_NAME_STRONG);
    assert_int_equal(email_name_agreement(STR("anna.berger"), given, 1, family, 1), EMAIL_NAME_NONE);
    assert_int_equal(email_name_agreement(STR("anna.berger"), given, 0, family, 2), EMAIL_NAME_NONE);
    assert_int_equal(email_name_agreement(STR("anna.berger"), given, 0, family, 0), EMAIL_NAME_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mailbox_names_the_person),
        cmocka_unit_test(the_best_of_several_names_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

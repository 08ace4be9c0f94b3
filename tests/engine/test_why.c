/* What idem why says of comparisons that say nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "workshop.h"

#define CONFIG                                                                                                         \
    "{'sources':[{'name':'crm','path':'crm.csv','record_id':'id','fields':{'given_name':'first','family_name':'last'," \
    "'email':'mail'}}],'privacy':{'at_rest':'clear'}}"

static const char rows[] = "id,first,last,mail\n"
                           "1,Anna,Berger,anna.berger@gmail.example\n"
                           "2,Anna,Berger,anna.berger@post.example\n"
                           "3,Anna,Berger,annberger84@gmail.example\n"
                           "4,Anna,Berger,annberger84@post.example\n"
                           "5,Anna,Berger,n/a\n"
                           "6,Anna,Berger,\n"
                           "7,Olga,Tamm,olga@x.example\n";

static int S_setup(void **state)
{
    struct workshop *w = malloc(sizeof *w);
    workshop_open(w);
    workshop_write(w, "crm.csv", rows);
    workshop_config(w, CONFIG);
    workshop_run(w);
    *state = w;
    return 0;
}

static int S_teardown(void **state)
{
    workshop_close(*state);
    free(*state);
    return 0;
}

static void a_comparison_that_says_nothing_tells_why(void **state)
{
    static const struct {
        const char *a, *b, *level;
        bool silent;
    } cases[] = {
        {"crm:1", "crm:2", "repeats the name", true}, {"crm:2", "crm:1", "repeats the name", true},
        {"crm:3", "crm:4", "local", false},           {"crm:1", "crm:5", "generic", true},
        {"crm:5", "crm:1", "generic", true},          {"crm:1", "crm:6", "missing", true},
        {"crm:5", "crm:6", "generic", true},          {"crm:1", "crm:7", "else", false},
    };
    struct workshop *w = *state;
    struct idem_session *s = workshop_session(w, IDEM_READ);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text;
        json_t *why, *one;
        size_t k;
        assert_int_equal(idem_why(s, cases[i].a, cases[i].b, &text, &w->err), IDEM_OK);
        assert_int_equal(json_parse(str_from(text), "why", &why, &w->err), IDEM_OK);
        idem_free(text);
        json_array_foreach(json_object_get(why, "comparisons"), k, one)
        {
            if (strcmp(json_string_value(json_object_get(one, "name")), "email"))
                continue;
            assert_string_equal(json_string_value(json_object_get(one, "level")), cases[i].level);
            assert_int_equal(json_is_null(json_object_get(one, "m")), cases[i].silent);
            if (cases[i].silent)
                assert_true(json_number_value(json_object_get(one, "mw")) == 0);
        }
        json_decref(why);
    }
    idem_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_comparison_that_says_nothing_tells_why, S_setup, S_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

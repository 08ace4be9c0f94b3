/* Sets in which one column says all: the program finds at least what equal values of that column would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/hash.h"
#include "workshop.h"

enum { PERSONS = 300, TWICE = 60, OFFICE = 20 };

static int S_setup(void **state)
{
    struct workshop *w = malloc(sizeof *w);
    workshop_open(w);
    *state = w;
    return 0;
}

static int S_teardown(void **state)
{
    workshop_close(*state);
    free(*state);
    return 0;
}

/* Persons with a mailbox each, TWICE of them twice in the file; and the mailbox of an office, OFFICE times. The column
 * own: a number that no other record has. */
static void S_write(struct workshop *w, const char *file, const char *name, unsigned from, unsigned to, bool office)
{
    struct buf text = {0};
    uint64_t state = from;
    buf_str(&text, STR("id,mail,own\n"));
    for (unsigned i = from; i < to; i++)
        buf_printf(&text, "%u,u%llx@mail%u.example,%s%07u\n", i, (unsigned long long)hash_u64(i % PERSONS),
                   i % PERSONS % 7, name, (unsigned)random_below(&state, 10000000));
    for (unsigned i = 0; office && i < OFFICE; i++)
        buf_printf(&text, "o%u,office@acme.example,%s%07u\n", i, name, (unsigned)random_below(&state, 10000000));
    workshop_write(w, file, buf_cstr(&text));
    buf_deinit(&text);
}

static void S_found(const json_t *report, unsigned joined)
{
    assert_int_equal(workshop_count(report, "masters.active"), workshop_count(report, "records.new") - joined);
}

static void one_column_joins_what_shares_a_rare_value_and_no_office(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, "{'sources':[{'name':'crm','path':'crm.csv','record_id':'id','fields':{'email':'mail'}}],"
                       "'privacy':{'at_rest':'clear'}}");
    S_write(w, "crm.csv", "A", 0, PERSONS + TWICE, true);
    json_t *report = workshop_apply(w);
    S_found(report, TWICE);
    json_decref(report);
}

/* Equal names of organisations are one organisation, also where more than a few records have the name. */
static void one_column_of_names_joins_those_that_are_equal(void **state)
{
    struct workshop *w = *state;
    struct buf text = {0};
    workshop_config(w, "{'entity':'organisation','sources':[{'name':'crm','path':'crm.csv','record_id':'id',"
                       "'fields':{'organisation':'mail'}}],'privacy':{'at_rest':'clear'}}");
    buf_str(&text, STR("id,mail\n"));
    for (unsigned i = 0; i < PERSONS + TWICE + OFFICE; i++) {
        unsigned who = i < PERSONS + TWICE ? i % PERSONS : 0;
        buf_printf(&text, "%u,Firm%llx of Town%u\n", i, (unsigned long long)hash_u64(who) % 100000, who % 40);
    }
    workshop_write(w, "crm.csv", buf_cstr(&text));
    buf_deinit(&text);
    json_t *report = workshop_apply(w);
    S_found(report, TWICE + OFFICE);
    json_decref(report);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, S_setup, S_teardown)
    const struct CMUnitTest tests[] = {
        TEST(one_column_joins_what_shares_a_rare_value_and_no_office),
        TEST(one_column_of_names_joins_those_that_are_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

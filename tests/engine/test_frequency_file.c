/* Frequencies of a user's table in place of counts: what they weigh, what a table must look like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "workshop.h"

#define HEAD                                                                                                           \
    "{'sources':[{'name':'crm','path':'crm.csv','record_id':'id','fields':{'given_name':'first','family_name':'last'," \
    "'email':'mail'}}],'privacy':{'at_rest':'clear'},'matching':{'thresholds':{'match':50}"
#define PLAIN HEAD "}}"
#define TABLE HEAD ",'comparisons':{'family_name':{'term_frequency':{'table':'names.csv'}}}}}"

/* Two names, each in two of the records. */
static const char rows[] = "id,first,last,mail\n"
                           "1,Ann,Smith,a1@a.example\n"
                           "2,Ann,Smith,b2@b.example\n"
                           "3,Bob,Zubrow,c3@c.example\n"
                           "4,Bob,Zubrow,d4@d.example\n"
                           "5,Eve,Quill,e5@e.example\n"
                           "6,Kim,Tamm,f6@f.example\n";

static int S_setup(void **state)
{
    struct workshop *w = malloc(sizeof *w);
    workshop_open(w);
    workshop_write(w, "crm.csv", rows);
    *state = w;
    return 0;
}

static int S_teardown(void **state)
{
    workshop_close(*state);
    free(*state);
    return 0;
}

/* Bits that the frequency of the family name gives or takes, for two records. */
static double S_frequency_bits(struct workshop *w, const char *a, const char *b)
{
    struct idem_session *s = workshop_session(w, IDEM_READ);
    char *text;
    json_t *why, *part;
    size_t i;
    double bits = 0;
    assert_int_equal(idem_why(s, a, b, &text, &w->err), IDEM_OK);
    idem_close(s);
    assert_int_equal(json_parse(str_from(text), "why", &why, &w->err), IDEM_OK);
    idem_free(text);
    json_array_foreach(json_object_get(why, "comparisons"), i,
                       part) if (!strcmp(json_string_value(json_object_get(part, "name")), "family_name")) bits =
        json_number_value(json_object_get(part, "tf_mw"));
    json_decref(why);
    return bits;
}

static void a_table_makes_frequent_names_weigh_less_than_rare_ones(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, PLAIN);
    workshop_run(w);
    double same = S_frequency_bits(w, "crm:1", "crm:2") - S_frequency_bits(w, "crm:3", "crm:4");
    assert_true(same > -0.01 && same < 0.01);
    workshop_config(w, TABLE);
    workshop_write(w, "names.csv", "name,count\nSMITH,1024\nJones,512\nsmith,1024\nZubrow,16\n");
    w->retrain = true;
    workshop_run(w);
    double differ = S_frequency_bits(w, "crm:3", "crm:4") - S_frequency_bits(w, "crm:1", "crm:2");
    assert_true(differ > 5 && differ < 7.01); /* 2048 : 16, cut at the most that rareness gives */
}

static void shares_weigh_as_counts_do(void **state)
{
    struct workshop *w = *state;
    workshop_config(w, TABLE);
    workshop_write(w, "names.csv", "Smith,640\nZubrow,40\nJones,320\n");
    workshop_run(w);
    double counts = S_frequency_bits(w, "crm:1", "crm:2");
    workshop_write(w, "names.csv", "surname\tshare\nSmith\t0.64\nZubrow\t.04\nJones\t0.32\n");
    w->retrain = true;
    workshop_run(w);
    double shares = S_frequency_bits(w, "crm:1", "crm:2");
    assert_true(counts - shares < 0.02 && shares - counts < 0.02);
    assert_true(counts < -1);
}

static void a_table_that_cannot_be_read_stops_training_with_its_place(void **state)
{
    static const struct {
        const char *table, *message;
    } cases[] = {
        {NULL, "names.csv: there is no such file"},
        {"name,count\nSmith,many\n", "names.csv:2: the second column is no number"},
        {"name,count\nSmith,-1\n", "names.csv:2: the second column is no number"},
        {"Smith,1,2\nJones,2,3\n", "names.csv: must have two columns"},
        {"name,count\n", "names.csv: has no value that is compared"},
        {"Smith,0.8\nJones,0.7\n", "names.csv: numbers with a point are shares"},
        {"name,count\n\"Smith,1\n", "names.csv:2: unclosed quote"},
    };
    struct workshop *w = *state;
    workshop_config(w, TABLE);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *report = NULL;
        if (cases[i].table)
            workshop_write(w, "names.csv", cases[i].table);
        assert_int_not_equal(workshop_try(w, &report), IDEM_OK);
        json_decref(report);
        if (!strstr(w->err.message, cases[i].message) ||
            !strstr(w->err.message, "matching.comparisons.family_name.term_frequency.table: "))
            fail_msg("%zu: %s", i, w->err.message);
        assert_null(strstr(w->err.message, "Smith"));
    }
}

static void check_tells_of_a_table_that_is_missing(void **state)
{
    struct workshop *w = *state;
    char *text;
    workshop_config(w, TABLE);
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    assert_int_equal(idem_check(s, &text, &w->err), IDEM_OK);
    idem_close(s);
    assert_non_null(strstr(text, "\"message\":\"names.csv: there is no such file\""));
    assert_non_null(strstr(text, "\"ok\":false"));
    idem_free(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, S_setup, S_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_table_makes_frequent_names_weigh_less_than_rare_ones),
        TEST(shares_weigh_as_counts_do),
        TEST(a_table_that_cannot_be_read_stops_training_with_its_place),
        TEST(check_tells_of_a_table_that_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

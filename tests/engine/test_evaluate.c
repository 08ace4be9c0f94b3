/*
 * Evaluate on a database made by hand, every figure worked out by hand:
 *
 *   crm:1  billing:2   alike, but a rule says different      truth E1 (with old:99, which the database lacks)
 *   crm:3  billing:4   alike, together                       truth E2
 *   crm:5  billing:6   alike, together                       truth E3, E4
 *   crm:7  billing:8   unlike, a rule says same              truth E5, E6
 *   crm:9  crm:10      nothing in common                     truth E7
 *   crm:11 billing:12  a postcode in common                  truth E8
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "workshop.h"

#define FIELDS "'fields':{'full_name':'name','email':'email','national_id':'nid','postcode':'code','loyalty_no':'card'}"
#define SOURCES                                                                                                        \
    "'sources':[{'name':'crm','path':'crm.csv','record_id':'id'," FIELDS "},"                                          \
    "{'name':'billing','path':'billing.csv','record_id':'id'," FIELDS "}],"                                            \
    "'fields':{'loyalty_no':{'type':'identifier'}},'privacy':{'at_rest':'clear'},"
#define MATCHING                                                                                                       \
    "'matching':{'rules':[{'when':['loyalty_no'],'then':'same'},"                                                      \
    "{'when':['email'],'differ':['national_id'],'then':'different'}],"                                                 \
    "'blocking':['email','national_id','postcode','loyalty_no'],'thresholds':{'match':-6,'review':-7}}"

static const char CRM[] = "id,name,email,nid,code,card\n"
                          "1,Ann Smith,ann@x.example,A100,,\n"
                          "3,Peter Brown,peter@x.example,B200,,\n"
                          "5,Olga Jones,olga@x.example,C300,,\n"
                          "7,Ivan Petrov,ivan@x.example,D400,,L1\n"
                          "9,Zoe Adams,zoe@x.example,E500,,\n"
                          "10,Yuri Bond,yuri@y.example,F600,,\n"
                          "11,Carl Young,carl@x.example,G700,10115,\n";
static const char BILLING[] = "id,name,email,nid,code,card\n"
                              "2,Ann Smith,ann@x.example,A199,,\n"
                              "4,Peter Brown,peter@x.example,B200,,\n"
                              "6,Olga Jones,olga@x.example,C300,,\n"
                              "8,Maria Lopez,maria@z.example,D499,,L1\n"
                              "12,Dora Old,dora@w.example,G799,10115,\n";
static const char TRUTH[] = "source,record_id,entity_id\n"
                            "crm,1,E1\nbilling,2,E1\nold,99,E1\ncrm,3,E2\nbilling,4,E2\ncrm,5,E3\nbilling,6,E4\n"
                            "crm,7,E5\nbilling,8,E6\ncrm,9,E7\ncrm,10,E7\ncrm,11,E8\nbilling,12,E8\n";

static int S_setup(void **state)
{
    struct workshop *w = malloc(sizeof *w);
    workshop_open(w);
    workshop_config(w, "{" SOURCES MATCHING "}");
    workshop_write(w, "crm.csv", CRM);
    workshop_write(w, "billing.csv", BILLING);
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

/* ------------------------------------------------------------------ helpers */

struct judge {
    const char *truth;
    bool cross_source, no_config, masked;
    double min_f1;
    uint32_t errors;
    uint64_t sample;
    unsigned threads;
};

static enum idem_status S_try(struct workshop *w, const struct judge *j, char **text)
{
    struct idem_open_options open = {.config_path = j->no_config ? NULL : workshop_path(w, "idem.json"),
                                     .db_path = workshop_path(w, "idem.db"),
                                     .masked = j->masked};
    struct idem_evaluate_options options = {.truth_path = workshop_path(w, "truth.csv"),
                                            .cross_source = j->cross_source,
                                            .min_f1 = j->min_f1,
                                            .errors = j->errors,
                                            .sample = j->sample,
                                            .threads = j->threads ? j->threads : 2};
    struct idem_session *s;
    workshop_write(w, "truth.csv", j->truth);
    if (idem_open(&open, &s, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    enum idem_status status = idem_evaluate(s, &options, text, &w->err);
    idem_close(s);
    return status;
}

static json_t *S_evaluate(struct workshop *w, const struct judge *j)
{
    char *text;
    json_t *result;
    if (S_try(w, j, &text) != IDEM_OK)
        fail_msg("%s", w->err.message);
    assert_int_equal(json_parse(str_from(text), "result", &result, &w->err), IDEM_OK);
    idem_free(text);
    return result;
}

static double S_at(const json_t *result, const char *path)
{
    struct str rest = str_from(path), key;
    while (str_next_piece(&rest, '.', &key)) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", STR_ARG(key));
        result = json_is_array(result) ? json_array_get(result, (size_t)atoi(name)) : json_object_get(result, name);
    }
    return json_is_number(result) ? json_number_value(result) : NAN;
}

struct figure {
    const char *path;
    double value;
};

static void S_expect(const json_t *result, const struct figure *figure, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double value = S_at(result, figure[i].path);
        if (!(fabs(value - figure[i].value) < 1e-9))
            fail_msg("%s is %.10g, expected is %.10g", figure[i].path, value, figure[i].value);
    }
}

/* ------------------------------------------------------------------ figures */

static void every_figure_of_clusters_is_as_worked_out(void **state)
{
    static const struct figure FIGURES[] = {
        {"truth.records", 13},        {"truth.entities", 8},
        {"truth.missing_records", 1}, {"pairs.true", 6},
        {"pairs.found", 3},           {"pairs.right", 1},
        {"pairs.wrong", 2},           {"pairs.missed", 5},
        {"pairs.precision", 1.0 / 3}, {"pairs.recall", 1.0 / 6},
        {"pairs.f1", 2.0 / 9},        {"b3.precision", 11.0 / 13},
        {"b3.recall", 9.0 / 13},      {"b3.f1", 2 * 11.0 * 9 / (13 * 20)},
        {"clusters.entities", 8},     {"clusters.masters", 10},
        {"clusters.exact", 1},        {"clusters.split", 3},
        {"clusters.mixed", 2},        {"clusters.precision", 0.1},
        {"clusters.recall", 0.125},   {"clusters.f1", 1.0 / 9},
        {"missed.pairs", 5},          {"missed.looked_at", 5},
        {"missed.missing_record", 2}, {"missed.decided", 1},
        {"missed.blocking", 1},       {"missed.scoring", 1},
        {"missed.clustering", 0},     {"wrong.pairs", 2},
        {"wrong.decided", 1},         {"wrong.scoring", 1},
        {"wrong.clustering", 0},      {"candidates.pairs", 5},
        {"candidates.right", 3},      {"candidates.recall", 0.5},
        {"threshold.match", -6},
    };
    json_t *result = S_evaluate(*state, &(struct judge){.truth = TRUTH});
    S_expect(result, FIGURES, COUNT_OF(FIGURES));
    json_decref(result);
}

/* By sources in the order of their numbers: crm, billing, others. */
static void figures_by_sources_sum_to_the_whole(void **state)
{
    static const struct figure FIGURES[] = {
        {"by_sources.0.true", 1},  {"by_sources.0.found", 0}, {"by_sources.1.true", 3}, {"by_sources.1.found", 3},
        {"by_sources.1.right", 1}, {"by_sources.2.true", 1},  {"by_sources.3.true", 1},
    };
    json_t *result = S_evaluate(*state, &(struct judge){.truth = TRUTH}), *list = json_object_get(result, "by_sources");
    double sum[3] = {0};
    S_expect(result, FIGURES, COUNT_OF(FIGURES));
    for (size_t i = 0; i < json_array_size(list); i++) {
        sum[0] += S_at(json_array_get(list, i), "true");
        sum[1] += S_at(json_array_get(list, i), "found");
        sum[2] += S_at(json_array_get(list, i), "right");
    }
    assert_true(sum[0] == 6 && sum[1] == 3 && sum[2] == 1);
    json_decref(result);
}

/* The rules are the configuration's: without it the pairs they decided look like the clustering's. */
static void what_rules_decided_is_told_when_they_are_known(void **state)
{
    static const struct figure FIGURES[] = {
        {"missed.decided", 0},   {"missed.clustering", 1}, {"wrong.decided", 0},
        {"wrong.clustering", 1}, {"wrong.scoring", 1},     {"missed.scoring", 1},
    };
    json_t *result = S_evaluate(*state, &(struct judge){.truth = TRUTH, .no_config = true});
    S_expect(result, FIGURES, COUNT_OF(FIGURES));
    json_decref(result);
}

static void only_pairs_between_sources_count_when_asked(void **state)
{
    static const struct figure FIGURES[] = {{"pairs.true", 5},     {"pairs.found", 3},      {"pairs.right", 1},
                                            {"missed.pairs", 4},   {"missed.looked_at", 4}, {"missed.blocking", 0},
                                            {"pairs.recall", 0.2}, {"b3.recall", 9.0 / 13}};
    json_t *result = S_evaluate(*state, &(struct judge){.truth = TRUTH, .cross_source = true});
    S_expect(result, FIGURES, COUNT_OF(FIGURES));
    json_decref(result);
}

static const char PAIRS[] = "left_source,left_id,right_source,right_id\n"
                            "crm,1,billing,2\nbilling,4,crm,3\ncrm,9,crm,10\ncrm,11,billing,12\ncrm,3,billing,4\n";

static void a_list_of_true_pairs_judges_all_pairs_found(void **state)
{
    static const struct figure FIGURES[] = {{"truth.pairs", 4},    {"truth.repeated_pairs", 1}, {"pairs.true", 4},
                                            {"pairs.found", 3},    {"pairs.right", 1},          {"missed.decided", 1},
                                            {"missed.scoring", 1}, {"missed.blocking", 1},      {"wrong.pairs", 2},
                                            {"wrong.scoring", 1},  {"wrong.decided", 1},        {"pairs.f1", 2.0 / 7}};
    json_t *result = S_evaluate(*state, &(struct judge){.truth = PAIRS});
    S_expect(result, FIGURES, COUNT_OF(FIGURES));
    assert_true(json_is_null(json_object_get(result, "b3")) && json_is_null(json_object_get(result, "clusters")));
    json_decref(result);
}

static void true_pairs_within_a_source_are_left_out_when_asked(void **state)
{
    static const struct figure FIGURES[] = {{"truth.ignored_pairs", 1}, {"pairs.true", 3}, {"missed.blocking", 0}};
    json_t *result = S_evaluate(*state, &(struct judge){.truth = PAIRS, .cross_source = true});
    S_expect(result, FIGURES, COUNT_OF(FIGURES));
    json_decref(result);
}

static void with_labels_only_labelled_pairs_count(void **state)
{
    static const char LABELS[] = "label,left_source,left_id,right_source,right_id\n"
                                 "same,crm,1,billing,2\nMATCH,crm,3,billing,4\n0,crm,5,billing,6\n"
                                 "different,crm,5,crm,9\nunsure,crm,7,billing,8\n";
    static const struct figure FIGURES[] = {{"truth.pairs", 4},      {"truth.unsure_pairs", 1}, {"pairs.true", 2},
                                            {"pairs.found", 2},      {"pairs.right", 1},        {"missed.pairs", 1},
                                            {"wrong.pairs", 1},      {"wrong.scoring", 1},      {"pairs.f1", 0.5},
                                            {"candidates.pairs", 3}, {"missed.decided", 1}};
    json_t *result = S_evaluate(*state, &(struct judge){.truth = LABELS});
    S_expect(result, FIGURES, COUNT_OF(FIGURES));
    json_decref(result);
}

static void the_exported_crosswalk_is_a_perfect_truth(void **state)
{
    static const struct figure FIGURES[] = {{"pairs.f1", 1}, {"b3.f1", 1}, {"clusters.f1", 1}, {"clusters.exact", 9}};
    json_t *result = S_evaluate(*state, &(struct judge){.truth = workshop_crosswalk(*state)});
    S_expect(result, FIGURES, COUNT_OF(FIGURES));
    json_decref(result);
}

static void a_truth_without_rows_says_nothing_wrong(void **state)
{
    static const struct figure FIGURES[] = {{"truth.records", 0}, {"pairs.true", 0}, {"pairs.precision", 1}};
    json_t *result = S_evaluate(*state, &(struct judge){.truth = "source,record_id,entity_id\n"});
    S_expect(result, FIGURES, COUNT_OF(FIGURES));
    json_decref(result);
}

/* ------------------------------------------------------------------ curve, errors, gate, sample */

static void the_curve_counts_pairs_at_or_above_each_threshold(void **state)
{
    json_t *result = S_evaluate(*state, &(struct judge){.truth = TRUTH}), *curve = json_object_get(result, "curve");
    size_t n = json_array_size(curve);
    double best = 0;
    assert_true(n > 2);
    for (size_t i = 0; i < n; i++) {
        const json_t *point = json_array_get(curve, i);
        double pairs = S_at(point, "pairs"), right = S_at(point, "right");
        assert_true(fabs(S_at(point, "precision") - right / pairs) < 1e-9);
        assert_true(fabs(S_at(point, "recall") - right / 6) < 1e-9);
        best = S_at(point, "f1") > best ? S_at(point, "f1") : best;
        if (i) {
            assert_true(pairs <= S_at(json_array_get(curve, i - 1), "pairs"));
            assert_true(S_at(point, "threshold") == S_at(json_array_get(curve, i - 1), "threshold") + 1);
        }
        if (S_at(point, "threshold") == -6) {
            assert_true(pairs == S_at(result, "at_threshold.pairs"));
            assert_true(right == S_at(result, "at_threshold.right"));
        }
    }
    assert_true(S_at(result, "best.f1") == best);
    json_decref(result);
}

static void the_worst_errors_are_explained_heaviest_first(void **state)
{
    json_t *result = S_evaluate(*state, &(struct judge){.truth = TRUTH, .errors = 10});
    json_t *errors = json_object_get(result, "errors"), *missed = json_object_get(errors, "missed_heaviest");
    assert_int_equal(json_array_size(json_object_get(errors, "wrong")), 2);
    assert_int_equal(json_array_size(missed), 3); /* those without a record cannot be explained */
    assert_int_equal(json_array_size(json_object_get(errors, "missed_lightest")), 0);
    assert_true(S_at(errors, "wrong.0.match_weight") >= S_at(errors, "wrong.1.match_weight"));
    assert_true(S_at(errors, "wrong.0.match_weight") >= -6);
    assert_string_equal(json_string_value(json_object_get(json_array_get(missed, 0), "reason")), "decided");
    assert_int_equal(json_array_size(json_object_get(json_array_get(missed, 0), "reached_by")), 1);
    json_decref(result);
    result = S_evaluate(*state, &(struct judge){.truth = TRUTH, .errors = 1});
    errors = json_object_get(result, "errors");
    assert_int_equal(json_array_size(json_object_get(errors, "wrong")), 1);
    assert_int_equal(json_array_size(json_object_get(errors, "missed_lightest")), 1);
    assert_true(S_at(errors, "missed_lightest.0.match_weight") < S_at(errors, "missed_heaviest.0.match_weight"));
    json_decref(result);
}

static void masked_errors_show_no_personal_value(void **state)
{
    char *text;
    assert_int_equal(S_try(*state, &(struct judge){.truth = TRUTH, .errors = 10, .masked = true}, &text), IDEM_OK);
    assert_null(strstr(text, "Ann"));
    assert_null(strstr(text, "x.example"));
    assert_non_null(strstr(text, "\"masked\":true"));
    idem_free(text);
}

static void a_gate_tells_and_still_reports(void **state)
{
    struct workshop *w = *state;
    char *text;
    assert_int_equal(S_try(w, &(struct judge){.truth = TRUTH, .min_f1 = 0.5}, &text), IDEM_GATE);
    assert_non_null(strstr(text, "\"gate\":\"min_f1\""));
    assert_non_null(strstr(w->err.message, "F1 is 0.22222"));
    idem_free(text);
    assert_int_equal(S_try(w, &(struct judge){.truth = TRUTH, .min_f1 = 0.2}, &text), IDEM_OK);
    idem_free(text);
    assert_int_equal(S_try(w, &(struct judge){.truth = TRUTH, .min_f1 = NAN}, &text), IDEM_INVALID);
}

static void past_the_sample_size_a_sample_is_drawn_and_told(void **state)
{
    static const struct figure FIGURES[] = {
        {"missed.pairs", 5}, {"missed.looked_at", 2}, {"wrong.pairs", 2}, {"wrong.looked_at", 2}};
    json_t *result = S_evaluate(*state, &(struct judge){.truth = TRUTH, .sample = 2});
    S_expect(result, FIGURES, COUNT_OF(FIGURES));
    assert_true(json_array_size(json_object_get(result, "warnings")) == 2);
    json_decref(result);
}

static void threads_change_nothing(void **state)
{
    char *one, *four;
    assert_int_equal(S_try(*state, &(struct judge){.truth = TRUTH, .errors = 9, .threads = 1}, &one), IDEM_OK);
    assert_int_equal(S_try(*state, &(struct judge){.truth = TRUTH, .errors = 9, .threads = 4}, &four), IDEM_OK);
    assert_string_equal(one, four);
    idem_free(one);
    idem_free(four);
}

/* ------------------------------------------------------------------ truths that cannot be read */

static void a_bad_truth_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *truth, *says;
    } CASES[] = {
        {"source,record_id,entitty_id\n", "no column \"entity_id\", did you mean \"entitty_id\"?"},
        {"left_source,left_id,right_source\n", "no column \"right_id\""},
        {"a,b\n1,2\n", "no column \"data_source\""},
        {"source,record_id,entity_id\ncrm,1,E1\ncrm,1,E2\n", "truth.csv:3: this record stands in line 2"},
        {"source,record_id,entity_id\ncrm,1,E1\ncrm, 1 ,E1\n", "truth.csv:3: this record stands in line 2"},
        {"source,record_id,entity_id\ncrm,1,E1\ncrm,,E2\n", "truth.csv:3: no record_id"},
        {"source,record_id,entity_id\ncrm,1,E1\ncrm,2\n", "truth.csv:3: too few cells"},
        {"source,record_id,entity_id\ncrm,1,E1\ncrm,2,\"E2\n", "truth.csv:3: unclosed quote"},
        {"source,record_id,entity_id\ncrm,\xff\xfe,E1\n", "truth.csv:2:"},
        {"left_source,left_id,right_source,right_id\ncrm,1,crm,1\n", "truth.csv:2: the record is paired with itself"},
        {"left_source,left_id,right_source,right_id,label\ncrm,1,crm,3,perhaps\n", "truth.csv:2: the label is none of"},
        {"left_source,left_id,right_source,right_id,label\ncrm,1,crm,3,yes\ncrm,3,crm,1,no\n",
         "truth.csv:3: line 2 says the opposite"},
        {"", "truth.csv"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct workshop *w = *state;
        char *text;
        assert_int_equal(S_try(w, &(struct judge){.truth = CASES[i].truth}, &text), IDEM_INVALID);
        assert_null(text);
        if (!strstr(w->err.message, CASES[i].says))
            fail_msg("case %zu: \"%s\" does not say \"%s\"", i, w->err.message, CASES[i].says);
    }
}

static void a_truth_in_json_lines_is_read_too(void **state)
{
    static const char LINES[] = "{\"source\":\"crm\",\"record_id\":3,\"entity_id\":\"x\"}\n"
                                "{\"source\":\"billing\",\"record_id\":4,\"entity_id\":\"x\"}\n";
    static const struct figure FIGURES[] = {{"pairs.true", 1}, {"pairs.right", 1}, {"pairs.found", 1}};
    json_t *result = S_evaluate(*state, &(struct judge){.truth = LINES});
    S_expect(result, FIGURES, COUNT_OF(FIGURES));
    json_decref(result);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, S_setup, S_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_figure_of_clusters_is_as_worked_out),
        TEST(figures_by_sources_sum_to_the_whole),
        TEST(what_rules_decided_is_told_when_they_are_known),
        TEST(only_pairs_between_sources_count_when_asked),
        TEST(a_list_of_true_pairs_judges_all_pairs_found),
        TEST(true_pairs_within_a_source_are_left_out_when_asked),
        TEST(with_labels_only_labelled_pairs_count),
        TEST(the_exported_crosswalk_is_a_perfect_truth),
        TEST(a_truth_without_rows_says_nothing_wrong),
        TEST(the_curve_counts_pairs_at_or_above_each_threshold),
        TEST(the_worst_errors_are_explained_heaviest_first),
        TEST(masked_errors_show_no_personal_value),
        TEST(a_gate_tells_and_still_reports),
        TEST(past_the_sample_size_a_sample_is_drawn_and_told),
        TEST(threads_change_nothing),
        TEST(a_bad_truth_is_refused_with_its_place),
        TEST(a_truth_in_json_lines_is_read_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

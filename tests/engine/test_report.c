/* The report: one page that is safe to give away, and figures that agree with each other. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/unicode.h"
#include "workshop.h"

static const char *S_report(struct workshop *w, const struct idem_report_options *options)
{
    struct idem_session *s = workshop_session(w, IDEM_READ);
    char *text;
    if (idem_report(s, options, &text, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    const char *kept = str_cstr(&w->arena, str_from(text));
    idem_free(text);
    idem_close(s);
    return kept;
}

static json_t *S_json(struct workshop *w, const struct idem_report_options *options)
{
    json_t *report;
    assert_int_equal(json_parse(str_from(S_report(w, options)), "report", &report, &w->err), IDEM_OK);
    return report;
}

static void S_generate(struct workshop *w)
{
    struct idem_generate_options generate = {.folder = w->folder, .records = 700, .seed = 5};
    const char *files[] = {workshop_path(w, "crm.csv"), workshop_path(w, "billing.csv"),
                           workshop_path(w, "support.jsonl")};
    struct idem_init_options init = {.file = files, .n_files = 3, .config_path = workshop_path(w, "idem.json")};
    char *text;
    assert_int_equal(idem_generate(&generate, &text, &w->err), IDEM_OK);
    idem_free(text);
    assert_int_equal(idem_init(&init, &text, &w->err), IDEM_OK);
    idem_free(text);
    workshop_run(w);
}

static unsigned S_times(const char *text, const char *piece)
{
    unsigned n = 0;
    for (const char *at = text; (at = strstr(at, piece)); at += strlen(piece))
        n++;
    return n;
}

/* A page that a browser reads as it was meant: valid text, elements closed, nothing loaded, nothing run. */
static void S_check_page(const char *page)
{
    static const char *const ELEMENTS[] = {"table", "svg", "section", "figure", "ul", "main", "tr", "td", "th", "p"};
    static const char *const FORBIDDEN[] = {"<script", "http://", "https://", "<img", "url(", "@import",
                                            "onload",  "<link",   "<iframe",  "nan",  "inf\""};
    char open[32], open_with[32], end[32];
    assert_true(str_starts(str_from(page), STR("<!DOCTYPE html>")));
    assert_true(str_ends(str_from(page), STR("</html>\n")));
    for (size_t i = 0; i < COUNT_OF(ELEMENTS); i++) {
        snprintf(open, sizeof open, "<%s>", ELEMENTS[i]);
        snprintf(open_with, sizeof open_with, "<%s ", ELEMENTS[i]);
        snprintf(end, sizeof end, "</%s>", ELEMENTS[i]);
        assert_int_equal(S_times(page, open) + S_times(page, open_with), S_times(page, end));
    }
    for (size_t i = 0; i < COUNT_OF(FORBIDDEN); i++)
        if (strstr(page, FORBIDDEN[i]))
            fail_msg("the page has %s", FORBIDDEN[i]);
    json_t *text = json_string(page); /* NULL when it is not UTF-8 */
    assert_non_null(text);
    json_decref(text);
}

/* ---------------------------------------------------------------- */

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

/* Cells of a CSV file without its header and ids, those that are long enough not to stand anywhere by chance. */
static void S_no_cell_is_in(struct workshop *w, const char *file, const char *page)
{
    struct str rest, line, cell;
    size_t seen = 0;
    assert_int_equal(file_read(workshop_path(w, file), 1 << 24, &w->arena, &rest, &w->err), IDEM_OK);
    str_next_piece(&rest, '\n', &line);
    while (str_next_piece(&rest, '\n', &line)) {
        char separator = strchr(str_cstr(&w->arena, line), ';') ? ';' : ',';
        str_next_piece(&line, separator, &cell);
        while (str_next_piece(&line, separator, &cell)) {
            cell = str_trim(cell);
            if (cell.len < 8)
                continue;
            seen++;
            if (strstr(page, str_cstr(&w->arena, cell)))
                fail_msg("a value of %s is on the page", file);
        }
    }
    assert_true(seen > 500);
}

static void the_page_is_whole_and_holds_no_personal_value(void **state)
{
    struct workshop *w = *state;
    struct idem_report_options options = {.html = true};
    S_generate(w);
    const char *page = S_report(w, &options);
    S_check_page(page);
    S_no_cell_is_in(w, "crm.csv", page);
    S_no_cell_is_in(w, "billing.csv", page);
    assert_int_equal(S_times(page, "<figure>"), 4);
    options.values = true;
    const char *open = S_report(w, &options);
    S_check_page(open);
    assert_non_null(strstr(open, "The values compared"));
    assert_null(strstr(page, "The values compared"));
}

static void the_figures_agree_with_each_other(void **state)
{
    struct workshop *w = *state;
    struct idem_report_options options = {.html = false};
    S_generate(w);
    json_t *report = S_json(w, &options), *one;
    const json_t *pair = json_object_get(report, "pair"), *scores = json_object_get(report, "scores");
    size_t i;
    int64_t masters = 0, records = 0, candidates = 0, match = 0;
    double threshold =
        json_number_value(json_object_get(json_object_get(json_object_get(report, "model"), "threshold"), "match"));
    json_array_foreach(json_object_get(report, "clusters"), i, one)
    {
        masters += workshop_count(one, "masters");
        records += workshop_count(one, "masters") * workshop_count(one, "size");
    }
    assert_int_equal(masters, workshop_count(report, "run.masters.active"));
    assert_int_equal(records, workshop_count(report, "run.records.new"));
    json_array_foreach(json_object_get(scores, "pairs"), i, one)
    {
        double from = json_number_value(json_object_get(scores, "from")) +
                      (double)i * json_number_value(json_object_get(scores, "width"));
        candidates += json_integer_value(one);
        match += from >= threshold ? json_integer_value(one) : 0;
    }
    assert_true(match <= workshop_count(report, "run.pairs.match"));
    assert_true(candidates >= workshop_count(report, "run.pairs.match") + workshop_count(report, "run.pairs.review"));
    double sum = json_number_value(json_object_get(pair, "prior_weight")) +
                 json_number_value(json_object_get(pair, "related_weight"));
    json_array_foreach(json_object_get(pair, "comparisons"), i, one) sum +=
        json_number_value(json_object_get(one, "mw")) + json_number_value(json_object_get(one, "tf_mw"));
    json_array_foreach(json_object_get(pair, "interactions"), i, one) sum +=
        json_number_value(json_object_get(one, "mw"));
    double total = json_number_value(json_object_get(pair, "match_weight"));
    assert_true(fabs(sum - total) < 1e-6);
    assert_true(total >= threshold); /* the most doubtful match is one */
    json_decref(report);
}

#define FIELDS "'fields':{'given_name':'first','family_name':'last','email':'email','notes':'notes'}}"

static void hostile_texts_stay_texts(void **state)
{
    struct workshop *w = *state;
    static const char hostile[] = "<script>alert(1)</script>&amp;'";
    struct buf crm = {0};
    buf_str(&crm, STR("id,first,last,email,notes\n"));
    for (int i = 0; i < 30; i++)
        buf_printf(&crm, "%s%d,F%c%cra,L%c%cmon,f%d@mail.example,<b>\x01\n", hostile, i, 'a' + i % 5, 'a' + i / 5,
                   'a' + i / 3, 'a' + i % 3, i);
    buf_printf(&crm, "%sx,<img src=x>,\"<svg onload=alert(1)>\",a@mail.example,\x02\n", hostile);
    buf_printf(&crm, "%sy,<img src=x>,\"<svg onload=alert(1)>\",a@mail.example,\x02\n", hostile);
    workshop_write(w, "crm.csv", buf_cstr(&crm));
    buf_deinit(&crm);
    workshop_config(w, "{'sources':[{'name':'crm','path':'crm.csv','delimiter':',','record_id':'id'," FIELDS "],"
                       "'fields':{'notes':{'type':'text','pii':false}},'privacy':{'at_rest':'clear'}}");
    workshop_run(w);
    struct str a = arena_printf(&w->arena, "crm:%sx", hostile), b = arena_printf(&w->arena, "crm:%sy", hostile);
    struct idem_report_options options = {
        .html = true, .values = true, .a = str_cstr(&w->arena, a), .b = str_cstr(&w->arena, b)};
    const char *page = S_report(w, &options);
    assert_non_null(strstr(page, "&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;&#39;x"));
    assert_null(strstr(page, "<svg onload"));
    assert_null(strstr(page, "<img"));
    assert_null(strstr(page, "<b>\x01"));
    assert_null(strstr(page, "<script"));
}

static void a_pair_that_is_not_there_is_not_found(void **state)
{
    struct workshop *w = *state;
    struct idem_report_options options = {.a = "crm:nobody", .b = "crm:nothing"};
    char *text;
    S_generate(w);
    struct idem_session *s = workshop_session(w, IDEM_READ);
    assert_int_equal(idem_report(s, &options, &text, &w->err), IDEM_NOT_FOUND);
    assert_null(text);
    idem_close(s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, S_setup, S_teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_page_is_whole_and_holds_no_personal_value),
        TEST(the_figures_agree_with_each_other),
        TEST(hostile_texts_stay_texts),
        TEST(a_pair_that_is_not_there_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

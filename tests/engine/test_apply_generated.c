/* Apply on synthetic customers with a trained model: the same bytes every time, explanations that sum up, figures that
 * hold. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/map.h"
#include "workshop.h"

enum { RECORDS = 500 };

static const char config[] =
    "{'entity':'person','sources':["
    "{'name':'crm','path':'crm.csv','record_id':'customer_id','updated_at':'modified','fields':{'given_name':'first',"
    "'family_name':'last','birth_date':'dob','email':'email','phone':'phone','address':'street','city':'town','"
    "postcode':'zip',"
    "'country':'country'}},"
    "{'name':'billing','path':'billing.csv','delimiter':';','record_id':'kdnr','fields':{'full_name':'name',"
    "'birth_date':{'column':'geburtsdatum','order':'dmy'},'email':'mail','phone':'telefon','address':'strasse','city':'"
    "ort',"
    "'postcode':'plz'}},"
    "{'name':'support','path':'support.jsonl','record_id':'user.id','fields':{'full_name':'user.name','email':'user."
    "email',"
    "'phone':'user.phones','birth_date':'user.birth'}}],"
    "'gates':{'max_churn':false,'max_merged_masters':false,'max_gone':false}}";

static void S_generate(struct workshop *w)
{
    struct idem_generate_options options = {.folder = w->folder, .records = RECORDS, .seed = 5};
    char *json;
    workshop_open(w);
    options.folder = w->folder;
    if (idem_generate(&options, &json, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    idem_free(json);
    workshop_config(w, config);
}

static int S_setup(void **state)
{
    struct workshop *w = malloc(sizeof *w);
    S_generate(w);
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

static const char *S_all(struct workshop *w, enum idem_export_kind kind, bool provenance)
{
    struct idem_export_options options = {.kind = kind, .format = IDEM_JSONL, .provenance = provenance};
    return workshop_export(w, &options);
}

static void the_same_seed_gives_the_same_bytes_at_any_number_of_threads(void **state)
{
    struct workshop *w = *state, other;
    S_generate(&other);
    other.threads = 1;
    workshop_run(&other);
    assert_string_equal(workshop_crosswalk(&other), workshop_crosswalk(w));
    assert_string_equal(S_all(&other, IDEM_EXPORT_GOLDEN, true), S_all(w, IDEM_EXPORT_GOLDEN, true));
    assert_string_equal(S_all(&other, IDEM_EXPORT_RECORDS, false), S_all(w, IDEM_EXPORT_RECORDS, false));
    workshop_close(&other);
    S_generate(&other);
    other.threads = 4;
    other.seed = 0;
    workshop_run(&other);
    assert_string_equal(workshop_partition(&other), workshop_partition(w));
    assert_string_not_equal(workshop_crosswalk(&other), workshop_crosswalk(w));
    workshop_close(&other);
}

static void every_record_is_in_one_master_and_the_counts_agree(void **state)
{
    struct workshop *w = *state;
    struct str rest = str_from(workshop_crosswalk(w)), line;
    struct map keys = {0}, masters = {0};
    size_t n = 0;
    str_next_piece(&rest, '\n', &line);
    while (str_next_token(&rest, "\n", &line)) {
        assert_true(line.len > 37 && line.ptr[line.len - 37] == ',');
        assert_true(map_add(&keys, str_sub(line, 0, line.len - 37), 0));
        map_add(&masters, str_sub(line, line.len - 36, line.len), 0);
        n++;
    }
    assert_int_equal(n, RECORDS);
    char *text;
    json_t *told;
    struct idem_session *s = workshop_session(w, IDEM_READ);
    assert_int_equal(idem_db_status(s, &text, &w->err), IDEM_OK);
    idem_close(s);
    assert_int_equal(json_parse(str_from(text), "status", &told, &w->err), IDEM_OK);
    assert_int_equal(workshop_count(told, "records.current"), RECORDS);
    assert_int_equal(workshop_count(told, "masters.active"), masters.n);
    json_decref(told);
    idem_free(text);
    map_deinit(&keys);
    map_deinit(&masters);
}

static void the_same_files_again_change_nothing(void **state)
{
    struct workshop *w = *state;
    const char *before = workshop_crosswalk(w), *golden = S_all(w, IDEM_EXPORT_GOLDEN, true);
    json_t *report = workshop_apply(w);
    assert_string_equal(json_string_value(json_object_get(report, "status")), "unchanged");
    json_decref(report);
    assert_string_equal(workshop_crosswalk(w), before);
    w->retrain = true;
    workshop_run(w);
    w->retrain = false;
    assert_string_equal(workshop_crosswalk(w), before);
    assert_string_equal(S_all(w, IDEM_EXPORT_GOLDEN, true), golden);
}

/* ---------------------------------------------------------------- why */

static double S_sum(const json_t *list, const char *key)
{
    double sum = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        sum += json_number_value(json_object_get(json_array_get(list, i), key));
    return sum;
}

static json_t *S_why(struct workshop *w, struct idem_session *s, const char *a, const char *b)
{
    char *text;
    json_t *told;
    if (idem_why(s, a, b, &text, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    assert_int_equal(json_parse(str_from(text), "why", &told, &w->err), IDEM_OK);
    idem_free(text);
    return told;
}

static void S_check_why(struct workshop *w, struct idem_session *s, const char *a, const char *b, bool together)
{
    json_t *told = S_why(w, s, a, b), *back = S_why(w, s, b, a);
    const json_t *comparisons = json_object_get(told, "comparisons");
    double total = json_number_value(json_object_get(told, "match_weight"));
    double parts = json_number_value(json_object_get(told, "prior_weight")) +
                   json_number_value(json_object_get(told, "related_weight")) + S_sum(comparisons, "mw") +
                   S_sum(comparisons, "tf_mw") + S_sum(json_object_get(told, "interactions"), "mw");
    if (fabs(total - parts) > 1e-6)
        fail_msg("%s %s: %f, the parts sum to %f", a, b, total, parts);
    assert_true(total == json_number_value(json_object_get(back, "match_weight")));
    assert_int_equal(json_is_true(json_object_get(told, "together")), together);
    double match = json_number_value(json_object_get(json_object_get(told, "threshold"), "match"));
    const char *verdict = json_string_value(json_object_get(told, "verdict"));
    assert_int_equal(!strcmp(verdict, "match"), total >= match);
    json_decref(told);
    json_decref(back);
}

/* Pairs of neighbours in the crosswalk ordered by master, and of others. */
static void an_explanation_sums_to_the_weight_that_decided(void **state)
{
    struct workshop *w = *state;
    struct idem_session *s = workshop_session(w, IDEM_READ);
    struct str rest = str_from(workshop_crosswalk(w)), line;
    struct map first = {0};
    const char **key = (const char **)ARENA_NEW(&w->arena, char *, RECORDS);
    uint32_t n = 0, together = 0;
    str_next_piece(&rest, '\n', &line);
    while (str_next_token(&rest, "\n", &line)) {
        struct str master = str_sub(line, line.len - 36, line.len), record = str_sub(line, 0, line.len - 37);
        char *k = str_cstr(&w->arena, record);
        *strchr(k, ',') = ':';
        key[n] = k;
        uint32_t *with = map_find(&first, master);
        if (with && together < 40) {
            S_check_why(w, s, key[*with], k, true);
            together++;
        }
        if (!with && n > 0 && n % 12 == 0)
            S_check_why(w, s, key[n / 2], k, false);
        if (!with)
            map_add(&first, master, n);
        n++;
    }
    assert_true(together > 20);
    map_deinit(&first);
    idem_close(s);
}

/* ---------------------------------------------------------------- against the truth */

static uint32_t S_entities(struct workshop *w, struct map *entity)
{
    struct str text, line;
    struct map number = {0};
    uint32_t n = 0;
    if (file_read(workshop_path(w, "truth.csv"), 1 << 26, &w->arena, &text, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    str_next_piece(&text, '\n', &line);
    while (str_next_token(&text, "\r\n", &line)) {
        size_t comma = line.len;
        while (line.ptr[comma - 1] != ',')
            comma--;
        struct str id = str_sub(line, comma, line.len);
        map_add(&number, id, n);
        map_add(entity, str_sub(line, 0, comma - 1), *map_find(&number, id));
        n++;
    }
    map_deinit(&number);
    return n;
}

static void most_of_what_is_joined_is_right_and_most_of_what_is_right_is_joined(void **state)
{
    struct workshop *w = *state;
    struct map entity = {0}, number = {0};
    struct str rest = str_from(workshop_crosswalk(w)), line;
    uint32_t truth[RECORDS], master[RECORDS], n = 0;
    double found = 0, right = 0, all = 0;
    assert_int_equal(S_entities(w, &entity), RECORDS);
    str_next_piece(&rest, '\n', &line);
    while (str_next_token(&rest, "\n", &line)) {
        struct str id = str_sub(line, line.len - 36, line.len);
        uint32_t *is = map_find(&entity, str_sub(line, 0, line.len - 37));
        assert_non_null(is);
        map_add(&number, id, n);
        truth[n] = *is;
        master[n++] = *map_find(&number, id);
    }
    for (uint32_t a = 0; a < n; a++)
        for (uint32_t b = a + 1; b < n; b++) {
            found += master[a] == master[b];
            all += truth[a] == truth[b];
            right += master[a] == master[b] && truth[a] == truth[b];
        }
    if (right < 0.85 * found || right < 0.7 * all)
        fail_msg("precision %.3f, recall %.3f", right / found, right / all);
    map_deinit(&entity);
    map_deinit(&number);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_is_in_one_master_and_the_counts_agree),
        cmocka_unit_test(the_same_seed_gives_the_same_bytes_at_any_number_of_threads),
        cmocka_unit_test(an_explanation_sums_to_the_weight_that_decided),
        cmocka_unit_test(most_of_what_is_joined_is_right_and_most_of_what_is_right_is_joined),
        cmocka_unit_test(the_same_files_again_change_nothing),
    };
    return cmocka_run_group_tests(tests, S_setup, S_teardown);
}

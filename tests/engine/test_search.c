/* Search: what finds whom, in which order, and what it says of itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "workshop.h"

static const char CONFIG[] =
    "{'entity':'person','sources':["
    "{'name':'crm','path':'crm.csv','record_id':'id','fields':{'given_name':'first','family_name':'last',"
    "'birth_date':'dob','email':'email','city':'city'}},"
    "{'name':'web','path':'web.csv','record_id':'id','fields':{'full_name':'name','email':'email'}}],"
    "%s'privacy':{'at_rest':'%s'}}";

static const char *const FIRST[] = {"Ann",  "Bert", "Carla", "Dirk", "Elsa",   "Fred", "Gina",
                                    "Hugo", "Ines", "Jan",   "Karl", "Louisa", "Mina"};
static const char *const LAST[] = {"Moreau", "Petersen", "Quandt", "Rossi", "Silva",  "Tanaka",
                                   "Ulrich", "Vargas",   "Wagner", "Zeman", "Schmidt"};

static void S_person(struct buf *out, int i)
{
    buf_printf(out, "c%d,%s,%s,19%02d-0%d-1%d,%s.%s%d@mail.example,Town%d\n", i, FIRST[i % 13], LAST[i % 11],
               30 + i % 67, 1 + i % 9, i % 7, FIRST[i % 13], LAST[i % 11], i, i % 5);
}

/* crm: n persons; web: every tenth of them again. `blocking`: else a small batch compares all pairs. */
static void S_open(struct workshop *w, int n, bool blocking, const char *at_rest)
{
    struct buf crm = {0}, web = {0};
    char config[2048];
    workshop_open(w);
    buf_str(&crm, STR("id,first,last,dob,email,city\n"));
    buf_str(&web, STR("id,name,email\n"));
    for (int i = 0; i < n; i++)
        S_person(&crm, i);
    for (int i = 0; i < n; i += 10)
        buf_printf(&web, "w%d,%s %s,%s.%s%d@mail.example\n", i, FIRST[i % 13], LAST[i % 11], FIRST[i % 13],
                   LAST[i % 11], i);
    workshop_write(w, "crm.csv", buf_cstr(&crm));
    workshop_write(w, "web.csv", buf_cstr(&web));
    snprintf(config, sizeof config, CONFIG,
             blocking ? "'matching':{'blocking':[['family_name.first3','birth_date'],['email']]}," : "", at_rest);
    workshop_config(w, config);
    workshop_run(w);
    buf_deinit(&crm);
    buf_deinit(&web);
}

/* "family_name=Lee&city=Rome"; the caller decrefs. */
static json_t *S_search(struct workshop *w, const char *query, const struct idem_search_options *options)
{
    struct idem_field field[8];
    struct str rest = str_from(query), piece;
    size_t n = 0;
    while (str_next_piece(&rest, '&', &piece)) {
        size_t at = str_find_byte(piece, '=');
        field[n++] = (struct idem_field){{piece.ptr, at}, {piece.ptr + at + 1, piece.len - at - 1}};
    }
    struct idem_session *s = workshop_session(w, IDEM_READ);
    struct idem_resolver *r = NULL;
    char *text = NULL;
    json_t *found = NULL;
    enum idem_status status = idem_resolver_open(s, &r, &w->err);
    if (status == IDEM_OK)
        status = idem_search(r, field, n, options, &text, &w->err);
    if (status == IDEM_OK)
        assert_int_equal(json_parse(str_from(text), "search", &found, NULL), IDEM_OK);
    idem_free(text);
    idem_resolver_close(r);
    idem_close(s);
    return found;
}

static const json_t *S_result(const json_t *found, size_t i)
{
    return json_array_get(json_object_get(found, "results"), i);
}

static void S_assert_first(struct workshop *w, const char *query, const char *key)
{
    json_t *found = S_search(w, query, NULL);
    const char *master = json_string_value(json_object_get(S_result(found, 0), "master_id"));
    if (!master || strcmp(master, workshop_master(w, key)) != 0)
        fail_msg("%s does not find %s first", query, key);
    json_decref(found);
}

static const struct {
    const char *query, *key;
} FOUND[] = {
    {"email=Fred.Ulrich226@mail.example", "crm:c226"},
    {"given_name=Fred&family_name=Ulrich&birth_date=1955-02-12", "crm:c226"},
    {"given_name=Fredd&family_name=Ulrik&birth_date=1955-02-12", "crm:c226"}, /* misspelt */
    {"given_name=Ulrich&family_name=Fred&birth_date=1955-02-12", "crm:c226"}, /* swapped */
    {"full_name=Ulrich, Fred&birth_date=12 February 1955", "crm:c226"},       /* not split, another format */
};

static void a_record_is_found_by_its_values(void **state)
{
    struct workshop w;
    (void)state;
    S_open(&w, 600, true, "sealed");
    for (size_t i = 0; i < COUNT_OF(FOUND); i++)
        S_assert_first(&w, FOUND[i].query, FOUND[i].key);
    workshop_close(&w);
}

static void where_all_pairs_are_compared_search_compares_all_too(void **state)
{
    enum { MANY = 900, LAST_ONE = MANY - 3 };
    struct workshop w;
    char query[80], key[16];
    (void)state;
    S_open(&w, 100, false, "clear");
    S_assert_first(&w, "email=Hugo.Silva59@mail.example", "crm:c59");
    workshop_close(&w);
    S_open(&w, MANY, false, "clear");
    snprintf(query, sizeof query, "email=%s.%s%d@mail.example", FIRST[LAST_ONE % 13], LAST[LAST_ONE % 11], LAST_ONE);
    snprintf(key, sizeof key, "crm:c%d", LAST_ONE);
    S_assert_first(&w, query, key);
    workshop_close(&w);
}

static void what_has_nothing_in_common_is_no_result(void **state)
{
    struct workshop w;
    (void)state;
    S_open(&w, 20, false, "sealed");
    json_t *found = S_search(&w, "email=nobody@else.example", NULL);
    assert_non_null(found);
    assert_int_equal(json_array_size(json_object_get(found, "results")), 0);
    assert_true(json_integer_value(json_object_get(found, "compared")) > 0);
    json_decref(found);
    workshop_close(&w);
}

static void a_result_is_explained_and_its_parts_sum_to_the_weight(void **state)
{
    struct workshop w;
    (void)state;
    S_open(&w, 600, true, "sealed");
    json_t *found = S_search(
        &w, "given_name=Fred&family_name=Ulrich&birth_date=1955-02-12&email=Fred.Ulrich226@mail.example", NULL);
    const json_t *first = S_result(found, 0), *comparisons = json_object_get(first, "comparisons");
    double sum = json_number_value(json_object_get(first, "prior_weight")) +
                 json_number_value(json_object_get(first, "related_weight"));
    for (size_t i = 0; i < json_array_size(comparisons); i++)
        sum += json_number_value(json_object_get(json_array_get(comparisons, i), "mw")) +
               json_number_value(json_object_get(json_array_get(comparisons, i), "tf_mw"));
    const json_t *interactions = json_object_get(first, "interactions");
    for (size_t i = 0; i < json_array_size(interactions); i++)
        sum += json_number_value(json_object_get(json_array_get(interactions, i), "mw"));
    assert_float_equal((float)sum, (float)json_number_value(json_object_get(first, "match_weight")), 0.001f);
    assert_string_equal(json_string_value(json_object_get(first, "band")), "match");
    assert_true(json_array_size(json_object_get(first, "reached_by")) >= 1);
    json_t *golden = json_object_get(json_object_get(first, "golden"), "email");
    assert_string_equal(json_string_value(json_array_get(golden, 0)), "Fred.Ulrich226@mail.example");
    json_decref(found);
    workshop_close(&w);
}

static bool S_holds(const json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), text) == 0)
            return true;
    return false;
}

static void too_little_is_said_to_be_too_little_and_ranked_all_the_same(void **state)
{
    struct workshop w;
    struct idem_search_options three = {.limit = 3, .brief = true};
    (void)state;
    S_open(&w, 600, true, "sealed");
    json_t *found = S_search(&w, "family_name=Ulrich", &three);
    assert_true(json_is_true(json_object_get(found, "weak")));
    assert_true(S_holds(json_object_get(found, "would_help"), "birth_date"));
    assert_true(S_holds(json_object_get(found, "would_help"), "email"));
    assert_false(S_holds(json_object_get(found, "would_help"), "family_name"));
    assert_int_equal(json_array_size(json_object_get(found, "results")), 3);
    assert_null(json_object_get(S_result(found, 0), "golden"));
    assert_true(json_integer_value(json_object_get(found, "found")) >= 54);
    json_decref(found);
    found = S_search(&w, "city=Town1", NULL); /* no key at all */
    assert_true(json_is_true(json_object_get(found, "weak")));
    assert_int_equal(json_array_size(json_object_get(found, "results")), 0);
    json_decref(found);
    workshop_close(&w);
}

static void results_are_in_order_and_each_master_comes_once(void **state)
{
    struct workshop w;
    (void)state;
    S_open(&w, 600, true, "sealed");
    json_t *found = S_search(&w, "given_name=Ann&family_name=Moreau&city=Town0", NULL), *one;
    const json_t *results = json_object_get(found, "results");
    double before = 1000;
    size_t i;
    assert_true(json_array_size(results) > 1);
    json_array_foreach(results, i, one)
    {
        double weight = json_number_value(json_object_get(one, "match_weight"));
        assert_true(weight <= before);
        before = weight;
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(json_string_value(json_object_get(one, "master_id")),
                                    json_string_value(json_object_get(S_result(found, k), "master_id")));
    }
    json_decref(found);
    workshop_close(&w);
}

static void an_unknown_field_is_named_with_the_nearest(void **state)
{
    struct workshop w;
    (void)state;
    S_open(&w, 20, false, "clear");
    assert_null(S_search(&w, "emial=x", NULL));
    assert_non_null(strstr(w.err.message, "did you mean \"email\"?"));
    workshop_close(&w);
}

static void a_value_that_is_no_text_is_refused(void **state)
{
    struct workshop w;
    (void)state;
    S_open(&w, 20, false, "clear");
    assert_null(S_search(&w, "email=x\xff", NULL));
    assert_string_equal(w.err.message, "email: the value is not UTF-8 text");
    workshop_close(&w);
}

/* A resolver that is open sees what a run commits meanwhile. */
static void an_open_resolver_sees_what_others_commit(void **state)
{
    struct workshop w;
    struct idem_field field = {{"email", 5}, {"new.person@mail.example", 23}};
    (void)state;
    S_open(&w, 600, true, "sealed");
    struct idem_session *s = workshop_session(&w, IDEM_READ);
    struct idem_resolver *r;
    for (int64_t wanted = 0; wanted <= 1; wanted++) {
        char *text;
        json_t *found;
        if (wanted) {
            workshop_write(&w, "web.csv", "id,name,email\nn1,New Person,new.person@mail.example\n");
            workshop_config(&w, str_cstr(&w.arena, arena_printf(&w.arena, CONFIG,
                                                                "'gates':{'max_gone':1},'matching':{'blocking':[['"
                                                                "family_name.first3','birth_date'],['email']]},",
                                                                "sealed")));
            workshop_run(&w);
        } else {
            assert_int_equal(idem_resolver_open(s, &r, &w.err), IDEM_OK);
        }
        assert_int_equal(idem_search(r, &field, 1, NULL, &text, &w.err), IDEM_OK);
        assert_int_equal(json_parse(str_from(text), "search", &found, NULL), IDEM_OK);
        assert_int_equal(json_array_size(json_object_get(found, "results")), wanted);
        json_decref(found);
        idem_free(text);
    }
    idem_resolver_close(r);
    idem_close(s);
    workshop_close(&w);
}

static void a_search_that_wants_few_results_reads_few_of_a_large_block(void **state)
{
    static const char QUERY[] = "given_name=Fred&family_name=Ulrich&birth_date=1955-02-12";
    struct idem_search_options one = {.limit = 1};
    struct workshop w;
    (void)state;
    S_open(&w, 1200, true, "sealed");
    json_t *few = S_search(&w, QUERY, &one), *many = S_search(&w, QUERY, NULL);
    assert_string_equal(json_string_value(json_object_get(S_result(few, 0), "master_id")),
                        workshop_master(&w, "crm:c226"));
    assert_string_equal(json_string_value(json_object_get(S_result(many, 0), "master_id")),
                        workshop_master(&w, "crm:c226"));
    assert_int_equal(json_integer_value(json_object_get(few, "found")),
                     json_integer_value(json_object_get(many, "found")));
    assert_in_range(json_integer_value(json_object_get(few, "compared")), 1, 20);
    assert_in_range(json_integer_value(json_object_get(many, "compared")), 50, 300);
    json_decref(few);
    json_decref(many);
    workshop_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_found_by_its_values),
        cmocka_unit_test(where_all_pairs_are_compared_search_compares_all_too),
        cmocka_unit_test(what_has_nothing_in_common_is_no_result),
        cmocka_unit_test(a_result_is_explained_and_its_parts_sum_to_the_weight),
        cmocka_unit_test(too_little_is_said_to_be_too_little_and_ranked_all_the_same),
        cmocka_unit_test(results_are_in_order_and_each_master_comes_once),
        cmocka_unit_test(an_unknown_field_is_named_with_the_nearest),
        cmocka_unit_test(a_value_that_is_no_text_is_refused),
        cmocka_unit_test(an_open_resolver_sees_what_others_commit),
        cmocka_unit_test(a_search_that_wants_few_results_reads_few_of_a_large_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

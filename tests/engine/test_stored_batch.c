/* Stored records as a batch: the same rows, values and scores as when they were applied. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/stored_batch.h"
#include "record/pack.h"
#include "workshop.h"

#define FIELDS "'fields':{'full_name':'name','email':'email'}"

static int S_setup(void **state)
{
    struct workshop *w = malloc(sizeof *w);
    workshop_open(w);
    workshop_config(w, "{'sources':[{'name':'crm','path':'crm.csv','record_id':'id'," FIELDS "},"
                       "{'name':'billing','path':'billing.csv','record_id':'id'," FIELDS "}],"
                       "'privacy':{'at_rest':'clear'}}");
    workshop_write(w, "crm.csv",
                   "id,name,email\n1,Ann Smith,ann@a.example\n2,Peter Brown,peter@b.example\n3,,olga@c.example\n");
    workshop_write(w, "billing.csv", "id,name,email\n1,Ann Smith,ann@a.example\nB,Ivan Petrov,ivan@f.example\n");
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

static struct idem_session *S_open(struct workshop *w, struct stored_batch *b)
{
    struct idem_session *s = workshop_session(w, IDEM_READ);
    struct store *store;
    assert_int_equal(session_store(s, STORE_READ, &store, &w->err), IDEM_OK);
    if (stored_batch_open(b, s, store, &w->err) != IDEM_OK)
        fail_msg("%s", w->err.message);
    return s;
}

static void all_records_come_back_and_are_found_by_their_key(void **state)
{
    static const struct {
        const char *source, *id, *email;
    } ROWS[] = {{"crm", "1", "ann@a.example"},
                {"crm", "2", "peter@b.example"},
                {"crm", "3", "olga@c.example"},
                {"billing", "1", "ann@a.example"},
                {"billing", "B", "ivan@f.example"}};
    struct stored_batch b;
    struct idem_session *s = S_open(*state, &b);
    assert_int_equal(stored_batch_all(&b, 1, NULL), IDEM_OK);
    assert_int_equal(b.batch.n_rows, 5);
    int email = schema_find_type(&b.schema, FIELD_EMAIL);
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        uint32_t row = stored_batch_find(&b, str_from(ROWS[i].source), str_from(ROWS[i].id));
        const uint32_t *id;
        assert_int_not_equal(row, STORED_NONE);
        assert_true(str_eq(b.batch.source_name[b.batch.source[row]], str_from(ROWS[i].source)));
        assert_int_equal(column_ids(&b.batch.raw[email], row, &id), 1);
        assert_true(str_eq(dict_get(&b.batch.raw[email].dict, id[0]), str_from(ROWS[i].email)));
        assert_true(b.rid[row] > 0 && b.mid[row] > 0);
    }
    assert_int_equal(stored_batch_find(&b, STR("crm"), STR("B")), STORED_NONE);
    assert_int_equal(stored_batch_find(&b, STR("nobody"), STR("1")), STORED_NONE);
    stored_batch_close(&b);
    idem_close(s);
}

static void chosen_records_score_as_they_do_among_all(void **state)
{
    struct stored_batch all, two;
    struct scorer of_all, of_two;
    struct idem_session *s = S_open(*state, &all), *t = S_open(*state, &two);
    assert_int_equal(stored_batch_all(&all, 2, NULL), IDEM_OK);
    assert_int_equal(stored_batch_applied_model(&all, NULL), IDEM_OK);
    assert_int_equal(stored_batch_applied_model(&two, NULL), IDEM_OK);
    uint32_t a = stored_batch_find(&all, STR("crm"), STR("1")), b = stored_batch_find(&all, STR("billing"), STR("1"));
    assert_int_equal(stored_batch_add(&two, &all.rid[b], 1, NULL), IDEM_OK);
    assert_int_equal(stored_batch_find(&two, STR("crm"), STR("1")), STORED_NONE);
    assert_int_equal(stored_batch_add(&two, &all.rid[a], 1, NULL), IDEM_OK);
    assert_int_equal(stored_batch_find(&two, STR("billing"), STR("1")), 0);
    assert_int_equal(stored_batch_find(&two, STR("crm"), STR("1")), 1);
    stored_batch_scorer(&all, 1, &of_all);
    stored_batch_scorer(&two, 1, &of_two);
    assert_int_equal(scorer_score(&of_all, 0, a, b), scorer_score(&of_two, 0, 1, 0));
    scorer_deinit(&of_all);
    scorer_deinit(&of_two);
    stored_batch_close(&all);
    stored_batch_close(&two);
    idem_close(s);
    idem_close(t);
}

static void a_record_that_is_not_there_is_an_error(void **state)
{
    struct stored_batch b;
    struct idem_session *s = S_open(*state, &b);
    static const int64_t NOBODY = 999;
    assert_int_equal(stored_batch_add(&b, &NOBODY, 1, NULL), IDEM_NOT_FOUND);
    stored_batch_close(&b);
    idem_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_records_come_back_and_are_found_by_their_key, S_setup, S_teardown),
        cmocka_unit_test_setup_teardown(chosen_records_score_as_they_do_among_all, S_setup, S_teardown),
        cmocka_unit_test_setup_teardown(a_record_that_is_not_there_is_an_error, S_setup, S_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "store_fixture.h"

#include "store/steward.h"

enum { FIRST_MID = FIXTURE_RECORDS + 1 };

static enum idem_status S_join_decision(void *context, const struct store_decision *d, struct idem_error *err)
{
    (void)err;
    buf_printf(context, "%lld:%d:%lld-%lld:%.*s:%.*s:%.*s:%lld ", (long long)d->id, d->verdict, (long long)d->rid_a,
               (long long)d->rid_b, STR_ARG(d->by), STR_ARG(d->via), STR_ARG(d->note), (long long)d->withdrawn_seq);
    return IDEM_OK;
}

static void S_expect_decisions(struct store *s, int64_t rid, bool withdrawn, const char *expected)
{
    struct idem_error err = {0};
    struct buf all = {0};
    OK(steward_each_decision(s, rid, withdrawn, S_join_decision, &all, &err));
    if (!str_eq(buf_view(&all), str_from(expected)))
        fail_msg("%s\n is not %s", buf_cstr(&all), expected);
    buf_deinit(&all);
}

static void decisions_stand_until_withdrawn(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct keyring *k = fixture_keys("a.key");
    struct store *s = fixture_build("a.db", k);
    struct store_decision one = {.verdict = STORE_SAME,
                                 .rid_a = 8,
                                 .rid_b = 4,
                                 .seq = 200,
                                 .at_ms = 1700000000000,
                                 .by = STR("ann"),
                                 .via = STR("decide"),
                                 .note = STR("spoke to Jane")};
    struct store_decision two = {.verdict = STORE_DIFFERENT,
                                 .rid_a = 4,
                                 .rid_b = 5,
                                 .seq = 201,
                                 .at_ms = 1700000000001,
                                 .via = STR("split"),
                                 .batch = 7};
    OK(store_begin(s, &err));
    OK(steward_decide(s, &one, &err));
    OK(steward_decide(s, &two, &err));
    assert_true(one.id == 1 && two.id == 2);
    OK(steward_withdraw(s, 1, 300, 1700000009000, &err));
    assert_int_equal(steward_withdraw(s, 1, 301, 0, &err), IDEM_NOT_FOUND);
    assert_int_equal(steward_withdraw(s, 9, 301, 0, &err), IDEM_NOT_FOUND);
    OK(store_commit(s, &err));
    S_expect_decisions(s, 0, false, "2:1:4-5::split::0 ");
    S_expect_decisions(s, 0, true, "1:0:4-8:ann:decide:spoke to Jane:300 2:1:4-5::split::0 ");
    S_expect_decisions(s, 8, true, "1:0:4-8:ann:decide:spoke to Jane:300 ");
    S_expect_decisions(s, 4, true, "1:0:4-8:ann:decide:spoke to Jane:300 2:1:4-5::split::0 ");
    S_expect_decisions(s, 6, true, "");
    OK(store_verify(s, 1, &err));
    store_close(s);
    s = fixture_open("a.db", STORE_READ, NULL);
    S_expect_decisions(s, 8, true, "1:0:4-8:ann:decide::300 ");
    store_close(s);
    fixture_expect_sql("a.db",
                       "SELECT verdict, left_record_id, right_source, right_record_id, decided_at, decided_by, via, "
                       "withdrawn_at FROM decision WHERE decision_id = 1",
                       "same|R-003|billing|R-007|2023-11-14T22:13:20.000Z|ann|decide|2023-11-14T22:13:29.000Z\n");
    keyring_close(k);
}

static enum idem_status S_join_review(void *context, const struct store_review *r, struct idem_error *err)
{
    (void)err;
    buf_printf(context, "%lld-%lld:%d:%u ", (long long)r->rid_a, (long long)r->rid_b, r->weight, r->effect);
    return IDEM_OK;
}

static void reviews_come_in_order_of_effect(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct store *s = fixture_build("r.db", NULL);
    struct buf all = {0};
    const struct store_review first[] = {{2, 1, -4096, 3, 1}};
    const struct store_review review[] = {
        {1, 2, 4096, 2, 2}, {4, 3, -8192, 9, 2}, {5, 6, 8192, 2, 2}, {7, 8, 4096, 2, 2}};
    OK(store_begin(s, &err));
    OK(steward_put_reviews(s, first, 1, &err));
    OK(steward_put_reviews(s, review, COUNT_OF(review), &err));
    OK(store_commit(s, &err));
    OK(steward_each_review(s, S_join_review, &all, &err));
    assert_true(str_eq(buf_view(&all), STR("3-4:-8192:9 5-6:8192:2 1-2:4096:2 7-8:4096:2 ")));
    buf_deinit(&all);
    store_close(s);
    fixture_expect_sql("r.db",
                       "SELECT left_record_id, right_record_id, match_weight, effect FROM review WHERE effect = 9",
                       "R-002|R-003|-2.0|9\n");
}

static enum idem_status S_join_pin(void *context, const struct store_pin *p, struct idem_error *err)
{
    (void)err;
    buf_printf(context, "%lld:%u:%lld:%.*s:%lld:%.*s ", (long long)p->mid, p->field, (long long)p->rid,
               STR_ARG(p->value), (long long)p->seq, STR_ARG(p->by));
    return IDEM_OK;
}

static void a_pin_holds_until_it_is_replaced_or_taken_off(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct keyring *k = fixture_keys("a.key");
    struct arena a = {0};
    struct str bytes;
    struct store *s = fixture_build("p.db", k);
    struct buf all = {0};
    struct store_pin pin[] = {
        {.mid = FIRST_MID + 1, .field = 0, .value = STR("wrong.value"), .seq = 1, .by = STR("ann")},
        {.mid = FIRST_MID + 1, .field = 0, .value = STR("right.value"), .seq = 2, .by = STR("ann")},
        {.mid = FIRST_MID, .field = 1, .rid = 5, .seq = 3, .by = STR("bob")},
        {.mid = FIRST_MID, .field = 2, .value = STR("third.value"), .seq = 4, .by = STR("bob")}};
    OK(store_begin(s, &err));
    for (size_t i = 0; i < COUNT_OF(pin); i++)
        OK(steward_pin(s, &pin[i], &err));
    OK(steward_unpin(s, FIRST_MID, 2, 5, &err));
    assert_int_equal(steward_unpin(s, FIRST_MID, 2, 5, &err), IDEM_NOT_FOUND);
    OK(store_commit(s, &err));
    OK(steward_each_pin(s, 0, S_join_pin, &all, &err));
    assert_true(str_eq(buf_view(&all), STR("101:1:5::3:bob 102:0:0:right.value:2:ann ")));
    buf_clear(&all);
    OK(steward_each_pin(s, FIRST_MID + 1, S_join_pin, &all, &err));
    assert_true(str_eq(buf_view(&all), STR("102:0:0:right.value:2:ann ")));
    buf_deinit(&all);
    store_close(s);
    OK(file_read(fixture_path("p.db"), 1 << 28, &a, &bytes, &err));
    assert_int_equal(str_find(bytes, STR(".value")), SIZE_MAX);
    arena_deinit(&a);
    keyring_close(k);
}

static void an_alias_belongs_to_one_master(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct store *s = fixture_build("al.db", NULL);
    int64_t mid;
    OK(store_begin(s, &err));
    OK(steward_put_alias(s, STR("old"), STR("17"), FIRST_MID, 1, 9, &err));
    OK(steward_put_alias(s, STR("old"), STR("17"), FIRST_MID, 1, 10, &err));
    OK(steward_put_alias(s, STR("other"), STR("17"), FIRST_MID + 1, 0, 10, &err));
    assert_int_equal(steward_put_alias(s, STR("old"), STR("17"), FIRST_MID + 1, 0, 10, &err), IDEM_CONFLICT);
    OK(store_commit(s, &err));
    OK(steward_find_alias(s, STR("old"), STR("17"), &mid, &err));
    assert_true(mid == FIRST_MID);
    OK(steward_find_alias(s, STR("other"), STR("17"), &mid, &err));
    assert_true(mid == FIRST_MID + 1);
    assert_int_equal(steward_find_alias(s, STR("old"), STR("18"), &mid, &err), IDEM_NOT_FOUND);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decisions_stand_until_withdrawn),
        cmocka_unit_test(reviews_come_in_order_of_effect),
        cmocka_unit_test(a_pin_holds_until_it_is_replaced_or_taken_off),
        cmocka_unit_test(an_alias_belongs_to_one_master),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_end);
}

/* What stands beside records and masters: fields and sources, models, blobs, rejects, marks of the database. */
#include "store_fixture.h"

static void stored_fields_and_sources_keep_their_nature(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct store *s = fixture_build("nature.db", NULL);
    struct store_source crm = {.name = STR("crm"), .personal_ids = true};
    OK(store_begin(s, &err));
    assert_int_equal(store_put_source(s, &crm, &err), IDEM_CONFLICT);
    struct schema other = fixture_schema;
    other.n_fields = 2;
    assert_int_equal(store_put_fields(s, &other, &err), IDEM_INVALID);
    other = fixture_schema;
    other.field[1].type = FIELD_REGION;
    assert_int_equal(store_put_fields(s, &other, &err), IDEM_INVALID);
    other = fixture_schema;
    other.field[1].name = STR("town");
    assert_int_equal(store_put_fields(s, &other, &err), IDEM_INVALID);
    assert_non_null(strstr(err.message, "city"));
    store_close(s);
}

static void a_field_that_becomes_personal_loses_its_clear_values(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct keyring *k = fixture_keys("a.key");
    struct store *s = fixture_build("a.db", k);
    struct schema schema = fixture_schema;
    fixture_expect_sql("a.db", "SELECT city FROM golden WHERE city NOT NULL", "Leeds\n");
    schema.field[1].personal = true;
    OK(store_begin(s, &err));
    OK(store_put_fields(s, &schema, &err));
    OK(store_commit(s, &err));
    store_close(s);
    fixture_expect_sql("a.db", "SELECT count(city) FROM golden", "0\n");
    keyring_close(k);
}

static void models_are_kept_once(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct keyring *k = fixture_keys("a.key");
    struct arena a = {0};
    struct store *s = fixture_build("a.db", k);
    struct store_model one = {.run = 1, .created_ms = 5, .body = STR("one")},
                       two = {.run = 2, .created_ms = 6, .body = STR("two")}, got;
    assert_int_equal(store_get_model(s, 0, true, &a, &got, &err), IDEM_NOT_FOUND);
    OK(store_begin(s, &err));
    OK(store_put_model(s, &one, &err));
    OK(store_put_model(s, &two, &err));
    assert_true(one.id == 1 && two.id == 2);
    struct store_model again = {.run = 3, .created_ms = 7, .body = STR("one")};
    OK(store_put_model(s, &again, &err));
    assert_true(again.id == 1);
    assert_memory_equal(again.hash, one.hash, 32);
    assert_memory_not_equal(two.hash, one.hash, 32);
    OK(store_commit(s, &err));
    OK(store_get_model(s, 0, true, &a, &got, &err));
    assert_true(got.id == 1 && got.run == 1 && str_eq(got.body, STR("one"))); /* put again: the newest */
    OK(store_get_model(s, 2, true, &a, &got, &err));
    assert_true(got.run == 2 && got.created_ms == 6 && str_eq(got.body, STR("two")));
    OK(store_get_model(s, 1, true, &a, &got, &err));
    assert_true(str_eq(got.body, STR("one")));
    store_close(s);
    s = fixture_open("a.db", STORE_READ, NULL);
    OK(store_get_model(s, 1, false, &a, &got, &err));
    assert_true(got.run == 1 && got.body.len == 0);
    assert_int_equal(store_get_model(s, 1, true, &a, &got, &err), IDEM_INVALID);
    store_close(s);
    arena_deinit(&a);
    keyring_close(k);
}

static enum idem_status S_join(void *context, int64_t id, struct str body, struct idem_error *err)
{
    (void)err;
    buf_printf(context, "%lld=%.*s ", (long long)id, STR_ARG(body));
    return IDEM_OK;
}

static void blobs_are_put_replaced_and_deleted(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct keyring *k = fixture_keys("a.key");
    for (int kind = 0; kind < STORE_BLOBS; kind++) {
        struct store *s = fixture_build("a.db", k);
        struct buf body = {0}, all = {0};
        OK(store_begin(s, &err));
        for (int i = 0; i < 5; i++)
            OK(store_put_blob(s, (enum store_blob)kind, i * 7, STR("first"), &err));
        OK(store_put_blob(s, (enum store_blob)kind, 7, STR("second"), &err));
        OK(store_put_blob(s, (enum store_blob)kind, 14, (struct str){0}, &err));
        OK(store_commit(s, &err));
        OK(store_get_blob(s, (enum store_blob)kind, 7, &body, &err));
        assert_true(str_eq(buf_view(&body), STR("second")));
        assert_int_equal(store_get_blob(s, (enum store_blob)kind, 14, &body, &err), IDEM_NOT_FOUND);
        OK(store_each_blob(s, (enum store_blob)kind, S_join, &all, &err));
        assert_true(str_eq(buf_view(&all), STR("0=first 7=second 21=first 28=first ")));
        buf_deinit(&body);
        buf_deinit(&all);
        store_close(s);
    }
    keyring_close(k);
}

static enum idem_status S_join_reject(void *context, const struct store_reject *r, struct idem_error *err)
{
    (void)err;
    buf_printf(context, "%lld:%lld:%.*s:%llu:%.*s:%.*s ", (long long)r->run, (long long)r->source, STR_ARG(r->file),
               (unsigned long long)r->line, STR_ARG(r->reason), STR_ARG(r->raw));
    return IDEM_OK;
}

static void rejects_are_listed_in_order_and_replaced(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct keyring *k = fixture_keys("a.key");
    struct store *s = fixture_build("a.db", k);
    struct buf all = {0};
    const struct store_reject reject[] = {
        {.run = 2, .source = 2, .file = STR("b.csv"), .line = 9, .reason = STR("unclosed quote"), .raw = STR("\"x")},
        {.run = 2, .source = 1, .file = STR("a.csv"), .line = 12, .reason = STR("no id")},
        {.run = 2, .source = 1, .file = STR("a.csv"), .line = 2, .reason = STR("bad"), .raw = STR("raw")},
    };
    OK(store_begin(s, &err));
    OK(store_put_rejects(s, reject, COUNT_OF(reject), &err));
    OK(store_commit(s, &err));
    OK(store_each_reject(s, S_join_reject, &all, &err));
    assert_true(str_eq(buf_view(&all), STR("2:1:a.csv:2:bad:raw 2:1:a.csv:12:no id: 2:2:b.csv:9:unclosed quote:\"x ")));
    OK(store_begin(s, &err));
    OK(store_clear_rejects(s, 1, &err));
    OK(store_put_rejects(s, reject + 1, 1, &err));
    OK(store_commit(s, &err));
    store_close(s);
    s = fixture_open("a.db", STORE_READ, NULL); /* without the key: places and reasons only */
    buf_clear(&all);
    OK(store_each_reject(s, S_join_reject, &all, &err));
    assert_true(str_eq(buf_view(&all), STR("2:1:a.csv:12:no id: 2:2:b.csv:9:unclosed quote: ")));
    buf_deinit(&all);
    store_close(s);
    keyring_close(k);
}

static void a_clock_of_ids_and_a_normaliser_are_kept(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct store *s = fixture_build("m.db", NULL);
    OK(store_begin(s, &err));
    store_set_last_id_ms(s, 1800000000000);
    OK(store_set_normaliser(s, STR("n2"), &err));
    OK(store_commit(s, &err));
    store_close(s);
    s = fixture_open("m.db", STORE_READ, NULL);
    assert_true(store_last_id_ms(s) == 1800000000000 && str_eq(store_info(s)->normaliser, STR("n2")));
    store_close(s);
}

static void S_write_something(struct store *s, int64_t number)
{
    struct idem_error err = {0};
    char body[24];
    snprintf(body, sizeof body, "model %lld", (long long)number);
    struct store_model model = {.run = number, .created_ms = number, .body = str_from(body)};
    OK(store_begin(s, &err));
    OK(store_put_model(s, &model, &err));
    OK(store_commit(s, &err));
}

static void S_take_anew(void *context)
{
    struct idem_error err = {0};
    struct store *reader = context;
    store_snapshot_end(reader);
    OK(store_snapshot_begin(reader, &err));
}

static void S_nothing(void *context)
{
    (void)context;
}

static void the_log_is_emptied_beside_snapshots_that_are_taken_anew(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct store *writer = fixture_build("log.db", NULL), *reader = fixture_open("log.db", STORE_READ, NULL);
    S_write_something(writer, 1);
    OK(store_snapshot_begin(reader, &err));
    S_write_something(writer, 2);
    assert_true(file_size(fixture_path("log.db-wal")) > 0);
    assert_false(store_empty_log(writer, S_nothing, NULL));
    assert_true(file_size(fixture_path("log.db-wal")) > 0);
    assert_true(store_empty_log(writer, S_take_anew, reader));
    assert_int_equal(file_size(fixture_path("log.db-wal")), 0);
    S_write_something(writer, 3); /* the reader goes on with what it saw */
    struct arena a = {0};
    struct store_model got;
    OK(store_get_model(reader, 0, true, &a, &got, &err));
    assert_true(str_eq(got.body, STR("model 2")));
    arena_deinit(&a);
    store_snapshot_end(reader);
    store_close(reader);
    store_close(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stored_fields_and_sources_keep_their_nature),
        cmocka_unit_test(a_field_that_becomes_personal_loses_its_clear_values),
        cmocka_unit_test(models_are_kept_once),
        cmocka_unit_test(the_log_is_emptied_beside_snapshots_that_are_taken_anew),
        cmocka_unit_test(blobs_are_put_replaced_and_deleted),
        cmocka_unit_test(rejects_are_listed_in_order_and_replaced),
        cmocka_unit_test(a_clock_of_ids_and_a_normaliser_are_kept),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_end);
}

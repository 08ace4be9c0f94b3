/* Another normaliser than that of the stored values: reading works, a run stops, and apply --rebuild mends it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/session.h"
#include "normalize/normalize.h"
#include "record/pack.h"
#include "workshop.h"

#define FIELDS "'fields':{'full_name':'name','email':'email','birth_date':{'column':'dob','format':'dd.MM.yyyy'}}"
static const char CONFIG[] = "{'sources':[{'name':'crm','path':'crm.csv','record_id':'id'," FIELDS "},"
                             "{'name':'app','path':'app.csv','record_id':'id','mode':'delta'," FIELDS "}],"
                             "'privacy':{'at_rest':'clear'}}";

static int S_setup(void **state)
{
    struct workshop *w = malloc(sizeof *w);
    workshop_open(w);
    workshop_config(w, CONFIG);
    workshop_write(w, "crm.csv",
                   "id,name,email,dob\n1,Ann Smith,ann@a.example,01.02.1980\n2,Bo Li,bo@b.example,03.04.1981\n");
    workshop_write(w, "app.csv",
                   "id,name,email,dob\n7,Ann Smith,ann@a.example,01.02.1980\n8,Olga Petrova,o@c.example,05.06.1982\n");
    workshop_run(w);
    workshop_write(w, "app.csv", "id,name,email,dob\n");
    *state = w;
    return 0;
}

static int S_teardown(void **state)
{
    workshop_close(*state);
    free(*state);
    return 0;
}

static struct str S_packed(struct workshop *w, struct store *store, int64_t rid)
{
    struct store_record record;
    assert_int_equal(store_get_record(store, rid, true, &w->arena, &record, &w->err), IDEM_OK);
    return record.packed;
}

struct forged {
    const struct batch *batch;
};

static void S_pack(void *context, size_t i, struct buf *out)
{
    record_pack(((struct forged *)context)->batch, (uint32_t)i, out);
}

/* Stores record 8 with the raw values it has and forms that no normaliser would make of them. */
static void S_age(struct workshop *w, int64_t *rid, struct str *before)
{
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    struct store *store;
    struct store_record record;
    struct schema schema;
    struct batch b;
    struct packed_record packed;
    assert_int_equal(session_store(s, STORE_WRITE, &store, &w->err), IDEM_OK);
    assert_int_equal(store_find_record(store, STR("app"), STR("8"), rid, &w->err), IDEM_OK);
    *before = S_packed(w, store, *rid);
    assert_int_equal(store_get_fields(store, &w->arena, &schema, &w->err), IDEM_OK);
    assert_int_equal(store_get_record(store, *rid, true, &w->arena, &record, &w->err), IDEM_OK);
    assert_true(record_unpack(*before, &w->arena, &packed));
    for (unsigned f = 0; f < packed.n_fields; f++)
        for (unsigned v = 0; v < packed.field[f].n; v++) {
            struct norm old = {.form = {[NORM_CANON] = STR("old")}};
            struct buf bytes = {0};
            norm_pack(&old, &bytes);
            packed.field[f].value[v].norm = str_copy(&w->arena, buf_view(&bytes));
            buf_deinit(&bytes);
        }
    batch_init(&b, &schema);
    record_append(&b, 0, record.record_id, &packed);
    struct forged forged = {&b};
    assert_int_equal(store_begin(store, &w->err), IDEM_OK);
    assert_int_equal(store_put_leaves(store, &record, 1, S_pack, &forged, store_take_seqs(store, 1), 1, &w->err),
                     IDEM_OK);
    assert_int_equal(store_set_normaliser(store, STR("of long ago"), &w->err), IDEM_OK);
    assert_int_equal(store_commit(store, &w->err), IDEM_OK);
    batch_deinit(&b);
    idem_close(s);
}

static void a_run_under_another_normaliser_stops_and_a_rebuild_mends_it(void **state)
{
    struct workshop *w = *state;
    int64_t rid;
    struct str before;
    S_age(w, &rid, &before);
    const char *partition = workshop_partition(w);
    assert_int_equal(workshop_try(w, NULL), IDEM_CONFLICT);
    assert_non_null(strstr(w->err.message, "idem apply --rebuild"));
    assert_true(*workshop_master(w, "app:8"));
    w->rebuild = true;
    json_t *report = workshop_apply(w);
    assert_string_equal(json_string_value(json_object_get(report, "status")), "committed");
    assert_int_equal(workshop_count(report, "records.changed"), 1);
    json_decref(report);
    struct idem_session *s = workshop_session(w, IDEM_READ);
    struct store *store;
    assert_int_equal(session_store(s, STORE_READ, &store, &w->err), IDEM_OK);
    struct str after = S_packed(w, store, rid);
    assert_true(str_eq(after, before));
    assert_true(str_eq(store_info(store)->normaliser, str_from(normalize_version())));
    idem_close(s);
    assert_string_equal(workshop_partition(w), partition);
    w->rebuild = false;
    report = workshop_apply(w);
    assert_string_equal(json_string_value(json_object_get(report, "status")), "unchanged");
    json_decref(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_run_under_another_normaliser_stops_and_a_rebuild_mends_it, S_setup,
                                        S_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Values of hashed fields are not even inside what is sealed: after all that writes was done, every container is opened
 * with the key, and what is in it is searched for them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "store/sealed_tables.h"
#include "workshop.h"

static const char CONFIG[] =
    "{'entity':'person','sources':["
    "{'name':'crm','path':'crm.csv','record_id':'id','fields':{'given_name':'first','family_name':'last','phone':'tel',"
    "'tax_id':'tax'}},"
    "{'name':'bill','path':'bill.csv','record_id':'id','country':'AT','fields':{'full_name':'name','tax_id':'tax'}}],"
    "'matching':{'rules':[{'when':['tax_id'],'then':'same'}],'blocking':[['tax_id'],['phone'],['given_name']]},"
    "'quality':[{'source':'bill','expect':'matches','field':'tax_id','pattern':'^(at|AT)','on_fail':'reject'}],"
    "'gates':{'max_churn':false,'max_merged_masters':false,'max_gone':false},"
    "'privacy':{'fields':{'tax_id':'hashed','phone':'hashed'}}}";

/* As written and as normalised. */
static const char *const VALUES[] = {"AT-771-456-709", "AT771456709", "771456709",     "at771456709",  "830214577",
                                     "FR830214577",    "5837164",     "+43 1 5837164", "4315837164",   "46119023",
                                     "611190233",      "DE611190233", "00743110157",   "IT0074311015", "77182934"};

static void S_files(struct workshop *w, const char *phone)
{
    workshop_write(w, "crm.csv",
                   str_cstr(&w->arena, arena_printf(&w->arena,
                                                    "id,first,last,tel,tax\n1,Maria,Huber,%s,AT-771-456-709\n"
                                                    "2,Jon,Smith,+44 20 46119023,AT611190233\n3,Rosa,Lang,,\n",
                                                    phone)));
    workshop_write(w, "bill.csv",
                   "id,name,tax\nA,Huber Mitzi,at771456709\nB,Pan Peter,FR830214577\nC,Pan Rosa,AT77182934\n");
}

static void S_done(struct workshop *w, enum idem_status status, char **json)
{
    if (status != IDEM_OK)
        fail_msg("%s", w->err.message);
    idem_free(*json);
    *json = NULL;
}

/* Everything that writes what was read, asked or decided. */
static void S_write(struct workshop *w)
{
    static const struct idem_field ASKED[] = {{{"tax_id", 6}, {"FR 830214577", 12}},
                                              {{"phone", 5}, {"+43 1 5837164", 13}}};
    static const char RECORD[] =
        "{\"data_source\":\"crm\",\"record_id\":\"9\",\"fields\":{\"tax_id\":\"DE611190233\"}}";
    const struct idem_str record = {RECORD, sizeof RECORD - 1};
    const struct idem_steward_options options = {.by = "ada", .reason = "they said so"};
    struct idem_resolver *r;
    char *json = NULL;
    size_t n_failed;
    S_files(w, "+43 1 5837164");
    workshop_run(w);
    S_files(w, "+43 1 5837165");
    workshop_run(w);
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    S_done(w, idem_pin(s, "crm:3", "tax_id", "IT 00743110157", NULL, &options, &json, &w->err), &json);
    S_done(w, idem_decide(s, "crm:1", "crm:2", "different", &options, &json, &w->err), &json);
    S_done(w, idem_resolver_open(s, &r, &w->err), &json);
    S_done(w, idem_search(r, ASKED, 2, NULL, &json, &w->err), &json);
    S_done(w, idem_resolve(r, &record, 1, NULL, &json, &n_failed, &w->err), &json);
    assert_int_equal(n_failed, 0);
    idem_resolver_close(r);
    S_done(w, idem_show(s, "crm:1", &json, &w->err), &json);
    idem_close(s);
}

static void S_open_table(struct store *s, const struct sealed_table *t, struct buf *all, unsigned *opened)
{
    char query[200];
    sqlite3_stmt *st;
    struct idem_error err;
    bool row = true;
    snprintf(query, sizeof query, "SELECT %s, %s, %s FROM %s WHERE %s IS NOT NULL", t->row, t->version, t->body,
             t->table, t->body);
    assert_int_equal(sql_prepare(s, query, &st, &err), IDEM_OK);
    for (;;) {
        assert_int_equal(sql_step(s, st, &row, &err), IDEM_OK);
        if (!row)
            break;
        if (store_unseal(s, t->name, sqlite3_column_int64(st, 0), (uint32_t)sqlite3_column_int64(st, 1),
                         sql_bytes(st, 2), all, &err) != IDEM_OK)
            fail_msg("%s: %s", t->table, err.message);
        buf_byte(all, '\n');
        ++*opened;
    }
    sqlite3_finalize(st);
}

static void nothing_in_an_opened_container_is_a_value_of_a_hashed_field(void **state)
{
    (void)state;
    struct workshop w;
    struct keyring *keys;
    struct store *s;
    struct buf all = {0};
    unsigned tables = 0;
    workshop_open(&w);
    workshop_config(&w, CONFIG);
    S_write(&w);
    assert_int_equal(keyring_open(workshop_path(&w, "idem.key"), &keys, &w.err), IDEM_OK);
    struct store_options options = {.path = workshop_path(&w, "idem.db"), .mode = STORE_READ, .keys = keys};
    assert_int_equal(store_open(&options, &s, &w.err), IDEM_OK);
    for (size_t i = 0; i < N_SEALED_TABLES; i++) {
        unsigned opened = 0;
        S_open_table(s, &SEALED_TABLES[i], &all, &opened);
        tables += opened > 0;
    }
    assert_true(tables >= 6);
    assert_true(str_find(buf_view(&all), STR("Maria")) != SIZE_MAX); /* what is not hashed is found */
    for (size_t i = 0; i < COUNT_OF(VALUES); i++)
        if (str_find(buf_view(&all), str_from(VALUES[i])) != SIZE_MAX)
            fail_msg("value %zu stands in a container", i);
    store_close(s);
    keyring_close(keys);
    buf_deinit(&all);
    workshop_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_in_an_opened_container_is_a_value_of_a_hashed_field)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

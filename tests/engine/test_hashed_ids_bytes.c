/*
 * Hashed record ids are not even inside what is sealed: after all that takes an id was done, every container is opened
 * with the key, and what is in it, and the files as they are, are searched for them.
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
    "{'name':'crm','path':'crm.csv','record_id':'id','fields':{'full_name':'name','tax_id':'tax'},"
    "'also':[{'path':'more.csv','key':'of','fields':{'phone':'tel'}}]},"
    "{'name':'bill','path':'bill.csv','record_id':{'join':['nr','part']},'fields':{'full_name':'name','tax_id':'tax'}}]"
    ","
    "'links':[{'source':'bill','column':'customer','to':'crm'}],"
    "'matching':{'rules':[{'when':['tax_id'],'then':'same'}],'blocking':[['tax_id'],['full_name']]},"
    "'gates':{'max_churn':false,'max_merged_masters':false,'max_gone':false},"
    "'privacy':{'record_ids':'hashed'}}";

/* No other value has these in it. */
static const char *const IDS[] = {"KXQ", "kxq", "ZWV"};

static void S_done(struct workshop *w, enum idem_status status, char **json)
{
    if (status != IDEM_OK)
        fail_msg("%s", w->err.message);
    for (size_t i = 0; *json && i < COUNT_OF(IDS); i++)
        assert_null(strstr(*json, IDS[i]));
    idem_free(*json);
    *json = NULL;
}

static void S_files(struct workshop *w, const char *name)
{
    workshop_write(w, "crm.csv",
                   str_cstr(&w->arena, arena_printf(&w->arena,
                                                    "id,name,tax\nKXQ-771,%s,AT1\nKXQ-772,Jon Smith,GB2\n"
                                                    "KXQ-773,Rosa Lang,\nKXQ-774,Peter Pan,\nKXQ-774,Peter Pan,\n,X,\n",
                                                    name)));
    workshop_write(w, "more.csv", "of,tel\nKXQ-771,+43 1 5837164\nKXQ-999,+43 1 5837165\n");
    workshop_write(
        w, "bill.csv",
        "nr,part,name,tax,customer\nZWV,81,Huber Mitzi,AT1,\nZWV,82,Pan Peter,,KXQ-774\nZWV,83,Lang R,,KXQ-775\n");
}

/* Everything that takes an id. */
static void S_write(struct workshop *w)
{
    static const char RECORD[] =
        "{\"data_source\":\"bill\",\"record_id\":\"ZWV 90\",\"customer\":\"KXQ-772\",\"name\":\"Jon Smith\"}";
    const struct idem_str record = {RECORD, sizeof RECORD - 1};
    const struct idem_steward_options options = {.by = "ada", .reason = "they said so"};
    const struct idem_audit_options about = {.subject = "crm:KXQ-771"};
    const struct idem_erase_options erase = {.by = "ada", .ledger = workshop_path(w, "idem.ledger")};
    static const char *const gone[] = {"crm:KXQ-773"};
    struct idem_resolver *r;
    char *json = NULL, master_id[37];
    size_t n_failed;
    S_files(w, "Maria Huber");
    workshop_run(w);
    S_files(w, "Maria Hubermann");
    workshop_run(w);
    workshop_write(w, "decisions.csv",
                   "left_source,left_id,right_source,right_id,verdict\ncrm,KXQ-772,crm,KXQ-773,different\n");
    workshop_write(w, "ids.csv", "data_source,record_id,entity_id\ncrm,KXQ-771,E1\nbill,ZWV 81,E1\nbill,ZWV 83,E2\n");
    struct idem_session *s = workshop_session(w, IDEM_WRITE);
    S_done(w, idem_pin(s, "crm:KXQ-773", "tax_id", "IT3", NULL, &options, &json, &w->err), &json);
    S_done(w, idem_decide(s, "crm:KXQ-771", "crm:KXQ-772", "different", &options, &json, &w->err), &json);
    S_done(w, idem_decide_file(s, workshop_path(w, "decisions.csv"), &options, &json, &w->err), &json);
    S_done(w, idem_resolver_open(s, &r, &w->err), &json);
    S_done(w, idem_resolve(r, &record, 1, NULL, &json, &n_failed, &w->err), &json);
    assert_int_equal(n_failed, 0);
    idem_resolver_close(r);
    S_done(w, idem_show(s, "crm:KXQ-771", &json, &w->err), &json);
    S_done(w, idem_why(s, "crm:KXQ-771", "bill:ZWV 81", &json, &w->err), &json);
    S_done(w, idem_how(s, "crm:KXQ-771", &json, &w->err), &json);
    S_done(w, idem_history(s, "crm:KXQ-771", &json, &w->err), &json);
    S_done(w, idem_dossier(s, "crm:KXQ-771", IDEM_DOSSIER_JSON, &json, &w->err), &json);
    S_done(w, idem_audit(s, &about, &json, &w->err), &json);
    S_done(w, idem_erase(s, gone, 1, &erase, &json, &w->err), &json);
    assert_int_equal(idem_lookup(s, (struct idem_str){"crm", 3}, (struct idem_str){"KXQ-772", 7}, master_id, &w->err),
                     IDEM_OK);
    assert_int_equal(idem_lookup(s, (struct idem_str){"crm", 3}, (struct idem_str){"KXQ-775", 7}, master_id, &w->err),
                     IDEM_NOT_FOUND);
    idem_close(s);
    assert_true(workshop_together(w, "crm:KXQ-774", "bill:ZWV 82"));
    assert_true(workshop_together(w, "crm:KXQ-772", "bill:ZWV 90"));
    workshop_run(w);
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

static void S_search(struct workshop *w)
{
    struct keyring *keys;
    struct store *s;
    struct buf all = {0};
    unsigned tables = 0;
    assert_int_equal(keyring_open(workshop_path(w, "idem.key"), &keys, &w->err), IDEM_OK);
    struct store_options options = {.path = workshop_path(w, "idem.db"), .mode = STORE_READ, .keys = keys};
    assert_int_equal(store_open(&options, &s, &w->err), IDEM_OK);
    for (size_t i = 0; i < N_SEALED_TABLES; i++) {
        unsigned opened = 0;
        S_open_table(s, &SEALED_TABLES[i], &all, &opened);
        tables += opened > 0;
    }
    assert_true(tables >= 6);
    assert_true(str_find(buf_view(&all), STR("Maria")) != SIZE_MAX); /* what is not hashed is found */
    for (size_t i = 0; i < COUNT_OF(IDS); i++) {
        if (str_find(buf_view(&all), str_from(IDS[i])) != SIZE_MAX)
            fail_msg("id %zu stands in a container", i);
        assert_int_equal(workshop_grep(w, "idem.db", IDS[i]), 0);
        assert_int_equal(workshop_grep(w, "idem.ledger", IDS[i]), 0);
    }
    store_close(s);
    keyring_close(keys);
    buf_deinit(&all);
}

static void nothing_in_an_opened_container_or_a_file_is_a_hashed_record_id(void **state)
{
    (void)state;
    struct workshop w;
    workshop_open(&w);
    workshop_config(&w, CONFIG);
    S_write(&w);
    S_search(&w);
    workshop_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_in_an_opened_container_or_a_file_is_a_hashed_record_id)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What erasure leaves in the hand: receipts, and the ledger that makes older copies forget; readers that hold it up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "erase_shop.h"

static void a_reader_holds_up_the_receipt_and_no_more(void **state)
{
    (void)state;
    struct workshop w;
    struct idem_stream *stream;
    json_t *result;
    char *text = NULL;
    erase_shop_open(&w, CONFIG(SEALED));
    const char *master = workshop_master(&w, "crm:1");
    struct idem_session *reader = workshop_session(&w, IDEM_READ);
    assert_int_equal(idem_stream_open(reader, &stream, &w.err), IDEM_OK);
    assert_int_equal(erase_shop_try(&w, master, NULL, &result), IDEM_BUSY);
    erase_shop_expect(result, "status", "erasing");
    assert_null(json_object_get(result, "receipt"));
    json_decref(result);
    assert_string_equal(workshop_master(&w, "crm:1"), "");
    idem_stream_close(stream);
    idem_close(reader);
    struct idem_session *s = workshop_session(&w, IDEM_WRITE);
    if (idem_erase_finish(s, NULL, &text, &w.err) != IDEM_OK)
        fail_msg("%s", w.err.message);
    assert_non_null(strstr(text, "\"signature\""));
    idem_free(text);
    idem_close(s);
    workshop_close(&w);
}

static enum idem_status S_check(struct workshop *w, const json_t *receipt)
{
    struct idem_session *s = workshop_session(w, IDEM_READ);
    char *text = json_text(receipt), *json = NULL;
    enum idem_status status = idem_verify_receipt(s, (struct idem_str){text, strlen(text)}, &json, &w->err);
    free(text);
    idem_free(json);
    idem_close(s);
    return status;
}

static void a_receipt_holds_until_a_byte_of_it_is_changed(void **state)
{
    (void)state;
    static const char *const MEMBERS[] = {"run_id",      "by",         "committed_at", "records",
                                          "masters",     "removed",    "scrubbed_at",  "search",
                                          "not_reached", "public_key", "signature",    "database"};
    struct workshop w;
    erase_shop_open(&w, CONFIG(SEALED));
    json_t *result = erase_shop_erase(&w, workshop_master(&w, "crm:1")), *receipt = json_object_get(result, "receipt");
    assert_int_equal(S_check(&w, receipt), IDEM_OK);
    for (size_t i = 0; i < COUNT_OF(MEMBERS); i++) {
        json_t *altered = json_deep_copy(receipt);
        assert_non_null(json_object_get(altered, MEMBERS[i]));
        json_object_set_new(altered, MEMBERS[i], json_string("other"));
        if (S_check(&w, altered) != IDEM_CORRUPT)
            fail_msg("%s was altered, and nobody noticed", MEMBERS[i]);
        json_decref(altered);
    }
    json_decref(result);
    workshop_close(&w);
}

/* Who was killed between the end of an erasure and the writing of the receipt asks for it again. */
static void the_last_receipt_is_given_again(void **state)
{
    (void)state;
    struct workshop w;
    json_t *result, *again;
    char *json = NULL;
    erase_shop_open(&w, CONFIG(SEALED));
    struct idem_session *s = workshop_session(&w, IDEM_WRITE);
    assert_int_equal(idem_erase_finish(s, NULL, &json, &w.err), IDEM_NOT_FOUND);
    idem_close(s);
    assert_int_equal(erase_shop_try(&w, workshop_master(&w, "crm:1"), NULL, &result), IDEM_OK);
    s = workshop_session(&w, IDEM_WRITE);
    assert_int_equal(idem_erase_finish(s, NULL, &json, &w.err), IDEM_OK);
    assert_int_equal(json_parse(str_from(json), "result", &again, NULL), IDEM_OK);
    assert_true(json_equal(json_object_get(again, "receipt"), json_object_get(result, "receipt")));
    json_decref(again);
    json_decref(result);
    idem_free(json);
    idem_close(s);
    workshop_close(&w);
}

static void an_older_copy_forgets_again_by_the_ledger(void **state)
{
    (void)state;
    struct workshop w;
    json_t *result;
    struct str copy;
    erase_shop_open(&w, CONFIG(SEALED));
    const char *master = workshop_master(&w, "crm:1"), *other = workshop_master(&w, "crm:3");
    assert_int_equal(file_read(workshop_path(&w, "idem.db"), SIZE_MAX, &w.arena, &copy, NULL), IDEM_OK);
    struct idem_erase_options options = {.ledger = workshop_path(&w, "idem.db.ledger")};
    assert_int_equal(erase_shop_try(&w, master, &options, &result), IDEM_OK);
    json_decref(result);
    assert_int_equal(erase_shop_count_in(&w, "idem.db.ledger", STR("minnie")), 0);
    remove(workshop_path(&w, "idem.db-wal"));
    remove(workshop_path(&w, "idem.db-shm"));
    assert_int_equal(file_write_atomic(workshop_path(&w, "idem.db"), copy, 0600, NULL), IDEM_OK);
    assert_int_equal(erase_shop_number(&w, "SELECT count(*) FROM t_record"), 6);
    assert_string_equal(workshop_master(&w, "crm:1"), "");
    assert_string_equal(workshop_master(&w, "crm:3"), other);
    assert_int_equal(erase_shop_number(&w, "SELECT count(*) FROM t_record"), 4);
    assert_int_equal(erase_shop_number(&w, "SELECT count(*) FROM t_master WHERE status = 3"), 1);
    json_t *report = workshop_apply(&w);
    assert_int_equal(workshop_count(report, "records.set_aside"), 2);
    json_decref(report);
    workshop_close(&w);
}

/* As a process leaves it that was killed while it wrote: before what it erased was committed. */
static void a_torn_line_at_the_end_of_the_ledger_is_cut_off(void **state)
{
    (void)state;
    static const char *const torn[] = {"", "+ 0 ab", "+ ", "x"};
    for (size_t i = 0; i < COUNT_OF(torn); i++) {
        struct workshop w;
        json_t *result;
        struct str copy, ledger;
        erase_shop_open(&w, CONFIG(SEALED));
        const char *path = workshop_path(&w, "idem.db.ledger"), *other = workshop_master(&w, "crm:3");
        struct idem_erase_options options = {.ledger = path};
        assert_int_equal(file_read(workshop_path(&w, "idem.db"), SIZE_MAX, &w.arena, &copy, NULL), IDEM_OK);
        assert_int_equal(erase_shop_try(&w, workshop_master(&w, "crm:1"), &options, &result), IDEM_OK);
        json_decref(result);
        assert_int_equal(file_read(path, SIZE_MAX, &w.arena, &ledger, NULL), IDEM_OK);
        ledger = arena_printf(&w.arena, "%.*s%s", STR_ARG(ledger), torn[i]);
        assert_int_equal(file_write_atomic(path, ledger, 0600, NULL), IDEM_OK);
        assert_string_equal(workshop_master(&w, "crm:3"), other); /* opens */
        assert_int_equal(erase_shop_try(&w, other, &options, &result), IDEM_OK);
        json_decref(result);
        remove(workshop_path(&w, "idem.db-wal"));
        remove(workshop_path(&w, "idem.db-shm"));
        assert_int_equal(file_write_atomic(workshop_path(&w, "idem.db"), copy, 0600, NULL), IDEM_OK);
        assert_string_equal(workshop_master(&w, "crm:1"), "");
        assert_string_equal(workshop_master(&w, "crm:3"), "");
        workshop_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_holds_up_the_receipt_and_no_more),
        cmocka_unit_test(a_receipt_holds_until_a_byte_of_it_is_changed),
        cmocka_unit_test(the_last_receipt_is_given_again),
        cmocka_unit_test(an_older_copy_forgets_again_by_the_ledger),
        cmocka_unit_test(a_torn_line_at_the_end_of_the_ledger_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

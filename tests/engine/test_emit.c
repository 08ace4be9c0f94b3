/* Rows as CSV and JSON lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "engine/emit.h"

static bool S_write(void *context, const void *bytes, size_t len)
{
    buf_add(context, bytes, len);
    return true;
}

static bool S_refuse(void *context, const void *bytes, size_t len)
{
    (void)context;
    (void)bytes;
    (void)len;
    return false;
}

static const struct str COLUMN[] = {{"a", 1}, {"b", 1}};

/* One row of two cells, the second empty. */
static void S_row(struct str value, enum idem_format format, bool safe, struct buf *out)
{
    struct emit e;
    struct idem_export_options options = {.format = format, .spreadsheet_safe = safe};
    buf_clear(out);
    assert_int_equal(emit_begin(&e, S_write, out, &options, COLUMN, 2, NULL), IDEM_OK);
    emit_text(&e, value);
    emit_none(&e);
    assert_int_equal(emit_end_row(&e, NULL), IDEM_OK);
    assert_int_equal(emit_end(&e, NULL), IDEM_OK);
    emit_deinit(&e);
}

static void cells_are_written_as_the_formats_ask(void **state)
{
    static const struct {
        const char *value, *csv, *safe, *json;
    } CASES[] = {
        {"x", "x", "x", "\"x\""},
        {"", "", "", "\"\""},
        {"a,b", "\"a,b\"", "\"a,b\"", "\"a,b\""},
        {"a\"b", "\"a\"\"b\"", "\"a\"\"b\"", "\"a\\\"b\""},
        {"a\nb", "\"a\nb\"", "\"a\nb\"", "\"a\\nb\""},
        {"a\rb", "\"a\rb\"", "\"a\rb\"", "\"a\\rb\""},
        {" a", "\" a\"", "\" a\"", "\" a\""},
        {"=1+1", "=1+1", "'=1+1", "\"=1+1\""},
        {"+1+1", "+1+1", "'+1+1", "\"+1+1\""},
        {"-2.5", "-2.5", "-2.5", "\"-2.5\""},
        {"+4930123", "+4930123", "'+4930123", "\"+4930123\""},
        {"-2+3", "-2+3", "'-2+3", "\"-2+3\""},
        {"@A1", "@A1", "'@A1", "\"@A1\""},
        {"=A1,B1", "\"=A1,B1\"", "\"'=A1,B1\"", "\"=A1,B1\""},
        {"\tx", "\tx", "'\tx", "\"\\tx\""},
        {"\x01\\", "\x01\\", "\x01\\", "\"\\u0001\\\\\""},
        {"\xC3\xBC\xFF", "\xC3\xBC\xFF", "\xC3\xBC\xFF", "\"\xC3\xBC\xEF\xBF\xBD\""},
    };
    struct buf out = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        char expected[128];
        S_row(str_from(CASES[i].value), IDEM_CSV, false, &out);
        snprintf(expected, sizeof expected, "a,b\n%s,\n", CASES[i].csv);
        assert_string_equal(buf_cstr(&out), expected);
        S_row(str_from(CASES[i].value), IDEM_CSV, true, &out);
        snprintf(expected, sizeof expected, "a,b\n%s,\n", CASES[i].safe);
        assert_string_equal(buf_cstr(&out), expected);
        S_row(str_from(CASES[i].value), IDEM_JSONL, true, &out);
        snprintf(expected, sizeof expected, "{\"a\":%s,\"b\":null}\n", CASES[i].json);
        assert_string_equal(buf_cstr(&out), expected);
    }
    buf_deinit(&out);
}

static void any_bytes_make_json_that_parses(void **state)
{
    struct buf out = {0};
    (void)state;
    for (unsigned first = 1; first < 256; first++)
        for (unsigned second = 1; second < 256; second += 7) {
            char bytes[] = {(char)first, (char)second, 'x'};
            json_t *row = NULL;
            struct idem_error err;
            S_row((struct str){bytes, 3}, IDEM_JSONL, false, &out);
            assert_int_equal(json_parse(buf_view(&out), "row", &row, &err), IDEM_OK);
            assert_true(str_ends(json_str(json_object_get(row, "a")), STR("x")));
            json_decref(row);
        }
    buf_deinit(&out);
}

static void several_values_are_joined_or_listed(void **state)
{
    const struct str values[] = {STR("x"), STR("y|z"), STR("a,b")};
    struct buf out = {0};
    (void)state;
    for (unsigned format = IDEM_CSV; format <= IDEM_JSONL; format++) {
        struct emit e;
        struct idem_export_options options = {.format = (enum idem_format)format};
        buf_clear(&out);
        emit_begin(&e, S_write, &out, &options, COLUMN, 2, NULL);
        emit_texts(&e, values, 3);
        emit_texts(&e, values, 1);
        emit_end_row(&e, NULL);
        emit_texts(&e, values, 0);
        emit_number(&e, -7);
        emit_end_row(&e, NULL);
        emit_end(&e, NULL);
        emit_deinit(&e);
        assert_string_equal(buf_cstr(&out), format == IDEM_CSV ? "a,b\n\"x|y|z|a,b\",x\n,-7\n"
                                                               : "{\"a\":[\"x\",\"y|z\",\"a,b\"],\"b\":\"x\"}\n"
                                                                 "{\"a\":null,\"b\":-7}\n");
    }
    buf_deinit(&out);
}

static void a_writer_that_refuses_ends_the_export(void **state)
{
    struct emit e;
    struct idem_export_options options = {.format = IDEM_CSV};
    struct idem_error err;
    (void)state;
    assert_int_equal(emit_begin(&e, S_refuse, NULL, &options, COLUMN, 2, &err), IDEM_OK);
    assert_int_equal(emit_end(&e, &err), IDEM_IO);
    emit_deinit(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_written_as_the_formats_ask),
        cmocka_unit_test(any_bytes_make_json_that_parses),
        cmocka_unit_test(several_values_are_joined_or_listed),
        cmocka_unit_test(a_writer_that_refuses_ends_the_export),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

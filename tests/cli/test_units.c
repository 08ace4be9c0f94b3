/* Quantities as they are written and read, and rows of values on standard input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/commands.h"
#include "cli/units.h"
#include "cli/value_lines.h"
#include "record/field.h"

static void durations_are_understood(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        uint64_t ms;
    } CASES[] = {{"500ms", true, 500},    {"60s", true, 60000},   {"60", true, 60000},
                 {"5m", true, 300000},    {"5min", true, 300000}, {"2h", true, 7200000},
                 {"1.5h", true, 5400000}, {"1d", true, 86400000}, {"0", true, 0},
                 {"", false, 0},          {"s", false, 0},        {"5 parsecs", false, 0},
                 {"-5s", false, 0},       {"1e99h", false, 0},    {"99999999999999999999d", false, 0}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        uint64_t ms = 0;
        assert_int_equal(units_duration(str_from(CASES[i].text), &ms), CASES[i].ok);
        if (CASES[i].ok)
            assert_int_equal(ms, CASES[i].ms);
    }
}

static void sizes_are_understood(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        uint64_t bytes;
    } CASES[] = {{"0", true, 0},
                 {"1000", true, 1000},
                 {"10B", true, 10},
                 {"500M", true, 524288000},
                 {"2G", true, 2147483648},
                 {"2GB", true, 2147483648},
                 {"2GiB", true, 2147483648},
                 {"0.5k", true, 512},
                 {"1T", true, 1099511627776},
                 {"", false, 0},
                 {"G", false, 0},
                 {"5X", false, 0},
                 {"-1", false, 0},
                 {"1iB", false, 0}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        uint64_t bytes = 0;
        assert_int_equal(units_bytes(str_from(CASES[i].text), &bytes), CASES[i].ok);
        if (CASES[i].ok)
            assert_int_equal(bytes, CASES[i].bytes);
    }
}

static void assert_text(struct arena *arena, struct str text, const char *expected)
{
    assert_string_equal(str_cstr(arena, text), expected);
}

static void quantities_read_well(void **state)
{
    struct arena a;
    (void)state;
    arena_init(&a);
    assert_text(&a, units_count(&a, 0), "0");
    assert_text(&a, units_count(&a, 999), "999");
    assert_text(&a, units_count(&a, 1000), "1,000");
    assert_text(&a, units_count(&a, 1234567), "1,234,567");
    assert_text(&a, units_count(&a, -1234), "-1,234");
    assert_text(&a, units_count(&a, INT64_MIN), "-9,223,372,036,854,775,808");
    assert_text(&a, units_seconds(&a, 0.0004), "0 ms");
    assert_text(&a, units_seconds(&a, 0.25), "0.2 s");
    assert_text(&a, units_seconds(&a, 9.97), "10 s");
    assert_text(&a, units_seconds(&a, 59.97), "1 min 0 s");
    assert_text(&a, units_seconds(&a, 200), "3 min 20 s");
    assert_text(&a, units_seconds(&a, 7500), "2 h 5 min");
    assert_text(&a, units_size(&a, 812), "812 B");
    assert_text(&a, units_size(&a, 1536), "1.5 KiB");
    assert_text(&a, units_share(&a, 0.9731), "97.3 %");
    arena_deinit(&a);
}

/* The cells of all rows, "|" between cells and "/" behind a row. */
static void S_rows(const char *text, bool whole, struct buf *out)
{
    struct value_lines v = {.file = fmemopen((void *)text, strlen(text), "r"), .whole = whole};
    buf_clear(out);
    while (v.file && value_lines_next(&v)) {
        for (unsigned i = 0; i < v.n; i++) {
            if (i)
                buf_byte(out, '|');
            buf_str(out, value_cell(&v, i));
        }
        buf_byte(out, '/');
    }
    value_lines_deinit(&v);
    if (v.file)
        fclose(v.file);
}

static void values_on_standard_input_are_lines_or_csv(void **state)
{
    static const struct {
        const char *text, *rows, *whole;
    } CASES[] = {{"a\nb\n", "a/b/", "a/b/"},
                 {"a\r\nb", "a/b/", "a/b/"},
                 {"a,b\n", "a|b/", "a,b/"},
                 {"\"a,b\",c\n", "a,b|c/", "a,b,c/"},
                 {"\"a\"\"b\"\n\n", "a\"b//", "a\"b//"},
                 {"\"two\nlines\"\nx\n", "two\nlines/x/", "two\nlines/x/"},
                 {"a\"b\n", "a\"b/", "a\"b/"},
                 {",\n", "|/", ",/"},
                 {"\"open\n", "open\n/", "open\n/"}};
    struct buf out = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        S_rows(CASES[i].text, false, &out);
        assert_string_equal(buf_cstr(&out), CASES[i].rows);
        S_rows(CASES[i].text, true, &out);
        assert_string_equal(buf_cstr(&out), CASES[i].whole);
    }
    buf_deinit(&out);
}

static void completion_offers_every_type_of_value(void **state)
{
    struct str rest = STR(VALUE_TYPES), word;
    unsigned n = 0;
    (void)state;
    while (str_next_token(&rest, " ", &word)) {
        enum field_type type;
        assert_true(field_type_parse(word, &type));
        n++;
    }
    assert_int_equal(n, FIELD_NAMED_TYPES);
}

static void every_command_has_its_texts(void **state)
{
    (void)state;
    for (unsigned i = 0; i < N_COMMANDS; i++) {
        const struct command *c = COMMANDS[i];
        assert_non_null(c->run);
        assert_true(c->summary && c->summary[strlen(c->summary) - 1] != '.');
        assert_true(c->n_examples > 0);
        assert_true(c->most == 0 || c->operands);
        for (unsigned e = 0; e < c->n_examples; e++)
            assert_non_null(strstr(c->example[e].line, c->name));
        for (unsigned o = 0; o < c->n_options; o++) {
            assert_true(c->option[o].at < c->options_size);
            assert_int_equal(c->option[o].argument == NULL, c->option[o].kind == OPTION_FLAG);
            for (unsigned k = 0; k < N_COMMON_OPTIONS; k++) {
                assert_string_not_equal(c->option[o].name, COMMON_OPTIONS[k].name);
                assert_true(!c->option[o].letter || c->option[o].letter != COMMON_OPTIONS[k].letter);
            }
        }
        assert_ptr_equal(command_find(c->name), c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_understood),
        cmocka_unit_test(sizes_are_understood),
        cmocka_unit_test(quantities_read_well),
        cmocka_unit_test(values_on_standard_input_are_lines_or_csv),
        cmocka_unit_test(completion_offers_every_type_of_value),
        cmocka_unit_test(every_command_has_its_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

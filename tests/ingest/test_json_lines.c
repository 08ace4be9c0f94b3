#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "ingest/jsonread.h"
#include "tests/ingest/json_check.h"
#include "tests/ingest/transcript.h"

#define MANY_DOTS "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a"

static const struct {
    const char *what, *text, *want, *expect;
} lines[] = {
    {"strings, numbers and booleans as they stand", "{\"a\":\"x\",\"b\":1.50,\"c\":true,\"d\":-2E+3}\n", "a b c d",
     "1 [x] [1.50] [true] [-2E+3]\n"},
    {"numbers longer than any machine's", "{\"a\":123456789012345678901234567890}\n", "a",
     "1 [123456789012345678901234567890]\n"},
    {"null and absent are the same", "{\"a\":null,\"b\":\"\"}\n", "a b c", "1 - [] -\n"},
    {"a path into objects", "{\"user\":{\"name\":\"Anna\",\"mail\":{\"home\":\"x\"}}}\n", "user.mail.home user.name",
     "1 [x] [Anna]\n"},
    {"a key with a point in it", "{\"user.name\":\"Anna\"}\n{\"user\":{\"name.first\":\"Ben\"}}\n",
     "user.name user.name.first", "1 [Anna] -\n2 - [Ben]\n"},
    {"an array gives several values", "{\"a\":[1,\"x\",null,[2,[3]]],\"b\":[],\"c\":[[]]}\n", "a b c",
     "1 [1]+[x]+[2]+[3] - -\n"},
    {"a path through an array of objects", "{\"emails\":[{\"value\":\"x\"},{\"other\":1},{\"value\":\"y\"}]}\n",
     "emails.value", "1 [x]+[y]\n"},
    /* the ways to divide it into keys are 2^29 */
    {"a path of many dots is one way or another of keys",
     "{\"" MANY_DOTS "." MANY_DOTS "\":1}\n{\"" MANY_DOTS "\":{\"" MANY_DOTS "\":2}}\n{\"a\":{\"a.a\":3}}\n",
     MANY_DOTS "." MANY_DOTS, "1 [1]\n2 [2]\n3 -\n"},
    {"an object as value is its text", "{\"a\": {\"b\" : 1 } , \"c\":2}\n", "a a.b", "1 [{\"b\" : 1 }] [1]\n"},
    {"escapes", "{\"a\":\"\\u00e9\\n\\\"\\\\\\/\\t\",\"b\":\"\\ud83d\\ude00\",\"c\":\"x\\ud83dy\"}\n", "a b c",
     "1 [\xC3\xA9\n\"\\/\t] [\xF0\x9F\x98\x80] [x\xEF\xBF\xBDy]\n"},
    {"an escaped key", "{\"\\u0061\":1}\n", "a", "1 [1]\n"},
    {"of a key given twice the first counts", "{\"a\":1,\"a\":2,\"b\":{\"c\":1},\"b\":{\"c\":2}}\n", "a b.c",
     "1 [1] [1]\n"},
    {"the whole line, and one column twice", " {\"a\":1} \r\n", ". a a", "1 [{\"a\":1}] [1] [1]\n"},
    {"empty lines are passed over", "\n{\"a\":1}\n  \n\r\n{\"a\":2}", "a", "2 [1]\n5 [2]\n"},
    {"what is not JSON is set aside",
     "{\"a\":1\n{\"a\":01}\n{\"a\":1,}\n{a:1}\n{\"a\":tru}\n{\"a\":\"x}\n{\"a\":\"\\q\"}\n{\"a\":1}}\n{\"a\":1} "
     "2\n{\"a\":1}\n",
     "a",
     "10 [1]\n1 bad JSON\n2 bad JSON\n3 bad JSON\n4 bad JSON\n5 bad JSON\n6 bad JSON\n7 bad JSON\n8 bad JSON\n9 bad "
     "JSON\n"},
    {"in parts nobody wants, too", "{\"a\":1,\"z\":[1,2}\n{\"a\":1,\"z\":tru}\n{\"a\":1,\"z\":\"\\x\"}\n", "a",
     "1 bad JSON\n2 bad JSON\n3 bad JSON\n"},
    {"what is not an object is set aside", "[1]\n5\n\"x\"\n{}\n", "a",
     "4 -\n1 not a JSON object\n2 not a JSON object\n3 not a JSON object\n"},
    {"what is not UTF-8 is set aside", "{\"a\":\"\xE9\"}\n{\"a\":\"\xC3\xA9\"}\n", "a",
     "2 [\xC3\xA9]\n1 bad encoding\n"},
    {"an escaped NUL is set aside where it is wanted", "{\"a\":\"x\\u0000\"}\n{\"a\":1,\"b\":\"\\u0000\"}\n", "a",
     "2 [1]\n1 NUL byte\n"},
};

static size_t S_split(const char *names, struct str want[16])
{
    size_t n = 0;
    struct str rest = str_from(names ? names : ""), name;
    while (str_next_token(&rest, " ", &name))
        want[n++] = name;
    return n;
}

static void a_row_is_read_from_each_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct str want[16];
        struct transcript t = {0};
        struct idem_error err = {0};
        struct ingest_options options = {.format = INGEST_JSONL, .want = want, .missing_columns_ok = true};
        options.n_want = S_split(lines[i].want, want);
        assert_int_equal(transcript_read_text(&t, str_from(lines[i].text), &options, &reader_usual, &err), IDEM_OK);
        const char *got = transcript_text(&t);
        if (strcmp(got, lines[i].expect) != 0)
            fail_msg("%s: expected\n%s\ngot\n%s", lines[i].what, lines[i].expect, got);
        transcript_deinit(&t);
    }
}

static void a_raw_nul_sets_the_line_aside(void **state)
{
    (void)state;
    struct transcript t = {0};
    struct idem_error err = {0};
    struct ingest_options options = {.format = INGEST_JSONL};
    assert_int_equal(transcript_read_text(&t, STR("{\"a\":\"\0\"}\n{\"a\":1}\n"), &options, &reader_usual, &err),
                     IDEM_OK);
    assert_string_equal(transcript_text(&t), "2 [1]\n1 NUL byte\n");
    transcript_deinit(&t);
}

static void long_lines_and_values_are_set_aside(void **state)
{
    (void)state;
    struct buf text = {0};
    struct transcript t = {0};
    struct idem_error err = {0};
    struct ingest_options options = {.format = INGEST_JSONL};
    struct reader_tuning tuning = reader_usual;
    tuning.limits = (struct csv_limits){20, 100};
    buf_str(&text, STR("{\"a\":\"12345678901234567890\"}\n{\"a\":\"123456789012345678901\"}\n{\"a\":["));
    for (unsigned i = 0; i < 100; i++)
        buf_str(&text, STR("1,"));
    buf_str(&text, STR("1]}\n{\"a\":2}\n"));
    for (tuning.slice_bytes = 1; tuning.slice_bytes < 3000; tuning.slice_bytes = tuning.slice_bytes * 3 + 1)
        for (tuning.sample_bytes = 60; tuning.sample_bytes < 300; tuning.sample_bytes += 13) {
            assert_int_equal(transcript_read_text(&t, buf_view(&text), &options, &tuning, &err), IDEM_OK);
            assert_string_equal(transcript_text(&t),
                                "1 [12345678901234567890]\n4 [2]\n2 cell too long\n3 cell too long\n");
            transcript_deinit(&t);
        }
    buf_deinit(&text);
}

static void nesting_has_a_limit(void **state)
{
    (void)state;
    for (int over = 0; over <= 1; over++) {
        struct buf text = {0};
        struct transcript t = {0};
        struct idem_error err = {0};
        struct str a = STR("a");
        struct ingest_options options = {.format = INGEST_JSONL, .want = &a, .n_want = 1};
        buf_str(&text, STR("{\"a\":"));
        for (int i = 0; i < JSONSHIM_MOST_DEPTH - 2 + over; i++)
            buf_byte(&text, '[');
        buf_byte(&text, '1');
        for (int i = 0; i < JSONSHIM_MOST_DEPTH - 2 + over; i++)
            buf_byte(&text, ']');
        buf_str(&text, STR("}\n{\"a\":2}\n"));
        assert_int_equal(transcript_read_text(&t, buf_view(&text), &options, &reader_usual, &err), IDEM_OK);
        assert_string_equal(transcript_text(&t), over ? "2 [2]\n1 bad JSON\n" : "1 [1]\n2 [2]\n");
        transcript_deinit(&t);
        buf_deinit(&text);
    }
}

static const struct {
    const char *what, *text, *paths;
} samples[] = {
    {"leaves in order of appearance", "{\"b\":1,\"a\":{\"x\":1,\"y\":[2]}}\n{\"c\":1,\"b\":2}\n", "b a.x a.y c"},
    {"arrays leave no trace", "{\"e\":[{\"v\":1},{\"w\":[[2]]}]}\n", "e.v e.w"},
    {"a null counts unless it is an object elsewhere", "{\"u\":null,\"n\":null,\"l\":[]}\n{\"u\":{\"x\":1}}\n",
     "n l u.x"},
    {"broken lines count for nothing", "{\"a\":1,\"zz\":\n{\"a\":1}\n[{\"q\":1}]\n", "a"},
    {"no line, no path", "\n\n", ""},
};

static void the_paths_of_a_sample_are_its_columns(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        char file[64];
        struct reader *reader;
        struct idem_error err = {0};
        struct buf got = {0};
        int fd = memory_file(str_from(samples[i].text), file);
        struct ingest_options options = {.path = file, .format = INGEST_JSONL};
        assert_int_equal(reader_open(&options, &reader, &err), IDEM_OK);
        const struct reader_facts *facts = reader_facts(reader);
        for (size_t c = 0; c < facts->n_columns; c++)
            buf_printf(&got, "%s%.*s", c ? " " : "", STR_ARG(facts->column[c]));
        if (strcmp(buf_cstr(&got), samples[i].paths) != 0)
            fail_msg("%s: expected %s, got %s", samples[i].what, samples[i].paths, got.ptr);
        buf_deinit(&got);
        reader_close(reader);
        close(fd);
    }
}

static void a_path_that_no_line_has_is_refused_with_the_nearest(void **state)
{
    (void)state;
    struct transcript t = {0};
    struct idem_error err = {0};
    struct str want[] = {STR("user"), STR("user.emial")};
    struct ingest_options options = {.format = INGEST_JSONL, .want = want, .n_want = 2};
    struct str text = STR("{\"user\":{\"email\":\"x\"}}\n");
    assert_int_equal(transcript_read_text(&t, text, &options, &reader_usual, &err), IDEM_INVALID);
    assert_non_null(
        strstr(err.message, "there is no path \"user.emial\" in the first lines, did you mean \"user.email\"?"));
    options.n_want = 1; /* an object is there, too */
    assert_int_equal(transcript_read_text(&t, text, &options, &reader_usual, &err), IDEM_OK);
    transcript_deinit(&t);
}

static void one_document_is_not_json_lines(void **state)
{
    (void)state;
    static const char *const documents[] = {"[{\"a\":1},\n{\"a\":2}]\n", "[\n {\"a\":1}\n]\n", "{\n \"a\": 1\n}\n",
                                            " [{\"a\":1}]"};
    for (size_t i = 0; i < COUNT_OF(documents); i++) {
        struct transcript t = {0};
        struct idem_error err = {0};
        struct ingest_options options = {.format = INGEST_JSONL};
        assert_int_equal(transcript_read_text(&t, str_from(documents[i]), &options, &reader_usual, &err), IDEM_INVALID);
        assert_non_null(strstr(err.message, "is one JSON document"));
        transcript_deinit(&t);
    }
}

static void a_path_that_comes_late_is_found(void **state)
{
    (void)state;
    struct buf text = {0};
    struct transcript t = {0};
    struct idem_error err = {0};
    struct str want = STR("late");
    struct ingest_options options = {.format = INGEST_JSONL, .want = &want, .n_want = 1};
    for (unsigned i = 0; i < 5000; i++)
        buf_printf(&text, "{\"a\":%u}\n", i);
    buf_str(&text, STR("{\"late\":\"x\"}\n"));
    assert_int_equal(transcript_read_text(&t, buf_view(&text), &options, &reader_usual, &err), IDEM_OK);
    assert_int_equal(t.n_rows, 5001);
    transcript_deinit(&t);
    buf_deinit(&text);
}

static void the_reader_agrees_with_jansson_on_spoiled_lines(void **state)
{
    (void)state;
    static const char base[] =
        "{\"a\":{\"b\":[1,\"x\\u00e9\",null,{\"c\":true}],\"q\":-1.5e3},\"b\":\"\\\"\\\\ y\"}\n{\"a\":[],\"b\":{}}\n"
        "{\"a\":{\"b\":\"\xC3\xA9\"},\"a.b\":2, \"z\":[[],{}]}\n";
    static const char bytes[] = "{}[]:,\"\\ 0n\n\xC3";
    for (size_t i = 0; i < sizeof base - 1; i++)
        for (size_t k = 0; k < sizeof bytes; k++) {
            char text[sizeof base];
            memcpy(text, base, sizeof base);
            text[i] = bytes[k];
            char *difference = json_check((struct str){text, sizeof base - 1});
            if (difference)
                fail_msg("byte %zu as %d: %s", i, bytes[k], difference);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_read_from_each_line),
        cmocka_unit_test(a_raw_nul_sets_the_line_aside),
        cmocka_unit_test(long_lines_and_values_are_set_aside),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(the_paths_of_a_sample_are_its_columns),
        cmocka_unit_test(a_path_that_no_line_has_is_refused_with_the_nearest),
        cmocka_unit_test(one_document_is_not_json_lines),
        cmocka_unit_test(a_path_that_comes_late_is_found),
        cmocka_unit_test(the_reader_agrees_with_jansson_on_spoiled_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/ingest/transcript.h"

/* One file: its text, how it is read, and what must come out. */
struct file_case {
    const char *what;
    struct str text;
    struct ingest_options options;
    const char *want; /* wanted columns, separated by blanks; NULL: all */
    const char *expect;
};

#define TEXT(literal)                                                                                                  \
    {                                                                                                                  \
        (literal), sizeof(literal) - 1                                                                                 \
    }

static struct ingest_options S_options(const struct file_case *c, struct str want[16])
{
    struct ingest_options options = c->options;
    struct str rest = str_from(c->want ? c->want : ""), name;
    options.want = want;
    while (str_next_token(&rest, " ", &name))
        want[options.n_want++] = name;
    if (options.format == INGEST_AUTO)
        options.format = INGEST_CSV;
    return options;
}

static void S_run(const struct file_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct str want[16];
        struct transcript t = {0};
        struct idem_error err = {0};
        struct ingest_options options = S_options(&cases[i], want);
        if (transcript_read_text(&t, cases[i].text, &options, &reader_usual, &err) != IDEM_OK)
            fail_msg("%s: %s", cases[i].what, err.message);
        const char *got = transcript_text(&t);
        if (strcmp(got, cases[i].expect) != 0)
            fail_msg("%s: expected\n%s\ngot\n%s", cases[i].what, cases[i].expect, got);
        transcript_deinit(&t);
    }
}

static const struct file_case rfc4180[] = {
    {"plain", TEXT("id,name\n1,Anna\n2,Ben\n"), {0}, NULL, "2 [1] [Anna]\n3 [2] [Ben]\n"},
    {"no line end at the end", TEXT("id,name\n1,Anna"), {0}, NULL, "2 [1] [Anna]\n"},
    {"CRLF", TEXT("id,name\r\n1,Anna\r\n2,Ben\r\n"), {0}, NULL, "2 [1] [Anna]\n3 [2] [Ben]\n"},
    {"CR", TEXT("id,name\r1,Anna\r2,Ben\r"), {0}, NULL, "2 [1] [Anna]\n3 [2] [Ben]\n"},
    {"all three", TEXT("id,name\r\n1,a\n2,b\r3,c\n"), {0}, NULL, "2 [1] [a]\n3 [2] [b]\n4 [3] [c]\n"},
    {"quotes",
     TEXT("id,name\n1,\"Anna, Maria\"\n2,\"\"\n3,\"a \"\"b\"\" c\"\n4,\"\"\"\"\n"),
     {0},
     NULL,
     "2 [1] [Anna, Maria]\n3 [2] []\n4 [3] [a \"b\" c]\n5 [4] [\"]\n"},
    {"lines within quotes are counted",
     TEXT("id,note\n1,\"a\nb\r\nc\rd\"\n2,x\n"),
     {0},
     NULL,
     "2 [1] [a\nb\r\nc\rd]\n6 [2] [x]\n"},
    {"white space is kept", TEXT("id,name\n1, Anna \n"), {0}, NULL, "2 [1] [ Anna ]\n"},
    {"a quote within a plain cell is text",
     TEXT("id,what\n1,5\" pipe\n2,a\"\"b\n"),
     {0},
     NULL,
     "2 [1] [5\" pipe]\n3 [2] [a\"\"b]\n"},
    {"empty lines are passed over", TEXT("\n\r\nid,name\n\n1,a\n \t \n2,b\n\n"), {0}, NULL, "5 [1] [a]\n7 [2] [b]\n"},
    {"one column", TEXT("name\nAnna\n\n \nBen\n"), {.header = HEADER_YES}, NULL, "2 [Anna]\n4 [ ]\n5 [Ben]\n"},
    {"a byte order mark", TEXT("\xEF\xBB\xBFid,name\n1,a\n"), {0}, "id", "2 [1]\n"},
    {"columns as wanted, twice and whole", TEXT("a,b,c\n1,2,3\n"), {0}, "c . a c", "2 [3] [1,2,3] [1] [3]\n"},
    {"header only", TEXT("id,name\n"), {0}, "id", ""},
};

static void files_are_read_by_rfc_4180(void **state)
{
    (void)state;
    S_run(rfc4180, COUNT_OF(rfc4180));
}

static const struct file_case rejects[] = {
    {"too few and too many cells",
     TEXT("a,b,c\n1,2\n1,2,3\n1,2,3,4\n"),
     {0},
     NULL,
     "3 [1] [2] [3]\n2 too few cells\n4 too many cells\n"},
    {"one delimiter too many at the end",
     TEXT("a,b\n1,2,\n3,4\n5,6,,\n7,8,\"\"\n"),
     {0},
     NULL,
     "2 [1] [2]\n3 [3] [4]\n4 too many cells\n5 too many cells\n"},
    {"the header too has one", TEXT("a,b,\n1,2,\n3,4\n"), {0}, NULL, "2 [1] [2]\n3 [3] [4]\n"},
    {"a NUL", TEXT("a,b\n1,\0\n2,x\n"), {0}, NULL, "3 [2] [x]\n2 NUL byte\n"},
    {"invalid UTF-8",
     TEXT("a,b\n1,\xE9\n2,\xC3\xA9\n3,\xED\xA0\x80\n4,\xC3\n5,\xF0\x9F\x98\x80\n"),
     {0},
     NULL,
     "3 [2] [\xC3\xA9]\n6 [5] [\xF0\x9F\x98\x80]\n2 bad encoding\n4 bad encoding\n5 bad encoding\n"},
    {"text behind a closing quote",
     TEXT("a,b\n1,\"x\"y\n2,\"x\" \n3,z\n"),
     {0},
     NULL,
     "4 [3] [z]\n2 stray quote\n3 stray quote\n"},
    {"the rest of a stray row goes with it",
     TEXT("a,b\n1,\"x\"y,\"two\nlines\"\n3,z\n"),
     {0},
     NULL,
     "4 [3] [z]\n2 stray quote\n"},
    {"an unclosed quote costs its line alone",
     TEXT("a,b\n1,\"open\n2,x\n3,\"y\"\n4,z\n"),
     {0},
     NULL,
     "3 [2] [x]\n4 [3] [y]\n5 [4] [z]\n2 unclosed quote\n"},
    {"when all cells are quoted",
     TEXT("\"a\",\"b\"\n\"1\",\"open\n\"2\",\"x\"\n"),
     {.header = HEADER_YES},
     NULL,
     "3 [2] [x]\n2 unclosed quote\n"},
    {"when nothing closes it to the end",
     TEXT("a,b\n1,\"open\n2,x\n3,y\n"),
     {0},
     NULL,
     "3 [2] [x]\n4 [3] [y]\n2 unclosed quote\n"},
    {"in the last row", TEXT("a,b\n1,x\n2,\"open"), {0}, NULL, "2 [1] [x]\n3 unclosed quote\n"},
    {"behind a cell of two lines", TEXT("a,b\n\"p\nq\",\"open\n2,x\n"), {0}, NULL, "4 [2] [x]\n2 unclosed quote\n"},
    {"twice in a row",
     TEXT("a,b\n1,\"open\n2,\"open\n3,x\n"),
     {0},
     NULL,
     "4 [3] [x]\n2 unclosed quote\n3 unclosed quote\n"},
};

static void bad_rows_are_set_aside_with_line_and_reason(void **state)
{
    (void)state;
    S_run(rejects, COUNT_OF(rejects));
}

/* `n` times the byte. */
static struct str S_many(char byte, size_t n)
{
    char *text = xmalloc(n);
    memset(text, byte, n);
    return (struct str){text, n};
}

static void S_expect_rejects(struct buf *text, const char *expect)
{
    struct transcript t = {0};
    struct idem_error err = {0};
    struct ingest_options options = {.format = INGEST_CSV, .header = HEADER_YES, .delimiter = ',', .quote = '"'};
    assert_int_equal(transcript_read_text(&t, buf_view(text), &options, &reader_usual, &err), IDEM_OK);
    assert_string_equal(transcript_text(&t), expect);
    transcript_deinit(&t);
    buf_deinit(text);
}

static void a_cell_beyond_the_limit_is_given_up_and_reading_goes_on(void **state)
{
    (void)state;
    struct str most = S_many('x', MOST_CELL_BYTES + 1), row = S_many('y', MOST_ROW_BYTES + 100);
    struct buf text = {0};
    buf_str(&text, STR("a,b\n1,"));
    buf_str(&text, most);
    buf_str(&text, STR("\n2,\""));
    buf_str(&text, most);
    buf_str(&text, STR("\"\n3,ok\n"));
    buf_str(&text, row);
    buf_str(&text, STR("\n5,ok\n"));
    S_expect_rejects(&text, "4 [3] [ok]\n6 [5] [ok]\n2 cell too long\n3 cell too long\n5 cell too long\n");
    free((char *)(uintptr_t)most.ptr);
    free((char *)(uintptr_t)row.ptr);
}

static void the_longest_cell_allowed_is_read(void **state)
{
    (void)state;
    struct str most = S_many('x', MOST_CELL_BYTES);
    struct buf text = {0}, expect = {0};
    buf_str(&text, STR("a,b\n1,\""));
    buf_str(&text, most);
    buf_str(&text, STR("\"\n"));
    buf_str(&expect, STR("2 [1] ["));
    buf_str(&expect, most);
    buf_str(&expect, STR("]\n"));
    S_expect_rejects(&text, buf_cstr(&expect));
    buf_deinit(&expect);
    free((char *)(uintptr_t)most.ptr);
}

static void an_unclosed_quote_far_from_any_other_costs_its_line_alone(void **state)
{
    (void)state;
    struct buf text = {0};
    struct transcript t = {0};
    struct idem_error err = {0};
    struct ingest_options options = {.format = INGEST_CSV, .header = HEADER_YES, .delimiter = ',', .quote = '"'};
    buf_str(&text, STR("a,b\n1,\"open\n"));
    while (text.len < 3 * MOST_CELL_BYTES)
        buf_str(&text, STR("2,some text without quotes\n"));
    size_t rows = (text.len - 12) / 27;
    assert_int_equal(transcript_read_text(&t, buf_view(&text), &options, &reader_usual, &err), IDEM_OK);
    assert_int_equal(t.n_rows, rows);
    assert_int_equal(t.n_rejects, 1);
    transcript_deinit(&t);
    buf_deinit(&text);
}

static const struct file_case sniffing[] = {
    {"semicolon", TEXT("id;name;sum\n1;Anna;1,5\n2;Ben;2,5\n"), {0}, NULL, "2 [1] [Anna] [1,5]\n3 [2] [Ben] [2,5]\n"},
    {"tab", TEXT("id\tname\n1\tAnna, B\n"), {0}, NULL, "2 [1] [Anna, B]\n"},
    {"bar", TEXT("id|name\n1|a;b\n2|c\n"), {0}, NULL, "2 [1] [a;b]\n3 [2] [c]\n"},
    {"a comma in quotes is none", TEXT("a;b\n\"1,2,3\";x\n\"4,5,6\";y\n"), {0}, NULL, "2 [1,2,3] [x]\n3 [4,5,6] [y]\n"},
    {"no delimiter at all", TEXT("name\nAnna\nBen\n"), {0}, NULL, "2 [Anna]\n3 [Ben]\n"},
    {"the first line declares it", TEXT("sep=;\r\na;b\r\n1,1;2\r\n"), {0}, NULL, "3 [1,1] [2]\n"},
    {"apostrophes as quotes",
     TEXT("'id','name'\n'1','Anna, B'\n'2','it''s'\n"),
     {0},
     NULL,
     "2 [1] [Anna, B]\n3 [2] [it's]\n"},
    {"an apostrophe in a name is text",
     TEXT("id,name\n1,O'Neil\n2,'t Hooft\n"),
     {0},
     NULL,
     "2 [1] [O'Neil]\n3 [2] ['t Hooft]\n"},
    {"quotes switched off", TEXT("a,b\n\"1,2\"\n"), {.quote = '\1'}, NULL, "2 [\"1] [2\"]\n"},
    {"delimiter given", TEXT("a:b\n1:2,3\n"), {.delimiter = ':'}, NULL, "2 [1] [2,3]\n"},
    {"wanted names decide", TEXT("x;y,z\n1;2,3\n"), {0}, "x", "2 [1]\n"},
    {"without header: numbers in the first row", TEXT("1,Anna\n2,Ben\n"), {0}, "column2", "1 [Anna]\n2 [Ben]\n"},
    {"without header: an address",
     TEXT("anna@example.org,x\nben@example.org,y\n"),
     {0},
     "column1",
     "1 [anna@example.org]\n2 [ben@example.org]\n"},
    {"without header: ids of one shape",
     TEXT("C-100,x\nC-101,y\nC-7,z\n"),
     {0},
     "column1",
     "1 [C-100]\n2 [C-101]\n3 [C-7]\n"},
    {"without header: a value that comes again",
     TEXT("Anna,Berlin\nBen,Bonn\nCleo,Berlin\n"),
     {0},
     "column1",
     "1 [Anna]\n2 [Ben]\n3 [Cleo]\n"},
    {"header by order", TEXT("1,2\n3,4\n"), {.header = HEADER_YES}, "2", "2 [4]\n"},
    {"no header by order", TEXT("a,b\nc,d\n"), {.header = HEADER_NO}, "column2", "1 [b]\n2 [d]\n"},
    {"names are trimmed, empty ones numbered, repeated ones marked",
     TEXT(" id ,,name,name\n1,2,3,4\n"),
     {.header = HEADER_YES},
     "name_2 column2 id name",
     "2 [4] [2] [1] [3]\n"},
    {"a quoted name", TEXT("\"the \"\"id\"\"\",b\n1,2\n"), {0}, NULL, "2 [1] [2]\n"},
    {"what is absent may be absent", TEXT("a,b\n1,2\n"), {.missing_columns_ok = true}, "b nix a", "2 [2] - [1]\n"},
    {"an empty file may have no columns", TEXT(""), {.missing_columns_ok = true}, "a", ""},
};

static void delimiter_quote_and_header_are_found_out(void **state)
{
    (void)state;
    S_run(sniffing, COUNT_OF(sniffing));
}

static const struct {
    const char *what;
    struct str text;
    struct ingest_options options;
    const char *want;
    const char *message; /* part of it */
} failures[] = {
    {"a column that is not there",
     TEXT("id,email\n1,x\n"),
     {0},
     "emial",
     "there is no column \"emial\", did you mean \"email\"?"},
    {"nothing like it", TEXT("id,email\n1,x\n"), {0}, "telephone", "there is no column \"telephone\""},
    {"an empty file", TEXT(""), {0}, "id", "the file is empty"},
    {"a header in another encoding",
     TEXT("id,Stra\xDF"
          "e,Gr\xF6\xDF"
          "e\n1,2,3\n"),
     {0},
     "id",
     "the header is not valid UTF-8; set \"encoding\""},
    {"an unknown encoding", TEXT("a\n1\n"), {.encoding = TEXT("klingon")}, NULL, "encoding \"klingon\" is not known"},
    {"a zip archive", TEXT("PK\x03\x04...."), {0}, NULL, "zip archive"},
    {"a header with an open quote", TEXT("a,\"b\n1,2\n"), {.header = HEADER_YES}, NULL, "the header cannot be read"},
};

static void what_cannot_be_read_is_refused_with_place_and_fix(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(failures); i++) {
        struct str want[16];
        struct file_case c = {.options = failures[i].options, .want = failures[i].want};
        struct transcript t = {0};
        struct idem_error err = {0};
        struct ingest_options options = S_options(&c, want);
        enum idem_status status = transcript_read_text(&t, failures[i].text, &options, &reader_usual, &err);
        if (status != IDEM_INVALID || !strstr(err.message, failures[i].message))
            fail_msg("%s: status %d, message \"%s\"", failures[i].what, (int)status, err.message);
        transcript_deinit(&t);
    }
}

static void a_missing_file_is_not_found_by_its_path(void **state)
{
    (void)state;
    struct reader *reader;
    struct idem_error err = {0};
    struct ingest_options options = {.path = "/nowhere/crm.csv"};
    assert_int_equal(reader_open(&options, &reader, &err), IDEM_NOT_FOUND);
    assert_non_null(strstr(err.message, "/nowhere/crm.csv"));
    assert_null(reader);
    options.path = "/tmp";
    assert_int_equal(reader_open(&options, &reader, &err), IDEM_IO);
}

static void too_many_columns_are_a_limit(void **state)
{
    (void)state;
    struct str commas = S_many(',', MOST_COLUMNS);
    struct transcript t = {0};
    struct idem_error err = {0};
    struct ingest_options options = {.format = INGEST_CSV, .delimiter = ',', .header = HEADER_NO};
    assert_int_equal(transcript_read_text(&t, commas, &options, &reader_usual, &err), IDEM_LIMIT);
    commas.len--;
    assert_int_equal(transcript_read_text(&t, commas, &options, &reader_usual, &err), IDEM_OK);
    assert_int_equal(t.n_rows, 1);
    transcript_deinit(&t);
    free((char *)(uintptr_t)commas.ptr);
}

static void batches_end_at_the_same_rows_whatever_the_threads(void **state)
{
    (void)state;
    struct buf text = {0};
    size_t batches[3];
    struct transcript t[3] = {0};
    static const unsigned threads[] = {1, 2, 7};
    struct reader_tuning tuning = reader_usual;
    tuning.slice_bytes = 1000;
    buf_str(&text, STR("id,note\n"));
    for (unsigned i = 0; i < 3000; i++)
        buf_printf(&text, i % 7 ? "%u,plain\n" : "%u,\"two\nlines, and \"\"quotes\"\"\"\n", i);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        struct idem_error err = {0};
        struct ingest_options options = {.format = INGEST_CSV, .threads = threads[i]};
        assert_int_equal(transcript_read_text(&t[i], buf_view(&text), &options, &tuning, &err), IDEM_OK);
        batches[i] = t[i].n_batches;
        assert_int_equal(t[i].n_rows, 3000);
        assert_int_equal(batches[i], batches[0]);
        assert_string_equal(transcript_text(&t[i]), i ? t[0].rows.ptr : buf_cstr(&t[0].rows));
    }
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        transcript_deinit(&t[i]);
    buf_deinit(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_read_by_rfc_4180),
        cmocka_unit_test(bad_rows_are_set_aside_with_line_and_reason),
        cmocka_unit_test(a_cell_beyond_the_limit_is_given_up_and_reading_goes_on),
        cmocka_unit_test(the_longest_cell_allowed_is_read),
        cmocka_unit_test(an_unclosed_quote_far_from_any_other_costs_its_line_alone),
        cmocka_unit_test(delimiter_quote_and_header_are_found_out),
        cmocka_unit_test(what_cannot_be_read_is_refused_with_place_and_fix),
        cmocka_unit_test(a_missing_file_is_not_found_by_its_path),
        cmocka_unit_test(too_many_columns_are_a_limit),
        cmocka_unit_test(batches_end_at_the_same_rows_whatever_the_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

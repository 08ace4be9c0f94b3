/* Annotation against a slow twin, at every size of the pieces in which the input comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/hash.h"
#include "sample_database.h"

struct feed {
    struct str rest;
    size_t piece; /* bytes a read gives at most */
};

static bool S_read(void *context, void *bytes, size_t room, size_t *len)
{
    struct feed *f = context;
    size_t n = f->rest.len < f->piece ? f->rest.len : f->piece;
    if (n > room)
        n = room;
    if (n)
        memcpy(bytes, f->rest.ptr, n);
    f->rest = str_sub(f->rest, n, f->rest.len);
    *len = n;
    return true;
}

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

static bool S_broken(void *context, void *bytes, size_t room, size_t *len)
{
    (void)context;
    (void)bytes;
    (void)room;
    *len = 0;
    return false;
}

struct fixture {
    char folder[64];
    struct idem_session *session;
};

static int S_setup(void **state)
{
    static struct fixture f;
    struct idem_error err;
    char path[128];
    strcpy(f.folder, "/tmp/idem_annotate_XXXXXX");
    if (!mkdtemp(f.folder))
        return 1;
    struct sample_options sample = {.folder = f.folder, .clear = true};
    if (sample_database(&sample, &err) != IDEM_OK)
        return 1;
    snprintf(path, sizeof path, "%s/sample.db", f.folder);
    struct idem_open_options options = {.db_path = path};
    if (idem_open(&options, &f.session, &err) != IDEM_OK)
        return 1;
    *state = &f;
    return 0;
}

static int S_teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];
    idem_close(f->session);
    snprintf(command, sizeof command, "rm -r %s", f->folder);
    return system(command);
}

static enum idem_status S_annotate(struct fixture *f, struct str text, size_t piece, enum idem_format format,
                                   struct buf *out, struct idem_annotate_result *result, struct idem_error *err)
{
    struct idem_annotate_options options = {.source = "crm", .record_id = "id", .format = format, .delimiter = ','};
    struct feed feed = {text, piece};
    buf_clear(out);
    return idem_annotate(f->session, &options, S_read, &feed, S_write, out, result, err);
}

static struct str S_master(struct str id)
{
    id = str_trim(id);
    if (str_eq(id, STR("C-1")))
        return STR("01931000-0000-7000-8000-000000000001");
    if (str_eq(id, STR("C-2")))
        return STR("01932000-0000-7000-8000-000000000002");
    return (struct str){0};
}

/* The slow twin: one byte at a time, over the whole text, for texts whose quotes are all closed. */
static void S_twin(struct str text, struct buf *out)
{
    struct buf id = {0};
    bool header = true, quoted = false, first = true, at_start = true;
    size_t row = 0, cells = 1;
    for (size_t i = 0; i <= text.len; i++) {
        bool end = i == text.len || (!quoted && text.ptr[i] == '\n');
        if (!end) {
            char c = text.ptr[i];
            if (quoted && c == '"' && i + 1 < text.len && text.ptr[i + 1] == '"') {
                if (first)
                    buf_byte(&id, '"');
                i++;
            } else if (c == '"' && (quoted || at_start)) {
                quoted = !quoted;
            } else if (c == ',' && !quoted) {
                first = false;
                at_start = true;
                cells++;
                continue;
            } else if (first) {
                buf_byte(&id, c);
            }
            at_start = false;
            continue;
        }
        size_t content = i;
        if (content > row && text.ptr[content - 1] == '\r')
            content--;
        buf_add(out, text.ptr + row, content - row);
        if (content > row) {
            for (; cells <= 2; cells++)
                buf_byte(out, ',');
            buf_str(out, header ? STR("master_id") : S_master(buf_view(&id)));
        }
        if (i < text.len)
            buf_add(out, text.ptr + content, i + 1 - content);
        header = false;
        row = i + 1;
        first = true;
        at_start = true;
        cells = 1;
        buf_clear(&id);
    }
    buf_deinit(&id);
}

/* Rows of two cells from pieces that are awkward in every combination. */
static void S_text(uint64_t *random, struct buf *text)
{
    static const char *const IDS[] = {"C-1", "C-2", "\"C-1\"", " C-2 ", "C-9", "", "\"C\"\"1\"", "\"C-1\n\""};
    static const char *const NOTES[] = {"",         "x",        "\"a,b\"", "\"two\r\nlines\"", "plain \"quote\"",
                                        "\"\"\"\"", "\xC3\xBC", "\"\""};
    static const char *const ENDS[] = {"\n", "\r\n"};
    buf_clear(text);
    buf_str(text, STR("id,note"));
    buf_str(text, str_from(ENDS[random_below(random, 2)]));
    for (unsigned i = 0, n = (unsigned)random_below(random, 12); i < n; i++) {
        buf_str(text, str_from(IDS[random_below(random, COUNT_OF(IDS))]));
        buf_byte(text, ',');
        buf_str(text, str_from(NOTES[random_below(random, COUNT_OF(NOTES))]));
        if (i + 1 < n || random_below(random, 2))
            buf_str(text, str_from(ENDS[random_below(random, 2)]));
    }
}

static void csv_equals_its_slow_twin_at_any_size_of_pieces(void **state)
{
    uint64_t random = 7;
    struct buf text = {0}, expected = {0}, out = {0};
    struct idem_annotate_result result;
    struct idem_error err;
    for (unsigned i = 0; i < 120; i++) {
        S_text(&random, &text);
        buf_clear(&expected);
        S_twin(buf_view(&text), &expected);
        for (size_t piece = 1; piece <= text.len + 1; piece += piece < 8 ? 1 : 17) {
            assert_int_equal(S_annotate(*state, buf_view(&text), piece, IDEM_CSV, &out, &result, &err), IDEM_OK);
            assert_int_equal(out.len, expected.len);
            assert_memory_equal(out.ptr, expected.ptr, out.len);
        }
    }
    buf_deinit(&text);
    buf_deinit(&expected);
    buf_deinit(&out);
}

static void json_lines_are_the_same_at_any_size_of_pieces(void **state)
{
    const struct str text =
        STR("{\"id\":\"C-1\"}\n{ \"a\" : [1, {\"id\":2}], \"id\":\"C-2\" }\r\n\n{\"id\":\"C\\u002d1\"}\nno\n{}");
    const struct str expected =
        STR("{\"id\":\"C-1\",\"master_id\":\"01931000-0000-7000-8000-000000000001\"}\n"
            "{ \"a\" : [1, {\"id\":2}], \"id\":\"C-2\" ,\"master_id\":\"01932000-0000-7000-8000-000000000002\"}\r\n\n"
            "{\"id\":\"C\\u002d1\",\"master_id\":\"01931000-0000-7000-8000-000000000001\"}\nno\n{\"master_id\":null}");
    struct buf out = {0};
    struct idem_annotate_result result;
    struct idem_error err;
    for (size_t piece = 1; piece <= text.len + 1; piece++) {
        assert_int_equal(S_annotate(*state, text, piece, IDEM_JSONL, &out, &result, &err), IDEM_OK);
        assert_int_equal(out.len, expected.len);
        assert_memory_equal(out.ptr, expected.ptr, out.len);
        assert_int_equal(result.rows, 5);
        assert_int_equal(result.known, 3);
        assert_int_equal(result.bad, 2);
    }
    buf_deinit(&out);
}

/* Anything at all: the input is what is left when the new bytes are taken out. */
static void every_byte_of_any_input_comes_out_in_order(void **state)
{
    static const char BYTES[] = "id,\"\n\rC-12;{}[]:\\ \t\xFF";
    uint64_t random = 11;
    struct buf text = {0}, out = {0};
    struct idem_annotate_result result;
    struct idem_error err;
    for (unsigned i = 0; i < 1000; i++) {
        enum idem_format format = i % 2 ? IDEM_CSV : IDEM_JSONL;
        buf_clear(&text);
        if (format == IDEM_CSV)
            buf_str(&text, STR("id,n\n"));
        for (unsigned k = 0, n = (unsigned)random_below(&random, 40); k < n; k++)
            buf_byte(&text, BYTES[random_below(&random, sizeof BYTES - 1)]);
        if (S_annotate(*state, buf_view(&text), 1 + random_below(&random, 9), format, &out, &result, &err) != IDEM_OK) {
            assert_int_equal(format, IDEM_JSONL); /* an array is refused */
            continue;
        }
        size_t at = 0;
        for (size_t k = 0; k < out.len && at < text.len; k++)
            at += out.ptr[k] == text.ptr[at];
        assert_int_equal(at, text.len);
    }
    buf_deinit(&text);
    buf_deinit(&out);
}

static void a_quote_that_is_never_closed_in_a_long_file_spoils_its_own_row_only(void **state)
{
    struct buf text = {0}, out = {0};
    struct idem_annotate_result result;
    struct idem_error err;
    const unsigned rows = 20000;
    char note[1000];
    memset(note, 'x', sizeof note);
    buf_str(&text, STR("id,n\nC-1,\"open\n"));
    for (unsigned i = 0; i < rows; i++) {
        buf_str(&text, STR("C-2,"));
        buf_add(&text, note, sizeof note);
        buf_byte(&text, '\n');
    }
    assert_int_equal(S_annotate(*state, buf_view(&text), SIZE_MAX, IDEM_CSV, &out, &result, &err), IDEM_OK);
    assert_int_equal(result.rows, rows + 1);
    assert_int_equal(result.bad, 1);
    assert_int_equal(result.known, rows);
    buf_deinit(&text);
    buf_deinit(&out);
}

static void errors_of_reading_and_writing_end_the_call(void **state)
{
    struct fixture *f = *state;
    struct idem_annotate_options options = {.source = "crm", .record_id = "id"};
    struct feed feed = {STR("id\nC-1\n"), 3};
    struct buf out = {0};
    struct idem_error err;
    assert_int_equal(idem_annotate(f->session, &options, S_broken, NULL, S_write, &out, NULL, &err), IDEM_IO);
    assert_int_equal(idem_annotate(f->session, &options, S_read, &feed, S_refuse, NULL, NULL, &err), IDEM_IO);
    buf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_equals_its_slow_twin_at_any_size_of_pieces),
        cmocka_unit_test(json_lines_are_the_same_at_any_size_of_pieces),
        cmocka_unit_test(every_byte_of_any_input_comes_out_in_order),
        cmocka_unit_test(a_quote_that_is_never_closed_in_a_long_file_spoils_its_own_row_only),
        cmocka_unit_test(errors_of_reading_and_writing_end_the_call),
    };
    return cmocka_run_group_tests(tests, S_setup, S_teardown);
}

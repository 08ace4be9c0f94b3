#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include <zlib.h>
#include <zstd.h>

#include "ingest/input.h"
#include "tests/ingest/transcript.h"

#define TEXT(literal)                                                                                                  \
    {                                                                                                                  \
        (literal), sizeof(literal) - 1                                                                                 \
    }

static const char csv_text[] = "id,name\n1,Anna\n2,Ben\n";
static const char csv_rows[] = "2 [1] [Anna]\n3 [2] [Ben]\n";

static void S_gzip(struct str text, struct buf *out)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    buf_reserve(out, deflateBound(&z, text.len) + 32);
    z.next_in = (Bytef *)(uintptr_t)text.ptr;
    z.avail_in = (unsigned)text.len;
    z.next_out = (Bytef *)out->ptr + out->len;
    z.avail_out = (unsigned)(out->room - out->len);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->len = (size_t)((char *)z.next_out - out->ptr);
    deflateEnd(&z);
}

/* With a checksum, as the command zstd writes it: without one damage may go unseen. */
static void S_zstd(struct str text, struct buf *out)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    buf_reserve(out, ZSTD_compressBound(text.len));
    size_t n = ZSTD_compress2(context, out->ptr + out->len, out->room - out->len, text.ptr, text.len);
    assert_false(ZSTD_isError(n));
    out->len += n;
    ZSTD_freeCCtx(context);
}

typedef void pack_fn(struct str text, struct buf *out);
static pack_fn *const packers[] = {S_gzip, S_zstd};

static enum idem_status S_read(struct buf *file, uint32_t expansion, struct transcript *t, struct idem_error *err)
{
    struct ingest_options options = {.most_expansion = expansion};
    return transcript_read_text(t, buf_view(file), &options, &reader_usual, err);
}

static void S_expect_expanded(struct buf *file, uint32_t expansion, const char *expect)
{
    struct transcript t = {0};
    struct idem_error err = {0};
    if (S_read(file, expansion, &t, &err) != IDEM_OK)
        fail_msg("%s", err.message);
    assert_string_equal(transcript_text(&t), expect);
    transcript_deinit(&t);
}

static void S_expect_rows(struct buf *file, const char *expect)
{
    S_expect_expanded(file, 0, expect);
}

static void compressed_files_are_told_by_their_first_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(packers); i++) {
        struct buf file = {0};
        packers[i](str_from(csv_text), &file);
        S_expect_rows(&file, csv_rows);
        buf_deinit(&file);
    }
}

static void several_members_in_one_file_are_one_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(packers); i++) {
        struct buf file = {0};
        packers[i](STR("id,name\n1,An"), &file);
        packers[i](STR(""), &file);
        packers[i](STR("na\n2,Ben\n"), &file);
        S_expect_rows(&file, csv_rows);
        buf_deinit(&file);
    }
}

static void zeros_behind_gzip_are_padding_and_other_bytes_a_fault(void **state)
{
    (void)state;
    struct buf file = {0};
    struct transcript t = {0};
    struct idem_error err = {0};
    S_gzip(str_from(csv_text), &file);
    for (int i = 0; i < 600; i++)
        buf_byte(&file, 0);
    S_expect_rows(&file, csv_rows);
    buf_str(&file, STR("garbage"));
    assert_int_equal(S_read(&file, 0, &t, &err), IDEM_INVALID);
    assert_non_null(strstr(err.message, "is followed by something else"));
    transcript_deinit(&t);
    buf_deinit(&file);
}

/* Random digits: they do not compress away, so that a cut anywhere loses something. */
static void S_big_text(struct buf *text)
{
    uint64_t x = 1;
    buf_str(text, STR("id,name\n"));
    while (text->len < 3 << 20) {
        x = x * 6364136223846793005ULL + 1442695040888963407ULL;
        buf_printf(text, "%llu,Anna\n", (unsigned long long)(x >> 20));
    }
}

static void data_cut_short_or_damaged_is_an_error_at_any_place(void **state)
{
    (void)state;
    struct buf text = {0};
    S_big_text(&text);
    for (size_t i = 0; i < COUNT_OF(packers); i++) {
        struct buf file = {0};
        packers[i](buf_view(&text), &file);
        for (size_t part = 1; part < 8; part++) {
            struct transcript t = {0};
            struct idem_error err = {0};
            struct buf cut = {.ptr = file.ptr, .len = part == 7 ? file.len - 1 : file.len * part / 7};
            assert_int_equal(S_read(&cut, 0, &t, &err), IDEM_INVALID);
            assert_non_null(strstr(err.message, "is cut short"));
            transcript_deinit(&t);
        }
        struct transcript t = {0};
        struct idem_error err = {0};
        memset(file.ptr + file.len / 2, 'x', 64);
        assert_int_equal(S_read(&file, 0, &t, &err), IDEM_INVALID);
        assert_non_null(strstr(err.message, "damaged"));
        transcript_deinit(&t);
        buf_deinit(&file);
    }
    buf_deinit(&text);
}

/* Hundreds of megabytes of one line, packed thousandfold: refused, or read in the memory of any other file. */
static void a_bomb_streams_in_constant_memory(void **state)
{
    (void)state;
    enum { PIECE = 16 << 20, PIECES = 24 };
    struct buf file = {0};
    char *piece = xmalloc(PIECE);
    struct rusage before, after;
    memset(piece, 'x', PIECE);
    S_zstd(STR("id,name\n1,"), &file);
    for (int i = 0; i < PIECES; i++)
        S_zstd((struct str){piece, PIECE}, &file);
    S_zstd(STR("\n2,Ben\n"), &file);
    getrusage(RUSAGE_SELF, &before);
    S_expect_expanded(&file, 1000000, "3 [2] [Ben]\n2 cell too long\n");
    getrusage(RUSAGE_SELF, &after);
    assert_in_range(after.ru_maxrss - before.ru_maxrss, 0, (PIECES * PIECE / 2) >> 10); /* KB */
    struct transcript t = {0};
    struct idem_error err = {0};
    assert_int_equal(S_read(&file, 0, &t, &err), IDEM_LIMIT);
    assert_non_null(strstr(err.message, "most_expansion"));
    transcript_deinit(&t);
    free(piece);
    buf_deinit(&file);
}

static const struct {
    const char *encoding, *what;
    struct str bytes; /* of "id;name\n1;<name>\n" */
    const char *name;
} encodings[] = {
    {"windows-1252", "sharp s and euro",
     TEXT("id;name\n1;Stra\xDF"
          "e \x80\n"),
     "Stra\xC3\x9F"
     "e \xE2\x82\xAC"},
    {"ISO-8859-2", "Polish",
     TEXT("id;name\n1;\xA3\xF3"
          "d\xBC\n"),
     "\xC5\x81\xC3\xB3"
     "d\xC5\xBA"},
    {"ISO-8859-15", "euro sign", TEXT("id;name\n1;\xA4\n"), "\xE2\x82\xAC"},
    {"windows-1251", "Cyrillic", TEXT("id;name\n1;\xC8\xE2\xE0\xED\n"), "\xD0\x98\xD0\xB2\xD0\xB0\xD0\xBD"},
    {"KOI8-R", "Cyrillic", TEXT("id;name\n1;\xE9\xD7\xC1\xCE\n"), "\xD0\x98\xD0\xB2\xD0\xB0\xD0\xBD"},
    {"Shift_JIS", "a trail byte that is a backslash", TEXT("id;name\n1;\x95\x5C\n"), "\xE8\xA1\xA8"},
    {"EUC-JP", "kana", TEXT("id;name\n1;\xA5\xA2\n"), "\xE3\x82\xA2"},
    {"GB18030", "four bytes", TEXT("id;name\n1;\x81\x30\x81\x30\n"), "\xC2\x80"},
    {"Big5", "Han", TEXT("id;name\n1;\xA4\xA4\n"), "\xE4\xB8\xAD"},
    {"EUC-KR", "Hangul", TEXT("id;name\n1;\xB0\xA1\n"), "\xEA\xB0\x80"},
    {"IBM037", "EBCDIC", TEXT("\x89\x84\x5E\x95\x81\x94\x85\x25\xF1\x5E\xC1\x25"), "A"},
    {"UTF-16LE", "without mark", TEXT("i\0d\0;\0n\0\n\0001\0;\0\x3D\xD8\x00\xDE\n\0"), "\xF0\x9F\x98\x80"},
    {"", "UTF-16LE by its mark", TEXT("\xFF\xFEi\0d\0;\0n\0\n\0001\0;\0\xE9\0\n\0"), "\xC3\xA9"},
    {"", "UTF-16BE by its mark", TEXT("\xFE\xFF\0i\0d\0;\0n\0\n\0001\0;\0\xE9\0\n"), "\xC3\xA9"},
    {"", "UTF-32LE by its mark", TEXT("\xFF\xFE\0\0i\0\0\0;\0\0\0n\0\0\0\n\0\0\0001\0\0\0;\0\0\0\xE9\0\0\0\n\0\0\0"),
     "\xC3\xA9"},
    {"windows-1252", "a mark decides over what was configured", TEXT("\xEF\xBB\xBFid;name\n1;\xC3\xA9\n"), "\xC3\xA9"},
};

static void files_are_read_in_any_encoding(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(encodings); i++) {
        struct transcript t = {0};
        struct idem_error err = {0};
        char expect[64];
        struct ingest_options options = {
            .format = INGEST_CSV, .encoding = str_from(encodings[i].encoding), .delimiter = ';', .header = HEADER_YES};
        if (transcript_read_text(&t, encodings[i].bytes, &options, &reader_usual, &err) != IDEM_OK)
            fail_msg("%s, %s: %s", encodings[i].encoding, encodings[i].what, err.message);
        snprintf(expect, sizeof expect, "2 [1] [%s]\n", encodings[i].name);
        const char *got = transcript_text(&t);
        if (strcmp(got, expect) != 0)
            fail_msg("%s, %s: expected %s, got %s", encodings[i].encoding, encodings[i].what, expect, got);
        transcript_deinit(&t);
    }
}

static const struct {
    const char *encoding;
    struct str bytes;
    const char *expect;
} malformed[] = {
    {"UTF-16LE", TEXT("a\0,\0b\0\n\0001\0,\0\0\xD8\n\0002\0,\0x\0\n\0"), "3 [2] [x]\n2 bad encoding\n"},
    {"UTF-16LE", TEXT("a\0,\0b\0\n\0001\0,\0\0\xDC\n\0002\0,\0x\0\n\0"), "3 [2] [x]\n2 bad encoding\n"},
    {"UTF-16LE", TEXT("a\0,\0b\0\n\0001\0,\0x\0\n\0002\0,\0x\0\n"), "2 [1] [x]\n3 bad encoding\n"},
    {"UTF-16LE", TEXT("a\0,\0b\0\n\0001\0,\0\0\0\n\0002\0,\0x\0\n\0"), "3 [2] [x]\n2 NUL byte\n"},
    {"EUC-JP", TEXT("a,b\n1,\xA5\n2,x\n"), "3 [2] [x]\n2 bad encoding\n"},
    {"US-ASCII", TEXT("a,b\n1,\xA5\n2,x\n"), "3 [2] [x]\n2 bad encoding\n"},
};

static void malformed_text_costs_its_row_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(malformed); i++) {
        struct transcript t = {0};
        struct idem_error err = {0};
        struct ingest_options options = {
            .format = INGEST_CSV, .encoding = str_from(malformed[i].encoding), .delimiter = ',', .header = HEADER_YES};
        assert_int_equal(transcript_read_text(&t, malformed[i].bytes, &options, &reader_usual, &err), IDEM_OK);
        const char *got = transcript_text(&t);
        if (strcmp(got, malformed[i].expect) != 0)
            fail_msg("case %zu: expected %s, got %s", i, malformed[i].expect, got);
        transcript_deinit(&t);
    }
}

static void standard_input_is_read_and_a_pipe_may_give_little_at_a_time(void **state)
{
    (void)state;
    int ends[2], kept = dup(STDIN_FILENO);
    struct transcript t = {0};
    struct idem_error err = {0};
    struct ingest_options options = {.path = "-"};
    assert_int_equal(pipe(ends), 0);
    for (const char *at = csv_text; *at; at += 1)
        assert_int_equal(write(ends[1], at, 1), 1);
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    enum idem_status status = transcript_read(&t, &options, &reader_usual, &err);
    dup2(kept, STDIN_FILENO);
    close(ends[0]);
    close(kept);
    assert_int_equal(status, IDEM_OK);
    assert_string_equal(transcript_text(&t), csv_rows);
    transcript_deinit(&t);
}

static void S_write(const char *path, struct str content)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(content.ptr, 1, content.len, f), content.len);
    fclose(f);
}

static const struct {
    const char *name;
    struct str content;
    enum ingest_format format;
    const char *encoding;
    char delimiter;
    bool has_header;
    const char *columns; /* joined by blanks */
} looks[] = {
    {"a.csv", TEXT("id,name\n1,x\n"), INGEST_CSV, "UTF-8", ',', true, "id name"},
    {"b.txt",
     TEXT("id;name\n1;Stra\xDF"
          "e\n2;M\xFCller und S\xF6hne\n3;Gr\xF6\xDF"
          "e f\xFCr alle\n"),
     INGEST_CSV, "windows-1252", ';', true, "id name"},
    {"c.csv", TEXT("1,2\n3,4\n"), INGEST_CSV, "UTF-8", ',', false, "column1 column2"},
    {"d.dat", TEXT("{\"id\":1,\"u\":{\"n\":\"x\"}}\n"), INGEST_JSONL, "UTF-8", 0, false, "id u.n"},
    {"e.jsonl", TEXT(""), INGEST_JSONL, "UTF-8", 0, false, ""},
    {"f.csv", TEXT("i\0d\0,\0n\0\n\0001\0,\0x\0\n\0"), INGEST_CSV, "UTF-16LE", ',', true, "id n"},
};

static void a_file_is_looked_at_and_described(void **state)
{
    (void)state;
    char folder[] = "/tmp/idem-ingest-XXXXXX", path[128];
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < COUNT_OF(looks); i++) {
        struct arena arena = {0};
        struct reader_facts facts;
        struct idem_error err = {0};
        struct buf columns = {0};
        int confidence;
        snprintf(path, sizeof path, "%s/%s", folder, looks[i].name);
        S_write(path, looks[i].content);
        if (ingest_sniff(path, &arena, &facts, &confidence, &err) != IDEM_OK)
            fail_msg("%s: %s", looks[i].name, err.message);
        for (size_t c = 0; c < facts.n_columns; c++)
            buf_printf(&columns, "%s%.*s", c ? " " : "", STR_ARG(facts.column[c]));
        assert_string_equal(buf_cstr(&columns), looks[i].columns);
        assert_int_equal(facts.format, looks[i].format);
        assert_int_equal(facts.delimiter, looks[i].delimiter);
        assert_int_equal(facts.has_header, looks[i].has_header);
        assert_int_equal(facts.bytes_total, looks[i].content.len);
        assert_in_range(confidence, 10, 100);
        if (!str_eq(facts.encoding, str_from(looks[i].encoding)))
            fail_msg("%s: %.*s", looks[i].name, STR_ARG(facts.encoding));
        unlink(path);
        buf_deinit(&columns);
        arena_deinit(&arena);
    }
    rmdir(folder);
}

static void progress_counts_the_stored_bytes(void **state)
{
    (void)state;
    struct buf text = {0}, file = {0};
    char path[64];
    struct reader *reader;
    struct row_batch batch;
    struct idem_error err = {0};
    S_big_text(&text);
    S_gzip(buf_view(&text), &file);
    int fd = memory_file(buf_view(&file), path);
    struct ingest_options options = {.path = path};
    assert_int_equal(reader_open(&options, &reader, &err), IDEM_OK);
    assert_int_equal(reader_facts(reader)->bytes_total, file.len);
    int64_t before = reader_bytes_read(reader);
    assert_in_range(before, 1, file.len - 1);
    do
        assert_int_equal(reader_next(reader, &batch, &err), IDEM_OK);
    while (batch.n_rows);
    assert_int_equal(reader_bytes_read(reader), file.len);
    reader_close(reader);
    close(fd);
    buf_deinit(&text);
    buf_deinit(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compressed_files_are_told_by_their_first_bytes),
        cmocka_unit_test(several_members_in_one_file_are_one_text),
        cmocka_unit_test(zeros_behind_gzip_are_padding_and_other_bytes_a_fault),
        cmocka_unit_test(data_cut_short_or_damaged_is_an_error_at_any_place),
        cmocka_unit_test(a_bomb_streams_in_constant_memory),
        cmocka_unit_test(files_are_read_in_any_encoding),
        cmocka_unit_test(malformed_text_costs_its_row_alone),
        cmocka_unit_test(standard_input_is_read_and_a_pipe_may_give_little_at_a_time),
        cmocka_unit_test(a_file_is_looked_at_and_described),
        cmocka_unit_test(progress_counts_the_stored_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

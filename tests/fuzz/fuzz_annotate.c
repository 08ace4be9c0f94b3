/*
 * Foreign bytes as rows to be annotated. The first byte chooses format and the size of the pieces in which they come;
 * the result must be the same as in one piece, hold every byte of the input in order, and count every row once.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "tests/engine/sample_database.h"
#include "tests/fuzz/fuzz.h"

struct feed {
    struct str rest;
    size_t piece;
};

static bool S_read(void *context, void *bytes, size_t room, size_t *len)
{
    struct feed *f = context;
    size_t n = f->rest.len < f->piece ? f->rest.len : f->piece;
    n = n < room ? n : room;
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

static void S_remove(const char *folder)
{
    static const char *const FILES[] = {"sample.db", "sample.db-wal", "sample.db-shm"};
    for (size_t i = 0; i < COUNT_OF(FILES); i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, FILES[i]);
        unlink(path);
    }
    rmdir(folder);
}

/* The database lives on in its open file. */
static struct idem_session *S_open(void)
{
    char folder[] = "/tmp/idem_fuzz_XXXXXX", path[128];
    struct idem_session *s;
    struct idem_error err = {0};
    if (!mkdtemp(folder))
        abort();
    struct sample_options sample = {.folder = folder, .clear = true};
    snprintf(path, sizeof path, "%s/sample.db", folder);
    struct idem_open_options options = {.db_path = path};
    if (sample_database(&sample, &err) != IDEM_OK || idem_open(&options, &s, &err) != IDEM_OK) {
        fprintf(stderr, "%s\n", err.message);
        abort();
    }
    S_remove(folder);
    return s;
}

static struct idem_session *session; /* one for all inputs */

static void S_close(void)
{
    idem_close(session);
}

static enum idem_status S_run(struct idem_session *s, enum idem_format format, struct str text, size_t piece,
                              struct buf *out, struct idem_annotate_result *result)
{
    struct idem_annotate_options options = {.source = "crm", .record_id = "id", .format = format};
    struct feed feed = {text, piece};
    struct idem_error err;
    return idem_annotate(s, &options, S_read, &feed, S_write, out, result, &err);
}

static void S_check(struct str text, const struct buf *out, const struct idem_annotate_result *result)
{
    size_t at = 0;
    for (size_t i = 0; i < out->len && at < text.len; i++)
        at += out->ptr[i] == text.ptr[at];
    if (at != text.len || result->rows != result->known + result->unknown + result->bad) {
        fprintf(stderr, "bytes were lost, or rows not counted\n");
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct buf whole = {0}, pieces = {0};
    struct idem_annotate_result one = {0}, other = {0};
    if (len < 1)
        return 0;
    if (!session) {
        session = S_open();
        atexit(S_close);
    }
    struct str text = {(const char *)data + 1, len - 1};
    enum idem_format format = data[0] & 1 ? IDEM_JSONL : IDEM_CSV;
    enum idem_status status = S_run(session, format, text, SIZE_MAX, &whole, &one);
    enum idem_status again = S_run(session, format, text, 1 + (data[0] >> 1), &pieces, &other);
    if (status != again || (status == IDEM_OK && !str_eq(buf_view(&whole), buf_view(&pieces)))) {
        fprintf(stderr, "another result in pieces of %d\n", 1 + (data[0] >> 1));
        abort();
    }
    if (status == IDEM_OK)
        S_check(text, &whole, &one);
    buf_deinit(&whole);
    buf_deinit(&pieces);
    return 0;
}

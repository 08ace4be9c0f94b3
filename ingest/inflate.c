#include "ingest/inflate.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>
#include <zstd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/paged.h"

enum { STORED_ROOM = 256 << 10 };

struct inflate;
typedef enum idem_status decode_fn(struct inflate *in, char *to, size_t room, size_t *len, struct idem_error *err);

struct inflate {
    int fd;
    char *path;
    decode_fn *decode;
    char *stored; /* bytes read and not decoded yet: [at, end) */
    size_t at, end;
    bool last;     /* the file is read to its end */
    bool complete; /* the compressed data may end here */
    int64_t total, consumed, produced;
    uint32_t most_expansion;
    z_stream gzip;
    ZSTD_DStream *zstd;
};

static enum idem_status S_read(struct inflate *in, char *to, size_t room, size_t *len, struct idem_error *err)
{
    ssize_t n;
    do
        n = read(in->fd, to, room);
    while (n < 0 && (errno == EINTR || (errno == EFAULT && paged_back(to, room))));
    if (n < 0)
        return error_errno(err, errno, "%s", in->path);
    in->last = n == 0;
    in->consumed += n;
    *len = (size_t)n;
    return IDEM_OK;
}

/* Refills `stored` when it is empty. */
static enum idem_status S_refill(struct inflate *in, struct idem_error *err)
{
    if (in->at < in->end || in->last)
        return IDEM_OK;
    in->at = 0;
    return S_read(in, in->stored, STORED_ROOM, &in->end, err);
}

static enum idem_status S_plain(struct inflate *in, char *to, size_t room, size_t *len, struct idem_error *err)
{
    *len = in->end - in->at < room ? in->end - in->at : room;
    if (!*len)
        return in->last ? IDEM_OK : S_read(in, to, room, len, err);
    memcpy(to, in->stored + in->at, *len);
    in->at += *len;
    return IDEM_OK;
}

static enum idem_status S_damaged(struct inflate *in, const char *what, struct idem_error *err)
{
    return error_set(err, IDEM_INVALID, "%s: the compressed data %s (near byte %" PRId64 " of the file); get it again",
                     in->path, what, in->consumed - (int64_t)(in->end - in->at));
}

/* Behind a gzip member: another one, zeros to the end (tapes and some servers pad), or nothing. */
static enum idem_status S_next_member(struct inflate *in, struct idem_error *err)
{
    while (in->at < in->end && in->stored[in->at] == 0)
        in->at++;
    if (in->at == in->end)
        return IDEM_OK;
    if ((unsigned char)in->stored[in->at] != 0x1F)
        return S_damaged(in, "is followed by something else", err);
    in->complete = false;
    inflateReset(&in->gzip);
    return IDEM_OK;
}

static enum idem_status S_gunzip(struct inflate *in, char *to, size_t room, size_t *len, struct idem_error *err)
{
    *len = 0;
    while (*len == 0) {
        TRY(S_refill(in, err));
        if (in->complete && in->at < in->end)
            TRY(S_next_member(in, err));
        if (in->at == in->end && in->last)
            return in->complete ? IDEM_OK : S_damaged(in, "is cut short", err);
        if (in->at == in->end)
            continue;
        unsigned give = (unsigned)(in->end - in->at), take = (unsigned)(room < 1 << 30 ? room : 1 << 30);
        in->gzip.next_in = (Bytef *)in->stored + in->at;
        in->gzip.avail_in = give;
        in->gzip.next_out = (Bytef *)to;
        in->gzip.avail_out = take;
        int code = inflate(&in->gzip, Z_NO_FLUSH);
        in->at += give - in->gzip.avail_in;
        *len = take - in->gzip.avail_out;
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return S_damaged(in, "is damaged", err);
        in->complete = code == Z_STREAM_END;
    }
    return IDEM_OK;
}

static enum idem_status S_unzstd(struct inflate *in, char *to, size_t room, size_t *len, struct idem_error *err)
{
    ZSTD_outBuffer out = {to, room, 0};
    while (out.pos == 0) {
        TRY(S_refill(in, err));
        if (in->at == in->end && in->last && in->complete)
            break;
        bool starved = in->at == in->end;
        ZSTD_inBuffer give = {in->stored + in->at, in->end - in->at, 0};
        size_t code = ZSTD_decompressStream(in->zstd, &out, &give);
        in->at += give.pos;
        if (ZSTD_isError(code))
            return S_damaged(in, "is damaged", err);
        in->complete = code == 0;
        if (starved && in->last && out.pos == 0 && !in->complete)
            return S_damaged(in, "is cut short", err);
    }
    *len = out.pos;
    return IDEM_OK;
}

static enum idem_status S_start_gzip(struct inflate *in, struct idem_error *err)
{
    if (inflateInit2(&in->gzip, 15 + 16) != Z_OK)
        return error_set(err, IDEM_NO_MEMORY, "%s: no memory for decompression", in->path);
    in->decode = S_gunzip;
    return IDEM_OK;
}

static enum idem_status S_start_zstd(struct inflate *in, struct idem_error *err)
{
    in->zstd = ZSTD_createDStream();
    if (!in->zstd)
        return error_set(err, IDEM_NO_MEMORY, "%s: no memory for decompression", in->path);
    in->decode = S_unzstd;
    return IDEM_OK;
}

static const struct magic {
    struct str bytes;
    enum idem_status (*start)(struct inflate *in, struct idem_error *err);
    const char *refusal;
} magics[] = {
    {{"\x1F\x8B", 2}, S_start_gzip, NULL},
    {{"\x28\xB5\x2F\xFD", 4}, S_start_zstd, NULL},
    {{"PK\x03\x04", 4}, NULL, "is a zip archive or an Excel workbook; unpack it, or save it as CSV"},
    {{"\xD0\xCF\x11\xE0", 4}, NULL, "is an old Excel workbook; save it as CSV"},
    {{"PAR1", 4}, NULL, "is a Parquet file; export it as CSV or JSON lines"},
    {{"SQLite format 3", 15}, NULL, "is an SQLite database; export the table as CSV"},
    {{"BZh", 3}, NULL, "is compressed with bzip2; unpack it, or use gzip or zstd"},
    {{"\xFD"
      "7zXZ",
      5},
     NULL,
     "is compressed with xz; unpack it, or use gzip or zstd"},
    {{"%PDF-", 5}, NULL, "is a PDF document; export it as CSV"},
};

static enum idem_status S_recognise(struct inflate *in, struct idem_error *err)
{
    struct str head = {in->stored, in->end};
    in->decode = S_plain;
    for (size_t i = 0; i < COUNT_OF(magics); i++) {
        if (!str_starts(head, magics[i].bytes))
            continue;
        if (magics[i].start)
            return magics[i].start(in, err);
        return error_set(err, IDEM_INVALID, "%s %s", in->path, magics[i].refusal);
    }
    return IDEM_OK;
}

static enum idem_status S_open(struct inflate *in, struct idem_error *err)
{
    struct stat st;
    bool standard = strcmp(in->path, "-") == 0;
    in->fd = standard ? STDIN_FILENO : file_open(in->path, O_RDONLY, 0);
    if (in->fd < 0)
        return error_errno(err, errno, "%s", in->path);
    in->total = fstat(in->fd, &st) == 0 && S_ISREG(st.st_mode) ? (int64_t)st.st_size : -1;
    if (in->total > 0)
        posix_fadvise(in->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    while (in->end < 16 && !in->last) { /* a pipe may give less at first */
        size_t len = 0;
        TRY(S_read(in, in->stored + in->end, STORED_ROOM - in->end, &len, err));
        in->end += len;
    }
    return S_recognise(in, err);
}

enum idem_status inflate_open(const char *path, struct inflate **out, struct idem_error *err)
{
    struct inflate *in = xcalloc(1, sizeof *in);
    in->path = xstrdup(path);
    in->stored = xmalloc(STORED_ROOM);
    in->fd = -1;
    in->most_expansion = USUAL_EXPANSION;
    enum idem_status status = S_open(in, err);
    if (status != IDEM_OK) {
        inflate_close(in);
        in = NULL;
    }
    *out = in;
    return status;
}

static enum idem_status S_check_expansion(const struct inflate *in, struct idem_error *err)
{
    if (in->produced <= EXPANSION_FREE_BYTES || in->produced / in->most_expansion < in->consumed)
        return IDEM_OK;
    return error_set(err, IDEM_LIMIT,
                     "%s unpacks to more than %u times its size, as no table of records does; when it is right all the "
                     "same, set \"most_expansion\" of its source higher, or unpack it",
                     in->path, in->most_expansion);
}

enum idem_status inflate_read(struct inflate *in, char *to, size_t room, size_t *len, struct idem_error *err)
{
    TRY(in->decode(in, to, room, len, err));
    in->produced += (int64_t)*len;
    return in->decode == S_plain ? IDEM_OK : S_check_expansion(in, err);
}

void inflate_set_expansion(struct inflate *in, uint32_t most)
{
    in->most_expansion = most;
}

void inflate_close(struct inflate *in)
{
    if (!in)
        return;
    if (in->fd > STDIN_FILENO)
        close(in->fd);
    if (in->decode == S_gunzip)
        inflateEnd(&in->gzip);
    ZSTD_freeDStream(in->zstd);
    free(in->path);
    free(in->stored);
    free(in);
}

int64_t inflate_total(const struct inflate *in)
{
    return in->total;
}

int64_t inflate_consumed(const struct inflate *in)
{
    return in->consumed;
}

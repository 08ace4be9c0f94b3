/*
 * Compressed files. The first byte chooses: any bytes behind the mark of gzip or zstd; or a text that is packed here
 * and must come back, or come back to where bytes of the packed form were changed. The second byte is the room that is
 * read into.
 */
#include <unistd.h>

#include <zlib.h>
#include <zstd.h>

#include "base/buf.h"
#include "ingest/inflate.h"
#include "tests/fuzz/fuzz.h"
#include "tests/ingest/transcript.h"

enum { MOST_OUT = 1 << 20 }; /* a small file may hold much */

static void S_gzip(struct str text, struct buf *out)
{
    z_stream z = {0};
    fuzz_require(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK, "no zlib");
    buf_reserve(out, deflateBound(&z, text.len) + 64);
    z.next_in = (Bytef *)(uintptr_t)text.ptr;
    z.avail_in = (uInt)text.len;
    z.next_out = (Bytef *)out->ptr + out->len;
    z.avail_out = (uInt)(out->room - out->len);
    fuzz_require(deflate(&z, Z_FINISH) == Z_STREAM_END, "zlib does not end");
    out->len += z.total_out;
    deflateEnd(&z);
}

static void S_zstd(struct str text, struct buf *out)
{
    buf_reserve(out, ZSTD_compressBound(text.len));
    size_t n = ZSTD_compress(out->ptr + out->len, out->room - out->len, text.ptr, text.len, 1);
    fuzz_require(!ZSTD_isError(n), "no zstd");
    out->len += n;
}

/* The status in which reading ends; IDEM_LIMIT: more than is looked at. */
static enum idem_status S_read(struct str file, size_t room, struct buf *out)
{
    char path[64], bytes[300];
    struct idem_error err = {0};
    struct inflate *in;
    int fd = memory_file(file, path);
    size_t len = 0;
    enum idem_status status = inflate_open(path, &in, &err);
    if (status == IDEM_OK) {
        do {
            status = inflate_read(in, bytes, room, &len, &err);
            fuzz_require(len <= room, "more than there is room for");
            if (status == IDEM_OK)
                buf_add(out, bytes, len);
        } while (status == IDEM_OK && len && out->len < MOST_OUT);
        fuzz_require(inflate_consumed(in) <= (int64_t)file.len, "more was read than there is");
        inflate_close(in);
    }
    fuzz_require(status == IDEM_OK || err.message[0], "an error without a message");
    close(fd);
    return status == IDEM_OK && len ? IDEM_LIMIT : status;
}

/* Twice the text, packed on its own each time: a file may be of several members. */
static void S_round_trip(bool zstd, struct str text, size_t room)
{
    struct buf packed = {0}, out = {0};
    (zstd ? S_zstd : S_gzip)(text, &packed);
    (zstd ? S_zstd : S_gzip)(text, &packed);
    enum idem_status status = S_read(buf_view(&packed), room, &out);
    fuzz_require(status == IDEM_OK || status == IDEM_LIMIT, "what was packed does not come back");
    if (status == IDEM_OK)
        fuzz_require(out.len == 2 * text.len && str_eq(str_sub(buf_view(&out), 0, text.len), text) &&
                         str_eq(str_sub(buf_view(&out), text.len, out.len), text),
                     "another text comes back");
    buf_deinit(&packed);
    buf_deinit(&out);
}

/* The last three bytes say where and what. */
static void S_damaged(bool zstd, struct str text, size_t room)
{
    struct buf packed = {0}, out = {0};
    if (text.len < 3)
        return;
    const unsigned char *edit = (const unsigned char *)text.ptr + text.len - 3;
    (zstd ? S_zstd : S_gzip)(str_sub(text, 0, text.len - 3), &packed);
    size_t at = (edit[0] | (size_t)edit[1] << 8) % packed.len;
    packed.ptr[at] = (char)(packed.ptr[at] ^ edit[2]);
    if (edit[2] & 1)
        packed.len = at + 1;
    S_read(buf_view(&packed), room, &out);
    buf_deinit(&packed);
    buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2)
        return 0;
    struct str rest = fuzz_text(data + 2, len - 2);
    size_t room = 1 + data[1];
    struct buf file = {0}, out = {0};
    switch (data[0] % 8) {
    case 0:
    case 1:
        S_round_trip(data[0] & 1, rest, room);
        break;
    case 2:
    case 3:
        S_damaged(data[0] & 1, rest, room);
        break;
    default:
        buf_str(&file, data[0] % 8 == 4 ? STR("\x1f\x8b\x08") : data[0] % 8 == 5 ? STR("\x28\xb5\x2f\xfd") : STR(""));
        buf_str(&file, rest);
        S_read(buf_view(&file), room, &out);
    }
    buf_deinit(&file);
    buf_deinit(&out);
    return 0;
}

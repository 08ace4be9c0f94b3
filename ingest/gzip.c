#include "ingest/gzip.h"

#include <limits.h>
#include <zlib.h>

enum { WINDOW_BITS = 15, GZIP = 16, MEMORY_LEVEL = 8, FAST = 1 };

enum idem_status gzip_pack(struct str text, struct buf *out, struct idem_error *err)
{
    z_stream z = {0};
    if (text.len > UINT_MAX / 2)
        return error_set(err, IDEM_LIMIT, "too much to compress at once");
    if (deflateInit2(&z, FAST, Z_DEFLATED, WINDOW_BITS + GZIP, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
        return error_set(err, IDEM_NO_MEMORY, "no memory to compress");
    size_t room = deflateBound(&z, text.len);
    buf_reserve(out, room);
    z.next_in = (Bytef *)(uintptr_t)text.ptr;
    z.avail_in = (uInt)text.len;
    z.next_out = (Bytef *)out->ptr + out->len;
    z.avail_out = (uInt)room;
    int code = deflate(&z, Z_FINISH);
    out->len += z.total_out;
    deflateEnd(&z);
    return code == Z_STREAM_END ? IDEM_OK : error_set(err, IDEM_NO_MEMORY, "compressing failed");
}

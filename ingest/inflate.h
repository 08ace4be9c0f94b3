/*
 * The bytes of a file as they are meant: read from a path or standard input, gzip (several members too) and zstd
 * undone, told by their first bytes, never by the name. Streams: whatever the ratio of compression, memory stays the
 * same (256 KB of input, the decoder's window of at most 128 MB, the caller's buffer). One thread at a time.
 */
#ifndef IDEM_INGEST_INFLATE_H
#define IDEM_INGEST_INFLATE_H

#include <stdint.h>

#include "base/error.h"

struct inflate;

/* "-" is standard input. IDEM_NOT_FOUND, IDEM_IO; IDEM_INVALID for what is known not to be text (a zip archive, an
 * Excel workbook, Parquet, ...), with what to do. */
enum idem_status inflate_open(const char *path, struct inflate **out, struct idem_error *err);
/* Up to `room` bytes, more than 0 unless the end is reached. IDEM_INVALID when compressed data is damaged or cut short.
 */
enum idem_status inflate_read(struct inflate *in, char *to, size_t room, size_t *len, struct idem_error *err);
void inflate_close(struct inflate *in);

/* Bytes of the file as stored: in all (-1 when unknown), and read so far. */
int64_t inflate_total(const struct inflate *in);
int64_t inflate_consumed(const struct inflate *in);

#endif

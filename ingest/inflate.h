/*
 * The bytes of a file as they are meant: read from a path or standard input, gzip (several members too) and zstd
 * undone, told by their first bytes, never by the name. Streams: whatever the ratio of compression, memory stays the
 * same (256 KB of input, the decoder's window of at most 128 MB, the caller's buffer). What unpacks to much more than
 * data does is refused, so that time is bounded too. One thread at a time.
 */
#ifndef IDEM_INGEST_INFLATE_H
#define IDEM_INGEST_INFLATE_H

#include <stdint.h>

#include "base/error.h"

struct inflate;

/* So much may come out of any compressed file; beyond it no more than so many times what was read. Tables of records
 * shrink to a fifth or a twentieth, seldom to a hundredth. */
enum { EXPANSION_FREE_BYTES = 256 << 20, USUAL_EXPANSION = 200 };

/* "-" is standard input. IDEM_NOT_FOUND, IDEM_IO; IDEM_INVALID for what is known not to be text (a zip archive, an
 * Excel workbook, Parquet, ...), with what to do. */
enum idem_status inflate_open(const char *path, struct inflate **out, struct idem_error *err);
/* Up to `room` bytes, more than 0 unless the end is reached. IDEM_INVALID when compressed data is damaged or cut short.
 */
enum idem_status inflate_read(struct inflate *in, char *to, size_t room, size_t *len, struct idem_error *err);
void inflate_close(struct inflate *in);
/* How many times its size a file may unpack to, in place of USUAL_EXPANSION; inflate_read returns IDEM_LIMIT past it.
 */
void inflate_set_expansion(struct inflate *in, uint32_t most);

/* Bytes of the file as stored: in all (-1 when unknown), and read so far. */
int64_t inflate_total(const struct inflate *in);
int64_t inflate_consumed(const struct inflate *in);

#endif

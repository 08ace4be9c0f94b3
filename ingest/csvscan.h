/*
 * The structural scanner of CSV: one pass over text finds the separators and line ends outside quotes, 64 bytes at a
 * time.
 *
 * Each block of 64 bytes becomes bit masks (quotes, delimiters, line ends); "inside quotes" is the running parity of
 * the quotes, computed for a whole block as a prefix xor (Langdale and Lemire, Parsing Gigabytes of JSON per Second,
 * 2019; Ge, Li, Eilebrecht, Chandramouli, Kossmann, Speculative Distributed CSV Data Parsing for Big Data Analytics,
 * 2019). Parity alone is right only where every quote is in its place: an opening one behind a separator, a closing one
 * before one, or two together within quotes. The scan therefore stops at the first quote that is not, and csvrow.h,
 * which is slow and knows every rule, reads that row.
 *
 * The same lists come out of every path (scalar, SSE2, AVX2, NEON). Nothing is carried from one call to the next.
 * Text must be readable for CSVSCAN_SLACK bytes behind its end; what is there does not matter. One thread per csvscan.
 */
#ifndef IDEM_INGEST_CSVSCAN_H
#define IDEM_INGEST_CSVSCAN_H

#include <stdint.h>

#include "base/str.h"

enum { CSVSCAN_SLACK = 64 };

struct csv_syntax {
    char delimiter, quote;
    bool has_quote;
};

struct csvscan {
    uint32_t *at;      /* offsets of delimiters and line ends outside quotes; CRLF is one, at its CR */
    uint32_t *row_end; /* index into `at` of every line end */
    uint32_t *escape;  /* offsets of the second quote of every doubled quote */
    uint32_t *inner;   /* offsets of line ends inside quotes */
    size_t n_at, n_rows, n_escapes, n_inner;
    size_t room;
    bool open; /* the text ends inside quotes */
};

enum csv_path { CSV_BEST, CSV_SCALAR, CSV_SSE2, CSV_AVX2, CSV_NEON, CSV_PATHS };

/* Scans `text`, which begins at the start of a row. Returns the number of bytes scanned: text.len, or the offset of the
 * first misplaced quote (the lists then end before it). At most 2 GB a call. */
typedef size_t csvscan_fn(struct csvscan *s, struct str text, struct csv_syntax syntax);

/* The scanner of this path, or NULL when this processor or build has not got it. CSV_BEST and CSV_SCALAR always exist.
 */
csvscan_fn *csvscan_pick(enum csv_path path);

/* Room for the lists of a text of `len` bytes. */
void csvscan_reserve(struct csvscan *s, size_t len);
void csvscan_deinit(struct csvscan *s);

#endif

/*
 * Where records come from. A reader turns one file (CSV, TSV or JSON lines; plain, .gz or .zst; "-" is standard input)
 * into batches of rows with the wanted columns, and sets bad rows aside with file, line and reason.
 *
 * A cell is UTF-8 without NUL. NULL pointer: the column or key is absent or JSON null; empty text is len 0.
 * JSON: a wanted column is a path "user.email"; array elements on the way give several values of one cell; numbers and
 * booleans come as their text. The pseudo column "." is the whole line (for source payloads).
 */
#ifndef IDEM_INGEST_INGEST_H
#define IDEM_INGEST_INGEST_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

enum ingest_format { INGEST_AUTO, INGEST_CSV, INGEST_JSONL };
enum ingest_header { HEADER_AUTO, HEADER_YES, HEADER_NO };

enum reject_reason {
    REJECT_UNCLOSED_QUOTE,
    REJECT_STRAY_QUOTE,
    REJECT_TOO_FEW_CELLS,
    REJECT_TOO_MANY_CELLS,
    REJECT_NUL_BYTE,
    REJECT_CELL_TOO_LONG,
    REJECT_BAD_ENCODING,
    REJECT_BAD_JSON,
    REJECT_NOT_AN_OBJECT,
    REJECT_NO_RECORD_ID,
    REJECT_RECORD_ID_TOO_LONG,
    REJECT_QUALITY,
    REJECT_REASONS
};
/* "unclosed quote", ... */
const char *reject_reason_name(enum reject_reason reason);

struct reject {
    struct str file;
    uint64_t line; /* 1-based line on which the row begins */
    enum reject_reason reason;
};

enum { MOST_CELL_BYTES = 1 << 20, MOST_ROW_BYTES = 16 << 20, MOST_COLUMNS = 16384 };

struct ingest_options {
    const char *path; /* "-" is standard input */
    enum ingest_format format;
    struct str encoding; /* ICU name; empty: UTF-8, or UTF-16 when a byte order mark says so */
    char delimiter;      /* 0: sniffed */
    char quote;          /* 0: '"' (sniffed) ; '\1' means none */
    enum ingest_header header;
    struct str *want; /* columns or paths in the order wanted; a name that does not exist is an error */
    size_t n_want;    /* 0: all columns of the file in its order (CSV), all top-level paths seen in the sample (JSON) */
    unsigned threads; /* 0 or 1: one */
    uint32_t
        most_expansion; /* how many times its size a compressed file may unpack to; 0: inflate.h's USUAL_EXPANSION */
    bool missing_columns_ok; /* absent wanted columns read as NULL (drift is reported by the caller) */
};

struct cell {
    const char *ptr;
    uint32_t len;
    uint32_t more; /* 0, or 1 + index into row_batch.more of the next value of this cell */
};

struct row_batch {
    size_t n_rows, n_cols;
    struct cell *cell;     /* [n_rows * n_cols], row by row */
    uint64_t *line;        /* [n_rows] line on which the row begins */
    struct cell *more;     /* further values of cells */
    struct reject *reject; /* rows set aside since the last batch */
    size_t n_rejects;
};

struct reader;

enum idem_status reader_open(const struct ingest_options *options, struct reader **out, struct idem_error *err);
/* The next rows (a few thousand and up to about 8 MB of input); n_rows 0 and n_rejects 0 at the end. Everything in
 * the batch is valid until the next call. Rows come in the order of the file whatever the number of threads. */
enum idem_status reader_next(struct reader *r, struct row_batch *batch, struct idem_error *err);
void reader_close(struct reader *r);

/* Column names (after header and sniffing), delimiter, quote, encoding, format as found. Owned by the reader. */
struct reader_facts {
    struct str *column;
    size_t n_columns;
    enum ingest_format format;
    struct str encoding; /* "UTF-8", "UTF-16LE", "windows-1252", ... */
    char delimiter, quote;
    bool has_header;
    uint64_t swallowed; /* CSV: rows so far that a quote never closed has probably swallowed: lines of longer rows, */
    uint64_t swallowed_line; /* and the line on which the first such row begins */
    int64_t bytes_total;     /* of the file as stored, -1 when unknown */
};
const struct reader_facts *reader_facts(const struct reader *r);
/* Bytes of the stored file consumed so far, for progress. */
int64_t reader_bytes_read(const struct reader *r);

/* Looks at the beginning of a file and says what it seems to be; `confidence` 0..100 for the encoding. For `init`,
 * which writes the finding into the configuration; `apply` never guesses an encoding. */
enum idem_status ingest_sniff(const char *path, struct arena *out, struct reader_facts *facts, int *confidence,
                              struct idem_error *err);

#endif

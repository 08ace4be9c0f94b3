/*
 * One row of CSV by the book: every rule, byte by byte. The reader uses it for the header, for sniffing, and for each
 * row that the fast scanner (csvscan.h) cannot vouch for.
 *
 * RFC 4180, and where that is silent:
 *   - LF, CRLF and CR end a row; the last row needs none.
 *   - A cell that begins with the quote is quoted; a doubled quote in it is one quote. Any other quote is text:
 *     `5" pipe,x` has the cells `5" pipe` and `x`.
 *   - Text behind a closing quote makes the row bad: REJECT_STRAY_QUOTE, and the row goes on to its own end. Where the
 *     quoted cell had gone over a line end, the likelier fault is a quote that was never closed:
 *     REJECT_UNCLOSED_QUOTE, and reading resumes on the line behind the opening quote, so that no good row is
 * swallowed. The same at the end of the file, and when a cell passes `most_cell` bytes and has gone over a line end.
 *   - A cell past `most_cell` bytes, or a row past `most_row`, is given up: REJECT_CELL_TOO_LONG, and reading resumes
 * behind the next line end (csvrow_read then returns CSVROW_SKIP).
 */
#ifndef IDEM_INGEST_CSVROW_H
#define IDEM_INGEST_CSVROW_H

#include "ingest/csvscan.h"
#include "ingest/ingest.h"

struct csv_limits {
    size_t most_cell, most_row; /* bytes; most_cell <= most_row */
};

struct csv_cell {
    size_t from, to;      /* offsets into the text, without the quotes around it */
    bool quoted, doubled; /* doubled: holds doubled quotes */
};

struct csv_row {
    struct csv_cell *cell; /* the first `room` cells of the row; the caller's */
    size_t room, n_cells;  /* n_cells may be more than room */
    size_t stop;           /* end of the row's text, before its line end */
    size_t next;           /* where the next row begins */
    uint64_t lines;        /* line ends before `next` */
    bool bad;
    enum reject_reason reason;
};

enum csvrow_result {
    CSVROW_READ, /* a row, good or bad */
    CSVROW_MORE, /* the text ends within the row: call again with more of it (at most most_row + most_cell + 4 bytes) */
    CSVROW_SKIP  /* a bad row; the text from `next` to the line end behind it is to be dropped */
};

/* `text` begins at the start of a row and is not empty; `last`: it goes to the end of the file. */
enum csvrow_result csvrow_read(struct str text, bool last, struct csv_syntax syntax, struct csv_limits limits,
                               struct csv_row *row);

/* Writes `raw` with doubled quotes made single; `to` has room for raw.len bytes. Returns the length. */
size_t csvrow_undouble(struct str raw, char quote, char *to);

/* Line ends in the text: LF, CRLF and CR count one each. */
uint64_t csvrow_count_lines(struct str text);
/* A row over several lines, most of which have as many cells as the file has columns, if read alone: then a quote was
 * probably never closed, and the lines behind the first are rows that it swallowed. How many; 0 for other rows, and
 * where there are fewer than three columns. */
uint64_t csvrow_count_swallowed(struct str row, char delimiter, size_t n_columns);
/* Offset of the first CR or LF at or behind `from`, or text.len. */
size_t csvrow_find_line_end(struct str text, size_t from);

#endif

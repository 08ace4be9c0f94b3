/*
 * A part: the rows that begin in one slice of the text, as one worker reads them. The reader cuts the text into slices
 * of a fixed size counted from the beginning of the file, so that the parts, and with them the batches, are the same at
 * any number of threads and however the bytes arrived.
 *
 * A worker may begin at a place that only looks like the start of a row (the line end before it may be inside quotes):
 * the reader compares it with where the part before really ended and has it read again when they differ.
 */
#ifndef IDEM_INGEST_PART_H
#define IDEM_INGEST_PART_H

#include "ingest/csvrow.h"
#include "ingest/ingest.h"

enum part_state {
    PART_DONE, /* every row that begins in the slice was read */
    PART_MORE, /* the text ends within the row at `at` */
    PART_SKIP  /* a row was given up: what follows `at`, up to the next line end, is to be dropped */
};

struct part {
    size_t end;   /* of the slice: rows that begin before it are this part's */
    size_t start; /* where the first row begins */
    size_t at;    /* where the next row begins; offsets into the reader's window */
    enum part_state state;
    uint64_t lines; /* line ends from start to at */
    size_t n_rows, n_cells, n_more, n_rejects;
    uint64_t swallowed,
        swallowed_line; /* rows that a quote swallowed (csvrow.h), and where the first such row begins */
    size_t rows_room, cells_room, more_room, rejects_room;
    struct cell *cell; /* [n_cells] */
    uint64_t *line;    /* [n_rows] line ends between start and the row */
    struct cell *more;
    struct reject *reject; /* `line` as above, `file` not set */
    struct arena text;     /* of cells that are not slices of the window */
};

/* The text that parts point into; readable for CSVSCAN_SLACK bytes behind its end. */
struct window_view {
    struct str text;
    bool last; /* it goes to the end of the file */
};

void part_deinit(struct part *p);
/* Empties the part; its first row begins at `start`. */
void part_restart(struct part *p, size_t start, size_t end);
/* Room for further rows of n_cells cells each. */
void part_reserve(struct part *p, size_t rows, size_t n_cells);
/* Gives `cell` its first value, or a further one. `*tail` is the caller's, 0 at first: the cell's last further value.
 */
void part_add_value(struct part *p, struct cell *cell, uint32_t *tail, struct str value);
/* The row that begins at `at` has swallowed so many others. */
void part_swallowed(struct part *p, uint64_t rows);
/* Sets aside the row that begins at `at`. */
void part_reject(struct part *p, enum reject_reason reason);

#endif

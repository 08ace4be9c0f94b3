/*
 * CSV text -> rows of wanted cells: the fast scanner where it can vouch for a row, csvrow.h where it cannot.
 *
 * Beyond csvrow.h: a row has as many cells as the header (one more is taken when it is empty: a delimiter at the end of
 * the line), else it is set aside; rows with NUL or invalid UTF-8 are set aside; empty lines are skipped, and lines of
 * blanks alone unless the file has one column.
 */
#ifndef IDEM_INGEST_CSVREAD_H
#define IDEM_INGEST_CSVREAD_H

#include "ingest/part.h"

/* Where a wanted cell comes from. */
enum { CSV_ABSENT = -1, CSV_WHOLE_ROW = -2 };
struct csv_want {
    int column;    /* 0-based, or one of the above */
    unsigned slot; /* in the row's cells */
};

struct csvread {
    struct csv_syntax syntax;
    struct csv_limits limits;
    size_t n_columns;
    struct csv_want *want; /* [n_want] by column, ascending: csvread_order */
    size_t n_want;
    csvscan_fn *scan;
};

/* What one worker needs for itself. Zeroed at first. */
struct csvread_worker {
    struct csvscan scan;
    struct csv_cell *cell;
    size_t cells;
};

void csvread_order(struct csv_want *want, size_t n);
/* Reads rows from p->at on until p->end, a row that goes past the text, or one that is given up. */
void csvread_part(const struct csvread *c, struct csvread_worker *w, struct window_view view, struct part *p);
void csvread_worker_deinit(struct csvread_worker *w);
/* Blanks and tabs only, or nothing. */
bool csvread_is_blank(struct str line);

#endif

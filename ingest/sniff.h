/*
 * What a CSV file seems to be, from its first rows: delimiter, quote, header or not, names of the columns.
 *
 *   delimiter  of , ; tab | the one that cuts the most rows into as many cells as the first, at least two; then the one
 * with the most cells; a line "sep=;" at the top (spreadsheets write it) decides quote      '"', unless no cell is
 * quoted with it and a good part of the cells is with '\'' header     yes, unless the first row looks like the rows
 * below it: a cell that is a number, date or e-mail address, one that has digits and the shape of the cells below it,
 * or one that comes again below it in its column
 *
 * Names are trimmed; an empty one is called "column<N>", N counting from 1, and a repeated one gets "_2", "_3"; empty
 * ones at the end of the header are a delimiter too many: the last is dropped. Without a header all are called
 * "column<N>".
 */
#ifndef IDEM_INGEST_SNIFF_H
#define IDEM_INGEST_SNIFF_H

#include "ingest/csvread.h"

struct sniffed {
    struct csv_syntax syntax;
    bool has_header;
    bool header_unreadable; /* the header row is bad, or not UTF-8 */
    struct str *column;     /* [n_columns] */
    size_t n_columns;
    size_t skip;         /* bytes before the first row of data: a "sep=" line, empty lines, the header */
    uint64_t skip_lines; /* line ends in them */
};

/* `view` is the beginning of the file. Of `options` delimiter, quote, header and want are used. IDEM_LIMIT when there
 * are more than MOST_COLUMNS columns. Results live in `out`; n_columns 0: the file has no row. */
enum idem_status sniff_csv(struct window_view view, const struct ingest_options *options, struct csv_limits limits,
                           struct arena *out, struct sniffed *found, struct idem_error *err);

#endif

/*
 * Values from standard input, for normalize and compare: CSV rows with quotes, doubled quotes and line breaks inside
 * quotes; or one value a line, quoted or not, in which a comma separates nothing.
 */
#ifndef IDEM_CLI_VALUE_LINES_H
#define IDEM_CLI_VALUE_LINES_H

#include <stdio.h>

#include "base/buf.h"
#include "base/error.h"

struct value_lines {
    FILE *file;
    bool whole;    /* a line is one value */
    uint64_t line; /* of the row last read, from 1 */
    uint64_t next_line;
    struct buf text; /* cells behind each other */
    size_t end[8];   /* end[i]: end of cell i in text */
    unsigned n;      /* cells of the row, at most 8 are kept */
};

/* The next row; false at the end. Cells of it by value_cell. */
bool value_lines_next(struct value_lines *v);
struct str value_cell(const struct value_lines *v, unsigned i);
void value_lines_deinit(struct value_lines *v);

#endif

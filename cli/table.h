/* Tables on libsmartcols, the only place that includes it. Wide on a pipe, fitted to the terminal's width on one. */
#ifndef IDEM_CLI_TABLE_H
#define IDEM_CLI_TABLE_H

#include "cli/output.h"
#include "cli/terminal.h"

enum table_flag { TABLE_PLAIN = 0, TABLE_RIGHT = 1, TABLE_WRAP = 2 };

struct table;

struct table *table_new(const struct cli *c);
void table_free(struct table *t);
/* No line of column names. */
void table_headless(struct table *t);
void table_column(struct table *t, const char *name, enum table_flag flags);
/* Starts the next row. */
void table_row(struct table *t);
/* Sets the next cell of the row; what would steer a terminal is shown as base/visible.h says. */
void table_cell(struct table *t, struct str text, enum style style);
void table_print(struct table *t, struct output *o);

#endif

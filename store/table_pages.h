/*
 * Inside store/: the rows of a table as they stand on its pages, read side by side by several threads, for what looks
 * at all of them: five to ten times as fast as a query that steps from row to row.
 *
 * Pages are read through SQLite's own file, which may be done where they are the snapshot as it is: in a read
 * transaction that began when the write-ahead log was empty. Until it ends nobody moves pages of the log into the file.
 * Everywhere else, and where a file is not as it should be, there are no such pages and the caller asks by SQL.
 */
#ifndef IDEM_STORE_TABLE_PAGES_H
#define IDEM_STORE_TABLE_PAGES_H

#include "store/row_code.h"
#include "store/sql.h"

struct table_pages;

/* Of the snapshot that is open. NULL: ask by SQL. */
struct table_pages *table_pages_open(struct store *s, const char *table);
void table_pages_close(struct table_pages *t);

/* Pages are read in pieces of some dozen, which come in the order of their rows. */
size_t table_pages_pieces(const struct table_pages *t);

/* `record`: for row_decode, valid during the call; of a row that is longer than a page its beginning. False ends the
 * reading. */
typedef bool table_row_fn(void *context, int64_t rowid, struct str record);
/* All rows of a piece, ascending; `room` is the caller's, kept from call to call. False when `row` has ended it or the
 * pages are not those of a table. Any thread. */
bool table_pages_read(const struct table_pages *t, size_t piece, struct buf *room, table_row_fn *row, void *context);

#endif

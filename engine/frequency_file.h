/*
 * How frequent the values of a field are among people at large, as a file of the user's (CSV, TSV or JSON lines, plain
 * or packed): two columns, the value and how often it stands: a whole number, or a share of all values ("0.0107", at
 * most 1 together). A first row whose second cell is no number is a header. Values are normalised as those of the field
 * are; different spellings of one value add up; generic values are left out.
 */
#ifndef IDEM_ENGINE_FREQUENCY_FILE_H
#define IDEM_ENGINE_FREQUENCY_FILE_H

#include "matcher/model.h"
#include "rules/config.h"

/* Shares are kept as so many parts. */
enum { FREQUENCY_PARTS = 1000000000 };

/*
 * Reads o->frequency_table, relative to the configuration's folder. IDEM_NOT_FOUND, or IDEM_INVALID with the file's
 * line
 * ("matching.comparisons.family_name.term_frequency.table: surnames.csv:17: ..."), never with a value.
 */
enum idem_status frequency_file_read(const struct config *c, const struct comparison_override *o,
                                     enum comparison_kind kind, struct arena *out, struct frequency_table *table,
                                     struct idem_error *err);

/* The same, only to see whether it can be read. */
enum idem_status frequency_file_check(const struct config *c, const struct comparison_override *o,
                                      struct idem_error *err);

#endif

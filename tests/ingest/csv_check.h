/* One text through the CSV reader, on one path with one set of sizes, against its twin. */
#ifndef IDEM_TESTS_INGEST_CSV_CHECK_H
#define IDEM_TESTS_INGEST_CSV_CHECK_H

#include "tests/ingest/csv_twin.h"

/* NULL when both agree, else what differs (malloc'ed). */
char *csv_check(struct str text, struct csv_syntax syntax, const struct reader_tuning *tuning, unsigned threads);

#endif

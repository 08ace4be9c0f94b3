/* The slow, obvious twin of the CSV reader: one character after the other, the whole text at once. */
#ifndef IDEM_TESTS_INGEST_CSV_TWIN_H
#define IDEM_TESTS_INGEST_CSV_TWIN_H

#include "tests/ingest/transcript.h"

/* Reads all columns and then the pseudo column "." of a text without header. */
void csv_twin(struct transcript *t, struct str text, struct csv_syntax syntax, struct csv_limits limits,
              size_t n_columns);

#endif

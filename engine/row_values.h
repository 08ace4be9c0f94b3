/*
 * The values of one row as its source maps them to a field: trimmed texts that are not empty, in the order of the
 * mapping. Quality rules look at rows through it. One row at a time, one thread.
 */
#ifndef IDEM_ENGINE_ROW_VALUES_H
#define IDEM_ENGINE_ROW_VALUES_H

#include "ingest/ingest.h"
#include "rules/config.h"

enum { MOST_ROW_VALUES = 64 };

struct row_values {
    const struct source *source;
    /* where each mapped value's columns are in the reader's cells: [mapping][value][column], flattened */
    const unsigned *cell_of;
    const struct row_batch *rows;
    size_t row;
    struct arena *scratch; /* joined texts; the caller resets it */
    struct str value[MOST_ROW_VALUES];
};

/* A quality_values_fn: `context` is a struct row_values; *value is good until the next call. */
unsigned row_values(void *context, unsigned field, const struct str **value);

#endif

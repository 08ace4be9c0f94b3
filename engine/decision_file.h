/*
 * Decisions on file: CSV or JSON lines, columns by name in any order, others ignored: left_source, left_id,
 * right_source, right_id, verdict, and perhaps reason. Rows without a verdict are passed over, so that an exported
 * review list can be filled in as far as one came.
 */
#ifndef IDEM_ENGINE_DECISION_FILE_H
#define IDEM_ENGINE_DECISION_FILE_H

#include "base/error.h"
#include "base/str.h"

#include <stdint.h>

struct decision_row {
    struct str left_source, left_id, right_source, right_id, verdict, reason; /* trimmed; valid during the call */
    uint64_t line;
};

typedef enum idem_status decision_row_fn(void *context, const struct decision_row *row, struct idem_error *err);
/* Calls `row` for every row with a verdict. IDEM_INVALID with file and line; "-" is standard input. */
enum idem_status decision_file_read(const char *path, decision_row_fn *row, void *context, struct idem_error *err);

#endif

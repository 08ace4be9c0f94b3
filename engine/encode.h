/*
 * Encoding: mapped raw texts of rows -> dictionary ids in the batch's columns, each distinct text normalised once.
 * One encoder serves one source. Fields that may feed each other (full name and its parts, address and its parts) form
 * a group, and a group is encoded by one thread at a time.
 */
#ifndef IDEM_ENGINE_ENCODE_H
#define IDEM_ENGINE_ENCODE_H

#include "base/parallel.h"
#include "ingest/ingest.h"
#include "normalize/normalize.h"
#include "record/batch.h"
#include "rules/config.h"
#include "seal/seal.h"

/* A value that comes from an `also` file. */
struct encode_extra {
    unsigned mapping; /* index into encode_source.extra_mapping */
    struct str raw;
    uint32_t next; /* 1 + index of the record's next one, or 0 */
};

struct encode_source {
    const struct source *source;
    const struct schema *schema;
    const unsigned *field_of; /* configuration field -> batch field */
    /* where each mapped value's columns are in the reader's cells: [mapping][value][column], flattened */
    const unsigned *cell_of;
    const struct mapping *const *extra_mapping;
    unsigned n_extra_mappings;
    const bool *dropped; /* [schema fields] nothing is split into these */
    /* What makes tokens of the values of hashed fields; NULL where there are none */
    const struct keyring *keys;
    /* [workers] of the caller, who uses them for source after source: what they know of words stays. NULL: own ones */
    struct normalizer *const *normalizer;
    bool stored; /* texts are those of the database: those of hashed fields are tokens already */
};

struct encoder;

enum idem_status encoder_new(const struct encode_source *source, struct batch *b, unsigned workers,
                             struct encoder **out, struct idem_error *err);
void encoder_free(struct encoder *e);

/* What the caller has to do meanwhile, by one of the threads: nothing that touches the batch's columns. */
struct encode_beside {
    parallel_task_fn *work;
    void *context;
};

/* Appends rows row[0 .. n) of the reader's batch to every column. extra[i] is 1 + the first extra of row[i], or 0.
 * `beside` may be NULL; it is done when the call returns. */
void encoder_rows(struct encoder *e, const struct row_batch *rows, const uint32_t *row, const uint32_t *extra,
                  uint32_t n, const struct encode_extra *extras, const struct encode_beside *beside, unsigned threads);

#endif

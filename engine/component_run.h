/*
 * A run over a part of the database: the raw components that some records are in, clustered again from what is kept of
 * them, under the model of the last run. What decisions, merges and splits take effect by at once.
 *
 * The part is closed: with a record its raw component, with a master all its records, those that were merged into it
 * and its survivor. So what comes out is what a run over everything would make of these records.
 */
#ifndef IDEM_ENGINE_COMPONENT_RUN_H
#define IDEM_ENGINE_COMPONENT_RUN_H

#include "engine/apply_run.h"
#include "engine/components.h"
#include "engine/decisions.h"

struct part {
    int64_t *component; /* [n_components] numbers of the components that are taken apart */
    size_t n_components;
    struct kept_component *kept; /* [n_components] */
    int64_t *row_rid;            /* [rows of the batch] */
    bool all_pairs;              /* some component was not kept: every pair is weighed */
};

/* Records that are about to be erased: the part is that of their components and masters, and they count as gone. */
struct part_without {
    const int64_t *rid; /* [n] ascending */
    size_t n;
};

/*
 * Fills `r` (apply_begin) with schema, model, sources, and the records and masters of the part around rid[n]; arrays of
 * `part` live in r->arena. Inside the write transaction. IDEM_NOT_FOUND without a model: nothing was applied yet.
 */
enum idem_status part_read(struct apply_run *r, struct store *store, const int64_t *rid, size_t n, struct part *part,
                           struct idem_error *err);
enum idem_status part_read_without(struct apply_run *r, struct store *store, const int64_t *rid, size_t n,
                                   const struct part_without *without, struct part *part, struct idem_error *err);
/* Clusters it under these decisions, and finds the masters. */
void part_match(struct apply_run *r, const struct decisions *decisions, const struct part *part);

#endif

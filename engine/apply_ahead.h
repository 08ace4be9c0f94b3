/*
 * What a first run writes before it knows who is who: values and candidate index need the records as they were read,
 * and the rules of the model. They go into the file under construction on a thread of their own while the run trains
 * and scores; the caller does not touch the store meanwhile. Later runs write nothing ahead: they would hold the lock.
 *
 *   apply_ahead_start     the batch is settled: rids are given, the file is made, values go in; of a lean run (see
 *                         engine/apply_fit.h) before it returns
 *   apply_ahead_index     the model has its rules and r->keys their keys, which are shared from then on
 *   apply_ahead_hashes    the records are packed: what they are is known, and raw values are gone
 *   apply_ahead_end       waits; *store is the caller's, in its transaction
 *   apply_ahead_drop      the run is given up: waits for little, and throws the file away
 *
 * Without it, or where no thread is to be had, apply_write does the same work at its place.
 */
#ifndef IDEM_ENGINE_APPLY_AHEAD_H
#define IDEM_ENGINE_APPLY_AHEAD_H

#include "engine/apply_run.h"

enum idem_status apply_ahead_start(struct apply_run *r, struct idem_error *err);
void apply_ahead_index(struct apply_run *r);
/* For who asks for the hashes of the records before the end: waits, and r->hash is there if all went well. */
void apply_ahead_hashes(struct apply_run *r);
/* *store NULL: nothing was started. */
enum idem_status apply_ahead_end(struct apply_run *r, struct store **store, struct idem_error *err);
void apply_ahead_drop(struct apply_run *r);

#endif

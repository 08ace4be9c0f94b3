/*
 * How a run keeps to --memory.
 *
 *   arrays      where the run may pass the limit, which the sizes of its files say (or --memory, which is always taken
 * at its word), large arrays go to disk, sealed, as long as nobody touches them (seal/paging.h): more is not held
 * whatever the files hold
 *
 * And where what it would hold while it trains and scores passes the limit it works lean, so that less comes and goes:
 *
 *   values      a first run stores them before it trains, not beside it; a plan of one forgets them
 *   keys        are not held: those of a rule are made when its turn comes (key_set_slim)
 *
 * The result is the same. A run is refused, before anything is written, when what cannot go to disk passes the limit,
 * or when so little of the rest could stay that it would go to and fro at every touch (memory_for_paged).
 */
#ifndef IDEM_ENGINE_APPLY_FIT_H
#define IDEM_ENGINE_APPLY_FIT_H

#include "engine/apply_run.h"

/* Sources and paths are known, nothing is read: large arrays may go to disk from now on. */
enum idem_status apply_limit(struct apply_run *r, struct idem_error *err);
/* What a store may keep of its pages in this run. */
enum idem_status apply_limit_store(const struct apply_run *r, struct store *store, struct idem_error *err);
/* The batch is settled. Decides, or starts writing ahead. IDEM_LIMIT with the least that would do. */
enum idem_status apply_fit(struct apply_run *r, struct idem_error *err);
/* The groups are known: what only matching needs is given back. IDEM_IO, IDEM_LIMIT as paging_check. */
enum idem_status apply_unfit(struct apply_run *r, struct idem_error *err);

#endif

/*
 * How a run keeps to --memory. Where what it would hold while it trains and scores passes the limit it works lean:
 *
 *   values      a first run stores them before it trains, not beside it; a plan of one forgets them; any other run puts
 *               raw values on disk (engine/put_away.h) until its groups are known
 *   rows        record ids, times and fingerprints are put on disk as well, where no link asks for them
 *   keys        are not held: those of a rule are made when its turn comes (key_set_slim)
 *
 * The result is the same. What it cannot do without, LEAN_BYTES a record beside normalised values, is the least that a
 * run takes; it is refused below that, before anything is written.
 */
#ifndef IDEM_ENGINE_APPLY_FIT_H
#define IDEM_ENGINE_APPLY_FIT_H

#include "engine/apply_run.h"

/* The batch is settled. Decides, puts away, or starts writing ahead. IDEM_LIMIT with the least that would do. */
enum idem_status apply_fit(struct apply_run *r, struct idem_error *err);
/* The groups are known: what was put away comes back. */
enum idem_status apply_unfit(struct apply_run *r, struct idem_error *err);

#endif

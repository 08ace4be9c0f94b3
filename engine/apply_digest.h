/*
 * A digest of what a run would make: configuration, state of the database, model, every record with its content and its
 * master. A plan shows it, `apply --expect` holds a run to it. The same at any number of threads, at any time of day
 * and for any seed.
 */
#ifndef IDEM_ENGINE_APPLY_DIGEST_H
#define IDEM_ENGINE_APPLY_DIGEST_H

#include "engine/apply_run.h"

/* After apply_compute's assignment. 32 hexadecimal digits and NUL. */
void apply_digest(struct apply_run *r, char text[APPLY_DIGEST + 1]);

#endif

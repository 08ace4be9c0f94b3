/*
 * Sources with "role": "reference" take part in the matching but never make a master. Clusters that hold records of
 * such sources alone leave the run before masters are given: a record of theirs that was in a master until now is gone
 * from it, one that was not is not stored. They come back as records of the run that finds them a partner, and to the
 * master that they remember.
 */
#ifndef IDEM_ENGINE_REFERENCE_H
#define IDEM_ENGINE_REFERENCE_H

#include "engine/apply_run.h"

/* Has the configuration such sources? */
bool reference_any(const struct config *c);

/* Behind the clustering, before apply_assign: takes the rows of such clusters out of batch, matching and counts. Their
 * number, also in r->unattached and by source in r->load.source[].unattached. */
uint32_t reference_leave(struct apply_run *r);

#endif

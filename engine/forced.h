/*
 * Decisions before rules and links: which forced pairs hold when people, deterministic rules and links speak of the
 * same records.
 *
 * What people decided always holds (engine/decisions.h keeps it free of contradictions). A rule or a link gives way
 * where it would put two records together, directly or through others, that a decision keeps apart, or would keep
 * apart what a decision puts together. Records that no decision reaches through `same` pairs are left as they are: so
 * the answer for a raw component does not depend on the rest of the batch, nor on the order of the pairs.
 */
#ifndef IDEM_ENGINE_FORCED_H
#define IDEM_ENGINE_FORCED_H

#include "engine/matching.h"

/* m->forced, until now of rules and links, becomes `decided`, then what holds of the others; what does not is in
 * m->overruled. Needs m->scorer. */
void forced_settle(struct matching *m, const struct forced_pair *decided, size_t n_decided);

#endif

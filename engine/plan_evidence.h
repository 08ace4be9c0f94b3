/*
 * For each event of a plan the pairs that speak for it: the one that weighs most between what came together, and
 * between what parted.
 */
#ifndef IDEM_ENGINE_PLAN_EVIDENCE_H
#define IDEM_ENGINE_PLAN_EVIDENCE_H

#include "engine/apply_run.h"
#include "engine/explain.h"

/* Rows; a ASSIGN_NONE: there is none. A pair that is said to be the same comes before all weights. */
struct plan_pair {
    uint32_t a, b;
    int32_t weight;
    bool forced;
};

struct plan_evidence {
    struct plan_pair joined; /* the record, or a record of the merged master, and one that it is with now */
    struct plan_pair apart;  /* the record and one of the master that it left */
};

/* [n] in `out`; one pass over all pairs. */
struct plan_evidence *plan_evidence(const struct apply_run *r, const struct identity_event *event, size_t n,
                                    struct arena *out);

#endif

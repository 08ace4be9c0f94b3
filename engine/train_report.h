/* What train learnt, as JSON in the shape of docs/cli.md. */
#ifndef IDEM_ENGINE_TRAIN_REPORT_H
#define IDEM_ENGINE_TRAIN_REPORT_H

#include "base/json.h"
#include "engine/matching.h"
#include "engine/stored_batch.h"
#include "engine/truth.h"

struct train_result {
    const struct truth *truth; /* NULL: no labels */
    uint64_t same, different;  /* labelled pairs that were learnt from */
    uint32_t missing;          /* labelled records that the database has not */
    int32_t learnt_threshold;  /* without labels */
    bool calibrated;           /* the labels moved it */
};

/* One level of a comparison: its m, u and weight, and where they come from. Reports show it too. */
json_t *train_level(const struct level *l);
json_t *train_report(const struct stored_batch *b, const struct train_result *r);

#endif

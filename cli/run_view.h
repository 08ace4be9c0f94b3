/* Pieces of the report of a run, as people read it: what apply, plan and diff show alike. */
#ifndef IDEM_CLI_RUN_VIEW_H
#define IDEM_CLI_RUN_VIEW_H

#include "base/json.h"
#include "cli/output.h"

/* "masters  310 created, 890 attached, ..." */
void run_view_counts(struct output *o, struct arena *scratch, const json_t *report, const char *group);
/* Losses are worth a line only when there are some. */
void run_view_losses(struct output *o, struct arena *scratch, const json_t *losses);
/* Values that many persons share, a line for each field that has some. */
void run_view_shared(struct output *o, struct arena *scratch, const json_t *shared);
/* The gates that did not hold. */
void run_view_gates(const struct cli *c, struct output *o, const json_t *gates);
/* What looks different from the last run. */
void run_view_drift(const struct cli *c, struct output *o, const json_t *drift);

#endif

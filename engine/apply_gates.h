/*
 * Gates and quality rules of a run: each is an entry of the report's `gates`; the first that fails and is not allowed
 * (apply --allow) is kept in apply_run.stop. docs/configuration.md says what each one measures.
 *
 * A gate that fails ends a run with IDEM_GATE at the end of its group: what was read before anything is matched, what
 * would change before anything is written. A plan goes on, so that it can tell everything.
 */
#ifndef IDEM_ENGINE_APPLY_GATES_H
#define IDEM_ENGINE_APPLY_GATES_H

#include "engine/apply_run.h"

/* Are the gates to be allowed known, and is there a reason? IDEM_INVALID. */
enum idem_status apply_gates_options(const struct apply_run *r, struct idem_error *err);
/* Quality rules; from the second run on min_rows and max_age. */
enum idem_status apply_gates_read(struct apply_run *r, struct idem_error *err);
/* max_churn, max_merged_masters, max_gone, from the second run on; the digest that is expected, always. */
enum idem_status apply_gates_changes(struct apply_run *r, struct idem_error *err);

#endif

/*
 * Somebody who was erased comes back in a source: new records that have an erased key, or agree with an erased person
 * (engine/erased.h), are set aside and counted. With `allow_return` they are taken, and the list forgets them.
 */
#ifndef IDEM_ENGINE_ERASE_RETURN_H
#define IDEM_ENGINE_ERASE_RETURN_H

#include "engine/apply_run.h"

/* Before load_settle: rows are dropped from the batch as if another row replaced them. */
enum idem_status erase_set_aside(struct apply_run *r, struct store *store, struct idem_error *err);
/* In the write transaction: those that were let in are no longer on the list. */
enum idem_status erase_allow_back(struct apply_run *r, struct store *store, struct idem_error *err);

#endif

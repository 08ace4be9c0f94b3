/*
 * The memory that a run may use. What a run holds grows in steps that can be foreseen: the records as they are read,
 * then keys and rows for matching, then pairs. A run that would pass its limit works lean (engine/apply_fit.h); one
 * that would pass it even so is refused before anything is written.
 */
#ifndef IDEM_ENGINE_MEMORY_LIMIT_H
#define IDEM_ENGINE_MEMORY_LIMIT_H

#include <stdint.h>

#include "base/error.h"
#include "matcher/keys.h"

/* Half of the machine's memory. */
uint64_t memory_default(void);
/* What the process holds now, bytes; mapped files do not count. 0 when the system does not tell. */
uint64_t memory_held(void);

/* What training and matching take on top of a batch of so many records: with all at hand; lean. */
uint64_t memory_for_training(uint64_t n_records);
uint64_t memory_for_lean(uint64_t n_records);
/* What of the arrays that may go to disk is to stay at the least, for a run to get on. */
uint64_t memory_for_paged(uint64_t n_records);
/* The same with the rules known and the pairs counted. */
uint64_t memory_for_matching(const struct key_set *keys, double edges);

/* IDEM_LIMIT when no run at all is possible under the limit. */
enum idem_status memory_check_start(uint64_t limit, struct idem_error *err);
/* Is there room for `more` bytes under the limit (0: the default)? */
bool memory_fits(uint64_t limit, uint64_t more);
/* IDEM_LIMIT when a run over so many records takes more than the limit: `peak` is what it has held, `more` what it is
 * going to take beside what it holds. The message says how much would do. */
enum idem_status memory_check(uint64_t limit, uint64_t peak, uint64_t more, uint64_t n_records, struct idem_error *err);

#endif

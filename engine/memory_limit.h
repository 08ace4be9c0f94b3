/*
 * The memory that a run may use. What a run holds grows in steps that can be foreseen: the records as they are read,
 * then keys and rows for matching, then pairs. A run that would not keep to its limit is refused between the steps,
 * before anything is written; nothing is moved to disk.
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

/* What matching takes on top of a batch of so many records: before its rules are known, and with their keys made. */
uint64_t memory_for_training(uint64_t n_records);
uint64_t memory_for_matching(const struct key_set *keys, double edges);

/* IDEM_LIMIT when what is held and `more` bytes pass the limit (0: the default). `what`: "matching 1000000 records". */
enum idem_status memory_check(uint64_t limit, uint64_t more, const char *what, struct idem_error *err);

#endif

/*
 * The receipt of an erasure: what was removed, when it was committed, when its bytes were overwritten and searched for,
 * what it cannot reach; signed. It holds digests of the records' keys and master_ids, no values. It is given when the
 * bytes are gone, not before: until then the database is `erasing`.
 *
 * The signature (Ed25519, seal/seal.h) is over the receipt as compact JSON in its own order, without the member
 * "signature".
 */
#ifndef IDEM_ENGINE_RECEIPT_H
#define IDEM_ENGINE_RECEIPT_H

#include "base/json.h"
#include "engine/erase.h"

/* Puts the receipt to be, and what is to be searched for, into the open transaction. */
enum idem_status receipt_wait(struct erasure *e, struct idem_error *err);
/* Scrubs and signs what waits. `result` gets "status" ("erased", or "erasing" with IDEM_BUSY while a reader holds the
 * log) and "receipt". IDEM_NOT_FOUND when nothing waits. */
enum idem_status receipt_finish(struct idem_session *s, struct store *store, const struct idem_erase_options *options,
                                json_t *result, struct idem_error *err);

#endif

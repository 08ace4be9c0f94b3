/*
 * Keys of a database, replaced. The key that wraps the data keys: at once (store_rewrap). The data keys: in
 * transactions of some hundred containers each, while others read and write; killed at any instant, it is gone on with.
 *
 *   store_reseal_begin     makes the new key; from now on everything is sealed under it and opens under both
 *   store_reseal_step ...  seals some more containers again, until there are no more
 *   store_reseal_finish    makes the tokens of personal record ids again under a new key of tokens, looks whether
 *                          anything is left under the old key, and destroys it when the log of changes is emptied
 *
 * Keys of the candidate index and fingerprints cannot be made again from what is stored: they stay keyed as they are,
 * and are themselves sealed, but for fingerprints and the few entries of the index that wait to be folded in.
 */
#ifndef IDEM_STORE_RESEAL_H
#define IDEM_STORE_RESEAL_H

#include "store/store.h"

/* Wraps the data keys under the first key of the key file, in the open write transaction. */
enum idem_status store_rewrap(struct store *s, struct idem_error *err);

struct store_reseal {
    uint64_t done, total; /* containers */
    bool going_on;        /* begin: an earlier one was not finished */
};

/* A transaction of its own. IDEM_INVALID in a clear database. */
enum idem_status store_reseal_begin(struct store *s, struct store_reseal *reseal, struct idem_error *err);
/* A transaction of its own; *more false when all are done. Sealing runs on `threads`. */
enum idem_status store_reseal_step(struct store *s, unsigned threads, struct store_reseal *reseal, bool *more,
                                   struct idem_error *err);
/* In the open write transaction: the tokens. IDEM_CORRUPT when a container is left under the old key. */
enum idem_status store_reseal_tokens(struct store *s, struct idem_error *err);
/* Transactions of its own. *destroyed false: a reader keeps the log of changes from being emptied; call it again. */
enum idem_status store_reseal_finish(struct store *s, bool *destroyed, struct idem_error *err);

/* Is one under way? 0: no; 1: containers; 2: the old key is still to be destroyed. */
enum idem_status store_reseal_state(struct store *s, int *state, struct idem_error *err);

#endif

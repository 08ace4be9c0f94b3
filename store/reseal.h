/*
 * Keys of a database, replaced. The key that wraps the data keys: at once (store_rewrap). The data keys: in
 * transactions of some hundred containers each, while others read and write; killed at any instant, it is gone on with.
 *
 *   store_reseal_begin     makes the new key; from now on everything is sealed under it and opens under both
 *   store_reseal_step ...  seals some more containers again, until there are no more
 *   store_reseal_tokens_begin    looks whether a container is left under the old key, and makes a new key of tokens:
 *                          what is written from now on is under it, what is looked up is under it or the old one
 *   store_reseal_tokens_step ... makes some more tokens of personal record ids again, until there are no more
 *   store_reseal_finish    looks once more, and destroys the old keys when the log of changes is emptied
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
    uint64_t tokens;      /* made again by this caller */
    bool going_on;        /* begin: an earlier one was not finished */
};

/* A transaction of its own. IDEM_INVALID in a clear database. */
enum idem_status store_reseal_begin(struct store *s, struct store_reseal *reseal, struct idem_error *err);
/* A transaction of its own; *more false when all are done. Sealing runs on `threads`. */
enum idem_status store_reseal_step(struct store *s, unsigned threads, struct store_reseal *reseal, bool *more,
                                   struct idem_error *err);
/* In the open write transaction, when all containers are done. IDEM_CORRUPT when one is left under the old key. */
enum idem_status store_reseal_tokens_begin(struct store *s, struct idem_error *err);
/* A transaction of its own: 4,096 records. *more false when there was nothing to do. */
enum idem_status store_reseal_tokens_step(struct store *s, struct store_reseal *reseal, bool *more,
                                          struct idem_error *err);
/* Transactions of its own. *destroyed false: a reader keeps the log of changes from being emptied; call it again. */
enum idem_status store_reseal_finish(struct store *s, bool *destroyed, struct idem_error *err);

/* Is one under way, and what is still to be done? */
enum reseal_state { RESEAL_NONE, RESEAL_CONTAINERS, RESEAL_TOKENS, RESEAL_DESTROY };
enum idem_status store_reseal_state(struct store *s, enum reseal_state *state, struct idem_error *err);

#endif

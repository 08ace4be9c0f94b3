/*
 * The ledger of erasures: a file beside the database, with the digests of who was erased and no values. A copy of the
 * database that is older than its ledger (a backup that was put back) still holds them: when it is opened they are
 * erased again, before anything is read.
 *
 *   idem-erasure-ledger-1 <database id>
 *   + <kind> <digest> <person> <ms since 1970>       as in store/removal.h
 *   - <digest>                                       a record that may come back
 *
 * It is written, and synced, before the database commits. Which file: the one named, else the configuration's
 * (privacy.ledger), else <database>.ledger when it exists.
 */
#ifndef IDEM_ENGINE_LEDGER_H
#define IDEM_ENGINE_LEDGER_H

#include "engine/session.h"
#include "store/removal.h"

/* Adds to it inside the open transaction; nothing when there is no ledger. `named` NULL: not named. */
enum idem_status ledger_add(struct idem_session *s, struct store *store, const char *named,
                            const struct store_erased *erased, size_t n, struct idem_error *err);
/* `digests`: n of ERASED_DIGEST bytes, one behind the other. */
enum idem_status ledger_allow(struct idem_session *s, struct store *store, const uint8_t *digests, size_t n,
                              struct idem_error *err);

/* After opening: erases again what the ledger knows and the database does not. */
enum idem_status ledger_settle(struct idem_session *s, struct idem_error *err);

#endif

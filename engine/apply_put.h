/*
 * What apply_write.c puts into the database in its transaction: records (apply_put_records.c), masters
 * (apply_put_masters.c). In this order, r->seq between mids and records.
 */
#ifndef IDEM_ENGINE_APPLY_PUT_H
#define IDEM_ENGINE_APPLY_PUT_H

#include "engine/apply_run.h"

/* Fills r->rid: that of the stored record, else a new one. */
void apply_take_rids(struct apply_run *r, struct store *store);
/* Golden values of every cluster: r->survivors. */
enum idem_status apply_survive(struct apply_run *r, struct store *store, struct idem_error *err);
/* Fills r->new_mid. */
void apply_take_mids(struct apply_run *r, struct store *store);
/* Values and rows of what is new or changed, and of what is gone. A first run has no values after this. */
enum idem_status apply_put_records(struct apply_run *r, struct store *store, struct idem_error *err);
enum idem_status apply_put_masters(struct apply_run *r, struct store *store, struct idem_error *err);

#endif

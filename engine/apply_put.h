/*
 * What apply_write.c puts into the database in its transaction: records (apply_put_records.c), masters
 * (apply_put_masters.c). In this order, r->seq between mids and records.
 */
#ifndef IDEM_ENGINE_APPLY_PUT_H
#define IDEM_ENGINE_APPLY_PUT_H

#include <stdatomic.h>

#include "engine/apply_run.h"

/* The file of a first run, with its keys. */
enum idem_status apply_create(struct apply_run *r, struct store **store, struct idem_error *err);

/* Values of what is new or changed, leaf by leaf. */
struct put_values {
    struct apply_run *run;
    uint64_t *hash; /* [n_rows] filled for each record that is packed; NULL: not wanted */
    unsigned threads;
    const atomic_bool *stop; /* NULL: never; otherwise looked at now and then, and nothing is told of progress */
    uint32_t *row;           /* [n] own: of each record to put, ascending by rid */
    size_t n;
};
enum idem_status apply_put_values(struct put_values *p, struct store *store, struct idem_error *err);
/* When the values are stored: gives back what survivorship does not read (batch_forget_raw). */
void apply_forget_raw(struct apply_run *r);
/* The candidate index of all records, from the keys of the model's rules; shared ones are given back. */
enum idem_status apply_put_index(const struct apply_run *r, struct store *store, struct key_set *keys, unsigned threads,
                                 struct idem_error *err);

/* Fills r->rid: that of the stored record, else a new one. */
void apply_take_rids(struct apply_run *r, struct store *store);
/* Golden values of every cluster: r->survivors. */
enum idem_status apply_survive(struct apply_run *r, struct store *store, struct idem_error *err);
/* Fills r->new_mid. */
void apply_take_mids(struct apply_run *r, struct store *store);
/* Values (unless r->values_put) and rows of what is new or changed, and of what is gone. A first run has no values
 * after this. */
enum idem_status apply_put_records(struct apply_run *r, struct store *store, struct idem_error *err);
enum idem_status apply_put_masters(struct apply_run *r, struct store *store, struct idem_error *err);

#endif

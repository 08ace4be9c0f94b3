/*
 * Fingerprints: a 64-bit hash of what a source says of a record, as it came, before anything is normalised. A record
 * whose fingerprint is the stored one is not looked at again.
 *
 * A source's seed covers all that makes raw cells into values: its part of the configuration, the fields' types, what
 * is dropped, and the version of normalisation. So another mapping, or another idem, reads every record anew.
 *
 * XXH3, keyed (store_keyed) before it is stored. Never 0, which stands for "not known".
 */
#ifndef IDEM_ENGINE_FINGERPRINT_H
#define IDEM_ENGINE_FINGERPRINT_H

#include "base/buf.h"
#include "ingest/ingest.h"
#include "rules/config.h"

uint64_t fingerprint_seed(const struct config *c, unsigned source);

/* Bytes of one row after each other: every cell with its further values. */
void fingerprint_row(const struct row_batch *rows, size_t row, struct buf *bytes);
/* One more value, of another file (`kind` tells which mapping). */
void fingerprint_extra(unsigned kind, struct str raw, struct buf *bytes);
uint64_t fingerprint_of(uint64_t seed, struct str bytes);

/* Of a record that is made of several rows, the one that stands for it first. */
uint64_t fingerprint_join(uint64_t first, uint64_t next);

#endif

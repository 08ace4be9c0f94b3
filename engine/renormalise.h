/*
 * Stored records whose raw values are normalised again: for `apply --rebuild`, when another version of the word tables
 * or of ICU has made what is stored. What was split off a full name or an address is split off again; contexts
 * (formats, countries) are those of the configuration; records of a source that it does not know have none.
 */
#ifndef IDEM_ENGINE_RENORMALISE_H
#define IDEM_ENGINE_RENORMALISE_H

#include "record/batch.h"
#include "rules/config.h"
#include "store/store.h"

struct renormaliser;

/* `keys`: for the tokens of hashed fields that something is split into; those that are stored stay as they are. */
struct renormaliser *renormaliser_new(const struct config *c, const struct keyring *keys, struct batch *b,
                                      unsigned threads);
void renormaliser_free(struct renormaliser *r);

/* Appends the record to the batch, at the latest with renormaliser_end; nothing else is to be appended until then.
 * `source` is the run's. IDEM_CORRUPT when its bytes cannot be read. */
enum idem_status renormaliser_add(struct renormaliser *r, uint16_t source, const struct store_record *record,
                                  struct idem_error *err);
enum idem_status renormaliser_end(struct renormaliser *r, struct idem_error *err);

#endif

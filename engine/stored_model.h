/*
 * A model as it is kept, made ready for use: unpacked, and held to the fields that the database has. Fields are only
 * ever appended, so a model never names one that is not there; a damaged one may.
 */
#ifndef IDEM_ENGINE_STORED_MODEL_H
#define IDEM_ENGINE_STORED_MODEL_H

#include "matcher/model.h"
#include "store/store.h"

/* Tables in `out`. IDEM_CORRUPT, with what to do. */
enum idem_status stored_model_unpack(struct store *store, const struct store_model *stored, struct arena *out,
                                     struct model *m, struct idem_error *err);

/* The model under which the stored records were clustered: another one may have been trained since. 0: none yet. */
enum idem_status stored_model_in_use(struct store *store, struct arena *scratch, int64_t *id, struct idem_error *err);

#endif

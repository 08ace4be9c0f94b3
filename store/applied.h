/*
 * For runs over a few records of many: under what everything stored was matched, what stands for a record's id in its
 * row, many records by rid, and the records that share keys with new ones.
 */
#ifndef IDEM_STORE_APPLIED_H
#define IDEM_STORE_APPLIED_H

#include "store/store.h"

/* A text of the engine's (no personal value): configuration, model and normalisation that the last whole run used.
 * Empty: never told, as in a database of an older idem. */
enum idem_status store_set_applied(struct store *s, struct str text, struct idem_error *err);
enum idem_status store_get_applied(struct store *s, struct arena *out, struct str *text, struct idem_error *err);

/* Masters that are active now: a walk over all of them. */
enum idem_status store_count_masters(struct store *s, uint64_t *n, struct idem_error *err);

/* What stands for a record id in rows that are read without values: the id itself, or its token (kept in `token`) when
 * the source's ids are personal. Needs the key then. Any thread. */
struct str store_stored_id(const struct store *s, const struct store_source *source, struct str record_id,
                           uint8_t token[16]);
/* While tokens are made again (store/reseal.h): what stands for it in rows that this has not come to; else false. */
bool store_old_id(const struct store *s, const struct store_source *source, struct str record_id, uint8_t token[16]);

/* These records (gone ones too), rid[n] ascending and each once, with values; `record` is valid during the call.
 * Leaves are read once each and opened on `threads`. IDEM_CORRUPT when one is not there. */
typedef enum idem_status store_record_fn(void *context, size_t i, const struct store_record *record,
                                         struct idem_error *err);
enum idem_status store_each_record(struct store *s, const int64_t *rid, size_t n, unsigned threads,
                                   store_record_fn *each, void *context, struct idem_error *err);

#endif

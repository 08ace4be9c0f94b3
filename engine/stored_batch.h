/*
 * Stored records as a batch: what the matcher sees of records that are in the database, without their files. For why,
 * how, evaluate, train, report: whatever scores again under the stored model.
 *
 *   struct stored_batch b;
 *   TRY(stored_batch_open(&b, session, store, err));
 *   status = stored_batch_all(&b, threads, err);      or stored_batch_add(&b, rid, n, err), as often as needed
 *   ... scorer_init(&scorer, &b.model, &b.batch, threads) ...
 *   stored_batch_close(&b);
 *
 * Rows stand in the order in which they were added (stored_batch_all: by rid). Several calls see one state only inside
 * the caller's snapshot. The struct points into itself and must not be moved between open and close. A scorer or key
 * set that was made before rows were added is to be made again.
 * About as large in memory as the same records in a run of apply.
 */
#ifndef IDEM_ENGINE_STORED_BATCH_H
#define IDEM_ENGINE_STORED_BATCH_H

#include "engine/session.h"
#include "matcher/model.h"
#include "matcher/score.h"
#include "record/batch.h"

#define STORED_NONE UINT32_MAX

struct stored_batch {
    struct idem_session *session;
    struct store *store;
    struct arena arena; /* lives as long as the batch: for what belongs to it */
    struct schema schema;
    struct batch batch;
    struct store_source *source; /* [n_sources] batch.source[row] is the index */
    size_t n_sources;
    int64_t *rid; /* [batch.n_rows] */
    int64_t *mid; /* [batch.n_rows] as stored: of a merged master it may be the former one (store_survivor,
                     identities_survivor) */
    uint32_t room;
    uint32_t *slot; /* rows by key; made by stored_batch_find */
    uint32_t slots, slotted;
    bool no_values;     /* stored_batch_open_keys without the key */
    struct model model; /* see stored_batch_applied_model */
    struct store_model stored_model;
};

/* Fields and sources; no rows yet. IDEM_INVALID when the values are sealed and the key is not there. Whatever it
 * returns, stored_batch_close releases. */
enum idem_status stored_batch_open(struct stored_batch *b, struct idem_session *s, struct store *store,
                                   struct idem_error *err);
/* The same where keys will do: without the key the rows of stored_batch_all have no values. IDEM_INVALID when record
 * ids are sealed too. */
enum idem_status stored_batch_open_keys(struct stored_batch *b, struct idem_session *s, struct store *store,
                                        struct idem_error *err);
void stored_batch_close(struct stored_batch *b);

/* All current records, ascending by rid. */
enum idem_status stored_batch_all(struct stored_batch *b, unsigned threads, struct idem_error *err);
/* These records, gone ones too when they are named. A record that is in already is added again. */
enum idem_status stored_batch_add(struct stored_batch *b, const int64_t *rid, size_t n, struct idem_error *err);

/* Row of a record, or STORED_NONE. Not from several threads when rows were added since the last call. */
uint32_t stored_batch_find(struct stored_batch *b, struct str source, struct str record_id);

/* Reads the model of the last run, under which the records were clustered, into b->model: another one may have been
 * trained since. IDEM_NOT_FOUND (with a message) when there is none. */
enum idem_status stored_batch_applied_model(struct stored_batch *b, struct idem_error *err);

/* A scorer for the rows under b->model, with what the configuration (if the session has one) says of sources without
 * duplicates. scorer_deinit releases it; adding rows makes it stale. */
void stored_batch_scorer(struct stored_batch *b, unsigned threads, struct scorer *scorer);

#endif

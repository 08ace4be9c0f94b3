/*
 * Erasure: one transaction that takes records out and makes what remains right, then the bytes (store/removal.h), then
 * the receipt.
 *
 *   1. which records: those named, or all of a person, gone ones too (erase_targets.c)
 *   2. digests for the list of who was erased; decisions and pins on the records go; the models stop counting them
 *   3. the raw components that they were in are clustered again without them, as a small run
 *   4. rows, values, histories, index entries go; masters with nothing left are `erased`
 *   5. events, the run, what waits for the scrub; the ledger; commit
 *   6. the log is emptied, file and log are searched; only then the receipt is signed (receipt.c)
 *
 * In the feed `erased` names a master: a copy forgets it and all its records; what is left of it follows as `attached`.
 */
#ifndef IDEM_ENGINE_ERASE_H
#define IDEM_ENGINE_ERASE_H

#include "engine/component_run.h"
#include "store/removal.h"

/* Somebody who is erased as a whole: by this number digests of one person are tied in the list. */
struct erasure_person {
    int64_t survivor; /* mid */
    int64_t number;   /* random */
    bool given;       /* had a given name */
};

struct erasure {
    struct idem_session *session;
    struct store *store;
    const struct idem_erase_options *options;
    struct arena arena;
    int64_t now_ms, seq;
    bool writing;
    struct schema schema;

    int64_t *rid; /* [n] ascending: what goes */
    size_t n, room;
    int64_t *whole; /* [n_whole] survivors that were asked for as persons */
    size_t n_whole, whole_room;
    struct str *key;  /* [n] "source:record_id" of each */
    bool quiet;       /* for retention: nobody asked to be forgotten, nothing is remembered of them */
    uint64_t already; /* keys that were erased before */
    struct erasure_person *person;
    size_t n_persons;

    struct erase erase;
    struct store_erased *digest; /* put into the list, and into the ledger */
    size_t n_digests, digests_room;

    struct idem_apply_options apply;
    struct apply_run run;
    bool running;
    struct part part;
    int64_t *mid; /* [n_mids] masters concerned, ascending */
    size_t n_mids;
    bool *was_in; /* [n_mids] a record that goes is, or was last, in it */
    json_t *result;
};

/* Adds what a key names. IDEM_NOT_FOUND tells the number of the key, not the key. */
enum idem_status erase_add_key(struct erasure *e, struct str key, size_t number, struct idem_error *err);
void erase_add_record(struct erasure *e, int64_t rid);
/* In order, each once; who is erased as a whole. */
enum idem_status erase_settle_targets(struct erasure *e, struct idem_error *err);
/* The digests of what goes, while the values are there. */
enum idem_status erase_collect_digests(struct erasure *e, struct idem_error *err);
/* No model counts the records' values any more. */
enum idem_status erase_from_models(struct erasure *e, struct idem_error *err);

/* Payloads of the audit log about them; the erasure is noted there. */
enum idem_status erase_from_audit(struct erasure *e, struct idem_error *err);

/* The whole on an open session; *json as in docs/cli.md. */
enum idem_status erase_run(struct idem_session *s, const char *const *key, size_t n_keys, const int64_t *rid, size_t n,
                           const struct idem_erase_options *options, char **json, struct idem_error *err);

/* The same for records that are no longer to be kept: they may come back. */
enum idem_status erase_for_retention(struct idem_session *s, const int64_t *rid, size_t n,
                                     const struct idem_erase_options *options, char **json, struct idem_error *err);

#endif

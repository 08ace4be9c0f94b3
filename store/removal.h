/*
 * Forgetting: what takes a person's records out of the database for good, keeps a list of who was erased that names
 * nobody, and shows that the bytes are gone. engine/erase.h says in which order.
 *
 * The list (t_erased) holds keyed digests, under a key that rotation keeps: it answers "was this record erased?" for
 * ever, and recognises somebody who comes back.
 *   kind 0   a record: source and record id; or an id of another system: its scheme and the id
 *   kind 1   a strong identifier of an erased person: name of the kind, canonical value
 *   kind 2   a given name of an erased person: it tells apart who shares a mailbox
 * `person` ties the digests of one person; it is the number of a master and says nothing of itself.
 *
 * All but the reading calls need an open write transaction.
 */
#ifndef IDEM_STORE_REMOVAL_H
#define IDEM_STORE_REMOVAL_H

#include "store/erase_trace.h"
#include "store/store.h"

/* ------------------------------------------------------------------ who was erased */

enum erased_kind { ERASED_RECORD, ERASED_IDENTIFIER, ERASED_GIVEN_NAME, ERASED_KINDS };

enum { ERASED_DIGEST = 16 };
struct store_erased {
    enum erased_kind kind;
    uint8_t digest[ERASED_DIGEST];
    int64_t person;
    int64_t seq, at_ms; /* of the erasure */
};

/* Any thread. Needs the key, or a clear database. */
void erased_digest(const struct store *s, enum erased_kind kind, struct str name, struct str value,
                   uint8_t digest[ERASED_DIGEST]);
/* One that is there already stays. */
enum idem_status erased_put(struct store *s, const struct store_erased *erased, struct idem_error *err);
/* Ascending by (seq, kind, digest). */
typedef enum idem_status erased_fn(void *context, const struct store_erased *erased, struct idem_error *err);
enum idem_status erased_each(struct store *s, erased_fn *each, void *context, struct idem_error *err);
/* How many digests there are. */
enum idem_status erased_count(struct store *s, uint64_t *n, struct idem_error *err);
/* Was a record with this key erased? False without the key. */
enum idem_status erased_has_record(struct store *s, struct str source, struct str record_id, bool *erased,
                                   struct idem_error *err);
/* What the ledger (engine/ledger.h) was like when this list was the same: a text of the caller's. */
enum idem_status erased_get_ledger(struct store *s, struct arena *out, struct str *state, struct idem_error *err);
enum idem_status erased_set_ledger(struct store *s, struct str state, struct idem_error *err);
/* The record may come back; with it the person, when there is one (0: none). */
enum idem_status erased_forgive(struct store *s, const uint8_t digest[ERASED_DIGEST], int64_t person,
                                struct idem_error *err);

/* ------------------------------------------------------------------ taking out */

struct erase_counts {
    uint64_t records, leaves, versions, memberships, events, decisions, pins, reviews, aliases, rejects, entries,
        masters, states, models, replies, audits;
};

struct erase {
    struct store *store;
    struct erase_trace trace;
    struct erase_counts counts;
};

void erase_begin(struct erase *e, struct store *s);
void erase_end(struct erase *e);

/* Everything that people said of these records: before what is left is clustered again. */
enum idem_status erase_steward(struct erase *e, const int64_t *rid, size_t n, struct idem_error *err);
/* Remembers the bytes of a row that is about to be replaced: the component of these records, say. */
enum idem_status erase_watch_component(struct erase *e, int64_t component, struct idem_error *err);
/* The same of the payload of an entry of the audit log. */
enum idem_status erase_watch_payload(struct erase *e, int64_t n, struct idem_error *err);
/* Rows, values, histories, index entries of these records (ascending): after that. */
enum idem_status erase_records(struct erase *e, const int64_t *rid, size_t n, struct idem_error *err);
/* A master of which nothing is left: it keeps its master_id and its status, erased. */
enum idem_status erase_master(struct erase *e, int64_t mid, int64_t seq, struct idem_error *err);
/* Goldens as of earlier moments are derived from what is left. */
enum idem_status erase_provenance(struct erase *e, int64_t mid, struct idem_error *err);
/* The golden values in the clear of a master that is about to get new ones. */
enum idem_status erase_golden(struct erase *e, int64_t mid, struct idem_error *err);
/* The model with another body under the same number. */
enum idem_status erase_model(struct erase *e, int64_t id, struct str body, struct idem_error *err);

/* All records of a master itself, gone ones too; masters that a record was ever in; is nothing left in a master? */
enum idem_status erase_rids_of_master(struct store *s, int64_t mid, struct arena *out, int64_t **rid, size_t *n,
                                      struct idem_error *err);
enum idem_status erase_mids_of_record(struct store *s, int64_t rid, struct arena *out, int64_t **mid, size_t *n,
                                      struct idem_error *err);
enum idem_status erase_is_empty(struct store *s, int64_t mid, bool *empty, struct idem_error *err);
/* Ids of all models. */
enum idem_status erase_models(struct store *s, struct arena *out, int64_t **id, size_t *n, struct idem_error *err);
/* Records that went before `seq`: for retention. */
enum idem_status erase_gone_before(struct store *s, int64_t seq, struct arena *out, int64_t **rid, size_t *n,
                                   struct idem_error *err);

/* Rows that were set aside by runs before this time, in the open write transaction. */
enum idem_status removal_old_rejects(struct store *s, int64_t before_ms, uint64_t *n, struct idem_error *err);

/* ------------------------------------------------------------------ the bytes */

struct erase_scrub {
    bool done;      /* the log is empty and nothing was found. False: a reader holds the log */
    bool rewritten; /* the whole file had to be written anew */
    uint64_t windows, searched, found;
};

/*
 * After the commit, without a transaction: empties the write-ahead log into the file, and searches both for what was
 * removed. Where something is left in an unused part of a page, and in a clear database always, the file is written
 * anew first. *scrub says how far it came; a reader that holds the log is no error.
 */
enum idem_status erase_scrub(struct store *s, const struct erase_trace *trace, struct erase_scrub *scrub,
                             struct idem_error *err);

/* What waits for a scrub: JSON of the receipt to be, and the trace. Inside the transaction. */
enum idem_status erase_put_pending(struct store *s, struct str receipt, const struct erase_trace *trace,
                                   struct idem_error *err);
/* Ends it, inside the transaction, and keeps the receipt as it was given, for who was killed before it was stored. */
enum idem_status erase_end_pending(struct store *s, struct str receipt, struct idem_error *err);
/* That of the last erasure, empty before the first. */
enum idem_status erase_last_receipt(struct store *s, struct arena *out, struct str *receipt, struct idem_error *err);
/* IDEM_NOT_FOUND when nothing waits. */
enum idem_status erase_get_pending(struct store *s, struct arena *out, struct str *receipt, struct erase_trace *trace,
                                   struct idem_error *err);

/* A signature of the receipts key, the key to check it with, and whether this database would have made it. */
void erase_sign(const struct store *s, struct str message, uint8_t public_key[SEAL_PUBLIC_BYTES],
                uint8_t signature[SEAL_SIGNATURE_BYTES]);

#endif

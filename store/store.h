/*
 * The database: one SQLite file, and the only place with SQL.
 *
 * What it keeps, and how (docs/sql.md shows the views, docs/decisions/storage.md says why):
 *   record   one narrow row a record: rid, source, record id (or its token), master, fingerprint, status
 *   leaf     the values of 16 records (rid >> 4) packed as one and sealed as one
 *   master   one row an identity: mid, master_id, status, survivor, and where each golden value comes from (`prov`)
 *   segment  the candidate index: see store/segment.h
 *   event    what happened after the first run; the first run's events follow from the rows themselves
 *   and the histories, runs, models, decisions, rejects ... around them: see store/steward.h for a person's decisions
 *
 * Numbers
 *   rid and mid are int64_t from 1 and never used again; 0 is "none". seq counts changes, run counts runs, both from 1.
 *   Times are milliseconds since 1970.
 *
 * First build and later runs
 *   store_create builds in a temporary file beside the target (no journal); store_commit makes the indexes, syncs,
 * gives it its name (IDEM_CONFLICT when somebody else was first) and leaves the store open for reading. Killed before
 * that, nothing is at the name. On an existing database store_begin takes the write lock (IDEM_BUSY after wait_ms), and
 *   store_commit writes one transaction and checkpoints. The same put functions serve both.
 *   In a first build sources and fields come first; leaves, records and masters each ascend over all calls. Rids in the
 *   order of (source, record_id) build fastest. Its records and masters can be read after the commit, not before. After
 * a rollback or a failed commit of a first build nothing but store_close is left to do.
 *
 * Rules
 *   A store is used by one thread at a time; the functions marked "any thread" are pure. A put needs store_begin.
 *   Readers (other stores on the same file) see the last commit; store_snapshot_begin .. _end makes several reads see
 * the same state. What is read into an arena or given to a callback is the caller's / valid during the call. Statuses
 * everywhere: IDEM_IO (permission, disk full), IDEM_CORRUPT (damage, a container that was altered or moved, made by a
 * newer idem), IDEM_BUSY, IDEM_INVALID (the key is missing or another one), each with path and fix.
 */
#ifndef IDEM_STORE_STORE_H
#define IDEM_STORE_STORE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "record/field.h"
#include "seal/seal.h"

struct store;

/* ------------------------------------------------------------------ opening */

enum store_mode { STORE_READ, STORE_WRITE };

struct store_options {
    const char *path;
    enum store_mode mode;
    unsigned wait_ms; /* for another writer, before IDEM_BUSY */
    /* An opened keyring without data keys (keyring_open): the store unwraps the database's into it. It must outlive the
     * store. NULL: none; a sealed database can then be read only as far as nothing sealed is asked for, and not
     * written. */
    struct keyring *keys;
    const struct store *beside; /* an open store of the same file and keyring, whose data keys it shares; NULL: none */
};

/* IDEM_NOT_FOUND when there is no file. Applies pending migrations when opened for writing. */
enum idem_status store_open(const struct store_options *options, struct store **out, struct idem_error *err);

struct store_create_options {
    const char *path;
    struct keyring *keys;            /* opened; gets new data keys here. NULL: at_rest clear */
    const struct keyring *data_keys; /* new ones that values were read under already; NULL: they are made here */
    struct str normaliser;           /* version of tables and ICU that made the stored forms */
    int64_t now_ms;
    unsigned wait_ms;
};

/* Starts a first build; store_begin is implied. IDEM_CONFLICT when the path exists. */
enum idem_status store_create(const struct store_create_options *options, struct store **out, struct idem_error *err);

/* Rolls back what is not committed; a first build vanishes. NULL is fine. */
void store_close(struct store *s);

/* What the database says of itself. Strings live as long as the store. */
struct store_info {
    const char *path;
    uint8_t id[16];  /* the database's, random */
    unsigned schema; /* version */
    int64_t created_ms;
    bool sealed;    /* at_rest sealed */
    bool has_key;   /* values can be opened: clear, or the keyring fits */
    bool read_only; /* the file may not be written, whatever the mode */
    struct str normaliser;
    char key_id[9]; /* of the wrapping key, "" when clear */
};
const struct store_info *store_info(const struct store *s);

/* ------------------------------------------------------------------ transactions */

/* Before and after a transaction that changes many pages: they are kept in memory until it commits, up to 196 MB in
 * place of 48. */
enum idem_status store_expect_many(struct store *s, bool many, struct idem_error *err);
/* Pages that SQLite may keep, in bytes; 0: as usual. */
enum idem_status store_limit_cache(struct store *s, uint64_t bytes, struct idem_error *err);
enum idem_status store_begin(struct store *s, struct idem_error *err);
/* On failure everything is rolled back. */
/* For how many seconds the last transaction that committed kept others from writing. */
double store_held_seconds(const struct store *s);
enum idem_status store_commit(struct store *s, struct idem_error *err);
void store_rollback(struct store *s);
/* Moves the log into the file when it has grown. Commits do so, but for those of a shared store. */
/* True when it is long all the same, because others keep reading from it. */
bool store_rest(struct store *s);
/* All of the log is moved, snapshots are taken anew by `renew`, then it is emptied. False: somebody else reads from it.
 */
bool store_empty_log(struct store *s, void (*renew)(void *context), void *context);
/* From now on no other store begins a transaction, until the turn is given back or this store closed. What is read from
 * then on is what a transaction will find, once a first one (which may be rolled back) has waited for what others had
 * begun. IDEM_BUSY when somebody else has the turn after wait_ms. */
enum idem_status store_ask_turn(struct store *s, struct idem_error *err);
void store_give_turn(struct store *s);
/* What the sessions of a process share (store/process_cache.h): borrowed, to be told before the first transaction. */
struct store_cache;
void store_use_cache(struct store *s, struct store_cache *c);
/* Reads records into the cache until it is nearly full. `stop` is asked now and then. */
enum idem_status store_fill_cache(struct store *s, bool (*stop)(void *context), void *context, struct idem_error *err);
/* A number for store_record_stays: what is read of a record now is right in later snapshots of this store as long as
 * that says so. */
int64_t store_record_state(struct store *s, int64_t rid);
bool store_record_stays(struct store *s, int64_t rid, int64_t state);
/* After store_begin: of records, masters and the candidate index this transaction changes only what goes through
 * store_put_leaves, store_put_records, store_put_masters and segment_change. What others keep of the rest stays right;
 * without this call they forget everything. */
void store_tracks(struct store *s);
/* From now on store_begin waits so long. */
void store_set_wait(struct store *s, unsigned wait_ms);

enum idem_status store_snapshot_begin(struct store *s, struct idem_error *err);
void store_snapshot_end(struct store *s);

/* A number that stays the same from one transaction or snapshot to the next as long as no record, master or entry of
 * the candidate index has changed: what was read of them is still right. Inside a snapshot or transaction. */
uint64_t store_state(const struct store *s);
/* The last change that the current transaction or snapshot sees: it differs when somebody has committed since. */
enum idem_status store_change_seq(struct store *s, int64_t *seq, struct idem_error *err);

/* Numbers of the open write transaction; a rollback gives them back. In a first build a row's own number is the seq of
 * its creation (its `seq` is ignored there), so that all rids are taken before the first mid: rids are 1 .. R, mids
 * begin at R + 1. */
int64_t store_take_rids(struct store *s, uint64_t n); /* the first of n */
int64_t store_take_mids(struct store *s, uint64_t n);
int64_t store_take_seqs(struct store *s, uint64_t n);
/* The greatest time used in a master_id so far (0: none), and its next value. */
int64_t store_last_id_ms(struct store *s);
void store_set_last_id_ms(struct store *s, int64_t ms);
/* What was stored with another version of normalisation is so after --rebuild. */
enum idem_status store_set_normaliser(struct store *s, struct str version, struct idem_error *err);

/* ------------------------------------------------------------------ fields and sources */

/*
 * The fields of the packed records and of the `golden` view, in stored order. Fields are only ever appended: the caller
 * builds its schema from store_get_fields (all of them, in that order) followed by the configuration's new ones, and
 * puts the whole. IDEM_INVALID when a stored field is missing, renamed or of another type.
 */
enum idem_status store_put_fields(struct store *s, const struct schema *schema, struct idem_error *err);
enum idem_status store_get_fields(struct store *s, struct arena *out, struct schema *schema, struct idem_error *err);

struct store_source {
    int64_t id; /* from 1 */
    struct str name;
    bool personal_ids;      /* record ids are stored as tokens; the plain one is in the leaf only */
    bool hashed_ids;        /* of record ids only their tokens' text is known, here and everywhere: seal_hashed_id */
    struct str facts;       /* JSON of the last files read: for drift and gates; no personal value */
    uint64_t current, gone; /* records; filled by store_get_sources with count */
};
/* Adds a source (id 0: assigned) or updates its facts. personal_ids and hashed_ids cannot change:
 * IDEM_CONFLICT. */
enum idem_status store_put_source(struct store *s, struct store_source *source, struct idem_error *err);
enum idem_status store_get_sources(struct store *s, bool count, struct arena *out, struct store_source **source,
                                   size_t *n, struct idem_error *err);
/* A record id that somebody gives: of a source whose ids are hashed it becomes the token's text, in `out`, unless it is
 * one. Look-ups by source and id take either. IDEM_INVALID without the key. */
enum idem_status store_given_id(struct store *s, struct str source, struct str *record_id, struct arena *out,
                                struct idem_error *err);

/* ------------------------------------------------------------------ records */

enum store_record_status { STORE_RECORD_CURRENT, STORE_RECORD_GONE };

struct store_record {
    int64_t rid, source, mid;
    struct str record_id; /* plain when putting. Read: plain, or the 16-byte token of a personal id without values */
    uint64_t fingerprint; /* store_keyed() of a hash of the content */
    int64_t seq;          /* of its last change of membership */
    int64_t run;          /* that created it */
    enum store_record_status status;
    struct str packed; /* read only, with values: record/pack.h in the order of store_get_fields */
};

/* Appends the packed record of item `i` to `out`. Called from several threads, each item once. */
typedef void store_pack_fn(void *context, size_t i, struct buf *out);

/*
 * Values: writes the leaves of n records (rid and record_id are read), ascending by rid. Replaced values go to the
 * history under `seq` (the change that replaced them; ignored in a first build). Packing and sealing run on `threads`.
 * Fastest when calls do not split a leaf: cut between rid 16k+15 and 16k+16.
 */
enum idem_status store_put_leaves(struct store *s, const struct store_record *record, size_t n, store_pack_fn *pack,
                                  void *context, int64_t seq, unsigned threads, struct idem_error *err);
/* Rows: adds or replaces, ascending by rid. A membership that ends goes to the history. */
enum idem_status store_put_records(struct store *s, const struct store_record *record, size_t n,
                                   struct idem_error *err);

/* Keyed 64-bit number of an unkeyed hash (the hash itself when clear): what may be stored of it. Any thread. */
uint64_t store_keyed(const struct store *s, uint64_t hash);

enum store_order { STORE_BY_RID, STORE_BY_KEY /* source id, then record_id bytes (tokens where personal) */ };

struct store_read_options {
    enum store_order order;
    bool values;      /* record_id always plain, `packed` filled; STORE_BY_RID only; needs the key */
    bool gone;        /* records that are gone too */
    unsigned threads; /* for opening leaves; 0 is 1 */
};

/* A cursor over all records; one open transaction or snapshot around it is the caller's. */
struct store_cursor;
enum idem_status store_records_open(struct store *s, const struct store_read_options *options,
                                    struct store_cursor **out, struct idem_error *err);
/* *more false at the end. `record` is valid until the next call. */
enum idem_status store_records_next(struct store_cursor *c, struct store_record *record, bool *more,
                                    struct idem_error *err);
void store_records_close(struct store_cursor *c);

/* One record, gone ones included. IDEM_NOT_FOUND. `values` as above. */
enum idem_status store_get_record(struct store *s, int64_t rid, bool values, struct arena *out,
                                  struct store_record *record, struct idem_error *err);
/* The same with values, for who has them already: *digest is that of the container they were in, 0 at first. *same:
 * they are as they were, and are not given. */
enum idem_status store_get_changed(struct store *s, int64_t rid, uint64_t *digest, bool *same, struct arena *out,
                                   struct store_record *record, struct idem_error *err);
/* rid of a record, gone ones included. IDEM_NOT_FOUND. */
enum idem_status store_find_record(struct store *s, struct str source, struct str record_id, int64_t *rid,
                                   struct idem_error *err);
/* rids of the current records of a master, ascending. */
enum idem_status store_members(struct store *s, int64_t mid, struct arena *out, int64_t **rid, size_t *n,
                               struct idem_error *err);

/* The crosswalk: the master_id of a current record, redirects followed. IDEM_NOT_FOUND (no message) when unknown or
 * gone. The fast way: one prepared statement; inside a snapshot more than 500,000 a second. */
enum idem_status store_lookup(struct store *s, struct str source, struct str record_id, char master_id[37],
                              struct idem_error *err);

struct store_key {
    struct str source, record_id;
    bool found;
    char master_id[37]; /* when it was found */
};
/* The same for n keys. A snapshot that is asked for a good part of its records reads them all, and answers millions a
 * second from then on. */
enum idem_status store_lookup_many(struct store *s, struct store_key *key, uint32_t n, unsigned threads,
                                   struct idem_error *err);

/* ------------------------------------------------------------------ masters */

enum store_master_status { STORE_MASTER_ACTIVE, STORE_MASTER_REDIRECTED, STORE_MASTER_RETIRED, STORE_MASTER_ERASED };

struct store_master {
    int64_t mid;
    uint8_t uuid[16];
    enum store_master_status status;
    int64_t target;    /* mid it is merged into, when redirected */
    uint32_t n;        /* current records */
    int64_t seq;       /* of its last change */
    int64_t run;       /* that created it */
    int64_t component; /* raw component its records are in; 0 when alone */
    struct str prov;   /* which member and rule each golden value comes from; holds no value itself */
};

/* Adds or replaces, ascending by mid. A replaced `prov` goes to the history. */
enum idem_status store_put_masters(struct store *s, const struct store_master *master, size_t n,
                                   struct idem_error *err);

/* All masters ascending by mid; the pointer is valid during the call. Stop with any status but IDEM_OK. `prov` is
 * filled when `with_prov`. */
typedef enum idem_status store_master_fn(void *context, const struct store_master *master, struct idem_error *err);
enum idem_status store_each_master(struct store *s, bool with_prov, store_master_fn *each, void *context,
                                   struct idem_error *err);
enum idem_status store_get_master(struct store *s, int64_t mid, struct arena *out, struct store_master *master,
                                  struct idem_error *err);
/* By master_id text (36 characters, any case). IDEM_NOT_FOUND; IDEM_INVALID when it is not one. */
enum idem_status store_find_master(struct store *s, struct str master_id, struct arena *out,
                                   struct store_master *master, struct idem_error *err);
/* The survivor at the end of the redirects (the master itself when it has none). */
enum idem_status store_survivor(struct store *s, int64_t mid, struct arena *out, struct store_master *master,
                                struct idem_error *err);
/* mids of all active masters, ascending. */
enum idem_status store_active_masters(struct store *s, struct arena *out, int64_t **mid, size_t *n,
                                      struct idem_error *err);
/* mids that redirect to `mid` directly, ascending. */
enum idem_status store_redirected_from(struct store *s, int64_t mid, struct arena *out, int64_t **from, size_t *n,
                                       struct idem_error *err);

/*
 * Golden values that may stand in the clear (fields that are not personal; all fields when at_rest is clear), shown by
 * the `golden` view. value[n_fields] in the order of the fields, ptr NULL: none or personal; several values joined by
 * `|`. A master with no such value needs no row. Ascending by mid; replaces.
 */
struct store_golden {
    int64_t mid;
    const struct str *value; /* [n_fields of store_put_fields] */
};
enum idem_status store_put_golden(struct store *s, const struct store_golden *golden, size_t n, struct idem_error *err);

/* "01935d2e-7a10-7c33-8f00-3b1d0c5e9a42" and back. */
void store_uuid_format(const uint8_t uuid[16], char text[37]);
bool store_uuid_parse(struct str text, uint8_t uuid[16]);

/* ------------------------------------------------------------------ the past */

/* What the database knew when change `seq` had been made, by run `run`. */
struct store_moment {
    int64_t seq, run, at_ms;
};
/* The end of a run (IDEM_NOT_FOUND); the last change before or at a time (before the first one nothing is known).
 * IDEM_LIMIT when the history does not reach that far back. */
enum idem_status store_moment_of_run(struct store *s, int64_t run, struct store_moment *moment, struct idem_error *err);
enum idem_status store_moment_of_time(struct store *s, int64_t ms, struct store_moment *moment, struct idem_error *err);
enum idem_status store_moment_of_seq(struct store *s, int64_t seq, struct store_moment *moment, struct idem_error *err);
/* From now on one record, one master, members, redirects and look-ups are answered as of that moment (NULL: of now);
 * everything else is always of now. */
void store_set_moment(struct store *s, const struct store_moment *moment);

/* A time in which a record was in a master, as rows say it (the master may have been merged meanwhile). */
struct store_membership {
    int64_t mid, from, to; /* seqs; to 0: it is in it now */
};
enum idem_status store_memberships(struct store *s, int64_t rid, struct arena *out, struct store_membership **list,
                                   size_t *n, struct idem_error *err);
/* The changes that replaced values of a record, ascending. */
enum idem_status store_value_changes(struct store *s, int64_t rid, struct arena *out, int64_t **seq, size_t *n,
                                     struct idem_error *err);
/* Records whose membership or values, and masters, that changed after `seq`, ascending. */
enum idem_status store_records_since(struct store *s, int64_t seq, struct arena *out, int64_t **rid, size_t *n,
                                     struct idem_error *err);
enum idem_status store_masters_since(struct store *s, int64_t seq, struct arena *out, int64_t **mid, size_t *n,
                                     struct idem_error *err);
/* Decisions and pins that were made after `since` are withdrawn by change `seq`, those that were withdrawn after it
 * stand again. */
enum idem_status store_undo_decisions(struct store *s, int64_t since, int64_t seq, int64_t at_ms,
                                      struct idem_error *err);
/* History reaches back to this seq: states at it and after it, events after it. 0: to the beginning. */
enum idem_status store_history_from(struct store *s, int64_t *seq, struct idem_error *err);
/* Drops what is older: events up to `seq`, states that ended at it or before. */
enum idem_status store_forget_history(struct store *s, int64_t seq, struct idem_error *err);

/* ------------------------------------------------------------------ events, runs, models, rejects */

enum store_event_kind {
    STORE_CREATED,
    STORE_ATTACHED,
    STORE_DETACHED,
    STORE_MOVED,
    STORE_UPDATED,
    STORE_MERGED,
    STORE_SPLIT,
    STORE_REVIVED,
    STORE_REDIRECTED,
    STORE_RETIRED,
    STORE_ERASED,
    STORE_DECIDED,
    STORE_WITHDRAWN,
    STORE_EVENT_KINDS
};
const char *store_event_name(enum store_event_kind kind);

/* Why: what was different from the run before. */
enum store_reason {
    STORE_UNKNOWN_REASON, /* written before reasons were */
    STORE_NEW_RECORD,
    STORE_CHANGED_RECORD,
    STORE_GONE_RECORD,
    STORE_RETURNED_RECORD,
    STORE_MODEL, /* another model, configuration or normalisation */
    STORE_DECISION,
    STORE_ROLLBACK,
    STORE_ERASURE,
    STORE_REASONS
};
/* "new_record", ..., "" for the unknown one */
const char *store_reason_name(enum store_reason reason);

struct store_event {
    int64_t seq; /* of its own, from store_take_seqs; ascending */
    int64_t run;
    enum store_event_kind kind;
    int64_t rid, mid, other; /* other: the master it was in before, was merged from or split from */
    int64_t at_ms;           /* 0: the run's time. Filled when reading */
    struct str fields;       /* names of golden fields that changed, comma separated; no values */
    enum store_reason reason;
};
/* Not in a first build: its events follow from its rows. */
enum idem_status store_put_events(struct store *s, const struct store_event *event, size_t n, struct idem_error *err);

typedef enum idem_status store_event_fn(void *context, const struct store_event *event, struct idem_error *err);
/* All events with seq > since in order, the first run's included; rid or mid not 0: only those of that record or
 * master. */
enum idem_status store_each_event(struct store *s, int64_t since, int64_t rid, int64_t mid, store_event_fn *each,
                                  void *context, struct idem_error *err);

struct store_run {
    int64_t id;
    int64_t started_ms, finished_ms, now_ms;
    bool committed; /* false: stopped by a gate */
    uint8_t config_hash[32];
    int64_t model;
    uint8_t seed[16];                           /* of the ids minted */
    int64_t first_seq, last_seq;                /* changes of the run; filled by the store */
    struct str by, version, normaliser, report; /* report: JSON of apply, no personal value */
};
/* The number the next run gets. */
int64_t store_next_run(struct store *s);
/* The same of the next record: more than there are. */
int64_t store_next_rid(const struct store *s);
/* Adds the row of this transaction's run (id is assigned) before the commit. */
enum idem_status store_put_run(struct store *s, struct store_run *run, struct idem_error *err);
/* Newest first; most 0: all. */
enum idem_status store_get_runs(struct store *s, size_t most, struct arena *out, struct store_run **run, size_t *n,
                                struct idem_error *err);
/* Those with smaller numbers than `before`. */
enum idem_status store_get_runs_before(struct store *s, int64_t before, size_t most, struct arena *out,
                                       struct store_run **run, size_t *n, struct idem_error *err);

struct store_model {
    int64_t id, run, created_ms;
    uint8_t hash[32]; /* of the body; keyed in a sealed database */
    struct str body;  /* sealed when kept */
};
/* Immutable: id and hash are assigned; a body that is there already keeps its id. Either way it is the newest. */
enum idem_status store_put_model(struct store *s, struct store_model *model, struct idem_error *err);
/* The same number with another body, for erasure alone: what counted a person's values counts them no more. */
enum idem_status store_rewrite_model(struct store *s, int64_t id, struct str body, struct idem_error *err);
/* id 0: the newest. IDEM_NOT_FOUND. `with_body` false: facts only, no key needed. */
enum idem_status store_get_model(struct store *s, int64_t id, bool with_body, struct arena *out,
                                 struct store_model *model, struct idem_error *err);

/* Other sealed bytes by number. */
enum store_blob { STORE_TF, STORE_COMPONENT, STORE_BLOBS };
/* Adds or replaces; an empty body deletes. */
enum idem_status store_put_blob(struct store *s, enum store_blob kind, int64_t id, struct str body,
                                struct idem_error *err);
enum idem_status store_get_blob(struct store *s, enum store_blob kind, int64_t id, struct buf *body,
                                struct idem_error *err);
typedef enum idem_status store_blob_fn(void *context, int64_t id, struct str body, struct idem_error *err);
enum idem_status store_each_blob(struct store *s, enum store_blob kind, store_blob_fn *each, void *context,
                                 struct idem_error *err);

struct store_reject {
    int64_t run, source;
    struct str file, reason; /* no personal value in either */
    uint64_t line;           /* 0: unknown */
    struct str raw;          /* the row; sealed when kept; may be empty */
};
/* Those of the source's last reading replace the earlier ones: clear, then put. */
enum idem_status store_clear_rejects(struct store *s, int64_t source, struct idem_error *err);
enum idem_status store_put_rejects(struct store *s, const struct store_reject *reject, size_t n,
                                   struct idem_error *err);
typedef enum idem_status store_reject_fn(void *context, const struct store_reject *reject, struct idem_error *err);
/* In order of source, file, line. Without the key `raw` is empty. */
enum idem_status store_each_reject(struct store *s, store_reject_fn *each, void *context, struct idem_error *err);

/* ------------------------------------------------------------------ the file */

struct store_statistics {
    uint64_t bytes, page_bytes, pages, free_pages, wal_bytes;
    uint64_t current, gone;                       /* records */
    uint64_t active, redirected, retired, erased; /* masters */
};
enum idem_status store_statistics(struct store *s, struct store_statistics *out, struct idem_error *err);

/* A consistent copy while others read and write; IDEM_CONFLICT when `path` exists. */
enum idem_status store_backup(struct store *s, const char *path, struct idem_error *err);

/* Checks pages, references between tables, and (with the key) that every container opens. IDEM_CORRUPT names the first
 * damage. */
enum idem_status store_verify(struct store *s, unsigned threads, struct idem_error *err);

#endif

/*
 * idem: identity resolution and master data in one library.
 *
 * The one public header of libidem, and so a little longer than other files: a program includes one. Kinds of handle:
 *   - struct idem_session: an open database with its configuration: apply, lookup, show, why, export
 *   - struct idem_resolver: one record at a time: search, resolve
 *   - struct idem_model: no database, no files: compare and normalise values; re-entrant
 *   - struct idem_stream: rows that are fed through: annotate, lookups of many ids
 *   - struct idem_golden: golden values, one by one
 *
 * Rules that hold everywhere
 *   - Text is UTF-8. `struct idem_str` is borrowed and not NUL-terminated; `char *` results are NUL-terminated,
 *     owned by the caller and released with idem_free().
 *   - Every call that can fail returns an enum idem_status and, when it is not IDEM_OK, fills the caller's
 *     struct idem_error (which may be NULL). A message names the place and the fix and holds no personal value.
 *   - Structured results are JSON text in the shapes of docs/cli.md: the command line prints the same text with --json.
 *   - A handle is used by one thread at a time; different handles may be used by different threads.
 */
#ifndef IDEM_H
#define IDEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define IDEM_VERSION "0.1.0"

#if defined(_WIN32)
#define IDEM_API
#else
#define IDEM_API __attribute__((visibility("default")))
#endif

enum idem_status {
    IDEM_OK = 0,
    IDEM_INVALID,   /* bad argument, configuration or input */
    IDEM_NOT_FOUND, /* no such record, master, file */
    IDEM_CONFLICT,  /* contradicts what is stored, or another writer won */
    IDEM_BUSY,      /* another process is writing */
    IDEM_LIMIT,     /* a documented limit was reached */
    IDEM_NO_MEMORY,
    IDEM_IO,      /* the operating system refused: permission, disk full, ... */
    IDEM_CORRUPT, /* the database, key file or container is damaged or from a newer idem */
    IDEM_GATE     /* a gate or quality rule stopped the run; nothing was changed */
};

struct idem_error {
    enum idem_status status;
    char message[1024];
};

/* A borrowed piece of UTF-8 text or bytes. */
struct idem_str {
    const char *ptr;
    size_t len;
};

/* Releases a char * that a call returned. NULL is fine. */
IDEM_API void idem_free(void *text);
/* "0.1.0" of the library that is loaded. */
IDEM_API const char *idem_version(void);
IDEM_API const char *idem_status_name(enum idem_status status);

/* Progress and notices of a long call; either function may be NULL. Called from the calling thread. */
struct idem_progress {
    /* stage: "read", "normalise", "train", "block", "score", "cluster", "survive", "write"; total 0: unknown */
    void (*stage)(void *context, const char *stage, uint64_t done, uint64_t total, const char *unit);
    void (*warn)(void *context, const char *message);
    void *context;
};

/* Receives output piece by piece; return false to stop (the call then returns IDEM_IO). */
typedef bool idem_write_fn(void *context, const void *bytes, size_t len);
/* Gives input: up to `room` bytes into `bytes`; *len 0 at the end; false on an error of the source. */
typedef bool idem_read_fn(void *context, void *bytes, size_t room, size_t *len);

/* ------------------------------------------------------------------ session */

struct idem_session;

enum idem_open_mode { IDEM_READ, IDEM_WRITE };

/* Where the passphrase of a key file comes from: writes up to `room` bytes; false when there is none. */
struct idem_passphrase {
    bool (*ask)(void *context, char *text, size_t room, size_t *len);
    void *context;
};

struct idem_open_options {
    const char *config_path;                  /* NULL: none; commands that only read the database do without */
    const char *db_path;                      /* NULL: idem.db */
    const char *key_path;                     /* NULL: as the configuration says, else idem.key beside the database */
    const struct idem_passphrase *passphrase; /* of the key file, if it has one; NULL: none. Asked once */
    enum idem_open_mode mode;
    unsigned wait_ms; /* how long to wait for another writer before IDEM_BUSY */
    bool masked;      /* show personal values masked even with the key */
    const char *by; /* who uses the session, and what for: kept in the audit log beside each personal value shown and */
    const char *purpose; /* each change made; may be NULL */
    const char *as_of; /* NULL: now. A time (ISO 8601) or the number of a run: idem_lookup, idem_show, idem_annotate and
                          streams answer as the database knew it then; for IDEM_READ */
    bool shared;       /* one of many sessions of a process: small caches; idem_rest is called now and then */
    struct idem_cache *cache; /* that it uses together with others; NULL: none */
};

/* What sessions of one process on one database have read and opened lately, for all of them: up to `bytes` of records
 * and masters, values in plain. What a session commits is known to the others; when somebody else has committed it is
 * emptied. Any thread. Freed after the last of its sessions was closed. */
IDEM_API struct idem_cache *idem_cache_new(size_t bytes);
IDEM_API void idem_cache_free(struct idem_cache *c);
/* Nothing was filled in since it was made or emptied. */
IDEM_API bool idem_cache_is_empty(struct idem_cache *c);
/* Reads stored records into the session's cache until that is nearly full. For a thread that has time: `stop` is asked
 * now and then. Nothing is done without the key. */
IDEM_API enum idem_status idem_cache_fill(struct idem_session *s, bool (*stop)(void *context), void *context,
                                          struct idem_error *err);

/* Reads configuration and key and opens the database. With IDEM_WRITE a database that does not exist is made by the
 * first apply; with IDEM_READ its absence is IDEM_NOT_FOUND. */
IDEM_API enum idem_status idem_open(const struct idem_open_options *options, struct idem_session **out,
                                    struct idem_error *err);
IDEM_API void idem_close(struct idem_session *s);
enum idem_mask {
    IDEM_MASK_NONE,     /* personal values are shown */
    IDEM_MASK_ASKED,    /* idem_open_options.masked */
    IDEM_MASK_NO_KEY,   /* the database is sealed and the key file is not there */
    IDEM_MASK_READ_ONLY /* it is sealed and cannot be written: what is shown could not be noted in the audit log */
};
/* Whether and why the session masks. Known once the database was opened (with IDEM_WRITE: by the first call that reads
 * it). */
IDEM_API enum idem_mask idem_masking(const struct idem_session *s);

struct idem_source_path {
    const char *source, *path; /* read this source from another file in this run */
};

struct idem_apply_options {
    const char *const *only; /* sources to read; the others keep what is stored */
    size_t n_only;
    const struct idem_source_path *path;
    size_t n_paths;
    bool retrain;
    bool full;         /* match all records again, also those that did not change */
    bool rebuild;      /* the same, and normalise all stored values again: after a change of word tables or ICU */
    bool allow_return; /* records of persons who were erased are taken in again, not set aside */
    uint64_t seed;     /* 0: random ids */
    int64_t now_ms;    /* 0: the clock */
    /* Bytes that the run may hold, 0: half of the machine. What does not fit goes to disk, sealed; IDEM_LIMIT, and
     * nothing is written, when it does not fit even so. */
    uint64_t memory;
    unsigned threads; /* 0: all processors */
    const char *by;   /* who runs it, for the record; may be NULL */
    const struct idem_progress *progress;
    const char *const *allow; /* gates that do not stop this run: "max_gone", "max_gone:crm", "quality[0]" */
    size_t n_allow;
    const char *reason; /* why, for the record, in the clear; needed with `allow` */
    const char *expect; /* the digest of a plan: IDEM_GATE when the run would do anything else; NULL: none */
};

/* Reads all sources, matches, and commits the result in one transaction. *json is the report. */
IDEM_API enum idem_status idem_apply(struct idem_session *s, const struct idem_apply_options *options, char **json,
                                     struct idem_error *err);

/* What idem_apply would do with the same options, nothing written: counts, changes (of each kind at most `list`; 0:
 * 100), gates, and a digest for idem_apply_options.expect. IDEM_GATE, with *json filled, when a gate would stop it. */
IDEM_API enum idem_status idem_plan(struct idem_session *s, const struct idem_apply_options *options, uint32_t list,
                                    char **json, struct idem_error *err);

/* What matching them would cost, without matching: reads all sources, trains where there is no model, counts the pairs
 * of each rule and scores some of them. Shape: docs/cli.md, plan --estimate. Nothing is written. */
IDEM_API enum idem_status idem_estimate(struct idem_session *s, const struct idem_apply_options *options, char **json,
                                        struct idem_error *err);

struct idem_rollback_options {
    int64_t run;      /* the last one; its number is asked for so that nobody undoes another by mistake */
    int64_t now_ms;   /* 0: the clock */
    unsigned threads; /* 0: all processors */
    const char *by;   /* who does it; may be NULL */
    const struct idem_progress *progress;
};

/* Undoes the last run, as a new run: crosswalk, golden records and records are as before it. IDEM_CONFLICT when it is
 * not the last one, or the first. */
IDEM_API enum idem_status idem_rollback(struct idem_session *s, const struct idem_rollback_options *options,
                                        char **json, struct idem_error *err);

/* Validates configuration and sources against the files, and against the last run when there is a database. */
IDEM_API enum idem_status idem_check(struct idem_session *s, char **json, struct idem_error *err);

/* The master of one record; redirects followed. IDEM_NOT_FOUND leaves master_id empty, or "erased" where somebody was
 * erased. With an empty source record_id
 * is a master_id, and the result its survivor. */
IDEM_API enum idem_status idem_lookup(struct idem_session *s, struct idem_str source, struct idem_str record_id,
                                      char master_id[37], struct idem_error *err);
/* key is "source:record_id" or a master_id. */
IDEM_API enum idem_status idem_show(struct idem_session *s, const char *key, char **json, struct idem_error *err);
/* Why two records (or masters: their best pair) are together or apart. Without the key: masters, decisions, and the
 * weight of a pair in review; what is sealed is null. So does idem_how. */
IDEM_API enum idem_status idem_why(struct idem_session *s, const char *a, const char *b, char **json,
                                   struct idem_error *err);
/* How the master of a record, or a master, was built: which groups were joined at which weight, what was cut off it and
 * why, what forced or forbade pairs. */
IDEM_API enum idem_status idem_how(struct idem_session *s, const char *key, char **json, struct idem_error *err);
/* Everything that happened to a record or a master, in order: what, when, in which run, by whom, why. */
IDEM_API enum idem_status idem_history(struct idem_session *s, const char *key, char **json, struct idem_error *err);
struct idem_report_options {
    bool html;         /* a page of its own, else JSON */
    bool values;       /* personal values too, unless the session masks them */
    const char *a, *b; /* the pair to show part by part, "source:record_id"; NULL: the most doubtful match */
};
/* Model, last run and quality of the data. */
IDEM_API enum idem_status idem_report(struct idem_session *s, const struct idem_report_options *options, char **text,
                                      struct idem_error *err);
IDEM_API enum idem_status idem_db_status(struct idem_session *s, char **json, struct idem_error *err);
IDEM_API enum idem_status idem_runs(struct idem_session *s, char **json, struct idem_error *err);
/* At most `most` of them, with numbers below `before` (0: the newest); "next" of the answer is the `before` of the next
 * page, null at the end. */
IDEM_API enum idem_status idem_runs_page(struct idem_session *s, int64_t before, size_t most, char **json,
                                         struct idem_error *err);
/* What changed from the end of one run to that of another, in whichever order they are named: of each kind at most
 * `list` (0: 100). IDEM_NOT_FOUND: no such run. */
IDEM_API enum idem_status idem_diff(struct idem_session *s, int64_t from, int64_t to, uint32_t list, char **json,
                                    struct idem_error *err);
/* A consistent copy of the database while others use it; `path` must not exist. */
IDEM_API enum idem_status idem_backup(struct idem_session *s, const char *path, struct idem_error *err);

enum idem_export_kind {
    IDEM_EXPORT_CROSSWALK,
    IDEM_EXPORT_GOLDEN,
    IDEM_EXPORT_RECORDS,
    IDEM_EXPORT_REJECTS,
    IDEM_EXPORT_CHANGES,
    IDEM_EXPORT_REVIEW, /* to be filled in: idem_decide_file reads it back */
    IDEM_EXPORT_ALIASES /* imported ids */
};
enum idem_format { IDEM_CSV, IDEM_JSONL };

struct idem_export_options {
    enum idem_export_kind kind;
    enum idem_format format;
    bool provenance;       /* golden: which record and rule each value came from */
    bool canonical;        /* the smallest record key of the cluster in place of the id */
    bool spreadsheet_safe; /* CSV: cells that a spreadsheet would run as formulas get a ' in front */
    int64_t since;         /* changes: those after this seq; 0: all. IDEM_LIMIT when they are not kept any more */
    uint64_t most;         /* changes: at most so many; 0: all */
};
IDEM_API enum idem_status idem_export(struct idem_session *s, const struct idem_export_options *options,
                                      idem_write_fn *write, void *context, struct idem_error *err);

struct idem_evaluate_options {
    const char *truth_path; /* CSV, TSV or JSON lines: clusters, pairs or labelled pairs (docs/cli.md); "-": stdin */
    bool cross_source;      /* only pairs between two sources count */
    double min_f1;          /* IDEM_GATE below it, with *json filled; 0: no gate */
    uint32_t errors;        /* the worst so many wrong and missed pairs are explained */
    uint64_t sample;        /* look at so many wrong and so many missed pairs at most; 0: 2,000,000 */
    unsigned threads;       /* 0: all processors */
    const struct idem_progress *progress;
};

/* How right the stored crosswalk is, judged by a truth; where right pairs were lost and wrong ones made. */
IDEM_API enum idem_status idem_evaluate(struct idem_session *s, const struct idem_evaluate_options *options,
                                        char **json, struct idem_error *err);

struct idem_train_options {
    const char *labels_path; /* labelled pairs or clusters (docs/cli.md); NULL: none; "-": stdin */
    int64_t now_ms;          /* 0: the clock */
    unsigned threads;        /* 0: all processors */
    const struct idem_progress *progress;
};

/* Learns a model from the stored records and stores it: the next apply uses it. No identity changes. IDEM_CONFLICT when
 * labels contradict each other. */
IDEM_API enum idem_status idem_train(struct idem_session *s, const struct idem_train_options *options, char **json,
                                     struct idem_error *err);

/* ------------------------------------------------------------------ stewardship */

struct idem_steward_options {
    const char *by;     /* who decides, for the record; may be NULL */
    const char *reason; /* kept, sealed; may be NULL */
    bool dry_run;       /* tell what would be, change nothing */
    int64_t now_ms;     /* 0: the clock */
    uint64_t seed;      /* of master_ids that are minted; 0: random */
};

/*
 * Each takes effect at once, as a small run of its own: the raw components it touches are clustered again. `options`
 * may be NULL. *json tells the decisions and the masters as they are then. Keys are "source:record_id" or master_ids; a
 * master stands for its record with the smallest key.
 */

/* verdict: "same", "different", "unsure", or "withdraw". IDEM_CONFLICT when it contradicts others; the message has the
 * chain. */
IDEM_API enum idem_status idem_decide(struct idem_session *s, const char *a, const char *b, const char *verdict,
                                      const struct idem_steward_options *options, char **json, struct idem_error *err);
/* Many at once, all or none: CSV or JSON lines with left_source, left_id, right_source, right_id, verdict, and perhaps
 * reason; rows without a verdict are passed over. "-": stdin. */
IDEM_API enum idem_status idem_decide_file(struct idem_session *s, const char *path,
                                           const struct idem_steward_options *options, char **json,
                                           struct idem_error *err);
/* Withdraws a decision, with all those of its command, and puts back what that command withdrew. */
IDEM_API enum idem_status idem_undo(struct idem_session *s, int64_t decision,
                                    const struct idem_steward_options *options, char **json, struct idem_error *err);
IDEM_API enum idem_status idem_merge(struct idem_session *s, const char *const *key, size_t n,
                                     const struct idem_steward_options *options, char **json, struct idem_error *err);
/* These records of a master are other than the rest of it. */
IDEM_API enum idem_status idem_split(struct idem_session *s, const char *master, const char *const *key, size_t n,
                                     const struct idem_steward_options *options, char **json, struct idem_error *err);
/* Fixes a golden value: `value`, or with `from` the value of that record. */
IDEM_API enum idem_status idem_pin(struct idem_session *s, const char *master, const char *field, const char *value,
                                   const char *from, const struct idem_steward_options *options, char **json,
                                   struct idem_error *err);
IDEM_API enum idem_status idem_unpin(struct idem_session *s, const char *master, const char *field,
                                     const struct idem_steward_options *options, char **json, struct idem_error *err);
/* What waits for a person, most urgent first; most 0: all. */
IDEM_API enum idem_status idem_review(struct idem_session *s, size_t most, char **json, struct idem_error *err);
/* Those that come after `after` (NULL: from the most urgent on), which is "next" of the page before, null at the end.
 * It is a place in the order: decisions on the way neither repeat nor leave out others. IDEM_INVALID: no such text. */
IDEM_API enum idem_status idem_review_page(struct idem_session *s, const char *after, size_t most, char **json,
                                           struct idem_error *err);
/* Ids that a company already has: CSV or JSON lines with data_source, record_id and a column with the id. They are kept
 * as aliases of the scheme (NULL: "id"), and records that share one start as the same. */
IDEM_API enum idem_status idem_import_crosswalk(struct idem_session *s, const char *path, const char *scheme,
                                                const struct idem_steward_options *options, char **json,
                                                struct idem_error *err);

/* ------------------------------------------------------------------ keys */

/* Makes a key file; with a passphrase it is protected by it. IDEM_CONFLICT when it exists. */
IDEM_API enum idem_status idem_key_create(const char *path, const struct idem_passphrase *passphrase,
                                          struct idem_error *err);
/* Sets or changes the passphrase of a key file; `after` NULL takes it away. No database is touched. */
IDEM_API enum idem_status idem_key_passphrase(const char *path, const struct idem_passphrase *before,
                                              const struct idem_passphrase *after, struct idem_error *err);
/* Which keys there are, by their ids: of the key file and of the database. */
IDEM_API enum idem_status idem_key_info(struct idem_session *s, char **json, struct idem_error *err);

struct idem_key_rotate_options {
    bool data;                                /* the data keys too: everything is sealed again, in small steps */
    uint64_t steps;                           /* stop after so many of them, to go on another time; 0: all */
    const struct idem_passphrase *passphrase; /* of the key file that is written; needed when it has one */
    unsigned threads;                         /* 0: all processors */
    const char *by, *reason;                  /* for the record; may be NULL */
    const struct idem_progress *progress;
};
/* A new key in the key file; the database's data keys are wrapped under it, and the former key is kept in a file of its
 * own. Others go on reading and writing. What was interrupted is gone on with. */
IDEM_API enum idem_status idem_key_rotate(struct idem_session *s, const struct idem_key_rotate_options *options,
                                          char **json, struct idem_error *err);

/* ------------------------------------------------------------------ audit and verification */

/* Longest text of a head of the audit log, with its NUL. */
enum { IDEM_AUDIT_HEAD = 20 + 1 + 64 + 1 };

struct idem_audit_options {
    int64_t since_ms, until_ms; /* 0: all */
    const char *verb;           /* "show", "apply", ...; NULL: all */
    const char *by;             /* who; NULL: all */
    const char *subject;        /* "source:record_id" or a master_id: the notes about that person; NULL: all */
    uint64_t most;              /* the newest so many; 0: all */
};
/* The audit log, oldest entry first: who saw personal values, who changed what, when and why. Looking at it is noted
 * too. */
IDEM_API enum idem_status idem_audit(struct idem_session *s, const struct idem_audit_options *options, char **json,
                                     struct idem_error *err);
/* The end of the log as text, "<number>:<hex>", to be kept elsewhere and given to idem_verify. */
IDEM_API enum idem_status idem_audit_head(struct idem_session *s, char head[IDEM_AUDIT_HEAD], struct idem_error *err);

struct idem_verify_options {
    const char *head; /* of the audit log, as once exported: shows a log that was cut or a file that was put back */
    unsigned threads; /* 0: all processors */
};
/* Checks everything that must hold in a database. IDEM_CORRUPT, with *json filled, when something does not; without the
 * key only what needs none is checked. */
IDEM_API enum idem_status idem_verify(struct idem_session *s, const struct idem_verify_options *options, char **json,
                                      struct idem_error *err);

/* ------------------------------------------------------------------ one record at a time */

/*
 * A resolver answers for single records what apply answers for files, by the same matching: the record is normalised,
 * its keys are looked up in the candidate index, what they find is scored and clustered. It keeps model, frequencies
 * and encoders at hand, so that the second call is much faster than the first; what others commit is noticed.
 *
 * One thread at a time; for several threads open a session and a resolver for each. The session must outlive the
 * resolver and is not to be used for other calls that write meanwhile. With IDEM_READ it searches and tries
 * (dry_run); to write, open the session with IDEM_WRITE.
 */
struct idem_resolver;
/* IDEM_NOT_FOUND without a database; with IDEM_WRITE an empty one is made, with the model that idem ships. */
IDEM_API enum idem_status idem_resolver_open(struct idem_session *s, struct idem_resolver **out,
                                             struct idem_error *err);
IDEM_API void idem_resolver_close(struct idem_resolver *r);

struct idem_field {
    struct idem_str name, value; /* raw text, as a record has it; a field may come several times */
};
struct idem_search_options {
    uint32_t limit; /* masters at most; 0: 10 */
    bool brief;     /* without comparisons and golden values */
};
/* The masters nearest to these values, ranked, with band and weights; nothing is written. `options` may be NULL.
 * *json: {verdict, weak, would_help, rules, results: [{master_id, band, match_weight, ...}]}. IDEM_INVALID for an
 * unknown field. */
IDEM_API enum idem_status idem_search(struct idem_resolver *r, const struct idem_field *field, size_t n,
                                      const struct idem_search_options *options, char **json, struct idem_error *err);

struct idem_resolve_options {
    bool dry_run;      /* tell what would be, write nothing */
    const char *by;    /* who does it, for the record; may be NULL */
    int64_t now_ms;    /* 0: the clock */
    uint64_t seed;     /* of master_ids that are minted; 0: random */
    uint64_t line;     /* number of the first record, for refusals; 0: 1 */
    bool allow_return; /* records of persons who were erased are taken in again, not refused */
};
/*
 * Adds, replaces or deletes records, one after the other, in one transaction that is durable on return. A record is a
 * JSON object: {data_source, record_id, fields: {...}}, or with the source's raw columns in place of fields, or
 * {data_source, record_id, deleted: true}.
 *
 * *lines: one JSON object a record, in order, each ended by a line break: {data_source, record_id, master_id, event,
 * band, match_weight, redirected_from, candidates}, or {error: {status, message}, line} for one that is refused: that
 * is no error of the call, *n_failed counts them. A blank record has no answer. When the call fails nothing was
 * written.
 */
IDEM_API enum idem_status idem_resolve(struct idem_resolver *r, const struct idem_str *record, size_t n,
                                       const struct idem_resolve_options *options, char **lines, size_t *n_failed,
                                       struct idem_error *err);

/* ------------------------------------------------------------------ access requests */

enum idem_dossier_form { IDEM_DOSSIER_JSON, IDEM_DOSSIER_HTML, IDEM_DOSSIER_TEXT };
/* Everything held about the person of a record or master: golden values, records as received and as compared, earlier
 * values, decisions, history, who looked. Noted in the audit log, unless values are masked. */
IDEM_API enum idem_status idem_dossier(struct idem_session *s, const char *key, enum idem_dossier_form form,
                                       char **text, struct idem_error *err);

/* ------------------------------------------------------------------ erasure */

struct idem_erase_options {
    const char *by; /* who does it, for the record; may be NULL */
    bool dry_run;   /* tell what would go, change nothing */
    /* A file beside the database that gets keyed digests of what was erased, so that an older copy of the database is
     * made to forget it again when it is opened. NULL: as the configuration says (privacy.ledger), else
     * <database>.ledger when there is one. */
    const char *ledger;
    int64_t now_ms; /* 0: the clock */
    uint64_t seed;  /* of master_ids that are minted for what remains; 0: random */
};

/*
 * Takes records out for good: key[n] are "source:record_id", one record each, or master_ids, all records of a person.
 * Values, histories, decisions, index entries go; what remains is put right; the master_id answers "erased" for ever.
 * *json tells what went and, in "receipt", the signed receipt, once the bytes are gone from file and log. IDEM_BUSY,
 * with *json filled: erased and committed, but a reader holds the log; idem_erase_finish gives the receipt later.
 */
IDEM_API enum idem_status idem_erase(struct idem_session *s, const char *const *key, size_t n,
                                     const struct idem_erase_options *options, char **json, struct idem_error *err);
/* Is this text the receipt of an erasure in this database, unaltered, and does it still hold? IDEM_CORRUPT, with *json
 * filled, when not; IDEM_INVALID when it is no receipt. */
IDEM_API enum idem_status idem_verify_receipt(struct idem_session *s, struct idem_str receipt, char **json,
                                              struct idem_error *err);
/* When nothing waits, the receipt of the last erasure again; IDEM_NOT_FOUND: there was none. */
IDEM_API enum idem_status idem_erase_finish(struct idem_session *s, const struct idem_erase_options *options,
                                            char **json, struct idem_error *err);

/* ------------------------------------------------------------------ linkage without values */

enum { IDEM_SCHEME_ROOM = 32 };

struct idem_encode_options {
    const char *source;         /* of the configuration */
    const char *secret_path;    /* a file that others cannot read, of 16 to 4096 bytes */
    const char *const *without; /* fields that are left out */
    size_t n_without;
    enum idem_format format;
    bool keep_ids;    /* the source's own record ids; else keyed tokens of them */
    unsigned threads; /* 0: all processors */
};
struct idem_encode_result {
    uint64_t records, empty;       /* empty: without a value that is encoded */
    char scheme[IDEM_SCHEME_ROOM]; /* equal where encodings can be compared */
};
/* A source as rows of record_id, encoding, scheme (docs/encodings.md), in the order of record_id. Noted in the audit
 * log where there is a database. */
IDEM_API enum idem_status idem_encode(struct idem_session *s, const struct idem_encode_options *options,
                                      idem_write_fn *write, void *context, struct idem_encode_result *result,
                                      struct idem_error *err);

/* ------------------------------------------------------------------ streams */

struct idem_annotate_options {
    const char *source;    /* whose record ids the rows carry; NULL: the only source of the configuration */
    const char *record_id; /* column or JSON path; NULL: as configured for the source */
    const char *column;    /* NULL: "master_id" */
    enum idem_format format;
    char delimiter; /* 0: sniffed */
};
struct idem_annotate_result {
    uint64_t rows, known, unknown, bad;
};
/* The same rows with one more column, every other byte untouched; streams in constant memory. */
IDEM_API enum idem_status idem_annotate(struct idem_session *s, const struct idem_annotate_options *options,
                                        idem_read_fn *read, void *read_context, idem_write_fn *write,
                                        void *write_context, struct idem_annotate_result *result,
                                        struct idem_error *err);

/* A cursor for many look-ups: one read transaction, prepared statements, as fast as the disk allows. */
struct idem_stream;
IDEM_API enum idem_status idem_stream_open(struct idem_session *s, struct idem_stream **out, struct idem_error *err);
IDEM_API enum idem_status idem_stream_lookup(struct idem_stream *stream, struct idem_str source,
                                             struct idem_str record_id, char master_id[37], struct idem_error *err);
/* Many keys at once, several times as fast; of IDEM_NOT_FOUND each has its own: unknown, master_id "", or "erased". */
struct idem_lookup {
    struct idem_str source, record_id; /* source empty: record_id is a master_id */
    enum idem_status status;           /* IDEM_OK or IDEM_NOT_FOUND */
    char master_id[37];
};
IDEM_API enum idem_status idem_stream_lookup_many(struct idem_stream *stream, struct idem_lookup *key, size_t n,
                                                  struct idem_error *err);
IDEM_API void idem_stream_close(struct idem_stream *stream);

/* Golden values one by one, as the functions of a query ask for them. The values of the last master are at hand; what
 * others commit is noticed; nothing holds up a writer between two calls. The session must outlive it. */
struct idem_golden;
/* IDEM_INVALID without the key of a sealed database. */
IDEM_API enum idem_status idem_golden_open(struct idem_session *s, struct idem_golden **out, struct idem_error *err);
/* The value of a field of a master, redirects followed; several values are joined by |. ptr NULL: it has none. Valid
 * until the next call. IDEM_NOT_FOUND: no such master, or it is retired or erased; IDEM_INVALID: no such field. The
 * first personal value of a handle is noted in the audit log before it is given, once for all that follow; masked where
 * the session masks. */
IDEM_API enum idem_status idem_golden_value(struct idem_golden *g, struct idem_str master_id, struct idem_str field,
                                            struct idem_str *value, struct idem_error *err);
IDEM_API void idem_golden_close(struct idem_golden *g);

/* ------------------------------------------------------------------ services */

/* For programs that keep sessions open and answer others. */

/* *version is another number after each commit of another session or process; *seq is the last change. Cheap enough to
 * be asked a hundred times a second. */
IDEM_API enum idem_status idem_changed(struct idem_session *s, uint64_t *version, int64_t *seq, struct idem_error *err);
/* Whether records can be written one by one: those stored were matched under this session's configuration. Otherwise
 * idem_resolve and decisions give IDEM_CONFLICT until the next apply. */
IDEM_API enum idem_status idem_is_applied(struct idem_session *s, bool *applied, struct idem_error *err);
/* From now on writing waits so long for other writers. */
IDEM_API void idem_set_wait(struct idem_session *s, unsigned wait_ms);
/* Of a shared session with IDEM_WRITE: what commits leave for later, moving the log into the database file when it has
 * grown. For when answers are out, or for a session of its own on another thread. True: the log is long, because others
 * keep reading from it. */
IDEM_API bool idem_rest(struct idem_session *s);
/* Empties the log, which sessions that keep snapshots (streams) hinder: `renew` has them taken anew, so that they read
 * from the file alone. For the thread that writes, between two changes. False when somebody else reads from the log:
 * try again later. */
IDEM_API bool idem_empty_log(struct idem_session *s, void (*renew)(void *context), void *context);
/* From now on this session works for somebody else: `by` and `masked` as in idem_open_options; `by` is kept as a
 * pointer. */
IDEM_API void idem_act_for(struct idem_session *s, const char *by, bool masked);

/*
 * Each personal value that is shown is noted in the audit log before the call returns: a commit. A service lets its
 * sessions gather notes instead, holds an answer back, and writes the notes of many answers in one commit.
 */
struct idem_notes;
/* From now on notes of what this session shows are gathered. */
IDEM_API void idem_notes_gather(struct idem_session *s);
/* Those gathered since the last time; NULL: none. */
IDEM_API struct idem_notes *idem_notes_take(struct idem_session *s);
/* Writes them in one transaction of a session with IDEM_WRITE; entries may be NULL. Durable on return. */
IDEM_API enum idem_status idem_notes_write(struct idem_session *s, struct idem_notes *const *notes, size_t n,
                                           struct idem_error *err);
IDEM_API void idem_notes_free(struct idem_notes *notes);

/* gzip of an answer, as bytes to be released with idem_free. */
IDEM_API enum idem_status idem_gzip(struct idem_str text, char **packed, size_t *len, struct idem_error *err);

/* Announces that the next write of this session (IDEM_WRITE) answers the request `key`, which asks for `asked`: its
 * result is kept for a day, in the same transaction. IDEM_NOT_FOUND: a new request, go on. IDEM_OK: it was done
 * before, *json is the result of then. IDEM_CONFLICT: the key was used for something else. */
IDEM_API enum idem_status idem_request(struct idem_session *s, struct idem_str key, struct idem_str asked, char **json,
                                       struct idem_error *err);

enum idem_role { IDEM_ROLE_READER, IDEM_ROLE_PIPELINE, IDEM_ROLE_STEWARD, IDEM_ROLE_ADMIN };

struct idem_token_options {
    const char *name;    /* for whom it is, in the clear; NULL: the role */
    const char *role;    /* "reader", "pipeline", "steward", "admin" */
    const char *sources; /* joined by commas: records of these only; NULL: of all */
    int64_t expires_ms;  /* 0: never */
    int64_t now_ms;      /* 0: the clock */
};
enum { IDEM_TOKEN_TEXT = 72 };
/* Makes a token. *json tells its text, for the only time: the database keeps a digest. */
IDEM_API enum idem_status idem_token_create(struct idem_session *s, const struct idem_token_options *options,
                                            char **json, struct idem_error *err);
/* All tokens that were ever made, without their texts. */
IDEM_API enum idem_status idem_tokens(struct idem_session *s, char **json, struct idem_error *err);
IDEM_API enum idem_status idem_token_revoke(struct idem_session *s, int64_t token_id, int64_t now_ms,
                                            struct idem_error *err);
struct idem_token {
    int64_t token_id, expires_ms; /* expires_ms 0: never */
    enum idem_role role;
    char name[128];
    char sources[1024]; /* "crm,billing,"; "": all */
};
/* What a token allows. IDEM_NOT_FOUND when there is none of this text, or it was revoked or has expired. */
IDEM_API enum idem_status idem_token_find(struct idem_session *s, struct idem_str text, int64_t now_ms,
                                          struct idem_token *token, struct idem_error *err);

/* ------------------------------------------------------------------ values, without a database */

struct idem_model;
/* `country` is the default for phones, dates and addresses (ISO 3166 alpha-2) and may be NULL. */
IDEM_API enum idem_status idem_model_open(const char *country, struct idem_model **out, struct idem_error *err);
IDEM_API void idem_model_close(struct idem_model *m);
/* What the matcher sees of a value: its forms and flags. */
IDEM_API enum idem_status idem_normalize(struct idem_model *m, const char *type, struct idem_str value, char **json,
                                         struct idem_error *err);
/* The comparison of two values: level, weight under shipped defaults, verdict. */
IDEM_API enum idem_status idem_compare(struct idem_model *m, const char *type, struct idem_str left,
                                       struct idem_str right, char **json, struct idem_error *err);

/* ------------------------------------------------------------------ files, before there is a database */

struct idem_init_options {
    const char *const *file;
    size_t n_files;
    const char *config_path; /* written; must not exist unless `add` */
    bool add;                /* extend an existing configuration, keeping hand edits */
    bool no_key;             /* at_rest clear: no key file */
    const char *entity;      /* "person", "organisation", ... ; NULL: guessed */
};
/* Looks at the files and writes configuration, key file and .gitignore. *json tells every guess and how sure it is. */
IDEM_API enum idem_status idem_init(const struct idem_init_options *options, char **json, struct idem_error *err);
IDEM_API enum idem_status idem_profile(const char *const *file, size_t n_files, char **json, struct idem_error *err);

enum idem_amount { IDEM_AMOUNT_NORMAL, IDEM_AMOUNT_NONE, IDEM_AMOUNT_LOW, IDEM_AMOUNT_HIGH };
struct idem_generate_options {
    const char *folder; /* crm.csv, billing.csv, support.jsonl, truth.csv are written here */
    uint64_t records;   /* in all */
    uint64_t seed;
    bool overwrite;
    const double *duplicates;    /* share of the records that are further ones of a person; NULL: 0.25 */
    const double *within;        /* share of those that are in the same system as the first; NULL: 0.25. With 0 no
                                    system holds a person twice, and at most two thirds can be duplicates */
    enum idem_amount dirt;       /* how often things go wrong */
    enum idem_amount households; /* how many persons live with others, and how alike these are */
};
IDEM_API enum idem_status idem_generate(const struct idem_generate_options *options, char **json,
                                        struct idem_error *err);

#ifdef __cplusplus
}
#endif

#endif

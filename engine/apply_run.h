/*
 * One run of apply, step by step: read (apply_read.c); settle, match, assign (apply.c), gates (apply_gates.c); write
 * (apply_write.c); report (apply_report.c). A plan (plan.c) ends before the write. Everything is computed on what a
 * reader sees; the write lock is held for the writing alone.
 */
#ifndef IDEM_ENGINE_APPLY_RUN_H
#define IDEM_ENGINE_APPLY_RUN_H

#include "base/json.h"
#include "engine/decisions.h"
#include "engine/matching.h"
#include "engine/previous.h"
#include "engine/session.h"
#include "engine/survivors.h"
#include "seal/paging.h"

enum { APPLY_DIGEST = 32 }; /* hexadecimal digits */

enum row_state { ROW_NEW, ROW_CHANGED, ROW_SAME };

struct apply_source_counts {
    uint64_t fresh, changed, same, gone;
};

struct delta_apply;
struct apply_ahead;
/* Records of erased persons that were let in again, with the number of the person, 0 none. */
struct apply_returned {
    uint8_t digest[16];
    int64_t person;
};
struct apply_return {
    struct apply_returned *item;
    size_t n, room;
};

struct apply_run {
    struct idem_session *session;
    const struct idem_apply_options *options;
    const struct config *config;
    struct progress progress;
    unsigned threads;
    int64_t now_ms;
    uint8_t seed[16];
    struct arena arena;
    struct schema schema;
    bool fields_changed; /* a stored field is personal now, or no longer, or there is one more */

    bool writes;                /* unless a gate stops it; a first run may write ahead (engine/apply_ahead.h) */
    bool planning;              /* a plan: gates are looked at, but stop nothing */
    bool estimating;            /* of a plan: no more than training */
    bool stored_only;           /* no source is read: see apply_rematch */
    bool first;                 /* there was no database */
    struct keyring *first_keys; /* then: what makes tokens of hashed values, before there is one; NULL: none are */
    struct delta_apply *delta;  /* what a run over the records that changed knows; NULL: it goes over everything */
    bool under_changed;         /* all was matched under something else the last time, or that is not known */
    const struct delta *part;   /* of a run over a part: what the changed records were; NULL: of all, or none yet */
    bool partial;               /* it was such a run: batch, previous records and masters are those of a part */
    const bool *only;           /* [sources of the configuration] read these; NULL: all */
    const struct load_path *path;
    int64_t change_seq; /* of the state that was read */
    struct previous previous;
    struct load load;
    struct model model;
    struct store_model stored_model; /* id 0: trained in this run */
    bool trained;
    bool model_changed;         /* idem train has stored another one since the last run */
    struct decisions decisions; /* that stand */
    struct key_set keys;        /* from training to matching */
    struct scorer scorer;       /* so is this */
    uint64_t read_held;         /* bytes that the process held when all was read */
    bool lean;                  /* the run holds no more than it must (engine/apply_fit.h) */
    struct paging *paging;      /* large arrays may go to disk; NULL: they stay */
    struct matching matching;

    struct assign_input assign_in;
    struct assign_result assigned;
    uint32_t n_entries;     /* records known to assign: the batch's rows, then those that went */
    uint32_t *entry_record; /* [n_entries - n_rows] index into previous.record */

    uint64_t *hash;     /* [n_rows] of the packed record, unkeyed */
    uint8_t *state;     /* [n_rows] enum row_state */
    int64_t *rid;       /* [n_rows] */
    int64_t *component; /* [n_rows] see engine/components.h */
    int64_t *new_mid;   /* [assigned.n_new] */
    struct survivors survivors;
    struct apply_source_counts *counts; /* [previous.n_sources] */
    uint64_t fresh, changed, same, gone, unattached;
    uint64_t reread;    /* records that are the same although they were written otherwise: their fingerprints are put */
    json_t *retention;  /* what was too old; NULL: nothing is said of it */
    uint64_t set_aside; /* of erased persons: see engine/erase_return.h */
    struct apply_return returned;

    struct apply_ahead *ahead;  /* NULL: nothing is on its way */
    bool values_put, index_put; /* they were written ahead */
    const char *command;        /* of a run over a part: "decide", ...; NULL: apply */
    bool unchanged;             /* nothing to write */
    struct store_run run;
    int64_t seq;
    double started, stored_seconds, survive_seconds, write_seconds;
    double locked_seconds; /* of write: when nobody else could; 0 until it is over, and for a first run */
    json_t *shared;        /* values that many persons have, for the report; NULL: not counted yet */
    json_t *warnings;
    json_t *gates;
    json_t *drift;                 /* what the sources look like against their last reading */
    json_t *facts;                 /* [sources of the configuration] of this reading, null when not read: see drift.h */
    json_t *allowed;               /* gates that were overridden: by whom and why */
    struct idem_error stop;        /* the first gate that failed and was not allowed; IDEM_OK: none */
    char digest[APPLY_DIGEST + 1]; /* see apply_digest.h; "" where nobody asked for it */
};

void apply_begin(struct apply_run *r, struct idem_session *s, const struct idem_apply_options *options);
void apply_end(struct apply_run *r);
/* apply_read.c: sources and fields of the run, as configuration and database have them. */
enum idem_status apply_read_prepare(struct apply_run *r, struct store *store, struct idem_error *err);
/* Records of the sources; then what the database has of them and beside them. apply_read is both. */
enum idem_status apply_load(struct apply_run *r, struct idem_error *err);
enum idem_status apply_join(struct apply_run *r, struct store *store, struct idem_error *err);
enum idem_status apply_read(struct apply_run *r, struct store *store, struct idem_error *err);
void apply_warn_of_swallowed(struct apply_run *r);
/*
 * Everything up to the write, on a snapshot and without a lock: what plan and apply share. `first` and `unchanged` are
 * set then. IDEM_GATE when a gate stops the run; a plan (r->planning) goes on and has it in `stop`.
 */
enum idem_status apply_prepare(struct apply_run *r, struct idem_error *err);
/* What was read, against what was read last: r->facts, r->drift. Before stored records join the batch. */
void apply_facts(struct apply_run *r);
/* From clusters to masters: fills assign_in and assigned. */
void apply_assign(struct apply_run *r);
/* What is new, changed, the same or gone: r->state, r->counts and their sums. */
void apply_states(struct apply_run *r, struct store *store);
/* Fills r->hash when it is not there. */
void apply_hashes(struct apply_run *r);

enum idem_status apply_write(struct apply_run *r, struct idem_error *err);
/* A run over a part (engine/component_run.h): writes its records, masters, events, and what was found in place of the
 * components `old`, inside the caller's transaction; apply_write_run puts the run itself. */
enum idem_status apply_write_part(struct apply_run *r, struct store *store, const int64_t *old, size_t n_old,
                                  struct idem_error *err);
enum idem_status apply_write_run(struct apply_run *r, struct store *store, struct idem_error *err);
/* Stored records alone, matched again under the newest model; then candidate index and components as found, with r->rid
 * and r->component. Identities are left as they are. Inside the caller's transaction. */
enum idem_status apply_rematch(struct apply_run *r, struct store *store, struct idem_error *err);
enum idem_status apply_write_index(struct apply_run *r, struct store *store, struct idem_error *err);
enum idem_status apply_write_applied(struct apply_run *r, struct idem_error *err);
/* Puts the run on record as stopped; nothing else is changed. */
enum idem_status apply_write_stopped(struct apply_run *r, struct idem_error *err);
/* The report of docs/cli.md, as JSON. */
json_t *apply_report(struct apply_run *r, const char *status);
/* Values that many persons have, as in the report. Counted once a run, while it has values. */
json_t *apply_shared(struct apply_run *r);
/* How many pairs have which weight, half a bit a bin: for the stored report alone. */
json_t *apply_histogram(const struct apply_run *r);
void apply_warn(struct apply_run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* mid of a master in the numbering of identity/assign.h: an old one, or a new one of this run. */
static inline int64_t apply_mid(const struct apply_run *r, uint32_t master)
{
    return master < r->previous.n_masters ? r->previous.master[master].mid : r->new_mid[master - r->previous.n_masters];
}

#endif

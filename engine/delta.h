/*
 * A few records of many: what a change of some records makes of the whole, without looking at the rest. The one core of
 * incremental apply and of single records that are written as they come.
 *
 * The new versions are compared with everything stored, found by their keys in the candidate index; the raw components
 * that they touch, or leave, are closed (with a record its component, with a master all its records and those merged
 * into it) and go through the same code as a whole run: edges, rules, links, decisions, clusters, masters, golden
 * records. The result equals that of a run over everything under the same model and configuration.
 *
 *   struct delta_base base;                      once for many changes of a session
 *   TRY(delta_base_open(&base, session, store, err));
 *   ...
 *   TRY(store_begin(store, err));                one or several delta_write, each sees the ones before it
 *   status = delta_write(&base, store, &change, out, &outcome, err);
 *   ... store_commit, or store_rollback: then delta_base_reopen, for ids and decisions may be others
 *   delta_base_close(&base);
 *
 * Engine: apply fills the same `struct apply_run` (engine/apply_run.h) by reading sources, see engine/delta_run.h.
 */
#ifndef IDEM_ENGINE_DELTA_H
#define IDEM_ENGINE_DELTA_H

#include "engine/decisions.h"
#include "engine/matching.h"
#include "engine/session.h"
#include "record/batch.h"

/* What stays the same from change to change: read once, used by one thread at a time. Strings and tables live in
 * `arena` or in the store. */
struct delta_base {
    struct idem_session *session;
    struct arena arena;
    struct schema schema;        /* the stored fields, in order: batches are made with it */
    struct store_source *source; /* [n_sources] as stored; batch.source is the index into it */
    struct str *source_name;     /* [n_sources] for batch_set_sources */
    size_t n_sources;
    struct model model; /* of the last run, under which everything is matched */
    struct store_model stored_model;
    struct decisions decisions; /* that stand */
    int64_t change_seq;         /* of the state that was read */
};

/*
 * IDEM_NOT_FOUND: nothing was applied yet. IDEM_CONFLICT, with one line that says what to run: the records are matched
 * under another configuration, model or normalisation than those of now, so that apply has to come first.
 */
enum idem_status delta_base_open(struct delta_base *b, struct idem_session *s, struct store *store,
                                 struct idem_error *err);
/* Reads again what somebody else has changed meanwhile; nothing to do when nobody has. */
enum idem_status delta_base_reopen(struct delta_base *b, struct store *store, struct idem_error *err);
void delta_base_close(struct delta_base *b);

/* A column of a new version that holds another source's record id (configuration `links`). */
struct delta_link {
    uint32_t row;
    unsigned link; /* index into config.link */
    struct str record_id;
};

/* A stored record that a new version may be, in review or above, or near enough to be joined (cluster_near). */
struct delta_near {
    uint32_t row; /* as given */
    int32_t weight;
    int64_t rid;
};

struct delta_change {
    /* New versions, each record at most once, in any order; schema and sources are the base's. A record that was gone
     * comes back. The batch is taken over: it is empty after the call. */
    struct batch *batch;
    const uint64_t *fingerprint; /* [batch.n_rows] load_fingerprint of the raw values; NULL or 0: not known, so that
                                    the next apply reads the record anew */
    const struct delta_link *link;
    size_t n_links;
    /* What the caller has found already, under the base's model and this very state: all such pairs of new versions and
     * current records. Not for a configuration with deterministic rules, nor where a block is too large. */
    bool has_near;
    const struct delta_near *near;
    size_t n_near;
    uint64_t near_pairs; /* looked at to find them */
    const int64_t *gone; /* records that are no more; current until now, not among the rows */
    size_t n_gone;
    const char *command; /* "resolve": stands in the run's report */
    const char *by;      /* or NULL */
    int64_t now_ms;
    uint64_t seed; /* of new ids; 0: random */
    unsigned threads;
    bool dry_run; /* all but the writing: the outcome's new rids and mids are 0, new master_ids "" */
};

/* What became of one record. */
struct delta_outcome {
    int64_t rid, mid; /* mid of the master it is in now */
    char master_id[37];
    enum store_event_kind event; /* created, attached, moved, split, revived, detached; STORE_EVENT_KINDS: it stayed
                                    (or went along with its merged master) */
    bool changed;                /* its values are others than those that were stored, or it is new or back */
};

struct delta_redirect {
    char from[37], to[37];
};

struct delta_result {
    struct delta_outcome *row;       /* [batch.n_rows] in the order given */
    struct delta_outcome *gone;      /* [n_gone] */
    struct delta_redirect *redirect; /* masters that lead to another one from now on */
    size_t n_redirects;
    int64_t run; /* 0: nothing changed, nothing was written */
};

/* Inside the caller's write transaction. On an error nothing is kept that store_rollback does not undo. */
enum idem_status delta_write(struct delta_base *b, struct store *store, const struct delta_change *change,
                             struct arena *out, struct delta_result *result, struct idem_error *err);

#endif

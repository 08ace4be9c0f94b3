/*
 * Which master keeps its id: a new partition of records against the masters they had before.
 *
 * Pure: the result depends on the arguments alone, and not on the order in which the records stand (everything is
 * ordered by `rank`). docs/identity.md says the rule in prose, with examples.
 *
 * Numbers. Old masters are numbered 0 .. n_masters-1, OLDEST FIRST (the order in which they were minted). New ones
 * follow: n_masters + k is the k-th new master, k in the order of the clusters' smallest record keys, which is also the
 * order to mint ids in. ASSIGN_NONE stands for "no cluster", "no master", "no record".
 *
 * The world may be a part of the whole (an incremental run) when it is closed: with a master, all its records; with a
 * record, its master and its cluster; with a master, those that redirect to it.
 *
 * The rule
 *   1. The claim of an active master on a cluster is the number of its records there. Claims are granted in
 *      descending order; ties: the older master, then the cluster with the smallest record key. A master keeps one
 * cluster, a cluster takes one master.
 *   2. Clusters still without a master are claimed in the same way by the masters without a claim in 1 that their
 * records remember (`home`): redirected and retired ones come back to life ("revived"), so that an undone merge gives
 * the old id back. Only a cluster that holds as many of the records that remember a master as any other may claim it.
 *   3. What is left gets a new master.
 *   4. An active master that got nothing is redirected to the master that holds most of its records (ties: the oldest;
 * old before new), or else most of those that remember it; without any, it is retired. A redirected or retired master
 * that records still remember follows them; without any, it stays where it was, and chains collapse: no target is
 *      itself redirected. An erased master is never used nor changed.
 *
 * O(n log n) in records, linear in masters. Results live in `out`. Any thread.
 */
#ifndef IDEM_IDENTITY_ASSIGN_H
#define IDEM_IDENTITY_ASSIGN_H

#include <stdint.h>

#include "base/arena.h"

#define ASSIGN_NONE UINT32_MAX

enum master_status { MASTER_ACTIVE, MASTER_REDIRECTED, MASTER_RETIRED, MASTER_ERASED };

struct assign_master {
    uint8_t status; /* enum master_status before this run */
    uint32_t
        target; /* redirected: to which old master; else ASSIGN_NONE. Chains are followed; a loop ends as retired */
};

/* One array element a record in each; records that are gone are among them when they had a master until now. */
struct assign_input {
    uint32_t n_records;
    const uint32_t *cluster; /* 0 .. n_clusters-1; ASSIGN_NONE: the record is gone */
    const uint32_t *old;     /* the master of a record that was current until now, else ASSIGN_NONE. May be a redirected
                                master (a store need not rewrite the records of a merged master): then its survivor is
                                meant, and it counts as remembered */
    const uint32_t *home;    /* the master the record remembers: where it was when that master was merged or the record
                                went; or ASSIGN_NONE. NULL: none but what `old` remembers */
    const uint32_t *rank; /* place in the order of record keys (source name, record_id); all distinct, gaps allowed */
    uint32_t n_clusters;  /* every cluster has at least one record */
    uint32_t n_masters;
    const struct assign_master *master; /* oldest first */
};

/* What happened to a record: exactly one of these. */
enum record_change {
    RECORD_SAME,     /* current before and after, in the same master, or gone before and after */
    RECORD_CREATED,  /* new, the founder of a new master */
    RECORD_ATTACHED, /* new, or back, in a master that others share or had */
    RECORD_DETACHED, /* gone */
    RECORD_MOVED,    /* from one master to another, none of the reasons below */
    RECORD_MERGED,   /* its master was merged into the one it is in now: told by the master's event alone */
    RECORD_SPLIT,    /* it left its old master, which lives on, for a new one */
    RECORD_REVIVED   /* it went into a master that came to life again, from another one or remembering it */
};

enum event_kind {
    EVENT_CREATED,
    EVENT_ATTACHED,
    EVENT_DETACHED,
    EVENT_MOVED,
    EVENT_UPDATED, /* never made here: the caller compares goldens */
    EVENT_MERGED,
    EVENT_SPLIT,
    EVENT_REVIVED,
    EVENT_REDIRECTED,
    EVENT_RETIRED,
    EVENT_ERASED, /* the caller's, as the two below */
    EVENT_DECIDED,
    EVENT_WITHDRAWN,
    EVENT_KINDS
};
/* "created", ... */
const char *event_kind_name(enum event_kind kind);

/*
 * One event. `master` is whom it is about, in the numbering above; `record` and `other` may be ASSIGN_NONE.
 *   merged      master, active until now, was merged into other
 *   redirected  master, redirected or retired until now, resolves to other now
 *   retired     master, active until now, has no records any more (or was part of a loop of redirects, now cut)
 *   revived     record went into master, which is active again; other: the master it left. One event a record
 *   split       record left other for the new master. One event a record
 *   created     record founded the new master
 *   attached    record, new or back, joined master
 *   moved       record went from other to master
 *   detached    record, gone now, left master
 * A record is in at most one event. Records that went with their merged master are in none.
 */
struct identity_event {
    uint8_t kind; /* enum event_kind */
    uint32_t record, master, other;
};

struct assign_counts {
    uint64_t created, attached, merged, split, revived, redirected, retired; /* masters; attached: records */
    uint64_t moved, detached;                                                /* records */
    uint64_t stayed;  /* records current before and after: the denominator of churn */
    uint64_t churned; /* of these, whose master differs with redirects followed: its numerator */
    uint64_t active_before, active_after;
};

struct assign_result {
    uint32_t *master; /* [n_clusters] the cluster's master in the numbering above */
    uint32_t *origin; /* [n_clusters] of a split or revived master: whom it came from, else ASSIGN_NONE */
    uint32_t n_new;
    uint32_t *founder; /* [n_new] the record with the smallest key in each new master */
    uint8_t *status;   /* [n_masters] enum master_status now */
    uint32_t
        *target;   /* [n_masters] redirected: to which master, old or new, never itself redirected; else ASSIGN_NONE */
    uint8_t *fate; /* [n_masters] enum event_kind of what happened to it, or EVENT_KINDS when nothing did */
    uint8_t *change;  /* [n_records] enum record_change */
    uint32_t *by_key; /* [n_records] the records in order of their keys */
    struct assign_counts counts;
};

/* The master that this one, old or new, resolves to after the run. A store that does not rewrite the records of a
 * merged master has to rewrite those whose stored master does not resolve to their cluster's. */
static inline uint32_t assign_resolve(const struct assign_input *in, const struct assign_result *result,
                                      uint32_t master)
{
    bool redirected = master < in->n_masters && result->status[master] == MASTER_REDIRECTED;
    return redirected ? result->target[master] : master;
}

void assign_masters(const struct assign_input *in, struct arena *out, struct assign_result *result);

/*
 * The events of a result in an order in which a reader can replay them: merged and redirected by age of the master;
 * revived, split, created, attached, moved, detached by record key; retired by age. Returns their number.
 * A first load has one for every record: a store that derives those from the rows themselves does not ask for them.
 */
size_t assign_events(const struct assign_input *in, const struct assign_result *result, struct arena *out,
                     struct identity_event **event);

#endif

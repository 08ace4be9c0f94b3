/*
 * What a steward does, as a small run of its own: decisions are put or withdrawn, pins set, the raw components they
 * touch clustered again (engine/component_run.h), identities, goldens and events written, all in one transaction. With
 * dry_run it is all done, told, and rolled back.
 *
 *   struct action a;
 *   status = action_begin(&a, session, "merge", options, err);
 *   if (status == IDEM_OK) status = action_decide(&a, STORE_SAME, x, y, err);
 *   status = action_end(&a, status, &json, err);
 */
#ifndef IDEM_ENGINE_ACTION_H
#define IDEM_ENGINE_ACTION_H

#include "base/map.h"
#include "engine/component_run.h"
#include "engine/pins.h"

struct action_note {
    bool withdrawn;
    struct store_decision decision;
};

struct action {
    struct idem_session *session;
    struct store *store;
    const struct idem_steward_options *options;
    const char *via;
    struct arena arena;
    bool writing;
    int64_t seq, now_ms;
    int64_t batch; /* of the decisions to come; 0: each alone */

    struct decisions decisions; /* that stand, as the action goes on */
    size_t decisions_room;
    struct map pairs; /* both rids -> index of the newest decision on them */
    struct action_note *note;
    size_t n_notes, notes_room;
    int64_t *touched; /* records whose components are to be looked at */
    size_t n_touched, touched_room;

    struct idem_apply_options apply;
    struct apply_run run;
    bool running;
    struct part part;
    json_t *result;
    const struct str *about; /* [n_about] whom the audit log is to name */
    size_t n_about;
    /* When masters are what they will be, before the run is noted. NULL: nothing */
    enum idem_status (*after)(struct action *a, void *context, struct idem_error *err);
    void *context;
};

enum idem_status action_begin(struct action *a, struct idem_session *s, const char *via,
                              const struct idem_steward_options *options, struct idem_error *err);

/* Puts a decision; an earlier one on the same pair is withdrawn. Contradictions are found at the end. */
enum idem_status action_decide(struct action *a, enum store_verdict verdict, int64_t rid_a, int64_t rid_b,
                               struct str note, struct idem_error *err);
/* The standing decision on a pair, or NULL. */
const struct store_decision *action_decision(const struct action *a, int64_t rid_a, int64_t rid_b);
enum idem_status action_withdraw(struct action *a, const struct store_decision *decision, struct idem_error *err);
/* The components of these records are to be looked at again. */
void action_touch(struct action *a, const int64_t *rid, size_t n);

/* Cluster of each record as the decisions are now; nothing is written. */
enum idem_status action_preview(struct action *a, const int64_t *rid, size_t n, uint32_t *cluster,
                                struct idem_error *err);

/* "crm:C-1", or "crm:***" where ids are personal. */
struct str action_name(struct action *a, int64_t rid);
/* Survivor of the master that a record is in. */
enum idem_status action_master(struct action *a, int64_t rid, int64_t *mid, struct idem_error *err);
/* A record by "source:record_id", or the one with the smallest key of a master. */
enum idem_status action_record(struct action *a, const char *key, int64_t *rid, struct idem_error *err);
/* The record with the smallest key. */
enum idem_status action_smallest(struct action *a, const int64_t *rid, size_t n, int64_t *smallest,
                                 struct idem_error *err);

/* Carries it out when `status` is IDEM_OK, else rolls back; releases `a`. IDEM_CONFLICT names the chain of decisions
 * that one contradicts. */
enum idem_status action_end(struct action *a, enum idem_status status, char **json, struct idem_error *err);

/* What is there after the run, for the result; inside the transaction. engine/action_result.c */
enum idem_status action_tell(struct action *a, json_t *result, struct idem_error *err);

#endif

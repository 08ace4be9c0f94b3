/*
 * A run over the records that changed and all that they touch (engine/delta.h says what comes out of it), in the same
 * struct as a run over everything:
 *
 *   1. the caller fills r->load.batch with the new versions (settled, r->load.rid says which stored records they are),
 *      r->schema, r->model, r->decisions, r->previous.source
 *   2. delta_match     candidates (delta_candidates.c), the closed part around them (delta_part.c), then edges, rules,
 *                      links, decisions, clusters and masters of the part by the code of a whole run
 *   3. apply_write_part, delta_put_keys, delta_put_reviews, inside a write transaction
 *
 * r->previous then holds the part's records and masters, r->load.batch the part's rows, and r->assigned counts
 * everything: what lies outside the part stays as it is.
 */
#ifndef IDEM_ENGINE_DELTA_RUN_H
#define IDEM_ENGINE_DELTA_RUN_H

#include "base/map.h"
#include "engine/apply_run.h"
#include "engine/components.h"

/* A pair in review or above, of a new version and a record that may be outside the part. */
struct delta_pair {
    int64_t rid; /* the stored one */
    uint32_t row;
    int32_t weight;
};

/* The old version of a record that changed, or went. */
struct delta_old {
    int64_t rid, mid, seq;
    uint64_t fingerprint, content;
    uint16_t source;
    bool current;
    struct str record_id;
    uint32_t row; /* in `old`, when it was current */
};

struct delta {
    struct apply_run *run;
    struct store *store;
    const int64_t *gone; /* [n_gone] ascending: records that go */
    size_t n_gone;
    uint64_t all_records, all_masters; /* current and active ones before; 0: nobody asks for shares */
    const struct roster *roster;       /* what this run has read; NULL: no stored record */

    bool whole; /* only a run over everything can tell: nothing was decided */

    struct arena arena;
    struct batch old; /* old versions, for their keys */
    struct key_set old_keys;
    struct delta_old *leaving; /* [n_leaving] by rid: changed, gone and back */
    size_t n_leaving;
    uint32_t n_new; /* rows that were there when delta_match began */

    int64_t *candidate; /* [n_candidates] ascending; in rows n_new .. of the batch until the part is closed */
    size_t n_candidates;
    int64_t *touched; /* stored records that new versions join */
    size_t n_touched, touched_room;
    bool has_near;           /* all pairs with stored records that count are known */
    struct delta_pair *near; /* [n_near] */
    size_t n_near;
    struct delta_pair *doubtful;
    size_t n_doubtful, doubtful_room;
    uint64_t pairs;                           /* looked at to find them */
    uint64_t unrefined_before, unrefined_now; /* records of oversized blocks without the refining value */
    uint64_t unkeyed_before, unkeyed_now;     /* records that no rule gives a key */

    struct map in_part; /* rids */
    int64_t *component; /* [n_components] raw components that are taken apart */
    size_t n_components, components_room;
    struct kept_component *kept;
};

void delta_init(struct delta *d, struct apply_run *r, struct store *store);
void delta_deinit(struct delta *d);

/* d->whole is set when a run over everything has to be made instead; then the batch has rows that are to be thrown
 * away. */
enum idem_status delta_match(struct delta *d, struct idem_error *err);

/* The steps */
enum idem_status delta_old_versions(struct delta *d, struct idem_error *err);
enum idem_status delta_candidates(struct delta *d, struct idem_error *err);
enum idem_status delta_close(struct delta *d, struct idem_error *err);
/* After the records were written */
enum idem_status delta_put_reviews(struct delta *d, struct store *store, struct idem_error *err);
enum idem_status delta_put_keys(struct delta *d, struct store *store, struct idem_error *err);

/* Appends a stored record to the batch of the run. */
enum idem_status delta_append(struct delta *d, const struct store_record *record, struct idem_error *err);
void delta_touch(struct delta *d, int64_t rid);
/* The old version of a record, or NULL when it is no part of the change. */
const struct delta_old *delta_leaves(const struct delta *d, int64_t rid);

#endif

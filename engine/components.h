/*
 * Raw components as the database keeps them: records joined by pairs at or near the threshold (cluster_near), by a
 * `same`, or held apart by a `different` that such a pair meets, with all of these pairs, also those that clustering
 * cut. From them and the model the clusters of a component are found again without looking at any other record.
 *
 * A component's number is the smallest rid in it (store_master.component); containers hold those of 64 rids each and
 * are sealed. About 8 bytes a record that is not alone, and 7 a pair.
 */
#ifndef IDEM_ENGINE_COMPONENTS_H
#define IDEM_ENGINE_COMPONENTS_H

#include "engine/matching.h"
#include "store/store.h"

/* One component; edges and forced pairs name places in `rid`, smaller first. */
struct kept_component {
    int64_t id;
    int64_t *rid; /* [n] in the order of record keys */
    uint32_t n;
    struct edge *edge; /* weights and rules as they were when the component was kept */
    size_t n_edges;
    struct forced_pair *forced; /* as in struct matching: those of decisions first */
    size_t n_forced, n_decided;
    struct forced_pair *overruled;
    size_t n_overruled;
};

/* Component of each row after clustering, 0: alone. `rid` [n_rows] and `of_row` [n_rows] are the caller's. */
void components_find(const struct matching *m, uint32_t n_rows, const int64_t *rid, int64_t *of_row);
/* Inside a write transaction: what is kept becomes what the run found. `fresh`: nothing is kept yet. */
enum idem_status components_put(struct store *store, const struct matching *m, uint32_t n_rows, const int64_t *rid,
                                const int64_t *of_row, bool fresh, struct idem_error *err);
/* The same for a part: the components `old`[n_old] of its records are replaced by what was found for them. */
enum idem_status components_replace(struct store *store, const struct matching *m, uint32_t n_rows, const int64_t *rid,
                                    const int64_t *of_row, const int64_t *old, size_t n_old, struct idem_error *err);
/* IDEM_NOT_FOUND when there is none of this number: the records were written by an older idem. */
enum idem_status component_get(struct store *store, int64_t id, struct arena *out, struct kept_component *c,
                               struct idem_error *err);

/* All components; `c` is valid during the call. Stop with any status but IDEM_OK. */
typedef enum idem_status component_fn(void *context, const struct kept_component *c, struct idem_error *err);
enum idem_status components_each(struct store *store, component_fn *each, void *context, struct idem_error *err);

#endif

/*
 * A raw component clustered once more, with a trace: the stored records, the kept pairs, the stored model and the
 * configuration as it is, through the same code as in apply.
 *
 * Rows of the batch stand in the order of record keys. The struct points into itself and is not moved.
 */
#ifndef IDEM_ENGINE_REBUILD_H
#define IDEM_ENGINE_REBUILD_H

#include "engine/components.h"
#include "engine/explain.h"
#include "engine/stored_batch.h"

struct rebuilt {
    struct stored_batch stored;
    struct explain explain;
    struct kept_component kept; /* row i of the batch is kept.rid[i] */
    bool is_kept;               /* false: none was kept; the master's own records alone */
    struct edge *edge;          /* [n_edges] pairs that join the component (cluster_near), weighed now */
    bool *as_kept;              /* [n_edges] the weight is what it was: its rule can be told */
    size_t n_edges;
    int64_t *survivor; /* [rows] mid that each record belongs to as stored */
    struct cluster_result result;
    struct cluster_trace trace;
    uint32_t mine; /* cluster of the master; of most of its records when it fell apart */
    bool agrees;   /* that cluster is the master as stored */
    struct arena arena;
};

/* The component of an active master. Whatever it returns, rebuild_deinit releases. */
enum idem_status rebuild_master(struct rebuilt *r, struct idem_session *s, struct store *store,
                                const struct store_master *master, struct idem_error *err);
void rebuild_deinit(struct rebuilt *r);

/* The edge between two rows, or NULL. */
const struct edge *rebuild_edge(const struct rebuilt *r, uint32_t a, uint32_t b);
/* The forced pair of two rows, or NULL. */
const struct forced_pair *rebuild_forced(const struct rebuilt *r, uint32_t a, uint32_t b);

/* The edges inside the master that alone hold two parts of it together: bridge[n_edges] is set. */
void rebuild_bridges(const struct rebuilt *r, bool *bridge);

#endif

/*
 * The clusters of raw components (cluster.h says by what measure).
 */
#ifndef IDEM_MATCHER_AGGLOMERATE_H
#define IDEM_MATCHER_AGGLOMERATE_H

#include "matcher/cluster.h"

/* Edges and forced pairs of each row, both ways. */
struct row_edges {
    uint32_t *at; /* [n_rows + 1] */
    struct row_edge {
        uint32_t other;
        int32_t weight;
    } * to;
    uint32_t *forced_at; /* NULL: there are no forced pairs */
    const struct forced_pair **forced;
};

/*
 * Clusters n components, of the rows (ascending) row[at[k]] up to row[at[k + 1]]; label[row] becomes the first row of
 * its group. Returns how many pairs had to be scored because no edge says their weight. Many small components are
 * quicker together than one after the other.
 */
uint64_t agglomerate(const struct cluster_input *in, const struct row_edges *edges, const uint32_t *row,
                     const uint32_t *at, uint32_t n, unsigned worker, uint32_t *label);

void cluster_note(const struct cluster_input *in, struct cluster_step step);

#endif

/*
 * The clusters of one raw component (cluster.h says by what measure).
 */
#ifndef IDEM_MATCHER_AGGLOMERATE_H
#define IDEM_MATCHER_AGGLOMERATE_H

#include "matcher/cluster.h"

/* Edges and forced pairs of each row, both ways. */
struct row_edges {
    uint32_t *at; /* [n_rows + 1] */
    const struct edge **to;
    uint32_t *forced_at;
    const struct forced_pair **forced;
};

/*
 * Joins the rows (ascending) of one component; label[row] becomes the first row of its group. Returns how many pairs
 * had to be scored because no edge says their weight.
 */
uint64_t agglomerate(const struct cluster_input *in, const struct row_edges *edges, const uint32_t *row, uint32_t n,
                     unsigned worker, uint32_t *label);

void cluster_note(const struct cluster_input *in, struct cluster_step step);

#endif

/*
 * One raw component while it is clustered, and the weights of its pairs. Private to matcher/agglomerate.c and
 * matcher/component.c.
 */
#ifndef IDEM_MATCHER_COMPONENT_H
#define IDEM_MATCHER_COMPONENT_H

#include "matcher/agglomerate.h"

enum { CLAMP_BITS = 16 };
#define WEIGHT_NEVER INT32_MIN

struct component {
    const struct cluster_input *in;
    const uint32_t *row;
    uint32_t n;
    uint64_t *room;     /* the arrays that follow, in one piece */
    int64_t *sum;       /* [n * n] between groups; INT64_MIN: they must stay apart */
    struct pool **pool; /* [n * n] of the pairs between groups that are not below the clamp; NULL: none */
    /* [n * n] the heaviest pair between groups: above the threshold, clamped; WEIGHT_NEVER for `different` and what can
     * be no match */
    int32_t *most;
    int32_t *link;     /* [n * n] how near two groups are; WEIGHT_NEVER: not to be joined */
    int32_t *least;    /* [n * n] the lightest; NULL: nobody asks */
    uint32_t *best;    /* [n] each group's nearest, or itself */
    uint32_t *group;   /* [n] of each member */
    uint32_t *size;    /* [n] of each group, 0: merged away */
    uint32_t *sources; /* [n] source classes in each group, a bit each */
    uint32_t *first;   /* [n] smallest place of a member in the order of record keys */
    bool ranked;       /* `first` is made: when two pairs of groups are equally near */
};

static inline int32_t component_threshold(const struct component *c)
{
    return c->in->scorer->model->match_threshold;
}

int32_t component_clamped(int32_t weight, int32_t threshold);
/* The place of a row among those of the component, or UINT32_MAX. */
uint32_t component_position(const struct component *c, uint32_t row);

/* `most`, of components that are otherwise ready: from edges and forced pairs; what they do not tell of is scored, for
 * all components together. Returns how many pairs that were. */
uint64_t components_weigh(struct component *c, size_t n, const struct row_edges *edges, unsigned worker);
/* Their pools, in `out`. */
void components_pool(struct component *c, size_t n, unsigned worker, struct arena *out);

#endif

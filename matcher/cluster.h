/*
 * From edges to a partition: correlation clustering by agglomeration inside each connected component.
 *
 * Records joined by an edge that comes near the match threshold, or by a `same`, form raw components. Inside a
 * component every pair has its weight, the negative ones too (pairs that blocking never reached are scored now). Groups
 * grow together, the nearest two first. How near they are: two records, the weight of the pair; a record and a group,
 * three quarters the weight of their pooled comparisons (score.h) and a quarter the average; two groups, between
 * that of the pool and the average over their pairs, the nearer to the average the larger they are. A single record
 * joins when this reaches the threshold, two groups of two or more when it reaches the threshold plus the model's merge
 * margin. A pair that is `different` keeps its groups apart whatever else speaks for them. Nothing else about history
 * or order of arrival has a say: the partition is a function of records, forced pairs and model; ties are broken by
 * record key.
 *
 * Components larger than MOST_COMPONENT are first cut into pieces of at most that size, heaviest edges kept.
 */
#ifndef IDEM_MATCHER_CLUSTER_H
#define IDEM_MATCHER_CLUSTER_H

#include "matcher/block.h"
#include "matcher/score.h"

enum { MOST_COMPONENT = 600 };

struct forced_pair {
    uint32_t a, b;
    bool same; /* else different */
};

/*
 * What happened, for who asks how a cluster was built: each join in order, and what stands between groups that ended
 * apart although a pair of theirs reaches the threshold or is `same`, or because a pair is `different`. Weights are
 * above the threshold, clamped as they were summed. A group is named by one of its rows.
 */
enum cluster_step_kind {
    CLUSTER_FORCED,    /* joined by a `same` */
    CLUSTER_JOINED,    /* joined by its link */
    CLUSTER_BELOW,     /* apart: the link does not reach the bar */
    CLUSTER_FORBIDDEN, /* apart: some pair is `different` or can be no match */
    CLUSTER_TOO_LARGE  /* apart: two rows whose pieces would be larger than MOST_COMPONENT together */
};

struct cluster_step {
    enum cluster_step_kind kind;
    uint32_t a, b;         /* a row of each group; b's group becomes part of a's */
    uint32_t n_a, n_b;     /* rows of each */
    int32_t average, most; /* over their pairs; the heaviest */
    int32_t least;         /* the lightest */
    int32_t link, bar;     /* what is compared, and what it must reach */
    bool pooled;           /* comparisons were pooled for the link */
};

struct cluster_trace {
    struct cluster_step *step; /* [n], free() it */
    size_t n, room;
};

struct cluster_input {
    const struct scorer *scorer;
    const struct edge *edge; /* every pair at most once */
    size_t n_edges;
    const struct forced_pair *forced;
    size_t n_forced;
    unsigned threads;
    struct cluster_trace *trace; /* zeroed by the caller; NULL: not wanted. Needs threads 1 */
};

struct cluster_result {
    uint32_t *cluster; /* [n_rows] numbered by first row */
    uint32_t n_clusters;
    uint64_t components, cut_components; /* raw components of two or more; those past MOST_COMPONENT */
    uint64_t edges_cut;                  /* edges at or above the threshold inside no cluster */
    uint64_t pairs_scored;               /* pairs that blocking had not reached */
};

/* Weight from which a pair joins a raw component: what has to be kept to find the clusters again. */
int32_t cluster_near(const struct model *m);

void cluster_records(const struct cluster_input *in, struct cluster_result *out);
void cluster_result_deinit(struct cluster_result *r);

#endif

/*
 * Expectation maximisation over patterns, with the interactions of the model in the expectation step.
 */
#ifndef IDEM_MATCHER_EM_H
#define IDEM_MATCHER_EM_H

#include "matcher/labels.h"
#include "matcher/pattern.h"

/* What is known of nonmatches before true matches are taken out. */
struct u_counts {
    double agreeing[MOST_COMPARISONS][MOST_LEVELS];   /* pairs at each level, scaled to all pairs of records */
    double pairs[MOST_COMPARISONS];                   /* pairs with a value on both sides */
    double floor[MOST_COMPARISONS][MOST_LEVELS];      /* the least that u may become: half a pair of those looked at */
    double seen[MOST_COMPARISONS];                    /* pairs looked at */
    double joint[MOST_COMPARISONS][MOST_COMPARISONS]; /* pairs that agree exactly on both */
    double joint_pairs[MOST_COMPARISONS][MOST_COMPARISONS];
};

struct em_options {
    double scale;                     /* one pattern count stands for so many pairs (blocks were sampled) */
    uint64_t reads[MOST_COMPARISONS]; /* rules (bits) that read the comparison's field */
    uint32_t fixed_m, fixed_u;
    unsigned most_iterations, threads;
    const struct label_counts *labels; /* NULL: none */
};

/* Fills levels' m, u and weights, priors, interactions. `m` comes with starting values. */
void em_run(struct model *m, const struct patterns *patterns, const struct u_counts *u,
            const struct em_options *options);

/* level weights from m and u */
void model_weigh_levels(struct model *m);

#endif

/*
 * The steps of em_run, and what they hand on. Private to the matcher/em*.c files.
 */
#ifndef IDEM_MATCHER_EM_STEP_H
#define IDEM_MATCHER_EM_STEP_H

#include "base/fmath.h"
#include "matcher/em.h"

/* A record has few true partners: matches beyond EM_MOST_PARTNERS a record are not believed, whatever fits the patterns
 * better. The first EM_WARM_UP steps leave alone what relatives could take for matches. */
enum { EM_MOST_PARTNERS = 3, EM_WARM_UP = 10 };

/* Shipped u of a key (e-mail, telephone, identifier) at most. */
#define EM_KEY_U 1e-5

/* Values that name what the record is of: that two have the same name is no chance, however many more have it. Names of
 * persons are not of these: there are many of one name. */
static inline bool em_names_one(enum comparison_kind kind)
{
    return kind == CMP_TEXT || kind == CMP_ORGANISATION;
}

static inline double em_max(double a, double b)
{
    return a > b ? a : b;
}

struct match_joint {
    double both[MOST_COMPARISONS][MOST_COMPARISONS], here[MOST_COMPARISONS][MOST_COMPARISONS];
    double one[MOST_COMPARISONS][MOST_COMPARISONS]; /* a differs where both are known */
};

struct expectation {
    double level[MOST_COMPARISONS][MOST_LEVELS];     /* expected matches at each level, from pairs that may teach */
    double doubtful[MOST_COMPARISONS][MOST_LEVELS];  /* pairs that are not clearly nonmatches, from all pairs */
    double supported[MOST_COMPARISONS][MOST_LEVELS]; /* expected matches without the comparison's own say */
    double alone[MOST_COMPARISONS][MOST_LEVELS];     /* expected matches that no other comparison could tell of */
    double related[MOST_COMPARISONS][MOST_LEVELS];   /* expected relatives at each level */
    double relatives;
    double sources[MOST_PRIOR_SOURCES][MOST_PRIOR_SOURCES];
    double typical[MOST_PRIOR_SOURCES][MOST_PRIOR_SOURCES]; /* those with the weight of the mean match or more */
    struct match_joint joint;
    double agree_match[MOST_COMPARISONS][MOST_COMPARISONS]; /* no clear nonmatches that agree exactly on both */
    double matches;
};

/* Sums are made in pieces, the same for any number of threads, and added in their order. */
enum { EM_PIECES = 8 };

struct expect_work {
    const struct model *model;
    const struct patterns *patterns;
    const struct u_counts *u;
    const struct em_options *options;
    struct fmath_powers powers;
    int32_t *related; /* [RELATED_MOST - RELATED_LEAST + 1] what em_expect has worked out, less one; 0: not yet */
    double mean[MOST_COMPARISONS];
    int32_t best[MOST_COMPARISONS];
    struct expectation piece[EM_PIECES];
};

/* em_expect.c */
void em_expect(struct expect_work *w, struct expectation *e);
/* What the other comparisons could say at best of a pair of sources: not enough to make it a match? */
bool em_is_alone(const struct model *m, uint32_t sources, unsigned c, const int32_t best[MOST_COMPARISONS]);
/* Of the levels that pairs reach; a key that no two records share vouches for nothing. */
void em_best_weights(const struct model *m, const struct u_counts *u, int32_t best[MOST_COMPARISONS]);

/* em_chance.c: u, with what may be matches taken out. */
void em_correct_u(struct model *m, const struct u_counts *u, const struct expectation *e, const struct em_options *o);

/* em_tree.c: adds interactions to the model. */
void em_agree_tree(struct model *m, const struct u_counts *u, const struct expectation *e);
void em_differ_tree(struct model *m, const struct match_joint *j);

/* em_maximise.c. The greatest change of an m. */
double em_maximise(struct model *m, const struct expectation *e, const struct em_options *o);
/* More matches cannot agree than pairs do. */
void em_bound_m(struct model *m, const struct expectation *e, const struct u_counts *u, const struct em_options *o);
/* Relatives, `most` at most: how many, and how they agree on what they share. */
void em_maximise_related(struct model *m, const struct expectation *e, double most);
double em_most_matches(const struct model *m, const struct u_counts *u);
void em_priors(struct model *m, const struct expectation *e, double most);

#endif

/*
 * Labels: pairs of rows that somebody knows to be the same or different, as evidence for training.
 *
 * Same pairs are observed matches: their levels are counts of m, beside the expected ones of the EM step. Different
 * pairs teach u only when they are a fair sample of nonmatches (all pairs of labelled records); pairs that were picked
 * by hand because they look alike would make agreement seem common. Both show where to cut.
 */
#ifndef IDEM_MATCHER_LABELS_H
#define IDEM_MATCHER_LABELS_H

#include "matcher/score.h"

/* A label counts like so many expected matches: it is certain, and not the model's own opinion. */
enum { LABEL_WORTH = 4 };

/* Labels of both kinds that it takes to move a threshold. */
enum { LEAST_LABELS = 50 };

struct labelled_pair {
    uint32_t a, b; /* rows */
    bool same;
};

struct label_counts {
    double same[MOST_COMPARISONS][MOST_LEVELS], different[MOST_COMPARISONS][MOST_LEVELS];
    bool fair; /* different pairs are a fair sample of all nonmatches */
};

/* Levels of all pairs; a missing value is no observation. Uses the scorer's workers. */
void labels_count(const struct scorer *s, const struct labelled_pair *pair, size_t n, bool fair,
                  struct label_counts *out);

struct labelled_weight {
    int32_t weight;
    bool same;
};

/*
 * Where to cut so that F1 over the labelled pairs is largest; `missed` further same pairs are below every cut. Of equal
 * cuts the nearest to `current`. Sorts `w`. Returns `current` when there are fewer than LEAST_LABELS of a kind, or when
 * the labelled pairs that a move sets right do not outnumber those it gets wrong by more than chance (their difference
 * is at most the root of their sum).
 */
int32_t labels_threshold(struct labelled_weight *w, size_t n, uint64_t missed, int32_t current);

#endif

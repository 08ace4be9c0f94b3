/*
 * Training: from a batch to a model, without labels.
 *
 *   u    exact levels from value counts, other levels from a sample of pairs of records, both with the expected true
 * matches removed: u = (agreeing pairs - M m) / (pairs - M), M the expected matches; floor half a pair m    by
 * expectation maximisation over the patterns of candidate pairs (Winkler 1988); a comparison learns only from pairs
 * that a rule found which does not read its field prior for each pair of sources, a source with itself apart: expected
 * matches / pairs interactions: u from joint counts of value pairs, m from the patterns Estimates are MAP: each m
 * starts with TRAIN_PSEUDO_MATCHES matches distributed as the shipped defaults, each u with TRAIN_PSEUDO_PAIRS pairs,
 * each prior with half a match.
 */
#ifndef IDEM_MATCHER_TRAIN_H
#define IDEM_MATCHER_TRAIN_H

#include "base/error.h"
#include "base/log.h"
#include "matcher/labels.h"
#include "matcher/model.h"
#include "matcher/pattern.h"
#include "record/batch.h"

enum { TRAIN_PSEUDO_MATCHES = 25, TRAIN_PSEUDO_PAIRS = 4 };

struct train_options {
    unsigned threads;
    uint64_t pair_budget;    /* candidate pairs that blocking may ask for; 0: the default (choose.h) */
    uint64_t training_pairs; /* pairs looked at for training; 0: the default */
    const struct rule *rule; /* rules given by the user, in place of chosen ones */
    unsigned n_rules;
    const struct comparison *comparison; /* comparisons given; 0: from the schema */
    unsigned n_comparisons;
    const struct frequency_table *const *table; /* [n_comparisons] frequencies that the user gave, NULL where he did
                                                   not; NULL: none */
    uint32_t fixed_m, fixed_u;                  /* comparisons (bits) whose figures are given and stay */
    bool fixed_threshold;
    const struct labelled_pair *label;
    size_t n_labels;
    bool fair_labels; /* all pairs of the labelled records: those that are different teach u */
    const struct progress *progress;
    bool slim;            /* the keys are not held beyond the choice of rules (key_set_slim) */
    struct key_set *keys; /* not NULL: takes the keys of the batch under the model's rules, for the caller to release */
    struct scorer *scorer; /* not NULL: takes the scorer that trained (scorer_trained), for the caller to release */
};

/* Comparisons that the schema's fields get by default. */
unsigned train_default_comparisons(const struct batch *b, struct comparison out[MOST_COMPARISONS]);

enum idem_status model_train(const struct batch *b, const struct train_options *options, struct arena *out,
                             struct model *model, struct idem_error *err);

/* A model of shipped defaults alone, for a schema without data. */
void model_default(const struct batch *b, struct arena *out, struct model *model);

#endif

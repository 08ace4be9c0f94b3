/*
 * From the configuration to the matcher: user's comparisons, rules, thresholds, deterministic rules and links as the
 * plain structs that matcher/ takes; and the matching of one batch, from training to clusters.
 */
#ifndef IDEM_ENGINE_MATCHING_H
#define IDEM_ENGINE_MATCHING_H

#include "engine/load.h"
#include "matcher/cluster.h"
#include "matcher/labels.h"
#include "matcher/model.h"
#include "matcher/score.h"
#include "rules/config.h"

struct matching_stats {
    uint64_t candidates, edges, match, review;
    double train, block, score, cluster; /* seconds */
    struct block_losses losses;
    uint64_t link_conflicts; /* links that the model contradicts */
};

struct matching {
    struct scorer scorer;
    struct key_set keys;
    struct edge_list edges;
    struct forced_pair *forced; /* what holds: of decisions first, then of rules and links */
    size_t n_forced, forced_room, n_decided;
    struct forced_pair *overruled; /* of rules and links: decisions say otherwise (engine/forced.h) */
    size_t n_overruled;
    struct cluster_result clusters;
    struct matching_stats stats;
    struct arena arena;
};

/* field of the configuration -> field of the batch's schema */
void matching_field_map(const struct config *c, const struct schema *schema, unsigned field_of[MOST_FIELDS]);

/* Trains a model on the batch as the configuration asks; thresholds are set by matching_run. `keys` and
 * `scorer` (may be NULL) take the batch's keys and the scorer that trained, which matching_run_decided can use. */
enum idem_status matching_train(const struct config *c, const struct batch *b, unsigned threads,
                                const struct progress *progress, struct arena *out, struct model *model,
                                struct key_set *keys, struct scorer *scorer, struct idem_error *err);

/* The scorer that has trained the model, which is taken; a new one where `trained` is NULL or zeroed. */
void matching_scorer(struct scorer *out, struct scorer *trained, const struct model *model, const struct batch *b,
                     unsigned threads);

/* A model without data: shipped figures, the configuration's comparisons, rules and thresholds. */
enum idem_status matching_shipped(const struct config *c, const struct batch *b, struct arena *out, struct model *model,
                                  struct idem_error *err);

/* Pairs of rows that somebody labelled. */
struct matching_labels {
    const struct labelled_pair *pair;
    size_t n;
    bool fair; /* all pairs of the labelled records, or a fair sample of them */
};
/* The same with labels to learn from. */
enum idem_status matching_train_labelled(const struct config *c, const struct batch *b,
                                         const struct matching_labels *labels, unsigned threads,
                                         const struct progress *progress, struct arena *out, struct model *model,
                                         struct key_set *keys, struct scorer *scorer, struct idem_error *err);

/* Candidates, scores, rules, clusters. With `fresh` the thresholds are chosen now and written into the model. */
enum idem_status matching_run(const struct config *c, const struct load *load, struct model *model, bool fresh,
                              unsigned threads, const struct progress *progress, struct matching *out,
                              struct idem_error *err);
/* The same with pairs of rows that people decided (decisions_pairs): they hold whatever else is said. `keys` and
 * `scorer` (may be NULL, or zeroed): those that training has made of this batch for this model; they are taken. Where
 * keys are only said to be slim, here and in training, none are held (key_set_slim). */
enum idem_status matching_run_decided(const struct config *c, const struct load *load, struct model *model, bool fresh,
                                      const struct forced_pair *decided, size_t n_decided, struct key_set *keys,
                                      struct scorer *scorer, unsigned threads, const struct progress *progress,
                                      struct matching *out, struct idem_error *err);
void matching_deinit(struct matching *m);

/* Sources of the batch that hold no duplicates, as the configuration says: scorer.unique; NULL when there are none. */
const bool *matching_unique(const struct config *c, const struct batch *b, struct arena *out);

/* What the deterministic rules say of two rows: index of the first rule that applies, or -1. */
int matching_rule_of(const struct config *c, const struct batch *b, const unsigned *field_of, uint32_t x, uint32_t y);

/* Chooses match and review threshold as the configuration asks. */
void matching_thresholds(const struct config *c, struct model *model, const struct edge_list *edges);
/* Chooses the review threshold to go with the match threshold. */
void matching_review_threshold(const struct config *c, struct model *model);

#endif

/*
 * Which pairs a person should look at: records of two masters whose weight is at or above the review threshold, one
 * pair, the heaviest, for each two masters, and nobody has decided on it. Kept in the database (store/steward.h) with
 * the number of records whose master would change if the two were one.
 */
#ifndef IDEM_ENGINE_REVIEW_LIST_H
#define IDEM_ENGINE_REVIEW_LIST_H

#include "engine/apply_run.h"

/* How much there is to gain: records affected times uncertainty, which is 1 at the match threshold and falls to nothing
 * where a pair is clear. */
double review_priority(int32_t weight, int32_t match_threshold, uint32_t effect);

/* The pairs of a run of apply take the place of those before; the most urgent are kept. */
enum idem_status reviews_put(struct apply_run *r, struct store *store, struct idem_error *err);
/* Those of a run over a part are added. */
enum idem_status reviews_add(struct apply_run *r, struct store *store, const struct decisions *decisions,
                             struct idem_error *err);
/* This list, but for pairs that somebody has decided on, takes the place of the one before; the most urgent are kept.
 */
enum idem_status reviews_replace(struct store *store, const struct decisions *decisions, int32_t match_threshold,
                                 const struct store_review *review, size_t n, struct idem_error *err);
/* Pairs of these records take the place of those that name one of rid[n_rids]; the rest of the list stays. */
enum idem_status reviews_change(struct store *store, const struct decisions *decisions, int32_t match_threshold,
                                const int64_t *rid, size_t n_rids, const struct store_review *review, size_t n,
                                struct idem_error *err);

#endif

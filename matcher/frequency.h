/*
 * Counting: how often values, tokens and pairs of values stand in a batch.
 */
#ifndef IDEM_MATCHER_FREQUENCY_H
#define IDEM_MATCHER_FREQUENCY_H

#include "matcher/model.h"
#include "record/batch.h"

/* Fills c->tf (values in two or more records; the rest count as one) and, for kinds that weigh words, c->token. */
void frequency_count(struct comparison *c, const struct batch *b, struct arena *out);

/* Pairs of records that agree exactly on the comparison's value, and pairs of records that both have one. */
void frequency_pairs(const struct comparison *c, const struct batch *b, double *agreeing, double *pairs);

/* For every distinct value of the comparison's column the hash of what "exact" compares, 0 for a generic one. Caller
 * frees. */
uint64_t *frequency_hashes(const struct comparison *c, const struct batch *b);

/* Pairs of records that agree exactly on both; the hashes are those of frequency_hashes. Only the first value of a set
 * counts. */
double frequency_joint_pairs(const struct comparison *x, const uint64_t *hash_x, const struct comparison *y,
                             const uint64_t *hash_y, const struct batch *b, double *pairs);

#endif

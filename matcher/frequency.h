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

/* Pairs of records that agree exactly on both. Only the first value of a set counts. */
double frequency_joint_pairs(const struct comparison *x, const struct comparison *y, const struct batch *b,
                             double *pairs);

#endif

/*
 * Counting: how often values, tokens and pairs of values stand in a batch.
 */
#ifndef IDEM_MATCHER_FREQUENCY_H
#define IDEM_MATCHER_FREQUENCY_H

#include "matcher/model.h"
#include "record/batch.h"
#include "record/norm.h"

/* Fills c->tf (values in two or more records; the rest count as one) and, for kinds that weigh words, c->token. */
void frequency_count(struct comparison *c, const struct batch *b, struct arena *out);

/*
 * A table of the user's in place of the counts: `entry` (its order changes) holds the hashes of what "exact" compares
 * (score.h, frequency_key); equal ones add up. A value that it does not list is as frequent as in the counts, but at
 * most as the rarest that it lists.
 */
struct counted_hash {
    uint64_t hash;
    uint32_t count;
};
void frequency_table_make(struct counted_hash *entry, size_t n, uint64_t total, struct arena *out,
                          struct frequency_table *t);
void frequency_replace(struct comparison *c, const struct frequency_table *given, struct arena *out);

/* Pairs of records that agree exactly on the comparison's value, and pairs of records that both have one. */
void frequency_pairs(const struct comparison *c, const struct batch *b, double *agreeing, double *pairs);

/*
 * The values of a comparison's column in some records, evenly chosen: the hash of what "exact" compares (0: generic or
 * missing). An agreement counts for the joint by at most 1: what the frequency of a value takes off its weight must not
 * be taken off again by the correction for a pair of comparisons.
 */
struct counted_values {
    const struct comparison *comparison;
    uint64_t *hash; /* [records looked at] */
    uint8_t *again; /* [records looked at] does the value stand, or may it, with another of them? */
    double agree;   /* share of pairs that agree by chance */
};
void counted_values_init(struct counted_values *v, const struct comparison *c, const struct batch *b);
void counted_values_deinit(struct counted_values *v);

/* Pairs of records that agree exactly on both, frequent values damped. Only the first value of a set counts. On large
 * batches estimated from a part of the records. */
double frequency_joint_pairs(const struct counted_values *x, const struct counted_values *y, const struct batch *b,
                             double *pairs);

/* The text whose frequency counts for a value of this kind: what "exact" compares. */
struct str frequency_key(enum comparison_kind kind, const struct norm *value);

#endif

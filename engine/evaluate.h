/*
 * The crosswalk of a database judged by a truth (engine/truth.h), in steps: read (evaluate.c), count
 * (evaluate_count.c), look at the pairs that are wrong or missed (evaluate_pairs.c), walk the candidates for the curve
 * over thresholds (evaluate_curve.c), tell (evaluate_report.c).
 *
 * An item is a record that takes part: with clusters and labels those of the truth, with pairs all of the database as
 * well. A record of the truth that the database lacks is an item without a row, alone in a master of its own.
 * Figures are over the transitive closure of the crosswalk; they come from counts of (master, entity) cells, never from
 * pairs. B-cubed: Bagga and Baldwin (1998).
 */
#ifndef IDEM_ENGINE_EVALUATE_H
#define IDEM_ENGINE_EVALUATE_H

#include "base/json.h"
#include "engine/stored_batch.h"
#include "engine/truth.h"
#include "matcher/block.h"
#include "matcher/keys.h"

enum { MOST_BUCKETS = 256 };

struct item {
    uint32_t row;    /* of the batch, or STORED_NONE */
    uint32_t source; /* index; from stored.n_sources on: of the truth only */
    uint32_t master; /* from 0, dense */
    uint32_t entity; /* clusters only */
};

/* Pairs by pair of sources: [low * n_buckets + high], low <= high. Sources past MOST_BUCKETS - 1, and those that only
 * the truth has, share the last bucket. */
struct pair_counts {
    uint64_t *truth, *found, *right;
    uint64_t all_truth, all_found, all_right;
};

/* Of clusters only. */
struct cluster_counts {
    double b3_precision, b3_recall;
    uint64_t exact, split, mixed; /* entities that are one master exactly; in several; masters with several entities */
};

enum missed_reason { MISSED_RECORD, MISSED_RULE, MISSED_BLOCKING, MISSED_SCORING, MISSED_CLUSTERING, MISSED_REASONS };
enum wrong_reason { WRONG_RULE, WRONG_SCORING, WRONG_CLUSTERING, WRONG_REASONS };

struct judged_pair {
    uint32_t a, b; /* items */
    int32_t weight;
    uint8_t reason;
};

struct judged_pairs {
    struct judged_pair *pair; /* all of them, or a sample */
    size_t n, room;
    uint64_t all;
    uint64_t by_reason[MISSED_REASONS]; /* of pair[0 .. n) */
};

enum { CURVE_FROM = -10, CURVE_TO = 100, CURVE_BINS = CURVE_TO - CURVE_FROM + 1 };

struct curve {
    uint64_t pairs[CURVE_BINS], right[CURVE_BINS]; /* candidates by weight, a bit each; the last bin is open */
    uint64_t candidates, candidates_right;         /* of whatever weight */
    uint64_t at_pairs, at_right;                   /* at or above the match threshold */
    struct block_losses losses;
};

struct evaluate {
    struct idem_session *session;
    const struct idem_evaluate_options *options;
    unsigned threads;
    uint64_t sample;
    struct arena arena;
    struct truth truth;
    struct stored_batch stored;
    bool has_model, newer_model; /* newer_model: one is stored that no run has used yet */
    struct item *item;
    uint32_t n_items, n_missing, n_masters;
    uint32_t *item_of_row;    /* [n_rows] or STORED_NONE */
    uint32_t *item_of_record; /* [truth.n_records] */
    struct pair_set listed;   /* pairs of items, value: index into truth.pair; not of clusters */
    uint64_t ignored_pairs;   /* true pairs within one source when only pairs between sources count */
    unsigned n_buckets;
    struct pair_counts pairs;
    struct cluster_counts clusters;
    struct scorer scorer;
    struct key_set keys;
    bool scores;
    struct pair_set decided; /* pairs of rows that a person decided, value: enum store_verdict */
    unsigned field_of[MOST_FIELDS];
    struct judged_pairs missed, wrong;
    struct curve curve;
};

/* Does the pair count, or is it within one source when only pairs between sources do? */
static inline bool evaluate_counts_pair(const struct evaluate *e, uint32_t a, uint32_t b)
{
    return !e->options->cross_source || e->item[a].source != e->item[b].source;
}

void evaluate_count(struct evaluate *e);
void evaluate_walk(struct evaluate *e);
/* Needs evaluate_count and evaluate_walk. */
void evaluate_judge(struct evaluate *e);
json_t *evaluate_report(struct evaluate *e);

/* 2 P R / (P + R) with P and R 1 where there is nothing to be right about. */
struct prf {
    double precision, recall, f1;
};
struct prf evaluate_prf(double right, double found, double truth);

#endif

/*
 * Scoring: the match weight of two rows of a batch under a model. Pure: the same rows and model give the same integer.
 *
 * total = prior of the two sources + for each comparison the weight of its level + its term-frequency part
 *         + for each pair of comparisons that repeat each other a correction (model.h).
 * A missing or generic value weighs nothing. Records of unlike entity kinds never match (SCORE_NEVER), nor do
 * two of a source that says it holds each entity once (scorer.unique, set by the caller after scorer_init).
 *
 * A scorer holds what is worked out once for the batch: term-frequency parts per distinct value, and per worker a small
 * cache of compared value pairs. score() may run in several threads, each with its own worker number.
 */
#ifndef IDEM_MATCHER_SCORE_H
#define IDEM_MATCHER_SCORE_H

#include "matcher/apart.h"
#include "matcher/compare.h"
#include "matcher/id_masks.h"
#include "matcher/model.h"
#include "record/batch.h"

#define SCORE_NEVER (-(1 << 29))

enum { ROW_FLAGGED = 1 << 30 }; /* the value has flags: equal ids do not mean exact agreement */

struct tf_scale {
    double bits_u, least; /* log2 of the exact level's u; the least that a frequency may leave */
};

struct scorer {
    const struct model *model;
    const struct batch *batch;
    int given, middle, family;     /* columns of the names, or -1 */
    int cmp_given, cmp_family;     /* their comparisons, or -1 */
    int cmp_email;                 /* that of mailboxes, or -1 */
    int cmp_middle;                /* of middle names, or -1 */
    int32_t *tf[MOST_COMPARISONS]; /* [dict.n + 1] what scorer_tf has worked out, or NULL */
    struct tf_scale tf_scale[MOST_COMPARISONS];
    struct frequency_table tf_of[MOST_COMPARISONS]; /* borrowed: what was counted in */
    struct hash_index {
        uint32_t *at; /* [by the top bits of a hash] first place in the table; NULL: none */
        unsigned shift;
    } tf_index[MOST_COMPARISONS];
    uint8_t *flagged[MOST_COMPARISONS]; /* [dict.n + 1] the value has flags: equal ids do not mean exact agreement */
    /* [dict.n + 1] of values without flags (apart.h); NULL: none */
    struct signature *signature[MOST_COMPARISONS];
    struct known_words *words[MOST_COMPARISONS]; /* of values of many words in small batches; NULL: none */
    int32_t most[MOST_COMPARISONS]; /* the most that a comparison can add, frequency and interactions included */
    int32_t most_unequal[MOST_COMPARISONS]; /* the same when the values' ids differ */
    int32_t level_weight[MOST_COMPARISONS][LEVEL_NULL + 1];
    int32_t most_of_level[MOST_COMPARISONS][LEVEL_NULL + 1]; /* frequency included */
    uint8_t level_tf[MOST_COMPARISONS][LEVEL_NULL + 1];      /* share of the frequency part, in halves */
    struct interactions_of {
        uint8_t n, at[MOST_INTERACTIONS];
    } interactions_of[MOST_COMPARISONS];                   /* indices into the model's, of a comparison */
    uint32_t interaction_set[MOST_INTERACTIONS];           /* the two comparisons of each, a bit each */
    int32_t swapped_most;                                  /* of a given name that stands in the place of another */
    int32_t most_equal_set[2][256], most_open_set[2][256]; /* sums for sets of comparisons, eight at a time */
    uint32_t never_equal;            /* comparisons for which equal ids do not mean exact agreement, a bit each */
    uint8_t order[MOST_COMPARISONS]; /* in which comparisons are best made: cheap and telling first */
    /* [n_rows * stride] the ids of a record's values side by side: as in the columns, ROW_FLAGGED added; the last of
     * them: source, row of the prior table << 16, kind of entity << 24 */
    uint32_t *row;
    unsigned stride, lanes; /* lanes: what id_masks looks at */
    uint32_t signed_set;    /* comparisons with signatures, a bit each */
    id_masks_fn *id_masks;
    uint8_t *source_class;     /* [batch.n_sources] row of the prior table */
    const bool *unique;        /* [batch.n_sources] no two records of the source are one (SCORE_NEVER); NULL: none */
    struct level_cache *cache; /* [workers] */
    unsigned workers;
    uint32_t most_records; /* struct compare_context */
    bool grows;            /* made by scorer_init_growing */
    uint32_t value_room[MOST_COMPARISONS], n_values[MOST_COMPARISONS], row_room, n_rows; /* then */
};

struct pair_levels {
    uint8_t level[MOST_COMPARISONS];
    uint32_t left[MOST_COMPARISONS], right[MOST_COMPARISONS]; /* value ids behind the level */
};

/* One line of an explanation. */
struct score_part {
    int32_t weight, tf_weight;
};

void scorer_init(struct scorer *s, const struct model *m, const struct batch *b, unsigned workers);
/* One that trains: its weights are those of the model as it is. When training is through scorer_trained makes it what
 * scorer_init would have made. The model may have moved. */
void scorer_init_training(struct scorer *s, const struct model *m, const struct batch *b, unsigned workers);
void scorer_trained(struct scorer *s, const struct model *m);
void scorer_deinit(struct scorer *s);
/*
 * For one worker, and a batch to which rows are added, or in which they are replaced: scorer_extend takes in what was
 * added, scorer_take_row a row that has become another one. Such a scorer's bounds do not look at the values there are.
 */
void scorer_init_growing(struct scorer *s, const struct model *m, const struct batch *b);
void scorer_extend(struct scorer *s);
void scorer_take_row(struct scorer *s, uint32_t row);

/* Uses the variant for these vector instructions; scorer_init takes the best there is. */
void scorer_set_simd(struct scorer *s, enum simd level);

/* Can the two be no match whatever they say: unlike kinds, or two of a unique source? */
bool scorer_never(const struct scorer *s, uint32_t a, uint32_t b);

/* Level of one comparison alone. */
unsigned scorer_level(const struct scorer *s, unsigned worker, unsigned comparison, uint32_t a, uint32_t b);
void scorer_levels(const struct scorer *s, unsigned worker, uint32_t a, uint32_t b, struct pair_levels *out);
/* Everything that the total is the sum of. */
struct score_parts {
    int32_t prior;
    struct score_part comparison[MOST_COMPARISONS];
    int32_t interaction[MOST_INTERACTIONS];
    int32_t related; /* taken off because relatives agree on the same */
    int32_t total;
};

/* The total; fills `parts` (may be NULL). */
int32_t scorer_weigh(const struct scorer *s, uint32_t a, uint32_t b, const struct pair_levels *levels,
                     struct score_parts *parts);
/*
 * Two groups of records: the best that each comparison finds among their pairs. One member has kept
 * the old address, another the right birth date; together they tell more than each alone.
 */
struct pool {
    uint8_t level[MOST_COMPARISONS];
    struct score_part comparison[MOST_COMPARISONS];
};
/* The pool of two single records. */
void scorer_pool(const struct scorer *s, uint32_t a, uint32_t b, const struct pair_levels *levels, struct pool *out);
/* Adds the pairs of another pool. */
void scorer_pool_add(const struct scorer *s, struct pool *to, const struct pool *from);
int32_t scorer_weigh_pool(const struct scorer *s, const struct pool *pool, int32_t prior);

/* The correction of one interaction, given the weights of its two comparisons. */
int32_t interaction_weight(const struct interaction *x, int32_t a, bool a_else, int32_t b, bool b_else);
/* The total, or SCORE_NEVER as soon as it is certain to stay below `floor`: the same answer, most pairs for a fraction
 * of the work. Comparisons are worked out one after the other; the bound grants each open one the best level it can
 * still reach. */
int32_t scorer_score_above(const struct scorer *s, unsigned worker, uint32_t a, uint32_t b, int32_t floor);

/* The same for many pairs, quicker than one after the other: what they need is fetched together. */
void scorer_score_pairs(const struct scorer *s, unsigned worker, const struct row_pair *pair, size_t n, int32_t floor,
                        int32_t *weight);
/* Levels of many pairs. */
void scorer_levels_pairs(const struct scorer *s, unsigned worker, const struct row_pair *pair, size_t n,
                         struct pair_levels *out);
/* Levels of one comparison alone, of many pairs. */
void scorer_level_pairs(const struct scorer *s, unsigned worker, unsigned comparison, const struct row_pair *pair,
                        size_t n, uint8_t *level);

/* What exact agreement on a value gains or loses by how frequent it is. */
int32_t scorer_tf(const struct scorer *s, unsigned comparison, uint32_t id);

/* Levels and total in one. */
int32_t scorer_score(const struct scorer *s, unsigned worker, uint32_t a, uint32_t b);

#endif

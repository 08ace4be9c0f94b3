/*
 * The model: all that was learnt or fixed for matching. Immutable once trained; the same model scores the same pair the
 * same way for ever. Holds comparisons with levels (m, u, weight, where each figure comes from), term frequencies,
 * priors, blocking rules with the sub-keys of oversized blocks, thresholds.
 *
 * Probabilities are those of Fellegi and Sunter (1969): m = P(level | match), u = P(level | nonmatch), weight =
 * log2(m/u), int32 in 1/4096 bit; a missing value weighs nothing.
 */
#ifndef IDEM_MATCHER_MODEL_H
#define IDEM_MATCHER_MODEL_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fmath.h"
#include "record/field.h"

enum { MOST_LEVELS = 12, MOST_COMPARISONS = 16, MOST_RULES = 48, MOST_RULE_KEYS = 4, LEVEL_NULL = 15 };

/* How two values (or rows) are compared; matcher/compare.c has a row for each with levels and default figures. */
enum comparison_kind {
    CMP_GIVEN,  /* given (and middle) names; knows of swapped given and family names */
    CMP_FAMILY, /* family names; likewise */
    CMP_MIDDLE,
    CMP_SUFFIX,
    CMP_FULL_NAME, /* a whole name as one value */
    CMP_ORGANISATION,
    CMP_DATE,
    CMP_EMAIL,
    CMP_PHONE,
    CMP_ADDRESS,
    CMP_HOUSE_NUMBER,
    CMP_PLACE, /* city, region */
    CMP_POSTCODE,
    CMP_IDENTIFIER,
    CMP_TEXT,         /* titles, descriptions: weighted tokens */
    CMP_MODEL_NUMBER, /* tokens with digits in titles */
    CMP_NUMBER,
    CMP_CODE,     /* gender, country, category, ...: equal or not */
    CMP_ENCODING, /* linkage encodings: the share of the bits that both have */
    CMP_HASHED,   /* tokens in place of values: equal or not */
    CMP_KINDS
};

enum origin {
    ORIGIN_PRIOR,
    ORIGIN_COUNTS,
    ORIGIN_SAMPLED,
    ORIGIN_EM,
    ORIGIN_LABELS,
    ORIGIN_FIXED,
    ORIGIN_TABLE /* of frequencies alone: a file that the user gave */
};
const char *origin_name(enum origin o);

struct level {
    const char *name; /* static text of the comparison's kind */
    double m, u;
    int32_t weight;
    uint8_t m_origin, u_origin;
    double m_n, u_n;        /* observations behind each figure (expected counts) */
    double related;         /* P(level | related but not the same), from related_from on */
    int32_t related_weight; /* log2(related / u) */
};

/* Frozen counts of values or tokens: sorted by hash; what is not listed counts as `floor`; 0: as the average value. */
struct frequency_table {
    uint64_t *hash;
    uint32_t *count;
    uint32_t n;
    uint64_t total; /* values counted, missing ones not */
    uint32_t floor;
};

struct comparison {
    enum comparison_kind kind;
    unsigned field;    /* index into the schema; the main field */
    unsigned n_levels; /* the last one is "else" */
    struct level level[MOST_LEVELS];
    /* first level at which relatives agree as the data says, better levels are by chance for them: 0 where they share
     * the value as well (household, same publisher), LEVEL_NULL where they share nothing; see struct model */
    uint8_t related_from;
    bool term_frequency;
    uint8_t tf_origin;            /* ORIGIN_COUNTS, or ORIGIN_TABLE */
    struct frequency_table tf;    /* of whole values */
    struct frequency_table token; /* of tokens, for CMP_TEXT, CMP_ADDRESS, CMP_ORGANISATION */
};

/* Do relatives reach this level otherwise than by chance? */
static inline bool comparison_is_related(const struct comparison *c, unsigned level)
{
    return level != LEVEL_NULL && level >= c->related_from;
}

/* Derived keys of a value; matcher/keys.c has a row for each. */
enum derivation {
    KEY_EXACT,
    KEY_PHONETIC, /* sorted phonetic codes */
    KEY_FIRST3,   /* first three letters of the Latin form */
    KEY_INITIAL,
    KEY_YEAR,
    KEY_MONTH_DAY,
    KEY_TOKENS,      /* one key for every token */
    KEY_RARE_TOKENS, /* one key for every token that is not frequent */
    KEY_BASE,        /* canonical mailbox, national number, street name, ... */
    KEY_LOCAL,       /* local part of an e-mail */
    KEY_DIGITS,      /* last six digits */
    KEY_NICKNAME,    /* one key for every canonical name */
    KEY_ANY_NAME,    /* one key for every token of given and family names, whatever the order */
    KEY_ALL,         /* the same key for every record: all pairs are compared */
    KEY_CELL,        /* coordinates: two strips of a tenth of a degree, the second half a strip aside */
    KEY_WORD_PAIRS,  /* one key for every two of the rarest tokens: titles of frequent words */
    KEY_DERIVATIONS
};

struct rule_key {
    uint8_t field;
    uint8_t derivation;
};

struct rule {
    struct rule_key key[MOST_RULE_KEYS];
    uint8_t n_keys;
    uint8_t n_refine; /* further keys that split oversized blocks, in this order */
    struct rule_key refine[3];
    uint64_t price; /* pairs it asked for when it was chosen */
    double recall;  /* share of pseudo-matches it covers */
    /* frozen: block keys (sorted) that were oversized at training, and how many refining keys each takes */
    uint64_t *oversized;
    uint8_t *depth;
    uint32_t n_oversized;
};

enum { MOST_PRIOR_SOURCES = 8, MOST_INTERACTIONS = 2 * MOST_COMPARISONS };

/*
 * Two comparisons that repeat each other. Among nonmatches agreement on one makes agreement on the other likelier (city
 * and postcode; address and family name in a household): `agree` bits come off when both agree. Among matches
 * disagreement goes together (somebody moved): `differ` bits come back when both differ. Each set of interactions is a
 * tree (Chow and Liu 1968), so that nothing is corrected twice, and a correction never outweighs the lesser of the two
 * weights it corrects.
 */
struct interaction {
    uint8_t a, b;
    int32_t agree, differ; /* weights, not negative; one of them is 0 */
};

struct model {
    struct comparison comparison[MOST_COMPARISONS];
    unsigned n_comparisons;
    struct rule rule[MOST_RULES];
    unsigned n_rules;
    struct interaction interaction[MOST_INTERACTIONS];
    unsigned n_interactions;
    /*
     * Nonmatches are a mixture: strangers, and relatives (members of a household, works of one author), who agree on
     * the shared comparisons as matches do and on the others by chance. related_prior is the log2 odds of a nonmatch
     * being related; the total loses log2(1 + 2^x), x the odds that the pair's shared levels give.
     */
    int32_t related_prior;
    uint64_t n_reference; /* records the model was trained on */
    /* prior weight (log2 odds that a pair is a match) for each pair of sources, the last row for all that are not named
     */
    struct str source[MOST_PRIOR_SOURCES - 1];
    unsigned n_sources;
    int32_t prior[MOST_PRIOR_SOURCES][MOST_PRIOR_SOURCES];
    double prior_pairs[MOST_PRIOR_SOURCES][MOST_PRIOR_SOURCES];
    double prior_matches[MOST_PRIOR_SOURCES][MOST_PRIOR_SOURCES];
    int32_t match_threshold, review_threshold, merge_margin; /* weights, prior included */
    double expected_matches;                                 /* over all pairs, from posteriors */
    double expected_precision, expected_recall; /* an internal criterion at the threshold, not an accuracy */
    unsigned iterations;
    struct arena *arena; /* owns tables; may be NULL for a model without */
};

/* Row of the prior table for a source. */
unsigned model_source_class(const struct model *m, struct str name);

/* What the relatives among nonmatches take off a total, not positive: -log2(1 + 2^(odds / 4096)). */
int32_t model_related_weight(int32_t odds);
/* Below the least 0, above the most -odds. */
enum { RELATED_LEAST = -12 * WEIGHT_ONE, RELATED_MOST = 24 * WEIGHT_ONE };

/* Count of a hash in the table, or its floor. */
uint32_t frequency_of(const struct frequency_table *t, uint64_t hash);

/* The model as bytes for keeping, and back (into `out`). False when the bytes are damaged or of another version. */
void model_pack(const struct model *m, struct buf *out);
bool model_unpack(struct str packed, struct arena *out, struct model *m);

#endif

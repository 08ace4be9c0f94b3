/*
 * Levels of a pair, private to the matcher: what matcher/score.c (one pair) and matcher/score_pairs.c (many) share.
 */
#ifndef IDEM_MATCHER_SCORE_LEVELS_H
#define IDEM_MATCHER_SCORE_LEVELS_H

#include "matcher/score.h"

/* What a worker has compared lately: direct mapped, an older entry gives way. A batch of few rows takes few slots. */
enum { CACHE_SLOTS = 1 << 15, FEW_SLOTS = 1 << 10, FEW_ROWS = 128 };

struct cached_level {
    uint32_t a, b; /* a <= b */
    uint8_t comparison, level;
};

struct level_cache {
    struct cached_level *slot; /* [slots] */
    uint32_t slots;
    char apart[96]; /* from what the next worker counts */
};

/* Where the level of two values is looked for; a <= b. */
struct cached_level *levels_slot(const struct scorer *s, unsigned worker, unsigned comparison, uint32_t a, uint32_t b);
/* Compares two values, a <= b, and keeps the level in the slot. */
unsigned levels_compare(const struct scorer *s, unsigned comparison, uint32_t a, uint32_t b, struct cached_level *slot);

static inline const uint32_t *scorer_row(const struct scorer *s, uint32_t row)
{
    return s->row + (size_t)row * s->stride;
}

/* Level of one comparison, names in their own places only. */
void levels_of_field(const struct scorer *s, unsigned worker, unsigned comparison, uint32_t a, uint32_t b,
                     struct pair_levels *out);
/* What is seen only where fields are looked at together: given and family names, after these two comparisons;
 * mailboxes, after that and theirs. */
void levels_across_names(const struct scorer *s, unsigned worker, uint32_t a, uint32_t b, struct pair_levels *out);
void levels_of_mailbox(const struct scorer *s, uint32_t a, uint32_t b, struct pair_levels *out);

/* The better agreement of two values is worth what the more frequent one is. */
int32_t scorer_tf_of(const struct scorer *s, unsigned comparison, uint32_t x, uint32_t y);

/* Of one comparison, for a scorer under construction or one whose model has changed; and the most that frequency can
 * add to any value, at least 0. */
void scorer_tf_init(struct scorer *s, unsigned comparison);
/* Counts some values, the first of them `id`, given their hashes; and makes weights of what is counted. */
void scorer_tf_count(const struct scorer *s, unsigned comparison, uint32_t id, const uint64_t *hash, uint32_t n);
void scorer_tf_settle(const struct scorer *s, unsigned comparison);
int32_t scorer_tf_most(const struct scorer *s, unsigned comparison);

/* Works out frequency parts together that scorer_tf is asked for in a moment. */
struct tf_wanted {
    uint64_t hash; /* of prepare's own */
    uint32_t id;
    unsigned comparison; /* one with frequencies */
};
void scorer_tf_prepare(const struct scorer *s, struct tf_wanted *wanted, size_t n);

/* Weight of a level with its frequency part. */
int32_t levels_weight(const struct scorer *s, unsigned comparison, const struct pair_levels *levels);
/* As scorer_weigh, of a pair that can be a match. */
int32_t levels_total(const struct scorer *s, int32_t prior, const struct pair_levels *levels);

#endif

/*
 * Patterns: how often each combination of levels stands among the candidate pairs. Training works on these counts (a
 * few hundred to some ten thousand), never on pairs.
 */
#ifndef IDEM_MATCHER_PATTERN_H
#define IDEM_MATCHER_PATTERN_H

#include "matcher/block.h"
#include "matcher/score.h"

struct pattern {
    uint64_t levels;  /* four bits a comparison, the first lowest */
    uint64_t rules;   /* rules that make the pair a candidate, a bit each */
    uint32_t sources; /* source class of both records: low << 8 | high, low <= high */
    uint64_t n;
};

struct patterns {
    struct pattern *at; /* sorted: the same for any number of threads */
    size_t n;
    uint64_t pairs;
};

static inline unsigned pattern_level(uint64_t levels, unsigned comparison)
{
    return (unsigned)(levels >> 4 * comparison & 15);
}

/* Counts the patterns of the candidate pairs of one block in `one_in`. `keys` with prints. */
void patterns_count(struct patterns *p, const struct scorer *s, const struct key_set *keys, unsigned threads,
                    unsigned one_in);
void patterns_deinit(struct patterns *p);

#endif

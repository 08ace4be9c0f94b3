/*
 * Candidate pairs: rows that share a key of some rule, each pair once. A pair belongs to the first rule that makes it a
 * candidate and to the smallest key shared under it, so no set of pairs is kept.
 */
#ifndef IDEM_MATCHER_BLOCK_H
#define IDEM_MATCHER_BLOCK_H

#include "matcher/keys.h"
#include "matcher/model.h"

enum {
    MOST_BLOCK = 20000, /* rows of one block that are compared in full; a larger one is listed as a loss */
    LARGE_BLOCK = 1000  /* from so many on a sample takes of its pairs, and takes or leaves smaller ones whole */
};

struct edge {
    uint32_t a, b; /* a < b */
    int32_t weight;
    uint32_t rule;
};

struct edge_list {
    struct edge *edge;
    size_t n, room;
};
void edge_list_add(struct edge_list *l, struct edge e);
void edge_list_deinit(struct edge_list *l);

struct block_losses {
    uint64_t blocks, records, pairs; /* blocks past MOST_BLOCK */
    uint64_t unrefined;              /* records of oversized blocks without the refining value */
    uint64_t unkeyed;                /* records that no rule gives a key */
};

/* Called for some candidate pairs (a < b) at a time, from several threads; what it adds to `out`, for one pair after
 * the other, is merged in the order of the pairs, which is the same at any number of threads. */
typedef void pairs_fn(void *context, unsigned worker, const struct row_pair *pair, size_t n, uint32_t rule,
                      struct edge_list *out);

struct block_walk {
    const struct model *model;
    const struct batch *batch;
    const struct key_set *keys;
    unsigned threads;
    unsigned one_in;       /* visit one of so many blocks only (training); 0 or 1: all */
    uint64_t *met;         /* takes how often rules met a pair, each time counted; NULL: not wanted */
    struct key_set *spent; /* NULL, or `keys`: the walk gives them back as soon as it can */
    pairs_fn *visit;
    void *context;
};

/* Visits every candidate pair; edges that the visitor adds come in *edges. Returns the number of pairs visited. */
uint64_t block_walk(const struct block_walk *walk, struct edge_list *edges, struct block_losses *losses);

/* Pairs that a set of keys would give, and the largest block. */
uint64_t block_price(const struct rule_keys *keys, uint32_t n_rows, uint32_t *largest);

#endif

/*
 * Blocking rules chosen by the program within a budget of candidate pairs: raw, derived, phonetic and token keys, each
 * rule priced before use, frozen in the model with the sub-keys of oversized blocks.
 */
#ifndef IDEM_MATCHER_CHOOSE_H
#define IDEM_MATCHER_CHOOSE_H

#include "matcher/keys.h"
#include "matcher/model.h"

/* Pairs that a batch of n records may ask for by default. */
uint64_t choose_default_budget(uint64_t n_rows);

/* Fills m->rule from the batch (m->comparison must be there). `threads` for pricing. Returns the tables of keys made on
 * the way, for the caller to use and free; NULL when all pairs are compared. */
struct key_tables *choose_rules(struct model *m, const struct batch *b, uint64_t budget, unsigned threads,
                                struct arena *out);

/* Freezes the sub-keys of a rule's oversized blocks, given rules or chosen ones alike. */
void choose_refine(struct model *m, struct rule *r, const struct batch *b, uint64_t budget, struct arena *out);

#endif

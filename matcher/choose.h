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

/* Fills m->rule from the batch (m->comparison must be there), and *keys with the batch's keys under these rules, for
 * the caller to release. `threads` for pricing. False: all pairs are compared, and no keys were made. */
bool choose_rules(struct model *m, const struct batch *b, uint64_t budget, unsigned threads, struct arena *out,
                  struct key_set *keys);

#endif

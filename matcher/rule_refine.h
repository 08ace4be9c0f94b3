/*
 * Sub-keys of oversized blocks: blocks past a size that keeps the whole within a budget are split by further keys,
 * frozen in the model.
 */
#ifndef IDEM_MATCHER_RULE_REFINE_H
#define IDEM_MATCHER_RULE_REFINE_H

#include "matcher/keys.h"
#include "matcher/model.h"

/* Sets the refining keys, the oversized keys (on the heap: rule_keep_refined) and the price of the rule. `tables` may
 * be NULL. A rule that no sub-key makes as cheap as `dearest` is not refined: its price is that of the other blocks.
 * Else `keys` takes the keys of the rule as it is then, for the caller to release; NULL: they are not wanted. */
void rule_refine(const struct model *m, struct rule *r, const struct batch *b, uint64_t budget, uint64_t dearest,
                 const struct key_tables *tables, struct rule_keys *keys);
/* What rule_refine has made goes where the model lives; `out` NULL: is given back. */
void rule_keep_refined(struct rule *r, struct arena *out);
/* Both, for a rule given by the user. */
void rule_refine_given(const struct model *m, struct rule *r, const struct batch *b, uint64_t budget,
                       struct arena *out);

#endif

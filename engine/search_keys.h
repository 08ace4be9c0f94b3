/*
 * Keys that only search uses: weaker ones than the model's blocking rules, so that a name alone, or a name with a
 * misspelling, finds somebody. Which they are follows from model and schema; they are kept in the candidate index under
 * numbers of their own, behind those of the blocking rules, and never make a pair a candidate for a match.
 */
#ifndef IDEM_ENGINE_SEARCH_KEYS_H
#define IDEM_ENGINE_SEARCH_KEYS_H

#include "matcher/model.h"
#include "record/batch.h"
#include "store/store.h"

enum { SEARCH_RULE_FIRST = 1 << 14, MOST_SEARCH_RULES = 24 };

struct search_rule {
    struct rule rule; /* one key, never refined */
    unsigned number;  /* in the candidate index; the same for the same field and derivation whatever the model */
};

/* The rules for a model; 0 when it compares all pairs. */
unsigned search_rules(const struct model *m, const struct schema *schema, struct search_rule rule[MOST_SEARCH_RULES]);

/* Inside a write transaction: the entries of all rows of the batch take the place of what is stored. */
enum idem_status search_keys_put(struct store *store, const struct model *m, const struct batch *b, const int64_t *rid,
                                 unsigned threads, struct idem_error *err);

#endif

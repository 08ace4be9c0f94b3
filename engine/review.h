/*
 * What waits for a person, most urgent first: doubtful pairs of two masters (engine/review_list.h), decisions whose
 * records have changed since (stale), and rules or links that decisions overrule (contradicted).
 */
#ifndef IDEM_ENGINE_REVIEW_H
#define IDEM_ENGINE_REVIEW_H

#include "engine/session.h"
#include "store/steward.h"

enum review_kind { REVIEW_PAIR, REVIEW_STALE, REVIEW_CONTRADICTED };
/* "pair", "stale", "contradicted" */
const char *review_kind_name(enum review_kind kind);

struct review_item {
    enum review_kind kind;
    int64_t rid_a, rid_b;
    struct store_master a, b; /* survivors */
    bool has_weight;
    int32_t weight;                        /* as it was when the pair was found */
    uint32_t effect;                       /* records whose master would change */
    double priority;                       /* effect times uncertainty */
    const struct store_decision *decision; /* stale: it; else NULL */
};

struct review {
    struct review_item *item; /* [n] */
    size_t n;
    struct arena arena;
};

/* Inside a snapshot. Needs the key. review_deinit releases. */
enum idem_status review_collect(struct idem_session *s, struct store *store, struct review *r, struct idem_error *err);
void review_deinit(struct review *r);

#endif

/*
 * What people decide, and what is put before them: decisions, pairs in review, pinned values, ids of other systems.
 *
 * Decisions are anchored at records (rid), so that they hold whatever masters those records are in. Text that a person
 * wrote or a value that a person chose may be personal: notes and pins are sealed.
 */
#ifndef IDEM_STORE_STEWARD_H
#define IDEM_STORE_STEWARD_H

#include "store/store.h"

enum store_verdict { STORE_SAME, STORE_DIFFERENT, STORE_UNSURE };

struct store_decision {
    int64_t id;
    enum store_verdict verdict;
    int64_t rid_a, rid_b;
    int64_t seq, at_ms;
    int64_t batch;         /* decisions of one command (merge, split) share it; 0: alone */
    struct str by, via;    /* person; command: "decide", "merge", "split", "import" */
    struct str note;       /* sealed when kept; empty without the key */
    int64_t withdrawn_seq; /* 0: it stands */
    int64_t withdrawn_ms;
};

/* The id is assigned. rid_a and rid_b are put in ascending order. */
enum idem_status steward_decide(struct store *s, struct store_decision *decision, struct idem_error *err);
/* IDEM_NOT_FOUND when there is no such decision, or it is withdrawn already. */
enum idem_status steward_withdraw(struct store *s, int64_t id, int64_t seq, int64_t at_ms, struct idem_error *err);
typedef enum idem_status steward_decision_fn(void *context, const struct store_decision *decision,
                                             struct idem_error *err);
/* Those of one record (rid 0: all), withdrawn ones too when asked for, ascending by id. */
enum idem_status steward_each_decision(struct store *s, int64_t rid, bool withdrawn, steward_decision_fn *each,
                                       void *context, struct idem_error *err);

/* Were a record's values replaced after this change? */
enum idem_status steward_changed_since(struct store *s, int64_t rid, int64_t seq, bool *changed,
                                       struct idem_error *err);

struct store_review {
    int64_t rid_a, rid_b; /* put in ascending order */
    int32_t weight;       /* 1/4096 bit */
    uint32_t effect;      /* records whose master would change */
    int64_t run;
};
/* The list of this run takes the place of the last one's. */
enum idem_status steward_put_reviews(struct store *s, const struct store_review *review, size_t n,
                                     struct idem_error *err);
typedef enum idem_status steward_review_fn(void *context, const struct store_review *review, struct idem_error *err);
/* Takes the pairs off the list that name one of rid[n_rids], and puts these on it; *left: pairs on it then. */
enum idem_status steward_change_reviews(struct store *s, const int64_t *rid, size_t n_rids,
                                        const struct store_review *review, size_t n, uint64_t *left,
                                        struct idem_error *err);
/* Those that name a record. */
enum idem_status steward_reviews_of(struct store *s, int64_t rid, steward_review_fn *each, void *context,
                                    struct idem_error *err);
/* Greatest effect first, then greatest weight, then rids. */
enum idem_status steward_each_review(struct store *s, steward_review_fn *each, void *context, struct idem_error *err);

struct store_pin {
    int64_t id, mid;
    int64_t rid;      /* the value is that of this record ("from KEY"); 0: `value` */
    unsigned field;   /* index into the stored fields */
    struct str value; /* sealed when kept; empty without the key */
    int64_t seq, at_ms;
    struct str by;
};
/* Takes the place of an earlier pin of the same field. */
enum idem_status steward_pin(struct store *s, struct store_pin *pin, struct idem_error *err);
/* IDEM_NOT_FOUND when the field is not pinned. */
enum idem_status steward_unpin(struct store *s, int64_t mid, unsigned field, int64_t seq, struct idem_error *err);
/* Standing pins of a master (mid 0: all), ascending by (mid, field). */
typedef enum idem_status steward_pin_fn(void *context, const struct store_pin *pin, struct idem_error *err);
enum idem_status steward_each_pin(struct store *s, int64_t mid, steward_pin_fn *each, void *context,
                                  struct idem_error *err);

/* Ids that another system gave to the same identities: resolvable for ever. `scheme` names the system. An alias belongs
 * to one master: IDEM_CONFLICT when it is another's. Not personal by nature: kept in the clear. */
enum idem_status steward_put_alias(struct store *s, struct str scheme, struct str alias, int64_t mid, int64_t rid,
                                   int64_t seq, struct idem_error *err);
/* All, ascending by (scheme, alias). */
struct store_alias {
    struct str scheme, alias;
    int64_t mid, rid;
};
typedef enum idem_status steward_alias_fn(void *context, const struct store_alias *alias, struct idem_error *err);
enum idem_status steward_each_alias(struct store *s, steward_alias_fn *each, void *context, struct idem_error *err);
/* IDEM_NOT_FOUND. */
enum idem_status steward_find_alias(struct store *s, struct str scheme, struct str alias, int64_t *mid,
                                    struct idem_error *err);

#endif

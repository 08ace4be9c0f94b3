/*
 * Standing decisions as one system: what follows from them, whether one more fits, and what the matcher is told.
 *
 * Decisions name records (rid), gone ones too. Records that a chain of `same` joins are one class, whether the records
 * between them are there or not; a `different` holds between the classes of its two records. The system is kept
 * satisfiable: no `different` stands inside a class. `unsure` binds nothing: the pair was looked at.
 */
#ifndef IDEM_ENGINE_DECISIONS_H
#define IDEM_ENGINE_DECISIONS_H

#include "engine/matching.h"
#include "store/steward.h"

struct decisions {
    struct store_decision *item; /* [n] ascending by id; texts are in the arena */
    size_t n;
};

/* All that stand. */
enum idem_status decisions_load(struct store *store, struct arena *out, struct decisions *d, struct idem_error *err);

/*
 * Is the system without contradiction? If not, *different is a decision whose two records `same`s join, and *chain (in
 * `out`) the shortest such chain, from rid_a to rid_b: its length is the result; 0: all is well. The newest such
 * decision, that a person just made, comes first.
 */
size_t decisions_conflict(const struct decisions *d, struct arena *out, const struct store_decision **different,
                          const struct store_decision ***chain);

/* Records that a chain of `same` joins to one of rid[n], those among them; ascending, in `out`. */
size_t decisions_class(const struct decisions *d, const int64_t *rid, size_t n, struct arena *out, int64_t **all);

/*
 * The pairs of rows that follow: every two rows of a class are the same, and one pair of rows of two classes that are
 * different. rid[n_rows] is the record of each row, 0: none that decisions know. *pair in `out`, ordered by rows.
 */
size_t decisions_pairs(const struct decisions *d, const int64_t *rid, uint32_t n_rows, struct arena *out,
                       struct forced_pair **pair);

#endif

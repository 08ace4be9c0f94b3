/*
 * Inside identity/: the order of candidates for survival, shared by fields and groups.
 *
 * A candidate is one value of one member, or one member as a whole (groups). `quality` and `measure` are filled by who
 * makes it; the rest of the order (priority, updated_at, record key, position) is the same everywhere, and total.
 */
#ifndef IDEM_IDENTITY_SURVIVE_RANK_H
#define IDEM_IDENTITY_SURVIVE_RANK_H

#include "identity/survive.h"

struct candidate {
    const struct survive_member *of;
    const struct survive_value *value; /* NULL for a group */
    uint32_t member, position;
    int32_t quality; /* greater is better */
    int64_t measure; /* by the rule; greater is better */
    uint64_t hash;   /* of what makes two candidates the same */
};

/* True when x survives before y. */
bool candidate_beats(const struct candidate *x, const struct candidate *y);
/* Best first. */
void candidates_sort(struct candidate *candidate, size_t n);

/* The measure of the rules that need the member alone: recency and first; 0 for the others. */
int64_t candidate_time_measure(enum survivor_rule rule, const struct survive_member *of);

/* measure = number of distinct members that have a candidate of the same hash. Reorders the candidates. */
void candidates_count(struct candidate *candidate, size_t n);

/* Of equal hashes only the best stays. Returns how many are left, best first. */
size_t candidates_distinct(struct candidate *candidate, size_t n);

struct str value_canon(const struct survive_value *value);
uint64_t value_hash(const struct survive_value *value);
/* Real 2, invalid 1, generic 0. */
int32_t value_quality(const struct survive_value *value);
/* Of a member's values the first of the best quality. */
uint32_t cell_best(const struct survive_cell *cell);
size_t value_points(const struct survive_value *value);

static inline bool cell_is_derived(const struct survive_plan *plan, unsigned field, const struct survive_cell *cell)
{
    return plan->field[field].derived || cell->derived;
}

/* Fills golden[] for the fields of one group. `forced`: the member a pin names, or SURVIVE_NO_MEMBER. */
void group_golden(const struct survive_plan *plan, unsigned group, const struct survive_member *member,
                  uint32_t n_members, uint32_t forced, struct arena *scratch, struct golden_field *golden);

#endif

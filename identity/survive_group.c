#include "identity/survive_rank.h"

#include "base/hash.h"

/* Bits of struct survive_plan.core. */
enum { CORE_GIVEN = 1, CORE_FAMILY = 2, CORE_WHOLE = 4, CORE_STREET = 8, CORE_PLACE = 16 };

struct group_part {
    uint8_t type, group, core;
};

/* In each group the leading field, whose rule is the group's, comes first. */
static const struct group_part parts[] = {
    {FIELD_FAMILY_NAME, SURVIVE_NAME, CORE_FAMILY},
    {FIELD_FULL_NAME, SURVIVE_NAME, CORE_WHOLE},
    {FIELD_GIVEN_NAME, SURVIVE_NAME, CORE_GIVEN},
    {FIELD_MIDDLE_NAME, SURVIVE_NAME, 0},
    {FIELD_NAME_SUFFIX, SURVIVE_NAME, 0},
    {FIELD_ADDRESS, SURVIVE_ADDRESS, CORE_STREET},
    {FIELD_POSTCODE, SURVIVE_ADDRESS, CORE_PLACE},
    {FIELD_CITY, SURVIVE_ADDRESS, CORE_PLACE},
    {FIELD_HOUSE_NUMBER, SURVIVE_ADDRESS, 0},
    {FIELD_REGION, SURVIVE_ADDRESS, 0},
    {FIELD_COUNTRY, SURVIVE_ADDRESS, 0},
};

const char *survive_group(enum field_type type)
{
    static const char *const name[SURVIVE_GROUPS] = {NULL, "name", "address"};
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (parts[i].type == type)
            return name[parts[i].group];
    return NULL;
}

void survive_plan_init(struct survive_plan *plan, const struct survive_field *field, unsigned n_fields)
{
    bool led[SURVIVE_GROUPS] = {false};
    *plan = (struct survive_plan){.n_fields = n_fields};
    for (unsigned f = 0; f < n_fields; f++)
        plan->field[f] = field[f];
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        for (unsigned f = 0; f < n_fields; f++) {
            if (field[f].type != parts[i].type || field[f].rule == SURVIVE_AGGREGATE)
                continue;
            plan->group[f] = parts[i].group;
            plan->core[f] = parts[i].core;
            if (!led[parts[i].group])
                plan->group_rule[parts[i].group] = field[f].rule;
            led[parts[i].group] = true;
        }
}

/* What one member has of a group. */
struct holding {
    unsigned filled; /* fields with a value */
    unsigned real;   /* of these, real */
    unsigned generic;
    unsigned core;  /* bits of core parts with a real, whole value */
    unsigned named; /* bits of core parts with any value */
    bool derived;   /* a core part is */
    size_t points;
    uint64_t hash; /* of the core parts */
};

static void S_hold(const struct survive_plan *plan, unsigned group, const struct survive_member *of, bool in_depth,
                   struct holding *h)
{
    *h = (struct holding){0};
    for (unsigned f = 0; f < plan->n_fields; f++) {
        const struct survive_cell *cell = &of->cell[f];
        if (plan->group[f] != group || !cell->n)
            continue;
        const struct survive_value *value = &cell->value[cell_best(cell)];
        bool real = value_quality(value) == 2;
        h->filled++;
        h->real += real;
        h->generic += value_quality(value) == 0;
        h->named |= plan->core[f];
        if (real && !(value->flags & NORM_PARTIAL))
            h->core |= plan->core[f];
        h->derived |= plan->core[f] && cell_is_derived(plan, f, cell);
        if (!in_depth)
            continue;
        h->points += real ? value_points(value) : 0;
        if (plan->core[f])
            h->hash = hash_combine(h->hash, hash_u64(f) ^ value_hash(value));
    }
}

/* Core parts first, then fewest bad ones, then mapped before derived. Members with nothing real come last, those with
 * placeholders at the very end. */
static int32_t S_quality(const struct holding *h)
{
    bool whole_counts = !(h->named & (CORE_GIVEN | CORE_FAMILY));
    unsigned core = h->core & ~(whole_counts ? 0U : (unsigned)CORE_WHOLE);
    int32_t bad = (int32_t)(h->filled - h->real);
    return h->real ? (__builtin_popcount(core) + 1) * 1000 - bad * 2 + !h->derived : -(int32_t)h->generic;
}

static int64_t S_measure(enum survivor_rule rule, const struct survive_member *of, const struct holding *h)
{
    if (rule == SURVIVE_COMPLETE)
        return (int64_t)h->real << 32 | (int64_t)h->points;
    return candidate_time_measure(rule, of);
}

static uint32_t S_choose(const struct survive_plan *plan, unsigned group, const struct survive_member *member,
                         uint32_t n_members, struct arena *scratch)
{
    enum survivor_rule rule = plan->group_rule[group];
    bool in_depth = rule == SURVIVE_FREQUENCY || rule == SURVIVE_COMPLETE;
    struct candidate few[16], *candidate = few, *best = NULL;
    size_t n = 0;
    if (n_members > COUNT_OF(few))
        candidate = ARENA_NEW(scratch, struct candidate, n_members);
    for (uint32_t m = 0; m < n_members; m++) {
        struct holding h;
        S_hold(plan, group, &member[m], in_depth, &h);
        if (h.filled)
            candidate[n++] = (struct candidate){.of = &member[m],
                                                .member = m,
                                                .quality = S_quality(&h),
                                                .measure = S_measure(rule, &member[m], &h),
                                                .hash = h.hash};
    }
    if (rule == SURVIVE_FREQUENCY)
        candidates_count(candidate, n);
    for (size_t i = 0; i < n; i++)
        if (!best || candidate_beats(&candidate[i], best))
            best = &candidate[i];
    return best ? best->member : SURVIVE_NO_MEMBER;
}

/* Has this member a mapped value of the type, in whichever field? */
static bool S_has_mapped(const struct survive_plan *plan, const struct survive_member *of, enum field_type type)
{
    for (unsigned f = 0; f < plan->n_fields; f++)
        if (plan->field[f].type == type && of->cell[f].n && !cell_is_derived(plan, f, &of->cell[f]))
            return true;
    return false;
}

void group_golden(const struct survive_plan *plan, unsigned group, const struct survive_member *member,
                  uint32_t n_members, uint32_t forced, struct arena *scratch, struct golden_field *golden)
{
    uint32_t chosen = forced;
    if (forced == SURVIVE_NO_MEMBER)
        chosen = n_members == 1 ? 0 : S_choose(plan, group, member, n_members, scratch);
    enum survivor_rule rule = forced == SURVIVE_NO_MEMBER ? plan->group_rule[group] : SURVIVE_PIN;
    for (unsigned f = 0; f < plan->n_fields; f++) {
        if (plan->group[f] != group || chosen == SURVIVE_NO_MEMBER || !member[chosen].cell[f].n)
            continue;
        const struct survive_cell *cell = &member[chosen].cell[f];
        if (cell_is_derived(plan, f, cell) && S_has_mapped(plan, &member[chosen], plan->field[f].type))
            continue;
        golden[f] = (struct golden_field){&cell->value[cell_best(cell)], 1, chosen, (uint8_t)rule};
    }
}

#include "identity/survive.h"

#include "identity/survive_rank.h"

static const char *const rule_name[] = {
    [SURVIVE_PRIORITY] = "source_priority",
    [SURVIVE_RECENCY] = "recency",
    [SURVIVE_COMPLETE] = "most_complete",
    [SURVIVE_FREQUENCY] = "frequency",
    [SURVIVE_FIRST] = "first",
    [SURVIVE_AGGREGATE] = "aggregate",
    [SURVIVE_PIN] = "pin",
};

const char *survivor_rule_name(enum survivor_rule rule)
{
    return (size_t)rule < COUNT_OF(rule_name) ? rule_name[rule] : "unknown";
}

/* ---------------------------------------------------------------- one field that stands alone */

/* Has any member a mapped value of the field's type? */
static bool S_type_is_mapped(const struct survive_plan *plan, unsigned field, const struct survive_member *member,
                             uint32_t n_members)
{
    for (unsigned f = 0; f < plan->n_fields; f++) {
        if (plan->field[f].type != plan->field[field].type)
            continue;
        for (uint32_t m = 0; m < n_members; m++)
            if (member[m].cell[f].n && !cell_is_derived(plan, f, &member[m].cell[f]))
                return true;
    }
    return false;
}

struct field_facts {
    size_t values;
    bool derived; /* some are, and they do not take part */
    int32_t best; /* quality of the best that take part */
};

static bool S_takes_part(const struct survive_plan *plan, unsigned f, const struct field_facts *facts,
                         const struct survive_cell *cell)
{
    return cell->n && !(facts->derived && cell_is_derived(plan, f, cell));
}

static struct field_facts S_look(const struct survive_plan *plan, unsigned f, const struct survive_member *member,
                                 uint32_t n_members)
{
    struct field_facts facts = {0, false, -1};
    bool derived = false;
    for (uint32_t m = 0; m < n_members; m++)
        derived |= member[m].cell[f].n && cell_is_derived(plan, f, &member[m].cell[f]);
    facts.derived = derived && S_type_is_mapped(plan, f, member, n_members);
    for (uint32_t m = 0; m < n_members; m++) {
        const struct survive_cell *cell = &member[m].cell[f];
        if (!S_takes_part(plan, f, &facts, cell))
            continue;
        int32_t quality = value_quality(&cell->value[cell_best(cell)]);
        facts.best = quality > facts.best ? quality : facts.best;
        facts.values += cell->n;
    }
    return facts;
}

static int64_t S_measure(enum survivor_rule rule, const struct survive_member *of, const struct survive_value *value)
{
    if (rule != SURVIVE_COMPLETE)
        return candidate_time_measure(rule, of);
    int64_t whole = !(value->flags & NORM_PARTIAL);
    return whole << 32 | (int64_t)value_points(value);
}

/* The values of the best quality. */
static size_t S_gather(const struct survive_plan *plan, unsigned f, const struct survive_member *member,
                       uint32_t n_members, const struct field_facts *facts, struct candidate *candidate)
{
    enum survivor_rule rule = plan->field[f].rule;
    bool hashed = rule == SURVIVE_FREQUENCY || rule == SURVIVE_AGGREGATE;
    size_t n = 0;
    for (uint32_t m = 0; m < n_members; m++) {
        const struct survive_cell *cell = &member[m].cell[f];
        for (uint32_t k = 0; S_takes_part(plan, f, facts, cell) && k < cell->n; k++) {
            const struct survive_value *value = &cell->value[k];
            if (value_quality(value) == facts->best)
                candidate[n++] = (struct candidate){.of = &member[m],
                                                    .value = value,
                                                    .member = m,
                                                    .position = k,
                                                    .measure = S_measure(rule, &member[m], value),
                                                    .hash = hashed ? value_hash(value) : 0};
        }
    }
    return n;
}

static void S_aggregate(struct candidate *candidate, size_t n, struct arena *out, struct golden_field *golden)
{
    n = candidates_distinct(candidate, n);
    if (n == 1) {
        *golden = (struct golden_field){candidate[0].value, 1, candidate[0].member, SURVIVE_AGGREGATE};
        return;
    }
    struct survive_value *value = ARENA_NEW(out, struct survive_value, n);
    for (size_t i = 0; i < n; i++)
        value[i] = *candidate[i].value;
    *golden = (struct golden_field){value, (uint32_t)n, candidate[0].member, SURVIVE_AGGREGATE};
}

static void S_field(const struct survive_plan *plan, unsigned f, const struct survive_member *member,
                    uint32_t n_members, struct arena *out, struct golden_field *golden)
{
    enum survivor_rule rule = plan->field[f].rule;
    struct candidate few[16], *candidate = few, *best;
    struct field_facts facts = S_look(plan, f, member, n_members);
    if (!facts.values)
        return;
    if (facts.values > COUNT_OF(few))
        candidate = ARENA_NEW(out, struct candidate, facts.values);
    size_t n = S_gather(plan, f, member, n_members, &facts, candidate);
    if (rule == SURVIVE_AGGREGATE) {
        S_aggregate(candidate, n, out, golden);
        return;
    }
    if (rule == SURVIVE_FREQUENCY)
        candidates_count(candidate, n);
    best = &candidate[0];
    for (size_t i = 1; i < n; i++)
        if (candidate_beats(&candidate[i], best))
            best = &candidate[i];
    *golden = (struct golden_field){best->value, 1, best->member, (uint8_t)rule};
}

/* ---------------------------------------------------------------- pins */

/* Is it in force: the last of its field, and by value or of a member that has one? */
static bool S_is_in_force(const struct survive_pin *pin, const struct survive_pin *end,
                          const struct survive_member *member, uint32_t n_members)
{
    for (const struct survive_pin *later = pin + 1; later < end; later++)
        if (later->field == pin->field)
            return false;
    return pin->member == SURVIVE_NO_MEMBER || (pin->member < n_members && member[pin->member].cell[pin->field].n);
}

static void S_pin_field(const struct survive_plan *plan, const struct survive_pin *pin,
                        const struct survive_member *member, struct golden_field *golden)
{
    if (pin->member == SURVIVE_NO_MEMBER) {
        golden[pin->field] = (struct golden_field){&pin->value, 1, SURVIVE_NO_MEMBER, SURVIVE_PIN};
    } else if (plan->group[pin->field] == SURVIVE_ALONE) {
        const struct survive_cell *cell = &member[pin->member].cell[pin->field];
        bool all = plan->field[pin->field].rule == SURVIVE_AGGREGATE;
        golden[pin->field] =
            (struct golden_field){&cell->value[all ? 0 : cell_best(cell)], all ? cell->n : 1, pin->member, SURVIVE_PIN};
    }
}

/* ---------------------------------------------------------------- */

void survive_golden(const struct survive_plan *plan, const struct survive_member *member, uint32_t n_members,
                    const struct survive_pin *pin, unsigned n_pins, struct arena *out, struct golden_field *golden)
{
    uint32_t forced[SURVIVE_GROUPS];
    for (unsigned g = 0; g < SURVIVE_GROUPS; g++)
        forced[g] = SURVIVE_NO_MEMBER;
    for (unsigned p = 0; p < n_pins; p++)
        if (pin[p].member != SURVIVE_NO_MEMBER && S_is_in_force(&pin[p], pin + n_pins, member, n_members))
            forced[plan->group[pin[p].field]] = pin[p].member;
    for (unsigned f = 0; f < plan->n_fields; f++) {
        golden[f] = (struct golden_field){NULL, 0, SURVIVE_NO_MEMBER, (uint8_t)plan->field[f].rule};
        if (plan->group[f] == SURVIVE_ALONE)
            S_field(plan, f, member, n_members, out, &golden[f]);
        else
            golden[f].rule = (uint8_t)plan->group_rule[plan->group[f]];
    }
    for (unsigned g = SURVIVE_NAME; g < SURVIVE_GROUPS; g++)
        group_golden(plan, g, member, n_members, forced[g], out, golden);
    for (unsigned p = 0; p < n_pins; p++)
        if (S_is_in_force(&pin[p], pin + n_pins, member, n_members))
            S_pin_field(plan, &pin[p], member, golden);
}

static bool S_same_values(const struct golden_field *x, const struct golden_field *y)
{
    if (x->n != y->n)
        return false;
    for (uint32_t k = 0; k < x->n; k++)
        if (!str_eq(x->value[k].raw, y->value[k].raw))
            return false;
    return true;
}

uint64_t golden_changes(const struct golden_field *before, const struct golden_field *after, unsigned n_fields)
{
    uint64_t changed = 0;
    for (unsigned f = 0; f < n_fields; f++)
        if (!S_same_values(&before[f], &after[f]))
            changed |= UINT64_C(1) << f;
    return changed;
}

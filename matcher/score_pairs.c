/*
 * Many pairs at once. A pair costs little to weigh and much to fetch: ids of two records, two dictionary entries and
 * two texts for each comparison, all somewhere else in memory. So pairs go through in chunks, one comparison after the
 * other, and what a stage needs is asked for some pairs ahead. A pair leaves as soon as the best that its open
 * comparisons can still reach keeps it below the floor (the bound is admissible: the answer is that of weighing all).
 */
#include "matcher/apart.h"
#include "matcher/compare_kinds.h"
#include "matcher/score_levels.h"

enum { CHUNK = 128, AHEAD = 12 };

struct open_pair {
    uint32_t open;                    /* comparisons whose level is not known, a bit each */
    uint32_t equal;                   /* whose ids are equal and plain */
    uint32_t plain;                   /* whose ids are those of one value each, without flags, and not equal */
    uint32_t final;                   /* whose level can change no more by looking at other fields */
    uint32_t gains, loses;            /* which are known to speak for a match; to differ, and to speak against it */
    int32_t bound;                    /* the most that the total can be */
    int32_t names;                    /* in the bound: what names in each other's places may still give */
    int32_t weight[MOST_COMPARISONS]; /* in the bound, of those that are not open */
};

/* Values to be compared, once they are fetched. */
struct value_pair {
    uint32_t a, b; /* a <= b */
    unsigned at;   /* of the pair in the chunk */
    struct cached_level *slot;
};

struct chunk {
    const struct scorer *s;
    unsigned worker;
    const struct row_pair *pair;
    int32_t floor; /* INT32_MIN: none, and no bound is kept */
    uint32_t set;  /* comparisons that are made, a bit each */
    uint8_t alive[CHUNK];
    unsigned n_alive;
    /* pairs for which a comparison is to be made, by comparison; some may be below the floor since */
    uint8_t list[MOST_COMPARISONS][CHUNK];
    unsigned n_list[MOST_COMPARISONS];
    struct open_pair at[CHUNK];
    struct pair_levels *levels; /* [CHUNK] */
    struct value_pair todo[CHUNK];
    struct tf_wanted wanted[CHUNK];
};

/* ------------------------------------------------------------------ at a glance */

static bool S_both_names(const struct chunk *c)
{
    const struct scorer *s = c->s;
    return s->cmp_given >= 0 && s->cmp_family >= 0 && (c->set >> s->cmp_given & c->set >> s->cmp_family & 1);
}

static int32_t S_of_set(const int32_t of[2][256], uint32_t set)
{
    return of[0][set & 255] + of[1][set >> 8 & 255];
}

static bool S_is_known(const struct open_pair *p, int comparison)
{
    return !(p->open >> comparison & 1);
}

/*
 * What an interaction brings into the bound. Bits that come off count as soon as neither level can change any more,
 * bits that come back count before.
 */
static int32_t S_interaction(const struct chunk *c, const struct open_pair *p, unsigned at)
{
    const struct interaction *x = &c->s->model->interaction[at];
    uint32_t both = c->s->interaction_set[at];
    if ((p->gains & p->final & both) == both)
        return interaction_weight(x, p->weight[x->a], false, p->weight[x->b], false);
    return (p->loses & both) == both ? interaction_weight(x, p->weight[x->a], true, p->weight[x->b], true) : 0;
}

static int32_t S_interactions_of(const struct chunk *c, const struct open_pair *p, unsigned i)
{
    const struct interactions_of *of = &c->s->interactions_of[i];
    int32_t sum = 0;
    for (unsigned k = 0; k < of->n; k++)
        sum += S_interaction(c, p, of->at[k]);
    return sum;
}

static bool S_is_name(const struct scorer *s, unsigned i)
{
    return (int)i == s->cmp_given || (int)i == s->cmp_family;
}

/* The weight for the bound. A mailbox of the name may vanish. */
static void S_weigh(const struct chunk *c, struct open_pair *p, const struct pair_levels *levels, unsigned i)
{
    enum { EMAIL_LOCAL = 1 };
    const struct scorer *s = c->s;
    bool may_vanish = (int)i == s->cmp_email && levels->level[i] == EMAIL_LOCAL;
    unsigned level = levels->level[i];
    int32_t weight = s->level_tf[i][level] ? levels_weight(s, i, levels) : s->level_weight[i][level];
    uint32_t bit = 1u << i;
    weight = may_vanish && weight < 0 ? 0 : weight;
    p->weight[i] = weight;
    p->gains = weight > 0 ? p->gains | bit : p->gains & ~bit;
    p->loses = weight < 0 && level + 1u == s->model->comparison[i].n_levels ? p->loses | bit : p->loses & ~bit;
    if (!may_vanish && !S_is_name(s, i))
        p->final |= bit;
}

/* Names that agree in their own places stay there; see levels_across_names. */
static int32_t S_names_bound(const struct chunk *c, const struct open_pair *p, const struct pair_levels *levels)
{
    const struct scorer *s = c->s;
    enum { GIVEN_AGREES = 3, FAMILY_AGREES = 2 };
    int32_t bound = 0;
    if (!S_both_names(c))
        return 0;
    if (S_is_known(p, s->cmp_given)) {
        unsigned level = levels->level[s->cmp_given];
        int32_t weight = s->level_weight[s->cmp_given][level];
        if (level <= GIVEN_AGREES)
            return 0;
        bound += s->swapped_most > weight ? s->swapped_most - weight : 0;
    }
    if (S_is_known(p, s->cmp_family)) {
        unsigned level = levels->level[s->cmp_family];
        int32_t weight = s->level_weight[s->cmp_family][level];
        if (level <= FAMILY_AGREES)
            return 0;
        bound -= weight < 0 ? weight : 0;
    }
    return bound;
}

static void S_bound_names(const struct chunk *c, struct open_pair *p, const struct pair_levels *levels)
{
    int32_t names = S_names_bound(c, p, levels);
    p->bound += names - p->names;
    p->names = names;
}

/* A given name that one of them lacks may stand in the other's family name. */
static int32_t S_missing_given(const struct chunk *c, const struct open_pair *p)
{
    uint32_t known = p->open | p->equal;
    bool may_swap = S_both_names(c) && !(known >> c->s->cmp_given & 1) && !(p->equal >> c->s->cmp_family & 1);
    return may_swap ? c->s->swapped_most : 0;
}

enum { CLASS_SHIFT = 16, ENTITY_SHIFT = 24, SOURCE_MASK = (1 << CLASS_SHIFT) - 1, CLASS_MASK = 255 };

/* As scorer_never, of what stands at the end of two rows. */
static bool S_never(const struct scorer *s, uint32_t x, uint32_t y)
{
    uint32_t p = x >> ENTITY_SHIFT, q = y >> ENTITY_SHIFT;
    if (p != q && p != ENTITY_UNKNOWN && q != ENTITY_UNKNOWN)
        return true;
    return s->unique && !((x ^ y) & SOURCE_MASK) && s->unique[x & SOURCE_MASK];
}

static int32_t S_prior(const struct scorer *s, uint32_t x, uint32_t y)
{
    return s->model->prior[x >> CLASS_SHIFT & CLASS_MASK][y >> CLASS_SHIFT & CLASS_MASK];
}

/* What can be seen without comparing: missing values, equal ids. False when the pair is below the floor. */
static bool S_glance(const struct chunk *c, const uint32_t *x, const uint32_t *y, struct open_pair *p)
{
    const struct scorer *s = c->s;
    uint32_t at_end_x = x[s->stride - 1], at_end_y = y[s->stride - 1];
    if (S_never(s, at_end_x, at_end_y))
        return false;
    struct id_masks m = s->id_masks(x, y, s->lanes);
    uint32_t present = c->set & ~m.missing;
    p->equal = present & m.equal & ~m.special & ~s->never_equal;
    p->open = present & ~p->equal;
    p->plain = p->open & ~(m.special | m.equal);
    p->final = p->gains = p->loses = 0;
    p->names = S_missing_given(c, p);
    p->bound = p->names + S_prior(s, at_end_x, at_end_y) + S_of_set(s->most_equal_set, p->equal) +
               S_of_set(s->most_open_set, p->open);
    for (uint32_t special = p->open & ~p->plain; special; special &= special - 1) {
        unsigned i = (unsigned)__builtin_ctz(special);
        p->bound += s->most[i] - s->most_unequal[i];
    }
    return p->bound >= c->floor;
}

static void S_glance_all(struct chunk *c, unsigned n)
{
    c->n_alive = 0;
    for (unsigned k = 0; k < n; k++) {
        if (k + AHEAD < n) {
            __builtin_prefetch(scorer_row(c->s, c->pair[k + AHEAD].a));
            __builtin_prefetch(scorer_row(c->s, c->pair[k + AHEAD].b));
        }
        if (S_glance(c, scorer_row(c->s, c->pair[k].a), scorer_row(c->s, c->pair[k].b), &c->at[k]))
            c->alive[c->n_alive++] = (uint8_t)k;
    }
}

/* The frequency parts of equal values, fetched for many pairs together. */
static void S_fetch_frequencies(struct chunk *c)
{
    unsigned n = 0;
    for (unsigned m = 0; m < c->n_alive; m++) {
        const uint32_t *x = scorer_row(c->s, c->pair[c->alive[m]].a);
        for (uint32_t equal = c->at[c->alive[m]].equal; equal; equal &= equal - 1) {
            unsigned i = (unsigned)__builtin_ctz(equal);
            if (!c->s->tf[i])
                continue;
            __builtin_prefetch(&c->s->tf[i][x[i]]);
            c->wanted[n++] = (struct tf_wanted){.id = x[i], .comparison = i};
        }
        if (n + MOST_COMPARISONS > COUNT_OF(c->wanted) || m + 1 == c->n_alive) {
            scorer_tf_prepare(c->s, c->wanted, n);
            n = 0;
        }
    }
}

/* Puts the pair on the list of each of these comparisons. */
static void S_list(struct chunk *c, unsigned k, uint32_t comparisons)
{
    for (; comparisons; comparisons &= comparisons - 1) {
        unsigned i = (unsigned)__builtin_ctz(comparisons);
        c->list[i][c->n_list[i]++] = (uint8_t)k;
    }
}

/* Levels of the known comparisons, and their weights in place of the bounds. */
static void S_settle_known(struct chunk *c, unsigned k)
{
    const struct scorer *s = c->s;
    struct open_pair *p = &c->at[k];
    struct pair_levels *levels = &c->levels[k];
    const uint32_t *x = scorer_row(s, c->pair[k].a);
    memset(levels->level, LEVEL_NULL, sizeof levels->level);
    memset(levels->left, 0, sizeof levels->left);
    memset(levels->right, 0, sizeof levels->right);
    memset(p->weight, 0, sizeof p->weight);
    for (uint32_t equal = p->equal; equal; equal &= equal - 1) {
        unsigned i = (unsigned)__builtin_ctz(equal);
        levels->level[i] = 0;
        levels->left[i] = levels->right[i] = x[i];
        if (c->floor == INT32_MIN)
            continue;
        S_weigh(c, p, levels, i);
        p->bound += p->weight[i] - s->most_of_level[i][0];
    }
}

static void S_settle_all(struct chunk *c)
{
    if (c->floor != INT32_MIN)
        S_fetch_frequencies(c);
    memset(c->n_list, 0, sizeof c->n_list);
    for (unsigned n = 0; n < c->n_alive; n++) {
        S_settle_known(c, c->alive[n]);
        S_list(c, c->alive[n], c->at[c->alive[n]].plain & c->s->signed_set);
    }
}

static void S_drop(struct chunk *c)
{
    unsigned kept = 0;
    for (unsigned m = 0; m < c->n_alive; m++)
        if (c->at[c->alive[m]].bound >= c->floor)
            c->alive[kept++] = c->alive[m];
    c->n_alive = kept;
}

/* The bound of what can be seen without comparing values: interactions and names too. */
static void S_bound(struct chunk *c, unsigned k)
{
    struct open_pair *p = &c->at[k];
    for (unsigned t = 0; t < c->s->model->n_interactions; t++)
        p->bound += S_interaction(c, p, t);
    S_bound_names(c, p, &c->levels[k]);
}

static void S_bound_all(struct chunk *c)
{
    for (unsigned m = 0; m < c->n_alive && c->floor != INT32_MIN; m++)
        S_bound(c, c->alive[m]);
    S_drop(c);
    memset(c->n_list, 0, sizeof c->n_list);
    for (unsigned m = 0; m < c->n_alive; m++)
        S_list(c, c->alive[m], c->at[c->alive[m]].open);
}

/* ------------------------------------------------------------------ one comparison after the other */

static void S_settle(struct chunk *c, unsigned k, unsigned i, int32_t granted)
{
    struct open_pair *p = &c->at[k];
    const struct pair_levels *levels = &c->levels[k];
    p->open &= ~(1u << i);
    if (c->floor == INT32_MIN)
        return;
    S_weigh(c, p, levels, i);
    p->bound += p->weight[i] - granted + S_interactions_of(c, p, i);
    if (S_is_name(c->s, i))
        S_bound_names(c, p, levels);
}

static void S_put_level(struct chunk *c, const struct value_pair *v, unsigned i, unsigned level)
{
    struct pair_levels *levels = &c->levels[v->at];
    bool any = level != LEVEL_NULL;
    levels->level[i] = (uint8_t)level;
    levels->left[i] = any ? v->a : 0;
    levels->right[i] = any ? v->b : 0;
}

static void S_found(struct chunk *c, const struct value_pair *v, unsigned i, unsigned level)
{
    S_put_level(c, v, i, level);
    S_settle(c, v->at, i, c->s->most_unequal[i]);
}

/* The same before S_bound_all. */
static void S_seen(struct chunk *c, const struct value_pair *v, unsigned i, unsigned level)
{
    struct open_pair *p = &c->at[v->at];
    S_put_level(c, v, i, level);
    p->open &= ~(1u << i);
    if (c->floor == INT32_MIN)
        return;
    S_weigh(c, p, &c->levels[v->at], i);
    p->bound += p->weight[i] - c->s->most_unequal[i];
}

/* Pairs of values whose signatures say how far they are apart. */
static void S_settle_apart(struct chunk *c, unsigned i)
{
    const struct scorer *s = c->s;
    const struct signature *signature = s->signature[i];
    apart_fn *apart = apart_for(s->model->comparison[i].kind);
    unsigned last = s->model->comparison[i].n_levels - 1, n = c->n_list[i];
    for (unsigned m = 0; m < n; m++) {
        unsigned k = c->list[i][m];
        uint32_t x = scorer_row(s, c->pair[k].a)[i], y = scorer_row(s, c->pair[k].b)[i];
        c->todo[m] = (struct value_pair){x < y ? x : y, x < y ? y : x, k, NULL};
        __builtin_prefetch(&signature[x]);
        __builtin_prefetch(&signature[y]);
    }
    for (unsigned m = 0; m < n; m++) {
        const struct signature *x = &signature[c->todo[m].a], *y = &signature[c->todo[m].b];
        int level = signature_is_known(x) && signature_is_known(y) ? apart(x, y) : APART_UNKNOWN;
        if (level != APART_UNKNOWN)
            S_seen(c, &c->todo[m], i, level == APART_ELSE ? last : (unsigned)level);
    }
}

/* The set of a row's values, or NULL where it has one value. */
static const uint32_t *S_set_at(const struct column *column, uint32_t x)
{
    return x & COLUMN_SET ? &column->set_at[x & ~COLUMN_SET] : NULL;
}

/* What comparing a row's set or flagged value needs, one step after the other. */
static void S_prefetch_special(const struct scorer *s, unsigned i, uint32_t x, unsigned step)
{
    const struct column *column = &s->batch->norm[s->model->comparison[i].field];
    const uint32_t *set = S_set_at(column, x);
    if (!set) {
        const uint32_t *place = &column->dict.at[x & ~(uint32_t)ROW_FLAGGED];
        __builtin_prefetch(step ? dict_place(&column->dict, *place) : (const void *)place);
    } else if (step < 2) {
        __builtin_prefetch(step ? &column->set_id[*set] : set);
    } else if (s->signature[i]) {
        for (uint32_t k = set[0]; k < set[1]; k++)
            __builtin_prefetch(&s->signature[i][column->set_id[k]]);
    }
}

/* Sets and flagged values: as any pair is compared, what it needs fetched for all of them together. */
static void S_compare_special(struct chunk *c, unsigned i, const uint8_t *at, unsigned n)
{
    enum { STEPS = 3 };
    for (unsigned step = 0; step < STEPS; step++)
        for (unsigned m = 0; m < n; m++) {
            S_prefetch_special(c->s, i, scorer_row(c->s, c->pair[at[m]].a)[i], step);
            S_prefetch_special(c->s, i, scorer_row(c->s, c->pair[at[m]].b)[i], step);
        }
    for (unsigned m = 0; m < n; m++) {
        levels_of_field(c->s, c->worker, i, c->pair[at[m]].a, c->pair[at[m]].b, &c->levels[at[m]]);
        S_settle(c, at[m], i, c->s->most[i]);
    }
}

/* The plain pairs of values of this comparison; others are settled on the way. */
static unsigned S_gather(struct chunk *c, unsigned i)
{
    const struct scorer *s = c->s;
    uint8_t special[CHUNK];
    unsigned n = 0, n_special = 0;
    for (unsigned m = 0; m < c->n_list[i]; m++) {
        unsigned k = c->list[i][m];
        if (c->at[k].bound < c->floor)
            continue;
        if (!(c->at[k].plain >> i & 1)) {
            special[n_special++] = (uint8_t)k;
            continue;
        }
        uint32_t x = scorer_row(s, c->pair[k].a)[i], y = scorer_row(s, c->pair[k].b)[i];
        struct value_pair *v = &c->todo[n++];
        *v = (struct value_pair){x < y ? x : y, x < y ? y : x, k, NULL};
        v->slot = levels_slot(s, c->worker, i, v->a, v->b);
        __builtin_prefetch(v->slot);
    }
    S_compare_special(c, i, special, n_special);
    return n;
}

/* Those that were not compared lately. */
static unsigned S_fresh(struct chunk *c, unsigned i, unsigned n)
{
    const uint32_t *place = c->s->batch->norm[c->s->model->comparison[i].field].dict.at;
    unsigned fresh = 0;
    for (unsigned m = 0; m < n; m++) {
        struct value_pair v = c->todo[m];
        if (v.slot->a == v.a && v.slot->b == v.b && v.slot->comparison == i) {
            S_found(c, &v, i, v.slot->level);
            continue;
        }
        __builtin_prefetch(&place[v.a]);
        __builtin_prefetch(&place[v.b]);
        c->todo[fresh++] = v;
    }
    return fresh;
}

static void S_compare(struct chunk *c, unsigned i)
{
    const struct dict *d = &c->s->batch->norm[c->s->model->comparison[i].field].dict;
    unsigned n = S_fresh(c, i, S_gather(c, i));
    for (unsigned m = 0; m < n; m++) {
        __builtin_prefetch(dict_place(d, d->at[c->todo[m].a]));
        __builtin_prefetch(dict_place(d, d->at[c->todo[m].b]));
    }
    for (unsigned m = 0; m < n; m++) {
        const struct value_pair *v = &c->todo[m];
        S_found(c, v, i, levels_compare(c->s, i, v->a, v->b, v->slot));
    }
}

/* What the two name comparisons bring into the bound. */
static int32_t S_names_part(const struct chunk *c, const struct open_pair *p)
{
    const struct scorer *s = c->s;
    unsigned given = (unsigned)s->cmp_given, family = (unsigned)s->cmp_family;
    int32_t sum = p->names + p->weight[given] + p->weight[family] + S_interactions_of(c, p, given);
    for (unsigned k = 0; k < s->interactions_of[family].n; k++) {
        const struct interaction *x = &s->model->interaction[s->interactions_of[family].at[k]];
        sum += x->a == given || x->b == given ? 0 : S_interaction(c, p, s->interactions_of[family].at[k]);
    }
    return sum;
}

/* Both name comparisons are made: names in each other's places are seen, and their levels are final. */
static void S_settle_names(struct chunk *c)
{
    const struct scorer *s = c->s;
    for (unsigned m = 0; m < c->n_alive; m++) {
        unsigned k = c->alive[m], given = (unsigned)s->cmp_given, family = (unsigned)s->cmp_family;
        struct open_pair *p = &c->at[k];
        if (p->bound < c->floor)
            continue;
        int32_t before = c->floor == INT32_MIN ? 0 : S_names_part(c, p);
        levels_across_names(s, c->worker, c->pair[k].a, c->pair[k].b, &c->levels[k]);
        if (c->floor == INT32_MIN)
            continue;
        p->final |= 1u << given | 1u << family;
        p->names = 0;
        S_weigh(c, p, &c->levels[k], given);
        S_weigh(c, p, &c->levels[k], family);
        p->bound += S_names_part(c, p) - before;
    }
}

/* Leaves the pairs that may reach the floor, all levels known but for mailboxes of names. */
static void S_run(struct chunk *c, unsigned n)
{
    unsigned names_to_come = S_both_names(c) ? 2 : 0;
    S_glance_all(c, n);
    S_settle_all(c);
    for (uint32_t apart = c->set & c->s->signed_set; apart; apart &= apart - 1)
        S_settle_apart(c, (unsigned)__builtin_ctz(apart));
    S_bound_all(c);
    for (unsigned o = 0; o < c->s->model->n_comparisons; o++) {
        unsigned i = c->s->order[o];
        if (c->n_list[i])
            S_compare(c, i);
        if ((c->set >> i & 1) && S_is_name(c->s, i) && names_to_come && --names_to_come == 0)
            S_settle_names(c);
    }
    S_drop(c);
}

static void S_mailboxes(struct chunk *c)
{
    for (unsigned m = 0; m < c->n_alive; m++) {
        const struct row_pair *p = &c->pair[c->alive[m]];
        levels_of_mailbox(c->s, p->a, p->b, &c->levels[c->alive[m]]);
    }
}

static void S_begin(struct chunk *c, const struct scorer *s, unsigned worker, int32_t floor)
{
    c->s = s;
    c->worker = worker;
    c->floor = floor;
    c->set = (1u << s->model->n_comparisons) - 1;
}

static unsigned S_chunk(size_t n, size_t from)
{
    return n - from < CHUNK ? (unsigned)(n - from) : CHUNK;
}

void scorer_score_pairs(const struct scorer *s, unsigned worker, const struct row_pair *pair, size_t n, int32_t floor,
                        int32_t *weight)
{
    struct pair_levels levels[CHUNK];
    struct chunk c;
    S_begin(&c, s, worker, floor);
    c.levels = levels;
    for (size_t from = 0; from < n; from += CHUNK) {
        unsigned here = S_chunk(n, from);
        c.pair = pair + from;
        for (unsigned k = 0; k < here; k++)
            weight[from + k] = SCORE_NEVER;
        S_run(&c, here);
        S_mailboxes(&c);
        for (unsigned m = 0; m < c.n_alive; m++) {
            unsigned k = c.alive[m];
            const uint32_t *x = scorer_row(s, c.pair[k].a), *y = scorer_row(s, c.pair[k].b);
            int32_t total = levels_total(s, S_prior(s, x[s->stride - 1], y[s->stride - 1]), &levels[k]);
            weight[from + k] = total < floor ? SCORE_NEVER : total;
        }
    }
}

void scorer_levels_pairs(const struct scorer *s, unsigned worker, const struct row_pair *pair, size_t n,
                         struct pair_levels *out)
{
    struct chunk c;
    S_begin(&c, s, worker, INT32_MIN);
    for (size_t from = 0; from < n; from += CHUNK) {
        c.pair = pair + from;
        c.levels = out + from;
        S_run(&c, S_chunk(n, from));
        S_mailboxes(&c);
    }
}

void scorer_level_pairs(const struct scorer *s, unsigned worker, unsigned comparison, const struct row_pair *pair,
                        size_t n, uint8_t *level)
{
    struct pair_levels levels[CHUNK];
    struct chunk c;
    bool name = (int)comparison == s->cmp_given || (int)comparison == s->cmp_family;
    S_begin(&c, s, worker, INT32_MIN);
    c.levels = levels;
    c.set = 1u << comparison;
    if (name && s->cmp_given >= 0 && s->cmp_family >= 0)
        c.set = 1u << s->cmp_given | 1u << s->cmp_family;
    for (size_t from = 0; from < n; from += CHUNK) {
        unsigned here = S_chunk(n, from);
        c.pair = pair + from;
        memset(level + from, LEVEL_NULL, here);
        S_run(&c, here);
        for (unsigned m = 0; m < c.n_alive; m++)
            level[from + c.alive[m]] = levels[c.alive[m]].level[comparison];
    }
}

int32_t scorer_score_above(const struct scorer *s, unsigned worker, uint32_t a, uint32_t b, int32_t floor)
{
    int32_t weight;
    scorer_score_pairs(s, worker, &(struct row_pair){a, b}, 1, floor, &weight);
    return weight;
}

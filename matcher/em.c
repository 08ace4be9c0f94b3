/* A little longer than most files: the two steps of the estimation share what they gather. */
#include "matcher/em.h"

#include <assert.h>
#include <stdlib.h>

#include "base/fmath.h"
#include "base/parallel.h"
#include "matcher/relatives.h"
#include "matcher/train.h"

/* A record has few true partners: matches beyond so many a record are not believed, whatever fits the patterns better.
 * Nor are more than some comparison's agreeing pairs allow, when at least LEAST_AGREEMENT of all matches agree on it.
 */
enum {
    LEAST_MATCHES_FOR_INTERACTION = 30,
    LEAST_JOINT = 3,
    MOST_PARTNERS = 3,
    MOST_RELATIVES = 20,
    WARM_UP = 10,
    TEACHING_BITS = 6
};

/* Agreement is taken for that of matches at most to so many times what the other comparisons alone support. */
#define MOST_UNSUPPORTED 1.25

/* Relatives are held to the shipped figures with so many pseudo-pairs for each one seen: else they become whatever
 * group of pairs shares something, and households go to the matches. */
#define RELATIVES_ANCHOR 0.5
/* Of the matches that differ in a part of the place, so many differ in another part too, before data says otherwise. */
#define MOVED_TOGETHER 0.8
#define LEAST_AGREEMENT 0.5
#define KEY_U 1e-5
#define LEAST_PRESENT 0.05

static double S_max(double a, double b)
{
    return a > b ? a : b;
}

void model_weigh_levels(struct model *m)
{
    for (unsigned c = 0; c < m->n_comparisons; c++)
        for (unsigned l = 0; l < m->comparison[c].n_levels; l++) {
            struct level *x = &m->comparison[c].level[l];
            int most = comparison_info(m->comparison[c].kind)->level[l].most_bits;
            x->weight = weight_from_bits(fmath_log2(S_max(x->m, 1e-12)) - fmath_log2(S_max(x->u, 1e-12)));
            if (most && x->weight > most * WEIGHT_ONE)
                x->weight = most * WEIGHT_ONE;
            x->related_weight =
                comparison_is_related(&m->comparison[c], l)
                    ? weight_from_bits(fmath_log2(S_max(x->related, 1e-12)) - fmath_log2(S_max(x->u, 1e-12)))
                    : 0;
        }
}

/* ------------------------------------------------------------------ what an expectation step gathers */

struct match_joint {
    double both[MOST_COMPARISONS][MOST_COMPARISONS], here[MOST_COMPARISONS][MOST_COMPARISONS];
    double one[MOST_COMPARISONS][MOST_COMPARISONS]; /* a differs where both are known */
};

struct expectation {
    double level[MOST_COMPARISONS][MOST_LEVELS];     /* expected matches at each level, from pairs that may teach */
    double doubtful[MOST_COMPARISONS][MOST_LEVELS];  /* pairs that are not clearly nonmatches, from all pairs */
    double supported[MOST_COMPARISONS][MOST_LEVELS]; /* expected matches without the comparison's own say */
    double alone[MOST_COMPARISONS][MOST_LEVELS];     /* expected matches that no other comparison could tell of */
    double related[MOST_COMPARISONS][MOST_LEVELS];   /* expected relatives at each level */
    double relatives;
    double sources[MOST_PRIOR_SOURCES][MOST_PRIOR_SOURCES];
    double typical[MOST_PRIOR_SOURCES][MOST_PRIOR_SOURCES]; /* those with the weight of the mean match or more */
    struct match_joint joint;
    double agree_match[MOST_COMPARISONS][MOST_COMPARISONS]; /* no clear nonmatches that agree exactly on both */
    double matches;
};

/* ------------------------------------------------------------------ u with the true matches taken out */

/* Labelled nonmatches beside those looked at: the floor is half a pair of the latter. */
static void S_add_known_u(struct comparison *x, const double *known, const double *floor)
{
    double all_known = 0, sum = 0;
    for (unsigned l = 0; l < x->n_levels; l++)
        all_known += known[l];
    for (unsigned l = 0; l < x->n_levels && all_known > 0; l++) {
        double seen = 0.5 / floor[l];
        x->level[l].u = S_max((x->level[l].u * seen + known[l]) / (seen + all_known), floor[l]);
        x->level[l].u_n += known[l];
        sum += x->level[l].u;
    }
    for (unsigned l = 0; l < x->n_levels && all_known > 0; l++)
        x->level[l].u /= sum;
}

/*
 * Pairs at a level beyond what chance may explain, where nothing but the level itself can tell matches from chance (one
 * column; two columns of which one is a city): chance is as shipped. Of a key (e-mail, telephone, identifier: the
 * shipped u is KEY_U or less), which does not become more frequent as files grow, chance is no more than the agreement
 * on values that more records have than a person can have.
 */
static double S_beyond_chance(const struct comparison *x, unsigned l, double agreeing, double pairs)
{
    double shipped = comparison_info(x->kind)->level[l].u, chance = shipped * pairs, common = 0;
    if (l == 0 && shipped <= KEY_U && x->tf.total) {
        for (uint32_t i = 0; i < x->tf.n; i++)
            if (x->tf.count[i] > MOST_PARTNERS + 1)
                common += (double)x->tf.count[i] * ((double)x->tf.count[i] - 1) / 2;
        chance = common < chance ? common : chance;
    }
    return S_max(agreeing - chance, 0);
}

static void S_correct_u(struct model *m, const struct u_counts *u, const struct expectation *e,
                        const struct em_options *o)
{
    for (unsigned c = 0; c < m->n_comparisons; c++) {
        struct comparison *x = &m->comparison[c];
        double sum = 0, value[MOST_LEVELS], here = 0;
        if (o->fixed_u >> c & 1)
            continue;
        double most = (double)m->n_reference * MOST_PARTNERS, removed[MOST_LEVELS];
        for (unsigned l = 0; l < x->n_levels; l++) {
            double beyond = S_beyond_chance(x, l, u->agreeing[c][l], u->pairs[c]);
            double alone = e->alone[c][l] * MOST_UNSUPPORTED;
            double supported = e->supported[c][l] * MOST_UNSUPPORTED + (alone < beyond ? alone : beyond);
            removed[l] = e->doubtful[c][l] < most ? e->doubtful[c][l] : most;
            removed[l] = x->level[l].weight > 0 && supported < removed[l] ? supported : removed[l];
            here += removed[l];
        }
        const struct comparison_info *info = comparison_info(x->kind);
        for (unsigned l = 0; l < x->n_levels; l++) {
            double agreeing = u->agreeing[c][l] - removed[l];
            double n = S_max(u->pairs[c] - here, 1);
            value[l] = S_max(agreeing, 0) / n;
            /* a few pairs of the shipped default, weighed against those looked at */
            double weight = TRAIN_PSEUDO_PAIRS / (TRAIN_PSEUDO_PAIRS + u->seen[c]);
            value[l] = value[l] * (1 - weight) + info->level[l].u * weight;
            value[l] = S_max(value[l], u->floor[c][l]);
            sum += value[l];
        }
        for (unsigned l = 0; l < x->n_levels; l++) {
            x->level[l].u = value[l] / sum;
            x->level[l].u_n = u->seen[c] * x->level[l].u;
        }
        if (o->labels && o->labels->fair)
            S_add_known_u(x, o->labels->different[c], u->floor[c]);
    }
}

/* ------------------------------------------------------------------ interactions */

struct candidate_edge {
    double bits;
    unsigned a, b;
};

static int S_by_bits(const void *p, const void *q)
{
    const struct candidate_edge *x = p, *y = q;
    if (x->bits != y->bits)
        return x->bits > y->bits ? -1 : 1;
    return x->a != y->a ? (x->a < y->a ? -1 : 1) : (x->b > y->b) - (x->b < y->b);
}

static unsigned S_root(unsigned *parent, unsigned i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

/* Kruskal: the heaviest edges that make no circle. */
static void S_spanning_tree(struct model *m, struct candidate_edge *edge, unsigned n, bool agree)
{
    unsigned parent[MOST_COMPARISONS];
    for (unsigned i = 0; i < m->n_comparisons; i++)
        parent[i] = i;
    qsort(edge, n, sizeof *edge, S_by_bits);
    for (unsigned i = 0; i < n && m->n_interactions < MOST_INTERACTIONS; i++) {
        unsigned a = S_root(parent, edge[i].a), b = S_root(parent, edge[i].b);
        if (a == b)
            continue;
        parent[a] = b;
        int32_t bits = weight_from_bits(edge[i].bits);
        m->interaction[m->n_interactions++] =
            (struct interaction){(uint8_t)edge[i].a, (uint8_t)edge[i].b, agree ? bits : 0, agree ? 0 : bits};
    }
}

/*
 * How much likelier exact agreement on both is among strangers than if the two were independent: from the counts of
 * value pairs, where these are not mostly matches and relatives.
 */
static void S_agree_tree(struct model *m, const struct u_counts *u, const struct expectation *e)
{
    struct candidate_edge edge[MOST_COMPARISONS * MOST_COMPARISONS];
    unsigned n = 0;
    for (unsigned a = 0; a < m->n_comparisons; a++)
        for (unsigned b = a + 1; b < m->n_comparisons; b++) {
            double pairs = u->joint_pairs[a][b], joint = u->joint[a][b] - e->agree_match[a][b];
            if (pairs < 1 || joint < LEAST_JOINT || joint < e->agree_match[a][b])
                continue;
            double bits = fmath_log2(joint / pairs / (m->comparison[a].level[0].u * m->comparison[b].level[0].u));
            if (bits > 0.5)
                edge[n++] = (struct candidate_edge){bits, a, b};
        }
    S_spanning_tree(m, edge, n, true);
}

static bool S_is_of_a_place(enum comparison_kind kind)
{
    return kind == CMP_ADDRESS || kind == CMP_HOUSE_NUMBER || kind == CMP_PLACE || kind == CMP_POSTCODE;
}

/* Matches that differ in both, as expected: who has moved has a new address, postcode and city. */
static double S_differ_by_default(const struct model *m, unsigned a, unsigned b, double pa, double pb)
{
    bool moved = S_is_of_a_place(m->comparison[a].kind) && S_is_of_a_place(m->comparison[b].kind);
    return moved ? MOVED_TOGETHER * (pa < pb ? pa : pb) : pa * pb;
}

static void S_differ_tree(struct model *m, const struct match_joint *j)
{
    struct candidate_edge edge[MOST_COMPARISONS * MOST_COMPARISONS];
    unsigned n = 0;
    for (unsigned a = 0; a < m->n_comparisons; a++)
        for (unsigned b = a + 1; b < m->n_comparisons; b++) {
            double here = j->here[a][b];
            if (here < 1)
                continue;
            double pa = (j->one[a][b] + 0.5) / (here + 1), pb = (j->one[b][a] + 0.5) / (here + 1);
            double expected = S_differ_by_default(m, a, b, pa, pb);
            double both = (j->both[a][b] + TRAIN_PSEUDO_MATCHES * expected) / (here + TRAIN_PSEUDO_MATCHES);
            double bits = fmath_log2(both / (pa * pb));
            if (bits > 0.5)
                edge[n++] = (struct candidate_edge){bits, a, b};
        }
    S_spanning_tree(m, edge, n, false);
}

/* ------------------------------------------------------------------ expectation */

/* own[c]: what the total would be less without comparison c. */
static int32_t S_pattern_weight(const struct model *m, const struct pattern *p, int32_t own[MOST_COMPARISONS],
                                int32_t *related)
{
    int32_t weight[MOST_COMPARISONS], total = m->prior[p->sources >> 8][p->sources & 255];
    bool is_else[MOST_COMPARISONS];
    for (unsigned c = 0; c < m->n_comparisons; c++) {
        unsigned l = pattern_level(p->levels, c);
        weight[c] = l == LEVEL_NULL ? 0 : m->comparison[c].level[l].weight;
        is_else[c] = l + 1 == m->comparison[c].n_levels;
        total += own[c] = weight[c];
        if (l != LEVEL_NULL)
            *related += m->comparison[c].level[l].related_weight;
    }
    for (unsigned i = 0; i < m->n_interactions; i++) {
        const struct interaction *x = &m->interaction[i];
        int32_t both = interaction_weight(x, weight[x->a], is_else[x->a], weight[x->b], is_else[x->b]);
        own[x->a] += both;
        own[x->b] += both;
        total += both;
        if (both < 0 && comparison_is_related(&m->comparison[x->a], pattern_level(p->levels, x->a)) &&
            comparison_is_related(&m->comparison[x->b], pattern_level(p->levels, x->b)))
            *related += both;
    }
    total += model_related_weight(*related);
    return total;
}

static void S_expect_agreement(const struct model *m, const struct pattern *p, double doubtful, struct expectation *e)
{
    for (unsigned a = 0; a < m->n_comparisons; a++)
        for (unsigned b = a + 1; b < m->n_comparisons && pattern_level(p->levels, a) == 0; b++)
            if (pattern_level(p->levels, b) == 0)
                e->agree_match[a][b] += doubtful;
}

static void S_expect_joint(const struct model *m, const struct pattern *p, double r, struct match_joint *j)
{
    for (unsigned a = 0; a < m->n_comparisons; a++) {
        unsigned x = pattern_level(p->levels, a);
        bool a_differs = x + 1 == m->comparison[a].n_levels;
        if (x == LEVEL_NULL)
            continue;
        for (unsigned b = 0; b < m->n_comparisons; b++) {
            unsigned y = pattern_level(p->levels, b);
            if (y == LEVEL_NULL || a == b)
                continue;
            j->here[a][b] += r;
            j->one[a][b] += a_differs ? r : 0;
            j->both[a][b] += a_differs && y + 1 == m->comparison[b].n_levels ? r : 0;
        }
    }
}

static void S_expect_related(const struct model *m, const struct pattern *p, double kin, double strange,
                             int32_t related, struct expectation *e)
{
    e->relatives += kin;
    if (strange < 1e-9)
        return;
    for (unsigned c = 0; c < m->n_comparisons; c++) {
        unsigned l = pattern_level(p->levels, c);
        if (!comparison_is_related(&m->comparison[c], l))
            continue;
        e->related[c][l] += kin;
        e->doubtful[c][l] += strange;
        int32_t own = m->comparison[c].level[l].related_weight;
        if (own > 0 && kin > 1e-4)
            e->supported[c][l] += probability_from_bits(weight_to_bits(related - own)) * kin;
    }
}

/*
 * What may not teach u. A pair that is half a match would make the rarest agreements look common among nonmatches,
 * which makes it less of a match in the next step: only clear nonmatches count, 1 - (1 - r)^4.
 */
static double S_doubtful(double r)
{
    double q = (1 - r) * (1 - r);
    return 1 - q * q;
}

/* The mean weight of each comparison among matches. */
static void S_mean_weights(const struct model *m, double mean[MOST_COMPARISONS])
{
    for (unsigned c = 0; c < m->n_comparisons; c++) {
        mean[c] = 0;
        for (unsigned l = 0; l < m->comparison[c].n_levels; l++)
            mean[c] += m->comparison[c].level[l].m * m->comparison[c].level[l].weight;
    }
}

static bool S_is_typical(const struct model *m, const struct pattern *p, const double mean[MOST_COMPARISONS])
{
    double above = 0;
    for (unsigned c = 0; c < m->n_comparisons; c++) {
        unsigned l = pattern_level(p->levels, c);
        if (l != LEVEL_NULL)
            above += m->comparison[c].level[l].weight - mean[c];
    }
    return above >= 0;
}

/*
 * How far a pair may teach a comparison its m: as far as the other comparisons alone make it a match. Members of a
 * household that nothing but the given name tells apart must not teach that given names of matches differ.
 */
static double S_teaches(const struct model *m, unsigned c, unsigned level, int32_t total, int32_t own, int32_t related)
{
    int32_t less = comparison_is_related(&m->comparison[c], level) ? m->comparison[c].level[level].related_weight : 0;
    int32_t without = total - own - model_related_weight(related) + model_related_weight(related - less);
    return probability_from_bits(weight_to_bits(without) - TEACHING_BITS);
}

/* What the other comparisons could say at best of a pair of sources: not enough to make it a match? */
static bool S_is_alone(const struct model *m, uint32_t sources, unsigned c, const int32_t best[MOST_COMPARISONS])
{
    int64_t most = m->prior[sources >> 8][sources & 255];
    for (unsigned o = 0; o < m->n_comparisons; o++)
        most += o != c ? best[o] : 0;
    return most < 0;
}

/* Of the levels that pairs reach; a key that no two records share vouches for nothing. */
static void S_best_weights(const struct model *m, const struct u_counts *u, int32_t best[MOST_COMPARISONS])
{
    for (unsigned c = 0; c < m->n_comparisons; c++) {
        bool never = comparison_info(m->comparison[c].kind)->level[0].u <= KEY_U && u->agreeing[c][0] < 1 &&
                     m->comparison[c].kind != CMP_ENCODING;
        best[c] = 0;
        for (unsigned l = 0; l < m->comparison[c].n_levels && !never; l++)
            if (u->agreeing[c][l] > 0 && m->comparison[c].level[l].weight > best[c])
                best[c] = m->comparison[c].level[l].weight;
    }
}

static void S_expect_some(const struct model *m, const struct patterns *patterns, size_t from, size_t to,
                          const double mean[MOST_COMPARISONS], const int32_t best[MOST_COMPARISONS],
                          const struct em_options *o, struct expectation *e)
{
    memset(e, 0, sizeof *e);
    for (size_t i = from; i < to; i++) {
        const struct pattern *p = &patterns->at[i];
        double n = (double)p->n * o->scale;
        int32_t own[MOST_COMPARISONS], related = m->related_prior, total = S_pattern_weight(m, p, own, &related);
        double share = probability_from_bits(weight_to_bits(total)), r = share * n;
        double kin = (1 - share) * probability_from_bits(weight_to_bits(related));
        double doubtful = S_doubtful(share) * n, strange = S_doubtful(share + kin) * n;
        S_expect_agreement(m, p, strange, e);
        S_expect_related(m, p, kin * n, strange, related, e);
        if (r < 1e-9)
            continue;
        e->matches += r;
        e->sources[p->sources >> 8][p->sources & 255] += r;
        if (S_is_typical(m, p, mean))
            e->typical[p->sources >> 8][p->sources & 255] += r;
        for (unsigned c = 0; c < m->n_comparisons; c++) {
            unsigned l = pattern_level(p->levels, c);
            if (l == LEVEL_NULL)
                continue;
            if (!comparison_is_related(&m->comparison[c], l))
                e->doubtful[c][l] += doubtful;
            if (own[c] > 0 && share > 1e-4)
                e->supported[c][l] += probability_from_bits(weight_to_bits(total - own[c])) * n;
            if (own[c] > 0 && S_is_alone(m, p->sources, c, best))
                e->alone[c][l] += r;
            if (p->rules & ~o->reads[c])
                e->level[c][l] += r * S_teaches(m, c, l, total, own[c], related);
        }
        if (r > 1e-3)
            S_expect_joint(m, p, r, &e->joint);
    }
}

/* Sums are made in pieces, the same for any number of threads, and added in their order. */
enum { PIECES = 8 };

struct expect_work {
    const struct model *model;
    const struct patterns *patterns;
    const struct u_counts *u;
    const struct em_options *options;
    double mean[MOST_COMPARISONS];
    int32_t best[MOST_COMPARISONS];
    struct expectation piece[PIECES];
};

static void S_expect_piece(void *context, size_t item, unsigned worker)
{
    struct expect_work *w = context;
    size_t n = w->patterns->n;
    (void)worker;
    S_expect_some(w->model, w->patterns, n * item / PIECES, n * (item + 1) / PIECES, w->mean, w->best, w->options,
                  &w->piece[item]);
}

static void S_expect(struct expect_work *w, struct expectation *e)
{
    static_assert(sizeof *e % sizeof(double) == 0, "an expectation is sums and nothing else");
    double *to = (double *)e;
    S_mean_weights(w->model, w->mean);
    S_best_weights(w->model, w->u, w->best);
    parallel_for(w->options->threads, PIECES, S_expect_piece, w);
    memset(e, 0, sizeof *e);
    for (unsigned piece = 0; piece < PIECES; piece++)
        for (size_t i = 0; i < sizeof *e / sizeof(double); i++)
            to[i] += ((const double *)&w->piece[piece])[i];
}

/* ------------------------------------------------------------------ maximisation */

/* Matches at a level that labels tell of. */
static double S_known(const struct em_options *o, unsigned c, unsigned l)
{
    return o->labels ? LABEL_WORTH * o->labels->same[c][l] : 0;
}

static double S_maximise(struct model *m, const struct expectation *e, const struct em_options *o)
{
    double change = 0;
    for (unsigned c = 0; c < m->n_comparisons; c++) {
        struct comparison *x = &m->comparison[c];
        const struct comparison_info *info = comparison_info(x->kind);
        double n = 0, known = 0;
        if (o->fixed_m >> c & 1 || (m->iterations < WARM_UP && x->related_from > 0))
            continue;
        for (unsigned l = 0; l < x->n_levels; l++) {
            n += e->level[c][l];
            known += S_known(o, c, l);
        }
        for (unsigned l = 0; l < x->n_levels; l++) {
            double value = (e->level[c][l] + S_known(o, c, l) + TRAIN_PSEUDO_MATCHES * info->level[l].m) /
                           (n + known + TRAIN_PSEUDO_MATCHES);
            double step = value - x->level[l].m;
            change = S_max(change, step < 0 ? -step : step);
            x->level[l].m = value;
            x->level[l].m_n = e->level[c][l] + S_known(o, c, l);
            x->level[l].m_origin = known > 0 ? ORIGIN_LABELS : n >= 1 ? ORIGIN_EM : ORIGIN_PRIOR;
        }
    }
    return change;
}

/*
 * More matches cannot agree than pairs do: values of two systems that never overlap say nothing when they differ. Exact
 * agreement is counted, other levels go with it; only a clear contradiction counts.
 */
static void S_bound_m(struct model *m, const struct expectation *e, const struct u_counts *u,
                      const struct em_options *o)
{
    enum { CLEARLY = 8 };
    double all = (double)m->n_reference * ((double)m->n_reference - 1) / 2;
    for (unsigned c = 0; c < m->n_comparisons; c++) {
        struct comparison *x = &m->comparison[c];
        double agree = x->level[0].m * (all > 0 ? e->matches * u->pairs[c] / all : 0), kept = 0;
        double share = (u->agreeing[c][0] + 1) / (agree + 1);
        if (o->fixed_m >> c & 1 || x->kind == CMP_MODEL_NUMBER || x->kind == CMP_ENCODING || share * CLEARLY > 1)
            continue;
        for (unsigned l = 0; l + 1 < x->n_levels; l++)
            kept += x->level[l].m *= share;
        x->level[x->n_levels - 1].m = 1 - kept;
    }
}

/* Relatives: how many, and how they agree on what they share; where there are none, as the shipped m says. */
static void S_maximise_related(struct model *m, const struct expectation *e, double most)
{
    double all = (double)m->n_reference * ((double)m->n_reference - 1) / 2;
    double relatives = e->relatives < most ? e->relatives : most, share = (relatives + 0.5) / (all + 1);
    share = share > 0.2 ? 0.2 : share;
    m->related_prior = weight_from_bits(fmath_log2(share) - fmath_log2(1 - share));
    for (unsigned c = 0; c < m->n_comparisons && m->iterations >= WARM_UP; c++) {
        struct comparison *x = &m->comparison[c];
        double n = 0;
        for (unsigned l = 0; l < x->n_levels; l++)
            n += e->related[c][l];
        double pseudo = TRAIN_PSEUDO_MATCHES + n * RELATIVES_ANCHOR;
        double by_chance = 0;
        for (unsigned l = 0; l < x->related_from && l < x->n_levels; l++)
            by_chance += x->level[l].related = x->level[l].u;
        for (unsigned l = x->related_from; l < x->n_levels; l++)
            x->level[l].related = (1 - by_chance) * (e->related[c][l] + pseudo * relatives_level(x, l)) / (n + pseudo);
    }
}

static double S_most_matches(const struct model *m, const struct u_counts *u)
{
    double all = (double)m->n_reference * ((double)m->n_reference - 1) / 2,
           most = (double)m->n_reference * MOST_PARTNERS;
    for (unsigned c = 0; c < m->n_comparisons; c++) {
        const struct comparison *x = &m->comparison[c];
        double agreeing = 1, share = all > 0 ? u->pairs[c] / all : 0;
        if (x->level[x->n_levels - 1].m > 1 - LEAST_AGREEMENT ||
            x->kind == CMP_ENCODING) /* a sample does not reach it */
            continue;
        for (unsigned l = 0; l < x->n_levels; l++)
            agreeing += x->level[l].weight > 0 ? u->agreeing[c][l] : 0;
        if (share >= LEAST_PRESENT && agreeing / share / LEAST_AGREEMENT < most)
            most = agreeing / share / LEAST_AGREEMENT;
    }
    return most;
}

/*
 * Matches of one pair of sources. Whether two sources share entities is seen among typical matches: where what looks
 * like matches is mostly less than typical, as compared with the pair of sources where most is typical, it is
 * relatives.
 */
static double S_matches_of(const struct expectation *e, unsigned i, unsigned j, double typical_share)
{
    double typical = typical_share > 0 ? e->typical[i][j] / typical_share : e->sources[i][j];
    return typical < e->sources[i][j] ? typical : e->sources[i][j];
}

static double S_typical_share(const struct expectation *e)
{
    double best = 0;
    for (unsigned i = 0; i < MOST_PRIOR_SOURCES; i++)
        for (unsigned j = i; j < MOST_PRIOR_SOURCES; j++) {
            double share =
                e->sources[i][j] > 0 ? e->typical[i][j] / (e->sources[i][j] + LEAST_MATCHES_FOR_INTERACTION) : 0;
            best = share > best ? share : best;
        }
    return best;
}

static void S_priors(struct model *m, const struct expectation *e, double most)
{
    double typical_share = S_typical_share(e);
    double all_pairs = 0, all_matches = 0;
    double believed = e->matches > most ? most / e->matches : 1;
    for (unsigned i = 0; i < MOST_PRIOR_SOURCES; i++)
        for (unsigned j = i; j < MOST_PRIOR_SOURCES; j++) {
            double pairs = S_max(m->prior_pairs[i][j], 1), matches = S_matches_of(e, i, j, typical_share) * believed;
            double share = (matches + 0.5) / (pairs + 1);
            share = share > 0.9 ? 0.9 : share;
            int32_t weight = weight_from_bits(fmath_log2(share) - fmath_log2(1 - share));
            m->prior[i][j] = m->prior[j][i] = weight;
            m->prior_matches[i][j] = m->prior_matches[j][i] = matches;
            all_pairs += m->prior_pairs[i][j];
            all_matches += matches;
        }
    /* sources that come later: as any two records */
    double share = (all_matches + 0.5) / (all_pairs + 1);
    for (unsigned i = 0; i < MOST_PRIOR_SOURCES; i++)
        for (unsigned j = 0; j < MOST_PRIOR_SOURCES; j++)
            if (i >= m->n_sources || j >= m->n_sources)
                m->prior[i][j] = weight_from_bits(fmath_log2(share) - fmath_log2(share < 1 ? 1 - share : 0.1));
}

/* The expectations of a file with so many matches, all fields as the shipped m says. */
static void S_hopeful(const struct model *m, const struct u_counts *u, double matches, struct expectation *e)
{
    double all = (double)m->n_reference * ((double)m->n_reference - 1) / 2;
    for (unsigned c = 0; c < m->n_comparisons; c++)
        for (unsigned l = 0; l < m->comparison[c].n_levels; l++)
            e->supported[c][l] = e->doubtful[c][l] =
                all > 0 ? matches * u->pairs[c] / all * m->comparison[c].level[l].m : 0;
}

/*
 * Where a comparison is alone, how often a value stands says little of how many people have it: it stands twice because
 * somebody is twice in the file. Only values that more records have than a person can have weigh less.
 */
static void S_frequencies_alone(struct model *m, const struct u_counts *u)
{
    int32_t best[MOST_COMPARISONS];
    uint32_t sources = 0; /* those that share most */
    S_best_weights(m, u, best);
    for (uint32_t i = 0; i < m->n_sources; i++)
        for (uint32_t j = i; j < m->n_sources; j++)
            if (m->prior[i][j] > m->prior[sources >> 8][sources & 255])
                sources = i << 8 | j;
    for (unsigned c = 0; c < m->n_comparisons; c++) {
        struct frequency_table *t = &m->comparison[c].tf;
        uint32_t n = 0;
        if (!S_is_alone(m, sources, c, best))
            continue;
        for (uint32_t i = 0; i < t->n; i++)
            if (t->count[i] > MOST_PARTNERS + 1) {
                t->hash[n] = t->hash[i];
                t->count[n++] = t->count[i];
            }
        t->n = n;
        t->floor = 0;
    }
}

void em_run(struct model *m, const struct patterns *patterns, const struct u_counts *u, const struct em_options *o)
{
    struct expectation *e = xcalloc(1, sizeof *e);
    struct expect_work *w = xcalloc(1, sizeof *w);
    *w = (struct expect_work){.model = m, .patterns = patterns, .u = u, .options = o};
    /* A hopeful start: as many matches as records. Pairs that agree on one field alone fall out in the next steps; from
     * a start without matches the fields that tell most would look like chance and stay so. */
    double most = S_most_matches(m, u), matches = most < (double)m->n_reference ? most : (double)m->n_reference,
           change = 1;
    S_hopeful(m, u, matches, e);
    for (unsigned c = 0; c < m->n_comparisons; c++)
        for (unsigned l = 0; l < m->comparison[c].n_levels; l++)
            m->comparison[c].level[l].related = comparison_is_related(&m->comparison[c], l)
                                                    ? relatives_level(&m->comparison[c], l)
                                                    : m->comparison[c].level[l].u;
    double all = (double)m->n_reference * ((double)m->n_reference - 1) / 2;
    m->related_prior = weight_from_bits(fmath_log2(S_max(matches, 1)) - fmath_log2(S_max(all, 4)));
    for (m->iterations = 0; m->iterations < o->most_iterations && (change > 1e-4 || m->iterations <= WARM_UP);
         m->iterations++) {
        S_correct_u(m, u, e, o);
        model_weigh_levels(m);
        m->n_interactions = 0;
        if (m->iterations > 0)
            S_agree_tree(m, u, e);
        if (m->iterations > 3)
            S_differ_tree(m, &e->joint);
        S_expect(w, e);
        change = S_maximise(m, e, o);
        S_bound_m(m, e, u, o);
        S_maximise_related(m, e, MOST_RELATIVES * (double)m->n_reference);
        S_priors(m, e, S_most_matches(m, u));
        double step = (e->matches - matches) / S_max(e->matches, 1);
        change = S_max(change, (step < 0 ? -step : step) / 10);
        matches = e->matches;
    }
    model_weigh_levels(m);
    S_frequencies_alone(m, u);
    m->expected_matches = matches;
    free(w);
    free(e);
}

/* Expectation: how far each pattern is a match, a pair of relatives, or neither, and what that sums up to. */
#include "matcher/em_step.h"

#include <assert.h>

#include "base/fmath.h"
#include "base/parallel.h"
#include "matcher/train.h"

enum { TEACHING = 6 * WEIGHT_ONE };

/* model_related_weight, each worked out once; two threads that do it at once write the same. */
static int32_t S_related_weight(const struct expect_work *w, int32_t odds)
{
    if (odds < RELATED_LEAST || odds > RELATED_MOST)
        return model_related_weight(odds);
    int32_t *slot = &w->related[odds - RELATED_LEAST], kept = __atomic_load_n(slot, __ATOMIC_RELAXED);
    if (kept)
        return kept + 1;
    int32_t weight = model_related_weight(odds);
    __atomic_store_n(slot, weight - 1, __ATOMIC_RELAXED);
    return weight;
}

/* own[c]: what the total would be less without comparison c. */
static int32_t S_pattern_weight(const struct expect_work *w, const struct pattern *p, int32_t own[MOST_COMPARISONS],
                                int32_t *related)
{
    const struct model *m = w->model;
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
    total += S_related_weight(w, *related);
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

static void S_expect_related(const struct expect_work *w, const struct pattern *p, double kin, double strange,
                             int32_t related, struct expectation *e)
{
    const struct model *m = w->model;
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
            e->supported[c][l] += fmath_probability(&w->powers, related - own) * kin;
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
static double S_teaches(const struct expect_work *w, unsigned c, unsigned level, int32_t total, int32_t own,
                        int32_t related)
{
    const struct model *m = w->model;
    int32_t less = comparison_is_related(&m->comparison[c], level) ? m->comparison[c].level[level].related_weight : 0;
    int32_t without = total - own - S_related_weight(w, related) + S_related_weight(w, related - less);
    return fmath_probability(&w->powers, without - TEACHING);
}

bool em_is_alone(const struct model *m, uint32_t sources, unsigned c, const int32_t best[MOST_COMPARISONS])
{
    int64_t most = m->prior[sources >> 8][sources & 255];
    for (unsigned o = 0; o < m->n_comparisons; o++)
        most += o != c ? best[o] : 0;
    return most < 0;
}

void em_best_weights(const struct model *m, const struct u_counts *u, int32_t best[MOST_COMPARISONS])
{
    for (unsigned c = 0; c < m->n_comparisons; c++) {
        bool never = comparison_info(m->comparison[c].kind)->level[0].u <= EM_KEY_U && u->agreeing[c][0] < 1 &&
                     m->comparison[c].kind != CMP_ENCODING;
        best[c] = 0;
        for (unsigned l = 0; l < m->comparison[c].n_levels && !never; l++)
            if (u->agreeing[c][l] > 0 && m->comparison[c].level[l].weight > best[c])
                best[c] = m->comparison[c].level[l].weight;
    }
}

static void S_expect_some(const struct expect_work *w, size_t from, size_t to, struct expectation *e)
{
    const struct model *m = w->model;
    const struct em_options *o = w->options;
    memset(e, 0, sizeof *e);
    for (size_t i = from; i < to; i++) {
        const struct pattern *p = &w->patterns->at[i];
        double n = (double)p->n * o->scale;
        int32_t own[MOST_COMPARISONS], related = m->related_prior, total = S_pattern_weight(w, p, own, &related);
        double share = fmath_probability(&w->powers, total), r = share * n;
        double kin = (1 - share) * fmath_probability(&w->powers, related);
        double doubtful = S_doubtful(share) * n, strange = S_doubtful(share + kin) * n;
        S_expect_agreement(m, p, strange, e);
        S_expect_related(w, p, kin * n, strange, related, e);
        if (r < 1e-9)
            continue;
        e->matches += r;
        e->sources[p->sources >> 8][p->sources & 255] += r;
        if (S_is_typical(m, p, w->mean))
            e->typical[p->sources >> 8][p->sources & 255] += r;
        for (unsigned c = 0; c < m->n_comparisons; c++) {
            unsigned l = pattern_level(p->levels, c);
            if (l == LEVEL_NULL)
                continue;
            if (!comparison_is_related(&m->comparison[c], l))
                e->doubtful[c][l] += doubtful;
            if (own[c] > 0 && share > 1e-4)
                e->supported[c][l] += fmath_probability(&w->powers, total - own[c]) * n;
            if (own[c] > 0 && em_is_alone(m, p->sources, c, w->best))
                e->alone[c][l] += r;
            if (p->rules & ~o->reads[c])
                e->level[c][l] += r * S_teaches(w, c, l, total, own[c], related);
        }
        if (r > 1e-3)
            S_expect_joint(m, p, r, &e->joint);
    }
}

static void S_expect_piece(void *context, size_t item, unsigned worker)
{
    struct expect_work *w = context;
    size_t n = w->patterns->n;
    (void)worker;
    S_expect_some(w, n * item / EM_PIECES, n * (item + 1) / EM_PIECES, &w->piece[item]);
}

void em_expect(struct expect_work *w, struct expectation *e)
{
    static_assert(sizeof *e % sizeof(double) == 0, "an expectation is sums and nothing else");
    double *to = (double *)e;
    S_mean_weights(w->model, w->mean);
    em_best_weights(w->model, w->u, w->best);
    parallel_for(w->options->threads, EM_PIECES, S_expect_piece, w);
    memset(e, 0, sizeof *e);
    for (unsigned piece = 0; piece < EM_PIECES; piece++)
        for (size_t i = 0; i < sizeof *e / sizeof(double); i++)
            to[i] += ((const double *)&w->piece[piece])[i];
}

/* Maximisation: m, what relatives agree on, and the priors, from what an expectation step gathered. */
#include "matcher/em_step.h"

#include "base/fmath.h"
#include "matcher/relatives.h"
#include "matcher/train.h"

enum { LEAST_MATCHES_FOR_INTERACTION = 30 };
/* Relatives are held to the shipped figures with so many pseudo-pairs for each one seen: else they become whatever
 * group of pairs shares something, and households go to the matches. */
#define RELATIVES_ANCHOR 0.5
/* So are identifiers: products of a series have all in common but the number, and taken for matches they would teach
 * that numbers of matches differ. */
#define IDENTIFIER_ANCHOR 4.0
/* Nor are more matches believed than some comparison's agreeing pairs allow, when at least LEAST_AGREEMENT of all
 * matches agree on it. */
#define LEAST_AGREEMENT 0.5
#define LEAST_PRESENT 0.05

/* Matches at a level that labels tell of. */
static double S_known(const struct em_options *o, unsigned c, unsigned l)
{
    return o->labels ? LABEL_WORTH * o->labels->same[c][l] : 0;
}

/* Numbers of which relatives have the next ones: what is near is another thing. */
static bool S_has_neighbours(const struct comparison *x)
{
    return x->kind == CMP_IDENTIFIER && comparison_is_related(x, x->n_levels - 1);
}

double em_maximise(struct model *m, const struct expectation *e, const struct em_options *o)
{
    double change = 0;
    for (unsigned c = 0; c < m->n_comparisons; c++) {
        struct comparison *x = &m->comparison[c];
        const struct comparison_info *info = comparison_info(x->kind);
        double n = 0, known = 0;
        if (o->fixed_m >> c & 1 || (m->iterations < EM_WARM_UP && x->related_from > 0))
            continue;
        for (unsigned l = 0; l < x->n_levels; l++) {
            n += e->level[c][l];
            known += S_known(o, c, l);
        }
        for (unsigned l = 0; l < x->n_levels; l++) {
            double pseudo = TRAIN_PSEUDO_MATCHES + (S_has_neighbours(x) ? n * IDENTIFIER_ANCHOR : 0);
            double value = (e->level[c][l] + S_known(o, c, l) + pseudo * info->level[l].m) / (n + known + pseudo);
            double step = value - x->level[l].m;
            change = em_max(change, step < 0 ? -step : step);
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
void em_bound_m(struct model *m, const struct expectation *e, const struct u_counts *u, const struct em_options *o)
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
void em_maximise_related(struct model *m, const struct expectation *e, double most)
{
    double all = (double)m->n_reference * ((double)m->n_reference - 1) / 2;
    double relatives = e->relatives < most ? e->relatives : most, share = (relatives + 0.5) / (all + 1);
    share = share > 0.2 ? 0.2 : share;
    m->related_prior = weight_from_bits(fmath_log2(share) - fmath_log2(1 - share));
    for (unsigned c = 0; c < m->n_comparisons && m->iterations >= EM_WARM_UP; c++) {
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

double em_most_matches(const struct model *m, const struct u_counts *u)
{
    double all = (double)m->n_reference * ((double)m->n_reference - 1) / 2,
           most = (double)m->n_reference * EM_MOST_PARTNERS;
    for (unsigned c = 0; c < m->n_comparisons; c++) {
        const struct comparison *x = &m->comparison[c];
        double agreeing = 1, share = all > 0 ? u->pairs[c] / all : 0;
        unsigned last = S_has_neighbours(x) ? 0 : x->n_levels - 1;
        if (x->level[x->n_levels - 1].m > 1 - LEAST_AGREEMENT ||
            x->kind == CMP_ENCODING) /* a sample does not reach it */
            continue;
        for (unsigned l = 0; l < x->n_levels; l++)
            agreeing += x->level[l].weight > 0 && l <= last ? u->agreeing[c][l] : 0;
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

void em_priors(struct model *m, const struct expectation *e, double most)
{
    double typical_share = S_typical_share(e);
    double all_pairs = 0, all_matches = 0;
    double believed = e->matches > most ? most / e->matches : 1;
    for (unsigned i = 0; i < MOST_PRIOR_SOURCES; i++)
        for (unsigned j = i; j < MOST_PRIOR_SOURCES; j++) {
            double pairs = em_max(m->prior_pairs[i][j], 1), matches = S_matches_of(e, i, j, typical_share) * believed;
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

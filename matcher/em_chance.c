/* u: agreement among nonmatches, with the true matches taken out of what was counted. */
#include "matcher/em_step.h"

#include "matcher/train.h"

/* Agreement is taken for that of matches at most to so many times what the other comparisons alone support. */
#define MOST_UNSUPPORTED 1.25

/* Labelled nonmatches beside those looked at: the floor is half a pair of the latter. */
static void S_add_known_u(struct comparison *x, const double *known, const double *floor)
{
    double all_known = 0, sum = 0;
    for (unsigned l = 0; l < x->n_levels; l++)
        all_known += known[l];
    for (unsigned l = 0; l < x->n_levels && all_known > 0; l++) {
        double seen = 0.5 / floor[l];
        x->level[l].u = em_max((x->level[l].u * seen + known[l]) / (seen + all_known), floor[l]);
        x->level[l].u_n += known[l];
        sum += x->level[l].u;
    }
    for (unsigned l = 0; l < x->n_levels && all_known > 0; l++)
        x->level[l].u /= sum;
}

/*
 * Pairs at a level beyond what chance may explain, where nothing but the level itself can tell matches from chance (one
 * column; two columns of which one is a city): chance is as shipped. Of a key (e-mail, telephone, identifier: the
 * shipped u is EM_KEY_U or less), which does not become more frequent as files grow, chance is no more than the
 * agreement on values that more records have than a person can have.
 */
static double S_beyond_chance(const struct comparison *x, unsigned l, double agreeing, double pairs)
{
    double shipped = comparison_info(x->kind)->level[l].u, chance = shipped * pairs, common = 0;
    if (l == 0 && shipped <= EM_KEY_U && x->tf.total) {
        for (uint32_t i = 0; i < x->tf.n; i++)
            if (x->tf.count[i] > EM_MOST_PARTNERS + 1)
                common += (double)x->tf.count[i] * ((double)x->tf.count[i] - 1) / 2;
        chance = common < chance ? common : chance;
    }
    return em_max(agreeing - chance, 0);
}

/* Pairs at a level that are, or may be, those of matches. All of them, where nothing else testifies and the values are
 * the same text or name of an organisation. */
static double S_of_matches(const struct comparison *x, unsigned c, unsigned l, double agreeing, double pairs,
                           const struct expectation *e)
{
    double beyond = S_beyond_chance(x, l, agreeing, pairs), alone = e->alone[c][l] * MOST_UNSUPPORTED;
    if (l == 0 && em_names_one(x->kind) && alone > 4 * e->supported[c][l])
        return agreeing;
    double supported = e->supported[c][l] * MOST_UNSUPPORTED + (alone < beyond ? alone : beyond);
    double doubtful = e->doubtful[c][l];
    return x->level[l].weight > 0 && supported < doubtful ? supported : doubtful;
}

void em_correct_u(struct model *m, const struct u_counts *u, const struct expectation *e, const struct em_options *o)
{
    for (unsigned c = 0; c < m->n_comparisons; c++) {
        struct comparison *x = &m->comparison[c];
        double sum = 0, value[MOST_LEVELS], here = 0;
        if (o->fixed_u >> c & 1)
            continue;
        double most = (double)m->n_reference * EM_MOST_PARTNERS, removed[MOST_LEVELS];
        for (unsigned l = 0; l < x->n_levels; l++) {
            removed[l] = S_of_matches(x, c, l, u->agreeing[c][l], u->pairs[c], e);
            removed[l] = removed[l] < most ? removed[l] : most;
            here += removed[l];
        }
        const struct comparison_info *info = comparison_info(x->kind);
        for (unsigned l = 0; l < x->n_levels; l++) {
            double agreeing = u->agreeing[c][l] - removed[l];
            double n = em_max(u->pairs[c] - here, 1);
            value[l] = em_max(agreeing, 0) / n;
            /* a few pairs of the shipped default, weighed against those looked at */
            double weight = TRAIN_PSEUDO_PAIRS / (TRAIN_PSEUDO_PAIRS + u->seen[c]);
            value[l] = value[l] * (1 - weight) + info->level[l].u * weight;
            value[l] = em_max(value[l], u->floor[c][l]);
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

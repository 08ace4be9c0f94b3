#include "matcher/em.h"

#include <stdlib.h>

#include "base/fmath.h"
#include "matcher/em_step.h"
#include "matcher/relatives.h"

enum { MOST_RELATIVES = 20 };

void model_weigh_levels(struct model *m)
{
    for (unsigned c = 0; c < m->n_comparisons; c++)
        for (unsigned l = 0; l < m->comparison[c].n_levels; l++) {
            struct level *x = &m->comparison[c].level[l];
            int most = comparison_info(m->comparison[c].kind)->level[l].most_bits;
            x->weight = weight_from_bits(fmath_log2(em_max(x->m, 1e-12)) - fmath_log2(em_max(x->u, 1e-12)));
            if (most && x->weight > most * WEIGHT_ONE)
                x->weight = most * WEIGHT_ONE;
            x->related_weight =
                comparison_is_related(&m->comparison[c], l)
                    ? weight_from_bits(fmath_log2(em_max(x->related, 1e-12)) - fmath_log2(em_max(x->u, 1e-12)))
                    : 0;
        }
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
 * somebody is twice in the file. Only values that more records have than a person can have weigh less; texts and names
 * of organisations do not even then.
 */
static void S_frequencies_alone(struct model *m, const struct u_counts *u)
{
    int32_t best[MOST_COMPARISONS];
    uint32_t sources = 0; /* those that share most */
    em_best_weights(m, u, best);
    for (uint32_t i = 0; i < m->n_sources; i++)
        for (uint32_t j = i; j < m->n_sources; j++)
            if (m->prior[i][j] > m->prior[sources >> 8][sources & 255])
                sources = i << 8 | j;
    for (unsigned c = 0; c < m->n_comparisons; c++) {
        struct frequency_table *t = &m->comparison[c].tf;
        uint32_t n = 0;
        if (!em_is_alone(m, sources, c, best))
            continue;
        for (uint32_t i = 0; i < t->n; i++)
            if (t->count[i] > EM_MOST_PARTNERS + 1 && !em_names_one(m->comparison[c].kind)) {
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
    fmath_powers_init(&w->powers);
    w->related = xcalloc(RELATED_MOST - RELATED_LEAST + 1, sizeof *w->related);
    /* A hopeful start: as many matches as records. Pairs that agree on one field alone fall out in the next steps; from
     * a start without matches the fields that tell most would look like chance and stay so. */
    double most = em_most_matches(m, u), matches = most < (double)m->n_reference ? most : (double)m->n_reference,
           change = 1;
    S_hopeful(m, u, matches, e);
    for (unsigned c = 0; c < m->n_comparisons; c++)
        for (unsigned l = 0; l < m->comparison[c].n_levels; l++)
            m->comparison[c].level[l].related = comparison_is_related(&m->comparison[c], l)
                                                    ? relatives_level(&m->comparison[c], l)
                                                    : m->comparison[c].level[l].u;
    double all = (double)m->n_reference * ((double)m->n_reference - 1) / 2;
    m->related_prior = weight_from_bits(fmath_log2(em_max(matches, 1)) - fmath_log2(em_max(all, 4)));
    for (m->iterations = 0; m->iterations < o->most_iterations && (change > 1e-4 || m->iterations <= EM_WARM_UP);
         m->iterations++) {
        em_correct_u(m, u, e, o);
        model_weigh_levels(m);
        m->n_interactions = 0;
        if (m->iterations > 0)
            em_agree_tree(m, u, e);
        if (m->iterations > 3)
            em_differ_tree(m, &e->joint);
        em_expect(w, e);
        change = em_maximise(m, e, o);
        em_bound_m(m, e, u, o);
        em_maximise_related(m, e, MOST_RELATIVES * (double)m->n_reference);
        em_priors(m, e, em_most_matches(m, u));
        double step = (e->matches - matches) / em_max(e->matches, 1);
        change = em_max(change, (step < 0 ? -step : step) / 10);
        matches = e->matches;
    }
    model_weigh_levels(m);
    S_frequencies_alone(m, u);
    m->expected_matches = matches;
    free(w->related);
    free(w);
    free(e);
}

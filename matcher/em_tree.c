/* Interactions: two trees over the comparisons, of what agrees together by chance and what differs together among
 * matches. */
#include "matcher/em_step.h"

#include <stdlib.h>

#include "base/fmath.h"
#include "matcher/train.h"

enum { LEAST_JOINT = 3 };

/* Of the matches that differ in a part of the place, so many differ in another part too, before data says otherwise. */
#define MOVED_TOGETHER 0.8

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
void em_agree_tree(struct model *m, const struct u_counts *u, const struct expectation *e)
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

void em_differ_tree(struct model *m, const struct match_joint *j)
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

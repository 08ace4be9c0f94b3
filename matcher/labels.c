#include "matcher/labels.h"

#include <stdlib.h>

#include "base/parallel.h"

/* ------------------------------------------------------------------ counts */

struct counting {
    const struct scorer *scorer;
    const struct labelled_pair *pair;
    size_t n;
    struct label_counts *out;
};

static void S_count(void *context, size_t item, unsigned worker)
{
    const struct counting *w = context;
    unsigned c = (unsigned)item;
    for (size_t i = 0; i < w->n; i++) {
        unsigned level = scorer_level(w->scorer, worker, c, w->pair[i].a, w->pair[i].b);
        if (level != LEVEL_NULL)
            (w->pair[i].same ? w->out->same : w->out->different)[c][level]++;
    }
}

void labels_count(const struct scorer *s, const struct labelled_pair *pair, size_t n, bool fair,
                  struct label_counts *out)
{
    struct counting w = {s, pair, n, out};
    *out = (struct label_counts){.fair = fair};
    parallel_for(s->workers, s->model->n_comparisons, S_count, &w);
}

/* ------------------------------------------------------------------ threshold */

static int S_heaviest(const void *p, const void *q)
{
    const struct labelled_weight *x = p, *y = q;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return (int)y->same - (int)x->same;
}

static int64_t S_distance(int32_t a, int32_t b)
{
    int64_t d = (int64_t)a - b;
    return d < 0 ? -d : d;
}

/* The cut that keeps w[0 .. kept): between its neighbours, or where we are when that keeps the same. */
static int32_t S_cut(const struct labelled_weight *w, size_t n, size_t kept, int32_t current)
{
    int64_t above = kept ? w[kept - 1].weight : INT32_MAX, below = kept < n ? w[kept].weight : SCORE_NEVER;
    if (current <= above && current > below)
        return current;
    if (!kept)
        return (int32_t)below + 1;
    return (int32_t)(kept < n ? below + (above - below + 1) / 2 : above);
}

/* Are there more pairs that only the new cut judges rightly than chance would have it? */
static bool S_is_better(const struct labelled_weight *w, size_t n, int32_t cut, int32_t current)
{
    double right = 0, wrong = 0;
    for (size_t i = 0; i < n; i++) {
        bool before = w[i].weight >= current, after = w[i].weight >= cut;
        if (before != after)
            *(after == w[i].same ? &right : &wrong) += 1;
    }
    return right > wrong && (right - wrong) * (right - wrong) > right + wrong;
}

int32_t labels_threshold(struct labelled_weight *w, size_t n, uint64_t missed, int32_t current)
{
    uint64_t same = missed, right = 0;
    double most = -1;
    int32_t best = current;
    for (size_t i = 0; i < n; i++)
        same += w[i].same;
    if (same - missed < LEAST_LABELS || n - (same - missed) < LEAST_LABELS)
        return current;
    qsort(w, n, sizeof *w, S_heaviest);
    for (size_t kept = 0; kept <= n; kept++) {
        right += kept && w[kept - 1].same;
        if (kept && kept < n && w[kept].weight == w[kept - 1].weight)
            continue;
        double f1 = kept + same ? 2 * (double)right / (double)(kept + same) : 0;
        int32_t cut = S_cut(w, n, kept, current);
        if (f1 > most || (!(f1 < most) && S_distance(cut, current) < S_distance(best, current))) {
            most = f1;
            best = cut;
        }
    }
    return best != current && S_is_better(w, n, best, current) ? best : current;
}

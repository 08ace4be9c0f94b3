#include "engine/plan_evidence.h"

#define NO_EVENT UINT32_MAX

struct search {
    const struct apply_run *run;
    const struct identity_event *event;
    struct plan_evidence *evidence;
    uint32_t *of_row;    /* [n_rows] the record's event */
    uint32_t *of_master; /* [n_masters] the event of a merged master */
};

static void S_better(struct plan_pair *best, struct plan_pair pair)
{
    bool better = best->a == ASSIGN_NONE || (pair.forced && !best->forced) ||
                  (pair.forced == best->forced &&
                   (pair.weight > best->weight ||
                    (pair.weight == best->weight && (pair.a < best->a || (pair.a == best->a && pair.b < best->b)))));
    if (better)
        *best = pair;
}

/* The master that a row was in until now, redirects followed; ASSIGN_NONE when it is new. */
static uint32_t S_old(const struct search *s, uint32_t row)
{
    const struct assign_input *in = &s->run->assign_in;
    uint32_t old = in->old[row];
    while (old != ASSIGN_NONE && in->master[old].status == MASTER_REDIRECTED && in->master[old].target != ASSIGN_NONE)
        old = in->master[old].target;
    return old;
}

/* What a pair says of the event of its first row, and of that row's old master. */
static void S_look(const struct search *s, uint32_t row, uint32_t with, struct plan_pair pair)
{
    const uint32_t *cluster = s->run->matching.clusters.cluster;
    uint32_t i = s->of_row[row], old = S_old(s, row), other = S_old(s, with);
    bool together = cluster[row] == cluster[with];
    if (i != NO_EVENT && together)
        S_better(&s->evidence[i].joined, pair);
    if (i != NO_EVENT && !together && s->event[i].other != ASSIGN_NONE && s->event[i].other == other)
        S_better(&s->evidence[i].apart, pair);
    if (old != ASSIGN_NONE && together && old != other && s->of_master[old] != NO_EVENT)
        S_better(&s->evidence[s->of_master[old]].joined, pair);
}

static void S_pair(const struct search *s, uint32_t a, uint32_t b, int32_t weight, bool forced)
{
    struct plan_pair pair = {a, b, weight, forced};
    S_look(s, a, b, pair);
    S_look(s, b, a, pair);
}

struct plan_evidence *plan_evidence(const struct apply_run *r, const struct identity_event *event, size_t n,
                                    struct arena *out)
{
    uint32_t n_rows = r->load.batch.n_rows, n_masters = r->previous.n_masters;
    struct search s = {r, event, ARENA_NEW(out, struct plan_evidence, n + 1), ARENA_NEW(out, uint32_t, n_rows + 1),
                       ARENA_NEW(out, uint32_t, n_masters + 1)};
    memset(s.of_row, 0xFF, n_rows * sizeof *s.of_row);
    memset(s.of_master, 0xFF, n_masters * sizeof *s.of_master);
    for (size_t i = 0; i < n; i++) {
        s.evidence[i].joined.a = s.evidence[i].apart.a = ASSIGN_NONE;
        if (event[i].kind == EVENT_MERGED)
            s.of_master[event[i].master] = (uint32_t)i;
        else if (event[i].record < n_rows)
            s.of_row[event[i].record] = (uint32_t)i;
    }
    if (!n)
        return s.evidence;
    for (size_t i = 0; i < r->matching.n_forced; i++)
        if (r->matching.forced[i].same)
            S_pair(&s, r->matching.forced[i].a, r->matching.forced[i].b, 0, true);
    for (size_t i = 0; i < r->matching.edges.n; i++)
        S_pair(&s, r->matching.edges.edge[i].a, r->matching.edges.edge[i].b, r->matching.edges.edge[i].weight, false);
    return s.evidence;
}

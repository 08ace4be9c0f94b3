/* The rule of identity/assign.h, line by line: slow and obvious, to hold the fast one to. */
#ifndef IDEM_TESTS_ASSIGN_TWIN_H
#define IDEM_TESTS_ASSIGN_TWIN_H

#include "identity/assign.h"

enum { NONE = -1, MOST = 40 };

/* A small world; -1 stands for none. */
struct world {
    uint32_t n_records, n_clusters, n_masters;
    uint32_t cluster[MOST], old[MOST], home[MOST], rank[MOST];
    struct assign_master master[MOST];
};

static inline struct assign_input world_input(const struct world *w)
{
    return (struct assign_input){w->n_records, w->cluster,    w->old,       w->home,
                                 w->rank,      w->n_clusters, w->n_masters, w->master};
}

struct twin {
    uint32_t final[MOST], was[MOST], home[MOST], master[MOST], target[MOST];
    int status[MOST], before[MOST];
    bool taken[MOST];
    uint32_t n_new;
};

void assign_twin(const struct world *w, struct twin *t);

#endif

#include "assign_twin.h"

static void S_chains(const struct world *w, struct twin *t)
{
    for (uint32_t m = 0; m < w->n_masters; m++)
        t->before[m] = w->master[m].status;
    for (uint32_t m = 0; m < w->n_masters; m++) {
        bool seen[MOST] = {false};
        uint32_t end = m;
        while (t->before[end] == MASTER_REDIRECTED && !seen[end]) {
            seen[end] = true;
            end = w->master[end].target;
        }
        if (t->before[end] == MASTER_REDIRECTED)
            t->before[end] = MASTER_RETIRED;
    }
    for (uint32_t m = 0; m < w->n_masters; m++) {
        t->final[m] = m;
        while (t->before[t->final[m]] == MASTER_REDIRECTED)
            t->final[m] = w->master[t->final[m]].target;
    }
    for (uint32_t i = 0; i < w->n_records; i++) {
        uint32_t old = w->old[i];
        t->was[i] = old != ASSIGN_NONE && t->before[t->final[old]] == MASTER_ACTIVE ? t->final[old] : ASSIGN_NONE;
        t->home[i] = w->home[i];
        if (t->home[i] == ASSIGN_NONE && old != ASSIGN_NONE && t->before[old] != MASTER_ACTIVE)
            t->home[i] = old;
        if (t->home[i] != ASSIGN_NONE && t->before[t->home[i]] == MASTER_ERASED)
            t->home[i] = ASSIGN_NONE;
    }
}

static uint32_t S_count(const struct world *w, const uint32_t *of, uint32_t m, uint32_t c)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->n_records; i++)
        n += of[i] == m && w->cluster[i] == c;
    return n;
}

static uint32_t S_foreign(const struct world *w, const struct twin *t, const uint32_t *of, uint32_t m, uint32_t c)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->n_records; i++)
        n += of[i] == m && w->cluster[i] == c && t->home[i] != ASSIGN_NONE && t->home[i] != m;
    return n;
}

static uint32_t S_key(const struct world *w, uint32_t c)
{
    uint32_t key = UINT32_MAX;
    for (uint32_t i = 0; i < w->n_records; i++)
        if (w->cluster[i] == c && w->rank[i] < key)
            key = w->rank[i];
    return key;
}

static bool S_may_claim(const struct world *w, const struct twin *t, bool memory, uint32_t m, uint32_t c)
{
    uint32_t n = S_count(w, memory ? t->home : t->was, m, c);
    if (!n || t->taken[m] || t->master[c] != ASSIGN_NONE)
        return false;
    for (uint32_t other = 0; memory && other < w->n_clusters; other++)
        if (S_count(w, t->was, m, other) || S_count(w, t->home, m, other) > n)
            return false;
    return true;
}

static bool S_grant_best(const struct world *w, struct twin *t, bool memory)
{
    const uint32_t *of = memory ? t->home : t->was;
    uint32_t best_m = ASSIGN_NONE, best_c = 0, best = 0;
    for (uint32_t m = 0; m < w->n_masters; m++)
        for (uint32_t c = 0; c < w->n_clusters; c++) {
            uint32_t n = S_count(w, of, m, c);
            if (!S_may_claim(w, t, memory, m, c) || n < best)
                continue;
            uint32_t foreign = S_foreign(w, t, of, m, c), least = S_foreign(w, t, of, best_m, best_c);
            if (n == best && (best_m < m || least < foreign || (least == foreign && S_key(w, best_c) < S_key(w, c))))
                continue;
            best = n, best_m = m, best_c = c;
        }
    if (best_m == ASSIGN_NONE)
        return false;
    t->taken[best_m] = true;
    t->master[best_c] = best_m;
    return true;
}

static void S_mint(const struct world *w, struct twin *t)
{
    for (;;) {
        uint32_t next = ASSIGN_NONE;
        for (uint32_t c = 0; c < w->n_clusters; c++)
            if (t->master[c] == ASSIGN_NONE && (next == ASSIGN_NONE || S_key(w, c) < S_key(w, next)))
                next = c;
        if (next == ASSIGN_NONE)
            return;
        t->master[next] = w->n_masters + t->n_new++;
    }
}

static uint32_t S_follow(const struct world *w, const struct twin *t, const uint32_t *of, uint32_t m)
{
    uint32_t best = 0, target = ASSIGN_NONE;
    for (uint32_t c = 0; c < w->n_clusters; c++) {
        uint32_t n = S_count(w, of, m, c), holder = t->master[c];
        bool better = n == best && target != t->final[m] && (holder == t->final[m] || holder < target);
        if (n && (n > best || better))
            best = n, target = holder;
    }
    return target;
}

static void S_settle(const struct world *w, struct twin *t)
{
    for (uint32_t m = 0; m < w->n_masters; m++) {
        uint32_t target = S_follow(w, t, t->was, m);
        if (target == ASSIGN_NONE)
            target = S_follow(w, t, t->home, m);
        t->status[m] = t->before[m];
        t->target[m] = ASSIGN_NONE;
        if (t->before[m] == MASTER_ERASED)
            continue;
        if (t->taken[m])
            t->status[m] = MASTER_ACTIVE;
        else if (target != ASSIGN_NONE)
            t->status[m] = MASTER_REDIRECTED, t->target[m] = target;
        else if (t->before[m] != MASTER_REDIRECTED)
            t->status[m] = MASTER_RETIRED;
    }
    for (uint32_t m = 0; m < w->n_masters; m++)
        if (t->status[m] == MASTER_REDIRECTED && t->target[m] == ASSIGN_NONE) {
            uint32_t end = t->final[m];
            t->target[m] = t->status[end] == MASTER_REDIRECTED ? t->target[end] : end;
        }
}

void assign_twin(const struct world *w, struct twin *t)
{
    *t = (struct twin){0};
    for (uint32_t c = 0; c < w->n_clusters; c++)
        t->master[c] = ASSIGN_NONE;
    S_chains(w, t);
    while (S_grant_best(w, t, false))
        continue;
    while (S_grant_best(w, t, true))
        continue;
    S_mint(w, t);
    S_settle(w, t);
}

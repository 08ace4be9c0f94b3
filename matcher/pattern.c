#include "matcher/pattern.h"

#include <stdlib.h>

#include "base/hash.h"
#include "matcher/pair_sample.h"

struct pattern_table {
    struct pattern *slot; /* n = 0: empty */
    size_t room, used;
};

struct pattern_count {
    const struct scorer *scorer;
    const struct key_set *keys;
    struct pattern_table *table; /* [workers] */
};

static uint64_t S_hash(const struct pattern *p)
{
    return hash_combine(p->levels, hash_combine(p->rules, p->sources));
}

static void S_add(struct pattern_table *t, const struct pattern *p)
{
    if (t->used * 4 >= t->room * 3) {
        struct pattern_table old = *t;
        t->room = old.room ? old.room * 2 : 4096;
        t->used = 0;
        t->slot = xcalloc(t->room, sizeof *t->slot);
        for (size_t i = 0; i < old.room; i++)
            if (old.slot[i].n)
                S_add(t, &old.slot[i]);
        free(old.slot);
    }
    for (size_t i = S_hash(p) & (t->room - 1);; i = (i + 1) & (t->room - 1)) {
        struct pattern *s = &t->slot[i];
        if (s->n == 0) {
            *s = *p;
            t->used++;
            return;
        }
        if (s->levels == p->levels && s->rules == p->rules && s->sources == p->sources) {
            s->n += p->n;
            return;
        }
    }
}

static uint64_t S_rules(const struct pattern_count *w, struct row_pair pair, uint32_t rule)
{
    uint64_t rules = 1ULL << rule;
    uint64_t later = key_set_may_share(w->keys, pair.a, pair.b) & ~((2ULL << rule) - 1);
    for (; later; later &= later - 1)
        if (key_set_shared(w->keys, (unsigned)__builtin_ctzll(later), pair.a, pair.b))
            rules |= later & -later;
    return rules;
}

static void S_count(const struct pattern_count *w, unsigned worker, struct row_pair pair, uint64_t rules,
                    const struct pair_levels *levels)
{
    const struct scorer *s = w->scorer;
    struct pattern p = {.rules = rules, .n = 1};
    for (unsigned i = 0; i < s->model->n_comparisons; i++)
        p.levels |= (uint64_t)levels->level[i] << 4 * i;
    unsigned i = s->source_class[s->batch->source[pair.a]], j = s->source_class[s->batch->source[pair.b]];
    p.sources = i < j ? i << 8 | j : j << 8 | i;
    S_add(&w->table[worker], &p);
}

static bool S_unlike(const struct batch *b, struct row_pair pair)
{
    uint8_t x = b->entity[pair.a], y = b->entity[pair.b];
    return x != y && x != ENTITY_UNKNOWN && y != ENTITY_UNKNOWN;
}

enum { SOME = 128 };

static void S_visit(void *context, unsigned worker, const struct row_pair *pair, size_t n, uint32_t rule,
                    struct edge_list *out)
{
    const struct pattern_count *w = context;
    struct pair_levels levels[SOME];
    (void)out;
    for (size_t from = 0; from < n; from += SOME) {
        size_t here = n - from < SOME ? n - from : SOME;
        scorer_levels_pairs(w->scorer, worker, pair + from, here, levels);
        for (size_t k = 0; k < here; k++)
            if (!S_unlike(w->scorer->batch, pair[from + k]))
                S_count(w, worker, pair[from + k], S_rules(w, pair[from + k], rule), &levels[k]);
    }
}

static void S_visit_sampled(void *context, unsigned worker, const struct sampled_pair *sampled, size_t n)
{
    const struct pattern_count *w = context;
    struct pair_levels levels[SOME];
    struct row_pair pair[SOME];
    for (size_t from = 0; from < n; from += SOME) {
        size_t here = n - from < SOME ? n - from : SOME;
        for (size_t k = 0; k < here; k++)
            pair[k] = sampled[from + k].pair;
        scorer_levels_pairs(w->scorer, worker, pair, here, levels);
        for (size_t k = 0; k < here; k++)
            if (!S_unlike(w->scorer->batch, pair[k]))
                S_count(w, worker, pair[k], sampled[from + k].rules, &levels[k]);
    }
}

static int S_order(const void *a, const void *b)
{
    const struct pattern *x = a, *y = b;
    if (x->levels != y->levels)
        return x->levels < y->levels ? -1 : 1;
    if (x->rules != y->rules)
        return x->rules < y->rules ? -1 : 1;
    return (x->sources > y->sources) - (x->sources < y->sources);
}

static uint64_t S_all_pairs(struct pattern_count *w, unsigned threads)
{
    struct edge_list none = {0};
    struct block_losses losses = {0};
    struct block_walk walk = {.model = w->scorer->model,
                              .batch = w->scorer->batch,
                              .keys = w->keys,
                              .threads = threads,
                              .visit = S_visit,
                              .context = w};
    uint64_t pairs = block_walk(&walk, &none, &losses);
    edge_list_deinit(&none);
    return pairs;
}

void patterns_count(struct patterns *p, const struct scorer *s, const struct key_set *keys, unsigned threads,
                    unsigned one_in)
{
    struct pattern_table merged = {0};
    struct pattern_count w = {s, keys, xcalloc(s->workers, sizeof *w.table)};
    struct pair_sample sample = {s->model, keys, threads, one_in, S_visit_sampled, &w};
    *p = (struct patterns){.pairs = one_in > 1 ? pair_sample_walk(&sample) : S_all_pairs(&w, threads)};
    for (unsigned i = 0; i < s->workers; i++) {
        for (size_t k = 0; k < w.table[i].room; k++)
            if (w.table[i].slot[k].n)
                S_add(&merged, &w.table[i].slot[k]);
        free(w.table[i].slot);
    }
    free(w.table);
    p->at = xmalloc(merged.used * sizeof *p->at);
    for (size_t k = 0; k < merged.room; k++)
        if (merged.slot[k].n)
            p->at[p->n++] = merged.slot[k];
    free(merged.slot);
    qsort(p->at, p->n, sizeof *p->at, S_order);
}

void patterns_deinit(struct patterns *p)
{
    free(p->at);
    *p = (struct patterns){0};
}

/*
 * The pairs that are wrong or missed, one by one: found inside the groups that hold them, weighed, and asked why. Past
 * `sample` pairs a sample is drawn, every pair with the same chance, the same with the same input.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "base/parallel.h"
#include "base/radix.h"
#include "engine/evaluate.h"
#include "engine/matching.h"
#include "store/steward.h"

enum { PAIRS_A_PIECE = 1024, MOST_DRAWS_A_PAIR = 64 };

static void S_add(struct judged_pairs *p, uint32_t a, uint32_t b)
{
    if (p->n == p->room) {
        p->room = p->room ? p->room * 2 : 256;
        p->pair = xrealloc(p->pair, p->room * sizeof *p->pair);
    }
    p->pair[p->n++] = (struct judged_pair){.a = a < b ? a : b, .b = a < b ? b : a};
}

/* ------------------------------------------------------------------ pairs alike by one number and unlike by another */

/* Items in the order of (outer, inner): the pairs looked for are of one outer and two inner groups. Those of the item
 * at `i` with later ones are from[i] .. to[i]; before[i] such pairs are of earlier items. */
struct grouping {
    const struct evaluate *e;
    uint32_t *item, *from, *to;
    uint64_t *before;
    uint64_t reach;
};

static void S_group(struct grouping *g, const struct evaluate *e, const uint64_t *outer_inner)
{
    uint32_t n = e->n_items;
    struct key_row *entry = xmalloc(((size_t)n + 1) * sizeof *entry),
                   *scratch = xmalloc(((size_t)n + 1) * sizeof *entry);
    *g = (struct grouping){.e = e};
    g->item = xmalloc(((size_t)n + 1) * sizeof *g->item);
    g->from = xmalloc(((size_t)n + 1) * sizeof *g->from);
    g->to = xmalloc(((size_t)n + 1) * sizeof *g->to);
    g->before = xmalloc(((size_t)n + 1) * sizeof *g->before);
    for (uint32_t i = 0; i < n; i++)
        entry[i] = (struct key_row){outer_inner[i], i};
    radix_sort(entry, scratch, n);
    for (uint32_t i = n; i-- > 0;) {
        bool last = i + 1 == n;
        g->item[i] = entry[i].row;
        g->from[i] = !last && entry[i].key == entry[i + 1].key ? g->from[i + 1] : i + 1;
        g->to[i] = !last && entry[i].key >> 32 == entry[i + 1].key >> 32 ? g->to[i + 1] : i + 1;
    }
    for (uint32_t i = 0; i < n; i++) {
        g->before[i] = g->reach;
        g->reach += g->to[i] - g->from[i];
    }
    free(entry);
    free(scratch);
}

static void S_ungroup(struct grouping *g)
{
    free(g->item);
    free(g->from);
    free(g->to);
    free(g->before);
}

/* Counts it, and is it not one that the truth lists? */
static bool S_wanted(const struct evaluate *e, uint32_t a, uint32_t b)
{
    return evaluate_counts_pair(e, a, b) && pair_set_find(&e->listed, a, b) == PAIR_NONE;
}

/* Position whose pairs hold number `k`. */
static uint32_t S_position(const struct grouping *g, uint64_t k)
{
    uint32_t low = 0, high = g->e->n_items;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (g->before[middle] <= k)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void S_draw(const struct grouping *g, struct judged_pairs *out)
{
    uint64_t state = 0x6964656d, draws = g->e->sample * MOST_DRAWS_A_PAIR;
    for (uint64_t d = 0; d < draws && out->n < g->e->sample; d++) {
        uint64_t k = random_below(&state, g->reach);
        uint32_t i = S_position(g, k), j = g->from[i] + (uint32_t)(k - g->before[i]);
        if (S_wanted(g->e, g->item[i], g->item[j]))
            S_add(out, g->item[i], g->item[j]);
    }
}

static void S_find(const struct evaluate *e, const uint64_t *outer_inner, struct judged_pairs *out)
{
    struct grouping g;
    S_group(&g, e, outer_inner);
    if (out->all > e->sample || g.reach / 16 > e->sample) {
        S_draw(&g, out);
    } else {
        for (uint32_t i = 0; i < e->n_items; i++)
            for (uint32_t j = g.from[i]; j < g.to[i]; j++)
                if (S_wanted(e, g.item[i], g.item[j]))
                    S_add(out, g.item[i], g.item[j]);
    }
    S_ungroup(&g);
}

/* Labelled pairs are a list already: missed are the same ones apart, wrong the different ones together. */
static void S_find_listed(const struct evaluate *e, bool same, struct judged_pairs *out)
{
    uint64_t one_in = out->all / (e->sample ? e->sample : 1), state = 0x6964656d;
    for (size_t i = 0; i < e->truth.n_pairs; i++) {
        const struct truth_pair *p = &e->truth.pair[i];
        uint32_t a = e->item_of_record[p->a], b = e->item_of_record[p->b];
        bool together = e->item[a].master == e->item[b].master;
        if (p->same != same || together == same || !evaluate_counts_pair(e, a, b))
            continue;
        if (out->all <= e->sample || (random_below(&state, one_in + 1) == 0 && out->n < e->sample))
            S_add(out, a, b);
    }
}

static void S_find_all(struct evaluate *e)
{
    uint64_t *key = xmalloc(((size_t)e->n_items + 1) * sizeof *key);
    bool clusters = e->truth.shape == TRUTH_CLUSTERS;
    e->missed.all = e->pairs.all_truth - e->pairs.all_right;
    e->wrong.all = e->pairs.all_found - e->pairs.all_right;
    for (uint32_t i = 0; i < e->n_items; i++)
        key[i] = (uint64_t)e->item[i].entity << 32 | e->item[i].master;
    if (clusters)
        S_find(e, key, &e->missed);
    else
        S_find_listed(e, true, &e->missed);
    for (uint32_t i = 0; i < e->n_items; i++)
        key[i] = (uint64_t)e->item[i].master << 32 | (clusters ? e->item[i].entity : i);
    if (e->truth.shape == TRUTH_LABELS)
        S_find_listed(e, false, &e->wrong);
    else
        S_find(e, key, &e->wrong);
    free(key);
}

/* ------------------------------------------------------------------ why */

/* Keys of blocks that are too large to be compared: sharing one of them proposes nothing. */
struct lost_keys {
    uint64_t *key; /* sorted */
    size_t n;
};

struct judge {
    const struct evaluate *e;
    struct judged_pairs *pairs;
    const struct lost_keys *lost; /* [n_rules] */
    bool wrong;
};

static struct lost_keys S_lost(const struct rule_keys *k, uint32_t n_rows)
{
    size_t n = k->at[n_rows], kept = 0;
    uint64_t *key = xmalloc((n + 1) * sizeof *key), *scratch = xmalloc((n + 1) * sizeof *scratch);
    if (n)
        memcpy(key, k->key, n * sizeof *key);
    radix_sort_u64(key, scratch, n);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && key[end] == key[i]; end++)
            ;
        if (end - i > MOST_BLOCK)
            key[kept++] = key[i];
    }
    free(scratch);
    return (struct lost_keys){key, kept};
}

static int S_by_number(const void *p, const void *q)
{
    uint64_t x = *(const uint64_t *)p, y = *(const uint64_t *)q;
    return (x > y) - (x < y);
}

static bool S_reaches(const struct rule_keys *k, const struct lost_keys *lost, uint32_t a, uint32_t b)
{
    if (!lost->n)
        return keys_shared(k, a, b) != 0;
    for (uint32_t i = k->at[a], j = k->at[b]; i < k->at[a + 1] && j < k->at[b + 1];) {
        uint64_t x = k->key[i], y = k->key[j];
        if (x == y && !bsearch(&x, lost->key, lost->n, sizeof x, S_by_number))
            return true;
        i += x <= y;
        j += y <= x;
    }
    return false;
}

static bool S_proposed(const struct judge *w, uint32_t a, uint32_t b)
{
    for (unsigned r = 0; r < w->e->keys.n_rules; r++)
        if (S_reaches(&w->e->keys.rule[r], &w->lost[r], a, b))
            return true;
    return false;
}

/* 1 a person or the configuration's rules say same, 0 they say different, -1 nothing. */
static int S_rule(const struct evaluate *e, uint32_t a, uint32_t b)
{
    const struct config *c = e->session->config;
    uint32_t verdict = pair_set_find(&e->decided, a, b);
    if (verdict != PAIR_NONE)
        return verdict == STORE_SAME;
    if (!c || !c->n_rules)
        return -1;
    int rule = matching_rule_of(c, &e->stored.batch, e->field_of, a, b);
    return rule < 0 ? -1 : c->rule[rule].verdict == RULE_SAME;
}

static enum missed_reason S_why_missed(const struct judge *w, uint32_t a, uint32_t b, int32_t weight)
{
    int rule = S_rule(w->e, a, b);
    if (scorer_never(&w->e->scorer, a, b) || rule == 0)
        return MISSED_RULE;
    if (!S_proposed(w, a, b))
        return MISSED_BLOCKING;
    return weight < w->e->stored.model.match_threshold && rule < 0 ? MISSED_SCORING : MISSED_CLUSTERING;
}

static enum wrong_reason S_why_wrong(const struct judge *w, uint32_t a, uint32_t b, int32_t weight)
{
    if (S_rule(w->e, a, b) == 1)
        return WRONG_RULE;
    return weight >= w->e->stored.model.match_threshold ? WRONG_SCORING : WRONG_CLUSTERING;
}

static void S_judge_piece(void *context, size_t piece, unsigned worker)
{
    const struct judge *w = context;
    size_t from = piece * PAIRS_A_PIECE, to = from + PAIRS_A_PIECE;
    to = to < w->pairs->n ? to : w->pairs->n;
    for (size_t i = from; i < to; i++) {
        struct judged_pair *p = &w->pairs->pair[i];
        uint32_t a = w->e->item[p->a].row, b = w->e->item[p->b].row;
        p->weight = SCORE_NEVER;
        p->reason = MISSED_RECORD;
        if (a == STORED_NONE || b == STORED_NONE)
            continue;
        if (!scorer_never(&w->e->scorer, a, b))
            p->weight = scorer_score(&w->e->scorer, worker, a, b);
        p->reason = (uint8_t)(w->wrong ? (int)S_why_wrong(w, a, b, p->weight) : (int)S_why_missed(w, a, b, p->weight));
    }
}

static void S_judge(struct judge *w)
{
    parallel_for(w->e->threads, (w->pairs->n + PAIRS_A_PIECE - 1) / PAIRS_A_PIECE, S_judge_piece, w);
    for (size_t i = 0; i < w->pairs->n; i++)
        w->pairs->by_reason[w->pairs->pair[i].reason]++;
}

void evaluate_judge(struct evaluate *e)
{
    struct lost_keys lost[MOST_RULES] = {{0}};
    for (unsigned r = 0; r < e->keys.n_rules && e->curve.losses.blocks; r++)
        if (e->stored.model.rule[r].key[0].derivation != KEY_ALL)
            lost[r] = S_lost(&e->keys.rule[r], e->keys.n_rows);
    S_find_all(e);
    S_judge(&(struct judge){e, &e->missed, lost, false});
    S_judge(&(struct judge){e, &e->wrong, lost, true});
    for (unsigned r = 0; r < MOST_RULES; r++)
        free(lost[r].key);
}

/* Pairs, B-cubed and exact clusters from counts of cells: linear in the records, but for a sort by number. */
#include <stdlib.h>

#include "base/radix.h"
#include "engine/evaluate.h"

struct prf evaluate_prf(double right, double found, double truth)
{
    struct prf x = {found > 0 ? right / found : 1, truth > 0 ? right / truth : 1, 0};
    if (x.precision + x.recall > 0)
        x.f1 = 2 * x.precision * x.recall / (x.precision + x.recall);
    return x;
}

static unsigned S_bucket(const struct evaluate *e, uint32_t item)
{
    uint32_t source = e->item[item].source;
    return source < e->n_buckets - 1 ? source : e->n_buckets - 1;
}

static uint64_t S_pairs_of(uint64_t n)
{
    return n * (n - (n > 0)) / 2;
}

static void S_count_pair(const struct evaluate *e, uint64_t *count, uint64_t *all, uint32_t a, uint32_t b)
{
    unsigned x = S_bucket(e, a), y = S_bucket(e, b);
    count[x < y ? x * e->n_buckets + y : y * e->n_buckets + x]++;
    ++*all;
}

/* ------------------------------------------------------------------ groups of items with one label */

/* How many of a group are in each bucket. */
struct group {
    uint64_t n[MOST_BUCKETS], within[MOST_BUCKETS]; /* within: pairs of one source */
    unsigned bucket[MOST_BUCKETS], n_buckets;
};

static void S_close_group(const struct evaluate *e, struct group *g, uint64_t *count, uint64_t *all)
{
    for (unsigned i = 0; i < g->n_buckets; i++)
        for (unsigned k = i; k < g->n_buckets; k++) {
            unsigned x = g->bucket[i], y = g->bucket[k]; /* ascending: items come by source */
            uint64_t pairs = x == y ? S_pairs_of(g->n[x]) : g->n[x] * g->n[y];
            pairs -= x == y && e->options->cross_source ? g->within[x] : 0;
            count[x * e->n_buckets + y] += pairs;
            *all += pairs;
        }
    for (unsigned i = 0; i < g->n_buckets; i++)
        g->n[g->bucket[i]] = g->within[g->bucket[i]] = 0;
    g->n_buckets = 0;
}

static void S_count_groups(const struct evaluate *e, const uint64_t *label, uint64_t *count, uint64_t *all)
{
    struct key_row *entry = xmalloc(((size_t)e->n_items + 1) * sizeof *entry),
                   *scratch = xmalloc(((size_t)e->n_items + 1) * sizeof *scratch);
    struct group *g = xcalloc(1, sizeof *g);
    for (uint32_t i = 0; i < e->n_items; i++)
        entry[i] = (struct key_row){e->item[i].source, i};
    radix_sort(entry, scratch, e->n_items);
    for (uint32_t i = 0; i < e->n_items; i++)
        entry[i].key = label[entry[i].row];
    radix_sort(entry, scratch, e->n_items);
    for (uint32_t i = 0, end; i < e->n_items; i = end) {
        uint32_t source = e->item[entry[i].row].source;
        unsigned bucket = S_bucket(e, entry[i].row);
        for (end = i + 1;
             end < e->n_items && entry[end].key == entry[i].key && e->item[entry[end].row].source == source; end++)
            ;
        if (!g->n[bucket])
            g->bucket[g->n_buckets++] = bucket;
        g->n[bucket] += end - i;
        g->within[bucket] += S_pairs_of(end - i);
        if (end == e->n_items || entry[end].key != entry[i].key)
            S_close_group(e, g, count, all);
    }
    free(g);
    free(entry);
    free(scratch);
}

/* ------------------------------------------------------------------ clusters */

static void S_cell(struct evaluate *e, uint64_t cell, uint64_t n, const uint32_t *of_master, const uint32_t *of_entity,
                   uint8_t *seen_entity, uint8_t *seen_master)
{
    uint32_t master = (uint32_t)(cell >> 32), entity = (uint32_t)cell;
    struct cluster_counts *c = &e->clusters;
    c->b3_precision += (double)n * (double)n / of_master[master];
    c->b3_recall += (double)n * (double)n / of_entity[entity];
    c->exact += n == of_master[master] && n == of_entity[entity];
    /* the second cell of an entity splits it, the second of a master mixes it */
    c->split += seen_entity[entity] == 1;
    c->mixed += seen_master[master] == 1;
    seen_entity[entity] += seen_entity[entity] < 2;
    seen_master[master] += seen_master[master] < 2;
}

static void S_count_cells(struct evaluate *e, const uint64_t *cell)
{
    uint64_t *sorted = xmalloc(((size_t)e->n_items + 1) * sizeof *sorted),
             *scratch = xmalloc(((size_t)e->n_items + 1) * sizeof *scratch);
    uint32_t *of_master = xcalloc((size_t)e->n_masters + 1, sizeof *of_master),
             *of_entity = xcalloc((size_t)e->truth.n_entities + 1, sizeof *of_entity);
    uint8_t *seen_entity = xcalloc((size_t)e->truth.n_entities + 1, 1),
            *seen_master = xcalloc((size_t)e->n_masters + 1, 1);
    for (uint32_t i = 0; i < e->n_items; i++) {
        of_master[e->item[i].master]++;
        of_entity[e->item[i].entity]++;
        sorted[i] = cell[i];
    }
    radix_sort_u64(sorted, scratch, e->n_items);
    for (uint32_t i = 0, end; i < e->n_items; i = end) {
        for (end = i + 1; end < e->n_items && sorted[end] == sorted[i]; end++)
            ;
        S_cell(e, sorted[i], end - i, of_master, of_entity, seen_entity, seen_master);
    }
    e->clusters.b3_precision /= e->n_items ? e->n_items : 1;
    e->clusters.b3_recall /= e->n_items ? e->n_items : 1;
    free(sorted);
    free(scratch);
    free(of_master);
    free(of_entity);
    free(seen_entity);
    free(seen_master);
}

static void S_clusters(struct evaluate *e, uint64_t *label)
{
    struct pair_counts *p = &e->pairs;
    for (uint32_t i = 0; i < e->n_items; i++)
        label[i] = e->item[i].entity;
    S_count_groups(e, label, p->truth, &p->all_truth);
    for (uint32_t i = 0; i < e->n_items; i++)
        label[i] = e->item[i].master;
    S_count_groups(e, label, p->found, &p->all_found);
    for (uint32_t i = 0; i < e->n_items; i++)
        label[i] = (uint64_t)e->item[i].master << 32 | e->item[i].entity;
    S_count_groups(e, label, p->right, &p->all_right);
    S_count_cells(e, label);
}

/* ------------------------------------------------------------------ pairs and labels */

static void S_listed(struct evaluate *e)
{
    struct pair_counts *p = &e->pairs;
    bool labels = e->truth.shape == TRUTH_LABELS;
    for (size_t i = 0; i < e->truth.n_pairs; i++) {
        const struct truth_pair *pair = &e->truth.pair[i];
        uint32_t a = e->item_of_record[pair->a], b = e->item_of_record[pair->b];
        bool together = e->item[a].master == e->item[b].master;
        if (!evaluate_counts_pair(e, a, b)) {
            e->ignored_pairs++;
            continue;
        }
        if (pair->same)
            S_count_pair(e, p->truth, &p->all_truth, a, b);
        if (together && pair->same)
            S_count_pair(e, p->right, &p->all_right, a, b);
        if (together && labels)
            S_count_pair(e, p->found, &p->all_found, a, b);
    }
}

void evaluate_count(struct evaluate *e)
{
    struct pair_counts *p = &e->pairs;
    size_t n = (size_t)e->n_buckets * e->n_buckets;
    uint64_t *label = xmalloc(((size_t)e->n_items + 1) * sizeof *label);
    p->truth = ARENA_NEW(&e->arena, uint64_t, n);
    p->found = ARENA_NEW(&e->arena, uint64_t, n);
    p->right = ARENA_NEW(&e->arena, uint64_t, n);
    if (e->truth.shape == TRUTH_CLUSTERS) {
        S_clusters(e, label);
    } else {
        S_listed(e);
        for (uint32_t i = 0; i < e->n_items; i++)
            label[i] = e->item[i].master;
        if (e->truth.shape == TRUTH_PAIRS)
            S_count_groups(e, label, p->found, &p->all_found);
    }
    free(label);
}

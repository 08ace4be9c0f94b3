#include "matcher/score.h"

#include <stdlib.h>

#include "base/fmath.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "matcher/apart.h"
#include "matcher/compare_kinds.h"
#include "matcher/frequency.h"
#include "matcher/known_words.h"
#include "matcher/score_levels.h"

/* A model number that so many records have is that of one product, in a few sources. */
enum { LEAST_RARE = 4 };

/* Values of different ids and without flags differ in what "exact" compares. */
static bool S_id_is_exact(enum comparison_kind kind)
{
    return kind == CMP_DATE || kind == CMP_POSTCODE || kind == CMP_HOUSE_NUMBER || kind == CMP_IDENTIFIER ||
           kind == CMP_CODE || kind == CMP_HASHED;
}

/* Share of the frequency part that a level takes, in halves. */
static unsigned S_tf_halves(const struct scorer *s, unsigned i, unsigned level)
{
    double share = s->tf[i] ? comparison_info(s->model->comparison[i].kind)->level[level].tf : 0;
    return share > 0 ? share < 1 ? 1 : 2 : 0;
}

static void S_level_weights(struct scorer *s, unsigned i)
{
    const struct comparison *c = &s->model->comparison[i];
    int32_t tf_most = scorer_tf_most(s, i);
    for (unsigned l = 0; l < c->n_levels; l++) {
        s->level_weight[i][l] = c->level[l].weight;
        s->level_tf[i][l] = (uint8_t)S_tf_halves(s, i, l);
        int32_t w = c->level[l].weight + (s->level_tf[i][l] == 2 ? tf_most : tf_most / 2 * s->level_tf[i][l]);
        s->most_of_level[i][l] = w;
        s->most[i] = w > s->most[i] ? w : s->most[i];
        if (l && w > s->most_unequal[i])
            s->most_unequal[i] = w;
    }
    if (!S_id_is_exact(c->kind))
        s->most_unequal[i] = s->most[i];
}

static void S_interaction_of(struct scorer *s, unsigned comparison, unsigned interaction)
{
    struct interactions_of *of = &s->interactions_of[comparison];
    of->at[of->n++] = (uint8_t)interaction;
}

/*
 * What differs may get bits back for each neighbour that differs as well, but from no neighbour more than it lost: on
 * top of its best level only what that can exceed it.
 */
static void S_interactions(struct scorer *s)
{
    const struct model *m = s->model;
    for (unsigned t = 0; t < m->n_interactions; t++) {
        S_interaction_of(s, m->interaction[t].a, t);
        S_interaction_of(s, m->interaction[t].b, t);
        s->interaction_set[t] = 1u << m->interaction[t].a | 1u << m->interaction[t].b;
    }
    for (unsigned i = 0; i < m->n_comparisons; i++) {
        int32_t differs = s->level_weight[i][m->comparison[i].n_levels - 1], with = differs;
        for (unsigned k = 0; k < s->interactions_of[i].n && differs < 0; k++) {
            int32_t back = m->interaction[s->interactions_of[i].at[k]].differ;
            with += back < -differs ? back : -differs;
        }
        s->most[i] = with > s->most[i] ? with : s->most[i];
        s->most_unequal[i] = with > s->most_unequal[i] ? with : s->most_unequal[i];
    }
}

/* Bounds by set: a set's bound is that of the set without its lowest comparison, and that one. */
static void S_sets(struct scorer *s)
{
    for (unsigned half = 0; half < 2; half++)
        for (unsigned set = 1; set < 256; set++) {
            unsigned i = half * 8 + (unsigned)__builtin_ctz(set), rest = set & (set - 1);
            s->most_equal_set[half][set] = s->most_equal_set[half][rest] + s->most_of_level[i][0];
            s->most_open_set[half][set] = s->most_open_set[half][rest] + s->most_unequal[i];
        }
}

static void S_names_bounds(struct scorer *s)
{
    static const unsigned elsewhere[] = {GIVEN_CONTAINED, GIVEN_SWAPPED, GIVEN_CROSSED};
    for (unsigned k = 0; k < COUNT_OF(elsewhere) && s->cmp_given >= 0; k++)
        if (s->most_of_level[s->cmp_given][elsewhere[k]] > s->swapped_most)
            s->swapped_most = s->most_of_level[s->cmp_given][elsewhere[k]];
}

/* What comparing two values costs, roughly, by kind: hundreds of instructions. */
static const uint8_t cost_of_kind[CMP_KINDS] = {
    [CMP_GIVEN] = 4,         [CMP_FAMILY] = 3, [CMP_MIDDLE] = 4,   [CMP_SUFFIX] = 1,     [CMP_FULL_NAME] = 30,
    [CMP_ORGANISATION] = 20, [CMP_DATE] = 2,   [CMP_EMAIL] = 2,    [CMP_PHONE] = 2,      [CMP_ADDRESS] = 12,
    [CMP_HOUSE_NUMBER] = 1,  [CMP_PLACE] = 3,  [CMP_POSTCODE] = 1, [CMP_IDENTIFIER] = 2, [CMP_TEXT] = 40,
    [CMP_MODEL_NUMBER] = 10, [CMP_NUMBER] = 2, [CMP_CODE] = 1,     [CMP_ENCODING] = 4,   [CMP_HASHED] = 1,
};

/* How much a comparison that finds nothing takes off the bound, for what it costs: the best first. */
static void S_order(struct scorer *s)
{
    const struct model *m = s->model;
    for (unsigned i = 0; i < m->n_comparisons; i++) {
        unsigned at = i;
        for (; at; at--) {
            unsigned before = s->order[at - 1];
            int64_t drop = s->most_unequal[i] - s->level_weight[i][m->comparison[i].n_levels - 1];
            int64_t other = s->most_unequal[before] - s->level_weight[before][m->comparison[before].n_levels - 1];
            if (drop * cost_of_kind[m->comparison[before].kind] <= other * cost_of_kind[m->comparison[i].kind])
                break;
            s->order[at] = s->order[at - 1];
        }
        s->order[at] = (uint8_t)i;
    }
}

/* What is known of each value of a column: flags, and in larger batches a signature. */
enum { VALUES_A_PIECE = 1 << 14, VALUES_A_LOOK = 64, SIGNED_ROWS = 1000 };

struct value_work {
    struct scorer *scorer;
    uint32_t pieces[MOST_COMPARISONS + 1]; /* of the comparisons before */
};

static bool S_is_large(const struct scorer *s)
{
    return s->batch->n_rows >= SIGNED_ROWS && !s->grows;
}

/* The hash by which its frequency is counted, where it is asked for. */
static uint64_t S_look_at_value(struct scorer *s, unsigned i, uint32_t id, struct str packed)
{
    struct norm v;
    enum comparison_kind kind = s->model->comparison[i].kind;
    bool counts = s->tf[i] && S_is_large(s), flagged = norm_is_flagged(packed);
    bool any = (counts || (s->signature[i] && !flagged)) && norm_unpack(packed, &v); /* v is empty where it fails */
    s->flagged[i][id] = flagged;
    if (s->signature[i])
        s->signature[i][id] = !flagged && any ? apart_signature(kind, &v) : (struct signature){{0}};
    return counts ? hash_str(frequency_key(kind, &v)) : 0;
}

/* Some values together: what counting them needs is fetched together. */
static void S_look_at_some(struct scorer *s, unsigned i, uint32_t id, uint32_t n)
{
    uint64_t hash[VALUES_A_LOOK];
    const struct dict *d = &s->batch->norm[s->model->comparison[i].field].dict;
    for (uint32_t k = 0; k < n; k++)
        hash[k] = S_look_at_value(s, i, id + k, dict_get(d, id + k));
    if (s->tf[i] && S_is_large(s))
        scorer_tf_count(s, i, id, hash, n);
}

static void S_look_at_values(void *context, size_t item, unsigned worker)
{
    const struct value_work *w = context;
    unsigned i = 0;
    (void)worker;
    while (w->pieces[i + 1] <= item)
        i++;
    const struct dict *d = &w->scorer->batch->norm[w->scorer->model->comparison[i].field].dict;
    uint32_t from = (uint32_t)(item - w->pieces[i]) * VALUES_A_PIECE, to = from + VALUES_A_PIECE;
    to = to < d->n ? to : d->n;
    for (uint32_t id = from + 1; id <= to; id += VALUES_A_LOOK)
        S_look_at_some(w->scorer, i, id, to - id + 1 < VALUES_A_LOOK ? to - id + 1 : VALUES_A_LOOK);
}

static void S_values_init(struct scorer *s)
{
    struct value_work w = {.scorer = s};
    unsigned n = s->model->n_comparisons;
    for (unsigned i = 0; i < n; i++) {
        uint32_t n_values = s->batch->norm[s->model->comparison[i].field].dict.n;
        s->flagged[i] = xaligned((size_t)n_values + 1);
        s->flagged[i][0] = 0;
        if (S_is_large(s) && apart_for(s->model->comparison[i].kind)) {
            s->signature[i] = xaligned(((size_t)n_values + 1) * sizeof *s->signature[i]);
            s->signature[i][0] = (struct signature){{0}};
            s->signed_set |= 1u << i;
        }
        w.pieces[i + 1] = w.pieces[i] + (n_values + VALUES_A_PIECE - 1) / VALUES_A_PIECE;
    }
    parallel_for(s->workers, w.pieces[n], S_look_at_values, &w);
}

/* Rows with the ids of their values side by side: one or two lines of the cache a record. */
enum { ROWS_A_PIECE = 1 << 14 };

static void S_take_rows(struct scorer *s, uint32_t from, uint32_t to)
{
    for (unsigned i = 0; i < s->model->n_comparisons; i++) {
        const uint32_t *id = s->batch->norm[s->model->comparison[i].field].id;
        for (uint32_t row = from; row < to; row++) {
            uint32_t x = id[row];
            bool flagged = !(x & COLUMN_SET) && s->flagged[i][x];
            s->row[(size_t)row * s->stride + i] = flagged ? x | ROW_FLAGGED : x;
        }
    }
    for (uint32_t row = from; row < to; row++) {
        uint32_t source = s->batch->source[row], entity = s->batch->entity[row];
        s->row[(size_t)(row + 1) * s->stride - 1] = source | (uint32_t)s->source_class[source] << 16 | entity << 24;
    }
}

static void S_rows(void *context, size_t item, unsigned worker)
{
    struct scorer *s = context;
    uint32_t from = (uint32_t)item * ROWS_A_PIECE, to = from + ROWS_A_PIECE;
    (void)worker;
    S_take_rows(s, from, to < s->batch->n_rows ? to : s->batch->n_rows);
}

static void S_rows_init(struct scorer *s)
{
    size_t n = s->batch->n_rows, pieces = (n + ROWS_A_PIECE - 1) / ROWS_A_PIECE;
    s->stride = (s->model->n_comparisons + 8) / 8 * 8;
    s->lanes = s->stride < 16 ? s->stride : 16;
    s->row = xaligned((n + 1) * s->stride * sizeof *s->row);
    S_values_init(s);
    parallel_for(s->workers, pieces, S_rows, s);
}

static void S_words_init(struct scorer *s, unsigned i)
{
    const struct comparison *c = &s->model->comparison[i];
    bool many_words = c->kind == CMP_TEXT || c->kind == CMP_ORGANISATION || c->kind == CMP_ADDRESS;
    if (many_words && !s->grows && s->batch->n_rows > FEW_ROWS)
        s->words[i] = known_words_new(c->token.total ? &c->token : NULL, &s->batch->norm[c->field], s->workers);
}

/* All that is made of the model's weights. */
static void S_weights_init(struct scorer *s)
{
    memset(s->most, 0, sizeof s->most);
    memset(s->most_unequal, 0, sizeof s->most_unequal);
    memset(s->interactions_of, 0, sizeof s->interactions_of);
    s->swapped_most = 0;
    for (unsigned i = 0; i < s->model->n_comparisons; i++)
        S_level_weights(s, i);
    S_interactions(s);
    S_sets(s);
    S_names_bounds(s);
    S_order(s);
}

static void S_find_comparisons(struct scorer *s)
{
    const struct model *m = s->model;
    s->cmp_given = s->cmp_family = s->cmp_email = s->cmp_middle = -1;
    s->given = schema_find_type(s->batch->schema, FIELD_GIVEN_NAME);
    s->middle = schema_find_type(s->batch->schema, FIELD_MIDDLE_NAME);
    s->family = schema_find_type(s->batch->schema, FIELD_FAMILY_NAME);
    for (unsigned i = 0; i < m->n_comparisons; i++) {
        if (m->comparison[i].kind == CMP_GIVEN)
            s->cmp_given = (int)i;
        if (m->comparison[i].kind == CMP_FAMILY)
            s->cmp_family = (int)i;
        if (m->comparison[i].kind == CMP_EMAIL)
            s->cmp_email = (int)i;
        if (m->comparison[i].kind == CMP_MIDDLE && (int)m->comparison[i].field == s->middle)
            s->cmp_middle = (int)i;
        if (m->comparison[i].kind == CMP_MODEL_NUMBER)
            s->never_equal |= 1u << i;
    }
}

static void S_init(struct scorer *s, const struct model *m, const struct batch *b, unsigned workers, bool grows)
{
    *s = (struct scorer){.model = m, .batch = b, .workers = workers ? workers : 1, .grows = grows};
    s->most_records = 2 * m->n_sources > LEAST_RARE ? 2 * m->n_sources : LEAST_RARE;
    S_find_comparisons(s);
    for (unsigned i = 0; i < m->n_comparisons; i++) {
        scorer_tf_init(s, i);
        S_words_init(s, i);
    }
    S_weights_init(s);
    s->source_class = xcalloc((size_t)b->n_sources + 1, 1);
    for (unsigned i = 0; i < b->n_sources; i++)
        s->source_class[i] = (uint8_t)model_source_class(m, b->source_name[i]);
    S_rows_init(s);
    scorer_set_simd(s, simd_best());
    s->cache = xcalloc(s->workers, sizeof *s->cache);
    for (unsigned w = 0; w < s->workers; w++) {
        s->cache[w].slots = b->n_rows <= FEW_ROWS && !grows ? FEW_SLOTS : CACHE_SLOTS;
        s->cache[w].slot = xcalloc(s->cache[w].slots, sizeof *s->cache[w].slot);
    }
}

void scorer_init_training(struct scorer *s, const struct model *m, const struct batch *b, unsigned workers)
{
    S_init(s, m, b, workers, false);
}

static void S_settle_frequencies(struct scorer *s)
{
    for (unsigned i = 0; i < s->model->n_comparisons; i++)
        if (s->tf[i])
            scorer_tf_settle(s, i);
}

void scorer_trained(struct scorer *s, const struct model *m)
{
    s->model = m;
    for (unsigned i = 0; i < m->n_comparisons; i++)
        scorer_tf_init(s, i);
    S_settle_frequencies(s);
    S_weights_init(s);
}

void scorer_init(struct scorer *s, const struct model *m, const struct batch *b, unsigned workers)
{
    S_init(s, m, b, workers, false);
    if (S_is_large(s))
        S_settle_frequencies(s);
}

void scorer_init_growing(struct scorer *s, const struct model *m, const struct batch *b)
{
    S_init(s, m, b, 1, true);
    for (unsigned i = 0; i < m->n_comparisons; i++)
        s->n_values[i] = s->value_room[i] = b->norm[m->comparison[i].field].dict.n;
    s->n_rows = s->row_room = b->n_rows;
}

void scorer_set_simd(struct scorer *s, enum simd level)
{
    s->id_masks = id_masks_for(level);
}

void scorer_deinit(struct scorer *s)
{
    for (unsigned i = 0; i < MOST_COMPARISONS; i++) {
        free(s->tf[i]);
        free(s->tf_index[i].at);
        free(s->flagged[i]);
        free(s->signature[i]);
        known_words_free(s->words[i]);
    }
    free(s->row);
    free(s->source_class);
    for (unsigned w = 0; s->cache && w < s->workers; w++)
        free(s->cache[w].slot);
    free(s->cache);
    *s = (struct scorer){0};
}

/* ------------------------------------------------------------------ a batch that grows */

static void S_extend_values(struct scorer *s, unsigned i)
{
    const struct dict *d = &s->batch->norm[s->model->comparison[i].field].dict;
    uint32_t from = s->n_values[i];
    if (d->n > s->value_room[i]) {
        s->value_room[i] = d->n + d->n / 2 + 64;
        s->flagged[i] = xrealloc(s->flagged[i], (size_t)s->value_room[i] + 1);
        if (s->tf[i])
            s->tf[i] = xrealloc(s->tf[i], ((size_t)s->value_room[i] + 1) * sizeof *s->tf[i]);
    }
    for (uint32_t id = from + 1; id <= d->n; id++)
        s->flagged[i][id] = norm_is_flagged(dict_get(d, id));
    if (s->tf[i] && d->n > from)
        memset(s->tf[i] + from + 1, 0, (d->n - from) * sizeof *s->tf[i]);
    s->n_values[i] = d->n;
}

void scorer_extend(struct scorer *s)
{
    uint32_t n = s->batch->n_rows;
    for (unsigned i = 0; i < s->model->n_comparisons; i++)
        S_extend_values(s, i);
    if (n > s->row_room) {
        uint32_t room = n + n / 2 + 64, *grown = xaligned(((size_t)room + 1) * s->stride * sizeof *grown);
        memcpy(grown, s->row, (size_t)s->n_rows * s->stride * sizeof *grown);
        free(s->row);
        s->row = grown;
        s->row_room = room;
    }
    S_take_rows(s, s->n_rows, n);
    s->n_rows = n;
}

void scorer_take_row(struct scorer *s, uint32_t row)
{
    S_take_rows(s, row, row + 1);
}

static int32_t S_tf_weight(const struct scorer *s, unsigned i, const struct pair_levels *levels)
{
    unsigned halves = levels->level[i] == LEVEL_NULL || !levels->left[i] ? 0 : s->level_tf[i][levels->level[i]];
    if (!halves)
        return 0;
    int32_t least = scorer_tf_of(s, i, levels->left[i], levels->right[i]);
    return halves < 2 ? least / 2 : least;
}

int32_t levels_weight(const struct scorer *s, unsigned i, const struct pair_levels *levels)
{
    unsigned level = levels->level[i];
    return level == LEVEL_NULL ? 0 : s->level_weight[i][level] + S_tf_weight(s, i, levels);
}

int32_t interaction_weight(const struct interaction *x, int32_t a, bool a_else, int32_t b, bool b_else)
{
    if (x->agree && a > 0 && b > 0) {
        int32_t least = a < b ? a : b;
        return x->agree < least ? -x->agree : -least;
    }
    if (x->differ && a_else && b_else && a < 0 && b < 0) {
        int32_t least = a > b ? -a : -b;
        return x->differ < least ? x->differ : least;
    }
    return 0;
}

static bool S_is_else(const struct model *m, const uint8_t level[MOST_COMPARISONS], unsigned i)
{
    return level[i] + 1u == m->comparison[i].n_levels;
}

bool scorer_never(const struct scorer *s, uint32_t a, uint32_t b)
{
    uint8_t x = s->batch->entity[a], y = s->batch->entity[b];
    if (x != y && x != ENTITY_UNKNOWN && y != ENTITY_UNKNOWN)
        return true;
    return s->unique && s->batch->source[a] == s->batch->source[b] && s->unique[s->batch->source[a]];
}

/* The corrections and the total, once prior and comparisons are known. */
static void S_sum(const struct model *m, const uint8_t level[MOST_COMPARISONS], struct score_parts *p)
{
    int32_t sum[MOST_COMPARISONS] = {0}, related = m->related_prior;
    p->total = p->prior;
    for (unsigned i = 0; i < m->n_comparisons; i++) {
        p->total += sum[i] = p->comparison[i].weight + p->comparison[i].tf_weight;
        if (comparison_is_related(&m->comparison[i], level[i]))
            related += m->comparison[i].level[level[i]].related_weight + p->comparison[i].tf_weight;
    }
    for (unsigned i = 0; i < m->n_interactions; i++) {
        const struct interaction *x = &m->interaction[i];
        p->interaction[i] =
            interaction_weight(x, sum[x->a], S_is_else(m, level, x->a), sum[x->b], S_is_else(m, level, x->b));
        p->total += p->interaction[i];
        if (p->interaction[i] < 0 && comparison_is_related(&m->comparison[x->a], level[x->a]) &&
            comparison_is_related(&m->comparison[x->b], level[x->b]))
            related += p->interaction[i];
    }
    p->related = model_related_weight(related);
    p->total += p->related;
}

static void S_comparison_parts(const struct scorer *s, const struct pair_levels *levels, struct score_parts *p)
{
    const struct model *m = s->model;
    for (unsigned i = 0; i < m->n_comparisons; i++) {
        unsigned level = levels->level[i];
        p->comparison[i] = (struct score_part){0};
        if (level != LEVEL_NULL)
            p->comparison[i] = (struct score_part){m->comparison[i].level[level].weight, S_tf_weight(s, i, levels)};
    }
}

static void S_parts(const struct scorer *s, uint32_t a, uint32_t b, const struct pair_levels *levels,
                    struct score_parts *p)
{
    p->prior = s->model->prior[s->source_class[s->batch->source[a]]][s->source_class[s->batch->source[b]]];
    S_comparison_parts(s, levels, p);
}

int32_t levels_total(const struct scorer *s, int32_t prior, const struct pair_levels *levels)
{
    struct score_parts p;
    p.prior = prior;
    S_comparison_parts(s, levels, &p);
    S_sum(s->model, levels->level, &p);
    return p.total;
}

int32_t scorer_weigh(const struct scorer *s, uint32_t a, uint32_t b, const struct pair_levels *levels,
                     struct score_parts *parts)
{
    struct score_parts local;
    struct score_parts *p = parts ? parts : &local;
    S_parts(s, a, b, levels, p);
    S_sum(s->model, levels->level, p);
    if (scorer_never(s, a, b))
        p->total = SCORE_NEVER;
    return p->total;
}

void scorer_pool(const struct scorer *s, uint32_t a, uint32_t b, const struct pair_levels *levels, struct pool *out)
{
    struct score_parts p;
    S_parts(s, a, b, levels, &p);
    memcpy(out->level, levels->level, sizeof out->level);
    memcpy(out->comparison, p.comparison, sizeof out->comparison);
}

void scorer_pool_add(const struct scorer *s, struct pool *to, const struct pool *from)
{
    for (unsigned i = 0; i < s->model->n_comparisons; i++) {
        const struct score_part *x = &to->comparison[i], *y = &from->comparison[i];
        int32_t gain = y->weight + y->tf_weight - x->weight - x->tf_weight;
        if (from->level[i] == LEVEL_NULL)
            continue;
        if (to->level[i] == LEVEL_NULL || gain > 0 || (gain == 0 && from->level[i] < to->level[i])) {
            to->comparison[i] = *y;
            to->level[i] = from->level[i];
        }
    }
}

int32_t scorer_weigh_pool(const struct scorer *s, const struct pool *pool, int32_t prior)
{
    struct score_parts p;
    memcpy(p.comparison, pool->comparison, sizeof p.comparison);
    p.prior = prior;
    S_sum(s->model, pool->level, &p);
    return p.total;
}

int32_t scorer_score(const struct scorer *s, unsigned worker, uint32_t a, uint32_t b)
{
    struct pair_levels levels;
    scorer_levels(s, worker, a, b, &levels);
    return scorer_weigh(s, a, b, &levels, NULL);
}

#include "matcher/score.h"

#include <stdlib.h>

#include "base/fmath.h"
#include "base/hash.h"
#include "matcher/compare_email_name.h"

enum { CACHE_SLOTS = 1 << 15, COMPARISON_CROSS = MOST_COMPARISONS };

struct cached_level {
    uint32_t a, b;
    uint8_t comparison, level;
};

struct level_cache {
    struct cached_level slot[CACHE_SLOTS];
    uint64_t compared;
};

struct str frequency_key(enum comparison_kind kind, const struct norm *v)
{
    switch (kind) {
    case CMP_EMAIL:
    case CMP_PHONE:
    case CMP_ORGANISATION:
        return v->form[NORM_BASE].len ? v->form[NORM_BASE] : v->form[NORM_CANON];
    case CMP_GIVEN:
    case CMP_FAMILY:
    case CMP_MIDDLE:
    case CMP_FULL_NAME:
        return v->form[NORM_LATIN].len ? v->form[NORM_LATIN] : v->form[NORM_CANON];
    default:
        return v->form[NORM_CANON];
    }
}

static struct norm S_value(const struct column *c, uint32_t id)
{
    struct norm v;
    norm_unpack(dict_get(&c->dict, id), &v);
    return v;
}

/*
 * Exact agreement on a value of frequency f says log2(u / f) more than agreement on the average value. The count is
 * smoothed by one, and the gain is bounded, because a value that stands once tells little about its true frequency.
 */
/* The least that frequency may leave: names of organisations that agree exactly never count less than such that nearly
 * do. */
static double S_least_tf(const struct comparison *c)
{
    enum { LEAST = -12 };
    int32_t best = INT32_MIN;
    for (unsigned l = 1; l < c->n_levels; l++)
        best = c->level[l].weight > best ? c->level[l].weight : best;
    double least = weight_to_bits(best - c->level[0].weight);
    return c->kind != CMP_ORGANISATION || least < LEAST ? LEAST : least > 0 ? 0 : least;
}

static int32_t S_tf_part(const struct comparison *c, uint64_t hash)
{
    const struct frequency_table *t = &c->tf;
    double u = c->level[0].u, count = frequency_of(t, hash), total = (double)t->total;
    if (!(total > 0) || !(u > 0))
        return 0;
    double bits = fmath_log2(u) - fmath_log2((count + 1) / (total + 2));
    double least = S_least_tf(c);
    return weight_from_bits(bits > 4 ? 4 : bits < least ? least : bits);
}

static void S_tf_init(struct scorer *s, unsigned i)
{
    const struct comparison *c = &s->model->comparison[i];
    const struct column *column = &s->batch->norm[c->field];
    if (!c->term_frequency || !c->tf.total)
        return;
    s->tf[i] = xcalloc((size_t)column->dict.n + 1, sizeof *s->tf[i]);
    for (uint32_t id = 1; id <= column->dict.n; id++) {
        struct norm v = S_value(column, id);
        s->tf[i][id] = S_tf_part(c, hash_str(frequency_key(c->kind, &v)));
    }
}

/* Values of different ids and without flags differ in what "exact" compares. */
static bool S_id_is_exact(enum comparison_kind kind)
{
    return kind == CMP_DATE || kind == CMP_POSTCODE || kind == CMP_HOUSE_NUMBER || kind == CMP_IDENTIFIER ||
           kind == CMP_CODE;
}

static void S_bounds(struct scorer *s)
{
    const struct model *m = s->model;
    for (unsigned i = 0; i < m->n_comparisons; i++) {
        const struct comparison *c = &m->comparison[i];
        int32_t tf_most = 0;
        for (uint32_t id = 1; s->tf[i] && id <= s->batch->norm[c->field].dict.n; id++)
            tf_most = s->tf[i][id] > tf_most ? s->tf[i][id] : tf_most;
        s->most[i] = s->most_unequal[i] = 0;
        for (unsigned l = 0; l < c->n_levels; l++) {
            int32_t w = c->level[l].weight + tf_most;
            s->most[i] = w > s->most[i] ? w : s->most[i];
            if (l && w > s->most_unequal[i])
                s->most_unequal[i] = w;
        }
        if (!S_id_is_exact(c->kind))
            s->most_unequal[i] = s->most[i];
    }
    for (unsigned i = 0; i < m->n_comparisons; i++) {
        const struct dict *d = &s->batch->norm[m->comparison[i].field].dict;
        s->flagged[i] = xcalloc((size_t)d->n + 1, 1);
        for (uint32_t id = 1; id <= d->n; id++)
            s->flagged[i][id] = dict_get(d, id).ptr[0] != 0;
    }
    for (unsigned i = 0; i < m->n_interactions; i++)
        s->slack += m->interaction[i].differ;
}

void scorer_init(struct scorer *s, const struct model *m, const struct batch *b, unsigned workers)
{
    *s = (struct scorer){
        .model = m, .batch = b, .cmp_given = -1, .cmp_family = -1, .cmp_email = -1, .workers = workers ? workers : 1};
    s->given = schema_find_type(b->schema, FIELD_GIVEN_NAME);
    s->middle = schema_find_type(b->schema, FIELD_MIDDLE_NAME);
    s->family = schema_find_type(b->schema, FIELD_FAMILY_NAME);
    for (unsigned i = 0; i < m->n_comparisons; i++) {
        if (m->comparison[i].kind == CMP_GIVEN)
            s->cmp_given = (int)i;
        if (m->comparison[i].kind == CMP_FAMILY)
            s->cmp_family = (int)i;
        if (m->comparison[i].kind == CMP_EMAIL)
            s->cmp_email = (int)i;
        S_tf_init(s, i);
    }
    S_bounds(s);
    s->source_class = xcalloc((size_t)b->n_sources + 1, 1);
    for (unsigned i = 0; i < b->n_sources; i++)
        s->source_class[i] = (uint8_t)model_source_class(m, b->source_name[i]);
    s->cache = xcalloc(s->workers, sizeof *s->cache);
}

void scorer_deinit(struct scorer *s)
{
    for (unsigned i = 0; i < MOST_COMPARISONS; i++) {
        free(s->tf[i]);
        free(s->flagged[i]);
    }
    free(s->source_class);
    free(s->cache);
    *s = (struct scorer){0};
}

uint64_t scorer_compared(const struct scorer *s)
{
    uint64_t n = 0;
    for (unsigned w = 0; w < s->workers; w++)
        n += s->cache[w].compared;
    return n;
}

static unsigned S_compare_ids(const struct scorer *s, unsigned worker, unsigned i, uint32_t a, uint32_t b)
{
    const struct comparison *c = &s->model->comparison[i];
    const struct column *column = &s->batch->norm[c->field];
    if (a > b) {
        uint32_t swap = a;
        a = b;
        b = swap;
    }
    if (a == b && c->kind != CMP_MODEL_NUMBER && !s->flagged[i][a])
        return 0; /* no flags: equal values agree exactly */
    struct level_cache *cache = &s->cache[worker];
    struct cached_level *slot =
        &cache->slot[hash_u64(((uint64_t)a << 32 | b) + i * 0x9e3779b97f4a7c15ULL) & (CACHE_SLOTS - 1)];
    if (slot->a == a && slot->b == b && slot->comparison == i)
        return slot->level;
    struct norm x = S_value(column, a), y = S_value(column, b);
    struct compare_context context = {.token = c->token.total ? &c->token : NULL};
    unsigned level = compare_values(c->kind, &context, &x, &y);
    *slot = (struct cached_level){a, b, (uint8_t)i, (uint8_t)level};
    cache->compared++;
    return level;
}

/* What exact agreement of two values gains or loses by how frequent they are: the more frequent one counts. */
static int32_t S_tf_of(const struct scorer *s, unsigned i, uint32_t x, uint32_t y)
{
    if (!s->tf[i])
        return 0;
    return s->tf[i][x] < s->tf[i][y] ? s->tf[i][x] : s->tf[i][y];
}

/* The best pair of values; among pairs of one level that of the rarest values, so that the order in a set does not
 * matter. */
static void S_level_of_field(const struct scorer *s, unsigned worker, unsigned i, uint32_t a, uint32_t b,
                             struct pair_levels *out)
{
    const struct column *column = &s->batch->norm[s->model->comparison[i].field];
    const uint32_t *x, *y;
    uint32_t nx = column_ids(column, a, &x), ny = column_ids(column, b, &y);
    unsigned best = LEVEL_NULL;
    int32_t best_tf = 0;
    out->left[i] = out->right[i] = 0;
    for (uint32_t p = 0; p < nx; p++)
        for (uint32_t q = 0; q < ny; q++) {
            if (!x[p] || !y[q])
                continue;
            unsigned level = S_compare_ids(s, worker, i, x[p], y[q]);
            int32_t tf = S_tf_of(s, i, x[p], y[q]);
            if (level < best || (level == best && level != LEVEL_NULL && tf > best_tf)) {
                best = level;
                best_tf = tf;
                out->left[i] = x[p];
                out->right[i] = y[q];
            }
        }
    out->level[i] = (uint8_t)best;
}

static unsigned S_names(const struct batch *b, int field, uint32_t row, struct norm out[4])
{
    const uint32_t *id;
    unsigned n = 0;
    if (field < 0)
        return 0;
    uint32_t n_ids = column_ids(&b->norm[field], row, &id);
    for (uint32_t i = 0; i < n_ids && n < 4; i++)
        if (id[i])
            out[n++] = S_value(&b->norm[field], id[i]);
    return n;
}

static void S_name_parts(const struct scorer *s, uint32_t row, struct name_parts *p)
{
    p->n_given = S_names(s->batch, s->given, row, p->given);
    p->n_middle = S_names(s->batch, s->middle, row, p->middle);
    p->n_family = S_names(s->batch, s->family, row, p->family);
}

/* Is a given name of one record the family name of the other, nearly? Ids of two dictionaries, cached as they are. */
static bool S_crosses(const struct scorer *s, unsigned worker, uint32_t a, uint32_t b)
{
    const struct column *given = &s->batch->norm[s->given], *family = &s->batch->norm[s->family];
    const uint32_t *x, *y;
    uint32_t nx = column_ids(given, a, &x), ny = column_ids(family, b, &y);
    for (uint32_t i = 0; i < nx; i++)
        for (uint32_t j = 0; j < ny; j++) {
            struct cached_level *slot =
                &s->cache[worker].slot[hash_u64(((uint64_t)x[i] << 32 | y[j]) + COMPARISON_CROSS) & (CACHE_SLOTS - 1)];
            if (slot->a != x[i] || slot->b != y[j] || slot->comparison != COMPARISON_CROSS) {
                struct norm v = S_value(given, x[i]), w = S_value(family, y[j]);
                bool close = x[i] && y[j] && compare_values(CMP_FAMILY, NULL, &v, &w) <= 1;
                *slot = (struct cached_level){x[i], y[j], COMPARISON_CROSS, close};
            }
            if (slot->level)
                return true;
        }
    return false;
}

static bool S_middle_names(const struct scorer *s, uint32_t a, uint32_t b)
{
    const uint32_t *id;
    return s->middle >= 0 &&
           (column_ids(&s->batch->norm[s->middle], a, &id) || column_ids(&s->batch->norm[s->middle], b, &id));
}

/* Given and family names together, when neither agrees in its own place. */
static void S_cross_names(const struct scorer *s, unsigned worker, uint32_t a, uint32_t b, struct pair_levels *out)
{
    struct name_parts x, y;
    unsigned given, family;
    if (s->cmp_given < 0 || s->cmp_family < 0)
        return;
    unsigned g = out->level[s->cmp_given], f = out->level[s->cmp_family];
    if (g < 4 || f < 3) /* agrees in its place: see matcher/compare_kinds.h */
        return;
    if (!S_middle_names(s, a, b) && !S_crosses(s, worker, a, b) && !S_crosses(s, worker, b, a))
        return;
    S_name_parts(s, a, &x);
    S_name_parts(s, b, &y);
    compare_names(&x, &y, &given, &family);
    out->level[s->cmp_given] = (uint8_t)given;
    out->level[s->cmp_family] = (uint8_t)family;
}

static unsigned S_latin_names(const struct batch *b, int field, uint32_t row, struct str out[4])
{
    struct norm name[4];
    unsigned n = S_names(b, field, row, name);
    for (unsigned i = 0; i < n; i++)
        out[i] = name[i].form[NORM_LATIN].len ? name[i].form[NORM_LATIN] : name[i].form[NORM_READING];
    return n;
}

static bool S_has_digits(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] >= '0' && s.ptr[i] <= '9')
            return true;
    return false;
}

static bool S_names_mailbox(const struct scorer *s, struct str local, uint32_t row)
{
    struct str given[4], family[4];
    unsigned n_given = S_latin_names(s->batch, s->given, row, given);
    unsigned n_family = S_latin_names(s->batch, s->family, row, family);
    return email_name_agreement(local, given, n_given, family, n_family) == EMAIL_NAME_STRONG;
}

/* The same name before the @ of two providers, and it is the person's own: that says what the names have said. */
static void S_mailbox_of_name(const struct scorer *s, uint32_t a, uint32_t b, struct pair_levels *out)
{
    enum { EMAIL_LOCAL = 1 };
    if (s->cmp_email < 0 || out->level[s->cmp_email] != EMAIL_LOCAL || s->given < 0 || s->family < 0)
        return;
    struct norm mailbox = S_value(&s->batch->norm[s->model->comparison[s->cmp_email].field], out->left[s->cmp_email]);
    struct str local = mailbox.form[NORM_LOCAL];
    if (S_has_digits(local))
        return; /* annberger84: the number tells her from others of her name */
    if (S_names_mailbox(s, local, a) || S_names_mailbox(s, local, b))
        out->level[s->cmp_email] = LEVEL_NULL;
}

/* What is seen only where fields are looked at together. */
static void S_across_fields(const struct scorer *s, unsigned worker, uint32_t a, uint32_t b, struct pair_levels *out)
{
    S_cross_names(s, worker, a, b, out);
    S_mailbox_of_name(s, a, b, out);
}

void scorer_levels(const struct scorer *s, unsigned worker, uint32_t a, uint32_t b, struct pair_levels *out)
{
    for (unsigned i = 0; i < s->model->n_comparisons; i++)
        S_level_of_field(s, worker, i, a, b, out);
    S_across_fields(s, worker, a, b, out);
}

static int32_t S_tf_weight(const struct scorer *s, unsigned i, const struct pair_levels *levels)
{
    const struct comparison *c = &s->model->comparison[i];
    unsigned level = levels->level[i];
    double share = comparison_info(c->kind)->level[level].tf;
    if (!s->tf[i] || !(share > 0) || !levels->left[i])
        return 0;
    int32_t least = S_tf_of(s, i, levels->left[i], levels->right[i]);
    return share < 1 ? least / 2 : least;
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
    int32_t sum[MOST_COMPARISONS], related = m->related_prior;
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

static void S_parts(const struct scorer *s, uint32_t a, uint32_t b, const struct pair_levels *levels,
                    struct score_parts *p)
{
    const struct model *m = s->model;
    p->prior = m->prior[s->source_class[s->batch->source[a]]][s->source_class[s->batch->source[b]]];
    for (unsigned i = 0; i < m->n_comparisons; i++) {
        unsigned level = levels->level[i];
        p->comparison[i] = (struct score_part){0};
        if (level != LEVEL_NULL)
            p->comparison[i] = (struct score_part){m->comparison[i].level[level].weight, S_tf_weight(s, i, levels)};
    }
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

unsigned scorer_level(const struct scorer *s, unsigned worker, unsigned i, uint32_t a, uint32_t b)
{
    struct pair_levels levels;
    if ((int)i == s->cmp_given || (int)i == s->cmp_family) {
        if (s->cmp_given >= 0)
            S_level_of_field(s, worker, (unsigned)s->cmp_given, a, b, &levels);
        if (s->cmp_family >= 0)
            S_level_of_field(s, worker, (unsigned)s->cmp_family, a, b, &levels);
        S_cross_names(s, worker, a, b, &levels);
    } else {
        S_level_of_field(s, worker, i, a, b, &levels);
    }
    return levels.level[i];
}

/* ------------------------------------------------------------------ with a floor */

struct bounded {
    struct pair_levels levels;
    int32_t granted[MOST_COMPARISONS]; /* in the bound for this comparison */
    int32_t bound;
};

static int32_t S_own_weight(const struct scorer *s, unsigned i, const struct pair_levels *levels)
{
    unsigned level = levels->level[i];
    return level == LEVEL_NULL ? 0 : s->model->comparison[i].level[level].weight + S_tf_weight(s, i, levels);
}

/* What can be seen without comparing: missing values, equal ids. Returns whether the comparison stays open. */
static bool S_at_a_glance(const struct scorer *s, unsigned i, uint32_t a, uint32_t b, struct bounded *p)
{
    const struct comparison *c = &s->model->comparison[i];
    const struct column *column = &s->batch->norm[c->field];
    uint32_t x = column->id[a], y = column->id[b];
    p->granted[i] = 0;
    p->levels.level[i] = LEVEL_NULL;
    p->levels.left[i] = p->levels.right[i] = 0;
    if (!x || !y)
        return false;
    bool single = !((x | y) & COLUMN_SET), plain = single && !s->flagged[i][x];
    if (plain && x == y && c->kind != CMP_MODEL_NUMBER) {
        p->levels.level[i] = 0;
        p->levels.left[i] = p->levels.right[i] = x;
        p->granted[i] = S_own_weight(s, i, &p->levels);
        p->bound += p->granted[i];
        return false;
    }
    plain = plain && !s->flagged[i][y];
    p->granted[i] = plain ? s->most_unequal[i] : s->most[i];
    p->bound += p->granted[i];
    return true;
}

static void S_settle(const struct scorer *s, unsigned i, struct bounded *p)
{
    int32_t weight = S_own_weight(s, i, &p->levels);
    p->bound += weight - p->granted[i];
    p->granted[i] = weight;
}

int32_t scorer_score_above(const struct scorer *s, unsigned worker, uint32_t a, uint32_t b, int32_t floor)
{
    const struct model *m = s->model;
    struct bounded p;
    uint32_t open = 0, names = 0;
    if (scorer_never(s, a, b))
        return SCORE_NEVER;
    p.bound = m->prior[s->source_class[s->batch->source[a]]][s->source_class[s->batch->source[b]]] + s->slack;
    for (unsigned i = 0; i < m->n_comparisons; i++)
        open |= (uint32_t)S_at_a_glance(s, i, a, b, &p) << i;
    if (s->cmp_given >= 0 && s->cmp_family >= 0) {
        names = 1u << s->cmp_given | 1u << s->cmp_family;
        p.bound += s->most[s->cmp_given]; /* swapped names may still be found */
    }
    for (uint32_t rest = open & ~names; rest && p.bound >= floor; rest &= rest - 1) {
        unsigned i = (unsigned)__builtin_ctz(rest);
        S_level_of_field(s, worker, i, a, b, &p.levels);
        S_settle(s, i, &p);
    }
    for (uint32_t rest = open & names; rest && p.bound >= floor; rest &= rest - 1)
        S_level_of_field(s, worker, (unsigned)__builtin_ctz(rest), a, b, &p.levels);
    if (p.bound < floor)
        return SCORE_NEVER;
    S_across_fields(s, worker, a, b, &p.levels);
    int32_t total = scorer_weigh(s, a, b, &p.levels, NULL);
    return total < floor ? SCORE_NEVER : total;
}

int32_t scorer_score(const struct scorer *s, unsigned worker, uint32_t a, uint32_t b)
{
    struct pair_levels levels;
    scorer_levels(s, worker, a, b, &levels);
    return scorer_weigh(s, a, b, &levels, NULL);
}

#include "matcher/train.h"

#include <stdlib.h>

#include "base/fmath.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "matcher/choose.h"
#include "matcher/em.h"
#include "matcher/frequency.h"
#include "matcher/relatives.h"
#include "matcher/rule_refine.h"

enum {
    SAMPLED_PAIRS = 100000,
    TRAINING_PAIRS = 1000000,
    MANY_ROWS = 200000,
    PAIRS_OF_MANY = 300000,
    MOST_ITERATIONS = 80,
    FEW_SHARED = 2
};

/* ------------------------------------------------------------------ comparisons */

static double S_fill(const struct batch *b, unsigned field)
{
    uint32_t with = 0;
    for (uint32_t row = 0; row < b->n_rows; row++)
        with += b->norm[field].id[row] != 0;
    return b->n_rows ? (double)with / b->n_rows : 0;
}

static bool S_has_model_numbers(const struct batch *b, unsigned field)
{
    const struct dict *d = &b->norm[field].dict;
    uint32_t with = 0, looked = 0;
    for (uint32_t id = 1; id <= d->n && looked < 2000; id++, looked++) {
        struct norm v;
        with += norm_unpack(dict_get(d, id), &v) && v.form[NORM_BASE].len > 0;
    }
    return looked && with * 4 >= looked;
}

/* The first field of this type, tokens or not; -1: none. */
static int S_find_plain(const struct schema *s, enum field_type type)
{
    for (unsigned f = 0; f < s->n_fields; f++)
        if (field_plain_type(&s->field[f]) == type)
            return (int)f;
    return -1;
}

/* A full name is compared as a whole only where it is not split into given and family name. */
static bool S_is_split(const struct batch *b, enum field_type type)
{
    if (type != FIELD_FULL_NAME)
        return false;
    int given = S_find_plain(b->schema, FIELD_GIVEN_NAME), family = S_find_plain(b->schema, FIELD_FAMILY_NAME);
    return given >= 0 && family >= 0 && b->norm[given].dict.n + b->norm[family].dict.n > 0;
}

/* A house number that was split off the address says nothing that the address does not. */
static bool S_is_in_address(const struct schema *s, unsigned field)
{
    return s->field[field].type == FIELD_HOUSE_NUMBER && s->field[field].derived &&
           schema_find_type(s, FIELD_ADDRESS) >= 0;
}

static bool S_of_persons(const struct batch *b)
{
    static const enum field_type telling[] = {FIELD_GIVEN_NAME, FIELD_FAMILY_NAME, FIELD_FULL_NAME, FIELD_BIRTH_DATE};
    for (unsigned i = 0; i < COUNT_OF(telling); i++) {
        int field = schema_find_type(b->schema, telling[i]);
        if (field >= 0 && b->norm[field].dict.n > 0)
            return true;
    }
    return false;
}

/* Relatives share tokens where they share the whole values; parts of values there are not. */
static unsigned S_relatives_from(const struct schema *s, unsigned f, const struct comparison *c, bool persons)
{
    enum field_type plain = field_plain_type(&s->field[f]);
    struct comparison like = *c;
    if (s->field[f].type != FIELD_HASHED)
        return relatives_from(c, plain, persons, (int)f == schema_find_type(s, plain));
    if (!comparison_kind_of(plain, &like.kind))
        return LEVEL_NULL;
    return relatives_from(&like, plain, persons, false) == 0 ? 0 : LEVEL_NULL;
}

unsigned train_default_comparisons(const struct batch *b, struct comparison out[MOST_COMPARISONS])
{
    unsigned n = 0;
    bool persons = S_of_persons(b);
    for (unsigned f = 0; f < b->schema->n_fields && n < MOST_COMPARISONS; f++) {
        enum field_type type = b->schema->field[f].type;
        enum comparison_kind kind;
        if (!comparison_kind_of(type, &kind) || S_is_split(b, type) || S_is_in_address(b->schema, f))
            continue;
        if (b->n_rows > 0 && S_fill(b, f) == 0)
            continue;
        comparison_init(&out[n++], kind, f);
        out[n - 1].related_from = (uint8_t)S_relatives_from(b->schema, f, &out[n - 1], persons);
        if (type == FIELD_TITLE && n < MOST_COMPARISONS && S_has_model_numbers(b, f))
            comparison_init(&out[n++], CMP_MODEL_NUMBER, f);
    }
    return n;
}

void model_default(const struct batch *b, struct arena *out, struct model *m)
{
    *m = (struct model){.arena = out};
    m->n_comparisons = train_default_comparisons(b, m->comparison);
    model_weigh_levels(m);
    for (unsigned i = 0; i < MOST_PRIOR_SOURCES; i++)
        for (unsigned j = 0; j < MOST_PRIOR_SOURCES; j++)
            m->prior[i][j] = weight_from_bits(-10);
    m->review_threshold = weight_from_bits(-3);
    m->merge_margin = weight_from_bits(2);
}

/* ------------------------------------------------------------------ u from counts and samples */

struct u_sampling {
    const struct batch *batch;
    const struct model *model;
    const struct scorer *scorer;
    struct u_counts *u;
};

/* Pairs on their way to be compared. */
struct sample {
    const struct u_sampling *of;
    unsigned worker, comparison;
    unsigned n;
    struct row_pair pair[1024];
    uint8_t level[1024];
    double at[MOST_LEVELS];
};

static void S_count_sample(struct sample *s)
{
    scorer_level_pairs(s->of->scorer, s->worker, s->comparison, s->pair, s->n, s->level);
    for (unsigned k = 0; k < s->n; k++)
        if (s->level[k] != LEVEL_NULL)
            s->at[s->level[k]]++;
    s->n = 0;
}

static void S_sample_pair(struct sample *s, uint32_t a, uint32_t b)
{
    if (s->n == COUNT_OF(s->pair))
        S_count_sample(s);
    s->pair[s->n++] = (struct row_pair){a, b};
}

/* Levels of random pairs among the records that have a value; all pairs when they are few. */
static void S_sample_u(void *context, size_t item, unsigned worker)
{
    struct u_sampling *w = context;
    unsigned c = (unsigned)item;
    const struct comparison *x = &w->model->comparison[c];
    const struct column *column = &w->batch->norm[x->field];
    uint32_t *row = xmalloc(((size_t)w->batch->n_rows + 1) * sizeof *row), n = 0;
    struct sample sample = {.of = w, .worker = worker, .comparison = c};
    double *at = sample.at, seen = 0, exact, pairs;
    for (uint32_t r = 0; r < w->batch->n_rows; r++) {
        row[n] = r;
        n += column->id[r] != 0;
    }
    uint64_t all = (uint64_t)n * (n ? n - 1 : 0) / 2, state = 0x1d3a + c;
    if (all <= SAMPLED_PAIRS) {
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t j = i + 1; j < n; j++)
                S_sample_pair(&sample, row[i], row[j]);
    } else {
        for (unsigned k = 0; k < SAMPLED_PAIRS; k++) {
            uint32_t i = (uint32_t)random_below(&state, n), j = (uint32_t)random_below(&state, n - 1);
            j += j >= i;
            S_sample_pair(&sample, row[i], row[j]);
        }
    }
    S_count_sample(&sample);
    for (unsigned l = 0; l < x->n_levels; l++)
        seen += at[l];
    frequency_pairs(x, w->batch, &exact, &pairs);
    struct u_counts *u = w->u;
    u->seen[c] = seen;
    /* generic values are no evidence: they are missing from the pairs as they are from the levels */
    u->pairs[c] = seen && all ? (double)all * seen / (double)(all <= SAMPLED_PAIRS ? all : SAMPLED_PAIRS) : 0;
    double rest = seen - at[0];
    bool counted = x->kind != CMP_MODEL_NUMBER && all > SAMPLED_PAIRS;
    for (unsigned l = 0; l < x->n_levels; l++) {
        double share = l == 0 || !(rest > 0) ? 0 : at[l] / rest;
        u->agreeing[c][l] =
            counted ? (l == 0 ? exact : share * (u->pairs[c] - exact)) : at[l] * (seen > 0 ? u->pairs[c] / seen : 0);
        u->floor[c][l] = counted && l == 0 ? 0.5 / (u->pairs[c] > 1 ? u->pairs[c] : 1) : 0.5 / (seen > 1 ? seen : 1);
    }
    free(row);
}

struct joint_work {
    const struct batch *batch;
    const struct model *model;
    struct u_counts *u;
    struct counted_values values[MOST_COMPARISONS];
};

static void S_count_values(void *context, size_t item, unsigned worker)
{
    struct joint_work *w = context;
    (void)worker;
    counted_values_init(&w->values[item], &w->model->comparison[item], w->batch);
}

static void S_joint(void *context, size_t item, unsigned worker)
{
    struct joint_work *w = context;
    unsigned n = w->model->n_comparisons, a = (unsigned)item / n, b = (unsigned)item % n;
    (void)worker;
    if (a < b && w->model->comparison[a].field != w->model->comparison[b].field)
        w->u->joint[a][b] = frequency_joint_pairs(&w->values[a], &w->values[b], w->batch, &w->u->joint_pairs[a][b]);
}

/* ------------------------------------------------------------------ the whole */

static bool S_reads(const struct rule *r, unsigned field, const struct schema *s)
{
    enum field_type type = s->field[field].type;
    for (unsigned k = 0; k < r->n_keys; k++) {
        if (r->key[k].derivation == KEY_ALL)
            continue;
        if (r->key[k].field == field)
            return true;
        if (r->key[k].derivation == KEY_ANY_NAME &&
            (type == FIELD_GIVEN_NAME || type == FIELD_FAMILY_NAME || type == FIELD_MIDDLE_NAME))
            return true;
    }
    return false;
}

static void S_prior_pairs(struct model *m, const struct batch *b)
{
    double n[MOST_PRIOR_SOURCES] = {0};
    double all = (double)b->n_rows * ((double)b->n_rows - 1) / 2, start = 0.2 * (double)b->n_rows / (all > 1 ? all : 1);
    for (unsigned i = 0; i < b->n_sources && m->n_sources < MOST_PRIOR_SOURCES - 1; i++)
        m->source[m->n_sources++] = str_copy(m->arena, b->source_name[i]);
    uint64_t *rows = xcalloc((size_t)b->n_sources + 1, sizeof *rows);
    for (uint32_t row = 0; row < b->n_rows; row++)
        rows[b->source[row]]++;
    for (unsigned i = 0; i < b->n_sources; i++)
        n[model_source_class(m, b->source_name[i])] += (double)rows[i];
    free(rows);
    start = start > 0.2 ? 0.2 : start;
    for (unsigned i = 0; i < MOST_PRIOR_SOURCES; i++)
        for (unsigned j = 0; j < MOST_PRIOR_SOURCES; j++) {
            m->prior_pairs[i][j] = i == j ? n[i] * (n[i] - 1) / 2 : n[i] * n[j];
            m->prior[i][j] = weight_from_bits(fmath_log2(start > 0 ? start : 0.01));
        }
}

static void S_u_origins(struct model *m)
{
    for (unsigned c = 0; c < m->n_comparisons; c++)
        for (unsigned l = 0; l < m->comparison[c].n_levels; l++)
            m->comparison[c].level[l].u_origin = l == 0 ? ORIGIN_COUNTS : ORIGIN_SAMPLED;
}

/*
 * Encodings: among strangers agreement is far too rare for a sample, and where nothing else is compared nothing tells
 * it from that of matches. The levels down to SURE are those of matches; how many there are says how many may be found
 * at the others. What is more is chance, which otherwise is as shipped. Returns the comparisons (bits) whose u then
 * stays.
 */
static uint32_t S_settle_encodings(struct model *m, const struct patterns *p, double scale, const struct u_counts *u,
                                   uint32_t given)
{
    enum { SURE = 4, SPREAD = 2 };
    uint32_t settled = 0;
    for (unsigned c = 0; c < m->n_comparisons; c++) {
        struct comparison *x = &m->comparison[c];
        double found[LEVEL_NULL + 1] = {0}, matches = 0, sure = 0, rest = 1;
        if (x->kind != CMP_ENCODING || given >> c & 1)
            continue;
        for (size_t i = 0; i < p->n; i++)
            found[pattern_level(p->at[i].levels, c)] += (double)p->at[i].n * scale;
        for (unsigned l = 0; l <= SURE; l++) {
            matches += found[l];
            sure += x->level[l].m;
        }
        for (unsigned l = 0; l + 1 < x->n_levels; l++) {
            double more = l <= SURE ? 0 : found[l] - SPREAD * x->level[l].m * matches / sure;
            double chance = u->pairs[c] > 0 ? more / u->pairs[c] : 0;
            x->level[l].u_origin = chance > x->level[l].u ? ORIGIN_COUNTS : ORIGIN_PRIOR;
            x->level[l].u = chance > x->level[l].u ? chance : x->level[l].u;
            rest -= x->level[l].u;
        }
        x->level[x->n_levels - 1].u = rest > 0.01 ? rest : 0.01;
        settled |= 1u << c;
    }
    return settled;
}

/* The rules, and the keys of the batch under them. */
static void S_rules(struct model *m, const struct batch *b, const struct train_options *o, struct arena *out,
                    struct key_set *keys)
{
    uint64_t budget = o->pair_budget ? o->pair_budget : choose_default_budget(b->n_rows);
    if (!o->n_rules && choose_rules(m, b, budget, o->threads, out, keys))
        return;
    for (unsigned i = 0; i < o->n_rules && i < MOST_RULES; i++) {
        struct rule *r = &m->rule[m->n_rules++];
        struct rule_keys of_rule;
        uint32_t largest;
        *r = o->rule[i];
        rule_keys_init(&of_rule, m, r, b, false);
        r->price = block_price(&of_rule, b->n_rows, &largest);
        rule_keys_deinit(&of_rule);
        if (r->price > budget)
            rule_refine_given(m, r, b, budget, out);
    }
    key_set_init(keys, m, b, o->threads);
}

struct frequency_work {
    struct model *model;
    const struct batch *batch;
    struct arena arena[MOST_COMPARISONS];
};

static void S_count_frequency(void *context, size_t item, unsigned worker)
{
    struct frequency_work *w = context;
    (void)worker;
    frequency_count(&w->model->comparison[item], w->batch, &w->arena[item]);
}

static void S_keep_table(struct frequency_table *t, struct arena *out)
{
    const uint64_t *hash = t->hash;
    const uint32_t *count = t->count;
    t->hash = ARENA_NEW(out, uint64_t, t->n);
    t->count = ARENA_NEW(out, uint32_t, t->n);
    if (t->n) {
        memcpy(t->hash, hash, t->n * sizeof *hash);
        memcpy(t->count, count, t->n * sizeof *count);
    }
}

/* In parallel, each comparison in an arena of its own. */
static void S_count_frequencies(struct model *m, const struct batch *b, unsigned threads, struct arena *out)
{
    struct frequency_work w = {.model = m, .batch = b};
    parallel_for(threads, m->n_comparisons, S_count_frequency, &w);
    for (unsigned c = 0; c < m->n_comparisons; c++) {
        S_keep_table(&m->comparison[c].tf, out);
        S_keep_table(&m->comparison[c].token, out);
        arena_deinit(&w.arena[c]);
    }
}

/* Relatives are told from matches by what they do not share. Where nothing is left of that - one column, or beside the
 * one or two shared ones only numbers that no two records have - they would take the place of the matches: there are
 * none then. */
static void S_settle_relatives(struct model *m)
{
    bool told = false;
    unsigned shared = 0;
    for (unsigned c = 0; c < m->n_comparisons; c++) {
        told |= m->comparison[c].related_from > 0 && m->comparison[c].tf.n > 0;
        shared += m->comparison[c].related_from == 0;
    }
    for (unsigned c = 0; c < m->n_comparisons && !told && shared <= FEW_SHARED; c++)
        m->comparison[c].related_from = LEVEL_NULL;
}

/* What the weights are made with; u of the records themselves was counted before. */
static void S_given_frequencies(struct model *m, const struct train_options *o, struct arena *out)
{
    for (unsigned c = 0; o->table && c < o->n_comparisons; c++)
        if (o->table[c] && m->comparison[c].term_frequency)
            frequency_replace(&m->comparison[c], o->table[c], out);
}

/* Of many records fewer pairs tell enough: what is learnt hangs on the matches among them, of which a third of the
 * pairs of a small file has no more. */
static uint64_t S_training_pairs(const struct batch *b)
{
    return b->n_rows > MANY_ROWS ? PAIRS_OF_MANY : TRAINING_PAIRS;
}

enum idem_status model_train(const struct batch *b, const struct train_options *o, struct arena *out, struct model *m,
                             struct idem_error *err)
{
    model_default(b, out, m);
    if (o->n_comparisons) {
        m->n_comparisons = o->n_comparisons;
        memcpy(m->comparison, o->comparison, o->n_comparisons * sizeof *o->comparison);
        model_weigh_levels(m);
    }
    if (m->n_comparisons == 0)
        return error_set(err, IDEM_INVALID,
                         "nothing to compare: no field that is compared, such as full_name or email, is mapped and has "
                         "a value");
    m->n_reference = b->n_rows;
    S_count_frequencies(m, b, o->threads, out);
    S_settle_relatives(m);
    progress_stage(o->progress, "train", 0, b->n_rows, "records");
    S_prior_pairs(m, b);
    struct u_counts *u = xcalloc(1, sizeof *u);
    struct scorer scorer;
    struct key_set keys;
    struct patterns patterns;
    S_rules(m, b, o, out, &keys);
    scorer_init_training(&scorer, m, b, o->threads);
    struct u_sampling sampling = {b, m, &scorer, u};
    parallel_for(o->threads, m->n_comparisons, S_sample_u, &sampling);
    struct joint_work joint = {.batch = b, .model = m, .u = u};
    parallel_for(o->threads, m->n_comparisons, S_count_values, &joint);
    parallel_for(o->threads, (size_t)m->n_comparisons * m->n_comparisons, S_joint, &joint);
    for (unsigned c = 0; c < m->n_comparisons; c++)
        counted_values_deinit(&joint.values[c]);
    uint64_t asked = 0, most = o->training_pairs ? o->training_pairs : S_training_pairs(b);
    for (unsigned r = 0; r < m->n_rules; r++)
        asked += m->rule[r].price;
    bool all_pairs = m->rule[0].key[0].derivation == KEY_ALL;
    unsigned one_in = asked > most && !all_pairs ? (unsigned)(asked / most) : 1;
    key_set_print(&keys, o->threads);
    if (o->slim)
        key_set_slim(&keys, m, b);
    patterns_count(&patterns, &scorer, &keys, o->threads, one_in);
    key_set_forget_prints(&keys);
    struct em_options em = {.scale = one_in,
                            .fixed_m = o->fixed_m,
                            .fixed_u = o->fixed_u,
                            .most_iterations = MOST_ITERATIONS,
                            .threads = o->threads};
    for (unsigned c = 0; c < m->n_comparisons; c++)
        for (unsigned r = 0; r < m->n_rules; r++)
            if (S_reads(&m->rule[r], m->comparison[c].field, b->schema))
                em.reads[c] |= 1ULL << r;
    S_u_origins(m);
    em.fixed_u |= S_settle_encodings(m, &patterns, one_in, u, o->fixed_u);
    struct label_counts labels;
    labels_count(&scorer, o->label, o->n_labels, o->fair_labels, &labels);
    em.labels = o->n_labels ? &labels : NULL;
    em_run(m, &patterns, u, &em);
    S_given_frequencies(m, o, out);
    progress_stage(o->progress, "train", b->n_rows, b->n_rows, "records");
    patterns_deinit(&patterns);
    if (o->keys)
        *o->keys = keys;
    else
        key_set_deinit(&keys);
    if (o->scorer)
        *o->scorer = scorer;
    else
        scorer_deinit(&scorer);
    free(u);
    return IDEM_OK;
}

#include "engine/matching.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fmath.h"
#include "base/hash.h"
#include "engine/forced.h"
#include "engine/frequency_file.h"
#include "matcher/em.h"
#include "matcher/frequency.h"
#include "matcher/shipped.h"
#include "matcher/threshold.h"
#include "matcher/train.h"

enum { EDGE_FLOOR_BITS = -10, SHIPPED_MATCH_BITS = 8 };

void matching_field_map(const struct config *c, const struct schema *schema, unsigned field_of[MOST_FIELDS])
{
    for (unsigned f = 0; f < c->schema.n_fields; f++) {
        int at = schema_find(schema, c->schema.field[f].name);
        field_of[f] = at < 0 ? f : (unsigned)at;
    }
}

const bool *matching_unique(const struct config *c, const struct batch *b, struct arena *out)
{
    bool *unique = ARENA_NEW(out, bool, b->n_sources), any = false;
    for (unsigned i = 0; i < b->n_sources; i++) {
        int at = config_find_source(c, b->source_name[i]);
        unique[i] = at >= 0 && c->source[at].unique;
        any |= unique[i];
    }
    return any ? unique : NULL;
}

/* ------------------------------------------------------------------ what the user fixed */

static int S_level_named(const struct comparison *c, struct str name)
{
    for (unsigned l = 0; l < c->n_levels; l++)
        if (str_eq(name, str_from(c->level[l].name)))
            return (int)l;
    return -1;
}

/* Given m and u replace the shipped figures; the rest keeps its shares of what is left. */
static void S_fix(struct comparison *c, const struct comparison_override *o, bool is_m)
{
    const double *given = is_m ? o->m : o->u;
    double fixed = 0, rest = 0;
    bool is_fixed[MOST_LEVELS] = {false};
    if (!given)
        return;
    for (unsigned i = 0; i <= o->n_levels; i++) {
        int l = i < o->n_levels ? S_level_named(c, o->level[i]) : (int)c->n_levels - 1;
        if (l < 0 || isnan(given[i]))
            continue;
        *(is_m ? &c->level[l].m : &c->level[l].u) = given[i];
        *(is_m ? &c->level[l].m_origin : &c->level[l].u_origin) = ORIGIN_FIXED;
        is_fixed[l] = true;
        fixed += given[i];
    }
    for (unsigned l = 0; l < c->n_levels; l++)
        rest += is_fixed[l] ? 0 : is_m ? c->level[l].m : c->level[l].u;
    for (unsigned l = 0; l < c->n_levels && rest > 0 && fixed < 1; l++)
        if (!is_fixed[l])
            *(is_m ? &c->level[l].m : &c->level[l].u) *= (1 - fixed) / rest;
}

static bool S_any_given(const double *given, unsigned n)
{
    for (unsigned i = 0; given && i <= n; i++)
        if (!isnan(given[i]))
            return true;
    return false;
}

struct given_model {
    struct comparison comparison[MOST_COMPARISONS];
    unsigned n_comparisons;
    const struct frequency_table *table[MOST_COMPARISONS]; /* NULL: counted */
    uint32_t fixed_m, fixed_u;
    struct rule rule[MOST_RULES];
    unsigned n_rules;
};

static enum idem_status S_frequencies(const struct config *c, const struct comparison_override *o,
                                      enum comparison_kind kind, struct arena *out,
                                      const struct frequency_table **table, struct idem_error *err)
{
    struct frequency_table *t = ARENA_NEW(out, struct frequency_table, 1);
    TRY(frequency_file_read(c, o, kind, out, t, err));
    *table = t;
    return IDEM_OK;
}

static enum idem_status S_comparisons(const struct config *c, const struct batch *b, const unsigned *field_of,
                                      struct arena *out, struct given_model *g, struct idem_error *err)
{
    struct comparison all[MOST_COMPARISONS];
    unsigned n = train_default_comparisons(b, all);
    for (unsigned i = 0; i < n; i++) {
        bool off = false;
        struct comparison *x = &g->comparison[g->n_comparisons];
        *x = all[i];
        for (unsigned k = 0; k < c->n_comparisons; k++) {
            const struct comparison_override *o = &c->comparison[k];
            if (field_of[o->field] != x->field)
                continue;
            off |= o->off;
            if (o->term_frequency >= 0)
                x->term_frequency = o->term_frequency;
            if (o->frequency_table.len && x->kind != CMP_MODEL_NUMBER)
                TRY(S_frequencies(c, o, x->kind, out, &g->table[g->n_comparisons], err));
            S_fix(x, o, true);
            S_fix(x, o, false);
            g->fixed_m |= S_any_given(o->m, o->n_levels) ? 1u << g->n_comparisons : 0;
            g->fixed_u |= S_any_given(o->u, o->n_levels) ? 1u << g->n_comparisons : 0;
        }
        g->n_comparisons += !off;
    }
    return IDEM_OK;
}

static enum idem_status S_rules(const struct config *c, const unsigned *field_of, struct given_model *g,
                                struct idem_error *err)
{
    for (unsigned i = 0; i < c->n_blocking && i < MOST_RULES; i++) {
        struct rule *r = &g->rule[g->n_rules++];
        *r = (struct rule){0};
        for (unsigned k = 0; k < c->blocking[i].n_keys; k++) {
            enum derivation d;
            struct str name = c->blocking[i].key[k].derivation;
            if (!derivation_parse(name, &d))
                return error_set(err, IDEM_INVALID, "matching.blocking[%u][%u]: unknown derivation \"%.*s\"", i, k,
                                 STR_ARG(name));
            r->key[r->n_keys++] = (struct rule_key){(uint8_t)field_of[c->blocking[i].key[k].field], (uint8_t)d};
        }
    }
    return IDEM_OK;
}

enum idem_status matching_train(const struct config *c, const struct batch *b, unsigned threads,
                                const struct progress *progress, struct arena *out, struct model *model,
                                struct key_set *keys, struct scorer *scorer, struct idem_error *err)
{
    static const struct matching_labels none = {0};
    return matching_train_labelled(c, b, &none, threads, progress, out, model, keys, scorer, err);
}

enum idem_status matching_train_labelled(const struct config *c, const struct batch *b,
                                         const struct matching_labels *labels, unsigned threads,
                                         const struct progress *progress, struct arena *out, struct model *model,
                                         struct key_set *keys, struct scorer *scorer, struct idem_error *err)
{
    struct given_model *g = ARENA_NEW(out, struct given_model, 1);
    unsigned field_of[MOST_FIELDS];
    matching_field_map(c, b->schema, field_of);
    TRY(S_comparisons(c, b, field_of, out, g, err));
    TRY(S_rules(c, field_of, g, err));
    struct train_options options = {.threads = threads,
                                    .pair_budget = c->pair_budget,
                                    .rule = g->rule,
                                    .n_rules = g->n_rules,
                                    .comparison = g->comparison,
                                    .n_comparisons = g->n_comparisons,
                                    .table = g->table,
                                    .fixed_m = g->fixed_m,
                                    .fixed_u = g->fixed_u,
                                    .label = labels->pair,
                                    .n_labels = labels->n,
                                    .fair_labels = labels->fair,
                                    .progress = progress,
                                    .slim = keys && keys->slim,
                                    .keys = keys,
                                    .scorer = scorer};
    return model_train(b, &options, out, model, err);
}

enum idem_status matching_shipped(const struct config *c, const struct batch *b, struct arena *out, struct model *model,
                                  struct idem_error *err)
{
    struct given_model *g = ARENA_NEW(out, struct given_model, 1);
    unsigned field_of[MOST_FIELDS];
    matching_field_map(c, b->schema, field_of);
    TRY(S_comparisons(c, b, field_of, out, g, err));
    TRY(S_rules(c, field_of, g, err));
    model_default(b, out, model);
    model->n_comparisons = g->n_comparisons;
    memcpy(model->comparison, g->comparison, g->n_comparisons * sizeof *g->comparison);
    for (unsigned i = 0; i < g->n_comparisons; i++)
        if (g->table[i] && model->comparison[i].term_frequency)
            frequency_replace(&model->comparison[i], g->table[i], out);
    model_weigh_levels(model);
    model->n_rules = g->n_rules;
    memcpy(model->rule, g->rule, g->n_rules * sizeof *g->rule);
    if (!model->n_rules)
        shipped_rules(model, b->schema);
    /* names alone are no match as long as nobody knows how frequent they are */
    model->match_threshold = weight_from_bits(SHIPPED_MATCH_BITS);
    if (c->match.kind == THRESHOLD_BITS)
        model->match_threshold = weight_from_bits(c->match.value);
    if (c->match.kind == THRESHOLD_PRECISION)
        model->match_threshold = weight_from_bits(fmath_log2(c->match.value) - fmath_log2(1 - c->match.value));
    if (c->review.kind != THRESHOLD_AUTO)
        matching_review_threshold(c, model);
    if (model->review_threshold > model->match_threshold)
        model->review_threshold = model->match_threshold;
    return IDEM_OK;
}

/* ------------------------------------------------------------------ deterministic rules and links */

/* 1 agree, 0 differ, -1 unknown: best pair of values; generic values are unknown. */
static int S_agree(const struct batch *b, unsigned field, uint32_t x, uint32_t y)
{
    const uint32_t *p, *q;
    uint32_t np = column_ids(&b->norm[field], x, &p), nq = column_ids(&b->norm[field], y, &q);
    enum comparison_kind kind;
    int result = -1;
    if (!comparison_kind_of(b->schema->field[field].type, &kind))
        kind = CMP_CODE;
    for (uint32_t i = 0; i < np; i++)
        for (uint32_t j = 0; j < nq; j++) {
            struct norm v, w;
            if (!norm_unpack(dict_get(&b->norm[field].dict, p[i]), &v) ||
                !norm_unpack(dict_get(&b->norm[field].dict, q[j]), &w) || ((v.flags | w.flags) & NORM_GENERIC))
                continue;
            bool same = p[i] == q[j] || str_eq(frequency_key(kind, &v), frequency_key(kind, &w));
            if (same)
                return 1;
            result = 0;
        }
    return result;
}

int matching_rule_of(const struct config *c, const struct batch *b, const unsigned *field_of, uint32_t x, uint32_t y)
{
    for (unsigned r = 0; r < c->n_rules; r++) {
        const struct match_rule *rule = &c->rule[r];
        bool holds = rule->n_when + rule->n_differ > 0;
        for (unsigned k = 0; k < rule->n_when && holds; k++)
            holds = S_agree(b, field_of[rule->when[k]], x, y) == 1;
        for (unsigned k = 0; k < rule->n_differ && holds; k++)
            holds = S_agree(b, field_of[rule->differ[k]], x, y) == 0;
        if (holds)
            return (int)r;
    }
    return -1;
}

static void S_force(struct matching *m, uint32_t a, uint32_t b, bool same)
{
    if (m->n_forced == m->forced_room) {
        m->forced_room = m->forced_room ? m->forced_room * 2 : 64;
        m->forced = xrealloc(m->forced, m->forced_room * sizeof *m->forced);
    }
    m->forced[m->n_forced++] = (struct forced_pair){a < b ? a : b, a < b ? b : a, same};
}

static int S_by_rows(const void *a, const void *b)
{
    const struct forced_pair *x = a, *y = b;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return (x->b > y->b) - (x->b < y->b);
}

/* What links joined when they were read last: the pairs that nothing has forced now. */
static void S_earlier_links(const struct load *l, struct matching *m)
{
    size_t n = m->n_forced;
    if (!l->n_linked)
        return;
    struct forced_pair *known = xmalloc((n + 1) * sizeof *known);
    if (n) {
        memcpy(known, m->forced, n * sizeof *known);
        qsort(known, n, sizeof *known, S_by_rows);
    }
    for (size_t i = 0; i < l->n_linked; i++) {
        uint32_t a = l->linked[i].a, b = l->linked[i].b;
        struct forced_pair pair = {a < b ? a : b, a < b ? b : a, true};
        if (!scorer_never(&m->scorer, a, b) && !(n && bsearch(&pair, known, n, sizeof pair, S_by_rows)))
            S_force(m, a, b, true);
    }
    free(known);
}

static void S_links(const struct config *c, const struct load *l, struct matching *m)
{
    for (size_t i = 0; i < l->n_links; i++) {
        const struct link *link = &c->link[l->link[i].link];
        uint32_t to = batch_find(&l->batch, (uint16_t)link->to, l->link[i].record_id);
        if (to == UINT32_MAX || to == l->link[i].row)
            continue;
        if (scorer_never(&m->scorer, l->link[i].row, to)) {
            m->stats.link_conflicts++;
            continue;
        }
        int32_t weight = scorer_score(&m->scorer, 0, l->link[i].row, to);
        m->stats.link_conflicts += weight < m->scorer.model->review_threshold;
        if (!link->strong || weight >= m->scorer.model->review_threshold)
            S_force(m, l->link[i].row, to, true);
    }
    S_earlier_links(l, m);
}

/* ------------------------------------------------------------------ candidates and scores */

struct score_work {
    struct matching *matching;
    const struct config *config;
    const struct batch *batch;
    const unsigned *field_of;
    int32_t floor;
};

/* An edge's rule has this bit when a deterministic rule decides it: the verdict follows in the weight. */
#define FORCED_SAME (1 << 29)

static void S_visit(void *context, unsigned worker, const struct row_pair *pair, size_t n, uint32_t rule,
                    struct edge_list *out)
{
    enum { SOME = 512 };
    struct score_work *w = context;
    const struct scorer *s = &w->matching->scorer;
    int32_t weight[SOME];
    for (size_t from = 0; from < n; from += SOME) {
        size_t here = n - from < SOME ? n - from : SOME;
        scorer_score_pairs(s, worker, pair + from, here, w->floor, weight);
        for (size_t k = 0; k < here; k++) {
            uint32_t a = pair[from + k].a, b = pair[from + k].b;
            int by_rule = w->config->n_rules && !scorer_never(s, a, b)
                              ? matching_rule_of(w->config, w->batch, w->field_of, a, b)
                              : -1;
            if (by_rule >= 0)
                weight[k] = w->config->rule[by_rule].verdict == RULE_SAME ? FORCED_SAME : SCORE_NEVER;
            if (weight[k] >= w->floor || by_rule >= 0)
                edge_list_add(out, (struct edge){a, b, weight[k], rule});
        }
    }
}

static void S_count_edges(struct matching *m, const struct model *model)
{
    for (size_t i = 0; i < m->edges.n; i++) {
        int32_t w = m->edges.edge[i].weight;
        m->stats.match += w >= model->match_threshold;
        m->stats.review += w < model->match_threshold && w >= model->review_threshold;
    }
    m->stats.edges = m->edges.n;
}

/* Pairs that a rule decided leave the edges and become forced. */
static void S_take_forced(struct matching *m)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->edges.n; i++) {
        struct edge e = m->edges.edge[i];
        if (e.weight == FORCED_SAME || e.weight == SCORE_NEVER)
            S_force(m, e.a, e.b, e.weight == FORCED_SAME);
        else
            m->edges.edge[kept++] = e;
    }
    m->edges.n = kept;
}

void matching_review_threshold(const struct config *c, struct model *model)
{
    threshold_review(model);
    if (c->review.kind == THRESHOLD_BITS)
        model->review_threshold = weight_from_bits(c->review.value);
    if (c->review.kind == THRESHOLD_PRECISION)
        model->review_threshold = weight_from_bits(fmath_log2(c->review.value) - fmath_log2(1 - c->review.value));
    if (model->review_threshold > model->match_threshold)
        model->review_threshold = model->match_threshold;
}

void matching_thresholds(const struct config *c, struct model *model, const struct edge_list *edges)
{
    switch (c->match.kind) {
    case THRESHOLD_AUTO:
        threshold_expected_f1(model, edges->edge, edges->n);
        break;
    case THRESHOLD_PRECISION:
        threshold_precision(model, edges->edge, edges->n, c->match.value);
        break;
    case THRESHOLD_BITS:
        model->match_threshold = weight_from_bits(c->match.value);
        break;
    }
    matching_review_threshold(c, model);
}

void matching_scorer(struct scorer *out, struct scorer *trained, const struct model *model, const struct batch *b,
                     unsigned threads)
{
    if (!trained || !trained->row) {
        scorer_init(out, model, b, threads);
        return;
    }
    *out = *trained;
    *trained = (struct scorer){0};
    scorer_trained(out, model);
}

enum idem_status matching_run(const struct config *c, const struct load *load, struct model *model, bool fresh,
                              unsigned threads, const struct progress *progress, struct matching *out,
                              struct idem_error *err)
{
    return matching_run_decided(c, load, model, fresh, NULL, 0, NULL, NULL, threads, progress, out, err);
}

enum idem_status matching_run_decided(const struct config *c, const struct load *load, struct model *model, bool fresh,
                                      const struct forced_pair *decided, size_t n_decided, struct key_set *keys,
                                      struct scorer *scorer, unsigned threads, const struct progress *progress,
                                      struct matching *out, struct idem_error *err)
{
    const struct batch *b = &load->batch;
    unsigned field_of[MOST_FIELDS];
    (void)err;
    *out = (struct matching){0};
    matching_field_map(c, b->schema, field_of);
    double start = clock_seconds();
    matching_scorer(&out->scorer, scorer, model, b, threads);
    out->scorer.unique = matching_unique(c, b, &out->arena);
    if (keys && keys->rule) {
        out->keys = *keys;
        *keys = (struct key_set){0};
    } else if (keys && keys->slim) {
        key_set_init_slim(&out->keys, model, b);
    } else {
        key_set_init(&out->keys, model, b, threads);
    }
    out->stats.block = clock_seconds() - start;
    progress_stage(progress, "score", 0, 0, "pairs");
    start = clock_seconds();
    struct score_work work = {out, c, b, field_of, EDGE_FLOOR_BITS * WEIGHT_ONE};
    struct block_walk walk = {.model = model,
                              .batch = b,
                              .keys = &out->keys,
                              .threads = threads,
                              .one_in = 1,
                              .spent = out->keys.holders ? &out->keys : NULL,
                              .visit = S_visit,
                              .context = &work};
    out->stats.candidates = block_walk(&walk, &out->edges, &out->stats.losses);
    S_take_forced(out);
    if (fresh)
        matching_thresholds(c, model, &out->edges);
    S_links(c, load, out);
    forced_settle(out, decided, n_decided);
    S_count_edges(out, model);
    out->stats.score = clock_seconds() - start;
    progress_stage(progress, "cluster", 0, 0, "edges");
    start = clock_seconds();
    struct cluster_input in = {.scorer = &out->scorer,
                               .edge = out->edges.edge,
                               .n_edges = out->edges.n,
                               .forced = out->forced,
                               .n_forced = out->n_forced,
                               .threads = threads};
    cluster_records(&in, &out->clusters);
    out->stats.cluster = clock_seconds() - start;
    return IDEM_OK;
}

void matching_deinit(struct matching *m)
{
    scorer_deinit(&m->scorer);
    key_set_deinit(&m->keys);
    edge_list_deinit(&m->edges);
    free(m->forced);
    free(m->overruled);
    cluster_result_deinit(&m->clusters);
    arena_deinit(&m->arena);
    *m = (struct matching){0};
}

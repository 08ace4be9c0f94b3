#include "matcher/model.h"

#include "base/fmath.h"
#include "matcher/compare.h"

/* Weights of a whole model add up without overflow when each is below MOST_WEIGHT; a threshold is compared only. */
enum { MODEL_FORMAT = 1, MOST_WEIGHT = 1 << 24, MOST_THRESHOLD = 1 << 30 };

/* Where a comparison has its frequencies from. */
enum { TF_OFF, TF_COUNTS, TF_TABLE };

const char *origin_name(enum origin o)
{
    static const char *const names[] = {"prior", "counts", "sampled", "em", "labels", "fixed", "table"};
    return (size_t)o < COUNT_OF(names) ? names[o] : "unknown";
}

uint32_t frequency_of(const struct frequency_table *t, uint64_t hash)
{
    uint32_t from = 0, to = t->n;
    /* hashes are uniform: one interpolation step lands close, then halving finishes */
    if (to > 64) {
        uint32_t guess = (uint32_t)((__extension__(unsigned __int128) hash * to) >> 64);
        uint32_t reach = 32;
        while (guess > reach && t->hash[guess - reach] > hash)
            reach *= 2;
        from = guess > reach ? guess - reach : 0;
        reach = 32;
        while (guess + reach < to && t->hash[guess + reach] <= hash)
            reach *= 2;
        to = guess + reach < to ? guess + reach : to;
    }
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (t->hash[middle] == hash)
            return t->count[middle];
        if (t->hash[middle] < hash)
            from = middle + 1;
        else
            to = middle;
    }
    return t->floor;
}

int32_t model_related_weight(int32_t odds)
{
    if (odds < RELATED_LEAST)
        return 0;
    if (odds > RELATED_MOST)
        return -odds;
    return -weight_from_bits(fmath_log2(1 + fmath_exp2(weight_to_bits(odds))));
}

unsigned model_source_class(const struct model *m, struct str name)
{
    for (unsigned i = 0; i < m->n_sources; i++)
        if (str_eq(m->source[i], name))
            return i;
    return MOST_PRIOR_SOURCES - 1;
}

/* ------------------------------------------------------------------ bytes */

static void S_put_double(struct buf *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < 8; i++)
        buf_byte(out, (char)(bits >> 8 * i));
}

static bool S_take_double(struct str *in, double *value)
{
    uint64_t bits = 0;
    if (in->len < 8)
        return false;
    for (int i = 0; i < 8; i++)
        bits |= (uint64_t)(unsigned char)in->ptr[i] << 8 * i;
    memcpy(value, &bits, sizeof bits);
    *in = str_sub(*in, 8, in->len);
    return true;
}

static void S_put_signed(struct buf *out, int64_t value)
{
    buf_varint(out, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

static bool S_take_weight(struct str *in, int64_t most, int32_t *value)
{
    uint64_t v;
    if (!varint_take(in, &v))
        return false;
    int64_t weight = (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
    *value = (int32_t)weight;
    return weight >= -most && weight <= most;
}

static bool S_take_u32(struct str *in, uint32_t most, uint32_t *value)
{
    uint64_t v;
    if (!varint_take(in, &v) || v > most)
        return false;
    *value = (uint32_t)v;
    return true;
}

static void S_put_table(struct buf *out, const struct frequency_table *t)
{
    uint64_t before = 0;
    buf_varint(out, t->n);
    buf_varint(out, t->total);
    buf_varint(out, t->floor);
    for (uint32_t i = 0; i < t->n; before = t->hash[i++]) {
        buf_varint(out, t->hash[i] - before);
        buf_varint(out, t->count[i]);
    }
}

static bool S_take_table(struct str *in, struct arena *out, struct frequency_table *t)
{
    uint64_t before = 0, delta;
    if (!S_take_u32(in, UINT32_MAX, &t->n) || !varint_take(in, &t->total) || !S_take_u32(in, UINT32_MAX, &t->floor) ||
        t->n > in->len)
        return false;
    t->hash = ARENA_NEW(out, uint64_t, t->n);
    t->count = ARENA_NEW(out, uint32_t, t->n);
    for (uint32_t i = 0; i < t->n; i++) {
        if (!varint_take(in, &delta) || !S_take_u32(in, UINT32_MAX, &t->count[i]))
            return false;
        before = t->hash[i] = before + delta;
    }
    return true;
}

static void S_put_comparison(struct buf *out, const struct comparison *c)
{
    buf_varint(out, c->kind);
    buf_varint(out, c->field);
    buf_varint(out, c->n_levels);
    buf_varint(out, !c->term_frequency ? TF_OFF : c->tf_origin == ORIGIN_TABLE ? TF_TABLE : TF_COUNTS);
    buf_varint(out, c->related_from);
    for (unsigned l = 0; l < c->n_levels; l++) {
        const struct level *x = &c->level[l];
        S_put_double(out, x->m);
        S_put_double(out, x->u);
        S_put_double(out, x->m_n);
        S_put_double(out, x->u_n);
        S_put_double(out, x->related);
        S_put_signed(out, x->related_weight);
        S_put_signed(out, x->weight);
        buf_byte(out, (char)x->m_origin);
        buf_byte(out, (char)x->u_origin);
    }
    S_put_table(out, &c->tf);
    S_put_table(out, &c->token);
}

static bool S_take_comparison(struct str *in, struct arena *out, struct comparison *c)
{
    uint32_t kind, field, n_levels, tf, related_from;
    if (!S_take_u32(in, CMP_KINDS - 1, &kind) || !S_take_u32(in, MOST_FIELDS - 1, &field) ||
        !S_take_u32(in, MOST_LEVELS, &n_levels) || !S_take_u32(in, TF_TABLE, &tf) ||
        !S_take_u32(in, LEVEL_NULL, &related_from))
        return false;
    comparison_init(c, (enum comparison_kind)kind, field);
    if (n_levels != c->n_levels)
        return false;
    c->term_frequency = tf != TF_OFF;
    c->tf_origin = tf == TF_TABLE ? ORIGIN_TABLE : ORIGIN_COUNTS;
    c->related_from = (uint8_t)related_from;
    for (unsigned l = 0; l < n_levels; l++) {
        struct level *x = &c->level[l];
        if (!S_take_double(in, &x->m) || !S_take_double(in, &x->u) || !S_take_double(in, &x->m_n) ||
            !S_take_double(in, &x->u_n) || !S_take_double(in, &x->related) ||
            !S_take_weight(in, MOST_WEIGHT, &x->related_weight) || !S_take_weight(in, MOST_WEIGHT, &x->weight) ||
            in->len < 2)
            return false;
        x->m_origin = (uint8_t)in->ptr[0];
        x->u_origin = (uint8_t)in->ptr[1];
        *in = str_sub(*in, 2, in->len);
    }
    return S_take_table(in, out, &c->tf) && S_take_table(in, out, &c->token);
}

static void S_put_keys(struct buf *out, const struct rule_key *key, unsigned n)
{
    buf_varint(out, n);
    for (unsigned i = 0; i < n; i++) {
        buf_byte(out, (char)key[i].field);
        buf_byte(out, (char)key[i].derivation);
    }
}

static bool S_take_keys(struct str *in, struct rule_key *key, uint8_t *n, uint32_t most)
{
    uint32_t count;
    if (!S_take_u32(in, most, &count) || in->len < 2 * (size_t)count)
        return false;
    *n = (uint8_t)count;
    for (uint32_t i = 0; i < count; i++) {
        key[i] = (struct rule_key){(uint8_t)in->ptr[2 * i], (uint8_t)in->ptr[2 * i + 1]};
        if (key[i].field >= MOST_FIELDS || key[i].derivation >= KEY_DERIVATIONS)
            return false;
    }
    *in = str_sub(*in, 2 * (size_t)count, in->len);
    return true;
}

static bool S_take_interaction(struct str *in, unsigned n_comparisons, struct interaction *x)
{
    if (in->len < 2)
        return false;
    x->a = (uint8_t)in->ptr[0];
    x->b = (uint8_t)in->ptr[1];
    *in = str_sub(*in, 2, in->len);
    return x->a < n_comparisons && x->b < n_comparisons && S_take_weight(in, MOST_WEIGHT, &x->agree) &&
           S_take_weight(in, MOST_WEIGHT, &x->differ) && x->agree >= 0 && x->differ >= 0;
}

static void S_put_rule(struct buf *out, const struct rule *r)
{
    uint64_t before = 0;
    S_put_keys(out, r->key, r->n_keys);
    S_put_keys(out, r->refine, r->n_refine);
    buf_varint(out, r->price);
    S_put_double(out, r->recall);
    buf_varint(out, r->n_oversized);
    for (uint32_t i = 0; i < r->n_oversized; before = r->oversized[i++]) {
        buf_varint(out, r->oversized[i] - before);
        buf_byte(out, (char)r->depth[i]);
    }
}

static bool S_take_rule(struct str *in, struct arena *out, struct rule *r)
{
    uint64_t before = 0, delta;
    if (!S_take_keys(in, r->key, &r->n_keys, MOST_RULE_KEYS) || r->n_keys == 0 ||
        !S_take_keys(in, r->refine, &r->n_refine, COUNT_OF(r->refine)) || !varint_take(in, &r->price) ||
        !S_take_double(in, &r->recall) || !S_take_u32(in, UINT32_MAX, &r->n_oversized) || r->n_oversized > in->len)
        return false;
    r->oversized = ARENA_NEW(out, uint64_t, r->n_oversized);
    r->depth = ARENA_NEW(out, uint8_t, r->n_oversized);
    for (uint32_t i = 0; i < r->n_oversized; i++) {
        if (!varint_take(in, &delta) || !in->len)
            return false;
        before = r->oversized[i] = before + delta;
        r->depth[i] = (uint8_t)in->ptr[0];
        if (r->depth[i] > r->n_refine)
            return false;
        *in = str_sub(*in, 1, in->len);
    }
    return true;
}

void model_pack(const struct model *m, struct buf *out)
{
    buf_varint(out, MODEL_FORMAT);
    buf_varint(out, m->n_comparisons);
    buf_varint(out, m->n_rules);
    buf_varint(out, m->n_interactions);
    buf_varint(out, m->n_reference);
    buf_varint(out, m->iterations);
    S_put_signed(out, m->match_threshold);
    S_put_signed(out, m->review_threshold);
    S_put_signed(out, m->merge_margin);
    S_put_signed(out, m->related_prior);
    S_put_double(out, m->expected_matches);
    S_put_double(out, m->expected_precision);
    S_put_double(out, m->expected_recall);
    buf_varint(out, m->n_sources);
    for (unsigned i = 0; i < m->n_sources; i++) {
        buf_varint(out, m->source[i].len);
        buf_str(out, m->source[i]);
    }
    for (unsigned i = 0; i < MOST_PRIOR_SOURCES * MOST_PRIOR_SOURCES; i++) {
        S_put_signed(out, (&m->prior[0][0])[i]);
        S_put_double(out, (&m->prior_pairs[0][0])[i]);
        S_put_double(out, (&m->prior_matches[0][0])[i]);
    }
    for (unsigned i = 0; i < m->n_comparisons; i++)
        S_put_comparison(out, &m->comparison[i]);
    for (unsigned i = 0; i < m->n_rules; i++)
        S_put_rule(out, &m->rule[i]);
    for (unsigned i = 0; i < m->n_interactions; i++) {
        buf_byte(out, (char)m->interaction[i].a);
        buf_byte(out, (char)m->interaction[i].b);
        S_put_signed(out, m->interaction[i].agree);
        S_put_signed(out, m->interaction[i].differ);
    }
}

bool model_unpack(struct str in, struct arena *out, struct model *m)
{
    uint32_t format, n_comparisons, n_rules, n_interactions;
    *m = (struct model){.arena = out};
    if (!S_take_u32(&in, MODEL_FORMAT, &format) || format != MODEL_FORMAT ||
        !S_take_u32(&in, MOST_COMPARISONS, &n_comparisons) || !S_take_u32(&in, MOST_RULES, &n_rules) ||
        !S_take_u32(&in, MOST_INTERACTIONS, &n_interactions) || !varint_take(&in, &m->n_reference) ||
        !S_take_u32(&in, UINT32_MAX, &m->iterations))
        return false;
    m->n_comparisons = n_comparisons;
    m->n_rules = n_rules;
    m->n_interactions = n_interactions;
    if (!S_take_weight(&in, MOST_THRESHOLD, &m->match_threshold) ||
        !S_take_weight(&in, MOST_THRESHOLD, &m->review_threshold) ||
        !S_take_weight(&in, MOST_THRESHOLD, &m->merge_margin) || !S_take_weight(&in, MOST_WEIGHT, &m->related_prior) ||
        !S_take_double(&in, &m->expected_matches) || !S_take_double(&in, &m->expected_precision) ||
        !S_take_double(&in, &m->expected_recall))
        return false;
    uint32_t n_sources, len;
    if (!S_take_u32(&in, MOST_PRIOR_SOURCES - 1, &n_sources))
        return false;
    for (m->n_sources = 0; m->n_sources < n_sources; m->n_sources++) {
        if (!S_take_u32(&in, UINT32_MAX, &len) || len > in.len)
            return false;
        m->source[m->n_sources] = str_copy(out, str_sub(in, 0, len));
        in = str_sub(in, len, in.len);
    }
    for (unsigned i = 0; i < MOST_PRIOR_SOURCES * MOST_PRIOR_SOURCES; i++)
        if (!S_take_weight(&in, MOST_WEIGHT, &(&m->prior[0][0])[i]) ||
            !S_take_double(&in, &(&m->prior_pairs[0][0])[i]) || !S_take_double(&in, &(&m->prior_matches[0][0])[i]))
            return false;
    for (unsigned i = 0; i < n_comparisons; i++)
        if (!S_take_comparison(&in, out, &m->comparison[i]))
            return false;
    for (unsigned i = 0; i < n_rules; i++)
        if (!S_take_rule(&in, out, &m->rule[i]))
            return false;
    for (unsigned i = 0; i < n_interactions; i++)
        if (!S_take_interaction(&in, n_comparisons, &m->interaction[i]))
            return false;
    return in.len == 0;
}

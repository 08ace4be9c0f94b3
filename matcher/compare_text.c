/*
 * Organisations, addresses, titles: values of many words, where rare words count more than common ones.
 */
#include "base/fmath.h"
#include "base/hash.h"
#include "matcher/compare_kinds.h"

enum { MOST_TOKENS = 48, FULL = 256 };

/* What a token weighs: log2(total / count), in 1/256 bit, at least 1/4 bit. */
static unsigned S_token_weight(const struct compare_context *context, struct str token)
{
    const struct frequency_table *t = context ? context->token : NULL;
    if (!t || !t->total)
        return FULL;
    uint64_t total = t->total, count = frequency_of(t, hash_str(token));
    if (count == 0)
        count = 1;
    /* the integer part of log2 and eight linear bits behind it: monotone, and the same on every machine */
    uint64_t ratio = (total << 8) / count;
    unsigned whole = 63 - (unsigned)__builtin_clzll(ratio | 1);
    unsigned fraction = whole >= 8 ? (unsigned)(ratio >> (whole - 8)) & 0xFF : 0;
    unsigned bits = whole * 256 + fraction;
    bits = bits > 8 * 256 ? bits - 8 * 256 : 0;
    return bits < 64 ? 64 : bits;
}

struct tokens {
    struct str at[MOST_TOKENS];
    unsigned weight[MOST_TOKENS];
    unsigned n;
    uint64_t sum;
};

static void S_tokens(const struct compare_context *context, struct str s, struct tokens *t)
{
    t->n = 0;
    t->sum = 0;
    while (t->n < MOST_TOKENS && str_next_token(&s, " ", &t->at[t->n])) {
        t->weight[t->n] = S_token_weight(context, t->at[t->n]);
        t->sum += t->weight[t->n++];
    }
}

/* Tokens that found no equal one and are long enough to be misspelt. */
struct leftover {
    uint64_t letters[MOST_TOKENS];
    uint8_t at[MOST_TOKENS], len[MOST_TOKENS]; /* len 0: letters unknown */
    unsigned n;
};

static void S_leftover(const struct tokens *t, uint64_t used, struct leftover *l)
{
    l->n = 0;
    for (unsigned i = 0; i < t->n; i++) {
        if (used >> i & 1 || t->at[i].len < 4)
            continue;
        bool ascii = letters_of(t->at[i], &l->letters[l->n]);
        l->len[l->n] = ascii ? (uint8_t)t->at[i].len : 0;
        l->at[l->n++] = (uint8_t)i;
    }
}

/* What nearly_equal refuses, told from letters and lengths. */
static bool S_is_apart(const struct leftover *x, unsigned i, const struct leftover *y, unsigned j)
{
    unsigned p = x->len[i], q = y->len[j];
    return p && q && (p > q + 3 || q > p + 3 || letters_are_apart(x->letters[i], p, y->letters[j], q));
}

/* Twice the weight, three quarters of it, of tokens that are a typing error apart. */
static uint64_t S_nearly_shared(const struct tokens *a, uint64_t used_a, const struct tokens *b, uint64_t used_b)
{
    struct leftover x, y;
    uint64_t shared = 0, taken = 0;
    S_leftover(a, used_a, &x);
    S_leftover(b, used_b, &y);
    for (unsigned i = 0; i < x.n; i++)
        for (unsigned j = 0; j < y.n; j++) {
            unsigned p = x.at[i], q = y.at[j];
            if (taken >> j & 1 || S_is_apart(&x, i, &y, j) || !nearly_equal(a->at[p], b->at[q]))
                continue;
            shared += 2 * (uint64_t)(a->weight[p] < b->weight[q] ? a->weight[p] : b->weight[q]) * 3 / 4;
            taken |= 1ULL << j;
            break;
        }
    return shared;
}

/* Equal tokens first by merging the sorted lists, then nearly equal ones among what is left. */
int token_overlap(const struct compare_context *context, struct str x, struct str y)
{
    struct tokens a, b;
    uint64_t used_a = 0, used_b = 0, shared = 0;
    S_tokens(context, x, &a);
    S_tokens(context, y, &b);
    if (a.n == 0 || b.n == 0)
        return 0;
    for (unsigned i = 0, j = 0; i < a.n && j < b.n;) {
        int c = str_cmp(a.at[i], b.at[j]);
        if (c == 0) {
            shared += 2 * (uint64_t)(a.weight[i] < b.weight[j] ? a.weight[i] : b.weight[j]);
            used_a |= 1ULL << i++;
            used_b |= 1ULL << j++;
        } else if (c < 0) {
            i++;
        } else {
            j++;
        }
    }
    shared += S_nearly_shared(&a, used_a, &b, used_b);
    uint64_t all = a.sum + b.sum, result = all ? shared * SIM_ONE / all : 0;
    return result > SIM_ONE ? SIM_ONE : (int)result;
}

/* Share of the lighter side's weight that the other side has too, in [0, SIM_ONE]. */
static int S_containment(const struct compare_context *context, struct str x, struct str y)
{
    struct tokens a, b;
    S_tokens(context, x, &a);
    S_tokens(context, y, &b);
    if (a.n == 0 || b.n == 0)
        return 0;
    uint64_t shared = 0, least = a.sum < b.sum ? a.sum : b.sum;
    for (unsigned i = 0, j = 0; i < a.n && j < b.n;) {
        int c = str_cmp(a.at[i], b.at[j]);
        shared += c == 0 ? (a.weight[i] < b.weight[j] ? a.weight[i] : b.weight[j]) : 0;
        i += c <= 0;
        j += c >= 0;
    }
    return (int)(shared * SIM_ONE / least);
}

unsigned compare_organisation(const struct compare_context *context, const struct norm *a, const struct norm *b)
{
    enum { EXACT, BASE, CLOSE, CONTAINED, ACRONYM, PARTIAL, ELSE };
    struct str x, y, base_a = a->form[NORM_BASE], base_b = b->form[NORM_BASE];
    shared_script(a, b, &x, &y);
    if (str_eq(a->form[NORM_CANON], b->form[NORM_CANON]) || (x.len && str_eq(x, y)))
        return EXACT;
    if (base_a.len && str_eq(base_a, base_b))
        return BASE;
    struct str ta = a->form[NORM_TOKENS], tb = b->form[NORM_TOKENS];
    if ((ta.len && str_eq(ta, tb)) || nearly_equal(base_a.len ? base_a : x, base_b.len ? base_b : y))
        return CLOSE;
    int overlap = token_overlap(context, ta, tb);
    if (overlap >= 850000)
        return CLOSE;
    if (S_containment(context, ta, tb) >= 950000 && overlap >= 400000)
        return CONTAINED;
    struct str ca = a->form[NORM_ACRONYM], cb = b->form[NORM_ACRONYM];
    if ((ca.len > 2 && str_eq(ca, base_b)) || (cb.len > 2 && str_eq(cb, base_a)))
        return ACRONYM;
    return overlap >= 500000 ? PARTIAL : ELSE;
}

static bool S_street_agrees(struct str x, struct str y)
{
    return x.len && y.len && (str_eq(x, y) || nearly_equal(x, y));
}

unsigned compare_address(const struct compare_context *context, const struct norm *a, const struct norm *b)
{
    enum { EXACT, NUMBER_STREET, STREET, CLOSE, PARTIAL, ELSE };
    const struct str *f = a->form, *g = b->form;
    if (str_eq(f[NORM_CANON], g[NORM_CANON]))
        return EXACT;
    if (f[NORM_BOX].len && str_eq(f[NORM_BOX], g[NORM_BOX]))
        return NUMBER_STREET;
    bool number_known = f[NORM_NUMBER].len && g[NORM_NUMBER].len;
    bool units_differ = f[NORM_UNIT].len && g[NORM_UNIT].len && !str_eq(f[NORM_UNIT], g[NORM_UNIT]);
    bool number_agrees = number_known && str_eq(f[NORM_NUMBER], g[NORM_NUMBER]) && !units_differ; /* neighbours */
    int overlap = token_overlap(context, f[NORM_TOKENS], g[NORM_TOKENS]);
    bool street = S_street_agrees(f[NORM_BASE], g[NORM_BASE]) || overlap >= 800000;
    if (street)
        return number_agrees ? NUMBER_STREET : STREET;
    bool close = overlap >= 550000 || (f[NORM_BASE].len >= 5 && g[NORM_BASE].len >= 5 &&
                                       sim_jaro_winkler(f[NORM_BASE], g[NORM_BASE]) >= 880000);
    if (close)
        return number_agrees ? NUMBER_STREET : CLOSE;
    bool partial = overlap >= 300000 || S_containment(context, f[NORM_TOKENS], g[NORM_TOKENS]) >= 600000;
    return partial ? PARTIAL : ELSE;
}

/* Digits and at most two letters of a unit: 2, 8gb, 1080p. */
static bool S_is_quantity(struct str token)
{
    unsigned digits = 0;
    while (digits < token.len && token.ptr[digits] >= '0' && token.ptr[digits] <= '9')
        digits++;
    return digits && digits <= 5 && token.len - digits <= 2;
}

/* Does each have quantities that the other lacks (volume 2 and volume 3, 4gb and 8gb)? */
static bool S_quantities_differ(struct str x, struct str y)
{
    struct str a, b;
    bool more_x = false, more_y = false, in_x = str_next_token(&x, " ", &a), in_y = str_next_token(&y, " ", &b);
    while (in_x || in_y) {
        int c = !in_x ? 1 : !in_y ? -1 : str_cmp(a, b);
        more_x |= c < 0 && S_is_quantity(a);
        more_y |= c > 0 && S_is_quantity(b);
        in_x = c <= 0 ? str_next_token(&x, " ", &a) : in_x;
        in_y = c >= 0 ? str_next_token(&y, " ", &b) : in_y;
    }
    return more_x && more_y;
}

unsigned compare_text(const struct compare_context *context, const struct norm *a, const struct norm *b)
{
    enum { EXACT, VERY_HIGH, HIGH, MID };
    static const int cutoff[] = {900000, 750000, 600000, 420000, 260000};
    struct str x = a->form[NORM_TOKENS], y = b->form[NORM_TOKENS];
    if (str_eq(a->form[NORM_CANON], b->form[NORM_CANON]))
        return EXACT;
    int overlap = token_overlap(context, x, y);
    unsigned level = 1;
    while (level <= COUNT_OF(cutoff) && overlap < cutoff[level - 1])
        level++;
    bool another_one = level < MID && S_quantities_differ(x, y);
    return another_one ? MID : level;
}

/* Up to its last digit: what colours, countries and bundles add behind it goes. */
static struct str S_stem(struct str model)
{
    while (model.len && !(model.ptr[model.len - 1] >= '0' && model.ptr[model.len - 1] <= '9'))
        model.len--;
    return model;
}

static unsigned S_count_digits(struct str s)
{
    unsigned n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += s.ptr[i] >= '0' && s.ptr[i] <= '9';
    return n;
}

/* KDL40V and KDL40V2500; LFC25770ST and LFC25770SS. */
static bool S_models_contained(struct str x, struct str y)
{
    if (x.len < 4 || y.len < 4)
        return false;
    struct str a = S_stem(x), b = S_stem(y);
    return str_starts(x, y) || str_starts(y, x) || (a.len >= 5 && str_eq(a, b) && S_count_digits(a) >= 3);
}

/* Few records have it: words with digits that many have (a maker's name, a measure, a standard) number nothing. */
static bool S_is_rare_model(const struct compare_context *context, struct str model)
{
    const struct frequency_table *t = context ? context->token : NULL;
    return !t || !context->most_records || frequency_of(t, hash_str(model)) <= context->most_records;
}

static unsigned S_rare_models(const struct compare_context *context, struct str models, struct str out[MOST_TOKENS])
{
    unsigned n = 0;
    while (n < MOST_TOKENS && str_next_token(&models, " ", &out[n]))
        n += S_is_rare_model(context, out[n]);
    return n;
}

unsigned compare_model_number(const struct compare_context *context, const struct norm *a, const struct norm *b)
{
    enum { SHARED, CONTAINED, ELSE };
    struct str x[MOST_TOKENS], y[MOST_TOKENS];
    unsigned n_x = S_rare_models(context, a->form[NORM_BASE], x), n_y = S_rare_models(context, b->form[NORM_BASE], y),
             level = ELSE;
    if (!n_x || !n_y)
        return LEVEL_NULL;
    for (unsigned i = 0; i < n_x; i++)
        for (unsigned j = 0; j < n_y; j++) {
            if (str_eq(x[i], y[j]) && x[i].len >= 3)
                return SHARED;
            if (S_models_contained(x[i], y[j]))
                level = CONTAINED;
        }
    return level;
}

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
    for (unsigned i = 0; i < a.n; i++)
        for (unsigned j = 0; j < b.n && !(used_a >> i & 1); j++)
            if (!(used_b >> j & 1) && a.at[i].len >= 4 && b.at[j].len >= 4 && nearly_equal(a.at[i], b.at[j])) {
                unsigned w = a.weight[i] < b.weight[j] ? a.weight[i] : b.weight[j];
                shared += 2 * (uint64_t)w * 3 / 4;
                used_a |= 1ULL << i;
                used_b |= 1ULL << j;
            }
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
    bool number_agrees = number_known && str_eq(f[NORM_NUMBER], g[NORM_NUMBER]);
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

unsigned compare_text(const struct compare_context *context, const struct norm *a, const struct norm *b)
{
    static const int cutoff[] = {900000, 750000, 600000, 420000, 260000};
    if (str_eq(a->form[NORM_CANON], b->form[NORM_CANON]))
        return 0;
    int overlap = token_overlap(context, a->form[NORM_TOKENS], b->form[NORM_TOKENS]);
    unsigned level = 1;
    while (level <= COUNT_OF(cutoff) && overlap < cutoff[level - 1])
        level++;
    return level;
}

unsigned compare_model_number(const struct compare_context *context, const struct norm *a, const struct norm *b)
{
    enum { SHARED, CONTAINED, ELSE };
    struct str rest = a->form[NORM_BASE], x, y;
    unsigned level = ELSE;
    if (!rest.len || !b->form[NORM_BASE].len)
        return LEVEL_NULL;
    while (str_next_token(&rest, " ", &x)) {
        struct str other = b->form[NORM_BASE];
        while (str_next_token(&other, " ", &y)) {
            if (str_eq(x, y) && x.len >= 3 && S_token_weight(context, x) >= 5 * 256)
                return SHARED;
            bool begins = x.len >= 4 && y.len >= 4 && (str_starts(x, y) || str_starts(y, x));
            if (begins)
                level = CONTAINED;
        }
    }
    return level;
}

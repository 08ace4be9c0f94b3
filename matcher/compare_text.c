/*
 * Organisations, addresses, titles: values of many words, where rare words count more than common ones.
 */
#include "base/hash.h"
#include "matcher/compare_kinds.h"
#include "matcher/known_words.h"

/* The words of two values. */
struct two_lists {
    struct word_list a, b;
    const struct known_words *known; /* NULL: they were split here */
    struct known_word room_a[MOST_WORDS], room_b[MOST_WORDS];
};

static struct word_list S_split(const struct compare_context *context, struct str s, struct known_word *room)
{
    struct word_list l = {room, words_split(context ? context->token : NULL, s, room), 0};
    for (unsigned i = 0; i < l.n; i++)
        l.sum += l.at[i].weight;
    return l;
}

static void S_lists(const struct compare_context *context, struct str x, struct str y, struct two_lists *l)
{
    const struct known_words *known = context ? context->words : NULL;
    l->known = known;
    l->a = known ? known_words_of(known, context->left) : S_split(context, x, l->room_a);
    l->b = known ? known_words_of(known, context->right) : S_split(context, y, l->room_b);
}

/* Words that found no equal one and may be misspelt. */
struct leftover {
    const struct known_word *word[MOST_WORDS];
    unsigned n;
};

/* What is known of words tells which have no near one at all: these stay away. */
static void S_leftover(const struct word_list *l, uint64_t used, bool known, struct known_word *room,
                       struct leftover *out)
{
    out->n = 0;
    for (unsigned i = 0; i < l->n; i++) {
        if (used >> i & 1 || l->at[i].len < LEAST_MISSPELT || (known && !l->at[i].near))
            continue;
        if (!known)
            word_learn_letters(&room[i]);
        out->word[out->n++] = &l->at[i];
    }
}

static uint32_t S_lighter(const struct known_word *x, const struct known_word *y)
{
    return x->weight < y->weight ? x->weight : y->weight;
}

/* Twice the weight, three quarters of it, of words that are a typing error apart. */
static uint64_t S_nearly_shared(struct two_lists *l, uint64_t used_a, uint64_t used_b)
{
    struct leftover x, y;
    uint64_t shared = 0, taken = 0;
    S_leftover(&l->a, used_a, l->known, l->room_a, &x);
    S_leftover(&l->b, used_b, l->known, l->room_b, &y);
    for (unsigned i = 0; i < x.n; i++)
        for (unsigned j = 0; j < y.n; j++) {
            const struct known_word *p = x.word[i], *q = y.word[j];
            if (taken >> j & 1 || !(l->known ? known_words_near(l->known, p, q) : words_nearly_equal(p, q)))
                continue;
            shared += 2 * (uint64_t)S_lighter(p, q) * 3 / 4;
            taken |= 1ULL << j;
            break;
        }
    return shared;
}

/* Equal words first by merging the sorted lists, then nearly equal ones among what is left. */
int token_overlap(const struct compare_context *context, struct str x, struct str y)
{
    struct two_lists l;
    uint64_t used_a = 0, used_b = 0, shared = 0;
    S_lists(context, x, y, &l);
    if (l.a.n == 0 || l.b.n == 0)
        return 0;
    for (unsigned i = 0, j = 0; i < l.a.n && j < l.b.n;) {
        const struct known_word *p = &l.a.at[i], *q = &l.b.at[j];
        int c = word_cmp(p, q);
        if (c == 0) { /* else no branch: which is less is anybody's guess */
            shared += 2 * (uint64_t)S_lighter(p, q);
            used_a |= 1ULL << i;
            used_b |= 1ULL << j;
        }
        i += c <= 0;
        j += c >= 0;
    }
    shared += S_nearly_shared(&l, used_a, used_b);
    uint64_t all = l.a.sum + l.b.sum, result = all ? shared * SIM_ONE / all : 0;
    return result > SIM_ONE ? SIM_ONE : (int)result;
}

/* Share of the lighter side's weight that the other side has too, in [0, SIM_ONE]. */
static int S_containment(const struct compare_context *context, struct str x, struct str y)
{
    struct two_lists l;
    S_lists(context, x, y, &l);
    if (l.a.n == 0 || l.b.n == 0)
        return 0;
    uint64_t shared = 0, least = l.a.sum < l.b.sum ? l.a.sum : l.b.sum;
    for (unsigned i = 0, j = 0; i < l.a.n && j < l.b.n;) {
        const struct known_word *p = &l.a.at[i], *q = &l.b.at[j];
        int c = word_cmp(p, q);
        shared += c == 0 ? S_lighter(p, q) : 0;
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

static unsigned S_rare_models(const struct compare_context *context, struct str models, struct str out[MOST_WORDS])
{
    unsigned n = 0;
    while (n < MOST_WORDS && str_next_token(&models, " ", &out[n]))
        n += S_is_rare_model(context, out[n]);
    return n;
}

unsigned compare_model_number(const struct compare_context *context, const struct norm *a, const struct norm *b)
{
    enum { SHARED, CONTAINED, ELSE };
    struct str x[MOST_WORDS], y[MOST_WORDS];
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

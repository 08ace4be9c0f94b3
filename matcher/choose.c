#include "matcher/choose.h"

#include <stdlib.h>

#include "base/parallel.h"
#include "base/radix.h"
#include "matcher/block.h"

enum { PAIRS_A_RECORD = 30, LEAST_BUDGET = 4000000, MOST_CANDIDATES = 160 };

uint64_t choose_default_budget(uint64_t n_rows)
{
    uint64_t budget = n_rows * PAIRS_A_RECORD;
    return budget > LEAST_BUDGET ? budget : LEAST_BUDGET;
}

/* ------------------------------------------------------------------ what a field offers */

struct offer {
    enum field_type type;
    enum derivation derivation;
    bool strong; /* may stand alone: nearly unique values */
};

static const struct offer offers[] = {
    {FIELD_IDENTIFIER, KEY_EXACT, true},     {FIELD_EMAIL, KEY_BASE, true},
    {FIELD_PHONE, KEY_BASE, true},           {FIELD_EMAIL, KEY_LOCAL, true},
    {FIELD_GIVEN_NAME, KEY_ANY_NAME, true},  {FIELD_BIRTH_DATE, KEY_EXACT, true},
    {FIELD_ADDRESS, KEY_EXACT, true},        {FIELD_ORGANISATION, KEY_BASE, true},
    {FIELD_ORGANISATION, KEY_RARE_TOKENS, true}, {FIELD_FULL_NAME, KEY_TOKENS, false},
    {FIELD_TITLE, KEY_RARE_TOKENS, true},    {FIELD_TITLE, KEY_BASE, true},
    {FIELD_TEXT, KEY_RARE_TOKENS, true},     {FIELD_ADDRESS, KEY_RARE_TOKENS, true},
    {FIELD_PHONE, KEY_DIGITS, true},         {FIELD_IDENTIFIER, KEY_DIGITS, true},
    {FIELD_URL, KEY_EXACT, true},            {FIELD_GIVEN_NAME, KEY_NICKNAME, false},
    {FIELD_GIVEN_NAME, KEY_PHONETIC, false}, {FIELD_GIVEN_NAME, KEY_FIRST3, false},
    {FIELD_FAMILY_NAME, KEY_PHONETIC, false}, {FIELD_FAMILY_NAME, KEY_FIRST3, false},
    {FIELD_BIRTH_DATE, KEY_YEAR, false},     {FIELD_BIRTH_DATE, KEY_MONTH_DAY, false},
    {FIELD_DATE, KEY_EXACT, false},          {FIELD_POSTCODE, KEY_EXACT, false},
    {FIELD_CITY, KEY_PHONETIC, false},       {FIELD_ADDRESS, KEY_BASE, false},
    {FIELD_HOUSE_NUMBER, KEY_EXACT, false},  {FIELD_EMPLOYER, KEY_BASE, false},
    {FIELD_NUMBER, KEY_EXACT, false},        {FIELD_AMOUNT, KEY_EXACT, false},
    {FIELD_CATEGORY, KEY_EXACT, false},
};

struct candidate {
    struct rule rule;
    uint64_t price;
    uint32_t largest;
    double reach; /* records that have a key, share */
    bool strong;
};

struct choice {
    struct model *model;
    const struct batch *batch;
    struct candidate *candidate;
    unsigned n;
};

static bool S_has_values(const struct batch *b, unsigned field)
{
    return b->norm[field].dict.n > 1;
}

static void S_add(struct choice *c, const struct rule_key *key, unsigned n_keys, bool strong)
{
    if (c->n == MOST_CANDIDATES)
        return;
    struct candidate *x = &c->candidate[c->n++];
    *x = (struct candidate){.strong = strong};
    memcpy(x->rule.key, key, n_keys * sizeof *key);
    x->rule.n_keys = (uint8_t)n_keys;
}

static void S_candidates(struct choice *c)
{
    struct rule_key atom[64];
    bool strong[64];
    unsigned n = 0;
    const struct schema *s = c->batch->schema;
    for (unsigned o = 0; o < COUNT_OF(offers); o++)
        for (unsigned f = 0; f < s->n_fields && n < COUNT_OF(atom); f++)
            if (s->field[f].type == offers[o].type && S_has_values(c->batch, f)) {
                atom[n] = (struct rule_key){(uint8_t)f, (uint8_t)offers[o].derivation};
                strong[n++] = offers[o].strong;
            }
    for (unsigned i = 0; i < n; i++)
        if (strong[i])
            S_add(c, &atom[i], 1, true);
    for (unsigned i = 0; i < n; i++)
        for (unsigned j = i + 1; j < n; j++)
            if (atom[i].field != atom[j].field && atom[i].derivation != KEY_ANY_NAME &&
                !(strong[i] && strong[j] && atom[i].derivation != KEY_EXACT))
                S_add(c, (struct rule_key[]){atom[i], atom[j]}, 2, false);
}

static void S_price(void *context, size_t item, unsigned worker)
{
    struct choice *c = context;
    struct candidate *x = &c->candidate[item];
    struct rule_keys keys;
    (void)worker;
    rule_keys_init(&keys, c->model, &x->rule, c->batch, false);
    x->price = block_price(&keys, c->batch->n_rows, &x->largest);
    uint32_t with = 0;
    for (uint32_t row = 0; row < c->batch->n_rows; row++)
        with += keys.at[row + 1] > keys.at[row];
    x->reach = c->batch->n_rows ? (double)with / c->batch->n_rows : 0;
    rule_keys_deinit(&keys);
}

/* Strong single keys first, then pairs of keys by how many records they reach for how few pairs. */
static int S_by_worth(const void *p, const void *q)
{
    const struct candidate *x = p, *y = q;
    if (x->strong != y->strong)
        return x->strong ? -1 : 1;
    double a = x->reach * x->reach / (1 + (double)x->price), b = y->reach * y->reach / (1 + (double)y->price);
    if (a != b)
        return a > b ? -1 : 1;
    return memcmp(x->rule.key, y->rule.key, sizeof x->rule.key);
}

void choose_rules(struct model *m, const struct batch *b, uint64_t budget, unsigned threads, struct arena *out)
{
    uint64_t n = b->n_rows, all = n * (n - 1) / 2;
    m->n_rules = 0;
    if (n < 2 || all <= budget * 3) {
        m->rule[m->n_rules++] = (struct rule){.key = {{0, KEY_ALL}}, .n_keys = 1, .price = n < 2 ? 0 : all, .recall = 1};
        return;
    }
    struct choice c = {m, b, xcalloc(MOST_CANDIDATES, sizeof *c.candidate), 0};
    S_candidates(&c);
    parallel_for(threads, c.n, S_price, &c);
    qsort(c.candidate, c.n, sizeof *c.candidate, S_by_worth);
    uint64_t spent = 0;
    for (unsigned i = 0; i < c.n && m->n_rules < 20; i++) {
        struct candidate *x = &c.candidate[i];
        uint64_t share = x->strong ? budget / 3 : budget / 8;
        if (x->price == 0 || x->reach < 0.02)
            continue;
        x->rule.price = x->price;
        if (x->price > share) {
            if (!x->strong || x->price > share * 40)
                continue;
            choose_refine(m, &x->rule, b, share, out);
        }
        if (spent + x->rule.price > budget)
            continue;
        spent += x->rule.price;
        m->rule[m->n_rules++] = x->rule;
    }
    free(c.candidate);
}

/* Blocks past a size that keeps the whole within the budget are split by further keys. */
void choose_refine(struct model *m, struct rule *r, const struct batch *b, uint64_t budget, struct arena *out)
{
    static const struct offer refining[] = {{FIELD_FAMILY_NAME, KEY_PHONETIC, false}, {FIELD_GIVEN_NAME, KEY_PHONETIC, false},
                                            {FIELD_BIRTH_DATE, KEY_YEAR, false},      {FIELD_POSTCODE, KEY_EXACT, false},
                                            {FIELD_TITLE, KEY_INITIAL, false},        {FIELD_CITY, KEY_PHONETIC, false}};
    for (unsigned o = 0; o < COUNT_OF(refining) && r->n_refine < COUNT_OF(r->refine); o++) {
        int f = schema_find_type(b->schema, refining[o].type);
        bool used = f < 0 || !S_has_values(b, (unsigned)f);
        for (unsigned k = 0; k < r->n_keys && !used; k++)
            used = r->key[k].field == f || r->key[k].derivation == KEY_ANY_NAME;
        if (!used)
            r->refine[r->n_refine++] = (struct rule_key){(uint8_t)f, (uint8_t)refining[o].derivation};
    }
    struct rule_keys keys;
    rule_keys_init(&keys, m, r, b, false);
    size_t n = keys.at[b->n_rows];
    uint64_t *key = xmalloc(n * sizeof *key), *scratch = xmalloc(n * sizeof *scratch);
    memcpy(key, keys.key, n * sizeof *key);
    radix_sort_u64(key, scratch, n);
    /* the largest block size under which the blocks' pairs stay within half of the budget */
    uint64_t size_limit = 16;
    for (uint64_t limit = 16; limit <= MOST_BLOCK; limit = limit * 3 / 2) {
        uint64_t sum = 0;
        for (size_t i = 0, end; i < n; i = end) {
            for (end = i + 1; end < n && key[end] == key[i]; end++)
                ;
            if (end - i <= limit)
                sum += (uint64_t)(end - i) * (end - i - 1) / 2;
        }
        if (sum > budget / 2)
            break;
        size_limit = limit;
    }
    uint32_t oversized = 0;
    for (int pass = 0; pass < 2; pass++) {
        if (pass)
            r->oversized = ARENA_NEW(out, uint64_t, oversized);
        for (size_t i = 0, end, at = 0; i < n; i = end) {
            for (end = i + 1; end < n && key[end] == key[i]; end++)
                ;
            if (end - i <= size_limit)
                continue;
            if (pass)
                r->oversized[at++] = key[i];
            else
                oversized++;
        }
    }
    r->n_oversized = oversized;
    r->depth = ARENA_NEW(out, uint8_t, oversized);
    memset(r->depth, r->n_refine ? 1 : 0, oversized);
    rule_keys_deinit(&keys);
    free(key);
    free(scratch);
    rule_keys_init(&keys, m, r, b, true);
    uint32_t largest;
    r->price = block_price(&keys, b->n_rows, &largest);
    rule_keys_deinit(&keys);
    if (r->price > budget && r->n_refine > 1) {
        memset(r->depth, 2, oversized);
        rule_keys_init(&keys, m, r, b, true);
        r->price = block_price(&keys, b->n_rows, &largest);
        rule_keys_deinit(&keys);
    }
}

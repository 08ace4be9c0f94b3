#include "matcher/choose.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/parallel.h"
#include "matcher/key_counts.h"
#include "matcher/rule_refine.h"

enum {
    PAIRS_A_RECORD = 4,
    PRICED_ROWS = 40000, /* prices are those of so many rows, scaled up */
    SMALL_BUDGET = 4000000,
    SMALL_PAIRS_A_RECORD = 12,
    MOST_ATOMS = 48,
    MOST_CANDIDATES = 400,
    MOST_CHOSEN = 32,
    SIMULATED = 8192, /* matches */
    LEAST_GAIN = 4,   /* of them that a further rule must reach */
    TIMES_COVERED = 2 /* real matches are hurt otherwise than simulated ones: where the budget allows it each is reached
                         by two sets of rules */
};

/* The fewer the records, the more pairs each may have; from 25,000 records on fewer than SMALL_BUDGET in all, for what
 * the others gained there is nothing (docs/decisions/pair-budget.md). */
uint64_t choose_default_budget(uint64_t n_rows)
{
    const uint64_t product = 100000000000; /* of records and pairs, between the small and the large */
    uint64_t n = n_rows ? n_rows : 1, budget = n * PAIRS_A_RECORD, least = product / n;
    least = least > n * SMALL_PAIRS_A_RECORD ? least : n * SMALL_PAIRS_A_RECORD;
    least = least < SMALL_BUDGET ? least : SMALL_BUDGET;
    return budget > least ? budget : least;
}

/* ------------------------------------------------------------------ what a field offers */

/*
 * `survives`: the chance that the key of a true match is the same on both sides when both have a value. Deliberately
 * low, that of dirty data: on clean data the rules overlap more than they need to, on dirty data they still reach.
 */
struct offer {
    enum field_type type;
    enum derivation derivation;
    float survives;
};

static const struct offer offers[] = {
    {FIELD_IDENTIFIER, KEY_EXACT, .70f},     {FIELD_IDENTIFIER, KEY_DIGITS, .75f},
    {FIELD_EMAIL, KEY_BASE, .55f},           {FIELD_EMAIL, KEY_LOCAL, .65f},
    {FIELD_PHONE, KEY_BASE, .50f},           {FIELD_PHONE, KEY_DIGITS, .60f},
    {FIELD_GIVEN_NAME, KEY_ANY_NAME, .45f},  {FIELD_GIVEN_NAME, KEY_NICKNAME, .55f},
    {FIELD_GIVEN_NAME, KEY_PHONETIC, .58f},  {FIELD_GIVEN_NAME, KEY_FIRST3, .62f},
    {FIELD_FAMILY_NAME, KEY_PHONETIC, .60f}, {FIELD_FAMILY_NAME, KEY_FIRST3, .65f},
    {FIELD_BIRTH_DATE, KEY_EXACT, .55f},     {FIELD_BIRTH_DATE, KEY_MONTH_DAY, .65f},
    {FIELD_BIRTH_DATE, KEY_YEAR, .75f},      {FIELD_DATE, KEY_EXACT, .70f},
    {FIELD_ADDRESS, KEY_EXACT, .35f},        {FIELD_ADDRESS, KEY_BASE, .50f},
    {FIELD_ADDRESS, KEY_RARE_TOKENS, .60f},  {FIELD_HOUSE_NUMBER, KEY_EXACT, .60f},
    {FIELD_POSTCODE, KEY_EXACT, .60f},       {FIELD_CITY, KEY_PHONETIC, .65f},
    {FIELD_ORGANISATION, KEY_BASE, .55f},    {FIELD_ORGANISATION, KEY_RARE_TOKENS, .75f},
    {FIELD_EMPLOYER, KEY_BASE, .50f},        {FIELD_FULL_NAME, KEY_TOKENS, .60f},
    {FIELD_TITLE, KEY_BASE, .50f},           {FIELD_TITLE, KEY_RARE_TOKENS, .85f},
    {FIELD_TITLE, KEY_WORD_PAIRS, .75f},     {FIELD_TEXT, KEY_WORD_PAIRS, .50f},
    {FIELD_TEXT, KEY_RARE_TOKENS, .60f},     {FIELD_URL, KEY_EXACT, .60f},
    {FIELD_NUMBER, KEY_EXACT, .60f},         {FIELD_AMOUNT, KEY_EXACT, .50f},
    {FIELD_CATEGORY, KEY_EXACT, .60f},       {FIELD_LATITUDE, KEY_CELL, .85f},
    {FIELD_LONGITUDE, KEY_CELL, .85f},       {FIELD_ENCODING, KEY_TOKENS, .95f},
    {FIELD_ENCODING, KEY_RARE_TOKENS, .93f}, {FIELD_HASHED, KEY_EXACT, .60f},
};

struct atom {
    struct rule_key key;
    float survives;
    float fill;  /* of its field */
    float keyed; /* of the field's values, those that have such a key: not every title has a rare word */
};

struct candidate {
    struct rule rule;
    unsigned atom[2];
    uint64_t price;
    uint64_t covers[SIMULATED / 64];
    struct rule_keys keys; /* of all rows, where refining has made them */
    bool taken;            /* or looked at and found too dear */
    bool dropped;          /* of those */
};

struct choice {
    struct model *model;
    const struct key_tables *tables;
    struct rule_keys *atom_keys; /* [n_atoms] of the priced rows */
    struct pricer *pricer;       /* [threads] */
    struct key_set *keys;        /* of the rules taken */
    struct key_counts counts;
    unsigned threads;
    uint64_t refined_share;
    const struct batch *batch, *priced; /* priced: the batch, or a part of its rows */
    struct atom atom[MOST_ATOMS];
    unsigned n_atoms;
    struct candidate *candidate;
    unsigned n;
};

static float S_fill(const struct batch *b, unsigned field)
{
    uint32_t with = 0;
    for (uint32_t row = 0; row < b->n_rows; row++)
        with += b->norm[field].id[row] != 0;
    return b->n_rows ? (float)with / (float)b->n_rows : 0;
}

static void S_atoms(struct choice *c)
{
    const struct schema *s = c->batch->schema;
    for (unsigned o = 0; o < COUNT_OF(offers); o++)
        for (unsigned f = 0; f < s->n_fields && c->n_atoms < MOST_ATOMS; f++)
            if (s->field[f].type == offers[o].type && c->batch->norm[f].dict.n > 1)
                c->atom[c->n_atoms++] = (struct atom){
                    {(uint8_t)f, (uint8_t)offers[o].derivation}, offers[o].survives, S_fill(c->batch, f), 1};
}

static bool S_reads_names(const struct choice *c, const struct atom *a)
{
    enum field_type type = c->batch->schema->field[a->key.field].type;
    return type == FIELD_GIVEN_NAME || type == FIELD_FAMILY_NAME;
}

static bool S_has_names(const struct choice *c)
{
    bool has = false;
    for (unsigned i = 0; i < c->n_atoms; i++)
        has |= c->atom[i].key.derivation == KEY_ANY_NAME;
    return has;
}

static void S_add(struct choice *c, unsigned i, unsigned j)
{
    struct candidate *x = &c->candidate[c->n++];
    *x = (struct candidate){.atom = {i, j}};
    x->rule.key[x->rule.n_keys++] = c->atom[i].key;
    if (j != i)
        x->rule.key[x->rule.n_keys++] = c->atom[j].key;
}

static void S_candidates(struct choice *c)
{
    for (unsigned i = 0; i < c->n_atoms; i++)
        S_add(c, i, i);
    for (unsigned i = 0; i < c->n_atoms; i++)
        for (unsigned j = i + 1; j < c->n_atoms && c->n < MOST_CANDIDATES; j++) {
            const struct atom *a = &c->atom[i], *b = &c->atom[j];
            bool names = a->key.derivation == KEY_ANY_NAME || b->key.derivation == KEY_ANY_NAME;
            if (a->key.field != b->key.field && !(names && S_reads_names(c, a) && S_reads_names(c, b)))
                S_add(c, i, j);
        }
}

/* ------------------------------------------------------------------ prices */

static void S_keys_of_atom(void *context, size_t item, unsigned worker)
{
    struct choice *c = context;
    (void)worker;
    rule_keys_of_part(&c->atom_keys[item], c->model, c->atom[item].key, c->priced, c->tables, 1);
}

/* What a thread prices with. */
struct pricer {
    uint64_t *key;
    size_t room;
    struct key_counter counter;
};

static void S_price(void *context, size_t item, unsigned worker)
{
    struct choice *c = context;
    struct candidate *x = &c->candidate[item];
    struct pricer *p = &c->pricer[worker];
    const struct rule_keys *second = x->atom[1] != x->atom[0] ? &c->atom_keys[x->atom[1]] : NULL;
    size_t n = rule_keys_joined(&c->atom_keys[x->atom[0]], second, c->priced->n_rows, &p->key, &p->room);
    x->price = key_counter_pairs(&p->counter, p->key, n);
    if (c->priced != c->batch) {
        double scale = (double)c->batch->n_rows / c->priced->n_rows;
        x->price = (uint64_t)((double)x->price * scale * scale) + c->batch->n_rows / 2;
    }
}

static void S_price_all(struct choice *c)
{
    c->atom_keys = xcalloc(c->n_atoms, sizeof *c->atom_keys);
    c->pricer = xcalloc(c->threads, sizeof *c->pricer);
    parallel_for(c->threads, c->n_atoms, S_keys_of_atom, c);
    parallel_for(c->threads, c->n, S_price, c);
    for (unsigned i = 0; i < c->n_atoms; i++)
        rule_keys_deinit(&c->atom_keys[i]);
    for (unsigned i = 0; i < c->threads; i++) {
        free(c->pricer[i].key);
        key_counter_deinit(&c->pricer[i].counter);
    }
    free(c->atom_keys);
    free(c->pricer);
}

/* Every so manieth row of a batch, sharing its dictionaries. */
static void S_thin(const struct batch *b, uint32_t n, struct batch *thin)
{
    uint32_t step = b->n_rows / n;
    *thin = *b;
    thin->n_rows = n;
    thin->norm = xcalloc(b->schema->n_fields, sizeof *thin->norm);
    for (unsigned f = 0; f < b->schema->n_fields; f++) {
        thin->norm[f] = b->norm[f];
        thin->norm[f].n_rows = n;
        thin->norm[f].id = xmalloc(n * sizeof *thin->norm[f].id);
        for (uint32_t row = 0; row < n; row++)
            thin->norm[f].id[row] = b->norm[f].id[(size_t)row * step];
    }
}

static void S_thin_free(struct batch *thin)
{
    for (unsigned f = 0; f < thin->schema->n_fields; f++)
        free(thin->norm[f].id);
    free(thin->norm);
}

/* ------------------------------------------------------------------ simulated matches */

static float S_chance(uint64_t *state)
{
    return (float)(random_next(state) >> 40) / (float)(1 << 24);
}

/*
 * Each simulated match draws, for every field, whether both records have a value, whether it is one that has keys of
 * every kind, and how badly it was hurt; a key survives when the damage is below its chance, so that keys of one field
 * fail together. One in twenty has given and family name swapped, which only names in any order survive.
 */
static void S_simulate(struct choice *c)
{
    uint64_t state = 20260101;
    for (unsigned match = 0; match < SIMULATED; match++) {
        float damage[MOST_FIELDS], rarity[MOST_FIELDS];
        bool present[MOST_FIELDS], good[MOST_ATOMS], swapped = S_chance(&state) < 0.05f, named = true;
        memset(present, 0, sizeof present);
        for (unsigned f = 0; f < MOST_FIELDS; f++)
            damage[f] = S_chance(&state), rarity[f] = S_chance(&state);
        for (unsigned i = 0; i < c->n_atoms; i++)
            present[c->atom[i].key.field] |= S_chance(&state) < c->atom[i].fill * c->atom[i].fill;
        for (unsigned i = 0; i < c->n_atoms; i++) {
            const struct atom *a = &c->atom[i];
            good[i] = present[a->key.field] && damage[a->key.field] < a->survives && rarity[a->key.field] <= a->keyed;
            if (!S_reads_names(c, a) || a->key.derivation == KEY_ANY_NAME)
                continue;
            if (a->key.derivation == KEY_PHONETIC)
                named &= good[i];
            good[i] &= !swapped;
        }
        for (unsigned i = 0; i < c->n_atoms; i++)
            if (c->atom[i].key.derivation == KEY_ANY_NAME)
                good[i] = named;
        for (unsigned k = 0; k < c->n; k++)
            if (good[c->candidate[k].atom[0]] && good[c->candidate[k].atom[1]])
                c->candidate[k].covers[match / 64] |= 1ULL << match % 64;
    }
}

static unsigned S_gain(const struct candidate *x, const uint64_t *covered)
{
    unsigned gain = 0;
    for (unsigned w = 0; w < SIMULATED / 64; w++)
        gain += (unsigned)__builtin_popcountll(x->covers[w] & ~covered[w]);
    return gain;
}

/* ------------------------------------------------------------------ greedy cover */

/* The candidate that covers most new matches for its pairs, within what is left; NULL when none covers enough. */
static struct candidate *S_best(const struct choice *c, const uint64_t *covered, uint64_t left, uint64_t share)
{
    struct candidate *best = NULL;
    double best_worth = 0;
    for (unsigned k = 0; k < c->n; k++) {
        struct candidate *x = &c->candidate[k];
        if (x->taken || x->price == 0 || x->price > left || x->price > share)
            continue;
        unsigned gain = S_gain(x, covered);
        /* a rule costs its sort even when it finds nothing: a pair a record on top of its own */
        double worth = gain / ((double)x->price + (double)c->batch->n_rows);
        if (gain >= LEAST_GAIN && worth > best_worth) {
            best_worth = worth;
            best = x;
        }
    }
    return best;
}

/* A price that was scaled up from a part of the rows is a guess, far too high for the rarest keys. */
static uint64_t S_price_of(struct choice *c, const struct candidate *x, const struct rule_keys *keys)
{
    if (c->priced == c->batch || x->rule.oversized)
        return x->price;
    key_counts_init(&c->counts, keys->key, keys->at[c->batch->n_rows]);
    return key_counts_pairs(&c->counts);
}

static void S_take(struct choice *c, struct candidate *x, uint64_t *covered, uint64_t *left)
{
    struct rule_keys keys = x->keys;
    x->taken = true;
    x->keys = (struct rule_keys){0};
    if (!keys.at)
        rule_keys_from_tables(&keys, c->model, &x->rule, c->batch, c->tables, true, c->threads);
    x->price = S_price_of(c, x, &keys);
    if (x->price > *left) {
        x->dropped = true;
        rule_keys_deinit(&keys);
        return;
    }
    x->rule.price = x->price;
    x->rule.recall = (double)S_gain(x, (uint64_t[SIMULATED / 64]){0}) / SIMULATED;
    for (unsigned w = 0; w < SIMULATED / 64; w++)
        covered[w] |= x->covers[w];
    *left -= x->price;
    c->keys->rule[c->keys->n_rules++] = keys;
    c->model->rule[c->model->n_rules++] = x->rule;
}

/* Values that few records share, but for a few that many do. */
static bool S_is_nearly_unique(const struct choice *c, const struct atom *a)
{
    switch (a->key.derivation) {
    case KEY_ANY_NAME:
    case KEY_RARE_TOKENS:
    case KEY_WORD_PAIRS:
    case KEY_DIGITS:
    case KEY_LOCAL:
        return true;
    case KEY_EXACT:
    case KEY_BASE: {
        enum field_type type = field_plain_type(&c->batch->schema->field[a->key.field]);
        return type == FIELD_IDENTIFIER || type == FIELD_EMAIL || type == FIELD_PHONE || type == FIELD_BIRTH_DATE ||
               type == FIELD_ORGANISATION || type == FIELD_TITLE || type == FIELD_ADDRESS;
    }
    default:
        return false;
    }
}

static void S_refine_one(void *context, size_t item, unsigned worker)
{
    struct choice *c = context;
    struct candidate *x = &c->candidate[item];
    uint64_t share = c->refined_share;
    (void)worker;
    if (x->price <= share || x->price > share * 100 || !S_is_nearly_unique(c, &c->atom[item]))
        return;
    rule_refine(c->model, &x->rule, c->batch, share / 2, share, c->tables, &x->keys);
    x->price = x->rule.price;
}

/* Keys that say most must not be lost because one value stands in many records: their big blocks are split. */
static void S_refine_dear(struct choice *c, uint64_t share)
{
    c->refined_share = share;
    parallel_for(c->threads, c->n_atoms, S_refine_one, c);
}

bool choose_rules(struct model *m, const struct batch *b, uint64_t budget, unsigned threads, struct arena *out,
                  struct key_set *keys)
{
    uint64_t n = b->n_rows, all = n * (n ? n - 1 : 0) / 2, left = budget, share = budget / 4;
    m->n_rules = 0;
    if (n < 2 || all <= budget * 3) {
        m->rule[m->n_rules++] = (struct rule){.key = {{0, KEY_ALL}}, .n_keys = 1, .price = all, .recall = 1};
        return false;
    }
    struct choice *c = xcalloc(1, sizeof *c);
    uint64_t covered[SIMULATED / 64];
    *keys = (struct key_set){.rule = xcalloc(MOST_CHOSEN, sizeof *keys->rule), .n_rows = b->n_rows};
    *c = (struct choice){.model = m,
                         .batch = b,
                         .keys = keys,
                         .threads = threads ? threads : 1,
                         .candidate = xcalloc(MOST_CANDIDATES + MOST_ATOMS, sizeof *c->candidate)};
    S_atoms(c);
    S_candidates(c);
    struct batch thin;
    c->priced = b;
    if (n > 2 * PRICED_ROWS) {
        S_thin(b, PRICED_ROWS, &thin);
        c->priced = &thin;
    }
    struct rule_key key[MOST_ATOMS];
    for (unsigned i = 0; i < c->n_atoms; i++)
        key[i] = c->atom[i].key;
    struct key_tables *tables = key_tables_new(m, b, key, c->n_atoms, threads);
    c->tables = tables;
    if (S_has_names(c))
        key_tables_add_names(tables, m, b, threads);
    for (unsigned i = 0; i < c->n_atoms; i++)
        c->atom[i].keyed = (float)key_tables_fill(tables, b, key[i]);
    S_price_all(c);
    S_refine_dear(c, share);
    S_simulate(c);
    for (unsigned time = 0; time < TIMES_COVERED; time++) {
        memset(covered, 0, sizeof covered);
        for (struct candidate *x; m->n_rules < MOST_CHOSEN && (x = S_best(c, covered, left, share));)
            S_take(c, x, covered, &left);
    }
    if (c->priced == &thin)
        S_thin_free(&thin);
    for (unsigned r = 0; r < m->n_rules; r++)
        rule_keep_refined(&m->rule[r], out);
    for (unsigned k = 0; k < c->n; k++) {
        rule_keys_deinit(&c->candidate[k].keys);
        if (!c->candidate[k].taken || c->candidate[k].dropped)
            rule_keep_refined(&c->candidate[k].rule, NULL);
    }
    key_tables_free(tables);
    key_counts_deinit(&c->counts);
    free(c->candidate);
    free(c);
    return true;
}

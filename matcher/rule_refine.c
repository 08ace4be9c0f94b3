#include "matcher/rule_refine.h"

#include <stdlib.h>

#include "matcher/block.h"
#include "matcher/key_counts.h"

enum { LEAST_LIMIT = 16 };

struct refining_key {
    enum field_type type;
    enum derivation derivation;
};

static void S_refining_keys(struct rule *r, const struct batch *b)
{
    static const struct refining_key refining[] = {{FIELD_FAMILY_NAME, KEY_PHONETIC}, {FIELD_GIVEN_NAME, KEY_PHONETIC},
                                                   {FIELD_BIRTH_DATE, KEY_YEAR},      {FIELD_POSTCODE, KEY_EXACT},
                                                   {FIELD_TITLE, KEY_INITIAL},        {FIELD_CITY, KEY_PHONETIC}};
    for (unsigned o = 0; o < COUNT_OF(refining) && r->n_refine < COUNT_OF(r->refine); o++) {
        int f = schema_find_type(b->schema, refining[o].type);
        bool used = f < 0 || b->norm[f].dict.n < 2;
        for (unsigned k = 0; k < r->n_keys && !used; k++)
            used = r->key[k].field == f || r->key[k].derivation == KEY_ANY_NAME;
        if (!used)
            r->refine[r->n_refine++] = (struct rule_key){(uint8_t)f, (uint8_t)refining[o].derivation};
    }
}

static uint64_t S_pairs_of(uint64_t n)
{
    return n * (n - 1) / 2;
}

/* The largest block size under which the blocks' pairs, `all` with those of heavier blocks, stay within `most`. */
static uint64_t S_size_limit(const struct counted_key *heavy, size_t n, uint64_t all, uint64_t most)
{
    uint64_t size_limit = LEAST_LIMIT;
    for (uint64_t limit = LEAST_LIMIT; limit <= MOST_BLOCK; limit = limit * 3 / 2) {
        uint64_t above = 0;
        for (size_t i = 0; i < n; i++)
            above += heavy[i].n > limit ? S_pairs_of(heavy[i].n) : 0;
        if (all > above && all - above > most)
            break;
        size_limit = limit;
    }
    return size_limit;
}

/* Returns the pairs of the other blocks. */
static uint64_t S_find_oversized(const struct model *m, struct rule *r, const struct batch *b, uint64_t budget,
                                 const struct key_tables *tables)
{
    struct rule_keys keys;
    struct key_counts counts = {0};
    size_t n;
    rule_keys_from_tables(&keys, m, r, b, tables, false, 1);
    key_counts_init(&counts, keys.key, keys.at[b->n_rows]);
    struct counted_key *heavy = key_counts_heavy(&counts, LEAST_LIMIT, &n);
    uint64_t rest = key_counts_pairs(&counts), limit = S_size_limit(heavy, n, rest, budget / 2);
    r->oversized = xmalloc(n * sizeof *r->oversized);
    r->depth = xmalloc(n);
    r->n_oversized = 0;
    for (size_t i = 0; i < n; i++)
        if (heavy[i].n > limit) {
            uint64_t pairs = S_pairs_of(heavy[i].n);
            r->oversized[r->n_oversized++] = heavy[i].key;
            rest -= pairs < rest ? pairs : rest;
        }
    free(heavy);
    key_counts_deinit(&counts);
    rule_keys_deinit(&keys);
    return rest;
}

/* Oversized blocks are split by so many of the refining keys. */
static void S_refine_to(const struct model *m, struct rule *r, const struct batch *b, unsigned depth,
                        const struct key_tables *tables, struct rule_keys *keys)
{
    struct key_counts counts = {0};
    memset(r->depth, (int)depth, r->n_oversized);
    rule_keys_from_tables(keys, m, r, b, tables, true, 1);
    key_counts_init(&counts, keys->key, keys->at[b->n_rows]);
    r->price = key_counts_pairs(&counts);
    key_counts_deinit(&counts);
}

void rule_refine(const struct model *m, struct rule *r, const struct batch *b, uint64_t budget, uint64_t dearest,
                 const struct key_tables *tables, struct rule_keys *keys)
{
    struct rule_keys made;
    S_refining_keys(r, b);
    r->price = S_find_oversized(m, r, b, budget, tables);
    if (r->price > dearest)
        return;
    S_refine_to(m, r, b, r->n_refine ? 1 : 0, tables, &made);
    if (r->price > budget && r->n_refine > 1) {
        rule_keys_deinit(&made);
        S_refine_to(m, r, b, 2, tables, &made);
    }
    if (keys)
        *keys = made;
    else
        rule_keys_deinit(&made);
}

void rule_keep_refined(struct rule *r, struct arena *out)
{
    uint64_t *oversized = r->oversized;
    uint8_t *depth = r->depth;
    if (!oversized)
        return;
    if (out) {
        r->oversized = ARENA_NEW(out, uint64_t, r->n_oversized);
        r->depth = ARENA_NEW(out, uint8_t, r->n_oversized);
        memcpy(r->oversized, oversized, r->n_oversized * sizeof *oversized);
        memcpy(r->depth, depth, r->n_oversized);
    }
    free(oversized);
    free(depth);
}

void rule_refine_given(const struct model *m, struct rule *r, const struct batch *b, uint64_t budget, struct arena *out)
{
    rule_refine(m, r, b, budget, UINT64_MAX, NULL, NULL);
    rule_keep_refined(r, out);
}

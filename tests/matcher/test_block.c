/* Candidate pairs against brute force: exactly those that share a key of a rule, each once, in the same order at any
 * number of threads. */
#include "matcher/block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "small_batch.h"

enum { FIELDS = 4 };

/* Records of `distinct` values a field, so that blocks are small or large. */
static void S_random_batch(struct small_batch *s, unsigned rows, const unsigned distinct[FIELDS], uint64_t *state)
{
    static const char *const name[FIELDS] = {"w", "x", "y", "z"};
    small_init(s);
    for (unsigned f = 0; f < FIELDS; f++)
        small_field(s, name[f], FIELD_TEXT);
    small_sources(s, 3);
    for (unsigned row = 0; row < rows; row++) {
        for (unsigned f = 0; f < FIELDS; f++)
            for (uint64_t k = random_below(state, 3); k; k--)
                small_text(s, f,
                           small_printf(s, "a%u b%u", (unsigned)random_below(state, distinct[f]),
                                        (unsigned)random_below(state, distinct[f])));
        small_record(s, (uint16_t)random_below(state, 3), small_printf(s, "%u", row), ENTITY_UNKNOWN);
    }
}

static void S_rules(struct model *m)
{
    static const struct rule rules[] = {
        {.key = {{0, KEY_TOKENS}, {1, KEY_TOKENS}}, .n_keys = 2},
        {.key = {{2, KEY_EXACT}}, .n_keys = 1},
        {.key = {{3, KEY_TOKENS}}, .n_keys = 1},
        {.key = {{0, KEY_EXACT}, {2, KEY_TOKENS}, {3, KEY_TOKENS}}, .n_keys = 3},
    };
    m->n_rules = COUNT_OF(rules);
    for (unsigned r = 0; r < m->n_rules; r++)
        m->rule[r] = rules[r];
}

/* An edge for every pair that is visited. */
static void S_note(void *context, unsigned worker, const struct row_pair *pair, size_t n, uint32_t rule,
                   struct edge_list *out)
{
    (void)context;
    (void)worker;
    for (size_t i = 0; i < n; i++)
        edge_list_add(out, (struct edge){pair[i].a, pair[i].b, (int32_t)(pair[i].a ^ pair[i].b), rule});
}

struct walked {
    struct edge_list edges;
    struct block_losses losses;
    uint64_t pairs, met;
};

static void S_walk(const struct small_batch *s, const struct model *m, unsigned threads, unsigned one_in,
                   struct walked *w)
{
    struct key_set keys;
    key_set_init(&keys, m, &s->batch, threads);
    struct block_walk walk = {.model = m,
                              .batch = &s->batch,
                              .keys = &keys,
                              .threads = threads,
                              .one_in = one_in,
                              .met = &w->met,
                              .visit = S_note};
    *w = (struct walked){.pairs = 0};
    w->pairs = block_walk(&walk, &w->edges, &w->losses);
    key_set_deinit(&keys);
}

static void S_same_edges(const struct walked *x, const struct walked *y)
{
    assert_int_equal(x->pairs, y->pairs);
    assert_int_equal(x->edges.n, y->edges.n);
    for (size_t i = 0; i < x->edges.n; i++) {
        const struct edge *p = &x->edges.edge[i], *q = &y->edges.edge[i];
        assert_true(p->a == q->a && p->b == q->b && p->rule == q->rule && p->weight == q->weight);
    }
}

/* First rule under which two records share a key, or -1. */
static int S_rule_twin(const struct key_set *keys, uint32_t a, uint32_t b)
{
    for (unsigned r = 0; r < keys->n_rules; r++)
        for (uint32_t i = keys->rule[r].at[a]; i < keys->rule[r].at[a + 1]; i++)
            for (uint32_t j = keys->rule[r].at[b]; j < keys->rule[r].at[b + 1]; j++)
                if (keys->rule[r].key[i] == keys->rule[r].key[j])
                    return (int)r;
    return -1;
}

static void S_check_all(const struct small_batch *s, const struct model *m, const struct walked *w)
{
    uint32_t n = s->batch.n_rows;
    struct key_set keys;
    int *rule = malloc((size_t)n * n * sizeof *rule);
    uint64_t pairs = 0;
    key_set_init(&keys, m, &s->batch, 1);
    for (uint32_t a = 0; a < n; a++)
        for (uint32_t b = a + 1; b < n; b++) {
            rule[a * n + b] = S_rule_twin(&keys, a, b);
            pairs += rule[a * n + b] >= 0;
        }
    assert_int_equal(w->edges.n, pairs);
    assert_int_equal(w->pairs, pairs);
    for (size_t i = 0; i < w->edges.n; i++) {
        const struct edge *e = &w->edges.edge[i];
        assert_true(e->a < e->b && e->b < n);
        assert_int_equal(rule[e->a * n + e->b], e->rule);
        rule[e->a * n + e->b] = -2; /* not again */
    }
    key_set_deinit(&keys);
    free(rule);
}

/* Pairs of all blocks. */
static uint64_t S_met_twin(const struct small_batch *s, const struct model *m)
{
    struct key_set keys;
    uint64_t met = 0;
    uint32_t largest;
    key_set_init(&keys, m, &s->batch, 1);
    for (unsigned r = 0; r < keys.n_rules; r++)
        met += block_price(&keys.rule[r], keys.n_rows, &largest);
    key_set_deinit(&keys);
    return met;
}

static void every_pair_that_shares_a_key_is_visited_once(void **unused)
{
    static const struct {
        unsigned rows, distinct[FIELDS];
    } sizes[] = {{0, {3, 3, 3, 3}},    {1, {3, 3, 3, 3}},       {2, {1, 1, 1, 1}},    {50, {5, 5, 20, 30}},
                 {300, {9, 9, 9, 60}}, {300, {40, 40, 90, 90}}, {500, {2, 2, 3, 40}}, {700, {30, 1, 60, 200}}};
    uint64_t state = 31;
    (void)unused;
    for (unsigned i = 0; i < COUNT_OF(sizes); i++) {
        struct small_batch s;
        struct model m = {.n_rules = 0};
        struct walked one, many;
        S_random_batch(&s, sizes[i].rows, sizes[i].distinct, &state);
        S_rules(&m);
        S_walk(&s, &m, 1, 0, &one);
        S_walk(&s, &m, 8, 1, &many);
        S_check_all(&s, &m, &one);
        S_same_edges(&one, &many);
        assert_int_equal(one.met, S_met_twin(&s, &m));
        assert_int_equal(one.losses.pairs, 0);
        edge_list_deinit(&one.edges);
        edge_list_deinit(&many.edges);
        small_deinit(&s);
    }
}

static void all_pairs_are_all_pairs(void **unused)
{
    uint64_t state = 32;
    struct small_batch s;
    struct model m = {.rule = {{.key = {{0, KEY_ALL}}, .n_keys = 1}}, .n_rules = 1};
    struct walked one, many;
    (void)unused;
    S_random_batch(&s, 600, (unsigned[]){9, 9, 9, 9}, &state);
    S_walk(&s, &m, 1, 1, &one);
    S_walk(&s, &m, 8, 1, &many);
    assert_int_equal(one.pairs, 600 * 599 / 2);
    S_check_all(&s, &m, &one);
    S_same_edges(&one, &many);
    edge_list_deinit(&one.edges);
    edge_list_deinit(&many.edges);
    small_deinit(&s);
}

static void the_price_is_the_pairs_of_every_block(void **unused)
{
    uint64_t state = 33;
    struct small_batch s;
    struct model m = {.n_rules = 0};
    (void)unused;
    S_random_batch(&s, 400, (unsigned[]){9, 9, 20, 50}, &state);
    S_rules(&m);
    for (unsigned r = 0; r < m.n_rules; r++) {
        struct rule_keys keys;
        uint32_t largest, most = 0;
        uint64_t price = 0;
        rule_keys_init(&keys, &m, &m.rule[r], &s.batch, true);
        uint32_t n = keys.at[s.batch.n_rows];
        for (uint32_t i = 0; i < n; i++) {
            uint32_t size = 0;
            for (uint32_t j = 0; j < n; j++)
                size += keys.key[j] == keys.key[i];
            for (uint32_t j = i + 1; j < n; j++)
                price += keys.key[j] == keys.key[i];
            most = size > most ? size : most;
        }
        assert_int_equal(block_price(&keys, s.batch.n_rows, &largest), price);
        assert_int_equal(largest, most);
        rule_keys_deinit(&keys);
    }
    small_deinit(&s);
}

static void a_sample_is_a_part_of_the_whole_at_any_number_of_threads(void **unused)
{
    uint64_t state = 34;
    struct small_batch s;
    struct model m = {.n_rules = 0};
    struct walked all, one, many;
    (void)unused;
    S_random_batch(&s, 1500, (unsigned[]){400, 400, 1000, 600}, &state);
    S_rules(&m);
    S_walk(&s, &m, 2, 1, &all);
    S_walk(&s, &m, 1, 4, &one);
    S_walk(&s, &m, 8, 4, &many);
    S_same_edges(&one, &many);
    assert_in_range(one.pairs, all.pairs / 6, all.pairs / 3);
    size_t at = 0;
    for (size_t i = 0; i < one.edges.n; i++) {
        while (at < all.edges.n &&
               (all.edges.edge[at].a != one.edges.edge[i].a || all.edges.edge[at].b != one.edges.edge[i].b))
            at++;
        assert_true(at < all.edges.n);
    }
    edge_list_deinit(&all.edges);
    edge_list_deinit(&one.edges);
    edge_list_deinit(&many.edges);
    small_deinit(&s);
}

/* A value in every record makes a block past the limit; pairs of records share further values of this field and
 * another. */
static void S_block_past_the_limit(bool two_keys)
{
    enum { ROWS = MOST_BLOCK + 2 };
    struct small_batch s;
    struct model m = {.rule = {{.key = {{0, KEY_TOKENS}}, .n_keys = 1}, {.key = {{1, KEY_EXACT}}, .n_keys = 1}},
                      .n_rules = 2};
    struct walked w;
    small_init(&s);
    small_field(&s, "x", FIELD_TEXT);
    small_field(&s, "y", FIELD_TEXT);
    small_sources(&s, 1);
    for (unsigned row = 0; row < ROWS; row++) {
        unsigned t = row / 2 % 5000;
        small_text(&s, 0, two_keys ? small_printf(&s, "every t%u u%u", t, t) : small_printf(&s, "every t%u", t));
        small_text(&s, 1, small_printf(&s, "v%u", (row + 1) / 2));
        small_record(&s, 0, small_printf(&s, "%u", row), ENTITY_UNKNOWN);
    }
    S_walk(&s, &m, 2, 1, &w);
    assert_int_equal(w.losses.blocks, 1);
    assert_int_equal(w.losses.records, ROWS);
    assert_int_equal(w.losses.pairs, (uint64_t)ROWS * (ROWS - 1) / 2);
    uint64_t by_rule[2] = {0};
    for (size_t i = 0; i < w.edges.n; i++)
        by_rule[w.edges.edge[i].rule]++;
    assert_int_equal(by_rule[0], 4999 * 6 + 15);
    assert_int_equal(by_rule[1], 10000);
    assert_int_equal(w.pairs, w.edges.n);
    edge_list_deinit(&w.edges);
    small_deinit(&s);
}

static void a_block_past_the_limit_is_listed_and_other_keys_still_find_its_pairs(void **unused)
{
    (void)unused;
    S_block_past_the_limit(false);
}

/* The smaller key that two records share gives the pair: not one of a block that is not compared. */
static void a_pair_of_two_keys_is_found_once_beside_a_block_past_the_limit(void **unused)
{
    (void)unused;
    S_block_past_the_limit(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_that_shares_a_key_is_visited_once),
        cmocka_unit_test(all_pairs_are_all_pairs),
        cmocka_unit_test(the_price_is_the_pairs_of_every_block),
        cmocka_unit_test(a_sample_is_a_part_of_the_whole_at_any_number_of_threads),
        cmocka_unit_test(a_block_past_the_limit_is_listed_and_other_keys_still_find_its_pairs),
        cmocka_unit_test(a_pair_of_two_keys_is_found_once_beside_a_block_past_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

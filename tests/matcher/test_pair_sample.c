/* The sampled pairs against block_walk with the same one_in, and against the keys; and keys of more rows than one
 * thread makes at a time. */
#include "matcher/pair_sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "small_batch.h"

enum { MOST_SEEN = 1 << 17, THREADS = 2 };

struct seen {
    struct sampled_pair pair[MOST_SEEN];
    size_t n;
};

/* Records with texts of two words, `distinct` of each. */
static void S_batch(struct small_batch *s, unsigned rows, unsigned distinct, unsigned words)
{
    uint64_t state = 5;
    small_init(s);
    small_field(s, "x", FIELD_TEXT);
    small_field(s, "y", FIELD_TEXT);
    small_sources(s, 1);
    for (unsigned row = 0; row < rows; row++) {
        for (unsigned f = 0; f < 2; f++)
            if (random_below(&state, 10))
                small_text(s, f,
                           words < 2 || random_below(&state, 2)
                               ? small_printf(s, "w%u", (unsigned)random_below(&state, distinct))
                               : small_printf(s, "w%u v%u", (unsigned)random_below(&state, distinct),
                                              (unsigned)random_below(&state, distinct)));
        small_record(s, 0, small_printf(s, "%u", row), ENTITY_UNKNOWN);
    }
}

static void S_rules(struct model *m)
{
    static const struct rule rules[] = {
        {.key = {{0, KEY_TOKENS}, {1, KEY_TOKENS}}, .n_keys = 2},
        {.key = {{1, KEY_EXACT}}, .n_keys = 1},
        {.key = {{0, KEY_TOKENS}}, .n_keys = 1},
    };
    m->n_rules = COUNT_OF(rules);
    for (unsigned r = 0; r < m->n_rules; r++)
        m->rule[r] = rules[r];
}

static void S_see(void *context, unsigned worker, const struct sampled_pair *pair, size_t n)
{
    struct seen *seen = (struct seen *)context + worker;
    for (size_t i = 0; i < n; i++) {
        assert_in_range(seen->n, 0, MOST_SEEN - 1);
        seen->pair[seen->n++] = pair[i];
    }
}

static void S_note(void *context, unsigned worker, const struct row_pair *pair, size_t n, uint32_t rule,
                   struct edge_list *out)
{
    (void)context;
    (void)worker;
    for (size_t i = 0; i < n; i++)
        edge_list_add(out, (struct edge){pair[i].a, pair[i].b, 0, rule});
}

static int S_by_pair(const void *p, const void *q)
{
    const struct sampled_pair *x = p, *y = q;
    if (x->pair.a != y->pair.a)
        return x->pair.a < y->pair.a ? -1 : 1;
    return (x->pair.b > y->pair.b) - (x->pair.b < y->pair.b);
}

static void S_check_rules(const struct key_set *keys, const struct sampled_pair *p, unsigned first)
{
    assert_int_equal(__builtin_ctzll(p->rules), first);
    for (unsigned r = first; r < keys->n_rules; r++)
        assert_int_equal(p->rules >> r & 1, keys_shared(&keys->rule[r], p->pair.a, p->pair.b) != 0);
}

/* Returns how many pairs were sampled; ends the batch. */
static size_t S_check_batch(struct small_batch *s, unsigned one_in)
{
    static struct seen seen[THREADS];
    struct model m = {.n_rules = 0};
    struct key_set keys;
    struct edge_list edges = {0};
    struct block_losses losses = {0};
    S_rules(&m);
    key_set_init(&keys, &m, &s->batch, 1);
    key_set_print(&keys, 1);
    struct block_walk walk = {
        .model = &m, .batch = &s->batch, .keys = &keys, .threads = 1, .one_in = one_in, .visit = S_note};
    struct pair_sample sample = {&m, &keys, THREADS, one_in, S_see, seen};
    uint64_t pairs = block_walk(&walk, &edges, &losses);
    seen[0].n = seen[1].n = 0;
    assert_int_equal(pair_sample_walk(&sample), pairs);
    assert_int_equal(seen[0].n + seen[1].n, pairs);
    assert_in_range(pairs, 0, MOST_SEEN);
    memcpy(seen[0].pair + seen[0].n, seen[1].pair, seen[1].n * sizeof *seen[1].pair);
    qsort(seen[0].pair, pairs, sizeof *seen[0].pair, S_by_pair);
    for (size_t i = 0; i < edges.n; i++) {
        struct sampled_pair key = {{edges.edge[i].a, edges.edge[i].b}, 0};
        const struct sampled_pair *found = bsearch(&key, seen[0].pair, pairs, sizeof key, S_by_pair);
        assert_non_null(found);
        S_check_rules(&keys, found, edges.edge[i].rule);
    }
    edge_list_deinit(&edges);
    key_set_deinit(&keys);
    small_deinit(s);
    return pairs;
}

static size_t S_check(unsigned rows, unsigned distinct, unsigned one_in)
{
    struct small_batch s;
    S_batch(&s, rows, distinct, 2);
    return S_check_batch(&s, one_in);
}

static void sampled_pairs_are_those_of_a_walk(void **state)
{
    (void)state;
    for (unsigned one_in = 2; one_in < 10; one_in++)
        assert_in_range(S_check(1200, 300, one_in), 100, MOST_SEEN);
}

static void of_large_blocks_pairs_are_taken(void **state)
{
    (void)state;
    assert_in_range(S_check(2600, 2, 96), 1000, MOST_SEEN);
}

/* The pairs share two further keys, of which the smaller one gives them, and that of a block past the limit may be
 * smaller still. */
static void a_key_of_a_block_past_the_limit_takes_no_pair_from_another(void **state)
{
    enum { ROWS = MOST_BLOCK + 2 };
    struct small_batch s;
    (void)state;
    small_init(&s);
    small_field(&s, "x", FIELD_TEXT);
    small_field(&s, "y", FIELD_TEXT);
    small_sources(&s, 1);
    for (unsigned row = 0; row < ROWS; row++) {
        small_text(&s, 0, small_printf(&s, "every t%u u%u", row / 2 % 5000, row / 2 % 5000));
        small_record(&s, 0, small_printf(&s, "%u", row), ENTITY_UNKNOWN);
    }
    assert_in_range(S_check_batch(&s, 4), 5000, 10000);
}

static void many_rows_have_the_keys_of_each(void **state)
{
    static const unsigned words[] = {1, 2}; /* a key a row at most; more */
    (void)state;
    for (size_t w = 0; w < COUNT_OF(words); w++) {
        struct small_batch s;
        struct model m = {.n_rules = 0};
        struct key_set keys;
        S_batch(&s, 140000, 5000, words[w]);
        S_rules(&m);
        key_set_init(&keys, &m, &s.batch, 2);
        for (uint32_t row = 0; row < s.batch.n_rows; row += 1 + row % 7)
            for (unsigned r = 0; r < m.n_rules; r++) {
                uint64_t key[MOST_KEYS_OF_RECORD];
                unsigned n = rule_keys_of_row(&m, &m.rule[r], &s.batch, row, true, key);
                const struct rule_keys *k = &keys.rule[r];
                assert_int_equal(k->at[row + 1] - k->at[row], n);
                assert_true(!n || !memcmp(k->key + k->at[row], key, n * sizeof *key));
            }
        key_set_deinit(&keys);
        small_deinit(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sampled_pairs_are_those_of_a_walk),
        cmocka_unit_test(of_large_blocks_pairs_are_taken),
        cmocka_unit_test(a_key_of_a_block_past_the_limit_takes_no_pair_from_another),
        cmocka_unit_test(many_rows_have_the_keys_of_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

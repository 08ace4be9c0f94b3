#include "store_fixture.h"

#include "base/hash.h"
#include "store/process_cache.h"
#include "store/segment_join.h"

enum { MOST = 40000 };

/* The obvious twin: a sorted list of (rule, hash, rid). */
struct twin {
    struct segment_change entry[MOST * 2];
    size_t n;
};

static int S_compare(const void *a, const void *b)
{
    const struct segment_change *x = a, *y = b;
    if (x->rule != y->rule)
        return x->rule < y->rule ? -1 : 1;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->rid > y->rid) - (x->rid < y->rid);
}

static void S_twin_change(struct twin *t, const struct segment_change *change)
{
    size_t at = 0;
    while (at < t->n && S_compare(&t->entry[at], change) != 0)
        at++;
    if (change->gone && at < t->n)
        t->entry[at] = t->entry[--t->n];
    else if (!change->gone && at == t->n)
        t->entry[t->n++] = *change;
}

/* What the twin finds, ascending. */
static size_t S_twin_probe(const struct twin *t, unsigned rule, uint64_t hash, int64_t *rid)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        if (t->entry[i].rule != rule || t->entry[i].hash != hash)
            continue;
        size_t at = n++;
        for (; at && rid[at - 1] > t->entry[i].rid; at--)
            rid[at] = rid[at - 1];
        rid[at] = t->entry[i].rid;
    }
    return n;
}

static uint64_t S_hash(unsigned rule, uint64_t value)
{
    return hash_u64(value * 8 + rule + 1);
}

/* Few values for rule 0 (hot keys), many for the others. */
static uint64_t S_value(unsigned rule, uint64_t *state)
{
    return random_below(state, rule == 0 ? 3 : rule == 1 ? 200 : 100000);
}

enum { RULES = 3, ROWS = 1500 };

static void S_fill(struct store *s, struct twin *t, unsigned threads)
{
    struct idem_error err = {0};
    struct key_row entry[ROWS], scratch[ROWS];
    uint64_t state = 42;
    for (unsigned rule = 0; rule < RULES; rule++) {
        for (uint32_t i = 0; i < ROWS; i++) {
            uint64_t hash = S_hash(rule, S_value(rule, &state));
            entry[i] = (struct key_row){hash, i % 7 == 3 && i ? entry[i - 1].row : ROWS - i};
            if (i % 7 == 3)
                entry[i].key = entry[i - 1].key; /* twice the same */
            S_twin_change(t, &(struct segment_change){entry[i].key, entry[i].row, (uint16_t)rule, false});
        }
        OK(segment_put(s, rule, entry, scratch, ROWS, threads, &err));
    }
}

static void S_expect_probes(struct store *s, const struct twin *t)
{
    struct idem_error err = {0};
    uint64_t state = 42;
    for (unsigned rule = 0; rule < RULES; rule++)
        for (uint32_t i = 0; i < ROWS; i += rule == 0 ? 100 : 3) {
            int64_t got[ROWS + 10], expected[ROWS + 10];
            size_t n = 0;
            uint64_t hash = S_hash(rule, S_value(rule, &state) + (i % 5 == 0)); /* some are not there */
            size_t m = S_twin_probe(t, rule, hash, expected);
            OK(segment_probe(s, rule, hash, got, COUNT_OF(got), &n, &err));
            assert_int_equal(n, m);
            assert_memory_equal(got, expected, n * sizeof *got);
        }
}

struct walked {
    uint64_t key;
    int64_t rid;
    size_t n;
};

static enum idem_status S_walk(void *context, uint64_t key, int64_t rid, struct idem_error *err)
{
    (void)err;
    struct walked *w = context;
    assert_true(!w->n || key > w->key || (key == w->key && rid > w->rid));
    *w = (struct walked){key, rid, w->n + 1};
    return IDEM_OK;
}

static void S_expect_walk(struct store *s, const struct twin *t)
{
    struct idem_error err = {0};
    for (unsigned rule = 0; rule < RULES; rule++) {
        struct walked w = {0};
        size_t n = 0;
        for (size_t i = 0; i < t->n; i++)
            n += t->entry[i].rule == rule;
        OK(segment_each(s, rule, S_walk, &w, &err));
        assert_int_equal(w.n, n);
    }
}

static int S_ascending(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* All matches of a key, from the twin, whose entries have the keys stored[t->n]; `at`: how many were looked at before.
 */
static size_t S_expect_key(const struct twin *t, const uint64_t *stored, unsigned rule, uint64_t key, size_t k,
                           const struct segment_matches *m, size_t at)
{
    uint64_t rid[ROWS + 10];
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++)
        if (stored[i] == key && t->entry[i].rule == rule)
            rid[n++] = (uint64_t)t->entry[i].rid;
    qsort(rid, n, sizeof *rid, S_ascending);
    for (size_t i = 0; i < n; i++) {
        assert_true(at + i < m->n);
        assert_int_equal(m->match[at + i].key, k);
        assert_int_equal(m->match[at + i].rid, rid[i]);
    }
    return at + n;
}

/* Every `step`th of 3,000 keys, some of which nobody has: few are looked up one by one, many are merged. */
static void S_expect_joins(struct store *s, const struct twin *t, unsigned threads)
{
    struct idem_error err = {0};
    static const size_t STEPS[] = {1, 7, 1000};
    uint64_t *stored = calloc(t->n, sizeof *stored);
    for (size_t i = 0; i < t->n; i++)
        stored[i] = segment_key(s, t->entry[i].hash);
    for (unsigned rule = 0; rule < RULES; rule++)
        for (size_t c = 0; c < COUNT_OF(STEPS); c++) {
            uint64_t all[3000], key[3000], state = 42;
            struct segment_matches m;
            size_t n = 0, at = 0;
            for (size_t i = 0; i < COUNT_OF(all); i++)
                all[i] = segment_key(s, S_hash(rule, i < 2000 ? S_value(rule, &state) : 200000 + i));
            qsort(all, COUNT_OF(all), sizeof *all, S_ascending);
            for (size_t i = 0; i < COUNT_OF(all); i += STEPS[c])
                if (!n || key[n - 1] != all[i])
                    key[n++] = all[i];
            OK(segment_join(s, rule, key, n, threads, &m, &err));
            for (size_t k = 0; k < n; k++)
                at = S_expect_key(t, stored, rule, key[k], k, &m, at);
            assert_int_equal(at, m.n);
            free(m.match);
        }
    free(stored);
}

static void S_change(struct store *s, struct twin *t)
{
    struct idem_error err = {0};
    uint64_t state = 42, other = 7;
    struct segment_change change[400];
    for (size_t i = 0; i < COUNT_OF(change); i++) {
        unsigned rule = (unsigned)(i % RULES);
        if (i % 2 && t->n)
            change[i] = t->entry[random_below(&other, t->n)], change[i].gone = true;
        else
            change[i] = (struct segment_change){S_hash(rule, S_value(rule, &state)),
                                                1 + (int64_t)random_below(&other, ROWS + 300), (uint16_t)rule, false};
        S_twin_change(t, &change[i]);
    }
    OK(segment_change(s, change, COUNT_OF(change), &err));
}

static void S_whole_life(struct keyring *keys, unsigned threads)
{
    struct idem_error err = {0};
    struct twin *t = calloc(1, sizeof *t);
    struct store *s;
    uint64_t pending;
    unlink(fixture_path("seg.db"));
    struct store_create_options options = {.path = fixture_path("seg.db"), .keys = keys, .normaliser = STR("n1")};
    OK(store_create(&options, &s, &err));
    S_fill(s, t, threads);
    OK(store_put_run(s, &(struct store_run){.committed = true}, &err));
    OK(store_commit(s, &err));
    S_expect_probes(s, t);
    S_expect_walk(s, t);
    for (int round = 0; round < 3; round++) {
        OK(store_begin(s, &err));
        S_change(s, t);
        OK(store_commit(s, &err));
        S_expect_probes(s, t);
        S_expect_walk(s, t);
        S_expect_joins(s, t, threads);
        OK(segment_pending(s, &pending, &err));
        assert_true(pending > 0);
        if (round == 0)
            continue; /* changes upon changes */
        OK(store_begin(s, &err));
        for (unsigned rule = 0; rule < RULES; rule++)
            OK(segment_fold(s, rule, threads, &err));
        OK(store_put_run(s, &(struct store_run){.committed = true}, &err));
        OK(store_commit(s, &err));
        OK(segment_pending(s, &pending, &err));
        assert_true(pending == 0);
        S_expect_probes(s, t);
        S_expect_walk(s, t);
        S_expect_joins(s, t, threads);
    }
    OK(store_verify(s, 1, &err));
    store_close(s);
    free(t);
}

static void probes_and_walks_agree_with_a_plain_list(void **state)
{
    (void)state;
    struct keyring *k = fixture_keys("a.key");
    S_whole_life(k, 1);
    S_whole_life(k, 2);
    S_whole_life(NULL, 2);
    keyring_close(k);
}

/* What it had changed was told to nobody, and is not counted with what the next one changes. */
static void a_transaction_that_is_undone_leaves_nothing_for_the_next(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct segment_change change[600];
    struct store_cache *c = store_cache_new(1 << 20);
    struct store *s = fixture_build("undone.db", NULL);
    store_use_cache(s, c);
    for (uint32_t i = 0; i < COUNT_OF(change); i++)
        change[i] = (struct segment_change){hash_u64(i), i + 1, 1, false};
    for (size_t n = COUNT_OF(change); n; n /= 3) {
        OK(store_begin(s, &err));
        store_tracks(s);
        OK(segment_change(s, change, n, &err));
        store_rollback(s);
        OK(store_begin(s, &err));
        store_tracks(s);
        OK(segment_change(s, change, 1, &err));
        store_take_seqs(s, 1);
        OK(store_commit(s, &err));
    }
    store_close(s);
    store_cache_free(c);
}

/* What a transaction has changed, or may have, is read from the database. */
static void what_a_transaction_changes_is_not_taken_from_the_cache(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct arena a = {0};
    struct store_record r;
    struct store_cache *c = store_cache_new(1 << 20);
    struct store *s = fixture_build("touched.db", NULL);
    store_use_cache(s, c);
    OK(store_begin(s, &err));
    assert_true(store_record_state(s, 1) < 0);
    store_tracks(s);
    assert_true(store_record_state(s, 1) >= 0);
    OK(store_get_record(s, 1, false, &a, &r, &err));
    OK(store_put_records(s, &r, 1, &err));
    assert_true(store_record_state(s, 1) < 0);
    assert_true(store_record_state(s, 2) >= 0);
    store_rollback(s);
    OK(store_begin(s, &err));
    store_tracks(s);
    assert_true(store_record_state(s, 1) >= 0);
    store_rollback(s);
    arena_deinit(&a);
    store_close(s);
    store_cache_free(c);
}

static void entries_in_any_order_give_the_same_index(void **state)
{
    (void)state;
    struct idem_error err = {0};
    char *first = NULL;
    for (int order = 0; order < 3; order++) {
        struct key_row entry[1000], scratch[1000];
        struct store *s;
        unlink(fixture_path("order.db"));
        struct store_create_options options = {.path = fixture_path("order.db"), .normaliser = STR("n1")};
        OK(store_create(&options, &s, &err));
        for (uint32_t i = 0; i < 1000; i++) {
            uint32_t row = order == 0 ? i : order == 1 ? 999 - i : i * 7 % 1000;
            entry[i] = (struct key_row){hash_u64(row % 300), row + 1};
        }
        OK(segment_put(s, 5, entry, scratch, 1000, 2, &err));
        OK(store_commit(s, &err));
        store_close(s);
        char *now = fixture_sql("order.db", "SELECT id, n, hex(body) FROM t_segment");
        if (first)
            assert_string_equal(first, now);
        if (order == 0)
            first = now;
        else
            free(now);
    }
    free(first);
}

static void keys_in_the_file_tell_nothing_of_the_hash(void **state)
{
    (void)state;
    struct keyring *k = fixture_keys("a.key");
    struct store *s = fixture_build("a.db", k);
    assert_true(segment_key(s, 12345) != 12345 >> 16 && segment_key(s, 12345) < 1ULL << 48);
    assert_true(segment_key(s, 12345) == segment_key(s, 12345) && segment_key(s, 12345) != segment_key(s, 12346));
    store_close(s);
    keyring_close(k);
}

static void too_many_results_and_rules_are_a_limit(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct key_row entry[300], scratch[300];
    int64_t rid[300];
    size_t n = 0;
    struct store *s = fixture_build("lim.db", NULL);
    OK(store_begin(s, &err));
    for (uint32_t i = 0; i < 300; i++)
        entry[i] = (struct key_row){77, i + 1};
    OK(segment_put(s, 1, entry, scratch, 300, 1, &err));
    assert_int_equal(segment_probe(s, 1, 77, rid, 299, &n, &err), IDEM_LIMIT);
    assert_int_equal(n, 0);
    OK(segment_probe(s, 1, 77, rid, 300, &n, &err));
    assert_int_equal(n, 300);
    assert_int_equal(segment_put(s, SEGMENT_RULES, entry, scratch, 0, 1, &err), IDEM_LIMIT);
    OK(segment_put(s, 1, entry, scratch, 0, 1, &err)); /* none: the rule is empty */
    n = 0;
    OK(segment_probe(s, 1, 77, rid, 300, &n, &err));
    assert_int_equal(n, 0);
    store_close(s);
}

static void a_damaged_segment_is_found(void **state)
{
    (void)state;
    struct idem_error err = {0};
    struct key_row entry[10], scratch[10];
    struct store *s = fixture_build("bad.db", NULL);
    OK(store_begin(s, &err));
    for (uint32_t i = 0; i < 10; i++)
        entry[i] = (struct key_row){(uint64_t)(i + 1) << 20, i + 1};
    OK(segment_put(s, 1, entry, scratch, 10, 1, &err));
    OK(store_commit(s, &err));
    store_close(s);
    free(fixture_sql("bad.db", "UPDATE t_segment SET body = CAST(substr(body, 1, length(body) - 1) || x'ff' AS BLOB)"));
    s = fixture_open("bad.db", STORE_READ, NULL);
    struct walked w = {0};
    assert_int_equal(segment_each(s, 1, S_walk, &w, &err), IDEM_CORRUPT);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probes_and_walks_agree_with_a_plain_list),
        cmocka_unit_test(a_transaction_that_is_undone_leaves_nothing_for_the_next),
        cmocka_unit_test(what_a_transaction_changes_is_not_taken_from_the_cache),
        cmocka_unit_test(entries_in_any_order_give_the_same_index),
        cmocka_unit_test(keys_in_the_file_tell_nothing_of_the_hash),
        cmocka_unit_test(too_many_results_and_rules_are_a_limit),
        cmocka_unit_test(a_damaged_segment_is_found),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_end);
}

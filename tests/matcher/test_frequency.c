/* Counts against the obvious loops. */
#include "matcher/frequency.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "matcher/compare.h"
#include "small_batch.h"

enum { ROWS = 300, DISTINCT = 40 };

/* Two fields: x several values or none, y one value or none; some values generic. */
static void S_random_batch(struct small_batch *s, bool sets, uint64_t *state)
{
    small_init(s);
    small_field(s, "x", FIELD_TEXT);
    small_field(s, "y", FIELD_TEXT);
    small_sources(s, 1);
    for (unsigned row = 0; row < ROWS; row++) {
        for (unsigned f = 0; f < 2; f++) {
            unsigned first = (unsigned)random_below(state, DISTINCT);
            for (unsigned k = 0; k < (sets ? random_below(state, 3) : random_below(state, 5) > 0); k++) {
                unsigned number = (first + k) % DISTINCT;
                struct str text = str_from(small_printf(s, "v%u t%u", number, number % 7));
                struct norm v = {.form = {[NORM_CANON] = text, [NORM_TOKENS] = text}};
                v.flags = number == 3 ? NORM_GENERIC : 0;
                small_norm(s, f, &v);
            }
        }
        small_record(s, 0, small_printf(s, "%u", row), ENTITY_UNKNOWN);
    }
}

static struct norm S_value(const struct small_batch *s, unsigned f, uint32_t id)
{
    struct norm v;
    assert_true(norm_unpack(dict_get(&s->batch.norm[f].dict, id), &v));
    return v;
}

/* Records in which a value stands. */
static uint32_t S_count_twin(const struct small_batch *s, unsigned f, struct str canon)
{
    uint32_t n = 0;
    for (uint32_t row = 0; row < s->batch.n_rows; row++) {
        const uint32_t *id;
        uint32_t n_ids = column_ids(&s->batch.norm[f], row, &id);
        for (uint32_t i = 0; i < n_ids; i++)
            n += str_eq(S_value(s, f, id[i]).form[NORM_CANON], canon);
    }
    return n;
}

static void values_are_counted_by_record_and_rare_ones_are_the_floor(void **unused)
{
    uint64_t state = 51;
    struct small_batch s;
    struct comparison c;
    struct arena arena = {0};
    (void)unused;
    S_random_batch(&s, true, &state);
    comparison_init(&c, CMP_TEXT, 0);
    frequency_count(&c, &s.batch, &arena);
    uint64_t total = 0;
    for (unsigned i = 0; i < DISTINCT; i++) {
        struct str text = str_from(small_printf(&s, "v%u t%u", i, i % 7));
        uint32_t n = S_count_twin(&s, 0, text), expect = i == 3 || n < 2 ? 1 : n;
        total += n;
        assert_int_equal(frequency_of(&c.tf, hash_str(text)), expect);
    }
    assert_int_equal(c.tf.total, total);
    for (uint32_t i = 1; i < c.tf.n; i++)
        assert_true(c.tf.hash[i - 1] < c.tf.hash[i]);
    arena_deinit(&arena);
    small_deinit(&s);
}

static void tokens_are_counted_for_kinds_that_weigh_words(void **unused)
{
    static const enum comparison_kind kinds[] = {CMP_TEXT, CMP_ADDRESS, CMP_ORGANISATION, CMP_CODE};
    uint64_t state = 52;
    struct small_batch s;
    struct arena arena = {0};
    (void)unused;
    S_random_batch(&s, true, &state);
    uint32_t expect = 0;
    for (unsigned i = 1; i < DISTINCT; i += 7)
        expect += S_count_twin(&s, 0, str_from(small_printf(&s, "v%u t1", i)));
    for (unsigned k = 0; k < COUNT_OF(kinds); k++) {
        struct comparison c;
        comparison_init(&c, kinds[k], 0);
        frequency_count(&c, &s.batch, &arena);
        assert_int_equal(c.token.n > 0, kinds[k] != CMP_CODE);
        if (c.token.n)
            assert_int_equal(frequency_of(&c.token, hash_str(STR("t1"))), expect);
    }
    arena_deinit(&arena);
    small_deinit(&s);
}

static bool S_agree(const struct small_batch *s, unsigned f, uint32_t a, uint32_t b, bool *known)
{
    const uint32_t *x, *y;
    *known = column_ids(&s->batch.norm[f], a, &x) && column_ids(&s->batch.norm[f], b, &y);
    if (!*known)
        return false;
    struct norm v = S_value(s, f, *x), w = S_value(s, f, *y);
    return !((v.flags | w.flags) & NORM_GENERIC) && str_eq(v.form[NORM_CANON], w.form[NORM_CANON]);
}

static void pairs_that_agree_are_those_of_all_pairs(void **unused)
{
    uint64_t state = 53;
    (void)unused;
    for (int round = 0; round < 4; round++) {
        struct small_batch s;
        struct comparison x, y;
        struct arena arena = {0};
        double agreeing, pairs, joint_pairs, expect = 0, expect_pairs = 0, both = 0;
        S_random_batch(&s, false, &state);
        comparison_init(&x, CMP_TEXT, 0);
        comparison_init(&y, CMP_TEXT, 1);
        frequency_count(&x, &s.batch, &arena);
        frequency_pairs(&x, &s.batch, &agreeing, &pairs);
        struct counted_values values_x, values_y;
        x.term_frequency = y.term_frequency = false;
        counted_values_init(&values_x, &x, &s.batch);
        counted_values_init(&values_y, &y, &s.batch);
        double joint = frequency_joint_pairs(&values_x, &values_y, &s.batch, &joint_pairs);
        counted_values_deinit(&values_x);
        counted_values_deinit(&values_y);
        for (uint32_t a = 0; a < ROWS; a++)
            for (uint32_t b = a + 1; b < ROWS; b++) {
                bool known, known_too;
                bool agree = S_agree(&s, 0, a, b, &known), agree_too = S_agree(&s, 1, a, b, &known_too);
                expect += agree;
                expect_pairs += known;
                both += agree && agree_too;
            }
        assert_true(agreeing == expect);
        assert_true(pairs == expect_pairs);
        assert_true(joint == both);
        assert_true(joint_pairs > 0 && joint_pairs < expect_pairs);
        arena_deinit(&arena);
        small_deinit(&s);
    }
}

static void counts_do_not_depend_on_the_order_of_records(void **unused)
{
    uint64_t state = 54;
    struct small_batch s, t;
    uint32_t order[ROWS];
    struct comparison x, y;
    struct arena arena = {0};
    (void)unused;
    S_random_batch(&s, true, &state);
    small_shuffle(order, ROWS, &state);
    small_permute(&s, order, &t);
    comparison_init(&x, CMP_TEXT, 0);
    y = x;
    frequency_count(&x, &s.batch, &arena);
    frequency_count(&y, &t.batch, &arena);
    assert_int_equal(x.tf.n, y.tf.n);
    assert_memory_equal(x.tf.hash, y.tf.hash, x.tf.n * sizeof *x.tf.hash);
    assert_memory_equal(x.tf.count, y.tf.count, x.tf.n * sizeof *x.tf.count);
    assert_int_equal(x.token.n, y.token.n);
    assert_memory_equal(x.token.count, y.token.count, x.token.n * sizeof *x.token.count);
    arena_deinit(&arena);
    small_deinit(&s);
    small_deinit(&t);
}

static void a_given_table_goes_before_the_counts(void **unused)
{
    enum { N = 6 };
    static const uint64_t hash[N] = {50, 10, 30, 10, 20, 90};
    static const uint32_t count[N] = {500, 60, 40, 40, 200, 160};
    static const struct {
        uint64_t hash;
        uint32_t count;
    } expect[] = {{10, 100}, {20, 200}, {30, 40}, {50, 500}, {90, 160}, {15, 20}, {95, 40}, {11, 10}};
    struct arena arena = {0};
    struct counted_hash entry[N], counted[3] = {{15, 2}, {20, 7}, {95, 50}};
    struct comparison c;
    struct frequency_table given;
    (void)unused;
    for (unsigned i = 0; i < N; i++)
        entry[i] = (struct counted_hash){hash[i], count[i]};
    comparison_init(&c, CMP_FAMILY, 0);
    assert_int_equal(c.tf_origin, ORIGIN_COUNTS);
    frequency_table_make(counted, 3, 100, &arena, &c.tf);
    frequency_table_make(entry, N, 1000, &arena, &given);
    frequency_replace(&c, &given, &arena);
    assert_int_equal(c.tf_origin, ORIGIN_TABLE);
    assert_int_equal(c.tf.total, 1000);
    assert_int_equal(c.tf.n, 7);
    for (size_t i = 0; i < sizeof expect / sizeof *expect; i++)
        assert_int_equal(frequency_of(&c.tf, expect[i].hash), expect[i].count);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_counted_by_record_and_rare_ones_are_the_floor),
        cmocka_unit_test(tokens_are_counted_for_kinds_that_weigh_words),
        cmocka_unit_test(pairs_that_agree_are_those_of_all_pairs),
        cmocka_unit_test(counts_do_not_depend_on_the_order_of_records),
        cmocka_unit_test(a_given_table_goes_before_the_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Blocking rules that the program chooses: within the budget, reaching what was hurt, whatever a value is shared by. */
#include "matcher/choose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "matcher/block.h"
#include "small_batch.h"

enum { MAIL, FAMILY, BORN, POSTCODE, FIELDS };

struct world {
    uint32_t n;           /* rows; the second half repeats the first, each with one field of another record */
    uint32_t defaults;    /* of a hundred, that have the mail that all have who gave none */
    unsigned distinct[4]; /* values of a field; 0: nearly all different */
    const char *same[4];  /* of every record, where it is not NULL */
};

static void S_put(struct small_batch *s, const struct world *w, uint32_t person, unsigned field)
{
    static const char *const FORM[] = {"%s%u@post.example", "%s%u", "19%02u-%02u-%02u", "%s%u"};
    uint64_t h = hash_u64(person * 4 + field);
    uint32_t of = w->distinct[field] ? (uint32_t)(h % w->distinct[field]) : person;
    if (w->same[field]) {
        small_text(s, field, w->same[field]);
        return;
    }
    const char *text = field == BORN ? small_printf(s, FORM[BORN], (unsigned)(of % 90 + 10),
                                                    (unsigned)(of / 90 % 12 + 1), (unsigned)(of / 1080 % 28 + 1))
                                     : small_printf(s, FORM[field], "v", (unsigned)of);
    if (field == MAIL && h % 100 < w->defaults)
        text = "none@post.example";
    struct str t = str_from(text);
    struct norm v = {.form = {[NORM_CANON] = t, [NORM_LATIN] = t, [NORM_PHON] = t, [NORM_TOKENS] = t, [NORM_BASE] = t}};
    if (field == MAIL)
        v.form[NORM_LOCAL] = str_sub(t, 0, t.len - strlen("@post.example"));
    small_norm(s, field, &v);
}

/* Row n/2 + i is row i, field i % FIELDS that of a stranger. */
static void S_world(struct small_batch *s, const struct world *w)
{
    small_init(s);
    small_field(s, "email", FIELD_EMAIL);
    small_field(s, "family_name", FIELD_FAMILY_NAME);
    small_field(s, "birth_date", FIELD_BIRTH_DATE);
    small_field(s, "postcode", FIELD_POSTCODE);
    small_sources(s, 1);
    for (uint32_t row = 0; row < w->n; row++) {
        uint32_t person = row % (w->n / 2);
        bool copy = row >= w->n / 2;
        for (unsigned f = 0; f < FIELDS; f++)
            S_put(s, w, copy && person % FIELDS == f ? person + w->n : person, f);
        small_record(s, 0, small_printf(s, "%u", (unsigned)row), ENTITY_PERSON);
    }
}

/* The keys that come with the rules are those that the rules make. */
static bool S_choose(struct model *m, struct small_batch *s, uint64_t budget, unsigned threads)
{
    struct key_set given = {0}, made;
    bool keyed = choose_rules(m, &s->batch, budget, threads, &s->arena, &given);
    if (keyed) {
        key_set_init(&made, m, &s->batch, threads);
        assert_int_equal(given.n_rules, made.n_rules);
        assert_int_equal(given.n_rows, made.n_rows);
        for (unsigned r = 0; r < made.n_rules; r++) {
            const struct rule_keys *x = &given.rule[r], *y = &made.rule[r];
            assert_memory_equal(x->at, y->at, (made.n_rows + 1) * sizeof *x->at);
            assert_int_equal(x->lost, y->lost);
            for (uint32_t i = 0; i < y->at[made.n_rows]; i++)
                assert_true(x->key[i] == y->key[i]);
        }
        key_set_deinit(&made);
    }
    key_set_deinit(&given);
    return keyed;
}

/* Copies that are candidates of their originals. */
static uint32_t S_reached(const struct small_batch *s, const struct model *m)
{
    struct key_set keys;
    uint32_t n = s->batch.n_rows / 2, reached = 0;
    key_set_init(&keys, m, &s->batch, 2);
    for (uint32_t i = 0; i < n; i++) {
        bool shares = false;
        for (unsigned r = 0; r < keys.n_rules && !shares; r++)
            shares = keys_shared(&keys.rule[r], i, n + i) != 0;
        reached += shares;
    }
    key_set_deinit(&keys);
    return reached;
}

static uint64_t S_price(const struct small_batch *s, const struct model *m)
{
    struct key_set keys;
    uint64_t price = 0;
    uint32_t largest;
    key_set_init(&keys, m, &s->batch, 2);
    for (unsigned r = 0; r < keys.n_rules; r++)
        price += block_price(&keys.rule[r], s->batch.n_rows, &largest);
    key_set_deinit(&keys);
    return price;
}

static void S_same_rules(const struct model *a, const struct model *b)
{
    assert_int_equal(a->n_rules, b->n_rules);
    for (unsigned r = 0; r < a->n_rules; r++) {
        const struct rule *x = &a->rule[r], *y = &b->rule[r];
        assert_memory_equal(x->key, y->key, sizeof x->key);
        assert_memory_equal(x->refine, y->refine, sizeof x->refine);
        assert_int_equal(x->price, y->price);
        assert_int_equal(x->n_oversized, y->n_oversized);
        if (x->n_oversized) {
            assert_memory_equal(x->oversized, y->oversized, x->n_oversized * sizeof *x->oversized);
            assert_memory_equal(x->depth, y->depth, x->n_oversized);
        }
    }
}

static void the_rules_stay_within_the_budget_and_reach_what_was_hurt(void **state)
{
    static const struct {
        struct world world;
        uint64_t budget;
        double least; /* share of the copies that are reached */
        bool splits;  /* some block is split by further keys */
    } CASES[] = {
        {{.n = 8000, .distinct = {0, 2000, 9000, 500}}, 60000, .99, false},
        /* a mail that one in ten has */
        {{.n = 8000, .distinct = {0, 2000, 9000, 500}, .defaults = 10}, 60000, .99, true},
        /* few values of anything */
        {{.n = 8000, .distinct = {0, 40, 300, 20}}, 100000, .99, true},
        /* prices are those of a part of the rows */
        {{.n = 90000, .distinct = {0, 20000, 30000, 9000}, .defaults = 3}, 400000, .99, true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct small_batch s;
        struct model one = {0}, four = {0};
        uint64_t price = 0;
        bool splits = false;
        S_world(&s, &CASES[i].world);
        S_choose(&one, &s, CASES[i].budget, 1);
        S_choose(&four, &s, CASES[i].budget, 4);
        S_same_rules(&one, &four);
        for (unsigned r = 0; r < one.n_rules; r++) {
            assert_true(one.rule[r].price > 0 && one.rule[r].price <= CASES[i].budget / 4);
            assert_true(one.rule[r].recall > 0 && one.rule[r].recall <= 1);
            price += one.rule[r].price;
            splits |= one.rule[r].n_oversized > 0;
        }
        assert_true(one.n_rules > 0 && price <= CASES[i].budget);
        assert_int_equal(S_price(&s, &one), price);
        assert_int_equal(splits, CASES[i].splits);

        assert_true(S_reached(&s, &one) >= CASES[i].least * s.batch.n_rows / 2);
        small_deinit(&s);
    }
}

static void all_pairs_are_compared_where_they_are_few(void **state)
{
    static const struct {
        uint32_t n;
        uint64_t budget;
        bool all;
    } CASES[] = {{0, 10, true}, {1, 10, true}, {2, 1, true}, {20, 63, false}, {20, 64, true}, {20, 1000, true}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct small_batch s;
        struct model m = {0};
        uint64_t n = CASES[i].n;
        S_world(&s, &(struct world){.n = CASES[i].n == 1 ? 2 : CASES[i].n});
        s.batch.n_rows = CASES[i].n;
        bool keyed = S_choose(&m, &s, CASES[i].budget, 1);
        bool all = m.n_rules == 1 && m.rule[0].key[0].derivation == KEY_ALL;
        assert_int_equal(all, CASES[i].all);
        assert_true(!all || (!keyed && m.rule[0].price == n * (n ? n - 1 : 0) / 2));
        small_deinit(&s);
    }
}

/* Every block is as large as the batch: no rule can be paid for, and the records are told as compared with nothing. */
static void where_nothing_tells_records_apart_none_has_a_key(void **state)
{
    static const struct world SAME = {.n = 4000, .same = {"a@post.example", "lee", "1980-01-01", "10115"}};
    struct small_batch s;
    struct model m = {0};
    struct key_set keys;
    (void)state;
    S_world(&s, &SAME);
    S_choose(&m, &s, 50000, 2);
    assert_int_equal(m.n_rules, 0);
    key_set_init(&keys, &m, &s.batch, 2);
    assert_int_equal(key_set_unkeyed(&keys), 4000);
    key_set_deinit(&keys);
    small_deinit(&s);
}

static void records_without_the_values_of_any_rule_have_no_key(void **state)
{
    struct small_batch s;
    struct model m = {.n_rules = 2,
                      .rule = {{.key = {{MAIL, KEY_EXACT}}, .n_keys = 1},
                               {.key = {{FAMILY, KEY_EXACT}, {BORN, KEY_EXACT}}, .n_keys = 2}}};
    static const struct {
        const char *mail, *family, *born;
        bool keyed;
    } ROWS[] = {{"a@x.example", "", "", true}, {"", "lee", "1980-01-01", true},  {"", "lee", "", false},
                {"", "", "1980-01-01", false}, {"a@x.example", "lee", "", true}, {"", "", "", false}};
    struct key_set keys;
    unsigned unkeyed = 0;
    (void)state;
    small_init(&s);
    small_field(&s, "email", FIELD_EMAIL);
    small_field(&s, "family_name", FIELD_FAMILY_NAME);
    small_field(&s, "birth_date", FIELD_BIRTH_DATE);
    small_sources(&s, 1);
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        small_text(&s, MAIL, ROWS[i].mail);
        small_text(&s, FAMILY, ROWS[i].family);
        small_text(&s, BORN, ROWS[i].born);
        small_record(&s, 0, small_printf(&s, "%zu", i), ENTITY_PERSON);
        unkeyed += !ROWS[i].keyed;
    }
    key_set_init(&keys, &m, &s.batch, 1);
    assert_int_equal(key_set_unkeyed(&keys), unkeyed);
    key_set_deinit(&keys);
    small_deinit(&s);
}

static void the_budget_of_small_batches_is_larger_for_each_record(void **state)
{
    static const struct {
        uint64_t rows, pairs;
    } CASES[] = {{0, 4000000},      {1, 4000000},       {25000, 4000000},   {50000, 2000000},
                 {91287, 1095446},  {100000, 1200000},  {200000, 2400000},  {333333, 3999996},
                 {500000, 4000000}, {1000000, 4000000}, {1000001, 4000004}, {10000000, 40000000}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        assert_int_equal(choose_default_budget(CASES[i].rows), CASES[i].pairs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rules_stay_within_the_budget_and_reach_what_was_hurt),
        cmocka_unit_test(all_pairs_are_compared_where_they_are_few),
        cmocka_unit_test(where_nothing_tells_records_apart_none_has_a_key),
        cmocka_unit_test(records_without_the_values_of_any_rule_have_no_key),
        cmocka_unit_test(the_budget_of_small_batches_is_larger_for_each_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The model as bytes: what is packed comes back, what is damaged is refused or does no harm. */
#include "matcher/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "matcher/block.h"
#include "matcher/compare.h"
#include "matcher/score.h"
#include "small_batch.h"

enum { FIELDS = 5 };

static const enum field_type types[FIELDS] = {FIELD_GIVEN_NAME, FIELD_FAMILY_NAME, FIELD_BIRTH_DATE, FIELD_TITLE,
                                              FIELD_IDENTIFIER};

static double S_share(uint64_t *state)
{
    return (double)(random_next(state) >> 11) / (double)(1ULL << 53);
}

static int32_t S_weight(uint64_t *state)
{
    return (int32_t)random_below(state, 1 << 20) - (1 << 19);
}

static int S_by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void S_table(struct frequency_table *t, uint32_t n, struct arena *out, uint64_t *state)
{
    *t = (struct frequency_table){.hash = ARENA_NEW(out, uint64_t, n),
                                  .count = ARENA_NEW(out, uint32_t, n),
                                  .n = n,
                                  .total = 1000 + random_below(state, 1000),
                                  .floor = 1};
    for (uint32_t i = 0; i < n; i++) {
        t->hash[i] = random_next(state);
        t->count[i] = 2 + (uint32_t)random_below(state, 500);
    }
    qsort(t->hash, n, sizeof *t->hash, S_by_value);
}

static void S_comparison(struct model *m, enum comparison_kind kind, unsigned field, uint64_t *state)
{
    struct comparison *c = &m->comparison[m->n_comparisons++];
    comparison_init(c, kind, field);
    for (unsigned l = 0; l < c->n_levels; l++) {
        struct level *x = &c->level[l];
        *x =
            (struct level){x->name,       S_share(state),       S_share(state),       S_weight(state), ORIGIN_EM,
                           ORIGIN_COUNTS, S_share(state) * 100, S_share(state) * 1e6, S_share(state),  S_weight(state)};
    }
    c->related_from = (uint8_t)random_below(state, 4);
    c->tf_origin = random_below(state, 2) ? ORIGIN_TABLE : ORIGIN_COUNTS;
    S_table(&c->tf, 7, m->arena, state);
    if (kind == CMP_TEXT)
        S_table(&c->token, 5, m->arena, state);
}

static void S_random_model(struct model *m, struct arena *arena, uint64_t *state)
{
    static const enum comparison_kind kinds[FIELDS] = {CMP_GIVEN, CMP_FAMILY, CMP_DATE, CMP_TEXT, CMP_IDENTIFIER};
    *m = (struct model){.arena = arena,
                        .n_reference = 12345,
                        .match_threshold = S_weight(state),
                        .iterations = 17,
                        .review_threshold = S_weight(state),
                        .merge_margin = 8192,
                        .related_prior = S_weight(state),
                        .expected_matches = 99.5,
                        .expected_precision = S_share(state),
                        .expected_recall = S_share(state)};
    for (unsigned i = 0; i < FIELDS; i++)
        S_comparison(m, kinds[i], i, state);
    m->source[0] = STR("a");
    m->source[1] = STR("a source of a longer name");
    m->n_sources = 2;
    for (unsigned i = 0; i < MOST_PRIOR_SOURCES; i++)
        for (unsigned j = 0; j < MOST_PRIOR_SOURCES; j++) {
            m->prior[i][j] = S_weight(state);
            m->prior_pairs[i][j] = S_share(state) * 1e9;
            m->prior_matches[i][j] = S_share(state) * 1e3;
        }
    m->rule[0] = (struct rule){.key = {{1, KEY_PHONETIC}, {2, KEY_YEAR}},
                               .n_keys = 2,
                               .refine = {{0, KEY_EXACT}, {2, KEY_EXACT}},
                               .n_refine = 2,
                               .price = 1000,
                               .recall = 0.75,
                               .n_oversized = 3};
    m->rule[0].oversized = ARENA_NEW(arena, uint64_t, 3);
    m->rule[0].depth = ARENA_NEW(arena, uint8_t, 3);
    for (unsigned i = 0; i < 3; i++) {
        m->rule[0].oversized[i] = (i + 1) * 0x1234567890abcdefULL;
        m->rule[0].depth[i] = (uint8_t)(i % 2 + 1);
    }
    m->rule[1] = (struct rule){.key = {{3, KEY_TOKENS}}, .n_keys = 1, .price = 77, .recall = 0.5};
    m->n_rules = 2;
    m->interaction[0] = (struct interaction){0, 2, 4096, 0};
    m->interaction[1] = (struct interaction){1, 3, 0, 8192};
    m->n_interactions = 2;
}

/* A batch of the model's fields. */
static void S_batch(struct small_batch *s)
{
    static const char *const name[FIELDS] = {"given_name", "family_name", "birth_date", "title", "identifier"};
    static const char *const value[][FIELDS] = {{"ann", "smith", "1984-03-02", "red car 77", "AB12345"},
                                                {"anna", "smith", "1984-03-02", "red car", "AB12346"},
                                                {"smith", "ann", "1984", "blue bus 77", ""}};
    small_init(s);
    for (unsigned f = 0; f < FIELDS; f++)
        small_field(s, name[f], types[f]);
    small_sources(s, 2);
    for (unsigned row = 0; row < COUNT_OF(value); row++) {
        for (unsigned f = 0; f < FIELDS; f++)
            small_text(s, f, value[row][f]);
        small_record(s, row % 2, small_printf(s, "%u", row), ENTITY_PERSON);
    }
}

static void S_ignore(void *context, unsigned worker, const struct row_pair *pair, size_t n, uint32_t rule,
                     struct edge_list *out)
{
    for (size_t i = 0; i < n; i++)
        edge_list_add(out,
                      (struct edge){pair[i].a, pair[i].b, scorer_score(context, worker, pair[i].a, pair[i].b), rule});
}

/* Everything that a stored model is used for; the sanitizers watch. */
static void S_use(const struct model *m, const struct small_batch *s)
{
    struct scorer scorer;
    struct key_set keys;
    struct edge_list edges = {0};
    struct block_losses losses = {0};
    scorer_init(&scorer, m, &s->batch, 1);
    key_set_init(&keys, m, &s->batch, 1);
    struct block_walk walk = {.model = m,
                              .batch = &s->batch,
                              .keys = &keys,
                              .threads = 1,
                              .one_in = 1,
                              .visit = S_ignore,
                              .context = &scorer};
    block_walk(&walk, &edges, &losses);
    for (uint32_t a = 0; a < s->batch.n_rows; a++)
        for (uint32_t b = a + 1; b < s->batch.n_rows; b++)
            scorer_score(&scorer, 0, a, b);
    edge_list_deinit(&edges);
    key_set_deinit(&keys);
    scorer_deinit(&scorer);
}

static bool S_same_table(const struct frequency_table *x, const struct frequency_table *y)
{
    return x->n == y->n && x->total == y->total && x->floor == y->floor &&
           (!x->n || (!memcmp(x->hash, y->hash, x->n * sizeof *x->hash) &&
                      !memcmp(x->count, y->count, x->n * sizeof *x->count)));
}

static void S_same_model(const struct model *x, const struct model *y)
{
    assert_int_equal(x->n_comparisons, y->n_comparisons);
    for (unsigned c = 0; c < x->n_comparisons; c++) {
        const struct comparison *p = &x->comparison[c], *q = &y->comparison[c];
        assert_true(p->kind == q->kind && p->field == q->field && p->n_levels == q->n_levels &&
                    p->tf_origin == q->tf_origin && p->term_frequency == q->term_frequency &&
                    p->related_from == q->related_from);
        for (unsigned l = 0; l < p->n_levels; l++) {
            const struct level *a = &p->level[l], *b = &q->level[l];
            assert_string_equal(a->name, b->name);
            assert_true(a->m == b->m && a->u == b->u && a->weight == b->weight && a->m_n == b->m_n &&
                        a->u_n == b->u_n && a->m_origin == b->m_origin && a->u_origin == b->u_origin &&
                        a->related == b->related && a->related_weight == b->related_weight);
        }
        assert_true(S_same_table(&p->tf, &q->tf) && S_same_table(&p->token, &q->token));
    }
    assert_int_equal(x->n_rules, y->n_rules);
    for (unsigned r = 0; r < x->n_rules; r++) {
        const struct rule *p = &x->rule[r], *q = &y->rule[r];
        assert_true(p->n_keys == q->n_keys && p->n_refine == q->n_refine && p->price == q->price &&
                    p->recall == q->recall && p->n_oversized == q->n_oversized);
        assert_memory_equal(p->key, q->key, sizeof p->key);
        assert_memory_equal(p->refine, q->refine, sizeof p->refine);
        for (uint32_t i = 0; i < p->n_oversized; i++)
            assert_true(p->oversized[i] == q->oversized[i] && p->depth[i] == q->depth[i]);
    }
    assert_int_equal(x->n_interactions, y->n_interactions);
    assert_memory_equal(x->interaction, y->interaction, x->n_interactions * sizeof *x->interaction);
    assert_int_equal(x->n_sources, y->n_sources);
    for (unsigned i = 0; i < x->n_sources; i++)
        assert_true(str_eq(x->source[i], y->source[i]));
    assert_memory_equal(x->prior, y->prior, sizeof x->prior);
    assert_memory_equal(x->prior_pairs, y->prior_pairs, sizeof x->prior_pairs);
    assert_memory_equal(x->prior_matches, y->prior_matches, sizeof x->prior_matches);
    assert_true(x->n_reference == y->n_reference && x->match_threshold == y->match_threshold &&
                x->review_threshold == y->review_threshold && x->merge_margin == y->merge_margin &&
                x->related_prior == y->related_prior && x->iterations == y->iterations);
    assert_true(x->expected_matches == y->expected_matches && x->expected_precision == y->expected_precision &&
                x->expected_recall == y->expected_recall);
}

static void a_model_comes_back_as_it_was(void **unused)
{
    uint64_t state = 41;
    (void)unused;
    for (int round = 0; round < 20; round++) {
        struct arena arena = {0};
        struct model *m = ARENA_NEW(&arena, struct model, 2);
        struct buf packed = {0}, again = {0};
        S_random_model(&m[0], &arena, &state);
        model_pack(&m[0], &packed);
        assert_true(model_unpack(buf_view(&packed), &arena, &m[1]));
        S_same_model(&m[0], &m[1]);
        model_pack(&m[1], &again);
        assert_true(str_eq(buf_view(&packed), buf_view(&again)));
        buf_deinit(&packed);
        buf_deinit(&again);
        arena_deinit(&arena);
    }
}

static void S_packed(struct buf *packed)
{
    struct arena arena = {0};
    uint64_t state = 42;
    struct model *m = ARENA_NEW(&arena, struct model, 1);
    S_random_model(m, &arena, &state);
    model_pack(m, packed);
    arena_deinit(&arena);
}

static void bytes_cut_short_or_with_more_behind_are_refused(void **unused)
{
    struct buf packed = {0};
    (void)unused;
    S_packed(&packed);
    for (size_t len = 0; len < packed.len; len++) {
        struct arena arena = {0};
        struct model m;
        char *copy = malloc(len + 1); /* its own allocation: reading past it is seen */
        memcpy(copy, packed.ptr, len);
        assert_false(model_unpack((struct str){copy, len}, &arena, &m));
        free(copy);
        arena_deinit(&arena);
    }
    struct arena arena = {0};
    struct model m;
    buf_byte(&packed, 0);
    assert_false(model_unpack(buf_view(&packed), &arena, &m));
    packed.ptr[0] = 99; /* a later format */
    packed.len--;
    assert_false(model_unpack(buf_view(&packed), &arena, &m));
    arena_deinit(&arena);
    buf_deinit(&packed);
}

static void damaged_bytes_are_refused_or_make_a_model_that_can_be_used(void **unused)
{
    static const unsigned char flip[] = {1, 2, 4, 8, 16, 32, 64, 128, 255};
    struct buf packed = {0};
    struct small_batch s;
    unsigned refused = 0;
    (void)unused;
    S_packed(&packed);
    S_batch(&s);
    for (size_t at = 0; at < packed.len; at++)
        for (unsigned f = 0; f < sizeof flip; f++) {
            struct arena arena = {0};
            struct model m;
            packed.ptr[at] = (char)(packed.ptr[at] ^ flip[f]);
            bool good = model_unpack(buf_view(&packed), &arena, &m);
            refused += !good;
            for (unsigned c = 0; good && c < m.n_comparisons; c++)
                good = m.comparison[c].field < FIELDS; /* whose schema it is, the caller knows */
            for (unsigned r = 0; good && r < m.n_rules; r++) {
                for (unsigned k = 0; k < m.rule[r].n_keys; k++)
                    good &= m.rule[r].key[k].field < FIELDS;
                for (unsigned k = 0; k < m.rule[r].n_refine; k++)
                    good &= m.rule[r].refine[k].field < FIELDS;
            }
            if (good)
                S_use(&m, &s);
            packed.ptr[at] = (char)(packed.ptr[at] ^ flip[f]);
            arena_deinit(&arena);
        }
    assert_true(refused > 100);
    small_deinit(&s);
    buf_deinit(&packed);
}

/* Each spoils a good model; an empty rule would have no key, a depth past its keys no value to read. */
static void S_empty_rule(struct model *m)
{
    m->rule[1].n_keys = 0;
}

static void S_deep_rule(struct model *m)
{
    m->rule[0].depth[1] = 3;
}

static void S_heavy_level(struct model *m)
{
    m->comparison[2].level[1].weight = INT32_MIN;
}

static void S_heavy_prior(struct model *m)
{
    m->prior[3][3] = INT32_MAX;
}

static void S_negative_interaction(struct model *m)
{
    m->interaction[0].agree = -1;
}

static void S_far_interaction(struct model *m)
{
    m->interaction[1].b = FIELDS;
}

static void S_unknown_derivation(struct model *m)
{
    m->rule[1].key[0].derivation = KEY_DERIVATIONS;
}

static void S_unknown_kind(struct model *m)
{
    m->comparison[0].kind = CMP_KINDS;
}

static void S_other_levels(struct model *m)
{
    m->comparison[0].n_levels--;
}

static void figures_out_of_range_are_refused(void **unused)
{
    static void (*const spoil[])(struct model *) = {
        S_empty_rule,      S_deep_rule,          S_heavy_level,  S_heavy_prior, S_negative_interaction,
        S_far_interaction, S_unknown_derivation, S_unknown_kind, S_other_levels};
    (void)unused;
    for (unsigned i = 0; i < COUNT_OF(spoil); i++) {
        struct arena arena = {0};
        struct buf packed = {0};
        uint64_t state = 44;
        struct model *m = ARENA_NEW(&arena, struct model, 2);
        S_random_model(m, &arena, &state);
        spoil[i](m);
        model_pack(m, &packed);
        if (model_unpack(buf_view(&packed), &arena, &m[1]))
            fail_msg("number %u was taken", i);
        buf_deinit(&packed);
        arena_deinit(&arena);
    }
}

static void counts_are_found_whatever_the_size_of_the_table(void **unused)
{
    uint64_t state = 43;
    (void)unused;
    for (uint32_t n = 0; n < 6000; n = n * 3 / 2 + 1) {
        struct arena arena = {0};
        struct frequency_table t;
        S_table(&t, n, &arena, &state);
        if (n > 100)
            for (uint32_t i = 0; i < n / 2; i++) /* crowded at one end */
                t.hash[i] = i * 3;
        t.floor = 0;
        for (uint32_t i = 0; i < n; i++) {
            assert_int_equal(frequency_of(&t, t.hash[i]), t.count[i]);
            if (i + 1 < n && t.hash[i] + 1 < t.hash[i + 1])
                assert_int_equal(frequency_of(&t, t.hash[i] + 1), 0);
        }
        assert_int_equal(frequency_of(&t, 0), n && t.hash[0] == 0 ? t.count[0] : 0);
        assert_int_equal(frequency_of(&t, UINT64_MAX), 0);
        arena_deinit(&arena);
    }
}

static void a_source_the_model_knows_has_a_row_of_its_own(void **unused)
{
    struct model m = {.source = {{"crm", 3}, {"billing", 7}}, .n_sources = 2};
    (void)unused;
    assert_int_equal(model_source_class(&m, STR("crm")), 0);
    assert_int_equal(model_source_class(&m, STR("billing")), 1);
    assert_int_equal(model_source_class(&m, STR("cr")), MOST_PRIOR_SOURCES - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_comes_back_as_it_was),
        cmocka_unit_test(bytes_cut_short_or_with_more_behind_are_refused),
        cmocka_unit_test(damaged_bytes_are_refused_or_make_a_model_that_can_be_used),
        cmocka_unit_test(figures_out_of_range_are_refused),
        cmocka_unit_test(counts_are_found_whatever_the_size_of_the_table),
        cmocka_unit_test(a_source_the_model_knows_has_a_row_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The weight of two records: what it is the sum of, and what it does not depend on. */
#include "matcher/score.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "matcher/compare.h"
#include "matcher/frequency.h"
#include "small_batch.h"

enum { FIELDS = 6, ROWS = 60, GIVEN = 0, FAMILY, BIRTH, EMAIL, CITY, NUMBER };

static const struct {
    const char *name;
    enum field_type type;
    enum comparison_kind kind;
    const char *value[8];
} fields[FIELDS] = {
    {"given_name", FIELD_GIVEN_NAME, CMP_GIVEN, {"ann", "anna", "peter", "petra", "smith", "john", "jon", "x"}},
    {"family_name", FIELD_FAMILY_NAME, CMP_FAMILY, {"smith", "smyth", "jones", "joness", "ann", "brown", "brow", "x"}},
    {"birth_date",
     FIELD_BIRTH_DATE,
     CMP_DATE,
     {"1984-03-02", "1984-02-03", "1985-03-02", "1984-03", "1984", "1961-11-30", "1961-11-03", "1999-12-31"}},
    {"email",
     FIELD_EMAIL,
     CMP_EMAIL,
     {"ann@a.org", "ann@b.org", "an@a.org", "p@c.org", "q@c.org", "r@c.org", "s@c.org", "t@c.org"}},
    {"city", FIELD_CITY, CMP_PLACE, {"paris", "pariss", "berlin", "hamburg", "hamburg altona", "rome", "oslo", "x"}},
    {"number", FIELD_IDENTIFIER, CMP_IDENTIFIER, {"AB12345", "AB12346", "XY99887", "XY99878", "000", "1", "2", "3"}},
};

static void S_value(struct small_batch *s, unsigned f, const char *text, uint32_t flags)
{
    struct str t = str_from(text);
    struct norm v = {.flags = flags, .form = {[NORM_CANON] = t}};
    if (f == GIVEN || f == FAMILY || f == CITY) {
        v.form[NORM_LATIN] = t;
        v.form[NORM_TOKENS] = t;
        v.form[NORM_PHON] = t;
    }
    if (f == EMAIL) {
        v.form[NORM_LOCAL] = str_sub(t, 0, str_find_byte(t, '@'));
        v.form[NORM_BASE] = t;
    }
    small_norm(s, f, &v);
}

static void S_fields(struct small_batch *s)
{
    small_init(s);
    for (unsigned f = 0; f < FIELDS; f++)
        small_field(s, fields[f].name, fields[f].type);
    small_sources(s, 3);
}

static void S_random_batch(struct small_batch *s, uint64_t *state)
{
    S_fields(s);
    for (unsigned row = 0; row < ROWS; row++) {
        for (unsigned f = 0; f < FIELDS; f++)
            for (uint64_t n = random_below(state, 4); n; n--) {
                unsigned v = (unsigned)random_below(state, 8);
                uint32_t flags = f == BIRTH && (v == 3 || v == 4) ? NORM_PARTIAL : v == 7 ? NORM_GENERIC : 0;
                S_value(s, f, fields[f].value[v], flags);
            }
        small_record(s, (uint16_t)random_below(state, 3), small_printf(s, "%u", row),
                     (enum entity_kind)random_below(state, 4));
    }
}

/* Shipped figures, random priors, some interactions, term frequencies of the batch. */
static void S_model(struct model *m, const struct batch *b, struct arena *arena, uint64_t *state)
{
    *m = (struct model){.arena = arena, .n_comparisons = FIELDS, .n_sources = 2, .source = {{"a", 1}, {"b", 1}}};
    for (unsigned f = 0; f < FIELDS; f++) {
        struct comparison *c = &m->comparison[f];
        comparison_init(c, fields[f].kind, f);
        for (unsigned l = 0; l < c->n_levels; l++)
            c->level[l].weight = (int32_t)random_below(state, 80000) - (l ? 60000 : 0);
        c->related_from = (uint8_t)(f == CITY || f == FAMILY ? 0 : LEVEL_NULL);
        for (unsigned l = 0; l < c->n_levels && c->related_from == 0; l++)
            c->level[l].related_weight = (int32_t)random_below(state, 60000) - (l ? 50000 : 0);
        frequency_count(c, b, arena);
    }
    m->related_prior = -(int32_t)random_below(state, 40000);
    for (unsigned i = 0; i < MOST_PRIOR_SOURCES; i++)
        for (unsigned j = 0; j <= i; j++)
            m->prior[i][j] = m->prior[j][i] = -(int32_t)random_below(state, 50000);
    m->interaction[0] = (struct interaction){CITY, EMAIL, 9000, 0};
    m->interaction[1] = (struct interaction){GIVEN, FAMILY, 200000, 0};
    m->interaction[2] = (struct interaction){CITY, EMAIL, 0, 5000};
    m->interaction[3] = (struct interaction){FAMILY, NUMBER, 0, 500000};
    m->n_interactions = 4;
}

static bool S_unlike(const struct batch *b, uint32_t x, uint32_t y)
{
    return b->entity[x] != b->entity[y] && b->entity[x] != ENTITY_UNKNOWN && b->entity[y] != ENTITY_UNKNOWN;
}

typedef void visit_fn(const struct scorer *s, uint32_t a, uint32_t b);

/* Every pair of several random batches, both ways. */
static void S_each_pair(uint64_t seed, visit_fn *visit)
{
    for (int round = 0; round < 6; round++) {
        struct small_batch s;
        struct arena arena = {0};
        struct model *m = ARENA_NEW(&arena, struct model, 1);
        struct scorer scorer;
        S_random_batch(&s, &seed);
        S_model(m, &s.batch, &arena, &seed);
        scorer_init(&scorer, m, &s.batch, 2);
        for (uint32_t a = 0; a < ROWS; a++)
            for (uint32_t b = 0; b < ROWS; b++)
                if (a != b)
                    visit(&scorer, a, b);
        scorer_deinit(&scorer);
        small_deinit(&s);
        arena_deinit(&arena);
    }
}

static void S_check_sum(const struct scorer *s, uint32_t a, uint32_t b)
{
    struct pair_levels levels;
    struct score_parts parts;
    const struct model *m = s->model;
    scorer_levels(s, 0, a, b, &levels);
    int32_t total = scorer_weigh(s, a, b, &levels, &parts), sum = parts.prior + parts.related;
    for (unsigned i = 0; i < m->n_comparisons; i++) {
        unsigned level = levels.level[i];
        sum += parts.comparison[i].weight + parts.comparison[i].tf_weight;
        assert_int_equal(parts.comparison[i].weight, level == LEVEL_NULL ? 0 : m->comparison[i].level[level].weight);
        if (level == LEVEL_NULL || comparison_info(m->comparison[i].kind)->level[level].tf <= 0)
            assert_int_equal(parts.comparison[i].tf_weight, 0);
        assert_int_equal(scorer_level(s, 1, i, a, b), level);
    }
    for (unsigned i = 0; i < m->n_interactions; i++)
        sum += parts.interaction[i];
    assert_true(parts.related <= 0);
    assert_int_equal(total, parts.total);
    assert_int_equal(total, S_unlike(s->batch, a, b) ? SCORE_NEVER : sum);
    assert_int_equal(scorer_score(s, 1, a, b), total);
}

static void the_parts_sum_to_the_total(void **unused)
{
    (void)unused;
    S_each_pair(71, S_check_sum);
}

static void S_check_symmetry(const struct scorer *s, uint32_t a, uint32_t b)
{
    if (scorer_score(s, 0, a, b) != scorer_score(s, 0, b, a))
        fail_msg("rows %u and %u: %d, back %d", a, b, scorer_score(s, 0, a, b), scorer_score(s, 0, b, a));
}

static void the_weight_is_the_same_from_either_side(void **unused)
{
    (void)unused;
    S_each_pair(72, S_check_symmetry);
}

static void S_check_floor(const struct scorer *s, uint32_t a, uint32_t b)
{
    int32_t total = scorer_score(s, 0, a, b);
    for (int32_t floor = -60 * 4096; floor < 60 * 4096; floor += 7 * 4096 + 1) {
        int32_t above = scorer_score_above(s, 1, a, b, floor);
        if (above != total && (above != SCORE_NEVER || total >= floor))
            fail_msg("rows %u and %u: %d, above %d: %d", a, b, total, floor, above);
    }
    assert_int_equal(scorer_score_above(s, 1, a, b, total), total);
}

static void a_floor_refuses_only_what_stays_below_it(void **unused)
{
    (void)unused;
    S_each_pair(76, S_check_floor);
}

enum { ALL_PAIRS = ROWS * (ROWS - 1) };

/* Whatever the vector instructions, and however many pairs are asked for at once: each as it is alone. */
static void S_check_together(struct scorer *s, int32_t floor)
{
    static struct row_pair pair[ALL_PAIRS];
    static struct pair_levels levels[ALL_PAIRS];
    static int32_t weight[ALL_PAIRS];
    size_t n = 0;
    for (uint32_t a = 0; a < ROWS; a++)
        for (uint32_t b = 0; b < ROWS; b++)
            if (a != b)
                pair[n++] = (struct row_pair){a, b};
    scorer_score_pairs(s, 0, pair, n, floor, weight);
    scorer_levels_pairs(s, 1, pair, n, levels);
    for (size_t k = 0; k < n; k++) {
        struct pair_levels alone;
        int32_t total = scorer_score(s, 0, pair[k].a, pair[k].b);
        assert_int_equal(weight[k], total < floor ? SCORE_NEVER : total);
        if (S_unlike(s->batch, pair[k].a, pair[k].b))
            continue;
        scorer_levels(s, 0, pair[k].a, pair[k].b, &alone);
        assert_memory_equal(levels[k].level, alone.level, s->model->n_comparisons);
        assert_int_equal(scorer_weigh(s, pair[k].a, pair[k].b, &levels[k], NULL), total);
    }
}

static void many_pairs_weigh_what_each_weighs_alone_whatever_the_instructions(void **unused)
{
    uint64_t seed = 79;
    (void)unused;
    for (unsigned level = SIMD_SCALAR; level <= (unsigned)simd_best(); level++) {
        struct small_batch s;
        struct arena arena = {0};
        struct model *m = ARENA_NEW(&arena, struct model, 1);
        struct scorer scorer;
        S_random_batch(&s, &seed);
        S_model(m, &s.batch, &arena, &seed);
        scorer_init(&scorer, m, &s.batch, 2);
        scorer_set_simd(&scorer, (enum simd)level);
        for (int32_t floor = -40 * 4096; floor < 40 * 4096; floor += 20 * 4096)
            S_check_together(&scorer, floor);
        scorer_deinit(&scorer);
        small_deinit(&s);
        arena_deinit(&arena);
    }
}

static void ids_are_compared_alike_by_all_instructions(void **unused)
{
    static const uint32_t some[] = {0, 1, 2, 3, ROW_FLAGGED | 1, COLUMN_SET, COLUMN_SET | 1};
    _Alignas(64) uint32_t a[MOST_COMPARISONS], b[MOST_COMPARISONS];
    uint64_t state = 80;
    (void)unused;
    for (int round = 0; round < 20000; round++) {
        unsigned n = round % 2 ? 16 : 8;
        for (unsigned i = 0; i < n; i++) {
            a[i] = some[random_below(&state, COUNT_OF(some))];
            b[i] = some[random_below(&state, COUNT_OF(some))];
        }
        struct id_masks expect = id_masks_for(SIMD_SCALAR)(a, b, n);
        for (unsigned level = SIMD_SCALAR; level <= (unsigned)simd_best(); level++) {
            struct id_masks got = id_masks_for((enum simd)level)(a, b, n);
            if (got.equal != expect.equal || got.missing != expect.missing || got.special != expect.special)
                fail_msg("%s differs from scalar code", simd_name((enum simd)level));
        }
    }
}

static void the_weight_depends_on_the_two_records_alone(void **unused)
{
    uint64_t state = 73;
    struct small_batch s, t;
    struct arena arena = {0};
    struct model *m = ARENA_NEW(&arena, struct model, 1);
    struct scorer x, y;
    uint32_t order[ROWS];
    (void)unused;
    S_random_batch(&s, &state);
    S_model(m, &s.batch, &arena, &state);
    small_shuffle(order, ROWS, &state);
    small_permute(&s, order, &t);
    scorer_init(&x, m, &s.batch, 1);
    scorer_init(&y, m, &t.batch, 1);
    for (uint32_t a = 0; a < ROWS; a++)
        for (uint32_t b = a + 1; b < ROWS; b++)
            assert_int_equal(scorer_score(&y, 0, a, b), scorer_score(&x, 0, order[a], order[b]));
    scorer_deinit(&x);
    scorer_deinit(&y);
    small_deinit(&s);
    small_deinit(&t);
    arena_deinit(&arena);
}

static void S_add(struct small_batch *s, const char *const value[FIELDS], uint32_t flags, enum entity_kind entity)
{
    for (unsigned f = 0; f < FIELDS; f++)
        if (*value[f])
            S_value(s, f, value[f], flags);
    small_record(s, 0, small_printf(s, "%u", s->batch.n_rows), entity);
}

static void generic_and_missing_values_weigh_nothing(void **unused)
{
    static const char *const full[FIELDS] = {"ann", "smith", "1984-03-02", "ann@a.org", "paris", "AB12345"};
    static const char *const none[FIELDS] = {"", "", "", "", "", ""};
    struct small_batch s;
    struct arena arena = {0};
    struct model *m = ARENA_NEW(&arena, struct model, 1);
    struct scorer scorer;
    uint64_t state = 74;
    (void)unused;
    S_fields(&s);
    S_add(&s, full, 0, ENTITY_PERSON);
    S_add(&s, full, NORM_GENERIC, ENTITY_PERSON);
    S_add(&s, none, 0, ENTITY_PERSON);
    S_add(&s, full, NORM_GENERIC, ENTITY_PERSON);
    S_model(m, &s.batch, &arena, &state);
    scorer_init(&scorer, m, &s.batch, 1);
    for (uint32_t a = 0; a < 4; a++)
        for (uint32_t b = a + 1; b < 4; b++)
            assert_int_equal(scorer_score(&scorer, 0, a, b), m->prior[0][0] + model_related_weight(m->related_prior));
    scorer_deinit(&scorer);
    small_deinit(&s);
    arena_deinit(&arena);
}

static void unlike_entities_never_match(void **unused)
{
    static const char *const full[FIELDS] = {"ann", "smith", "1984-03-02", "ann@a.org", "paris", "AB12345"};
    struct small_batch s;
    struct arena arena = {0};
    struct model *m = ARENA_NEW(&arena, struct model, 1);
    struct scorer scorer;
    uint64_t state = 75;
    (void)unused;
    S_fields(&s);
    for (int e = ENTITY_UNKNOWN; e <= ENTITY_OTHER; e++)
        S_add(&s, full, 0, (enum entity_kind)e);
    S_model(m, &s.batch, &arena, &state);
    scorer_init(&scorer, m, &s.batch, 1);
    for (uint32_t a = 0; a < 4; a++)
        for (uint32_t b = 0; b < 4; b++)
            if (a != b)
                assert_int_equal(scorer_score(&scorer, 0, a, b) == SCORE_NEVER, a && b);
    scorer_deinit(&scorer);
    small_deinit(&s);
    arena_deinit(&arena);
}

static void agreement_on_a_rare_value_weighs_more(void **unused)
{
    struct small_batch s;
    struct arena arena = {0};
    struct model *m = ARENA_NEW(&arena, struct model, 1);
    struct scorer scorer;
    (void)unused;
    S_fields(&s);
    for (unsigned row = 0; row < 200; row++) {
        S_value(&s, FAMILY, row < 2 ? "rare" : row < 150 ? "smith" : "jones", 0);
        small_record(&s, 0, small_printf(&s, "%u", row), ENTITY_PERSON);
    }
    *m = (struct model){.arena = &arena, .n_comparisons = 1};
    comparison_init(&m->comparison[0], CMP_FAMILY, FAMILY);
    frequency_count(&m->comparison[0], &s.batch, &arena);
    scorer_init(&scorer, m, &s.batch, 1);
    int32_t rare = scorer_score(&scorer, 0, 0, 1), frequent = scorer_score(&scorer, 0, 10, 11);
    int32_t between = scorer_score(&scorer, 0, 160, 161);
    assert_true(rare > between && between > frequent);
    scorer_deinit(&scorer);
    m->comparison[0].term_frequency = false;
    scorer_init(&scorer, m, &s.batch, 1);
    assert_int_equal(scorer_score(&scorer, 0, 0, 1), scorer_score(&scorer, 0, 10, 11));
    scorer_deinit(&scorer);
    small_deinit(&s);
    arena_deinit(&arena);
}

/* A frequency is that among others: of ten values each in two of twenty records none is more frequent than chance. */
static void a_value_of_two_records_alone_is_not_frequent(void **unused)
{
    struct small_batch s;
    struct arena arena = {0};
    struct model *m = ARENA_NEW(&arena, struct model, 1);
    struct scorer scorer;
    (void)unused;
    S_fields(&s);
    for (unsigned row = 0; row < 20; row++) {
        S_value(&s, NUMBER, small_printf(&s, "N%u", row / 2 + 100000), 0);
        small_record(&s, 0, small_printf(&s, "%u", row), ENTITY_PERSON);
    }
    *m = (struct model){.arena = &arena, .n_comparisons = 1};
    comparison_init(&m->comparison[0], CMP_IDENTIFIER, NUMBER);
    frequency_count(&m->comparison[0], &s.batch, &arena);
    m->comparison[0].level[0].u = 1. / 10;
    scorer_init(&scorer, m, &s.batch, 1);
    assert_true(scorer_tf(&scorer, 0, 1) > 0);
    scorer_deinit(&scorer);
    small_deinit(&s);
    arena_deinit(&arena);
}

/* So many records that values are counted and signed beforehand. */
static void S_many_records(struct small_batch *s, uint64_t *state)
{
    enum { MANY_ROWS = 1500, ADDRESSES = 700 };
    S_fields(s);
    for (unsigned row = 0; row < MANY_ROWS; row++) {
        for (unsigned f = 0; f < FIELDS; f++)
            for (uint64_t n = random_below(state, 3); n; n--) {
                unsigned v = (unsigned)random_below(state, 8), of = (unsigned)random_below(state, ADDRESSES);
                const char *text = f == EMAIL ? small_printf(s, "p%u@c.org", of) : fields[f].value[v];
                S_value(s, f, text, v == 7 && f != EMAIL ? NORM_GENERIC : 0);
            }
        small_record(s, (uint16_t)random_below(state, 3), small_printf(s, "%u", row), ENTITY_UNKNOWN);
    }
}

static void S_assert_same_scorers(const struct scorer *x, const struct scorer *y, uint64_t *state)
{
    enum { PAIRS = 4000, FLOOR = -30000 };
    for (unsigned i = 0; i < FIELDS; i++)
        for (uint32_t id = 1; id <= x->batch->norm[i].dict.n; id++)
            assert_int_equal(scorer_tf(x, i, id), scorer_tf(y, i, id));
    for (unsigned k = 0; k < PAIRS; k++) {
        uint32_t a = (uint32_t)random_below(state, x->batch->n_rows),
                 b = (uint32_t)random_below(state, x->batch->n_rows);
        if (a == b)
            continue;
        assert_int_equal(scorer_score(x, 0, a, b), scorer_score(y, 0, a, b));
        assert_int_equal(scorer_score_above(x, 0, a, b, FLOOR), scorer_score_above(y, 0, a, b, FLOOR));
    }
}

/* Whatever it was asked meanwhile, and whatever training has changed: weights, frequencies, where the model stands. */
static void a_scorer_that_has_trained_weighs_as_a_new_one(void **unused)
{
    uint64_t state = 77;
    struct small_batch s;
    struct arena arena = {0};
    struct model *before = ARENA_NEW(&arena, struct model, 1), *after = ARENA_NEW(&arena, struct model, 1);
    struct scorer trained, fresh, lazy;
    (void)unused;
    S_many_records(&s, &state);
    S_model(before, &s.batch, &arena, &state);
    scorer_init_training(&trained, before, &s.batch, 2);
    for (uint32_t row = 1; row < s.batch.n_rows; row++)
        scorer_score(&trained, row & 1, row - 1, row);
    *after = *before;
    for (unsigned c = 0; c < FIELDS; c++) {
        for (unsigned l = 0; l < after->comparison[c].n_levels; l++)
            after->comparison[c].level[l].weight = (int32_t)random_below(&state, 80000) - (l ? 60000 : 0);
        after->comparison[c].level[0].u /= 3;
    }
    after->comparison[CITY].tf.n /= 2;
    after->comparison[CITY].tf.floor = 0;
    after->n_interactions = 2;
    scorer_trained(&trained, after);
    scorer_init(&fresh, after, &s.batch, 2);
    scorer_init_growing(&lazy, after, &s.batch);
    S_assert_same_scorers(&trained, &fresh, &state);
    S_assert_same_scorers(&trained, &lazy, &state);
    assert_memory_equal(trained.order, fresh.order, sizeof fresh.order);
    assert_memory_equal(trained.most, fresh.most, sizeof fresh.most);
    assert_memory_equal(trained.most_open_set, fresh.most_open_set, sizeof fresh.most_open_set);
    scorer_deinit(&trained);
    scorer_deinit(&fresh);
    scorer_deinit(&lazy);
    small_deinit(&s);
    arena_deinit(&arena);
}

static void a_set_of_values_is_compared_by_its_best_pair(void **unused)
{
    struct small_batch s;
    struct model m = {.n_comparisons = 1};
    struct scorer scorer;
    struct pair_levels levels;
    (void)unused;
    S_fields(&s);
    S_value(&s, EMAIL, "p@c.org", 0);
    S_value(&s, EMAIL, "ann@a.org", 0);
    small_record(&s, 0, "0", ENTITY_PERSON);
    S_value(&s, EMAIL, "zzzzz@y.org", 0);
    S_value(&s, EMAIL, "ann@a.org", 0);
    small_record(&s, 0, "1", ENTITY_PERSON);
    comparison_init(&m.comparison[0], CMP_EMAIL, EMAIL);
    scorer_init(&scorer, &m, &s.batch, 1);
    scorer_levels(&scorer, 0, 0, 1, &levels);
    assert_int_equal(levels.level[0], 0);
    assert_int_equal(levels.left[0], levels.right[0]);
    struct norm v;
    assert_true(norm_unpack(dict_get(&s.batch.norm[EMAIL].dict, levels.left[0]), &v));
    assert_true(str_eq(v.form[NORM_CANON], STR("ann@a.org")));
    scorer_deinit(&scorer);
    small_deinit(&s);
}

static void swapped_names_are_seen(void **unused)
{
    struct small_batch s;
    struct model m = {.n_comparisons = 2};
    struct scorer scorer;
    (void)unused;
    S_fields(&s);
    S_value(&s, GIVEN, "ann", 0);
    S_value(&s, FAMILY, "smith", 0);
    small_record(&s, 0, "0", ENTITY_PERSON);
    S_value(&s, GIVEN, "smith", 0);
    S_value(&s, FAMILY, "ann", 0);
    small_record(&s, 0, "1", ENTITY_PERSON);
    comparison_init(&m.comparison[0], CMP_GIVEN, GIVEN);
    comparison_init(&m.comparison[1], CMP_FAMILY, FAMILY);
    scorer_init(&scorer, &m, &s.batch, 1);
    unsigned level = scorer_level(&scorer, 0, 0, 0, 1);
    assert_string_equal(comparison_info(CMP_GIVEN)->level[level].name, "swapped");
    scorer_deinit(&scorer);
    small_deinit(&s);
}

static void relatives_take_off_what_the_odds_say(void **unused)
{
    (void)unused;
    assert_int_equal(model_related_weight(0), -4096);
    assert_int_equal(model_related_weight(-20 * 4096), 0);
    assert_in_range(-model_related_weight(10 * 4096), 10 * 4096, 10 * 4096 + 10);
    assert_int_equal(model_related_weight(30 * 4096), -30 * 4096);
    for (int32_t odds = -20 * 4096; odds < 30 * 4096; odds += 100)
        assert_true(model_related_weight(odds + 100) <= model_related_weight(odds));
}

struct correction_case {
    struct interaction x;
    int32_t a;
    bool a_else;
    int32_t b;
    bool b_else;
    int32_t expect;
};

static void a_correction_never_outweighs_what_it_corrects(void **unused)
{
    static const struct correction_case cases[] = {
        {{0, 1, 100, 0}, 500, false, 300, false, -100}, {{0, 1, 400, 0}, 500, false, 300, false, -300},
        {{0, 1, 100, 0}, 500, false, -300, true, 0},    {{0, 1, 100, 0}, -500, true, -300, true, 0},
        {{0, 1, 0, 100}, -500, true, -300, true, 100},  {{0, 1, 0, 400}, -500, true, -300, true, 300},
        {{0, 1, 0, 100}, -500, false, -300, true, 0},   {{0, 1, 0, 100}, 500, true, -300, true, 0},
        {{0, 1, 0, 100}, 500, false, 300, false, 0},    {{0, 1, 100, 0}, 0, false, 300, false, 0},
    };
    (void)unused;
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        const struct correction_case *c = &cases[i];
        assert_int_equal(interaction_weight(&c->x, c->a, c->a_else, c->b, c->b_else), c->expect);
        assert_int_equal(interaction_weight(&c->x, c->b, c->b_else, c->a, c->a_else), c->expect);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parts_sum_to_the_total),
        cmocka_unit_test(the_weight_is_the_same_from_either_side),
        cmocka_unit_test(a_floor_refuses_only_what_stays_below_it),
        cmocka_unit_test(many_pairs_weigh_what_each_weighs_alone_whatever_the_instructions),
        cmocka_unit_test(ids_are_compared_alike_by_all_instructions),
        cmocka_unit_test(the_weight_depends_on_the_two_records_alone),
        cmocka_unit_test(generic_and_missing_values_weigh_nothing),
        cmocka_unit_test(unlike_entities_never_match),
        cmocka_unit_test(agreement_on_a_rare_value_weighs_more),
        cmocka_unit_test(a_value_of_two_records_alone_is_not_frequent),
        cmocka_unit_test(a_scorer_that_has_trained_weighs_as_a_new_one),
        cmocka_unit_test(a_set_of_values_is_compared_by_its_best_pair),
        cmocka_unit_test(swapped_names_are_seen),
        cmocka_unit_test(relatives_take_off_what_the_odds_say),
        cmocka_unit_test(a_correction_never_outweighs_what_it_corrects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Training without labels: planted figures come back, the same at any number of threads, from any number of records. */
#include "matcher/train.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "matcher/compare.h"
#include "small_match.h"

/* ---------------------------------------------------------------- planted records */

/* Fields that know nothing of each other: a duplicate keeps its value with probability m, else takes another one. */
struct planted_field {
    const char *name;
    enum field_type type;
    unsigned distinct; /* values in use, all as frequent */
    unsigned m;        /* percent */
    unsigned fill;     /* percent */
};

enum { FIELDS = 6, MOST_ROWS = 1500 };

static const struct planted_field fields[FIELDS] = {
    {"family_name", FIELD_FAMILY_NAME, 400, 90, 100},
    {"birth_date", FIELD_BIRTH_DATE, 20000, 92, 100},
    {"city", FIELD_CITY, 60, 80, 100},
    {"postcode", FIELD_POSTCODE, 300, 85, 90},
    {"category", FIELD_CATEGORY, 5, 95, 100},
    {"phone", FIELD_PHONE, 100000, 70, 70},
};

/* Value number v of a field: letters far from each other's for names and places, a day, a number. */
static void S_value(struct small_batch *s, unsigned f, unsigned v)
{
    uint64_t state = hash_u64((uint64_t)f << 32 | v);
    char text[16];
    if (fields[f].type == FIELD_BIRTH_DATE) {
        snprintf(text, sizeof text, "%04u-%02u-%02u", 1940 + v / 336 % 60, v / 28 % 12 + 1, v % 28 + 1);
    } else {
        for (unsigned i = 0; i < 9; i++)
            text[i] =
                (char)(fields[f].type == FIELD_PHONE ? '0' + random_below(&state, 10) : 'a' + random_below(&state, 26));
        text[9] = '\0';
    }
    small_text(s, f, text);
}

struct planted {
    struct small_batch s;
    unsigned value[MOST_ROWS][FIELDS]; /* + 1; 0 missing */
    uint32_t entity[MOST_ROWS];
    uint32_t n;
};

static void S_planted_init(struct planted *p, unsigned n_sources)
{
    p->n = 0;
    small_init(&p->s);
    for (unsigned f = 0; f < FIELDS; f++)
        small_field(&p->s, fields[f].name, fields[f].type);
    small_sources(&p->s, (uint16_t)n_sources);
}

static unsigned S_draw(unsigned f, uint64_t *state)
{
    bool filled = random_below(state, 100) < fields[f].fill;
    unsigned v = 1 + (unsigned)random_below(state, fields[f].distinct);
    return filled ? v : 0;
}

static void S_add(struct planted *p, uint16_t source, uint32_t entity)
{
    for (unsigned f = 0; f < FIELDS; f++)
        if (p->value[p->n][f])
            S_value(&p->s, f, p->value[p->n][f]);
    p->entity[p->n] = entity;
    small_record(&p->s, source, small_printf(&p->s, "%05u", p->n), ENTITY_PERSON);
    p->n++;
}

static void S_original(struct planted *p, uint16_t source, uint64_t *state)
{
    for (unsigned f = 0; f < FIELDS; f++)
        p->value[p->n][f] = S_draw(f, state);
    S_add(p, source, p->n);
}

static void S_duplicate(struct planted *p, uint16_t source, uint32_t of, uint64_t *state)
{
    for (unsigned f = 0; f < FIELDS; f++) {
        unsigned fresh = S_draw(f, state), before = p->value[of][f];
        bool kept = before && fresh && random_below(state, 100) < fields[f].m;
        p->value[p->n][f] = kept ? before : fresh;
    }
    S_add(p, source, p->entity[of]);
}

/* n records of one source, so many percent of them duplicates of an original. */
static void S_plant(struct planted *p, uint32_t n, unsigned percent, uint64_t seed)
{
    uint32_t originals = n - n * percent / 100;
    S_planted_init(p, 1);
    while (p->n < originals)
        S_original(p, 0, &seed);
    while (p->n < n)
        S_duplicate(p, 0, (uint32_t)random_below(&seed, originals), &seed);
}

/* ---------------------------------------------------------------- what training should find */

struct truth {
    double m[MOST_LEVELS], u[MOST_LEVELS]; /* pairs at each level */
    double matches, others;                /* pairs with a value on both sides */
};

static void S_count(const struct planted *p, const struct model *m, unsigned c, struct truth *t)
{
    struct scorer scorer;
    *t = (struct truth){.matches = 0};
    scorer_init(&scorer, m, &p->s.batch, 1);
    for (uint32_t a = 0; a < p->n; a++)
        for (uint32_t b = a + 1; b < p->n; b++) {
            bool match = p->entity[a] == p->entity[b];
            if (!match && (a * 7 + b) % 5) /* a fifth of the others is enough */
                continue;
            unsigned level = scorer_level(&scorer, 0, c, a, b);
            if (level == LEVEL_NULL)
                continue;
            *(match ? &t->m[level] : &t->u[level]) += 1;
            *(match ? &t->matches : &t->others) += 1;
        }
    scorer_deinit(&scorer);
}

static bool S_within_a_bit(double value, double count, double pairs)
{
    return count < 30 || fabs(log2(value) - log2(count / pairs)) <= 1;
}

static void S_check_figures(const struct planted *p, const struct model *m)
{
    unsigned wrong = 0;
    for (unsigned c = 0; c < m->n_comparisons; c++) {
        struct truth t;
        S_count(p, m, c, &t);
        for (unsigned l = 0; l < m->comparison[c].n_levels; l++) {
            const struct level *x = &m->comparison[c].level[l];
            bool good_m = S_within_a_bit(x->m, t.m[l], t.matches), good_u = S_within_a_bit(x->u, t.u[l], t.others);
            if (!good_m || !good_u)
                print_error("%s %s: m %.5f (%.5f) u %.7f (%.7f)\n", comparison_info(m->comparison[c].kind)->name,
                            x->name, x->m, t.m[l] / t.matches, x->u, t.u[l] / t.others);
            wrong += !good_m || !good_u;
        }
    }
    assert_int_equal(wrong, 0);
}

static void S_train(const struct planted *p, const struct train_options *o, struct arena *arena, struct model *m)
{
    struct idem_error err = {0};
    if (model_train(&p->s.batch, o, arena, m, &err) != IDEM_OK)
        fail_msg("%s", err.message);
}

static void S_check_planted(unsigned percent, const struct train_options *o, uint64_t seed)
{
    struct planted *p = malloc(sizeof *p);
    struct small_match *m = malloc(sizeof *m);
    double true_pairs = 0;
    S_plant(p, 1200, percent, seed);
    small_match(&p->s, o, m);
    S_check_figures(p, &m->model);
    for (uint32_t a = 0; a < p->n; a++)
        for (uint32_t b = a + 1; b < p->n; b++)
            true_pairs += p->entity[a] == p->entity[b];
    double expected = m->model.prior_matches[0][0];
    if (fabs(log2(expected / true_pairs)) > 0.5)
        fail_msg("%.1f matches expected, there are %.0f", expected, true_pairs);
    struct small_quality q = small_quality(m, p->entity, p->n);
    if (q.precision < 0.9 || q.recall < 0.85)
        fail_msg("precision %.3f, recall %.3f", q.precision, q.recall);
    small_match_deinit(m);
    small_deinit(&p->s);
    free(m);
    free(p);
}

static const struct train_options all_pairs = {.threads = 2};
static const struct train_options blocked = {.threads = 2, .pair_budget = 120000};

static void a_quarter_of_duplicates_is_learnt_from(void **unused)
{
    (void)unused;
    S_check_planted(25, &all_pairs, 91);
}

static void more_duplicates_than_originals_are_learnt_from(void **unused)
{
    (void)unused;
    S_check_planted(60, &all_pairs, 92);
}

static void a_quarter_of_duplicates_is_learnt_from_blocks(void **unused)
{
    (void)unused;
    S_check_planted(25, &blocked, 93);
}

static void more_duplicates_than_originals_are_learnt_from_blocks(void **unused)
{
    (void)unused;
    S_check_planted(60, &blocked, 94);
}

/* ---------------------------------------------------------------- the same model every time */

static void S_pack(const struct planted *p, unsigned threads, uint64_t budget, struct buf *out)
{
    struct train_options o = {.threads = threads, .pair_budget = budget};
    struct arena arena = {0};
    struct model *m = malloc(sizeof *m);
    S_train(p, &o, &arena, m);
    model_pack(m, out);
    free(m);
    arena_deinit(&arena);
}

static void the_same_records_give_the_same_model_at_any_number_of_threads(void **unused)
{
    static const uint64_t budgets[] = {0, 50000};
    struct planted *p = malloc(sizeof *p);
    (void)unused;
    S_plant(p, 700, 40, 95);
    for (unsigned i = 0; i < COUNT_OF(budgets); i++) {
        struct buf once = {0}, again = {0}, many = {0};
        S_pack(p, 1, budgets[i], &once);
        S_pack(p, 1, budgets[i], &again);
        S_pack(p, 4, budgets[i], &many);
        assert_true(once.len > 500);
        assert_true(str_eq(buf_view(&once), buf_view(&again)));
        assert_true(str_eq(buf_view(&once), buf_view(&many)));
        buf_deinit(&once);
        buf_deinit(&again);
        buf_deinit(&many);
    }
    small_deinit(&p->s);
    free(p);
}

/* ---------------------------------------------------------------- any number of records */

static void few_records_are_enough(void **unused)
{
    static const uint32_t sizes[] = {0, 1, 2, 3, 10, 100};
    (void)unused;
    for (unsigned i = 0; i < COUNT_OF(sizes); i++) {
        struct planted *p = malloc(sizeof *p);
        struct small_match *m = malloc(sizeof *m);
        S_plant(p, sizes[i], sizes[i] > 1 ? 50 : 0, 96 + i);
        small_match(&p->s, &all_pairs, m);
        for (unsigned c = 0; c < m->model.n_comparisons; c++)
            for (unsigned l = 0; l < m->model.comparison[c].n_levels; l++) {
                const struct level *x = &m->model.comparison[c].level[l];
                assert_true(x->m > 0 && x->m < 1 && x->u > 0 && x->u < 1);
            }
        assert_in_range(m->clusters.n_clusters, sizes[i] / 2, sizes[i]);
        struct small_quality q = small_quality(m, p->entity, p->n);
        if (q.precision < 0.9 || (sizes[i] >= 100 && q.recall < 0.8))
            fail_msg("%u records: precision %.3f, recall %.3f", sizes[i], q.precision, q.recall);
        small_match_deinit(m);
        small_deinit(&p->s);
        free(m);
        free(p);
    }
}

static void without_a_field_to_compare_the_error_says_so(void **unused)
{
    struct small_batch s;
    struct arena arena = {0};
    struct model *m = malloc(sizeof *m);
    struct idem_error err = {0};
    (void)unused;
    small_init(&s);
    small_field(&s, "seen_at", FIELD_TIMESTAMP);
    small_sources(&s, 1);
    for (unsigned row = 0; row < 5; row++) {
        small_text(&s, 0, "2026-11-21T08:58:00Z");
        small_record(&s, 0, small_printf(&s, "%u", row), ENTITY_PERSON);
    }
    assert_int_equal(model_train(&s.batch, &all_pairs, &arena, m, &err), IDEM_INVALID);
    assert_non_null(strstr(err.message, "compare"));
    free(m);
    arena_deinit(&arena);
    small_deinit(&s);
}

/* ---------------------------------------------------------------- sources */

static void a_source_without_duplicates_is_hardly_linked_to_itself(void **unused)
{
    struct planted *p = malloc(sizeof *p);
    struct arena arena = {0};
    struct model *m = malloc(sizeof *m);
    uint64_t state = 97;
    (void)unused;
    S_planted_init(p, 2);
    while (p->n < 500)
        S_original(p, 0, &state);
    while (p->n < 750)
        S_duplicate(p, 1, p->n - 500, &state);
    while (p->n < 1000)
        S_original(p, 1, &state);
    S_train(p, &all_pairs, &arena, m);
    unsigned a = model_source_class(m, STR("a")), b = model_source_class(m, STR("b"));
    assert_true(m->prior[a][a] < m->prior[a][b] - 4 * 4096);
    assert_true(m->prior[b][b] < m->prior[a][b] - 4 * 4096);
    assert_int_equal(m->prior[a][b], m->prior[b][a]);
    assert_true(m->prior_matches[a][b] > 200 && m->prior_matches[a][b] < 320);
    assert_true(m->prior_matches[a][a] + m->prior_matches[b][b] < 10);
    /* of a source that comes later: 250 matches among all 499,500 pairs */
    unsigned later = model_source_class(m, STR("z"));
    assert_true(m->prior[a][later] > -11.5 * 4096 && m->prior[a][later] < -10.4 * 4096);
    assert_int_equal(m->prior[a][later], m->prior[later][later]);
    free(m);
    arena_deinit(&arena);
    small_deinit(&p->s);
    free(p);
}

/* ---------------------------------------------------------------- what the user gave stays */

static void given_figures_and_rules_stay(void **unused)
{
    struct planted *p = malloc(sizeof *p);
    struct arena arena = {0};
    struct model *m = malloc(sizeof *m);
    struct comparison given[2];
    struct rule rule = {.key = {{2, KEY_EXACT}}, .n_keys = 1};
    struct train_options o = {
        .threads = 1, .rule = &rule, .n_rules = 1, .comparison = given, .n_comparisons = 2, .fixed_m = 1, .fixed_u = 2};
    (void)unused;
    S_plant(p, 300, 40, 98);
    comparison_init(&given[0], CMP_FAMILY, 0);
    comparison_init(&given[1], CMP_DATE, 1);
    given[0].level[0].m = 0.123;
    given[1].level[0].u = 0.00321;
    S_train(p, &o, &arena, m);
    assert_int_equal(m->n_comparisons, 2);
    assert_true(m->comparison[0].level[0].m == 0.123);
    assert_true(m->comparison[1].level[0].u == 0.00321);
    assert_true(m->comparison[0].level[0].u != given[0].level[0].u);
    assert_int_equal(m->n_rules, 1);
    assert_int_equal(m->rule[0].key[0].field, 2);
    assert_true(m->rule[0].price > 0);
    free(m);
    arena_deinit(&arena);
    small_deinit(&p->s);
    free(p);
}

static void shipped_figures_alone_make_a_model(void **unused)
{
    struct planted *p = malloc(sizeof *p);
    struct arena arena = {0};
    struct model *m = malloc(sizeof *m);
    (void)unused;
    S_plant(p, 0, 0, 99);
    model_default(&p->s.batch, &arena, m);
    assert_int_equal(m->n_comparisons, FIELDS);
    for (unsigned c = 0; c < FIELDS; c++) {
        assert_true(m->comparison[c].level[0].weight > 0);
        assert_true(m->comparison[c].level[m->comparison[c].n_levels - 1].weight < 0);
    }
    free(m);
    arena_deinit(&arena);
    small_deinit(&p->s);
    free(p);
}

/* ---------------------------------------------------------------- households */

enum {
    HOUSE = 6,
    HOUSES = 15,
    PERSONS = 4,
    ALL_PERSONS = 480,
    H_GIVEN = 0,
    H_FAMILY,
    H_BIRTH,
    H_ADDRESS,
    H_PHONE,
    H_CITY
};

static const struct {
    const char *name;
    enum field_type type;
} house_fields[HOUSE] = {{"given_name", FIELD_GIVEN_NAME}, {"family_name", FIELD_FAMILY_NAME},
                         {"birth_date", FIELD_BIRTH_DATE}, {"address", FIELD_ADDRESS},
                         {"phone", FIELD_PHONE},           {"city", FIELD_CITY}};

static void S_word(struct small_batch *s, unsigned f, uint64_t what)
{
    uint64_t state = hash_u64(what + ((uint64_t)f << 40));
    char text[12] = {0};
    for (unsigned i = 0; i < 9; i++)
        text[i] = (char)(f == H_PHONE ? '0' + random_below(&state, 10) : 'a' + random_below(&state, 26));
    small_text(s, f, text);
}

/* Four persons of one address, phone and family name, each in two records; and as many persons who live alone. */
static void S_households(struct small_batch *s, uint32_t *entity)
{
    uint64_t state = 101;
    small_init(s);
    for (unsigned f = 0; f < HOUSE; f++)
        small_field(s, house_fields[f].name, house_fields[f].type);
    small_sources(s, 2);
    for (unsigned i = 0; i < ALL_PERSONS; i++) {
        unsigned house = i < HOUSES * PERSONS ? i / PERSONS : 1000 + i;
        uint64_t given = random_below(&state, 80), birth = random_below(&state, 15000);
        for (unsigned copy = 0; copy < 2; copy++) {
            S_word(s, H_GIVEN, given);
            S_word(s, H_FAMILY, house);
            if (copy == 0 || random_below(&state, 5))
                small_text(s, H_BIRTH,
                           small_printf(s, "%04u-%02u-%02u", (unsigned)(1950 + birth / 336),
                                        (unsigned)(birth / 28 % 12 + 1), (unsigned)(birth % 28 + 1)));
            S_word(s, H_ADDRESS, house);
            if (random_below(&state, 4))
                S_word(s, H_PHONE, house);
            S_word(s, H_CITY, house % 9);
            entity[s->batch.n_rows] = i;
            small_record(s, (uint16_t)copy, small_printf(s, "%05u", i), ENTITY_PERSON);
        }
    }
}

static void persons_of_a_household_stay_apart(void **unused)
{
    struct small_batch s;
    struct small_match *m = malloc(sizeof *m);
    uint32_t *entity = malloc(2 * ALL_PERSONS * sizeof *entity);
    (void)unused;
    S_households(&s, entity);
    small_match(&s, &all_pairs, m);
    struct small_quality q = small_quality(m, entity, s.batch.n_rows);
    if (q.precision < 0.97 || q.recall < 0.9)
        fail_msg("precision %.3f, recall %.3f", q.precision, q.recall);
    small_match_deinit(m);
    small_deinit(&s);
    free(entity);
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quarter_of_duplicates_is_learnt_from),
        cmocka_unit_test(more_duplicates_than_originals_are_learnt_from),
        cmocka_unit_test(a_quarter_of_duplicates_is_learnt_from_blocks),
        cmocka_unit_test(more_duplicates_than_originals_are_learnt_from_blocks),
        cmocka_unit_test(the_same_records_give_the_same_model_at_any_number_of_threads),
        cmocka_unit_test(few_records_are_enough),
        cmocka_unit_test(without_a_field_to_compare_the_error_says_so),
        cmocka_unit_test(a_source_without_duplicates_is_hardly_linked_to_itself),
        cmocka_unit_test(given_figures_and_rules_stay),
        cmocka_unit_test(shipped_figures_alone_make_a_model),
        cmocka_unit_test(persons_of_a_household_stay_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

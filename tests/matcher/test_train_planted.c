/* Training on records made by a known law: m, u and prior come back within one bit of what was planted. */
#include "matcher/train.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "matcher/compare.h"
#include "small_batch.h"

/* ---------------------------------------------------------------- the law */

/*
 * Every record of an entity shows each field by itself: the entity's value, a slip of it (one fixed near-equal text a
 * value), or the value of somebody else. Entities draw their values from `distinct` ones. So of two records
 *   m(exact) = clean^2 + slip^2   m(slip level) = 2 clean slip   u(exact) = agree ((1-slip)^2 + slip^2)
 *   u(slip level) = 2 agree slip (1-slip)
 * with agree the chance that two draws are of one value, and what somebody else's value adds by chance.
 */
struct law {
    const char *name;
    enum field_type type;
    unsigned distinct;
    unsigned clean, slip; /* percent */
    unsigned fill;        /* percent */
    bool skewed;          /* the lesser of two draws: the first values are the most frequent */
    unsigned slip_level;
};

enum { FIELDS = 7, MOST_ROWS = 2000, MOST_SOURCES = 2, LEAST_SEEN = 20, SAMPLED = 100000 };

static const struct law laws[FIELDS] = {
    {"given_name", FIELD_GIVEN_NAME, 120, 86, 6, 97, true, 2},
    {"family_name", FIELD_FAMILY_NAME, 300, 90, 5, 100, true, 1},
    {"birth_date", FIELD_BIRTH_DATE, 15000, 94, 0, 80, false, 0},
    {"email", FIELD_EMAIL, 100000, 80, 8, 75, false, 1},
    {"customer_no", FIELD_IDENTIFIER, 200000, 92, 0, 50, false, 0},
    {"city", FIELD_CITY, 60, 85, 5, 95, true, 1},
    {"category", FIELD_CATEGORY, 6, 96, 0, 90, false, 0},
};

static double S_agree(const struct law *l)
{
    double sum = 0, d = l->distinct;
    for (unsigned i = 0; i < l->distinct; i++) {
        double p = l->skewed ? (2 * (d - i) - 1) / (d * d) : 1 / d;
        sum += p * p;
    }
    return sum;
}

/* What the law says of the levels of pairs: m of two records of one entity, u of two entities; NAN where it is silent.
 */
struct figures {
    double m[MOST_LEVELS], u[MOST_LEVELS];
};

static struct figures S_figures(const struct law *l, unsigned n_levels)
{
    struct figures f;
    double clean = l->clean / 100.0, slip = l->slip / 100.0, other = 1 - clean - slip, agree = S_agree(l);
    for (unsigned i = 0; i < n_levels; i++)
        f.m[i] = f.u[i] = NAN;
    f.m[0] = clean * clean + slip * slip + (2 * clean + other) * other * agree;
    f.u[0] = agree * ((1 - slip) * (1 - slip) + slip * slip);
    f.m[n_levels - 1] = 1 - f.m[0];
    f.u[n_levels - 1] = 1 - f.u[0];
    if (l->slip_level) {
        f.m[l->slip_level] = 2 * slip * (clean + other * agree);
        f.u[l->slip_level] = 2 * agree * slip * (1 - slip);
        f.m[n_levels - 1] -= f.m[l->slip_level];
        f.u[n_levels - 1] -= f.u[l->slip_level];
    }
    return f;
}

/* ---------------------------------------------------------------- records that follow it */

struct planted {
    struct small_batch s;
    uint32_t entity[MOST_ROWS];
    unsigned value[MOST_ROWS][FIELDS]; /* of the entity */
    uint32_t n, n_entities;
    double pairs[MOST_SOURCES][MOST_SOURCES], matches[MOST_SOURCES][MOST_SOURCES];
};

static unsigned S_draw(const struct law *l, uint64_t *state)
{
    uint64_t one = random_below(state, l->distinct), two = l->skewed ? random_below(state, l->distinct) : one;
    return (unsigned)(one < two ? one : two);
}

/* Ten letters or digits that no other value comes near; a slip changes the sixth. */
static const char *S_word(struct small_batch *s, unsigned f, unsigned v, bool slip, bool digits)
{
    uint64_t state = hash_u64((uint64_t)f << 32 | v);
    char text[11] = "";
    for (unsigned i = 0; i < 10; i++)
        text[i] = (char)(digits ? '0' + random_below(&state, 10) : 'a' + random_below(&state, 26));
    if (slip)
        text[5] = (char)('a' + (text[5] - 'a' + 1) % 26);
    return small_printf(s, "%s", text);
}

static void S_email(struct small_batch *s, unsigned f, const char *local, bool slip)
{
    const char *domain = slip ? "second.example" : "first.example";
    struct str whole = str_from(small_printf(s, "%s@%s", local, domain));
    struct norm v = {.form = {[NORM_CANON] = whole, [NORM_BASE] = whole}};
    v.form[NORM_LOCAL] = str_from(local);
    v.form[NORM_DOMAIN] = str_from(domain);
    small_norm(s, f, &v);
}

static void S_show(struct small_batch *s, unsigned f, unsigned v, bool slip)
{
    const struct law *l = &laws[f];
    if (l->type == FIELD_BIRTH_DATE)
        small_text(s, f, small_printf(s, "%04u-%02u-%02u", 1940 + v / 336, v / 28 % 12 + 1, v % 28 + 1));
    else if (l->type == FIELD_EMAIL)
        S_email(s, f, S_word(s, f, v, false, false), slip);
    else
        small_text(s, f, S_word(s, f, v, slip, l->type == FIELD_IDENTIFIER));
}

static void S_record(struct planted *p, uint32_t entity, uint16_t source, uint64_t *state)
{
    for (unsigned f = 0; f < FIELDS; f++) {
        uint64_t filled = random_below(state, 100), shown = random_below(state, 100);
        unsigned somebody = S_draw(&laws[f], state);
        if (filled >= laws[f].fill)
            continue;
        bool own = shown < laws[f].clean + laws[f].slip;
        S_show(&p->s, f, own ? p->value[entity][f] : somebody, own && shown >= laws[f].clean);
    }
    p->entity[p->n] = entity;
    small_record(&p->s, source, small_printf(&p->s, "%05u", p->n), ENTITY_PERSON);
    p->n++;
}

static void S_count_pairs(struct planted *p)
{
    for (uint32_t a = 0; a < p->n; a++)
        for (uint32_t b = a + 1; b < p->n; b++) {
            uint16_t x = p->s.batch.source[a], y = p->s.batch.source[b];
            bool same = p->entity[a] == p->entity[b];
            p->pairs[x][y]++;
            p->matches[x][y] += same;
            if (x != y) {
                p->pairs[y][x]++;
                p->matches[y][x] += same;
            }
        }
}

/* n records, so many percent of them further records of an entity that has one; sources as they fall. */
static void S_plant(struct planted *p, uint32_t n, unsigned percent, uint16_t n_sources, uint64_t state)
{
    *p = (struct planted){.n_entities = n - n * percent / 100};
    small_init(&p->s);
    for (unsigned f = 0; f < FIELDS; f++)
        small_field(&p->s, laws[f].name, laws[f].type);
    small_sources(&p->s, n_sources);
    for (uint32_t e = 0; e < p->n_entities; e++)
        for (unsigned f = 0; f < FIELDS; f++)
            p->value[e][f] = S_draw(&laws[f], &state);
    while (p->n < n) {
        uint32_t e = p->n < p->n_entities ? p->n : (uint32_t)random_below(&state, p->n_entities);
        S_record(p, e, (uint16_t)random_below(&state, n_sources), &state);
    }
    S_count_pairs(p);
}

/* ---------------------------------------------------------------- what was learnt */

struct learnt {
    struct arena arena;
    struct model model;
};

static void S_train(const struct planted *p, const struct train_options *o, struct learnt *l)
{
    struct idem_error err = {0};
    *l = (struct learnt){0};
    if (model_train(&p->s.batch, o, &l->arena, &l->model, &err) != IDEM_OK)
        fail_msg("%s", err.message);
}

static bool S_within_a_bit(double value, double planted)
{
    return fabs(log2(value) - log2(planted)) < 1;
}

/* Is a figure supported by so many observations that chance does not decide? Exact u is counted over all pairs. */
static bool S_supported(double planted, double observations)
{
    return !isnan(planted) && planted * observations >= LEAST_SEEN;
}

static unsigned S_wrong_levels(const struct planted *p, const struct comparison *c, double matches)
{
    unsigned wrong = 0;
    const struct law *law = &laws[c->field];
    struct figures f = S_figures(law, c->n_levels);
    double known = law->fill / 100.0 * law->fill / 100.0, all = (double)p->n * (p->n - 1) / 2;
    for (unsigned l = 0; l < c->n_levels; l++) {
        const struct level *x = &c->level[l];
        bool m = !S_supported(f.m[l], matches * known) || S_within_a_bit(x->m, f.m[l]);
        bool u = !S_supported(f.u[l], l ? SAMPLED : all * known) || S_within_a_bit(x->u, f.u[l]);
        if (!m || !u)
            print_error("%s %s: m %.4f, planted %.4f; u %.7f, planted %.7f\n", law->name, x->name, x->m, f.m[l], x->u,
                        f.u[l]);
        wrong += !m + !u;
    }
    return wrong;
}

static unsigned S_wrong_priors(const struct planted *p, const struct model *m)
{
    unsigned wrong = 0;
    for (unsigned i = 0; i < p->s.n_sources; i++)
        for (unsigned j = i; j < p->s.n_sources; j++) {
            double prior = m->prior[i][j] / 4096.0, planted = log2(p->matches[i][j] / p->pairs[i][j]);
            if (p->matches[i][j] >= LEAST_SEEN && fabs(prior - planted) < 1)
                continue;
            print_error("prior of sources %u and %u: %.2f bits, planted %.2f\n", i, j, prior, planted);
            wrong++;
        }
    return wrong;
}

static void S_check(uint32_t n, unsigned percent, uint16_t n_sources, uint64_t budget, uint64_t seed)
{
    struct planted *p = malloc(sizeof *p);
    struct learnt *l = malloc(sizeof *l);
    struct train_options options = {.threads = 2, .pair_budget = budget};
    double matches = 0;
    unsigned wrong = 0;
    S_plant(p, n, percent, n_sources, seed);
    S_train(p, &options, l);
    for (unsigned i = 0; i < n_sources; i++)
        for (unsigned j = i; j < n_sources; j++)
            matches += p->matches[i][j];
    for (unsigned c = 0; c < l->model.n_comparisons; c++)
        wrong += S_wrong_levels(p, &l->model.comparison[c], matches);
    wrong += S_wrong_priors(p, &l->model);
    assert_int_equal(l->model.n_comparisons, FIELDS);
    small_deinit(&p->s);
    arena_deinit(&l->arena);
    free(l);
    free(p);
    if (wrong)
        fail_msg("%u figures are more than a bit off", wrong);
}

static const struct {
    const char *what;
    uint32_t n;
    unsigned percent;
    uint16_t n_sources;
    uint64_t budget; /* of pairs; 0: all pairs are looked at */
} shapes[] = {
    {"a quarter, one source", 1600, 25, 1, 0},
    {"a quarter, two sources", 1600, 25, 2, 0},
    {"60 percent, one source", 1600, 60, 1, 0},
    {"60 percent, two sources", 1600, 60, 2, 0},
    {"a quarter, two sources, blocked", 2000, 25, 2, 150000},
    {"60 percent, one source, blocked", 2000, 60, 1, 150000},
};

static void what_was_planted_is_recovered_within_a_bit(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < COUNT_OF(shapes); i++) {
        print_message("%s\n", shapes[i].what);
        S_check(shapes[i].n, shapes[i].percent, shapes[i].n_sources, shapes[i].budget, 4100 + i);
    }
}

/* ---------------------------------------------------------------- the same model every time */

static void S_pack(const struct planted *p, unsigned threads, uint64_t budget, struct buf *out)
{
    struct train_options o = {.threads = threads, .pair_budget = budget};
    struct learnt *l = malloc(sizeof *l);
    S_train(p, &o, l);
    model_pack(&l->model, out);
    arena_deinit(&l->arena);
    free(l);
}

static void a_model_has_the_same_bytes_with_one_two_and_four_threads(void **unused)
{
    static const uint64_t budgets[] = {0, 40000};
    struct planted *p = malloc(sizeof *p);
    (void)unused;
    S_plant(p, 700, 40, 2, 77);
    for (unsigned i = 0; i < COUNT_OF(budgets); i++) {
        struct buf first = {0};
        S_pack(p, 1, budgets[i], &first);
        assert_true(first.len > 500);
        for (unsigned threads = 2; threads <= 4; threads += 2) {
            struct buf other = {0};
            S_pack(p, threads, budgets[i], &other);
            assert_true(str_eq(buf_view(&first), buf_view(&other)));
            buf_deinit(&other);
        }
        buf_deinit(&first);
    }
    small_deinit(&p->s);
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_planted_is_recovered_within_a_bit),
        cmocka_unit_test(a_model_has_the_same_bytes_with_one_two_and_four_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

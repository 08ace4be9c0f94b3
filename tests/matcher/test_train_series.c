/* Catalogues: products of a series have maker, description and price in common, and numbers next to each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "small_match.h"

enum { SERIES = 150, SIZES = 6, MAKERS = 12, PRODUCTS = SERIES * SIZES };
enum { TITLE, NUMBER, BRAND, CATEGORY };

/* The words of a series, and now and then one that only this shop adds. */
static const char *S_title(struct small_batch *s, unsigned series, unsigned size, uint64_t *state)
{
    const char *more = random_below(state, 2) ? small_printf(s, " x%u", (unsigned)random_below(state, 40)) : "";
    const char *colour = random_below(state, 2) ? small_printf(s, " size%u", size) : "";
    return small_printf(s, "a%u b%u c%u d%u%s%s", series % MAKERS, series, series * 7 % 61, series * 3 % 41, colour,
                        more);
}

static void S_product(struct small_batch *s, unsigned i, uint16_t source, uint64_t *state)
{
    unsigned series = i / SIZES, size = i % SIZES;
    small_text(s, TITLE, S_title(s, series, size, state));
    if (random_below(state, 10) < 8)
        small_text(s, NUMBER, small_printf(s, "kx%04u%u", (unsigned)(hash_u64(series) % 10000), size));
    small_text(s, BRAND, small_printf(s, "maker%u", series % MAKERS));
    small_text(s, CATEGORY, small_printf(s, "kind%u", series % 7));
    small_record(s, source, small_printf(s, "%05u", i), ENTITY_OTHER);
}

static void sizes_of_a_series_stay_apart(void **unused)
{
    static const struct train_options all_pairs = {.threads = 2};
    struct small_batch s;
    struct small_match *m = malloc(sizeof *m);
    uint32_t *entity = malloc(2 * PRODUCTS * sizeof *entity);
    uint64_t state = 5;
    (void)unused;
    small_init(&s);
    small_field(&s, "title", FIELD_TITLE);
    small_field(&s, "number", FIELD_IDENTIFIER);
    small_field(&s, "brand", FIELD_CATEGORY);
    small_field(&s, "category", FIELD_CATEGORY);
    small_sources(&s, 2);
    for (unsigned i = 0; i < PRODUCTS; i++)
        for (uint16_t source = 0; source < 2; source++)
            if (source == 0 || i % 3 == 0) {
                entity[s.batch.n_rows] = i;
                S_product(&s, i, source, &state);
            }
    small_match(&s, &all_pairs, m);
    struct small_quality q = small_quality(m, entity, s.batch.n_rows);
    if (q.precision < 0.65 || q.recall < 0.65)
        fail_msg("precision %.3f, recall %.3f", q.precision, q.recall);
    small_match_deinit(m);
    small_deinit(&s);
    free(entity);
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_of_a_series_stay_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

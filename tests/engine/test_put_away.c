/* Rows on disk while they are not needed: they come back as they were, and are read no more from where they lay. */
#include "engine/put_away.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"
#include "record/pack.h"

enum { ROWS = 70000 }; /* more than the ids of one place */

static const struct schema schema = {
    .n_fields = 2, .field = {{.name = STR("email"), .type = FIELD_EMAIL}, {.name = STR("city"), .type = FIELD_CITY}}};

static void S_fill(struct load *l)
{
    uint64_t seed = 3;
    *l = (struct load){0};
    batch_init(&l->batch, &schema);
    for (uint32_t row = 0; row < ROWS; row++) {
        char text[64];
        struct str id = {text, (size_t)snprintf(text, sizeof text, "record %u", row)};
        batch_append(&l->batch, 0, id, (int64_t)row * 7 - 1, ENTITY_PERSON);
        load_note(l, row, hash_u64(row), row % 3);
        for (unsigned f = 0; f < schema.n_fields; f++) {
            uint32_t raw[3], norm[3], n = (uint32_t)random_below(&seed, f ? 2 : 4);
            for (uint32_t i = 0; i < n; i++) {
                struct str value = {text, (size_t)snprintf(text, sizeof text, "value %llu of several",
                                                           (unsigned long long)random_below(&seed, 20000))};
                raw[i] = dict_add(&l->batch.raw[f].dict, value, NULL);
                norm[i] = dict_add(&l->batch.norm[f].dict, value, NULL);
            }
            column_append(&l->batch.raw[f], raw, n);
            column_append(&l->batch.norm[f], norm, n);
        }
    }
}

static uint64_t S_sum(const struct load *l)
{
    struct buf packed = {0};
    uint64_t sum = 0;
    for (uint32_t row = 0; row < ROWS; row++) {
        buf_clear(&packed);
        record_pack(&l->batch, row, &packed);
        sum = hash_combine(sum, hash_str(buf_view(&packed)));
        sum = hash_combine(sum, hash_str(l->batch.record_id[row]));
        sum = hash_combine(sum, l->fingerprint[row] + (uint64_t)l->rid[row]);
    }
    buf_deinit(&packed);
    return sum;
}

static void rows_come_back_as_they_were(void **state)
{
    struct load l;
    struct put_away away = {0};
    struct idem_error err = {0};
    uint64_t *own = malloc(ROWS * sizeof *own), *none = NULL;
    void **const more[] = {(void **)&own, (void **)&none};
    (void)state;
    S_fill(&l);
    for (uint32_t row = 0; row < ROWS; row++)
        own[row] = row * 3;
    uint64_t before = S_sum(&l);
    assert_int_equal(put_away_back(&away, &l, &err), IDEM_OK); /* nothing is away */
    assert_int_equal(put_away_raw(&away, ".", &l.batch, &err), IDEM_OK);
    assert_int_equal(put_away_facts(&away, ".", &l, more, COUNT_OF(more), &err), IDEM_OK);
    assert_null(own);
    assert_null(l.batch.updated_at);
    assert_null(l.batch.raw[0].dict.at);
    assert_true(batch_compare_keys(&l.batch, 3, 5) < 0 && batch_compare_keys(&l.batch, 5, 3) > 0);
    assert_true(away.bytes > ROWS * 40);
    assert_int_equal(put_away_back(&away, &l, &err), IDEM_OK);
    assert_true(S_sum(&l) == before);
    assert_int_equal(own[ROWS - 1], (ROWS - 1) * 3);
    assert_null(none);
    uint32_t n = l.batch.raw[0].dict.n;
    assert_int_equal(dict_add(&l.batch.raw[0].dict, STR("a new one"), NULL), n + 1);
    assert_int_equal(batch_append(&l.batch, 0, STR("one more"), 0, ENTITY_PERSON), ROWS);
    free(own);
    load_deinit(&l);
}

/* What is given up half-way leaves nothing behind but what was put away. */
static void a_folder_that_is_not_there_is_an_error(void **state)
{
    struct load l;
    struct put_away away = {0};
    struct idem_error err = {0};
    (void)state;
    S_fill(&l);
    assert_int_equal(put_away_raw(&away, "no/such/folder", &l.batch, &err), IDEM_IO);
    put_away_drop(&away);
    load_deinit(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_back_as_they_were),
        cmocka_unit_test(a_folder_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

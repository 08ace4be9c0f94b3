#include "record/column.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    uint32_t ids[4], n, n_kept;
} rows[] = {
    {{0}, 0, 0},    {{7}, 1, 1},    {{0}, 1, 0},    {{3, 1, 2}, 3, 3},
    {{3, 3}, 2, 2}, {{0, 5}, 2, 2}, {{0, 0}, 2, 2}, {{1, 2, 1, 2}, 4, 4},
};

static void a_row_keeps_its_values_as_they_were_given(void **state)
{
    (void)state;
    struct column c = {0};
    enum { ROUNDS = 400 };
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < COUNT_OF(rows); i++)
            column_append(&c, rows[i].ids, rows[i].n);
    assert_int_equal(c.n_rows, ROUNDS * COUNT_OF(rows));
    for (uint32_t r = 0; r < c.n_rows; r++) {
        const uint32_t *ids;
        size_t i = r % COUNT_OF(rows);
        assert_int_equal(column_ids(&c, r, &ids), rows[i].n_kept);
        assert_memory_equal(ids, rows[i].ids, rows[i].n_kept * sizeof *ids);
    }
    column_deinit(&c);
    column_deinit(&c);
    column_deinit(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_keeps_its_values_as_they_were_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

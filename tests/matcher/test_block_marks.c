/* Marks against the keys themselves, by every set of instructions. */
#include "matcher/block_marks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/hash.h"

enum { ROWS = 60, MOST = 40 };

/* keys[rule][row]: which of 64 keys the row has, a bit each */
static void S_random_keys(uint64_t keys[MOST][ROWS], unsigned rules, unsigned most, uint64_t *state)
{
    for (unsigned r = 0; r < rules; r++)
        for (unsigned row = 0; row < ROWS; row++) {
            keys[r][row] = 0;
            for (uint64_t k = random_below(state, most + 1); k; k--)
                keys[r][row] |= 1ULL << random_below(state, 64);
        }
}

static void S_add(struct block_marks *m, const uint64_t keys[ROWS], unsigned rule, const uint64_t *lost, size_t n_lost)
{
    struct key_row entry[ROWS * 64];
    size_t n = 0;
    for (uint64_t key = 0; key < 64; key++)
        for (uint32_t row = 0; row < ROWS; row++)
            if (keys[row] >> key & 1)
                entry[n++] = (struct key_row){key, row};
    block_marks_add(m, rule, entry, n, lost, n_lost);
}

static unsigned S_count(uint64_t x)
{
    unsigned n = 0;
    for (; x; x &= x - 1)
        n++;
    return n;
}

/* What is certain is so, what is not even possible is not so. */
static void S_check(const struct block_marks *m, uint64_t keys[MOST][ROWS], unsigned rule, uint32_t a, uint32_t b)
{
    uint64_t perhaps, is = 0;
    bool certain = block_marks_share(m, rule, a, b, &perhaps);
    for (unsigned r = 0; r < rule; r++)
        is |= (uint64_t)(keys[r][a] & keys[r][b] ? 1 : 0) << r;
    assert_true(certain ? is != 0 : (is & ~perhaps) == 0);
    if (S_count(keys[rule][a] & keys[rule][b]) > 1)
        assert_true(block_marks_share_two(m, rule, a, b));
}

static void marks_never_deny_a_block_that_two_rows_share(void **unused)
{
    static const struct {
        unsigned rules, most;
    } cases[] = {{1, 1}, {4, 1}, {8, 3}, {9, 1}, {16, 2}, {17, 2}, {33, 1}, {40, 12}};
    static uint64_t keys[MOST][ROWS];
    uint64_t state = 5;
    (void)unused;
    for (unsigned i = 0; i < COUNT_OF(cases) * SIMD_LEVELS; i++) {
        struct block_marks m;
        unsigned rules = cases[i / SIMD_LEVELS].rules, level = i % SIMD_LEVELS;
        S_random_keys(keys, rules, cases[i / SIMD_LEVELS].most, &state);
        if (level > simd_best())
            continue;
        block_marks_init(&m, ROWS, rules, (enum simd)level);
        for (unsigned r = 0; r < rules; r++) {
            S_add(&m, keys[r], r, NULL, 0);
            for (uint32_t a = 0; a < ROWS; a++)
                for (uint32_t b = a + 1; b < ROWS; b++)
                    S_check(&m, keys, r, a, b);
        }
        block_marks_deinit(&m);
    }
}

static void one_block_each_is_told_for_certain(void **unused)
{
    static const uint64_t keys[ROWS] = {1, 1, 2, 4, 2, 8, 0, 8}, lost[] = {3};
    struct block_marks m;
    uint64_t perhaps;
    (void)unused;
    block_marks_init(&m, ROWS, 2, SIMD_SCALAR);
    S_add(&m, keys, 0, lost, COUNT_OF(lost));
    assert_true(block_marks_share(&m, 1, 0, 1, &perhaps));
    assert_true(block_marks_share(&m, 1, 2, 4, &perhaps));
    assert_false(block_marks_share(&m, 1, 0, 2, &perhaps) || perhaps);
    assert_false(block_marks_share(&m, 1, 3, 6, &perhaps) || perhaps); /* alone */
    assert_false(block_marks_share(&m, 1, 5, 7, &perhaps) || perhaps); /* lost */
    assert_false(block_marks_share_two(&m, 0, 0, 1));
    block_marks_deinit(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_never_deny_a_block_that_two_rows_share),
        cmocka_unit_test(one_block_each_is_told_for_certain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

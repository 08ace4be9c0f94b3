#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"

static void memory_is_zeroed_aligned_and_never_overlaps(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct {
        unsigned char *at;
        size_t size;
    } piece[600];
    uint64_t seed = 5;
    for (int round = 0; round < 3; round++) {
        for (unsigned i = 0; i < COUNT_OF(piece); i++) {
            size_t align = (size_t)1 << random_below(&seed, 7), size = random_below(&seed, i % 50 ? 300 : 3000000);
            piece[i].at = arena_alloc(&arena, size, align);
            piece[i].size = size;
            assert_int_equal((uintptr_t)piece[i].at % align, 0);
            for (size_t k = 0; k < size; k++)
                if (piece[i].at[k] != 0)
                    fail_msg("round %d, piece %u: byte %zu of %zu is not zero", round, i, k, size);
            memset(piece[i].at, (int)(i % 255 + 1), size);
        }
        for (unsigned i = 0; i < COUNT_OF(piece); i++)
            for (size_t k = 0; k < piece[i].size; k++)
                if (piece[i].at[k] != i % 255 + 1)
                    fail_msg("round %d, piece %u was written over", round, i);
        arena_reset(&arena);
    }
    arena_deinit(&arena);
    assert_int_equal(arena_held(&arena), 0);
}

static void a_reset_keeps_one_chunk(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    for (int i = 0; i < 100; i++)
        arena_alloc(&arena, 1000, 8);
    size_t held = arena_held(&arena);
    arena_reset(&arena);
    assert_in_range(arena_held(&arena), 1, held - 1);
    arena_deinit(&arena);
    arena_deinit(&arena);
    arena_deinit(NULL);
    arena_reset(&arena);
}

static void text_is_printed_into_it(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct str s = arena_printf(&arena, "%d-%s", 7, "x");
    assert_string_equal(s.ptr, "7-x");
    assert_int_equal(s.len, 3);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_never_overlaps),
        cmocka_unit_test(a_reset_keeps_one_chunk),
        cmocka_unit_test(text_is_printed_into_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

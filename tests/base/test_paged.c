/* Arrays that need not be in memory: they go, they come back as they were, whoever touches them. */
#include "base/paged.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/paged_part.h"
#include "base/parallel.h"

enum { MB = 1 << 20, PLACES = 4096 };

/* A store in memory, which says how much the process holds as it likes. */
struct shelf {
    char *at[PLACES];
    uint64_t turn[PLACES];
    atomic_bool takes, hungry;
    unsigned put, got;
};

static bool S_put(void *context, uint64_t place, uint64_t turn, const void *bytes, size_t len)
{
    struct shelf *s = context;
    if (!atomic_load(&s->takes) || place >= PLACES)
        return false;
    free(s->at[place]);
    s->at[place] = malloc(len);
    memcpy(s->at[place], bytes, len);
    s->turn[place] = turn;
    s->put++;
    return true;
}

static bool S_get(void *context, uint64_t place, uint64_t turn, void *bytes, size_t len)
{
    struct shelf *s = context;
    if (!s->at[place] || s->turn[place] != turn)
        return false;
    memcpy(bytes, s->at[place], len);
    s->got++;
    return true;
}

/* Always too much: more and more goes. */
static uint64_t S_held(void *context)
{
    return atomic_load(&((struct shelf *)context)->hungry) ? 2 * MB : 0;
}

static struct shelf shelf;

/* In the test itself: cmocka has a handler of its own for what runs under it. */
static void S_begin(void)
{
    memset(&shelf, 0, sizeof shelf);
    atomic_store(&shelf.takes, true);
    const struct paged_options options = {{S_put, S_get, S_held, &shelf}, MB, 0};
    assert_true(paged_begin(&options));
}

static void S_end(void)
{
    paged_end();
    for (unsigned i = 0; i < PLACES; i++)
        free(shelf.at[i]);
}

/* Until so many parts have gone since the beginning. */
static void S_let_go(unsigned parts)
{
    atomic_store(&shelf.hungry, true);
    for (int i = 0; i < 2000 && shelf.put < parts; i++)
        usleep(1000);
    atomic_store(&shelf.hungry, false);
    usleep(50000);
    assert_true(shelf.put >= parts);
}

static void arrays_that_went_come_back_as_they_were(void **state)
{
    (void)state;
    S_begin();
    uint32_t n = 4 * MB / sizeof(uint32_t), *a = xmalloc(4 * MB);
    assert_true(paged_owns(a));
    for (uint32_t i = 0; i < n; i++)
        a[i] = i * 2654435761U;
    S_let_go(4 * MB / PAGED_SMALLEST_PART - PARTS_KEPT);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(a[i], i * 2654435761U);
    assert_true(shelf.got > 0);
    for (uint32_t i = 0; i < n; i += 1000)
        a[i] = i;
    S_let_go(1); /* changed after it came back: it is put again */
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(a[i], i % 1000 ? i * 2654435761U : i);
    free(a);
    S_end();
}

static void zeros_take_no_place(void **state)
{
    (void)state;
    S_begin();
    char *a = xcalloc(MB, 4), *b = xmalloc(4 * MB);
    memset(b, 1, 4 * MB);
    for (size_t i = 0; i < 4 * MB; i += 4096)
        assert_int_equal(a[i], 0); /* they are here now */
    S_let_go(4 * MB / PAGED_SMALLEST_PART - PARTS_KEPT);
    assert_true(shelf.put <= 4 * MB / PAGED_SMALLEST_PART);
    for (size_t i = 0; i < 4 * MB; i += 4096)
        assert_int_equal(a[i], 0);
    free(a);
    free(b);
    S_end();
}

static void an_array_grows_while_parts_of_it_are_away(void **state)
{
    (void)state;
    S_begin();
    size_t n = 1000;
    uint64_t *a = xmalloc(n * sizeof *a);
    assert_false(paged_owns(a));
    for (size_t i = 0; i < n; i++)
        a[i] = hash_u64(i);
    for (; n < MB; n *= 2) {
        a = xrealloc(a, 2 * n * sizeof *a);
        for (size_t i = n; i < 2 * n; i++)
            a[i] = hash_u64(i);
        if (n > MB / 8)
            S_let_go(1);
    }
    assert_true(paged_owns(a));
    for (size_t i = 0; i < n; i++)
        assert_true(a[i] == hash_u64(i));
    a = xrealloc(a, 1000 * sizeof *a);
    for (size_t i = 0; i < 1000; i++)
        assert_true(a[i] == hash_u64(i));
    free(a);
    S_end();
}

static void what_is_too_large_is_not_from_here(void **state)
{
    (void)state;
    S_begin();
    assert_null(paged_alloc(SIZE_MAX / 2));
    char *a = xmalloc(MB);
    a[0] = 'a';
    assert_null(paged_realloc(a, SIZE_MAX / 2));
    a = xrealloc(a, 0);
    a = xrealloc(a, 10);
    assert_int_equal(a[0], 'a');
    free(a);
    S_end();
}

static void what_was_given_back_is_zeros_again(void **state)
{
    (void)state;
    S_begin();
    struct arena arena = {0};
    for (int round = 0; round < 10; round++) {
        char *a = arena_alloc(&arena, 3 * MB, 8), *b = xcalloc(1, 2 * MB);
        for (size_t i = 0; i < 2 * MB; i += 512) {
            assert_int_equal(a[i], 0);
            assert_int_equal(b[i], 0);
        }
        memset(a, round + 1, 3 * MB);
        memset(b, round + 1, 2 * MB);
        if (round % 4 == 0)
            S_let_go(1);
        free(b);
        arena_deinit(&arena);
    }
    S_end();
}

struct sums {
    uint64_t *value;
    uint64_t sum[16];
};

static void S_add(void *context, size_t item, unsigned worker)
{
    struct sums *s = context;
    uint64_t state = item;
    (void)worker;
    for (int k = 0; k < 60; k++) {
        uint64_t i = random_below(&state, MB / 16) * 16 + item;
        s->value[i] += i;
        s->sum[item] += i;
    }
}

static void threads_see_what_others_wrote(void **state)
{
    (void)state;
    S_begin();
    struct sums s = {.value = xcalloc(MB, sizeof *s.value)};
    uint64_t found[16] = {0};
    atomic_store(&shelf.hungry, true);
    parallel_for(4, 16, S_add, &s);
    for (size_t i = 0; i < MB; i++)
        found[i % 16] += s.value[i];
    atomic_store(&shelf.hungry, false);
    for (int i = 0; i < 16; i++)
        assert_true(found[i] == s.sum[i]);
    free(s.value);
    S_end();
}

static void a_system_call_gets_its_buffer_back(void **state)
{
    (void)state;
    S_begin();
    char *a = xmalloc(4 * MB), *rest = a;
    FILE *file = tmpfile();
    memset(a, 'x', 4 * MB);
    S_let_go(4 * MB / PAGED_SMALLEST_PART - PARTS_KEPT);
    for (size_t left = 4 * MB; left;) {
        ssize_t n = write(fileno(file), rest, left);
        if (n < 0) {
            assert_int_equal(errno, EFAULT);
            assert_true(paged_back(rest, left));
            continue;
        }
        rest += n;
        left -= (size_t)n;
    }
    assert_false(paged_back(&shelf, sizeof shelf));
    fclose(file);
    free(a);
    S_end();
}

static void a_store_that_takes_no_more_is_told_of(void **state)
{
    (void)state;
    S_begin();
    struct paged_facts facts;
    char *a = xmalloc(4 * MB);
    memset(a, 'x', 4 * MB);
    atomic_store(&shelf.takes, false);
    atomic_store(&shelf.hungry, true);
    do
        paged_tell(&facts);
    while (!facts.failed);
    atomic_store(&shelf.hungry, false);
    for (size_t i = 0; i < 4 * MB; i++)
        assert_int_equal(a[i], 'x');
    free(a);
    S_end();
}

static void the_limit_being_too_small_is_told_of(void **state)
{
    (void)state;
    S_begin();
    struct paged_facts facts;
    atomic_store(&shelf.hungry, true);
    do
        paged_tell(&facts);
    while (!facts.too_small);
    assert_true(facts.fixed > 0);
    atomic_store(&shelf.hungry, false);
    S_end();
}

static void what_outlives_the_end_is_there(void **state)
{
    (void)state;
    S_begin();
    char *a = xmalloc(4 * MB);
    memset(a, 'y', 4 * MB);
    S_let_go(4 * MB / PAGED_SMALLEST_PART - PARTS_KEPT);
    paged_end();
    assert_false(paged_is_on());
    for (size_t i = 0; i < 4 * MB; i++)
        assert_int_equal(a[i], 'y');
    a[5] = 'z';
    free(a);
    S_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_that_went_come_back_as_they_were),
        cmocka_unit_test(zeros_take_no_place),
        cmocka_unit_test(an_array_grows_while_parts_of_it_are_away),
        cmocka_unit_test(what_is_too_large_is_not_from_here),
        cmocka_unit_test(what_was_given_back_is_zeros_again),
        cmocka_unit_test(threads_see_what_others_wrote),
        cmocka_unit_test(a_system_call_gets_its_buffer_back),
        cmocka_unit_test(a_store_that_takes_no_more_is_told_of),
        cmocka_unit_test(the_limit_being_too_small_is_told_of),
        cmocka_unit_test(what_outlives_the_end_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

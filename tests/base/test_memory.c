/* Room that is kept for when there is no memory: given up once, for the allocation that fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/parallel.h"

enum { MB = 1 << 20 };

static void room_is_given_up_once(void **state)
{
    (void)state;
    assert_false(memory_spend());
    assert_true(memory_reserve(MB));
    assert_true(memory_reserve(MB)); /* it is there */
    assert_true(memory_spend());
    assert_false(memory_spend());
}

static void S_take_and_spend(void *context, size_t item, unsigned worker)
{
    (void)context;
    (void)worker;
    if (item % 3)
        memory_reserve(MB);
    else
        memory_spend();
}

static void threads_may_take_and_spend_at_once(void **state)
{
    (void)state;
    parallel_for(4, 3000, S_take_and_spend, NULL);
    memory_spend();
    assert_false(memory_spend());
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

/* Bytes of addresses that the process has. */
static size_t S_addresses(void)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    assert_true(f && fscanf(f, "%lu", &pages) == 1);
    fclose(f);
    return pages * 4096;
}

/* In a process whose addresses end 8 MB from here: 0 when the allocation came about. */
static int S_status(size_t reserve, void (*take)(void))
{
    pid_t child = fork();
    int status;
    if (child == 0) {
        close(STDERR_FILENO);
        if (reserve && !memory_reserve(reserve))
            _exit(3);
        struct rlimit limit = {S_addresses() + 8 * (size_t)MB, RLIM_INFINITY};
        setrlimit(RLIMIT_AS, &limit);
        take();
        _exit(memory_reserve(16 * (size_t)MB) ? 4 : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void S_malloc(void)
{
    xmalloc(12 * (size_t)MB);
}

static void S_calloc(void)
{
    xcalloc(12, MB);
}

static void S_realloc(void)
{
    xrealloc(xmalloc(MB), 12 * (size_t)MB);
}

static void S_aligned(void)
{
    xaligned(12 * (size_t)MB);
}

static void S_arena(void)
{
    struct arena a = {0};
    arena_alloc(&a, 12 * (size_t)MB, 8);
}

static void an_allocation_that_fails_takes_it(void **state)
{
    static void (*const TAKE[])(void) = {S_malloc, S_calloc, S_realloc, S_aligned, S_arena};
    (void)state;
    for (size_t i = 0; i < sizeof TAKE / sizeof *TAKE; i++) {
        assert_int_equal(S_status(16 * (size_t)MB, TAKE[i]), 0);
        assert_int_equal(S_status(0, TAKE[i]), 1); /* as without it: the process ends with status 1 */
    }
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_is_given_up_once),
        cmocka_unit_test(threads_may_take_and_spend_at_once),
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        cmocka_unit_test(an_allocation_that_fails_takes_it),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

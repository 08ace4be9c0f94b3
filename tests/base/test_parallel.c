#include "base/parallel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdatomic.h>

#include "base/str.h"

enum { MOST_ITEMS = 5000 };

struct loop {
    unsigned threads;
    atomic_int done[MOST_ITEMS];
    atomic_int busy[64]; /* by worker: nobody shares a worker's number at one time */
    atomic_int faults;
};

static void S_work(void *context, size_t item, unsigned worker)
{
    struct loop *loop = context;
    if (worker >= loop->threads || atomic_fetch_add(&loop->busy[worker], 1) != 0)
        atomic_fetch_add(&loop->faults, 1);
    atomic_fetch_add(&loop->done[item], 1);
    atomic_fetch_sub(&loop->busy[worker < 64 ? worker : 0], 1);
}

static void every_item_is_done_once_at_any_number_of_threads(void **state)
{
    (void)state;
    static const struct {
        unsigned threads;
        size_t n;
    } cases[] = {{1, 0}, {1, 1}, {1, 1000}, {2, 1}, {4, MOST_ITEMS}, {16, 3}, {16, MOST_ITEMS}, {4, 0}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct loop *loop = calloc(1, sizeof *loop);
        assert_non_null(loop);
        loop->threads = cases[i].threads;
        parallel_for(cases[i].threads, cases[i].n, S_work, loop);
        assert_int_equal(atomic_load(&loop->faults), 0);
        for (size_t k = 0; k < MOST_ITEMS; k++)
            assert_int_equal(atomic_load(&loop->done[k]), k < cases[i].n);
        free(loop);
    }
}

static void there_is_at_least_one_processor(void **state)
{
    (void)state;
    assert_in_range(parallel_cpus(), 1, 256);
}

static void S_beside(void *context)
{
    atomic_store((atomic_int *)context, 1);
}

static void a_task_beside_the_caller_is_done_when_it_is_joined(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        atomic_int done = 0;
        struct parallel_task *task = parallel_start(S_beside, &done);
        assert_non_null(task);
        parallel_join(task);
        assert_int_equal(atomic_load(&done), 1);
    }
    parallel_join(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_is_done_once_at_any_number_of_threads),
        cmocka_unit_test(a_task_beside_the_caller_is_done_when_it_is_joined),
        cmocka_unit_test(there_is_at_least_one_processor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"

enum { MOST_THREADS = 256 };

struct loop {
    parallel_fn *work;
    void *context;
    size_t n;
    atomic_size_t next;
};

struct worker {
    struct loop *loop;
    unsigned index;
    pthread_t thread;
};

static void *S_run(void *argument)
{
    struct worker *w = argument;
    struct loop *loop = w->loop;
    for (size_t i; (i = atomic_fetch_add(&loop->next, 1)) < loop->n;)
        loop->work(loop->context, i, w->index);
    return NULL;
}

void parallel_for(unsigned threads, size_t n, parallel_fn *work, void *context)
{
    struct loop loop = {.work = work, .context = context, .n = n};
    struct worker worker[MOST_THREADS];
    unsigned started = 1;
    if (threads > MOST_THREADS)
        threads = MOST_THREADS;
    if (threads > n)
        threads = (unsigned)n;
    worker[0] = (struct worker){.loop = &loop, .index = 0};
    for (unsigned i = 1; i < threads; i++, started++) {
        worker[i] = (struct worker){.loop = &loop, .index = i};
        if (pthread_create(&worker[i].thread, NULL, S_run, &worker[i]) != 0)
            break; /* fewer threads, same result */
    }
    S_run(&worker[0]);
    for (unsigned i = 1; i < started; i++)
        pthread_join(worker[i].thread, NULL);
}

struct parallel_task {
    parallel_task_fn *work;
    void *context;
    pthread_t thread;
};

static void *S_run_task(void *argument)
{
    struct parallel_task *task = argument;
    task->work(task->context);
    return NULL;
}

struct parallel_task *parallel_start(parallel_task_fn *work, void *context)
{
    struct parallel_task *task = xcalloc(1, sizeof *task);
    *task = (struct parallel_task){.work = work, .context = context};
    if (pthread_create(&task->thread, NULL, S_run_task, task) == 0)
        return task;
    free(task);
    return NULL;
}

void parallel_join(struct parallel_task *task)
{
    if (!task)
        return;
    pthread_join(task->thread, NULL);
    free(task);
}

unsigned parallel_cpus(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int n = CPU_COUNT(&set);
    return n < 1 ? 1 : n > MOST_THREADS ? MOST_THREADS : (unsigned)n;
}

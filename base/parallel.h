/*
 * The one parallel-for. Calls work(context, item, worker) for item = 0 .. n-1, each once, in any order, on up to
 * `threads` threads (the caller's among them); returns when all are done. `worker` is below `threads`: per-worker
 * scratch. Determinism is the caller's duty: write to the item's own slot, merge in item order afterwards.
 */
#ifndef IDEM_BASE_PARALLEL_H
#define IDEM_BASE_PARALLEL_H

#include <stddef.h>

typedef void parallel_fn(void *context, size_t item, unsigned worker);

void parallel_for(unsigned threads, size_t n, parallel_fn *work, void *context);

/*
 * A piece of work beside what the caller goes on with, on a thread of its own. NULL when no thread is to be had: then
 * nothing was started. Every task is joined, once; joining NULL does nothing.
 */
struct parallel_task;
typedef void parallel_task_fn(void *context);
struct parallel_task *parallel_start(parallel_task_fn *work, void *context);
void parallel_join(struct parallel_task *task);

/* Processors this process may use, at least 1. */
unsigned parallel_cpus(void);

#endif

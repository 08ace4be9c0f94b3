/*
 * Threads with a session each and one queue of requests. What does not fit into the queue is refused: memory is
 * bounded, and a client learns at once that it should come again.
 */
#ifndef IDEM_SERVE_POOL_H
#define IDEM_SERVE_POOL_H

#include <pthread.h>
#include <stdbool.h>

#include "base/error.h"

struct request;
struct service;

struct pool {
    struct service *service;
    enum idem_open_mode mode;
    pthread_t *thread;
    unsigned n_threads;
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct request *first, *last;
    unsigned queued, most;
    bool stopping;
};

enum idem_status pool_start(struct pool *p, struct service *service, enum idem_open_mode mode, unsigned threads,
                            unsigned most, struct idem_error *err);
/* False when the queue is full or the pool stops. */
bool pool_push(struct pool *p, struct request *rq);
/* Up to `room` requests, waiting for the first; 0 when the pool has stopped and nothing is left. */
unsigned pool_take(struct pool *p, struct request **rq, unsigned room);
unsigned pool_queued(struct pool *p);
/* Works off what is queued, then ends the threads. */
void pool_stop(struct pool *p);

#endif

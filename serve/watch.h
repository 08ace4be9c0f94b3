/*
 * The watcher: one thread that asks the database for changes made by others, is told of those made here, and wakes the
 * requests that wait for some.
 */
#ifndef IDEM_SERVE_WATCH_H
#define IDEM_SERVE_WATCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct request;
struct service;

struct watch {
    struct service *service;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t news;
    bool told, stopping, reload; /* under `lock` */
    struct request *waiting;     /* suspended requests, until their deadline or a change after rq->since */
    struct request *pouring;     /* suspended requests whose answers are not taken as fast as they come */
};

/* Looks at the database once, so that the last change is known when it returns. */
enum idem_status watch_start(struct watch *w, struct service *service, struct idem_error *err);
/* Wakes all who wait, then ends the thread. */
void watch_stop(struct watch *w);

/* This service has written: snapshots are stale from now on. */
void watch_changed(struct watch *w);
/* Configuration and model are to be read anew. */
void watch_reload(struct watch *w);
/* A suspended request to be handed to the readers again; it may be at once. */
void watch_wait(struct watch *w, struct request *rq);
/* A suspended request whose client is to take more; it may be resumed at once. */
void watch_pour(struct watch *w, struct request *rq);
/* All who wait go on now. */
void watch_release(struct watch *w);

#endif

/*
 * Upkeep: one thread for what nobody waits for. It moves the log into the database file when that has grown, so that no
 * commit waits for it, and fills the cache of the sessions after the start and when another process's commit has
 * emptied it.
 */
#ifndef IDEM_SERVE_UPKEEP_H
#define IDEM_SERVE_UPKEEP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/error.h"

struct service;
struct idem_session;

struct upkeep {
    struct service *service;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t news;
    bool wrote;           /* under `lock` */
    atomic_bool long_log; /* the writer is to empty it */
    atomic_bool stopping;
};

enum idem_status upkeep_start(struct upkeep *u, struct service *service, struct idem_error *err);
/* Of the thread that writes, between two changes: when the log has become long it is emptied. */
void upkeep_trim(struct upkeep *u, struct idem_session *writer);
/* Something was committed. */
void upkeep_wrote(struct upkeep *u);
void upkeep_stop(struct upkeep *u);

#endif

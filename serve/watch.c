#include "serve/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "serve/daemon.h"
#include "serve/request.h"
#include "serve/service.h"

enum { LOOK_EVERY_MS = 20, RECONSIDER_EVERY_MS = 1000 };

struct looking {
    struct lease lease;
    uint64_t version;
    int64_t config_ms; /* when the configuration was last changed */
    double reconsidered;
};

/* ------------------------------------------------------------------ who waits */

static bool S_is_due(const struct service *service, const struct request *rq, double now, int64_t seq)
{
    return seq > rq->since || now >= rq->deadline || atomic_load(&service->draining);
}

/* Takes those whose time has come off the list. */
static struct request *S_due(struct watch *w)
{
    struct request **at = &w->waiting, *due = NULL;
    double now = clock_seconds();
    int64_t seq = atomic_load(&w->service->seq);
    pthread_mutex_lock(&w->lock);
    while (*at) {
        struct request *rq = *at;
        if (S_is_due(w->service, rq, now, seq)) {
            *at = rq->next;
            rq->next = due;
            due = rq;
        } else {
            at = &rq->next;
        }
    }
    pthread_mutex_unlock(&w->lock);
    return due;
}

static void S_wake(struct watch *w)
{
    struct request *due = S_due(w);
    while (due) {
        struct request *next = due->next;
        daemon_go_on(due);
        due = next;
    }
}

void watch_wait(struct watch *w, struct request *rq)
{
    pthread_mutex_lock(&w->lock);
    rq->next = w->waiting;
    w->waiting = rq;
    if (atomic_load(&w->service->seq) > rq->since) { /* it changed between the reading and here */
        w->told = true;
        pthread_cond_signal(&w->news);
    }
    pthread_mutex_unlock(&w->lock);
}

void watch_pour(struct watch *w, struct request *rq)
{
    pthread_mutex_lock(&w->lock);
    rq->next = w->pouring;
    w->pouring = rq;
    pthread_mutex_unlock(&w->lock);
}

/* Who is poured out is off the list before it goes on: it may be freed then. */
static void S_pour(struct watch *w, bool last)
{
    pthread_mutex_lock(&w->lock);
    struct request *list = w->pouring;
    w->pouring = NULL;
    pthread_mutex_unlock(&w->lock);
    while (list) {
        struct request *rq = list;
        list = rq->next;
        if (!daemon_pour(rq, last))
            watch_pour(w, rq);
    }
}

/* ------------------------------------------------------------------ what has changed */

void watch_changed(struct watch *w)
{
    atomic_fetch_add(&w->service->generation, 1);
    pthread_mutex_lock(&w->lock);
    w->told = true;
    pthread_cond_signal(&w->news);
    pthread_mutex_unlock(&w->lock);
}

void watch_release(struct watch *w)
{
    pthread_mutex_lock(&w->lock);
    w->told = true;
    pthread_cond_signal(&w->news);
    pthread_mutex_unlock(&w->lock);
}

void watch_reload(struct watch *w)
{
    pthread_mutex_lock(&w->lock);
    w->reload = w->told = true;
    pthread_cond_signal(&w->news);
    pthread_mutex_unlock(&w->lock);
}

static enum idem_status S_look(struct service *service, struct looking *l, struct idem_error *err)
{
    uint64_t version;
    int64_t seq;
    TRY(lease_take(service, &l->lease, IDEM_READ, err));
    TRY(idem_changed(l->lease.session, &version, &seq, err));
    atomic_store(&service->seq, seq);
    if (version != l->version) {
        l->version = version;
        atomic_fetch_add(&service->generation, 1);
        slots_refresh(&service->slots);
    }
    return IDEM_OK;
}

/* The configuration was edited, tokens were made or revoked, the certificate was renewed. */
static void S_reconsider(struct service *service, struct looking *l)
{
    const char *config = service->options.open.config_path;
    int64_t changed = config ? file_changed_ms(config) : 0;
    l->reconsidered = clock_seconds();
    if (l->config_ms && changed > 0 && changed != l->config_ms)
        atomic_fetch_add(&service->epoch, 1);
    l->config_ms = changed;
    access_reconsider(service, l->lease.session);
    guests_sweep(&service->guests);
    if (service->tls)
        tls_reload(service->tls);
}

/* True when the watcher is to end. */
static bool S_sleep(struct watch *w)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += LOOK_EVERY_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&w->lock);
    int code = 0;
    while (!w->told && !w->stopping && code != ETIMEDOUT)
        code = pthread_cond_timedwait(&w->news, &w->lock, &until);
    w->told = false;
    if (w->reload) {
        w->reload = false;
        atomic_fetch_add(&w->service->epoch, 1);
    }
    bool stopping = w->stopping;
    pthread_mutex_unlock(&w->lock);
    return stopping;
}

static void *S_watch(void *context)
{
    struct watch *w = context;
    struct service *service = w->service;
    struct looking l = {.reconsidered = -1e9};
    while (!S_sleep(w)) {
        S_look(service, &l, NULL);
        if (l.lease.session && clock_seconds() - l.reconsidered > RECONSIDER_EVERY_MS / 1e3)
            S_reconsider(service, &l);
        S_wake(w);
        S_pour(w, false);
    }
    S_wake(w);
    S_pour(w, true);
    lease_end(&l.lease);
    return NULL;
}

enum idem_status watch_start(struct watch *w, struct service *service, struct idem_error *err)
{
    struct looking first = {0};
    *w = (struct watch){.service = service};
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->news, NULL);
    enum idem_status status = S_look(service, &first, err);
    if (status == IDEM_OK)
        access_reconsider(service, first.lease.session);
    lease_end(&first.lease);
    TRY(status);
    if (pthread_create(&w->thread, NULL, S_watch, w) != 0)
        return error_set(err, IDEM_NO_MEMORY, "no thread could be made");
    w->started = true;
    return IDEM_OK;
}

void watch_stop(struct watch *w)
{
    if (!w->started)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->news);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->news);
    pthread_mutex_destroy(&w->lock);
    w->started = false;
}

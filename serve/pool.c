#include "serve/pool.h"

#include <stdlib.h>

#include "serve/daemon.h"
#include "serve/repeat.h"
#include "serve/route.h"
#include "serve/service.h"

bool pool_push(struct pool *p, struct request *rq)
{
    pthread_mutex_lock(&p->lock);
    bool fits = p->queued < p->most && !p->stopping;
    if (fits) {
        rq->next = NULL;
        if (p->last)
            p->last->next = rq;
        else
            p->first = rq;
        p->last = rq;
        p->queued++;
        pthread_cond_signal(&p->more);
    }
    pthread_mutex_unlock(&p->lock);
    return fits;
}

unsigned pool_take(struct pool *p, struct request **rq, unsigned room)
{
    unsigned n = 0;
    pthread_mutex_lock(&p->lock);
    while (!p->first && !p->stopping)
        pthread_cond_wait(&p->more, &p->lock);
    for (; p->first && n < room; n++) {
        rq[n] = p->first;
        p->first = p->first->next;
        p->queued--;
    }
    if (!p->first)
        p->last = NULL;
    pthread_mutex_unlock(&p->lock);
    return n;
}

unsigned pool_queued(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    unsigned n = p->queued;
    pthread_mutex_unlock(&p->lock);
    return n;
}

static void S_run(struct pool *p, struct lease *lease, struct request *rq)
{
    struct idem_error err = {0};
    enum idem_status status = lease_take(p->service, lease, p->mode, &err);
    if (status != IDEM_OK) {
        answer_error(&rq->answer, status, &err);
        return;
    }
    idem_act_for(lease->session, rq->by, rq->masked);
    rq->lease = lease;
    if (p->mode == IDEM_READ || !repeat_answer(rq, lease->session))
        rq->route->run(rq, lease->session);
    answer_pack(&rq->answer, rq->accept_encoding);
}

static void *S_work(void *context)
{
    struct pool *p = context;
    struct lease lease = {0};
    struct request *rq;
    while (pool_take(p, &rq, 1)) {
        S_run(p, &lease, rq);
        if (p->mode == IDEM_WRITE)
            watch_changed(&p->service->watch);
        daemon_done(rq);
    }
    lease_end(&lease);
    return NULL;
}

enum idem_status pool_start(struct pool *p, struct service *service, enum idem_open_mode mode, unsigned threads,
                            unsigned most, struct idem_error *err)
{
    *p = (struct pool){.service = service, .mode = mode, .most = most};
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->more, NULL);
    p->thread = xcalloc(threads, sizeof *p->thread);
    for (; p->n_threads < threads; p->n_threads++)
        if (pthread_create(&p->thread[p->n_threads], NULL, S_work, p) != 0)
            return error_set(err, IDEM_NO_MEMORY, "no thread could be made");
    return IDEM_OK;
}

void pool_stop(struct pool *p)
{
    if (!p->thread)
        return;
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_broadcast(&p->more);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->n_threads; i++)
        pthread_join(p->thread[i], NULL);
    pthread_cond_destroy(&p->more);
    pthread_mutex_destroy(&p->lock);
    free(p->thread);
    p->thread = NULL;
}

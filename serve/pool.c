#include "serve/pool.h"

#include <stdlib.h>

#include "serve/daemon.h"
#include "serve/route.h"
#include "serve/writer.h"

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
    idem_notes_gather(lease->session);
    idem_act_for(lease->session, rq->by, rq->masked);
    rq->lease = lease;
    rq->route->run(rq, lease->session);
    rq->notes = idem_notes_take(lease->session);
    answer_pack(&rq->answer, rq->accept_encoding);
}

/* What shows personal values goes on to the writer, which notes that. */
static void S_read(struct pool *p, struct lease *lease, struct request *rq)
{
    S_run(p, lease, rq);
    if (rq->notes && writer_note(p->service, rq))
        return;
    if (rq->notes) {
        answer_deinit(&rq->answer);
        answer_problem(&rq->answer, 503, "busy", "more is waiting than can be noted soon; come again");
        answer_header(&rq->answer, "Retry-After", "1");
    }
    daemon_done(rq);
}

static void *S_write(void *context)
{
    struct pool *p = context;
    struct writer w = {0};
    struct request *rq[WRITER_GROUP];
    unsigned n;
    while ((n = pool_take(p, rq, WRITER_GROUP)) > 0)
        writer_work(p, &w, rq, n);
    writer_end(&w);
    return NULL;
}

static void *S_work(void *context)
{
    struct pool *p = context;
    struct lease lease = {0};
    struct request *rq;
    while (pool_take(p, &rq, 1))
        S_read(p, &lease, rq);
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
        if (pthread_create(&p->thread[p->n_threads], NULL, mode == IDEM_WRITE ? S_write : S_work, p) != 0)
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

#include "serve/upkeep.h"

#include <time.h>

#include "base/clock.h"
#include "serve/service.h"

enum { LOOK_EVERY_S = 1, PAUSES_A_FILLING = 20 /* so many times as long as it took: where others commit often */ };

struct keeping {
    struct upkeep *upkeep;
    struct lease writer;
    double next_filling;
};

static bool S_is_over(void *context)
{
    struct upkeep *u = context;
    return atomic_load(&u->stopping);
}

static void S_fill(struct keeping *k)
{
    struct service *service = k->upkeep->service;
    struct lease reader = {0};
    double began = clock_seconds();
    if (began < k->next_filling || !idem_cache_is_empty(service->cache))
        return;
    if (lease_take(service, &reader, IDEM_READ, NULL) == IDEM_OK)
        idem_cache_fill(reader.session, S_is_over, k->upkeep, NULL);
    lease_end(&reader);
    double now = clock_seconds();
    k->next_filling = now + PAUSES_A_FILLING * (now - began);
}

static void S_rest(struct keeping *k)
{
    if (lease_take(k->upkeep->service, &k->writer, IDEM_WRITE, NULL) == IDEM_OK && idem_rest(k->writer.session))
        atomic_store(&k->upkeep->long_log, true);
}

/* True when something was written. */
static bool S_sleep(struct upkeep *u)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LOOK_EVERY_S;
    int code = 0;
    pthread_mutex_lock(&u->lock);
    while (!u->wrote && !atomic_load(&u->stopping) && code == 0)
        code = pthread_cond_timedwait(&u->news, &u->lock, &until);
    bool wrote = u->wrote;
    u->wrote = false;
    pthread_mutex_unlock(&u->lock);
    return wrote;
}

static void *S_keep(void *context)
{
    struct keeping k = {.upkeep = context};
    S_fill(&k);
    while (!atomic_load(&k.upkeep->stopping)) {
        if (S_sleep(k.upkeep))
            S_rest(&k);
        if (!atomic_load(&k.upkeep->stopping))
            S_fill(&k);
    }
    lease_end(&k.writer);
    return NULL;
}

enum idem_status upkeep_start(struct upkeep *u, struct service *service, struct idem_error *err)
{
    *u = (struct upkeep){.service = service};
    pthread_mutex_init(&u->lock, NULL);
    pthread_cond_init(&u->news, NULL);
    if (pthread_create(&u->thread, NULL, S_keep, u) != 0)
        return error_set(err, IDEM_NO_MEMORY, "no thread could be made");
    u->started = true;
    return IDEM_OK;
}

static void S_renew(void *context)
{
    struct service *service = context;
    atomic_fetch_add(&service->generation, 1);
    slots_refresh(&service->slots);
}

void upkeep_trim(struct upkeep *u, struct idem_session *writer)
{
    if (atomic_load(&u->long_log) && atomic_exchange(&u->long_log, false))
        idem_empty_log(writer, S_renew, u->service);
}

void upkeep_wrote(struct upkeep *u)
{
    pthread_mutex_lock(&u->lock);
    u->wrote = true;
    pthread_cond_signal(&u->news);
    pthread_mutex_unlock(&u->lock);
}

void upkeep_stop(struct upkeep *u)
{
    if (!u->started)
        return;
    pthread_mutex_lock(&u->lock);
    atomic_store(&u->stopping, true);
    pthread_cond_signal(&u->news);
    pthread_mutex_unlock(&u->lock);
    pthread_join(u->thread, NULL);
    pthread_cond_destroy(&u->news);
    pthread_mutex_destroy(&u->lock);
    u->started = false;
}

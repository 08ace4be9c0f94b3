#include "serve/guests.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "serve/service.h"

void guests_start(struct guests *g)
{
    pthread_mutex_init(&g->lock, NULL);
}

void guests_stop(struct guests *g)
{
    pthread_mutex_destroy(&g->lock);
}

struct guest *guest_come(struct service *service, int fd)
{
    struct guests *g = &service->guests;
    struct guest *guest = calloc(1, sizeof *guest);
    if (!guest)
        return NULL;
    guest->service = service;
    guest->fd = fd;
    guest_expect(guest);
    pthread_mutex_lock(&g->lock);
    guest->next = g->first;
    guest->at = &g->first;
    if (g->first)
        g->first->at = &guest->next;
    g->first = guest;
    pthread_mutex_unlock(&g->lock);
    return guest;
}

void guest_go(struct guest *guest)
{
    if (!guest)
        return;
    struct guests *g = &guest->service->guests;
    pthread_mutex_lock(&g->lock);
    *guest->at = guest->next;
    if (guest->next)
        guest->next->at = guest->at;
    pthread_mutex_unlock(&g->lock);
    free(guest);
}

static int64_t S_now_ms(void)
{
    return (int64_t)(clock_seconds() * 1e3);
}

void guest_expect(struct guest *guest)
{
    if (guest)
        atomic_store(&guest->until_ms, S_now_ms() + (int64_t)2000 * guest->service->options.timeout_s);
}

void guest_has_come(struct guest *guest)
{
    if (guest)
        atomic_store(&guest->until_ms, 0);
}

void guests_sweep(struct guests *g)
{
    int64_t now = S_now_ms();
    pthread_mutex_lock(&g->lock);
    for (struct guest *guest = g->first; guest; guest = guest->next) {
        int64_t until = atomic_load(&guest->until_ms);
        if (until && now > until)
            shutdown(guest->fd, SHUT_RDWR); /* libmicrohttpd notices, and closes it */
    }
    pthread_mutex_unlock(&g->lock);
}

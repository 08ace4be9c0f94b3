/*
 * Open connections, and until when each may take for the head of its next request. libmicrohttpd closes what is silent;
 * who sends a byte now and then for ever is shown out by the watcher.
 */
#ifndef IDEM_SERVE_GUESTS_H
#define IDEM_SERVE_GUESTS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

struct service;

struct guest {
    struct service *service;
    int fd;
    atomic_int_fast64_t until_ms; /* by clock_seconds; 0: nothing is waited for */
    struct guest *next, **at;
};

struct guests {
    pthread_mutex_t lock;
    struct guest *first;
};

void guests_start(struct guests *g);
void guests_stop(struct guests *g);
/* NULL without memory. */
struct guest *guest_come(struct service *service, int fd);
/* Before its socket is closed. NULL is fine. */
void guest_go(struct guest *guest);
/* A head is to come within twice the time for idle connections; it has come. NULL is fine. */
void guest_expect(struct guest *guest);
void guest_has_come(struct guest *guest);
/* Ends the connections whose time is over. */
void guests_sweep(struct guests *g);

#endif

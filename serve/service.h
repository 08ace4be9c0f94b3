/* Inside serve/: the running service, whole. Its parts are described in their own headers. */
#ifndef IDEM_SERVE_SERVICE_H
#define IDEM_SERVE_SERVICE_H

#include <pthread.h>
#include <stdatomic.h>

#include "serve/access.h"
#include "serve/guests.h"
#include "serve/metrics.h"
#include "serve/pool.h"
#include "serve/reserve.h"
#include "serve/serve.h"
#include "serve/slots.h"
#include "serve/tls.h"
#include "serve/upkeep.h"
#include "serve/watch.h"

/* Kept for the requests that are under way when there is no more; while it cannot be had, others are refused (503). */
enum { SPARE_MEMORY = 32 << 20 };

struct service {
    struct serve_options options; /* with the defaults filled in */
    bool loopback;
    atomic_uint_fast64_t generation; /* another number whenever the database has changed */
    atomic_uint epoch;               /* another number when sessions are to be opened anew */
    atomic_int_fast64_t seq;         /* last change */
    atomic_bool draining;
    atomic_uint in_flight;    /* requests begun and not yet answered */
    struct idem_cache *cache; /* of all sessions */
    struct slots slots;
    struct pool readers, writer;
    struct watch watch;
    struct upkeep upkeep;
    struct guests guests;
    struct reserve reserve; /* the writer's */
    struct tls *tls;        /* NULL: none */
    struct access_list access;
    struct metrics metrics;
    char *openapi;
};

/* A session that is opened anew when the epoch has changed. */
struct lease {
    struct idem_session *session;
    struct idem_resolver *resolver; /* of the session; NULL until asked for */
    unsigned epoch;
    bool behind; /* a writer that works on under the former configuration: nothing was applied under the new one yet */
};
/* When opening anew fails the old one goes on; the first time it is an error. So it does while the new configuration
 * has not been applied: until then records are written as they were matched. */
enum idem_status lease_take(struct service *service, struct lease *lease, enum idem_open_mode mode,
                            struct idem_error *err);
/* The call gave IDEM_CONFLICT: true when the new configuration has been applied meanwhile and the call is worth another
 * attempt. */
bool lease_renew(struct service *service, struct lease *lease);
enum idem_status lease_resolver(struct lease *lease, struct idem_resolver **resolver, struct idem_error *err);
void lease_end(struct lease *lease);

#endif

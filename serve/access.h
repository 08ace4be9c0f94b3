/*
 * Who may do what: bearer tokens, their roles and sources, and how many requests a second.
 *
 * On loopback nobody is asked for a token as long as the database has none: everybody on this machine is an
 * administrator then. As soon as there is one, or on any other address, each request but those for health needs one.
 * Without tokens only requests that name this machine as their host are answered, and none that a browser sends on
 * behalf of another site: so that a page on the web cannot reach the service through its reader's browser.
 */
#ifndef IDEM_SERVE_ACCESS_H
#define IDEM_SERVE_ACCESS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "idem.h"

struct request;
struct service;

enum { REMEMBERED_TOKENS = 256, BUCKETS = 4096 };

struct remembered {
    uint64_t key[2]; /* of the text; 0, 0: empty */
    uint64_t generation;
    struct idem_token token;
};

struct bucket {
    uint64_t key;
    double left, at;
};

struct access_list {
    uint64_t seed[2];
    atomic_bool needed; /* a token is */
    pthread_mutex_t lock;
    struct remembered *remembered; /* [REMEMBERED_TOKENS] */
    struct bucket *bucket;         /* [BUCKETS] */
};

enum idem_status access_start(struct access_list *a, struct service *service, struct idem_error *err);
void access_stop(struct access_list *a);
/* Whether the database has tokens now. */
void access_reconsider(struct service *service, struct idem_session *s);

/* What the request carries that matters here; NULL: not sent. */
struct credentials {
    const char *authorization, *host, *origin, *fetch_site;
};
/* Fills rq->token and rq->masked; false with the problem as answer. */
bool access_allow(struct request *rq, const struct credentials *credentials);

#endif

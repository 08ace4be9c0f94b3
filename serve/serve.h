/*
 * The HTTP service over one database: what `idem serve` runs. It knows the library by idem.h alone.
 *
 * Threads
 *   connections  libmicrohttpd's, one for each processor, with epoll: they read requests, answer what takes
 * microseconds (look-ups, health) from sessions of their own, and hand everything else on readers      answer what
 * reads records, each with a session of its own, on the state of the last commit writer       one: every change goes
 * through it, in the order of arrival, and is acknowledged when it is committed watcher      notices commits of others
 * (an apply beside the service), refreshes sessions, wakes who waits for changes, and reopens everything when
 * configuration or model have changed A request that is handed on is suspended: it holds no thread.
 */
#ifndef IDEM_SERVE_SERVE_H
#define IDEM_SERVE_SERVE_H

#include "base/error.h"
#include "idem.h"

struct serve_options {
    struct idem_open_options open;                 /* configuration, database, key; mode is not looked at */
    const char *listen;                            /* "127.0.0.1:8480", "[::1]:8480"; port 0: any free one */
    const char *tls_certificate, *tls_key;         /* PEM files; NULL: no TLS */
    bool behind_proxy;                             /* a proxy in front does TLS */
    bool tokens;                                   /* ask for a token on loopback too, even while there is none */
    unsigned threads;                              /* for connections and for readers each; 0: all processors */
    unsigned connections;                          /* at most at once; 0: 1,000 */
    unsigned timeout_s;                            /* of an idle or slow connection; 0: 15 */
    uint64_t body_bytes;                           /* of one request; 0: 8 MB */
    uint64_t rate;                                 /* requests a second of one token, and of one address; 0: no limit */
    void (*ready)(void *context, const char *url); /* the service answers; may be NULL */
    void (*log)(void *context, const char *json);  /* a line about each request, without personal values; NULL */
    void *context;
};

/* Serves until SIGTERM or SIGINT, then drains. SIGHUP reopens configuration and model. Blocks these signals in the
 * calling thread and those it makes. */
enum idem_status serve_run(const struct serve_options *options, struct idem_error *err);

/* The OpenAPI document, malloc'ed. */
char *serve_openapi(void);

#endif

#include "serve/serve.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "serve/daemon.h"
#include "serve/listen.h"
#include "serve/service.h"
#include "serve/writer.h"

enum {
    DEFAULT_CONNECTIONS = 1000,
    DEFAULT_TIMEOUT_S = 15,
    DEFAULT_BODY_BYTES = 8 << 20,
    CACHE_BYTES = 192 << 20,
    QUEUE = 1024, /* of readers, and of the writer */
    DRAIN_S = 10
};

/* ------------------------------------------------------------------ sessions */

static enum idem_status S_open(struct service *service, enum idem_open_mode mode, struct idem_session **fresh,
                               struct idem_error *err)
{
    struct idem_open_options options = service->options.open;
    options.mode = mode;
    options.shared = true;
    options.cache = service->cache;
    options.wait_ms = WRITER_WAIT_MS;
    return idem_open(&options, fresh, err);
}

static bool S_is_applied(struct idem_session *s)
{
    bool applied = false;
    return idem_is_applied(s, &applied, NULL) == IDEM_OK && applied;
}

enum idem_status lease_take(struct service *service, struct lease *lease, enum idem_open_mode mode,
                            struct idem_error *err)
{
    unsigned epoch = atomic_load(&service->epoch);
    struct idem_session *fresh = NULL;
    if (lease->session && lease->epoch == epoch)
        return IDEM_OK;
    enum idem_status status = S_open(service, mode, &fresh, err);
    lease->epoch = epoch;
    if (status != IDEM_OK)
        return lease->session ? IDEM_OK : status;
    if (mode == IDEM_WRITE && lease->session && !S_is_applied(fresh) && S_is_applied(lease->session)) {
        idem_close(fresh);
        lease->behind = true;
        return IDEM_OK;
    }
    lease_end(lease);
    lease->session = fresh;
    return IDEM_OK;
}

bool lease_renew(struct service *service, struct lease *lease)
{
    struct idem_session *fresh = NULL;
    if (!lease->behind || S_open(service, IDEM_WRITE, &fresh, NULL) != IDEM_OK)
        return false;
    bool applied = S_is_applied(fresh);
    if (applied) {
        lease_end(lease);
        lease->session = fresh;
    } else {
        idem_close(fresh);
    }
    return applied;
}

enum idem_status lease_resolver(struct lease *lease, struct idem_resolver **resolver, struct idem_error *err)
{
    if (!lease->resolver)
        TRY(idem_resolver_open(lease->session, &lease->resolver, err));
    *resolver = lease->resolver;
    return IDEM_OK;
}

void lease_end(struct lease *lease)
{
    idem_resolver_close(lease->resolver);
    lease->resolver = NULL;
    idem_close(lease->session);
    lease->session = NULL;
    lease->behind = false;
}

/* ------------------------------------------------------------------ settings */

static void S_defaults(struct serve_options *o)
{
    o->listen = o->listen ? o->listen : "127.0.0.1:8480";
    o->threads = o->threads ? o->threads : parallel_cpus();
    o->connections = o->connections ? o->connections : DEFAULT_CONNECTIONS;
    o->timeout_s = o->timeout_s ? o->timeout_s : DEFAULT_TIMEOUT_S;
    o->body_bytes = o->body_bytes ? o->body_bytes : DEFAULT_BODY_BYTES;
    if (o->connections < 2 * o->threads)
        o->connections = 2 * o->threads;
}

/* Beyond this machine nothing goes over the wire in the clear, and nobody comes in without a token. */
static enum idem_status S_check(const struct service *service, struct idem_error *err)
{
    const struct serve_options *o = &service->options;
    if (!o->tls_certificate != !o->tls_key)
        return error_set(err, IDEM_INVALID, "TLS takes a certificate and a key: --tls-cert and --tls-key");
    if (!service->loopback && !o->tls_certificate && !o->behind_proxy)
        return error_set(err, IDEM_INVALID,
                         "%s is reached from other machines: give --tls-cert and --tls-key, or --behind-proxy when a "
                         "proxy in front of it does TLS",
                         o->listen);
    return IDEM_OK;
}

static enum idem_status S_check_tokens(struct service *service, struct idem_error *err)
{
    struct lease lease = {0};
    char *text = NULL;
    if (service->loopback)
        return IDEM_OK;
    enum idem_status status = lease_take(service, &lease, IDEM_READ, err);
    if (status == IDEM_OK)
        status = idem_tokens(lease.session, &text, err);
    if (status == IDEM_OK && strcmp(text, "{\"tokens\":[]}") == 0)
        status = error_set(err, IDEM_INVALID,
                           "nobody could use it: there is no token yet; make one with \"idem token create\"");
    idem_free(text);
    lease_end(&lease);
    return status;
}

/* ------------------------------------------------------------------ life */

static void S_block(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
}

static void S_wait(struct service *service, const sigset_t *signals)
{
    int signal = 0;
    while (sigwait(signals, &signal) == 0 && signal == SIGHUP)
        watch_reload(&service->watch);
}

/* What was begun is answered; who waits for changes is told that there are none. */
static void S_drain(struct service *service, struct daemon *daemon)
{
    const struct timespec moment = {.tv_nsec = 10000000};
    double until = clock_seconds() + DRAIN_S;
    atomic_store(&service->draining, true);
    daemon_quiesce(daemon);
    while (atomic_load(&service->in_flight) && clock_seconds() < until) {
        watch_release(&service->watch);
        nanosleep(&moment, NULL);
    }
}

static enum idem_status S_start(struct service *service, int *socket, struct daemon **daemon, struct idem_error *err)
{
    unsigned threads = service->options.threads;
    service->openapi = serve_openapi();
    service->metrics.started = clock_seconds();
    guests_start(&service->guests);
    memory_reserve(SPARE_MEMORY);
    reserve_start(&service->reserve, service->options.open.db_path);
    TRY(access_start(&service->access, service, err));
    TRY(S_check_tokens(service, err));
    if (service->options.tls_certificate)
        TRY(tls_open(service->options.tls_certificate, service->options.tls_key, &service->tls, err));
    TRY(slots_start(&service->slots, service, threads, err));
    TRY(watch_start(&service->watch, service, err));
    TRY(pool_start(&service->readers, service, IDEM_READ, threads, QUEUE, err));
    TRY(pool_start(&service->writer, service, IDEM_WRITE, 1, QUEUE, err));
    TRY(upkeep_start(&service->upkeep, service, err));
    int fd = *socket;
    *socket = -1;
    return daemon_start(service, fd, daemon, err);
}

/* First the queues are worked off, so that nothing is suspended when the connections end. */
static void S_stop(struct service *service, struct daemon *daemon)
{
    watch_stop(&service->watch);
    pool_stop(&service->readers);
    pool_stop(&service->writer);
    upkeep_stop(&service->upkeep);
    daemon_stop(daemon);
    tls_close(service->tls);
    slots_stop(&service->slots);
    access_stop(&service->access);
    reserve_stop(&service->reserve);
    memory_spend();
    guests_stop(&service->guests);
    free(service->openapi);
}

enum idem_status serve_run(const struct serve_options *options, struct idem_error *err)
{
    struct service *service = xcalloc(1, sizeof *service);
    struct daemon *daemon = NULL;
    sigset_t signals;
    char bound[64], url[80];
    int socket = -1;
    enum idem_status status;
    service->options = *options;
    service->cache = idem_cache_new(CACHE_BYTES);
    S_defaults(&service->options);
    S_block(&signals);
    TRY_DONE(listen_open(service->options.listen, &socket, bound, &service->loopback, err));
    TRY_DONE(S_check(service, err));
    TRY_DONE(S_start(service, &socket, &daemon, err));
    snprintf(url, sizeof url, "%s://%s", service->options.tls_certificate ? "https" : "http", bound);
    if (options->ready)
        options->ready(options->context, url);
    S_wait(service, &signals);
    S_drain(service, daemon);
done:
    if (socket >= 0)
        close(socket);
    S_stop(service, daemon);
    idem_cache_free(service->cache);
    free(service);
    return status;
}

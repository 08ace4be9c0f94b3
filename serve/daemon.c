#include "serve/daemon.h"

#include <gnutls/abstract.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "serve/feed.h"
#include "serve/head.h"
#include "serve/records.h"
#include "serve/route.h"
#include "serve/service.h"

enum {
    CONNECTION_BYTES = 32 << 10,
    PIECE_BYTES = 16 << 10,
    LONGEST_LINE = 1 << 20,
    SLOWEST = 1 << 10,
    MOST_UNSENT = 8 << 20 /* of answers to lines, for a client that reads when it has sent */
};

struct daemon {
    struct MHD_Daemon *mhd;
    int socket; /* -1: libmicrohttpd's */
};

/* ------------------------------------------------------------------ answering */

/* Called again when it was resumed. */
static ssize_t S_read_feed(void *context, uint64_t at, char *bytes, size_t room)
{
    struct request *rq = context;
    (void)at;
    ssize_t n = feed_read(rq, bytes, room);
    if (n == FEED_END)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (n == FEED_NOTHING) { /* suspended first: it may go on at once */
        MHD_suspend_connection(rq->connection);
        watch_wait(&rq->service->watch, rq);
    }
    return n;
}

static struct MHD_Response *S_response(struct request *rq)
{
    struct answer *a = &rq->answer;
    if (a->stream)
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE_BYTES, S_read_feed, rq, NULL);
    if (a->len == 0)
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    enum MHD_ResponseMemoryMode mode = a->borrowed ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_FREE;
    struct MHD_Response *response = MHD_create_response_from_buffer(a->len, a->body, mode);
    if (response && !a->borrowed)
        a->body = NULL; /* libmicrohttpd's now */
    return response;
}

static enum MHD_Result S_send(struct request *rq)
{
    struct answer *a = &rq->answer;
    if (rq->wire.begun) /* past libmicrohttpd: what was sent is all; see wire.h */
        return MHD_NO;
    if (!a->status)
        answer_problem(a, 500, "internal", "no answer was made");
    struct MHD_Response *response = S_response(rq);
    if (!response)
        return MHD_NO;
    if (a->type)
        MHD_add_response_header(response, "Content-Type", a->type);
    for (unsigned i = 0; i < a->n_headers; i++)
        MHD_add_response_header(response, a->header[i].name, a->header[i].value);
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (a->close)
        MHD_add_response_header(response, "Connection", "close");
    enum MHD_Result result = MHD_queue_response(rq->connection, a->status, response);
    MHD_destroy_response(response);
    rq->stage = STAGE_ANSWERED;
    return result;
}

static void S_go_on(struct request *rq)
{
    rq->stage = rq->partial ? STAGE_BODY : STAGE_ANSWERED;
    rq->partial = false;
    MHD_resume_connection(rq->connection);
}

bool daemon_pour(struct request *rq, bool last)
{
    size_t before = rq->unsent;
    bool takes, sends;
    rq->unsent = wire_send(&rq->wire);
    if (rq->unsent < before)
        rq->deadline = clock_seconds() + rq->service->options.timeout_s;
    wire_look(&rq->wire, &takes, &sends);
    bool goes_on = !rq->unsent || (rq->partial && sends && rq->unsent < MOST_UNSENT);
    if (!goes_on && clock_seconds() < rq->deadline && !last)
        return false;
    rq->gave_up = rq->gave_up || !goes_on;
    rq->wire.broken = rq->wire.broken || !goes_on;
    S_go_on(rq);
    return true;
}

/* Lines that were answered go out; who does not take them is waited for. */
static void S_pour(struct request *rq)
{
    wire_begin(&rq->wire, TYPE_LINES);
    wire_add(&rq->wire, buf_view(&rq->told));
    buf_clear(&rq->told);
    if (!rq->partial) {
        wire_end(&rq->wire);
        rq->ended = true;
        rq->answer.status = 200;
    }
    rq->unsent = SIZE_MAX;
    if (!daemon_pour(rq, false))
        watch_pour(&rq->service->watch, rq);
}

void daemon_done(struct request *rq)
{
    if (rq->streams && !rq->answer.status && (rq->told.len || (rq->wire.begun && !rq->partial))) {
        S_pour(rq);
        return;
    }
    if (rq->partial) {
        S_go_on(rq);
        return;
    }
    if (rq->since != INT64_MAX && !rq->answer.status) {
        watch_wait(&rq->service->watch, rq);
        return;
    }
    rq->stage = STAGE_ANSWERED;
    MHD_resume_connection(rq->connection);
}

static void S_busy(struct request *rq)
{
    answer_problem(&rq->answer, 503, "busy", "more is waiting than can be done soon; come again");
    answer_header(&rq->answer, "Retry-After", "1");
}

void daemon_go_on(struct request *rq)
{
    if (pool_push(&rq->service->readers, rq))
        return;
    if (rq->feed) { /* it comes again soon */
        MHD_resume_connection(rq->connection);
        return;
    }
    rq->since = INT64_MAX;
    S_busy(rq);
    daemon_done(rq);
}

/* Where it belongs; suspended before it is handed on, for it may be answered at once. */
static enum MHD_Result S_dispatch(struct request *rq)
{
    struct service *service = rq->service;
    if (rq->route->place == PLACE_CONNECTION) {
        rq->route->run(rq, NULL);
        return S_send(rq);
    }
    struct pool *pool = rq->route->place == PLACE_WRITER ? &service->writer : &service->readers;
    rq->stage = STAGE_WORKING;
    MHD_suspend_connection(rq->connection);
    if (!pool_push(pool, rq)) {
        S_busy(rq);
        daemon_done(rq);
    }
    return MHD_YES;
}

/* ------------------------------------------------------------------ the life of a request */

static struct guest *S_guest(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void *S_line(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct request *rq = request_new(context, uri);
    if (rq) {
        rq->connection = connection;
        rq->counted = true;
        atomic_fetch_add(&rq->service->in_flight, 1);
    }
    return rq;
}

/* Past libmicrohttpd: where to. */
static void S_wire(struct request *rq)
{
    const union MHD_ConnectionInfo *fd = MHD_get_connection_info(rq->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *tls = MHD_get_connection_info(rq->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    rq->wire = (struct wire){.fd = fd ? fd->connect_fd : -1,
                             .tls = rq->service->options.tls_certificate && tls ? tls->tls_session : NULL};
    rq->streams = rq->wire.fd >= 0;
}

static enum MHD_Result S_begin(struct request *rq, const char *method, const char *version)
{
    bool has_body = false;
    rq->method = method;
    guest_has_come(S_guest(rq->connection));
    rq->begun = clock_seconds();
    if (!head_accept(rq, method, version, &has_body) && has_body) {
        rq->answer.close = true; /* the body is not read */
        return S_send(rq);
    }
    if (rq->lines && strcmp(version, MHD_HTTP_VERSION_1_1) == 0)
        S_wire(rq);
    rq->stage = STAGE_BODY; /* an answer that is given now would end the connection: libmicrohttpd calls again */
    return MHD_YES;
}

/* Lines are worked off while they come in: the connection rests meanwhile, and so does who sends. */
static enum MHD_Result S_take_lines(struct request *rq, const char *bytes, size_t *n)
{
    bool whole = memchr(bytes, '\n', *n) != NULL;
    if (rq->wire.broken)
        return MHD_NO;
    rq->taken += *n;
    if (!rq->answer.status && !rq->gave_up)
        buf_add(&rq->body, bytes, *n);
    *n = 0;
    if ((!whole && rq->body.len <= LONGEST_LINE) || rq->answer.status || rq->gave_up || rq->taken == rq->length)
        return MHD_YES;
    rq->partial = true;
    return S_dispatch(rq);
}

/* A body that is to be answered as a whole comes with SLOWEST bytes a second, after a while. */
static bool S_is_drip(const struct request *rq, size_t more)
{
    double taken = (double)(rq->body.len + more), seconds = clock_seconds() - rq->begun;
    return !rq->lines && seconds > rq->service->options.timeout_s + taken / SLOWEST;
}

static enum MHD_Result S_take(struct request *rq, const char *bytes, size_t *n)
{
    if (S_is_drip(rq, *n))
        return MHD_NO;
    if (rq->lines)
        return S_take_lines(rq, bytes, n);
    if (rq->body.len + *n > rq->service->options.body_bytes) {
        if (!rq->answer.status)
            answer_problem(&rq->answer, 413, "too_large", "the body is larger than is taken");
        buf_deinit(&rq->body);
        rq->body = (struct buf){0};
    }
    if (!rq->answer.status)
        buf_add(&rq->body, bytes, *n);
    *n = 0;
    return MHD_YES;
}

static bool S_is_suspended(const struct request *rq)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(rq->connection, MHD_CONNECTION_INFO_CONNECTION_SUSPENDED);
    return info && info->suspended == MHD_YES;
}

static enum MHD_Result S_handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                const char *version, const char *upload, size_t *upload_len, void **per_request)
{
    struct request *rq = *per_request;
    (void)context, (void)connection, (void)url;
    if (!rq)
        return MHD_NO;
    if (*upload_len && S_is_suspended(rq))
        return MHD_YES; /* chunks are offered to the end of what was read: what is left is offered again */
    if (rq->stage == STAGE_LINE)
        return S_begin(rq, method, version);
    if (rq->stage == STAGE_BODY && *upload_len)
        return S_take(rq, upload, upload_len);
    if (rq->stage == STAGE_BODY && !rq->answer.status)
        return S_dispatch(rq);
    return S_send(rq);
}

static void S_log(struct request *rq)
{
    const struct serve_options *options = &rq->service->options;
    char at[25];
    if (!options->log)
        return;
    json_t *line = json_object(), *request = json_object();
    clock_format(clock_now_ms(), at);
    json_put(line, "request", request);
    json_put(request, "at", json_string(at));
    json_put(request, "method", json_string(rq->route ? rq->route->method : "?"));
    json_put(request, "route", rq->route ? json_string(rq->route->path) : json_null());
    json_put(request, "status", json_integer(rq->answer.status));
    json_put(request, "ms", json_real((clock_seconds() - rq->started) * 1e3));
    json_put(request, "token_id", rq->token.token_id ? json_integer(rq->token.token_id) : json_null());
    char *text = json_text(line);
    options->log(options->context, text);
    free(text);
    json_decref(line);
}

static void S_completed(void *context, struct MHD_Connection *connection, void **per_request,
                        enum MHD_RequestTerminationCode how)
{
    (void)how;
    struct service *service = context;
    struct request *rq = *per_request;
    guest_expect(S_guest(connection));
    if (!rq)
        return;
    *per_request = NULL;
    metrics_count(&service->metrics, rq);
    S_log(rq);
    atomic_fetch_sub(&service->in_flight, 1);
    request_free(rq);
}

/* ------------------------------------------------------------------ start and stop */

/* Paths and queries are decoded by serve/query.c, once. */
static size_t S_leave(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context, (void)connection;
    return strlen(text);
}

static void S_quiet(void *context, const char *format, va_list args)
{
    (void)context, (void)format, (void)args; /* it writes of what clients send */
}

/* The certificate for a handshake. libmicrohttpd keeps its connection with the session. */
static int S_certificate(gnutls_session_t session, const gnutls_datum_t *authorities, int n_authorities,
                         const gnutls_pk_algorithm_t *algorithms, int n_algorithms, gnutls_pcert_st **chain,
                         unsigned *n, gnutls_privkey_t *key)
{
    struct MHD_Connection *connection = gnutls_session_get_ptr(session);
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    const struct guest *guest = info ? info->socket_context : NULL;
    void *certificates, *secret;
    (void)authorities, (void)n_authorities, (void)algorithms, (void)n_algorithms;
    if (!guest)
        return -1;
    tls_current(guest->service->tls, &certificates, n, &secret);
    *chain = certificates;
    *key = secret;
    return 0;
}

static void S_connected(void *context, struct MHD_Connection *connection, void **of_socket,
                        enum MHD_ConnectionNotificationCode what)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *of_socket = guest_come(context, info ? info->connect_fd : -1);
    } else {
        guest_go(*of_socket);
        *of_socket = NULL;
    }
}

static void S_tls(struct MHD_OptionItem *item, unsigned *n)
{
    item[(*n)++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)(uintptr_t)S_certificate};
    item[(*n)++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0,
                                           (void *)(uintptr_t) "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"};
}

static enum idem_status S_start(struct daemon *d, struct service *service, struct idem_error *err)
{
    const struct serve_options *o = &service->options;
    struct MHD_OptionItem item[16];
    unsigned n = 0, flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    if (service->tls) {
        S_tls(item, &n);
        flags |= MHD_USE_TLS;
    }
    if (o->threads > 1)
        item[n++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, o->threads, NULL};
    if (!service->loopback && !o->behind_proxy)
        item[n++] = (struct MHD_OptionItem){MHD_OPTION_PER_IP_CONNECTION_LIMIT, (o->connections + 3) / 4, NULL};
    item[n++] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    d->mhd = MHD_start_daemon(flags, 0, NULL, NULL, S_handle, service, MHD_OPTION_EXTERNAL_LOGGER, S_quiet, NULL,
                              MHD_OPTION_LISTEN_SOCKET, d->socket, MHD_OPTION_URI_LOG_CALLBACK, S_line, service,
                              MHD_OPTION_NOTIFY_COMPLETED, S_completed, service, MHD_OPTION_NOTIFY_CONNECTION,
                              S_connected, service, MHD_OPTION_UNESCAPE_CALLBACK, S_leave, NULL,
                              MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                              (size_t)CONNECTION_BYTES, MHD_OPTION_CONNECTION_LIMIT, o->connections,
                              MHD_OPTION_CONNECTION_TIMEOUT, o->timeout_s, MHD_OPTION_ARRAY, item, MHD_OPTION_END);
    return d->mhd ? IDEM_OK : error_set(err, IDEM_IO, "the service did not start");
}

enum idem_status daemon_start(struct service *service, int socket, struct daemon **out, struct idem_error *err)
{
    struct daemon *d = xcalloc(1, sizeof *d);
    d->socket = socket;
    enum idem_status status = S_start(d, service, err);
    if (status != IDEM_OK) {
        close(socket);
        free(d);
        d = NULL;
    } else {
        d->socket = -1;
    }
    *out = d;
    return status;
}

void daemon_quiesce(struct daemon *d)
{
    MHD_socket left = MHD_quiesce_daemon(d->mhd);
    if (left != MHD_INVALID_SOCKET)
        close(left);
}

void daemon_stop(struct daemon *d)
{
    if (!d)
        return;
    MHD_stop_daemon(d->mhd);
    free(d);
}

/*
 * Requests to the running service, each on a connection of its own: whatever comes, the service answers or closes, and
 * goes on. The first byte chooses how the rest is meant:
 *   odd    bytes as they stand
 *   even   a target, a line break, a body: a proper request around it, of the method and content type that the next
 *          byte chooses; "@" in the target stands for the master_id of crm:c20
 * The service lives in this process, so that the fuzzer sees which branches its threads take. After some thousand
 * requests it starts anew on a new database.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "serve/serve.h"
#include "tests/fuzz/fuzz_shop.h"

enum { REQUESTS_A_SERVICE = 20000, PATIENCE_MS = 120000, SILENCE_MS = 20 };

static struct {
    struct fuzz_shop shop;
    pthread_t thread;
    bool runs;
    int ready[2];
    unsigned port, requests;
    char master[37];
} service;

/* ------------------------------------------------------------------ the service */

static void S_ready(void *context, const char *url)
{
    unsigned port = (unsigned)strtoul(strrchr(url, ':') + 1, NULL, 10);
    (void)context;
    fuzz_require(write(service.ready[1], &port, sizeof port) == sizeof port, "no pipe");
}

static void *S_serve(void *context)
{
    const struct serve_options options = {.open = {.config_path = service.shop.config, .db_path = service.shop.db},
                                          .listen = "127.0.0.1:0",
                                          .threads = 1,
                                          .timeout_s = 5,
                                          .body_bytes = 64 << 10,
                                          .ready = S_ready};
    struct idem_error err = {0};
    (void)context;
    fuzz_require(serve_run(&options, &err) == IDEM_OK, err.message);
    return NULL;
}

static void S_stop(void)
{
    if (!service.runs)
        return;
    pthread_kill(service.thread, SIGTERM);
    pthread_join(service.thread, NULL);
    close(service.ready[0]);
    close(service.ready[1]);
    service.runs = false;
    fuzz_shop_remove(&service.shop);
}

static void S_find_master(void)
{
    struct idem_error err = {0};
    struct idem_session *s = fuzz_shop_session(&service.shop, IDEM_READ, &err);
    struct idem_str source = {"crm", 3}, record_id = {"c20", 3};
    fuzz_require(s && idem_lookup(s, source, record_id, service.master, &err) == IDEM_OK, err.message);
    idem_close(s);
}

/* The signal that ends the service is for its thread alone. */
static void S_start(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    fuzz_shop_open(&service.shop, false);
    S_find_master();
    fuzz_require(pipe(service.ready) == 0 && pthread_create(&service.thread, NULL, S_serve, NULL) == 0, "no thread");
    fuzz_require(read(service.ready[0], &service.port, sizeof service.port) == sizeof service.port, "no service");
    service.runs = true;
    service.requests = 0;
}

/* ------------------------------------------------------------------ a request */

static int S_connect(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)service.port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    fuzz_require(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0, "the service takes no connection");
    return fd;
}

static void S_send(int fd, struct str bytes)
{
    while (bytes.len) {
        ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (n <= 0)
            break;
        bytes = str_sub(bytes, (size_t)n, bytes.len);
    }
    shutdown(fd, SHUT_WR);
}

/* To the end, but for what has none: a stream of events, a connection that is kept, half a request. */
static void S_receive(int fd, bool proper, struct buf *answer)
{
    char bytes[16384];
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        bool ends = proper && str_find(buf_view(answer), STR("text/event-stream")) == SIZE_MAX;
        int events = poll(&p, 1, ends ? PATIENCE_MS : SILENCE_MS);
        fuzz_require(events > 0 || !ends, "the service neither answers nor closes");
        ssize_t n = events > 0 ? recv(fd, bytes, sizeof bytes, 0) : 0;
        if (n <= 0)
            return;
        buf_add(answer, bytes, (size_t)n);
    }
}

static void S_ask(struct str request, bool proper)
{
    struct buf answer = {0};
    int fd = S_connect();
    S_send(fd, request);
    S_receive(fd, proper, &answer);
    close(fd);
    fuzz_require(!answer.len || str_starts(buf_view(&answer), STR("HTTP/1.")), "an answer that is not HTTP");
    fuzz_require(str_find(buf_view(&answer), STR("HTTP/1.1 500")) == SIZE_MAX, "an internal error");
    buf_deinit(&answer);
}

/* A target that is a line, then the body. */
static void S_compose(unsigned how, struct str rest, struct buf *out)
{
    static const char *const METHODS[] = {"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "GET"};
    static const char *const TYPES[] = {"application/json", "application/x-ndjson", "application/fhir+json",
                                        "text/plain"};
    struct str target;
    if (!str_next_piece(&rest, '\n', &target))
        target = (struct str){0};
    buf_printf(out, "%s /", METHODS[how & 7]);
    for (size_t i = 0; i < target.len; i++)
        if (target.ptr[i] == '@')
            buf_str(out, str_from(service.master));
        else
            buf_byte(out, target.ptr[i]);
    buf_str(out, STR(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"));
    if (how & 32)
        buf_str(out, STR("Accept: text/event-stream\r\n"));
    if (how & 64)
        buf_str(out, STR("Idempotency-Key: one\r\nIf-Match: *\r\n"));
    if (how & 128)
        buf_str(out, STR("Accept-Encoding: gzip\r\nIf-None-Match: \"1\"\r\n"));
    if (rest.len)
        buf_printf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n", TYPES[(how >> 3) & 3], rest.len);
    buf_str(out, STR("\r\n"));
    buf_str(out, rest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static bool registered;
    struct buf request = {0};
    if (len < 2)
        return 0;
    if (service.runs && service.requests == REQUESTS_A_SERVICE)
        S_stop();
    if (!service.runs)
        S_start();
    if (!registered)
        atexit(S_stop);
    registered = true;
    service.requests++;
    struct str rest = {(const char *)data + 1, len - 1};
    if (data[0] & 1)
        buf_str(&request, rest);
    else
        S_compose(data[1], str_sub(rest, 1, rest.len), &request);
    S_ask(buf_view(&request), !(data[0] & 1));
    buf_deinit(&request);
    return 0;
}

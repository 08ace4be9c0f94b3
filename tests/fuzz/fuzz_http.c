/*
 * Requests to the running service, each on a connection of its own: whatever comes, the service answers or closes, and
 * goes on. The first byte chooses how the rest is meant:
 *   odd    bytes as they stand
 *   even   a target, a line break, a body: a proper request around it, of the method and content type that the next
 *          byte chooses; "@" in the target, and a byte 1 in the body, stands for the master_id of crm:c20
 * and whether the service asks for tokens (2), and which one comes with a proper request (4, 8: none, a reader of one
 * source, a steward, an administrator).
 * The service lives in this process, so that the fuzzer sees which branches its threads take. After some thousand
 * requests it starts anew on a new database.
 */
#include <arpa/inet.h>
#include <errno.h>
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

static const char *const ROLES[] = {"reader", "steward", "admin"};

static struct service_here {
    struct fuzz_shop shop;
    pthread_t thread;
    bool runs;
    int ready[2];
    unsigned port, requests;
    char master[37], token[COUNT_OF(ROLES)][IDEM_TOKEN_TEXT];
} services[2]; /* without tokens, and with */

/* ------------------------------------------------------------------ the service */

static void S_ready(void *context, const char *url)
{
    struct service_here *h = context;
    unsigned port = (unsigned)strtoul(strrchr(url, ':') + 1, NULL, 10);
    fuzz_require(write(h->ready[1], &port, sizeof port) == sizeof port, "no pipe");
}

static void *S_serve(void *context)
{
    struct service_here *h = context;
    const struct serve_options options = {.open = {.config_path = h->shop.config, .db_path = h->shop.db},
                                          .listen = "127.0.0.1:0",
                                          .threads = 1,
                                          .timeout_s = 5,
                                          .body_bytes = 64 << 10,
                                          .ready = S_ready,
                                          .context = h};
    struct idem_error err = {0};
    fuzz_require(serve_run(&options, &err) == IDEM_OK, err.message);
    return NULL;
}

static void S_stop(struct service_here *h)
{
    if (!h->runs)
        return;
    pthread_kill(h->thread, SIGTERM);
    pthread_join(h->thread, NULL);
    close(h->ready[0]);
    close(h->ready[1]);
    h->runs = false;
    fuzz_shop_remove(&h->shop);
}

static void S_stop_all(void)
{
    S_stop(&services[0]);
    S_stop(&services[1]);
}

static void S_find_master(struct service_here *h)
{
    struct idem_error err = {0};
    struct idem_session *s = fuzz_shop_session(&h->shop, IDEM_READ, &err);
    struct idem_str source = {"crm", 3}, record_id = {"c20", 3};
    fuzz_require(s && idem_lookup(s, source, record_id, h->master, &err) == IDEM_OK, err.message);
    idem_close(s);
}

static void S_make_tokens(struct service_here *h)
{
    struct idem_error err = {0};
    struct idem_session *s = fuzz_shop_session(&h->shop, IDEM_WRITE, &err);
    for (size_t i = 0; i < COUNT_OF(ROLES); i++) {
        const struct idem_token_options options = {.role = ROLES[i], .sources = i ? NULL : "crm"};
        char *json = NULL;
        fuzz_require(s && idem_token_create(s, &options, &json, &err) == IDEM_OK, err.message);
        const char *text = strstr(json, "\"idem_");
        fuzz_require(text != NULL, "a token without text");
        snprintf(h->token[i], sizeof h->token[i], "%.*s", (int)strcspn(text + 1, "\""), text + 1);
        idem_free(json);
    }
    idem_close(s);
}

/* The signal that ends a service is for its thread alone. */
static void S_start(struct service_here *h, bool tokens)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    fuzz_shop_open(&h->shop, false);
    S_find_master(h);
    if (tokens)
        S_make_tokens(h);
    fuzz_require(pipe(h->ready) == 0 && pthread_create(&h->thread, NULL, S_serve, h) == 0, "no thread");
    fuzz_require(read(h->ready[0], &h->port, sizeof h->port) == sizeof h->port, "no service");
    h->runs = true;
    h->requests = 0;
}

/* ------------------------------------------------------------------ a request */

static int S_connect(const struct service_here *h)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)h->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    while (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        bool interrupted = errno == EINTR; /* by the fuzzer's clock: a socket that was half there is not used again */
        if (!interrupted)
            fprintf(stderr, "connect: %s\n", strerror(errno));
        fuzz_require(interrupted, "the service takes no connection");
        close(fd);
        fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    }
    fuzz_require(fd >= 0, "no socket");
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
        if (events < 0 && errno == EINTR) /* libFuzzer's clock */
            continue;
        fuzz_require(events > 0 || !ends, "the service neither answers nor closes");
        ssize_t n = events > 0 ? recv(fd, bytes, sizeof bytes, 0) : 0;
        if (n <= 0)
            return;
        buf_add(answer, bytes, (size_t)n);
    }
}

static void S_ask(const struct service_here *h, struct str request, bool proper)
{
    struct buf answer = {0};
    int fd = S_connect(h);
    S_send(fd, request);
    S_receive(fd, proper, &answer);
    close(fd);
    fuzz_require(!answer.len || str_starts(buf_view(&answer), STR("HTTP/1.")), "an answer that is not HTTP");
    fuzz_require(str_find(buf_view(&answer), STR("HTTP/1.1 500")) == SIZE_MAX, "an internal error");
    buf_deinit(&answer);
}

static void S_add(const struct service_here *h, struct str text, char stands_for_master, struct buf *out)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == stands_for_master)
            buf_str(out, str_from(h->master));
        else
            buf_byte(out, text.ptr[i]);
}

/* A target that is a line, then the body. */
static void S_compose(const struct service_here *h, const uint8_t *data, struct str rest, struct buf *out)
{
    static const char *const METHODS[] = {"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "GET"};
    static const char *const TYPES[] = {"application/json", "application/x-ndjson", "application/fhir+json",
                                        "text/plain"};
    unsigned how = data[1], who = data[0] >> 2 & 3;
    struct str target;
    if (!str_next_piece(&rest, '\n', &target))
        target = (struct str){0};
    buf_printf(out, "%s /", METHODS[how & 7]);
    S_add(h, target, '@', out);
    buf_str(out, STR(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"));
    if (who && data[0] & 2)
        buf_printf(out, "Authorization: Bearer %s\r\n", h->token[who - 1]);
    if (how & 32)
        buf_str(out, STR("Accept: text/event-stream\r\n"));
    if (how & 64)
        buf_str(out, STR("Idempotency-Key: one\r\nIf-Match: *\r\n"));
    if (how & 128)
        buf_str(out, STR("Accept-Encoding: gzip\r\nIf-None-Match: \"1\"\r\n"));
    struct buf body = {0};
    S_add(h, rest, 1, &body);
    if (body.len)
        buf_printf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n", TYPES[(how >> 3) & 3], body.len);
    buf_str(out, STR("\r\n"));
    buf_str(out, buf_view(&body));
    buf_deinit(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static bool registered;
    struct buf request = {0};
    if (len < 2)
        return 0;
    bool tokens = data[0] & 2;
    struct service_here *h = &services[tokens];
    if (h->requests == REQUESTS_A_SERVICE)
        S_stop(h);
    if (!h->runs)
        S_start(h, tokens);
    if (!registered)
        atexit(S_stop_all);
    registered = true;
    h->requests++;
    struct str rest = fuzz_text(data + 1, len - 1);
    if (data[0] & 1)
        buf_str(&request, rest);
    else
        S_compose(h, data, str_sub(rest, 1, rest.len), &request);
    S_ask(h, buf_view(&request), !(data[0] & 1));
    buf_deinit(&request);
    return 0;
}

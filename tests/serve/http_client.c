#include "http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int http_connect(unsigned port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    const struct timeval patience = {.tv_sec = 20};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static size_t S_wanted(const struct http_answer *a)
{
    uint64_t n = 0;
    struct str length = http_header(a, "Content-Length");
    return str_to_u64(length, &n) ? (size_t)n : SIZE_MAX;
}

/* Reads the head, then as much body as Content-Length says, or to the end. */
static void S_read(int fd, bool is_head, struct http_answer *a)
{
    char bytes[8192];
    struct buf all = {0};
    ssize_t n;
    size_t end = SIZE_MAX;
    while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0) {
        buf_add(&all, bytes, (size_t)n);
        if (end == SIZE_MAX) {
            end = str_find(buf_view(&all), STR("\r\n\r\n"));
            if (end == SIZE_MAX)
                continue;
            buf_add(&a->head, all.ptr, end + 2);
            if (all.len > 12)
                a->status = (unsigned)strtoul(buf_cstr(&all) + 9, NULL, 10);
        }
        size_t wanted = S_wanted(a);
        if (is_head || a->status == 304 || a->status == 204 || all.len - end - 4 >= wanted)
            break;
    }
    if (end != SIZE_MAX)
        buf_add(&a->body, all.ptr + end + 4, all.len - end - 4);
    buf_cstr(&a->body);
    buf_deinit(&all);
}

void http_raw(unsigned port, struct str bytes, struct http_answer *answer)
{
    int fd = http_connect(port);
    *answer = (struct http_answer){0};
    if (fd < 0)
        return;
    while (bytes.len) {
        ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (n <= 0)
            break;
        bytes = str_sub(bytes, (size_t)n, bytes.len);
    }
    S_read(fd, false, answer);
    close(fd);
}

void http_ask(unsigned port, const char *method, const char *target, const char *headers, const char *body,
              struct http_answer *answer)
{
    struct buf text = {0};
    buf_printf(&text, "%s %s HTTP/1.1\r\nHost: localhost\r\n%s", method, target, headers);
    if (body)
        buf_printf(&text, "Content-Length: %zu\r\n", strlen(body));
    if (body && !strstr(headers, "Content-Type"))
        buf_str(&text, STR("Content-Type: application/json\r\n"));
    buf_printf(&text, "\r\n%s", body ? body : "");
    http_raw(port, buf_view(&text), answer);
    buf_deinit(&text);
}

struct str http_header(const struct http_answer *answer, const char *name)
{
    struct str rest = buf_view(&answer->head), line;
    while (rest.len && str_next_piece(&rest, '\n', &line)) {
        size_t colon = str_find_byte(line, ':');
        if (colon != SIZE_MAX && str_eq_nocase(str_sub(line, 0, colon), str_from(name)))
            return str_trim(str_sub(line, colon + 1, line.len));
    }
    return (struct str){"", 0};
}

void http_answer_deinit(struct http_answer *answer)
{
    buf_deinit(&answer->head);
    buf_deinit(&answer->body);
    *answer = (struct http_answer){0};
}

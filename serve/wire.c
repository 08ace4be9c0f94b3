#include "serve/wire.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

/* "Sat, 21 Nov 2026 18:20:00 GMT", in English whatever the locale. */
static void S_date(char date[64])
{
    static const char DAYS[] = "SunMonTueWedThuFriSat", MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t now = time(NULL);
    struct tm t;
    gmtime_r(&now, &t);
    snprintf(date, 64, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", DAYS + (ptrdiff_t)3 * t.tm_wday, t.tm_mday % 100,
             MONTHS + (ptrdiff_t)3 * t.tm_mon, (t.tm_year + 1900) % 10000, t.tm_hour % 100, t.tm_min % 100,
             t.tm_sec % 100);
}

void wire_begin(struct wire *w, const char *type)
{
    char date[64];
    int on = 1;
    if (w->begun)
        return;
    w->begun = true;
    setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    S_date(date);
    buf_printf(&w->out,
               "HTTP/1.1 200 OK\r\nDate: %s\r\nContent-Type: %s\r\nCache-Control: no-store\r\n"
               "X-Content-Type-Options: nosniff\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n",
               date, type);
}

void wire_add(struct wire *w, struct str bytes)
{
    if (!bytes.len || w->broken)
        return;
    buf_printf(&w->out, "%zx\r\n", bytes.len);
    buf_str(&w->out, bytes);
    buf_str(&w->out, STR("\r\n"));
}

void wire_end(struct wire *w)
{
    buf_str(&w->out, STR("0\r\n\r\n"));
}

/* Bytes that went; 0: not now; -1: never. */
static ssize_t S_put(const struct wire *w, const char *bytes, size_t len)
{
    ssize_t n;
    if (w->tls) {
        n = gnutls_record_send((gnutls_session_t)w->tls, bytes, len);
        return n >= 0 ? n : n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED ? 0 : -1;
    }
    n = send(w->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    return n >= 0 ? n : errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
}

size_t wire_send(struct wire *w)
{
    while (!w->broken && w->sent < w->out.len) {
        ssize_t n = S_put(w, w->out.ptr + w->sent, w->out.len - w->sent);
        if (n == 0)
            break;
        w->broken = n < 0;
        w->sent += n > 0 ? (size_t)n : 0;
    }
    size_t left = w->broken ? 0 : w->out.len - w->sent;
    if (!left) {
        buf_clear(&w->out);
        w->sent = 0;
    } else if (w->sent > left) {
        memmove(w->out.ptr, w->out.ptr + w->sent, left);
        w->out.len = left;
        w->sent = 0;
    }
    return left;
}

void wire_look(const struct wire *w, bool *takes, bool *sends)
{
    struct pollfd p = {.fd = w->fd, .events = POLLIN | POLLOUT};
    bool broken = poll(&p, 1, 0) < 0 || (p.revents & (POLLERR | POLLHUP | POLLNVAL));
    *takes = broken || (p.revents & POLLOUT);
    *sends = (p.revents & POLLIN) || (w->tls && gnutls_record_check_pending((gnutls_session_t)w->tls));
}

void wire_deinit(struct wire *w)
{
    buf_deinit(&w->out);
}

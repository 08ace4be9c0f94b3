#include "serve/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

struct place {
    struct sockaddr_storage address;
    socklen_t len;
};

static bool S_parse(const char *text, struct place *p)
{
    struct str all = str_from(text), host, port;
    char name[64];
    uint64_t number;
    size_t colon = all.len;
    while (colon > 0 && all.ptr[colon - 1] != ':')
        colon--;
    if (!colon)
        return false;
    host = str_sub(all, 0, colon - 1);
    port = str_sub(all, colon, all.len);
    if (!str_to_u64(port, &number) || number > 65535)
        return false;
    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = str_sub(host, 1, host.len - 1);
    if (str_eq(host, STR("localhost")))
        host = STR("127.0.0.1");
    snprintf(name, sizeof name, "%.*s", STR_ARG(host));
    struct sockaddr_in *v4 = (struct sockaddr_in *)&p->address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&p->address;
    *p = (struct place){.len = sizeof *v4};
    v4->sin_port = htons((uint16_t)number);
    if (inet_pton(AF_INET, name, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        return true;
    }
    *p = (struct place){.len = sizeof *v6};
    v6->sin6_port = htons((uint16_t)number);
    v6->sin6_family = AF_INET6;
    return inet_pton(AF_INET6, name, &v6->sin6_addr) == 1;
}

static bool S_is_loopback(const struct place *p)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&p->address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&p->address;
    return p->address.ss_family == AF_INET ? ntohl(v4->sin_addr.s_addr) >> 24 == 127
                                           : IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) != 0;
}

static void S_tell(const struct place *p, char bound[64])
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&p->address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&p->address;
    char name[INET6_ADDRSTRLEN] = "";
    bool is_v4 = p->address.ss_family == AF_INET;
    inet_ntop(p->address.ss_family, is_v4 ? (const void *)&v4->sin_addr : (const void *)&v6->sin6_addr, name,
              sizeof name);
    snprintf(bound, 64, is_v4 ? "%s:%u" : "[%s]:%u", name, (unsigned)ntohs(is_v4 ? v4->sin_port : v6->sin6_port));
}

static enum idem_status S_bind(int fd, struct place *p, const char *address, struct idem_error *err)
{
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&p->address, p->len) != 0 || listen(fd, BACKLOG) != 0)
        return error_set(err, IDEM_IO, "%s: cannot listen there (%s); name another address or port with --listen",
                         address, strerror(errno));
    p->len = sizeof p->address;
    getsockname(fd, (struct sockaddr *)&p->address, &p->len);
    return IDEM_OK;
}

enum idem_status listen_open(const char *address, int *out, char bound[64], bool *loopback, struct idem_error *err)
{
    struct place p;
    if (!S_parse(address, &p))
        return error_set(err, IDEM_INVALID,
                         "%s: an address is numbers and a port, as 127.0.0.1:8480, [::1]:8480 or 0.0.0.0:8480",
                         address);
    int fd = socket(p.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return error_errno(err, errno, "%s", address);
    enum idem_status status = S_bind(fd, &p, address, err);
    if (status != IDEM_OK) {
        close(fd);
        return status;
    }
    *loopback = S_is_loopback(&p);
    S_tell(&p, bound);
    *out = fd;
    return IDEM_OK;
}

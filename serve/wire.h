/*
 * An answer of JSON lines that goes out while its request still comes in. libmicrohttpd begins an answer when it has
 * read the whole request (or gives the rest of it up); so these bytes go to the connection's socket, or through its TLS
 * session, past it: head, one chunk each turn, end. The connection is closed behind them.
 *
 * One thread at a time: the connection's, or any other while it is suspended.
 */
#ifndef IDEM_SERVE_WIRE_H
#define IDEM_SERVE_WIRE_H

#include "base/buf.h"

struct wire {
    int fd;
    void *tls; /* of GnuTLS; NULL: none */
    struct buf out;
    size_t sent; /* of `out` */
    bool begun, broken;
};

/* The head of a 200 of this type, once. */
void wire_begin(struct wire *w, const char *type);
void wire_add(struct wire *w, struct str bytes);
void wire_end(struct wire *w);
/* Sends what goes without waiting. Returns how much is left; 0 when the connection is broken, for nobody takes it. */
size_t wire_send(struct wire *w);
/* Whether the client takes more, and whether it sends more. */
void wire_look(const struct wire *w, bool *takes, bool *sends);
void wire_deinit(struct wire *w);

#endif

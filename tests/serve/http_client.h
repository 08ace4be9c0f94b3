/* A plain HTTP client for tests: says exactly what it is told, byte for byte. */
#ifndef IDEM_TESTS_HTTP_CLIENT_H
#define IDEM_TESTS_HTTP_CLIENT_H

#include "base/buf.h"

struct http_answer {
    unsigned status; /* 0: the connection ended without one */
    struct buf head, body;
};

/* Sends the bytes on a new connection to 127.0.0.1:port and reads one answer. */
void http_raw(unsigned port, struct str bytes, struct http_answer *answer);
/* A request with Host, the headers given ("A: b\r\n..." or ""), and a body unless NULL. */
void http_ask(unsigned port, const char *method, const char *target, const char *headers, const char *body,
              struct http_answer *answer);
/* The value of a header of the answer; empty when it has none. */
struct str http_header(const struct http_answer *answer, const char *name);
void http_answer_deinit(struct http_answer *answer);

/* A connection of one's own: for streams and half requests. */
int http_connect(unsigned port);

#endif

/*
 * The head of a request: whose it is, what it asks for, whether he may, and whether its body is one that it takes.
 *
 * What libmicrohttpd 0.9.75 lets through and this does not: a request with Content-Length and Transfer-Encoding, with
 * several Host lines, a body where none belongs, a path that is decoded before it is taken apart.
 */
#ifndef IDEM_SERVE_HEAD_H
#define IDEM_SERVE_HEAD_H

#include <stdbool.h>

struct request;

/* Finds the route and fills what the request says of itself; false with the problem as answer. *has_body in any case.
 */
bool head_accept(struct request *rq, const char *method, const char *version, bool *has_body);

#endif

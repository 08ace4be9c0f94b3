/*
 * libmicrohttpd's side: connections, bodies, answers. Only daemon.c and head.c have to do with it.
 */
#ifndef IDEM_SERVE_DAEMON_H
#define IDEM_SERVE_DAEMON_H

#include <stdbool.h>

#include "base/error.h"

struct request;
struct service;
struct daemon;

/* Takes over the listening socket. */
enum idem_status daemon_start(struct service *service, int socket, struct daemon **out, struct idem_error *err);
/* No new connections; those that are open go on. */
void daemon_quiesce(struct daemon *d);
/* Nothing may be suspended any more. */
void daemon_stop(struct daemon *d);

/* A request that was handed on is answered (or wants to wait for changes): from any thread. */
void daemon_done(struct request *rq);
/* Sends more of the answers to lines; true when the request goes on, or is given up: its client takes nothing, or it
 * is the `last` attempt. */
bool daemon_pour(struct request *rq, bool last);
/* A request that waited goes on. */
void daemon_go_on(struct request *rq);

#endif

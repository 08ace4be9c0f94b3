/*
 * Records over HTTP: one by PUT and DELETE, written together with those of other requests; many as JSON lines, read and
 * written while they still come in.
 */
#ifndef IDEM_SERVE_RECORDS_H
#define IDEM_SERVE_RECORDS_H

#include "serve/service.h"

/* PUT and DELETE of several requests in one transaction; each gets its answer. */
void records_write(struct lease *lease, struct request *const *rq, unsigned n);

#endif

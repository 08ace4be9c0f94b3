/* Counts and times of requests by route, in the text format of Prometheus. Counting is wait-free. */
#ifndef IDEM_SERVE_METRICS_H
#define IDEM_SERVE_METRICS_H

#include <stdatomic.h>

#include "base/buf.h"

struct service;
struct request;

enum { METRIC_STATUSES = 5, METRIC_TIMES = 12, METRIC_ROUTES = 64 };

struct route_metrics {
    atomic_ulong status[METRIC_STATUSES]; /* 1xx .. 5xx */
    atomic_ulong within[METRIC_TIMES];    /* by the bounds in metrics.c, the last without one */
    atomic_ulong microseconds;
};

struct metrics {
    struct route_metrics route[METRIC_ROUTES + 1]; /* by place in the table; the last: no route */
    double started;
};

/* The answer of `rq` has been sent. */
void metrics_count(struct metrics *m, const struct request *rq);
void metrics_tell(struct service *service, struct buf *out);

#endif

#include "serve/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "serve/route.h"
#include "serve/service.h"

static const double BOUNDS_MS[METRIC_TIMES - 1] = {0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 100, 500, 2500};

void metrics_count(struct metrics *m, const struct request *rq)
{
    size_t at = rq->route ? (size_t)(rq->route - ROUTES) : METRIC_ROUTES;
    struct route_metrics *r = &m->route[at < METRIC_ROUTES ? at : METRIC_ROUTES];
    double ms = (clock_seconds() - rq->started) * 1e3;
    unsigned class = rq->answer.status / 100, bin = 0;
    while (bin < METRIC_TIMES - 1 && ms > BOUNDS_MS[bin])
        bin++;
    if (class >= 1 && class <= METRIC_STATUSES)
        atomic_fetch_add_explicit(&r->status[class - 1], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&r->within[bin], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&r->microseconds, (unsigned long)(ms * 1e3), memory_order_relaxed);
}

static const char *S_path(size_t i)
{
    return i < N_ROUTES ? ROUTES[i].path : "none";
}

static const char *S_method(size_t i)
{
    return i < N_ROUTES ? ROUTES[i].method : "";
}

static void S_requests(const struct metrics *m, struct buf *out)
{
    buf_str(out, STR("# HELP idem_requests_total Requests answered.\n# TYPE idem_requests_total counter\n"));
    for (size_t i = 0; i <= METRIC_ROUTES; i++)
        for (unsigned c = 0; c < METRIC_STATUSES; c++) {
            unsigned long n = atomic_load_explicit(&m->route[i].status[c], memory_order_relaxed);
            if (n)
                buf_printf(out, "idem_requests_total{method=\"%s\",route=\"%s\",status=\"%uxx\"} %lu\n", S_method(i),
                           S_path(i), c + 1, n);
        }
}

static void S_times(const struct metrics *m, struct buf *out)
{
    buf_str(out, STR("# HELP idem_request_seconds From the line of a request to the end of its answer.\n"
                     "# TYPE idem_request_seconds histogram\n"));
    for (size_t i = 0; i <= METRIC_ROUTES; i++) {
        unsigned long sum = 0;
        for (unsigned b = 0; b < METRIC_TIMES; b++)
            sum += atomic_load_explicit(&m->route[i].within[b], memory_order_relaxed);
        if (!sum)
            continue;
        sum = 0;
        for (unsigned b = 0; b < METRIC_TIMES; b++) {
            char bound[24] = "+Inf";
            if (b < METRIC_TIMES - 1)
                snprintf(bound, sizeof bound, "%g", BOUNDS_MS[b] / 1e3);
            sum += atomic_load_explicit(&m->route[i].within[b], memory_order_relaxed);
            buf_printf(out, "idem_request_seconds_bucket{method=\"%s\",route=\"%s\",le=\"%s\"} %lu\n", S_method(i),
                       S_path(i), bound, sum);
        }
        unsigned long us = atomic_load_explicit(&m->route[i].microseconds, memory_order_relaxed);
        buf_printf(out,
                   "idem_request_seconds_sum{method=\"%s\",route=\"%s\"} %g\n"
                   "idem_request_seconds_count{method=\"%s\",route=\"%s\"} %lu\n",
                   S_method(i), S_path(i), (double)us / 1e6, S_method(i), S_path(i), sum);
    }
}

/* From /proc: pages of memory that are in use. */
static unsigned long S_resident(void)
{
    char line[256], *rest = line;
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f || !fgets(line, sizeof line, f))
        line[0] = 0;
    if (f)
        fclose(f);
    strtoul(rest, &rest, 10); /* all, then those resident */
    return strtoul(rest, NULL, 10) * (unsigned long)sysconf(_SC_PAGESIZE);
}

static void S_gauge(struct buf *out, const char *name, const char *help, double value)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s gauge\n%s %.15g\n", name, help, name, name, value);
}

void metrics_tell(struct service *service, struct buf *out)
{
    S_requests(&service->metrics, out);
    S_times(&service->metrics, out);
    S_gauge(out, "idem_in_flight", "Requests that are being worked on.", atomic_load(&service->in_flight));
    S_gauge(out, "idem_waiting_to_read", "Requests in the queue of the readers.", pool_queued(&service->readers));
    S_gauge(out, "idem_waiting_to_write", "Requests in the queue of the writer.", pool_queued(&service->writer));
    S_gauge(out, "idem_change_seq", "The last change of the database.", (double)atomic_load(&service->seq));
    S_gauge(out, "idem_uptime_seconds", "Since the service began.", clock_seconds() - service->metrics.started);
    S_gauge(out, "idem_resident_bytes", "Memory in use.", (double)S_resident());
}

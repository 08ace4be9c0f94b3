/* Health, readiness, metrics, and the document about the rest. */
#include "serve/route.h"
#include "serve/service.h"

static void S_state(struct request *rq, unsigned status, const char *word)
{
    json_t *state = json_object();
    json_put(state, "status", json_string(word));
    json_put(state, "version", json_string(idem_version()));
    json_put(state, "seq", json_integer((json_int_t)atomic_load(&rq->service->seq)));
    answer_json(&rq->answer, status, json_text(state));
    json_decref(state);
}

void run_health(struct request *rq, struct idem_session *s)
{
    (void)s;
    S_state(rq, 200, "ok");
}

void run_ready(struct request *rq, struct idem_session *s)
{
    (void)s;
    if (!atomic_load(&rq->service->draining)) {
        S_state(rq, 200, "ready");
        return;
    }
    answer_problem(&rq->answer, 503, "stopping", "the service is stopping");
}

void run_metrics(struct request *rq, struct idem_session *s)
{
    struct buf text = {0};
    (void)s;
    metrics_tell(rq->service, &text);
    answer_text(&rq->answer, 200, TYPE_METRICS, text.ptr, text.len);
}

void run_openapi(struct request *rq, struct idem_session *s)
{
    (void)s;
    rq->answer = (struct answer){.status = 200,
                                 .type = TYPE_JSON,
                                 .body = rq->service->openapi,
                                 .len = strlen(rq->service->openapi),
                                 .borrowed = true};
}

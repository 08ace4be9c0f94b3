#include "serve/repeat.h"

#include "serve/route.h"

enum { LONGEST_KEY = 200 };

/* A key is the client's own: those of two tokens do not meet. */
static void S_names(const struct request *rq, struct buf *key, struct buf *asked)
{
    buf_printf(key, "%lld %s", (long long)rq->token.token_id, rq->idempotency_key);
    buf_printf(asked, "%s %s", rq->route->method, rq->route->path);
    for (unsigned i = 0; i < MOST_CAPTURES; i++) {
        buf_byte(asked, 0);
        buf_str(asked, rq->target.capture[i]);
    }
    buf_byte(asked, 0);
    buf_str(asked, buf_view(&rq->body));
}

bool repeat_answer(struct request *rq, struct idem_session *s)
{
    struct idem_error err = {0};
    struct buf key = {0}, asked = {0};
    char *json = NULL;
    if (!rq->idempotency_key)
        return false;
    size_t len = strlen(rq->idempotency_key);
    if (!len || len > LONGEST_KEY) {
        answer_problem(&rq->answer, 400, "bad_request", "an Idempotency-Key has 1 to %d characters", LONGEST_KEY);
        return true;
    }
    S_names(rq, &key, &asked);
    enum idem_status status =
        idem_request(s, (struct idem_str){key.ptr, key.len}, (struct idem_str){asked.ptr, asked.len}, &json, &err);
    buf_deinit(&key);
    buf_deinit(&asked);
    if (status == IDEM_NOT_FOUND)
        return false;
    if (status == IDEM_OK) {
        answer_json(&rq->answer, rq->route->success, json);
        answer_header(&rq->answer, "Idempotent-Replayed", "true");
    } else if (status == IDEM_CONFLICT) {
        answer_problem(&rq->answer, 422, "key_used", "this Idempotency-Key was used for another request");
    } else {
        answer_error(&rq->answer, status, &err);
    }
    return true;
}

/* Requests that are sent twice with one Idempotency-Key take effect once: the second gets the answer of the first. */
#ifndef IDEM_SERVE_REPEAT_H
#define IDEM_SERVE_REPEAT_H

#include "serve/request.h"

/* True when the request is answered by this: it was done before, or its key is wrong. Otherwise the next write of the
 * session keeps its answer under the key. */
bool repeat_answer(struct request *rq, struct idem_session *s);

#endif

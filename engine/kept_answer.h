/*
 * Requests that must not take effect twice: the answer to a write is kept under the key its caller chose, in the
 * transaction of that write. A key is bound to the caller and to what was asked; both are kept as digests only.
 */
#ifndef IDEM_ENGINE_KEPT_ANSWER_H
#define IDEM_ENGINE_KEPT_ANSWER_H

#include "engine/session.h"

/* Inside the transaction of a write, before its commit: keeps `answer` when idem_request has announced one. */
enum idem_status kept_answer_note(struct idem_session *s, struct store *store, struct str answer,
                                  struct idem_error *err);

#endif

/*
 * The writer: the one thread through which everything is written, in the order of arrival. What waits is written
 * together: records of several requests in one transaction, notes of the audit log of several answers in another. A
 * request is answered when its transaction is durable.
 */
#ifndef IDEM_SERVE_WRITER_H
#define IDEM_SERVE_WRITER_H

#include "serve/service.h"

/* Works off up to this many requests at once. */
enum { WRITER_GROUP = 64, WRITER_WAIT_MS = 2000, /* from its arrival on, for a batch that is writing, before 503 */
       NOTES_WAIT_MS = 10000 /* the same for an answer that shows values */ };

/* The resolver's session is its own: it knows of commits of others, not of its session's. */
struct writer {
    struct lease steward, records;
};

void writer_work(struct pool *p, struct writer *w, struct request *const *rq, unsigned n);
void writer_end(struct writer *w);
/* The answer shows personal values: it waits until that is noted. False when the queue is full. */
bool writer_note(struct service *service, struct request *rq);

#endif

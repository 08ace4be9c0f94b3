/*
 * The feed of changes over HTTP: pages of JSON, which may wait for the next change, or server-sent events without end.
 * A stream is read by its connection's thread and filled by a reader: feed_read says that there is nothing, the request
 * waits for a change (or to say that it still lives), a reader fills, the connection goes on.
 */
#ifndef IDEM_SERVE_FEED_H
#define IDEM_SERVE_FEED_H

#include <sys/types.h>

#include "serve/request.h"

struct feed {
    struct buf out;
    size_t sent;
    int64_t since; /* the last change that is in `out` or was sent */
    bool ended;
};

enum { FEED_NOTHING = 0, FEED_END = -1 };

/* Bytes into `bytes`, FEED_NOTHING, or FEED_END. */
ssize_t feed_read(struct request *rq, char *bytes, size_t room);
void feed_free(struct feed *feed);

#endif

/*
 * One request on its way through the service: made when its line has been read, freed when its answer was sent. One
 * thread at a time works on it: a connection's, or the reader's or writer's it was handed to.
 */
#ifndef IDEM_SERVE_REQUEST_H
#define IDEM_SERVE_REQUEST_H

#include "base/buf.h"
#include "base/json.h"
#include "serve/answer.h"
#include "serve/query.h"
#include "serve/wire.h"

struct service;
struct route;
struct feed;
struct lease;

enum stage {
    STAGE_LINE,    /* the line was read */
    STAGE_BODY,    /* the headers were looked at, the body (if any) is being read */
    STAGE_WORKING, /* handed on */
    STAGE_ANSWERED /* the answer is complete */
};

struct request {
    struct service *service;
    const struct route *route; /* NULL until found */
    void *connection;          /* libmicrohttpd's */
    enum stage stage;
    struct target target; /* path and query, decoded */
    const char *method;
    const char *content_type, *if_match, *if_none_match, *idempotency_key; /* NULL: not sent */
    const char *accept, *accept_encoding, *last_event_id;
    struct buf body;
    json_t *json;            /* body as JSON, once asked for */
    struct idem_token token; /* who asks, and what he may */
    char by[160];            /* ... in words, for the records of the database */
    bool masked;             /* personal values are masked for him */
    struct answer answer;
    struct lease *lease;      /* of the thread that works on it */
    struct idem_notes *notes; /* of what the answer shows: to be written before it is sent */
    bool lines;               /* the body is JSON lines: worked off, and answered, while it comes in */
    bool partial;             /* ... more of it follows */
    bool again;               /* ... more of it is at hand: another turn */
    bool gave_up;             /* ... the rest is not taken */
    struct buf told;          /* answers to lines that are not on the wire yet */
    uint64_t lines_done;
    uint64_t length, taken; /* of the body as the client says, UINT64_MAX when it does not; so far */
    bool streams;           /* the client takes an answer that begins before its request ends (HTTP/1.1) */
    bool ended;             /* all of it is on the wire */
    struct wire wire;
    size_t unsent;         /* ... at the last look */
    struct feed *feed;     /* an open stream of events */
    double started;        /* clock_seconds */
    double begun;          /* ... when its head had come */
    double deadline;       /* while it waits for changes */
    int64_t since;         /* ... after this one; INT64_MAX: it does not wait */
    struct request *next;  /* in a queue */
    unsigned address_hash; /* of the client, for limits */
    bool counted;
};

struct request *request_new(struct service *service, const char *uri);
void request_free(struct request *rq);

/* A part of the path by its place in the template, and a parameter of the query; ptr NULL when it is not there. */
struct str request_capture(const struct request *rq, unsigned nth);
struct str request_query(const struct request *rq, const char *name);
/* A number within limits; `otherwise` when it is not there. False, with a problem as answer, when it is no such number.
 */
bool request_number(struct request *rq, const char *name, int64_t least, int64_t most, int64_t otherwise,
                    int64_t *value);
/* The body as a JSON object whose keys are all in `known`; false with a problem as answer. */
bool request_object(struct request *rq, const char *const *known, size_t n);
/* A text of the body; false with a problem as answer when it is missing (and needed), no text, empty or has a NUL. */
bool request_text(struct request *rq, const char *key, bool needed, const char **text);
/* True when it can be the name of a source. */
bool request_is_source(struct str name);
/* True when the token may see records of the source; else a problem is the answer. */
bool request_may_source(struct request *rq, struct str source);

#endif

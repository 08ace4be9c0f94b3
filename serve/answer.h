/*
 * The answer to a request: status, a few headers, a body. What went wrong is a problem document (RFC 9457):
 *   {"type":"urn:idem:problem:not_found","title":"Not Found","status":404,"detail":"no such record"}
 */
#ifndef IDEM_SERVE_ANSWER_H
#define IDEM_SERVE_ANSWER_H

#include "base/error.h"

enum { MOST_ANSWER_HEADERS = 6, ANSWER_HEADER_BYTES = 128 };

struct answer_header {
    const char *name;
    char value[ANSWER_HEADER_BYTES];
};

struct answer {
    unsigned status; /* 0: not answered yet */
    const char *type;
    char *body; /* malloc'ed unless `borrowed` */
    size_t len;
    bool borrowed; /* lives as long as the service */
    bool stream;   /* the body is the request's feed */
    bool close;    /* the connection cannot go on */
    struct answer_header header[MOST_ANSWER_HEADERS];
    unsigned n_headers;
};

extern const char TYPE_JSON[], TYPE_PROBLEM[], TYPE_LINES[], TYPE_EVENTS[], TYPE_METRICS[], TYPE_FHIR[];

void answer_deinit(struct answer *a);
void answer_header(struct answer *a, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Takes over a malloc'ed text. */
void answer_json(struct answer *a, unsigned status, char *text);
void answer_text(struct answer *a, unsigned status, const char *type, char *text, size_t len);
void answer_empty(struct answer *a, unsigned status);
/* `kind` ends the type's URN; replaces what was answered so far. */
void answer_problem(struct answer *a, unsigned status, const char *kind, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The problem that an error of the library is. */
void answer_error(struct answer *a, enum idem_status status, const struct idem_error *err);
/* Compresses the body when that pays and `accept` (Accept-Encoding, may be NULL) allows it. */
void answer_pack(struct answer *a, const char *accept);
/* "Not Found" */
const char *answer_title(unsigned status);

#endif

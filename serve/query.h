/*
 * The target of a request, taken apart and decoded: segments of the path and parameters of the query. Strict: what is
 * no proper percent-encoding, holds a NUL or a control byte, or has "." or ".." as a segment is refused.
 */
#ifndef IDEM_SERVE_QUERY_H
#define IDEM_SERVE_QUERY_H

#include <stdbool.h>

#include "base/str.h"

enum { MOST_SEGMENTS = 8, MOST_PARAMETERS = 16, MOST_CAPTURES = 2 };

struct parameter {
    struct str name, value;
};

struct target {
    char *text; /* malloc'ed; what follows points into it */
    bool good;
    struct str segment[MOST_SEGMENTS];
    unsigned n_segments;
    struct parameter parameter[MOST_PARAMETERS];
    unsigned n_parameters;
    struct str capture[MOST_CAPTURES]; /* filled by route_find */
};

/* `uri` as it stood in the request line. Never fails: `good` tells. */
void target_parse(struct target *t, const char *uri);
void target_deinit(struct target *t);

#endif

/* A text through the JSON lines reader, against jansson line by line. */
#ifndef IDEM_TESTS_INGEST_JSON_CHECK_H
#define IDEM_TESTS_INGEST_JSON_CHECK_H

#include "base/str.h"

/* NULL when both agree, and when tiny slices and several threads give the same; else what differs (malloc'ed). */
char *json_check(struct str text);

#endif

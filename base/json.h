/*
 * JSON on jansson, the only place that includes it: parsing with limits and places, typed getters with good errors,
 * and the short forms to build results. Ownership is jansson's: json_... _new functions steal nothing unless said.
 */
#ifndef IDEM_BASE_JSON_H
#define IDEM_BASE_JSON_H

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

/* From now on, and in the whole process, jansson has memory or the process ends: a value that silently is not in an
 * answer would be a wrong answer. For programs; a library leaves its host's jansson alone. */
void json_checks_memory(void);

/* Parses one document; duplicate keys and NUL are refused. The error names `name`, line and column. Caller
 * json_decref()s. */
enum idem_status json_parse(struct str text, const char *name, json_t **out, struct idem_error *err);

/* Text of a string value (borrowed from it); empty when it is not a string. */
struct str json_str(const json_t *value);
/* A string value from a slice; bytes that are not UTF-8 become U+FFFD. */
json_t *json_from_str(struct str s);
/* object[key] = value, stealing value. */
void json_put(json_t *object, const char *key, json_t *value);
void json_put_str(json_t *object, const char *key, struct str value);
/* Compact text, keys in order of insertion; malloc'ed, NUL-terminated. */
char *json_text(const json_t *value);
/* The same bytes for a text or a number, without a value in between: for answers that are made often. */
void json_write_str(struct buf *out, struct str s);
void json_write_real(struct buf *out, double value);

/* The known key nearest to `key` by edit distance (at most 2 edits, or a third of its length), or NULL. */
const char *json_nearest_key(struct str key, const char *const *known, size_t n);

#endif

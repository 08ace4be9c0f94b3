/*
 * One line of JSON. simdjson finds its tokens and checks its UTF-8 (jsonshim.cpp, the only file that knows it); the
 * walk over them is ours, because numbers must keep their text, values must be slices of the line, and nothing may go
 * unchecked.
 *
 * Every value of the line is visited, so that a line is either valid JSON to its last byte or refused; values at wanted
 * paths are handed out as they are met. Path rules: "a.b" is key b of the object at key a, or the one key "a.b"; an
 * array on the way stands for each of its elements in turn; of a key that an object has twice the first counts.
 *
 * A json_paths is compiled once and constant, shared by all threads; each thread has its own json_walker.
 */
#ifndef IDEM_INGEST_JSONSHIM_H
#define IDEM_INGEST_JSONSHIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { JSONSHIM_MOST_DEPTH = 500 }; /* of arrays and objects within one another */

enum json_line_result { JSON_LINE_OBJECT, JSON_LINE_OTHER, JSON_LINE_INVALID, JSON_LINE_NOT_UTF8 };

enum json_value_kind {
    JSON_TEXT,    /* the text of a string, as it stands */
    JSON_ESCAPED, /* the same with escapes in it, all well formed: jsontext_unescape */
    JSON_SOURCE   /* a number, true, false, or a whole object: its source text */
};

/* `slot` is the index of the path in json_paths_open; null gives no call. ptr is never NULL. */
typedef void json_value_fn(void *context, unsigned slot, enum json_value_kind kind, const char *ptr, size_t len);
/* A leaf of the line by its path, in which arrays leave no trace; `empty`: a null or an empty array, which may stand
 * for anything. */
typedef void json_path_fn(void *context, const char *path, size_t len, int empty);

struct json_paths;
struct json_walker;

struct json_paths *json_paths_open(const char *const *path, const size_t *len, size_t n);
void json_paths_close(struct json_paths *paths);

struct json_walker *json_walker_open(const struct json_paths *paths);
void json_walker_close(struct json_walker *w);

/* Values handed out before a fault is met must be dropped by the caller when the result is not JSON_LINE_OBJECT. At
 * most 4 GB a line. */
enum json_line_result json_walker_read(struct json_walker *w, const char *line, size_t len, json_value_fn *value,
                                       void *context);
/* The paths of all leaves, in the order of the line (repeats included). Without `path` it only checks the line. */
enum json_line_result json_walker_paths(struct json_walker *w, const char *line, size_t len, json_path_fn *path,
                                        void *context);

#ifdef __cplusplus
}
#endif

#endif

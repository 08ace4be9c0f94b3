/*
 * The human form of a JSON result: single values as aligned "name  value" lines, lists of objects as tables, objects
 * inside as indented blocks. Numbers are written by what their key means (bytes, seconds, shares, counts).
 */
#ifndef IDEM_CLI_RENDER_H
#define IDEM_CLI_RENDER_H

#include "base/json.h"
#include "cli/output.h"

/* Everything that the object holds. */
void render_object(const struct cli *c, struct output *o, const json_t *object);
/* One list of objects as a table. `columns`: the keys to show in this order, separated by spaces, or NULL for all. */
void render_table(const struct cli *c, struct output *o, const json_t *list, const char *columns);
/* A value on one line: text as it is, lists joined by ", ", {data_source, record_id} as "source:id". */
struct str render_value(struct arena *out, const char *key, const json_t *value);
/* A heading in bold behind an empty line. */
void render_heading(const struct cli *c, struct output *o, const char *text);

/* A copy whose texts and keys are as base/visible.h shows them: what `human` below is given. */
json_t *render_visible(const json_t *value);

/* Takes a JSON text from the library: prints it with --json, else hands the parsed form to `human`. Frees `text`. */
typedef void render_fn(const struct cli *c, struct output *o, const json_t *result);
enum idem_status render_result(const struct cli *c, char *text, render_fn *human, struct idem_error *err);
/* The same for what merely tells that it is done: with --quiet nothing is shown, unless --json asks for it. */
enum idem_status render_summary(const struct cli *c, char *text, render_fn *human, struct idem_error *err);

#endif

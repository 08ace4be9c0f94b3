/*
 * Where results go: standard output, or a file that appears under its name only when it is complete.
 * Writing never fails where it is called: the first error is kept and reported by output_close. A reader that went away
 * (EPIPE) is no error; output_gone tells that there is no point in going on.
 */
#ifndef IDEM_CLI_OUTPUT_H
#define IDEM_CLI_OUTPUT_H

#include "base/buf.h"
#include "cli/cli.h"

struct output {
    int descriptor;
    int errnum;               /* first error, 0 none */
    const char *path;         /* as given, NULL: standard output */
    char *target, *temporary; /* NULL when written in place */
    bool terminal;            /* what is written is foreign text on its way to a terminal: base/visible.h */
    struct buf buf;
};

void output_stdout(struct output *o);
/* Standard output for text that is not ours, as values and JSON of them: on a terminal what would steer it is shown as
 * escapes, and no style may be written. */
void output_foreign(struct output *o);
/* `path` NULL or "-": standard output, as output_foreign. A regular file is written beside its place and renamed by
 * output_close. */
enum idem_status output_open(struct output *o, const char *path, struct idem_error *err);
void output_bytes(struct output *o, const void *bytes, size_t len);
void output_str(struct output *o, struct str s);
void output_printf(struct output *o, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Everything written so far reaches the reader. */
void output_flush(struct output *o);
bool output_gone(const struct output *o);
/* An idem_write_fn with a struct output * as context. */
bool output_write(void *context, const void *bytes, size_t len);
/* Flushes and, when `status` is IDEM_OK, puts the file in place; otherwise removes it. Returns `status`, or the error
 * of writing when there was one. The write error of a reader gone away turns any status into IDEM_OK. */
enum idem_status output_close(struct output *o, enum idem_status status, struct idem_error *err);

/* A line of text (JSON, mostly) to standard output. */
enum idem_status output_line(const char *text, struct idem_error *err);

#endif

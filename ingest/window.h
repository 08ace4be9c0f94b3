/*
 * The stretch of a text that is in memory: filled from an input, dropped at the front, never moved between two drops,
 * so that rows may point into it.
 *
 * Files are read, not mapped. Mapping a cached file is cheaper (0.17 against 0.24 s of CPU a GB for a bare pass over
 * it, where parsing takes about 0.5), but a mapped file that somebody cuts short meanwhile kills the process with
 * SIGBUS, and reading is the same for pipes and compressed files.
 */
#ifndef IDEM_INGEST_WINDOW_H
#define IDEM_INGEST_WINDOW_H

#include "ingest/input.h"
#include "ingest/part.h"

struct window {
    char *text;
    size_t len, room;
    uint64_t base; /* offset of text[0] in the file's text */
    bool last;     /* text[len] is the end of the file */
};

/* Room for `room` bytes and CSVSCAN_SLACK more, of which memory is used as it is filled. */
enum idem_status window_init(struct window *w, size_t room, struct idem_error *err);
void window_deinit(struct window *w);
/* Forgets the first `n` bytes; the rest moves to the front. */
void window_drop(struct window *w, size_t n);
/* Reads on until there are `len` bytes (at most the room) or the end. */
enum idem_status window_fill(struct window *w, struct input *in, size_t len, struct idem_error *err);

static inline struct window_view window_view(const struct window *w)
{
    return (struct window_view){{w->text, w->len}, w->last};
}

#endif

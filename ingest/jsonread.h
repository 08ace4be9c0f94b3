/*
 * JSON lines -> rows of wanted cells. Lines end with LF (CR before it is white space); empty lines are skipped; a line
 * that is not one valid JSON object is set aside. Paths: jsonshim.h.
 */
#ifndef IDEM_INGEST_JSONREAD_H
#define IDEM_INGEST_JSONREAD_H

#include "ingest/jsonshim.h"
#include "ingest/part.h"

struct jsonread {
    struct csv_limits limits;
    struct json_paths *paths; /* compiled from the wanted columns: slot = index of the column */
    size_t n_want;
    const unsigned *whole; /* [n_whole] slots of the pseudo column "." */
    size_t n_whole;
};

/* What one worker needs for itself. Zeroed at first. */
struct jsonread_worker {
    struct json_walker *walker;
    uint32_t *tail; /* [n_want] for part_add_value */
};

/* Reads rows from p->at on until p->end, a row that goes past the text, or one that is given up. */
void jsonread_part(const struct jsonread *j, struct jsonread_worker *w, struct window_view view, struct part *p);
void jsonread_worker_deinit(struct jsonread_worker *w);

/* The paths of all leaves in the first `most_lines` lines, in order of appearance; the last line counts only if it is
 * complete. A path seen empty only is left out when it turns out to be an object elsewhere. `*n_lines` may be NULL. */
void jsonread_paths(struct window_view view, size_t most_lines, struct arena *out, struct str **path, size_t *n,
                    size_t *n_lines);
/* Whether the text begins with a line that is a JSON object. */
bool jsonread_looks_like_it(struct window_view view);

#endif

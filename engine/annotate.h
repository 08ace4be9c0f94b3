/*
 * Annotation: the rows of a file with one more column, every other byte untouched, in constant memory. What CSV
 * (annotate_csv.c) and JSON lines (annotate_json.c) share: the window over the input, the output, the look-up.
 */
#ifndef IDEM_ENGINE_ANNOTATE_H
#define IDEM_ENGINE_ANNOTATE_H

#include "base/charset.h"
#include "engine/session.h"

enum { MOST_ID_COLUMNS = 8, MOST_ANNOTATED_ROW = 16 << 20, ANNOTATE_CHUNK = 1 << 18 };

struct annotator {
    struct idem_stream *stream;
    struct str source; /* whose ids */
    struct str id_column[MOST_ID_COLUMNS]; /* or JSON paths; several are joined by one space */
    unsigned n_id_columns;
    struct str column; /* the new one */
    char delimiter;    /* CSV: 0 is found in the header */
    bool header;
    struct charset_converter *charset; /* NULL: UTF-8 */

    idem_read_fn *read;
    void *read_context;
    idem_write_fn *write;
    void *write_context;

    struct buf in; /* bytes [at, in.len) are not yet done */
    size_t at;
    bool ended;  /* the input has no more */
    struct buf out, id, cell;
    bool id_incomplete; /* a part of the record id is empty */
    uint64_t line; /* of the row at `at`, from 1 */
    struct idem_annotate_result result;
};

/* Reads more behind what is there. IDEM_LIMIT when one row is longer than MOST_ANNOTATED_ROW. */
enum idem_status annotate_more(struct annotator *a, struct idem_error *err);
/* Appends to the output, which is handed on in large pieces. */
enum idem_status annotate_out(struct annotator *a, const char *bytes, size_t len, struct idem_error *err);
/* The master of the record id in a->id, counted as known, unknown or bad; "" unless known. */
enum idem_status annotate_lookup(struct annotator *a, char master_id[37], struct idem_error *err);
/* The record id of the next row: begin, then add each part, bytes of the file, which are converted to UTF-8. */
void annotate_begin_id(struct annotator *a);
void annotate_add_id(struct annotator *a, struct str bytes);

enum idem_status annotate_csv(struct annotator *a, struct idem_error *err);
enum idem_status annotate_json(struct annotator *a, struct idem_error *err);

#endif

/*
 * Annotation: the rows of a file with one more column, every other byte untouched, in constant memory. What CSV
 * (annotate_csv.c) and JSON lines (annotate_json.c) share: the window over the input, the output, the look-up.
 */
#ifndef IDEM_ENGINE_ANNOTATE_H
#define IDEM_ENGINE_ANNOTATE_H

#include "base/charset.h"
#include "engine/session.h"

enum {
    MOST_ID_COLUMNS = 8,
    MOST_ANNOTATED_ROW = 16 << 20,
    ANNOTATE_CHUNK = 1 << 20,
    ANNOTATE_SAMPLE = 1 << 16,
    MOST_WAITING = 1 << 14
};

/* A row that waits for its answer: the bytes [from, insert), what is inserted, [insert, end). */
struct annotated {
    size_t from, insert, end; /* in annotator.in */
    bool asked;               /* false: the row is copied as it is */
    bool leading_comma;       /* JSON: the object has other keys */
    uint32_t pads;            /* CSV: delimiters before the new cell */
    size_t id_at;             /* in annotator.ids */
    const char *master_id;    /* "" unless known; filled by annotate_answer */
};

struct annotator;
/* Appends what a row gets. */
typedef void annotate_insert_fn(struct annotator *a, const struct annotated *row, struct buf *out);

struct annotator {
    struct idem_stream *stream;
    struct str source;                     /* whose ids */
    struct str id_column[MOST_ID_COLUMNS]; /* or JSON paths; several are joined by one space */
    unsigned n_id_columns;
    struct str column; /* the new one */
    struct str key;    /* JSON: its name with quotes */
    char delimiter;    /* CSV: 0 is found in the header */
    bool header;
    struct charset_converter *charset; /* NULL: UTF-8 */

    idem_read_fn *read;
    void *read_context;
    idem_write_fn *write;
    void *write_context;

    struct buf in; /* bytes [at, in.len) are not yet done */
    size_t at;
    bool ended; /* the input has no more */
    struct buf out, ids, cell;
    size_t id_at;       /* in ids: of the row that is being read */
    bool id_incomplete; /* a part of its record id is empty */
    annotate_insert_fn *insert;
    struct annotated *waiting;
    struct idem_lookup *asked; /* [MOST_WAITING] of those that are asked for */
    uint32_t n_waiting;
    uint64_t line; /* of the row at `at`, from 1 */
    struct idem_annotate_result result;
};

/* Answers the rows that wait, hands their output on and reads more behind what is there. IDEM_LIMIT when one row is
 * longer than MOST_ANNOTATED_ROW. */
enum idem_status annotate_more(struct annotator *a, struct idem_error *err);
/* Appends to the output, which is handed on in large pieces. */
enum idem_status annotate_out(struct annotator *a, const char *bytes, size_t len, struct idem_error *err);
/* Puts a row in the queue, with the record id that was added since annotate_begin_id. */
enum idem_status annotate_queue(struct annotator *a, const struct annotated *row, struct idem_error *err);
/* Looks the rows up that wait, all at once, and writes them. */
enum idem_status annotate_answer(struct annotator *a, struct idem_error *err);
/* The record id of the next row: begin, then add each part, bytes of the file, which are converted to UTF-8. */
void annotate_begin_id(struct annotator *a);
void annotate_add_id(struct annotator *a, struct str bytes);

enum idem_status annotate_csv(struct annotator *a, struct idem_error *err);
enum idem_status annotate_json(struct annotator *a, struct idem_error *err);

#endif

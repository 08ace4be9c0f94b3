/*
 * What a reader gives, as text to compare: a line a row ("2 [Anna] [Berlin] -", "-" for NULL, "[a]+[b]" for several
 * values), then a line a reject ("3 unclosed quote").
 */
#ifndef IDEM_TESTS_INGEST_TRANSCRIPT_H
#define IDEM_TESTS_INGEST_TRANSCRIPT_H

#include "base/buf.h"
#include "ingest/reader.h"

struct transcript {
    struct buf rows, rejects;
    size_t n_rows, n_rejects, n_batches;
};

void transcript_deinit(struct transcript *t);
/* Appends a row's head, a cell, a reject: for twins that write the same text. */
void transcript_row(struct transcript *t, uint64_t line);
void transcript_cell(struct transcript *t, struct str value, bool further);
void transcript_absent(struct transcript *t);
void transcript_reject(struct transcript *t, uint64_t line, enum reject_reason reason);
/* Rows, then rejects; NUL-terminated, owned by the transcript. */
const char *transcript_text(struct transcript *t);

/* Reads the file that options->path names. */
enum idem_status transcript_read(struct transcript *t, const struct ingest_options *options,
                                 const struct reader_tuning *tuning, struct idem_error *err);
/* The same of a file in memory with this content; options->path is not used. */
enum idem_status transcript_read_text(struct transcript *t, struct str content, const struct ingest_options *options,
                                      const struct reader_tuning *tuning, struct idem_error *err);

/* A file in memory with this content: its path and descriptor, to be closed by the caller. */
int memory_file(struct str content, char path[64]);

#endif

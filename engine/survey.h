/*
 * Looking at a file as a stranger: how it is written (ingest_sniff), and the facts of every column. For init, profile.
 */
#ifndef IDEM_ENGINE_SURVEY_H
#define IDEM_ENGINE_SURVEY_H

#include "engine/column_facts.h"
#include "ingest/ingest.h"

struct survey {
    struct str path;
    struct reader_facts facts; /* as sniffed */
    int encoding_confidence;   /* 0..100 */
    uint64_t rows, rejected;
    bool whole; /* the file was read to its end */
    struct column_facts *column;
    size_t n_columns;
    struct arena arena;
};

/* Reads up to `most_rows` rows. IDEM_NOT_FOUND, IDEM_IO, IDEM_INVALID (not a table: a message with the path). */
enum idem_status survey_file(const char *path, uint64_t most_rows, struct survey *out, struct idem_error *err);
void survey_deinit(struct survey *s);

#endif

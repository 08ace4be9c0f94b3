/*
 * What ingest.h leaves out: the sizes a reader works with, as arguments, so that tests can make slices and windows tiny
 * and borders plenty. None of them changes a row, a line number or a reject, except that the limits say what is too
 * long and the sample is what sniffing sees; slice_bytes decides where batches end.
 */
#ifndef IDEM_INGEST_READER_H
#define IDEM_INGEST_READER_H

#include "ingest/csvread.h"
#include "ingest/ingest.h"

struct reader_tuning {
    size_t slice_bytes;  /* text whose rows make one batch */
    size_t ahead_bytes;  /* read beyond the last slice, for the row that goes over its end */
    size_t sample_bytes; /* looked at before the first row is read, for sniffing */
    unsigned slices_per_thread;
    struct csv_limits limits;
    enum csv_path path;
};

extern const struct reader_tuning reader_usual;

enum idem_status reader_open_tuned(const struct ingest_options *options, const struct reader_tuning *tuning,
                                   struct reader **out, struct idem_error *err);

#endif

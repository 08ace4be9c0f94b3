/* gzip of a text that is at hand, for answers of the service. Any thread. */
#ifndef IDEM_INGEST_GZIP_H
#define IDEM_INGEST_GZIP_H

#include "base/buf.h"
#include "base/error.h"

/* Appends the compressed text. */
enum idem_status gzip_pack(struct str text, struct buf *out, struct idem_error *err);

#endif

/*
 * Rows to CSV or JSON lines, handed on in large pieces. A row is begun, gets its cells in the order of the columns, and
 * is ended. CSV (RFC 4180, "\n"): an absent value is an empty cell, several are joined by '|'. JSON lines: null, a
 * string, or a list when there are several. Bytes that are not UTF-8 become U+FFFD in JSON.
 */
#ifndef IDEM_ENGINE_EMIT_H
#define IDEM_ENGINE_EMIT_H

#include "base/buf.h"
#include "base/error.h"

struct emit {
    idem_write_fn *write;
    void *context;
    enum idem_format format;
    bool spreadsheet_safe;
    const struct str *column; /* names */
    unsigned n_columns, at;   /* at: next cell */
    struct buf out, cell;
};

/* Writes the header of a CSV file. */
enum idem_status emit_begin(struct emit *e, idem_write_fn *write, void *context,
                            const struct idem_export_options *options, const struct str *column, unsigned n_columns,
                            struct idem_error *err);
void emit_text(struct emit *e, struct str value);
void emit_texts(struct emit *e, const struct str *value, size_t n);
void emit_number(struct emit *e, int64_t value);
void emit_none(struct emit *e);
enum idem_status emit_end_row(struct emit *e, struct idem_error *err);
/* Hands on the rest. */
enum idem_status emit_end(struct emit *e, struct idem_error *err);
void emit_deinit(struct emit *e);

#endif

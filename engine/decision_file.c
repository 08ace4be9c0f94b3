#include "engine/decision_file.h"

#include "ingest/ingest.h"

enum { LEFT_SOURCE, LEFT_ID, RIGHT_SOURCE, RIGHT_ID, VERDICT, REASON, COLUMNS };

static const char *const NAMES[COLUMNS] = {"left_source", "left_id", "right_source", "right_id", "verdict", "reason"};

struct reading {
    const char *path;
    struct reader *reader;
    int column[COLUMNS];
    decision_row_fn *row;
    void *context;
};

static enum idem_status S_columns(struct reading *r, struct idem_error *err)
{
    const struct reader_facts *facts = reader_facts(r->reader);
    for (unsigned i = 0; i < COLUMNS; i++) {
        r->column[i] = -1;
        for (size_t c = 0; c < facts->n_columns; c++)
            if (str_eq_nocase(str_trim(facts->column[c]), str_from(NAMES[i])))
                r->column[i] = (int)c;
        if (r->column[i] < 0 && i != REASON)
            return error_set(err, IDEM_INVALID,
                             "%s: there is no column \"%s\"; needed are left_source, left_id, right_source, right_id "
                             "and verdict",
                             r->path, NAMES[i]);
    }
    return IDEM_OK;
}

static enum idem_status S_row(struct reading *r, const struct row_batch *rows, size_t row, struct idem_error *err)
{
    struct str cell[COLUMNS] = {{0}};
    uint64_t line = rows->line[row];
    for (unsigned i = 0; i < COLUMNS; i++)
        if (r->column[i] >= 0) {
            const struct cell *c = &rows->cell[row * rows->n_cols + (size_t)r->column[i]];
            cell[i] = str_trim((struct str){c->ptr, c->len});
        }
    if (!cell[VERDICT].len)
        return IDEM_OK;
    for (unsigned i = 0; i < VERDICT; i++)
        if (!cell[i].len)
            return error_set(err, IDEM_INVALID, "%s:%llu: no %s", r->path, (unsigned long long)line, NAMES[i]);
    struct decision_row d = {cell[LEFT_SOURCE], cell[LEFT_ID], cell[RIGHT_SOURCE], cell[RIGHT_ID], cell[VERDICT],
                             cell[REASON],      line};
    return r->row(r->context, &d, err);
}

static enum idem_status S_rows(struct reading *r, struct idem_error *err)
{
    for (;;) {
        struct row_batch rows;
        TRY(reader_next(r->reader, &rows, err));
        if (!rows.n_rows && !rows.n_rejects)
            return IDEM_OK;
        if (rows.n_rejects)
            return error_set(err, IDEM_INVALID, "%s:%llu: %s", r->path, (unsigned long long)rows.reject[0].line,
                             reject_reason_name(rows.reject[0].reason));
        for (size_t row = 0; row < rows.n_rows; row++)
            TRY(S_row(r, &rows, row, err));
    }
}

enum idem_status decision_file_read(const char *path, decision_row_fn *row, void *context, struct idem_error *err)
{
    struct reading r = {.path = path, .row = row, .context = context};
    struct ingest_options options = {.path = path, .header = HEADER_YES, .threads = 1};
    enum idem_status status = reader_open(&options, &r.reader, err);
    if (status == IDEM_NOT_FOUND) /* a file, no record */
        return error_set(err, IDEM_IO, "%s: there is no such file", path);
    TRY(status);
    status = S_columns(&r, err);
    if (status == IDEM_OK)
        status = S_rows(&r, err);
    reader_close(r.reader);
    return status;
}

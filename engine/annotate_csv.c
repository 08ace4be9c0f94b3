/*
 * CSV, byte by byte: a quote opens a quoted cell at its first byte only, two quotes inside are one, line breaks inside
 * belong to the cell. The new cell goes before the row's line ending.
 */
#include "engine/annotate.h"

#include <stdlib.h>

#include "base/json.h"

enum { MOST_HEADER_CELLS = 16384 };

struct csv_cell {
    size_t from, to; /* in annotator.in; quotes included */
    bool quoted;
};

struct csv_row {
    size_t from, content, end; /* content: where the line ending begins; end: behind it */
    size_t n_cells, lines;     /* lines it takes */
    bool unclosed;             /* a quote that is never closed: read to the end of the line */
    struct csv_cell id[MOST_ID_COLUMNS];
    unsigned n_ids;
};

struct csv {
    struct annotator *a;
    char delimiter, line_end;       /* '\n', or '\r' in files that have no other */
    size_t column[MOST_ID_COLUMNS]; /* of the record id */
    size_t n_columns;               /* of the header */
    bool literal_quotes;            /* while an unclosed row is read again */
    struct csv_cell *all;           /* [MOST_HEADER_CELLS] every cell of the row, while the header is read; else NULL */
};

enum found { ROW, MORE, UNCLOSED };

/* Position behind the closing quote of the cell that begins at `at`; MORE when the data ends before that is sure. */
static enum found S_quoted(const struct annotator *a, size_t *at, size_t *lines, char line_end)
{
    const char *p = a->in.ptr;
    for (size_t i = *at + 1; i < a->in.len; i++) {
        *lines += p[i] == line_end;
        if (p[i] != '"')
            continue;
        if (i + 1 == a->in.len && !a->ended)
            return MORE;
        if (i + 1 < a->in.len && p[i + 1] == '"') {
            i++;
            continue;
        }
        *at = i + 1;
        return ROW;
    }
    return a->ended ? UNCLOSED : MORE;
}

static void S_keep(const struct csv *csv, struct csv_row *row, struct csv_cell cell)
{
    if (csv->all && row->n_cells < MOST_HEADER_CELLS)
        csv->all[row->n_cells] = cell;
    for (unsigned i = 0; i < csv->a->n_id_columns; i++)
        if (csv->column[i] == row->n_cells) {
            row->id[i] = cell;
            row->n_ids++;
        }
    row->n_cells++;
}

/* The row at a->at. */
static enum found S_scan(const struct csv *csv, struct csv_row *row)
{
    const struct annotator *a = csv->a;
    const char *p = a->in.ptr;
    const char delimiter = csv->delimiter, line_end = csv->line_end;
    size_t at = a->at;
    *row = (struct csv_row){.from = at, .lines = 1};
    for (;;) {
        struct csv_cell cell = {.from = at};
        if (at < a->in.len && p[at] == '"' && !csv->literal_quotes) {
            enum found found = S_quoted(a, &at, &row->lines, line_end);
            if (found != ROW)
                return found;
            cell.quoted = true;
        }
        while (at < a->in.len && p[at] != delimiter && p[at] != line_end)
            at++;
        if (at == a->in.len && !a->ended)
            return MORE;
        bool last = at == a->in.len || p[at] == line_end;
        cell.to = at;
        if (last && cell.to > cell.from && line_end == '\n' && p[cell.to - 1] == '\r')
            cell.to--;
        S_keep(csv, row, cell);
        if (last) {
            row->content = cell.to;
            row->end = at < a->in.len ? at + 1 : at;
            return ROW;
        }
        at++;
    }
}

/* The next row, reading as much as it takes; false at the end. A quote that is never closed is taken literally, so that
 * only its own row is spoilt. */
static enum idem_status S_next(struct csv *csv, struct csv_row *row, bool *more, struct idem_error *err)
{
    struct annotator *a = csv->a;
    *more = false;
    for (;;) {
        enum found found = a->at == a->in.len && a->ended ? MORE : S_scan(csv, row);
        if (found == ROW) {
            row->unclosed = csv->literal_quotes;
            csv->literal_quotes = false;
            *more = true;
            return IDEM_OK;
        }
        bool endless = a->in.len - a->at > MOST_ANNOTATED_ROW;
        if (found == UNCLOSED || (endless && !csv->literal_quotes))
            csv->literal_quotes = true;
        else if (a->ended)
            return IDEM_OK;
        else
            TRY(annotate_more(a, err));
    }
}

/* The text of a cell, quotes resolved, in a->cell. */
static struct str S_text(struct annotator *a, struct csv_cell cell)
{
    struct str raw = {a->in.ptr + cell.from, cell.to - cell.from};
    if (!cell.quoted)
        return raw;
    buf_clear(&a->cell);
    for (size_t i = 1; i < raw.len; i++) {
        if (raw.ptr[i] == '"' && ++i >= raw.len)
            break;
        buf_byte(&a->cell, raw.ptr[i]);
    }
    return buf_view(&a->cell);
}

/* Files of old have carriage returns alone. */
static char S_line_end(const struct annotator *a)
{
    const char *begin = a->in.ptr + a->at;
    size_t len = a->in.len < ANNOTATE_SAMPLE ? a->in.len - a->at : ANNOTATE_SAMPLE - a->at;
    const char *feed = len ? memchr(begin, '\n', len) : NULL, *carriage = len ? memchr(begin, '\r', len) : NULL;
    return carriage && !feed && len > (size_t)(carriage - begin) + 1 ? '\r' : '\n';
}

/* ---- the header */

static bool S_is(struct annotator *a, struct csv_cell cell, struct str name)
{
    return str_eq(str_trim(S_text(a, cell)), name);
}

/* Finds the wanted columns among the header's cells; `*taken`: the new column's name is there already. */
static bool S_find_columns(struct csv *csv, const struct csv_row *header, bool *taken)
{
    struct annotator *a = csv->a;
    unsigned n_found = 0;
    *taken = false;
    for (unsigned k = 0; k < a->n_id_columns; k++)
        csv->column[k] = SIZE_MAX;
    for (size_t i = 0; i < header->n_cells && i < MOST_HEADER_CELLS; i++) {
        for (unsigned k = 0; k < a->n_id_columns; k++)
            if (csv->column[k] == SIZE_MAX && S_is(a, csv->all[i], a->id_column[k])) {
                csv->column[k] = i;
                n_found++;
            }
        *taken |= S_is(a, csv->all[i], a->column);
    }
    csv->n_columns = header->n_cells;
    return n_found == a->n_id_columns;
}

/* Header cells may be data when there is no header: only one that resembles the name is shown. */
static enum idem_status S_no_column(struct csv *csv, const struct csv_row *header, struct idem_error *err)
{
    struct annotator *a = csv->a;
    struct arena scratch;
    arena_init(&scratch);
    const char **names = ARENA_NEW(&scratch, const char *, header->n_cells + 1);
    size_t n = 0;
    for (; n < header->n_cells && n < MOST_HEADER_CELLS; n++)
        names[n] = str_cstr(&scratch, str_trim(S_text(a, csv->all[n])));
    const char *nearest = json_nearest_key(a->id_column[0], names, n);
    enum idem_status status =
        nearest ? error_set(err, IDEM_INVALID, "the header has no column \"%.*s\", did you mean \"%s\"?",
                            STR_ARG(a->id_column[0]), nearest)
                : error_set(err, IDEM_INVALID,
                            "the header has no column \"%.*s\"; name the record id's with --record-id, "
                            "or the delimiter with --delimiter",
                            STR_ARG(a->id_column[0]));
    arena_deinit(&scratch);
    return status;
}

/* The delimiter under which the header has the record id's column. */
static enum idem_status S_header(struct csv *csv, struct csv_row *header, struct idem_error *err)
{
    struct annotator *a = csv->a;
    char one[] = {a->delimiter, 0};
    const char *candidates = a->delimiter ? one : ",;\t|";
    bool more, taken;
    for (size_t i = 0; candidates[i]; i++) {
        csv->delimiter = candidates[i];
        TRY(S_next(csv, header, &more, err));
        if (!more)
            return IDEM_OK;
        if (!S_find_columns(csv, header, &taken))
            continue;
        if (taken)
            return error_set(err, IDEM_CONFLICT, "the header has a column \"%.*s\" already; name another with --column",
                             STR_ARG(a->column));
        return IDEM_OK;
    }
    csv->delimiter = candidates[0];
    TRY(S_next(csv, header, &more, err));
    return S_no_column(csv, header, err);
}

/* A name as a CSV cell, in quotes where it needs them. */
static void S_quote(struct buf *out, struct str name, char delimiter)
{
    bool plain = str_find_byte(name, delimiter) == SIZE_MAX && str_find_byte(name, '"') == SIZE_MAX;
    if (plain) {
        buf_str(out, name);
        return;
    }
    buf_byte(out, '"');
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '"')
            buf_byte(out, '"');
        buf_byte(out, name.ptr[i]);
    }
    buf_byte(out, '"');
}

/* ---- rows */

static void S_insert(struct annotator *a, const struct annotated *row, struct buf *out)
{
    for (uint32_t i = 0; i < row->pads; i++)
        buf_byte(out, a->delimiter);
    buf_str(out, str_from(row->master_id));
}

/* Delimiters before the new cell, so that it stands under its name in short rows too. */
static uint32_t S_pads(const struct csv *csv, const struct csv_row *row)
{
    return row->n_cells < csv->n_columns ? (uint32_t)(csv->n_columns - row->n_cells) + 1 : 1;
}

static void S_done(struct csv *csv, const struct csv_row *row)
{
    csv->a->at = row->end;
    csv->a->line += row->lines;
}

static enum idem_status S_row(struct csv *csv, const struct csv_row *row, struct idem_error *err)
{
    struct annotator *a = csv->a;
    struct annotated queued = {
        .from = row->from, .insert = row->content, .end = row->end, .asked = row->content > row->from};
    queued.pads = S_pads(csv, row);
    annotate_begin_id(a);
    a->result.rows += queued.asked;
    for (unsigned i = 0; row->n_ids == a->n_id_columns && !row->unclosed && i < row->n_ids; i++)
        annotate_add_id(a, S_text(a, row->id[i]));
    S_done(csv, row);
    return annotate_queue(a, &queued, err);
}

/* The header with the new name. */
static enum idem_status S_put_header(struct csv *csv, const struct csv_row *row, struct idem_error *err)
{
    struct annotator *a = csv->a;
    const char *p = a->in.ptr;
    TRY(annotate_out(a, p + row->from, row->content - row->from, err));
    buf_byte(&a->out, csv->delimiter);
    S_quote(&a->out, a->column, csv->delimiter);
    S_done(csv, row);
    return annotate_out(a, p + row->content, row->end - row->content, err);
}

static enum idem_status S_first(struct csv *csv, struct idem_error *err)
{
    struct annotator *a = csv->a;
    struct csv_row header = {0};
    TRY(S_header(csv, &header, err));
    a->delimiter = csv->delimiter;
    a->insert = S_insert;
    return header.n_cells ? S_put_header(csv, &header, err) : IDEM_OK;
}

enum idem_status annotate_csv(struct annotator *a, struct idem_error *err)
{
    struct csv csv = {.a = a, .line_end = S_line_end(a)};
    struct csv_row row;
    bool more = true;
    csv.all = xcalloc(MOST_HEADER_CELLS, sizeof *csv.all);
    enum idem_status status = S_first(&csv, err);
    free(csv.all);
    csv.all = NULL;
    while (status == IDEM_OK && more) {
        status = S_next(&csv, &row, &more, err);
        if (status == IDEM_OK && more)
            status = S_row(&csv, &row, err);
    }
    return status;
}

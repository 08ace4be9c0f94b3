#include "ingest/csvrow.h"

struct walk {
    struct str text;
    bool last;
    struct csv_syntax syntax;
    struct csv_limits limits;
    struct csv_row *row;
};

/* What became of one cell. */
enum cell_end { CELL_DELIMITER, CELL_LINE_END, CELL_MORE, CELL_UNCLOSED, CELL_TOO_LONG };

size_t csvrow_find_line_end(struct str text, size_t from)
{
    if (from >= text.len)
        return text.len;
    const char *start = text.ptr + from;
    const char *lf = memchr(start, '\n', text.len - from);
    size_t end = lf ? (size_t)(lf - text.ptr) : text.len;
    const char *cr = end > from ? memchr(start, '\r', end - from) : NULL;
    return cr ? (size_t)(cr - text.ptr) : end;
}

uint64_t csvrow_count_lines(struct str text)
{
    uint64_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == '\n' || (text.ptr[i] == '\r' && !(i + 1 < text.len && text.ptr[i + 1] == '\n'));
    return n;
}

uint64_t csvrow_count_swallowed(struct str row, char delimiter, size_t n_columns)
{
    uint64_t lines = 0, alike = 0;
    if (n_columns < 3)
        return 0;
    for (size_t at = 0; at < row.len; lines++) {
        size_t end = csvrow_find_line_end(row, at), cells = 1;
        for (size_t i = at; i < end; i++)
            cells += row.ptr[i] == delimiter;
        alike += cells == n_columns;
        at = end + 1 + (end + 1 < row.len && row.ptr[end] == '\r' && row.ptr[end + 1] == '\n');
    }
    return lines > 1 && alike * 4 >= lines * 3 ? lines - 1 : 0;
}

size_t csvrow_undouble(struct str raw, char quote, char *to)
{
    char *start = to;
    for (size_t i = 0; i < raw.len; i++) {
        *to++ = raw.ptr[i];
        if (raw.ptr[i] == quote)
            i++;
    }
    return (size_t)(to - start);
}

/* Offset behind the line end at `at` (the end of the file counts as one), or SIZE_MAX when that cannot be said yet. */
static size_t S_behind_line_end(const struct walk *w, size_t at)
{
    if (at == w->text.len)
        return w->last ? at : SIZE_MAX;
    if (w->text.ptr[at] == '\n')
        return at + 1;
    if (at + 1 == w->text.len)
        return w->last ? at + 1 : SIZE_MAX;
    return at + 1 + (w->text.ptr[at + 1] == '\n');
}

static void S_add_cell(struct csv_row *row, struct csv_cell cell)
{
    if (row->n_cells < row->room)
        row->cell[row->n_cells] = cell;
    row->n_cells++;
}

/* Reads text up to a delimiter or line end. `*at` is where it begins, then where it ended. */
static enum cell_end S_plain(const struct walk *w, size_t *at)
{
    size_t from = *at;
    for (size_t i = from;; i++) {
        *at = i;
        if (i - from > w->limits.most_cell)
            return CELL_TOO_LONG;
        if (i == w->text.len)
            return w->last ? CELL_LINE_END : CELL_MORE;
        char c = w->text.ptr[i];
        if (c == w->syntax.delimiter)
            return CELL_DELIMITER;
        if (c == '\n' || c == '\r')
            return CELL_LINE_END;
    }
}

/* Offset of the closing quote of the cell opened at `open`, SIZE_MAX when there is none within the limit or text. */
static size_t S_closing_quote(const struct walk *w, size_t open, bool *doubled)
{
    size_t end = w->text.len, furthest = open + 1 + w->limits.most_cell;
    if (end > furthest + 1)
        end = furthest + 1;
    for (size_t i = open + 1; i < end;) {
        const char *found = memchr(w->text.ptr + i, w->syntax.quote, end - i);
        if (!found)
            break;
        size_t at = (size_t)(found - w->text.ptr);
        if (at + 1 >= w->text.len || w->text.ptr[at + 1] != w->syntax.quote)
            return at;
        *doubled = true;
        i = at + 2;
    }
    return SIZE_MAX;
}

/* The cell opened at *at has no closing quote in sight: more text, a quote never closed, or a cell too long? */
static enum cell_end S_without_end(const struct walk *w, size_t *at)
{
    size_t open = *at, furthest = open + 1 + w->limits.most_cell;
    if (furthest >= w->text.len) {
        if (!w->last)
            return CELL_MORE;
        return CELL_UNCLOSED;
    }
    if (csvrow_find_line_end(str_sub(w->text, 0, furthest + 1), open) <= furthest)
        return CELL_UNCLOSED;
    *at = furthest + 1;
    return CELL_TOO_LONG;
}

/* A quoted cell. `*at` is the opening quote, then where the cell ended (for CELL_UNCLOSED it stays). */
static enum cell_end S_quoted(const struct walk *w, size_t *at)
{
    struct csv_cell cell = {.from = *at + 1, .quoted = true};
    size_t close = S_closing_quote(w, *at, &cell.doubled);
    if (close == SIZE_MAX)
        return S_without_end(w, at);
    if (close + 1 == w->text.len && !w->last)
        return CELL_MORE;
    cell.to = close;
    size_t behind = close + 1;
    char c = behind < w->text.len ? w->text.ptr[behind] : '\n';
    if (c != w->syntax.delimiter && c != '\n' && c != '\r') {
        if (csvrow_find_line_end(str_sub(w->text, 0, close), cell.from) < close)
            return CELL_UNCLOSED;
        w->row->bad = true;
        w->row->reason = REJECT_STRAY_QUOTE;
    }
    *at = behind;
    enum cell_end end = S_plain(w, at);
    S_add_cell(w->row, cell);
    return end;
}

static enum cell_end S_cell(const struct walk *w, size_t *at)
{
    size_t from = *at;
    if (w->syntax.has_quote && from < w->text.len && w->text.ptr[from] == w->syntax.quote)
        return S_quoted(w, at);
    enum cell_end end = S_plain(w, at);
    S_add_cell(w->row, (struct csv_cell){.from = from, .to = *at});
    return end;
}

static enum csvrow_result S_bad(struct csv_row *row, enum reject_reason reason, enum csvrow_result result)
{
    row->bad = true;
    row->reason = reason;
    return result;
}

/* Reads the row's cells and sets stop and next. */
static enum csvrow_result S_cells(const struct walk *w)
{
    struct csv_row *row = w->row;
    for (size_t at = 0;;) {
        switch (S_cell(w, &at)) {
        case CELL_MORE:
            return CSVROW_MORE;
        case CELL_UNCLOSED:
            row->stop = csvrow_find_line_end(w->text, at);
            row->next = S_behind_line_end(w, row->stop);
            return S_bad(row, REJECT_UNCLOSED_QUOTE, row->next == SIZE_MAX ? CSVROW_MORE : CSVROW_READ);
        case CELL_TOO_LONG:
            row->stop = row->next = at;
            return S_bad(row, REJECT_CELL_TOO_LONG, CSVROW_SKIP);
        case CELL_LINE_END:
            row->stop = at;
            row->next = S_behind_line_end(w, at);
            if (row->next == SIZE_MAX)
                return CSVROW_MORE;
            return at > w->limits.most_row ? S_bad(row, REJECT_CELL_TOO_LONG, CSVROW_READ) : CSVROW_READ;
        case CELL_DELIMITER:
            row->stop = row->next = at;
            if (at > w->limits.most_row)
                return S_bad(row, REJECT_CELL_TOO_LONG, CSVROW_SKIP);
            at++;
        }
    }
}

enum csvrow_result csvrow_read(struct str text, bool last, struct csv_syntax syntax, struct csv_limits limits,
                               struct csv_row *row)
{
    struct walk w = {text, last, syntax, limits, row};
    *row = (struct csv_row){.cell = row->cell, .room = row->room};
    enum csvrow_result result = S_cells(&w);
    if (result != CSVROW_MORE)
        row->lines = csvrow_count_lines(str_sub(text, 0, row->next));
    return result;
}

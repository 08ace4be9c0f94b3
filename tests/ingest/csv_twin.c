#include "tests/ingest/csv_twin.h"

#include <stdlib.h>

enum { MOST_TWIN_CELLS = 512 };

struct twin {
    struct str text;
    struct csv_syntax syntax;
    struct csv_limits limits;
    size_t at;     /* where the next row begins */
    uint64_t line; /* of it */
    size_t stop;   /* end of the row's text */
    struct buf cell[MOST_TWIN_CELLS];
    bool quoted[MOST_TWIN_CELLS];
    size_t n_cells;
    int fault; /* -1 none, else enum reject_reason */
};

static bool S_is_line_end(const struct twin *t, size_t i)
{
    return t->text.ptr[i] == '\n' || t->text.ptr[i] == '\r';
}

static bool S_is_separator(const struct twin *t, size_t i)
{
    return i >= t->text.len || S_is_line_end(t, i) || t->text.ptr[i] == t->syntax.delimiter;
}

/* Goes on behind the first line end at or behind `i`, counting lines from the row's start. */
static void S_resume_behind_line_end(struct twin *t, size_t i)
{
    while (i < t->text.len && !S_is_line_end(t, i))
        i++;
    t->stop = i;
    if (i < t->text.len)
        i += i + 1 < t->text.len && t->text.ptr[i] == '\r' && t->text.ptr[i + 1] == '\n' ? 2 : 1;
    for (size_t k = t->at; k < i; k++)
        if (t->text.ptr[k] == '\n' || (t->text.ptr[k] == '\r' && (k + 1 >= t->text.len || t->text.ptr[k + 1] != '\n')))
            t->line++;
    t->at = i;
}

static void S_add(struct twin *t, char c)
{
    if (t->n_cells < MOST_TWIN_CELLS)
        buf_byte(&t->cell[t->n_cells], c);
}

/* Returns false when the row ends here because of a fault. */
static bool S_plain_cell(struct twin *t, size_t *i, bool keep)
{
    size_t from = *i;
    while (!S_is_separator(t, *i)) {
        if (*i - from > t->limits.most_cell)
            break;
        if (keep)
            S_add(t, t->text.ptr[*i]);
        ++*i;
    }
    if (*i - from > t->limits.most_cell) {
        t->fault = REJECT_CELL_TOO_LONG;
        S_resume_behind_line_end(t, *i);
        return false;
    }
    return true;
}

static bool S_give_up(struct twin *t, enum reject_reason reason, size_t from)
{
    t->fault = (int)reason;
    S_resume_behind_line_end(t, from);
    return false;
}

static bool S_quoted_cell(struct twin *t, size_t *i)
{
    size_t open = (*i)++;
    bool closed = false, line_end = false;
    while (*i < t->text.len && *i - open - 1 <= t->limits.most_cell && !closed) {
        char c = t->text.ptr[*i];
        if (c == t->syntax.quote && *i + 1 < t->text.len && t->text.ptr[*i + 1] == c) {
            S_add(t, c);
            *i += 2;
        } else if (c == t->syntax.quote) {
            closed = true;
            ++*i;
        } else {
            line_end |= S_is_line_end(t, *i);
            S_add(t, c);
            ++*i;
        }
    }
    if (!closed && *i - open - 1 > t->limits.most_cell && !line_end)
        return S_give_up(t, REJECT_CELL_TOO_LONG, open + t->limits.most_cell + 2);
    if (!closed || (!S_is_separator(t, *i) && line_end))
        return S_give_up(t, REJECT_UNCLOSED_QUOTE, open);
    if (!S_is_separator(t, *i))
        t->fault = REJECT_STRAY_QUOTE;
    return S_plain_cell(t, i, false);
}

/* Reads the row at t->at and moves on. */
static void S_row(struct twin *t)
{
    size_t i = t->at, start = t->at;
    t->fault = -1;
    for (t->n_cells = 0;; i++) {
        size_t n = t->n_cells < MOST_TWIN_CELLS ? t->n_cells : MOST_TWIN_CELLS - 1;
        buf_clear(&t->cell[n]);
        t->quoted[n] = t->syntax.has_quote && i < t->text.len && t->text.ptr[i] == t->syntax.quote;
        if (!(t->quoted[n] ? S_quoted_cell(t, &i) : S_plain_cell(t, &i, true)))
            return;
        t->n_cells++;
        bool end = i >= t->text.len || S_is_line_end(t, i);
        if (i - start > t->limits.most_row)
            t->fault = REJECT_CELL_TOO_LONG;
        if (end || i - start > t->limits.most_row) {
            S_resume_behind_line_end(t, i);
            return;
        }
    }
}

/* One code point after the other, by the definition of UTF-8. */
static bool S_is_utf8(struct str s)
{
    for (size_t i = 0; i < s.len;) {
        unsigned char first = (unsigned char)s.ptr[i];
        int more = first < 0x80 ? 0 : first >> 5 == 6 ? 1 : first >> 4 == 14 ? 2 : first >> 3 == 30 ? 3 : -1;
        static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
        if (more < 0 || i + (size_t)more >= s.len)
            return false;
        uint32_t point = more ? first & (0x3Fu >> more) : first;
        for (int k = 1; k <= more; k++) {
            unsigned char next = (unsigned char)s.ptr[i + (size_t)k];
            if (next >> 6 != 2)
                return false;
            point = point << 6 | (next & 0x3F);
        }
        if (point < least[more] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
            return false;
        i += 1 + (size_t)more;
    }
    return true;
}

static bool S_is_empty_line(const struct twin *t, struct str row, size_t n_columns)
{
    if (row.len == 0)
        return true;
    for (size_t i = 0; i < row.len; i++)
        if (row.ptr[i] != ' ' && row.ptr[i] != '\t')
            return false;
    return t->n_cells == 1 && n_columns != 1;
}

static int S_judge(const struct twin *t, struct str row, size_t n_columns)
{
    if (t->fault >= 0)
        return t->fault;
    if (row.len && memchr(row.ptr, 0, row.len))
        return REJECT_NUL_BYTE;
    if (!S_is_utf8(row))
        return REJECT_BAD_ENCODING;
    size_t last = t->n_cells - 1;
    bool extra = last < MOST_TWIN_CELLS && last == n_columns && !t->quoted[last] && t->cell[last].len == 0;
    if (t->n_cells == n_columns || extra)
        return -1;
    return t->n_cells < n_columns ? REJECT_TOO_FEW_CELLS : REJECT_TOO_MANY_CELLS;
}

void csv_twin(struct transcript *out, struct str text, struct csv_syntax syntax, struct csv_limits limits,
              size_t n_columns)
{
    struct twin *t = xcalloc(1, sizeof *t);
    *t = (struct twin){.text = text, .syntax = syntax, .limits = limits, .line = 1};
    while (t->at < text.len) {
        size_t from = t->at;
        uint64_t line = t->line;
        S_row(t);
        struct str row = str_sub(text, from, t->stop);
        if (t->fault < 0 && S_is_empty_line(t, row, n_columns))
            continue;
        int fault = S_judge(t, row, n_columns);
        if (fault >= 0) {
            transcript_reject(out, line, (enum reject_reason)fault);
            continue;
        }
        transcript_row(out, line);
        for (size_t c = 0; c < n_columns; c++)
            transcript_cell(out, buf_view(&t->cell[c]), false);
        transcript_cell(out, row, false);
    }
    for (size_t c = 0; c < MOST_TWIN_CELLS; c++)
        buf_deinit(&t->cell[c]);
    free(t);
}

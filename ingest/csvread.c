#include "ingest/csvread.h"

#include <stdlib.h>

#include "base/charset.h"

enum { TILE = 64 << 10, LOOK_BEYOND = 2048 };

/* One call's facts, to keep argument lists short. */
struct job {
    const struct csvread *c;
    struct csvread_worker *w;
    struct str text;
    bool last;
    struct part *p;
};

/* A stretch of text that was scanned, and how far its rows have been taken. Offsets are into the tile. */
struct tile {
    struct str text;
    size_t row;           /* where the next row begins */
    size_t first;         /* its first entry in scan.at */
    size_t escape, inner; /* entries of the scan's lists that were passed */
    size_t nul, invalid;  /* the next NUL, the next invalid UTF-8; text.len: none */
};

bool csvread_is_blank(struct str line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.ptr[i] != ' ' && line.ptr[i] != '\t')
            return false;
    return true;
}

static int S_by_column(const void *a, const void *b)
{
    const struct csv_want *x = a, *y = b;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    return x->slot < y->slot ? -1 : 1;
}

void csvread_order(struct csv_want *want, size_t n)
{
    if (n)
        qsort(want, n, sizeof *want, S_by_column);
}

void csvread_worker_deinit(struct csvread_worker *w)
{
    if (!w)
        return;
    csvscan_deinit(&w->scan);
    free(w->cell);
    *w = (struct csvread_worker){0};
}

/* ------------------------------------------------------------------ the slow way */

static void S_take_cells(const struct job *j, struct str row_text, const struct csv_row *row)
{
    struct part *p = j->p;
    part_reserve(p, 1, j->c->n_want);
    struct cell *out = p->cell + p->n_cells;
    for (size_t i = 0; i < j->c->n_want; i++) {
        struct csv_want want = j->c->want[i];
        struct str value = want.column == CSV_WHOLE_ROW ? row_text : (struct str){0};
        if (want.column >= 0) {
            struct csv_cell cell = row->cell[want.column];
            value = str_sub(row_text, cell.from, cell.to);
            if (cell.doubled) {
                char *copy = arena_alloc(&p->text, value.len, 1);
                value = (struct str){copy, csvrow_undouble(value, j->c->syntax.quote, copy)};
            }
        }
        out[want.slot] = (struct cell){value.ptr, (uint32_t)value.len, 0};
    }
    p->n_cells += j->c->n_want;
    p->line[p->n_rows++] = p->lines;
}

/* Whether the row, read well, has the right number of cells and good text; sets it aside when not. */
static bool S_accept(const struct job *j, struct str row_text, const struct csv_row *row)
{
    size_t n = row->n_cells, want = j->c->n_columns;
    struct csv_cell last = row->cell[n <= row->room ? n - 1 : 0];
    if (str_find_byte(row_text, 0) != SIZE_MAX)
        part_reject(j->p, REJECT_NUL_BYTE);
    else if (charset_utf8_invalid(row_text) != row_text.len)
        part_reject(j->p, REJECT_BAD_ENCODING);
    else if (n == want || (n == want + 1 && !last.quoted && last.from == last.to))
        return true;
    else
        part_reject(j->p, n < want ? REJECT_TOO_FEW_CELLS : REJECT_TOO_MANY_CELLS);
    return false;
}

static void S_note_swallowed(const struct job *j, struct str row_text)
{
    part_swallowed(j->p, csvrow_count_swallowed(row_text, j->c->syntax.delimiter, j->c->n_columns));
}

/* Reads the row at p->at by the book. */
static void S_slow_row(const struct job *j)
{
    struct part *p = j->p;
    struct str text = str_sub(j->text, p->at, j->text.len);
    if (j->w->cells < j->c->n_columns + 1) {
        j->w->cells = j->c->n_columns + 1;
        j->w->cell = xrealloc(j->w->cell, j->w->cells * sizeof *j->w->cell);
    }
    struct csv_row row = {.cell = j->w->cell, .room = j->w->cells};
    enum csvrow_result result = csvrow_read(text, j->last, j->c->syntax, j->c->limits, &row);
    if (result == CSVROW_MORE) {
        p->state = PART_MORE;
        return;
    }
    struct str row_text = str_sub(text, 0, row.stop);
    if (row.bad)
        part_reject(p, row.reason);
    else if (row.stop == 0 || (row.n_cells == 1 && j->c->n_columns != 1 && csvread_is_blank(row_text)))
        ; /* an empty line */
    else if (S_accept(j, row_text, &row))
        S_take_cells(j, row_text, &row);
    if (row.lines > 1 && result == CSVROW_READ)
        S_note_swallowed(j, row_text);
    p->at += row.next;
    p->lines += row.lines;
    if (result == CSVROW_SKIP)
        p->state = PART_SKIP;
}

/* ------------------------------------------------------------------ the fast way */

static void S_find_faults(struct tile *t, size_t from, size_t to)
{
    struct str rest = str_sub(t->text, from, to);
    if (t->nul < from || t->nul == SIZE_MAX) {
        size_t at = str_find_byte(rest, 0);
        t->nul = at == SIZE_MAX ? to : from + at;
    }
    if (t->invalid < from || t->invalid == SIZE_MAX)
        t->invalid = from + charset_utf8_invalid(rest);
}

static void S_take_cell(const struct job *j, struct tile *t, size_t from, size_t to, struct cell *out)
{
    const struct csvscan *s = &j->w->scan;
    const char *text = t->text.ptr;
    if (j->c->syntax.has_quote && from < to && text[from] == j->c->syntax.quote) {
        from++;
        to--;
        while (t->escape < s->n_escapes && s->escape[t->escape] < from)
            t->escape++;
        if (t->escape < s->n_escapes && s->escape[t->escape] < to) {
            char *copy = arena_alloc(&j->p->text, to - from, 1);
            size_t len = csvrow_undouble(str_sub(t->text, from, to), j->c->syntax.quote, copy);
            *out = (struct cell){copy, (uint32_t)len, 0};
            return;
        }
    }
    *out = (struct cell){text + from, (uint32_t)(to - from), 0};
}

static void S_take_row(const struct job *j, struct tile *t, const uint32_t *at, size_t end)
{
    struct part *p = j->p;
    if (p->n_rows == p->rows_room || p->n_cells + j->c->n_want > p->cells_room)
        part_reserve(p, 1, j->c->n_want);
    struct cell *out = p->cell + p->n_cells;
    for (size_t i = 0; i < j->c->n_want; i++) {
        struct csv_want want = j->c->want[i];
        if (want.column >= 0)
            S_take_cell(j, t, want.column ? at[want.column - 1] + 1 : t->row, at[want.column], &out[want.slot]);
        else if (want.column == CSV_WHOLE_ROW)
            out[want.slot] = (struct cell){t->text.ptr + t->row, (uint32_t)(end - t->row), 0};
        else
            out[want.slot] = (struct cell){0};
    }
    p->n_cells += j->c->n_want;
    p->line[p->n_rows++] = p->lines;
}

/* A row of the right number of cells, of moderate length, without a bad byte. */
static bool S_is_plain(const struct job *j, const struct tile *t, const uint32_t *at, size_t n_cells)
{
    size_t end = at[n_cells - 1], n = j->c->n_columns;
    bool count = n_cells == n || (n_cells == n + 1 && n_cells > 1 && at[n_cells - 1] == at[n_cells - 2] + 1);
    return count && end != t->row && end - t->row <= j->c->limits.most_cell && t->nul >= end && t->invalid >= end;
}

/* Passes the line ends inside quotes before `end`; returns how many there were. */
static size_t S_pass_inner(const struct csvscan *s, struct tile *t, size_t end)
{
    size_t from = t->inner;
    while (t->inner < s->n_inner && s->inner[t->inner] < end)
        t->inner++;
    return t->inner - from;
}

/* Takes the complete rows of the tile that begin in the part. */
static void S_take_rows(const struct job *j, struct tile *t, size_t tile_at)
{
    const struct csvscan *s = &j->w->scan;
    struct part *p = j->p;
    size_t scanned = s->n_rows ? s->at[s->row_end[s->n_rows - 1]] : 0;
    S_find_faults(t, 0, scanned);
    for (size_t r = 0; r < s->n_rows && p->at < p->end; r++) {
        size_t n_cells = s->row_end[r] - t->first + 1, end = s->at[s->row_end[r]], next = end + 1;
        if (t->text.ptr[end] == '\r') {
            if (tile_at + next == j->text.len && !j->last)
                return; /* whether an LF follows is not known yet */
            next += tile_at + next < j->text.len && j->text.ptr[tile_at + next] == '\n';
        }
        if (S_is_plain(j, t, s->at + t->first, n_cells)) {
            size_t inner = S_pass_inner(s, t, end);
            S_take_row(j, t, s->at + t->first, end);
            if (inner)
                S_note_swallowed(j, str_sub(t->text, t->row, end));
            p->lines += 1 + inner;
            p->at = tile_at + next;
        } else {
            S_slow_row(j);
            if (p->state != PART_DONE || p->at != tile_at + next)
                return;
            S_pass_inner(s, t, end);
            S_find_faults(t, next < scanned ? next : scanned, scanned);
        }
        t->row = next;
        t->first = s->row_end[r] + 1;
    }
}

/* How much to scan next: a tile, less near the end of the part, more for a row that `room` did not hold. */
static size_t S_tile_len(const struct job *j, size_t room)
{
    size_t most = j->text.len - j->p->at, need = j->p->end - j->p->at + LOOK_BEYOND;
    if (room == TILE && need < room)
        room = need;
    return room < most ? room : most;
}

void csvread_part(const struct csvread *c, struct csvread_worker *w, struct window_view view, struct part *p)
{
    struct job j = {c, w, view.text, view.last, p};
    size_t room = TILE;
    p->state = PART_DONE;
    while (p->at < p->end && p->at < j.text.len && p->state == PART_DONE) {
        size_t at = p->at, len = S_tile_len(&j, room);
        struct tile t = {.text = str_sub(j.text, at, at + len), .nul = SIZE_MAX, .invalid = SIZE_MAX};
        size_t scanned = c->scan(&w->scan, t.text, c->syntax);
        S_take_rows(&j, &t, at);
        if (p->at != at || p->state != PART_DONE) {
            room = TILE;
        } else if (scanned < len || len == j.text.len - at || len > c->limits.most_cell) {
            S_slow_row(&j); /* a misplaced quote, the end of the text, or a very long row */
            room = TILE;
        } else {
            room = len * 4 < c->limits.most_cell ? len * 4 : c->limits.most_cell + LOOK_BEYOND;
        }
    }
}

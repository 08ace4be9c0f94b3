#include "ingest/sniff.h"

#include <stdlib.h>

#include "base/charset.h"
#include "base/map.h"

enum { MOST_SNIFFED_ROWS = 200, MOST_SNIFFED_CELLS = 1 << 17, MOST_SAMPLE = 1 << 20 };

/* The first rows, cut under one syntax. */
struct sample {
    struct str text;
    struct csv_row row[MOST_SNIFFED_ROWS]; /* cells in the scratch arena, up to MOST_COLUMNS + 1 of them */
    size_t from[MOST_SNIFFED_ROWS];        /* offset of the row */
    size_t n;
};

static struct str S_cell(const struct sample *s, size_t row, size_t column)
{
    const struct csv_row *r = &s->row[row];
    if (column >= r->n_cells || column >= r->room)
        return (struct str){0};
    struct csv_cell cell = r->cell[column];
    return str_trim(str_sub(s->text, s->from[row] + cell.from, s->from[row] + cell.to));
}

/* ------------------------------------------------------------------ rows of the sample */

/* Reads the row at `at` into an array in `scratch`: of the first row all cells, of others as many as it had. */
static enum csvrow_result S_read_row(struct window_view view, size_t at, struct csv_syntax syntax,
                                     struct csv_limits limits, struct arena *scratch, size_t room, struct csv_row *row)
{
    struct str rest = str_sub(view.text, at, view.text.len);
    enum csvrow_result result;
    for (;;) {
        *row = (struct csv_row){.cell = ARENA_NEW(scratch, struct csv_cell, room), .room = room};
        result = csvrow_read(rest, view.last, syntax, limits, row);
        if (row->n_cells <= room || room > MOST_COLUMNS)
            break;
        room = row->n_cells < MOST_COLUMNS ? row->n_cells : MOST_COLUMNS + 1;
    }
    if (row->n_cells < row->room)
        row->room = row->n_cells;
    return result;
}

/* Cuts rows off `view` from `at` on. Empty lines are passed over; a row that goes past the sample is left out. */
static void S_read_sample(struct window_view view, size_t at, struct csv_syntax syntax, struct csv_limits limits,
                          struct arena *scratch, struct sample *s)
{
    size_t cells = 0;
    s->text = view.text;
    for (s->n = 0; s->n < MOST_SNIFFED_ROWS && cells < MOST_SNIFFED_CELLS && at < view.text.len;) {
        struct csv_row row;
        size_t usual = s->n && s->row[0].n_cells < MOST_COLUMNS ? s->row[0].n_cells + 1 : 32;
        if (S_read_row(view, at, syntax, limits, scratch, usual, &row) != CSVROW_READ)
            break;
        cells += row.room;
        if (row.bad || !csvread_is_blank(str_sub(view.text, at, at + row.stop))) {
            s->from[s->n] = at;
            s->row[s->n++] = row;
        }
        at += row.next;
    }
}

/* ------------------------------------------------------------------ delimiter and quote */

struct fit {
    bool names_wanted; /* the first row has every wanted name */
    unsigned share;    /* of rows that have as many cells as the first, in 1/1000; 0 when that is one */
    size_t n_cells;
};

static bool S_names_wanted(const struct sample *s, const struct ingest_options *options)
{
    for (size_t i = 0; i < options->n_want; i++) {
        bool found = str_eq(options->want[i], STR("."));
        for (size_t c = 0; s->n && c < s->row[0].n_cells && !found; c++)
            found = str_eq(S_cell(s, 0, c), options->want[i]);
        if (!found)
            return false;
    }
    return options->n_want > 0;
}

static struct fit S_fit(const struct sample *s, const struct ingest_options *options)
{
    struct fit fit = {.names_wanted = S_names_wanted(s, options), .n_cells = s->n ? s->row[0].n_cells : 0};
    size_t same = 0;
    for (size_t i = 0; i < s->n; i++) {
        size_t n = s->row[i].n_cells;
        same += !s->row[i].bad && (n == fit.n_cells || (n == fit.n_cells + 1 && S_cell(s, i, n - 1).len == 0));
    }
    if (fit.n_cells > 1)
        fit.share = (unsigned)(same * 1000 / s->n);
    return fit;
}

static bool S_is_better(struct fit a, struct fit b)
{
    if (a.names_wanted != b.names_wanted)
        return a.names_wanted;
    if (a.share != b.share)
        return a.share > b.share;
    return a.n_cells > b.n_cells;
}

/* Cells that begin (and, for '\'', end) with the quote, in 1/1000 of all that are not empty. */
static unsigned S_share_quoted(const struct sample *s, char quote)
{
    size_t quoted = 0, filled = 0;
    for (size_t r = 0; r < s->n; r++)
        for (size_t c = 0; c < s->row[r].room; c++) {
            struct csv_cell cell = s->row[r].cell[c];
            struct str text = S_cell(s, r, c);
            filled += cell.quoted || text.len;
            quoted += cell.quoted || (text.len > 1 && text.ptr[0] == quote && text.ptr[text.len - 1] == quote);
        }
    return filled ? (unsigned)(quoted * 1000 / filled) : 0;
}

/* The best delimiter under this quote; the sample cut with it is left in *s. */
static char S_best_delimiter(struct window_view view, size_t at, struct csv_syntax syntax,
                             const struct ingest_options *options, struct csv_limits limits, struct arena *scratch,
                             struct sample *s)
{
    static const char candidates[] = {',', ';', '\t', '|'};
    struct fit best = {0};
    syntax.delimiter = options->delimiter;
    for (size_t i = 0; i < COUNT_OF(candidates) && !options->delimiter; i++) {
        struct csv_syntax candidate = {candidates[i], syntax.quote, syntax.has_quote};
        S_read_sample(view, at, candidate, limits, scratch, s);
        struct fit fit = S_fit(s, options);
        if (i == 0 || S_is_better(fit, best)) {
            best = fit;
            syntax.delimiter = candidates[i];
        }
    }
    S_read_sample(view, at, syntax, limits, scratch, s);
    return syntax.delimiter;
}

static struct csv_syntax S_syntax(struct window_view view, size_t at, const struct ingest_options *options,
                                  struct csv_limits limits, struct arena *scratch, struct sample *s)
{
    struct csv_syntax syntax = {.quote = options->quote ? options->quote : '"', .has_quote = options->quote != '\1'};
    syntax.delimiter = S_best_delimiter(view, at, syntax, options, limits, scratch, s);
    if (options->quote || S_share_quoted(s, '"') > 0 || S_share_quoted(s, '\'') < 300)
        return syntax;
    syntax.quote = '\'';
    syntax.delimiter = S_best_delimiter(view, at, syntax, options, limits, scratch, s);
    return syntax;
}

/* ------------------------------------------------------------------ header */

static char S_class(char c)
{
    if (c >= '0' && c <= '9')
        return '9';
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) ? 'a' : c;
}

/* Equal but for which letters and which digits, and how many of them. */
static bool S_same_shape(struct str a, struct str b)
{
    size_t i = 0, j = 0;
    while (i < a.len && j < b.len) {
        char class = S_class(a.ptr[i]);
        if (class != S_class(b.ptr[j]))
            return false;
        while (i < a.len && S_class(a.ptr[i]) == class)
            i++;
        while (j < b.len && S_class(b.ptr[j]) == class)
            j++;
    }
    return i == a.len && j == b.len;
}

static bool S_has(struct str s, char class)
{
    for (size_t i = 0; i < s.len; i++)
        if (S_class(s.ptr[i]) == class)
            return true;
    return false;
}

/* A number, a date, a telephone number, an e-mail address. */
static bool S_is_value(struct str s)
{
    return (S_has(s, '9') && !S_has(s, 'a')) || (S_has(s, '@') && S_has(s, '.'));
}

/* The first cell of a column has digits and the shape of four in five of those below it. */
static bool S_is_one_of_many(const struct sample *s, size_t column)
{
    struct str first = S_cell(s, 0, column);
    size_t same = 0, filled = 0;
    if (!S_has(first, '9'))
        return false;
    for (size_t r = 1; r < s->n; r++) {
        struct str cell = S_cell(s, r, column);
        filled += cell.len > 0;
        same += cell.len && S_same_shape(first, cell);
    }
    return filled > 0 && same * 5 >= filled * 4;
}

static bool S_comes_again(const struct sample *s, size_t column)
{
    struct str first = S_cell(s, 0, column);
    for (size_t r = 1; r < s->n; r++)
        if (first.len && str_eq(first, S_cell(s, r, column)))
            return true;
    return false;
}

static bool S_has_header(const struct sample *s, const struct ingest_options *options)
{
    size_t again = 0, n = s->n ? s->row[0].n_cells : 0;
    if (options->header != HEADER_AUTO)
        return options->header == HEADER_YES;
    if (S_names_wanted(s, options))
        return true;
    for (size_t c = 0; c < n; c++) {
        if (S_is_value(S_cell(s, 0, c)) || S_is_one_of_many(s, c))
            return false;
        again += S_comes_again(s, c);
    }
    return again == 0 || again == n; /* all of them: a header that is repeated, as in files joined end to end */
}

/* ------------------------------------------------------------------ names */

static struct str S_unique(struct map *taken, struct str name, struct arena *out)
{
    struct str unique = name;
    for (unsigned n = 2; !map_add(taken, unique, 0); n++)
        unique = arena_printf(out, "%.*s_%u", STR_ARG(name), n);
    return unique;
}

/* The number of cells that most good rows have (the first of equals). */
static size_t S_usual_count(const struct sample *s)
{
    size_t best = s->row[0].n_cells, most = 0;
    for (size_t i = 0; i < s->n; i++) {
        size_t same = 0;
        for (size_t k = i; k < s->n && !s->row[i].bad; k++)
            same += !s->row[k].bad && s->row[k].n_cells == s->row[i].n_cells;
        if (same > most) {
            most = same;
            best = s->row[i].n_cells;
        }
    }
    return best;
}

/* The name in the header's cell, quotes undone. */
static struct str S_name(const struct sample *s, size_t column, char quote, struct arena *out)
{
    struct str cell = S_cell(s, 0, column);
    if (!s->row[0].cell[column].doubled)
        return str_copy(out, cell);
    char *copy = arena_alloc(out, cell.len + 1, 1);
    return (struct str){copy, csvrow_undouble(cell, quote, copy)};
}

static void S_name_columns(const struct sample *s, struct arena *out, struct sniffed *found)
{
    const struct csv_row *first = &s->row[0];
    struct map taken = {0};
    size_t n = found->has_header ? first->n_cells : S_usual_count(s);
    if (found->has_header && n > 1 && S_cell(s, 0, n - 1).len == 0 && !first->cell[n - 1].quoted)
        n--;
    found->n_columns = n;
    found->column = ARENA_NEW(out, struct str, n);
    for (size_t c = 0; c < n; c++) {
        struct str name = found->has_header ? S_name(s, c, found->syntax.quote, out) : (struct str){0};
        if (!name.len)
            name = arena_printf(out, "column%zu", c + 1);
        found->column[c] = S_unique(&taken, name, out);
    }
    map_deinit(&taken);
}

/* ------------------------------------------------------------------ all together */

/* A line "sep=;" at the top: passes it and gives its delimiter, or 0. */
static char S_declared(struct window_view view, size_t *at)
{
    size_t end = csvrow_find_line_end(view.text, 0);
    if (end != 5 || end == view.text.len || !str_eq_nocase(str_sub(view.text, 0, 4), STR("sep=")))
        return 0;
    *at = end + 1;
    if (view.text.ptr[end] == '\r' && *at < view.text.len && view.text.ptr[*at] == '\n')
        ++*at;
    return view.text.ptr[4];
}

static enum idem_status S_sniff(struct window_view view, struct ingest_options options, struct csv_limits limits,
                                struct arena *scratch, struct arena *out, struct sniffed *found, struct idem_error *err)
{
    struct sample *s = ARENA_NEW(scratch, struct sample, 1);
    size_t at = 0;
    char declared = S_declared(view, &at);
    if (!options.delimiter)
        options.delimiter = declared;
    found->syntax = S_syntax(view, at, &options, limits, scratch, s);
    found->skip = at;
    if (s->n) {
        const struct csv_row *first = &s->row[0];
        if (first->n_cells > MOST_COLUMNS || S_usual_count(s) > MOST_COLUMNS)
            return error_set(err, IDEM_LIMIT, "%s: more than %d columns", options.path, MOST_COLUMNS);
        struct str text = str_sub(view.text, s->from[0], s->from[0] + first->stop);
        found->has_header = S_has_header(s, &options);
        found->header_unreadable = found->has_header && (first->bad || str_find_byte(text, 0) != SIZE_MAX ||
                                                         charset_utf8_invalid(text) != text.len);
        S_name_columns(s, out, found);
        if (found->has_header)
            found->skip = s->from[0] + first->next;
    }
    found->skip_lines = csvrow_count_lines(str_sub(view.text, 0, found->skip));
    return IDEM_OK;
}

enum idem_status sniff_csv(struct window_view view, const struct ingest_options *options, struct csv_limits limits,
                           struct arena *out, struct sniffed *found, struct idem_error *err)
{
    struct arena scratch = {0};
    *found = (struct sniffed){0};
    if (view.text.len > MOST_SAMPLE)
        view = (struct window_view){str_sub(view.text, 0, MOST_SAMPLE), false};
    enum idem_status status = S_sniff(view, *options, limits, &scratch, out, found, err);
    arena_deinit(&scratch);
    return status;
}

#include "ingest/jsonread.h"

#include <stdlib.h>

#include "base/map.h"
#include "ingest/jsontext.h"

/* The row under construction. */
struct row {
    struct part *p;
    struct jsonread_worker *w;
    struct csv_limits limits;
    struct cell *cell;
    bool too_long, nul;
};

static void S_take_value(void *context, unsigned slot, enum json_value_kind kind, const char *ptr, size_t len)
{
    struct row *row = context;
    struct str value = {ptr, len};
    if (kind == JSON_ESCAPED) {
        char *copy = arena_alloc(&row->p->text, len, 1);
        value = (struct str){copy, jsontext_unescape(ptr, len, copy)};
        row->nul |= str_find_byte(value, 0) != SIZE_MAX;
    }
    row->too_long |= value.len > row->limits.most_cell;
    part_add_value(row->p, &row->cell[slot], &row->w->tail[slot], value);
}

static void S_start_row(const struct jsonread *j, struct row *row)
{
    part_reserve(row->p, 1, j->n_want);
    row->cell = NULL;
    if (j->n_want) {
        row->cell = row->p->cell + row->p->n_cells;
        memset(row->cell, 0, j->n_want * sizeof *row->cell);
        memset(row->w->tail, 0, j->n_want * sizeof *row->w->tail);
    }
}

static void S_line(const struct jsonread *j, struct row *row, struct str line)
{
    static const enum reject_reason reasons[] = {[JSON_LINE_OTHER] = REJECT_NOT_AN_OBJECT,
                                                 [JSON_LINE_INVALID] = REJECT_BAD_JSON,
                                                 [JSON_LINE_NOT_UTF8] = REJECT_BAD_ENCODING};
    struct part *p = row->p;
    size_t more_before = p->n_more;
    S_start_row(j, row);
    enum json_line_result result = json_walker_read(row->w->walker, line.ptr, line.len, S_take_value, row);
    if (result == JSON_LINE_OBJECT && !row->nul && !row->too_long) {
        for (size_t i = 0; i < j->n_whole; i++)
            row->cell[j->whole[i]] = (struct cell){line.ptr, (uint32_t)line.len, 0};
        p->n_cells += j->n_want;
        p->line[p->n_rows++] = p->lines;
        return;
    }
    p->n_more = more_before;
    if (result != JSON_LINE_OBJECT)
        part_reject(p, str_find_byte(line, 0) != SIZE_MAX ? REJECT_NUL_BYTE : reasons[result]);
    else
        part_reject(p, row->nul ? REJECT_NUL_BYTE : REJECT_CELL_TOO_LONG);
}

/* A line: its bytes without the line end, and the offset behind that. */
struct line {
    struct str text;
    size_t next;
};

/* The line at `at`; false when it goes past the text (`text` is then what there is of it). */
static bool S_next_line(struct window_view view, size_t at, struct line *line)
{
    line->text = str_sub(view.text, at, view.text.len);
    size_t end = str_find_byte(line->text, '\n');
    if (end == SIZE_MAX) {
        line->next = view.text.len;
        return view.last;
    }
    line->text.len = end;
    line->next = at + end + 1;
    return true;
}

void jsonread_part(const struct jsonread *j, struct jsonread_worker *w, struct window_view view, struct part *p)
{
    if (!w->walker) {
        w->walker = json_walker_open(j->paths);
        w->tail = xcalloc(j->n_want, sizeof *w->tail);
    }
    p->state = PART_DONE;
    while (p->at < p->end && p->at < view.text.len) {
        struct row row = {.p = p, .w = w, .limits = j->limits};
        struct line line;
        bool whole = S_next_line(view, p->at, &line);
        if (line.text.len > j->limits.most_row) {
            part_reject(p, REJECT_CELL_TOO_LONG);
            p->at += j->limits.most_row;
            p->state = PART_SKIP;
            return;
        }
        if (!whole) {
            p->state = PART_MORE;
            return;
        }
        struct str text = str_trim(line.text);
        if (text.len)
            S_line(j, &row, text);
        p->lines++;
        p->at = line.next;
    }
}

void jsonread_worker_deinit(struct jsonread_worker *w)
{
    if (!w)
        return;
    json_walker_close(w->walker);
    free(w->tail);
    *w = (struct jsonread_worker){0};
}

/* ------------------------------------------------------------------ what paths there are */

struct path_list {
    struct map number; /* path -> index */
    struct str *path;
    bool *empty; /* seen as null or empty array only */
    size_t n, room;
    struct arena *out;
};

static void S_note_path(void *context, const char *ptr, size_t len, int empty)
{
    struct path_list *list = context;
    struct str path = {ptr, len};
    uint32_t *known = map_find(&list->number, path);
    if (known) {
        list->empty[*known] &= empty != 0;
        return;
    }
    if (list->n == MOST_COLUMNS || str_find_byte(path, 0) != SIZE_MAX)
        return;
    if (list->n == list->room) {
        list->room = list->room ? list->room * 2 : 32;
        list->path = xrealloc(list->path, list->room * sizeof *list->path);
        list->empty = xrealloc(list->empty, list->room * sizeof *list->empty);
    }
    map_add(&list->number, path, (uint32_t)list->n);
    list->path[list->n] = str_copy(list->out, path);
    list->empty[list->n++] = empty != 0;
}

static bool S_is_object_elsewhere(const struct path_list *list, size_t at)
{
    struct str path = list->path[at];
    for (size_t i = 0; i < list->n; i++)
        if (list->path[i].len > path.len && str_starts(list->path[i], path) && list->path[i].ptr[path.len] == '.')
            return true;
    return false;
}

void jsonread_paths(struct window_view view, size_t most_lines, struct arena *out, struct str **path, size_t *n,
                    size_t *n_lines)
{
    struct path_list list = {.out = out};
    struct json_paths *none = json_paths_open(NULL, NULL, 0);
    struct json_walker *walker = json_walker_open(none);
    size_t lines = 0;
    struct line line;
    for (size_t at = 0; at < view.text.len && lines < most_lines && S_next_line(view, at, &line); at = line.next) {
        struct str text = str_trim(line.text);
        /* first without a list: what a broken line holds before its fault must not be noted */
        if (!text.len || json_walker_paths(walker, text.ptr, text.len, NULL, NULL) != JSON_LINE_OBJECT)
            continue;
        json_walker_paths(walker, text.ptr, text.len, S_note_path, &list);
        lines++;
    }
    *path = ARENA_NEW(out, struct str, list.n);
    *n = 0;
    for (size_t i = 0; i < list.n; i++)
        if (!list.empty[i] || !S_is_object_elsewhere(&list, i))
            (*path)[(*n)++] = list.path[i];
    if (n_lines)
        *n_lines = lines;
    map_deinit(&list.number);
    free(list.path);
    free(list.empty);
    json_walker_close(walker);
    json_paths_close(none);
}

bool jsonread_looks_like_it(struct window_view view)
{
    struct str text = {0};
    struct line line;
    for (size_t at = 0; at < view.text.len && !text.len; at = line.next) {
        if (!S_next_line(view, at, &line))
            return false;
        text = str_trim(line.text);
    }
    if (!text.len || text.ptr[0] != '{')
        return false;
    struct json_paths *none = json_paths_open(NULL, NULL, 0);
    struct json_walker *walker = json_walker_open(none);
    bool is = json_walker_paths(walker, text.ptr, text.len, NULL, NULL) == JSON_LINE_OBJECT;
    json_walker_close(walker);
    json_paths_close(none);
    return is;
}

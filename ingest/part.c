#include "ingest/part.h"

#include <stdlib.h>

void part_deinit(struct part *p)
{
    if (!p)
        return;
    free(p->cell);
    free(p->line);
    free(p->more);
    free(p->reject);
    arena_deinit(&p->text);
    *p = (struct part){0};
}

void part_restart(struct part *p, size_t start, size_t end)
{
    p->start = p->at = start;
    p->end = end;
    p->state = PART_DONE;
    p->lines = p->swallowed = 0;
    p->n_rows = p->n_cells = p->n_more = p->n_rejects = 0;
    arena_reset(&p->text);
}

static void *S_grow(void *array, size_t *room, size_t need, size_t size)
{
    if (need <= *room)
        return array;
    size_t more = *room ? *room * 2 : 64;
    *room = more > need ? more : need;
    return xrealloc(array, *room * size);
}

void part_reserve(struct part *p, size_t rows, size_t n_cells)
{
    p->line = S_grow(p->line, &p->rows_room, p->n_rows + rows, sizeof *p->line);
    p->cell = S_grow(p->cell, &p->cells_room, p->n_cells + rows * n_cells, sizeof *p->cell);
}

void part_add_value(struct part *p, struct cell *cell, uint32_t *tail, struct str value)
{
    if (!cell->ptr) {
        *cell = (struct cell){value.ptr, (uint32_t)value.len, 0};
        return;
    }
    p->more = S_grow(p->more, &p->more_room, p->n_more + 1, sizeof *p->more);
    p->more[p->n_more++] = (struct cell){value.ptr, (uint32_t)value.len, 0};
    *(*tail ? &p->more[*tail - 1].more : &cell->more) = (uint32_t)p->n_more;
    *tail = (uint32_t)p->n_more;
}

void part_swallowed(struct part *p, uint64_t rows)
{
    if (rows && !p->swallowed)
        p->swallowed_line = p->lines;
    p->swallowed += rows;
}

void part_reject(struct part *p, enum reject_reason reason)
{
    p->reject = S_grow(p->reject, &p->rejects_room, p->n_rejects + 1, sizeof *p->reject);
    p->reject[p->n_rejects++] = (struct reject){.line = p->lines, .reason = reason};
}

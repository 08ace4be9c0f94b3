#include "record/column.h"

#include <stdlib.h>
#include <string.h>

void column_deinit(struct column *c)
{
    if (!c)
        return;
    dict_deinit(&c->dict);
    free(c->id);
    free(c->set_at);
    free(c->set_id);
    *c = (struct column){0};
}

static uint32_t S_new_set(struct column *c, const uint32_t *ids, uint32_t n)
{
    if (c->n_sets + 2 > c->sets_room) {
        c->sets_room = c->sets_room ? c->sets_room * 2 : 64;
        c->set_at = xrealloc(c->set_at, c->sets_room * sizeof *c->set_at);
        c->set_at[0] = 0;
    }
    uint32_t from = c->n_sets ? c->set_at[c->n_sets] : 0;
    if (from + n > c->set_ids_room) {
        while (from + n > c->set_ids_room)
            c->set_ids_room = c->set_ids_room ? c->set_ids_room * 2 : 256;
        c->set_id = xrealloc(c->set_id, c->set_ids_room * sizeof *c->set_id);
    }
    memcpy(c->set_id + from, ids, n * sizeof *ids);
    c->set_at[c->n_sets + 1] = from + n;
    return COLUMN_SET | c->n_sets++;
}

void column_reserve(struct column *c, uint32_t rows)
{
    if (c->room - c->n_rows >= rows)
        return;
    c->room = c->room ? c->room : 1024;
    while (c->room - c->n_rows < rows)
        c->room *= 2;
    c->id = xrealloc(c->id, c->room * sizeof *c->id);
}

void column_append(struct column *c, const uint32_t *ids, uint32_t n)
{
    column_reserve(c, 1);
    c->id[c->n_rows++] = n == 0 ? 0 : n == 1 ? ids[0] : S_new_set(c, ids, n);
}

void column_replace(struct column *c, uint32_t row, const uint32_t *ids, uint32_t n)
{
    c->id[row] = n == 0 ? 0 : n == 1 ? ids[0] : S_new_set(c, ids, n);
}

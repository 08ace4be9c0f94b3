#include "record/column.h"

#include <stdlib.h>
#include <string.h>

#include "record/room.h"

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
    if ((uint64_t)c->n_sets + 2 > c->sets_room) {
        c->sets_room = room_for(c->sets_room, 64, (uint64_t)c->n_sets + 2, ROOM_MOST_IDS);
        c->set_at = xrealloc(c->set_at, c->sets_room * sizeof *c->set_at);
        c->set_at[0] = 0;
    }
    uint32_t from = c->n_sets ? c->set_at[c->n_sets] : 0;
    if ((uint64_t)from + n > c->set_ids_room) {
        c->set_ids_room = room_for(c->set_ids_room, 256, (uint64_t)from + n, UINT32_MAX);
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
    c->room = room_for(c->room, 1024, (uint64_t)c->n_rows + rows, ROOM_MOST_ROWS);
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

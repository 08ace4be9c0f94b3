#include "record/column.h"

#include <stdlib.h>

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
    uint32_t at = from;
    for (uint32_t i = 0; i < n; i++) {
        bool repeat = ids[i] == 0;
        for (uint32_t k = from; k < at && !repeat; k++)
            repeat = c->set_id[k] == ids[i];
        if (!repeat)
            c->set_id[at++] = ids[i];
    }
    if (at - from < 2)
        return at == from ? 0 : c->set_id[from];
    c->set_at[c->n_sets + 1] = at;
    return COLUMN_SET | c->n_sets++;
}

void column_append(struct column *c, const uint32_t *ids, uint32_t n)
{
    if (c->n_rows == c->room) {
        c->room = c->room ? c->room * 2 : 1024;
        c->id = xrealloc(c->id, c->room * sizeof *c->id);
    }
    c->id[c->n_rows++] = n == 0 ? 0 : n == 1 ? ids[0] : S_new_set(c, ids, n);
}

#include "record/batch.h"

#include <stdlib.h>

#include "record/room.h"

void batch_init(struct batch *b, const struct schema *schema)
{
    *b = (struct batch){.schema = schema};
    b->raw = xcalloc(schema->n_fields, sizeof *b->raw);
    b->norm = xcalloc(schema->n_fields, sizeof *b->norm);
}

void batch_drop_values(struct batch *b)
{
    for (unsigned f = 0; f < b->schema->n_fields; f++) {
        column_deinit(&b->raw[f]);
        column_deinit(&b->norm[f]);
    }
}

/* ------------------------------------------------------------------ raw values that nobody reads again */

/* Marks the raw ids that stand where the row's norm id is 0; false: there are none. */
static bool S_mark_bare(const struct column *raw, const struct column *norm, uint8_t *bare)
{
    bool any = false;
    for (uint32_t row = 0; row < raw->n_rows; row++) {
        const uint32_t *x, *y;
        uint32_t n = column_ids(raw, row, &x), n_norm = column_ids(norm, row, &y);
        for (uint32_t i = 0; i < n; i++)
            if (i >= n_norm || !y[i]) {
                bare[x[i]] = 1;
                any = true;
            }
    }
    return any;
}

static void S_forget_ids(struct column *c)
{
    free(c->id);
    free(c->set_at);
    free(c->set_id);
    *c = (struct column){.dict = c->dict};
}

void batch_forget_raw(struct batch *b, uint64_t texts, uint64_t ids)
{
    b->raw_forgotten = true;
    for (unsigned f = 0; f < b->schema->n_fields; f++) {
        struct column *raw = &b->raw[f];
        if (texts >> f & 1)
            continue;
        uint8_t *bare = xcalloc((size_t)raw->dict.n + 1, 1);
        if (S_mark_bare(raw, &b->norm[f], bare)) {
            dict_keep(&raw->dict, bare);
        } else {
            dict_deinit(&raw->dict);
            if (!(ids >> f & 1))
                S_forget_ids(raw);
        }
        free(bare);
    }
}

struct str batch_raw_text(const struct batch *b, unsigned field, uint32_t id)
{
    const struct dict *d = &b->raw[field].dict;
    if (b->raw_forgotten && (id > d->n || !d->at[id]))
        return (struct str){(const char *)(uintptr_t)id, 0}; /* NOLINT(performance-no-int-to-ptr): never looked at */
    return dict_get(d, id);
}

/* ------------------------------------------------------------------ */

void batch_deinit(struct batch *b)
{
    if (!b || !b->schema)
        return;
    batch_drop_values(b);
    free(b->raw);
    free(b->norm);
    free(b->source);
    free(b->source_rank);
    free(b->record_id);
    free(b->updated_at);
    free(b->entity);
    arena_deinit(&b->id_arena);
    *b = (struct batch){0};
}

void batch_wipe(struct batch *b)
{
    for (unsigned f = 0; b->schema && f < b->schema->n_fields; f++) {
        arena_wipe(&b->raw[f].dict.arena);
        arena_wipe(&b->norm[f].dict.arena);
    }
    arena_wipe(&b->id_arena);
    batch_deinit(b);
}

uint32_t batch_append(struct batch *b, uint16_t source, struct str record_id, int64_t updated_at,
                      enum entity_kind entity)
{
    if (b->n_rows == b->room) {
        b->room = room_for(b->room, 1024, (uint64_t)b->n_rows + 1, ROOM_MOST_ROWS);
        b->source = xrealloc(b->source, b->room * sizeof *b->source);
        b->record_id = xrealloc(b->record_id, b->room * sizeof *b->record_id);
        b->updated_at = xrealloc(b->updated_at, b->room * sizeof *b->updated_at);
        b->entity = xrealloc(b->entity, b->room * sizeof *b->entity);
    }
    uint32_t row = b->n_rows++;
    b->source[row] = source;
    b->record_id[row] = str_copy(&b->id_arena, record_id);
    b->updated_at[row] = updated_at;
    b->entity[row] = (uint8_t)entity;
    return row;
}

void batch_set_sources(struct batch *b, const struct str *name, uint16_t n)
{
    b->source_name = name;
    b->n_sources = n;
    free(b->source_rank);
    b->source_rank = xcalloc((size_t)n + 1, sizeof *b->source_rank);
    for (uint16_t i = 0; i < n; i++)
        for (uint16_t j = 0; j < n; j++)
            b->source_rank[i] += str_cmp(name[j], name[i]) < 0 || (str_eq(name[j], name[i]) && j < i);
}

int batch_compare_keys(const struct batch *b, uint32_t x, uint32_t y)
{
    if (!b->record_id)
        return (x > y) - (x < y);
    if (b->source[x] != b->source[y])
        return b->source_rank[b->source[x]] < b->source_rank[b->source[y]] ? -1 : 1;
    return str_cmp(b->record_id[x], b->record_id[y]);
}

uint32_t batch_find(const struct batch *b, uint16_t source, struct str record_id)
{
    uint32_t from = 0, to = b->n_rows;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        bool below = b->source[middle] != source ? b->source_rank[b->source[middle]] < b->source_rank[source]
                                                 : str_cmp(b->record_id[middle], record_id) < 0;
        if (below)
            from = middle + 1;
        else
            to = middle;
    }
    return from < b->n_rows && b->source[from] == source && str_eq(b->record_id[from], record_id) ? from : UINT32_MAX;
}

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

/* Rows in the order of their keys: what load_settle of engine/load.h does. */
#include <stdlib.h>

#include "base/parallel.h"
#include "base/radix.h"
#include "engine/load.h"

struct keep {
    uint8_t *superseded; /* [n_rows] of the whole batch */
    uint32_t room;
};

static int S_by_key(const void *p, const void *q, void *context)
{
    const struct batch *b = context;
    const struct key_row *x = p, *y = q;
    return batch_compare_keys(b, x->row, y->row);
}

static uint64_t S_first_bytes(struct str s)
{
    uint64_t key = 0;
    for (size_t i = 0; i < 8; i++)
        key = key << 8 | (i < s.len ? (unsigned char)s.ptr[i] : 0);
    return key;
}

/* Old row of each new row, source by source; each is sorted by its first bytes, ties in full. */
static uint32_t *S_order(const struct batch *b, const struct keep *keep, uint32_t *n_kept)
{
    struct key_row *entry = xmalloc(((size_t)b->n_rows + 1) * sizeof *entry);
    struct key_row *scratch = xmalloc(((size_t)b->n_rows + 1) * sizeof *scratch);
    uint32_t *order = xmalloc(((size_t)b->n_rows + 1) * sizeof *order), n = 0;
    for (uint32_t rank = 0; rank < b->n_sources; rank++) {
        uint32_t k = 0, source = 0;
        while (b->source_rank[source] != rank)
            source++;
        for (uint32_t row = 0; row < b->n_rows; row++)
            if (b->source[row] == source && !keep->superseded[row])
                entry[k++] = (struct key_row){S_first_bytes(b->record_id[row]), row};
        radix_sort(entry, scratch, k);
        for (uint32_t i = 0, end; i < k; i = end) {
            for (end = i + 1; end < k && entry[end].key == entry[i].key; end++)
                ;
            if (end - i > 1)
                qsort_r(entry + i, end - i, sizeof *entry, S_by_key, (void *)(uintptr_t)b);
        }
        for (uint32_t i = 0; i < k; i++)
            order[n++] = entry[i].row;
    }
    free(entry);
    free(scratch);
    *n_kept = n;
    return order;
}

/* Zeros are not written: pages of nothing, as a field has them that a source does not fill, take no memory. */
static void S_reorder_ids(uint32_t **ids, uint32_t *room, const uint32_t *order, uint32_t n)
{
    uint32_t *moved = xcalloc((size_t)n + 1, sizeof *moved);
    for (uint32_t i = 0; i < n; i++)
        if ((*ids)[order[i]])
            moved[i] = (*ids)[order[i]];
    free(*ids);
    *ids = moved;
    *room = n + 1;
}

struct reorder {
    struct batch *batch;
    const uint32_t *order;
    uint32_t n;
};

/* One column: of raw values, then of normalised ones. */
static void S_reorder_column(void *context, size_t item, unsigned worker)
{
    const struct reorder *r = context;
    struct column *c = item % 2 ? &r->batch->norm[item / 2] : &r->batch->raw[item / 2];
    (void)worker;
    S_reorder_ids(&c->id, &c->room, r->order, r->n);
    c->n_rows = r->n;
    dict_settle(&c->dict);
}

static void S_reorder_notes(struct load *l, const uint32_t *order, uint32_t n)
{
    uint64_t *fingerprint = xcalloc((size_t)n + 1, sizeof *fingerprint);
    int64_t *rid = xcalloc((size_t)n + 1, sizeof *rid);
    for (uint32_t i = 0; i < n; i++) {
        fingerprint[i] = l->fingerprint[order[i]];
        if (l->rid[order[i]]) /* none in a first run */
            rid[i] = l->rid[order[i]];
    }
    free(l->fingerprint);
    free(l->rid);
    l->fingerprint = fingerprint;
    l->rid = rid;
    l->noted_room = n + 1;
}

static void S_reorder(struct load *l, const struct keep *keep)
{
    struct batch *b = &l->batch;
    uint32_t n, before = b->n_rows;
    uint32_t *order = S_order(b, keep, &n);
    uint32_t *new_row = xmalloc(((size_t)before + 1) * sizeof *new_row);
    memset(new_row, 0xFF, (size_t)before * sizeof *new_row);
    for (uint32_t i = 0; i < n; i++)
        new_row[order[i]] = i;
    struct reorder columns = {b, order, n};
    parallel_for(l->threads ? l->threads : 1, 2 * (size_t)b->schema->n_fields, S_reorder_column, &columns);
    struct batch old = *b;
    b->room = n + 1;
    b->source = xmalloc(b->room * sizeof *b->source);
    b->record_id = xmalloc(b->room * sizeof *b->record_id);
    b->updated_at = xmalloc(b->room * sizeof *b->updated_at);
    b->entity = xmalloc(b->room * sizeof *b->entity);
    b->n_rows = n;
    for (uint32_t i = 0; i < n; i++) {
        b->source[i] = old.source[order[i]];
        b->record_id[i] = old.record_id[order[i]];
        b->updated_at[i] = old.updated_at[order[i]];
        b->entity[i] = old.entity[order[i]];
    }
    if (l->noted_room) {
        if (l->noted_room < before)
            load_note(l, before - 1, 0, 0);
        S_reorder_notes(l, order, n);
    }
    free(old.source);
    free(old.record_id);
    free(old.updated_at);
    free(old.entity);
    size_t links = 0;
    for (size_t i = 0; i < l->n_links; i++)
        if (new_row[l->link[i].row] != UINT32_MAX) {
            l->link[links] = l->link[i];
            l->link[links++].row = new_row[l->link[i].row];
        }
    l->n_links = links;
    free(new_row);
    free(order);
}

void load_settle(struct load *l)
{
    struct keep keep = {l->superseded, l->superseded_room};
    if (l->batch.n_rows > keep.room) {
        keep.superseded = xrealloc(keep.superseded, l->batch.n_rows);
        memset(keep.superseded + keep.room, 0, l->batch.n_rows - keep.room);
        keep.room = l->batch.n_rows;
    }
    S_reorder(l, &keep);
    free(keep.superseded);
    l->superseded = NULL;
    l->superseded_room = 0;
}

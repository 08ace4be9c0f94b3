#include "engine/put_away.h"

#include <stdlib.h>

enum { IDS_A_PLACE = 1 << 16 };

struct put_column {
    struct column kept; /* its numbers; the pointers are void */
    struct spill_place id, set_at, set_id, at, block[DICT_BLOCKS];
};

/* An array and the pointer that its owner has of it. */
struct put_array {
    void **owner;
    struct spill_place place;
};

static enum idem_status S_begin(struct put_away *p, const char *folder, struct idem_error *err)
{
    return p->spill ? IDEM_OK : spill_open(folder, &p->spill, err);
}

/* ------------------------------------------------------------------ raw columns */

/* Bytes of block k that hold values. */
static size_t S_used(const struct dict *d, unsigned k)
{
    uint64_t first = UINT64_C(1) << (k + DICT_FIRST_BITS), next = d->next;
    uint64_t units = next <= first ? 0 : next - first;
    return (size_t)(units < first ? units : first) * DICT_UNIT;
}

static enum idem_status S_put_column(struct put_away *p, struct column *c, struct put_column *to,
                                     struct idem_error *err)
{
    uint32_t ids = c->n_sets ? c->set_at[c->n_sets] : 0;
    TRY(spill_put(p->spill, c->id, c->n_rows * sizeof *c->id, &to->id, err));
    TRY(spill_put(p->spill, c->set_at, c->n_sets ? (c->n_sets + (size_t)1) * sizeof *c->set_at : 0, &to->set_at, err));
    TRY(spill_put(p->spill, c->set_id, ids * sizeof *c->set_id, &to->set_id, err));
    TRY(spill_put(p->spill, c->dict.at, c->dict.n ? (c->dict.n + (size_t)1) * sizeof *c->dict.at : 0, &to->at, err));
    for (unsigned k = 0; k < DICT_BLOCKS; k++)
        if (c->dict.block[k])
            TRY(spill_put(p->spill, c->dict.block[k], S_used(&c->dict, k), &to->block[k], err));
    to->kept = *c;
    column_deinit(c);
    return IDEM_OK;
}

/* The bytes of a place in memory of their own; NULL of none. */
static enum idem_status S_fetch(struct put_away *p, const struct spill_place *place, void **out, struct idem_error *err)
{
    *out = place->len ? xmalloc(place->len) : NULL;
    return place->len ? spill_get(p->spill, place, *out, err) : IDEM_OK;
}

static enum idem_status S_column_back(struct put_away *p, const struct put_column *from, struct column *c,
                                      struct idem_error *err)
{
    const struct column *was = &from->kept;
    void *id, *set_at, *set_id, *at;
    *c = (struct column){.n_rows = was->n_rows, .room = was->n_rows, .n_sets = was->n_sets};
    enum idem_status status = S_fetch(p, &from->id, &id, err);
    c->id = id;
    TRY(status);
    status = S_fetch(p, &from->set_at, &set_at, err);
    c->set_at = set_at;
    TRY(status);
    status = S_fetch(p, &from->set_id, &set_id, err);
    c->set_id = set_id;
    TRY(status);
    c->sets_room = (uint32_t)(from->set_at.len / sizeof *c->set_at);
    c->set_ids_room = (uint32_t)(from->set_id.len / sizeof *c->set_id);
    status = S_fetch(p, &from->at, &at, err);
    c->dict.at = at;
    TRY(status);
    c->dict.room = (uint32_t)(from->at.len / sizeof *c->dict.at);
    for (unsigned k = 0; k < DICT_BLOCKS; k++)
        if (was->dict.block[k]) {
            c->dict.block[k] = arena_alloc(&c->dict.arena, (size_t)DICT_UNIT << (k + DICT_FIRST_BITS), 8);
            TRY(spill_get(p->spill, &from->block[k], c->dict.block[k], err));
        }
    c->dict.n = was->dict.n;
    c->dict.next = was->dict.next;
    return IDEM_OK;
}

enum idem_status put_away_raw(struct put_away *p, const char *folder, struct batch *b, struct idem_error *err)
{
    TRY(S_begin(p, folder, err));
    p->column = xcalloc(b->schema->n_fields + (size_t)1, sizeof *p->column);
    for (unsigned f = 0; f < b->schema->n_fields; f++)
        TRY(S_put_column(p, &b->raw[f], &p->column[f], err));
    p->bytes = spill_held(p->spill);
    return IDEM_OK;
}

/* ------------------------------------------------------------------ facts of rows */

static enum idem_status S_put_array(struct put_away *p, void **owner, size_t bytes, struct idem_error *err)
{
    struct put_array *a = &p->array[p->n_arrays];
    if (!*owner)
        return IDEM_OK;
    TRY(spill_put(p->spill, *owner, bytes, &a->place, err));
    a->owner = owner;
    p->n_arrays++;
    free(*owner);
    *owner = NULL;
    return IDEM_OK;
}

static enum idem_status S_put_ids(struct put_away *p, struct batch *b, struct idem_error *err)
{
    struct buf text = {0};
    enum idem_status status = IDEM_OK;
    p->ids = xcalloc((size_t)b->n_rows / IDS_A_PLACE + 1, sizeof *p->ids);
    for (uint32_t from = 0; from < b->n_rows; from += IDS_A_PLACE) {
        buf_clear(&text);
        for (uint32_t row = from; row < b->n_rows && row - from < IDS_A_PLACE; row++) {
            buf_varint(&text, b->record_id[row].len);
            buf_str(&text, b->record_id[row]);
        }
        TRY_DONE(spill_put(p->spill, text.ptr, text.len, &p->ids[p->n_ids], err));
        p->n_ids++;
    }
    free(b->record_id);
    b->record_id = NULL;
    arena_deinit(&b->id_arena);
done:
    buf_deinit(&text);
    return status;
}

enum idem_status put_away_facts(struct put_away *p, const char *folder, struct load *l, void **const *more,
                                unsigned n_more, struct idem_error *err)
{
    struct batch *b = &l->batch;
    TRY(S_begin(p, folder, err));
    p->array = xcalloc(n_more + (size_t)3, sizeof *p->array);
    TRY(S_put_array(p, (void **)&b->updated_at, b->n_rows * sizeof *b->updated_at, err));
    TRY(S_put_array(p, (void **)&l->fingerprint, l->noted_room * sizeof *l->fingerprint, err));
    TRY(S_put_array(p, (void **)&l->rid, l->noted_room * sizeof *l->rid, err));
    for (unsigned i = 0; i < n_more; i++)
        TRY(S_put_array(p, more[i], b->n_rows * sizeof(uint64_t), err));
    TRY(S_put_ids(p, b, err));
    p->bytes = spill_held(p->spill);
    return IDEM_OK;
}

static enum idem_status S_ids_back(struct put_away *p, struct batch *b, struct idem_error *err)
{
    b->record_id = xcalloc((size_t)b->n_rows + 1, sizeof *b->record_id);
    b->room = b->n_rows;
    for (size_t i = 0; i < p->n_ids; i++) {
        char *text = arena_alloc(&b->id_arena, p->ids[i].len + 1, 1);
        TRY(spill_get(p->spill, &p->ids[i], text, err));
        struct str rest = {text, p->ids[i].len};
        for (uint32_t row = (uint32_t)i * IDS_A_PLACE; rest.len && row < b->n_rows; row++) {
            uint64_t len;
            if (!varint_take(&rest, &len) || len > rest.len)
                return error_set(err, IDEM_CORRUPT, "record ids that were put on disk cannot be read back");
            b->record_id[row] = str_sub(rest, 0, len);
            rest = str_sub(rest, len, rest.len);
        }
    }
    return IDEM_OK;
}

/* ------------------------------------------------------------------ */

enum idem_status put_away_back(struct put_away *p, struct load *l, struct idem_error *err)
{
    if (!p->spill)
        return IDEM_OK;
    for (unsigned i = 0; i < p->n_arrays; i++) {
        enum idem_status status = S_fetch(p, &p->array[i].place, p->array[i].owner, err);
        TRY(status);
    }
    if (p->ids)
        TRY(S_ids_back(p, &l->batch, err));
    for (unsigned f = 0; p->column && f < l->batch.schema->n_fields; f++)
        TRY(S_column_back(p, &p->column[f], &l->batch.raw[f], err));
    put_away_drop(p);
    return IDEM_OK;
}

void put_away_drop(struct put_away *p)
{
    uint64_t bytes = p->bytes;
    spill_close(p->spill);
    free(p->column);
    free(p->array);
    free(p->ids);
    *p = (struct put_away){.bytes = bytes};
}

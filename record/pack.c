#include "record/pack.h"

#include <stdlib.h>

static void S_bytes(struct buf *out, struct str s)
{
    buf_varint(out, s.len);
    buf_str(out, s);
}

/* A row's raw and norm ids run in parallel. */
void record_pack(const struct batch *b, uint32_t row, struct buf *out)
{
    int64_t t = b->updated_at[row];
    buf_varint(out, t == INT64_MIN ? 0 : (((uint64_t)t << 1) ^ (uint64_t)(t >> 63)) + 1);
    buf_byte(out, (char)b->entity[row]);
    buf_varint(out, b->schema->n_fields);
    for (unsigned f = 0; f < b->schema->n_fields; f++) {
        const uint32_t *raw, *norm;
        uint32_t n = column_ids(&b->raw[f], row, &raw), n_norm = column_ids(&b->norm[f], row, &norm);
        buf_varint(out, n);
        for (uint32_t i = 0; i < n; i++) {
            S_bytes(out, dict_get(&b->raw[f].dict, raw[i]));
            S_bytes(out, i < n_norm ? dict_get(&b->norm[f].dict, norm[i]) : STR(""));
        }
    }
}

static void S_prefetch(const struct column *c, uint32_t row, bool values)
{
    const uint32_t *id;
    if (!c->id || !c->dict.at) /* forgotten */
        return;
    uint32_t n = column_ids(c, row, &id);
    for (uint32_t i = 0; i < n; i++)
        if (id[i] && (!values || c->dict.at[id[i]]))
            __builtin_prefetch(values ? dict_place(&c->dict, c->dict.at[id[i]]) : (const char *)&c->dict.at[id[i]]);
}

void record_prefetch_places(const struct batch *b, uint32_t row)
{
    for (unsigned f = 0; f < b->schema->n_fields; f++) {
        S_prefetch(&b->raw[f], row, false);
        S_prefetch(&b->norm[f], row, false);
    }
}

void record_prefetch_values(const struct batch *b, uint32_t row)
{
    for (unsigned f = 0; f < b->schema->n_fields; f++) {
        S_prefetch(&b->raw[f], row, true);
        S_prefetch(&b->norm[f], row, true);
    }
}

static bool S_take(struct str *rest, struct str *bytes)
{
    uint64_t len;
    if (!varint_take(rest, &len) || len > rest->len)
        return false;
    *bytes = str_sub(*rest, 0, len);
    *rest = str_sub(*rest, len, rest->len);
    return true;
}

bool record_unpack(struct str packed, struct arena *out, struct packed_record *r)
{
    uint64_t t, n_fields;
    *r = (struct packed_record){0};
    if (!varint_take(&packed, &t) || !packed.len)
        return false;
    r->updated_at = t == 0 ? INT64_MIN : (int64_t)((t - 1) >> 1) ^ -(int64_t)((t - 1) & 1);
    r->entity = (enum entity_kind)(unsigned char)packed.ptr[0];
    packed = str_sub(packed, 1, packed.len);
    if (!varint_take(&packed, &n_fields) || n_fields > MOST_FIELDS)
        return false;
    r->n_fields = (unsigned)n_fields;
    r->field = ARENA_NEW(out, struct packed_field, n_fields);
    for (unsigned f = 0; f < r->n_fields; f++) {
        uint64_t n;
        if (!varint_take(&packed, &n) || n > packed.len)
            return false;
        r->field[f] = (struct packed_field){ARENA_NEW(out, struct packed_value, n), (unsigned)n};
        for (uint64_t i = 0; i < n; i++)
            if (!S_take(&packed, &r->field[f].value[i].raw) || !S_take(&packed, &r->field[f].value[i].norm))
                return false;
    }
    return packed.len == 0;
}

enum { USUAL_VALUES = 16 };

typedef void put_ids_fn(struct column *c, uint32_t row, const uint32_t *ids, uint32_t n);

static void S_append_ids(struct column *c, uint32_t row, const uint32_t *ids, uint32_t n)
{
    (void)row;
    column_append(c, ids, n);
}

static void S_put_values(struct batch *b, uint32_t row, const struct packed_record *r, put_ids_fn *put)
{
    uint32_t usual[2 * USUAL_VALUES];
    for (unsigned f = 0; f < b->schema->n_fields; f++) {
        unsigned n = f < r->n_fields ? r->field[f].n : 0;
        uint32_t *raw = n <= USUAL_VALUES ? usual : xmalloc(2 * (size_t)n * sizeof *raw), *norm = raw + n;
        for (unsigned i = 0; i < n; i++) {
            struct packed_value v = r->field[f].value[i];
            raw[i] = v.raw.len ? dict_add(&b->raw[f].dict, v.raw, NULL) : 0;
            norm[i] = v.norm.len ? dict_add(&b->norm[f].dict, v.norm, NULL) : 0;
        }
        put(&b->raw[f], row, raw, n);
        put(&b->norm[f], row, norm, n);
        if (raw != usual)
            free(raw);
    }
}

void record_append(struct batch *b, uint16_t source, struct str record_id, const struct packed_record *r)
{
    uint32_t row = batch_append(b, source, record_id, r->updated_at, r->entity);
    S_put_values(b, row, r, S_append_ids);
}

void record_replace(struct batch *b, uint32_t row, uint16_t source, struct str record_id, const struct packed_record *r)
{
    b->source[row] = source;
    b->record_id[row] = record_id;
    b->updated_at[row] = r->updated_at;
    b->entity[row] = (uint8_t)r->entity;
    S_put_values(b, row, r, column_replace);
}

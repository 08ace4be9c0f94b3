#include "small_batch.h"

#include "base/hash.h"

void small_init(struct small_batch *s)
{
    *s = (struct small_batch){0};
    arena_init(&s->arena);
}

void small_deinit(struct small_batch *s)
{
    if (s->batch.schema)
        batch_deinit(&s->batch);
    arena_deinit(&s->arena);
}

unsigned small_field(struct small_batch *s, const char *name, enum field_type type)
{
    s->schema.field[s->schema.n_fields] = (struct field){.name = str_from(name), .type = type};
    return s->schema.n_fields++;
}

void small_sources(struct small_batch *s, uint16_t n)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"};
    for (s->n_sources = 0; s->n_sources < n; s->n_sources++)
        s->source[s->n_sources] = str_from(names[s->n_sources]);
    batch_init(&s->batch, &s->schema);
    batch_set_sources(&s->batch, s->source, n);
}

void small_norm(struct small_batch *s, unsigned field, const struct norm *value)
{
    struct buf packed = {0};
    norm_pack(value, &packed);
    uint32_t id = dict_add(&s->batch.norm[field].dict, buf_view(&packed), NULL);
    s->value[field][s->n_values[field]++] = id;
    buf_deinit(&packed);
}

void small_text(struct small_batch *s, unsigned field, const char *text)
{
    struct str t = str_from(text);
    if (!t.len)
        return;
    struct norm v = {.form = {[NORM_CANON] = t, [NORM_LATIN] = t, [NORM_TOKENS] = t}};
    small_norm(s, field, &v);
}

uint32_t small_record(struct small_batch *s, uint16_t source, const char *record_id, enum entity_kind entity)
{
    uint32_t row = batch_append(&s->batch, source, str_from(record_id), INT64_MIN, entity);
    for (unsigned f = 0; f < s->schema.n_fields; f++) {
        column_append(&s->batch.norm[f], s->value[f], s->n_values[f]);
        column_append(&s->batch.raw[f], NULL, 0);
        s->n_values[f] = 0;
    }
    return row;
}

void small_permute(const struct small_batch *s, const uint32_t *order, struct small_batch *out)
{
    small_init(out);
    out->schema = s->schema;
    small_sources(out, s->n_sources);
    for (uint32_t row = 0; row < s->batch.n_rows; row++) {
        uint32_t from = order[row];
        for (unsigned f = 0; f < s->schema.n_fields; f++) {
            const uint32_t *id;
            const struct column *c = &s->batch.norm[f];
            uint32_t n = column_ids(c, from, &id);
            for (uint32_t i = 0; i < n; i++)
                out->value[f][out->n_values[f]++] = dict_add(&out->batch.norm[f].dict, dict_get(&c->dict, id[i]), NULL);
        }
        char *id = str_cstr(&out->arena, s->batch.record_id[from]);
        small_record(out, s->batch.source[from], id, (enum entity_kind)s->batch.entity[from]);
    }
}

void small_shuffle(uint32_t *order, uint32_t n, uint64_t *state)
{
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    for (uint32_t i = n; i > 1; i--) {
        uint32_t j = (uint32_t)random_below(state, i), keep = order[i - 1];
        order[i - 1] = order[j];
        order[j] = keep;
    }
}

const char *small_printf(struct small_batch *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str text = arena_vprintf(&s->arena, format, args);
    va_end(args);
    return str_cstr(&s->arena, text);
}

#include "engine/encode.h"

#include <stdlib.h>

#include "base/parallel.h"

enum { MOST_VALUES = 32, UNKNOWN = 0xFFFFFFFF, MOST_GROUP = 8 };

/* One field as one source gives it: raw id -> norm id, worked out at first sight. */
struct field_encoder {
    unsigned field;
    enum field_type type;
    struct norm_context context;
    uint32_t *norm_of; /* [room] by raw id; UNKNOWN: not yet */
    uint32_t room;
    uint32_t *pieces_of; /* by raw id: 1 + index into piece, 0 not yet, UNKNOWN: none */
    struct piece_list *piece;
    uint32_t n_pieces, pieces_room;
    const struct mapping *mapping; /* NULL: only split off another field */
    unsigned cells;                /* where its cell numbers begin in cell_of */
};

/* The pieces that one raw value splits into, as ids of the group's fields. */
struct piece_list {
    unsigned n;
    uint8_t member[MOST_PIECES]; /* index into the group */
    uint32_t raw[MOST_PIECES], norm[MOST_PIECES];
};

struct group {
    struct field_encoder member[MOST_GROUP];
    unsigned n;
    bool splits;
};

struct value_ids {
    uint32_t raw[MOST_VALUES], norm[MOST_VALUES];
    unsigned n;
};

struct encoder {
    struct encode_source source;
    struct batch *batch;
    struct group *group;
    unsigned n_groups;
    struct normalizer **normalizer; /* [workers] */
    struct arena *scratch;          /* [workers] */
    struct buf *packed;             /* [workers] */
    unsigned workers;
};

/* ------------------------------------------------------------------ set-up */

static int S_group_of(enum field_type type)
{
    switch (type) {
    case FIELD_FULL_NAME:
    case FIELD_GIVEN_NAME:
    case FIELD_MIDDLE_NAME:
    case FIELD_FAMILY_NAME:
    case FIELD_NAME_SUFFIX:
    case FIELD_ORGANISATION:
        return 1;
    case FIELD_ADDRESS:
    case FIELD_HOUSE_NUMBER:
    case FIELD_CITY:
    case FIELD_REGION:
    case FIELD_POSTCODE:
    case FIELD_COUNTRY:
        return 2;
    default:
        return 0;
    }
}

static void S_context(struct field_encoder *f, const struct source *s)
{
    memset(&f->context, 0, sizeof f->context);
    if (f->mapping)
        f->context = f->mapping->context;
    if (!f->context.country[0])
        memcpy(f->context.country, s->country, sizeof f->context.country);
}

static void S_add_member(struct encoder *e, unsigned field)
{
    enum field_type type = e->source.schema->field[field].type;
    int kind = S_group_of(type);
    struct group *g = NULL;
    for (unsigned i = 0; i < e->n_groups && kind; i++)
        if (S_group_of(e->group[i].member[0].type) == kind && e->group[i].n < MOST_GROUP)
            g = &e->group[i];
    if (!g)
        g = &e->group[e->n_groups++];
    struct field_encoder *f = &g->member[g->n++];
    *f = (struct field_encoder){.field = field, .type = type};
    unsigned cells = 0;
    for (unsigned m = 0; m < e->source.source->n_mappings; m++) {
        const struct mapping *mapping = &e->source.source->mapping[m];
        if (e->source.field_of[mapping->field] == field) {
            f->mapping = mapping;
            f->cells = cells;
            g->splits |= type == FIELD_FULL_NAME || type == FIELD_ADDRESS;
        }
        for (unsigned v = 0; v < mapping->n_values; v++)
            cells += mapping->value[v].n_columns;
    }
    for (unsigned m = 0; m < e->source.n_extra_mappings; m++)
        g->splits |= e->source.field_of[e->source.extra_mapping[m]->field] == field &&
                     (type == FIELD_FULL_NAME || type == FIELD_ADDRESS);
    S_context(f, e->source.source);
}

enum idem_status encoder_new(const struct encode_source *source, struct batch *b, unsigned workers,
                             struct encoder **out, struct idem_error *err)
{
    struct encoder *e = xcalloc(1, sizeof *e);
    *e = (struct encoder){.source = *source, .batch = b, .workers = workers ? workers : 1};
    e->group = xcalloc(MOST_FIELDS, sizeof *e->group);
    e->normalizer = xcalloc(e->workers, sizeof *e->normalizer);
    e->scratch = xcalloc(e->workers, sizeof *e->scratch);
    e->packed = xcalloc(e->workers, sizeof *e->packed);
    for (unsigned f = 0; f < b->schema->n_fields; f++)
        S_add_member(e, f);
    for (unsigned i = 0; i < e->workers; i++) {
        enum idem_status status = normalizer_new(&e->normalizer[i], err);
        if (status != IDEM_OK) {
            encoder_free(e);
            return status;
        }
    }
    *out = e;
    return IDEM_OK;
}

void encoder_free(struct encoder *e)
{
    if (!e)
        return;
    for (unsigned i = 0; i < e->n_groups; i++)
        for (unsigned k = 0; k < e->group[i].n; k++) {
            free(e->group[i].member[k].norm_of);
            free(e->group[i].member[k].pieces_of);
            free(e->group[i].member[k].piece);
        }
    for (unsigned i = 0; i < e->workers; i++) {
        normalizer_free(e->normalizer[i]);
        arena_deinit(&e->scratch[i]);
        buf_deinit(&e->packed[i]);
    }
    free(e->normalizer);
    free(e->scratch);
    free(e->packed);
    free(e->group);
    free(e);
}

/* ------------------------------------------------------------------ one value */

static void S_make_room(struct field_encoder *f, uint32_t raw)
{
    if (raw < f->room)
        return;
    uint32_t room = f->room ? f->room : 1024;
    while (room <= raw)
        room *= 2;
    f->norm_of = xrealloc(f->norm_of, room * sizeof *f->norm_of);
    memset(f->norm_of + f->room, 0xFF, (room - f->room) * sizeof *f->norm_of);
    f->pieces_of = xrealloc(f->pieces_of, room * sizeof *f->pieces_of);
    memset(f->pieces_of + f->room, 0, (room - f->room) * sizeof *f->pieces_of);
    f->room = room;
}

/* Ids of a raw text; both 0 when it is blank. */
static uint32_t S_value(struct encoder *e, struct field_encoder *f, unsigned worker, struct str raw, uint32_t *norm)
{
    *norm = 0;
    raw = str_trim(raw);
    if (!raw.len)
        return 0;
    uint32_t id = dict_add(&e->batch->raw[f->field].dict, raw, NULL);
    S_make_room(f, id);
    if (f->norm_of[id] == UNKNOWN) {
        struct norm value;
        arena_reset(&e->scratch[worker]);
        buf_clear(&e->packed[worker]);
        normalize_value(e->normalizer[worker], f->type, &f->context, raw, &e->scratch[worker], &value);
        f->norm_of[id] = 0;
        if (value.form[NORM_CANON].len) {
            norm_pack(&value, &e->packed[worker]);
            f->norm_of[id] = dict_add(&e->batch->norm[f->field].dict, buf_view(&e->packed[worker]), NULL);
        }
    }
    *norm = f->norm_of[id];
    return id;
}

static void S_push(struct value_ids *v, uint32_t raw, uint32_t norm)
{
    if (!raw || v->n == MOST_VALUES)
        return;
    for (unsigned i = 0; i < v->n; i++)
        if (v->raw[i] == raw)
            return;
    v->raw[v->n] = raw;
    v->norm[v->n++] = norm;
}

static void S_push_text(struct encoder *e, struct field_encoder *f, unsigned worker, const struct mapping *m,
                        struct str text, struct value_ids *out)
{
    uint32_t norm;
    if (!m->split.len) {
        uint32_t raw = S_value(e, f, worker, text, &norm);
        S_push(out, raw, norm);
        return;
    }
    while (text.len) {
        size_t at = str_find(text, m->split);
        struct str piece = str_sub(text, 0, at == SIZE_MAX ? text.len : at);
        uint32_t raw = S_value(e, f, worker, piece, &norm);
        S_push(out, raw, norm);
        text = str_sub(text, at == SIZE_MAX ? text.len : at + m->split.len, text.len);
    }
}

/* ------------------------------------------------------------------ one row of one group */

static struct str S_cell(const struct row_batch *rows, size_t row, unsigned column)
{
    const struct cell *c = &rows->cell[row * rows->n_cols + column];
    return (struct str){c->ptr, c->len};
}

static void S_mapped(struct encoder *e, struct field_encoder *f, unsigned worker, const struct row_batch *rows,
                     uint32_t row, struct value_ids *out)
{
    const struct mapping *m = f->mapping;
    const unsigned *cell = e->source.cell_of + f->cells;
    char joined[4096];
    for (unsigned v = 0; v < m->n_values; cell += m->value[v++].n_columns) {
        const struct mapped_value *value = &m->value[v];
        if (value->n_columns == 0) {
            S_push_text(e, f, worker, m, value->constant, out);
        } else if (value->n_columns == 1) {
            const struct cell *c = &rows->cell[row * rows->n_cols + cell[0]];
            for (;;) {
                S_push_text(e, f, worker, m, (struct str){c->ptr, c->len}, out);
                if (!c->more)
                    break;
                c = &rows->more[c->more - 1];
            }
        } else {
            size_t len = 0;
            for (unsigned k = 0; k < value->n_columns; k++) {
                struct str part = str_trim(S_cell(rows, row, cell[k]));
                if (!part.len || len + part.len + 1 > sizeof joined)
                    continue;
                if (len)
                    joined[len++] = ' ';
                memcpy(joined + len, part.ptr, part.len);
                len += part.len;
            }
            S_push_text(e, f, worker, m, (struct str){joined, len}, out);
        }
    }
}

static uint32_t S_new_pieces(struct field_encoder *f)
{
    if (f->n_pieces == f->pieces_room) {
        f->pieces_room = f->pieces_room ? f->pieces_room * 2 : 64;
        f->piece = xrealloc(f->piece, f->pieces_room * sizeof *f->piece);
    }
    f->piece[f->n_pieces] = (struct piece_list){0};
    return f->n_pieces++;
}

static void S_find_pieces(struct encoder *e, struct group *g, struct field_encoder *f, unsigned worker, uint32_t raw)
{
    struct norm_piece piece[MOST_PIECES];
    struct arena local = {0};
    struct str text = dict_get(&e->batch->raw[f->field].dict, raw);
    unsigned n = normalize_split(e->normalizer[worker], f->type, &f->context, text, &local, piece);
    f->pieces_of[raw] = UNKNOWN;
    if (n) {
        uint32_t at = S_new_pieces(f);
        f->pieces_of[raw] = at + 1;
        for (unsigned i = 0; i < n; i++)
            for (unsigned k = 0; k < g->n; k++) {
                struct field_encoder *to = &g->member[k];
                if (to == f || to->type != piece[i].type || e->source.dropped[to->field])
                    continue;
                uint32_t norm, id = S_value(e, to, worker, piece[i].raw, &norm);
                struct piece_list *list = &f->piece[at];
                if (id && list->n < MOST_PIECES) {
                    list->member[list->n] = (uint8_t)k;
                    list->raw[list->n] = id;
                    list->norm[list->n++] = norm;
                }
                break;
            }
    }
    arena_deinit(&local);
}

/* Pieces go to fields that the record does not have otherwise. */
static void S_split(struct encoder *e, struct group *g, unsigned worker, struct value_ids *ids)
{
    bool own[MOST_GROUP];
    for (unsigned k = 0; k < g->n; k++)
        own[k] = ids[k].n > 0;
    for (unsigned k = 0; k < g->n; k++) {
        struct field_encoder *f = &g->member[k];
        if (f->type != FIELD_FULL_NAME && f->type != FIELD_ADDRESS)
            continue;
        bool named = f->type == FIELD_FULL_NAME && S_group_of(f->type) == 1;
        bool has_name = false;
        for (unsigned i = 0; i < g->n && named; i++)
            has_name |= own[i] && (g->member[i].type == FIELD_GIVEN_NAME || g->member[i].type == FIELD_FAMILY_NAME);
        unsigned n = ids[k].n;
        for (unsigned i = 0; i < n && !has_name; i++) {
            uint32_t raw = ids[k].raw[i];
            if (!f->pieces_of[raw])
                S_find_pieces(e, g, f, worker, raw);
            if (f->pieces_of[raw] == UNKNOWN)
                continue;
            const struct piece_list *list = &f->piece[f->pieces_of[raw] - 1];
            for (unsigned p = 0; p < list->n; p++)
                if (!own[list->member[p]])
                    S_push(&ids[list->member[p]], list->raw[p], list->norm[p]);
        }
    }
}

struct encode_work {
    struct encoder *encoder;
    const struct row_batch *rows;
    const uint32_t *row, *extra;
    uint32_t n;
    const struct encode_extra *extras;
};

static void S_add_extras(struct encode_work *w, struct group *g, unsigned worker, uint32_t first, struct value_ids *ids)
{
    struct encoder *e = w->encoder;
    for (uint32_t x = first; x; x = w->extras[x - 1].next) {
        const struct mapping *m = e->source.extra_mapping[w->extras[x - 1].mapping];
        for (unsigned k = 0; k < g->n; k++)
            if (g->member[k].field == e->source.field_of[m->field])
                S_push_text(e, &g->member[k], worker, m, w->extras[x - 1].raw, &ids[k]);
    }
}

static void S_encode_group(void *context, size_t item, unsigned worker)
{
    struct encode_work *w = context;
    struct encoder *e = w->encoder;
    struct group *g = &e->group[item];
    struct value_ids *ids = xcalloc(g->n, sizeof *ids);
    for (uint32_t i = 0; i < w->n; i++) {
        for (unsigned k = 0; k < g->n; k++) {
            ids[k].n = 0;
            if (g->member[k].mapping)
                S_mapped(e, &g->member[k], worker, w->rows, w->row[i], &ids[k]);
        }
        if (w->extra && w->extra[i])
            S_add_extras(w, g, worker, w->extra[i], ids);
        if (g->splits)
            S_split(e, g, worker, ids);
        for (unsigned k = 0; k < g->n; k++) {
            column_append(&e->batch->raw[g->member[k].field], ids[k].raw, ids[k].n);
            column_append(&e->batch->norm[g->member[k].field], ids[k].norm, ids[k].n);
        }
    }
    free(ids);
}

void encoder_rows(struct encoder *e, const struct row_batch *rows, const uint32_t *row, const uint32_t *extra,
                  uint32_t n, const struct encode_extra *extras, unsigned threads)
{
    struct encode_work w = {e, rows, row, extra, n, extras};
    parallel_for(threads < e->workers ? threads : e->workers, e->n_groups, S_encode_group, &w);
}

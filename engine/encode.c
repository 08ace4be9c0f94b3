/*
 * The rows of one part of a file go through these steps, each on all threads:
 *
 *   1. gather   every mapped field puts its cells into its dictionary of raw texts (a task a field)
 *   2. work     texts seen for the first time are normalised, full names and addresses split too (a task for some
 *               hundred values of whatever field, so that threads have the same to do)
 *   3. take     what came out goes into the dictionaries, in the order of the texts (a task a field)
 *   4. work, take   the same for the pieces that names and addresses were split into
 *   5. append   every field appends its ids to its columns (a task a field)
 *
 * Ids depend on the rows and on nothing else.
 */
#include "engine/encode.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/parallel.h"
#include "engine/encode_field.h"
#include "engine/hashed.h"
#include "normalize/hashed_text.h"

enum { CHUNK_VALUES = 128, MANY_TEXTS = 128, JOINED_BYTES = 4096, AHEAD = 16 };

struct encoder {
    struct encode_source source;
    struct batch *batch;
    struct field_encoder *field; /* [n_fields] */
    unsigned n_fields;
    struct encode_group *group;
    unsigned n_groups;
    struct normalizer **normalizer; /* [workers] */
    struct arena *scratch;          /* [workers] */
    unsigned workers;
    struct encode_chunk **chunk; /* [chunks_room] all there are; used [0 .. n_chunks) */
    size_t n_chunks, chunks_room;
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

static void S_join_group(struct encoder *e, struct field_encoder *f)
{
    int kind = S_group_of(f->plain);
    for (unsigned i = 0; i < e->n_groups && kind; i++)
        if (S_group_of(e->group[i].member[0]->plain) == kind && e->group[i].n < ENCODE_GROUP)
            f->group = &e->group[i];
    if (!f->group)
        f->group = &e->group[e->n_groups++];
    f->member = f->group->n++;
    f->group->member[f->member] = f;
}

static void S_add_field(struct encoder *e, unsigned field)
{
    const struct source *source = e->source.source;
    struct field_encoder *f = &e->field[field];
    const struct field *of = &e->source.schema->field[field];
    *f = (struct field_encoder){
        .field = field, .type = of->type, .plain = field_plain_type(of), .of = of, .source = &e->source};
    S_join_group(e, f);
    unsigned cells = 0;
    for (unsigned m = 0; m < source->n_mappings; m++) {
        const struct mapping *mapping = &source->mapping[m];
        if (e->source.field_of[mapping->field] == field) {
            f->mapping = mapping;
            f->cells = cells;
            f->group->splits |= field_encoder_splits(f);
        }
        for (unsigned v = 0; v < mapping->n_values; v++)
            cells += mapping->value[v].n_columns;
    }
    for (unsigned m = 0; m < e->source.n_extra_mappings; m++)
        f->group->splits |= e->source.field_of[e->source.extra_mapping[m]->field] == field && field_encoder_splits(f);
    S_context(f, source);
}

enum idem_status encoder_new(const struct encode_source *source, struct batch *b, unsigned workers,
                             struct encoder **out, struct idem_error *err)
{
    struct encoder *e = xcalloc(1, sizeof *e);
    *e = (struct encoder){.source = *source, .batch = b, .workers = workers ? workers : 1};
    e->n_fields = b->schema->n_fields;
    e->field = xcalloc(MOST_FIELDS, sizeof *e->field);
    e->group = xcalloc(MOST_FIELDS, sizeof *e->group);
    e->normalizer = xcalloc(e->workers, sizeof *e->normalizer);
    e->scratch = xcalloc(e->workers, sizeof *e->scratch);
    for (unsigned f = 0; f < e->n_fields; f++)
        S_add_field(e, f);
    for (unsigned i = 0; i < e->workers; i++) {
        enum idem_status status = IDEM_OK;
        if (source->normalizer)
            e->normalizer[i] = source->normalizer[i];
        else
            status = normalizer_new(&e->normalizer[i], err);
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
    for (unsigned f = 0; f < e->n_fields; f++)
        field_encoder_release(&e->field[f]);
    for (size_t i = 0; i < e->chunks_room; i++) {
        encode_chunk_release(e->chunk[i]);
        free(e->chunk[i]);
    }
    for (unsigned i = 0; i < e->workers; i++) {
        if (!e->source.normalizer)
            normalizer_free(e->normalizer[i]);
        arena_deinit(&e->scratch[i]);
    }
    free(e->normalizer);
    free(e->scratch);
    free(e->chunk);
    free(e->field);
    free(e->group);
    free(e);
}

/* ------------------------------------------------------------------ gather */

struct encode_work {
    struct encoder *encoder;
    const struct row_batch *rows;
    const uint32_t *row, *extra;
    uint32_t n;
    const struct encode_extra *extras;
    const struct encode_beside *beside;
};

/* Texts of one field on their way into its dictionary. */
struct gathering {
    const struct encode_work *work;
    struct field_encoder *field;
    struct arena *joined; /* texts that are made of several cells, tokens */
    struct normalizer *normalizer;
    struct str text[MANY_TEXTS];
    uint64_t hash[MANY_TEXTS];
    uint32_t id[MANY_TEXTS], row[MANY_TEXTS];
    size_t n;
    uint32_t rows_done, n_ids;
};

static void S_end_rows(struct gathering *g, uint32_t row)
{
    while (g->rows_done < row)
        g->field->id_end[g->rows_done++] = g->n_ids;
}

/* A row has a value once, and so many of them at most. */
static bool S_is_kept(const uint32_t *id, uint32_t from, uint32_t to, uint32_t raw)
{
    for (uint32_t i = from; i < to; i++)
        if (id[i] == raw)
            return false;
    return to - from < ENCODE_VALUES;
}

static void S_flush(struct gathering *g)
{
    struct field_encoder *f = g->field;
    dict_add_many(&g->work->encoder->batch->raw[f->field].dict, g->text, g->hash, g->n, g->id);
    if (g->n_ids + g->n > f->ids_room) {
        f->ids_room = (g->n_ids + g->n) * 2;
        f->id = xrealloc(f->id, f->ids_room * sizeof *f->id);
    }
    for (size_t i = 0; i < g->n; i++)
        if (g->id[i] < f->room)
            __builtin_prefetch(&f->norm_of[g->id[i]]);
    for (size_t i = 0; i < g->n; i++) {
        S_end_rows(g, g->row[i]);
        if (S_is_kept(f->id, g->row[i] ? f->id_end[g->row[i] - 1] : 0, g->n_ids, g->id[i]))
            f->id[g->n_ids++] = g->id[i];
        field_encoder_want_norm(f, g->id[i]);
    }
    g->n = 0;
    arena_reset(g->joined);
}

/* What is kept of a value of a hashed field: empty when that is nothing, or not known. */
static struct str S_token(struct gathering *g, struct str text)
{
    const struct field_encoder *f = g->field;
    struct str token;
    uint32_t flags;
    if (f->source->stored)
        return hashed_text_parse(text, &token, &flags) ? text : (struct str){0};
    if (!f->source->keys)
        return (struct str){0};
    return hashed_value(f->source->keys, g->normalizer, f->of, &f->context, text, g->joined);
}

static void S_add_text(struct gathering *g, uint32_t row, struct str text)
{
    text = str_trim(text);
    if (!text.len)
        return;
    if (g->n == MANY_TEXTS)
        S_flush(g);
    if (g->field->type == FIELD_HASHED)
        text = S_token(g, text);
    if (!text.len)
        return;
    g->text[g->n] = text;
    g->hash[g->n] = hash_str(text);
    g->row[g->n++] = row;
}

static void S_add_split(struct gathering *g, uint32_t row, const struct mapping *m, struct str text)
{
    if (!m->split.len) {
        S_add_text(g, row, text);
        return;
    }
    while (text.len) {
        size_t at = str_find(text, m->split);
        S_add_text(g, row, str_sub(text, 0, at == SIZE_MAX ? text.len : at));
        text = str_sub(text, at == SIZE_MAX ? text.len : at + m->split.len, text.len);
    }
}

static struct str S_joined(struct gathering *g, uint32_t row, const unsigned *cell, unsigned n)
{
    const struct row_batch *rows = g->work->rows;
    if (g->n + 1 >= MANY_TEXTS) /* what is made here lives until the next flush */
        S_flush(g);
    char *joined = arena_alloc(g->joined, JOINED_BYTES, 1);
    size_t len = 0;
    for (unsigned k = 0; k < n; k++) {
        const struct cell *c = &rows->cell[row * rows->n_cols + cell[k]];
        struct str part = str_trim((struct str){c->ptr, c->len});
        if (!part.len || len + part.len + 1 > JOINED_BYTES)
            continue;
        if (len)
            joined[len++] = ' ';
        memcpy(joined + len, part.ptr, part.len);
        len += part.len;
    }
    return (struct str){joined, len};
}

/* The values that row i has by the source's own mapping. */
static void S_gather_row(struct gathering *g, uint32_t i)
{
    const struct mapping *m = g->field->mapping;
    const struct row_batch *rows = g->work->rows;
    const unsigned *cell = g->work->encoder->source.cell_of + g->field->cells;
    uint32_t row = g->work->row[i];
    for (unsigned v = 0; v < m->n_values; cell += m->value[v++].n_columns) {
        const struct mapped_value *value = &m->value[v];
        if (value->n_columns == 0) {
            S_add_split(g, i, m, value->constant);
        } else if (value->n_columns == 1) {
            const struct cell *c = &rows->cell[row * rows->n_cols + cell[0]];
            S_add_split(g, i, m, (struct str){c->ptr, c->len});
            for (; c->more; S_add_split(g, i, m, (struct str){c->ptr, c->len}))
                c = &rows->more[c->more - 1];
        } else {
            S_add_split(g, i, m, S_joined(g, row, cell, value->n_columns));
        }
    }
}

static void S_gather_extras(struct gathering *g, uint32_t i)
{
    const struct encode_work *w = g->work;
    for (uint32_t x = w->extra[i]; x; x = w->extras[x - 1].next) {
        const struct mapping *m = w->encoder->source.extra_mapping[w->extras[x - 1].mapping];
        if (w->encoder->source.field_of[m->field] == g->field->field)
            S_add_split(g, i, m, w->extras[x - 1].raw);
    }
}

static void S_gather_field(struct encode_work *w, unsigned field, unsigned worker)
{
    struct field_encoder *f = &w->encoder->field[field];
    struct gathering g = {
        .work = w, .field = f, .joined = &w->encoder->scratch[worker], .normalizer = w->encoder->normalizer[worker]};
    f->n_fresh = f->n_chunks = 0;
    if (w->n > f->rows_room) {
        f->rows_room = (size_t)w->n * 2;
        f->id_end = xrealloc(f->id_end, f->rows_room * sizeof *f->id_end);
    }
    for (uint32_t i = 0; i < w->n && (f->mapping || w->extra); i++) {
        if (f->mapping)
            S_gather_row(&g, i);
        if (w->extra && w->extra[i])
            S_gather_extras(&g, i);
    }
    S_flush(&g);
    S_end_rows(&g, w->n);
}

/* What goes on beside comes first: it is not shared out. */
static void S_gather(void *context, size_t item, unsigned worker)
{
    struct encode_work *w = context;
    unsigned before = w->beside != NULL;
    if (item < before)
        w->beside->work(w->beside->context);
    else
        S_gather_field(w, (unsigned)item - before, worker);
}

/* ------------------------------------------------------------------ rows of a group */

static uint32_t S_own(const struct field_encoder *f, uint32_t row, const uint32_t **id)
{
    static const uint32_t no_id;
    uint32_t from = row ? f->id_end[row - 1] : 0;
    *id = f->ids_room ? f->id + from : &no_id;
    return f->id_end[row] - from;
}

/* Is the field split in this row? A full name is not where its parts are given. */
static bool S_splits_here(const struct field_encoder *f, uint32_t row)
{
    const uint32_t *id;
    if (!field_encoder_splits(f) || !S_own(f, row, &id))
        return false;
    for (unsigned k = 0; k < f->group->n && f->type == FIELD_FULL_NAME; k++) {
        const struct field_encoder *other = f->group->member[k];
        if ((other->plain == FIELD_GIVEN_NAME || other->plain == FIELD_FAMILY_NAME) && S_own(other, row, &id))
            return false;
    }
    return true;
}

static void S_want_pieces(void *context, size_t item, unsigned worker)
{
    struct encode_work *w = context;
    struct field_encoder *f = &w->encoder->field[item];
    (void)worker;
    if (!field_encoder_splits(f))
        return;
    f->splits_row = xrealloc(f->splits_row, w->n);
    for (uint32_t row = 0; row < w->n; row++) {
        const uint32_t *id;
        f->splits_row[row] = S_splits_here(f, row);
        uint32_t n = f->splits_row[row] ? S_own(f, row, &id) : 0;
        for (uint32_t i = 0; i < n; i++)
            field_encoder_want_pieces(f, id[i]);
    }
}

/* ------------------------------------------------------------------ work, take */

static void S_run_chunk(void *context, size_t item, unsigned worker)
{
    struct encoder *e = ((struct encode_work *)context)->encoder;
    encode_chunk_run(e->chunk[item], e->batch, e->source.dropped, e->normalizer[worker], &e->scratch[worker]);
}

static void S_take_norms(void *context, size_t item, unsigned worker)
{
    struct encoder *e = ((struct encode_work *)context)->encoder;
    (void)worker;
    field_encoder_take_norms(&e->field[item], e->batch);
}

static void S_take_pieces(void *context, size_t item, unsigned worker)
{
    struct encoder *e = ((struct encode_work *)context)->encoder;
    (void)worker;
    if (e->field[item].group->splits)
        field_encoder_take_pieces(&e->field[item], e->batch);
}

static void S_add_chunk(struct encoder *e, struct field_encoder *f, size_t from, size_t to)
{
    if (e->n_chunks == e->chunks_room) {
        e->chunk = xrealloc(e->chunk, (e->chunks_room + 1) * sizeof *e->chunk);
        e->chunk[e->chunks_room++] = xcalloc(1, sizeof **e->chunk);
    }
    struct encode_chunk *c = e->chunk[e->n_chunks++];
    c->field = f;
    c->from = from;
    c->to = to;
    if (f->n_chunks == f->chunks_room) {
        f->chunks_room = f->chunks_room ? f->chunks_room * 2 : 64;
        f->chunk = xrealloc(f->chunk, f->chunks_room * sizeof(struct encode_chunk *));
    }
    f->chunk[f->n_chunks++] = c;
}

/* Normalises what is fresh from `first[field]` on. */
static void S_work(struct encode_work *w, const size_t *first, unsigned threads)
{
    struct encoder *e = w->encoder;
    e->n_chunks = 0;
    for (unsigned k = 0; k < e->n_fields; k++) {
        struct field_encoder *f = &e->field[k];
        f->n_chunks = 0;
        for (size_t from = first[k]; from < f->n_fresh; from += CHUNK_VALUES)
            S_add_chunk(e, f, from, from + CHUNK_VALUES < f->n_fresh ? from + CHUNK_VALUES : f->n_fresh);
    }
    parallel_for(threads, e->n_chunks, S_run_chunk, w);
    parallel_for(e->n_chunks ? threads : 1, e->n_fields, S_take_norms, w);
}

/* ------------------------------------------------------------------ append */

struct row_ids {
    uint32_t raw[ENCODE_VALUES], norm[ENCODE_VALUES];
    uint32_t n;
};

static void S_push(const struct field_encoder *f, struct row_ids *ids, uint32_t raw)
{
    if (!S_is_kept(ids->raw, 0, ids->n, raw))
        return;
    ids->raw[ids->n] = raw;
    ids->norm[ids->n++] = f->norm_of[raw];
}

/* Pieces go to fields that the record does not have otherwise. */
static void S_push_pieces(const struct field_encoder *f, uint32_t row, struct row_ids *ids)
{
    for (unsigned k = 0; k < f->group->n_splitting; k++) {
        const struct field_encoder *from = f->group->splitting[k];
        const uint32_t *id;
        uint32_t n = from != f && from->splits_row[row] ? S_own(from, row, &id) : 0;
        for (uint32_t i = 0; i < n; i++) {
            const struct kept_piece *piece = field_encoder_pieces(from, id[i]);
            for (; piece; piece = piece->last ? NULL : piece + 1)
                if (piece->member == f->member)
                    S_push(f, ids, piece->raw);
        }
    }
}

/* The pieces of the value that the row is split by, asked for ahead: where its list is, then the list. */
static void S_prefetch_pieces(const struct field_encoder *f, uint32_t row, uint32_t n_rows)
{
    for (unsigned k = 0; k < f->group->n_splitting; k++) {
        const struct field_encoder *from = f->group->splitting[k];
        if (from == f)
            continue;
        if (row + 2 * AHEAD < n_rows && from->splits_row[row + 2 * AHEAD])
            __builtin_prefetch(&from->pieces_of[from->id[from->id_end[row + 2 * AHEAD] - 1]]);
        if (row + AHEAD < n_rows && from->splits_row[row + AHEAD]) {
            const struct kept_piece *piece = field_encoder_pieces(from, from->id[from->id_end[row + AHEAD] - 1]);
            if (piece)
                __builtin_prefetch(piece);
        }
    }
}

static void S_append_row(const struct field_encoder *f, uint32_t row, struct column *raw, struct column *norm)
{
    struct row_ids ids;
    const uint32_t *id;
    uint32_t n = S_own(f, row, &id);
    ids.n = 0;
    for (uint32_t i = 0; i < n; i++)
        S_push(f, &ids, id[i]);
    if (!n)
        S_push_pieces(f, row, &ids);
    column_append(raw, ids.raw, ids.n);
    column_append(norm, ids.norm, ids.n);
}

/* Most rows have one value, or none and nothing that is split: short ways for them. */
static void S_append(void *context, size_t item, unsigned worker)
{
    struct encode_work *w = context;
    struct batch *b = w->encoder->batch;
    const struct field_encoder *f = &w->encoder->field[item];
    struct column *raw = &b->raw[f->field], *norm = &b->norm[f->field];
    uint32_t n_ids = w->n ? f->id_end[w->n - 1] : 0;
    (void)worker;
    column_reserve(raw, w->n);
    column_reserve(norm, w->n);
    for (uint32_t row = 0, from = 0; row < w->n; from = f->id_end[row++]) {
        uint32_t n = f->id_end[row] - from;
        if (from + AHEAD < n_ids)
            __builtin_prefetch(&f->norm_of[f->id[from + AHEAD]]);
        if (f->group->n_splitting)
            S_prefetch_pieces(f, row, w->n);
        if (n > 1 || (!n && f->group->n_splitting)) {
            S_append_row(f, row, raw, norm);
        } else {
            column_append_one(raw, n ? f->id[from] : 0);
            column_append_one(norm, n ? f->norm_of[f->id[from]] : 0);
        }
    }
}

/* Which fields give pieces to others in these rows: nearly always one of a group, or none. */
static void S_find_splitting(struct encode_work *w)
{
    for (unsigned g = 0; g < w->encoder->n_groups; g++) {
        struct encode_group *group = &w->encoder->group[g];
        group->n_splitting = 0;
        for (unsigned k = 0; k < group->n; k++)
            if (group->member[k]->splits_row && memchr(group->member[k]->splits_row, true, w->n))
                group->splitting[group->n_splitting++] = group->member[k];
    }
}

void encoder_rows(struct encoder *e, const struct row_batch *rows, const uint32_t *row, const uint32_t *extra,
                  uint32_t n, const struct encode_extra *extras, const struct encode_beside *beside, unsigned threads)
{
    struct encode_work w = {e, rows, row, extra, n, extras, beside};
    size_t first[MOST_FIELDS] = {0};
    bool splits = false;
    threads = threads < e->workers ? threads : e->workers;
    parallel_for(threads, e->n_fields + (beside != NULL), S_gather, &w);
    for (unsigned g = 0; g < e->n_groups; g++)
        splits |= e->group[g].splits;
    if (splits)
        parallel_for(threads, e->n_fields, S_want_pieces, &w);
    S_work(&w, first, threads);
    if (splits) {
        for (unsigned f = 0; f < e->n_fields; f++)
            first[f] = e->field[f].n_fresh;
        parallel_for(threads, e->n_fields, S_take_pieces, &w);
        for (unsigned f = 0; f < e->n_fields; f++)
            field_encoder_keep_pieces(&e->field[f]);
        S_work(&w, first, threads);
    }
    S_find_splitting(&w);
    parallel_for(threads, e->n_fields, S_append, &w);
}

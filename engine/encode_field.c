#include "engine/encode_field.h"

#include <stdlib.h>

#include "base/hash.h"
#include "engine/hashed.h"

enum {
    MANY = 256, /* values given to a dictionary at once */
    AHEAD = 4   /* values whose texts are asked for ahead */
};

#define WAITING 0x80000000U /* in norm_of: the rest is its place among the fresh values */

void field_encoder_release(struct field_encoder *f)
{
    free(f->norm_of);
    free(f->pieces_of);
    free(f->piece);
    free(f->id);
    free(f->id_end);
    free(f->splits_row);
    free(f->fresh);
    free(f->chunk);
}

/* ------------------------------------------------------------------ what is to be done */

static void S_make_room(struct field_encoder *f, uint32_t raw)
{
    if (raw < f->room)
        return;
    uint32_t room = f->room ? f->room : 1024;
    while (room <= raw)
        room *= 2;
    f->norm_of = xrealloc(f->norm_of, room * sizeof *f->norm_of);
    memset(f->norm_of + f->room, 0xFF, (room - f->room) * sizeof *f->norm_of);
    if (field_encoder_splits(f)) {
        f->pieces_of = xrealloc(f->pieces_of, room * sizeof *f->pieces_of);
        memset(f->pieces_of + f->room, 0, (room - f->room) * sizeof *f->pieces_of);
    }
    f->room = room;
}

static void S_want(struct field_encoder *f, uint32_t raw, uint8_t what)
{
    if (f->n_fresh == f->fresh_room) {
        f->fresh_room = f->fresh_room ? f->fresh_room * 2 : 256;
        f->fresh = xrealloc(f->fresh, f->fresh_room * sizeof *f->fresh);
    }
    f->fresh[f->n_fresh++] = (struct fresh_value){.raw = raw, .want = what};
}

void field_encoder_want_norm(struct field_encoder *f, uint32_t raw)
{
    S_make_room(f, raw);
    if (f->norm_of[raw] != ENCODE_UNKNOWN)
        return;
    f->norm_of[raw] = WAITING | (uint32_t)f->n_fresh;
    S_want(f, raw, FRESH_NORM);
}

void field_encoder_want_pieces(struct field_encoder *f, uint32_t raw)
{
    S_make_room(f, raw);
    if (f->pieces_of[raw])
        return;
    f->pieces_of[raw] = ENCODE_UNKNOWN;
    if (f->norm_of[raw] != ENCODE_UNKNOWN && f->norm_of[raw] & WAITING)
        f->fresh[f->norm_of[raw] & ~WAITING].want |= FRESH_PIECES; /* both in one reading */
    else
        S_want(f, raw, FRESH_PIECES);
}

/* ------------------------------------------------------------------ one chunk */

void encode_chunk_release(struct encode_chunk *c)
{
    buf_deinit(&c->bytes);
    free(c->piece);
}

/* The member of the group that a piece goes to, or ENCODE_GROUP. */
static unsigned S_target(const struct field_encoder *f, enum field_type type, const bool *dropped)
{
    for (unsigned k = 0; k < f->group->n; k++) {
        const struct field_encoder *to = f->group->member[k];
        if (to != f && to->plain == type && !dropped[to->field])
            return k;
    }
    return ENCODE_GROUP;
}

static void S_add_piece(struct encode_chunk *c, unsigned member, struct str text)
{
    if (c->n_pieces == c->pieces_room) {
        c->pieces_room = c->pieces_room ? c->pieces_room * 2 : 256;
        c->piece = xrealloc(c->piece, c->pieces_room * sizeof *c->piece);
    }
    c->piece[c->n_pieces++] = (struct fresh_piece){
        .member = (uint8_t)member, .at = (uint32_t)c->bytes.len, .len = (uint32_t)text.len, .hash = hash_str(text)};
    buf_str(&c->bytes, text);
}

/* Of a piece that a hashed field gets, its token. */
static struct str S_kept(const struct field_encoder *to, struct str text, struct normalizer *n, struct arena *scratch)
{
    if (to->type != FIELD_HASHED)
        return text;
    return to->source->keys ? hashed_value(to->source->keys, n, to->of, &to->context, text, scratch) : (struct str){0};
}

static void S_add_pieces(struct encode_chunk *c, struct fresh_value *v, const struct norm_piece *piece,
                         unsigned n_pieces, const bool *dropped, struct normalizer *n, struct arena *scratch)
{
    v->first_piece = c->n_pieces;
    for (unsigned i = 0; i < n_pieces; i++) {
        unsigned member = S_target(c->field, piece[i].type, dropped);
        struct str text = str_trim(piece[i].raw);
        if (member != ENCODE_GROUP && text.len)
            text = S_kept(c->field->group->member[member], text, n, scratch);
        if (member != ENCODE_GROUP && text.len)
            S_add_piece(c, member, text);
    }
    v->n_pieces = (uint8_t)(c->n_pieces - v->first_piece);
}

static void S_add_norm(struct encode_chunk *c, struct fresh_value *v, const struct norm *value)
{
    v->len = 0;
    if (!value->form[NORM_CANON].len)
        return;
    v->at = (uint32_t)c->bytes.len;
    norm_pack(value, &c->bytes);
    v->len = (uint32_t)c->bytes.len - v->at;
    v->hash = hash_str(str_sub(buf_view(&c->bytes), v->at, v->at + v->len));
}

/* The texts that are next but few, and the places of those behind them. */
static void S_prefetch(const struct encode_chunk *c, const struct dict *d, size_t i)
{
    const struct fresh_value *fresh = c->field->fresh;
    if (i + 2 * AHEAD < c->to)
        __builtin_prefetch(&d->at[fresh[i + 2 * AHEAD].raw]);
    if (i + AHEAD < c->to)
        __builtin_prefetch(dict_place(d, d->at[fresh[i + AHEAD].raw]));
}

void encode_chunk_run(struct encode_chunk *c, const struct batch *b, const bool *dropped, struct normalizer *n,
                      struct arena *scratch)
{
    const struct field_encoder *f = c->field;
    const struct dict *d = &b->raw[f->field].dict;
    buf_clear(&c->bytes);
    c->n_pieces = 0;
    for (size_t i = c->from; i < c->to; i++) {
        struct fresh_value *v = &f->fresh[i];
        S_prefetch(c, d, i);
        struct str raw = dict_get(d, v->raw);
        struct norm value;
        struct norm_piece piece[MOST_PIECES];
        unsigned n_pieces = 0;
        bool norm = v->want & FRESH_NORM, pieces = v->want & FRESH_PIECES;
        arena_reset(scratch);
        if (norm && pieces)
            n_pieces = normalize_both(n, f->type, &f->context, raw, scratch, &value, piece);
        else if (pieces)
            n_pieces = normalize_split(n, f->type, &f->context, raw, scratch, piece);
        else
            normalize_value(n, f->type, &f->context, raw, scratch, &value);
        if (norm)
            S_add_norm(c, v, &value);
        if (pieces)
            S_add_pieces(c, v, piece, n_pieces, dropped, n, scratch);
    }
}

/* ------------------------------------------------------------------ ids of what came out */

/* Values on their way into a dictionary, and where their ids go. */
struct waiting {
    struct str text[MANY];
    uint64_t hash[MANY];
    uint32_t id[MANY];
    uint32_t *to[MANY];
    size_t n;
};

/* The rest is large and needs no zeros. */
static void S_wait_begin(struct waiting *w)
{
    w->n = 0;
    memset(w->id, 0, sizeof w->id);
}

static void S_flush(struct waiting *w, struct dict *d)
{
    dict_add_many(d, w->text, w->hash, w->n, w->id);
    for (size_t i = 0; i < w->n; i++)
        *w->to[i] = w->id[i];
    w->n = 0;
}

static void S_wait(struct waiting *w, struct dict *d, struct str text, uint64_t hash, uint32_t *to)
{
    w->text[w->n] = text;
    w->hash[w->n] = hash;
    w->to[w->n++] = to;
    if (w->n == MANY)
        S_flush(w, d);
}

void field_encoder_take_norms(struct field_encoder *f, struct batch *b)
{
    struct dict *d = &b->norm[f->field].dict;
    struct waiting w;
    S_wait_begin(&w);
    for (size_t k = 0; k < f->n_chunks; k++) {
        const struct encode_chunk *c = f->chunk[k];
        for (size_t i = c->from; i < c->to; i++) {
            const struct fresh_value *v = &f->fresh[i];
            struct str packed = str_sub(buf_view(&c->bytes), v->at, v->at + v->len);
            if (v->want & FRESH_NORM)
                f->norm_of[v->raw] = 0;
            if (v->want & FRESH_NORM && v->len)
                S_wait(&w, d, packed, v->hash, &f->norm_of[v->raw]);
        }
    }
    S_flush(&w, d);
}

static void S_take_pieces_of(const struct field_encoder *from, struct field_encoder *to, struct batch *b)
{
    struct dict *d = &b->raw[to->field].dict;
    struct waiting w;
    S_wait_begin(&w);
    for (size_t k = 0; k < from->n_chunks; k++) {
        struct encode_chunk *c = from->chunk[k];
        for (uint32_t i = 0; i < c->n_pieces; i++)
            if (c->piece[i].member == to->member)
                S_wait(&w, d, str_sub(buf_view(&c->bytes), c->piece[i].at, c->piece[i].at + c->piece[i].len),
                       c->piece[i].hash, &c->piece[i].raw);
    }
    S_flush(&w, d);
    for (size_t k = 0; k < from->n_chunks; k++)
        for (uint32_t i = 0; i < from->chunk[k]->n_pieces; i++)
            if (from->chunk[k]->piece[i].member == to->member)
                field_encoder_want_norm(to, from->chunk[k]->piece[i].raw);
}

void field_encoder_take_pieces(struct field_encoder *to, struct batch *b)
{
    for (unsigned k = 0; k < to->group->n; k++)
        if (to->group->member[k] != to)
            S_take_pieces_of(to->group->member[k], to, b);
}

static void S_keep(struct field_encoder *f, const struct fresh_piece *piece, unsigned n)
{
    if (f->n_pieces + n > f->pieces_room) {
        f->pieces_room = f->pieces_room ? f->pieces_room * 2 : 256;
        f->piece = xrealloc(f->piece, f->pieces_room * sizeof *f->piece);
    }
    for (unsigned i = 0; i < n; i++)
        f->piece[f->n_pieces++] = (struct kept_piece){piece[i].raw, piece[i].member, i + 1 == n};
}

void field_encoder_keep_pieces(struct field_encoder *f)
{
    for (size_t k = 0; k < f->n_chunks; k++) {
        const struct encode_chunk *c = f->chunk[k];
        for (size_t i = c->from; i < c->to; i++) {
            const struct fresh_value *v = &f->fresh[i];
            if (!(v->want & FRESH_PIECES) || !v->n_pieces)
                continue;
            f->pieces_of[v->raw] = f->n_pieces + 1;
            S_keep(f, c->piece + v->first_piece, v->n_pieces);
        }
    }
}

/*
 * Private to the encoder (engine/encode.h): one field as one source gives it, and what normalising its new values gave.
 */
#ifndef IDEM_ENGINE_ENCODE_FIELD_H
#define IDEM_ENGINE_ENCODE_FIELD_H

#include "engine/encode.h"

enum { ENCODE_VALUES = 32, ENCODE_GROUP = 8 }; /* most values of a cell that are kept; most fields of a group */

#define ENCODE_UNKNOWN 0xFFFFFFFFU

enum { FRESH_NORM = 1, FRESH_PIECES = 2 };

/* A raw value that is to be normalised, split, or both. */
struct fresh_value {
    uint32_t raw;
    uint8_t want; /* FRESH_NORM | FRESH_PIECES */
    uint8_t n_pieces;
    uint32_t at, len;     /* packed norm in the chunk's bytes; len 0: it normalises to nothing */
    uint32_t first_piece; /* in the chunk's pieces */
    uint64_t hash;        /* of the packed norm */
};

/* A raw text that a value splits into. */
struct fresh_piece {
    uint8_t member; /* of the group: the field it goes to */
    uint32_t at, len;
    uint64_t hash;
    uint32_t raw; /* its id in that field */
};

/* Some fresh values of one field, worked on by one thread. */
struct encode_chunk {
    struct field_encoder *field;
    size_t from, to;
    struct buf bytes;
    struct fresh_piece *piece;
    uint32_t n_pieces, pieces_room;
};

/* A piece as it is kept: lists end with `last`. */
struct kept_piece {
    uint32_t raw;
    uint8_t member;
    bool last;
};

struct field_encoder {
    unsigned field;
    enum field_type type, plain; /* plain: of the values before a hashed field makes tokens of them */
    const struct field *of;      /* in the schema */
    const struct encode_source *source;
    struct norm_context context;
    const struct mapping *mapping; /* NULL: only split off another field, or from `also` files */
    unsigned cells;                /* where its cell numbers begin in cell_of */
    struct encode_group *group;
    unsigned member; /* its place in the group */

    uint32_t *norm_of;   /* [room] by raw id; ENCODE_UNKNOWN: not yet; while it is worked on, its place in `fresh` */
    uint32_t *pieces_of; /* [room] 1 + index into `piece`, 0 not yet, ENCODE_UNKNOWN: none */
    uint32_t room;
    struct kept_piece *piece;
    uint32_t n_pieces, pieces_room;

    /* of the rows being encoded */
    uint32_t *id, *id_end; /* raw ids, row by row; [rows] where each row's end */
    bool *splits_row;      /* [rows] of a field that splits: whether it is split there */
    size_t ids_room, rows_room;
    struct fresh_value *fresh;
    size_t n_fresh, fresh_room;
    struct encode_chunk **chunk; /* [n_chunks] of `fresh`, in its order */
    size_t n_chunks, chunks_room;
};

/* Fields that may feed each other: full name and its parts, address and its parts. */
struct encode_group {
    struct field_encoder *member[ENCODE_GROUP];
    unsigned n;
    bool splits;
    const struct field_encoder *splitting[ENCODE_GROUP]; /* of these rows: members that are split in any */
    unsigned n_splitting;
};

static inline bool field_encoder_splits(const struct field_encoder *f)
{
    return f->type == FIELD_FULL_NAME || f->type == FIELD_ADDRESS;
}

void field_encoder_release(struct field_encoder *f);
/* Notes that the value is to be normalised if it is not known yet. */
void field_encoder_want_norm(struct field_encoder *f, uint32_t raw);
void field_encoder_want_pieces(struct field_encoder *f, uint32_t raw);

/* Normalises and splits what the chunk says: its bytes, pieces, and the results in field->fresh. */
void encode_chunk_run(struct encode_chunk *c, const struct batch *b, const bool *dropped, struct normalizer *n,
                      struct arena *scratch);
void encode_chunk_release(struct encode_chunk *c);

/* Norm ids of the fresh values, in their order. One thread a field. */
void field_encoder_take_norms(struct field_encoder *f, struct batch *b);
/* Raw ids of the pieces that go to this field. One thread a field. */
void field_encoder_take_pieces(struct field_encoder *to, struct batch *b);
/* After that: keeps the lists of pieces of this field's fresh values. */
void field_encoder_keep_pieces(struct field_encoder *f);

/* The pieces of a value, NULL when it has none. */
static inline const struct kept_piece *field_encoder_pieces(const struct field_encoder *f, uint32_t raw)
{
    uint32_t at = f->pieces_of[raw];
    return at && at != ENCODE_UNKNOWN ? &f->piece[at - 1] : NULL;
}

#endif

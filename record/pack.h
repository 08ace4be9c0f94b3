/*
 * The packed record: the one codec for records outside a batch (stored leaf, spill file, later an Arrow column).
 *
 *   varint updated_at (0 unknown, else zigzag ms + 1) | byte entity | varint n_fields |
 *   for each field: varint n values | for each value: varint length, raw bytes, varint length, packed norm
 * (record/norm.h)
 *
 * Fields are those of the schema in order; a derived field's raw value is the piece it was split off as.
 * record_pack reads row `row` of the batch; record_unpack gives views into the packed bytes.
 */
#ifndef IDEM_RECORD_PACK_H
#define IDEM_RECORD_PACK_H

#include "base/buf.h"
#include "record/batch.h"
#include "record/norm.h"

void record_pack(const struct batch *b, uint32_t row, struct buf *out);
/* For who packs many rows: first for a row two ahead, then for the next one. */
void record_prefetch_places(const struct batch *b, uint32_t row);
void record_prefetch_values(const struct batch *b, uint32_t row);

struct packed_value {
    struct str raw;
    struct str norm; /* for norm_unpack */
};

struct packed_field {
    struct packed_value *value;
    unsigned n;
};

struct packed_record {
    int64_t updated_at; /* INT64_MIN unknown */
    enum entity_kind entity;
    struct packed_field *field; /* [n_fields] */
    unsigned n_fields;
};

/* Views into `packed`; the arrays live in `out`. False when the bytes are damaged. */
bool record_unpack(struct str packed, struct arena *out, struct packed_record *record);

/* Appends an unpacked record to a batch: the inverse of record_pack. */
void record_append(struct batch *b, uint16_t source, struct str record_id, const struct packed_record *record);
/* Puts it in the place of a row; the id is borrowed. Values of the row before stay in the dictionaries. */
void record_replace(struct batch *b, uint32_t row, uint16_t source, struct str record_id,
                    const struct packed_record *record);

#endif

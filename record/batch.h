/*
 * A batch: any number of records as dictionary-encoded columns, one pair of columns a field: `raw` (the mapped values
 * as they came) and `norm` (what the matcher sees, values packed by record/norm.h). A batch is filled by engine/load.c
 * and read by everything behind it. Dictionary ids have no meaning outside their batch.
 */
#ifndef IDEM_RECORD_BATCH_H
#define IDEM_RECORD_BATCH_H

#include <stdint.h>

#include "record/column.h"
#include "record/field.h"

struct batch {
    const struct schema *schema;
    uint32_t n_rows, room;
    struct column *raw;            /* [n_fields] */
    struct column *norm;           /* [n_fields] */
    uint16_t *source;              /* [n_rows] index into source_name */
    const struct str *source_name; /* [n_sources] see batch_set_sources */
    uint16_t *source_rank;         /* [n_sources] place in the order of names */
    uint16_t n_sources;
    struct arena id_arena;
    struct str *record_id; /* [n_rows] */
    int64_t *updated_at;   /* [n_rows] ms since 1970, INT64_MIN when unknown */
    uint8_t *entity;       /* [n_rows] enum entity_kind */
    bool raw_forgotten;    /* see batch_forget_raw */
};

enum entity_kind { ENTITY_UNKNOWN, ENTITY_PERSON, ENTITY_ORGANISATION, ENTITY_OTHER };

struct row_pair {
    uint32_t a, b;
};

void batch_init(struct batch *b, const struct schema *schema);
void batch_deinit(struct batch *b);
/* The same after overwriting values and record ids. */
void batch_wipe(struct batch *b);
/* Gives back the values of all columns; what a row is of its own stays. */
void batch_drop_values(struct batch *b);
/*
 * Gives back the raw values that nobody reads again when the rows are packed: texts, but those that normalise to
 * nothing and those of the fields in `texts`; and the ids, but those of the fields in `ids` or `texts` (bit f: field f)
 * and of fields of which some value normalises to nothing. batch_raw reads what is left.
 */
void batch_forget_raw(struct batch *b, uint64_t texts, uint64_t ids);
/* How many values the row has in the field; `*ids`: of each the raw id, or the norm id where raw ones were forgotten.
 * Different ids of one field are different values. */
static inline uint32_t batch_raw(const struct batch *b, unsigned field, uint32_t row, const uint32_t **ids)
{
    const struct column *raw = &b->raw[field];
    return column_ids(raw->id || !b->raw_forgotten ? raw : &b->norm[field], row, ids);
}
/* A text that was forgotten has no bytes, and its id in place of an address: so texts are still told apart. */
struct str batch_raw_text(const struct batch *b, unsigned field, uint32_t id);
/* Appends the row's own facts; the caller then appends one row to every column. Returns the row number. */
uint32_t batch_append(struct batch *b, uint16_t source, struct str record_id, int64_t updated_at,
                      enum entity_kind entity);

/* Names the sources; the array must outlive the batch. Needed before keys are compared. */
void batch_set_sources(struct batch *b, const struct str *name, uint16_t n);

/* Order of record keys: source name, then record_id, both by bytes. Total over distinct records. Where record ids were
 * taken away (only of a batch whose rows stand in that order) it is that of the rows. */
int batch_compare_keys(const struct batch *b, uint32_t x, uint32_t y);
/* The row with a key, in a batch whose rows stand in that order; UINT32_MAX: none. */
uint32_t batch_find(const struct batch *b, uint16_t source, struct str record_id);

#endif

/*
 * A column: for every row one value id, a set of value ids, or none. Rows are appended in order; a set keeps its values
 * as they were given, so that two columns filled side by side (raw and norm) stay parallel. An id of a set may be 0 (a
 * raw value that normalises to nothing).
 */
#ifndef IDEM_RECORD_COLUMN_H
#define IDEM_RECORD_COLUMN_H

#include <assert.h>
#include <stdint.h>

#include "record/dict.h"

#define COLUMN_SET 0x80000000u /* in id[row]: the rest is an index into set_at */

struct column {
    struct dict dict;
    uint32_t *id; /* [n_rows] 0 none, a value id, or COLUMN_SET | set number */
    uint32_t n_rows, room;
    uint32_t *set_at; /* [n_sets + 1] into set_id */
    uint32_t *set_id;
    uint32_t n_sets, sets_room, set_ids_room;
};

void column_deinit(struct column *c);
/* Appends a row with these value ids (n may be 0). */
void column_append(struct column *c, const uint32_t *ids, uint32_t n);
/* Gives a row other value ids; what a set held before is not given back. */
void column_replace(struct column *c, uint32_t row, const uint32_t *ids, uint32_t n);

/* Room for further rows, which column_append_one may then take. */
void column_reserve(struct column *c, uint32_t rows);
/* The same as column_append with one id, or with none (0). */
static inline void column_append_one(struct column *c, uint32_t id)
{
    c->id[c->n_rows++] = id;
}

/* The value ids of a row: pointer and number. Valid until the next append. */
static inline uint32_t column_ids(const struct column *c, uint32_t row, const uint32_t **ids)
{
    assert(c->id);
    uint32_t id = c->id[row];
    if (!(id & COLUMN_SET)) {
        *ids = &c->id[row];
        return id != 0;
    }
    uint32_t set = id & ~COLUMN_SET;
    *ids = c->set_id + c->set_at[set];
    return c->set_at[set + 1] - c->set_at[set];
}

#endif

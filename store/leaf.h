/*
 * Inside store/: a leaf holds the record id and the packed record of 16 consecutive rids and is sealed as one: sealing
 * 16 records costs what sealing three values would.
 *
 *   byte 1 (format) | for each of 16 slots: varint 0 (empty), or varint length + 1, record id, varint length, packed
 * record
 */
#ifndef IDEM_STORE_LEAF_H
#define IDEM_STORE_LEAF_H

#include "store/sql.h"

enum { LEAF_SLOTS = 16, LEAF_SHIFT = 4 };

static inline int64_t leaf_of(int64_t rid)
{
    return rid >> LEAF_SHIFT;
}
static inline unsigned leaf_slot_of(int64_t rid)
{
    return (unsigned)(rid & (LEAF_SLOTS - 1));
}

struct leaf_slot {
    bool used;
    struct str record_id, packed; /* views into the plain leaf */
};

void leaf_start(struct buf *plain);
void leaf_empty_slot(struct buf *plain);
void leaf_add_slot(struct buf *plain, struct str record_id, struct str packed);
/* False when the bytes are not a leaf. */
bool leaf_parse(struct str plain, struct leaf_slot slot[LEAF_SLOTS]);

/* Reads and opens a leaf; *version 0 when there is none. The slots are views into `plain`. */
enum idem_status leaf_read(struct store *s, int64_t lid, struct buf *plain, struct leaf_slot slot[LEAF_SLOTS],
                           uint32_t *version, struct idem_error *err);

/* Of the sealed bytes; never 0. */
uint64_t leaf_digest(struct str sealed, uint32_t version);
/* The same unless its sealed bytes are those of *digest: then *same, and nothing is opened. */
enum idem_status leaf_read_changed(struct store *s, int64_t lid, uint64_t *digest, bool *same, struct buf *plain,
                                   struct leaf_slot slot[LEAF_SLOTS], struct idem_error *err);

enum idem_status leaf_damaged(struct store *s, int64_t lid, struct idem_error *err);

#endif

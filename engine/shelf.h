/*
 * Records at hand: a batch that grows by the stored records that searches meet, with the scorer for it, so that a
 * record that is met again is neither read, opened nor unpacked again, and what was worked out for its values is known.
 * Rows 0 and 1 are the query, twice; each query takes the place of the one before it.
 *
 * What is on the shelf is right for one state of the store (store_state); when that has changed, a record is compared
 * with what is stored before it is used. When too much has gathered all of it is overwritten, and it starts anew.
 * One thread at a time; like arenas it is left out of core dumps.
 */
#ifndef IDEM_ENGINE_SHELF_H
#define IDEM_ENGINE_SHELF_H

#include "engine/explain.h"
#include "store/store.h"

enum { SHELF_QUERY = 0, SHELF_QUERY_AGAIN = 1, SHELF_BYTES = 32 << 20, SHELF_ROWS = 1 << 17 };

struct shelf_entry {
    int64_t rid; /* 0: empty */
    int64_t mid;
    uint64_t state, digest;
    int64_t cached; /* store_record_state of it; counts when `state` is not that of now */
    uint32_t row;
    bool current;
};

struct shelf {
    struct batch batch;
    struct explain explain;
    struct shelf_entry *entry; /* [room] by rid, open addressing */
    size_t room, n;
    size_t bytes; /* of the packed records */
    struct arena scratch;
    bool open;
};

/* What stays the same while the shelf is open; borrowed. */
struct shelf_plan {
    const struct schema *schema;
    const struct store_source *source; /* [n_sources] */
    const struct str *name;            /* [n_sources + 1] the last one is that of a query without a source */
    size_t n_sources;
    const struct model *model;
    const struct config *config;
};

/* Clears what has gathered when it is too much, and takes the query in; `record_id` is borrowed until the next query.
 */
enum idem_status shelf_ask(struct shelf *s, const struct shelf_plan *plan, struct str packed, uint16_t source,
                           struct str record_id, struct idem_error *err);
/* A stored record: *entry until the next call. Then, when all were taken, shelf_ready. */
enum idem_status shelf_take(struct shelf *s, const struct shelf_plan *plan, struct store *store, int64_t rid,
                            const struct shelf_entry **entry, struct idem_error *err);
/* Before rows are weighed. */
void shelf_ready(struct shelf *s);
void shelf_close(struct shelf *s);

#endif

/*
 * What the database held before this run: records and masters as arrays, and for every row of the batch the record that
 * it is.
 */
#ifndef IDEM_ENGINE_PREVIOUS_H
#define IDEM_ENGINE_PREVIOUS_H

#include "engine/load.h"
#include "engine/renormalise.h"
#include "identity/assign.h"
#include "store/store.h"

#define PREVIOUS_NONE UINT32_MAX

struct previous_record {
    int64_t rid, mid, seq;
    uint64_t fingerprint;
    uint64_t content; /* hash of the packed values; 0 when it is gone */
    uint32_t row;     /* of the batch, or PREVIOUS_NONE: not in this run */
    uint16_t source;  /* index into the run's sources */
    bool current;
};

/* A source of this run: the configuration's first, then those that only the database knows. */
struct run_source {
    struct store_source stored; /* id 0: new */
    bool configured;
};

struct previous {
    struct arena arena;
    struct previous_record *record; /* ascending by rid */
    uint32_t n_records;
    struct store_master *master; /* ascending by mid; prov points into arena */
    uint32_t n_masters;
    struct run_source *source;
    unsigned n_sources;
    struct dict keys; /* source and record id; id n is record[n - 1] */
    uint32_t *of_row; /* [n_rows] index into record, or PREVIOUS_NONE; made by previous_join */
};

/* Sources and masters; `store` NULL: a new database. */
enum idem_status previous_open(struct store *store, const struct config *c, struct previous *p, struct idem_error *err);

/* The masters alone, where the sources are there. */
enum idem_status previous_masters(struct store *store, struct previous *p, struct idem_error *err);

/* The sources alone: the configuration's, then the database's. `count`: with the numbers of their records. */
enum idem_status previous_sources(struct store *store, const struct config *c, bool count, struct previous *p,
                                  struct idem_error *err);

/*
 * Reads the stored records. Those that this run keeps as they are (of sources that were not read, or that only send
 * changes; with a roster also those that were ticked off) are appended to the batch, normalised again with `anew`. Call
 * before load_settle.
 */
enum idem_status previous_read(struct store *store, const struct config *c, struct load *l, const struct roster *roster,
                               struct renormaliser *anew, unsigned threads, struct previous *p, struct idem_error *err);

/* After load_settle: which stored record each row is. */
void previous_join(struct previous *p, const struct load *l);
void previous_close(struct previous *p);
/* Is there a stored record with this key, gone ones too? `source`: index into the run's sources. */
bool previous_knows(const struct previous *p, uint16_t source, struct str record_id);

/* Adds the key of the next record; `room` is scratch. */
void previous_add_key(struct previous *p, struct buf *room, uint16_t source, struct str record_id);

/* Index of a record by rid, or PREVIOUS_NONE. */
uint32_t previous_record(const struct previous *p, int64_t rid);
/* Index of a master by mid, or PREVIOUS_NONE. */
uint32_t previous_master(const struct previous *p, int64_t mid);

#endif

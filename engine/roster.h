/*
 * The roster: every stored record by its key, with its fingerprint (store/roll.h). Reading a source ticks off the
 * records that it finds, so that only those that are new or changed are normalised.
 */
#ifndef IDEM_ENGINE_ROSTER_H
#define IDEM_ENGINE_ROSTER_H

#include "engine/previous.h"
#include "store/roll.h"

#define ROSTER_NONE ROLL_NONE
/* In `row`: what a run has found of a record. Anything else is 1 + the row of the batch that stands for it. */
#define ROSTER_UNSEEN 0u
#define ROSTER_SAME UINT32_MAX
#define ROSTER_DELETED (UINT32_MAX - 1)

struct roster_seen {
    int64_t updated_at; /* of the row that was found to be the same */
    uint32_t row;       /* see above */
};

struct roster {
    struct store *store;
    const struct previous *previous; /* its sources give the numbers of sources here */
    struct store_roll roll;
    uint16_t *source;         /* by a source's number in the database */
    struct roster_seen *seen; /* [roll.n] */
};

enum idem_status roster_read(struct store *store, const struct previous *previous, unsigned threads, struct roster *r,
                             struct idem_error *err);
void roster_deinit(struct roster *r);

/* Index into the run's sources. */
static inline uint16_t roster_source(const struct roster *r, uint32_t i)
{
    return r->source[r->roll.entry[i].source];
}

/* Index of a record, or ROSTER_NONE. Any thread. */
uint32_t roster_find(const struct roster *r, unsigned source, struct str record_id);
/* The same, step by step, for many at once: the hash (of the id as stored) first, to have its slot fetched ahead. */
struct roster_key {
    struct str stored;
    uint8_t token[16];
    uint64_t hash;
    bool has_old; /* tokens are being made again: the record may still be under the old one */
    uint8_t old_token[16];
};
void roster_key(const struct roster *r, unsigned source, struct str record_id, struct roster_key *key);
uint32_t roster_find_key(const struct roster *r, unsigned source, const struct roster_key *key);
/* Index by rid, or ROSTER_NONE. */
static inline uint32_t roster_of_rid(const struct roster *r, int64_t rid)
{
    return store_roll_of_rid(&r->roll, rid);
}

#endif

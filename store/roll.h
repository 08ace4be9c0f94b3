/*
 * The roll: every stored record by its key, with its master and its fingerprint, read at once for what asks after a
 * good part of all records: 40 to 50 bytes each and the ids. Of a million records it is there in the time of some fifty
 * thousand single questions.
 */
#ifndef IDEM_STORE_ROLL_H
#define IDEM_STORE_ROLL_H

#include "base/error.h"
#include "store/store.h"

#define ROLL_NONE UINT32_MAX

struct roll_entry {
    uint64_t fingerprint; /* as stored: keyed */
    int64_t seq;
    uint32_t rid, mid;
    uint32_t id_at; /* in `ids` */
    uint16_t id_len;
    uint16_t current : 1, source : 15; /* number of the source in the database */
};

struct store_roll {
    uint32_t n;
    struct roll_entry *entry; /* [n] ascending by rid, gone ones too */
    char *ids;                /* as stored: text or token */
    uint64_t *slot;           /* hash table: 1 + index, and the upper half of the hash */
    uint32_t slots;           /* a power of two */
};

/* As of the open snapshot, or now. IDEM_LIMIT: numbers above four billion, or more bytes of record ids. */
enum idem_status store_roll_read(struct store *s, unsigned threads, struct store_roll *r, struct idem_error *err);
void store_roll_deinit(struct store_roll *r);
/* Until the open snapshot ends, calls that take many records (store_each_record) read their rows in the roll, which is
 * borrowed; `run` is 0 then. */
void store_use_roll(struct store *s, const struct store_roll *r);

static inline struct str store_roll_id(const struct store_roll *r, uint32_t i)
{
    return (struct str){r->ids + r->entry[i].id_at, r->entry[i].id_len};
}

static inline struct store_record store_roll_record(const struct store_roll *r, uint32_t i)
{
    const struct roll_entry *e = &r->entry[i];
    return (struct store_record){.rid = e->rid,
                                 .source = e->source,
                                 .mid = e->mid,
                                 .record_id = store_roll_id(r, i),
                                 .fingerprint = e->fingerprint,
                                 .seq = e->seq,
                                 .status = e->current ? STORE_RECORD_CURRENT : STORE_RECORD_GONE};
}

/* Index by key (the id as stored: store_stored_id), or ROLL_NONE. Any thread. The steps apart are for who asks
 * after many at once: what each step needs is on its way from memory since the one before. */
uint64_t store_roll_hash(int64_t source, struct str stored);
void store_roll_fetch(const struct store_roll *r, uint64_t hash);
/* Which it may be, by the hash alone; its entry is on its way then. */
uint32_t store_roll_guess(const struct store_roll *r, uint64_t hash);
uint32_t store_roll_find(const struct store_roll *r, int64_t source, struct str stored, uint64_t hash);
/* Index by rid, or ROLL_NONE. */
uint32_t store_roll_of_rid(const struct store_roll *r, int64_t rid);

#endif

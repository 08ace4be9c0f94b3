/*
 * The names of all masters in memory, for exports: 24 bytes a master, found by mid. And, when asked for, the canonical
 * name of each: the smallest record key (source name, then record id) of its current records, which is the same in
 * every database with the same partition.
 */
#ifndef IDEM_ENGINE_IDENTITIES_H
#define IDEM_ENGINE_IDENTITIES_H

#include "engine/session.h"

struct identity_name {
    uint8_t uuid[16];
    int64_t target; /* mid it is merged into, 0 none */
};

struct record_name {
    struct str source, record_id;
    int64_t source_id, rid, mid; /* mid: the survivor */
};

struct identities {
    struct arena arena;
    struct identity_name *name; /* [n] by mid */
    size_t n, room;
    int64_t *active; /* mids, ascending */
    size_t n_active, active_room;
    struct str *canonical;      /* [n] by mid, or NULL */
    struct record_name *record; /* by key; filled by identities_records */
    size_t n_records;
};

/* Inside the caller's snapshot. */
enum idem_status identities_load(struct store *store, struct identities *all, struct idem_error *err);
void identities_deinit(struct identities *all);
/* The survivor of a mid. */
int64_t identities_survivor(const struct identities *all, int64_t mid);

/* All current records, sorted by source (by id as in the database, or by name: comparable over databases) and record
 * id, ids in the clear. About 60 bytes a record. Needs the key when a source has personal ids. */
enum idem_status identities_records(struct store *store, bool by_name, struct identities *all, struct idem_error *err);
/* Fills `canonical`, from the records sorted by name: identities_text gives it from now on. */
void identities_name_canonically(struct identities *all);

/* What stands for a master in an export: its id, or its canonical name. Valid until the next call for the id. */
struct str identities_text(const struct identities *all, int64_t mid, char text[37]);

#endif

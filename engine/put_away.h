/*
 * What a run has no use for while it trains and scores, on disk meanwhile (seal/spill.h): raw values, and of each row
 * its record id, its times and what is known of it. It comes back as it was, in memory of its own.
 */
#ifndef IDEM_ENGINE_PUT_AWAY_H
#define IDEM_ENGINE_PUT_AWAY_H

#include "engine/load.h"
#include "seal/spill.h"

struct put_column;
struct put_array;

struct put_away {
    struct spill *spill;       /* NULL: nothing is away */
    struct put_column *column; /* [n_fields] raw columns; NULL: they are where they were */
    struct put_array *array;   /* of the rows' facts */
    unsigned n_arrays;
    struct spill_place *ids; /* [n_ids] record ids, some rows at a time */
    size_t n_ids;
    uint64_t bytes; /* on disk, at the most */
};

/* The batch is settled. On an error what went stays away: the run is given up. */
enum idem_status put_away_raw(struct put_away *p, const char *folder, struct batch *b, struct idem_error *err);
/* `more` [n_more]: further arrays of 8 bytes a row; those that are NULL are left alone. */
enum idem_status put_away_facts(struct put_away *p, const char *folder, struct load *l, void **const *more,
                                unsigned n_more, struct idem_error *err);
/* All of it; does nothing where nothing is away. */
enum idem_status put_away_back(struct put_away *p, struct load *l, struct idem_error *err);
void put_away_drop(struct put_away *p);

#endif

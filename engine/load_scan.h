/*
 * A first look at rows as they come out of a reader, before any of them is normalised: each row's fingerprint, the
 * stored record that it is, and what drift wants to know of its source. On several threads.
 */
#ifndef IDEM_ENGINE_LOAD_SCAN_H
#define IDEM_ENGINE_LOAD_SCAN_H

#include "engine/drift.h"
#include "engine/encode.h"
#include "engine/load.h"
#include "engine/roster.h"
#include "engine/row_values.h"

enum { SHAPE_ROWS = 20000 }; /* about so many rows of a source are looked at for the shapes of their values */

/* What the rows of a source are full of, counted row by row. */
struct load_facts {
    uint64_t rows, every;         /* the shapes of one row in `every` are looked at */
    uint64_t filled[MOST_FIELDS]; /* by mapping: rows with a value */
    struct shape_tally shapes[MOST_FIELDS];
};

struct row_sight {
    struct str id;        /* record id, empty: none */
    uint64_t id_hash;     /* hash_str of it */
    uint64_t fingerprint; /* not keyed */
    uint64_t filled;      /* bit m: mapping m has a value */
    uint32_t known;       /* index into the roster, or ROSTER_NONE */
    uint32_t extra;       /* 1 + the first extra, or 0 */
    bool same;            /* the stored fingerprint is this one */
    bool has_time;        /* `updated_at` is known: a time as of ISO 8601 */
    int64_t updated_at;
};

struct load_scan {
    const struct source *source;
    unsigned index;
    const unsigned *cell_of;
    int time_cell; /* number of the cell with the time of change */
    uint64_t seed;
    const struct roster *roster; /* NULL: nothing is known */
    const struct encode_extra *extra;
    const uint64_t *extra_fields; /* by extra mapping: the bits of the mappings that fill the same field */
    unsigned threads;
};

/* Fills id_hash, known, same, fingerprint, filled and, where it can, the time of sight[n_rows]; `id` and `extra` are
 * the caller's. */
void load_scan_rows(const struct load_scan *s, const struct row_batch *rows, struct row_sight *sight);

/* Counts one row in; `values` stands at it. Of a hashed field no shapes are kept. */
void load_facts_row(struct load_facts *f, const struct schema *schema, const struct source *source,
                    const struct row_sight *sight, struct row_values *values);
void load_facts_free(struct load_facts *f);

#endif

/*
 * Apply over the records that changed: reads the sources against the roster, and matches what is new with what is
 * stored. Possible only under what everything stored was matched with the last time, which is kept with the database;
 * otherwise, and when a good part of all records changed, the run goes over everything.
 */
#ifndef IDEM_ENGINE_DELTA_APPLY_H
#define IDEM_ENGINE_DELTA_APPLY_H

#include "base/json.h"
#include "engine/delta_run.h"
#include "engine/roster.h"

/* What each run over everything leaves for the runs over a part: under what it matched, and what only it can find. */
struct applied {
    char under[33];             /* digest of configuration, model, normalisation and program; "": not known */
    uint64_t capped;            /* blocks that were too large to be compared */
    uint64_t unrefined;         /* records of oversized blocks without the refining value */
    uint64_t unkeyed;           /* records that no rule gives a key */
    json_t *shared, *histogram; /* as in the report; NULL: none */
};

enum idem_status applied_read(struct store *store, struct applied *a, struct idem_error *err);
enum idem_status applied_write(struct store *store, const struct applied *a, struct idem_error *err);
void applied_deinit(struct applied *a);
/* The digest of what holds now. */
void applied_under(const struct config *c, int64_t model, char under[33]);

struct delta_apply {
    struct roster roster;
    struct delta delta;
    int64_t *gone;
    uint64_t *rows_before;  /* [sources of the configuration] */
    struct applied applied; /* of the last run over everything; `unrefined`, `unkeyed` as of now after the matching */
};

/*
 * After r->schema, r->stored_model and r->model are there (apply.c). *possible false: a run over everything is due, and
 * nothing was read.
 */
enum idem_status delta_apply_begin(struct apply_run *r, struct store *store, bool *possible, struct idem_error *err);
/* After the sources were read (load_sources with the roster) and settled: r->gone and what is gone. *small false: so
 * much changed that a run over everything is quicker. */
void delta_apply_changes(struct apply_run *r, bool *small);
/* Matches, assigns and counts. *done false: only a run over everything can tell. */
enum idem_status delta_apply_match(struct apply_run *r, struct store *store, bool *done, struct idem_error *err);
/* What was found is thrown away, what was read stays. */
void delta_apply_give_up(struct apply_run *r);
void delta_apply_free(struct delta_apply *a);

#endif

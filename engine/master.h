/* From a key that a person gives, "source:record_id", a master_id or an imported id ("scheme:id"), to the master that holds today. */
#ifndef IDEM_ENGINE_MASTER_H
#define IDEM_ENGINE_MASTER_H

#include "engine/session.h"

struct master_found {
    struct store_master asked;    /* of the key itself: may be redirected, retired, erased */
    struct store_master survivor; /* at the end of the redirects */
    int64_t rid;                  /* of the record the key names, 0 for a master_id */
};

/* IDEM_NOT_FOUND when nothing has the key. */
enum idem_status master_find(struct store *store, struct str key, struct arena *out, struct master_found *found,
                             struct idem_error *err);

/* rids of the current records of a master, ascending: its own and those of the masters that were merged into it, whose
 * rows need not have been rewritten. */
enum idem_status master_members(struct store *store, int64_t mid, struct arena *out, int64_t **rid, size_t *n,
                                struct idem_error *err);

/* "active", "redirected", "retired", "erased" */
const char *master_state(enum store_master_status status);

#endif

/* Inside store/: rows as they were at the moment that the store is set to (store_set_moment); nothing is done, IDEM_OK,
 * when it is set to none. A row that was not there yet is IDEM_NOT_FOUND. */
#ifndef IDEM_STORE_MOMENT_H
#define IDEM_STORE_MOMENT_H

#include "store/sql.h"

/* Puts master, status and seq of a row just read back to what they were. */
enum idem_status moment_record(struct store *s, struct store_record *r, struct idem_error *err);
/* Values of the record then, when they have been replaced since; else `packed` is left. */
enum idem_status moment_values(struct store *s, int64_t rid, struct arena *out, struct str *packed,
                               struct idem_error *err);
enum idem_status moment_master(struct store *s, struct arena *out, struct store_master *m, struct idem_error *err);
/* SQL_MEMBERS_THEN or SQL_REDIRECTED_THEN. */
enum idem_status moment_ids(struct store *s, enum statement which, int64_t id, struct arena *out, int64_t **list,
                            size_t *n, struct idem_error *err);
enum idem_status moment_lookup(struct store *s, int64_t rid, char master_id[37], struct idem_error *err);

#endif

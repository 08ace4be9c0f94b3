/*
 * A workshop with a sealed database of 120 records in two sources, one of them with personal record ids, with
 * decisions, a pin, a rejected row and replaced values: something in every sealed table. And SQL behind idem's back.
 */
#ifndef IDEM_TESTS_SEALED_SHOP_H
#define IDEM_TESTS_SEALED_SHOP_H

#include "workshop.h"

void sealed_shop_open(struct workshop *w);

/* A session with the shop's key; `masked` as asked. */
struct idem_session *sealed_shop_session(struct workshop *w, enum idem_open_mode mode, bool masked);

/* Runs SQL as sqlite3 would; the rows as "a|b\n", blobs as hex, in the arena. */
const char *sealed_shop_sql(struct workshop *w, const char *name, const char *sql);

/* A copy of a file of the folder. */
void sealed_shop_copy(struct workshop *w, const char *from, const char *to);

/* idem verify's JSON; the status in *status. The caller decrefs. */
json_t *sealed_shop_verify(struct workshop *w, const char *head, enum idem_status *status);
/* All places of the checks that are broken, "check: place\n"; "" when the database is sound. */
const char *sealed_shop_broken(struct workshop *w, const char *head);

#endif

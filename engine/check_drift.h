/*
 * What has changed since each source was last read: rows, columns, fill and shapes, against the facts that the reading
 * left in the database (drift.h). Without a database, or with one that cannot be opened, nothing is compared.
 */
#ifndef IDEM_ENGINE_CHECK_DRIFT_H
#define IDEM_ENGINE_CHECK_DRIFT_H

#include "engine/check_source.h"
#include "engine/session.h"

/* After check_source of every source. */
void check_drift(struct check *c, struct idem_session *s);

#endif

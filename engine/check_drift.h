/*
 * What has changed since the last run: rows, columns, fill of each source, against the report that the run left in the
 * database. Without a database, or with one that cannot be opened, nothing is compared.
 */
#ifndef IDEM_ENGINE_CHECK_DRIFT_H
#define IDEM_ENGINE_CHECK_DRIFT_H

#include "engine/check_source.h"
#include "engine/session.h"

/* After check_source of every source. */
void check_drift(struct check *c, struct idem_session *s);

#endif

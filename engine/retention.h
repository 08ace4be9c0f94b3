/*
 * What the configuration says is no longer kept goes at the end of each apply: rows that were set aside, history, and
 * records that have been gone for so long. They are removed as an erasure removes them (engine/erase.h), but nobody
 * asked to be forgotten: they are not on the list of who was erased, and may come back.
 */
#ifndef IDEM_ENGINE_RETENTION_H
#define IDEM_ENGINE_RETENTION_H

#include "engine/apply_run.h"

/* After the run was committed, or found to change nothing. Fills r->retention when there is anything to keep to. */
enum idem_status retention_apply(struct apply_run *r, struct idem_error *err);

#endif

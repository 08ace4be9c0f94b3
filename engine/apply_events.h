/*
 * The events of a run as they are stored: what identity/assign.h says, each with its reason, and then `updated` for
 * every master that was active before and after and whose golden values differ, with the names of those fields.
 */
#ifndef IDEM_ENGINE_APPLY_EVENTS_H
#define IDEM_ENGINE_APPLY_EVENTS_H

#include "engine/apply_run.h"

/* After records and masters were written. */
enum idem_status apply_put_events(struct apply_run *r, struct store *store, struct idem_error *err);

/* "email,city": names of the fields whose bit is set, in `out`. */
struct str event_fields(const struct schema *schema, uint64_t bits, struct arena *out);

#endif

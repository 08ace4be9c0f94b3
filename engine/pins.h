/*
 * Pinned values: what a person fixed in golden records.
 *
 * A pin belongs to the master it was put on, and stays with it when that is merged into another: it then counts for the
 * survivor, unless the survivor has a pin of the field itself, or another one that was merged into it and is older. So
 * an undone merge gives each master its pins back. A pin on the value of a record counts while that is one of
 * the master's.
 */
#ifndef IDEM_ENGINE_PINS_H
#define IDEM_ENGINE_PINS_H

#include "engine/previous.h"
#include "engine/survivors.h"
#include "identity/assign.h"
#include "store/steward.h"

struct pins {
    struct store_pin *item; /* [n] ascending by (mid, field); texts are in the arena */
    size_t n;
};

/* The standing pins of one master, or of all (mid 0). Needs the key. */
enum idem_status pins_load(struct store *store, int64_t mid, struct arena *out, struct pins *pins,
                           struct idem_error *err);

/* The pins that count for each cluster of a run, ascending by cluster, each field once; `is_member(context, cluster,
 * rid)` tells whether a record is in it. */
typedef bool pins_member_fn(void *context, uint32_t cluster, int64_t rid);
size_t pins_for_clusters(const struct pins *pins, const struct previous *previous, const struct assign_input *in,
                         const struct assign_result *result, pins_member_fn *is_member, void *context,
                         struct arena *out, struct survivors_pin **pin);

/* The pinned text of a field that the provenance of an active master says is pinned. IDEM_CORRUPT when there is none.
 */
enum idem_status pins_text(struct store *store, int64_t mid, unsigned field, struct arena *out, struct str *text,
                           struct idem_error *err);

#endif

/*
 * From a guess to a source of the configuration, and to what init says of it. Private to init.
 */
#ifndef IDEM_ENGINE_INIT_SOURCE_H
#define IDEM_ENGINE_INIT_SOURCE_H

#include "base/json.h"
#include "engine/guess.h"

/* The source as idem.json holds it; the caller json_decref()s. NULL when no column was recognised as a field. */
json_t *init_source_config(const struct survey *s, const struct guess *g, struct str name, struct str path, bool dated,
                           struct arena *out);
/* The same source as the result of init tells it. */
json_t *init_source_report(const struct survey *s, const struct guess *g, struct str name, struct str path);
/* "person", ... as the configuration calls it; NULL for unknown. */
const char *init_entity_name(enum entity_kind kind);

#endif

/*
 * What is told about masters and pairs where the key is not there: from what stands in the clear, which is who belongs
 * together, what people decided, pairs in review with their weights, and the figures of runs. What needs values, the
 * model or a raw component is null.
 */
#ifndef IDEM_ENGINE_KEYLESS_H
#define IDEM_ENGINE_KEYLESS_H

#include "base/json.h"
#include "engine/decisions.h"
#include "engine/master.h"

/* {"match","review"} in bits as the last run that matched had them, null where no run tells. */
enum idem_status keyless_thresholds(struct store *store, json_t **threshold, struct idem_error *err);

/* {"decision","verdict","a","b","by","at"}: `a` and `b` are taken over. Also where the key is there. */
json_t *decision_json(const struct store_decision *decision, json_t *a, json_t *b);

/* The answers of `why` and `how`, in the shapes of docs/cli.md. IDEM_NOT_FOUND as there. Inside a snapshot. */
enum idem_status keyless_why(struct store *store, const char *const key[2], json_t *result, struct idem_error *err);
enum idem_status keyless_how(struct store *store, const char *key, json_t *result, struct idem_error *err);

#endif

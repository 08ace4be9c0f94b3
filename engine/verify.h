/*
 * Checks of what must always hold, one row of a table each (engine/verify.c). A check tells every finding with its
 * place and goes on; a finding holds no personal value.
 */
#ifndef IDEM_ENGINE_VERIFY_H
#define IDEM_ENGINE_VERIFY_H

#include "base/json.h"
#include "engine/session.h"

struct verify {
    struct idem_session *session;
    struct store *store;
    const struct idem_verify_options *options;
    struct arena arena;
    json_t *places;  /* of the check that runs */
    uint64_t found;  /* by it */
    uint64_t looked; /* at so many things */
};

/* Counts a finding; its text is kept for the first ones. */
void verify_found(struct verify *v, const char *format, ...) __attribute__((format(printf, 2, 3)));

typedef enum idem_status verify_fn(struct verify *v, struct idem_error *err);

verify_fn verify_audit;                                    /* engine/verify_audit.c */
verify_fn verify_index, verify_components, verify_goldens; /* engine/verify_stored.c */

/* "12:<64 hex digits>" of the last entry of the audit log. */
enum idem_status audit_head_text(struct store *store, char head[IDEM_AUDIT_HEAD], struct idem_error *err);

#endif

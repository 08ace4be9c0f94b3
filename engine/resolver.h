/* The handle behind idem_search and idem_resolve: what one record after the other needs, made once. */
#ifndef IDEM_ENGINE_RESOLVER_H
#define IDEM_ENGINE_RESOLVER_H

#include "engine/intake.h"
#include "engine/probe.h"

struct idem_resolver {
    struct idem_session *session;
    struct store *store;
    struct probe probe;
    struct intake *intake; /* NULL: not needed yet */
    uint64_t generation;   /* of the probe, when the intake was made */
};

/* Fields, sources, model and encoders as they are now. Inside the caller's snapshot or transaction. */
enum idem_status resolver_refresh(struct idem_resolver *r, struct idem_error *err);

#endif

/*
 * The handle behind idem_search and idem_resolve: what one record after the other needs, made once. In resolver.c the
 * handle and its transactions, in resolver_start.c the empty database that a first record finds.
 */
#ifndef IDEM_ENGINE_RESOLVER_H
#define IDEM_ENGINE_RESOLVER_H

#include "engine/delta.h"
#include "engine/intake.h"
#include "engine/probe.h"

struct idem_resolver {
    struct idem_session *session;
    struct store *store;
    struct probe probe;
    struct intake *intake;  /* NULL: not needed yet */
    uint64_t generation;    /* of the probe, when the intake was made */
    struct delta_base base; /* for resolve */
    bool has_base;
};

/* Fields, sources, model and encoders as they are now. Inside the caller's snapshot or transaction. */
enum idem_status resolver_refresh(struct idem_resolver *r, struct idem_error *err);

/* A snapshot, or for writing a transaction, with everything that resolve needs. */
enum idem_status resolver_begin(struct idem_resolver *r, bool dry_run, struct idem_error *err);
enum idem_status resolver_commit(struct idem_resolver *r, struct idem_error *err);
/* Ends it without a trace. */
void resolver_end(struct idem_resolver *r, bool dry_run);

/* Makes a database of the configuration's fields and sources, without a record, and with the model that idem ships. */
enum idem_status resolver_start(struct idem_session *s, struct idem_error *err);

#endif

#include "engine/resolver.h"

#include <stdlib.h>

#include "normalize/normalize.h"

/* ------------------------------------------------------------------ what is kept */

enum idem_status resolver_refresh(struct idem_resolver *r, struct idem_error *err)
{
    TRY(probe_refresh(&r->probe, err));
    if (r->intake && r->generation == r->probe.generation)
        return IDEM_OK;
    intake_free(r->intake);
    r->intake = NULL;
    r->generation = r->probe.generation;
    return intake_new(&r->probe, &r->intake, err);
}

static enum idem_status S_refresh_base(struct idem_resolver *r, struct idem_error *err)
{
    enum idem_status status = r->has_base ? delta_base_reopen(&r->base, r->store, err)
                                          : delta_base_open(&r->base, r->session, r->store, err);
    r->has_base = status == IDEM_OK; /* on an error it is closed */
    return status;
}

/* ------------------------------------------------------------------ transactions */

static enum idem_status S_refresh_all(struct idem_resolver *r, struct idem_error *err)
{
    TRY(resolver_refresh(r, err));
    return S_refresh_base(r, err);
}

enum idem_status resolver_begin(struct idem_resolver *r, bool dry_run, struct idem_error *err)
{
    TRY(dry_run ? store_snapshot_begin(r->store, err) : store_begin(r->store, err));
    if (!dry_run)
        store_tracks(r->store);
    enum idem_status status = S_refresh_all(r, err);
    if (status != IDEM_OK)
        resolver_end(r, dry_run);
    return status;
}

void resolver_end(struct idem_resolver *r, bool dry_run)
{
    if (dry_run) {
        store_snapshot_end(r->store);
        return;
    }
    store_rollback(r->store);
    r->probe.change_seq = -1; /* what was read inside may never have been */
}

enum idem_status resolver_commit(struct idem_resolver *r, struct idem_error *err)
{
    int64_t seq;
    TRY(store_change_seq(r->store, &seq, err));
    TRY(store_commit(r->store, err));
    r->probe.change_seq = seq; /* own changes are known */
    return IDEM_OK;
}

/* ------------------------------------------------------------------ the handle */

static enum idem_status S_open(struct idem_resolver *r, struct idem_error *err)
{
    struct idem_session *s = r->session;
    enum store_mode mode = s->writes ? STORE_WRITE : STORE_READ;
    enum idem_status status = session_store(s, mode, &r->store, err);
    if (status == IDEM_NOT_FOUND && s->writes) {
        TRY(resolver_start(s, err));
        status = session_store(s, mode, &r->store, err);
    }
    TRY(status);
    return probe_open(&r->probe, s, r->store, err);
}

IDEM_API enum idem_status idem_resolver_open(struct idem_session *s, struct idem_resolver **out, struct idem_error *err)
{
    struct idem_resolver *r = xcalloc(1, sizeof *r);
    *r = (struct idem_resolver){.session = s};
    enum idem_status status = S_open(r, err);
    if (status != IDEM_OK) {
        idem_resolver_close(r);
        r = NULL;
    }
    *out = r;
    return status;
}

IDEM_API void idem_resolver_close(struct idem_resolver *r)
{
    if (!r)
        return;
    if (r->has_base)
        delta_base_close(&r->base);
    intake_free(r->intake);
    probe_close(&r->probe);
    free(r);
}

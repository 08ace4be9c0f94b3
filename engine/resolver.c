#include "engine/resolver.h"

#include <stdlib.h>

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

static enum idem_status S_open(struct idem_resolver *r, struct idem_error *err)
{
    TRY(session_store(r->session, r->session->store_mode, &r->store, err));
    return probe_open(&r->probe, r->session, r->store, err);
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
    intake_free(r->intake);
    probe_close(&r->probe);
    free(r);
}

/* For programs that keep sessions open: what has changed, and how much is shown. */
#include <stdlib.h>

#include "engine/delta.h"
#include "engine/session.h"
#include "ingest/gzip.h"
#include "store/service_table.h"

enum idem_status idem_changed(struct idem_session *s, uint64_t *version, int64_t *seq, struct idem_error *err)
{
    struct store *store;
    TRY(session_store(s, STORE_READ, &store, err));
    TRY(store_data_version(store, version, err));
    return store_change_seq(store, seq, err);
}

enum idem_status idem_is_applied(struct idem_session *s, bool *applied, struct idem_error *err)
{
    struct store *store;
    struct delta_base base;
    *applied = false;
    TRY(session_store(s, s->writes ? STORE_WRITE : STORE_READ, &store, err));
    TRY(store_snapshot_begin(store, err));
    enum idem_status status = delta_base_open(&base, s, store, err);
    store_snapshot_end(store);
    if (status == IDEM_CONFLICT)
        return IDEM_OK;
    TRY(status);
    delta_base_close(&base);
    *applied = true;
    return IDEM_OK;
}

void idem_set_wait(struct idem_session *s, unsigned wait_ms)
{
    s->wait_ms = wait_ms;
    if (s->store)
        store_set_wait(s->store, wait_ms);
}

bool idem_rest(struct idem_session *s)
{
    struct store *store;
    return s->writes && session_store(s, STORE_WRITE, &store, NULL) == IDEM_OK && store_rest(store);
}

bool idem_empty_log(struct idem_session *s, void (*renew)(void *context), void *context)
{
    struct store *store;
    return s->writes && session_store(s, STORE_WRITE, &store, NULL) == IDEM_OK &&
           store_empty_log(store, renew, context);
}

void idem_act_for(struct idem_session *s, const char *by, bool masked)
{
    s->by = by;
    s->masked = masked;
}

enum idem_status idem_gzip(struct idem_str text, char **packed, size_t *len, struct idem_error *err)
{
    struct buf out = {0};
    *packed = NULL;
    enum idem_status status = gzip_pack((struct str){text.ptr, text.len}, &out, err);
    if (status != IDEM_OK) {
        buf_deinit(&out);
        return status;
    }
    *packed = out.ptr;
    *len = out.len;
    return IDEM_OK;
}

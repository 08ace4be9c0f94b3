/* For programs that keep sessions open: what has changed, and how much is shown. */
#include <stdlib.h>

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

/* For programs that keep sessions open: what has changed, and how much is shown. */
#include "engine/session.h"
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

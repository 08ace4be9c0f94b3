#include "engine/session.h"

enum idem_status idem_backup(struct idem_session *s, const char *path, struct idem_error *err)
{
    struct store *store;
    TRY(session_store(s, STORE_READ, &store, err));
    return store_backup(store, path, err);
}

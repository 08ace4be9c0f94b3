#include "engine/master.h"

static enum idem_status S_unknown(struct idem_error *err)
{
    return error_set(err, IDEM_NOT_FOUND, "nothing has this key; a key is SOURCE:ID or a master_id");
}

static enum idem_status S_by_record(struct store *store, struct str key, struct arena *out, struct master_found *found,
                                    struct idem_error *err)
{
    struct store_record record;
    size_t colon = str_find_byte(key, ':');
    if (colon == SIZE_MAX)
        return S_unknown(err);
    enum idem_status status =
        store_find_record(store, str_sub(key, 0, colon), str_sub(key, colon + 1, key.len), &found->rid, err);
    if (status == IDEM_NOT_FOUND)
        return S_unknown(err);
    TRY(status);
    TRY(store_get_record(store, found->rid, false, out, &record, err));
    return store_get_master(store, record.mid, out, &found->asked, err);
}

enum idem_status master_find(struct store *store, struct str key, struct arena *out, struct master_found *found,
                             struct idem_error *err)
{
    uint8_t uuid[16];
    *found = (struct master_found){0};
    if (store_uuid_parse(key, uuid)) {
        enum idem_status status = store_find_master(store, key, out, &found->asked, err);
        if (status == IDEM_NOT_FOUND)
            return S_unknown(err);
        TRY(status);
    } else {
        TRY(S_by_record(store, key, out, found, err));
    }
    return store_survivor(store, found->asked.mid, out, &found->survivor, err);
}

const char *master_state(enum store_master_status status)
{
    static const char *const NAMES[] = {
        [STORE_MASTER_ACTIVE] = "active",
        [STORE_MASTER_REDIRECTED] = "redirected",
        [STORE_MASTER_RETIRED] = "retired",
        [STORE_MASTER_ERASED] = "erased",
    };
    return NAMES[status];
}

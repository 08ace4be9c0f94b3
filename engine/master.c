#include "engine/master.h"

#include <stdlib.h>

#include "store/removal.h"
#include "store/steward.h"

enum { MOST_MERGED_LEVELS = 64 };

static enum idem_status S_erased(struct store *store, struct str source, struct str record_id, struct idem_error *err)
{
    bool erased;
    TRY(erased_has_record(store, source, record_id, &erased, err));
    return erased ? error_set(err, IDEM_NOT_FOUND, "this record was erased")
                  : error_set(err, IDEM_NOT_FOUND, "nothing has this key; a key is SOURCE:ID or a master_id");
}

static enum idem_status S_unknown(struct idem_error *err)
{
    return error_set(err, IDEM_NOT_FOUND, "nothing has this key; a key is SOURCE:ID or a master_id");
}

/* An id of another system, "scheme:id". */
static enum idem_status S_by_alias(struct store *store, struct str scheme, struct str alias, struct arena *out,
                                   struct master_found *found, struct idem_error *err)
{
    int64_t mid;
    enum idem_status status = steward_find_alias(store, scheme, alias, &mid, err);
    if (status == IDEM_NOT_FOUND)
        return S_erased(store, scheme, alias, err);
    TRY(status);
    found->rid = 0;
    return store_get_master(store, mid, out, &found->asked, err);
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
        return S_by_alias(store, str_sub(key, 0, colon), str_sub(key, colon + 1, key.len), out, found, err);
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

struct members {
    struct arena *out;
    int64_t *rid;
    size_t n;
};

static void S_add(struct members *m, const int64_t *rid, size_t n)
{
    int64_t *grown = ARENA_NEW(m->out, int64_t, m->n + n + 1);
    if (m->n)
        memcpy(grown, m->rid, m->n * sizeof *grown);
    if (n)
        memcpy(grown + m->n, rid, n * sizeof *grown);
    m->rid = grown;
    m->n += n;
}

static enum idem_status S_gather(struct store *store, int64_t mid, unsigned level, struct members *m,
                                 struct idem_error *err)
{
    int64_t *rid, *from;
    size_t n;
    if (level > MOST_MERGED_LEVELS)
        return error_set(err, IDEM_CORRUPT, "masters redirect to each other; run \"idem verify\"");
    TRY(store_members(store, mid, m->out, &rid, &n, err));
    S_add(m, rid, n);
    TRY(store_redirected_from(store, mid, m->out, &from, &n, err));
    for (size_t i = 0; i < n; i++)
        TRY(S_gather(store, from[i], level + 1, m, err));
    return IDEM_OK;
}

static int S_ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

enum idem_status master_members(struct store *store, int64_t mid, struct arena *out, int64_t **rid, size_t *n,
                                struct idem_error *err)
{
    struct members m = {.out = out};
    TRY(S_gather(store, mid, 0, &m, err));
    qsort(m.rid, m.n, sizeof *m.rid, S_ascending);
    *rid = m.rid;
    *n = m.n;
    return IDEM_OK;
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

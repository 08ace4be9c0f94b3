#include "engine/roster.h"

#include <stdlib.h>

#include "base/hash.h"
#include "store/applied.h"

static void S_grow(struct roster *r, uint32_t room)
{
    r->rid = xrealloc(r->rid, room * sizeof *r->rid);
    r->fingerprint = xrealloc(r->fingerprint, room * sizeof *r->fingerprint);
    r->source = xrealloc(r->source, room * sizeof *r->source);
    r->current = xrealloc(r->current, room);
    r->at = xrealloc(r->at, ((size_t)room + 1) * sizeof *r->at);
}

static uint16_t S_source_of(const struct previous *p, int64_t id)
{
    for (unsigned i = 0; i < p->n_sources; i++)
        if (p->source[i].stored.id == id)
            return (uint16_t)i;
    return 0;
}

static enum idem_status S_rows(struct roster *r, struct store_cursor *cursor, struct idem_error *err)
{
    uint32_t room = 0;
    int64_t last_id = 0;
    uint16_t last = 0;
    for (;;) {
        struct store_record record;
        bool more;
        TRY(store_records_next(cursor, &record, &more, err));
        if (!more)
            return IDEM_OK;
        if (r->n == room)
            S_grow(r, room = room ? room * 2 : 4096);
        if (record.source != last_id)
            last = S_source_of(r->previous, last_id = record.source);
        if (r->ids.len + record.record_id.len > UINT32_MAX)
            return error_set(err, IDEM_LIMIT, "%s: the record ids together are longer than 4 GB",
                             store_info(r->store)->path);
        r->rid[r->n] = record.rid;
        r->fingerprint[r->n] = record.fingerprint;
        r->source[r->n] = last;
        r->current[r->n] = record.status == STORE_RECORD_CURRENT;
        r->at[r->n++] = (uint32_t)r->ids.len;
        buf_str(&r->ids, record.record_id);
        r->at[r->n] = (uint32_t)r->ids.len;
    }
}

static struct str S_stored_id(const struct roster *r, uint32_t i)
{
    return (struct str){r->ids.ptr + r->at[i], r->at[i + 1] - r->at[i]};
}

static uint64_t S_hash(unsigned source, struct str stored)
{
    return hash_str_seed(stored, source + 1);
}

static void S_index(struct roster *r)
{
    r->slots = 1024;
    while (r->slots < 2 * (uint64_t)r->n)
        r->slots *= 2;
    r->slot = xcalloc(r->slots, sizeof *r->slot);
    for (uint32_t i = 0; i < r->n; i++) {
        uint32_t at = (uint32_t)S_hash(r->source[i], S_stored_id(r, i)) & (r->slots - 1);
        while (r->slot[at])
            at = (at + 1) & (r->slots - 1);
        r->slot[at] = i + 1;
    }
}

enum idem_status roster_read(struct store *store, const struct previous *previous, struct roster *r,
                             struct idem_error *err)
{
    struct store_read_options options = {.order = STORE_BY_RID, .gone = true};
    struct store_cursor *cursor;
    *r = (struct roster){.store = store, .previous = previous};
    TRY(store_records_open(store, &options, &cursor, err));
    enum idem_status status = S_rows(r, cursor, err);
    store_records_close(cursor);
    if (status == IDEM_OK) {
        S_index(r);
        r->row = xcalloc((size_t)r->n + 1, sizeof *r->row);
        r->updated_at = xcalloc((size_t)r->n + 1, sizeof *r->updated_at);
    }
    return status;
}

void roster_deinit(struct roster *r)
{
    free(r->rid);
    free(r->fingerprint);
    free(r->source);
    free(r->current);
    free(r->at);
    buf_deinit(&r->ids);
    free(r->slot);
    free(r->row);
    free(r->updated_at);
    *r = (struct roster){0};
}

void roster_key(const struct roster *r, unsigned source, struct str record_id, struct roster_key *key)
{
    key->stored = store_stored_id(r->store, &r->previous->source[source].stored, record_id, key->token);
    key->hash = S_hash(source, key->stored);
    key->has_old = store_old_id(r->store, &r->previous->source[source].stored, record_id, key->old_token);
    __builtin_prefetch(&r->slot[(uint32_t)key->hash & (r->slots - 1)]);
}

static uint32_t S_find(const struct roster *r, unsigned source, struct str stored, uint64_t hash)
{
    for (uint32_t at = (uint32_t)hash & (r->slots - 1); r->slot[at]; at = (at + 1) & (r->slots - 1)) {
        uint32_t i = r->slot[at] - 1;
        if (r->source[i] == source && str_eq(S_stored_id(r, i), stored))
            return i;
    }
    return ROSTER_NONE;
}

uint32_t roster_find_key(const struct roster *r, unsigned source, const struct roster_key *key)
{
    uint32_t i = S_find(r, source, key->stored, key->hash);
    if (i != ROSTER_NONE || !key->has_old)
        return i;
    struct str old = {(const char *)key->old_token, sizeof key->old_token};
    return S_find(r, source, old, S_hash(source, old));
}

uint32_t roster_find(const struct roster *r, unsigned source, struct str record_id)
{
    struct roster_key key;
    roster_key(r, source, record_id, &key);
    return roster_find_key(r, source, &key);
}

uint32_t roster_of_rid(const struct roster *r, int64_t rid)
{
    uint32_t from = 0, to = r->n;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (r->rid[middle] < rid)
            from = middle + 1;
        else
            to = middle;
    }
    return from < r->n && r->rid[from] == rid ? from : ROSTER_NONE;
}

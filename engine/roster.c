#include "engine/roster.h"

#include <stdlib.h>

#include "store/applied.h"

/* Sources of the database are few and numbered from 1. */
static void S_number_sources(struct roster *r)
{
    const struct previous *p = r->previous;
    r->source = xcalloc((size_t)UINT16_MAX + 1, sizeof *r->source);
    for (unsigned i = 0; i < p->n_sources; i++)
        r->source[p->source[i].stored.id & UINT16_MAX] = (uint16_t)i;
}

enum idem_status roster_read(struct store *store, const struct previous *previous, unsigned threads, struct roster *r,
                             struct idem_error *err)
{
    *r = (struct roster){.store = store, .previous = previous};
    TRY(store_roll_read(store, threads, &r->roll, err));
    store_use_roll(store, &r->roll);
    S_number_sources(r);
    r->seen = xcalloc((size_t)r->roll.n + 1, sizeof *r->seen);
    return IDEM_OK;
}

void roster_deinit(struct roster *r)
{
    store_roll_deinit(&r->roll);
    free(r->source);
    free(r->seen);
    *r = (struct roster){0};
}

static int64_t S_stored_source(const struct roster *r, unsigned source)
{
    return r->previous->source[source].stored.id;
}

void roster_key(const struct roster *r, unsigned source, struct str record_id, struct roster_key *key)
{
    const struct store_source *stored = &r->previous->source[source].stored;
    key->stored = store_stored_id(r->store, stored, record_id, key->token);
    key->hash = store_roll_hash(stored->id, key->stored);
    key->has_old = store_old_id(r->store, stored, record_id, key->old_token);
    store_roll_fetch(&r->roll, key->hash);
}

uint32_t roster_find_key(const struct roster *r, unsigned source, const struct roster_key *key)
{
    int64_t stored = S_stored_source(r, source);
    uint32_t i = store_roll_find(&r->roll, stored, key->stored, key->hash);
    if (i != ROSTER_NONE || !key->has_old)
        return i;
    struct str old = {(const char *)key->old_token, sizeof key->old_token};
    return store_roll_find(&r->roll, stored, old, store_roll_hash(stored, old));
}

uint32_t roster_find(const struct roster *r, unsigned source, struct str record_id)
{
    struct roster_key key;
    roster_key(r, source, record_id, &key);
    return roster_find_key(r, source, &key);
}

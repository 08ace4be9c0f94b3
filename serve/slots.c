#include "serve/slots.h"

#include <stdlib.h>

#include "base/hash.h"
#include "serve/service.h"

struct slot {
    _Alignas(64) pthread_mutex_t lock;
    struct lease snapshot; /* the stream's */
    struct lease general;
    struct idem_stream *stream;
    uint64_t generation; /* of the stream */
};

static void S_close_stream(struct slot *slot)
{
    idem_stream_close(slot->stream);
    slot->stream = NULL;
}

/* The generation is read before the snapshot is taken: it may be newer than it says, never older. */
static enum idem_status S_stream(struct slots *s, struct slot *slot, struct idem_error *err)
{
    struct service *service = s->service;
    uint64_t now = atomic_load(&service->generation);
    if (slot->stream && slot->generation == now && slot->snapshot.epoch == atomic_load(&service->epoch))
        return IDEM_OK;
    S_close_stream(slot);
    TRY(lease_take(service, &slot->snapshot, IDEM_READ, err));
    TRY(idem_stream_open(slot->snapshot.session, &slot->stream, err));
    slot->generation = now;
    return IDEM_OK;
}

static struct slot *S_take(struct slots *s)
{
    unsigned usual = (unsigned)hash_u64((uint64_t)pthread_self()) % s->n;
    for (unsigned i = 0; i < s->n; i++) {
        struct slot *slot = &s->slot[(usual + i) % s->n];
        if (pthread_mutex_trylock(&slot->lock) == 0)
            return slot;
    }
    pthread_mutex_lock(&s->slot[usual].lock);
    return &s->slot[usual];
}

enum idem_status slots_start(struct slots *s, struct service *service, unsigned n, struct idem_error *err)
{
    s->service = service;
    s->slot = aligned_alloc(_Alignof(struct slot), n * sizeof *s->slot);
    if (!s->slot)
        return error_set(err, IDEM_NO_MEMORY, "no memory for %u sessions", n);
    memset(s->slot, 0, n * sizeof *s->slot);
    for (s->n = 0; s->n < n; s->n++)
        pthread_mutex_init(&s->slot[s->n].lock, NULL);
    for (unsigned i = 0; i < n; i++)
        TRY(S_stream(s, &s->slot[i], err));
    return IDEM_OK;
}

void slots_stop(struct slots *s)
{
    for (unsigned i = 0; i < s->n; i++) {
        S_close_stream(&s->slot[i]);
        lease_end(&s->slot[i].snapshot);
        lease_end(&s->slot[i].general);
        pthread_mutex_destroy(&s->slot[i].lock);
    }
    free(s->slot);
    *s = (struct slots){0};
}

void slots_refresh(struct slots *s)
{
    for (unsigned i = 0; i < s->n; i++) {
        struct slot *slot = &s->slot[i];
        pthread_mutex_lock(&slot->lock);
        S_stream(s, slot, NULL); /* what fails here fails again, and is told, when it is used */
        pthread_mutex_unlock(&slot->lock);
    }
}

enum idem_status slots_lookup(struct slots *s, struct idem_str source, struct idem_str record_id, char master_id[37],
                              struct idem_error *err)
{
    struct slot *slot = S_take(s);
    enum idem_status status = S_stream(s, slot, err);
    if (status == IDEM_OK)
        status = idem_stream_lookup(slot->stream, source, record_id, master_id, err);
    pthread_mutex_unlock(&slot->lock);
    return status;
}

enum idem_status slots_token(struct slots *s, struct idem_str text, int64_t now_ms, struct idem_token *token,
                             struct idem_error *err)
{
    struct slot *slot = S_take(s);
    enum idem_status status = lease_take(s->service, &slot->general, IDEM_READ, err);
    if (status == IDEM_OK)
        status = idem_token_find(slot->general.session, text, now_ms, token, err);
    pthread_mutex_unlock(&slot->lock);
    return status;
}

#include "engine/retention.h"

#include <stdlib.h>

#include "engine/erase.h"

struct retention {
    struct apply_run *run;
    struct store *store;
    struct arena arena;
    json_t *told;
};

/* The last change at or before so long ago; 0: there is none. */
static enum idem_status S_seq_before(struct retention *t, int64_t kept_ms, int64_t *seq, struct idem_error *err)
{
    struct store_moment moment;
    *seq = 0;
    enum idem_status status = store_moment_of_time(t->store, t->run->now_ms - kept_ms, &moment, err);
    if (status == IDEM_LIMIT) /* history does not even reach that far back: all that it has is younger */
        return IDEM_OK;
    TRY(status);
    *seq = moment.seq > 0 ? moment.seq : 0;
    return IDEM_OK;
}

static enum idem_status S_transaction(struct retention *t,
                                      enum idem_status (*work)(struct retention *t, struct idem_error *err),
                                      struct idem_error *err)
{
    TRY(store_begin(t->store, err));
    enum idem_status status = work(t, err);
    if (status == IDEM_OK)
        return store_commit(t->store, err);
    store_rollback(t->store);
    return status;
}

static enum idem_status S_drop_old(struct retention *t, struct idem_error *err)
{
    const struct retention_config *c = &t->run->config->retention;
    int64_t seq = 0, before;
    uint64_t rejects = 0;
    if (c->rejects_ms)
        TRY(removal_old_rejects(t->store, t->run->now_ms - c->rejects_ms, &rejects, err));
    if (c->history_ms)
        TRY(S_seq_before(t, c->history_ms, &seq, err));
    TRY(store_history_from(t->store, &before, err));
    if (seq > before)
        TRY(store_forget_history(t->store, seq, err));
    json_put(t->told, "rejects", json_integer((json_int_t)rejects));
    json_put(t->told, "history_from_seq", json_integer(seq > before ? seq : before));
    return IDEM_OK;
}

static enum idem_status S_drop_gone(struct retention *t, struct idem_error *err)
{
    const struct idem_erase_options options = {.by = "retention", .now_ms = t->run->options->now_ms};
    char *json = NULL;
    int64_t *rid, seq;
    size_t n = 0;
    TRY(S_seq_before(t, t->run->config->retention.gone_records_ms, &seq, err));
    if (seq)
        TRY(erase_gone_before(t->store, seq, &t->arena, &rid, &n, err));
    json_put(t->told, "gone_records", json_integer((json_int_t)n));
    enum idem_status status = n ? erase_for_retention(t->run->session, rid, n, &options, &json, err) : IDEM_OK;
    free(json);
    return status == IDEM_BUSY ? IDEM_OK : status; /* removed; a reader still holds the log */
}

static enum idem_status S_apply(struct retention *t, struct idem_error *err)
{
    const struct retention_config *c = &t->run->config->retention;
    TRY(session_store(t->run->session, STORE_WRITE, &t->store, err));
    if (c->rejects_ms || c->history_ms)
        TRY(S_transaction(t, S_drop_old, err));
    return c->gone_records_ms ? S_drop_gone(t, err) : IDEM_OK;
}

enum idem_status retention_apply(struct apply_run *r, struct idem_error *err)
{
    const struct retention_config *c = &r->config->retention;
    struct retention t = {.run = r};
    if (!c->gone_records_ms && !c->history_ms && !c->rejects_ms)
        return IDEM_OK;
    r->retention = t.told = json_object();
    enum idem_status status = S_apply(&t, err);
    arena_deinit(&t.arena);
    if (status != IDEM_OK)
        error_prefix(err, "the run was committed, but what is too old could not be removed: ");
    return status;
}

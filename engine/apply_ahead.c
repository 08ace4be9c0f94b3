#include "engine/apply_ahead.h"

#include <stdlib.h>

#include "base/parallel.h"
#include "engine/apply_put.h"
#include "engine/reference.h"

struct apply_ahead {
    struct apply_run *run;
    struct store *store;
    struct parallel_task *values, *index; /* one after the other: the second joins the first */
    struct key_set keys;                  /* the run's, shared */
    uint64_t *hash;                       /* [n_rows] of the packed records */
    atomic_bool stop;
    enum idem_status status;
    struct idem_error err;
};

/* Rows that may leave the run after the matching have no rid yet. */
static bool S_is_possible(const struct apply_run *r)
{
    return r->first && r->writes && (r->threads > 1 || r->lean) && r->load.batch.n_rows && !reference_any(r->config);
}

static void S_values(void *context)
{
    struct apply_ahead *a = context;
    struct put_values put = {
        .run = a->run, .hash = a->hash, .threads = a->run->lean ? a->run->threads : 1, .stop = &a->stop};
    a->status = apply_put_values(&put, a->store, &a->err);
    if (a->status == IDEM_OK && !atomic_load(&a->stop))
        apply_forget_raw(a->run); /* who trains and scores reads normalised values alone */
}

static void S_index(void *context)
{
    struct apply_ahead *a = context;
    parallel_join(a->values);
    if (a->status == IDEM_OK && !atomic_load(&a->stop))
        a->status = apply_put_index(a->run, a->store, &a->keys, 1, &a->err);
}

/* Before anything else is done: the run needs the room that raw values take. */
static enum idem_status S_values_now(struct apply_ahead *a, struct idem_error *err)
{
    struct apply_run *r = a->run;
    S_values(a);
    r->values_put = true;
    r->hash = a->hash;
    a->hash = NULL;
    if (a->status != IDEM_OK)
        *err = a->err;
    return a->status;
}

enum idem_status apply_ahead_start(struct apply_run *r, struct idem_error *err)
{
    struct store *store;
    if (!S_is_possible(r))
        return IDEM_OK;
    TRY(apply_create(r, &store, err));
    apply_take_rids(r, store);
    struct apply_ahead *a = xcalloc(1, sizeof *a);
    a->run = r;
    a->store = store;
    a->hash = xcalloc((size_t)r->load.batch.n_rows + 1, sizeof *a->hash);
    r->ahead = a;
    if (r->lean)
        return S_values_now(a, err);
    a->values = parallel_start(S_values, a);
    r->values_put = a->values != NULL;
    return IDEM_OK;
}

void apply_ahead_index(struct apply_run *r)
{
    struct apply_ahead *a = r->ahead;
    if (!a || !a->values || !r->keys.rule)
        return;
    key_set_share(&r->keys, &a->keys);
    a->index = parallel_start(S_index, a);
    r->index_put = a->index != NULL;
    if (!a->index)
        key_set_unshare(&r->keys, &a->keys);
}

static void S_wait(struct apply_ahead *a)
{
    parallel_join(a->index ? a->index : a->values);
    a->index = a->values = NULL;
}

void apply_ahead_hashes(struct apply_run *r)
{
    struct apply_ahead *a = r->ahead;
    if (!a || r->hash || !a->hash || !r->values_put)
        return;
    S_wait(a);
    if (a->status == IDEM_OK) { /* else the values are there to be packed again, and apply_ahead_end tells */
        r->hash = a->hash;
        a->hash = NULL;
    }
}

enum idem_status apply_ahead_end(struct apply_run *r, struct store **store, struct idem_error *err)
{
    struct apply_ahead *a = r->ahead;
    *store = NULL;
    if (!a)
        return IDEM_OK;
    S_wait(a);
    enum idem_status status = a->status;
    if (status != IDEM_OK) {
        *err = a->err;
        store_close(a->store);
    } else {
        *store = a->store;
    }
    if (r->values_put && a->hash && !r->hash) {
        r->hash = a->hash;
        a->hash = NULL;
    }
    key_set_deinit(&a->keys);
    free(a->hash);
    free(a);
    r->ahead = NULL;
    return status;
}

void apply_ahead_drop(struct apply_run *r)
{
    struct store *store;
    struct idem_error ignored;
    if (!r->ahead)
        return;
    atomic_store(&r->ahead->stop, true);
    if (apply_ahead_end(r, &store, &ignored) == IDEM_OK)
        store_close(store);
}

#include "engine/delta_run.h"

#include <stdlib.h>

#include "base/clock.h"

void delta_init(struct delta *d, struct apply_run *r, struct store *store)
{
    *d = (struct delta){.run = r, .store = store};
}

void delta_deinit(struct delta *d)
{
    batch_deinit(&d->old);
    if (d->old_keys.rule)
        key_set_deinit(&d->old_keys);
    free(d->touched);
    free(d->doubtful);
    map_deinit(&d->in_part);
    arena_deinit(&d->arena);
    *d = (struct delta){0};
}

/* What lies outside the part stays: it counts where shares of the whole are asked for. */
static void S_count_rest(struct delta *d)
{
    struct apply_run *r = d->run;
    struct assign_counts *c = &r->assigned.counts;
    uint64_t records = 0, masters = 0;
    for (uint32_t i = 0; i < r->previous.n_records; i++)
        records += r->previous.record[i].current;
    for (uint32_t m = 0; m < r->previous.n_masters; m++)
        masters += r->previous.master[m].status == STORE_MASTER_ACTIVE;
    c->stayed += d->all_records > records ? d->all_records - records : 0;
    c->active_before += d->all_masters > masters ? d->all_masters - masters : 0;
    c->active_after += d->all_masters > masters ? d->all_masters - masters : 0;
}

static enum idem_status S_match_part(struct delta *d, struct idem_error *err)
{
    struct apply_run *r = d->run;
    struct forced_pair *decided;
    size_t n = decisions_pairs(&r->decisions, r->load.rid, r->load.batch.n_rows, &r->arena, &decided);
    TRY(matching_run_decided(r->config, &r->load, &r->model, false, decided, n, NULL, NULL, r->threads, &r->progress,
                             &r->matching, err));
    r->matching.stats.candidates += d->pairs;
    apply_assign(r);
    S_count_rest(d);
    return IDEM_OK;
}

enum idem_status delta_match(struct delta *d, struct idem_error *err)
{
    struct apply_run *r = d->run;
    double start = clock_seconds();
    d->n_new = r->load.batch.n_rows;
    if (d->n_new)
        load_note(&r->load, d->n_new - 1, load_fingerprint(&r->load, d->n_new - 1), r->load.rid[d->n_new - 1]);
    TRY(delta_old_versions(d, err));
    TRY(delta_candidates(d, err));
    double found = clock_seconds();
    if (!d->whole)
        TRY(delta_close(d, err));
    if (d->whole)
        return IDEM_OK;
    apply_states(r, d->store);
    TRY(S_match_part(d, err));
    r->matching.stats.block += found - start;
    r->part = d;
    return IDEM_OK;
}

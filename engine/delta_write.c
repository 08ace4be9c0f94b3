/*
 * One change of a few records, from their new versions to what is stored: the same steps as in apply, with what stays
 * the same from change to change read once.
 */
#include <stdlib.h>

#include "engine/delta.h"
#include "engine/delta_apply.h"
#include "engine/stored_model.h"
#include "normalize/normalize.h"
#include "record/pack.h"
#include "store/applied.h"

/* ------------------------------------------------------------------ what stays */

static enum idem_status S_check(struct delta_base *b, struct store *store, const struct config *config,
                                struct idem_error *err)
{
    struct applied applied;
    char under[33] = "";
    if (!str_eq(store_info(store)->normaliser, str_from(normalize_version())))
        return error_set(err, IDEM_CONFLICT,
                         "%s: the records were normalised by another version; run idem apply --rebuild",
                         store_info(store)->path);
    TRY(applied_read(store, &applied, err));
    applied_under(config, b->stored_model.id, under);
    bool same = str_eq(str_from(applied.under), str_from(under));
    uint64_t capped = applied.capped;
    applied_deinit(&applied);
    if (!same)
        return error_set(err, IDEM_CONFLICT,
                         "%s: the records were matched under another configuration, model or program; run idem apply",
                         store_info(store)->path);
    if (capped)
        return error_set(err, IDEM_CONFLICT,
                         "%s: some blocks are too large to be compared, so that single records cannot be matched; run "
                         "idem apply --retrain",
                         store_info(store)->path);
    return IDEM_OK;
}

static enum idem_status S_read(struct delta_base *b, struct store *store, struct idem_error *err)
{
    const struct config *config;
    TRY(session_config(b->session, &config, err));
    TRY(store_change_seq(store, &b->change_seq, err));
    TRY(store_get_fields(store, &b->arena, &b->schema, err));
    TRY(store_get_sources(store, false, &b->arena, &b->source, &b->n_sources, err));
    b->source_name = ARENA_NEW(&b->arena, struct str, b->n_sources + 1);
    for (size_t i = 0; i < b->n_sources; i++)
        b->source_name[i] = b->source[i].name;
    int64_t model;
    TRY(stored_model_in_use(store, &b->arena, &model, err));
    enum idem_status status = store_get_model(store, model, true, &b->arena, &b->stored_model, err);
    if (status == IDEM_NOT_FOUND)
        return error_set(err, status, "%s: there is no model yet; run idem apply", store_info(store)->path);
    TRY(status);
    TRY(stored_model_unpack(store, &b->stored_model, &b->arena, &b->model, err));
    TRY(S_check(b, store, config, err));
    return decisions_load(store, &b->arena, &b->decisions, err);
}

enum idem_status delta_base_open(struct delta_base *b, struct idem_session *s, struct store *store,
                                 struct idem_error *err)
{
    *b = (struct delta_base){.session = s};
    enum idem_status status = S_read(b, store, err);
    if (status != IDEM_OK)
        delta_base_close(b);
    return status;
}

enum idem_status delta_base_reopen(struct delta_base *b, struct store *store, struct idem_error *err)
{
    struct idem_session *session = b->session;
    int64_t seq;
    TRY(store_change_seq(store, &seq, err));
    if (seq == b->change_seq)
        return IDEM_OK;
    delta_base_close(b);
    return delta_base_open(b, session, store, err);
}

void delta_base_close(struct delta_base *b)
{
    arena_deinit(&b->arena);
    *b = (struct delta_base){.n_sources = 0};
}

/* ------------------------------------------------------------------ one change as a run */

struct writing {
    struct delta_base *base;
    struct store *store;
    const struct delta_change *change;
    struct apply_run run;
    struct delta delta;
    uint16_t *source;      /* [rows given] of the run */
    struct str *record_id; /* [rows given] */
    uint32_t n;
};

static uint16_t S_run_source(const struct apply_run *r, int64_t id)
{
    for (unsigned i = 0; i < r->previous.n_sources; i++)
        if (r->previous.source[i].stored.id == id)
            return (uint16_t)i;
    return 0;
}

/* Takes the batch over; its sources get the numbers of the run. */
static void S_take_batch(struct writing *w)
{
    struct apply_run *r = &w->run;
    struct batch *b = &r->load.batch;
    *b = *w->change->batch;
    *w->change->batch = (struct batch){.n_rows = 0};
    b->schema = &r->schema;
    w->n = b->n_rows;
    w->source = ARENA_NEW(&r->arena, uint16_t, w->n + 1);
    w->record_id = ARENA_NEW(&r->arena, struct str, w->n + 1);
    for (uint32_t i = 0; i < w->n; i++) {
        w->source[i] = b->source[i] = S_run_source(r, w->base->source[b->source[i]].id);
        w->record_id[i] = str_copy(&r->arena, b->record_id[i]);
    }
    struct str *name = ARENA_NEW(&r->arena, struct str, r->previous.n_sources + 1);
    for (unsigned i = 0; i < r->previous.n_sources; i++)
        name[i] = r->previous.source[i].stored.name;
    batch_set_sources(b, name, (uint16_t)r->previous.n_sources);
}

static enum idem_status S_take_rows(struct writing *w, struct idem_error *err)
{
    struct load *l = &w->run.load;
    for (uint32_t row = 0; row < w->n; row++) {
        int64_t rid = 0;
        struct str source = w->run.previous.source[w->source[row]].stored.name;
        enum idem_status status = store_find_record(w->store, source, w->record_id[row], &rid, err);
        if (status != IDEM_OK && status != IDEM_NOT_FOUND)
            return status;
        load_note(l, row, w->change->fingerprint ? w->change->fingerprint[row] : 0, status == IDEM_OK ? rid : 0);
    }
    l->link = xmalloc((w->change->n_links + 1) * sizeof *l->link);
    l->links_room = w->change->n_links + 1;
    for (size_t i = 0; i < w->change->n_links; i++)
        l->link[l->n_links++] =
            (struct load_link){w->change->link[i].row, w->change->link[i].link, w->change->link[i].record_id};
    load_settle(l);
    return IDEM_OK;
}

/* Rows stand in order by now. */
static void S_take_near(struct writing *w)
{
    struct delta *d = &w->delta;
    const struct delta_change *c = w->change;
    uint32_t *row = ARENA_NEW(&d->arena, uint32_t, w->n + 1);
    for (uint32_t i = 0; i < w->n; i++)
        row[i] = batch_find(&w->run.load.batch, w->source[i], w->record_id[i]);
    d->near = ARENA_NEW(&d->arena, struct delta_pair, c->n_near + 1);
    for (size_t i = 0; i < c->n_near; i++)
        d->near[i] = (struct delta_pair){c->near[i].rid, row[c->near[i].row], c->near[i].weight};
    d->n_near = c->n_near;
    d->pairs = c->near_pairs;
    d->has_near = true;
}

static enum idem_status S_begin(struct writing *w, const struct idem_apply_options *options, struct idem_error *err)
{
    struct apply_run *r = &w->run;
    const struct delta_base *b = w->base;
    const struct config *config;
    TRY(session_config(b->session, &config, err));
    apply_begin(r, b->session, options);
    r->command = w->change->command;
    r->schema = b->schema;
    r->model = b->model;
    r->stored_model = b->stored_model;
    r->decisions = b->decisions;
    TRY(store_change_seq(w->store, &r->change_seq, err));
    TRY(previous_sources(w->store, config, false, &r->previous, err));
    r->load.source = ARENA_NEW(&r->load.arena, struct load_source, config->n_sources + 1);
    delta_init(&w->delta, r, w->store);
    w->delta.gone = w->change->gone;
    w->delta.n_gone = w->change->n_gone;
    S_take_batch(w);
    TRY(S_take_rows(w, err));
    if (w->change->has_near)
        S_take_near(w);
    return IDEM_OK;
}

static bool S_is_nothing(const struct writing *w)
{
    const struct apply_run *r = &w->run;
    const struct assign_counts *c = &r->assigned.counts;
    return !r->fresh && !r->changed && !r->gone && !r->reread && !c->created && !c->merged && !c->split && !c->moved &&
           !c->revived && !c->retired && !c->attached && !c->redirected;
}

static enum idem_status S_put(struct writing *w, struct idem_error *err)
{
    struct delta *d = &w->delta;
    TRY(apply_write_part(&w->run, w->store, d->component, d->n_components, err));
    TRY(delta_put_keys(d, w->store, err));
    TRY(delta_put_reviews(d, w->store, err));
    return apply_write_run(&w->run, w->store, err);
}

/* ------------------------------------------------------------------ what became of it */

static enum store_event_kind S_event(uint8_t change)
{
    switch ((enum record_change)change) {
    case RECORD_CREATED:
        return STORE_CREATED;
    case RECORD_ATTACHED:
        return STORE_ATTACHED;
    case RECORD_DETACHED:
        return STORE_DETACHED;
    case RECORD_MOVED:
        return STORE_MOVED;
    case RECORD_SPLIT:
        return STORE_SPLIT;
    case RECORD_REVIVED:
        return STORE_REVIVED;
    case RECORD_SAME:
    case RECORD_MERGED:
        break;
    }
    return STORE_EVENT_KINDS;
}

/* Id of a master in the run's numbering; "" for one that is not written. */
static enum idem_status S_master_id(struct writing *w, uint32_t master, int64_t *mid, char text[37],
                                    struct idem_error *err)
{
    const struct apply_run *r = &w->run;
    struct arena scratch = {0};
    struct store_master stored;
    *mid = 0;
    text[0] = 0;
    if (master < r->previous.n_masters) {
        *mid = r->previous.master[master].mid;
        store_uuid_format(r->previous.master[master].uuid, text);
        return IDEM_OK;
    }
    if (!r->new_mid)
        return IDEM_OK;
    *mid = apply_mid(r, master);
    enum idem_status status = store_get_master(w->store, *mid, &scratch, &stored, err);
    if (status == IDEM_OK)
        store_uuid_format(stored.uuid, text);
    arena_deinit(&scratch);
    return status;
}

static enum idem_status S_tell_row(struct writing *w, uint32_t i, struct delta_outcome *out, struct idem_error *err)
{
    const struct apply_run *r = &w->run;
    uint32_t row = batch_find(&r->load.batch, w->source[i], w->record_id[i]);
    out->rid = r->rid ? r->rid[row] : r->load.rid[row];
    out->event = S_event(r->assigned.change[row]);
    out->changed = r->state[row] != ROW_SAME;
    return S_master_id(w, r->assigned.master[r->matching.clusters.cluster[row]], &out->mid, out->master_id, err);
}

/* A record that is gone: the master that it was in. */
static enum idem_status S_tell_gone(struct writing *w, uint32_t entry, struct delta_result *result,
                                    struct idem_error *err)
{
    const struct apply_run *r = &w->run;
    const struct previous_record *p = &r->previous.record[r->entry_record[entry - r->load.batch.n_rows]];
    for (size_t i = 0; i < w->change->n_gone; i++)
        if (w->change->gone[i] == p->rid) {
            result->gone[i] = (struct delta_outcome){.rid = p->rid, .event = STORE_DETACHED, .changed = true};
            TRY(S_master_id(w, r->assign_in.old[entry], &result->gone[i].mid, result->gone[i].master_id, err));
        }
    return IDEM_OK;
}

static enum idem_status S_redirects(struct writing *w, struct arena *out, struct delta_result *result,
                                    struct idem_error *err)
{
    const struct apply_run *r = &w->run;
    int64_t mid;
    result->redirect = ARENA_NEW(out, struct delta_redirect, r->previous.n_masters + 1);
    for (uint32_t m = 0; m < r->previous.n_masters; m++) {
        uint8_t fate = r->assigned.fate[m];
        if (fate != EVENT_MERGED && fate != EVENT_REDIRECTED)
            continue;
        struct delta_redirect *x = &result->redirect[result->n_redirects++];
        TRY(S_master_id(w, m, &mid, x->from, err));
        TRY(S_master_id(w, r->assigned.target[m], &mid, x->to, err));
    }
    return IDEM_OK;
}

static enum idem_status S_tell(struct writing *w, struct arena *out, struct delta_result *result,
                               struct idem_error *err)
{
    const struct apply_run *r = &w->run;
    result->row = ARENA_NEW(out, struct delta_outcome, w->n + 1);
    result->gone = ARENA_NEW(out, struct delta_outcome, w->change->n_gone + 1);
    for (uint32_t i = 0; i < w->n; i++)
        TRY(S_tell_row(w, i, &result->row[i], err));
    for (uint32_t e = r->load.batch.n_rows; e < r->n_entries; e++)
        TRY(S_tell_gone(w, e, result, err));
    result->run = r->run.id;
    return S_redirects(w, out, result, err);
}

static enum idem_status S_write(struct writing *w, const struct idem_apply_options *options, struct arena *out,
                                struct delta_result *result, struct idem_error *err)
{
    TRY(S_begin(w, options, err));
    TRY(delta_match(&w->delta, err));
    if (w->delta.whole)
        return error_set(err, IDEM_CONFLICT,
                         "%s: these records can be matched by a run over everything alone; run idem apply",
                         store_info(w->store)->path);
    if (!w->change->dry_run && !S_is_nothing(w))
        TRY(S_put(w, err));
    return S_tell(w, out, result, err);
}

enum idem_status delta_write(struct delta_base *b, struct store *store, const struct delta_change *change,
                             struct arena *out, struct delta_result *result, struct idem_error *err)
{
    const struct idem_apply_options options = {.now_ms = change->now_ms,
                                               .seed = change->seed,
                                               .by = change->by,
                                               .threads = change->threads ? change->threads : 1};
    struct writing *w = xcalloc(1, sizeof *w);
    *w = (struct writing){.base = b, .store = store, .change = change};
    *result = (struct delta_result){.run = 0};
    enum idem_status status = S_write(w, &options, out, result, err);
    if (status == IDEM_OK)
        status = store_change_seq(store, &b->change_seq, err);
    delta_deinit(&w->delta);
    apply_end(&w->run);
    batch_deinit(change->batch);
    free(w);
    return status;
}

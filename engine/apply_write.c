#include <stdlib.h>

#include "base/clock.h"
#include "engine/apply_ahead.h"
#include "engine/apply_events.h"
#include "engine/apply_fit.h"
#include "engine/apply_put.h"
#include "engine/audit.h"
#include "engine/components.h"
#include "engine/delta_apply.h"
#include "engine/erase_return.h"
#include "engine/review_list.h"
#include "engine/search_keys.h"
#include "normalize/normalize.h"
#include "store/segment.h"

/* ------------------------------------------------------------------ sources, fields, model */

static enum idem_status S_put_sources(struct apply_run *r, struct store *store, struct idem_error *err)
{
    for (unsigned s = 0; s < r->config->n_sources; s++) {
        struct store_source *stored = &r->previous.source[s].stored;
        if (r->load.source[s].read) {
            char *text = json_text(json_array_get(r->facts, s));
            stored->facts = str_copy(&r->arena, str_from(text));
            free(text);
        }
        TRY(store_put_source(store, stored, err));
    }
    return IDEM_OK;
}

static enum idem_status S_put_model(struct apply_run *r, struct store *store, struct idem_error *err)
{
    if (r->stored_model.id)
        return IDEM_OK;
    struct buf body = {0};
    model_pack(&r->model, &body);
    r->stored_model =
        (struct store_model){.run = store_next_run(store), .created_ms = r->now_ms, .body = buf_view(&body)};
    enum idem_status status = store_put_model(store, &r->stored_model, err);
    buf_deinit(&body);
    return status;
}

static enum idem_status S_put_rejects(struct apply_run *r, struct store *store, struct idem_error *err)
{
    struct store_reject *list = ARENA_NEW(&r->arena, struct store_reject, r->load.n_rejects);
    for (unsigned s = 0; s < r->config->n_sources; s++)
        if (r->load.source[s].read && !r->first)
            TRY(store_clear_rejects(store, r->previous.source[s].stored.id, err));
    for (size_t i = 0; i < r->load.n_rejects; i++) {
        const struct load_reject *x = &r->load.reject[i];
        list[i] = (struct store_reject){.run = store_next_run(store),
                                        .source = r->previous.source[x->source].stored.id,
                                        .file = x->reject.file,
                                        .reason = str_from(reject_reason_name(x->reject.reason)),
                                        .line = x->reject.line};
    }
    return r->load.n_rejects ? store_put_rejects(store, list, r->load.n_rejects, err) : IDEM_OK;
}

/* ------------------------------------------------------------------ the candidate index */

enum idem_status apply_put_index(const struct apply_run *r, struct store *store, struct key_set *set, unsigned threads,
                                 struct idem_error *err)
{
    uint32_t n_rows = r->load.batch.n_rows;
    for (unsigned k = 0; k < set->n_rules; k++) {
        struct rule_keys room;
        const struct rule_keys *keys = key_set_rule(set, k, &room);
        size_t n = r->model.rule[k].key[0].derivation == KEY_ALL ? 0 : keys->at[n_rows];
        struct key_row *entry = xmalloc((n + 1) * sizeof *entry), *scratch = xmalloc((n + 1) * sizeof *scratch);
        for (uint32_t row = 0; row < n_rows && n; row++)
            for (uint32_t i = keys->at[row]; i < keys->at[row + 1]; i++)
                entry[i] = (struct key_row){keys->key[i], (uint32_t)r->rid[row]};
        rule_keys_deinit(&room);
        if (set->holders)
            key_set_give_back(set, k);
        enum idem_status status = segment_put(store, k, entry, scratch, n, threads, err);
        free(entry);
        free(scratch);
        TRY(status);
    }
    return search_keys_put(store, &r->model, &r->load.batch, r->rid, threads, err);
}

enum idem_status apply_write_index(struct apply_run *r, struct store *store, struct idem_error *err)
{
    uint32_t n = r->load.batch.n_rows;
    apply_take_rids(r, store);
    r->component = ARENA_NEW(&r->arena, int64_t, n);
    components_find(&r->matching, n, r->rid, r->component);
    TRY(apply_put_index(r, store, &r->matching.keys, r->threads, err));
    return components_put(store, &r->matching, n, r->rid, r->component, false, err);
}

/* ------------------------------------------------------------------ the transaction */

/* Nobody else writes until the run has ended: when somebody has, the next attempt finds the database as it read it. */
static enum idem_status S_begin(struct apply_run *r, struct store **store, struct idem_error *err)
{
    TRY(session_store(r->session, STORE_WRITE, store, err));
    TRY(store_ask_turn(*store, err));
    TRY(store_expect_many(*store, r->partial, err));
    TRY(apply_limit_store(r, *store, err));
    return store_begin(*store, err);
}

enum idem_status apply_create(struct apply_run *r, struct store **store, struct idem_error *err)
{
    struct idem_session *s = r->session;
    struct store_create_options create = {
        .path = s->db_path, .normaliser = str_from(normalize_version()), .now_ms = r->now_ms, .wait_ms = s->wait_ms};
    TRY(session_new_keys(s, &create.keys, err));
    create.data_keys = r->first_keys;
    return store_create(&create, store, err);
}

/* The key is on disk before what was sealed under it has its name. */
static enum idem_status S_save_keys(struct apply_run *r, struct idem_error *err)
{
    bool made;
    TRY(session_save_keys(r->session, &made, err));
    if (made)
        apply_warn(r, "a new key file was made: %s; without it the values are lost, so keep a copy of it",
                   r->session->key_path);
    return IDEM_OK;
}

static enum idem_status S_open(struct apply_run *r, struct store **store, struct idem_error *err)
{
    struct idem_session *s = r->session;
    if (!r->first) {
        int64_t seq;
        TRY(S_begin(r, store, err));
        TRY(store_change_seq(*store, &seq, err));
        if (seq != r->change_seq) {
            store_rollback(*store);
            return error_set(err, IDEM_CONFLICT, "%s: another run committed meanwhile; run apply again", s->db_path);
        }
        return IDEM_OK;
    }
    TRY(apply_ahead_end(r, store, err));
    return *store ? IDEM_OK : apply_create(r, store, err);
}

/* Under what all was matched, and what only a run over everything finds: for the runs over a part that follow. */
static enum idem_status S_put_applied(struct apply_run *r, struct store *store, struct idem_error *err)
{
    const struct block_losses *l = &r->matching.stats.losses;
    struct applied a = {.capped = l->blocks, .unrefined = l->unrefined, .unkeyed = l->unkeyed};
    if (r->partial) {
        const struct delta *d = &r->delta->delta;
        bool same = d->unrefined_now == d->unrefined_before && d->unkeyed_now == d->unkeyed_before;
        return same ? IDEM_OK : applied_write(store, &r->delta->applied, err);
    }
    applied_under(r->config, r->stored_model.id, a.under);
    a.shared = apply_shared(r);
    a.histogram = apply_histogram(r);
    enum idem_status status = applied_write(store, &a, err);
    applied_deinit(&a);
    return status;
}

/* The same when there is nothing else to write. */
enum idem_status apply_write_applied(struct apply_run *r, struct idem_error *err)
{
    struct store *store;
    TRY(S_begin(r, &store, err));
    enum idem_status status = S_put_applied(r, store, err);
    if (status == IDEM_OK)
        return store_commit(store, err);
    store_rollback(store);
    return status;
}

static enum idem_status S_write_delta(struct apply_run *r, struct store *store, struct idem_error *err)
{
    struct delta *d = &r->delta->delta;
    TRY(store_put_fields(store, &r->schema, err));
    TRY(S_put_sources(r, store, err));
    TRY(apply_write_part(r, store, d->component, d->n_components, err));
    TRY(delta_put_keys(d, store, err));
    TRY(delta_put_reviews(d, store, err));
    TRY(S_put_rejects(r, store, err));
    TRY(erase_allow_back(r, store, err));
    return S_put_applied(r, store, err);
}

/* What a first run has no more use for when candidate index and components are stored. */
static void S_drop_matching(struct apply_run *r)
{
    if (r->first)
        key_set_deinit(&r->matching.keys);
}

static enum idem_status S_write_all(struct apply_run *r, struct store *store, struct idem_error *err)
{
    TRY(store_put_fields(store, &r->schema, err));
    TRY(S_put_sources(r, store, err));
    if (!r->rid)
        apply_take_rids(r, store);
    if (!r->index_put)
        TRY(apply_put_index(r, store, &r->matching.keys, r->threads, err));
    r->component = ARENA_NEW(&r->arena, int64_t, r->load.batch.n_rows);
    components_find(&r->matching, r->load.batch.n_rows, r->rid, r->component);
    TRY(components_put(store, &r->matching, r->load.batch.n_rows, r->rid, r->component, r->first, err));
    S_drop_matching(r);
    TRY(apply_survive(r, store, err));
    apply_take_mids(r, store);
    r->seq = r->first ? 0 : store_take_seqs(store, 1);
    TRY(apply_put_records(r, store, err)); /* from here on a first run has no values */
    TRY(apply_put_masters(r, store, err));
    TRY(apply_put_events(r, store, err));
    TRY(reviews_put(r, store, err));
    TRY(S_put_model(r, store, err));
    TRY(S_put_rejects(r, store, err));
    TRY(S_put_applied(r, store, err));
    TRY(erase_allow_back(r, store, err));
    if (!r->first)
        TRY(store_set_normaliser(store, str_from(normalize_version()), err));
    return IDEM_OK;
}

/* What a steward's command changes it notes itself, with its subjects. */
static enum idem_status S_note(const struct apply_run *r, struct store *store, bool committed, struct idem_error *err)
{
    json_t *detail = json_object();
    json_put(detail, "run_id", json_integer(r->run.id));
    json_put_str(detail, "status", committed ? STR("committed") : STR("stopped"));
    const struct audit_note note = {
        .verb = "apply", .by = r->options->by, .reason = r->options->reason, .detail = detail};
    enum idem_status status = audit_change(r->session, store, &note, err);
    json_decref(detail);
    return status;
}

static enum idem_status S_put_run(struct apply_run *r, struct store *store, bool committed, struct idem_error *err)
{
    r->run.id = store_next_run(store);
    r->run.started_ms = r->now_ms;
    r->run.finished_ms = r->options->now_ms ? r->now_ms : clock_now_ms();
    r->run.now_ms = r->now_ms;
    r->run.committed = committed;
    r->run.model = r->stored_model.id;
    memcpy(r->run.seed, r->seed, sizeof r->seed);
    seal_digest(r->config->text, r->run.config_hash);
    r->run.by = str_from(r->options->by ? r->options->by : "");
    r->run.version = STR(IDEM_VERSION);
    r->run.normaliser = str_from(normalize_version());
    TRY(store_change_seq(store, &r->seq, err));
    if (r->first && r->assigned.n_new) /* the first load numbers its masters in place of events */
        r->seq = r->new_mid[r->assigned.n_new - 1];
    json_t *report = apply_report(r, committed ? "committed" : "stopped");
    if (committed && !r->command)
        json_put(report, "histogram",
                 r->partial && r->delta->applied.histogram ? json_incref(r->delta->applied.histogram)
                                                           : apply_histogram(r));
    if (r->command)
        json_put_str(report, "command", str_from(r->command));
    char *text = json_text(report);
    r->run.report = str_from(text);
    enum idem_status status = store_put_run(store, &r->run, err);
    if (status == IDEM_OK && !r->command)
        status = S_note(r, store, committed, err);
    free(text);
    json_decref(report);
    return status;
}

enum idem_status apply_write(struct apply_run *r, struct idem_error *err)
{
    struct store *store = NULL;
    double start = clock_seconds();
    enum idem_status status = S_open(r, &store, err);
    if (status != IDEM_OK)
        return status;
    uint32_t n = r->load.batch.n_rows;
    if (r->first)
        TRY_DONE(S_save_keys(r, err)); /* early, for the report tells of it */
    if (r->first && !r->hash)
        r->hash = xcalloc((size_t)n + 1, sizeof *r->hash); /* filled where the values are packed */
    apply_hashes(r);
    TRY_DONE(r->partial ? S_write_delta(r, store, err) : S_write_all(r, store, err));
    r->write_seconds = clock_seconds() - start - r->survive_seconds;
    TRY_DONE(S_put_run(r, store, true, err));
    TRY_DONE(store_commit(store, err));
    r->locked_seconds = r->first ? 0 : store_held_seconds(store);
    if (r->partial || (r->paging && !r->first))
        TRY(store_expect_many(store, false, err));
    r->write_seconds = clock_seconds() - start - r->survive_seconds;
    progress_stage(&r->progress, "write", n, n, "records");
    if (r->first)
        session_set_store(r->session, store, STORE_READ);
    return IDEM_OK;
done:
    if (r->first)
        store_close(store);
    else
        store_rollback(store);
    return status;
}

enum idem_status apply_write_stopped(struct apply_run *r, struct idem_error *err)
{
    struct store *store;
    TRY(S_begin(r, &store, err));
    enum idem_status status = S_put_run(r, store, false, err);
    if (status == IDEM_OK)
        return store_commit(store, err);
    store_rollback(store);
    return status;
}

enum idem_status apply_write_part(struct apply_run *r, struct store *store, const int64_t *old, size_t n_old,
                                  struct idem_error *err)
{
    apply_take_rids(r, store);
    TRY(apply_survive(r, store, err));
    apply_take_mids(r, store);
    r->seq = store_take_seqs(store, 1);
    TRY(apply_put_records(r, store, err));
    r->component = ARENA_NEW(&r->arena, int64_t, r->load.batch.n_rows);
    components_find(&r->matching, r->load.batch.n_rows, r->rid, r->component);
    TRY(apply_put_masters(r, store, err));
    TRY(components_replace(store, &r->matching, r->load.batch.n_rows, r->rid, r->component, old, n_old, err));
    return apply_put_events(r, store, err);
}

enum idem_status apply_write_run(struct apply_run *r, struct store *store, struct idem_error *err)
{
    return S_put_run(r, store, true, err);
}

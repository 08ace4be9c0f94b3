#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "engine/apply_ahead.h"
#include "engine/apply_fit.h"
#include "engine/apply_gates.h"
#include "engine/delta_apply.h"
#include "engine/erase_return.h"
#include "engine/hashed.h"
#include "engine/reference.h"
#include "engine/retention.h"
#include "engine/stored_model.h"
#include "matcher/train.h"
#include "normalize/normalize.h"
#include "record/pack.h"

enum { MOST_ATTEMPTS = 3, ROWS_A_PIECE = 8192 };

void apply_warn(struct apply_run *r, const char *format, ...)
{
    char message[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    json_array_append_new(r->warnings, json_from_str(str_from(message)));
    progress_warn(&r->progress, "%s", message);
}

/* ------------------------------------------------------------------ what changed */

struct pack_work {
    struct apply_run *run;
};

static void S_hash_piece(void *context, size_t item, unsigned worker)
{
    struct apply_run *r = ((struct pack_work *)context)->run;
    uint32_t from = (uint32_t)item * ROWS_A_PIECE, to = from + ROWS_A_PIECE;
    struct buf packed = {0};
    (void)worker;
    to = to < r->load.batch.n_rows ? to : r->load.batch.n_rows;
    for (uint32_t row = from; row < to; row++) {
        buf_clear(&packed);
        record_pack(&r->load.batch, row, &packed);
        r->hash[row] = hash_str(buf_view(&packed));
    }
    buf_deinit(&packed);
}

void apply_hashes(struct apply_run *r)
{
    struct pack_work work = {r};
    size_t n = r->load.batch.n_rows;
    apply_ahead_hashes(r);
    if (r->hash)
        return;
    r->hash = xmalloc((n + 1) * sizeof *r->hash);
    parallel_for(r->threads, (n + ROWS_A_PIECE - 1) / ROWS_A_PIECE, S_hash_piece, &work);
}

void apply_states(struct apply_run *r, struct store *store)
{
    uint32_t n = r->load.batch.n_rows;
    r->state = xmalloc((size_t)n + 1);
    r->counts = ARENA_NEW(&r->arena, struct apply_source_counts, r->previous.n_sources);
    r->fresh = r->changed = r->same = r->gone = r->reread = 0;
    apply_hashes(r);
    for (uint32_t row = 0; row < n; row++) {
        uint32_t at = r->previous.of_row[row];
        struct apply_source_counts *c = &r->counts[r->load.batch.source[row]];
        if (at == PREVIOUS_NONE || !r->previous.record[at].current) {
            r->state[row] = ROW_NEW;
            c->fresh++;
        } else if (r->hash[row] != r->previous.record[at].content) {
            r->state[row] = ROW_CHANGED;
            c->changed++;
        } else {
            uint64_t read = load_fingerprint(&r->load, row);
            r->state[row] = ROW_SAME;
            c->same++;
            r->reread += read && store_keyed(store, read) != r->previous.record[at].fingerprint;
        }
    }
    for (uint32_t i = 0; i < r->previous.n_records; i++)
        if (r->previous.record[i].current && r->previous.record[i].row == PREVIOUS_NONE)
            r->counts[r->previous.record[i].source].gone++;
    for (unsigned s = 0; s < r->previous.n_sources; s++) {
        r->fresh += r->counts[s].fresh;
        r->changed += r->counts[s].changed;
        r->same += r->counts[s].same;
        r->gone += r->counts[s].gone;
    }
}

/* ------------------------------------------------------------------ model */

/* A model that no run has used yet makes this a run to note, even if it changes no identity. */
static enum idem_status S_note_model(struct apply_run *r, struct store *store, struct idem_error *err)
{
    struct store_run *last;
    size_t n;
    TRY(store_get_runs(store, 0, &r->arena, &last, &n, err));
    for (size_t i = 0; i < n; i++)
        if (last[i].committed && last[i].model) {
            r->model_changed = last[i].model != r->stored_model.id;
            break;
        }
    return IDEM_OK;
}

/* The stored one, or r->trained: one is to be made. */
static enum idem_status S_model(struct apply_run *r, struct store *store, struct idem_error *err)
{
    r->trained = true;
    if (!store || r->options->retrain)
        return IDEM_OK;
    enum idem_status status = store_get_model(store, 0, true, &r->arena, &r->stored_model, err);
    if (status == IDEM_NOT_FOUND)
        return IDEM_OK;
    TRY(status);
    TRY(stored_model_unpack(store, &r->stored_model, &r->arena, &r->model, err));
    r->trained = false;
    return S_note_model(r, store, err);
}

static enum idem_status S_train(struct apply_run *r, struct idem_error *err)
{
    if (!r->trained)
        return IDEM_OK;
    if (r->load.batch.n_rows == 0) {
        r->trained = false;
        return matching_shipped(r->config, &r->load.batch, &r->arena, &r->model, err);
    }
    double start = clock_seconds();
    TRY(matching_train(r->config, &r->load.batch, r->threads, &r->progress, &r->arena, &r->model, &r->keys, &r->scorer,
                       err));
    r->matching.stats.train = clock_seconds() - start;
    return paging_check(r->paging, 0, err);
}

/* ------------------------------------------------------------------ decisions */

/* What people decided, as pairs of rows. */
static size_t S_decided(struct apply_run *r, struct forced_pair **pair)
{
    uint32_t n_rows = r->load.batch.n_rows;
    *pair = NULL;
    if (!r->decisions.n)
        return 0;
    int64_t *rid = ARENA_NEW(&r->arena, int64_t, (size_t)n_rows + 1);
    for (uint32_t row = 0; row < n_rows; row++)
        if (r->previous.of_row[row] != PREVIOUS_NONE)
            rid[row] = r->previous.record[r->previous.of_row[row]].rid;
    return decisions_pairs(&r->decisions, rid, n_rows, &r->arena, pair);
}

/* ------------------------------------------------------------------ who is who */

void apply_assign(struct apply_run *r)
{
    const struct previous *p = &r->previous;
    uint32_t n_rows = r->load.batch.n_rows, n = n_rows;
    r->entry_record = ARENA_NEW(&r->arena, uint32_t, r->gone + 1);
    uint32_t *cluster = ARENA_NEW(&r->arena, uint32_t, n_rows + r->gone),
             *old = ARENA_NEW(&r->arena, uint32_t, n_rows + r->gone);
    uint32_t *home = ARENA_NEW(&r->arena, uint32_t, n_rows + r->gone),
             *rank = ARENA_NEW(&r->arena, uint32_t, n_rows + r->gone);
    for (uint32_t row = 0; row < n_rows; row++) {
        uint32_t at = p->of_row[row];
        cluster[row] = r->matching.clusters.cluster[row];
        rank[row] = row;
        old[row] = home[row] = ASSIGN_NONE;
        if (at != PREVIOUS_NONE)
            *(p->record[at].current ? &old[row] : &home[row]) = previous_master(p, p->record[at].mid);
    }
    for (uint32_t i = 0; i < p->n_records; i++)
        if (p->record[i].current && p->record[i].row == PREVIOUS_NONE) {
            r->entry_record[n - n_rows] = i;
            cluster[n] = ASSIGN_NONE;
            old[n] = previous_master(p, p->record[i].mid);
            home[n] = ASSIGN_NONE;
            rank[n] = n;
            n++;
        }
    struct assign_master *master = ARENA_NEW(&r->arena, struct assign_master, p->n_masters);
    for (uint32_t m = 0; m < p->n_masters; m++) {
        uint32_t target = p->master[m].target ? previous_master(p, p->master[m].target) : PREVIOUS_NONE;
        master[m] =
            (struct assign_master){(uint8_t)p->master[m].status, target == PREVIOUS_NONE ? ASSIGN_NONE : target};
    }
    r->n_entries = n;
    r->assign_in =
        (struct assign_input){n, cluster, old, home, rank, r->matching.clusters.n_clusters, p->n_masters, master};
    assign_masters(&r->assign_in, &r->arena, &r->assigned);
}

/* ------------------------------------------------------------------ the whole */

/* Records of a source may come one by one as soon as the database has it. */
static bool S_has_new_source(const struct apply_run *r)
{
    for (unsigned s = 0; s < r->config->n_sources; s++)
        if (!r->previous.source[s].stored.id)
            return true;
    return false;
}

static bool S_is_unchanged(const struct apply_run *r)
{
    const struct assign_counts *c = &r->assigned.counts;
    return !r->first && !S_has_new_source(r) && !r->options->rebuild && !r->trained && !r->fields_changed &&
           !r->model_changed && !r->reread && !r->fresh && !r->changed && !r->gone && !c->created && !c->merged &&
           !c->split && !c->moved && !c->revived && !c->retired && !c->attached && !c->redirected;
}

static enum idem_status S_match(struct apply_run *r, struct idem_error *err)
{
    struct forced_pair *decided;
    size_t n_decided = S_decided(r, &decided);
    double train = r->matching.stats.train;
    TRY(matching_run_decided(r->config, &r->load, &r->model, r->trained, decided, n_decided, &r->keys, &r->scorer,
                             r->threads, &r->progress, &r->matching, err));
    r->matching.stats.train = train;
    return IDEM_OK;
}

/* After everything stored was put beside what was read. */
static enum idem_status S_compute_whole(struct apply_run *r, struct store *store, struct idem_error *err)
{
    if (store)
        apply_states(r, store);
    if (!r->delta)
        TRY(apply_gates_read(r, err));
    TRY(apply_fit(r, err));
    TRY(S_train(r, err));
    if (r->estimating)
        return IDEM_OK;
    apply_ahead_index(r);
    TRY(S_match(r, err));
    TRY(apply_unfit(r, err));
    reference_leave(r);
    apply_assign(r);
    return IDEM_OK;
}

/* Only what changed; *done false: all of it, after all. */
static enum idem_status S_compute_part(struct apply_run *r, struct store *store, bool *done, struct idem_error *err)
{
    bool small;
    *done = false;
    TRY(apply_load(r, err));
    TRY(erase_set_aside(r, store, err));
    load_settle(&r->load);
    delta_apply_changes(r, &small);
    TRY(apply_gates_read(r, err));
    if (small)
        TRY(delta_apply_match(r, store, done, err));
    if (*done) {
        r->partial = true;
        return IDEM_OK;
    }
    delta_apply_give_up(r);
    TRY(previous_masters(store, &r->previous, err));
    TRY(apply_join(r, store, err));
    return S_compute_whole(r, store, err);
}

/* What is stored was made by the word tables and the ICU of then: it is not to be compared with what is made now. */
static enum idem_status S_check_normaliser(const struct apply_run *r, struct store *store, struct idem_error *err)
{
    if (!store || r->options->rebuild || str_eq(store_info(store)->normaliser, str_from(normalize_version())))
        return IDEM_OK;
    return error_set(
        err, IDEM_CONFLICT,
        "%s: the stored values were normalised by another version of idem or ICU; run idem apply --rebuild",
        r->session->db_path);
}

static enum idem_status S_compute(struct apply_run *r, struct store *store, struct idem_error *err)
{
    bool possible = false, done;
    TRY(S_check_normaliser(r, store, err));
    TRY(apply_read_prepare(r, store, err));
    TRY(apply_limit(r, err));
    if (store)
        TRY(apply_limit_store(r, store, err));
    TRY(S_model(r, store, err));
    if (store)
        TRY(decisions_load(store, &r->arena, &r->decisions, err));
    if (store && !r->trained && !r->estimating) {
        TRY(previous_sources(store, r->config, false, &r->previous, err));
        double start = clock_seconds();
        TRY(delta_apply_begin(r, store, &possible, err));
        r->stored_seconds = clock_seconds() - start;
        if (!possible)
            previous_close(&r->previous);
    }
    if (possible) {
        TRY(S_compute_part(r, store, &done, err));
    } else {
        TRY(apply_read(r, store, err));
        TRY(S_compute_whole(r, store, err));
    }
    if (r->estimating)
        return IDEM_OK;
    apply_warn_of_swallowed(r);
    if (r->matching.stats.losses.blocks)
        apply_warn(r, "%llu blocks were too large to be compared in full; %llu pairs were not compared",
                   (unsigned long long)r->matching.stats.losses.blocks,
                   (unsigned long long)r->matching.stats.losses.pairs);
    if (!r->partial && r->matching.stats.losses.unkeyed > r->load.batch.n_rows / 10)
        apply_warn(r,
                   "%llu records were compared with no other: no blocking rule has a key for them; name rules that do "
                   "under matching.blocking",
                   (unsigned long long)r->matching.stats.losses.unkeyed);
    if (r->matching.stats.link_conflicts)
        apply_warn(r, "%llu links join records that otherwise disagree; look at them with idem why",
                   (unsigned long long)r->matching.stats.link_conflicts);
    return apply_gates_changes(r, err);
}

enum idem_status apply_rematch(struct apply_run *r, struct store *store, struct idem_error *err)
{
    r->stored_only = true;
    TRY(apply_read_prepare(r, store, err));
    TRY(apply_read(r, store, err));
    TRY(S_model(r, store, err));
    TRY(S_train(r, err));
    TRY(decisions_load(store, &r->arena, &r->decisions, err));
    return S_match(r, err);
}

void apply_begin(struct apply_run *r, struct idem_session *s, const struct idem_apply_options *options)
{
    *r = (struct apply_run){.session = s, .options = options, .config = s->config};
    if (options->progress)
        r->progress = (struct progress){options->progress->stage, options->progress->warn, options->progress->context};
    r->threads = options->threads ? options->threads : parallel_cpus();
    r->now_ms = options->now_ms ? options->now_ms : clock_now_ms();
    if (options->seed)
        for (int i = 0; i < 8; i++)
            r->seed[i] = (uint8_t)(options->seed >> 8 * i);
    else
        seal_random(r->seed, sizeof r->seed);
    r->started = clock_seconds();
    r->warnings = json_array();
    r->gates = json_array();
    r->allowed = json_array();
    r->drift = json_array();
    r->facts = json_array();
}

void apply_end(struct apply_run *r)
{
    apply_ahead_drop(r);
    session_drop_new_keys(r->session);
    matching_deinit(&r->matching);
    key_set_deinit(&r->keys);
    scorer_deinit(&r->scorer);
    survivors_deinit(&r->survivors);
    load_deinit(&r->load);
    previous_close(&r->previous);
    json_decref(r->shared);
    json_decref(r->warnings);
    json_decref(r->gates);
    json_decref(r->allowed);
    json_decref(r->drift);
    json_decref(r->facts);
    delta_apply_free(r->delta);
    free(r->hash);
    free(r->state);
    free(r->rid);
    free(r->new_mid);
    free(r->returned.item);
    json_decref(r->retention);
    keyring_close(r->first_keys);
    arena_deinit(&r->arena);
    paging_end(r->paging);
}

static void S_tell(struct apply_run *r, const char *status, char **json)
{
    json_t *report = apply_report(r, status);
    *json = json_text(report);
    json_decref(report);
}

static enum idem_status S_snapshot(struct apply_run *r, struct store *store, struct idem_error *err)
{
    TRY(session_need_key(r->session, store, err));
    TRY(store_snapshot_begin(store, err));
    enum idem_status status = store_change_seq(store, &r->change_seq, err);
    if (status == IDEM_OK)
        status = S_compute(r, store, err);
    store_snapshot_end(store);
    return status;
}

enum idem_status apply_prepare(struct apply_run *r, struct idem_error *err)
{
    struct store *store = NULL;
    TRY(apply_gates_options(r, err));
    enum idem_status status = session_store(r->session, STORE_READ, &store, err);
    r->first = status == IDEM_NOT_FOUND;
    if (r->first && (hashed_any(&r->config->schema) || hashed_ids_any(r->config)))
        TRY(keyring_temporary(&r->first_keys, err));
    if (r->first)
        status = S_compute(r, NULL, err);
    else if (status == IDEM_OK)
        status = S_snapshot(r, store, err);
    r->seq = r->change_seq;
    r->unchanged = status == IDEM_OK && S_is_unchanged(r);
    return status;
}

/* A run that a gate stopped is on record where there is a database; that it cannot be noted stops nothing more. */
static void S_note_stopped(struct apply_run *r)
{
    struct idem_error err = {0};
    if (!r->first && apply_write_stopped(r, &err) != IDEM_OK)
        apply_warn(r, "the stopped run is not on record: %s", err.message);
}

/* One attempt: IDEM_CONFLICT when somebody else committed between reading and writing. */
static enum idem_status S_attempt(struct apply_run *r, char **json, struct idem_error *err)
{
    enum idem_status status = apply_prepare(r, err);
    if (status == IDEM_GATE) {
        S_note_stopped(r);
        S_tell(r, "stopped", json);
    }
    TRY(status);
    if (!r->unchanged)
        TRY(apply_write(r, err));
    else if (r->under_changed)
        TRY(apply_write_applied(r, err));
    TRY(retention_apply(r, err));
    S_tell(r, r->unchanged ? "unchanged" : "committed", json);
    return IDEM_OK;
}

IDEM_API enum idem_status idem_apply(struct idem_session *s, const struct idem_apply_options *options, char **json,
                                     struct idem_error *err)
{
    static const struct idem_apply_options defaults = {0};
    const struct config *config;
    enum idem_status status = IDEM_CONFLICT;
    *json = NULL;
    TRY(session_config(s, &config, err));
    for (int attempt = 0; attempt < MOST_ATTEMPTS && status == IDEM_CONFLICT; attempt++) {
        struct apply_run run;
        apply_begin(&run, s, options ? options : &defaults);
        run.writes = true;
        status = S_attempt(&run, json, err);
        apply_end(&run);
    }
    if (s->store)
        store_give_turn(s->store);
    return status;
}

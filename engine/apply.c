#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "engine/apply_run.h"
#include "matcher/train.h"
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

/* ------------------------------------------------------------------ reading */

static enum idem_status S_only(struct apply_run *r, bool **only, struct idem_error *err)
{
    *only = NULL;
    if (!r->options->n_only)
        return IDEM_OK;
    *only = ARENA_NEW(&r->arena, bool, r->config->n_sources);
    for (size_t i = 0; i < r->options->n_only; i++) {
        int at = config_find_source(r->config, str_from(r->options->only[i]));
        if (at < 0)
            return error_set(err, IDEM_INVALID, "--only %s: the configuration has no such source", r->options->only[i]);
        (*only)[at] = true;
    }
    return IDEM_OK;
}

static enum idem_status S_paths(struct apply_run *r, struct load_path **path, struct idem_error *err)
{
    *path = ARENA_NEW(&r->arena, struct load_path, r->options->n_paths);
    for (size_t i = 0; i < r->options->n_paths; i++) {
        const struct idem_source_path *p = &r->options->path[i];
        int at = config_find_source(r->config, str_from(p->source));
        if (at < 0)
            return error_set(err, IDEM_INVALID, "--source %s: the configuration has no such source", p->source);
        (*path)[i] = (struct load_path){(unsigned)at, str_from(p->path)};
    }
    return IDEM_OK;
}

/* What the configuration may change of a stored field: to note it the run is written even if no record changed. */
static void S_configured_field(struct apply_run *r, struct field *stored, const struct field *configured)
{
    r->fields_changed |= stored->personal != configured->personal;
    stored->personal = configured->personal;
    stored->derived = configured->derived;
}

/* The stored fields in their order, then what the configuration adds. */
static enum idem_status S_schema(struct apply_run *r, struct store *store, struct idem_error *err)
{
    const struct schema *configured = &r->config->schema;
    r->schema = *configured;
    if (!store)
        return IDEM_OK;
    TRY(store_get_fields(store, &r->arena, &r->schema, err));
    for (unsigned f = 0; f < configured->n_fields; f++) {
        int at = schema_find(&r->schema, configured->field[f].name);
        if (at < 0 && r->schema.n_fields == MOST_FIELDS)
            return error_set(err, IDEM_LIMIT, "the database and the configuration have more than %d fields together",
                             MOST_FIELDS);
        if (at < 0)
            r->schema.field[r->schema.n_fields++] = configured->field[f];
        else if (r->schema.field[at].type != configured->field[f].type)
            return error_set(err, IDEM_CONFLICT,
                             "field %.*s is stored as %s and configured as %s: give it another name",
                             STR_ARG(configured->field[f].name), field_type_name(r->schema.field[at].type),
                             field_type_name(configured->field[f].type));
        else
            S_configured_field(r, &r->schema.field[at], &configured->field[f]);
    }
    return IDEM_OK;
}

static enum idem_status S_read(struct apply_run *r, struct store *store, struct idem_error *err)
{
    bool *only;
    struct load_path *path;
    TRY(S_only(r, &only, err));
    TRY(S_paths(r, &path, err));
    TRY(S_schema(r, store, err));
    TRY(previous_open(store, r->config, &r->previous, err));
    struct load_options options = {r->config, &r->schema, only, path, r->options->n_paths, r->threads, &r->progress};
    TRY(load_sources(&options, &r->load, err));
    if (store)
        TRY(previous_read(store, r->config, &r->load, r->threads, &r->previous, err));
    struct str *name = ARENA_NEW(&r->arena, struct str, r->previous.n_sources);
    for (unsigned i = 0; i < r->previous.n_sources; i++)
        name[i] = r->previous.source[i].stored.name;
    batch_set_sources(&r->load.batch, name, (uint16_t)r->previous.n_sources);
    load_settle(&r->load);
    previous_join(&r->previous, &r->load);
    return IDEM_OK;
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

static void S_states(struct apply_run *r, struct store *store)
{
    uint32_t n = r->load.batch.n_rows;
    struct pack_work work = {r};
    r->hash = xmalloc(((size_t)n + 1) * sizeof *r->hash);
    r->state = xmalloc((size_t)n + 1);
    r->counts = ARENA_NEW(&r->arena, struct apply_source_counts, r->previous.n_sources);
    parallel_for(r->threads, ((size_t)n + ROWS_A_PIECE - 1) / ROWS_A_PIECE, S_hash_piece, &work);
    for (uint32_t row = 0; row < n; row++) {
        uint32_t at = r->previous.of_row[row];
        struct apply_source_counts *c = &r->counts[r->load.batch.source[row]];
        if (at == PREVIOUS_NONE || !r->previous.record[at].current) {
            r->state[row] = ROW_NEW;
            c->fresh++;
        } else if (store_keyed(store, r->hash[row]) != r->previous.record[at].fingerprint) {
            r->state[row] = ROW_CHANGED;
            c->changed++;
        } else {
            r->state[row] = ROW_SAME;
            c->same++;
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
    TRY(store_get_runs(store, 1, &r->arena, &last, &n, err));
    r->model_changed = n && last[0].model && last[0].model != r->stored_model.id;
    return IDEM_OK;
}

static enum idem_status S_model(struct apply_run *r, struct store *store, struct idem_error *err)
{
    r->trained = true;
    if (store && !r->options->retrain) {
        enum idem_status status = store_get_model(store, 0, true, &r->arena, &r->stored_model, err);
        if (status == IDEM_OK && !model_unpack(r->stored_model.body, &r->arena, &r->model))
            return error_set(err, IDEM_CORRUPT, "the stored model cannot be read: run apply --retrain");
        if (status == IDEM_OK) {
            r->trained = false;
            return S_note_model(r, store, err);
        }
        if (status != IDEM_NOT_FOUND)
            return status;
    }
    if (r->load.batch.n_rows == 0) {
        model_default(&r->load.batch, &r->arena, &r->model);
        r->trained = false;
        return IDEM_OK;
    }
    double start = clock_seconds();
    TRY(matching_train(r->config, &r->load.batch, r->threads, &r->progress, &r->arena, &r->model, err));
    r->matching.stats.train = clock_seconds() - start;
    return IDEM_OK;
}

/* ------------------------------------------------------------------ who is who */

static void S_assign(struct apply_run *r)
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

/* ------------------------------------------------------------------ gates */

static bool S_note_gate(struct apply_run *r, struct str name, struct str source, double value, double limit,
                        bool passed)
{
    json_t *gate = json_object();
    json_put_str(gate, "gate", name);
    if (source.len)
        json_put_str(gate, "source", source);
    json_put(gate, "value", json_real(value));
    json_put(gate, "limit", json_real(limit));
    json_put(gate, "passed", json_boolean(passed));
    json_array_append_new(r->gates, gate);
    return passed;
}

static bool S_gate(struct apply_run *r, const char *name, struct str source, double part, double whole, double limit)
{
    if (isnan(limit) || whole < 10)
        return true;
    return S_note_gate(r, str_from(name), source, part / whole, limit, part / whole <= limit);
}

/* Too few rows, or too old a file, of one source. */
static enum idem_status S_source_gates(struct apply_run *r, unsigned i, struct idem_error *err)
{
    const struct load_source *l = &r->load.source[r->config->gates.per_source[i].source];
    struct str name = r->config->source[r->config->gates.per_source[i].source].name;
    uint64_t least = r->config->gates.per_source[i].min_rows;
    int64_t most = r->config->gates.per_source[i].max_age_ms, newest = INT64_MIN;
    if (!l->read)
        return IDEM_OK;
    if (least && !S_note_gate(r, STR("min_rows"), name, (double)l->rows, (double)least, l->rows >= least))
        return error_set(err, IDEM_GATE, "gate min_rows: source %.*s has %llu rows, it must have %llu", STR_ARG(name),
                         (unsigned long long)l->rows, (unsigned long long)least);
    for (size_t f = 0; f < l->n_files; f++)
        newest = l->file[f].changed_ms > newest ? l->file[f].changed_ms : newest;
    if (!most || newest <= 0) /* a pipe has no age */
        return IDEM_OK;
    double age = (double)(r->now_ms - newest) / 1000, limit = (double)most / 1000;
    if (!S_note_gate(r, STR("max_age"), name, age, limit, age <= limit))
        return error_set(err, IDEM_GATE,
                         "gate max_age: the newest file of source %.*s is %.1f hours old, the limit is %.1f",
                         STR_ARG(name), age / 3600, limit / 3600);
    return IDEM_OK;
}

/* ------------------------------------------------------------------ quality */

static void S_quality_text(const struct apply_run *r, const struct quality_result *q, struct str source, char text[512])
{
    const char *kind = quality_kind_name(q->rule->kind);
    if (q->rule->kind == QUALITY_ROWS)
        snprintf(text, 512, "quality[%u]: source %.*s has %llu rows, not as many as expected", q->number,
                 STR_ARG(source), (unsigned long long)q->checked);
    else
        snprintf(text, 512, "quality[%u]: %s %.*s holds for %llu of %llu rows of source %.*s, expected are %.4g %%",
                 q->number, kind, STR_ARG(r->config->schema.field[q->rule->field].name), (unsigned long long)q->right,
                 (unsigned long long)q->checked, STR_ARG(source), 100 * q->rule->at_least);
}

static double S_quality_limit(const struct quality_result *q)
{
    if (q->rule->kind != QUALITY_ROWS)
        return q->rule->at_least;
    return (double)(q->checked > q->rule->most ? q->rule->most : q->rule->least);
}

/* Every rule that stops is an entry of the report's gates; the first that failed is the error. */
static enum idem_status S_quality(struct apply_run *r, struct idem_error *err)
{
    char text[512], name[32];
    enum idem_status status = IDEM_OK;
    for (unsigned s = 0; s < r->config->n_sources; s++)
        for (size_t i = 0; i < r->load.source[s].n_quality; i++) {
            const struct quality_result *q = &r->load.source[s].quality[i];
            bool counts = q->rule->kind == QUALITY_ROWS;
            double value = counts ? (double)q->checked : q->checked ? (double)q->right / (double)q->checked : 1;
            S_quality_text(r, q, r->config->source[s].name, text);
            snprintf(name, sizeof name, "quality[%u]", q->number);
            if (q->rule->on_fail == QUALITY_STOP)
                S_note_gate(r, str_from(name), r->config->source[s].name, value, S_quality_limit(q), q->passed);
            if (q->rule->on_fail == QUALITY_STOP && !q->passed && status == IDEM_OK)
                status = error_set(err, IDEM_GATE, "%s; nothing was changed", text);
            if (q->rule->on_fail == QUALITY_WARN && !q->passed)
                apply_warn(r, "%s", text);
        }
    return status;
}

/* ------------------------------------------------------------------ gates on what would change */

static enum idem_status S_gates(struct apply_run *r, struct idem_error *err)
{
    const struct assign_counts *c = &r->assigned.counts;
    const struct gates *g = &r->config->gates;
    if (r->first)
        return IDEM_OK;
    for (unsigned i = 0; i < g->n_per_source; i++)
        TRY(S_source_gates(r, i, err));
    if (!S_gate(r, "max_churn", (struct str){0}, (double)c->churned, (double)c->stayed, g->max_churn))
        return error_set(err, IDEM_GATE,
                         "gate max_churn: %.4f of the records would change their master, the limit is %.4f",
                         (double)c->churned / (double)c->stayed, g->max_churn);
    if (!S_gate(r, "max_merged_masters", (struct str){0}, (double)c->merged, (double)c->active_before,
                g->max_merged_masters))
        return error_set(err, IDEM_GATE,
                         "gate max_merged_masters: %.4f of the masters would be merged, the limit is %.4f",
                         (double)c->merged / (double)c->active_before, g->max_merged_masters);
    for (unsigned s = 0; s < r->config->n_sources; s++) {
        const struct store_source *stored = &r->previous.source[s].stored;
        if (r->config->source[s].mode == MODE_WHOLE && r->load.source[s].read &&
            !S_gate(r, "max_gone", stored->name, (double)r->counts[s].gone, (double)stored->current, g->max_gone))
            return error_set(err, IDEM_GATE, "gate max_gone: %.4f of source %.*s would be gone, the limit is %.4f",
                             (double)r->counts[s].gone / (double)stored->current, STR_ARG(stored->name), g->max_gone);
    }
    return IDEM_OK;
}

/* ------------------------------------------------------------------ the whole */

static bool S_is_unchanged(const struct apply_run *r)
{
    const struct assign_counts *c = &r->assigned.counts;
    return !r->first && !r->trained && !r->fields_changed && !r->model_changed && !r->fresh && !r->changed &&
           !r->gone && !c->created && !c->merged && !c->split && !c->moved && !c->revived && !c->retired &&
           !c->attached && !c->redirected;
}

static enum idem_status S_compute(struct apply_run *r, struct store *store, struct idem_error *err)
{
    TRY(S_read(r, store, err));
    if (store)
        S_states(r, store);
    TRY(S_quality(r, err));
    TRY(S_model(r, store, err));
    double train = r->matching.stats.train;
    TRY(matching_run(r->config, &r->load, &r->model, r->trained, r->threads, &r->progress, &r->matching, err));
    r->matching.stats.train = train;
    if (r->matching.stats.losses.blocks)
        apply_warn(r, "%llu blocks were too large to be compared in full; %llu pairs were not compared",
                   (unsigned long long)r->matching.stats.losses.blocks,
                   (unsigned long long)r->matching.stats.losses.pairs);
    if (r->matching.stats.link_conflicts)
        apply_warn(r, "%llu links join records that otherwise disagree; look at them with idem why",
                   (unsigned long long)r->matching.stats.link_conflicts);
    S_assign(r);
    return S_gates(r, err);
}

static void S_begin(struct apply_run *r, struct idem_session *s, const struct idem_apply_options *options)
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
}

static void S_end(struct apply_run *r)
{
    matching_deinit(&r->matching);
    survivors_deinit(&r->survivors);
    load_deinit(&r->load);
    previous_close(&r->previous);
    json_decref(r->warnings);
    json_decref(r->gates);
    free(r->hash);
    free(r->state);
    free(r->rid);
    free(r->new_mid);
    arena_deinit(&r->arena);
}

static void S_tell(const struct apply_run *r, const char *status, char **json)
{
    json_t *report = apply_report(r, status);
    *json = json_text(report);
    json_decref(report);
}

/* One attempt: IDEM_CONFLICT when somebody else committed between reading and writing. */
static enum idem_status S_attempt(struct apply_run *r, struct idem_session *s, char **json, struct idem_error *err)
{
    struct store *store = NULL;
    bool snapshot = false;
    enum idem_status status = session_store(s, STORE_READ, &store, err);
    if (status == IDEM_NOT_FOUND) {
        r->first = true;
        store = NULL;
    } else if (status != IDEM_OK) {
        goto done;
    } else {
        if (!store_info(store)->has_key) {
            status =
                error_set(err, IDEM_INVALID, "%s: is sealed and its key file is missing (%s); restore the key file",
                          s->db_path, s->key_path);
            goto done;
        }
        TRY_DONE(store_snapshot_begin(store, err));
        snapshot = true;
        TRY_DONE(store_change_seq(store, &r->change_seq, err));
    }
    status = S_compute(r, store, err);
    r->seq = r->change_seq;
    if (status == IDEM_GATE)
        S_tell(r, "stopped", json);
    if (status != IDEM_OK)
        goto done;
    if (snapshot)
        store_snapshot_end(store);
    snapshot = false;
    r->unchanged = S_is_unchanged(r);
    if (!r->unchanged)
        TRY_DONE(apply_write(r, err));
    S_tell(r, r->unchanged ? "unchanged" : "committed", json);
done:
    if (snapshot)
        store_snapshot_end(store);
    return status;
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
        S_begin(&run, s, options ? options : &defaults);
        status = S_attempt(&run, s, json, err);
        S_end(&run);
    }
    return status;
}

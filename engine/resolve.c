/*
 * Resolve: a record as it comes is normalised, found again among what is stored, and written with all that follows from
 * it by the core of incremental apply (engine/delta.h). What it was near to is told beside it.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/fmath.h"
#include "base/map.h"
#include "engine/audit.h"
#include "engine/erased.h"
#include "engine/explain.h"
#include "engine/kept_answer.h"
#include "engine/ledger.h"
#include "engine/resolver.h"
#include "matcher/block.h"
#include "matcher/cluster.h"
#include "record/pack.h"
#include "store/audit_log.h"

enum { MOST_CANDIDATES = 10, MOST_TOGETHER = 1 << 10 /* records of a group whose pairs are taken from the search */ };

struct near_master {
    uint32_t row; /* its nearest record */
    int32_t weight;
    int64_t mid;
    uint8_t uuid[16];
};

/* One record on its way. */
struct resolving {
    struct idem_resolver *resolver;
    struct arena arena;
    struct intake_record record;
    int64_t rid; /* stored, 0: none */
    bool current;
    struct near_master near[MOST_CANDIDATES];
    unsigned n_near;
    struct delta_near *pair; /* [n_pairs] records that it may be (engine/delta.h); its row comes with the group */
    size_t n_pairs;
    uint64_t looked_at;
    bool has_pairs;
    const char *band;
    bool weighed; /* some record was near enough to be looked at */
    int32_t best;
    json_t *candidates, *answer; /* answer NULL: the line was blank */
    int64_t run;                 /* that wrote it; 0: it was as it is */
    char master_id[37];          /* that it is in then, or was in */
};

/* ------------------------------------------------------------------ what is near */

static int S_heavier(const void *a, const void *b, void *context)
{
    const struct near_master *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return batch_compare_keys(context, x->row, y->row);
}

static enum idem_status S_add_near(struct resolving *w, const struct near_master *hit, struct idem_error *err)
{
    struct store_master master;
    TRY(store_survivor(w->resolver->store, hit->mid, &w->arena, &master, err));
    for (unsigned i = 0; i < w->n_near; i++)
        if (w->near[i].mid == master.mid)
            return IDEM_OK;
    struct near_master *near = &w->near[w->n_near++];
    *near = *hit;
    near->mid = master.mid;
    memcpy(near->uuid, master.uuid, sizeof near->uuid);
    return IDEM_OK;
}

static const char *S_band(const struct model *m, int32_t weight)
{
    return weight >= m->match_threshold ? "match" : weight >= m->review_threshold ? "review" : "nonmatch";
}

static json_t *S_candidate(const struct resolving *w, const struct explain *e, const struct near_master *near)
{
    char id[37];
    json_t *o = json_object();
    store_uuid_format(near->uuid, id);
    json_put(o, "master_id", json_string(id));
    json_put(o, "record", explain_record(e, near->row));
    json_put(o, "band", json_string(S_band(&w->resolver->probe.model, near->weight)));
    json_put(o, "match_weight", json_real(weight_to_bits(near->weight)));
    return o;
}

/* What the change that follows needs to know is known from here. */
static void S_expect_pairs(struct resolving *w, const struct candidates *c)
{
    w->pair = ARENA_NEW(&w->arena, struct delta_near, c->n + 1);
    w->n_pairs = 0;
    w->looked_at = 0;
    w->has_pairs = w->resolver->session->config && !w->resolver->session->config->n_rules;
    for (unsigned i = 0; i < c->n_reach; i++) {
        w->looked_at += c->reach[i].records;
        w->has_pairs &= !c->reach[i].capped && c->reach[i].records + MOST_TOGETHER <= MOST_BLOCK;
    }
}

/* The masters in review or above, heaviest first. */
static enum idem_status S_rank(struct resolving *w, const struct candidates *c, struct explain *e,
                               struct idem_error *err)
{
    const struct model *m = &w->resolver->probe.model;
    int32_t near = cluster_near(m), least = near < m->review_threshold ? near : m->review_threshold;
    uint32_t n = 0;
    S_expect_pairs(w, c);
    struct near_master *all = ARENA_NEW(&w->arena, struct near_master, c->n + 1);
    for (uint32_t i = 0; i < c->n; i++) {
        uint32_t row = c->list[i].row;
        int32_t weight = scorer_score(&e->scorer, 0, SHELF_QUERY, row);
        if (!w->weighed || weight > w->best)
            w->best = weight;
        w->weighed = true;
        if (weight >= least && !scorer_never(&e->scorer, SHELF_QUERY, row))
            w->pair[w->n_pairs++] = (struct delta_near){.weight = weight, .rid = c->list[i].rid};
        if (weight >= m->review_threshold)
            all[n++] = (struct near_master){.row = row, .weight = weight, .mid = c->list[i].mid};
    }
    if (n)
        qsort_r(all, n, sizeof *all, S_heavier, (void *)e->batch);
    for (uint32_t i = 0; i < n && w->n_near < MOST_CANDIDATES; i++)
        TRY(S_add_near(w, &all[i], err));
    for (unsigned i = 0; i < w->n_near; i++)
        json_array_append_new(w->candidates, S_candidate(w, e, &w->near[i]));
    return IDEM_OK;
}

static enum idem_status S_look_around(struct resolving *w, struct idem_error *err)
{
    struct probe *p = &w->resolver->probe;
    struct candidates c;
    struct explain *explain = &p->shelf.explain;
    struct probe_query query = {w->record.packed, w->record.source, w->record.record_id, w->rid, 0};
    TRY(probe_find(p, &query, PROBE_BLOCKING, &c, err));
    explain->masked = session_masked(p->session);
    explain->personal_ids = p->personal_ids;
    explain->store = NULL;
    enum idem_status status = S_rank(w, &c, explain, err);
    w->band = w->weighed ? S_band(&p->model, w->best) : "nonmatch";
    candidates_deinit(&c);
    return status;
}

/* ------------------------------------------------------------------ the change */

static uint16_t S_source(const struct delta_base *b, struct str name)
{
    uint16_t i = 0;
    while (i < b->n_sources && !str_eq(b->source_name[i], name))
        i++;
    return i;
}

/* Records that are written together: each comes once. */
struct group {
    struct idem_resolver *resolver;
    const struct idem_resolve_options *options;
    struct arena arena;
    struct batch batch;
    struct delta_link *link;
    size_t n_links, links_room;
    struct delta_near *near;
    size_t n_near, near_room;
    uint64_t near_pairs;
    bool has_near;
    int64_t *gone;
    struct resolving **row, **deleted; /* [batch.n_rows], [n_gone] */
    size_t n_gone;
    uint64_t writes;           /* so far: ids of each are its own */
    struct map keys;           /* source and id of those in it */
    struct erased_list erased; /* who was erased */
};

static void S_group_start(struct group *g)
{
    const struct delta_base *base = &g->resolver->base;
    batch_init(&g->batch, &base->schema);
    batch_set_sources(&g->batch, base->source_name, (uint16_t)base->n_sources);
    g->n_links = g->n_gone = g->n_near = 0;
    g->near_pairs = 0;
    g->has_near = true;
}

static void S_group_end(struct group *g)
{
    batch_deinit(&g->batch);
    map_deinit(&g->keys);
    free(g->link);
    free(g->near);
    erased_unload(&g->erased);
    arena_deinit(&g->arena);
}

static void S_group_links(struct group *g, const struct resolving *w)
{
    for (unsigned i = 0; i < w->record.n_links; i++) {
        if (g->n_links == g->links_room) {
            g->links_room = g->links_room ? g->links_room * 2 : 16;
            g->link = xrealloc(g->link, g->links_room * sizeof *g->link);
        }
        g->link[g->n_links++] =
            (struct delta_link){g->batch.n_rows, w->record.link[i].link, w->record.link[i].record_id};
    }
}

static void S_group_near(struct group *g, const struct resolving *w)
{
    g->has_near &= w->has_pairs && g->batch.n_rows < MOST_TOGETHER;
    g->near_pairs += w->looked_at;
    if (g->n_near + w->n_pairs > g->near_room) {
        g->near_room = (g->n_near + w->n_pairs) * 2;
        g->near = xrealloc(g->near, g->near_room * sizeof *g->near);
    }
    for (size_t i = 0; i < w->n_pairs; i++) {
        g->near[g->n_near] = w->pair[i];
        g->near[g->n_near++].row = g->batch.n_rows;
    }
}

static enum idem_status S_group_add(struct group *g, struct resolving *w, struct idem_error *err)
{
    struct packed_record packed;
    if (w->record.deleted) {
        g->deleted[g->n_gone] = w;
        g->gone[g->n_gone++] = w->rid;
        return IDEM_OK;
    }
    if (!record_unpack(w->record.packed, &w->arena, &packed))
        return error_set(err, IDEM_INVALID, "the record cannot be read");
    S_group_links(g, w);
    S_group_near(g, w);
    g->row[g->batch.n_rows] = w;
    record_append(&g->batch, S_source(&g->resolver->base, g->resolver->probe.name[w->record.source]),
                  w->record.record_id, &packed);
    return IDEM_OK;
}

/* ------------------------------------------------------------------ the answer */

static const char *S_event(const struct delta_outcome *outcome)
{
    if (outcome->event != STORE_EVENT_KINDS)
        return store_event_name(outcome->event);
    return outcome->changed ? "updated" : "unchanged";
}

static json_t *S_redirected_from(const struct delta_result *result, const char *master_id)
{
    json_t *list = json_array();
    for (size_t i = 0; i < result->n_redirects; i++)
        if (*master_id && strcmp(result->redirect[i].to, master_id) == 0)
            json_array_append_new(list, json_string(result->redirect[i].from));
    return list;
}

/* `outcome` NULL: the record to delete was not there. */
static void S_answer(struct resolving *w, const struct delta_result *result, const struct delta_outcome *outcome)
{
    json_t *o = w->answer = json_object();
    const struct probe *p = &w->resolver->probe;
    bool hidden = session_masked(p->session) && p->personal_ids[w->record.source];
    json_put_str(o, "data_source", p->name[w->record.source]);
    json_put_str(o, "record_id", hidden ? STR("***") : w->record.record_id);
    bool in_none = !outcome || w->record.deleted || !outcome->master_id[0];
    json_put(o, "master_id", in_none ? json_null() : json_string(outcome->master_id));
    json_put(o, "event", json_string(outcome ? S_event(outcome) : "absent"));
    json_put(o, "band", w->band ? json_string(w->band) : json_null());
    json_put(o, "match_weight", w->weighed ? json_real(weight_to_bits(w->best)) : json_null());
    json_put(o, "redirected_from", in_none ? json_array() : S_redirected_from(result, outcome->master_id));
    json_put(o, "candidates", json_incref(w->candidates));
}

static void S_refuse(struct resolving *w, uint64_t line, const struct idem_error *why)
{
    json_t *error = json_object();
    w->answer = json_object();
    json_put(error, "status", json_string(idem_status_name(why->status)));
    json_put(error, "message", json_string(why->message));
    json_put(w->answer, "error", error);
    json_put(w->answer, "line", json_integer((json_int_t)line));
}

static void S_done(struct resolving *w, const struct delta_result *result, const struct delta_outcome *outcome)
{
    S_answer(w, result, outcome);
    if (outcome->changed || outcome->event != STORE_EVENT_KINDS)
        w->run = result->run;
    memcpy(w->master_id, outcome->master_id, sizeof w->master_id);
}

/* Writes (or tries) the group, and answers its records. */
static enum idem_status S_group_write(struct group *g, struct idem_error *err)
{
    struct delta_result result = {.n_redirects = 0};
    struct delta_change change = {.batch = &g->batch,
                                  .link = g->link,
                                  .n_links = g->n_links,
                                  .has_near = g->has_near,
                                  .near = g->near,
                                  .n_near = g->n_near,
                                  .near_pairs = g->near_pairs,
                                  .gone = g->gone,
                                  .n_gone = g->n_gone,
                                  .command = "resolve",
                                  .by = g->options->by,
                                  .now_ms = g->options->now_ms ? g->options->now_ms : clock_now_ms(),
                                  .seed = g->options->seed ? g->options->seed + (g->writes++ << 32) : 0,
                                  .threads = 1,
                                  .dry_run = g->options->dry_run};
    uint32_t n_rows = g->batch.n_rows;
    if (!n_rows && !g->n_gone)
        return IDEM_OK;
    TRY(delta_write(&g->resolver->base, g->resolver->store, &change, &g->arena, &result, err));
    for (uint32_t i = 0; i < n_rows; i++)
        S_done(g->row[i], &result, &result.row[i]);
    for (size_t i = 0; i < g->n_gone; i++)
        S_done(g->deleted[i], &result, &result.gone[i]);
    batch_deinit(&g->batch);
    map_deinit(&g->keys);
    S_group_start(g);
    return IDEM_OK;
}

/* ------------------------------------------------------------------ one after the other */

static enum idem_status S_stored(struct resolving *w, struct idem_error *err)
{
    struct store_record stored;
    enum idem_status status = store_find_record(w->resolver->store, w->resolver->probe.name[w->record.source],
                                                w->record.record_id, &w->rid, NULL);
    if (status == IDEM_NOT_FOUND) {
        w->rid = 0;
        return IDEM_OK;
    }
    if (status != IDEM_OK)
        return error_set(err, status, "%s: the record cannot be looked up", w->resolver->session->db_path);
    TRY(store_get_record(w->resolver->store, w->rid, false, &w->arena, &stored, err));
    w->current = stored.status == STORE_RECORD_CURRENT;
    return IDEM_OK;
}

/* A record that comes a second time meets what the first one made of it. */
static enum idem_status S_make_way(struct group *g, const struct resolving *w, struct idem_error *err)
{
    struct buf key = {0};
    buf_varint(&key, w->record.source);
    buf_str(&key, w->record.record_id);
    enum idem_status status = IDEM_OK;
    if (g->options->dry_run || map_find(&g->keys, buf_view(&key)))
        status = S_group_write(g, err);
    map_add(&g->keys, buf_view(&key), 0);
    buf_deinit(&key);
    return status;
}

static enum idem_status S_resolve(struct group *g, struct resolving *w, struct idem_error *err)
{
    TRY(S_make_way(g, w, err));
    TRY(S_stored(w, err));
    if (w->record.deleted && !w->current) {
        S_answer(w, NULL, NULL);
        return IDEM_OK;
    }
    if (!w->record.deleted)
        TRY(S_look_around(w, err));
    return S_group_add(g, w, err);
}

/* IDEM_INVALID: the record itself is to blame, which is its answer; anything else ends the call. */
static enum idem_status S_take(struct resolving *w, struct idem_str text, struct idem_error *why)
{
    json_t *object = NULL;
    enum idem_status status = json_parse((struct str){text.ptr, text.len}, "record", &object, why);
    if (status == IDEM_OK)
        status = intake_json(w->resolver->intake, object, &w->arena, &w->record, why);
    /* texts of the record are borrowed from the document */
    w->record.record_id = str_copy(&w->arena, w->record.record_id);
    for (unsigned i = 0; i < w->record.n_links; i++)
        w->record.link[i].record_id = str_copy(&w->arena, w->record.link[i].record_id);
    json_decref(object);
    return status;
}

/* Somebody who was erased comes back: refused, or let in and off the list. */
static enum idem_status S_returns(struct group *g, struct resolving *w, bool *refused, struct idem_error *err)
{
    struct packed_record packed;
    struct str source = w->resolver->probe.name[w->record.source];
    uint8_t digest[ERASED_DIGEST];
    *refused = false;
    if (!g->erased.n_links || w->record.deleted)
        return IDEM_OK;
    TRY(S_stored(w, err));
    if (w->rid)
        return IDEM_OK;
    bool erased = erased_is_record(&g->erased, source, w->record.record_id);
    int64_t person = record_unpack(w->record.packed, &w->arena, &packed)
                         ? erased_is_person(&g->erased, &w->resolver->probe.schema, &packed, &w->arena)
                         : 0;
    *refused = (erased || person) && !g->options->allow_return;
    if (*refused || (!erased && !person) || g->options->dry_run)
        return IDEM_OK;
    erased_digest(w->resolver->store, ERASED_RECORD, source, w->record.record_id, digest);
    TRY(erased_forgive(w->resolver->store, digest, person, err));
    return ledger_allow(w->resolver->session, w->resolver->store, digest, 1, err);
}

static enum idem_status S_refuse_erased(struct resolving *w, uint64_t line, size_t *n_failed)
{
    struct idem_error why;
    error_set(&why, IDEM_CONFLICT,
              "this record was erased, or agrees with a person who was; allow its return to take it");
    S_refuse(w, line, &why);
    ++*n_failed;
    return IDEM_OK;
}

static enum idem_status S_one(struct group *g, struct resolving *w, struct idem_str text, uint64_t line,
                              size_t *n_failed, struct idem_error *err)
{
    struct idem_error why = {0};
    enum idem_status status = S_take(w, text, &why);
    if (status == IDEM_OK) {
        bool refused;
        TRY(S_returns(g, w, &refused, err));
        return refused ? S_refuse_erased(w, line, n_failed) : S_resolve(g, w, err);
    }
    if (status == IDEM_INVALID) {
        S_refuse(w, line, &why);
        ++*n_failed;
        return IDEM_OK;
    }
    if (err)
        *err = why;
    return status;
}

static bool S_is_blank(struct idem_str text)
{
    return str_trim((struct str){text.ptr, text.len}).len == 0;
}

static enum idem_status S_all(struct group *g, struct resolving *all, const struct idem_str *record, size_t n,
                              size_t *n_failed, struct idem_error *err)
{
    uint64_t first = g->options->line ? g->options->line : 1;
    TRY(erased_load(g->resolver->store, &g->erased, err));
    S_group_start(g);
    g->row = ARENA_NEW(&g->arena, struct resolving *, n + 1);
    g->deleted = ARENA_NEW(&g->arena, struct resolving *, n + 1);
    g->gone = ARENA_NEW(&g->arena, int64_t, n + 1);
    for (size_t i = 0; i < n; i++)
        if (!S_is_blank(record[i]))
            TRY(S_one(g, &all[i], record[i], first + i, n_failed, err));
    return S_group_write(g, err);
}

/* ------------------------------------------------------------------ the audit log */

enum { NOTED_RECORDS = AUDIT_MOST_SUBJECTS / 2 };

static enum idem_status S_note(const struct group *g, const struct resolving *const *written, size_t n,
                               struct idem_error *err)
{
    struct arena scratch = {0};
    struct str subject[2 * NOTED_RECORDS];
    for (size_t i = 0; i < n; i++) {
        struct str source = g->resolver->probe.name[written[i]->record.source], id = written[i]->record.record_id;
        subject[2 * i] = arena_printf(&scratch, "%.*s:%.*s", STR_ARG(source), STR_ARG(id));
        subject[2 * i + 1] = written[i]->master_id[0] ? str_from(written[i]->master_id) : (struct str){0};
    }
    json_t *detail = json_object();
    json_put(detail, "run_id", json_integer(written[0]->run));
    const struct audit_note note = {
        .verb = "resolve", .by = g->options->by, .subject = subject, .n_subjects = 2 * n, .detail = detail};
    enum idem_status status = audit_change(g->resolver->session, g->resolver->store, &note, err);
    json_decref(detail);
    arena_deinit(&scratch);
    return status;
}

/* What was written, in the same transaction: an entry for each run, and for as many records as one can name. */
static enum idem_status S_note_all(const struct group *g, const struct resolving *all, size_t n, struct idem_error *err)
{
    const struct resolving *written[NOTED_RECORDS];
    size_t n_written = 0;
    for (size_t i = 0; i < n; i++) {
        if (!all[i].run)
            continue;
        if (n_written == NOTED_RECORDS || (n_written && written[0]->run != all[i].run)) {
            TRY(S_note(g, written, n_written, err));
            n_written = 0;
        }
        written[n_written++] = &all[i];
    }
    return n_written ? S_note(g, written, n_written, err) : IDEM_OK;
}

/* A dry run shows no values, but ids of records that are alike, which may be personal. */
static enum idem_status S_note_dry_run(const struct group *g, const struct resolving *all, size_t n,
                                       struct idem_error *err)
{
    struct arena scratch = {0};
    struct str subject[AUDIT_MOST_SUBJECTS];
    size_t n_subjects = 0;
    for (size_t i = 0; i < n && g->resolver->probe.any_personal_ids && n_subjects < COUNT_OF(subject); i++)
        if (json_array_size(all[i].candidates))
            subject[n_subjects++] =
                arena_printf(&scratch, "%.*s:%.*s", STR_ARG(g->resolver->probe.name[all[i].record.source]),
                             STR_ARG(all[i].record.record_id));
    json_t *detail = json_object();
    json_put(detail, "dry_run", json_true());
    const struct audit_note note = {
        .verb = "resolve", .by = g->options->by, .subject = subject, .n_subjects = n_subjects, .detail = detail};
    enum idem_status status = n_subjects ? audit_disclosure(g->resolver->session, &note, err) : IDEM_OK;
    json_decref(detail);
    arena_deinit(&scratch);
    return status;
}

static char *S_lines(const struct resolving *all, size_t n)
{
    struct buf out = {0};
    for (size_t i = 0; i < n; i++) {
        if (!all[i].answer)
            continue;
        char *line = json_text(all[i].answer);
        buf_str(&out, str_from(line));
        buf_byte(&out, '\n');
        free(line);
    }
    return buf_cstr(&out);
}

IDEM_API enum idem_status idem_resolve(struct idem_resolver *r, const struct idem_str *record, size_t n,
                                       const struct idem_resolve_options *options, char **lines, size_t *n_failed,
                                       struct idem_error *err)
{
    static const struct idem_resolve_options defaults = {0};
    struct group g = {.resolver = r, .options = options ? options : &defaults};
    bool dry_run = g.options->dry_run;
    *lines = NULL;
    *n_failed = 0;
    if (!dry_run && !r->session->writes)
        return error_set(err, IDEM_INVALID, "this session only reads: open it for writing, or try with dry_run");
    TRY(resolver_begin(r, dry_run, err));
    struct resolving *all = xcalloc(n + 1, sizeof *all);
    for (size_t i = 0; i < n; i++)
        all[i] = (struct resolving){.resolver = r, .candidates = json_array()};
    enum idem_status status = S_all(&g, all, record, n, n_failed, err);
    if (status == IDEM_OK && !dry_run)
        status = S_note_all(&g, all, n, err);
    char *told = status == IDEM_OK ? S_lines(all, n) : NULL;
    if (told && !dry_run && !*n_failed)
        status = kept_answer_note(r->session, r->store, str_from(told), err);
    r->session->request.announced = false;
    if (status == IDEM_OK && !dry_run)
        status = resolver_commit(r, err);
    else
        resolver_end(r, dry_run);
    if (status == IDEM_OK && dry_run)
        status = S_note_dry_run(&g, all, n, err);
    if (status == IDEM_OK)
        *lines = told;
    else
        free(told);
    for (size_t i = 0; i < n; i++) {
        json_decref(all[i].answer);
        json_decref(all[i].candidates);
        arena_deinit(&all[i].arena);
    }
    free(all);
    S_group_end(&g);
    return status;
}

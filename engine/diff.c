/*
 * What changed between the ends of two runs: every record and master that changed after the first is looked up as of
 * both moments, so that what went back and forth in between does not count.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "engine/audit.h"
#include "engine/mask.h"
#include "engine/session.h"

enum { DEFAULT_LIST = 100 };

enum kind { ADDED, GONE, MOVED, CREATED, MERGED, RETIRED, REVIVED, KINDS };
static const char *const KIND_NAMES[KINDS] = {"added", "gone", "moved", "created", "merged", "retired", "revived"};

struct side {
    struct store_run run;
    struct store_moment moment;
};

struct diff {
    struct store *store;
    struct arena arena;
    struct store_source *source;
    size_t n_sources;
    struct side from, to;
    bool masked;
    uint32_t most;
    uint64_t n[KINDS];
    json_t *list[KINDS];
    uint64_t events[STORE_EVENT_KINDS];
};

/* ------------------------------------------------------------------ the two runs */

static enum idem_status S_side(struct diff *d, const struct store_run *run, size_t n, int64_t id, struct side *side,
                               struct idem_error *err)
{
    for (size_t i = 0; i < n; i++)
        if (run[i].id == id) {
            side->run = run[i];
            return store_moment_of_run(d->store, id, &side->moment, err);
        }
    return error_set(err, IDEM_NOT_FOUND, "there is no run %lld; see \"idem runs\"", (long long)id);
}

static enum idem_status S_sides(struct diff *d, int64_t from, int64_t to, struct idem_error *err)
{
    struct store_run *run;
    size_t n;
    TRY(store_get_runs(d->store, 0, &d->arena, &run, &n, err));
    TRY(S_side(d, run, n, from < to ? from : to, &d->from, err));
    TRY(S_side(d, run, n, from < to ? to : from, &d->to, err));
    return store_get_sources(d->store, false, &d->arena, &d->source, &d->n_sources, err);
}

/* ------------------------------------------------------------------ names */

static json_t *S_master_id(const struct store_master *m)
{
    char text[37];
    if (!m->mid)
        return json_null();
    store_uuid_format(m->uuid, text);
    return json_string(text);
}

static enum idem_status S_record(struct diff *d, int64_t rid, const struct store_record *known, json_t **out,
                                 struct idem_error *err)
{
    struct store_record record = *known;
    const struct store_source *source = NULL;
    for (size_t i = 0; i < d->n_sources; i++)
        source = d->source[i].id == record.source ? &d->source[i] : source;
    bool personal = source && source->personal_ids;
    if (personal && store_info(d->store)->has_key)
        TRY(store_get_record(d->store, rid, true, &d->arena, &record, err));
    *out = json_object();
    json_put(*out, "data_source", source ? json_from_str(source->name) : json_null());
    json_put_str(*out, "record_id", mask_id_if(personal && d->masked, d->store, record.record_id, &d->arena));
    return IDEM_OK;
}

/* Room in the list of this kind? It is counted either way. */
static bool S_count(struct diff *d, enum kind kind)
{
    return d->n[kind]++ < d->most;
}

/* ------------------------------------------------------------------ records */

/* A record and its master as of a moment; record.rid 0: not there, or gone. */
struct place {
    struct store_record record;
    struct store_master master;
};

static enum idem_status S_place(struct diff *d, int64_t rid, const struct side *side, struct place *p,
                                struct idem_error *err)
{
    struct idem_error absent = {0};
    *p = (struct place){.record = {.rid = 0}};
    store_set_moment(d->store, &side->moment);
    enum idem_status status = store_get_record(d->store, rid, false, &d->arena, &p->record, &absent);
    if (status == IDEM_NOT_FOUND || (status == IDEM_OK && p->record.status != STORE_RECORD_CURRENT)) {
        p->record.rid = 0;
        return IDEM_OK;
    }
    if (status != IDEM_OK)
        return error_set(err, status, "%s", absent.message);
    return store_survivor(d->store, p->record.mid, &d->arena, &p->master, err);
}

/* The master that one of the first moment is in the second: merged ones count as the same. */
static enum idem_status S_later(struct diff *d, const struct store_master *before, struct store_master *later,
                                struct idem_error *err)
{
    store_set_moment(d->store, &d->to.moment);
    return store_survivor(d->store, before->mid, &d->arena, later, err);
}

static enum idem_status S_compare_record(struct diff *d, int64_t rid, struct idem_error *err)
{
    struct place before, after;
    struct store_master later = {.mid = 0};
    TRY(S_place(d, rid, &d->from, &before, err));
    TRY(S_place(d, rid, &d->to, &after, err));
    if (!before.record.rid && !after.record.rid)
        return IDEM_OK;
    if (before.record.rid && after.record.rid) {
        TRY(S_later(d, &before.master, &later, err));
        if (later.mid == after.master.mid)
            return IDEM_OK;
    }
    enum kind kind = !before.record.rid ? ADDED : !after.record.rid ? GONE : MOVED;
    if (!S_count(d, kind))
        return IDEM_OK;
    json_t *o = json_object(), *record = NULL;
    json_array_append_new(d->list[kind], o);
    store_set_moment(d->store, NULL);
    TRY(S_record(d, rid, before.record.rid ? &before.record : &after.record, &record, err));
    json_put(o, "record", record);
    if (kind != ADDED)
        json_put(o, "from", S_master_id(&before.master));
    if (kind != GONE)
        json_put(o, "to", S_master_id(&after.master));
    return IDEM_OK;
}

/* ------------------------------------------------------------------ masters */

static enum idem_status S_master(struct diff *d, int64_t mid, const struct side *side, struct store_master *m,
                                 struct idem_error *err)
{
    struct idem_error absent = {0};
    store_set_moment(d->store, &side->moment);
    enum idem_status status = store_get_master(d->store, mid, &d->arena, m, &absent);
    if (status == IDEM_NOT_FOUND) {
        *m = (struct store_master){.mid = 0};
        return IDEM_OK;
    }
    return status == IDEM_OK ? IDEM_OK : error_set(err, status, "%s", absent.message);
}

static enum idem_status S_compare_master(struct diff *d, int64_t mid, struct idem_error *err)
{
    struct store_master before, after, into = {.mid = 0};
    TRY(S_master(d, mid, &d->from, &before, err));
    TRY(S_master(d, mid, &d->to, &after, err));
    bool was = before.mid && before.status == STORE_MASTER_ACTIVE,
         is = after.mid && after.status == STORE_MASTER_ACTIVE;
    if (was == is)
        return IDEM_OK;
    enum kind kind = is && !before.mid                         ? CREATED
                     : is                                      ? REVIVED
                     : after.status == STORE_MASTER_REDIRECTED ? MERGED
                                                               : RETIRED;
    if (!S_count(d, kind))
        return IDEM_OK;
    json_t *o = json_object();
    json_array_append_new(d->list[kind], o);
    json_put(o, "master_id", S_master_id(&after));
    if (kind == MERGED) {
        TRY(store_survivor(d->store, mid, &d->arena, &into, err));
        json_put(o, "into", S_master_id(&into));
    }
    json_put(o, "records", json_integer(kind == MERGED ? into.n : after.n));
    return IDEM_OK;
}

/* ------------------------------------------------------------------ events */

static enum idem_status S_event(void *context, const struct store_event *e, struct idem_error *err)
{
    struct diff *d = context;
    (void)err;
    d->events[e->kind] += e->seq <= d->to.moment.seq;
    return IDEM_OK;
}

static enum idem_status S_compare(struct diff *d, struct idem_error *err)
{
    int64_t *rid, *mid;
    size_t n_rids, n_mids;
    struct arena results = d->arena; /* what is looked up for one record is not kept */
    TRY(store_records_since(d->store, d->from.moment.seq, &results, &rid, &n_rids, err));
    TRY(store_masters_since(d->store, d->from.moment.seq, &results, &mid, &n_mids, err));
    d->arena = (struct arena){0};
    enum idem_status status = IDEM_OK;
    for (size_t i = 0; i < n_rids && status == IDEM_OK; i++) {
        status = S_compare_record(d, rid[i], err);
        arena_reset(&d->arena);
    }
    for (size_t i = 0; i < n_mids && status == IDEM_OK; i++) {
        status = S_compare_master(d, mid[i], err);
        arena_reset(&d->arena);
    }
    store_set_moment(d->store, NULL);
    arena_deinit(&d->arena);
    d->arena = results;
    TRY(status);
    return store_each_event(d->store, d->from.moment.seq, 0, 0, S_event, d, err);
}

/* ------------------------------------------------------------------ the result */

static json_t *S_run(const struct side *side)
{
    char at[25];
    const struct store_run *run = &side->run;
    json_t *o = json_object();
    clock_format(run->started_ms, at);
    json_put(o, "run_id", json_integer(run->id));
    json_put_str(o, "status", run->committed ? STR("committed") : STR("stopped"));
    json_put_str(o, "at", str_from(at));
    json_put(o, "by", run->by.len ? json_from_str(run->by) : json_null());
    json_put(o, "seq", json_integer(side->moment.seq));
    json_put(o, "model", run->model ? json_integer(run->model) : json_null());
    return o;
}

/* Numbers of the two reports that differ, of what a run did and how. */
static void S_figures(json_t *figures, const char *group, const json_t *from, const json_t *to)
{
    const char *key;
    json_t *now;
    json_object_foreach(json_object_get(to, group), key, now)
    {
        const json_t *before = json_object_get(json_object_get(from, group), key);
        if (!json_is_number(now) || !json_is_number(before) || json_equal(now, before))
            continue;
        char name[100];
        json_t *o = json_object();
        snprintf(name, sizeof name, "%s.%s", group, key);
        json_put_str(o, "name", str_from(name));
        json_put(o, "from", json_deep_copy(before));
        json_put(o, "to", json_incref(now));
        json_array_append_new(figures, o);
    }
}

static json_t *S_all_figures(const struct diff *d)
{
    static const char *const GROUPS[] = {"records", "masters", "pairs", "losses", "threshold"};
    json_t *from = NULL, *to = NULL, *figures = json_array();
    struct idem_error ignored;
    if (json_parse(d->from.run.report, "report", &from, &ignored) == IDEM_OK &&
        json_parse(d->to.run.report, "report", &to, &ignored) == IDEM_OK)
        for (size_t i = 0; i < COUNT_OF(GROUPS); i++)
            S_figures(figures, GROUPS[i], from, to);
    json_decref(from);
    json_decref(to);
    return figures;
}

static char *S_result(const struct diff *d)
{
    json_t *o = json_object(), *changes = json_object(), *events = json_object();
    json_put(o, "from", S_run(&d->from));
    json_put(o, "to", S_run(&d->to));
    json_put(o, "same_model", json_boolean(d->from.run.model == d->to.run.model));
    json_put(o, "same_configuration",
             json_boolean(!memcmp(d->from.run.config_hash, d->to.run.config_hash, sizeof d->to.run.config_hash)));
    for (int k = 0; k < KINDS; k++) {
        json_t *one = json_object();
        json_put(one, "n", json_integer((json_int_t)d->n[k]));
        json_put(one, "list", json_incref(d->list[k]));
        json_put(changes, KIND_NAMES[k], one);
    }
    for (int k = 0; k < STORE_EVENT_KINDS; k++)
        if (d->events[k])
            json_put(events, store_event_name((enum store_event_kind)k), json_integer((json_int_t)d->events[k]));
    json_put(o, "changes", changes);
    json_put(o, "events", events);
    json_put(o, "figures", S_all_figures(d));
    char *text = json_text(o);
    json_decref(o);
    return text;
}

IDEM_API enum idem_status idem_diff(struct idem_session *s, int64_t from, int64_t to, uint32_t list, char **json,
                                    struct idem_error *err)
{
    struct diff d = {.most = list ? list : DEFAULT_LIST};
    *json = NULL;
    TRY(session_store(s, STORE_READ, &d.store, err));
    TRY(store_snapshot_begin(d.store, err));
    d.masked = session_masked(s);
    for (int k = 0; k < KINDS; k++)
        d.list[k] = json_array();
    enum idem_status status = S_sides(&d, from, to, err);
    if (status == IDEM_OK)
        status = S_compare(&d, err);
    bool personal = false;
    if (status == IDEM_OK)
        status = audit_personal_ids(d.store, &personal, err);
    if (status == IDEM_OK && personal)
        status = audit_disclosure(s, &(struct audit_note){.verb = "diff"}, err);
    if (status == IDEM_OK)
        *json = S_result(&d);
    for (int k = 0; k < KINDS; k++)
        json_decref(d.list[k]);
    store_snapshot_end(d.store);
    arena_deinit(&d.arena);
    return status;
}

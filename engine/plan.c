/*
 * What apply would do: the same run up to the write, and then the changes with what speaks for them in place of the
 * writing. Nothing is written, not even that there was a plan.
 */
#include <stdlib.h>

#include "engine/apply_gates.h"
#include "engine/audit.h"
#include "engine/mask.h"
#include "engine/plan_evidence.h"

enum { DEFAULT_LIST = 100 };

/* The lists, in the order of the report. */
static const enum event_kind LISTS[] = {EVENT_CREATED, EVENT_ATTACHED, EVENT_MERGED,     EVENT_MOVED,  EVENT_SPLIT,
                                        EVENT_REVIVED, EVENT_DETACHED, EVENT_REDIRECTED, EVENT_RETIRED};

struct plan {
    struct apply_run run;
    struct explain explain;
    struct identity_event *event;
    struct plan_evidence *evidence; /* [n_events] */
    size_t n_events;
    uint32_t *size;       /* [n_clusters] records */
    uint32_t *cluster_of; /* [masters, old and new] or UINT32_MAX */
    uint32_t list;
};

/* ------------------------------------------------------------------ names */

/* The id, or "new-1" for what apply would make. */
static json_t *S_master(const struct plan *p, uint32_t master)
{
    const struct previous *before = &p->run.previous;
    char text[37];
    if (master == ASSIGN_NONE)
        return json_null();
    if (master < before->n_masters)
        store_uuid_format(before->master[master].uuid, text);
    else
        snprintf(text, sizeof text, "new-%u", master - before->n_masters + 1);
    return json_string(text);
}

static struct str S_masked_id(const struct plan *p, struct str record_id, struct mask_text *out)
{
    return p->explain.store ? mask_id(p->explain.store, record_id, out) : STR("***");
}

/* A record that is gone has no row: its key is that under which it was found. */
static json_t *S_gone_record(const struct plan *p, uint32_t entry)
{
    const struct previous *before = &p->run.previous;
    uint32_t at = p->run.entry_record[entry - p->run.load.batch.n_rows];
    const struct run_source *source = &before->source[before->record[at].source];
    struct str key = dict_get(&before->keys, at + 1);
    json_t *o = json_object();
    bool hidden = source->stored.personal_ids && p->explain.masked;
    struct mask_text masked;
    json_put_str(o, "data_source", source->stored.name);
    json_put_str(o, "record_id",
                 hidden ? S_masked_id(p, str_sub(key, sizeof(uint16_t), key.len), &masked)
                        : str_sub(key, sizeof(uint16_t), key.len));
    return o;
}

static json_t *S_record(const struct plan *p, uint32_t entry)
{
    if (entry == ASSIGN_NONE)
        return json_null();
    return entry < p->run.load.batch.n_rows ? explain_record(&p->explain, entry) : S_gone_record(p, entry);
}

/* ------------------------------------------------------------------ what speaks for a change */

static json_t *S_pair(const struct plan *p, const struct plan_pair *pair)
{
    struct explained x;
    json_t *o = json_object();
    if (pair->a == ASSIGN_NONE) {
        json_decref(o);
        return json_null();
    }
    explain_pair(&p->explain, pair->a, pair->b, &x);
    json_t *whole = explain_json((struct explain *)(uintptr_t)&p->explain, &x, 0);
    static const char *const KEPT[] = {"a", "b", "match_weight", "match_key"};
    for (size_t i = 0; i < COUNT_OF(KEPT); i++)
        json_put(o, KEPT[i], json_incref(json_object_get(whole, KEPT[i])));
    json_decref(whole);
    json_put_str(o, "by", !pair->forced ? STR("weight") : x.rule >= 0 ? STR("rule") : STR("link or decision"));
    return o;
}

/* Names that an entry of each kind gives to the event's masters. */
static const struct shape {
    bool record;
    const char *master, *other;
    bool joined, apart;
} SHAPES[EVENT_KINDS] = {
    [EVENT_CREATED] = {true, "master_id", NULL, false, false},
    [EVENT_ATTACHED] = {true, "master_id", NULL, true, false},
    [EVENT_MERGED] = {false, "master_id", "into", true, false},
    [EVENT_MOVED] = {true, "master_id", "from", true, true},
    [EVENT_SPLIT] = {true, "master_id", "from", false, true},
    [EVENT_REVIVED] = {true, "master_id", "from", false, true},
    [EVENT_DETACHED] = {true, "master_id", NULL, false, false},
    [EVENT_REDIRECTED] = {false, "master_id", "to", false, false},
    [EVENT_RETIRED] = {false, "master_id", NULL, false, false},
};

static json_t *S_change(const struct plan *p, size_t i)
{
    const struct identity_event *e = &p->event[i];
    const struct shape *shape = &SHAPES[e->kind];
    json_t *o = json_object();
    uint32_t lives = shape->other && !shape->record ? e->other : e->master, cluster = UINT32_MAX;
    if (shape->record)
        json_put(o, "record", S_record(p, e->record));
    json_put(o, shape->master, S_master(p, e->master));
    if (shape->other)
        json_put(o, shape->other, S_master(p, e->other));
    if (lives != ASSIGN_NONE)
        cluster = p->cluster_of[lives];
    json_put(o, "records", json_integer(cluster == UINT32_MAX ? 0 : p->size[cluster]));
    if (shape->joined)
        json_put(o, "joined", S_pair(p, &p->evidence[i].joined));
    if (shape->apart)
        json_put(o, "apart", S_pair(p, &p->evidence[i].apart));
    return o;
}

static json_t *S_changes(const struct plan *p)
{
    json_t *o = json_object();
    for (size_t k = 0; k < COUNT_OF(LISTS); k++) {
        json_t *one = json_object(), *list = json_array();
        uint64_t n = 0;
        for (size_t i = 0; i < p->n_events; i++) {
            if (p->event[i].kind != LISTS[k])
                continue;
            if (n++ < p->list)
                json_array_append_new(list, S_change(p, i));
        }
        json_put(one, "n", json_integer((json_int_t)n));
        json_put(one, "list", list);
        json_put(o, event_kind_name(LISTS[k]), one);
    }
    return o;
}

/* ------------------------------------------------------------------ the whole */

static void S_sizes(struct plan *p)
{
    struct apply_run *r = &p->run;
    uint32_t n = r->previous.n_masters + r->assigned.n_new;
    p->size = ARENA_NEW(&r->arena, uint32_t, r->matching.clusters.n_clusters + 1);
    p->cluster_of = ARENA_NEW(&r->arena, uint32_t, n + 1);
    for (uint32_t row = 0; row < r->load.batch.n_rows; row++)
        p->size[r->matching.clusters.cluster[row]]++;
    memset(p->cluster_of, 0xFF, n * sizeof *p->cluster_of);
    for (uint32_t c = 0; c < r->matching.clusters.n_clusters; c++)
        p->cluster_of[r->assigned.master[c]] = c;
}

static json_t *S_churn(const struct assign_counts *c)
{
    json_t *o = json_object();
    json_put(o, "stayed", json_integer((json_int_t)c->stayed));
    json_put(o, "changed", json_integer((json_int_t)c->churned));
    json_put(o, "share", c->stayed ? json_real((double)c->churned / (double)c->stayed) : json_null());
    return o;
}

static void S_find_changes(struct plan *p)
{
    struct apply_run *r = &p->run;
    S_sizes(p);
    p->n_events = assign_events(&r->assign_in, &r->assigned, &r->arena, &p->event);
    p->evidence = plan_evidence(r, p->event, p->n_events, &r->arena);
    if (!p->n_events)
        return;
    explain_init(&p->explain, &r->load.batch, &r->model, r->config, session_masked(r->session));
    p->explain.store = r->session->store;
    bool *personal = ARENA_NEW(&r->arena, bool, r->previous.n_sources + 1);
    for (unsigned i = 0; i < r->previous.n_sources; i++)
        personal[i] = r->previous.source[i].stored.personal_ids;
    p->explain.personal_ids = personal;
}

static char *S_result(struct plan *p)
{
    struct apply_run *r = &p->run;
    S_find_changes(p);
    json_t *o = apply_report(r, r->stop.status != IDEM_OK ? "stopped" : r->unchanged ? "unchanged" : "planned");
    json_object_del(o, "run_id");
    json_put_str(o, "digest", str_from(r->digest));
    json_put(o, "first", json_boolean(r->first));
    json_put(o, "churn", S_churn(&r->assigned.counts));
    json_put(o, "changes", S_changes(p));
    char *text = json_text(o);
    json_decref(o);
    if (p->n_events)
        explain_deinit(&p->explain);
    return text;
}

IDEM_API enum idem_status idem_plan(struct idem_session *s, const struct idem_apply_options *options, uint32_t list,
                                    char **json, struct idem_error *err)
{
    static const struct idem_apply_options defaults = {0};
    const struct config *config;
    struct plan p = {.list = list ? list : DEFAULT_LIST};
    *json = NULL;
    TRY(session_config(s, &config, err));
    apply_begin(&p.run, s, options ? options : &defaults);
    p.run.planning = true;
    enum idem_status status = apply_prepare(&p.run, err);
    /* What is shown of stored records are their ids. */
    bool personal = false;
    if (status == IDEM_OK && s->store)
        status = audit_personal_ids(s->store, &personal, err);
    if (status == IDEM_OK && personal)
        status = audit_disclosure(s, &(struct audit_note){.verb = "plan"}, err);
    if (status == IDEM_OK) {
        *json = S_result(&p);
        if (p.run.stop.status != IDEM_OK)
            status = error_set(err, IDEM_GATE, "%s", p.run.stop.message);
    }
    apply_end(&p.run);
    return status;
}

/* What a steward's action came to: its decisions, and the identities as they are after it. */
#include "engine/action.h"
#include "engine/golden.h"
#include "engine/mask.h"

enum { MOST_MASTERS = 100, MOST_RECORDS = 1000, MOST_TOLD = 1000 };

struct telling {
    struct action *action;
    struct golden_reader reader;
    bool masked;
};

static json_t *S_id(const uint8_t uuid[16])
{
    char text[37];
    store_uuid_format(uuid, text);
    return json_string(text);
}

static json_t *S_record(struct telling *t, uint32_t row)
{
    const struct apply_run *r = &t->action->run;
    const struct run_source *source = &r->previous.source[r->load.batch.source[row]];
    json_t *o = json_object();
    json_put_str(o, "data_source", source->stored.name);
    json_put_str(o, "record_id",
                 mask_id_if(t->masked && source->stored.personal_ids, t->action->store, r->load.batch.record_id[row],
                            &t->action->arena));
    return o;
}

static enum idem_status S_golden(struct telling *t, const struct store_master *master, json_t *o,
                                 struct idem_error *err)
{
    struct golden_text *golden;
    json_t *fields = json_object();
    json_put(o, "golden", fields);
    TRY(golden_read(&t->reader, master, &t->action->arena, &golden, err));
    for (unsigned f = 0; f < t->reader.schema.n_fields; f++) {
        const struct field *field = &t->reader.schema.field[f];
        json_t *list = json_array();
        for (uint32_t v = 0; v < golden[f].n; v++)
            json_array_append_new(list, json_from_str(mask_if(t->masked && field->personal, t->action->store,
                                                              field->type, golden[f].value[v], &t->action->arena)));
        if (golden[f].n)
            json_put(fields, str_cstr(&t->action->arena, field->name), list);
        else
            json_decref(list);
    }
    return IDEM_OK;
}

static enum idem_status S_master(struct telling *t, uint32_t cluster, json_t *list, struct idem_error *err)
{
    struct action *a = t->action;
    struct apply_run *r = &a->run;
    uint32_t number = r->assigned.master[cluster];
    bool fresh = number >= r->previous.n_masters;
    struct store_master master;
    json_t *o = json_object(), *records = json_array();
    json_array_append_new(list, o);
    TRY(store_get_master(a->store, apply_mid(r, number), &a->arena, &master, err));
    json_put(o, "master_id", fresh && a->options->dry_run ? json_null() : S_id(master.uuid));
    json_put(o, "new", json_boolean(fresh));
    json_put(o, "records", records);
    for (uint32_t row = 0; row < r->load.batch.n_rows && json_array_size(records) < MOST_RECORDS; row++)
        if (r->matching.clusters.cluster[row] == cluster)
            json_array_append_new(records, S_record(t, row));
    return S_golden(t, &master, o, err);
}

/* Clusters that hold a record the action is about, or one that changed its master. */
static bool *S_concerned(struct telling *t)
{
    struct apply_run *r = &t->action->run;
    const struct action *a = t->action;
    bool *concerned = ARENA_NEW(&r->arena, bool, r->matching.clusters.n_clusters + 1);
    struct map touched = {0};
    for (size_t i = 0; i < a->n_touched; i++)
        map_add(&touched, (struct str){(const char *)&a->touched[i], sizeof *a->touched}, 0);
    for (uint32_t row = 0; row < r->load.batch.n_rows; row++) {
        struct str key = {(const char *)&r->rid[row], sizeof *r->rid};
        if (r->assigned.change[row] != RECORD_SAME || map_find(&touched, key))
            concerned[r->matching.clusters.cluster[row]] = true;
    }
    map_deinit(&touched);
    return concerned;
}

static enum idem_status S_masters(struct telling *t, json_t *result, struct idem_error *err)
{
    const struct apply_run *r = &t->action->run;
    json_t *list = json_array();
    uint64_t more = 0;
    bool *concerned = S_concerned(t);
    json_put(result, "masters", list);
    for (uint32_t c = 0; c < r->matching.clusters.n_clusters; c++)
        if (concerned[c] && json_array_size(list) < MOST_MASTERS)
            TRY(S_master(t, c, list, err));
        else
            more += concerned[c];
    json_put(result, "more_masters", json_integer((json_int_t)more));
    return IDEM_OK;
}

static enum idem_status S_redirected(struct telling *t, json_t *result, struct idem_error *err)
{
    struct action *a = t->action;
    struct apply_run *r = &a->run;
    json_t *list = json_array();
    json_put(result, "redirected", list);
    for (uint32_t m = 0; m < r->previous.n_masters && json_array_size(list) < MOST_MASTERS; m++) {
        struct store_master target;
        if (r->assigned.fate[m] != EVENT_MERGED && r->assigned.fate[m] != EVENT_REDIRECTED)
            continue;
        TRY(store_survivor(a->store, r->previous.master[m].mid, &a->arena, &target, err));
        json_t *o = json_object();
        json_put(o, "master_id", S_id(r->previous.master[m].uuid));
        json_put(o, "redirect_to", S_id(target.uuid));
        json_array_append_new(list, o);
    }
    return IDEM_OK;
}

static void S_decisions(struct telling *t, json_t *result)
{
    static const char *const VERDICTS[] = {"same", "different", "unsure"};
    struct action *a = t->action;
    json_t *decided = json_array(), *withdrawn = json_array();
    for (size_t i = 0; i < a->n_notes; i++) {
        const struct store_decision *d = &a->note[i].decision;
        json_t *list = a->note[i].withdrawn ? withdrawn : decided;
        if (json_array_size(list) >= MOST_TOLD)
            continue;
        json_t *o = json_object();
        json_put(o, "decision", json_integer(d->id));
        json_put(o, "a", json_from_str(action_name(a, d->rid_a)));
        json_put(o, "b", json_from_str(action_name(a, d->rid_b)));
        json_put(o, "verdict", json_string(VERDICTS[d->verdict]));
        json_array_append_new(list, o);
    }
    json_put(result, "decisions", decided);
    json_put(result, "withdrawn", withdrawn);
}

static void S_counts(const struct apply_run *r, json_t *result)
{
    const struct assign_counts *c = &r->assigned.counts;
    json_t *o = json_object();
    json_put(o, "created", json_integer((json_int_t)c->created));
    json_put(o, "merged", json_integer((json_int_t)c->merged));
    json_put(o, "split", json_integer((json_int_t)c->split));
    json_put(o, "revived", json_integer((json_int_t)c->revived));
    json_put(o, "moved", json_integer((json_int_t)c->moved));
    json_put(o, "retired", json_integer((json_int_t)c->retired));
    json_put(result, "counts", o);
}

static enum idem_status S_tell(struct telling *t, json_t *result, struct idem_error *err)
{
    struct action *a = t->action;
    bool dry = a->options->dry_run;
    TRY(golden_open(a->session, &t->reader, err));
    json_put(result, "command", json_string(a->via));
    json_put(result, "status", json_string(dry ? "dry_run" : "committed"));
    json_put(result, "run_id", dry ? json_null() : json_integer(a->run.run.id));
    json_put(result, "seq", dry ? json_null() : json_integer(a->run.seq));
    S_decisions(t, result);
    S_counts(&a->run, result);
    TRY(S_redirected(t, result, err));
    return S_masters(t, result, err);
}

enum idem_status action_tell(struct action *a, json_t *result, struct idem_error *err)
{
    struct telling t = {.action = a, .masked = session_masked(a->session)};
    enum idem_status status = S_tell(&t, result, err);
    golden_close(&t.reader);
    return status;
}

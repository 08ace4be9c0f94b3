/*
 * Everything that happened to a record or a master. To a record also what happened to the masters it was in, while it
 * was in them, and when its own values changed: which fields, never the values.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "engine/apply_events.h"
#include "engine/audit.h"
#include "engine/mask.h"
#include "engine/master.h"

/* One line of the history: an event, or (kind STORE_EVENT_KINDS) values of the record that changed. */
struct history {
    struct idem_session *session;
    struct golden_reader reader;
    struct store *store;
    struct arena arena;
    bool masked, has_key;
    struct store_event *line;
    size_t n, room;
    int64_t mid, until; /* while the events of one membership are gathered */
    struct store_run *run;
    size_t n_runs;
};

static void S_add(struct history *h, const struct store_event *event)
{
    if (h->n == h->room) {
        h->room = h->room * 2 + 64;
        h->line = xrealloc(h->line, h->room * sizeof *h->line);
    }
    h->line[h->n] = *event;
    h->line[h->n++].fields = str_copy(&h->arena, event->fields);
}

static enum idem_status S_take(void *context, const struct store_event *event, struct idem_error *err)
{
    (void)err;
    S_add(context, event);
    return IDEM_OK;
}

/* What the master that a record is in became. */
static enum idem_status S_take_of_master(void *context, const struct store_event *event, struct idem_error *err)
{
    struct history *h = context;
    (void)err;
    if (event->mid == h->mid && (event->kind == STORE_MERGED || event->kind == STORE_REDIRECTED) &&
        (!h->until || event->seq < h->until))
        S_add(h, event);
    return IDEM_OK;
}

/* ------------------------------------------------------------------ of a record */

static enum idem_status S_values_at(struct history *h, int64_t rid, int64_t seq, struct arena *scratch,
                                    struct packed_record *record, struct store_moment *moment, struct idem_error *err)
{
    struct store_record row;
    TRY(store_moment_of_seq(h->store, seq, moment, err));
    store_set_moment(h->store, moment);
    enum idem_status status = store_get_record(h->store, rid, true, scratch, &row, err);
    store_set_moment(h->store, NULL);
    TRY(status);
    if (!record_unpack(row.packed, scratch, record))
        return error_set(err, IDEM_CORRUPT, "record %lld cannot be read; run \"idem verify\"", (long long)rid);
    return IDEM_OK;
}

static bool S_field_differs(const struct packed_record *a, const struct packed_record *b, unsigned f)
{
    static const struct packed_field none = {0};
    const struct packed_field *x = f < a->n_fields ? &a->field[f] : &none, *y = f < b->n_fields ? &b->field[f] : &none;
    if (x->n != y->n)
        return true;
    for (unsigned v = 0; v < x->n; v++)
        if (!str_eq(x->value[v].raw, y->value[v].raw))
            return true;
    return false;
}

static enum idem_status S_value_change(struct history *h, int64_t rid, int64_t seq, struct idem_error *err)
{
    struct packed_record before, after;
    struct store_moment moment;
    struct arena scratch = {0};
    uint64_t bits = 0;
    enum idem_status status = IDEM_OK;
    if (h->has_key)
        status = S_values_at(h, rid, seq - 1, &scratch, &before, &moment, err);
    if (h->has_key && status == IDEM_OK)
        status = S_values_at(h, rid, seq, &scratch, &after, &moment, err);
    else if (status == IDEM_OK)
        status = store_moment_of_seq(h->store, seq, &moment, err);
    for (unsigned f = 0; h->has_key && status == IDEM_OK && f < h->reader.schema.n_fields; f++)
        if (!h->reader.schema.field[f].derived && S_field_differs(&before, &after, f))
            bits |= UINT64_C(1) << f;
    if (status == IDEM_OK)
        S_add(h, &(struct store_event){.seq = seq,
                                       .run = moment.run,
                                       .kind = STORE_EVENT_KINDS,
                                       .rid = rid,
                                       .at_ms = moment.at_ms,
                                       .fields = event_fields(&h->reader.schema, bits, &h->arena)});
    arena_deinit(&scratch);
    return status;
}

static int S_by_seq(const void *a, const void *b)
{
    const struct store_event *x = a, *y = b;
    return (x->seq > y->seq) - (x->seq < y->seq);
}

static enum idem_status S_of_record(struct history *h, int64_t rid, struct idem_error *err)
{
    struct store_membership *in;
    int64_t *seq, kept;
    size_t n;
    TRY(store_each_event(h->store, 0, rid, 0, S_take, h, err));
    TRY(store_memberships(h->store, rid, &h->arena, &in, &n, err));
    for (size_t i = 0; i < n; i++) {
        h->mid = in[i].mid;
        h->until = in[i].to;
        TRY(store_each_event(h->store, in[i].from, 0, h->mid, S_take_of_master, h, err));
    }
    TRY(store_history_from(h->store, &kept, err));
    TRY(store_value_changes(h->store, rid, &h->arena, &seq, &n, err));
    for (size_t i = 0; i < n; i++)
        if (seq[i] > kept + 1)
            TRY(S_value_change(h, rid, seq[i], err));
    if (h->n)
        qsort(h->line, h->n, sizeof *h->line, S_by_seq);
    return IDEM_OK;
}

/* ------------------------------------------------------------------ JSON */

static enum idem_status S_put_key(struct history *h, json_t *object, int64_t rid, struct idem_error *err)
{
    struct store_record row;
    TRY(store_get_record(h->store, rid, false, &h->arena, &row, err));
    const struct store_source *source = golden_source(&h->reader, row.source);
    bool personal = source && source->personal_ids;
    if (personal && h->has_key)
        TRY(store_get_record(h->store, rid, true, &h->arena, &row, err));
    json_put_str(object, "data_source", source ? source->name : (struct str){0});
    json_put_str(object, "record_id", mask_id_if(personal && h->masked, h->store, row.record_id, &h->arena));
    return IDEM_OK;
}

static enum idem_status S_master(struct history *h, int64_t mid, json_t **out, struct idem_error *err)
{
    struct store_master master;
    char text[37];
    *out = NULL;
    if (mid) {
        TRY(store_get_master(h->store, mid, &h->arena, &master, err));
        store_uuid_format(master.uuid, text);
        *out = json_string(text);
    }
    *out = *out ? *out : json_null();
    return IDEM_OK;
}

static const struct store_run *S_run(const struct history *h, int64_t id)
{
    for (size_t i = 0; i < h->n_runs; i++)
        if (h->run[i].id == id)
            return &h->run[i];
    return NULL;
}

static json_t *S_fields(struct str fields)
{
    json_t *list = json_array();
    struct str name;
    while (fields.len && str_next_piece(&fields, ',', &name))
        json_array_append_new(list, json_from_str(name));
    return list;
}

static enum idem_status S_line(struct history *h, const struct store_event *e, json_t *list, struct idem_error *err)
{
    json_t *one = json_object(), *record = json_null(), *master;
    const struct store_run *run = S_run(h, e->run);
    char at[25];
    json_array_append_new(list, one);
    clock_format(e->at_ms, at);
    json_put(one, "seq", json_integer(e->seq));
    json_put(one, "at", json_string(at));
    json_put(one, "run_id", json_integer(e->run));
    json_put(one, "by", run && run->by.len ? json_from_str(run->by) : json_null());
    json_put_str(one, "event", e->kind == STORE_EVENT_KINDS ? STR("changed") : str_from(store_event_name(e->kind)));
    if (e->rid) {
        json_decref(record);
        record = json_object();
    }
    json_put(one, "record", record);
    if (e->rid)
        TRY(S_put_key(h, record, e->rid, err));
    TRY(S_master(h, e->mid, &master, err));
    json_put(one, "master_id", master);
    TRY(S_master(h, e->other, &master, err));
    json_put(one, "other_master_id", master);
    json_put(one, "fields", S_fields(e->fields));
    json_put(one, "reason", e->reason ? json_string(store_reason_name(e->reason)) : json_null());
    return IDEM_OK;
}

static enum idem_status S_head(struct history *h, const struct master_found *found, json_t *result,
                               struct idem_error *err)
{
    json_t *master;
    struct store_record row = {0};
    const struct store_master *about = found->rid ? &found->survivor : &found->asked;
    if (found->rid) {
        json_t *key = json_object();
        json_put(result, "record", key);
        TRY(S_put_key(h, key, found->rid, err));
        TRY(store_get_record(h->store, found->rid, false, &h->arena, &row, err));
        json_put_str(result, "status", row.status == STORE_RECORD_GONE ? STR("gone") : STR("current"));
    } else {
        json_put(result, "record", json_null());
        json_put_str(result, "status", str_from(master_state(about->status)));
    }
    TRY(S_master(h, about->mid, &master, err));
    json_put(result, "master_id", master);
    TRY(S_master(h, about->mid == found->survivor.mid ? 0 : found->survivor.mid, &master, err));
    json_put(result, "redirect_to", master);
    return IDEM_OK;
}

static enum idem_status S_history(struct history *h, const char *key, json_t *result, struct idem_error *err)
{
    struct master_found found;
    json_t *list = json_array();
    int64_t kept;
    TRY(golden_open(h->session, &h->reader, err));
    enum idem_status status = master_find(h->store, str_from(key), &h->arena, &found, err);
    if (status == IDEM_OK)
        status = S_head(h, &found, result, err);
    json_put(result, "events", list);
    TRY(status);
    TRY(store_get_runs(h->store, 0, &h->arena, &h->run, &h->n_runs, err));
    if (found.rid)
        TRY(S_of_record(h, found.rid, err));
    else
        TRY(store_each_event(h->store, 0, 0, found.asked.mid, S_take, h, err));
    for (size_t i = 0; i < h->n; i++)
        TRY(S_line(h, &h->line[i], list, err));
    TRY(store_history_from(h->store, &kept, err));
    json_put(result, "kept_from_seq", json_integer(kept));
    bool personal;
    struct audit_subjects about = {.n = 0};
    audit_subject_key(&about, key);
    audit_subject_master(&about, found.survivor.uuid);
    TRY(audit_personal_ids(h->store, &personal, err));
    return personal ? audit_looked_at(h->session, "history", &about, err) : IDEM_OK;
}

enum idem_status idem_history(struct idem_session *s, const char *key, char **json, struct idem_error *err)
{
    struct history h = {.session = s};
    json_t *result = json_object();
    enum idem_status status;
    *json = NULL;
    TRY_DONE(session_store(s, STORE_READ, &h.store, err));
    TRY_DONE(store_snapshot_begin(h.store, err));
    h.masked = session_masked(s);
    h.has_key = store_info(h.store)->has_key;
    status = S_history(&h, key, result, err);
    store_snapshot_end(h.store);
    if (status == IDEM_OK)
        *json = json_text(result);
done:
    golden_close(&h.reader);
    arena_deinit(&h.arena);
    free(h.line);
    json_decref(result);
    return status;
}

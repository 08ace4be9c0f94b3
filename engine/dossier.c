#include "engine/dossier.h"

#include <stdlib.h>

#include "base/clock.h"
#include "engine/audit.h"
#include "engine/golden.h"
#include "engine/mask.h"
#include "engine/master.h"
#include "store/removal.h"
#include "store/steward.h"

struct dossier {
    struct idem_session *session;
    struct store *store;
    struct golden_reader reader;
    struct arena arena;
    json_t *result;
    bool masked, has_key;
    struct master_found found;
    int64_t *rid; /* [n] gone ones too, ascending */
    size_t n;
    int64_t *mid; /* [n_mids] the master and all that were merged into it */
    size_t n_mids, mids_room;
    char master_id[37];
};

static json_t *S_time(int64_t ms)
{
    char text[25];
    if (ms == INT64_MIN || !ms)
        return json_null();
    clock_format(ms, text);
    return json_string(text);
}

static json_t *S_text(struct str text)
{
    return text.len ? json_from_str(text) : json_null();
}

/* Where the key is not there the text of a sealed value is empty: that it exists is told. */
static json_t *S_note(const struct dossier *d, struct str text)
{
    return !d->masked ? S_text(text) : text.len ? json_string("***") : json_null();
}

static json_t *S_shown(struct dossier *d, unsigned field, struct str value)
{
    bool hidden = d->masked && d->reader.schema.field[field].personal;
    if (d->reader.schema.field[field].type == FIELD_HASHED)
        return json_string("hashed: cannot be shown");
    return json_from_str(mask_if(hidden, d->store, d->reader.schema.field[field].type, value, &d->arena));
}

/* ------------------------------------------------------------------ who */

static int S_ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static enum idem_status S_family(struct dossier *d, int64_t mid, unsigned level, struct idem_error *err)
{
    int64_t *id;
    size_t n;
    if (d->n_mids == d->mids_room) {
        d->mids_room = d->mids_room * 2 + 16;
        d->mid = xrealloc(d->mid, d->mids_room * sizeof *d->mid);
    }
    d->mid[d->n_mids++] = mid;
    TRY(erase_rids_of_master(d->store, mid, &d->arena, &id, &n, err));
    int64_t *grown = ARENA_NEW(&d->arena, int64_t, d->n + n + 1);
    if (d->n)
        memcpy(grown, d->rid, d->n * sizeof *grown);
    if (n)
        memcpy(grown + d->n, id, n * sizeof *grown);
    d->rid = grown;
    d->n += n;
    TRY(store_redirected_from(d->store, mid, &d->arena, &id, &n, err));
    for (size_t i = 0; i < n && level < 64; i++)
        TRY(S_family(d, id[i], level + 1, err));
    return IDEM_OK;
}

static bool S_is_one(const struct dossier *d, int64_t rid)
{
    return d->n && bsearch(&rid, d->rid, d->n, sizeof rid, S_ascending) != NULL;
}

static enum idem_status S_key(struct dossier *d, int64_t rid, json_t *o, struct idem_error *err)
{
    struct store_record row;
    TRY(store_get_record(d->store, rid, d->has_key, &d->arena, &row, err));
    const struct store_source *source = golden_source(&d->reader, row.source);
    bool hidden = d->masked && source && source->personal_ids;
    json_put_str(o, "data_source", source ? source->name : (struct str){0});
    json_put_str(o, "record_id", mask_id_if(hidden, d->store, row.record_id, &d->arena));
    return IDEM_OK;
}

/* ------------------------------------------------------------------ values */

static json_t *S_forms(struct dossier *d, unsigned field, struct str packed)
{
    json_t *list = json_array();
    struct norm norm;
    bool hashed = d->reader.schema.field[field].type == FIELD_HASHED;
    if (!hashed && norm_unpack(packed, &norm))
        for (unsigned i = 0; i < NORM_FORMS; i++)
            if (norm.form[i].len)
                json_array_append_new(list, S_shown(d, field, norm.form[i]));
    return list;
}

static enum idem_status S_values(struct dossier *d, struct str packed, json_t **out, struct idem_error *err)
{
    struct packed_record record;
    if (!d->has_key) {
        *out = json_null();
        return IDEM_OK;
    }
    json_t *list = *out = json_array();
    if (!record_unpack(packed, &d->arena, &record))
        return error_set(err, IDEM_CORRUPT, "a record cannot be read; run \"idem verify\"");
    for (unsigned f = 0; f < record.n_fields && f < d->reader.schema.n_fields; f++)
        for (unsigned v = 0; v < record.field[f].n; v++) {
            json_t *o = json_object();
            json_put_str(o, "field", d->reader.schema.field[f].name);
            json_put(o, "value", S_shown(d, f, record.field[f].value[v].raw));
            json_put(o, "compared_as", S_forms(d, f, record.field[f].value[v].norm));
            json_array_append_new(list, o);
        }
    return IDEM_OK;
}

/* What the record said before each change of it that is still kept. */
static enum idem_status S_earlier(struct dossier *d, int64_t rid, json_t *list, struct idem_error *err)
{
    int64_t *seq;
    size_t n;
    TRY(store_value_changes(d->store, rid, &d->arena, &seq, &n, err));
    for (size_t i = 0; i < n; i++) {
        struct store_moment before, change;
        struct store_record row;
        json_t *o = json_object(), *values = NULL;
        json_array_append_new(list, o);
        TRY(store_moment_of_seq(d->store, seq[i], &change, err));
        enum idem_status status = store_moment_of_seq(d->store, seq[i] - 1, &before, NULL);
        if (status != IDEM_OK)
            continue;
        store_set_moment(d->store, &before);
        status = store_get_record(d->store, rid, d->has_key, &d->arena, &row, err);
        store_set_moment(d->store, NULL);
        TRY(status);
        json_put(o, "until", S_time(change.at_ms));
        TRY(S_values(d, row.packed, &values, err));
        json_put(o, "values", values);
    }
    return IDEM_OK;
}

static enum idem_status S_record(struct dossier *d, int64_t rid, json_t *list, struct idem_error *err)
{
    struct store_record row;
    struct packed_record record;
    json_t *o = json_object(), *values = NULL, *earlier = json_array();
    json_array_append_new(list, o);
    TRY(S_key(d, rid, o, err));
    TRY(store_get_record(d->store, rid, d->has_key, &d->arena, &row, err));
    json_put_str(o, "status", row.status == STORE_RECORD_CURRENT ? STR("current") : STR("gone from its source"));
    if (d->has_key && record_unpack(row.packed, &d->arena, &record))
        json_put(o, "updated_at", S_time(record.updated_at));
    json_put(o, "first_read_by_run", json_integer(row.run));
    json_put(o, "earlier", earlier);
    TRY(S_values(d, row.packed, &values, err));
    json_put(o, "values", values);
    return S_earlier(d, rid, earlier, err);
}

static enum idem_status S_records(struct dossier *d, struct idem_error *err)
{
    json_t *list = json_array();
    json_put(d->result, "records", list);
    for (size_t i = 0; i < d->n; i++)
        TRY(S_record(d, d->rid[i], list, err));
    return IDEM_OK;
}

/* Without the key: which fields have values, by which rule, of which record. */
static enum idem_status S_golden_outline(struct dossier *d, json_t *list, struct idem_error *err)
{
    struct golden_prov prov;
    if (!golden_unpack(d->found.survivor.prov, d->reader.schema.n_fields, &d->arena, &prov))
        return IDEM_OK;
    for (unsigned f = 0; f < prov.n_fields; f++) {
        const struct golden_origin *origin = &prov.field[f];
        for (uint32_t v = 0; v < origin->n + golden_is_pinned(origin); v++) {
            json_t *o = json_object();
            json_array_append_new(list, o);
            json_put_str(o, "field", d->reader.schema.field[f].name);
            json_put(o, "value", json_string("***"));
            json_put_str(o, "chosen_by", str_from(survivor_rule_name((enum survivor_rule)origin->rule)));
            if (origin->n)
                TRY(S_key(d, prov.rid[origin->choice[v].member], o, err));
        }
    }
    return IDEM_OK;
}

static enum idem_status S_golden(struct dossier *d, struct idem_error *err)
{
    struct golden_text *golden;
    json_t *list = json_array();
    json_put(d->result, "golden", list);
    if (!d->found.survivor.n)
        return IDEM_OK;
    if (!d->has_key)
        return S_golden_outline(d, list, err);
    TRY(golden_read(&d->reader, &d->found.survivor, &d->arena, &golden, err));
    for (unsigned f = 0; f < d->reader.schema.n_fields; f++)
        for (uint32_t v = 0; v < golden[f].n; v++) {
            json_t *o = json_object();
            json_array_append_new(list, o);
            json_put_str(o, "field", d->reader.schema.field[f].name);
            json_put(o, "value", S_shown(d, f, golden[f].value[v]));
            json_put_str(o, "chosen_by", str_from(survivor_rule_name((enum survivor_rule)golden[f].rule)));
            if (golden[f].rid)
                TRY(S_key(d, golden[f].rid, o, err));
        }
    return IDEM_OK;
}

/* ------------------------------------------------------------------ what people said */

static enum idem_status S_decision(void *context, const struct store_decision *decision, struct idem_error *err)
{
    static const char *const VERDICTS[] = {"same", "different", "unsure"};
    struct dossier *d = context;
    json_t *o = json_object(), *a = json_object(), *b = json_object();
    if (!S_is_one(d, decision->rid_a) && !S_is_one(d, decision->rid_b)) {
        json_decref(o);
        json_decref(a);
        json_decref(b);
        return IDEM_OK;
    }
    json_array_append_new(json_object_get(d->result, "decisions"), o);
    json_put(o, "verdict", json_string(VERDICTS[decision->verdict]));
    json_put(o, "a", a);
    json_put(o, "b", b);
    json_put(o, "at", S_time(decision->at_ms));
    json_put(o, "by", S_text(decision->by));
    json_put(o, "reason", S_note(d, decision->note));
    json_put(o, "withdrawn_at", S_time(decision->withdrawn_ms));
    int64_t rid[] = {decision->rid_a, decision->rid_b};
    json_t *of[] = {a, b};
    for (size_t i = 0; i < COUNT_OF(rid); i++)
        if (S_is_one(d, rid[i]))
            TRY(S_key(d, rid[i], of[i], err));
        else
            json_put(of[i], "record", json_string("of somebody else")); /* whose data this is not */
    return IDEM_OK;
}

static bool S_is_master(const struct dossier *d, int64_t mid)
{
    for (size_t i = 0; i < d->n_mids; i++)
        if (d->mid[i] == mid)
            return true;
    return false;
}

static enum idem_status S_pin(void *context, const struct store_pin *pin, struct idem_error *err)
{
    struct dossier *d = context;
    (void)err;
    if (!S_is_master(d, pin->mid))
        return IDEM_OK;
    json_t *o = json_object();
    json_array_append_new(json_object_get(d->result, "pins"), o);
    bool known = pin->field < d->reader.schema.n_fields;
    json_put_str(o, "field", known ? d->reader.schema.field[pin->field].name : (struct str){0});
    json_put(o, "value",
             !d->has_key       ? json_string("***")
             : !pin->value.len ? json_null()
             : known           ? S_shown(d, pin->field, pin->value)
                               : S_note(d, pin->value));
    json_put(o, "at", S_time(pin->at_ms));
    json_put(o, "by", S_text(pin->by));
    return IDEM_OK;
}

static enum idem_status S_alias(void *context, const struct store_alias *alias, struct idem_error *err)
{
    struct dossier *d = context;
    (void)err;
    if (!S_is_master(d, alias->mid))
        return IDEM_OK;
    json_t *o = json_object();
    json_put_str(o, "scheme", alias->scheme);
    json_put_str(o, "id", alias->alias);
    json_array_append_new(json_object_get(d->result, "other_ids"), o);
    return IDEM_OK;
}

static enum idem_status S_said(struct dossier *d, struct idem_error *err)
{
    json_put(d->result, "decisions", json_array());
    json_put(d->result, "pins", json_array());
    json_put(d->result, "other_ids", json_array());
    TRY(steward_each_decision(d->store, 0, true, S_decision, d, err));
    TRY(steward_each_pin(d->store, 0, S_pin, d, err));
    return steward_each_alias(d->store, S_alias, d, err);
}

/* ------------------------------------------------------------------ where from, and who looked */

/* Sources that the records came from, with the files they were read from last. */
static enum idem_status S_sources(struct dossier *d, struct idem_error *err)
{
    json_t *list = json_array();
    json_put(d->result, "sources", list);
    for (size_t i = 0; i < d->reader.n_sources; i++) {
        const struct store_source *source = &d->reader.source[i];
        uint64_t n = 0;
        for (size_t k = 0; k < d->n; k++) {
            struct store_record row;
            TRY(store_get_record(d->store, d->rid[k], false, &d->arena, &row, err));
            n += row.source == source->id;
        }
        if (!n)
            continue;
        json_t *o = json_object();
        json_put_str(o, "name", source->name);
        json_put(o, "records", json_integer((json_int_t)n));
        int at = d->session->config ? config_find_source(d->session->config, source->name) : -1;
        json_put(o, "read_from", at >= 0 ? json_from_str(d->session->config->source[at].path) : json_null());
        json_array_append_new(list, o);
    }
    return IDEM_OK;
}

static enum idem_status S_take(json_t *result, const char *name, char *text, const char *member, struct idem_error *err)
{
    json_t *o;
    enum idem_status status = json_parse(str_from(text), name, &o, err);
    idem_free(text);
    TRY(status);
    json_t *list = json_object_get(o, member);
    json_put(result, name, list ? json_incref(list) : json_array());
    json_decref(o);
    return IDEM_OK;
}

static enum idem_status S_master(struct dossier *d, const char *key, struct idem_error *err)
{
    json_t *ids;
    TRY(golden_open(d->session, &d->reader, err));
    TRY(master_find(d->store, str_from(key), &d->arena, &d->found, err));
    if (d->found.survivor.status == STORE_MASTER_ERASED)
        return error_set(err, IDEM_NOT_FOUND, "this person was erased: nothing is held");
    TRY(S_family(d, d->found.survivor.mid, 0, err));
    if (d->n)
        qsort(d->rid, d->n, sizeof *d->rid, S_ascending);
    store_uuid_format(d->found.survivor.uuid, d->master_id);
    json_put(d->result, "made_at", S_time(clock_now_ms()));
    json_put(d->result, "masked", json_boolean(d->masked));
    json_put(d->result, "master_id", json_string(d->master_id));
    json_put_str(d->result, "status", str_from(master_state(d->found.survivor.status)));
    json_put(d->result, "earlier_ids", ids = json_array());
    for (size_t i = 1; i < d->n_mids; i++) {
        struct store_master m;
        char text[37];
        TRY(store_get_master(d->store, d->mid[i], &d->arena, &m, err));
        store_uuid_format(m.uuid, text);
        json_array_append_new(ids, json_string(text));
    }
    return IDEM_OK;
}

static enum idem_status S_held(struct dossier *d, const char *key, struct idem_error *err)
{
    TRY(S_master(d, key, err));
    TRY(S_golden(d, err));
    TRY(S_records(d, err));
    TRY(S_sources(d, err));
    return S_said(d, err);
}

static enum idem_status S_all(struct dossier *d, const char *key, struct idem_error *err)
{
    struct audit_subjects about = {.n = 0};
    char *text;
    TRY(store_snapshot_begin(d->store, err));
    enum idem_status status = S_held(d, key, err);
    store_snapshot_end(d->store);
    TRY(status);
    TRY(idem_history(d->session, d->master_id, &text, err));
    TRY(S_take(d->result, "history", text, "events", err));
    const struct idem_audit_options options = {.subject = d->master_id};
    if (!d->has_key) { /* who an entry is about is sealed */
        json_put(d->result, "looked_at", json_null());
        return IDEM_OK;
    }
    TRY(idem_audit(d->session, &options, &text, err));
    TRY(S_take(d->result, "looked_at", text, "entries", err));
    audit_subject_key(&about, key);
    audit_subject_master(&about, d->found.survivor.uuid);
    return audit_looked_at(d->session, "dossier", &about, err);
}

IDEM_API enum idem_status idem_dossier(struct idem_session *s, const char *key, enum idem_dossier_form form,
                                       char **text, struct idem_error *err)
{
    struct dossier d = {.session = s, .result = json_object()};
    struct buf out = {0};
    enum idem_status status;
    *text = NULL;
    TRY_DONE(session_store(s, STORE_READ, &d.store, err));
    d.masked = session_masked(s);
    d.has_key = store_info(d.store)->has_key;
    TRY_DONE(S_all(&d, key, err));
    if (form == IDEM_DOSSIER_JSON)
        *text = json_text(d.result);
    else if (form == IDEM_DOSSIER_HTML)
        dossier_html(d.result, &out);
    else
        dossier_text(d.result, &out);
    if (form != IDEM_DOSSIER_JSON) {
        *text = xmalloc(out.len + 1);
        memcpy(*text, buf_cstr(&out), out.len + 1);
    }
done:
    buf_deinit(&out);
    golden_close(&d.reader);
    free(d.mid);
    arena_deinit(&d.arena);
    json_decref(d.result);
    return status;
}

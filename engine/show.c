/* One master in full: its golden record with provenance, its records, what was merged into it. */
#include "base/clock.h"
#include "base/json.h"
#include "engine/audit.h"
#include "engine/golden.h"
#include "engine/mask.h"
#include "engine/master.h"
#include "identity/mint.h"

struct show {
    struct golden_reader reader;
    struct arena arena;
    struct idem_session *session;
    bool masked, has_key;
};

static json_t *S_id(const uint8_t uuid[16])
{
    char text[37];
    store_uuid_format(uuid, text);
    return json_string(text);
}

static bool S_hides(const struct show *w, unsigned field)
{
    return w->masked && (!w->has_key || w->reader.schema.field[field].personal);
}

/* {"data_source":..,"record_id":..} of a record. */
static enum idem_status S_put_key(struct show *w, json_t *object, const struct store_record *row)
{
    const struct store_source *source = golden_source(&w->reader, row->source);
    bool hidden = source && source->personal_ids && (w->masked || !w->has_key);
    json_put_str(object, "data_source", source ? source->name : (struct str){0});
    json_put_str(object, "record_id", mask_id_if(hidden, w->reader.store, row->record_id, &w->arena));
    return IDEM_OK;
}

static json_t *S_values(struct show *w, unsigned field, const struct str *value, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_from_str(mask_if(S_hides(w, field), w->reader.store,
                                                          w->reader.schema.field[field].type, value[i], &w->arena)));
    return list;
}

static enum idem_status S_origin(struct show *w, int64_t rid, json_t **out, struct idem_error *err)
{
    struct store_record row;
    if (!rid) {
        *out = json_null();
        return IDEM_OK;
    }
    TRY(store_get_record(w->reader.store, rid, w->has_key, &w->arena, &row, err));
    *out = json_object();
    return S_put_key(w, *out, &row);
}

/* Without the key: which fields have values, of which records, by which rule. */
static enum idem_status S_placeholders(struct show *w, const struct store_master *master, json_t *list,
                                       struct idem_error *err)
{
    struct golden_prov prov;
    json_t *from;
    if (!golden_unpack(master->prov, w->reader.schema.n_fields, &w->arena, &prov))
        return IDEM_OK;
    for (unsigned f = 0; f < prov.n_fields; f++) {
        const struct golden_origin *origin = &prov.field[f];
        uint32_t n = golden_is_pinned(origin) ? 1 : origin->n;
        if (!n)
            continue;
        TRY(S_origin(w, origin->n ? prov.rid[origin->choice[0].member] : 0, &from, err));
        json_t *one = json_object(), *values = json_array();
        for (uint32_t v = 0; v < n; v++)
            json_array_append_new(values, json_string("***"));
        json_put_str(one, "field", w->reader.schema.field[f].name);
        json_put(one, "values", values);
        json_put(one, "from", from);
        json_put_str(one, "rule", str_from(survivor_rule_name((enum survivor_rule)origin->rule)));
        json_array_append_new(list, one);
    }
    return IDEM_OK;
}

static enum idem_status S_golden(struct show *w, const struct store_master *master, json_t *result,
                                 struct idem_error *err)
{
    struct golden_text *golden;
    json_t *list = json_array(), *from;
    json_put(result, "golden", list);
    if (!w->has_key)
        return S_placeholders(w, master, list, err);
    TRY(golden_read(&w->reader, master, &w->arena, &golden, err));
    for (unsigned f = 0; f < w->reader.schema.n_fields; f++) {
        if (!golden[f].n)
            continue;
        TRY(S_origin(w, golden[f].rid, &from, err));
        json_t *one = json_object();
        json_put_str(one, "field", w->reader.schema.field[f].name);
        json_put(one, "values", S_values(w, f, golden[f].value, golden[f].n));
        json_put(one, "from", from);
        json_put_str(one, "rule", str_from(survivor_rule_name((enum survivor_rule)golden[f].rule)));
        json_array_append_new(list, one);
    }
    return IDEM_OK;
}

static json_t *S_record_values(struct show *w, const struct packed_record *record)
{
    json_t *values = json_object();
    for (unsigned f = 0; f < record->n_fields && f < w->reader.schema.n_fields; f++) {
        const struct field *field = &w->reader.schema.field[f];
        const struct packed_field *packed = &record->field[f];
        struct str *raw = ARENA_NEW(&w->arena, struct str, packed->n + 1);
        if (!packed->n || field->derived)
            continue;
        for (unsigned v = 0; v < packed->n; v++)
            raw[v] = packed->value[v].raw;
        json_put(values, str_cstr(&w->arena, field->name), S_values(w, f, raw, packed->n));
    }
    return values;
}

static json_t *S_time(int64_t ms)
{
    char text[25];
    if (ms == INT64_MIN)
        return json_null();
    clock_format(ms, text);
    return json_string(text);
}

static enum idem_status S_record(struct show *w, int64_t rid, json_t *list, struct idem_error *err)
{
    struct store_record row;
    struct packed_record record = {.updated_at = INT64_MIN};
    TRY(store_get_record(w->reader.store, rid, w->has_key, &w->arena, &row, err));
    if (w->has_key && !record_unpack(row.packed, &w->arena, &record))
        return error_set(err, IDEM_CORRUPT, "record %lld cannot be read; run \"idem verify\"", (long long)rid);
    json_t *one = json_object();
    json_array_append_new(list, one);
    TRY(S_put_key(w, one, &row));
    json_put(one, "updated_at", S_time(record.updated_at));
    json_put(one, "run_id", json_integer(row.run));
    json_put(one, "values", S_record_values(w, &record));
    return IDEM_OK;
}

static enum idem_status S_records(struct show *w, int64_t mid, json_t *result, struct idem_error *err)
{
    int64_t *rid;
    size_t n;
    json_t *list = json_array();
    json_put(result, "records", list);
    TRY(master_members(w->reader.store, mid, &w->arena, &rid, &n, err));
    for (size_t i = 0; i < n; i++)
        TRY(S_record(w, rid[i], list, err));
    return IDEM_OK;
}

static enum idem_status S_redirected_from(struct show *w, int64_t mid, json_t *result, struct idem_error *err)
{
    int64_t *from;
    size_t n;
    json_t *list = json_array();
    json_put(result, "redirected_from", list);
    TRY(store_redirected_from(w->reader.store, mid, &w->arena, &from, &n, err));
    for (size_t i = 0; i < n; i++) {
        struct store_master master;
        TRY(store_get_master(w->reader.store, from[i], &w->arena, &master, err));
        json_array_append_new(list, S_id(master.uuid));
    }
    return IDEM_OK;
}

/* The time a master_id was minted at is in it. */
static json_t *S_created(const struct store_master *master)
{
    char text[37];
    int64_t ms = INT64_MIN;
    json_t *created = json_object();
    store_uuid_format(master->uuid, text);
    if (!mint_is_master_id(str_from(text), &ms))
        ms = INT64_MIN;
    json_put(created, "run_id", json_integer(master->run));
    json_put(created, "at", S_time(ms));
    return created;
}

static enum idem_status S_show(struct show *w, const char *key, json_t *result, struct idem_error *err)
{
    struct master_found found;
    TRY(master_find(w->reader.store, str_from(key), &w->arena, &found, err));
    bool redirected = found.asked.mid != found.survivor.mid;
    bool by_record = found.rid != 0;
    const struct store_master *shown = by_record ? &found.survivor : &found.asked;
    json_put(result, "master_id", S_id(shown->uuid));
    json_put_str(result, "status", str_from(master_state(shown->status)));
    json_put(result, "redirect_to", redirected && !by_record ? S_id(found.survivor.uuid) : json_null());
    TRY(S_redirected_from(w, shown->mid, result, err));
    json_put(result, "masked", json_boolean(w->masked));
    json_put(result, "created", S_created(shown));
    json_put(result, "seq", json_integer(shown->seq));
    if (found.survivor.status == STORE_MASTER_ERASED) {
        json_put(result, "golden", json_array());
        json_put(result, "records", json_array());
        return IDEM_OK;
    }
    if (found.survivor.n)
        TRY(S_golden(w, &found.survivor, result, err));
    else
        json_put(result, "golden", json_array());
    TRY(S_records(w, found.survivor.mid, result, err));
    struct audit_subjects about = {.n = 0};
    audit_subject_key(&about, key);
    audit_subject_master(&about, found.survivor.uuid);
    return audit_looked_at(w->session, "show", &about, err);
}

enum idem_status idem_show(struct idem_session *s, const char *key, char **json, struct idem_error *err)
{
    struct show w = {.session = s};
    struct store *store;
    json_t *result = json_object();
    enum idem_status status;
    *json = NULL;
    arena_init(&w.arena);
    arena_init(&w.reader.arena);
    TRY_DONE(session_store(s, STORE_READ, &store, err));
    TRY_DONE(store_snapshot_begin(store, err));
    w.masked = session_masked(s);
    w.has_key = store_info(store)->has_key;
    status = golden_open(s, &w.reader, err);
    if (status == IDEM_OK)
        status = S_show(&w, key, result, err);
    store_snapshot_end(store);
    if (status == IDEM_OK)
        *json = json_text(result);
done:
    golden_close(&w.reader);
    arena_deinit(&w.arena);
    json_decref(result);
    return status;
}

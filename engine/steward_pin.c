/* Golden values that a person fixes. */
#include "engine/action.h"
#include "engine/hashed.h"
#include "engine/master.h"
#include "record/pack.h"

static enum idem_status S_field(struct action *a, const char *name, unsigned *field, struct idem_error *err)
{
    struct schema schema;
    const char *known[MOST_FIELDS];
    TRY(store_get_fields(a->store, &a->arena, &schema, err));
    int at = schema_find(&schema, str_from(name));
    for (unsigned f = 0; f < schema.n_fields; f++)
        known[f] = str_cstr(&a->arena, schema.field[f].name);
    const char *nearest = at < 0 ? json_nearest_key(str_from(name), known, schema.n_fields) : NULL;
    if (at < 0)
        return error_set(err, IDEM_INVALID, "there is no field %s%s%s%s", name, nearest ? ", did you mean " : "",
                         nearest ? nearest : "", nearest ? "?" : "");
    *field = (unsigned)at;
    return IDEM_OK;
}

/* The record must be the master's and have a value of the field. */
static enum idem_status S_from(struct action *a, const char *key, int64_t mid, unsigned field, int64_t *rid,
                               struct idem_error *err)
{
    struct master_found found;
    struct store_record record;
    struct packed_record packed;
    TRY(master_find(a->store, str_from(key), &a->arena, &found, err));
    if (!found.rid || found.survivor.mid != mid)
        return error_set(err, IDEM_INVALID, "%s is no record of this master", key);
    TRY(store_get_record(a->store, found.rid, true, &a->arena, &record, err));
    if (!record_unpack(record.packed, &a->arena, &packed))
        return error_set(err, IDEM_CORRUPT, "record %lld cannot be read; run \"idem verify\"", (long long)found.rid);
    if (field >= packed.n_fields || !packed.field[field].n)
        return error_set(err, IDEM_INVALID, "%s has no value of this field", key);
    *rid = found.rid;
    return IDEM_OK;
}

/* Of a hashed field the token is pinned. */
static enum idem_status S_value(struct action *a, unsigned field, const char *value, struct str *text,
                                struct idem_error *err)
{
    struct schema schema;
    *text = str_from(value);
    TRY(store_get_fields(a->store, &a->arena, &schema, err));
    if (schema.field[field].type != FIELD_HASHED)
        return IDEM_OK;
    TRY(session_need_key(a->session, a->store, err));
    TRY(hashed_single(a->session, &schema.field[field], *text, &a->arena, text, err));
    return text->len ? IDEM_OK : error_set(err, IDEM_INVALID, "a pin needs a value, or from and a record");
}

static enum idem_status S_touch(struct action *a, int64_t mid, struct idem_error *err)
{
    int64_t *rid;
    size_t n;
    TRY(master_members(a->store, mid, &a->arena, &rid, &n, err));
    action_touch(a, rid, n);
    return n ? IDEM_OK : error_set(err, IDEM_NOT_FOUND, "this master has no records now");
}

static enum idem_status S_pin(struct action *a, const char *master, const char *field, const char *value,
                              const char *from, struct idem_error *err)
{
    struct master_found found;
    struct store_pin pin = {.seq = a->seq, .at_ms = a->now_ms, .by = str_from(a->options->by ? a->options->by : "")};
    TRY(master_find(a->store, str_from(master), &a->arena, &found, err));
    TRY(S_field(a, field, &pin.field, err));
    pin.mid = found.survivor.mid;
    if (from)
        TRY(S_from(a, from, pin.mid, pin.field, &pin.rid, err));
    else if (!*value)
        return error_set(err, IDEM_INVALID, "a pin needs a value, or from and a record");
    else
        TRY(S_value(a, pin.field, value, &pin.value, err));
    TRY(S_touch(a, pin.mid, err));
    return steward_pin(a->store, &pin, err);
}

enum idem_status idem_pin(struct idem_session *s, const char *master, const char *field, const char *value,
                          const char *from, const struct idem_steward_options *options, char **json,
                          struct idem_error *err)
{
    struct action action;
    enum idem_status status = action_begin(&action, s, "pin", options, err);
    if (status == IDEM_OK)
        status = S_pin(&action, master, field, value ? value : "", from, err);
    return action_end(&action, status, json, err);
}

static enum idem_status S_unpin(struct action *a, const char *master, const char *field, struct idem_error *err)
{
    struct master_found found;
    unsigned at = 0;
    TRY(master_find(a->store, str_from(master), &a->arena, &found, err));
    TRY(S_field(a, field, &at, err));
    TRY(S_touch(a, found.survivor.mid, err));
    return steward_unpin(a->store, found.survivor.mid, at, a->seq, err);
}

enum idem_status idem_unpin(struct idem_session *s, const char *master, const char *field,
                            const struct idem_steward_options *options, char **json, struct idem_error *err)
{
    struct action action;
    enum idem_status status = action_begin(&action, s, "unpin", options, err);
    if (status == IDEM_OK)
        status = S_unpin(&action, master, field, err);
    return action_end(&action, status, json, err);
}

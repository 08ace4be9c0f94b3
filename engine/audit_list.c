/* The audit log as JSON, oldest entry first. */
#include "base/clock.h"
#include "engine/audit.h"
#include "engine/master.h"
#include "engine/verify.h"
#include "store/audit_log.h"

struct listing {
    const struct idem_audit_options *options;
    struct store *store;
    struct arena arena;
    json_t *list;
    bool masked;
    uint8_t *token; /* [n_tokens][AUDIT_TOKEN_BYTES] of the subject asked for */
    size_t n_tokens;
};

/* ------------------------------------------------------------------ the subject asked for */

static void S_add_token(struct listing *l, struct str subject)
{
    uint8_t *grown = ARENA_NEW(&l->arena, uint8_t, (l->n_tokens + 1) * AUDIT_TOKEN_BYTES);
    if (l->n_tokens)
        memcpy(grown, l->token, l->n_tokens * AUDIT_TOKEN_BYTES);
    store_audit_token(l->store, subject, grown + l->n_tokens++ * AUDIT_TOKEN_BYTES);
    l->token = grown;
}

static void S_add_master(struct listing *l, const struct store_master *master)
{
    char id[37];
    store_uuid_format(master->uuid, id);
    S_add_token(l, str_from(id));
}

static enum idem_status S_add_records(struct listing *l, int64_t mid, struct idem_error *err)
{
    struct store_source *source;
    int64_t *rid;
    size_t n, n_sources;
    TRY(store_get_sources(l->store, false, &l->arena, &source, &n_sources, err));
    TRY(master_members(l->store, mid, &l->arena, &rid, &n, err));
    for (size_t i = 0; i < n; i++) {
        struct store_record record;
        TRY(store_get_record(l->store, rid[i], true, &l->arena, &record, err));
        for (size_t k = 0; k < n_sources; k++)
            if (source[k].id == record.source)
                S_add_token(l,
                            arena_printf(&l->arena, "%.*s:%.*s", STR_ARG(source[k].name), STR_ARG(record.record_id)));
    }
    return IDEM_OK;
}

/* The key itself, and as far as it is known today the master, what was merged into it, and its records. */
static enum idem_status S_subject(struct listing *l, const char *key, struct idem_error *err)
{
    struct master_found found;
    int64_t *from;
    size_t n;
    S_add_token(l, audit_subject(l->store, str_from(key), &l->arena));
    enum idem_status status = master_find(l->store, str_from(key), &l->arena, &found, NULL);
    if (status == IDEM_NOT_FOUND)
        return IDEM_OK;
    TRY(master_find(l->store, str_from(key), &l->arena, &found, err));
    S_add_master(l, &found.survivor);
    TRY(store_redirected_from(l->store, found.survivor.mid, &l->arena, &from, &n, err));
    for (size_t i = 0; i < n; i++) {
        struct store_master master;
        TRY(store_get_master(l->store, from[i], &l->arena, &master, err));
        S_add_master(l, &master);
    }
    return S_add_records(l, found.survivor.mid, err);
}

static bool S_is_about(const struct listing *l, struct str subjects)
{
    for (size_t i = 0; i + AUDIT_TOKEN_BYTES <= subjects.len; i += AUDIT_TOKEN_BYTES)
        for (size_t k = 0; k < l->n_tokens; k++)
            if (memcmp(subjects.ptr + i, l->token + k * AUDIT_TOKEN_BYTES, AUDIT_TOKEN_BYTES) == 0)
                return true;
    return !l->options->subject;
}

/* ------------------------------------------------------------------ entries */

static bool S_wanted(const struct listing *l, const struct store_audit *e)
{
    const struct idem_audit_options *o = l->options;
    return e->at_ms >= o->since_ms && (!o->until_ms || e->at_ms < o->until_ms) &&
           (!o->verb || str_eq(e->verb, str_from(o->verb))) && (!o->by || str_eq(e->actor, str_from(o->by))) &&
           S_is_about(l, e->subjects);
}

/* Members of the payload: subjects and reason have their own places. */
static void S_put_payload(json_t *entry, json_t *payload)
{
    static const char *const OWN[] = {"subjects", "reason"};
    for (size_t i = 0; i < COUNT_OF(OWN); i++) {
        json_t *value = json_object_get(payload, OWN[i]);
        json_put(entry, OWN[i], value ? json_incref(value) : i ? json_null() : json_array());
        json_object_del(payload, OWN[i]);
    }
    json_put(entry, "detail", json_incref(payload));
}

static enum idem_status S_entry(void *context, const struct store_audit *e, struct idem_error *err)
{
    struct listing *l = context;
    char at[25];
    json_t *payload = NULL;
    if (!S_wanted(l, e))
        return IDEM_OK;
    if (e->payload.len && !l->masked)
        TRY(json_parse(e->payload, "audit log", &payload, err));
    json_t *entry = json_object();
    clock_format(e->at_ms, at);
    json_put(entry, "n", json_integer(e->n));
    json_put(entry, "at", json_string(at));
    json_put_str(entry, "by", e->actor);
    json_put_str(entry, "verb", e->verb);
    S_put_payload(entry, payload ? payload : (payload = json_object()));
    json_decref(payload);
    json_put_str(entry, "payload",
                 !e->has_payload                ? STR("none")
                 : !e->payload_there            ? STR("erased")
                 : e->payload.len && !l->masked ? STR("shown")
                                                : STR("sealed"));
    json_array_append_new(l->list, entry);
    if (l->options->most && json_array_size(l->list) > l->options->most)
        json_array_remove(l->list, 0);
    return IDEM_OK;
}

static enum idem_status S_list(struct idem_session *s, struct listing *l, json_t *result, struct idem_error *err)
{
    char head[IDEM_AUDIT_HEAD];
    l->masked = session_masked(s);
    if (l->options->subject) {
        if (!store_info(l->store)->has_key)
            return error_set(err, IDEM_INVALID,
                             "who a note is about is sealed, and the key file %s is not there; name "
                             "it with --key",
                             s->key_path);
        TRY(S_subject(l, l->options->subject, err));
    }
    TRY(store_audit_each(l->store, 0, S_entry, l, err));
    json_put(result, "entries", json_incref(l->list));
    json_put(result, "masked", json_boolean(l->masked));
    json_put(result, "keyed", json_boolean(store_info(l->store)->sealed));
    if (store_info(l->store)->has_key) {
        TRY(audit_head_text(l->store, head, err));
        json_put(result, "head", json_string(head));
    } else {
        json_put(result, "head", json_null());
    }
    if (!json_array_size(l->list))
        return IDEM_OK;
    struct str subject = str_from(l->options->subject);
    return audit_disclosure(s, &(struct audit_note){.verb = "audit", .subject = &subject, .n_subjects = 1}, err);
}

IDEM_API enum idem_status idem_audit(struct idem_session *s, const struct idem_audit_options *options, char **json,
                                     struct idem_error *err)
{
    static const struct idem_audit_options all = {0};
    struct listing l = {.options = options ? options : &all, .list = json_array()};
    json_t *result = json_object();
    enum idem_status status;
    *json = NULL;
    TRY_DONE(session_store(s, STORE_READ, &l.store, err));
    TRY_DONE(store_snapshot_begin(l.store, err));
    status = S_list(s, &l, result, err);
    store_snapshot_end(l.store);
    if (status == IDEM_OK)
        *json = json_text(result);
done:
    json_decref(l.list);
    json_decref(result);
    arena_deinit(&l.arena);
    return status;
}

IDEM_API enum idem_status idem_audit_head(struct idem_session *s, char head[IDEM_AUDIT_HEAD], struct idem_error *err)
{
    struct store *store;
    *head = 0;
    TRY(session_store(s, STORE_READ, &store, err));
    return audit_head_text(store, head, err);
}

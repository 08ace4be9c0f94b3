/*
 * Keys: making them, their passphrases, and replacing them.
 *
 * A new wrapping key is put before the old one in the key file; then the database is wrapped under it; then the old key
 * leaves the file for one of its own, which older backups need. Killed between any two of these steps, the key file
 * opens the database, and the next rotation goes on where this one stopped.
 */
#include <stdlib.h>

#include "base/parallel.h"
#include "engine/audit.h"
#include "engine/hashed.h"
#include "seal/key_file.h"
#include "store/reseal.h"

enum idem_status idem_key_create(const char *path, const struct idem_passphrase *passphrase, struct idem_error *err)
{
    return seal_key_file_create_protected(path, passphrase, err);
}

enum idem_status idem_key_passphrase(const char *path, const struct idem_passphrase *before,
                                     const struct idem_passphrase *after, struct idem_error *err)
{
    struct keyring *k;
    char id[KEY_FILE_MOST][9];
    TRY(keyring_open_protected(path, before, &k, err));
    enum idem_status status = key_file_write(path, k, 0, keyring_file_ids(k, id), after, err);
    keyring_close(k);
    return status;
}

/* ------------------------------------------------------------------ info */

static json_t *S_text(const char *text)
{
    return *text ? json_string(text) : json_null();
}

static json_t *S_file(const struct idem_session *s)
{
    char id[KEY_FILE_MOST][9];
    json_t *o = json_object(), *ids = json_array();
    unsigned n = s->keys ? keyring_file_ids(s->keys, id) : 0;
    for (unsigned i = 0; i < n; i++)
        json_array_append_new(ids, json_string(id[i]));
    json_put_str(o, "path", str_from(s->key_path));
    json_put(o, "keys", ids);
    json_put(o, "passphrase", s->keys ? json_boolean(keyring_has_passphrase(s->keys)) : json_null());
    return o;
}

/* The key of the tokens of hashed fields and record ids: none where there are none; "legacy" since a rotation of data
 * keys, which it outlives, for the tokens could not be made again. */
static enum idem_status S_hashed_key(const struct idem_session *s, struct store *store, json_t *o,
                                     struct idem_error *err)
{
    struct schema schema;
    struct arena arena = {0};
    struct store_source *source;
    size_t n = 0;
    enum idem_status status = store_get_fields(store, &arena, &schema, err);
    bool opens = store_info(store)->sealed && store_info(store)->has_key;
    bool any = status == IDEM_OK && hashed_any(&schema);
    if (status == IDEM_OK)
        status = store_get_sources(store, false, &arena, &source, &n, err);
    for (size_t i = 0; status == IDEM_OK && i < n; i++)
        any |= source[i].hashed_ids;
    if (status == IDEM_OK && any && opens)
        json_put_str(o, "hashed_key", keyring_has_lasting(s->keys) ? STR("legacy") : STR("present"));
    else
        json_put(o, "hashed_key", json_null());
    arena_deinit(&arena);
    return status;
}

static enum idem_status S_database(const struct idem_session *s, struct store *store, json_t *o, struct idem_error *err)
{
    static const char *const ROTATION[] = {"none", "containers", "record_ids", "destroy"};
    const struct store_info *info = store_info(store);
    char current[9] = "", old[9] = "";
    enum reseal_state state;
    TRY(store_reseal_state(store, &state, err));
    if (info->sealed && info->has_key)
        keyring_container_ids(s->keys, current, old);
    json_put(o, "sealed", json_boolean(info->sealed));
    json_put(o, "key", S_text(info->key_id));
    json_put(o, "opens", json_boolean(info->has_key));
    json_put(o, "containers", S_text(current));
    json_put(o, "old_containers", S_text(old));
    json_put(o, "legacy_index_key", json_boolean(info->sealed && info->has_key && keyring_has_lasting(s->keys)));
    TRY(S_hashed_key(s, store, o, err));
    json_put_str(o, "rotation", str_from(ROTATION[state]));
    return IDEM_OK;
}

enum idem_status idem_key_info(struct idem_session *s, char **json, struct idem_error *err)
{
    struct store *store;
    json_t *result = json_object(), *database = json_object();
    enum idem_status status;
    *json = NULL;
    TRY_DONE(session_store(s, STORE_READ, &store, err));
    json_put(result, "key_file", S_file(s));
    json_put(result, "database", json_incref(database));
    TRY_DONE(S_database(s, store, database, err));
    *json = json_text(result);
done:
    json_decref(database);
    json_decref(result);
    return status;
}

/* ------------------------------------------------------------------ rotation */

struct rotation {
    struct idem_session *session;
    struct store *store;
    const struct idem_key_rotate_options *options;
    json_t *result;
};

static enum idem_status S_note(const struct rotation *r, const char *what, struct idem_error *err)
{
    json_t *detail = json_object();
    json_put_str(detail, "what", str_from(what));
    const struct audit_note note = {
        .verb = "key rotate", .by = r->options->by, .reason = r->options->reason, .detail = detail};
    enum idem_status status = audit_change(r->session, r->store, &note, err);
    json_decref(detail);
    return status;
}

static enum idem_status S_rewrap(struct rotation *r, struct idem_error *err)
{
    TRY(store_begin(r->store, err));
    enum idem_status status = store_rewrap(r->store, err);
    if (status == IDEM_OK)
        status = S_note(r, "wrapping key", err);
    if (status == IDEM_OK)
        return store_commit(r->store, err);
    store_rollback(r->store);
    return status;
}

/* The keys behind the first, each in a file of its own beside the key file. */
static enum idem_status S_put_away(struct rotation *r, const struct idem_passphrase *passphrase, struct idem_error *err)
{
    struct idem_session *s = r->session;
    char id[KEY_FILE_MOST][9];
    json_t *kept = json_array();
    unsigned n = keyring_file_ids(s->keys, id);
    json_put(r->result, "kept", kept);
    for (unsigned i = 1; i < n; i++) {
        const char *path = str_cstr(&s->arena, arena_printf(&s->arena, "%s.old-%s", s->key_path, id[i]));
        TRY(key_file_write(path, s->keys, i, 1, passphrase, err));
        json_array_append_new(kept, json_string(path));
    }
    keyring_keep_first_file_key(s->keys);
    return key_file_write(s->key_path, s->keys, 0, 1, passphrase, err);
}

static enum idem_status S_wrapping_key(struct rotation *r, struct idem_error *err)
{
    struct keyring *k = r->session->keys;
    char id[KEY_FILE_MOST][9];
    const struct idem_passphrase *passphrase = keyring_has_passphrase(k) ? r->options->passphrase : NULL;
    if (keyring_has_passphrase(k) && !passphrase)
        return error_set(err, IDEM_INVALID, "%s: it is protected by a passphrase, which the new one needs too",
                         r->session->key_path);
    if (keyring_file_ids(k, id) == 1) {
        TRY(keyring_add_file_key(k, err));
        TRY(key_file_write(r->session->key_path, k, 0, keyring_file_ids(k, id), passphrase, err));
    }
    if (keyring_file_at(k))
        TRY(S_rewrap(r, err));
    keyring_file_ids(k, id);
    json_put(r->result, "key", json_string(id[0]));
    return S_put_away(r, passphrase, err);
}

static void S_progress(const struct rotation *r, const struct store_reseal *reseal)
{
    const struct idem_progress *p = r->options->progress;
    if (p && p->stage)
        p->stage(p->context, "reseal", reseal->done < reseal->total ? reseal->done : reseal->total, reseal->total,
                 "containers");
}

static enum idem_status S_begin_tokens(struct rotation *r, struct idem_error *err)
{
    TRY(store_begin(r->store, err));
    enum idem_status status = store_reseal_tokens_begin(r->store, err);
    if (status == IDEM_OK)
        status = S_note(r, "data keys", err);
    if (status == IDEM_OK)
        return store_commit(r->store, err);
    store_rollback(r->store);
    return status;
}

/* One transaction of what is to be done next; *more false when only the old key is left, or nothing. */
static enum idem_status S_step(struct rotation *r, struct store_reseal *reseal, bool *more, struct idem_error *err)
{
    unsigned threads = r->options->threads ? r->options->threads : parallel_cpus();
    enum reseal_state state;
    bool some;
    TRY(store_reseal_state(r->store, &state, err));
    *more = state == RESEAL_CONTAINERS || state == RESEAL_TOKENS;
    if (state == RESEAL_TOKENS)
        return store_reseal_tokens_step(r->store, reseal, &some, err);
    if (state != RESEAL_CONTAINERS)
        return IDEM_OK;
    TRY(store_reseal_step(r->store, threads, reseal, &some, err));
    S_progress(r, reseal);
    return some ? IDEM_OK : S_begin_tokens(r, err);
}

static enum idem_status S_data_keys(struct rotation *r, struct idem_error *err)
{
    struct store_reseal reseal = {.done = 0};
    char current[9], old[9];
    bool more = true, destroyed = false;
    TRY(store_reseal_begin(r->store, &reseal, err));
    for (uint64_t steps = 0; more && (!r->options->steps || steps < r->options->steps); steps++)
        TRY(S_step(r, &reseal, &more, err));
    if (!more)
        TRY(store_reseal_finish(r->store, &destroyed, err));
    keyring_container_ids(r->session->keys, current, old);
    json_t *o = json_object();
    json_put(o, "containers", json_integer((json_int_t)reseal.total));
    json_put(o, "record_ids", json_integer((json_int_t)reseal.tokens));
    json_put(o, "key", json_string(current));
    json_put(o, "resumed", json_boolean(reseal.going_on));
    json_put(o, "finished", json_boolean(!more));
    json_put(o, "old_key_destroyed", json_boolean(destroyed));
    json_put(r->result, "data", o);
    return IDEM_OK;
}

enum idem_status idem_key_rotate(struct idem_session *s, const struct idem_key_rotate_options *options, char **json,
                                 struct idem_error *err)
{
    static const struct idem_key_rotate_options defaults = {0};
    struct rotation r = {.session = s, .options = options ? options : &defaults, .result = json_object()};
    enum idem_status status;
    *json = NULL;
    TRY_DONE(session_store(s, STORE_WRITE, &r.store, err));
    if (!store_info(r.store)->sealed) {
        status = error_set(err, IDEM_INVALID, "%s: nothing in it is sealed, so there is no key to replace", s->db_path);
        goto done;
    }
    status = r.options->data ? S_data_keys(&r, err) : S_wrapping_key(&r, err);
    if (status == IDEM_OK)
        *json = json_text(r.result);
done:
    json_decref(r.result);
    return status;
}

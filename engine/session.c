#include "engine/session.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "engine/ledger.h"
#include "store/process_cache.h"
#include "store/service_table.h"

static const char DEFAULT_DB[] = "idem.db", DEFAULT_KEY[] = "idem.key";

/* The caller's, else the configuration's, else idem.key beside the database. */
static const char *S_key_path(struct idem_session *s, const char *named)
{
    if (named)
        return str_cstr(&s->arena, str_from(named));
    if (s->config && s->config->key_file.len)
        return str_cstr(&s->arena, file_join(&s->arena, s->config->folder, s->config->key_file));
    struct str folder = file_folder(&s->arena, str_from(s->db_path));
    return str_cstr(&s->arena, file_join(&s->arena, folder, STR(DEFAULT_KEY)));
}

static bool S_clear(const struct idem_session *s)
{
    return s->config && s->config->at_rest == AT_REST_CLEAR;
}

/* A key file that nobody named may be missing, or its passphrase: then personal values are masked. */
enum idem_status session_keys(struct idem_session *s, struct idem_error *err)
{
    if (s->keys || (!s->key_named && (S_clear(s) || !file_exists(s->key_path))))
        return IDEM_OK;
    enum idem_status status = keyring_open_protected(s->key_path, &s->passphrase, &s->keys, err);
    return status == IDEM_NOT_FOUND && !s->key_named ? IDEM_OK : status;
}

enum idem_status session_need_key(const struct idem_session *s, struct store *store, struct idem_error *err)
{
    if (store_info(store)->has_key)
        return IDEM_OK;
    if (!S_clear(s) && file_exists(s->key_path))
        return error_set(
            err, IDEM_INVALID,
            "%s: this takes values, which are sealed, and no passphrase of the key file (%s) was given; give "
            "--passphrase-file",
            s->db_path, s->key_path);
    return error_set(
        err, IDEM_INVALID,
        "%s: this takes values, which are sealed, and the key file is missing (%s); restore it, or name it "
        "with --key",
        s->db_path, s->key_path);
}

static enum idem_status S_open_store(struct idem_session *s, enum store_mode mode, struct idem_error *err)
{
    struct store_options options = {.path = s->db_path, .mode = mode, .wait_ms = s->wait_ms, .keys = s->keys};
    s->store_mode = mode;
    enum idem_status status = store_open(&options, &s->store, err);
    if (status == IDEM_NOT_FOUND)
        error_set(err, status, "%s: there is no database; make it with \"idem apply\", or name one with --db",
                  s->db_path);
    TRY(status);
    struct store *opened = s->store;
    TRY(ledger_settle(s, err)); /* may open it anew, to write */
    store_use_cache(s->store, s->cache);
    return s->shared && s->store == opened ? store_share(s->store, err) : IDEM_OK;
}

/* A short number is a run, anything else a time. */
static enum idem_status S_go_back(struct idem_session *s, const char *as_of, struct idem_error *err)
{
    enum { LONGEST_RUN = 9 };
    struct store_moment moment;
    int64_t ms;
    uint64_t run;
    if (!as_of)
        return IDEM_OK;
    struct str text = str_trim(str_from(as_of));
    if (text.len && text.len <= LONGEST_RUN && str_to_u64(text, &run))
        TRY(store_moment_of_run(s->store, (int64_t)run, &moment, err));
    else if (clock_parse(text, &ms))
        TRY(store_moment_of_time(s->store, ms, &moment, err));
    else
        return error_set(err, IDEM_INVALID,
                         "as of what? It is a time (2026-03-01, 2026-03-01T12:00:00Z) or the number of a run");
    store_set_moment(s->store, &moment);
    return IDEM_OK;
}

static enum idem_status S_open(struct idem_session *s, const struct idem_open_options *options, struct idem_error *err)
{
    s->wait_ms = options->wait_ms;
    s->masked = options->masked;
    if (options->passphrase)
        s->passphrase = *options->passphrase;
    s->writes = options->mode == IDEM_WRITE;
    s->by = str_cstr(&s->arena, str_from(options->by ? options->by : ""));
    s->purpose = str_cstr(&s->arena, str_from(options->purpose ? options->purpose : ""));
    s->shared = options->shared;
    s->cache = options->cache ? options->cache->store : NULL;
    s->key_named = options->key_path != NULL;
    s->db_path = str_cstr(&s->arena, str_from(options->db_path ? options->db_path : DEFAULT_DB));
    if (options->config_path)
        TRY(config_load(options->config_path, &s->arena, &s->config, err));
    s->key_path = S_key_path(s, options->key_path);
    if (options->mode == IDEM_WRITE)
        return IDEM_OK;
    TRY(session_keys(s, err));
    TRY(S_open_store(s, STORE_READ, err));
    return S_go_back(s, options->as_of, err);
}

IDEM_API struct idem_cache *idem_cache_new(size_t bytes)
{
    struct idem_cache *c = xcalloc(1, sizeof *c);
    c->store = store_cache_new(bytes);
    return c;
}

IDEM_API void idem_cache_free(struct idem_cache *c)
{
    if (!c)
        return;
    store_cache_free(c->store);
    free(c);
}

IDEM_API bool idem_cache_is_empty(struct idem_cache *c)
{
    return cache_is_empty(c->store);
}

IDEM_API enum idem_status idem_cache_fill(struct idem_session *s, bool (*stop)(void *context), void *context,
                                          struct idem_error *err)
{
    struct store *store;
    if (!s->cache)
        return IDEM_OK;
    TRY(session_store(s, STORE_READ, &store, err));
    return store_fill_cache(store, stop, context, err);
}

enum idem_status idem_open(const struct idem_open_options *options, struct idem_session **out, struct idem_error *err)
{
    struct idem_session *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s)
        return error_set(err, IDEM_NO_MEMORY, "no memory for a session");
    arena_init(&s->arena);
    enum idem_status status = S_open(s, options, err);
    if (status == IDEM_OK)
        *out = s;
    else
        idem_close(s);
    return status;
}

void idem_close(struct idem_session *s)
{
    if (!s)
        return;
    store_close(s->audit);
    idem_notes_free(s->notes);
    store_close(s->store);
    keyring_close(s->keys);
    arena_deinit(&s->arena);
    free(s);
}

enum idem_status session_config(struct idem_session *s, const struct config **config, struct idem_error *err)
{
    if (!s->config)
        return error_set(err, IDEM_INVALID, "this call needs a configuration; name one when opening the session");
    *config = s->config;
    return IDEM_OK;
}

enum idem_status session_store(struct idem_session *s, enum store_mode mode, struct store **store,
                               struct idem_error *err)
{
    if (s->store && mode == STORE_WRITE && s->store_mode == STORE_READ) {
        store_close(s->store);
        s->store = NULL;
    }
    if (!s->store) {
        TRY(session_keys(s, err));
        TRY(S_open_store(s, mode, err));
    }
    *store = s->store;
    return IDEM_OK;
}

enum idem_status session_new_keys(struct idem_session *s, struct keyring **keys, struct idem_error *err)
{
    *keys = NULL;
    if (S_clear(s))
        return IDEM_OK;
    if (!file_exists(s->key_path)) {
        keyring_close(s->keys);
        s->keys = NULL;
        TRY(keyring_new(&s->keys, err));
        s->keys_unsaved = true;
    }
    if (!s->keys)
        TRY(keyring_open_protected(s->key_path, &s->passphrase, &s->keys, err));
    *keys = s->keys;
    return IDEM_OK;
}

enum idem_status session_save_keys(struct idem_session *s, bool *made, struct idem_error *err)
{
    *made = s->keys_unsaved;
    if (!s->keys_unsaved)
        return IDEM_OK;
    TRY(keyring_save_new(s->keys, s->key_path, NULL, err));
    s->keys_unsaved = false;
    return IDEM_OK;
}

void session_drop_new_keys(struct idem_session *s)
{
    if (!s->keys_unsaved)
        return;
    keyring_close(s->keys);
    s->keys = NULL;
    s->keys_unsaved = false;
}

void session_set_store(struct idem_session *s, struct store *store, enum store_mode mode)
{
    s->store = store;
    s->store_mode = mode;
}

bool session_masked(const struct idem_session *s)
{
    if (s->masked || !s->store)
        return s->masked;
    const struct store_info *info = store_info(s->store);
    return !info->has_key || (info->sealed && info->read_only);
}

enum idem_mask idem_masking(const struct idem_session *s)
{
    if (!session_masked(s))
        return IDEM_MASK_NONE;
    if (s->masked)
        return IDEM_MASK_ASKED;
    return store_info(s->store)->has_key ? IDEM_MASK_READ_ONLY : IDEM_MASK_NO_KEY;
}

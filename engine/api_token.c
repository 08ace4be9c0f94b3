/*
 * Tokens that open the service: 32 random bytes, shown once. The database keeps a digest of the text, what it may do
 * and until when.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "engine/session.h"
#include "store/service_table.h"

enum { TOKEN_BYTES = 32, MOST_NAME = 100 };
static const char PREFIX[] = "idem_";
static const char *const ROLES[] = {"reader", "pipeline", "steward", "admin"};

static json_t *S_time(int64_t ms)
{
    char text[25];
    if (!ms)
        return json_null();
    clock_format(ms, text);
    return json_string(text);
}

static bool S_is_role(const char *role, size_t *at)
{
    for (*at = 0; role && *at < COUNT_OF(ROLES); ++*at)
        if (strcmp(role, ROLES[*at]) == 0)
            return true;
    return false;
}

static bool S_is_source(struct str name)
{
    if (!name.len || name.len > 64)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
              c == '-'))
            return false;
    }
    return true;
}

/* {"role":"reader","sources":["crm"]}; sources null: all. */
static enum idem_status S_scope(const struct idem_token_options *options, json_t **out, struct idem_error *err)
{
    size_t at;
    struct str rest = str_from(options->sources ? options->sources : ""), piece;
    if (!S_is_role(options->role, &at))
        return error_set(err, IDEM_INVALID, "a token needs a role: reader, pipeline, steward or admin");
    json_t *scope = json_object(), *sources = rest.len ? json_array() : json_null();
    json_put(scope, "role", json_string(ROLES[at]));
    json_put(scope, "sources", sources);
    while (rest.len && str_next_piece(&rest, ',', &piece)) {
        if (!S_is_source(piece)) {
            json_decref(scope);
            return error_set(err, IDEM_INVALID, "sources of a token are names joined by commas, as crm,billing");
        }
        json_array_append_new(sources, json_from_str(piece));
    }
    *out = scope;
    return IDEM_OK;
}

static void S_new_text(char text[IDEM_TOKEN_TEXT])
{
    static const char HEX[] = "0123456789abcdef";
    uint8_t bytes[TOKEN_BYTES];
    size_t at = sizeof PREFIX - 1;
    seal_random(bytes, sizeof bytes);
    memcpy(text, PREFIX, at);
    for (size_t i = 0; i < sizeof bytes; i++) {
        text[at++] = HEX[bytes[i] >> 4];
        text[at++] = HEX[bytes[i] & 15];
    }
    text[at] = 0;
}

static json_t *S_told(const struct store_token *token)
{
    struct idem_error ignored;
    json_t *one = json_object(), *scope = NULL;
    json_put(one, "token_id", json_integer(token->id));
    json_put_str(one, "name", token->name);
    if (json_parse(token->scope, "scope", &scope, &ignored) != IDEM_OK)
        scope = json_object();
    json_object_update(one, scope);
    json_decref(scope);
    json_put(one, "created_at", S_time(token->created_ms));
    json_put(one, "expires_at", S_time(token->expires_ms));
    json_put(one, "revoked_at", S_time(token->revoked_ms));
    return one;
}

/* Runs a put in a transaction of its own. */
static enum idem_status S_write(struct idem_session *s, struct store_token *token, int64_t revoke, int64_t now_ms,
                                struct idem_error *err)
{
    struct store *store;
    TRY(session_store(s, STORE_WRITE, &store, err));
    TRY(store_begin(store, err));
    enum idem_status status =
        token ? store_put_token(store, token, err) : store_revoke_token(store, revoke, now_ms, err);
    if (status == IDEM_OK)
        return store_commit(store, err);
    store_rollback(store);
    return status;
}

enum idem_status idem_token_create(struct idem_session *s, const struct idem_token_options *options, char **json,
                                   struct idem_error *err)
{
    char text[IDEM_TOKEN_TEXT];
    int64_t now_ms = options->now_ms ? options->now_ms : clock_now_ms();
    json_t *scope = NULL;
    *json = NULL;
    if (options->expires_ms && options->expires_ms <= now_ms)
        return error_set(err, IDEM_INVALID, "this token would have expired already");
    if (options->name && strlen(options->name) > MOST_NAME)
        return error_set(err, IDEM_INVALID, "the name of a token has at most %d bytes", MOST_NAME);
    TRY(S_scope(options, &scope, err));
    S_new_text(text);
    char *kept = json_text(scope);
    struct store_token token = {.name = str_from(options->name ? options->name : options->role),
                                .scope = str_from(kept),
                                .created_ms = now_ms,
                                .expires_ms = options->expires_ms};
    seal_digest(str_from(text), token.digest);
    enum idem_status status = S_write(s, &token, 0, now_ms, err);
    if (status == IDEM_OK) {
        json_t *told = S_told(&token);
        json_put(told, "token", json_string(text));
        *json = json_text(told);
        json_decref(told);
    }
    free(kept);
    json_decref(scope);
    return status;
}

enum idem_status idem_token_revoke(struct idem_session *s, int64_t token_id, int64_t now_ms, struct idem_error *err)
{
    return S_write(s, NULL, token_id, now_ms ? now_ms : clock_now_ms(), err);
}

enum idem_status idem_tokens(struct idem_session *s, char **json, struct idem_error *err)
{
    struct store_token *token;
    struct store *store;
    struct arena scratch = {0};
    size_t n;
    *json = NULL;
    TRY(session_store(s, STORE_READ, &store, err));
    enum idem_status status = store_get_tokens(store, &scratch, &token, &n, err);
    if (status == IDEM_OK) {
        json_t *result = json_object(), *list = json_array();
        json_put(result, "tokens", list);
        for (size_t i = 0; i < n; i++)
            json_array_append_new(list, S_told(&token[i]));
        *json = json_text(result);
        json_decref(result);
    }
    arena_deinit(&scratch);
    return status;
}

static enum idem_status S_take(const struct store_token *found, struct idem_token *token, struct idem_error *err)
{
    json_t *scope;
    size_t at;
    TRY(json_parse(found->scope, "scope of a token", &scope, err));
    json_t *sources = json_object_get(scope, "sources");
    bool known = S_is_role(json_string_value(json_object_get(scope, "role")), &at);
    *token = (struct idem_token){.token_id = found->id, .role = (enum idem_role)at, .expires_ms = found->expires_ms};
    memcpy(token->name, found->name.ptr,
           found->name.len < sizeof token->name ? found->name.len : sizeof token->name - 1);
    size_t len = 0;
    for (size_t i = 0; i < json_array_size(sources); i++) {
        struct str name = json_str(json_array_get(sources, i));
        if (len + name.len + 2 > sizeof token->sources)
            known = false;
        else {
            memcpy(token->sources + len, name.ptr, name.len);
            len += name.len;
            token->sources[len++] = ',';
        }
    }
    json_decref(scope);
    return known ? IDEM_OK
                 : error_set(err, IDEM_CORRUPT, "a token cannot be read; revoke token %lld", (long long)found->id);
}

enum idem_status idem_token_find(struct idem_session *s, struct idem_str text, int64_t now_ms, struct idem_token *token,
                                 struct idem_error *err)
{
    struct arena scratch = {0};
    struct store_token found;
    struct store *store;
    uint8_t digest[32];
    seal_digest((struct str){text.ptr, text.len}, digest);
    TRY(session_store(s, STORE_READ, &store, err));
    enum idem_status status = store_find_token(store, digest, &scratch, &found, err);
    if (status == IDEM_OK && (found.revoked_ms || (found.expires_ms && found.expires_ms <= now_ms)))
        status = error_set(err, IDEM_NOT_FOUND, "this token no longer holds");
    if (status == IDEM_OK)
        status = S_take(&found, token, err);
    arena_deinit(&scratch);
    return status;
}

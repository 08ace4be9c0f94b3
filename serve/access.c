#include "serve/access.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/hash.h"
#include "serve/route.h"
#include "serve/service.h"

static const char ASK[] = "send a token: Authorization: Bearer idem_...";

enum { MOST_TOKEN_TEXT = 256, WRONG_TOKENS_A_SECOND = 10 };

enum idem_status access_start(struct access_list *a, struct service *service, struct idem_error *err)
{
    if (getrandom(a->seed, sizeof a->seed, 0) != (ssize_t)sizeof a->seed)
        return error_set(err, IDEM_IO, "the system gives no random bytes");
    pthread_mutex_init(&a->lock, NULL);
    a->remembered = xcalloc(REMEMBERED_TOKENS, sizeof *a->remembered);
    a->bucket = xcalloc(BUCKETS, sizeof *a->bucket);
    atomic_store(&a->needed, service->options.tokens || !service->loopback);
    return IDEM_OK;
}

void access_stop(struct access_list *a)
{
    if (!a->bucket)
        return;
    pthread_mutex_destroy(&a->lock);
    free(a->remembered);
    free(a->bucket);
    *a = (struct access_list){0};
}

static bool S_has_tokens(struct idem_session *s)
{
    char *text = NULL;
    json_t *told = NULL;
    bool any = false;
    if (idem_tokens(s, &text, NULL) == IDEM_OK && json_parse(str_from(text), "tokens", &told, NULL) == IDEM_OK)
        any = json_array_size(json_object_get(told, "tokens")) > 0;
    json_decref(told);
    idem_free(text);
    return any;
}

/* Revoked tokens count: a service that had some does not fall open when the last one is gone. */
void access_reconsider(struct service *service, struct idem_session *s)
{
    if (!atomic_load(&service->access.needed) && S_has_tokens(s))
        atomic_store(&service->access.needed, true);
}

/* ------------------------------------------------------------------ limits */

/* One bucket for each key; two keys that meet in one share it, which is rare and errs towards refusing. */
static bool S_within(struct access_list *a, uint64_t key, double rate)
{
    double now = clock_seconds();
    pthread_mutex_lock(&a->lock);
    struct bucket *b = &a->bucket[key % BUCKETS];
    if (b->key != key)
        *b = (struct bucket){.key = key, .left = rate, .at = now};
    b->left += (now - b->at) * rate;
    b->at = now;
    if (b->left > rate)
        b->left = rate;
    bool within = b->left >= 1;
    if (within)
        b->left -= 1;
    pthread_mutex_unlock(&a->lock);
    return within;
}

static bool S_too_many(struct request *rq)
{
    answer_problem(&rq->answer, 429, "too_many_requests", "more requests a second than are answered; come again");
    answer_header(&rq->answer, "Retry-After", "1");
    return false;
}

static bool S_limits(struct request *rq)
{
    struct service *service = rq->service;
    uint64_t rate = service->options.rate;
    if (!rate)
        return true;
    uint64_t address = hash_u64(rq->address_hash ^ service->access.seed[0]);
    uint64_t token = hash_u64((uint64_t)rq->token.token_id ^ service->access.seed[1]);
    if (!S_within(&service->access, address, (double)rate))
        return S_too_many(rq);
    return !rq->token.token_id || S_within(&service->access, token, (double)rate) || S_too_many(rq);
}

/* ------------------------------------------------------------------ tokens */

static bool S_recall(struct service *service, const uint64_t key[2], uint64_t generation, struct idem_token *token)
{
    struct access_list *a = &service->access;
    pthread_mutex_lock(&a->lock);
    const struct remembered *r = &a->remembered[key[0] % REMEMBERED_TOKENS];
    bool known = r->key[0] == key[0] && r->key[1] == key[1] && r->generation == generation;
    if (known)
        *token = r->token;
    pthread_mutex_unlock(&a->lock);
    return known;
}

static void S_remember(struct service *service, const uint64_t key[2], uint64_t generation,
                       const struct idem_token *token)
{
    struct access_list *a = &service->access;
    pthread_mutex_lock(&a->lock);
    struct remembered *r = &a->remembered[key[0] % REMEMBERED_TOKENS];
    *r = (struct remembered){{key[0], key[1]}, generation, *token};
    pthread_mutex_unlock(&a->lock);
}

/* A token is remembered by a keyed hash of its text until the database changes. */
static enum idem_status S_find(struct request *rq, struct str text, struct idem_error *err)
{
    struct service *service = rq->service;
    const uint64_t key[2] = {hash_str_seed(text, service->access.seed[0]),
                             hash_str_seed(text, service->access.seed[1])};
    uint64_t generation = atomic_load(&service->generation);
    int64_t now_ms = clock_now_ms();
    if (!S_recall(service, key, generation, &rq->token)) {
        TRY(slots_token(&service->slots, (struct idem_str){text.ptr, text.len}, now_ms, &rq->token, err));
        S_remember(service, key, generation, &rq->token);
    }
    if (rq->token.expires_ms && rq->token.expires_ms <= now_ms)
        return error_set(err, IDEM_NOT_FOUND, "this token no longer holds");
    return IDEM_OK;
}

static bool S_refuse(struct request *rq, const char *why)
{
    rq->token = (struct idem_token){.token_id = 0};
    answer_problem(&rq->answer, 401, "unauthorized", "%s", why);
    answer_header(&rq->answer, "WWW-Authenticate", "Bearer");
    return false;
}

static bool S_by_token(struct request *rq, const char *authorization)
{
    struct str text = str_from(authorization);
    struct idem_error err = {0};
    if (text.len < 7 || !str_eq_nocase(str_sub(text, 0, 7), STR("Bearer ")))
        return S_refuse(rq, ASK);
    text = str_trim(str_sub(text, 7, text.len));
    enum idem_status status = text.len > MOST_TOKEN_TEXT ? IDEM_NOT_FOUND : S_find(rq, text, &err);
    if (status == IDEM_OK)
        return true;
    if (!S_within(&rq->service->access, hash_u64(rq->address_hash ^ ~rq->service->access.seed[0]),
                  WRONG_TOKENS_A_SECOND))
        return S_too_many(rq);
    if (status == IDEM_NOT_FOUND)
        return S_refuse(rq, "this token is unknown, was revoked, or has expired");
    answer_error(&rq->answer, status, &err);
    return false;
}

/* "localhost", "127.0.0.1", "[::1]", with or without a port. */
static bool S_is_this_machine(const char *host)
{
    static const struct str NAMES[] = {{"localhost", 9}, {"127.0.0.1", 9}, {"[::1]", 5}};
    struct str name = str_from(host);
    for (size_t i = 0; i < COUNT_OF(NAMES); i++)
        if (name.len >= NAMES[i].len && str_eq_nocase(str_sub(name, 0, NAMES[i].len), NAMES[i]) &&
            (name.len == NAMES[i].len || name.ptr[NAMES[i].len] == ':'))
            return true;
    return false;
}

static bool S_without_token(struct request *rq, const struct credentials *c)
{
    bool foreign = c->fetch_site && strcmp(c->fetch_site, "same-origin") != 0 && strcmp(c->fetch_site, "none") != 0;
    if (c->host && !S_is_this_machine(c->host)) {
        answer_problem(&rq->answer, 421, "misdirected", "without tokens only localhost is a name of this service");
        return false;
    }
    if (foreign || (c->origin && *c->origin)) {
        answer_problem(&rq->answer, 403, "forbidden", "without tokens no page of another site may use this service");
        return false;
    }
    rq->token = (struct idem_token){.role = IDEM_ROLE_ADMIN, .name = "local"};
    return true;
}

bool access_allow(struct request *rq, const struct credentials *c)
{
    static const char *const ROLES[] = {"reader", "pipeline", "steward", "admin"};
    enum access needs = rq->route->access;
    if (needs == ACCESS_OPEN)
        return S_limits(rq);
    bool known = c->authorization                           ? S_by_token(rq, c->authorization)
                 : atomic_load(&rq->service->access.needed) ? S_refuse(rq, ASK)
                                                            : S_without_token(rq, c);
    if (!known || !S_limits(rq))
        return false;
    if ((unsigned)rq->token.role + ACCESS_READER < (unsigned)needs) {
        answer_problem(&rq->answer, 403, "forbidden", "this takes a token with the role %s; this one has %s",
                       ROLES[needs - ACCESS_READER], ROLES[rq->token.role]);
        return false;
    }
    if (rq->token.token_id)
        snprintf(rq->by, sizeof rq->by, "%s (token %lld)", rq->token.name, (long long)rq->token.token_id);
    else
        snprintf(rq->by, sizeof rq->by, "%s", rq->service->options.open.by ? rq->service->options.open.by : "local");
    rq->masked = rq->service->options.open.masked || rq->token.role == IDEM_ROLE_READER || rq->token.sources[0];
    return true;
}

#include "serve/head.h"

#include <microhttpd.h>
#include <netinet/in.h>

#include "base/hash.h"
#include "base/memory.h"
#include "serve/access.h"
#include "serve/route.h"
#include "serve/service.h"

static const char *S_header(const struct request *rq, const char *name)
{
    return MHD_lookup_connection_value(rq->connection, MHD_HEADER_KIND, name);
}

struct framing {
    unsigned hosts, lengths, encodings, authorizations;
};

static enum MHD_Result S_frame(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind, (void)value;
    struct framing *f = context;
    struct str key = str_from(name);
    f->hosts += str_eq_nocase(key, STR("Host"));
    f->lengths += str_eq_nocase(key, STR("Content-Length"));
    f->encodings += str_eq_nocase(key, STR("Transfer-Encoding"));
    f->authorizations += str_eq_nocase(key, STR("Authorization"));
    return MHD_YES;
}

static bool S_refuse(struct request *rq, unsigned status, const char *kind, const char *why)
{
    answer_problem(&rq->answer, status, kind, "%s", why);
    return false;
}

/* Where the next request begins cannot be trusted. */
static bool S_break_off(struct request *rq, const char *why)
{
    rq->answer.close = true;
    return S_refuse(rq, 400, "bad_request", why);
}

/* What two servers could read differently is refused, and the connection closed. */
static bool S_framing(struct request *rq, const char *version, bool *has_body)
{
    struct framing f = {0};
    MHD_get_connection_values(rq->connection, MHD_HEADER_KIND, S_frame, &f);
    *has_body = f.encodings || f.lengths;
    if (f.encodings && f.lengths)
        return S_break_off(rq, "Content-Length and Transfer-Encoding exclude each other");
    if (f.lengths > 1 || f.encodings > 1 || f.authorizations > 1)
        return S_break_off(rq, "a header that may stand once stands twice");
    if (f.hosts > 1 || (f.hosts == 0 && strcmp(version, MHD_HTTP_VERSION_1_1) == 0))
        return S_break_off(rq, "a request names its host, once");
    if (f.encodings && !str_eq_nocase(str_from(S_header(rq, "Transfer-Encoding")), STR("chunked")))
        return S_break_off(rq, "the only Transfer-Encoding is chunked");
    return true;
}

static bool S_is_type(const char *given, const char *type)
{
    struct str text = str_from(given);
    size_t semicolon = str_find_byte(text, ';');
    if (semicolon != SIZE_MAX)
        text = str_sub(text, 0, semicolon);
    return str_eq_nocase(str_trim(text), str_from(type));
}

static bool S_content(struct request *rq, bool has_body)
{
    static const char *const TYPES[][3] = {
        [BODY_NONE] = {NULL},
        [BODY_JSON] = {"application/json"},
        [BODY_LINES] = {"application/x-ndjson", "application/json"},
        [BODY_EITHER] = {"application/json", "application/x-ndjson"},
        [BODY_FHIR] = {"application/fhir+json", "application/json"},
    };
    const char *length = S_header(rq, "Content-Length"), *type = S_header(rq, "Content-Type");
    uint64_t n = UINT64_MAX;
    if (rq->route->body == BODY_NONE)
        return !has_body || (length && strcmp(length, "0") == 0) ||
               S_refuse(rq, 400, "bad_request", "this request takes no body");
    if (S_header(rq, "Content-Encoding"))
        return S_refuse(rq, 415, "unsupported_media_type", "bodies are taken as they are, without Content-Encoding");
    bool good = false;
    for (unsigned i = 0; i < 3 && TYPES[rq->route->body][i]; i++)
        good = good || (type && S_is_type(type, TYPES[rq->route->body][i]));
    if (!good)
        return S_refuse(rq, 415, "unsupported_media_type", "Content-Type is not one that this request takes");
    rq->lines = rq->route->body == BODY_LINES || S_is_type(type, "application/x-ndjson");
    if (length && (!str_to_u64(str_from(length), &n) || (n > rq->service->options.body_bytes && !rq->lines)))
        return S_refuse(rq, 413, "too_large", "the body is larger than is taken");
    rq->length = n;
    return true;
}

static void S_who(struct request *rq)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(rq->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;
    if (address && address->sa_family == AF_INET)
        rq->address_hash = (unsigned)hash_u64(((const struct sockaddr_in *)address)->sin_addr.s_addr);
    else if (address && address->sa_family == AF_INET6) /* a network of 64 bits is one client */
        rq->address_hash =
            (unsigned)hash_str((struct str){(const char *)&((const struct sockaddr_in6 *)address)->sin6_addr, 8});
}

static bool S_find_route(struct request *rq, const char *method)
{
    char allow[64];
    unsigned status;
    if (!rq->target.good)
        return S_refuse(rq, 400, "bad_request", "the path or query is malformed");
    rq->route = route_find(method, &rq->target, &status, allow);
    if (rq->route)
        return true;
    S_refuse(rq, status, status == 405 ? "method_not_allowed" : "not_found",
             status == 405 ? "this path has other methods" : "there is nothing at this path; see /openapi.json");
    if (status == 405)
        answer_header(&rq->answer, "Allow", "%s", allow);
    return false;
}

/* Refuses parameters that the route does not have: a misspelt one must not be taken for absent. */
static bool S_parameters(struct request *rq)
{
    for (unsigned i = 0; i < rq->target.n_parameters; i++) {
        struct str name = rq->target.parameter[i].name;
        bool known = false;
        for (unsigned k = 0; k < rq->route->n_parameters; k++)
            known =
                known || (rq->route->parameter[k].in == 'q' && str_eq(name, str_from(rq->route->parameter[k].name)));
        for (unsigned k = 0; k < i; k++)
            known = known && !str_eq(name, rq->target.parameter[k].name);
        if (!known)
            return S_refuse(rq, 400, "bad_parameter", "a parameter of the query is unknown here, or stands twice");
    }
    return true;
}

bool head_accept(struct request *rq, const char *method, const char *version, bool *has_body)
{
    S_who(rq);
    if (!S_framing(rq, version, has_body) || !S_find_route(rq, method))
        return false;
    const struct credentials credentials = {S_header(rq, "Authorization"), S_header(rq, "Host"), S_header(rq, "Origin"),
                                            S_header(rq, "Sec-Fetch-Site")};
    if (!access_allow(rq, &credentials) || !S_parameters(rq) || !S_content(rq, *has_body))
        return false;
    if (rq->route->access != ACCESS_OPEN && !memory_reserve(SPARE_MEMORY)) {
        answer_problem(&rq->answer, 503, "no_memory", "there is too little memory; come again");
        answer_header(&rq->answer, "Retry-After", "5");
        rq->answer.close = true;
        return false;
    }
    if (atomic_load(&rq->service->draining) && rq->route->access != ACCESS_OPEN) {
        answer_problem(&rq->answer, 503, "stopping", "the service is stopping");
        answer_header(&rq->answer, "Retry-After", "5");
        rq->answer.close = true;
        return false;
    }
    rq->if_match = S_header(rq, "If-Match");
    rq->if_none_match = S_header(rq, "If-None-Match");
    rq->idempotency_key = S_header(rq, "Idempotency-Key");
    rq->accept = S_header(rq, "Accept");
    rq->last_event_id = S_header(rq, "Last-Event-ID");
    rq->accept_encoding = S_header(rq, "Accept-Encoding");
    rq->content_type = S_header(rq, "Content-Type");
    return true;
}

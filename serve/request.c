#include "serve/request.h"

#include <stdlib.h>

#include "base/clock.h"
#include "serve/feed.h"
#include "serve/route.h"

struct request *request_new(struct service *service, const char *uri)
{
    struct request *rq = calloc(1, sizeof *rq);
    if (!rq)
        return NULL;
    rq->service = service;
    rq->started = clock_seconds();
    rq->since = INT64_MAX;
    target_parse(&rq->target, uri);
    return rq;
}

void request_free(struct request *rq)
{
    if (!rq)
        return;
    target_deinit(&rq->target);
    buf_deinit(&rq->body);
    json_decref(rq->json);
    feed_free(rq->feed);
    idem_notes_free(rq->notes);
    buf_deinit(&rq->told);
    wire_deinit(&rq->wire);
    answer_deinit(&rq->answer);
    free(rq);
}

struct str request_capture(const struct request *rq, unsigned nth)
{
    return nth < MOST_CAPTURES ? rq->target.capture[nth] : (struct str){0};
}

struct str request_query(const struct request *rq, const char *name)
{
    for (unsigned i = 0; i < rq->target.n_parameters; i++)
        if (str_eq(rq->target.parameter[i].name, str_from(name)))
            return rq->target.parameter[i].value;
    return (struct str){0};
}

bool request_number(struct request *rq, const char *name, int64_t least, int64_t most, int64_t otherwise,
                    int64_t *value)
{
    struct str text = request_query(rq, name);
    uint64_t number;
    *value = otherwise;
    if (!text.ptr)
        return true;
    if (!str_to_u64(text, &number) || number > (uint64_t)most || (int64_t)number < least) {
        answer_problem(&rq->answer, 400, "bad_parameter", "%s is a whole number from %lld to %lld", name,
                       (long long)least, (long long)most);
        return false;
    }
    *value = (int64_t)number;
    return true;
}

/* ------------------------------------------------------------------ body */

static bool S_check_keys(struct request *rq, const char *const *known, size_t n)
{
    const char *key;
    json_t *value;
    json_object_foreach(rq->json, key, value)
    {
        bool found = false;
        for (size_t i = 0; i < n; i++)
            found = found || strcmp(known[i], key) == 0;
        if (found)
            continue;
        const char *nearest = json_nearest_key(str_from(key), known, n);
        answer_problem(&rq->answer, 422, "invalid", "the body has a key that is not known here%s%s%s",
                       nearest ? ", did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
        return false;
    }
    return true;
}

bool request_object(struct request *rq, const char *const *known, size_t n)
{
    struct idem_error err = {0};
    if (json_parse(buf_view(&rq->body), "body", &rq->json, &err) != IDEM_OK) {
        answer_problem(&rq->answer, 400, "bad_json", "the body is no JSON; keys must not repeat, texts are UTF-8");
        return false;
    }
    if (!json_is_object(rq->json)) {
        answer_problem(&rq->answer, 422, "invalid", "the body is not a JSON object");
        return false;
    }
    return S_check_keys(rq, known, n);
}

bool request_text(struct request *rq, const char *key, bool needed, const char **text)
{
    json_t *value = json_object_get(rq->json, key);
    *text = NULL;
    if (!needed && (!value || json_is_null(value)))
        return true;
    struct str given = json_str(value);
    if (!json_is_string(value) || !given.len || strlen(given.ptr) != given.len) {
        answer_problem(&rq->answer, 422, "invalid", value ? "%s is a text that is not empty" : "%s is missing", key);
        return false;
    }
    *text = given.ptr;
    return true;
}

bool request_is_source(struct str name)
{
    bool good = name.len >= 1 && name.len <= 64;
    for (size_t i = 0; good && i < name.len; i++) {
        char c = name.ptr[i];
        good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
               c == '-';
    }
    return good;
}

bool request_may_source(struct request *rq, struct str source)
{
    struct str rest = str_from(rq->token.sources), name;
    if (!rest.len)
        return true;
    while (rest.len && str_next_piece(&rest, ',', &name))
        if (str_eq(name, source))
            return true;
    answer_problem(&rq->answer, 403, "forbidden", "this token is for other sources");
    return false;
}

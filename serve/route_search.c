/* Search before create: the masters nearest to some values. */
#include <stdlib.h>

#include "serve/route.h"
#include "serve/service.h"

enum { MOST_VALUES = 256, MOST_RESULTS = 100 };

struct query {
    struct idem_field field[MOST_VALUES];
    size_t n;
};

static bool S_add(struct query *q, const char *name, const json_t *value)
{
    struct str text = json_str(value);
    if (!json_is_string(value) || q->n == MOST_VALUES || memchr(text.ptr, 0, text.len))
        return false;
    q->field[q->n++] = (struct idem_field){{name, strlen(name)}, {text.ptr, text.len}};
    return true;
}

/* {"email": "a@example.org", "given_name": ["Ann", "Anna"]} */
static bool S_fields(struct request *rq, struct query *q)
{
    json_t *fields = json_object_get(rq->json, "fields"), *value, *item;
    const char *name;
    size_t i;
    bool good = json_is_object(fields) && json_object_size(fields) > 0;
    json_object_foreach(fields, name, value)
    {
        if (!json_is_array(value))
            good = good && S_add(q, name, value);
        json_array_foreach(value, i, item) good = good && S_add(q, name, item);
    }
    if (!good)
        answer_problem(&rq->answer, 422, "invalid",
                       "\"fields\" is an object of names with texts, or lists of texts; at most %d values",
                       MOST_VALUES);
    return good;
}

static bool S_options(struct request *rq, struct idem_search_options *options)
{
    const json_t *limit = json_object_get(rq->json, "limit"), *brief = json_object_get(rq->json, "brief");
    json_int_t n = json_integer_value(limit);
    options->brief = json_is_true(brief);
    options->limit = (uint32_t)(n > 0 && n <= MOST_RESULTS ? n : 0);
    if ((!limit || (json_is_integer(limit) && options->limit)) && (!brief || json_is_boolean(brief)))
        return true;
    answer_problem(&rq->answer, 422, "invalid", "limit is a whole number from 1 to %d, brief is true or false",
                   MOST_RESULTS);
    return false;
}

void run_search(struct request *rq, struct idem_session *s)
{
    static const char *const KEYS[] = {"fields", "limit", "brief"};
    struct idem_search_options options = {0};
    struct idem_resolver *resolver;
    struct idem_error err = {0};
    struct query q = {.n = 0};
    char *text = NULL;
    (void)s;
    if (!request_object(rq, KEYS, COUNT_OF(KEYS)) || !S_fields(rq, &q) || !S_options(rq, &options))
        return;
    enum idem_status status = lease_resolver(rq->lease, &resolver, &err);
    if (status == IDEM_OK)
        status = idem_search(resolver, q.field, q.n, &options, &text, &err);
    if (status == IDEM_OK)
        answer_json(&rq->answer, 200, text);
    else
        answer_error(&rq->answer, status, &err);
}

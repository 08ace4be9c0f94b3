/* The OpenAPI document, from the table of routes and the shapes: it cannot say anything else than what is served. */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "serve/route.h"
#include "serve/schemas.h"
#include "serve/serve.h"

static json_t *S_parsed(const char *text)
{
    json_t *value = NULL;
    if (json_parse(str_from(text), "schema", &value, NULL) != IDEM_OK)
        abort(); /* a text of this program; the test of the document finds it first */
    return value;
}

static json_t *S_ref(const char *schema)
{
    char path[96];
    json_t *ref = json_object();
    snprintf(path, sizeof path, "#/components/schemas/%s", schema);
    json_put(ref, "$ref", json_string(path));
    return ref;
}

static json_t *S_content(const char *type, const char *schema)
{
    json_t *content = json_object(), *media = json_object();
    json_put(media, "schema", schema ? S_ref(schema) : S_parsed("{\"type\":\"string\"}"));
    json_put(content, type, media);
    return content;
}

static json_t *S_parameters(const struct route *route)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < route->n_parameters; i++) {
        const struct route_parameter *p = &route->parameter[i];
        json_t *one = json_object();
        json_put(one, "name", json_string(p->name));
        json_put(one, "in", json_string(p->in == 'p' ? "path" : p->in == 'q' ? "query" : "header"));
        json_put(one, "required", json_boolean(p->needed));
        json_put(one, "description", json_string(p->says));
        json_put(one, "schema", S_parsed(p->schema));
        json_array_append_new(list, one);
    }
    return list;
}

/* What a title does not say by itself. */
static const char *S_meaning(unsigned status)
{
    if (status == 409)
        return "Conflict: a decision or an erasure stands against it, or the stored records were matched under another "
               "configuration or program than those of now, until an apply";
    return answer_title(status);
}

static void S_problem(json_t *responses, unsigned status)
{
    char key[16];
    json_t *one = json_object();
    snprintf(key, sizeof key, "%u", status);
    json_put(one, "description", json_string(S_meaning(status)));
    json_put(one, "content", S_content(TYPE_PROBLEM, "Problem"));
    json_put(responses, key, one);
}

/* What the adaptor itself refuses is told in FHIR's words. */
static void S_outcomes(json_t *responses)
{
    const char *status;
    json_t *one;
    json_object_foreach(responses, status, one)
    {
        json_t *outcome = S_content(TYPE_FHIR, "FhirOutcome");
        if (status[0] >= '4')
            json_object_update(json_object_get(one, "content"), outcome);
        json_decref(outcome);
    }
}

static void S_numbers(json_t *responses, const char *list, bool problems)
{
    struct str rest = str_from(list), word;
    uint64_t status;
    while (str_next_token(&rest, " ", &word)) {
        if (!str_to_u64(word, &status))
            abort();
        if (problems) {
            S_problem(responses, (unsigned)status);
            continue;
        }
        char key[16];
        json_t *one = json_object();
        snprintf(key, sizeof key, "%u", (unsigned)status);
        json_put(one, "description", json_string(status == 304 ? "Unchanged" : "See Location"));
        json_put(responses, key, one);
    }
}

static json_t *S_responses(const struct route *route)
{
    char key[16];
    json_t *responses = json_object(), *success = json_object();
    snprintf(key, sizeof key, "%u", route->success);
    json_put(success, "description", json_string(route->summary));
    if (route->answer_schema || route->answer_type)
        json_put(success, "content",
                 S_content(route->answer_type ? route->answer_type : TYPE_JSON, route->answer_schema));
    if (route->other_type) {
        json_t *text = S_content(route->other_type, NULL);
        json_object_update(json_object_get(success, "content"), text);
        json_decref(text);
    }
    json_put(responses, key, success);
    snprintf(key, sizeof key, "%u", route->other_success);
    if (route->other_success)
        json_put(responses, key, json_deep_copy(success));
    S_numbers(responses, route->others ? route->others : "", false);
    S_numbers(responses, "400 429", true);
    if (route->access != ACCESS_OPEN)
        S_numbers(responses, "401 403 421 500 503", true);
    S_numbers(responses, route->problems ? route->problems : "", true);
    if (route->fhir)
        S_outcomes(responses);
    return responses;
}

static json_t *S_body(const struct route *route)
{
    static const char *const TYPE[] = {
        [BODY_JSON] = "application/json",
        [BODY_LINES] = "application/x-ndjson",
        [BODY_EITHER] = "application/json",
        [BODY_FHIR] = "application/fhir+json",
    };
    json_t *body = json_object(), *content = S_content(TYPE[route->body], route->body_schema);
    if (route->body == BODY_LINES) {
        json_t *line = S_content("application/json", "Line");
        json_object_update(content, line);
        json_decref(line);
    }
    if (route->body == BODY_EITHER) {
        json_t *lines = S_content(TYPE_LINES, NULL);
        json_object_update(content, lines);
        json_decref(lines);
    }
    json_put(body, "required", json_true());
    json_put(body, "content", content);
    return body;
}

static json_t *S_operation(const struct route *route)
{
    static const char *const ROLES[] = {NULL, "reader", "pipeline", "steward", "admin"};
    json_t *operation = json_object();
    json_put(operation, "operationId", json_string(route->operation));
    json_put(operation, "summary", json_string(route->summary));
    json_put(operation, "parameters", S_parameters(route));
    if (route->body != BODY_NONE)
        json_put(operation, "requestBody", S_body(route));
    json_put(operation, "responses", S_responses(route));
    json_put(operation, "security", S_parsed(route->access == ACCESS_OPEN ? "[]" : "[{\"token\":[]},{}]"));
    if (ROLES[route->access])
        json_put(operation, "x-role", json_string(ROLES[route->access]));
    return operation;
}

static json_t *S_paths(void)
{
    json_t *paths = json_object();
    for (unsigned i = 0; i < N_ROUTES; i++) {
        char method[8] = "";
        json_t *path = json_object_get(paths, ROUTES[i].path);
        if (!path) {
            path = json_object();
            json_put(paths, ROUTES[i].path, path);
        }
        for (size_t k = 0; ROUTES[i].method[k] && k + 1 < sizeof method; k++)
            method[k] = (char)(ROUTES[i].method[k] | 0x20);
        json_put(path, method, S_operation(&ROUTES[i]));
    }
    return paths;
}

char *serve_openapi(void)
{
    json_t *document = json_object(), *components = json_object(), *schemas = json_object();
    json_t *info = S_parsed("{\"title\":\"idem\",\"description\":\"Which records are the same person or organisation, "
                            "over one database. Shapes are those of the command line with --json.\","
                            "\"license\":{\"name\":\"Apache-2.0\",\"identifier\":\"Apache-2.0\"}}");
    json_put(info, "version", json_string(IDEM_VERSION));
    json_put(document, "openapi", json_string("3.1.0"));
    json_put(document, "info", info);
    json_put(document, "paths", S_paths());
    for (unsigned i = 0; i < N_SCHEMAS; i++)
        json_put(schemas, SCHEMAS[i].name, S_parsed(SCHEMAS[i].json));
    json_put(components, "schemas", schemas);
    json_put(components, "securitySchemes", S_parsed("{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"}}"));
    json_put(document, "components", components);
    char *text = json_text(document);
    json_decref(document);
    return text;
}

/* The document and the routes say the same; what it refers to is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "serve/route.h"
#include "serve/serve.h"

static json_t *S_document(void)
{
    char *text = serve_openapi();
    json_t *document = NULL;
    assert_int_equal(json_parse(str_from(text), "openapi", &document, NULL), IDEM_OK);
    free(text);
    return document;
}

static void every_route_is_in_the_document_and_nothing_else(void **state)
{
    json_t *document = S_document(), *paths = json_object_get(document, "paths"), *path, *operation;
    const char *name, *method;
    size_t n = 0;
    (void)state;
    for (unsigned i = 0; i < N_ROUTES; i++) {
        char lower[16] = "";
        for (size_t k = 0; ROUTES[i].method[k]; k++)
            lower[k] = (char)(ROUTES[i].method[k] | 0x20);
        operation = json_object_get(json_object_get(paths, ROUTES[i].path), lower);
        assert_string_equal(json_string_value(json_object_get(operation, "operationId")), ROUTES[i].operation);
        assert_non_null(json_object_get(operation, "responses"));
        assert_int_equal(json_object_get(operation, "requestBody") != NULL, ROUTES[i].body != BODY_NONE);
    }
    json_object_foreach(paths, name, path) json_object_foreach(path, method, operation) n++;
    assert_int_equal(n, N_ROUTES);
    json_decref(document);
}

/* Every "$ref" leads to a schema, and every schema is used. */
static void S_refs(const json_t *value, json_t *schemas, json_t *used)
{
    const char *key;
    json_t *item;
    size_t i;
    json_object_foreach((json_t *)(uintptr_t)value, key, item)
    {
        if (strcmp(key, "$ref") == 0) {
            const char *name = strrchr(json_string_value(item), '/') + 1;
            if (!json_object_get(schemas, name))
                fail_msg("no schema %s", name);
            json_object_set_new(used, name, json_true());
        } else {
            S_refs(item, schemas, used);
        }
    }
    json_array_foreach(value, i, item) S_refs(item, schemas, used);
}

static void what_the_document_refers_to_is_there_and_used(void **state)
{
    json_t *document = S_document(), *used = json_object();
    json_t *schemas = json_object_get(json_object_get(document, "components"), "schemas");
    (void)state;
    S_refs(document, schemas, used);
    assert_int_equal(json_object_size(used), json_object_size(schemas));
    json_decref(used);
    json_decref(document);
}

/* The parameters in braces are those that are documented as part of the path. */
static void the_parameters_of_each_path_are_documented(void **state)
{
    (void)state;
    for (unsigned i = 0; i < N_ROUTES; i++) {
        unsigned braces = 0, documented = 0;
        for (const char *p = ROUTES[i].path; *p; p++)
            braces += *p == '{';
        for (unsigned k = 0; k < ROUTES[i].n_parameters; k++) {
            const struct route_parameter *parameter = &ROUTES[i].parameter[k];
            documented += parameter->in == 'p' && strstr(ROUTES[i].path, parameter->name) != NULL;
            assert_true(parameter->in == 'p' || parameter->in == 'q' || parameter->in == 'h');
        }
        assert_int_equal(braces, documented);
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(ROUTES[i].operation, ROUTES[k].operation);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_is_in_the_document_and_nothing_else),
        cmocka_unit_test(what_the_document_refers_to_is_there_and_used),
        cmocka_unit_test(the_parameters_of_each_path_are_documented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

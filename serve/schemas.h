/* The shapes of bodies and answers, as JSON Schema (2020-12): the components of the OpenAPI document. */
#ifndef IDEM_SERVE_SCHEMAS_H
#define IDEM_SERVE_SCHEMAS_H

struct schema_text {
    const char *name, *json;
};
extern const struct schema_text SCHEMAS[];
extern const unsigned N_SCHEMAS;

#endif

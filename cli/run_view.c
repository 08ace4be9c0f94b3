#include "cli/run_view.h"

#include "cli/render.h"
#include "cli/terminal.h"

void run_view_counts(struct output *o, struct arena *scratch, const json_t *report, const char *group)
{
    const char *key;
    json_t *value;
    bool first = true;
    output_printf(o, "%-8s", group);
    json_object_foreach(json_object_get(report, group), key, value)
    {
        output_printf(o, "%s%.*s %s", first ? " " : ", ", STR_ARG(render_value(scratch, key, value)), key);
        first = false;
    }
    output_printf(o, "\n");
}

void run_view_losses(struct output *o, struct arena *scratch, const json_t *losses)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)losses, key, value)
    {
        if (json_is_number(value) && json_number_value(value) > 0)
            output_printf(o, "lost: %.*s %s\n", STR_ARG(render_value(scratch, key, value)), key);
    }
}

void run_view_shared(struct output *o, struct arena *scratch, const json_t *shared)
{
    for (size_t i = 0; i < json_array_size(shared); i++) {
        const json_t *one = json_array_get(shared, i);
        bool single = json_integer_value(json_object_get(one, "values")) == 1;
        output_printf(
            o, "shared: %.*s %s of %.*s that five or more persons have, in %.*s records; the most: %.*s persons\n",
            STR_ARG(render_value(scratch, "values", json_object_get(one, "values"))), single ? "value" : "values",
            STR_ARG(json_str(json_object_get(one, "field"))),
            STR_ARG(render_value(scratch, "records", json_object_get(one, "records"))),
            STR_ARG(render_value(scratch, "persons", json_object_get(one, "most_persons"))));
    }
}

static void S_gate(const struct cli *c, struct output *o, const json_t *gate)
{
    struct str source = json_str(json_object_get(gate, "source"));
    double value = json_number_value(json_object_get(gate, "value")),
           limit = json_number_value(json_object_get(gate, "limit"));
    bool allowed = json_is_true(json_object_get(gate, "allowed"));
    output_printf(o, "%sgate %.*s:%s ", style_on(c, allowed ? STYLE_YELLOW : STYLE_RED),
                  STR_ARG(json_str(json_object_get(gate, "gate"))), style_off(c, allowed ? STYLE_YELLOW : STYLE_RED));
    if (json_is_number(json_object_get(gate, "limit")))
        output_printf(o, "%.6g is %s %.6g", value, value > limit ? "above" : "below", limit);
    else
        output_printf(o, "the digest is %.*s", STR_ARG(json_str(json_object_get(gate, "found"))));
    if (source.len)
        output_printf(o, ", source %.*s", STR_ARG(source));
    output_printf(o, "%s\n", allowed ? " (allowed)" : "");
}

void run_view_gates(const struct cli *c, struct output *o, const json_t *gates)
{
    for (size_t i = 0; i < json_array_size(gates); i++)
        if (json_is_false(json_object_get(json_array_get(gates, i), "passed")))
            S_gate(c, o, json_array_get(gates, i));
}

void run_view_drift(const struct cli *c, struct output *o, const json_t *drift)
{
    for (size_t i = 0; i < json_array_size(drift); i++) {
        const json_t *one = json_array_get(drift, i);
        struct str field = json_str(json_object_get(one, "field"));
        output_printf(o, "%sdrift:%s %.*s%s%.*s: %.*s\n", style_on(c, STYLE_YELLOW), style_off(c, STYLE_YELLOW),
                      STR_ARG(json_str(json_object_get(one, "source"))), field.len ? "." : "", STR_ARG(field),
                      STR_ARG(json_str(json_object_get(one, "message"))));
    }
}

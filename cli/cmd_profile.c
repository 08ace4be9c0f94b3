#include "cli/commands.h"
#include "cli/render.h"
#include "cli/table.h"

/* "aa@a.a 97.0 %, n/a 1.0 %" */
static struct str S_shapes(struct arena *out, const json_t *shapes)
{
    enum { MOST_SHOWN = 3 };
    struct str text = {0};
    for (size_t i = 0; i < json_array_size(shapes) && i < MOST_SHOWN; i++) {
        const json_t *shape = json_array_get(shapes, i);
        struct str share = render_value(out, "share", json_object_get(shape, "share"));
        text = arena_printf(out, "%.*s%s%.*s %.*s", STR_ARG(text), i ? ", " : "",
                            STR_ARG(json_str(json_object_get(shape, "shape"))), STR_ARG(share));
    }
    return text;
}

static void S_columns(const struct cli *c, struct output *o, const json_t *columns)
{
    static const struct {
        const char *title, *key;
        enum table_flag flags;
    } SHOWN[] = {{"COLUMN", "name", TABLE_PLAIN},       {"TYPE", "type", TABLE_PLAIN},
                 {"SURE", "confidence", TABLE_RIGHT},   {"FILLED", "fill", TABLE_RIGHT},
                 {"DISTINCT", "distinct", TABLE_RIGHT}, {"UNIQUE", "unique", TABLE_PLAIN},
                 {"SHAPES", "shapes", TABLE_PLAIN},     {"ODDITIES", "oddities", TABLE_WRAP}};
    struct arena scratch;
    struct table *t = table_new(c);
    arena_init(&scratch);
    for (size_t k = 0; k < COUNT_OF(SHOWN); k++)
        table_column(t, SHOWN[k].title, SHOWN[k].flags);
    for (size_t i = 0; i < json_array_size(columns); i++) {
        table_row(t);
        for (size_t k = 0; k < COUNT_OF(SHOWN); k++) {
            const json_t *value = json_object_get(json_array_get(columns, i), SHOWN[k].key);
            bool shapes = strcmp(SHOWN[k].key, "shapes") == 0;
            table_cell(t,
                       shapes  ? S_shapes(&scratch, value)
                       : value ? render_value(&scratch, SHOWN[k].key, value)
                               : STR("-"),
                       k == 0 ? STYLE_BOLD : STYLE_NONE);
        }
    }
    table_print(t, o);
    table_free(t);
    arena_deinit(&scratch);
}

static void S_human(const struct cli *c, struct output *o, const json_t *result)
{
    struct arena scratch;
    const json_t *files = json_object_get(result, "files");
    arena_init(&scratch);
    for (size_t i = 0; i < json_array_size(files); i++) {
        const json_t *file = json_array_get(files, i);
        output_printf(o, "%s%s%.*s%s: %.*s, %.*s, %.*s rows, %.*s rejected\n", i ? "\n" : "", style_on(c, STYLE_BOLD),
                      STR_ARG(json_str(json_object_get(file, "path"))), style_off(c, STYLE_BOLD),
                      STR_ARG(json_str(json_object_get(file, "format"))),
                      STR_ARG(json_str(json_object_get(file, "encoding"))),
                      STR_ARG(render_value(&scratch, "rows", json_object_get(file, "rows"))),
                      STR_ARG(render_value(&scratch, "rejected", json_object_get(file, "rejected"))));
        S_columns(c, o, json_object_get(file, "columns"));
    }
    arena_deinit(&scratch);
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    char *text = NULL;
    TRY(idem_profile((const char *const *)c->operand, c->n_operands, &text, err));
    return render_result(c, text, S_human, err);
}

static const struct example EXAMPLES[] = {
    {"idem profile crm.csv", "what each column holds, how full it is, and what looks odd"},
};

const struct command cmd_profile = {
    .name = "profile",
    .summary = "show what the columns of files hold",
    .operands = "FILE...",
    .least = 1,
    .most = ANY_NUMBER,
    .completes = COMPLETE_FILES,
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};

#include "cli/commands.h"
#include "cli/render.h"

struct init_options {
    bool add, no_key;
    const char *entity;
};

static void S_notes(struct output *o, const json_t *list, const char *title)
{
    if (json_array_size(list))
        output_printf(o, "\n%s\n", title);
    for (size_t i = 0; i < json_array_size(list); i++)
        output_printf(o, "  - %.*s\n", STR_ARG(json_str(json_array_get(list, i))));
}

static void S_source(const struct cli *c, struct output *o, const json_t *source)
{
    struct arena scratch;
    arena_init(&scratch);
    const json_t *id = json_object_get(json_object_get(source, "record_id"), "column");
    struct str title =
        arena_printf(&scratch, "%.*s: %.*s, record_id %.*s", STR_ARG(json_str(json_object_get(source, "name"))),
                     STR_ARG(json_str(json_object_get(source, "path"))), STR_ARG(json_str(id)));
    render_heading(c, o, str_cstr(&scratch, title));
    render_table(c, o, json_object_get(source, "fields"), "column field type confidence why");
    if (json_array_size(json_object_get(source, "ignored")))
        output_printf(o, "not used: %.*s\n",
                      STR_ARG(render_value(&scratch, "ignored", json_object_get(source, "ignored"))));
    arena_deinit(&scratch);
}

static void S_human(const struct cli *c, struct output *o, const json_t *result)
{
    struct arena scratch;
    const json_t *sources = json_object_get(result, "sources");
    arena_init(&scratch);
    output_printf(o, "written: %.*s\n", STR_ARG(render_value(&scratch, "written", json_object_get(result, "written"))));
    for (size_t i = 0; i < json_array_size(sources); i++)
        S_source(c, o, json_array_get(sources, i));
    S_notes(o, json_object_get(result, "check"), "Please check:");
    S_notes(o, json_object_get(result, "notes"), "Notes:");
    output_printf(o, "\nNext: idem check, then idem apply\n");
    arena_deinit(&scratch);
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    const struct init_options *options = c->options;
    char *text = NULL;
    struct idem_init_options wanted = {
        .file = (const char *const *)c->operand,
        .n_files = c->n_operands,
        .config_path = c->common.config ? c->common.config : "idem.json",
        .add = options->add,
        .no_key = options->no_key,
        .entity = options->entity,
    };
    TRY(idem_init(&wanted, &text, err));
    return render_result(c, text, S_human, err);
}

#define AT(member) offsetof(struct init_options, member)
static const struct option_row OPTIONS[] = {
    {"add", 'a', NULL, "add the files to an existing configuration; what was edited by hand stays", OPTION_FLAG,
     AT(add)},
    {"no-key", 0, NULL, "store personal values in the clear: no key file", OPTION_FLAG, AT(no_key)},
    {"entity", 0, "KIND", "what the records are: person, organisation (default: guessed)", OPTION_TEXT, AT(entity)},
};

static const struct example EXAMPLES[] = {
    {"idem init crm.csv billing.csv support.jsonl", "write idem.json, idem.key and .gitignore"},
    {"idem init --add shop.csv", "one more source for an existing configuration"},
};

const struct command cmd_init = {
    .name = "init",
    .summary = "look at files and write the configuration",
    .operands = "FILE...",
    .least = 1,
    .most = ANY_NUMBER,
    .completes = COMPLETE_FILES,
    .details =
        "Reads a sample of each file, recognises columns by their names in several languages and by the shape of their "
        "values, and says what it guessed, how surely, and what to check.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct init_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};

#include "cli/commands.h"
#include "cli/render.h"

struct generate_options {
    const char *folder;
    uint64_t records, seed;
    bool force;
};

static void S_human(const struct cli *c, struct output *o, const json_t *result)
{
    struct arena scratch;
    arena_init(&scratch);
    render_table(c, o, json_object_get(result, "files"), "path rows");
    output_printf(o, "%.*s records of %.*s entities\n",
                  STR_ARG(render_value(&scratch, "records", json_object_get(result, "records"))),
                  STR_ARG(render_value(&scratch, "entities", json_object_get(result, "entities"))));
    arena_deinit(&scratch);
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    const struct generate_options *options = c->options;
    char *text = NULL;
    struct idem_generate_options wanted = {
        .folder = options->folder ? options->folder : ".",
        .records = options->records ? options->records : 10000,
        .seed = options->seed,
        .overwrite = options->force,
    };
    TRY(idem_generate(&wanted, &text, err));
    return render_summary(c, text, S_human, err);
}

#define AT(member) offsetof(struct generate_options, member)
static const struct option_row OPTIONS[] = {
    {"output", 'o', "DIR", "folder of the files (default: here)", OPTION_TEXT, AT(folder)},
    {"records", 'n', "N", "records in all (default: 10000)", OPTION_NUMBER, AT(records)},
    {"seed", 's', "S", "the same number gives the same files (default: 0)", OPTION_NUMBER, AT(seed)},
    {"force", 0, NULL, "overwrite files that are there", OPTION_FLAG, AT(force)},
};

static const struct example EXAMPLES[] = {
    {"idem generate -o demo --records 10000 --seed 1", "crm.csv, billing.csv, support.jsonl and truth.csv in demo/"},
};

const struct command cmd_generate = {
    .name = "generate",
    .summary = "write synthetic customers with known truth",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct generate_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};

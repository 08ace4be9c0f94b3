#include "cli/commands.h"
#include "cli/render.h"

struct generate_options {
    const char *folder;
    uint64_t records, seed;
    const char *duplicates, *within;
    unsigned dirt, households;
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

/* NULL when the option is not given. */
static enum idem_status S_share(struct cli *c, const char *name, const char *text, double *share, const double **given,
                                struct idem_error *err)
{
    *given = text ? share : NULL;
    if (text && !str_to_double(str_from(text), share))
        return usage_error(c, err, "--%s: \"%s\" is not a share such as 0.25", name, text);
    return IDEM_OK;
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    const struct generate_options *options = c->options;
    char *text = NULL;
    double duplicates, within;
    struct idem_generate_options wanted = {
        .folder = options->folder ? options->folder : ".",
        .records = options->records ? options->records : 10000,
        .seed = options->seed,
        .overwrite = options->force,
        .dirt = (enum idem_amount)options->dirt,
        .households = (enum idem_amount)options->households,
    };
    TRY(S_share(c, "duplicates", options->duplicates, &duplicates, &wanted.duplicates, err));
    TRY(S_share(c, "within", options->within, &within, &wanted.within, err));
    TRY(idem_generate(&wanted, &text, err));
    return render_summary(c, text, S_human, err);
}

#define AT(member) offsetof(struct generate_options, member)
static const struct option_row OPTIONS[] = {
    {"output", 'o', "DIR", "folder of the files (default: here)", OPTION_TEXT, AT(folder)},
    {"records", 'n', "N", "records in all (default: 10000)", OPTION_NUMBER, AT(records)},
    {"seed", 's', "S", "the same number gives the same files (default: 0)", OPTION_NUMBER, AT(seed)},
    {"duplicates", 0, "SHARE", "of the records, those of a person who has one already (default: 0.25)", OPTION_TEXT,
     AT(duplicates)},
    {"within", 0, "SHARE", "of the duplicates, those in the same system as the first; 0: nobody twice (default: 0.25)",
     OPTION_TEXT, AT(within)},
    {"dirt", 0, "normal|none|low|high", "how often things go wrong", OPTION_CHOICE, AT(dirt)},
    {"households", 0, "normal|none|low|high", "how many live with others, twins and namesakes among them",
     OPTION_CHOICE, AT(households)},
    {"force", 0, NULL, "overwrite files that are there", OPTION_FLAG, AT(force)},
};

static const struct example EXAMPLES[] = {
    {"idem generate -o demo --records 10000 --seed 1", "crm.csv, billing.csv, support.jsonl and truth.csv in demo/"},
    {"idem generate -o families --households high --duplicates 0.4", "families with twins and namesakes"},
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

#include "cli/commands.h"
#include "cli/steward_view.h"

static enum idem_status S_call(struct cli *c, struct idem_session *s, const struct idem_steward_options *options,
                               char **json, struct idem_error *err)
{
    const struct steward_options *own = c->options;
    if (strcmp(c->operand[0], "crosswalk") != 0)
        return usage_error(c, err, "what can be imported is a crosswalk");
    return idem_import_crosswalk(s, c->operand[1], own->as, options, json, err);
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    return steward_run(c, S_call, err);
}

static const struct option_row OPTIONS[] = {
    {"as", 0, "NAME", "the name of these ids (default: id)", OPTION_TEXT, STEWARD_AT(as)},
    STEWARD_OPTIONS,
};

static const struct example EXAMPLES[] = {
    {"idem import crosswalk legacy.csv --as legacy", "ids of the old system: idem lookup legacy:4711 finds them"},
};

const struct command cmd_import = {
    .name = "import",
    .summary = "take over ids that a company already has",
    .operands = "crosswalk FILE",
    .least = 2,
    .most = 2,
    .completes = COMPLETE_FILES,
    .details =
        "The file is CSV or JSON lines with data_source, record_id and entity_id (or master_id). The ids are kept as "
        "aliases, found as NAME:ID by lookup and show, and exported; records that share one start as the same.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct steward_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};

#include "cli/commands.h"
#include "cli/steward_view.h"

static enum idem_status S_call(struct cli *c, struct idem_session *s, const struct idem_steward_options *options,
                               char **json, struct idem_error *err)
{
    return idem_split(s, c->operand[0], (const char *const *)c->operand + 1, c->n_operands - 1, options, json, err);
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    return steward_run(c, S_call, err);
}

static const struct option_row OPTIONS[] = {
    STEWARD_OPTIONS,
};

static const struct example EXAMPLES[] = {
    {"idem split crm:C-1001 billing:77", "billing:77 leaves the master of crm:C-1001"},
};

const struct command cmd_split = {
    .name = "split",
    .summary = "take records out of a master",
    .operands = "MASTER|SOURCE:ID SOURCE:ID...",
    .least = 2,
    .most = ANY_NUMBER,
    .details = "Says that the named records are different from the rest of the master, and withdraws what was decided "
               "to the contrary. Where they go is for their own evidence to say.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct steward_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};

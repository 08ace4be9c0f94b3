#include "cli/commands.h"
#include "cli/steward_view.h"

static enum idem_status S_call(struct cli *c, struct idem_session *s, const struct idem_steward_options *options,
                               char **json, struct idem_error *err)
{
    return idem_unpin(s, c->operand[0], c->operand[1], options, json, err);
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    return steward_run(c, S_call, err);
}

static const struct option_row OPTIONS[] = {
    STEWARD_OPTIONS,
};

static const struct example EXAMPLES[] = {
    {"idem unpin crm:C-1001 email", "the rules of survivorship choose the address again"},
};

const struct command cmd_unpin = {
    .name = "unpin",
    .summary = "let the rules choose a golden value again",
    .operands = "MASTER|SOURCE:ID FIELD",
    .least = 2,
    .most = 2,
    .details = "Takes a pin back.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct steward_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};

#include "cli/commands.h"
#include "cli/steward_view.h"

static enum idem_status S_call(struct cli *c, struct idem_session *s, const struct idem_steward_options *options,
                               char **json, struct idem_error *err)
{
    return idem_merge(s, (const char *const *)c->operand, c->n_operands, options, json, err);
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    return steward_run(c, S_call, err);
}

static const struct option_row OPTIONS[] = {
    STEWARD_OPTIONS,
};

static const struct example EXAMPLES[] = {
    {"idem merge crm:C-1001 billing:77", "the masters of these two records become one"},
    {"idem merge crm:C-1001 billing:77 --dry-run", "show what would come out"},
};

const struct command cmd_merge = {
    .name = "merge",
    .summary = "make several masters one",
    .operands = "MASTER|SOURCE:ID MASTER|SOURCE:ID...",
    .least = 2,
    .most = ANY_NUMBER,
    .details =
        "Says that the records with the smallest keys of the masters are the same. The oldest of the largest keeps its "
        "id, the others redirect to it. idem split, or idem decide --undo, gives ids and golden records back.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct steward_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};

#include "cli/commands.h"
#include "cli/steward_view.h"

static enum idem_status S_call(struct cli *c, struct idem_session *s, const struct idem_steward_options *options,
                               char **json, struct idem_error *err)
{
    if (c->n_operands == 4 && strcmp(c->operand[2], "from") != 0)
        return usage_error(c, err, "a pin takes a value, or from and a record");
    bool from = c->n_operands == 4;
    return idem_pin(s, c->operand[0], c->operand[1], from ? NULL : c->operand[2], from ? c->operand[3] : NULL, options,
                    json, err);
}

static enum idem_status S_run(struct cli *c, struct idem_error *err)
{
    return steward_run(c, S_call, err);
}

static const struct option_row OPTIONS[] = {
    STEWARD_OPTIONS,
};

static const struct example EXAMPLES[] = {
    {"idem pin crm:C-1001 email ann@example.org", "this address, whatever the sources say"},
    {"idem pin crm:C-1001 city from billing:77", "the city that billing has"},
};

const struct command cmd_pin = {
    .name = "pin",
    .summary = "fix a value of a golden record",
    .operands = "MASTER|SOURCE:ID FIELD VALUE | from SOURCE:ID",
    .least = 3,
    .most = 4,
    .details = "The value stands until idem unpin, whatever the rules of survivorship say. With from, it is the value "
               "of that record, as long as that is in the master; a name or an address is taken from it as a whole.",
    .option = OPTIONS,
    .n_options = COUNT_OF(OPTIONS),
    .options_size = sizeof(struct steward_options),
    .example = EXAMPLES,
    .n_examples = COUNT_OF(EXAMPLES),
    .run = S_run,
};
